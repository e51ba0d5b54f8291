// Selection: the objects that --only names, and those that must come along.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/graph/graph.h"
#include "core/stack/stack.h"
#include "core/state/state.h"

namespace firn {

class Selection {
 public:
  // Everything.
  Selection() = default;
  // For a plan: the addresses and what they need. "road" also means "road.topic" and "road[…]".
  static Selection with_needs(const std::vector<std::string>& only, const Stack& stack,
                              const Graph& graph, const State& state, Diagnostics& diagnostics);
  // For a destroy: the addresses and what needs them.
  static Selection with_dependents(const std::vector<std::string>& only, const State& state,
                                   Diagnostics& diagnostics);

  [[nodiscard]] bool contains(const std::string& address) const {
    return is_everything_ || addresses_.contains(address);
  }

 private:
  bool add(const std::string& address) { return addresses_.insert(address).second; }
  void add_with_needs(std::uint32_t index, const Stack& stack, const Graph& graph);
  void add_with_dependents(const std::string& address, const State& state);

  bool is_everything_ = true;
  std::set<std::string> addresses_;
};

}  // namespace firn
