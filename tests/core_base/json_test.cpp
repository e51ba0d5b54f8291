#include "core/value/json.h"

#include <gtest/gtest.h>
#include <limits>

namespace firn {
namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(Json, WritesOneTextForOneValue) {
  const Value value = Map{{"z", List{1, 2.5, true, Value()}}, {"a", Map{}}, {"m", List{}}};
  EXPECT_EQ(to_json(value), R"({"a":{},"m":[],"z":[1,2.5,true,null]})");
  EXPECT_EQ(to_pretty_json(value),
            "{\n"
            "  \"a\": {},\n"
            "  \"m\": [],\n"
            "  \"z\": [\n"
            "    1,\n"
            "    2.5,\n"
            "    true,\n"
            "    null\n"
            "  ]\n"
            "}");
}

TEST(Json, WritesTheShortestNumberThatComesBack) {
  const std::vector<std::pair<Value, std::string>> cases{
      {0.1, "0.1"},
      {1.0, "1"},  // equal to the integer, so the same text
      {-0.0, "0"},
      {100000.0, "100000"},
      {1e300, "1e+300"},
      {5e-324, "5e-324"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e22, "1e+22"},
      {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
      {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
  };
  for (const auto& [value, text] : cases) {
    EXPECT_EQ(to_json(value), text);
    const Result<Value> back = parse_json(text);
    ASSERT_TRUE(back.has_value()) << text;
    EXPECT_EQ(*back, value) << text;
  }
}

TEST(Json, EscapesWhatMustBeEscapedAndNothingElse) {
  EXPECT_EQ(to_json(Value(std::string("\"\\\n\r\t\0\x1f\x7f/<", 10))),
            R"("\"\\\n\r\t\u0000\u001f\u007f/<")");
  EXPECT_EQ(to_json("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

TEST(Json, TextIsUtf8WhateverCameIn) {
  const std::string mark = "\xEF\xBF\xBD";
  for (const std::string bad :
       {"\x80", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF5\x80\x80\x80"}) {
    const std::string text = to_json("a" + bad + "b");
    EXPECT_TRUE(text.starts_with("\"a" + mark)) << text;
    EXPECT_TRUE(text.ends_with("b\"")) << text;
    const Result<Value> back = parse_json(text);
    EXPECT_TRUE(back.has_value());
  }
}

TEST(Json, ReadsEverythingThatJsonHas) {
  const Result<Value> value = parse_json(
      " { \"a\" : [ 1 , -2 , 3.5e1 , true , false , null , \"\\u00e9\\ud83d\\ude00\\/\" ] } \n");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*value,
            Value(Map{{"a", List{1, -2, 35, true, false, Value(), "\xC3\xA9\xF0\x9F\x98\x80/"}}}));
}

TEST(Json, IntegersBeyond64BitsBecomeNumbers) {
  const Result<Value> value = parse_json(
      "[9223372036854775807,9223372036854775808,18446744073709551616,"
      "-9223372036854775808,-9223372036854775809]");
  ASSERT_TRUE(value.has_value());
  const List& list = value->as_list();
  EXPECT_TRUE(list[0].is_int());
  EXPECT_EQ(list[1], Value(9223372036854775808.0));
  EXPECT_EQ(list[2], Value(18446744073709551616.0));
  EXPECT_TRUE(list[3].is_int());
  EXPECT_EQ(list[4], Value(-9223372036854775808.0));
}

TEST(Json, OfEqualNamesTheLastOneCounts) {
  const Result<Value> value = parse_json(R"({"a":1,"b":2,"a":3})");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(to_json(*value), R"({"a":3,"b":2})");
}

struct HostileCase {
  std::string text;
  std::string reason;
};

TEST(Json, RefusesWhatIsNotJson) {
  const std::vector<HostileCase> cases{
      {"", "ends too early"},
      {"{", "ends too early"},
      {"[1,", "ends too early"},
      {"\"abc", "ends too early"},
      {"[1,]", "grammar"},
      {"{\"a\" 1}", "grammar"},
      {"{a:1}", "grammar"},
      {"1 2", "grammar"},
      {"nul", "grammar"},
      {"NaN", "grammar"},
      {"01", "grammar"},
      {"\"\x01\"", "grammar"},
      {"\"\\x\"", "grammar"},
      {"\"\\ud800\"", "grammar"},
      {"\"\xFF\"", "UTF-8"},
      {"\"\xC0\xAF\"", "UTF-8"},
      {"\"\xED\xA0\x80\"", "UTF-8"},
      {"1e999", "too large"},
      {nested(257), "256 deep"},
      {std::string(5'000'000, '['), "256 deep"},
  };
  for (const HostileCase& c : cases) {
    const Result<Value> value = parse_json(c.text);
    ASSERT_FALSE(value.has_value()) << c.text;
    EXPECT_EQ(value.error().kind, ErrorKind::invalid_input);
    EXPECT_NE(value.error().detail.find(c.reason), std::string::npos)
        << c.text.substr(0, 40) << ": " << value.error().detail;
  }
  EXPECT_TRUE(parse_json(nested(256)).has_value());
}

TEST(Json, ARefusalSaysWhereAndQuotesNothing) {
  const Result<Value> value = parse_json(R"({"SecretAccessKey":"pearl" "x"})");
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(render(value.error()).find("pearl"), std::string::npos);
  EXPECT_EQ(value.error().summary, "cannot read JSON at byte 30");
}

TEST(Json, PlainTextShowsASecretToTheCloudAndRefusesTheRest) {
  EXPECT_EQ(to_json(Map{{"p", Value::secret("pearl")}}), R"({"p":"pearl"})");
  EXPECT_DEATH((void)to_json(Value::unknown("a.b")), "firn: bug");
  EXPECT_DEATH((void)to_json(Value::sealed_secret("d")), "firn: bug");
  EXPECT_DEATH((void)to_json(std::numeric_limits<double>::infinity()), "firn: bug");
}

TEST(StateJson, KeepsUnknownsSecretsAndDollarNames) {
  const std::vector<std::pair<Value, std::string>> cases{
      {Value::unknown("lake.arn"), R"({"$unknown":"lake.arn"})"},
      {Value::sealed_secret("hmac-sha256:ab"), R"({"$secret":"hmac-sha256:ab"})"},
      {Map{{"$unknown", "x"}}, R"({"$$unknown":"x"})"},
      {Map{{"$secret", "x"}}, R"({"$$secret":"x"})"},
      {Map{{"$$", "x"}, {"$", 1}, {"a$", 2}}, R"({"$$":1,"$$$":"x","a$":2})"},
      {List{Map{{"a", Value::unknown("b.c")}}, "$unknown"},
       R"([{"a":{"$unknown":"b.c"}},"$unknown"])"},
  };
  for (const auto& [value, text] : cases) {
    EXPECT_EQ(to_state_json(value), text);
    const Result<Value> back = parse_state_json(text);
    ASSERT_TRUE(back.has_value()) << text;
    EXPECT_EQ(*back, value) << text;
  }
}

TEST(StateJson, PlainDialectLeavesDollarNamesAlone) {
  const Result<Value> value = parse_json(R"({"$unknown":"x"})");
  ASSERT_TRUE(value.has_value());
  EXPECT_TRUE(value->is_map());
  EXPECT_EQ(to_json(*value), R"({"$unknown":"x"})");
}

TEST(StateJson, NeverWritesASecretInClear) {
  EXPECT_DEATH((void)to_state_json(Value::secret("pearl")),
               "a secret in clear must not be written");
}

TEST(StateJson, RefusesMarkersThatItDoesNotKnow) {
  for (const char* text : {R"({"$later":"x"})", R"({"$unknown":1})", R"({"$unknown":""})",
                           R"({"$unknown":"x","a":1})", R"({"$secret":{}})"}) {
    EXPECT_FALSE(parse_state_json(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace firn
