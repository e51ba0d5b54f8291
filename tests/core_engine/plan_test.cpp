// What the engine decides and does, on a cloud in memory.
#include <algorithm>
#include <array>
#include <gtest/gtest.h>

#include "tests/core_engine/fake_cloud.h"

namespace firn::testing_support {
namespace {

using Strings = std::vector<std::string>;

// The circle that is none: the link names the role before it exists, the role trusts the link's
// user.
constexpr const char* kRoad = R"(
  pipe: { type: fake.pipe, through: "${link}", into: "${table}" }
  role: { type: fake.role, trusts: "${link}", may_read: ["${lake}"] }
  link: { type: fake.link, role: "${role}", url: "s3://lake" }
  lake: { type: fake.store }
  table: { type: fake.store, color: red }
)";

std::size_t position(const Strings& calls, const std::string& call) {
  const auto found = std::ranges::find(calls, call);
  EXPECT_NE(found, calls.end()) << call;
  return static_cast<std::size_t>(found - calls.begin());
}

TEST(Plan, ShowsPredictableOutputsAndOnlyTheRestAsUnknown) {
  Workbench bench;
  const auto planned = bench.plan(kRoad);
  ASSERT_TRUE(planned) << bench.problems_text();
  const Step& link = bench.step(planned->plan, "link");
  EXPECT_EQ(link.after.at("role"), Value("arn:1234:lab-dev-role"));
  const Step& role = bench.step(planned->plan, "role");
  EXPECT_TRUE(role.after.at("trusts").is_unknown());
  EXPECT_EQ(role.after.at("trusts").waits_for(), "link.user");
  EXPECT_EQ(role.after.at("may_read"), Value(List{Value("arn:1234:lab-dev-lake")}));
}

TEST(Apply, WeakReferencesBreakTheCircleAndAreHandedOnToThePipe) {
  Workbench bench;
  const ApplyOutcome outcome = bench.apply(kRoad);
  EXPECT_TRUE(outcome.is_complete());
  EXPECT_EQ(outcome.created, 5U);
  const Strings& calls = bench.cloud.calls;
  EXPECT_LT(position(calls, "create fake.link lab-dev-link"),
            position(calls, "create fake.role lab-dev-role"));
  // The pipe names only link and table; creating it uses the role, and what the role may read.
  EXPECT_EQ(calls.back(), "create fake.pipe lab-dev-pipe");
  EXPECT_EQ(bench.cloud.objects.at("fake.role lab-dev-role").inputs.find("trusts")->as_string(),
            "user-of-lab-dev-link");
  const auto again = bench.plan(kRoad);
  ASSERT_TRUE(again);
  EXPECT_EQ(Workbench::actions(again->plan), Strings{});
  EXPECT_FALSE(again->plan.changes_anything());
}

TEST(Apply, LooksUpWhatIsKnownOnlyThenOnceItIsKnown) {
  constexpr const char* resources = R"(
  link: { type: fake.link, role: some-role }
  badge: { type: fake.badge, user: "${link}" }
  store: { type: fake.store, color: "${badge.badge}" }
)";
  Workbench bench;
  const auto planned = bench.plan(resources);
  ASSERT_TRUE(planned) << bench.problems_text();
  const Step& badge = bench.step(planned->plan, "badge");
  EXPECT_EQ(badge.action, Action::look_up);
  EXPECT_EQ(badge.after.at("user").waits_for(), "link.user");
  EXPECT_EQ(badge.dependencies, Strings{"link"});
  EXPECT_TRUE(bench.apply(resources).is_complete());
  EXPECT_EQ(bench.cloud.calls,
            (Strings{"create fake.link lab-dev-link", "look up fake.badge of user-of-lab-dev-link",
                     "create fake.store lab-dev-store"}));
  EXPECT_EQ(bench.cloud.objects.at("fake.store lab-dev-store").inputs.find("color")->as_string(),
            "badge of user-of-lab-dev-link");
  const auto again = bench.plan(resources);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->plan.changes_anything());
}

TEST(Apply, StartsEverythingThatNeedsNothingAtOnce) {
  Workbench bench;
  std::string resources;
  for (int i = 0; i < 20; ++i) {
    resources += "  s" + std::to_string(i) + ": { type: fake.store }\n";
  }
  const Instant begun = bench.clock.now();
  EXPECT_TRUE(bench.apply(resources).is_complete());
  EXPECT_EQ(bench.cloud.in_flight_max, 20U);
  EXPECT_EQ(bench.clock.now() - begun, bench.cloud.latency);  // virtual time: exactly one call long
}

// What is between the two stays as it is.
TEST(Apply, KeepsTheOrderOfWhatHangsTogetherOnlyThroughOthers) {
  Workbench bench;
  const auto with = [](const std::string& color, const std::string& notes) {
    return "  a: { type: fake.store, color: " + color +
           " }\n  b: { type: fake.role, depends_on: a }\n"
           "  c: { type: fake.store, color: " +
           notes + ", depends_on: b }";
  };
  bench.apply(with("red", "blue"));
  bench.cloud.calls.clear();
  EXPECT_TRUE(bench.apply(with("green", "yellow")).is_complete());
  EXPECT_EQ(bench.cloud.calls,
            (Strings{"update fake.store lab-dev-a", "update fake.store lab-dev-c"}));
  EXPECT_EQ(bench.cloud.in_flight_max, 1U);
}

TEST(Destroy, GoesBackAlongTheEdgesAndLeavesNothing) {
  Workbench bench;
  bench.apply(kRoad);
  bench.cloud.calls.clear();
  const ApplyOutcome outcome = bench.destroy();
  EXPECT_TRUE(outcome.is_complete());
  EXPECT_TRUE(bench.cloud.objects.empty());
  EXPECT_TRUE(bench.state().resources.empty());
  EXPECT_EQ(bench.cloud.calls.front(), "remove fake.pipe lab-dev-pipe");
  EXPECT_LT(position(bench.cloud.calls, "remove fake.role lab-dev-role"),
            position(bench.cloud.calls, "remove fake.link lab-dev-link"));
  bench.cloud.calls.clear();
  EXPECT_TRUE(bench.destroy().is_complete());
  EXPECT_EQ(bench.cloud.calls, Strings{});
}

struct EditCase {
  const char* what;
  const char* before;
  const char* after;
  Strings actions;
  Strings losses;
};

class Edit : public testing::TestWithParam<EditCase> {};

TEST_P(Edit, PlansWhatItShouldAndThenNothing) {
  Workbench bench;
  ASSERT_TRUE(bench.apply(GetParam().before).is_complete());
  const auto planned = bench.plan(GetParam().after);
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(Workbench::actions(planned->plan), GetParam().actions);
  Strings losses;
  for (const Step& step : planned->plan.steps) {
    for (const auto& loss : step.losses)
      losses.push_back(step.address + ": " + loss);
  }
  EXPECT_EQ(losses, GetParam().losses);
  EXPECT_TRUE(bench.apply(GetParam().after).is_complete());
  const auto again = bench.plan(GetParam().after);
  ASSERT_TRUE(again) << bench.problems_text();
  EXPECT_EQ(Workbench::actions(again->plan), Strings{});
}

INSTANTIATE_TEST_SUITE_P(
    Edits, Edit,
    testing::Values(
        EditCase{"in_place",
                 "  a: { type: fake.store, color: red }",
                 "  a: { type: fake.store, color: blue }",
                 {"update a"},
                 {}},
        EditCase{"cleared_goes_to_the_default",
                 "  a: { type: fake.store, color: red }",
                 "  a: { type: fake.store }",
                 {"update a"},
                 {}},
        EditCase{"order_that_means_nothing",
                 "  a: { type: fake.store, labels: [x, y] }",
                 "  a: { type: fake.store, labels: [y, x] }",
                 {},
                 {}},
        EditCase{"replaced_and_its_data_lost",
                 "  a: { type: fake.store, shape: round }",
                 "  a: { type: fake.store, shape: flat }",
                 {"replace a"},
                 {"a: all that is stored"}},
        EditCase{"removed",
                 "  a: { type: fake.store }\n  b: { type: fake.role }",
                 "  a: { type: fake.store }",
                 {"remove b"},
                 {}},
        EditCase{"renamed",
                 "  a: { type: fake.role }",
                 "  a: { type: fake.role, name: other }",
                 {"replace a"},
                 {}},
        EditCase{"container_replaced_takes_along",
                 "  a: { type: fake.store, shape: round }\n"
                 "  b: { type: fake.store, parent: \"${a}\" }",
                 "  a: { type: fake.store, shape: flat }\n"
                 "  b: { type: fake.store, parent: \"${a}\" }",
                 {"replace a", "replace b"},
                 {"a: all that is stored", "b: all that is stored"}},
        EditCase{"updated_after_its_target",
                 "  a: { type: fake.store, color: red }\n"
                 "  b: { type: fake.link, role: r, follows: \"${a}\" }\n"
                 "  c: { type: fake.link, role: r, url: \"${a.name}\" }",
                 "  a: { type: fake.store, color: blue }\n"
                 "  b: { type: fake.link, role: r, follows: \"${a}\" }\n"
                 "  c: { type: fake.link, role: r, url: \"${a.name}\" }",
                 {"update a", "update b"},
                 {}},
        EditCase{"broken_by_a_change_of_its_target",
                 "  l: { type: fake.link, role: r, url: one }\n"
                 "  p: { type: fake.pipe, through: \"${l}\" }",
                 "  l: { type: fake.link, role: r, url: two }\n"
                 "  p: { type: fake.pipe, through: \"${l}\" }",
                 {"update l", "replace p"},
                 {"p: its load history"}},
        EditCase{"secret_changed",
                 "  a: { type: fake.store, password: \"${secret('env:PASSWORD')}\" }",
                 "  a: { type: fake.store, password: \"${secret('env:OTHER')}\" }",
                 {"update a"},
                 {}},
        EditCase{"secret_same",
                 "  a: { type: fake.store, password: \"${secret('env:PASSWORD')}\" }",
                 "  a: { type: fake.store, password: \"${secret('env:PASSWORD')}\" }",
                 {},
                 {}},
        EditCase{"key_added",
                 "  a: { type: fake.role, for_each: [x] }",
                 "  a: { type: fake.role, for_each: [x, y] }",
                 {"create a[\"y\"]"},
                 {}},
        EditCase{
            "left_out_by_when",
            "  a: { type: fake.role }\n  b: { type: fake.role }",
            "  a: { type: fake.role }\n  b: { type: fake.role, when: \"${env.name == 'prod'}\" }",
            {"remove b"},
            {}}),
    [](const auto& test) { return test.param.what; });

TEST(Tombstones, ABurntNameIsSteppedOverUntilItsTimeIsUp) {
  Workbench bench;
  const std::string topic = "  t: { type: fake.topic }";
  bench.apply(topic);
  bench.destroy();
  ASSERT_EQ(bench.state().tombstones.size(), 1U);
  const auto soon = bench.plan(topic);
  ASSERT_TRUE(soon);
  EXPECT_EQ(bench.step(soon->plan, "t").name, "lab-dev-t-g2");
  EXPECT_EQ(bench.step(soon->plan, "t").notes.size(), 1U);
  bench.clock.advance_to(bench.clock.now() + std::chrono::hours(73));
  const auto later = bench.plan(topic);
  ASSERT_TRUE(later);
  EXPECT_EQ(bench.step(later->plan, "t").name, "lab-dev-t");
  EXPECT_TRUE(bench.step(later->plan, "t").notes.empty());
}

TEST(Tombstones, TheNameOfWhatSomebodyElseDeletedIsHeld) {
  const std::string topic = "  t: { type: fake.topic }";
  const std::string other = "  a: { type: fake.store }";
  for (const std::string& next : {topic, other}) {
    Workbench bench;
    bench.apply(topic);
    bench.clock.advance_to(bench.clock.now() + std::chrono::minutes(1));
    bench.cloud.objects.clear();
    bench.apply(next);
    ASSERT_EQ(bench.state().tombstones.size(), 1U);
    EXPECT_EQ(bench.state().tombstones[0].name, "lab-dev-t");
    EXPECT_EQ(bench.state().tombstones[0].place, "north");
    EXPECT_EQ(bench.state().tombstones[0].reason, "it may be subscribed");
    bench.apply(topic);
    EXPECT_EQ(bench.state().find("t")->record.name, "lab-dev-t-g2");
  }
}

TEST(Tombstones, ANameThatIsRestoredIsTakenAgainAndThePlanSaysSo) {
  Workbench bench;
  const std::string vault = "  v: { type: fake.vault }";
  bench.apply(vault);
  bench.destroy();
  ASSERT_EQ(bench.state().tombstones.size(), 1U);
  const auto soon = bench.plan(vault);
  ASSERT_TRUE(soon);
  EXPECT_EQ(bench.step(soon->plan, "v").name, "lab-dev-v");
  ASSERT_EQ(bench.step(soon->plan, "v").notes.size(), 1U);
  EXPECT_TRUE(bench.step(soon->plan, "v")
                  .notes[0]
                  .starts_with("brings back lab-dev-v, which was removed and would be gone on "))
      << bench.step(soon->plan, "v").notes[0];
  bench.apply(vault);
  EXPECT_TRUE(bench.state().tombstones.empty());
  bench.destroy();
  bench.clock.advance_to(bench.clock.now() + std::chrono::hours(73));
  const auto later = bench.plan(vault);
  ASSERT_TRUE(later);
  EXPECT_TRUE(bench.step(later->plan, "v").notes.empty());
}

TEST(Elsewhere, IsMadeAnewHereAndTheOldOneGoes) {
  Workbench bench;
  const std::string resources =
      "  t: { type: fake.topic }\n  s: { type: fake.store }\n  r: { type: fake.role }";
  bench.apply(resources);
  bench.cloud.left_behind["fake.topic"] = {"north", "south", true};
  bench.cloud.left_behind["fake.store"] = {"north", "south", false};
  const auto planned = bench.plan(resources);
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(Workbench::actions(planned->plan), (Strings{"replace t", "replace s"}));
  // Another place knows nothing of this name, so it need not step aside, nor be waited for.
  const Step& topic = bench.step(planned->plan, "t");
  EXPECT_EQ(topic.name, "lab-dev-t");
  EXPECT_TRUE(topic.create_first);
  EXPECT_EQ(topic.reasons, Strings{"it is in north, and the environment in south"});
  const Step& store = bench.step(planned->plan, "s");
  EXPECT_FALSE(store.create_first);
  EXPECT_FALSE(store.losses.empty());
}

TEST(Elsewhere, TakesANameThatIsFreeHere) {
  Workbench bench;
  const std::string resources = "  t: { type: fake.topic }";
  bench.apply(resources);
  bench.cloud.left_behind["fake.topic"] = {"south", "north", true};
  Tombstone burnt;
  burnt.type = "fake.topic";
  burnt.name = "lab-dev-t";
  burnt.until = bench.clock.now() + std::chrono::hours(72);
  burnt.place = "north";
  Intent earlier;
  earlier.address = "earlier";
  earlier.type = burnt.type;
  earlier.name = burnt.name;
  earlier.action = IntentAction::remove;
  const auto id = bench.store->begin_intent(earlier);
  bench.store->finish_remove(id, earlier.address, {burnt});
  ASSERT_TRUE(bench.store->commit());
  const auto planned = bench.plan(resources);
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "t").name, "lab-dev-t-g2");
}

// A second cloud, in which there are quays.
class Harbour final : public Provider {
 public:
  Whereabouts place{"sky", "south"};

  [[nodiscard]] std::string_view name() const override { return "harbour"; }
  [[nodiscard]] std::span<const ResourceType* const> types() const override {
    static constexpr ResourceType quay{.name = "harbour.quay"};
    static constexpr std::array<const ResourceType*, 1> all{&quay};
    return all;
  }
  [[nodiscard]] Placement placement() const override { return {}; }
  [[nodiscard]] Whereabouts whereabouts() const override { return place; }
  Task<Status> connect() override { co_return Ok{}; }
  Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord> records) override {
    co_return std::vector<Result<Observation>>(records.size(), Observation{});
  }
  Task<Result<Map>> look_up(std::string_view, Value) override { co_return Map{}; }
  Task<Result<Applied>> create(Operation&) override { co_return Applied{}; }
  Task<Result<Applied>> update(Operation&) override { co_return Applied{}; }
  Task<Result<Removed>> remove(Operation&) override { co_return Removed{}; }
  Task<Result<Observation>> find_after_crash(Operation&) override { co_return Observation{}; }
};

TEST(Distance, IsSaidOnceByWhatItMattersTo) {
  struct Row {
    const char* resources;
    Whereabouts here;
    Whereabouts there;
    const char* said;  // nothing where it is empty
  };
  constexpr const char* both =
      "  a: { type: fake.link, role: r }\n  b: { type: fake.link, role: r }\n"
      "  q: { type: harbour.quay }";
  for (const Row& row : {
           Row{both,
               {"sky", "north"},
               {"sky", "south"},
               "two regions: harbour in south, fake in north"},
           Row{both,
               {"sky", "north"},
               {"sea", "north"},
               "two regions: harbour in north of sea, fake in north of sky"},
           Row{both, {"sky", "north"}, {"sky", "north"}, ""},
           Row{both, {"sky", "north"}, {}, ""},
           Row{both, {}, {"sky", "south"}, ""},
           Row{"  a: { type: fake.link, role: r }", {"sky", "north"}, {"sky", "south"}, ""},
           Row{"  a: { type: fake.store }\n  q: { type: harbour.quay }",
               {"sky", "north"},
               {"sky", "south"},
               ""},
       }) {
    Workbench bench;
    Harbour harbour;
    bench.providers.add(harbour);
    bench.cloud.place = row.here;
    harbour.place = row.there;
    const auto planned = bench.plan(row.resources);
    ASSERT_TRUE(planned) << bench.problems_text();
    Strings said;
    for (const Diagnostic& warning : planned->plan.warnings) {
      said.push_back(warning.summary);
      EXPECT_EQ(warning.severity, Severity::warning);
      EXPECT_EQ(warning.detail, "Links are slow over a distance.");
      EXPECT_EQ(warning.address, "a");
    }
    EXPECT_EQ(said, std::string_view(row.said).empty() ? Strings{} : Strings{row.said})
        << row.resources;
  }
}

TEST(Own, NameMayStandInAnObjectsOwnInputs) {
  Workbench bench;
  const auto planned = bench.plan(
      "  a: { type: fake.store, color: \"${a[each.key].name} blue\", for_each: [x] }\n"
      "  b: { type: fake.store, color: \"${b.name} blue\" }");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "b").after.at("color"), Value("lab-dev-b blue"));
}

TEST(Called, StandsInTheConventionalNameInPlaceOfTheAddress) {
  Workbench bench;
  const auto planned = bench.plan(
      "  a: { type: fake.store, called: main store }\n"
      "  b: { type: fake.store, for_each: [x, y], called: \"store-${each.key}\" }\n"
      "  c: { type: fake.store, called: null }\n"
      "  d: { type: fake.store, called: \"${a.name} copy\" }");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "a").name, "lab-dev-main-store");
  EXPECT_EQ(bench.step(planned->plan, "b[\"x\"]").name, "lab-dev-store-x");
  EXPECT_EQ(bench.step(planned->plan, "c").name, "lab-dev-c");
  EXPECT_EQ(bench.step(planned->plan, "d").name, "lab-dev-lab-dev-main-store-copy");
}

TEST(Drift, IsSeenAndMendedAndVanishedObjectsAreMadeAgain) {
  Workbench bench;
  const std::string resources = "  a: { type: fake.store, color: red }\n  b: { type: fake.role }";
  bench.apply(resources);
  bench.cloud.objects.at("fake.store lab-dev-a").inputs.set("color", Value("green"));
  bench.cloud.objects.erase("fake.role lab-dev-b");
  const auto planned = bench.plan(resources);
  ASSERT_TRUE(planned);
  EXPECT_EQ(Workbench::actions(planned->plan), (Strings{"update a", "create b"}));
  const Step& step = bench.step(planned->plan, "a");
  ASSERT_EQ(step.changes.size(), 1U);
  EXPECT_TRUE(step.changes[0].drift);
  EXPECT_EQ(step.changes[0].before, Value("green"));
  EXPECT_EQ(step.reasons, Strings{"color was changed outside firn"});
  EXPECT_TRUE(bench.apply(resources).is_complete());
  EXPECT_EQ(bench.cloud.objects.at("fake.store lab-dev-a").inputs.find("color")->as_string(),
            "red");
}

TEST(Drift, WhatWasMadeAMomentAgoIsLookedForAgainBeforeItCountsAsGone) {
  Workbench bench;
  const std::string resources = "  a: { type: fake.store }";
  bench.apply(resources);
  bench.cloud.shown_after = std::chrono::seconds(5);
  auto planned = bench.plan(resources);
  ASSERT_TRUE(planned);
  EXPECT_FALSE(planned->plan.changes_anything());
  bench.cloud.objects.clear();
  planned = bench.plan(resources);
  ASSERT_TRUE(planned);
  EXPECT_EQ(Workbench::actions(planned->plan), Strings{"create a"});
  const Instant before = bench.clock.now();
  ASSERT_TRUE(bench.plan(resources));
  EXPECT_EQ(bench.clock.now(), before) << "what is gone for long is not waited for";
}

TEST(Drift, WhatIsMadeAnewTakesAlongWhatStoodOnIt) {
  Workbench bench;
  const std::string resources =
      "  a: { type: fake.store }\n  b: { type: fake.store, parent: \"${a}\" }";
  bench.apply(resources);
  bench.cloud.objects.erase("fake.store lab-dev-a");
  const auto planned = bench.plan(resources);
  ASSERT_TRUE(planned);
  EXPECT_EQ(Workbench::actions(planned->plan), (Strings{"create a", "replace b"}));
  const Step& step = bench.step(planned->plan, "b");
  EXPECT_EQ(step.reasons, Strings{"a is made anew, and takes it along"});
  EXPECT_EQ(step.losses, Strings{"all that is stored"});
}

// A run that dies between the two leaves nobody who only seems to stand on the new one.
TEST(Drift, WhatIsTakenAlongGoesBeforeTheOtherIsMadeAnew) {
  Workbench bench;
  const std::string resources =
      "  a: { type: fake.store }\n  b: { type: fake.store, parent: \"${a}\" }";
  bench.apply(resources);
  bench.cloud.objects.erase("fake.store lab-dev-a");
  bench.cloud.calls.clear();
  EXPECT_TRUE(bench.apply(resources).is_complete());
  EXPECT_EQ(bench.cloud.calls,
            (Strings{"remove fake.store lab-dev-b", "create fake.store lab-dev-a",
                     "create fake.store lab-dev-b"}));
}

// The cloud shows the same text before and after.
TEST(Drift, WhatMustBeLinkedAgainIsNotForgottenWhenTheRunFails) {
  Workbench bench;
  const std::string before =
      "  a: { type: fake.store, shape: round }\n  r: { type: fake.role, reads: \"${a}\" }";
  const std::string after =
      "  a: { type: fake.store, shape: flat }\n  r: { type: fake.role, reads: \"${a}\" }";
  bench.apply(before);
  bench.cloud.failures["update fake.role lab-dev-r"] = Error{};
  EXPECT_FALSE(bench.apply(after).is_complete());
  auto planned = bench.plan(after);
  ASSERT_TRUE(planned);
  EXPECT_EQ(Workbench::actions(planned->plan), Strings{"update r"});

  // Neither when it fails before that.
  EXPECT_TRUE(bench.apply(after).is_complete());
  bench.cloud.failures["create fake.store lab-dev-a"] = Error{};
  EXPECT_FALSE(bench.apply(before).is_complete());
  bench.cloud.calls.clear();
  EXPECT_TRUE(bench.apply(before).is_complete());
  EXPECT_EQ(bench.cloud.calls,
            (Strings{"create fake.store lab-dev-a", "update fake.role lab-dev-r"}));
  planned = bench.plan(before);
  ASSERT_TRUE(planned);
  EXPECT_EQ(Workbench::actions(planned->plan), Strings{});
}

TEST(Drift, WhatWasLinkedAgainIsDone) {
  Workbench bench;
  const auto with = [](const std::string& fifo, const std::string& shape) {
    return "  t: { type: fake.topic, fifo: " + fifo +
           " }\n  s: { type: fake.store, shape: " + shape +
           " }\n  r: { type: fake.role, reads: \"${t.arn} ${s.arn}\" }";
  };
  bench.apply(with("false", "round"));
  EXPECT_TRUE(bench.apply(with("true", "flat")).is_complete());
  EXPECT_EQ(bench.cloud.unfinished, Strings{}) << "it was whole when the run began";
  const auto planned = bench.plan(with("true", "flat"));
  ASSERT_TRUE(planned);
  EXPECT_EQ(Workbench::actions(planned->plan), Strings{});
}

TEST(Drift, WhatTheAuthorNeverSetIsNotManaged) {
  Workbench bench;
  bench.apply("  a: { type: fake.store }");
  bench.cloud.objects.at("fake.store lab-dev-a").inputs.set("color", Value("green"));
  const auto planned = bench.plan("  a: { type: fake.store }");
  ASSERT_TRUE(planned);
  EXPECT_EQ(Workbench::actions(planned->plan), Strings{});
}

TEST(Ownership, AnObjectThatIsNotOursIsRefused) {
  Workbench bench;
  bench.apply("  a: { type: fake.store }");
  bench.cloud.objects.at("fake.store lab-dev-a").owner = "somebody";
  EXPECT_FALSE(bench.plan("  a: { type: fake.store, color: red }"));
  ASSERT_EQ(bench.problems.items().size(), 1U);
  EXPECT_EQ(bench.problems.items()[0].summary, "fake.store lab-dev-a exists, but is not ours");
}

TEST(Failure, StopsWhatDependsOnItAndNothingElse) {
  Workbench bench;
  Error error;
  error.kind = ErrorKind::denied;
  error.summary = "no";
  bench.cloud.failures["create fake.link lab-dev-link"] = error;
  const ApplyOutcome outcome = bench.apply(kRoad);
  EXPECT_FALSE(outcome.is_complete());
  ASSERT_EQ(outcome.failures.size(), 1U);
  EXPECT_EQ(outcome.failures[0].address, "link");
  EXPECT_EQ(outcome.created, 2U);  // lake and table
  ASSERT_EQ(outcome.not_started.size(), 2U);
  EXPECT_EQ(outcome.not_started[0].because, "link");
  EXPECT_TRUE(bench.state().open_intents.empty());
  EXPECT_TRUE(bench.apply(kRoad).is_complete());  // and the next run goes on from there
}

TEST(Failure, WhatAHalfUpdateWasTheFirstToSetIsCleared) {
  Workbench bench;
  const std::string plain = "  a: { type: fake.store }";
  bench.apply(plain);
  Error error;
  error.kind = ErrorKind::unavailable;
  error.summary = "the line went dead";
  error.may_have_been_applied = true;
  bench.cloud.failures["update fake.store lab-dev-a"] = error;
  bench.apply("  a: { type: fake.store, password: \"${secret('env:PASSWORD')}\" }");
  // It shows in no way whether the password is set now.
  const auto planned = bench.plan(plain);
  ASSERT_TRUE(planned) << bench.problems_text();
  const Step& step = bench.step(planned->plan, "a");
  EXPECT_EQ(step.action, Action::update);
  EXPECT_EQ(step.changed, Strings{"password"});
  EXPECT_TRUE(bench.apply(plain).is_complete());
  EXPECT_FALSE(bench.plan(plain)->plan.changes_anything());
}

TEST(Failure, WhatDependsOnWhatIsNotMadeYetIsNotedAfterIt) {
  Workbench bench;
  bench.apply("  a: { type: fake.store }");
  Error error;
  error.kind = ErrorKind::denied;
  error.summary = "not allowed";
  bench.cloud.failures["create fake.role lab-dev-b"] = error;
  const std::string both = "  a: { type: fake.store, depends_on: [b] }\n  b: { type: fake.role }";
  bench.apply(both);  // the rules of the state are checked by it
  EXPECT_TRUE(bench.state().find("a")->dependencies.empty());
  bench.apply(both);
  EXPECT_EQ(bench.state().find("a")->dependencies, Strings{"b"});
}

TEST(Failure, AnAmbiguousOneLeavesItsIntentOpen) {
  Workbench bench;
  Error error;
  error.kind = ErrorKind::unavailable;
  error.summary = "the line went dead";
  error.may_have_been_applied = true;
  bench.cloud.failures["create fake.store lab-dev-a"] = error;
  bench.apply("  a: { type: fake.store }");
  ASSERT_EQ(bench.state().open_intents.size(), 1U);
  EXPECT_EQ(bench.state().open_intents[0].name, "lab-dev-a");
  EXPECT_FALSE(bench.state().open_intents[0].idempotency_token.empty());
}

TEST(Protect, HoldsEvenWhenTheBlockIsGone) {
  Workbench bench;
  bench.apply("  a: { type: fake.store, protect: true }\n  b: { type: fake.role }");
  EXPECT_FALSE(bench.plan("  b: { type: fake.role }"));
  EXPECT_EQ(bench.problems.items()[0].summary, "\"a\" is protected and would be removed");
  EXPECT_FALSE(bench.plan(
      "  a: { type: fake.store, protect: true, shape: flat }\n  b: { type: fake.role }"));
  EXPECT_EQ(bench.problems.items()[0].summary, "\"a\" is protected and would be replaced");
  EXPECT_TRUE(bench.apply("  a: { type: fake.store, protect: false }\n  b: { type: fake.role }")
                  .is_complete());
  EXPECT_TRUE(bench.apply("  b: { type: fake.role }").is_complete());
}

TEST(Secrets, AreNowhereInTheState) {
  Workbench bench;
  bench.apply("  a: { type: fake.store, password: \"${secret('env:PASSWORD')}\" }");
  EXPECT_EQ(bench.cloud.objects.at("fake.store lab-dev-a").inputs.find("password")->as_string(),
            "hunter2");
  const Value& kept = bench.state().find("a")->record.inputs.at("password");
  EXPECT_TRUE(kept.is_secret());
  EXPECT_TRUE(kept.reveal().is_null());
}

TEST(Secrets, OfAWrongKindAreRefusedAndNotShown) {
  Workbench bench;
  EXPECT_FALSE(bench.plan("  t: { type: fake.topic, fifo: \"${secret('env:PASSWORD')}\" }"));
  EXPECT_NE(bench.problems_text().find("\"fifo\" takes"), std::string::npos)
      << bench.problems_text();
  EXPECT_EQ(bench.problems_text().find("hunter2"), std::string::npos) << bench.problems_text();
}

TEST(Secrets, AreInNoErrorEvenWhenTheCloudRepeatsThem) {
  Workbench bench;
  Error error;
  error.kind = ErrorKind::invalid_input;
  error.summary = "the cloud refused";
  error.detail = "Value 'hunter2' at 'password' failed to satisfy constraint";
  error.remedy = "do not write hunter2";
  bench.cloud.failures["create fake.store lab-dev-a"] = error;
  const ApplyOutcome outcome =
      bench.apply("  a: { type: fake.store, password: \"${secret('env:PASSWORD')}\" }");
  ASSERT_EQ(outcome.failures.size(), 1U);
  EXPECT_EQ(outcome.failures[0].error.detail,
            "Value '(secret)' at 'password' failed to satisfy constraint");
  EXPECT_EQ(outcome.failures[0].error.remedy, "do not write (secret)");
}

TEST(Only, TakesWhatIsNamedAndWhatItNeeds) {
  Workbench bench;
  PlanOptions options;
  options.only = {"link"};
  const auto planned = bench.plan(kRoad, options);
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(Workbench::actions(planned->plan), Strings{"create link"});
  options.only = {"lonk"};
  EXPECT_FALSE(bench.plan(kRoad, options));
  EXPECT_EQ(bench.problems.items()[0].remedy, "did you mean \"link\"?");
}

TEST(Interrupt, NothingNewStartsAndTheStateIsTrue) {
  Workbench bench;
  std::atomic<bool> stop{false};
  struct StopAtFirst final : ApplyObserver {
    std::atomic<bool>* stop = nullptr;
    void planned(std::size_t) override {}
    void begun(const Step&, OperationKind) override {}
    void progress(const Step&, std::string_view) override {}
    void finished(const Step&, OperationKind, Duration) override { *stop = true; }
    void failed(const Step&, OperationKind, const Error&) override {}
  } observer;
  observer.stop = &stop;
  ApplyOptions options;
  options.observer = &observer;
  options.stop = &stop;
  const ApplyOutcome outcome = bench.apply(kRoad, options);
  EXPECT_TRUE(outcome.interrupted);
  EXPECT_EQ(bench.state().resources.size(), outcome.created);
  EXPECT_EQ(bench.cloud.objects.size(), outcome.created);
  EXPECT_GT(outcome.not_started.size(), 0U);
  EXPECT_TRUE(bench.state().open_intents.empty());
  EXPECT_TRUE(bench.apply(kRoad).is_complete());
}

struct BadCase {
  const char* what;
  const char* resources;
  const char* summary;
  const char* remedy;
};

class BadStack : public testing::TestWithParam<BadCase> {};

TEST_P(BadStack, IsRefusedWithTheMend) {
  Workbench bench;
  EXPECT_FALSE(bench.plan(GetParam().resources));
  ASSERT_FALSE(bench.problems.items().empty());
  EXPECT_EQ(bench.problems.items()[0].summary, GetParam().summary);
  EXPECT_EQ(bench.problems.items()[0].remedy, GetParam().remedy);
  EXPECT_TRUE(bench.cloud.calls.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Bad, BadStack,
    testing::Values(
        BadCase{"unknown_type", "  a: { type: fake.stor }", "unknown resource type \"fake.stor\"",
                "did you mean \"fake.store\"?"},
        BadCase{"unknown_reference",
                "  lake: { type: fake.store }\n  b: { type: fake.store, color: \"${lakes.arn}\" }",
                "unknown reference \"lakes\"", "did you mean \"lake\"?"},
        BadCase{"unknown_output",
                "  a: { type: fake.store }\n  b: { type: fake.store, color: \"${a.arm}\" }",
                "fake.store has no attribute \"arm\"", "did you mean \"arn\"?"},
        BadCase{"true_cycle",
                "  a: { type: fake.store, color: \"${b.arn}\" }\n"
                "  b: { type: fake.store, color: \"${a.arn}\" }",
                "2 objects need each other",
                "remove one of these references, or write the value out where the cloud does not "
                "check it"},
        BadCase{"one_name_for_two",
                "  a: { type: fake.store, name: same }\n  b: { type: fake.store, name: same }",
                "\"a\" and \"b\" would both be named same", "give one of them a name: of its own"},
        BadCase{"names_in_a_circle",
                "  a: { type: fake.store, name: \"${b.name}\" }\n"
                "  b: { type: fake.store, name: \"${a.name}\" }",
                "the name of \"a\" depends on itself",
                "give one of the names in the circle a text of its own"},
        BadCase{"name_and_called", "  a: { type: fake.store, name: one, called: two }",
                "name and called are both given", "remove one of them"},
        BadCase{"called_a_list", "  a: { type: fake.store, called: [two] }",
                "a name must be a text", "put it in quotes"},
        BadCase{"whole_object",
                "  a: { type: fake.store }\n  b: { type: fake.store, color: \"${a}\" }",
                "${a} is a whole object", "say which: ${a.name} or .arn, .serial"},
        BadCase{"neither_type_nor_component", "  a: { color: red }",
                "resource \"a\" needs either a type or a component",
                "add a line like type: aws.s3_bucket"},
        BadCase{"depends_on_nothing",
                "  a: { type: fake.store, depends_on: [lakes] }\n  lake: { type: fake.role }",
                "depends_on: there is no resource \"lakes\"", "did you mean \"lake\"?"}),
    [](const auto& test) { return test.param.what; });

}  // namespace
}  // namespace firn::testing_support
