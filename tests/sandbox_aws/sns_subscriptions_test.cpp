// SNS: what subscriptions let through, where undelivered messages go, and what nobody confirms.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* topic = "arn:aws:sns:eu-west-1:123456789012:news";
constexpr const char* queue = "arn:aws:sqs:eu-west-1:123456789012:inbox";
constexpr const char* dead = "arn:aws:sqs:eu-west-1:123456789012:dead";
constexpr const char* function = "arn:aws:lambda:eu-west-1:123456789012:function:reader";

class SubscriptionTest : public FileTest {
 protected:
  SubscriptionTest() {
    EXPECT_OK(ask("CreateTopic", {{"Name", "news"}}));
    for (const char* name : {"inbox", "dead"})
      make_queue(name, true);
  }
  Reply ask(const std::string& action, Form form) {
    form.emplace_back("Action", action);
    form.emplace_back("Version", "2010-03-31");
    return aws->query("sns", form);
  }
  void make_queue(const std::string& name, bool is_open) {
    Map attributes;
    if (is_open) {
      attributes.set("Policy",
                     fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",)"
                                 R"("Principal":{{"Service":"sns.amazonaws.com"}},)"
                                 R"("Action":"sqs:SendMessage","Resource":)"
                                 R"("arn:aws:sqs:eu-west-1:123456789012:{}"}}]}})",
                                 name));
    }
    EXPECT_OK(aws->json("sqs", "CreateQueue",
                        Map{{"QueueName", name}, {"Attributes", Value(std::move(attributes))}}));
  }
  Reply subscribe(const std::string& protocol, const std::string& endpoint,
                  const Headers& attributes = {}) {
    Form form{{"TopicArn", topic},
              {"Protocol", protocol},
              {"Endpoint", endpoint},
              {"ReturnSubscriptionArn", "true"}};
    std::size_t number = 0;
    for (const auto& [name, value] : attributes) {
      ++number;
      form.emplace_back(fmt::format("Attributes.entry.{}.key", number), name);
      form.emplace_back(fmt::format("Attributes.entry.{}.value", number), value);
    }
    return ask("Subscribe", form);
  }
  Reply set(const std::string& arn, const std::string& name, const std::string& value) {
    return ask("SetSubscriptionAttributes",
               {{"SubscriptionArn", arn}, {"AttributeName", name}, {"AttributeValue", value}});
  }
  void publish(const std::string& message) {
    EXPECT_OK(ask("Publish", {{"TopicArn", topic}, {"Message", message}}));
  }
  // How many messages are in the queue.
  std::int64_t waiting(const std::string& name) {
    const Reply reply = aws->json(
        "sqs", "GetQueueAttributes",
        Map{{"QueueUrl", fmt::format("https://sqs.eu-west-1.amazonaws.com/{}/{}", account_a, name)},
            {"AttributeNames", List{Value("All")}}});
    return std::stoll(reply.json().at("Attributes").string_or("ApproximateNumberOfMessages", "-1"));
  }
};

struct FilterCase {
  const char* what;
  const char* policy;
  const char* message;
  bool passes;
};

class BodyFilter : public SubscriptionTest, public ::testing::WithParamInterface<FilterCase> {};

TEST_P(BodyFilter, LetsThroughWhatFits) {
  EXPECT_OK(subscribe("sqs", queue,
                      {{"FilterPolicyScope", "MessageBody"}, {"FilterPolicy", GetParam().policy}}));
  publish(GetParam().message);
  EXPECT_EQ(waiting("inbox"), GetParam().passes ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BodyFilter,
    ::testing::Values(
        FilterCase{"equal", R"({"kind": ["a", "b"]})", R"({"kind": "b"})", true},
        FilterCase{"not_equal", R"({"kind": ["a"]})", R"({"kind": "b"})", false},
        FilterCase{"missing", R"({"kind": ["a"]})", R"({"size": 1})", false},
        FilterCase{"no_json", R"({"kind": ["a"]})", "kind=a", false},
        FilterCase{"every_key", R"({"kind": ["a"], "size": [1]})", R"({"kind": "a"})", false},
        FilterCase{"null", R"({"kind": [null]})", R"({"kind": null})", true},
        FilterCase{"boolean", R"({"kind": [true]})", R"({"kind": true})", true},
        FilterCase{"one_of_a_list", R"({"kind": ["a"]})", R"({"kind": ["x", "a"]})", true},
        FilterCase{"prefix", R"({"kind": [{"prefix": "or"}]})", R"({"kind": "order"})", true},
        FilterCase{"suffix", R"({"kind": [{"suffix": ".csv"}]})", R"({"kind": "a.txt"})", false},
        FilterCase{"any_case", R"({"k": [{"equals-ignore-case": "A"}]})", R"({"k": "a"})", true},
        FilterCase{"wildcard", R"({"k": [{"wildcard": "a*c*e"}]})", R"({"k": "abcde"})", true},
        FilterCase{"wildcard_not", R"({"k": [{"wildcard": "a*c"}]})", R"({"k": "abd"})", false},
        FilterCase{"anything_but", R"({"k": [{"anything-but": ["a"]}]})", R"({"k": "b"})", true},
        FilterCase{"but_that", R"({"k": [{"anything-but": ["a"]}]})", R"({"k": "a"})", false},
        FilterCase{"but_a_prefix", R"({"k": [{"anything-but": {"prefix": "a"}}]})",
                   R"({"k": "ab"})", false},
        FilterCase{"within", R"({"k": [{"numeric": [">", 0, "<=", 10]}]})", R"({"k": 10})", true},
        FilterCase{"beyond", R"({"k": [{"numeric": [">", 0, "<", 10]}]})", R"({"k": 10})", false},
        FilterCase{"exists", R"({"k": [{"exists": true}]})", R"({"k": 0})", true},
        FilterCase{"exists_not", R"({"k": [{"exists": false}]})", R"({"k": 0})", false},
        FilterCase{"absent", R"({"k": [{"exists": false}]})", "{}", true},
        FilterCase{"either", R"({"$or": [{"a": [1]}, {"b": [1]}]})", R"({"b": 1})", true},
        FilterCase{"neither", R"({"$or": [{"a": [1]}, {"b": [1]}]})", R"({"b": 2})", false},
        FilterCase{"deep", R"({"Records": {"s3": {"object": {"key": [{"prefix": "in/"}]}}}})",
                   R"({"Records": [{"s3": {"object": {"key": "in/a"}}}]})", true},
        FilterCase{"deep_not", R"({"Records": {"s3": {"object": {"key": [{"prefix": "in/"}]}}}})",
                   R"({"Records": [{"s3": {"object": {"key": "out/a"}}}]})", false}),
    [](const auto& test) { return test.param.what; });

TEST_F(SubscriptionTest, WithoutAttributesOnlyTheirAbsenceFits) {
  const std::string arn =
      subscribe("sqs", queue, {{"FilterPolicy", R"({"kind": ["a"]})"}}).xml("SubscriptionArn");
  publish(R"({"kind": "a"})");
  EXPECT_EQ(waiting("inbox"), 0);
  EXPECT_OK(set(arn, "FilterPolicy", R"({"kind": [{"exists": false}]})"));
  publish("x");
  EXPECT_EQ(waiting("inbox"), 1);
  EXPECT_OK(set(arn, "FilterPolicy", "{}"));
  publish("y");
  EXPECT_EQ(waiting("inbox"), 2);
}

TEST_F(SubscriptionTest, WhatIsRefused) {
  const std::string arn = subscribe("sqs", queue).xml("SubscriptionArn");
  const std::string mail = subscribe("email", "a@example.com").xml("SubscriptionArn");
  const struct {
    const char* what;
    std::string arn;
    const char* name;
    const char* value;
    const char* message;
  } rows[] = {
      {"no JSON", arn, "FilterPolicy", "{", "FilterPolicy: failed to parse JSON."},
      {"no list", arn, "FilterPolicy", R"({"k": "a"})", "must be an object or an array"},
      {"nested without the body's scope", arn, "FilterPolicy", R"({"k": {"l": ["a"]}})",
       "Filter policy scope MessageAttributes does not support nested filter policy"},
      {"an unknown rule", arn, "FilterPolicy", R"({"k": [{"like": "a"}]})",
       "Unrecognized match type"},
      {"two rules in one", arn, "FilterPolicy", R"({"k": [{"prefix": "a", "suffix": "b"}]})",
       "Only one key allowed"},
      {"six keys", arn, "FilterPolicy", R"({"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]})",
       "more than 5 keys"},
      {"an unknown scope", arn, "FilterPolicyScope", "Everything",
       "Please use either MessageBody or MessageAttributes"},
      {"no dead-letter queue", arn, "RedrivePolicy", R"({"deadLetterTargetArn": "dead"})",
       "deadLetterTargetArn is an invalid arn"},
      {"a raw mail", mail, "RawMessageDelivery", "true",
       "Delivery protocol [email] does not support raw message delivery."},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return set(row.arn, row.name, row.value); },
                   {400, "InvalidParameter", row.message, "query"});
  }
  EXPECT_OK(set(arn, "FilterPolicyScope", "MessageBody"));
  EXPECT_OK(set(arn, "FilterPolicy", R"({"k": {"l": ["a"]}})"));
  expect_refused("the scope back under a nested policy",
                 [&] { return set(arn, "FilterPolicyScope", "MessageAttributes"); },
                 {400, "InvalidParameter", "does not support nested", "query"});
}

TEST_F(SubscriptionTest, WhatCannotBeDeliveredGoesToTheDeadLetters) {
  make_queue("closed", false);
  EXPECT_OK(
      subscribe("sqs", "arn:aws:sqs:eu-west-1:123456789012:closed",
                {{"RedrivePolicy", fmt::format(R"({{"deadLetterTargetArn": "{}"}})", dead)}}));
  publish("lost");
  EXPECT_EQ(waiting("closed"), 0);
  EXPECT_EQ(waiting("dead"), 1);
}

TEST_F(SubscriptionTest, AFunctionGetsMessagesOnlyWithAPermission) {
  EXPECT_OK(aws->rest("lambda", "POST", "/2015-03-31/functions",
                      Map{{"FunctionName", "reader"},
                          {"Runtime", "python3.12"},
                          {"Handler", "main.handler"},
                          {"Role", ready_role("Reader", "lambda.amazonaws.com")},
                          {"Code", Map{{"ZipFile", small_zip()}}}}));
  EXPECT_OK(
      subscribe("lambda", function,
                {{"RedrivePolicy", fmt::format(R"({{"deadLetterTargetArn": "{}"}})", dead)}}));
  publish("not permitted");
  EXPECT_EQ(waiting("dead"), 1);
  EXPECT_OK(aws->rest("lambda", "POST", "/2015-03-31/functions/reader/policy",
                      Map{{"StatementId", "sns"},
                          {"Action", "lambda:InvokeFunction"},
                          {"Principal", "sns.amazonaws.com"},
                          {"SourceArn", topic}}));
  publish("permitted");
  EXPECT_EQ(waiting("dead"), 1);
}

TEST_F(SubscriptionTest, WhatNobodyConfirmsIsForgottenAfterThreeDays) {
  const std::string arn = subscribe("email", "a@example.com").xml("SubscriptionArn");
  const auto shown = [&] { return ask("GetSubscriptionAttributes", {{"SubscriptionArn", arn}}); };
  advance(std::chrono::hours(71));
  EXPECT_TRUE(shown().contains("<key>PendingConfirmation</key><value>true</value>"));
  advance(std::chrono::hours(1));
  expect_refused("after three days", shown, {404, "NotFound", "does not exist", "query"});
  EXPECT_FALSE(ask("ListSubscriptionsByTopic", {{"TopicArn", topic}}).contains("a@example.com"));
  EXPECT_NE(subscribe("email", "a@example.com").xml("SubscriptionArn"), arn);
}

}  // namespace
}  // namespace firn::sandbox::testing
