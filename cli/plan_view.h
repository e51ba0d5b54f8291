// A plan as people read it: first what data would be lost, then every step, then the sum.
#pragma once

#include <string>

#include "cli/console.h"
#include "core/plan/plan.h"

namespace firn::cli {

// "+", "~", "-/+", "+/-", "-", "<=", " ".
[[nodiscard]] std::string mark_of(const Step& step);

// `target` says where the run goes: "local (sandbox .firn/sandbox.db)".
[[nodiscard]] std::string plan_text(const Plan& plan, const Console& console,
                                    const std::string& target);

// "3 to create, 1 to change in place, 0 to replace, 2 to remove".
[[nodiscard]] std::string plan_summary(const Plan& plan);

// One step of it, for programs.
[[nodiscard]] Value step_value(const Step& step);

// The same plan for programs. Secrets are redacted, unknowns are {"known_after_apply": "lake.x"}.
[[nodiscard]] std::string plan_json(const Plan& plan);

}  // namespace firn::cli
