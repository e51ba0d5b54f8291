#include "cli/plan_view.h"

#include <fmt/format.h>

#include "cli/value_text.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

constexpr std::size_t kLineMax = 100;

Style style_of(const Step& step) {
  switch (step.action) {
    case Action::create:
    case Action::adopt:
      return Style::green;
    case Action::update:
    case Action::look_up:
      return Style::yellow;
    case Action::replace:
    case Action::remove:
      return Style::red;
    case Action::forget:
    case Action::none:
      break;
  }
  return Style::plain;
}

std::string_view phrase_of(const Step& step) {
  switch (step.action) {
    case Action::create:
      return "is created";
    case Action::update:
      return "is changed in place";
    case Action::replace:
      return step.create_first ? "is replaced: the new one first, then the old one goes"
                               : "is replaced: the old one goes, then the new one is made";
    case Action::remove:
      return "is removed";
    case Action::adopt:
      return "is imported: it exists, and only its ownership mark is written";
    case Action::forget:
      return "is forgotten: only the state changes";
    case Action::look_up:
      return "is read during apply";
    case Action::none:
      break;
  }
  return "stays";
}

std::string change_text(const Change& change) {
  const auto shown = [&](const Value& value) {
    return change.secret && !value.is_null() ? std::string("(secret)") : inline_text(value);
  };
  std::string text = fmt::format("      {}: ", change.path);
  if (change.secret) {
    text += "(secret, changed)";
  } else if (change.before.is_null()) {
    text += shown(change.after) + "  (was not set)";
  } else if (change.after.is_null()) {
    text += shown(change.before) + " → none";
  } else {
    const std::string before = shown(change.before);
    const std::string after = shown(change.after);
    const bool is_long = text.size() + before.size() + after.size() > kLineMax;
    text += before + (is_long ? "\n        → " : " → ") + after;
  }
  if (change.forces_replace) text += "  # forces replacement";
  if (change.drift) text += "  # drift";
  return text + "\n";
}

std::string step_text(const Step& step, const Console& console) {
  std::string title = fmt::format("  {:>3} {} {}", mark_of(step), step.address, phrase_of(step));
  std::string text = console.styled(style_of(step), title) + "\n";
  text += console.styled(Style::dim, fmt::format("      {}", step.type->name));
  if (!step.name.empty()) {
    text += " " + (step.name_before.empty() || step.name_before == step.name
                       ? step.name
                       : fmt::format("{} → {}", step.name_before, step.name));
  }
  text += "\n";
  if (step.action == Action::create || step.action == Action::replace) {
    for (const auto& [name, value] : step.outputs) {
      // What only the cloud can know is of interest where it is used, and shows there.
      if (name == "name" || value.is_unknown()) continue;
      text += fmt::format("      → {} = {}\n", name, inline_text(value));
    }
  }
  if (step.action == Action::create) {
    for (const auto& [name, value] : step.after.as_map()) {
      if (!is_blank(value)) text += block_text(name, value, 6);
    }
  }
  if (step.action == Action::adopt) {
    text += step.changes.empty() ? "      it is as declared: the next plan changes nothing in it\n"
                                 : "      it is not as declared; the next plan would change\n";
  }
  for (const Change& change : step.changes)
    text += change_text(change);
  // Nobody asks why of what is new, nor of what goes when all is to go.
  const bool is_plain =
      step.reasons.size() == 1 && (step.reasons.front() == "it does not exist yet" ||
                                   step.reasons.front() == "everything is destroyed");
  if (!is_plain) {
    for (const auto& reason : step.reasons)
      text += fmt::format("      because {}\n", reason);
  }
  for (const auto& note : step.notes) {
    text += console.styled(Style::cyan, fmt::format("      note: {}", note)) + "\n";
  }
  for (const auto& loss : step.losses) {
    text += console.styled(Style::red, fmt::format("      data would be lost: {}", loss)) + "\n";
  }
  return text;
}

Value json_value(const Value& value) {
  if (value.is_unknown()) return Value(Map{{"known_after_apply", Value(value.waits_for())}});
  if (value.is_secret()) return Value("(secret)");
  if (value.is_list()) {
    List items;
    for (const Value& item : value.as_list())
      items.push_back(json_value(item));
    return Value(std::move(items));
  }
  if (value.is_map()) {
    Map members;
    for (const auto& [key, member] : value.as_map())
      members.set(key, json_value(member));
    return Value(std::move(members));
  }
  return value;
}

Value texts(const std::vector<std::string>& lines) {
  List items;
  for (const auto& line : lines)
    items.emplace_back(line);
  return Value(std::move(items));
}

Value change_value(const Change& change) {
  Map map{{"path", Value(change.path)}};
  map.set("before", change.secret ? Value("(secret)") : json_value(change.before));
  map.set("after", change.secret ? Value("(secret)") : json_value(change.after));
  if (change.drift) map.set("drift", Value(true));
  if (change.forces_replace) map.set("forces_replace", Value(true));
  return Value(std::move(map));
}

}  // namespace

Value step_value(const Step& step) {
  Map map{{"address", Value(step.address)},
          {"type", Value(step.type->name)},
          {"action", Value(action_name(step.action))},
          {"name", Value(step.name)}};
  if (!step.name_before.empty()) map.set("name_before", Value(step.name_before));
  if (step.action == Action::replace) map.set("create_first", Value(step.create_first));
  if (!step.reasons.empty()) map.set("reasons", texts(step.reasons));
  if (!step.losses.empty()) map.set("losses", texts(step.losses));
  if (!step.notes.empty()) map.set("notes", texts(step.notes));
  if (!step.dependencies.empty()) map.set("needs", texts(step.dependencies));
  if (!step.changes.empty()) {
    List changes;
    for (const Change& change : step.changes)
      changes.push_back(change_value(change));
    map.set("changes", Value(std::move(changes)));
  }
  if (!step.after.is_null()) map.set("after", json_value(step.after));
  if (!step.outputs.empty()) map.set("outputs", json_value(Value(step.outputs)));
  return Value(std::move(map));
}

std::string mark_of(const Step& step) {
  switch (step.action) {
    case Action::create:
      return "+";
    case Action::update:
      return "~";
    case Action::replace:
      return step.create_first ? "+/-" : "-/+";
    case Action::remove:
      return "-";
    case Action::adopt:
      return ">+";
    case Action::forget:
      return "x";
    case Action::look_up:
      return "<=";
    case Action::none:
      break;
  }
  return " ";
}

std::string plan_summary(const Plan& plan) {
  if (plan.is_import) return fmt::format("{} to import", plan.count(Action::adopt));
  std::string text = fmt::format("{} to create, {} to change in place, {} to replace, {} to remove",
                                 plan.count(Action::create), plan.count(Action::update),
                                 plan.count(Action::replace), plan.count(Action::remove));
  if (const auto forgotten = plan.count(Action::forget); forgotten > 0) {
    text += fmt::format(", {} to forget", forgotten);
  }
  return text;
}

std::string plan_text(const Plan& plan, const Console& console, const std::string& target) {
  std::string text =
      console.styled(Style::bold, fmt::format("{} → {}", plan.stack, plan.environment)) +
      console.styled(Style::dim, fmt::format("  ({})", target)) + "\n";
  std::string losses;
  for (const Step& step : plan.steps) {
    for (const auto& loss : step.losses) {
      losses += fmt::format("  ! {} ({}): {}\n", step.address,
                            step.name_before.empty() ? step.name : step.name_before, loss);
    }
  }
  if (!losses.empty()) {
    text += "\n" + console.styled(Style::red, "Data would be lost:") + "\n" + losses;
  }
  for (const Diagnostic& warning : plan.warnings)
    text += "\n" + render(warning);
  if (!plan.waived.empty()) text += "\nAllowed by the author:\n";
  for (const CheckFinding& finding : plan.waived) {
    text += fmt::format("  {} {}: {}\n    because {}\n", finding.check->code,
                        finding.diagnostic.address, finding.diagnostic.summary, *finding.waived);
  }
  if (!plan.changes_anything()) {
    std::size_t kept = 0;
    for (const Step& step : plan.steps)
      kept += step.action == Action::none ? 1 : 0;
    if (kept == 0) {
      return text + fmt::format("\nNothing to do: {}.\n", plan.is_destroy
                                                              ? "the state holds no objects"
                                                              : "the stack declares no objects");
    }
    return text + fmt::format("\nNothing to do: {} object{} as declared.\n", kept,
                              kept == 1 ? " is" : "s are");
  }
  for (const Step& step : plan.steps) {
    if (step.action != Action::none) text += "\n" + step_text(step, console);
  }
  if (!plan.outputs.empty()) {
    text += "\n  outputs\n";
    for (const OutputChange& output : plan.outputs) {
      const std::string after = inline_text(output.after);
      text += output.before.is_null() ? fmt::format("      {} = {}\n", output.name, after)
                                      : fmt::format("      {}: {} → {}\n", output.name,
                                                    inline_text(output.before), after);
    }
  }
  text += "\n" + console.styled(Style::bold, "Plan: " + plan_summary(plan) + ".") + "\n";
  return text;
}

std::string plan_json(const Plan& plan) {
  List steps;
  for (const Step& step : plan.steps)
    steps.push_back(step_value(step));
  List outputs;
  for (const OutputChange& output : plan.outputs) {
    outputs.emplace_back(Map{{"name", Value(output.name)},
                             {"before", json_value(output.before)},
                             {"after", json_value(output.after)}});
  }
  const auto number = [](std::size_t count) { return Value(static_cast<std::int64_t>(count)); };
  Map summary{{"create", number(plan.count(Action::create))},
              {"update", number(plan.count(Action::update))},
              {"replace", number(plan.count(Action::replace))},
              {"remove", number(plan.count(Action::remove))},
              {"forget", number(plan.count(Action::forget))},
              {"unchanged", number(plan.count(Action::none))}};
  Map map{{"stack", Value(plan.stack)},           {"environment", Value(plan.environment)},
          {"destroy", Value(plan.is_destroy)},    {"steps", Value(std::move(steps))},
          {"outputs", Value(std::move(outputs))}, {"summary", Value(std::move(summary))}};
  if (!plan.warnings.empty()) {
    List warnings;
    for (const Diagnostic& warning : plan.warnings) {
      warnings.emplace_back(Map{{"summary", Value(warning.summary)},
                                {"detail", Value(warning.detail)},
                                {"address", Value(warning.address)},
                                {"code", Value(warning.code)}});
    }
    map.set("warnings", Value(std::move(warnings)));
  }
  if (!plan.waived.empty()) {
    List waived;
    for (const CheckFinding& finding : plan.waived) {
      waived.emplace_back(Map{{"code", Value(std::string(finding.check->code))},
                              {"summary", Value(finding.diagnostic.summary)},
                              {"address", Value(finding.diagnostic.address)},
                              {"reason", Value(*finding.waived)}});
    }
    map.set("waived", Value(std::move(waived)));
  }
  return to_pretty_json(Value(std::move(map)));
}

}  // namespace firn::cli
