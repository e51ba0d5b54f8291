#include "cli/carry_out.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "core/base/text.h"

namespace firn::cli {

namespace {

// Failures that say the same of different resources: a service that is down fails all who need it,
// and nobody wants to read that a hundred times. One of each kind, with all their addresses.
std::vector<Error> told_once(const std::vector<ApplyFailure>& failures) {
  constexpr std::size_t named_max = 5;
  struct Kind {
    Error error;
    std::vector<std::string> addresses;
  };
  std::vector<Kind> kinds;
  for (const ApplyFailure& failure : failures) {
    const Error& error = failure.error;
    const bool is_general =
        error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timed_out ||
        error.kind == ErrorKind::throttled || error.kind == ErrorKind::credentials;
    const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
      return is_general && kind.error.summary == error.summary &&
             kind.error.detail == error.detail && kind.error.remedy == error.remedy &&
             kind.error.may_have_been_applied == error.may_have_been_applied;
    });
    if (same == kinds.end()) {
      kinds.push_back({error, {error.address}});
    } else {
      same->addresses.push_back(error.address);
    }
  }
  std::vector<Error> told;
  for (Kind& kind : kinds) {
    std::sort(kind.addresses.begin(), kind.addresses.end());
    std::vector<std::string> named = kind.addresses;
    if (named.size() > named_max) named.resize(named_max);
    kind.error.address = join(named, ", ");
    if (kind.addresses.size() > named_max) {
      kind.error.address += fmt::format(" and {} more", kind.addresses.size() - named_max);
    }
    told.push_back(std::move(kind.error));
  }
  return told;
}

}  // namespace

int CarriedOut::exit_code() const {
  if (is_interrupted) return kExitInterrupted;
  return outcome.is_complete() && is_recorded ? kExitOk : kExitError;
}

CarriedOut carry_out_plan(Session& session, Planned& planned, const Arguments& arguments,
                          Console& console) {
  StateStore& store = session.store();
  Scheduler& scheduler = session.clouds().scheduler();
  const InterruptGuard interrupt(!scheduler.clock().is_virtual());
  Journal journal(scheduler, store);
  Progress progress(console, scheduler, planned.plan);
  const std::int64_t run = store.begin_run(join(arguments.words, " "), scheduler.now());
  ApplyOptions options;
  options.observer = &progress;
  options.stop = &interrupt.flag();
  const Instant begun = scheduler.now();
  CarriedOut done;
  done.outcome = scheduler.run(apply(session.desk(), planned, journal, options));
  done.took = fmt::format("  in {}{}", duration_text(scheduler.now() - begun),
                          scheduler.clock().is_virtual() ? " of the sandbox's time" : "");
  const ApplyOutcome& outcome = done.outcome;
  // Whoever asked to stop must not have the next command of a script run, even when all is done.
  done.is_interrupted = interrupt.flag();
  store.finish_run(run, scheduler.now(),
                   outcome.is_complete() ? "done"
                   : outcome.interrupted ? "interrupted"
                                         : "failed");
  const Status written = store.commit();
  done.is_recorded = written.has_value();
  if (!written && outcome.state_written) console.show(written.error());
  save_sandbox(session, console);
  for (const Error& error : told_once(outcome.failures))
    console.show(error);
  if (!outcome.state_written) console.show(outcome.state_written.error());
  return done;
}

Map outcome_members(const ApplyOutcome& outcome) {
  const auto number = [](std::size_t count) { return Value(static_cast<std::int64_t>(count)); };
  List failures;
  for (const ApplyFailure& failure : outcome.failures) {
    failures.emplace_back(Map{{"address", Value(failure.address)},
                              {"summary", Value(failure.error.summary)},
                              {"detail", Value(failure.error.detail)},
                              {"operation", Value(failure.error.operation)},
                              {"code", Value(failure.error.code)},
                              {"request_id", Value(failure.error.request_id)},
                              {"may_have_been_applied", Value(failure.error.may_have_been_applied)},
                              {"remedy", Value(failure.error.remedy)}});
  }
  List not_started;
  for (const NotStarted& item : outcome.not_started)
    not_started.emplace_back(item.address);
  return Map{
      {"created", number(outcome.created)},       {"updated", number(outcome.updated)},
      {"replaced", number(outcome.replaced)},     {"removed", number(outcome.removed)},
      {"failures", Value(std::move(failures))},   {"not_started", Value(std::move(not_started))},
      {"interrupted", Value(outcome.interrupted)}};
}

void save_sandbox(Session& session, Console& console) {
  if (session.clouds().sandbox() == nullptr) return;
  if (const Status saved = session.clouds().sandbox()->save(); !saved) console.show(saved.error());
}

bool is_agreed(const std::string& question, const std::string& word, const Arguments& arguments,
               Console& console) {
  if (arguments.yes) return true;
  if (!console.can_ask()) {
    console.error_line(
        "error: nobody is there to confirm\n  Standard input is not a terminal.\n  "
        "add --yes to go on without asking");
    return false;
  }
  say_when_leaving("Nothing was changed.\n");
  const std::string answer = console.ask(question);
  say_when_leaving("Interrupted.\n");
  if (word.empty() ? answer == "yes" || answer == "y" : answer == word) return true;
  console.error_line("Nothing was changed.");
  return false;
}

}  // namespace firn::cli
