// Graph: who must exist before whom, as indices and nothing else.
//
// Compact adjacency in two arrays per direction. Build it with add_edge(), then freeze() once; the
// readers below need a frozen graph. It knows nothing of resources: callers keep index → meaning.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace firn {

class Graph {
 public:
  using Index = std::uint32_t;

  explicit Graph(std::size_t nodes) : nodes_(nodes) {}

  // `from` needs `to`: `to` comes first. Repeated edges count once; an edge to itself is ignored.
  void add_edge(Index from, Index to);
  void freeze();

  [[nodiscard]] std::size_t size() const { return nodes_; }
  [[nodiscard]] std::size_t edges() const { return edges_.size(); }
  [[nodiscard]] std::span<const Index> needs(Index node) const;      // ascending
  [[nodiscard]] std::span<const Index> needed_by(Index node) const;  // ascending

  // Every node after all that it needs; of those that may come, the lowest index first. Empty when
  // there is a cycle (and the graph has nodes).
  [[nodiscard]] std::vector<Index> order() const;
  // One cycle as a path a → b → … (the first node needs the second; the last needs the first).
  // Empty when there is none.
  [[nodiscard]] std::vector<Index> cycle() const;

 private:
  std::size_t nodes_;
  std::vector<std::pair<Index, Index>> edges_;
  std::vector<Index> needs_begin_;
  std::vector<Index> needs_;
  std::vector<Index> needed_by_begin_;
  std::vector<Index> needed_by_;
};

}  // namespace firn
