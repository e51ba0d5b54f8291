// Who waits for whom although nobody wrote it, and what an update shows to whoever refers to it.
#include <algorithm>
#include <gtest/gtest.h>

#include "tests/core_engine/fake_cloud.h"

namespace firn::testing_support {
namespace {

using Strings = std::vector<std::string>;

std::size_t position(const Strings& calls, const std::string& call) {
  const auto found = std::ranges::find(calls, call);
  EXPECT_NE(found, calls.end()) << call;
  return static_cast<std::size_t>(found - calls.begin());
}

// The pipe and the grant do not know of each other; both know the table.
constexpr const char* kOpened = R"(
  a_pipe: { type: fake.pipe, through: "${link}", into: "${table}" }
  link: { type: fake.link, role: r }
  open_table: { type: fake.grant, on: "${table}" }
  open_other: { type: fake.grant, on: "${other}" }
  table: { type: fake.store }
  other: { type: fake.store }
)";

TEST(PermittedBy, WhoGoesThroughWaitsForEveryOpening) {
  Workbench bench;
  const auto planned = bench.plan(kOpened);
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "a_pipe").dependencies,
            (Strings{"link", "open_table", "table"}));
  ASSERT_TRUE(bench.apply(kOpened).is_complete());
  const Strings made = bench.cloud.calls;
  EXPECT_LT(position(made, "create fake.grant lab-dev-open-table"),
            position(made, "create fake.pipe lab-dev-a-pipe"));
  bench.cloud.calls.clear();
  ASSERT_TRUE(bench.destroy().is_complete());
  const Strings removed = bench.cloud.calls;
  EXPECT_LT(position(removed, "remove fake.pipe lab-dev-a-pipe"),
            position(removed, "remove fake.grant lab-dev-open-table"));
}

TEST(PermittedBy, AnOpeningThatNeedsTheOneWhoGoesThroughIsNotWaitedFor) {
  Workbench bench;
  const std::string stack = R"(
  pipe: { type: fake.pipe, through: "${link}", into: "${table}" }
  link: { type: fake.link, role: r }
  open: { type: fake.grant, on: "${table}", seen_by: "${pipe}" }
  table: { type: fake.store }
)";
  ASSERT_TRUE(bench.apply(stack).is_complete()) << bench.problems_text();
  EXPECT_EQ(bench.cloud.calls.back(), "create fake.grant lab-dev-open");
}

struct MoveCase {
  const char* what;
  const char* change;  // in place of "url: one"
  Strings actions;
};

class MovesWith : public testing::TestWithParam<MoveCase> {};

TEST_P(MovesWith, WhoeverRefersToTheOutputIsUpdatedInTheSameApply) {
  const auto stack = [](const std::string& link) {
    return "  link: { type: fake.link, role: r, " + link + " }\n" +
           "  copy: { type: fake.store, color: \"${link.revision}\" }\n";
  };
  Workbench bench;
  ASSERT_TRUE(bench.apply(stack("url: one")).is_complete());
  const auto planned = bench.plan(stack(GetParam().change));
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(Workbench::actions(planned->plan), GetParam().actions);
  ASSERT_TRUE(bench.apply(stack(GetParam().change)).is_complete());
  EXPECT_EQ(*bench.cloud.objects.at("fake.store lab-dev-copy").inputs.find("color"),
            *bench.cloud.objects.at("fake.link lab-dev-link").outputs.find("revision"));
  const auto again = bench.plan(stack(GetParam().change));
  ASSERT_TRUE(again);
  EXPECT_EQ(Workbench::actions(again->plan), Strings{});
}

INSTANTIATE_TEST_SUITE_P(
    Changes, MovesWith,
    testing::Values(MoveCase{"one_of_its_inputs", "url: two", {"update link", "update copy"}},
                    MoveCase{
                        "another_one", "url: one, notes: { x: y }", {"update link", "update copy"}},
                    MoveCase{"nothing_that_moves_it", "url: one, name: lab-dev-link", {}}),
    [](const auto& test) { return test.param.what; });

}  // namespace
}  // namespace firn::testing_support
