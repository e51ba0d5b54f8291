// The planner: stack (desired) against state (recorded) against cloud (observed), in that order of
// authority, attribute by attribute.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/scheduler.h"
#include "core/async/task.h"
#include "core/base/diagnostic.h"
#include "core/plan/evaluation.h"
#include "core/plan/plan.h"
#include "core/provider/provider.h"
#include "core/stack/stack.h"

namespace firn {

struct PlanOptions {
  bool refresh = true;            // look at the clouds; false trusts the state
  bool is_destroy = false;        // remove everything that the state holds
  std::vector<std::string> only;  // addresses; they and what they need. Empty: everything
};

// Everything a plan and its apply work on. Owned by the caller; outlives both.
struct Desk {
  Scheduler* scheduler = nullptr;
  const Providers* providers = nullptr;
  const Stack* stack = nullptr;  // may be nullptr for a destroy
  const State* state = nullptr;
  std::string stack_name;
  std::string environment_name;
};

struct Planned {
  Plan plan;
  std::unique_ptr<Evaluation> evaluation;  // apply goes on with it; null for a destroy
};

// Problems in what the author wrote, refusals (protection, ownership, overlapping names) and failed
// reads go to `diagnostics`; the plan is only good when there are no errors.
Task<Planned> make_plan(Desk desk, PlanOptions options, Diagnostics& diagnostics);

}  // namespace firn
