// validate, show, output, state list/show: reading without changing.
#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <vector>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/value_text.h"
#include "core/base/text.h"
#include "core/plan/peers.h"
#include "core/plan/wiring.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

std::unique_ptr<Session> open_reading(const Arguments& arguments, Console& console) {
  auto session = Session::open(arguments, console);
  if (session == nullptr || !session->open_state(StateStore::Mode::read)) return nullptr;
  return session;
}

// State JSON has digests of secrets; people get "(secret)".
Value resource_value(const StoredResource& stored) {
  List dependencies;
  for (const auto& address : stored.dependencies)
    dependencies.emplace_back(address);
  return Value(Map{{"address", Value(stored.record.address)},
                   {"type", Value(stored.record.type)},
                   {"name", Value(stored.record.name)},
                   {"generation", Value(static_cast<std::int64_t>(stored.generation))},
                   {"inputs", redacted(stored.record.inputs)},
                   {"outputs", redacted(stored.record.outputs)},
                   {"needs", Value(std::move(dependencies))},
                   {"protect", Value(stored.protect)},
                   {"incomplete", Value(stored.incomplete)},
                   {"created_at", Value(format_iso(stored.created_at))},
                   {"updated_at", Value(format_iso(stored.updated_at))}});
}

std::string resource_text(const StoredResource& stored) {
  std::string text = fmt::format("{}\n  {}{}{}\n", stored.record.address, stored.record.type,
                                 stored.record.name.empty() ? "" : " ", stored.record.name);
  if (stored.incomplete) text += "  incomplete: the next apply goes on with it\n";
  if (stored.protect) text += "  protected\n";
  if (stored.record.inputs.is_map()) {
    for (const auto& [name, value] : stored.record.inputs.as_map()) {
      if (!is_blank(value)) text += block_text(name, redacted(value), 2);
    }
  }
  if (stored.record.outputs.is_map()) {
    for (const auto& [name, value] : stored.record.outputs.as_map()) {
      if (name != "name") text += fmt::format("  → {} = {}\n", name, inline_text(redacted(value)));
    }
  }
  return text;
}

Value diagnostics_value(const Diagnostics& diagnostics) {
  List items;
  for (const Diagnostic& item : diagnostics.items()) {
    items.emplace_back(
        Map{{"severity", Value(item.severity == Severity::error ? "error" : "warning")},
            {"summary", Value(item.summary)},
            {"detail", Value(item.detail)},
            {"remedy", Value(item.remedy)},
            {"file", Value(item.where.file.str())},
            {"line", Value(static_cast<std::int64_t>(item.where.line))},
            {"column", Value(static_cast<std::int64_t>(item.where.column))},
            {"address", Value(item.address)},
            {"code", Value(item.code)}});
  }
  return Value(std::move(items));
}

// Every expression and check; answers what there is to say when all is sound.
std::string check(Session& session, Diagnostics& diagnostics) {
  const Wiring wiring = wire(session.stack(), diagnostics);
  if (diagnostics.has_errors()) return {};
  // Against an empty state: what exists already makes no difference to whether the stack is sound.
  const State nothing;
  Evaluation evaluation(session.stack(), session.clouds().providers(), nothing,
                        session.clouds().scheduler().now());
  Plan plan;
  for (const auto index : wiring.graph.order()) {
    Step step;
    step.address = session.stack().instances()[index].address;
    step.type = &evaluation.type_of(index);
    step.instance = index;
    step.name = evaluation.name_of(index, diagnostics).name;
    step.after = evaluation.desired(index, diagnostics);
    step.outputs = evaluation.predicted(index, diagnostics);
    plan.steps.push_back(std::move(step));
  }
  if (!diagnostics.has_errors()) check_peers(plan, session.stack(), diagnostics);
  const auto look_ups =
      std::ranges::count_if(plan.steps, [](const Step& step) { return step.type->is_lookup; });
  return fmt::format("{} is sound: {} objects{}, {} edges.", session.stack().name(),
                     plan.steps.size() - static_cast<std::size_t>(look_ups),
                     look_ups == 0   ? std::string()
                     : look_ups == 1 ? std::string(", 1 look-up")
                                     : fmt::format(", {} look-ups", look_ups),
                     wiring.graph.edges());
}

}  // namespace

int run_validate(const Arguments& arguments, Console& console) {
  Diagnostics diagnostics;
  const auto session = Session::open(arguments, console, Session::Secrets::stand_in, diagnostics);
  std::string sound;
  if (session != nullptr) sound = check(*session, diagnostics);
  const bool is_sound = session != nullptr && !diagnostics.has_errors();
  if (arguments.json) {
    console.line(to_pretty_json(
        Value(Map{{"valid", Value(is_sound)}, {"problems", diagnostics_value(diagnostics)}})));
  } else {
    console.show(diagnostics);
    if (is_sound) console.line(sound);
  }
  return is_sound ? kExitOk : kExitError;
}

int run_show(const Arguments& arguments, Console& console) {
  const auto session = open_reading(arguments, console);
  if (session == nullptr) return kExitError;
  const State& state = session->store().state();
  // One whose time is over stays in the state until the next run that changes something.
  std::vector<Tombstone> standing;
  std::ranges::copy_if(state.tombstones, std::back_inserter(standing),
                       [now = session->clouds().scheduler().now()](const Tombstone& tombstone) {
                         return tombstone.until > now;
                       });
  if (arguments.json) {
    List items;
    for (const auto& [address, stored] : state.resources)
      items.push_back(resource_value(stored));
    List tombstones;
    for (const Tombstone& tombstone : standing) {
      tombstones.emplace_back(Map{{"type", Value(tombstone.type)},
                                  {"name", Value(tombstone.name)},
                                  {"until", Value(format_iso(tombstone.until))},
                                  {"reason", Value(tombstone.reason)}});
    }
    console.line(to_pretty_json(Value(Map{{"stack", Value(session->project().stack_name)},
                                          {"environment", Value(session->environment().name)},
                                          {"serial", Value(state.serial)},
                                          {"resources", Value(std::move(items))},
                                          {"tombstones", Value(std::move(tombstones))},
                                          {"outputs", redacted(Value(state.outputs))}})));
    return kExitOk;
  }
  for (const auto& [address, stored] : state.resources)
    console.line(resource_text(stored));
  for (const Tombstone& tombstone : standing) {
    console.line(fmt::format("The name {} stays taken until {}: {}.", tombstone.name,
                             format_iso(tombstone.until), tombstone.reason));
  }
  console.line(fmt::format("{} objects.", state.resources.size()));
  return kExitOk;
}

int run_output(const Arguments& arguments, Console& console) {
  const auto session = open_reading(arguments, console);
  if (session == nullptr) return kExitError;
  const Map& outputs = session->store().state().outputs;
  if (!arguments.subject.empty()) {
    const Value* value = outputs.find(arguments.subject);
    if (value == nullptr) {
      std::vector<std::string_view> names;
      for (const auto& [name, unused] : outputs)
        names.push_back(name);
      Diagnostics diagnostics;
      diagnostics.error({}, fmt::format("there is no output \"{}\"", arguments.subject), {},
                        names.empty() ? std::string("nothing is applied yet: `firn apply`")
                                      : suggestion(arguments.subject, names));
      console.show(diagnostics);
      return kExitError;
    }
    console.line(value->is_string() && !arguments.json ? value->as_string()
                                                       : to_json(redacted(*value)));
    return kExitOk;
  }
  if (arguments.json) {
    console.line(to_pretty_json(redacted(Value(outputs))));
    return kExitOk;
  }
  for (const auto& [name, value] : outputs) {
    console.line(fmt::format("{} = {}", name, inline_text(redacted(value))));
  }
  return kExitOk;
}

int run_state_list(const Arguments& arguments, Console& console) {
  const auto session = open_reading(arguments, console);
  if (session == nullptr) return kExitError;
  const State& state = session->store().state();
  if (arguments.json) {
    List addresses;
    for (const auto& [address, stored] : state.resources)
      addresses.emplace_back(address);
    console.line(to_pretty_json(Value(std::move(addresses))));
    return kExitOk;
  }
  for (const auto& [address, stored] : state.resources) {
    console.line(fmt::format("{}  {}{}{}", address, stored.record.type,
                             stored.record.name.empty() ? "" : "  ", stored.record.name));
  }
  return kExitOk;
}

int run_state_show(const Arguments& arguments, Console& console) {
  const auto session = open_reading(arguments, console);
  if (session == nullptr) return kExitError;
  const State& state = session->store().state();
  const StoredResource* stored = state.find(arguments.subject);
  if (stored == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& [address, unused] : state.resources)
      names.push_back(address);
    const auto near = nearest(arguments.subject, names);
    Diagnostics diagnostics;
    diagnostics.error({}, fmt::format("the state holds no \"{}\"", arguments.subject), {},
                      near ? fmt::format("did you mean \"{}\"?", *near)
                           : std::string("`firn state list` shows the addresses"));
    console.show(diagnostics);
    return kExitError;
  }
  console.line(arguments.json ? to_pretty_json(resource_value(*stored)) : resource_text(*stored));
  return kExitOk;
}

}  // namespace firn::cli
