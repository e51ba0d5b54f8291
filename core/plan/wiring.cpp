#include "core/plan/wiring.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace firn {
namespace {

using Index = Graph::Index;

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

// Waits that nobody wrote down: added to the edges that the references make, unless they would make
// a circle.
class HandedOn {
 public:
  HandedOn(const Stack& stack, const Links& links, Graph& graph)
      : stack_(stack), links_(links), graph_(graph) {}

  void run() {
    for (Index node = 0; node < links_.size(); ++node)
      wait_for_permissions(node);
    for (Index node = 0; node < links_.size(); ++node)
      wait_for_what_is_exercised(node);
  }

 private:
  void wait_for_permissions(Index node) {
    for (const Link& opened : links_[node]) {
      if (opened.innermost == nullptr || opened.innermost->permitted_by.empty()) continue;
      for (const Index permission : permissions_of(opened.innermost->permitted_by, opened.target)) {
        wait(node, permission);
      }
    }
  }

  void wait_for_what_is_exercised(Index node) {
    for (const Link& exercised : links_[node]) {
      if (!exercised.exercises) continue;
      for (const Index target : everything_behind(links_, exercised.target))
        wait(node, target);
    }
  }

  void wait(Index node, Index target) {
    if (target == node || reaches(target, node)) return;
    graph_.add_edge(node, target);
    needs_[node].push_back(target);
  }

  // True when `from` needs `to`, directly or through others.
  bool reaches(Index from, Index to) {
    if (needs_.empty()) find_needs();
    std::vector<bool> seen(needs_.size());
    std::vector<Index> stack{from};
    while (!stack.empty()) {
      const Index node = stack.back();
      stack.pop_back();
      if (node == to) return true;
      if (seen[node]) continue;
      seen[node] = true;
      stack.insert(stack.end(), needs_[node].begin(), needs_[node].end());
    }
    return false;
  }

  void find_needs() {
    needs_.resize(links_.size());
    for (Index from = 0; from < links_.size(); ++from) {
      for (const Link& link : links_[from]) {
        if (link.is_edge && link.target != from) needs_[from].push_back(link.target);
      }
    }
  }

  // The instances of that type that refer to `target`.
  const std::vector<Index>& permissions_of(std::string_view type, Index target) {
    const auto [found, is_new] = permissions_.try_emplace(type);
    if (is_new) {
      for (Index node = 0; node < links_.size(); ++node) {
        if (stack_.declaration_of(stack_.instances()[node]).type->name != type) continue;
        for (const Link& link : links_[node]) {
          std::vector<Index>& known = found->second[link.target];
          if (known.empty() || known.back() != node) known.push_back(node);
        }
      }
    }
    return found->second[target];
  }

  const Stack& stack_;
  const Links& links_;
  Graph& graph_;
  std::vector<std::vector<Index>> needs_;  // filled when first asked for
  std::map<std::string_view, std::map<Index, std::vector<Index>>> permissions_;
};

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
  HandedOn(stack, wiring.links, graph).run();
  graph.freeze();
  if (const auto cycle = graph.cycle(); !cycle.empty()) {
    report_cycle(stack, wiring.links, cycle, diagnostics);
  }
  wiring.graph = std::move(graph);
  return wiring;
}

}  // namespace firn
