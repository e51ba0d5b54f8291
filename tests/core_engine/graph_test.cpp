// The graph: order, cycles, long chains.
#include "core/graph/graph.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace firn {
namespace {

using Index = Graph::Index;

std::vector<Index> list(std::span<const Index> span) {
  return {span.begin(), span.end()};
}

TEST(Graph, OrdersDependenciesFirstAndTiesByIndex) {
  Graph graph(5);
  graph.add_edge(0, 3);
  graph.add_edge(0, 3);  // twice is once
  graph.add_edge(2, 0);
  graph.add_edge(1, 1);  // an edge to itself says nothing
  graph.freeze();
  EXPECT_EQ(graph.order(), (std::vector<Index>{1, 3, 0, 2, 4}));
  EXPECT_EQ(list(graph.needs(0)), std::vector<Index>{3});
  EXPECT_EQ(list(graph.needed_by(0)), std::vector<Index>{2});
  EXPECT_EQ(graph.edges(), 2U);
  EXPECT_TRUE(graph.cycle().empty());
}

TEST(Graph, NamesACycleAsAPath) {
  Graph graph(5);
  graph.add_edge(0, 1);
  graph.add_edge(1, 2);
  graph.add_edge(2, 3);
  graph.add_edge(3, 1);
  graph.freeze();
  EXPECT_TRUE(graph.order().empty());
  EXPECT_EQ(graph.cycle(), (std::vector<Index>{1, 2, 3}));
}

TEST(Graph, WalksAChainOfHundredThousand) {
  constexpr Index kLength = 100'000;
  Graph graph(kLength);
  for (Index i = 0; i + 1 < kLength; ++i)
    graph.add_edge(i, i + 1);
  graph.freeze();
  EXPECT_EQ(graph.order().front(), kLength - 1);
  EXPECT_TRUE(graph.cycle().empty());
}

TEST(Graph, EveryOrderRespectsEveryEdge) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto nodes = static_cast<Index>(2 + random() % 40);
    Graph graph(nodes);
    for (unsigned edge = 0; edge < nodes * 2; ++edge) {
      const Index a = static_cast<Index>(random() % nodes);
      const Index b = static_cast<Index>(random() % nodes);
      if (a != b) graph.add_edge(std::max(a, b), std::min(a, b));
    }
    graph.freeze();
    const auto order = graph.order();
    ASSERT_EQ(order.size(), nodes) << "seed " << seed;
    std::vector<Index> position(nodes);
    for (Index i = 0; i < nodes; ++i)
      position[order[i]] = i;
    for (Index node = 0; node < nodes; ++node) {
      for (const Index need : graph.needs(node)) {
        ASSERT_LT(position[need], position[node]) << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace firn
