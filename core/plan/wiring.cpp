#include "core/plan/wiring.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace firn {
namespace {

using Index = Graph::Index;

// True when `from` needs `to`, directly or through others.
bool reaches(const std::vector<std::vector<Index>>& needs, Index from, Index to) {
  std::vector<bool> seen(needs.size());
  std::vector<Index> stack{from};
  while (!stack.empty()) {
    const Index node = stack.back();
    stack.pop_back();
    if (node == to) return true;
    if (seen[node]) continue;
    seen[node] = true;
    stack.insert(stack.end(), needs[node].begin(), needs[node].end());
  }
  return false;
}

// All that `start` refers to, weakly or not, near and far.
std::vector<Index> everything_behind(const Links& links, Index start) {
  std::vector<bool> seen(links.size());
  std::vector<Index> stack{start};
  std::vector<Index> behind;
  while (!stack.empty()) {
    const Index node = stack.back();
    stack.pop_back();
    if (seen[node]) continue;
    seen[node] = true;
    behind.push_back(node);
    for (const Link& link : links[node])
      stack.push_back(link.target);
  }
  std::ranges::sort(behind);
  return behind;
}

void hand_on_weak_references(const Links& links, Graph& graph) {
  std::vector<std::vector<Index>> needs;
  for (Index node = 0; node < links.size(); ++node) {
    for (const Link& exercised : links[node]) {
      if (!exercised.exercises) continue;
      if (needs.empty()) {
        needs.resize(links.size());
        for (Index from = 0; from < links.size(); ++from) {
          for (const Link& link : links[from]) {
            if (link.is_edge && link.target != from) needs[from].push_back(link.target);
          }
        }
      }
      for (const Index target : everything_behind(links, exercised.target)) {
        if (target == node || reaches(needs, target, node)) continue;
        graph.add_edge(node, target);
        needs[node].push_back(target);
      }
    }
  }
}

void report_cycle(const Stack& stack, const Links& links, const std::vector<Index>& cycle,
                  Diagnostics& diagnostics) {
  std::string path;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const Index from = cycle[i];
    const Index to = cycle[(i + 1) % cycle.size()];
    const auto link = std::ranges::find_if(links[from], [&](const Link& candidate) {
      return candidate.target == to && candidate.is_edge;
    });
    std::string through = "depends_on";
    if (link != links[from].end() && link->attribute != nullptr) {
      through = std::string(link->attribute->name);
    }
    path += fmt::format("{}{} needs {} ({})", i == 0 ? "" : "\n", stack.instances()[from].address,
                        stack.instances()[to].address, through);
  }
  const Instance& first = stack.instances()[cycle.front()];
  diagnostics.error(
      stack.declaration_of(first).block.where(),
      fmt::format("{} objects need each other", cycle.size()), path,
      "remove one of these references, or write the value out where the cloud does not "
      "check it");
}

}  // namespace

void Links::add(const Stack& stack, Diagnostics& diagnostics) {
  add_links_of(stack, static_cast<std::uint32_t>(size()), links_, diagnostics);
  begin_.push_back(links_.size());
}

Wiring wire(const Stack& stack, Diagnostics& diagnostics) {
  const std::size_t count = stack.instances().size();
  Wiring wiring;
  Graph graph(count);
  for (Index node = 0; node < count; ++node) {
    wiring.links.add(stack, diagnostics);
    for (const Link& link : wiring.links[node]) {
      if (!link.is_edge) continue;
      if (link.target == node) {
        diagnostics.error(stack.declaration_of(stack.instances()[node]).block.where(),
                          fmt::format("\"{}\" refers to itself", stack.instances()[node].address),
                          {}, "remove the reference");
      }
      graph.add_edge(node, link.target);
    }
  }
  hand_on_weak_references(wiring.links, graph);
  graph.freeze();
  if (const auto cycle = graph.cycle(); !cycle.empty()) {
    report_cycle(stack, wiring.links, cycle, diagnostics);
  }
  wiring.graph = std::move(graph);
  return wiring;
}

}  // namespace firn
