// What a plan says of clouds that are far from each other.
#pragma once

#include <vector>

#include "core/base/diagnostic.h"
#include "core/plan/plan.h"
#include "core/provider/provider.h"

namespace firn {

// Warnings for types to which it matters (ResourceType::distance_cost) that their cloud and another
// one of the plan are in different regions. Silent where a provider does not know where it is.
[[nodiscard]] std::vector<Diagnostic> distance_warnings(const Plan& plan,
                                                        const Providers& providers);

}  // namespace firn
