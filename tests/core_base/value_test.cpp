#include "core/value/value.h"

#include <gtest/gtest.h>
#include <limits>

#include "core/value/json.h"

namespace firn {
namespace {

// V1.
TEST(Map, SortsItsKeysAndKeepsTheLastOfEqualOnes) {
  const Map map{{"b", 1}, {"a", 2}, {"c", 3}, {"a", 4}, {"b", 5}};
  EXPECT_EQ(to_json(map), R"({"a":4,"b":5,"c":3})");
  EXPECT_EQ(map.size(), 3U);
}

TEST(Map, SortsBytewise) {
  const Map map{{"\xC3\xA9", 1}, {"z", 2}, {"Z", 3}, {"", 4}};
  std::string order;
  for (const auto& [key, value] : map)
    order += std::to_string(value.as_int());
  EXPECT_EQ(order, "4321");
}

TEST(Map, ACopyChangesAlone) {
  Map first{{"a", 1}, {"b", 2}};
  Map second = first;
  EXPECT_EQ(first.find("a"), second.find("a")) << "a copy should cost nothing";
  second.set("a", 3);
  EXPECT_EQ(to_json(first), R"({"a":1,"b":2})");
  EXPECT_EQ(to_json(second), R"({"a":3,"b":2})");
  const Value third(first);
  EXPECT_TRUE(first.erase("b"));
  EXPECT_FALSE(first.erase("c"));
  EXPECT_EQ(to_json(first), R"({"a":1})");
  EXPECT_EQ(to_json(third), R"({"a":1,"b":2})");
}

TEST(Map, OfATemporaryValueLivesAsLongAsItIsWalked) {
  const auto made = [](int number) { return Value(Map{{"n", number}, {"m", "text"}}); };
  std::string seen;
  for (const auto& [key, value] : made(7).as_map())
    seen += key + to_json(value);
  EXPECT_EQ(seen, "m\"text\"n7");
}

TEST(Map, SetsFindsAndErases) {
  Map map;
  for (int i = 0; i < 100; ++i)
    map.set(std::to_string(i * 37 % 100), i * 37 % 100);
  EXPECT_EQ(map.size(), 100U);
  for (int i = 0; i < 100; ++i) {
    ASSERT_NE(map.find(std::to_string(i)), nullptr);
    EXPECT_EQ(*map.find(std::to_string(i)), Value(i));
  }
  map.set("7", "seven");
  EXPECT_EQ(map.size(), 100U);
  EXPECT_EQ(*map.find("7"), Value("seven"));
  EXPECT_TRUE(map.erase("7"));
  EXPECT_FALSE(map.erase("7"));
  EXPECT_EQ(map.find("7"), nullptr);
  EXPECT_EQ(map.find("777"), nullptr);
}

// V2.
TEST(Value, ASecretOfASecretIsTheInnerOne) {
  const Value secret = Value::secret(Value::secret("pearl"));
  EXPECT_EQ(secret.reveal(), Value("pearl"));

  const Value outer = Value::secret(List{Value("shell"), Value::secret("pearl")});
  EXPECT_TRUE(outer.is_secret());
  EXPECT_EQ(outer.reveal(), Value(List{"shell", "pearl"}));
  EXPECT_FALSE(outer.reveal().contains_secret());
}

TEST(Value, ASecretNeverHidesAnUnknown) {
  EXPECT_TRUE(Value::secret(Value::unknown("db.password")).is_unknown());
  const Value mixed =
      Value::secret(Map{{"host", "h"}, {"password", Value::unknown("db.password")}});
  ASSERT_TRUE(mixed.is_map());
  EXPECT_TRUE(mixed.at("host").is_secret());
  EXPECT_TRUE(mixed.at("password").is_unknown());
  EXPECT_TRUE(mixed.contains_unknown());
}

// V3.
TEST(Value, AnUnknownNamesWhatItWaitsFor) {
  EXPECT_EQ(Value::unknown("lake.iam_user_arn").waits_for(), "lake.iam_user_arn");
  EXPECT_DEATH((void)Value::unknown(""), "bug");
}

TEST(Value, EqualityIsDeepAndByMeaning) {
  const std::vector<std::pair<Value, Value>> equal{
      {Value(), Value()},
      {1, 1.0},
      {-0.0, 0},
      {std::int64_t{1} << 53, 9007199254740992.0},
      {List{1, List{2.0}}, List{1.0, List{2}}},
      {Map{{"a", 1}, {"b", "x"}}, Map{{"b", "x"}, {"a", 1}}},
      {Value::unknown("a.b"), Value::unknown("a.b")},
      {Value::secret("s"), Value::secret("s")},
      {Value::sealed_secret("d"), Value::sealed_secret("d")},
  };
  for (const auto& [a, b] : equal) {
    EXPECT_TRUE(a == b);
    EXPECT_TRUE(b == a);
    EXPECT_FALSE(a != b);
  }
  const std::vector<Value> distinct{
      Value(),
      false,
      true,
      0,
      1,
      1.5,
      std::numeric_limits<std::int64_t>::max(),
      9223372036854775808.0,  // 2^63 is not the largest integer, though a cast would say so
      (std::int64_t{1} << 53) + 1,
      9007199254740992.0,  // 2^53: what a double makes of the number above
      "",
      "1",
      List{},
      List{Value()},
      Map{},
      Map{{"a", Value()}},
      Map{{"a", 1}},
      Map{{"b", 1}},
      Value::unknown("a"),
      Value::unknown("b"),
      Value::secret("1"),
      Value::secret("2"),
      Value::sealed_secret("1"),
      Value::sealed_secret("2"),
  };
  for (std::size_t i = 0; i < distinct.size(); ++i) {
    for (std::size_t j = 0; j < distinct.size(); ++j) {
      EXPECT_EQ(distinct[i] == distinct[j], i == j) << i << " and " << j;
    }
  }
}

TEST(Value, ReadsForgivingly) {
  const Value value = Map{{"name", "x"},
                          {"size", 3},
                          {"on", true},
                          {"rules", List{Map{{"prefix", "in/"}}, Map{{"prefix", "out/"}}}}};
  EXPECT_EQ(value.string_or("name", "y"), "x");
  EXPECT_EQ(value.string_or("size", "y"), "y");
  EXPECT_EQ(value.int_or("size", 1), 3);
  EXPECT_EQ(value.int_or("none", 1), 1);
  EXPECT_TRUE(value.bool_or("on", false));
  EXPECT_EQ(value.at_path("rules.1.prefix"), Value("out/"));
  for (const char* path : {"rules.2.prefix", "rules.-1", "rules.1x", "rules.", "rules.1.prefix.x",
                           "none", "", "name.x"}) {
    EXPECT_TRUE(value.at_path(path).is_null()) << path;
  }
  EXPECT_TRUE(Value(3).at("x").is_null());
  EXPECT_EQ(Value("x").find("x"), nullptr);
}

TEST(Value, FindsUnknownsAndSecretsAtAnyDepth) {
  const Value deep = Map{{"a", List{1, Map{{"b", Value::unknown("x.y")}}}}};
  EXPECT_TRUE(deep.contains_unknown());
  EXPECT_FALSE(deep.contains_secret());
  const Value hidden = List{Value(List{Value::sealed_secret("d")})};
  EXPECT_TRUE(hidden.contains_secret());
  EXPECT_FALSE(hidden.contains_unknown());
}

TEST(Value, RedactionLeavesNoSecret) {
  const Value value = Map{{"password", Value::secret("pearl")},
                          {"old", Value::sealed_secret("hmac-sha256:00")},
                          {"list", List{Value::unknown("a.b"), Value::secret(List{"pearl"}), 1}}};
  const std::string expected =
      R"json({"list":["(known after apply)","(secret)",1],"old":"(secret)","password":"(secret)"})json";
  EXPECT_EQ(to_json(redacted(value)), expected);
}

TEST(Value, AWrongAccessSaysWhatItIsAndNotWhatItHolds) {
  EXPECT_DEATH((void)Value("pearl").as_int(), "firn: bug: a string where an integer was expected");
  EXPECT_DEATH((void)Value(1).as_string(), "an integer where a string was expected");
  EXPECT_DEATH((void)Value::secret("pearl").as_string(), "a secret where a string");
}

TEST(Value, CopiesShareWhatTheyHold) {
  const Value original = List{std::string(1000, 'x')};
  const Value copy = original;
  EXPECT_EQ(&original.as_list(), &copy.as_list());
  EXPECT_EQ(&redacted(original).as_list(), &original.as_list());
}

}  // namespace
}  // namespace firn
