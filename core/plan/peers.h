// What objects of one plan say against each other.
#pragma once

#include "core/base/diagnostic.h"
#include "core/plan/plan.h"
#include "core/stack/stack.h"

namespace firn {

// Two objects of one kind cannot have one name; and types have rules of their own
// (ResourceType::validate_together).
void check_peers(const Plan& plan, const Stack& stack, Diagnostics& diagnostics);

}  // namespace firn
