#include "core/graph/graph.h"

#include <algorithm>
#include <queue>

namespace firn {

void Graph::add_edge(Index from, Index to) {
  if (from != to) edges_.emplace_back(from, to);
}

void Graph::freeze() {
  std::ranges::sort(edges_);
  edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());

  needs_begin_.assign(nodes_ + 1, 0);
  needed_by_begin_.assign(nodes_ + 1, 0);
  for (const auto& [from, to] : edges_) {
    ++needs_begin_[from + 1];
    ++needed_by_begin_[to + 1];
  }
  for (std::size_t i = 0; i < nodes_; ++i) {
    needs_begin_[i + 1] += needs_begin_[i];
    needed_by_begin_[i + 1] += needed_by_begin_[i];
  }
  needs_.resize(edges_.size());
  needed_by_.resize(edges_.size());
  // Edges are sorted by (from, to): filling in order leaves both directions ascending.
  std::vector<Index> next_needed_by(needed_by_begin_.begin(), needed_by_begin_.end() - 1);
  std::size_t next_needs = 0;
  for (const auto& [from, to] : edges_) {
    needs_[next_needs++] = to;
    needed_by_[next_needed_by[to]++] = from;
  }
}

std::span<const Graph::Index> Graph::needs(Index node) const {
  return std::span(needs_).subspan(needs_begin_[node], needs_begin_[node + 1] - needs_begin_[node]);
}

std::span<const Graph::Index> Graph::needed_by(Index node) const {
  return std::span(needed_by_)
      .subspan(needed_by_begin_[node], needed_by_begin_[node + 1] - needed_by_begin_[node]);
}

std::vector<Graph::Index> Graph::order() const {
  std::vector<Index> missing(nodes_);
  std::priority_queue<Index, std::vector<Index>, std::greater<>> ready;
  for (Index node = 0; node < nodes_; ++node) {
    missing[node] = static_cast<Index>(needs(node).size());
    if (missing[node] == 0) ready.push(node);
  }
  std::vector<Index> order;
  order.reserve(nodes_);
  while (!ready.empty()) {
    const Index node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const Index dependent : needed_by(node)) {
      if (--missing[dependent] == 0) ready.push(dependent);
    }
  }
  if (order.size() != nodes_) order.clear();
  return order;
}

std::vector<Graph::Index> Graph::cycle() const {
  // Depth first, without recursion: a graph of 100,000 nodes may be one long chain.
  enum class Mark : std::uint8_t { unseen, on_path, done };
  std::vector<Mark> marks(nodes_, Mark::unseen);
  struct Frame {
    Index node;
    std::size_t next;
  };
  std::vector<Frame> path;
  for (Index start = 0; start < nodes_; ++start) {
    if (marks[start] != Mark::unseen) continue;
    path.push_back({start, 0});
    marks[start] = Mark::on_path;
    while (!path.empty()) {
      Frame& frame = path.back();
      const auto targets = needs(frame.node);
      if (frame.next == targets.size()) {
        marks[frame.node] = Mark::done;
        path.pop_back();
        continue;
      }
      const Index target = targets[frame.next++];
      if (marks[target] == Mark::on_path) {
        std::vector<Index> cycle;
        const auto first = std::ranges::find(path, target, &Frame::node);
        for (auto step = first; step != path.end(); ++step)
          cycle.push_back(step->node);
        return cycle;
      }
      if (marks[target] == Mark::unseen) {
        marks[target] = Mark::on_path;
        path.push_back({target, 0});
      }
    }
  }
  return {};
}

}  // namespace firn
