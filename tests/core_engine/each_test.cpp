// References between objects that for_each makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core_engine/fake_cloud.h"

namespace firn::testing_support {
namespace {

using testing::ElementsAre;

TEST(ForEach, ARoundReachesTheSameRoundOfAnother) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  stores: { type: fake.store, for_each: [a, b] }
  copies: { type: fake.store, for_each: [b, a], color: "${stores[each.key].serial}" }
)");
  ASSERT_TRUE(planned) << bench.problems_text();
  const Step& copy = bench.step(planned->plan, "copies[\"b\"]");
  EXPECT_EQ(copy.after.at("color").waits_for(), "stores[\"b\"].serial");
  EXPECT_THAT(copy.dependencies, ElementsAre("stores[\"b\"]"));
}

TEST(ForEach, APlaceInAListIsAKeyToo) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  stores: { type: fake.store, for_each: [1, 2] }
  copy: { type: fake.store, color: "${stores[2].name}" }
)");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "copy").after.at("color"), Value("lab-dev-stores-2"));
}

TEST(ForEach, AnUnknownKeyIsAnErrorThatNamesIt) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  stores: { type: fake.store, for_each: [a, b] }
  copies: { type: fake.store, for_each: [b, c], color: "${stores[each.key].serial}" }
)");
  EXPECT_FALSE(planned);
  EXPECT_NE(bench.problems_text().find("\"stores\" has no key \"c\""), std::string::npos)
      << bench.problems_text();
}

}  // namespace
}  // namespace firn::testing_support
