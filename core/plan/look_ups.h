// Look-ups at plan time: what is wrong with them before any cloud is asked, and their answers.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/async/task.h"
#include "core/base/diagnostic.h"
#include "core/plan/evaluation.h"
#include "core/plan/planner.h"
#include "core/provider/provider.h"
#include "core/stack/stack.h"

namespace firn {

// Evaluates the inputs of every look-up as if nothing existed yet, and has their types check them.
// A look-up that cannot have an answer (a table without the environment's region) ends the run
// before its first call.
void check_look_ups(const Stack& stack, const Providers& providers, Instant now,
                    Diagnostics& diagnostics);

// Asks `look_ups` (instances) in rounds, until nothing new is known: one may feed another. Their
// answers go into `evaluation`, failures to `diagnostics`. `prime` is called before the inputs of
// one are worked out.
Task<bool> answer_look_ups(Desk desk, Evaluation& evaluation, std::vector<std::uint32_t> look_ups,
                           std::function<void(std::uint32_t)> prime, Diagnostics& diagnostics);

}  // namespace firn
