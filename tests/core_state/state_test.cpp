#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/state/invariants.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

struct BrokenState {
  std::string name;
  void (*damage)(State&);
  std::string sentence;  // the one that check_invariants must say
};

State sound_state() {
  State state;
  state.stack = "shop";
  state.environment = "dev";
  state.lineage = "6d3e1c52-0c5b-4f0e-9f0a-0d6c3a3f7b11";
  state.secret_key = std::string(32, 'k');
  for (const auto& item :
       {resource("bucket"), resource("role", {"bucket"}), resource("pipe", {"bucket", "role"})}) {
    state.resources.emplace(item.record.address, item);
  }
  state.tombstones.push_back({"test.thing", "shop-dev-topic", at(60), "held for 72 hours"});
  state.open_intents.push_back(intent("bucket", IntentAction::update));
  state.open_intents.push_back(intent("topic", IntentAction::create));
  state.open_intents[0].id = 4;
  state.open_intents[1].id = 9;
  state.outputs = Map{{"where", "s3://shop-dev-bucket"},
                      {"password", Value::sealed_secret("hmac-sha256:AAAA")}};
  return state;
}

class Invariant : public testing::TestWithParam<BrokenState> {};

TEST(State, SoundStateBreaksNothing) {
  EXPECT_EQ(check_invariants(sound_state()), std::vector<std::string>{});
}

TEST(State, SameNameInTwoContainersIsNoCollision) {
  State state = sound_state();
  state.resources.at("role").record.name = state.resources.at("bucket").record.name;
  state.resources.at("bucket").record.outputs = Map{{"fqn", "SHOP.ONE.T"}};
  state.resources.at("role").record.outputs = Map{{"fqn", "SHOP.TWO.T"}};
  EXPECT_EQ(check_invariants(state), std::vector<std::string>{});
}

TEST(State, CreationOfAReplacementBesideTheOldObjectIsAllowed) {
  State state = sound_state();
  Intent replacement = intent("bucket", IntentAction::create);
  replacement.name += "-g2";
  replacement.id = 1;
  state.open_intents = {replacement};
  EXPECT_EQ(check_invariants(state), std::vector<std::string>{});
}

TEST(State, LongChainsDoNotExhaustTheStack) {
  State state = sound_state();
  state.open_intents.clear();
  state.resources.clear();
  for (int i = 0; i < 100'000; ++i) {
    const std::string address = "r" + std::to_string(i);
    state.resources.emplace(address, resource(address, {"r" + std::to_string(i + 1)}));
  }
  state.resources.emplace("r100000", resource("r100000"));
  EXPECT_EQ(check_invariants(state), std::vector<std::string>{});
}

TEST_P(Invariant, IsReportedWhenBroken) {
  State state = sound_state();
  GetParam().damage(state);
  EXPECT_EQ(check_invariants(state), std::vector<std::string>{GetParam().sentence});
}

INSTANTIATE_TEST_SUITE_P(
    State, Invariant,
    testing::Values(
        BrokenState{"AddressFiledElsewhere",
                    [](State& s) { s.resources.at("pipe").record.address = "tube"; },
                    "S1: tube is filed under pipe"},
        BrokenState{"TwoWithOneName",
                    [](State& s) { s.resources.at("pipe").record.name = "shop-dev-role"; },
                    "S1: pipe and role are both the test.thing shop-dev-role"},
        BrokenState{"UnknownDependency",
                    [](State& s) { s.resources.at("pipe").dependencies = {"gone"}; },
                    "S2: pipe depends on gone, which is not in the state"},
        BrokenState{"Circle", [](State& s) { s.resources.at("bucket").dependencies = {"pipe"}; },
                    "S3: dependencies in a circle: bucket -> pipe -> bucket"},
        BrokenState{"DependsOnItself",
                    [](State& s) { s.resources.at("bucket").dependencies = {"bucket"}; },
                    "S3: dependencies in a circle: bucket -> bucket"},
        BrokenState{
            "SecretInInputs",
            [](State& s) {
              s.resources.at("role").record.inputs = Map{{"keys", List{Value::secret("hunter2")}}};
            },
            "S4: the inputs of role hold a secret in clear"},
        BrokenState{
            "UnknownInOutputs",
            [](State& s) {
              s.resources.at("role").record.outputs = Map{{"arn", Value::unknown("lake.arn")}};
            },
            "S4: the outputs of role hold an unknown value"},
        BrokenState{"SecretInStackOutputs",
                    [](State& s) { s.outputs.set("token", Value::secret("hunter2")); },
                    "S4: the stack's outputs (token) hold a secret in clear"},
        BrokenState{"SecretInIntent",
                    [](State& s) { s.open_intents[0].inputs = Value::secret("hunter2"); },
                    "S4: the inputs of the open intent on bucket hold a secret in clear"},
        BrokenState{"UpdatesWhatIsNotThere",
                    [](State& s) { s.open_intents[1].action = IntentAction::update; },
                    "S5: an open intent would update topic, which is not in the state"},
        BrokenState{"RemovesWhatIsNotThere",
                    [](State& s) { s.open_intents[1].action = IntentAction::remove; },
                    "S5: an open intent would remove topic, which is not in the state"},
        BrokenState{"DeadNameLives", [](State& s) { s.tombstones[0].name = "shop-dev-role"; },
                    "S6: test.thing shop-dev-role lives and has a tombstone"},
        BrokenState{"DeposedUnderItsAddress",
                    [](State& s) { s.resources.at("pipe").deposed = true; },
                    "S7: pipe is deposed, and its address does not say so"},
        BrokenState{"AddressOfADeposedObject",
                    [](State& s) { s.resources.emplace("role#deposed", resource("role#deposed")); },
                    "S7: role#deposed has the address of a deposed object and is none"},
        BrokenState{"DependenciesOutOfOrder",
                    [](State& s) {
                      s.resources.at("pipe").dependencies = {"role", "bucket"};
                    },
                    "S8: the dependencies of pipe are not a sorted set"},
        BrokenState{"DependencyTwice",
                    [](State& s) {
                      s.resources.at("role").dependencies = {"bucket", "bucket"};
                    },
                    "S8: the dependencies of role are not a sorted set"},
        BrokenState{"NoType", [](State& s) { s.resources.at("pipe").record.type.clear(); },
                    "S9: pipe has no type"},
        BrokenState{"NoGeneration", [](State& s) { s.resources.at("pipe").generation = 0; },
                    "S9: pipe has the generation 0"},
        BrokenState{"NameWithoutABase", [](State& s) { s.resources.at("pipe").base_name.clear(); },
                    "S9: pipe has a name without a base"},
        BrokenState{"HalfMadeAndNameless",
                    [](State& s) {
                      s.resources.at("pipe").incomplete = true;
                      s.resources.at("pipe").record.name.clear();
                      s.resources.at("pipe").record.outputs = Value();
                    },
                    "S10: pipe is incomplete, and nothing says which object it is"},
        BrokenState{"IntentTwice", [](State& s) { s.open_intents[1].id = 4; },
                    "S11: the open intent 4 on topic follows number 4"},
        BrokenState{"IntentWithoutAToken",
                    [](State& s) { s.open_intents[1].idempotency_token.clear(); },
                    "S11: the open intent on topic lacks its type or its token"},
        BrokenState{"TombstoneTwice",
                    [](State& s) { s.tombstones.push_back(s.tombstones.front()); },
                    "S12: test.thing shop-dev-topic has two tombstones"},
        BrokenState{"TombstoneOfNothing", [](State& s) { s.tombstones[0].name.clear(); },
                    "S12: a tombstone lacks its type or its name"},
        BrokenState{"SerialBelowZero", [](State& s) { s.serial = -1; }, "S13: the serial is -1"},
        BrokenState{"NoLineage", [](State& s) { s.lineage.clear(); },
                    "S13: the state does not say whose it is"},
        BrokenState{"NoKey", [](State& s) { s.secret_key = "short"; },
                    "S13: the key of the sealed secrets has 5 bytes, not 32"}),
    [](const auto& row) { return row.param.name; });

TEST(Seal, IsAKeyedDigestOfTheClearText) {
  // HMAC-SHA-256 of the JSON text "hunter2" (quotes included) under the key "k".
  EXPECT_EQ(seal("k", Value("hunter2")), "hmac-sha256:" + base64(hmac_sha256("k", "\"hunter2\"")));
  EXPECT_NE(seal("k", Value("hunter2")), seal("l", Value("hunter2")));
  EXPECT_NE(seal("k", Value("hunter2")), seal("k", Value("hunter3")));
  EXPECT_NE(seal("k", Value("5")), seal("k", Value(5)));
}

TEST(Seal, ReplacesEverySecretAndNothingElse) {
  const Value value = Map{{"list", List{1, Value::secret("a")}},
                          {"map", Map{{"x", Value::secret(Map{{"user", "u"}})}}},
                          {"old", Value::sealed_secret("hmac-sha256:OLD")},
                          {"plain", "text"}};
  const Value expected =
      Map{{"list", List{1, Value::sealed_secret(seal("k", Value("a")))}},
          {"map", Map{{"x", Value::sealed_secret(seal("k", Value(Map{{"user", "u"}})))}}},
          {"old", Value::sealed_secret("hmac-sha256:OLD")},
          {"plain", "text"}};
  EXPECT_EQ(sealed("k", value), expected);
}

}  // namespace
}  // namespace firn::test
