// Which texts a pattern matches.
#include "providers/aws/iam/pattern.h"

#include <gtest/gtest.h>

#include "providers/aws/iam/context.h"

namespace firn::aws::iam {
namespace {

enum class As { literal, glob, action, resource, arn };

struct Row {
  const char* name;
  As as;
  const char* pattern;
  const char* text;
  bool matches;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

std::optional<Pattern> compile(As as, const char* text) {
  switch (as) {
    case As::literal:
      return Pattern::literal(symbols_of(text));
    case As::glob:
      return Pattern::glob(symbols_of(text));
    case As::action:
      return Pattern::glob(symbols_of(text), Pattern::Letters::ignore_case);
    case As::resource:
      return Pattern::resource(symbols_of(text));
    case As::arn:
      return Pattern::arn(symbols_of(text));
  }
  return std::nullopt;
}

const Row rows[] = {
    {"equal", As::literal, "a.csv", "a.csv", true},
    {"case_counts", As::literal, "a.csv", "A.csv", false},
    {"a_literal_star", As::literal, "a*", "ab", false},
    {"a_literal_star_itself", As::literal, "a*", "a*", true},
    {"empty", As::glob, "", "", true},
    {"empty_pattern", As::glob, "", "a", false},
    {"star_matches_nothing", As::glob, "a*", "a", true},
    {"star_matches_slashes", As::glob, "raw/*", "raw/2026/a.csv", true},
    {"star_in_the_middle", As::glob, "raw/*.csv", "raw/a/b.csv", true},
    {"star_in_the_middle_not", As::glob, "raw/*.csv", "raw/a/b.json", false},
    {"two_stars", As::glob, "*a*b", "xxaxxab", true},
    {"two_stars_not", As::glob, "*a*b", "xxbxxa", false},
    {"question_mark_is_one", As::glob, "a?c", "abc", true},
    {"question_mark_is_not_none", As::glob, "a?c", "ac", false},
    {"question_mark_is_a_character", As::glob, "a?c",
     "a\xC3\xA4"
     "c",
     true},
    {"broken_utf8_is_two", As::glob, "a?c",
     "a\xC3\xC3"
     "c",
     false},
    {"action_case", As::action, "S3:getobject", "s3:GetObject", true},
    {"action_star", As::action, "s3:Get*", "s3:GetObject", true},
    {"action_other_service", As::action, "sqs:*", "s3:GetObject", false},
    {"action_all", As::action, "*", "s3:GetObject", true},
    {"resource_all", As::resource, "*", "arn:aws:s3:::lake/a", true},
    {"resource_below", As::resource, "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/a/b", true},
    {"resource_bucket_is_not_below", As::resource, "arn:aws:s3:::lake/*", "arn:aws:s3:::lake",
     false},
    {"resource_bucket", As::resource, "arn:aws:s3:::lake", "arn:aws:s3:::lake/a", false},
    {"resource_case", As::resource, "arn:aws:s3:::lake/A", "arn:aws:s3:::lake/a", false},
    {"resource_colons_in_keys", As::resource, "arn:aws:s3:::lake/*.csv",
     "arn:aws:s3:::lake/a:b.csv", true},
    {"resource_question_mark_is_a_colon_in_keys", As::resource, "arn:aws:s3:::lake/a?b",
     "arn:aws:s3:::lake/a:b", true},
    {"resource_region", As::resource, "arn:aws:sqs:*:123456789012:q",
     "arn:aws:sqs:eu-west-1:123456789012:q", true},
    {"resource_star_ends_a_part_and_goes_on", As::resource, "arn:aws:sqs:*",
     "arn:aws:sqs:eu-west-1:123456789012:q", true},
    {"resource_star_goes_on_in_the_middle", As::resource, "arn:aws:sqs:eu-*:q",
     "arn:aws:sqs:eu-west-1:123456789012:q", true},
    {"resource_star_inside_a_part_stays", As::resource, "arn:aws:sqs:eu-*1:q",
     "arn:aws:sqs:eu-west-1:1:q", false},
    {"resource_star_inside_a_part", As::resource, "arn:aws:sqs:eu-*-1:123456789012:q",
     "arn:aws:sqs:eu-west-1:123456789012:q", true},
    {"resource_question_mark_stays_in_its_part", As::resource, "arn:aws:sqs:eu?123456789012:q",
     "arn:aws:sqs:eu:123456789012:q", false},
    {"arn_like_equal", As::arn, "arn:aws:s3:::lake", "arn:aws:s3:::lake", true},
    {"arn_like_star", As::arn, "arn:aws:s3:::la*", "arn:aws:s3:::lake", true},
    {"arn_like_parts", As::arn, "arn:aws:sns:*:*:files", "arn:aws:sns:eu-west-1:1:files", true},
    // The example of "Condition operators".
    {"arn_like_star_stays_in_its_part", As::arn, "arn:aws:someservice:*:111122223333:finance/*",
     "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
     false},
    {"string_like_star_does_not", As::glob, "arn:aws:someservice:*:111122223333:finance/*",
     "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
     true},
    {"arn_like_last_part_has_colons", As::arn, "arn:aws:logs:*:*:log-group:*",
     "arn:aws:logs:eu-west-1:1:log-group:a:b", true},
    {"arn_like_needs_six_parts", As::arn, "arn:aws:s3:*", "arn:aws:s3:::lake", false},
    {"arn_like_star_alone", As::arn, "*", "arn:aws:s3:::lake", false},
};

class Patterns : public testing::TestWithParam<Row> {};

TEST_P(Patterns, Match) {
  const Row& row = GetParam();
  const auto pattern = compile(row.as, row.pattern);
  EXPECT_EQ(pattern && pattern->matches(row.text), row.matches)
      << row.pattern << " and " << row.text;
}

INSTANTIATE_TEST_SUITE_P(Table, Patterns, testing::ValuesIn(rows),
                         [](const auto& row) { return row.param.name; });

TEST(Texts, ComeBackAsTheyWere) {
  for (const char* text : {"", "abc", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x90\xA7", "\xC3",
                           "\xFF", "\xC0\x80", "a\xE2\x82z"}) {
    EXPECT_EQ(encode_text(decode_text(text)), text);
  }
  EXPECT_EQ(decode_text("\xF0\x9F\x90\xA7").size(), 1U);
}

struct VariableRow {
  const char* name;
  const char* text;
  const char* given;
  bool matches;
};

void PrintTo(const VariableRow& row, std::ostream* out) {
  *out << row.name;
}

// aws:username is ada, aws:PrincipalTag/team is data*, aws:TagKeys is [a, b].
const VariableRow variable_rows[] = {
    {"value", "arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/ada/x", true},
    {"other_value", "arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/bob/x", false},
    {"key_ignores_case", "arn:aws:s3:::home/${AWS:UserName}", "arn:aws:s3:::home/ada", true},
    {"star_of_a_value_is_plain", "arn:aws:s3:::${aws:PrincipalTag/team}", "arn:aws:s3:::data-lake",
     false},
    {"star_of_a_value_itself", "arn:aws:s3:::${aws:PrincipalTag/Team}", "arn:aws:s3:::data*", true},
    {"no_value", "arn:aws:s3:::${aws:userid}", "arn:aws:s3:::", false},
    {"no_value_is_not_its_name", "arn:aws:s3:::${aws:userid}", "arn:aws:s3:::${aws:userid}", false},
    {"default", "arn:aws:s3:::${aws:userid, 'guest'}", "arn:aws:s3:::guest", true},
    {"default_is_not_needed", "arn:aws:s3:::${aws:username, 'guest'}", "arn:aws:s3:::guest", false},
    {"several_values", "arn:aws:s3:::${aws:TagKeys}", "arn:aws:s3:::a", false},
    {"escaped_star", "arn:aws:s3:::a${*}", "arn:aws:s3:::a*", true},
    {"escaped_star_is_no_wildcard", "arn:aws:s3:::a${*}", "arn:aws:s3:::ab", false},
    {"escaped_question_mark", "arn:aws:s3:::a${?}", "arn:aws:s3:::a?", true},
    {"escaped_dollar", "arn:aws:s3:::${$}{aws:username}", "arn:aws:s3:::${aws:username}", true},
    {"not_closed", "arn:aws:s3:::${aws:username", "arn:aws:s3:::${aws:username", true},
    {"before_the_fifth_colon", "arn:aws:sqs:eu-west-1:${aws:username}:q",
     "arn:aws:sqs:eu-west-1:ada:q", false},
};

class Variables : public testing::TestWithParam<VariableRow> {};

TEST_P(Variables, AreReplaced) {
  const VariableRow& row = GetParam();
  const Context context{
      {"aws:username", {"ada"}}, {"aws:PrincipalTag/Team", {"data*"}}, {"aws:TagKeys", {"a", "b"}}};
  const auto pattern = resource_pattern(row.text, context, true);
  EXPECT_EQ(pattern && pattern->matches(row.given), row.matches) << row.text;
}

INSTANTIATE_TEST_SUITE_P(Table, Variables, testing::ValuesIn(variable_rows),
                         [](const auto& row) { return row.param.name; });

TEST(VariablesOfOldDocuments, ArePlainText) {
  const auto pattern = resource_pattern("arn:aws:s3:::${aws:userid}", {}, false);
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->matches("arn:aws:s3:::${aws:userid}"));
}

TEST(ArnConditions, AColonOfAVariableEndsNoPart) {
  const Context context{{"aws:username", {"a:b"}}};
  const auto in_header = resolve_text("arn:aws:sqs:${aws:username}:1:q", context, true);
  ASSERT_TRUE(in_header);
  EXPECT_FALSE(Pattern::arn(*in_header));
  const auto in_rest = resolve_text("arn:aws:sqs:r:1:${aws:username}", context, true);
  ASSERT_TRUE(in_rest);
  EXPECT_TRUE(Pattern::arn(*in_rest)->matches("arn:aws:sqs:r:1:a:b"));
}

}  // namespace
}  // namespace firn::aws::iam
