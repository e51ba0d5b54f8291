// Wiring: the edges between instances, from their links.
#pragma once

#include <vector>

#include "core/base/diagnostic.h"
#include "core/graph/graph.h"
#include "core/plan/attributes.h"
#include "core/stack/stack.h"

namespace firn {

struct Wiring {
  Graph graph{0};                        // over instances, frozen; no cycle when there is no error
  std::vector<std::vector<Link>> links;  // per instance; emptied of links without effect
};

// An edge for each reference that must exist before. A weak reference to a predictable output makes
// none, but is handed on: an instance that exercises an object (creating a pipe makes Snowflake
// assume the role of its stage's integration) also waits for everything that this object refers to
// weakly, however far away, unless that needs the instance itself.
//
// A true cycle is reported as the path that the author wrote.
[[nodiscard]] Wiring wire(const Stack& stack, Diagnostics& diagnostics);

}  // namespace firn
