// Carrying a plan out: what apply, destroy and import have in common.
#pragma once

#include <string>

#include "cli/arguments.h"
#include "cli/console.h"
#include "cli/session.h"
#include "core/apply/apply.h"
#include "core/value/value.h"

namespace firn::cli {

struct CarriedOut {
  ApplyOutcome outcome;
  std::string took;         // "  in 1.2 s of the sandbox's time"
  bool is_recorded = true;  // the state is written, to its last row
  bool is_interrupted = false;
  [[nodiscard]] int exit_code() const;
};

// Runs the plan with its progress shown, notes the run in the state and keeps the sandbox. What
// failed is shown. Ctrl-C lets what is under way end.
[[nodiscard]] CarriedOut carry_out_plan(Session& session, Planned& planned,
                                        const Arguments& arguments, Console& console);

// The outcome for programs.
[[nodiscard]] Map outcome_members(const ApplyOutcome& outcome);

// Sandbox time passes only in runs: keep what passed.
void save_sandbox(Session& session, Console& console);

// A person answers `question` with yes, or types `word` where one is given; a script says --yes.
[[nodiscard]] bool is_agreed(const std::string& question, const std::string& word,
                             const Arguments& arguments, Console& console);

}  // namespace firn::cli
