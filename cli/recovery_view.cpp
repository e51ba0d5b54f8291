#include "cli/recovery_view.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/async/clock.h"

namespace firn::cli {
namespace {

std::string_view said_of(const Settled& settled) {
  switch (settled.finding) {
    case Finding::made:
      return "was made: the state has it now, and the next plan completes it";
    case Finding::not_made:
      return settled.action == IntentAction::create ? "was not made: it is planned again"
                                                    : "is not in the state: nothing is left to do";
    case Finding::not_ours:
      return settled.action == IntentAction::create
                 ? "was not made: what has that name is not this stack's, and is left alone"
                 : "is not this stack's any more, and is left alone";
    case Finding::unfinished:
      return "may be changed in part: the next plan looks at all of it";
    case Finding::removed:
      return "was removed: the state has forgotten it";
    case Finding::not_removed:
      break;
  }
  return "is still there: its removal is planned again";
}

}  // namespace

std::string recovery_text(const Recovery& recovery, const std::optional<Run>& run,
                          bool is_written) {
  std::string text;
  if (run) {
    text += fmt::format("An earlier run did not end: firn {}, begun {}.\n", run->command,
                        format_iso(run->begun_at));
  } else {
    text += "An earlier run did not hear what became of all that it did.\n";
  }
  const std::size_t count = recovery.settled.size() + recovery.failures.size();
  text +=
      fmt::format("Looked up what became of {} open operation{}:\n", count, count == 1 ? "" : "s");
  std::size_t widest = 0;
  for (const Settled& settled : recovery.settled)
    widest = std::max(widest, settled.address.size());
  for (const ApplyFailure& failure : recovery.failures)
    widest = std::max(widest, failure.address.size());
  for (const Settled& settled : recovery.settled) {
    const std::string what =
        settled.name.empty() ? settled.type : settled.type + " " + settled.name;
    text += fmt::format("  {:{}}  {} {}\n", settled.address, widest, what, said_of(settled));
  }
  for (const ApplyFailure& failure : recovery.failures) {
    text += fmt::format("  {:{}}  could not be looked up: the next run tries again\n",
                        failure.address, widest);
  }
  if (!is_written && !recovery.settled.empty()) {
    text += "The state is open for reading only: `firn apply` and `firn recover` write this.\n";
  }
  return text;
}

}  // namespace firn::cli
