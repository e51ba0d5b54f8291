// Saved plans: `plan --out FILE`, `apply FILE`.
//
// A saved plan says what was reviewed and on what ground: the digests of all files of stack and
// environment, the state's lineage and serial, and every step. Applying it plans again and goes on
// only when the new plan says the same, byte for byte. It holds no secret.
#pragma once

#include <string>

#include "cli/arguments.h"
#include "cli/saved_plan.h"
#include "cli/session.h"
#include "core/base/result.h"
#include "core/plan/plan.h"

namespace firn::cli {

// `before_any_state`: to be compared with a plan that was made before there was a state.
[[nodiscard]] SavedPlan saved_from(const Plan& plan, const Session& session,
                                   const Arguments& arguments, bool before_any_state = false);
Status write_plan_file(const std::string& path, const SavedPlan& saved);
Result<SavedPlan> read_plan_file(const std::string& path);
[[nodiscard]] bool is_plan_file(const std::string& path);

}  // namespace firn::cli
