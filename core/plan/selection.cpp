#include "core/plan/selection.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

#include "core/base/text.h"

namespace firn {
namespace {

bool matches(const std::string& asked, const std::string& address) {
  return address == asked || address.starts_with(asked + ".") || address.starts_with(asked + "[");
}

void refuse_unknown(const std::string& asked, const Stack* stack, const State& state,
                    Diagnostics& diagnostics) {
  std::vector<std::string_view> known;
  for (const auto& [address, stored] : state.resources)
    known.push_back(address);
  if (stack != nullptr) {
    for (const Instance& instance : stack->instances())
      known.push_back(instance.address);
  }
  const auto near = nearest(asked, known);
  diagnostics.error({}, fmt::format("--only: there is no \"{}\"", asked), {},
                    near ? fmt::format("did you mean \"{}\"?", *near)
                         : std::string("`firn state list` shows the addresses"));
}

}  // namespace

Selection Selection::with_needs(const std::vector<std::string>& only, const Stack& stack,
                                const Graph& graph, const State& state, Diagnostics& diagnostics) {
  Selection selection;
  selection.is_everything_ = only.empty();
  for (const std::string& asked : only) {
    bool found = false;
    for (const auto& [address, stored] : state.resources) {
      if (!matches(asked, address)) continue;
      found = true;
      selection.add(address);
    }
    for (std::uint32_t i = 0; i < stack.instances().size(); ++i) {
      if (!matches(asked, stack.instances()[i].address)) continue;
      found = true;
      selection.add_with_needs(i, stack, graph);
    }
    if (!found) refuse_unknown(asked, &stack, state, diagnostics);
  }
  return selection;
}

Selection Selection::with_dependents(const std::vector<std::string>& only, const State& state,
                                     Diagnostics& diagnostics) {
  Selection selection;
  selection.is_everything_ = only.empty();
  for (const std::string& asked : only) {
    bool found = false;
    for (const auto& [address, stored] : state.resources) {
      if (!matches(asked, address)) continue;
      found = true;
      selection.add(address);
      selection.add_with_dependents(address, state);
    }
    if (!found) refuse_unknown(asked, nullptr, state, diagnostics);
  }
  return selection;
}

void Selection::add_with_needs(std::uint32_t index, const Stack& stack, const Graph& graph) {
  std::vector<std::uint32_t> todo{index};
  while (!todo.empty()) {
    const std::uint32_t node = todo.back();
    todo.pop_back();
    if (!add(stack.instances()[node].address) && node != index) continue;
    for (const std::uint32_t need : graph.needs(node))
      todo.push_back(need);
  }
}

void Selection::add_with_dependents(const std::string& address, const State& state) {
  for (const auto& [other, stored] : state.resources) {
    if (std::ranges::find(stored.dependencies, address) == stored.dependencies.end()) continue;
    if (add(other)) add_with_dependents(other, state);
  }
}

}  // namespace firn
