// CloudWatch Logs: log groups, retention, tags.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

class LogsTest : public FileTest {
 protected:
  Reply ask(const std::string& operation, const Map& input) {
    return aws->json("logs", operation, Value(input));
  }
  Reply create(const std::string& name = "/aws/lambda/fetch") {
    return ask("CreateLogGroup", {{"logGroupName", name}});
  }
  Value group(const std::string& name = "/aws/lambda/fetch") {
    const Value groups = ask("DescribeLogGroups", {{"logGroupNamePrefix", name}}).json();
    for (const Value& one : groups.at("logGroups").as_list()) {
      if (one.string_or("logGroupName", "") == name) return one;
    }
    return {};
  }
};

TEST_F(LogsTest, AGroupIsMadeShownAndDeleted) {
  const Reply made = create();
  EXPECT_EQ(made.status, 200);
  EXPECT_TRUE(made.body.empty()) << made;
  const Value shown = group();
  EXPECT_EQ(shown.string_or("arn", ""),
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/fetch:*");
  EXPECT_EQ(shown.string_or("logGroupArn", ""),
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/fetch");
  EXPECT_EQ(shown.string_or("logGroupClass", ""), "STANDARD");
  EXPECT_EQ(shown.find("retentionInDays"), nullptr);
  expect_refused("again", [&] { return create(); },
                 {400, "ResourceAlreadyExistsException", "already exists", "json"});
  const auto remove = [&] {
    return ask("DeleteLogGroup", {{"logGroupName", "/aws/lambda/fetch"}});
  };
  EXPECT_OK(remove());
  EXPECT_TRUE(group().is_null());
  expect_refused(
      "gone", remove,
      {400, "ResourceNotFoundException", "The specified log group does not exist.", "json"});
  EXPECT_OK(create());  // the name is free at once
}

TEST_F(LogsTest, RetentionIsOneOfSomeNumbers) {
  EXPECT_OK(create());
  const auto keep = [&](int days) {
    return ask("PutRetentionPolicy",
               {{"logGroupName", "/aws/lambda/fetch"}, {"retentionInDays", days}});
  };
  for (const int days : {1, 30, 3653}) {
    EXPECT_OK(keep(days));
    EXPECT_EQ(group().int_or("retentionInDays", 0), days);
  }
  for (const int days : {0, 2, 31, 4000}) {
    expect_refused(fmt::format("{} days", days), [&] { return keep(days); },
                   {400, "InvalidParameterException", "retentionInDays", "json"});
  }
  EXPECT_OK(ask("DeleteRetentionPolicy", {{"logGroupName", "/aws/lambda/fetch"}}));
  EXPECT_EQ(group().find("retentionInDays"), nullptr);
}

TEST_F(LogsTest, BadRequestsAreRefused) {
  EXPECT_OK(create());
  const std::string arn = "arn:aws:logs:eu-west-1:123456789012:log-group:";
  const struct {
    const char* what;
    const char* operation;
    Map input;
    const char* code;
    const char* message;
  } rows[] = {
      {"no name", "CreateLogGroup", {}, "InvalidParameterException", "logGroupName"},
      {"a blank",
       "CreateLogGroup",
       {{"logGroupName", "my logs"}},
       "InvalidParameterException",
       "logGroupName"},
      {"513 characters",
       "CreateLogGroup",
       {{"logGroupName", std::string(513, 'l')}},
       "InvalidParameterException",
       "logGroupName"},
      {"AWS's own",
       "CreateLogGroup",
       {{"logGroupName", "aws/x"}},
       "InvalidParameterException",
       "reserved"},
      {"an unknown class",
       "CreateLogGroup",
       {{"logGroupName", "x"}, {"logGroupClass", "GOLD"}},
       "InvalidParameterException",
       "GOLD"},
      {"prefix and pattern",
       "DescribeLogGroups",
       {{"logGroupNamePrefix", "a"}, {"logGroupNamePattern", "b"}},
       "InvalidParameterException",
       "mutually exclusive"},
      {"retention of nothing",
       "PutRetentionPolicy",
       {{"logGroupName", "none"}, {"retentionInDays", 1}},
       "ResourceNotFoundException",
       "does not exist"},
      {"tags by an ARN with an asterisk",
       "TagResource",
       {{"resourceArn", arn + "/aws/lambda/fetch:*"}, {"tags", Map{{"a", "1"}}}},
       "InvalidParameterException",
       "not valid"},
      {"tags of nothing",
       "ListTagsForResource",
       {{"resourceArn", arn + "none"}},
       "ResourceNotFoundException",
       "does not exist"},
      {"a tag of AWS's",
       "TagResource",
       {{"resourceArn", arn + "/aws/lambda/fetch"}, {"tags", Map{{"aws:x", "1"}}}},
       "InvalidParameterException",
       "aws:x"},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return ask(row.operation, row.input); },
                   {400, row.code, row.message, "json"});
  }
}

TEST_F(LogsTest, APrefixFindsLongerNamesToo) {
  for (const char* name : {"/a", "/a/b", "/b"})
    EXPECT_OK(create(name));
  const auto names = [&](const Map& input) {
    std::vector<std::string> found;
    const Value answer = ask("DescribeLogGroups", input).json();
    for (const Value& one : answer.at("logGroups").as_list()) {
      found.push_back(one.string_or("logGroupName", ""));
    }
    return found;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({{"logGroupNamePrefix", "/a"}}), (Names{"/a", "/a/b"}));
  EXPECT_EQ(names({{"logGroupNamePattern", "B"}}), (Names{"/a/b", "/b"}));
  const List two{Value("/a"), Value("/b")};
  EXPECT_EQ(names({{"logGroupIdentifiers", Value(two)}}), (Names{"/a", "/b"}));
  expect_refused("two filters",
                 [&] {
                   return ask("DescribeLogGroups",
                              {{"logGroupIdentifiers", Value(two)}, {"logGroupNamePrefix", "/a"}});
                 },
                 {400, "InvalidParameterException", "mutually exclusive", "json"});
  const List many(51, Value("/a"));
  expect_refused("too many",
                 [&] {
                   return ask("DescribeLogGroups", {{"logGroupIdentifiers", Value(many)}});
                 },
                 {400, "InvalidParameterException", "between 1 and 50", "json"});
  const Value first = ask("DescribeLogGroups", {{"limit", 2}}).json();
  EXPECT_EQ(first.at("logGroups").as_list().size(), 2u);
  EXPECT_EQ(names({{"limit", 2}, {"nextToken", first.at("nextToken")}}), (Names{"/b"}));
}

TEST_F(LogsTest, TagsAreAddedAndTakenAway) {
  EXPECT_OK(ask("CreateLogGroup", {{"logGroupName", "x"}, {"tags", Map{{"a", "1"}}}}));
  const std::string arn = "arn:aws:logs:eu-west-1:123456789012:log-group:x";
  EXPECT_OK(ask("TagResource", {{"resourceArn", arn}, {"tags", Map{{"b", "2"}}}}));
  const List keys{Value("a")};
  EXPECT_OK(ask("UntagResource", {{"resourceArn", arn}, {"tagKeys", Value(keys)}}));
  EXPECT_EQ(to_json(ask("ListTagsForResource", {{"resourceArn", arn}}).json()),
            R"({"tags":{"b":"2"}})");
}

}  // namespace
}  // namespace firn::sandbox::testing
