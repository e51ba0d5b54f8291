// What may be missing: objects that `when` leaves out, and parameters that are null.
#include <gtest/gtest.h>

#include "tests/core_engine/fake_cloud.h"

namespace firn::testing_support {
namespace {

TEST(LeftOut, DefaultStandsInForAnObjectThatWhenLeavesOut) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  own: { type: fake.store, when: false }
  given: { type: fake.store }
  link: { type: fake.link, role: some-role, url: "s3://${default(own.name, given.name)}" }
)");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "link").after.at("url"), Value("s3://lab-dev-given"));
}

TEST(LeftOut, WithoutDefaultItIsAnError) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  own: { type: fake.store, when: false }
  link: { type: fake.link, role: some-role, url: "s3://${own.name}" }
)");
  EXPECT_FALSE(planned);
  EXPECT_NE(bench.problems_text().find("\"own\" is left out here by its when:"), std::string::npos)
      << bench.problems_text();
}

TEST(LeftOut, ADecidedChoiceRefersOnlyToWhatItTakes) {
  const std::string stack = R"(
  own: { type: fake.store, when: "${env.name == 'prod'}" }
  given: { type: fake.store }
  link: { type: fake.link, role: r, url: "${env.name == 'prod' ? own.name : given.name}" }
  plain: { type: fake.link, role: r, notes: { a: "${env.name == 'prod' ? own.arn : null}" } }
  pipe: { type: fake.pipe, through: "${link}", into: "${env.name == 'prod' ? own.arn : given.arn}" }
)";
  Workbench bench;
  const auto planned = bench.plan(stack);
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "link").after.at("url"), Value("lab-dev-given"));
  EXPECT_EQ(bench.step(planned->plan, "plain").after.at("notes"), Value(Map{}));
  EXPECT_EQ(bench.step(planned->plan, "pipe").dependencies,
            (std::vector<std::string>{"given", "link"}));
}

TEST(LeftOut, AChoiceThatDependsOnAnObjectRefersToBothBranches) {
  Workbench bench;
  const auto planned = bench.plan(R"(
  own: { type: fake.store, when: false }
  given: { type: fake.store }
  link: { type: fake.link, role: some-role, url: "${given.name == 'x' ? own.name : given.name}" }
)");
  EXPECT_FALSE(planned);
  EXPECT_NE(bench.problems_text().find("\"own\" is left out here by its when:"), std::string::npos)
      << bench.problems_text();
}

TEST(LeftOut, ANameThatIsNullFollowsTheConvention) {
  Workbench bench;
  const auto planned = bench.plan(
      "  plain: { type: fake.store, name: null }\n"
      "  other: { type: fake.store, name: \"${null}\" }\n");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "plain").name, "lab-dev-plain");
  EXPECT_EQ(bench.step(planned->plan, "other").name, "lab-dev-other");
}

TEST(LeftOut, AnEntryThatIsNullIsNotInTheMap) {
  Workbench bench;
  const auto planned = bench.plan(
      "  link: { type: fake.link, role: some-role, notes: { a: \"${null}\", b: null, c: x } }\n");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "link").after.at("notes"), Value(Map{{"c", Value("x")}}));
}

}  // namespace
}  // namespace firn::testing_support
