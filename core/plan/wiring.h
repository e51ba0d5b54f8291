// Wiring: the edges between instances, from their links.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/graph/graph.h"
#include "core/plan/attributes.h"
#include "core/stack/stack.h"

namespace firn {

// The links of all instances, one after the other.
class Links {
 public:
  [[nodiscard]] std::size_t size() const { return begin_.size() - 1; }  // in instances
  [[nodiscard]] std::span<const Link> operator[](std::size_t instance) const {
    return std::span(links_).subspan(begin_[instance], begin_[instance + 1] - begin_[instance]);
  }
  // Those of the next instance.
  void add(const Stack& stack, Diagnostics& diagnostics);

 private:
  std::vector<Link> links_;
  std::vector<std::size_t> begin_{0};
};

struct Wiring {
  Graph graph{0};  // over instances, frozen; no cycle when there is no error
  Links links;
};

// An edge for each reference that must exist before. A weak reference to a predictable output makes
// none, but is handed on: an instance that exercises an object (creating a pipe makes Snowflake
// assume the role of its stage's integration) also waits for everything that this object refers to
// weakly, however far away, unless that needs the instance itself. And where objects of one type
// open others (Attribute::permitted_by), whoever goes through such an opening waits for them.
//
// A true cycle is reported as the path that the author wrote.
[[nodiscard]] Wiring wire(const Stack& stack, Diagnostics& diagnostics);

}  // namespace firn
