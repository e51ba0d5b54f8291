// The roads of a plan: which there are, and what checks say of them.
#pragma once

#include <vector>

#include "core/plan/planner.h"
#include "road/road.h"

namespace firn::cli {

struct Proof {
  road::World world;
  std::vector<road::Road> roads;       // point into `world`
  std::vector<CheckFinding> findings;  // of all hops, each once; waivers are applied
};

// Problems with waivers go to `diagnostics`.
[[nodiscard]] Proof prove(const Stack& stack, const Providers& providers, const Planned& planned,
                          Diagnostics& diagnostics);

}  // namespace firn::cli
