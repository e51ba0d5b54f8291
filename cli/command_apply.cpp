// plan, apply, destroy: the same road, gone more or less far.
#include <fmt/format.h>

#include "cli/carry_out.h"
#include "cli/commands.h"
#include "cli/plan_file.h"
#include "cli/plan_view.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/value_text.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

PlanOptions plan_options(const Arguments& arguments, bool is_destroy) {
  PlanOptions options;
  options.refresh = arguments.refresh;
  options.only = arguments.only;
  options.is_destroy = is_destroy;
  return options;
}

bool consents_to_loss(const Plan& plan, const Arguments& arguments, Console& console) {
  if (plan.is_destroy) return true;  // losing everything is what was asked for, and confirmed
  const auto losing = plan.losing_without_consent(arguments.accepted_losses);
  if (losing.empty()) return true;
  std::string command;
  for (const Step* step : losing)
    command += fmt::format(" --accept-loss '{}'", step->address);
  Diagnostics diagnostics;
  Diagnostic diagnostic;
  diagnostic.summary = fmt::format("data would be lost in {} object{}, and nobody agreed to it",
                                   losing.size(), losing.size() == 1 ? "" : "s");
  for (const Step* step : losing) {
    for (const auto& loss : step->losses) {
      diagnostic.detail +=
          fmt::format("{}{}: {}", diagnostic.detail.empty() ? "" : "\n", step->address, loss);
    }
  }
  diagnostic.remedy = "undo the change, or agree to each loss by name:" + command;
  diagnostics.add(std::move(diagnostic));
  console.show(diagnostics);
  return false;
}

bool is_confirmed(const Plan& plan, const Arguments& arguments, Console& console) {
  if (!plan.is_destroy) return is_agreed("\nApply this plan? (yes/no) ", {}, arguments, console);
  const std::string question =
      fmt::format("\nThis destroys everything above. Type \"{}\" to go on: ", plan.environment);
  return is_agreed(question, plan.environment, arguments, console);
}

int carry_out(Session& session, Planned& planned, const Arguments& arguments, Console& console) {
  const CarriedOut done = carry_out_plan(session, planned, arguments, console);
  const ApplyOutcome& outcome = done.outcome;
  if (arguments.json) {
    console.line(to_pretty_json(Value(outcome_members(outcome))));
  } else {
    // "Nothing to do" was said already.
    if (planned.plan.changes_anything() || !outcome.is_complete()) {
      console.out(outcome_text(outcome, console));
      console.line(console.styled(Style::dim, done.took));
    }
    if (outcome.is_complete() && !planned.plan.is_destroy) {
      for (const auto& [name, value] : session.store().state().outputs) {
        console.line(
            fmt::format("  {} = {}", name,
                        value.is_string() ? value.as_string() : inline_text(redacted(value))));
      }
    }
  }
  return done.exit_code();
}

int plan_and_apply(const Arguments& arguments, Console& console, bool is_destroy,
                   const SavedPlan* saved) {
  auto session = Session::open(arguments, console);
  if (session == nullptr || !session->open_state(StateStore::Mode::write)) return kExitError;
  auto planned = session->plan(plan_options(arguments, is_destroy));
  if (!planned) {
    save_sandbox(*session, console);
    return kExitError;
  }
  if (saved != nullptr) {
    const Status same = check_still_the_same(
        *saved, saved_from(planned->plan, *session, arguments, saved->lineage.empty()));
    if (!same) {
      console.show(same.error());
      return kExitError;
    }
  }
  if (!arguments.json && saved != nullptr) {
    console.line(fmt::format("As planned: {}.", plan_summary(planned->plan)));
  } else if (!arguments.json) {
    console.out(plan_text(planned->plan, console, session->clouds().target()));
  }
  if (!consents_to_loss(planned->plan, arguments, console)) return kExitError;
  if (!planned->plan.changes_anything()) {
    // Still worth a run: the state may learn of changed dependencies and outputs.
    return carry_out(*session, *planned, arguments, console);
  }
  if (saved == nullptr && !is_confirmed(planned->plan, arguments, console)) return kExitError;
  if (!arguments.refresh && !session->connect(planned->plan)) return kExitError;
  if (!session->keep_backup()) return kExitError;
  return carry_out(*session, *planned, arguments, console);
}

}  // namespace

int run_plan(const Arguments& arguments, Console& console) {
  auto session = Session::open(arguments, console);
  if (session == nullptr || !session->open_state(StateStore::Mode::read)) return kExitError;
  const auto planned = session->plan(plan_options(arguments, !arguments.text.empty()));
  save_sandbox(*session, console);
  if (!planned) return kExitError;
  const Plan& plan = planned->plan;
  console.out(arguments.json ? plan_json(plan) + "\n"
                             : plan_text(plan, console, session->clouds().target()));
  if (!arguments.out_file.empty()) {
    const Status written =
        write_plan_file(arguments.out_file, saved_from(plan, *session, arguments));
    if (!written) {
      console.show(written.error());
      return kExitError;
    }
    if (!arguments.json) {
      console.line(
          fmt::format("\nSaved. To carry out exactly this:\n  firn apply {}", arguments.out_file));
    }
  }
  return arguments.detailed_exit_code && plan.changes_anything() ? kExitChanges : kExitOk;
}

int run_apply(const Arguments& arguments, Console& console) {
  if (!is_plan_file(arguments.stack)) return plan_and_apply(arguments, console, false, nullptr);
  const auto saved = read_plan_file(arguments.stack);
  if (!saved) {
    console.show(saved.error());
    return kExitError;
  }
  Arguments replayed = arguments;
  replayed.stack = saved->stack_argument;
  replayed.environment = saved->environment;
  replayed.sandbox = saved->sandbox;
  replayed.state_path = saved->state_path;
  replayed.only = saved->only;
  replayed.parameters = saved->parameters;
  replayed.refresh = saved->refresh;
  return plan_and_apply(replayed, console, saved->is_destroy, &*saved);
}

int run_destroy(const Arguments& arguments, Console& console) {
  return plan_and_apply(arguments, console, true, nullptr);
}

}  // namespace firn::cli
