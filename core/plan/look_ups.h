// What is wrong with the look-ups of a stack and can be said before any cloud is asked.
#pragma once

#include "core/base/diagnostic.h"
#include "core/provider/provider.h"
#include "core/stack/stack.h"

namespace firn {

// Evaluates the inputs of every look-up as if nothing existed yet, and has their types check them.
// A look-up that cannot have an answer (a table without the environment's region) ends the run
// before its first call.
void check_look_ups(const Stack& stack, const Providers& providers, Instant now,
                    Diagnostics& diagnostics);

}  // namespace firn
