// From a resource block to values and links, by the rows of its schema.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/stack/stack.h"

namespace firn {

// A reference from one instance to another, as one attribute makes it.
struct Link {
  std::uint32_t target = 0;
  const Attribute* attribute = nullptr;  // top-level; nullptr for depends_on, name and called
  bool is_edge = false;                  // the target must exist before
  bool exercises = false;                // creating the instance uses the target
  const Attribute* innermost = nullptr;  // the row that the reference stands in
};

// Adds all links of an instance, in the order written.
void add_links_of(const Stack& stack, std::uint32_t instance, std::vector<Link>& links,
                  Diagnostics& diagnostics);

// The author's inputs of an instance: evaluated, checked against the table, whole-object references
// replaced by what the attribute takes. `identity_only`: only attributes that predict() needs.
[[nodiscard]] Map inputs_of(const Stack& stack, std::uint32_t instance, ResourceValues& resources,
                            bool identity_only, Diagnostics& diagnostics);

}  // namespace firn
