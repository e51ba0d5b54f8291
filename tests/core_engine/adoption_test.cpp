// Taking what exists into the state.
#include <algorithm>
#include <gtest/gtest.h>

#include "tests/core_engine/fake_cloud.h"

namespace firn::testing_support {
namespace {

using Strings = std::vector<std::string>;

// An object that somebody made by hand.
void make_by_hand(Workbench& bench, const std::string& type, const std::string& name, Map inputs,
                  const std::string& owner = "") {
  bench.cloud.objects[type + " " + name] = {
      type, owner, std::move(inputs),
      Map{{"name", name}, {"arn", "arn:1234:" + name}, {"user", "user-of-" + name}, {"serial", 7}}};
}

Strings paths(const Step& step) {
  Strings paths;
  for (const Change& change : step.changes)
    paths.push_back(change.path);
  return paths;
}

// What the next plan does.
Strings next(Workbench& bench, const std::string& resources) {
  const auto planned = bench.plan(resources);
  return planned ? Workbench::actions(planned->plan) : Strings{bench.problems_text()};
}

constexpr const char* kRed = "  a: { type: fake.store, color: red }\n";

TEST(Import, TakesInWhatIsAsDeclared) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "lab-dev-a", Map{{"color", "red"}});
  const auto planned = bench.plan_import(kRed, {"a", ""});
  ASSERT_TRUE(planned) << bench.problems_text();
  ASSERT_EQ(planned->plan.steps.size(), 1U);
  const Step& step = planned->plan.steps.front();
  EXPECT_EQ(step.action, Action::adopt);
  EXPECT_EQ(step.name, "lab-dev-a");
  EXPECT_EQ(paths(step), Strings{});
  EXPECT_EQ(step.notes, Strings{"it is marked as lab/dev/a"});
  EXPECT_TRUE(bench.cloud.calls.empty()) << "a plan changes nothing";
  EXPECT_TRUE(bench.state().resources.empty());

  const std::int64_t serial = bench.state().serial;
  const ApplyOutcome outcome = bench.import(kRed, {"a", ""});
  EXPECT_TRUE(outcome.is_complete());
  EXPECT_EQ(outcome.adopted, 1U);
  EXPECT_EQ(bench.cloud.calls, Strings{"claim fake.store lab-dev-a"});
  EXPECT_EQ(bench.cloud.objects.at("fake.store lab-dev-a").owner, "a");
  EXPECT_EQ(bench.state().serial, serial + 1);
  EXPECT_TRUE(bench.state().open_intents.empty());
  const StoredResource& stored = *bench.state().find("a");
  EXPECT_EQ(stored.record.inputs, Value(Map{{"color", "red"}}));
  EXPECT_EQ(stored.record.outputs.at("serial"), Value(7));
  EXPECT_FALSE(stored.incomplete);
  EXPECT_EQ(next(bench, kRed), Strings{});
  EXPECT_TRUE(bench.destroy().is_complete());
  EXPECT_TRUE(bench.cloud.objects.empty());
}

TEST(Import, ShowsAndKeepsWhatDiffers) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "lab-dev-a",
               Map{{"color", "blue"}, {"labels", List{"y", "x"}}, {"password", "old"}});
  constexpr const char* kWanted =
      "  a: { type: fake.store, color: red, labels: [x, y], password: "
      "\"${secret('env:PASSWORD')}\" }\n";
  const auto planned = bench.plan_import(kWanted, {"a", ""});
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(paths(planned->plan.steps.front()), (Strings{"color", "password"}));
  EXPECT_FALSE(planned->plan.steps.front().changes[0].drift);
  ASSERT_TRUE(bench.import(kWanted, {"a", ""}).is_complete());
  // What was there is remembered, and a secret that nobody can read is not.
  const Value& inputs = bench.state().find("a")->record.inputs;
  EXPECT_EQ(inputs.at("color"), Value("blue"));
  EXPECT_TRUE(inputs.at("password").is_null());
  EXPECT_EQ(next(bench, kWanted), Strings{"update a"});
  EXPECT_TRUE(bench.apply(kWanted).is_complete());
  EXPECT_EQ(*bench.cloud.objects.at("fake.store lab-dev-a").inputs.find("color"), Value("red"));
  EXPECT_EQ(next(bench, kWanted), Strings{});
}

TEST(Import, LeavesAloneWhatTheAuthorDoesNotDeclare) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "lab-dev-a", Map{{"color", "red"}, {"labels", List{"x"}}});
  ASSERT_TRUE(bench.import("  a: { type: fake.store }\n", {"a", ""}).is_complete());
  EXPECT_EQ(bench.state().find("a")->record.inputs, Value(Map{}));
  EXPECT_EQ(next(bench, "  a: { type: fake.store }\n"), Strings{});
}

TEST(Import, AReplacementToComeIsToldWithWhatItLoses) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "lab-dev-a", Map{{"shape", "flat"}});
  constexpr const char* kRound = "  a: { type: fake.store, shape: round }\n";
  const auto planned = bench.plan_import(kRound, {"a", ""});
  ASSERT_TRUE(planned);
  const Step& step = planned->plan.steps.front();
  EXPECT_TRUE(step.changes.front().forces_replace);
  EXPECT_EQ(step.notes.back(), "that would lose: all that is stored");
  EXPECT_TRUE(planned->plan.losing_without_consent({}).empty()) << "importing loses nothing";
  ASSERT_TRUE(bench.import(kRound, {"a", ""}).is_complete());
  EXPECT_EQ(next(bench, kRound), Strings{"replace a"});
}

TEST(Import, AnObjectKeepsTheNameItHas) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "Legacy_A", Map{{"color", "red"}});
  ASSERT_TRUE(bench.import(kRed, {"a", "Legacy_A"}).is_complete());
  const StoredResource& stored = *bench.state().find("a");
  EXPECT_EQ(stored.record.name, "Legacy_A");
  EXPECT_EQ(stored.base_name, "lab-dev-a");
  EXPECT_EQ(next(bench, kRed), Strings{});
  // Others refer to it by that name.
  constexpr const char* kLinked =
      "  a: { type: fake.store, color: red }\n  r: { type: fake.role, may_read: [\"${a}\"] }\n";
  const auto planned = bench.plan(kLinked);
  ASSERT_TRUE(planned);
  EXPECT_EQ(bench.step(planned->plan, "r").after.at("may_read"), Value(List{"arn:1234:Legacy_A"}));
  // Declared by its name, it is the same object: nothing is made anew, and the state remembers.
  constexpr const char* kNamed = "  a: { type: fake.store, color: blue, name: legacy }\n";
  make_by_hand(bench, "fake.store", "legacy", Map{{"color", "blue"}});
  EXPECT_EQ(next(bench, kNamed), Strings{"replace a"}) << "another name is another object";
  EXPECT_TRUE(bench.destroy().is_complete());
  EXPECT_FALSE(bench.cloud.objects.contains("fake.store Legacy_A"));
}

TEST(Import, CallingItInTheStackAsItIsCalledChangesNothing) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "legacy", Map{{"color", "red"}});
  ASSERT_TRUE(bench.import(kRed, {"a", "legacy"}).is_complete());
  constexpr const char* kNamed = "  a: { type: fake.store, color: red, name: legacy }\n";
  EXPECT_EQ(next(bench, kNamed), Strings{});
  EXPECT_TRUE(bench.apply(kNamed).is_complete());
  EXPECT_EQ(bench.state().find("a")->base_name, "legacy");
  EXPECT_EQ(next(bench, kNamed), Strings{});
  EXPECT_EQ(next(bench, kRed), Strings{"replace a"}) << "now the convention's name is another one";
}

TEST(Import, OneThatWasReplacedBeforeHasAGenerationOfItsName) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "lab-dev-a-g3", Map{{"color", "red"}});
  ASSERT_TRUE(bench.import(kRed, {"a", "lab-dev-a-g3"}).is_complete());
  EXPECT_EQ(bench.state().find("a")->generation, 3);
  EXPECT_EQ(next(bench, kRed), Strings{});
}

TEST(Import, RemembersTheNeighboursThatTheStateKnows) {
  Workbench bench;
  constexpr const char* kFamily =
      "  top: { type: fake.store }\n  mid: { type: fake.store, parent: \"${top}\" }\n"
      "  low: { type: fake.store, parent: \"${mid}\" }\n";
  make_by_hand(bench, "fake.store", "lab-dev-top", Map{});
  make_by_hand(bench, "fake.store", "lab-dev-mid", Map{{"parent", "arn:1234:lab-dev-top"}});
  make_by_hand(bench, "fake.store", "lab-dev-low", Map{{"parent", "arn:1234:lab-dev-mid"}});
  for (const char* address : {"low", "top", "mid"})
    ASSERT_TRUE(bench.import(kFamily, {address, ""}).is_complete());
  EXPECT_EQ(bench.state().find("low")->dependencies, Strings{}) << "mid came later";
  EXPECT_EQ(bench.state().find("mid")->dependencies, Strings{"top"});
  EXPECT_EQ(next(bench, kFamily), Strings{});
  ASSERT_TRUE(bench.apply(kFamily).is_complete());
  EXPECT_EQ(bench.state().find("low")->dependencies, Strings{"mid"});
  EXPECT_TRUE(bench.destroy().is_complete());
  const Strings& calls = bench.cloud.calls;
  EXPECT_EQ(calls.back(), "remove fake.store lab-dev-top");
}

TEST(Import, AFailureLeavesNoTraceAndCanBeRepeated) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "lab-dev-a", Map{{"color", "red"}});
  Error error;
  error.kind = ErrorKind::denied;
  error.summary = "no right to tag it";
  error.may_have_been_applied = true;
  bench.cloud.failures["claim fake.store lab-dev-a"] = error;
  const ApplyOutcome outcome = bench.import(kRed, {"a", ""});
  ASSERT_EQ(outcome.failures.size(), 1U);
  EXPECT_EQ(outcome.failures.front().error.summary, "no right to tag it");
  EXPECT_EQ(outcome.adopted, 0U);
  EXPECT_TRUE(bench.state().resources.empty());
  EXPECT_TRUE(bench.state().open_intents.empty());
  EXPECT_TRUE(bench.import(kRed, {"a", ""}).is_complete());
  EXPECT_EQ(next(bench, kRed), Strings{});
}

TEST(Import, AnswersWhatAKilledRunHadBegun) {
  Workbench bench;
  make_by_hand(bench, "fake.store", "lab-dev-a", Map{{"color", "red"}}, "a");
  Intent intent;
  intent.address = "a";
  intent.type = "fake.store";
  intent.action = IntentAction::create;
  intent.name = "lab-dev-a";
  intent.base_name = "lab-dev-a";
  intent.idempotency_token = "token";
  intent.inputs = Map{};
  bench.store->begin_intent(std::move(intent));
  ASSERT_TRUE(bench.store->commit().has_value());
  ASSERT_EQ(bench.state().open_intents.size(), 1U);
  const auto planned = bench.plan_import(kRed, {"a", ""});
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(planned->plan.steps.front().notes, Strings{}) << "it carries our mark already";
  EXPECT_TRUE(bench.import(kRed, {"a", ""}).is_complete());
  EXPECT_TRUE(bench.state().open_intents.empty());
  EXPECT_EQ(next(bench, kRed), Strings{});
}

TEST(Import, RefusesWhatItCannotTakeIn) {
  struct Row {
    const char* what;
    AdoptionRequest request;
    const char* summary;
    const char* detail;
    const char* remedy;
  };
  constexpr const char* kStack =
      "  known: { type: fake.store }\n  orders: { type: fake.store }\n"
      "  theirs: { type: fake.store }\n  twin: { type: fake.store, name: lab-dev-known }\n"
      "  value: { type: fake.role, for_each: [x] }\n";
  Workbench bench;
  ASSERT_TRUE(bench.apply("  known: { type: fake.store }\n").is_complete());
  make_by_hand(bench, "fake.store", "lab-dev-theirs", Map{}, "lake");
  bench.cloud.calls.clear();
  for (const Row& row : {
           Row{"not declared",
               {"order", ""},
               "the stack declares no \"order\"",
               "What is imported must be declared: that says what it is and what it is to become.",
               "did you mean \"orders\"?"},
           Row{"recorded",
               {"known", ""},
               "\"known\" is in the state already",
               "It is fake.store lab-dev-known.",
               "`firn plan lab` shows what would change in it"},
           Row{"not there",
               {"orders", ""},
               "there is no fake.store lab-dev-orders",
               "It was looked for under the name that the stack gives it.",
               "if it has another name, say it: firn import lab orders NAME --env dev"},
           Row{"not there under that name",
               {"value[\"x\"]", "Bob"},
               "there is no fake.role Bob",
               "It was looked for as the command said.",
               "check what it is called, and that the credentials may see it"},
           Row{"an ARN",
               {"orders", "arn:aws:s3:::orders"},
               "\"arn:aws:s3:::orders\" is an ARN",
               "fake.store is found by its name.",
               "say the name that stands in it"},
           Row{"another stack's",
               {"theirs", ""},
               "fake.store lab-dev-theirs belongs to another stack",
               "Its ownership mark names lake of elsewhere/dev.",
               "take it out of that stack first: two must not manage one object"},
       }) {
    EXPECT_FALSE(bench.plan_import(kStack, row.request)) << row.what;
    ASSERT_EQ(bench.problems.items().size(), 1U) << row.what << bench.problems_text();
    const Diagnostic& problem = bench.problems.items().front();
    EXPECT_EQ(problem.summary, row.summary);
    EXPECT_EQ(problem.detail, row.detail);
    EXPECT_EQ(problem.remedy, row.remedy);
  }
  // One object, two addresses.
  bench.cloud.objects.at("fake.store lab-dev-known").owner = "";
  EXPECT_FALSE(bench.plan_import(kStack, {"twin", ""}));
  EXPECT_EQ(bench.problems.items().front().summary,
            "fake.store lab-dev-known is in the state already, as \"known\"");
  EXPECT_EQ(bench.cloud.calls, Strings{});
  EXPECT_EQ(bench.state().resources.size(), 1U);
}

}  // namespace
}  // namespace firn::testing_support
