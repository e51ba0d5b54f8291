// The truth table of conditions.
#include "providers/aws/iam/condition.h"

#include <gtest/gtest.h>

#include "core/value/json.h"
#include "providers/aws/iam/condition_values.h"
#include "providers/aws/iam/document.h"

namespace firn::aws::iam {
namespace {

constexpr Match yes = Match::yes;
constexpr Match no = Match::no;
constexpr Match cannot_tell = Match::cannot_tell;

struct Row {
  const char* name;
  std::string condition;  // of one statement
  Context context;
  Match match;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

// A block with one operator for the key k:key.
std::string on(const std::string& operation, const std::string& values) {
  return "{\"" + operation + "\": {\"k:key\": " + values + "}}";
}

// All of the block: operators and keys are joined by AND.
Match match_of(const std::string& block, const Context& context) {
  const std::string text =
      std::string(R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",
                      "Resource": "*", "Condition": )") +
      block + "}}";
  const auto document = parse_document(Value(text), DocumentKind::identity);
  EXPECT_TRUE(document) << render(document.error());
  Match all = Match::yes;
  if (!document) return all;
  for (const Condition& condition : document->statements.front().conditions)
    all = both(all, evaluate_condition(condition, context, true));
  return all;
}

Context key(std::vector<std::string> values) {
  return Context{{"k:key", std::move(values)}};
}

const Row rows[] = {
    // Texts.
    {"equals", on("StringEquals", R"("a")"), key({"a"}), yes},
    {"equals_other", on("StringEquals", R"("a")"), key({"b"}), no},
    {"equals_case", on("StringEquals", R"("a")"), key({"A"}), no},
    {"equals_no_wildcard", on("StringEquals", R"("a*")"), key({"ab"}), no},
    {"equals_one_of", on("StringEquals", R"(["a", "b"])"), key({"b"}), yes},
    {"equals_none_of", on("StringEquals", R"(["a", "b"])"), key({"c"}), no},
    {"equals_absent", on("StringEquals", R"("a")"), {}, no},
    {"equals_empty_text", on("StringEquals", R"("")"), key({""}), yes},
    {"equals_no_values", on("StringEquals", "[]"), key({"a"}), no},
    {"not_equals_no_values", on("StringNotEquals", "[]"), key({"a"}), yes},
    {"not_equals", on("StringNotEquals", R"("a")"), key({"b"}), yes},
    {"not_equals_same", on("StringNotEquals", R"("a")"), key({"a"}), no},
    {"not_equals_none_of", on("StringNotEquals", R"(["a", "b"])"), key({"c"}), yes},
    {"not_equals_one_of", on("StringNotEquals", R"(["a", "b"])"), key({"b"}), no},
    {"not_equals_absent", on("StringNotEquals", R"("a")"), {}, yes},
    {"ignore_case", on("StringEqualsIgnoreCase", R"("aB")"), key({"Ab"}), yes},
    {"ignore_case_other", on("StringEqualsIgnoreCase", R"("a")"), key({"b"}), no},
    {"not_ignore_case", on("StringNotEqualsIgnoreCase", R"("aB")"), key({"Ab"}), no},
    {"not_ignore_case_absent", on("StringNotEqualsIgnoreCase", R"("a")"), {}, yes},
    {"like", on("StringLike", R"("raw/*")"), key({"raw/a/b"}), yes},
    {"like_question_mark", on("StringLike", R"("raw/?")"), key({"raw/a"}), yes},
    {"like_other", on("StringLike", R"("raw/*")"), key({"out/a"}), no},
    {"like_case", on("StringLike", R"("Raw/*")"), key({"raw/a"}), no},
    {"like_absent", on("StringLike", R"("*")"), {}, no},
    {"like_empty", on("StringLike", R"("*")"), key({""}), yes},
    {"not_like", on("StringNotLike", R"("raw/*")"), key({"out/a"}), yes},
    {"not_like_same", on("StringNotLike", R"("raw/*")"), key({"raw/a"}), no},
    {"not_like_absent", on("StringNotLike", R"("*")"), {}, yes},
    {"key_ignores_case",
     R"({"StringEquals": {"AWS:sourceAccount": "1"}})",
     {{"aws:SourceAccount", {"1"}}},
     yes},
    {"two_keys",
     R"({"StringEquals": {"k:a": "1", "k:b": "2"}})",
     {{"k:a", {"1"}}, {"k:b", {"2"}}},
     yes},
    {"two_keys_one_wrong",
     R"({"StringEquals": {"k:a": "1", "k:b": "2"}})",
     {{"k:a", {"1"}}, {"k:b", {"1"}}},
     no},
    {"two_operators",
     R"({"StringLike": {"k:a": "1*"}, "StringNotEquals": {"k:a": "12"}})",
     {{"k:a", {"12"}}},
     no},
    {"numbers_as_text", on("StringEquals", "123456789012"), key({"123456789012"}), yes},
    // Variables.
    {"variable",
     on("StringEquals", R"("${k:other}")"),
     {{"k:key", {"a"}}, {"k:other", {"a"}}},
     yes},
    {"variable_other",
     on("StringEquals", R"("${k:other}")"),
     {{"k:key", {"a"}}, {"k:other", {"b"}}},
     no},
    {"variable_like",
     on("StringLike", R"("${k:other}/*")"),
     {{"k:key", {"ada/x"}}, {"k:other", {"ada"}}},
     yes},
    {"variable_value_is_no_wildcard",
     on("StringLike", R"("${k:other}")"),
     {{"k:key", {"ada"}}, {"k:other", {"*"}}},
     no},
    {"variable_without_value", on("StringLike", R"("${k:other}*")"), key({"a"}), no},
    {"negated_variable_without_value", on("StringNotEquals", R"("${k:other}")"), key({"a"}), yes},
    {"variable_default", on("StringEquals", R"("${k:other, 'a'}")"), key({"a"}), yes},
    {"variable_in_an_arn",
     on("ArnLike", R"("arn:aws:iam::1:user/${k:other}")"),
     {{"k:key", {"arn:aws:iam::1:user/ada"}}, {"k:other", {"ada"}}},
     yes},
    // Numbers.
    {"numeric_equals", on("NumericEquals", R"("10")"), key({"10.0"}), yes},
    {"numeric_unquoted", on("NumericEquals", "10"), key({"10"}), yes},
    {"numeric_not_equals", on("NumericNotEquals", "10"), key({"11"}), yes},
    {"numeric_not_equals_absent", on("NumericNotEquals", "10"), {}, yes},
    {"less", on("NumericLessThan", "10"), key({"9.5"}), yes},
    {"less_equal", on("NumericLessThan", "10"), key({"10"}), no},
    {"less_or_equal", on("NumericLessThanEquals", "10"), key({"10"}), yes},
    {"greater", on("NumericGreaterThan", "10"), key({"11"}), yes},
    {"greater_equal", on("NumericGreaterThan", "10"), key({"10"}), no},
    {"greater_or_equal", on("NumericGreaterThanEquals", "-1"), key({"-1"}), yes},
    {"greater_absent", on("NumericGreaterThan", "10"), {}, no},
    {"number_of_the_request_is_none", on("NumericLessThan", "10"), key({"many"}), no},
    {"number_of_the_document_is_none", on("NumericLessThan", R"("many")"), key({"1"}), cannot_tell},
    // Dates.
    {"date_equals", on("DateEquals", R"("2026-01-02T03:04:05Z")"), key({"2026-01-02T03:04:05Z"}),
     yes},
    {"date_zone", on("DateEquals", R"("2026-01-02T03:04:05Z")"), key({"2026-01-02T04:04:05+01:00"}),
     yes},
    {"date_zone_west", on("DateEquals", R"("2026-01-02T03:04Z")"),
     key({"2026-01-01T22:04:00-05:00"}), yes},
    {"date_epoch", on("DateEquals", R"("1767322800")"), key({"2026-01-02T03:00:00Z"}), yes},
    {"date_day", on("DateGreaterThan", R"("2026-01-02")"), key({"2026-01-02T00:00:01Z"}), yes},
    {"date_year", on("DateLessThan", R"("2026")"), key({"2025-12-31T23:59:59.999Z"}), yes},
    {"date_not_equals", on("DateNotEquals", R"("2026-01-02")"), key({"2026-01-02T00:00:00Z"}), no},
    {"date_not_equals_absent", on("DateNotEquals", R"("2026-01-02")"), {}, yes},
    {"date_less", on("DateLessThan", R"("2026-01-02")"), key({"2026-01-02"}), no},
    {"date_less_or_equal", on("DateLessThanEquals", R"("2026-01-02")"), key({"2026-01-02"}), yes},
    {"date_greater", on("DateGreaterThan", R"("2026-01-02")"), key({"2026-01-01"}), no},
    {"date_greater_or_equal", on("DateGreaterThanEquals", R"("2026-01")"), key({"2026-01-01"}),
     yes},
    {"date_of_the_document_is_none", on("DateLessThan", R"("soon")"), key({"2026"}), cannot_tell},
    // Truth values.
    {"bool_true", on("Bool", R"("true")"), key({"true"}), yes},
    {"bool_unquoted", on("Bool", "false"), key({"false"}), yes},
    {"bool_case", on("Bool", R"("True")"), key({"true"}), yes},
    {"bool_other", on("Bool", "true"), key({"false"}), no},
    {"bool_absent", on("Bool", "false"), {}, no},
    {"bool_if_exists", on("BoolIfExists", "false"), {}, yes},
    // Bytes.
    {"binary", on("BinaryEquals", R"("QmluYXJ5")"), key({"Binary"}), yes},
    {"binary_other", on("BinaryEquals", R"("QmluYXJ5")"), key({"binary"}), no},
    {"binary_absent", on("BinaryEquals", R"("QmluYXJ5")"), {}, no},
    // Addresses.
    {"ip_in_range", on("IpAddress", R"("203.0.113.0/24")"), key({"203.0.113.255"}), yes},
    {"ip_out_of_range", on("IpAddress", R"("203.0.113.0/24")"), key({"203.0.114.0"}), no},
    {"ip_odd_range", on("IpAddress", R"("203.0.113.0/25")"), key({"203.0.113.128"}), no},
    {"ip_all", on("IpAddress", R"("0.0.0.0/0")"), key({"203.0.114.0"}), yes},
    {"ip_single", on("IpAddress", R"("203.0.113.7")"), key({"203.0.113.7"}), yes},
    {"ip_single_other", on("IpAddress", R"("203.0.113.7")"), key({"203.0.113.8"}), no},
    {"ip_one_of", on("IpAddress", R"(["10.0.0.0/8", "2001:DB8:1234:5678::/64"])"),
     key({"2001:db8:1234:5678::1"}), yes},
    {"ip_long_out_of_range", on("IpAddress", R"("2001:db8:1234:5678::/64")"),
     key({"2001:db8:1234:5679::1"}), no},
    {"ip_short_and_long", on("IpAddress", R"("::/0")"), key({"10.0.0.1"}), no},
    {"not_ip", on("NotIpAddress", R"("10.0.0.0/8")"), key({"203.0.113.7"}), yes},
    {"not_ip_same", on("NotIpAddress", R"("10.0.0.0/8")"), key({"10.1.2.3"}), no},
    {"not_ip_absent", on("NotIpAddress", R"("10.0.0.0/8")"), {}, yes},
    {"ip_absent", on("IpAddress", R"("0.0.0.0/0")"), {}, no},
    {"ip_of_the_document_is_none", on("IpAddress", R"("10.0.0.0/33")"), key({"10.0.0.1"}),
     cannot_tell},
    // ARNs.
    {"arn_equals", on("ArnEquals", R"("arn:aws:s3:::lake")"), key({"arn:aws:s3:::lake"}), yes},
    {"arn_equals_is_like", on("ArnEquals", R"("arn:aws:s3:::la*")"), key({"arn:aws:s3:::lake"}),
     yes},
    {"arn_like_other_account", on("ArnLike", R"("arn:aws:sns:*:1:*")"),
     key({"arn:aws:sns:eu-west-1:2:t"}), no},
    {"arn_like_absent", on("ArnLike", R"("arn:aws:s3:::*")"), {}, no},
    {"arn_not_like", on("ArnNotLike", R"("arn:aws:s3:::la*")"), key({"arn:aws:s3:::pond"}), yes},
    {"arn_not_equals_absent", on("ArnNotEquals", R"("arn:aws:s3:::lake")"), {}, yes},
    {"arn_not_equals_same", on("ArnNotEquals", R"("arn:aws:s3:::lake")"),
     key({"arn:aws:s3:::lake"}), no},
    {"arn_of_the_request_is_none", on("ArnLike", R"("arn:aws:s3:::*")"), key({"lake"}), no},
    // Presence.
    {"null_true_absent", on("Null", R"("true")"), {}, yes},
    {"null_true_present", on("Null", R"("true")"), key({"a"}), no},
    {"null_false_absent", on("Null", "false"), {}, no},
    {"null_false_present", on("Null", "false"), key({"a"}), yes},
    {"null_of_two_keys", R"({"Null": {"k:a": "true", "k:b": "true"}})", {{"k:b", {"1"}}}, no},
    // IfExists.
    {"if_exists_absent", on("StringEqualsIfExists", R"("a")"), {}, yes},
    {"if_exists_other", on("StringEqualsIfExists", R"("a")"), key({"b"}), no},
    {"if_exists_negated_absent", on("StringNotLikeIfExists", R"("*")"), {}, yes},
    {"if_exists_arn", on("ArnLikeIfExists", R"("arn:aws:s3:::*")"), {}, yes},
    // Sets.
    {"any_value", on("ForAnyValue:StringEquals", R"(["a", "b"])"), key({"x", "b"}), yes},
    {"any_value_none", on("ForAnyValue:StringEquals", R"(["a", "b"])"), key({"x", "y"}), no},
    {"any_value_absent", on("ForAnyValue:StringEquals", R"("a")"), {}, no},
    {"any_value_empty_text", on("ForAnyValue:StringEquals", R"("")"), key({""}), no},
    {"any_value_if_exists_absent", on("ForAnyValue:StringEqualsIfExists", R"("a")"), {}, no},
    {"any_value_negated", on("ForAnyValue:StringNotEquals", R"("a")"), key({"a", "b"}), yes},
    {"any_value_negated_all_same", on("ForAnyValue:StringNotEquals", R"("a")"), key({"a"}), no},
    {"any_value_negated_absent", on("ForAnyValue:StringNotEquals", R"("a")"), {}, no},
    {"all_values", on("ForAllValues:StringEquals", R"(["a", "b"])"), key({"b", "a"}), yes},
    {"all_values_one_more", on("ForAllValues:StringEquals", R"(["a", "b"])"), key({"a", "c"}), no},
    {"all_values_absent", on("ForAllValues:StringEquals", R"("a")"), {}, yes},
    {"all_values_empty_text", on("ForAllValues:StringEquals", R"("a")"), key({""}), yes},
    {"all_values_like", on("ForAllValues:StringLike", R"("t*")"), key({"team", "tier"}), yes},
    {"all_values_negated", on("ForAllValues:StringNotEquals", R"("a")"), key({"b", "c"}), yes},
    {"all_values_negated_one_same", on("ForAllValues:StringNotEquals", R"("a")"), key({"b", "a"}),
     no},
    {"several_values_without_a_set", on("StringEquals", R"("a")"), key({"a", "a"}), cannot_tell},
};

class Conditions : public testing::TestWithParam<Row> {};

TEST_P(Conditions, Hold) {
  EXPECT_EQ(match_of(GetParam().condition, GetParam().context), GetParam().match)
      << GetParam().condition;
}

INSTANTIATE_TEST_SUITE_P(Table, Conditions, testing::ValuesIn(rows),
                         [](const auto& row) { return row.param.name; });

TEST(ConditionOperators, AreThoseOfAws) {
  for (const char* name : {"StringEquals", "ForAllValues:ArnNotLikeIfExists", "Null", "DateEquals"})
    EXPECT_TRUE(parse_condition_operator(name)) << name;
  for (const char* name : {"", "stringequals", "StringMatches", "NullIfExists", "ForEach:Bool",
                           "IfExists", "ForAnyValue:"})
    EXPECT_FALSE(parse_condition_operator(name)) << name;
}

TEST(UnknownValues, CannotBeTold) {
  Condition condition{"StringEquals",
                      *parse_condition_operator("StringEquals"),
                      "sts:ExternalId",
                      {{.waits_for = "lake.external_id"}}};
  EXPECT_EQ(evaluate_condition(condition, {{"sts:ExternalId", {"a"}}}, true), cannot_tell);
  // What is known decides where it can.
  EXPECT_EQ(evaluate_condition(condition, {}, true), no);
  condition.values.push_back({.text = "a"});
  EXPECT_EQ(evaluate_condition(condition, {{"sts:ExternalId", {"a"}}}, true), yes);
  condition.op.is_negated = true;
  EXPECT_EQ(evaluate_condition(condition, {{"sts:ExternalId", {"a"}}}, true), no);
  EXPECT_EQ(evaluate_condition(condition, {{"sts:ExternalId", {"b"}}}, true), cannot_tell);
}

TEST(Dates, ThatAreNone) {
  for (const char* text : {"", "x", "2026-13-01", "2026-02-30", "2026-01-02T03:04:05", "2026-1-2",
                           "2026-01-02T25:00Z", "2026-01-02T03:04:05.Z", "99999999999999999999"})
    EXPECT_FALSE(parse_date(text)) << text;
  EXPECT_EQ(parse_date("1970-01-01T00:00:01.5Z"), 1500);
  EXPECT_EQ(parse_date("0"), 0);
}

TEST(Networks, ThatAreNone) {
  for (const char* text : {"", "10.0.0", "10.0.0.0/", "10.0.0.0/x", "::/129", "10.0.0.256"})
    EXPECT_FALSE(parse_network(text)) << text;
}

}  // namespace
}  // namespace firn::aws::iam
