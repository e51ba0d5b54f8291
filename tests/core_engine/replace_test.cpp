// How objects are replaced: which half comes first, and who goes with it.
#include <gtest/gtest.h>

#include "tests/core_engine/fake_cloud.h"

namespace firn::testing_support {
namespace {

using Strings = std::vector<std::string>;

TEST(Replace, TheNewOneComesFirstWhenTheNameChanges) {
  Workbench bench;
  bench.apply(
      "  t: { type: fake.topic, name: one }\n  r: { type: fake.role, may_read: [\"${t.arn}\"], "
      "depends_on: [t] }");
  bench.cloud.calls.clear();
  const ApplyOutcome outcome = bench.apply(
      "  t: { type: fake.topic, name: two }\n  r: { type: fake.role, may_read: [\"${t.arn}\"], "
      "depends_on: [t] }");
  EXPECT_TRUE(outcome.is_complete());
  EXPECT_EQ(bench.cloud.calls, (Strings{"create fake.topic two", "update fake.role lab-dev-r",
                                        "remove fake.topic one"}));
  ASSERT_EQ(outcome.tombstones.size(), 1U);
  EXPECT_EQ(outcome.tombstones[0].name, "one");
}

TEST(Replace, TheOldOneGoesWhenWhoeverNeededItHasLetGo) {
  Workbench bench;
  bench.apply(
      "  a: { type: fake.store, shape: round }\n  b: { type: fake.store, color: \"${a.arn}\" }");
  bench.cloud.calls.clear();
  const ApplyOutcome outcome =
      bench.apply("  a: { type: fake.store, shape: flat }\n  b: { type: fake.store, color: red }");
  EXPECT_TRUE(outcome.is_complete());
  EXPECT_EQ(bench.cloud.calls,
            (Strings{"update fake.store lab-dev-b", "remove fake.store lab-dev-a",
                     "create fake.store lab-dev-a"}));
}

TEST(Replace, WhatAnObjectOfAnotherTypeShowedIsForgotten) {
  Workbench bench;
  bench.apply("  a: { type: fake.store }");
  const auto planned = bench.plan(
      "  a: { type: fake.link, role: x }\n  b: { type: fake.badge, user: \"${a.user}\" }");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(Workbench::actions(planned->plan), (Strings{"replace a", "look up b"}));
}

// The address of something without a name changes: made first, it would be what is removed then.
TEST(Replace, WhatIsOneToTheCloudIsRemovedBeforeItIsMadeAgain) {
  Workbench bench;
  bench.apply("  a: { type: fake.store }\n  g: { type: fake.rule, on: \"${a.arn}\" }");
  EXPECT_TRUE(bench.apply("  a: { type: fake.store }\n  h: { type: fake.rule, on: \"${a.arn}\" }")
                  .is_complete());
  const Strings& calls = bench.cloud.calls;
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls[2], "remove fake.rule arn:1234:lab-dev-a");
  EXPECT_EQ(calls[3], "create fake.rule arn:1234:lab-dev-a");
}

TEST(Replace, ANameThatBurnsIsReplacedByItsNextGeneration) {
  Workbench bench;
  const std::string other = "\n  r: { type: fake.role, may_read: [\"${t.arn}\"] }";
  bench.apply("  t: { type: fake.topic }" + other);
  const auto planned = bench.plan("  t: { type: fake.topic, fifo: true }" + other);
  ASSERT_TRUE(planned) << bench.problems_text();
  const Step& step = bench.step(planned->plan, "t");
  EXPECT_EQ(step.name, "lab-dev-t-g2");
  EXPECT_TRUE(step.create_first);
  ASSERT_EQ(step.notes.size(), 1U);
  EXPECT_EQ(step.notes[0],
            "takes the name lab-dev-t-g2, because lab-dev-t cannot be used again at once");
  // The role refers to the topic weakly, so it may be planned before it: it must see the new name.
  EXPECT_EQ(bench.step(planned->plan, "r").after.at("may_read"),
            Value(List{Value("arn:1234:lab-dev-t-g2")}));
}

TEST(Replace, WhatAChangeOfItsTargetStopsGoesBeforeThatChange) {
  Workbench bench;
  const std::string pipe = "\n  p: { type: fake.pipe, through: \"${l}\" }";
  bench.apply("  l: { type: fake.link, role: r, url: one }" + pipe);
  bench.cloud.calls.clear();
  const ApplyOutcome outcome = bench.apply("  l: { type: fake.link, role: r, url: two }" + pipe);
  EXPECT_TRUE(outcome.is_complete());
  EXPECT_EQ(bench.cloud.calls, (Strings{"remove fake.pipe lab-dev-p", "update fake.link lab-dev-l",
                                        "create fake.pipe lab-dev-p"}));
}

// Who turns from the one to the other would wait for the change, and the removal for him.
TEST(Replace, WhatIsStoppedStaysAsLongAsSomebodyTurnsFromItToItsTarget) {
  Workbench bench;
  const std::string pipe = "\n  p: { type: fake.pipe, through: \"${l}\" }";
  bench.apply("  l: { type: fake.link, role: r, url: one }" + pipe +
              "\n  s: { type: fake.store, depends_on: [p] }");
  bench.cloud.calls.clear();
  const ApplyOutcome outcome =
      bench.apply("  l: { type: fake.link, role: r, url: two }" + pipe +
                  "\n  s: { type: fake.store, color: red, depends_on: [l] }");
  EXPECT_TRUE(outcome.is_complete());
  EXPECT_EQ(bench.cloud.calls,
            (Strings{"update fake.link lab-dev-l", "update fake.store lab-dev-s",
                     "remove fake.pipe lab-dev-p", "create fake.pipe lab-dev-p"}));
}

}  // namespace
}  // namespace firn::testing_support
