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

TEST(ForEach, AllOfThemOrSomeOfThemAreAList) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  stores: { type: fake.store, for_each: { b: blue, a: red }, color: "${each.value}" }
  none: { type: fake.store, for_each: [] }
  all: { type: fake.role, may_read: "${stores[*].arn}" }
  some: { type: fake.store, labels: '${stores[["b"]].serial}' }
  nobody: { type: fake.store, labels: "${none[*].serial}" }
)");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "all").after.at("may_read"),
            Value(List{Value("arn:1234:lab-dev-stores-a"), Value("arn:1234:lab-dev-stores-b")}));
  // A role may name a store before it is there, whichever way it is written.
  EXPECT_TRUE(bench.step(planned->plan, "all").dependencies.empty());
  EXPECT_THAT(bench.step(planned->plan, "some").dependencies, ElementsAre("stores[\"b\"]"));
  EXPECT_EQ(bench.step(planned->plan, "nobody").after.at("labels"), Value(List{}));
}

TEST(ForEach, MembersReferToEachOther) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  stores:
    type: fake.store
    for_each:
      last: { after: [middle, first] }
      middle: { after: [first] }
      first: {}
    labels: '${default(each.value.after, null) == null ? [] : stores[each.value.after].serial}'
)");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_TRUE(bench.step(planned->plan, "stores[\"first\"]").dependencies.empty());
  EXPECT_THAT(bench.step(planned->plan, "stores[\"middle\"]").dependencies,
              ElementsAre("stores[\"first\"]"));
  EXPECT_THAT(bench.step(planned->plan, "stores[\"last\"]").dependencies,
              ElementsAre("stores[\"first\"]", "stores[\"middle\"]"));
}

TEST(ForEach, AValueMayReferToObjects) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  blue: { type: fake.store }
  red: { type: fake.store }
  copies:
    type: fake.store
    for_each:
      a: { color: "like ${blue.serial}", parent: "${red}" }
      b: { color: plain, parent: null }
    color: ${each.value.color}
    parent: ${each.value.parent}
)");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_THAT(bench.step(planned->plan, "copies[\"a\"]").dependencies, ElementsAre("blue", "red"));
  EXPECT_EQ(bench.step(planned->plan, "copies[\"a\"]").after.at("parent"),
            Value("arn:1234:lab-dev-red"));
  EXPECT_TRUE(bench.step(planned->plan, "copies[\"b\"]").dependencies.empty());
  EXPECT_EQ(bench.step(planned->plan, "copies[\"b\"]").after.at("color"), Value("plain"));
}

struct Mistake {
  const char* resources;
  const char* told;
};

TEST(ForEach, MistakesInListsAreTold) {
  for (
      const Mistake& row : {
          Mistake{R"(  a: { type: fake.store, labels: "${b[*].arn}" }
  b: { type: fake.store })",
                  "\"b\" is not written with for_each"},
          Mistake{R"(  a: { type: fake.store, labels: '${b[["x", "z"]].arn}' }
  b: { type: fake.store, for_each: [x, y] })",
                  "\"b\" has no key \"z\""},
          Mistake{R"(  a: { type: fake.store, labels: '${split("x,y", ",")[*]}' })",
                  "[*] stands behind the name of what has a for_each"},
          Mistake{
              R"(  a: { type: fake.store, for_each: { x: { colour: red } }, color: "${each.value.color}" })",
              "there is no \"color\""},
          Mistake{R"(  b: { type: fake.store }
  a: { type: fake.store, for_each: { x: { color: "${b.serial}" } }, when: "${each.value.color == null}" })",
                  "for_each and when are decided before any resource is looked at"},
      }) {
    Workbench bench;
    EXPECT_FALSE(bench.plan(row.resources)) << row.resources;
    EXPECT_NE(bench.problems_text().find(row.told), std::string::npos) << bench.problems_text();
  }
}

}  // namespace
}  // namespace firn::testing_support
