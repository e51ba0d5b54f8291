// EventBridge: rules, patterns, targets, and the way of an event to a queue and a topic.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* rule_arn = "arn:aws:events:eu-west-1:123456789012:rule/Failed";
constexpr const char* queue_arn = "arn:aws:sqs:eu-west-1:123456789012:told";
constexpr const char* topic_arn = "arn:aws:sns:eu-west-1:123456789012:told";
constexpr const char* queue_url = "https://sqs.eu-west-1.amazonaws.com/123456789012/told";
constexpr const char* letters_arn = "arn:aws:sqs:eu-west-1:123456789012:letters";
constexpr const char* letters_url = "https://sqs.eu-west-1.amazonaws.com/123456789012/letters";

std::string allow(const std::string& service, const std::string& action,
                  const std::string& resource, const std::string& condition = "") {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},"Action":"{}","Resource":"{}"{}}}]}})",
      service, action, resource, condition);
}

std::string from_rule() {
  return fmt::format(R"(,"Condition":{{"ArnLike":{{"aws:SourceArn":"{}"}}}})", rule_arn);
}

class EventsTest : public FileTest {
 protected:
  Reply ask(const std::string& operation, const Map& members) {
    return aws->json("events", operation, Value(members));
  }
  Reply put_rule(const Map& members) {
    Map all{{"Name", "Failed"}};
    for (const auto& [member, value] : members)
      all.set(member, value);
    return ask("PutRule", all);
  }
  void make_rule() {
    EXPECT_OK(put_rule({{"EventPattern", R"({"source":["shop"],"detail":{"state":["failed"]}})"}}));
  }
  void make_queue(const std::string& queue, const std::string& policy) {
    Map attributes;
    if (!policy.empty()) attributes.set("Policy", policy);
    EXPECT_OK(aws->json("sqs", "CreateQueue",
                        Map{{"QueueName", queue}, {"Attributes", Value(std::move(attributes))}}));
  }
  Reply put_target(const Map& members) {
    Map target{{"Id", "one"}};
    for (const auto& [member, value] : members)
      target.set(member, value);
    return ask("PutTargets", {{"Rule", "Failed"}, {"Targets", List{Value(std::move(target))}}});
  }
  // What the shop says of an order.
  Reply say(const std::string& state) {
    return ask("PutEvents",
               {{"Entries",
                 List{Value(Map{{"Source", "shop"},
                                {"DetailType", "Order"},
                                {"Detail", fmt::format(R"({{"state":"{}","number":7}})", state)},
                                {"Resources", List{Value("order/7")}}})}}});
  }
  // The messages of a queue, each taken once.
  std::vector<std::string> messages(const char* url) {
    std::vector<std::string> bodies;
    const Value reply =
        aws->json("sqs", "ReceiveMessage", Map{{"QueueUrl", url}, {"MaxNumberOfMessages", 10}})
            .json();
    if (!reply.at("Messages").is_list()) return bodies;
    for (const Value& message : reply.at("Messages").as_list())
      bodies.push_back(message.string_or("Body", ""));
    return bodies;
  }
};

TEST_F(EventsTest, ARuleIsMadeReadWrittenAnewAndDeleted) {
  const List tags{Value(Map{{"Key", "team"}, {"Value", "data"}})};
  const Reply made = put_rule({{"EventPattern", R"({"source":["shop"]})"},
                               {"Description", "of the shop"},
                               {"State", "DISABLED"},
                               {"Tags", Value(tags)}});
  EXPECT_EQ(made.json().string_or("RuleArn", ""), rule_arn);
  Value shown = ask("DescribeRule", {{"Name", "Failed"}}).json();
  EXPECT_EQ(shown.string_or("EventPattern", ""), R"({"source":["shop"]})");
  EXPECT_EQ(shown.string_or("State", ""), "DISABLED");
  EXPECT_EQ(shown.string_or("CreatedBy", ""), account_a);

  // What is not said is gone; tags count only when a rule is new.
  EXPECT_OK(put_rule({{"ScheduleExpression", "rate(1 hour)"},
                      {"Tags", List{Value(Map{{"Key", "late"}, {"Value", "x"}})}}}));
  shown = ask("DescribeRule", {{"Name", "Failed"}}).json();
  EXPECT_EQ(shown.find("EventPattern"), nullptr);
  EXPECT_EQ(shown.find("Description"), nullptr);
  EXPECT_EQ(shown.string_or("State", ""), "ENABLED");
  EXPECT_EQ(to_json(ask("ListTagsForResource", {{"ResourceARN", rule_arn}}).json()),
            R"({"Tags":[{"Key":"team","Value":"data"}]})");
  EXPECT_OK(ask("DisableRule", {{"Name", "Failed"}}));
  EXPECT_TRUE(ask("ListRules", {{"NamePrefix", "Fa"}}).contains("\"DISABLED\""));

  EXPECT_OK(ask("DeleteRule", {{"Name", "Failed"}}));
  EXPECT_OK(ask("DeleteRule", {{"Name", "Failed"}}));  // again: no error
  expect_refused("gone",
                 [&] {
                   return ask("DescribeRule", {{"Name", "Failed"}});
                 },
                 {400, "ResourceNotFoundException",
                  "Rule Failed does not exist on EventBus default.", "json"});
}

struct Row {
  const char* what;
  Map members;
  const char* code;
  const char* message;
};

TEST_F(EventsTest, BadRulesAreNotMade) {
  EXPECT_OK(ask("CreateEventBus", {{"Name", "shop"}}));
  const Row rows[] = {
      {"nothing to wait for", {}, "ValidationException", "must be specified"},
      {"a name with a blank",
       {{"Name", "a b"}, {"ScheduleExpression", "rate(1 hour)"}},
       "ValidationException",
       "'name'"},
      {"no schedule",
       {{"ScheduleExpression", "hourly"}},
       "ValidationException",
       "Parameter ScheduleExpression is not valid."},
      {"a moment",
       {{"ScheduleExpression", "at(2026-01-01T00:00:00)"}},
       "ValidationException",
       "Parameter ScheduleExpression is not valid."},
      {"a schedule on another bus",
       {{"ScheduleExpression", "rate(1 hour)"}, {"EventBusName", "shop"}},
       "ValidationException",
       "only on the default event bus"},
      {"no JSON", {{"EventPattern", "{"}}, "InvalidEventPatternException", "Unrecognized token"},
      {"a bare value",
       {{"EventPattern", R"({"source":"shop"})"}},
       "InvalidEventPatternException",
       "must be an object or an array"},
      {"an empty list",
       {{"EventPattern", R"({"source":[]})"}},
       "InvalidEventPatternException",
       "Empty arrays are not allowed"},
      {"an unknown filter",
       {{"EventPattern", R"({"source":[{"like":"x"}]})"}},
       "InvalidEventPatternException",
       "Unrecognized match type like"},
      {"a bus that is not there",
       {{"EventPattern", R"({"source":["shop"]})"}, {"EventBusName", "none"}},
       "ResourceNotFoundException",
       "Event bus none does not exist."},
  };
  for (const Row& row : rows) {
    expect_refused(row.what, [&] { return put_rule(row.members); },
                   {400, row.code, row.message, "json"});
  }
  expect_refused("a filter that exists, but not here",
                 [&] {
                   return put_rule({{"EventPattern", R"({"ip":[{"cidr":"10.0.0.0/8"}]})"}});
                 },
                 {501, "NotImplemented", "firn sandbox does not know the filter cidr", "json"});
}

TEST_F(EventsTest, BadTargetsAreRefused) {
  make_rule();
  const std::string role = ready_role("Wrong", "lambda.amazonaws.com");
  const char* const machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:m";
  const Row rows[] = {
      {"no ARN", {{"Arn", "told"}}, "ValidationException", "not in correct format"},
      {"a state machine without a role",
       {{"Arn", machine}},
       "ValidationException",
       "RoleArn is required"},
      {"a role of another service",
       {{"Arn", machine}, {"RoleArn", role}},
       "ValidationException",
       "cannot be assumed by principal 'events.amazonaws.com'"},
      {"two inputs",
       {{"Arn", queue_arn}, {"Input", "{}"}, {"InputPath", "$.detail"}},
       "ValidationException",
       "Only one of Input, InputPath, or InputTransformer"},
      {"a placeholder without a path",
       {{"Arn", queue_arn}, {"InputTransformer", Map{{"InputTemplate", "\"<state>\""}}}},
       "ValidationException",
       "invalid placeholder state"},
      {"an ordered queue without a group",
       {{"Arn", std::string(queue_arn) + ".fifo"}},
       "ValidationException",
       "SqsParameters"},
      {"dead letters to a topic",
       {{"Arn", queue_arn}, {"DeadLetterConfig", Map{{"Arn", topic_arn}}}},
       "ValidationException",
       "is not an SQS queue"},
      {"too many attempts",
       {{"Arn", queue_arn}, {"RetryPolicy", Map{{"MaximumRetryAttempts", 186}}}},
       "ValidationException",
       "185"},
  };
  for (const Row& row : rows) {
    expect_refused(row.what, [&] { return put_target(row.members); },
                   {400, row.code, row.message, "json"});
  }
  for (const char* id : {"a", "b", "c", "d", "e"})
    EXPECT_OK(put_target({{"Id", id}, {"Arn", queue_arn}}));
  expect_refused("a sixth",
                 [&] {
                   return put_target({{"Id", "f"}, {"Arn", queue_arn}});
                 },
                 {400, "LimitExceededException", "exceeds the maximum number allowed", "json"});
  expect_refused("deleting a rule with targets",
                 [&] {
                   return ask("DeleteRule", {{"Name", "Failed"}});
                 },
                 {400, "ValidationException", "since it has targets", "json"});
  EXPECT_OK(ask("RemoveTargets", {{"Rule", "Failed"}, {"Ids", List{Value("a"), Value("none")}}}));
  EXPECT_EQ(ask("ListTargetsByRule", {{"Rule", "Failed"}}).json().at("Targets").as_list().size(),
            4U);
}

TEST_F(EventsTest, PatternsFitEvents) {
  const std::string event =
      R"({"id":"1","source":"shop","detail-type":"Order","account":"1","time":"t","region":"r",)"
      R"("resources":["a","b"],"detail":{"state":"failed","number":7,"file":"in/x.csv","gone":null}})";
  const std::pair<const char*, bool> rows[] = {
      {R"({"source":["shop"]})", true},
      {R"({"source":["bank","shop"]})", true},
      {R"({"source":["bank"]})", false},
      {R"({"resources":["b"]})", true},
      {R"({"source":["shop"],"detail":{"state":["done"]}})", false},
      {R"({"detail":{"number":[7.0]}})", true},
      {R"({"detail":{"number":[{"numeric":[">",5,"<=",7]}]}})", true},
      {R"({"detail":{"number":[{"numeric":["<",7]}]}})", false},
      {R"({"detail":{"file":[{"prefix":"in/"}]}})", true},
      {R"({"detail":{"file":[{"suffix":".CSV"}]}})", false},
      {R"({"detail":{"file":[{"suffix":{"equals-ignore-case":".CSV"}}]}})", true},
      {R"({"detail":{"file":[{"wildcard":"in/*.csv"}]}})", true},
      {R"({"detail":{"state":[{"equals-ignore-case":"FAILED"}]}})", true},
      {R"({"detail":{"state":[{"anything-but":["done","failed"]}]}})", false},
      {R"({"detail":{"state":[{"anything-but":{"prefix":"do"}}]}})", true},
      {R"({"detail":{"gone":[null]}})", true},
      {R"({"detail":{"more":[{"exists":false}]}})", true},
      {R"({"detail":{"state":[{"exists":false}]}})", false},
      {R"({"other":{"more":[{"exists":false}]}})", true},
      {R"({"$or":[{"source":["bank"]},{"detail":{"number":[7]}}]})", true},
      {R"({"$or":[{"source":["bank"]},{"detail":{"number":[8]}}]})", false},
  };
  for (const auto& [pattern, wanted] : rows) {
    const Reply reply = ask("TestEventPattern", {{"EventPattern", pattern}, {"Event", event}});
    EXPECT_EQ(reply.json().at("Result"), Value(wanted)) << pattern << reply;
  }
}

TEST_F(EventsTest, AnEventReachesTheQueueThatLetsItIn) {
  make_rule();
  make_queue("told", allow("events.amazonaws.com", "sqs:SendMessage", queue_arn, from_rule()));
  EXPECT_OK(put_target({{"Arn", queue_arn}}));
  EXPECT_OK(say("done"));
  EXPECT_TRUE(messages(queue_url).empty());
  const Reply said = say("failed");
  EXPECT_EQ(said.json().at("FailedEntryCount"), Value(0));
  const auto bodies = messages(queue_url);
  ASSERT_EQ(bodies.size(), 1U);
  const Value event = parse_json(bodies[0]).value_or(Value());
  EXPECT_EQ(event.at("id"), said.json().at_path("Entries.0.EventId"));
  EXPECT_EQ(event.string_or("source", ""), "shop");
  EXPECT_EQ(event.string_or("detail-type", ""), "Order");
  EXPECT_EQ(event.string_or("account", ""), account_a);
  EXPECT_EQ(event.at_path("resources.0"), Value("order/7"));
  EXPECT_EQ(event.at_path("detail.number"), Value(7));

  EXPECT_OK(ask("DisableRule", {{"Name", "Failed"}}));
  EXPECT_OK(say("failed"));
  EXPECT_TRUE(messages(queue_url).empty());
}

TEST_F(EventsTest, InputsSayWhatTheTargetIsTold) {
  make_rule();
  make_queue("told", allow("events.amazonaws.com", "sqs:SendMessage", queue_arn));
  const std::pair<Map, const char*> rows[] = {
      {{{"Input", R"({"fixed":true})"}}, R"({"fixed":true})"},
      {{{"InputPath", "$.detail"}}, R"({"number":7,"state":"failed"})"},
      {{{"InputPath", "$.detail.state"}}, R"("failed")"},
      {{{"InputTransformer",
         Map{{"InputPathsMap", Map{{"s", "$.detail.state"}, {"n", "$.detail.number"}}},
             {"InputTemplate", R"("Order <n> is <s>, says <aws.events.rule-name>.")"}}}},
       R"("Order 7 is failed, says Failed.")"},
      {{{"InputTransformer", Map{{"InputPathsMap", Map{{"s", "$.detail.state"}}},
                                 {"InputTemplate", R"({"state": <s>})"}}}},
       R"({"state": "failed"})"},
  };
  for (const auto& [members, wanted] : rows) {
    Map target = members;
    target.set("Arn", queue_arn);
    EXPECT_OK(put_target(target));
    EXPECT_OK(say("failed"));
    EXPECT_EQ(messages(queue_url), std::vector<std::string>{wanted});
  }
}

TEST_F(EventsTest, WhatCannotBeDeliveredGoesToTheDeadLetters) {
  make_rule();
  make_queue("told", "");  // lets nobody in
  make_queue("letters", allow("events.amazonaws.com", "sqs:SendMessage", letters_arn, from_rule()));
  EXPECT_OK(put_target(
      {{"Arn", queue_arn}, {"Input", "lost"}, {"DeadLetterConfig", Map{{"Arn", letters_arn}}}}));
  EXPECT_OK(say("failed"));
  EXPECT_TRUE(messages(queue_url).empty());
  EXPECT_EQ(messages(letters_url), std::vector<std::string>{"lost"});
}

// EventBridge brings no condition keys along when it publishes to a topic.
TEST_F(EventsTest, ATopicLetsItInOnlyWithoutACondition) {
  make_rule();
  make_queue("told", allow("sns.amazonaws.com", "sqs:SendMessage", queue_arn));
  EXPECT_OK(aws->query("sns", {{"Action", "CreateTopic"}, {"Name", "told"}}));
  EXPECT_OK(aws->query("sns", {{"Action", "Subscribe"},
                               {"TopicArn", topic_arn},
                               {"Protocol", "sqs"},
                               {"Endpoint", queue_arn},
                               {"Attributes.entry.1.key", "RawMessageDelivery"},
                               {"Attributes.entry.1.value", "true"}}));
  EXPECT_OK(put_target({{"Arn", topic_arn}, {"Input", "told"}}));
  const auto with_policy = [&](const std::string& policy) {
    EXPECT_OK(aws->query("sns", {{"Action", "SetTopicAttributes"},
                                 {"TopicArn", topic_arn},
                                 {"AttributeName", "Policy"},
                                 {"AttributeValue", policy}}));
    EXPECT_OK(say("failed"));
    return messages(queue_url).size();
  };
  EXPECT_EQ(with_policy(allow("events.amazonaws.com", "sns:Publish", topic_arn, from_rule())), 0U);
  EXPECT_EQ(with_policy(allow("events.amazonaws.com", "sns:Publish", topic_arn)), 1U);
}

TEST_F(EventsTest, CallersMaySpeakForThemselvesOnly) {
  const auto entry = [&](const Map& members) {
    return ask("PutEvents", {{"Entries", List{Value(members)}}}).json();
  };
  EXPECT_EQ(entry({{"Source", "aws.states"}, {"DetailType", "x"}, {"Detail", "{}"}})
                .at_path("Entries.0.ErrorCode"),
            Value("NotAuthorizedForSourceException"));
  EXPECT_EQ(entry({{"Source", "shop"}, {"DetailType", "x"}, {"Detail", "text"}})
                .at_path("Entries.0.ErrorCode"),
            Value("MalformedDetail"));
  EXPECT_EQ(entry({{"DetailType", "x"}, {"Detail", "{}"}}).at("FailedEntryCount"), Value(1));
}

TEST_F(EventsTest, BusesAreApart) {
  EXPECT_OK(ask("CreateEventBus", {{"Name", "shop"}}));
  EXPECT_EQ(put_rule({{"EventPattern", R"({"source":["shop"]})"}, {"EventBusName", "shop"}})
                .json()
                .string_or("RuleArn", ""),
            "arn:aws:events:eu-west-1:123456789012:rule/shop/Failed");
  EXPECT_FALSE(ask("ListRules", {}).contains("Failed"));
  expect_refused("a bus with rules",
                 [&] {
                   return ask("DeleteEventBus", {{"Name", "shop"}});
                 },
                 {400, "ValidationException", "still has rules", "json"});
  EXPECT_OK(ask("DeleteRule", {{"Name", "Failed"}, {"EventBusName", "shop"}}));
  EXPECT_OK(ask("DeleteEventBus", {{"Name", "shop"}}));
}

// What happens in the sandbox by itself: objects, images; alarms are tried with CloudWatch.
TEST_F(EventsTest, ABucketTellsOfItsObjects) {
  EXPECT_OK(create_bucket("lake"));
  EXPECT_OK(aws->s3("PUT", "lake", "/?notification",
                    "<NotificationConfiguration><EventBridgeConfiguration/>"
                    "</NotificationConfiguration>"));
  EXPECT_OK(
      put_rule({{"EventPattern",
                 R"({"source":["aws.s3"],"detail":{"object":{"key":[{"prefix":"in/"}]}}})"}}));
  make_queue("told", allow("events.amazonaws.com", "sqs:SendMessage", queue_arn));
  EXPECT_OK(put_target({{"Arn", queue_arn}}));
  EXPECT_OK(aws->s3("PUT", "lake", "/in/a%20b", "text"));
  EXPECT_OK(aws->s3("PUT", "lake", "/out/a", "text"));
  EXPECT_OK(aws->s3("DELETE", "lake", "/in/a%20b"));
  const auto bodies = messages(queue_url);
  ASSERT_EQ(bodies.size(), 2U);
  const Value made = parse_json(bodies[0]).value_or(Value());
  EXPECT_EQ(made.string_or("detail-type", ""), "Object Created");
  EXPECT_EQ(made.at_path("detail.object.key"), Value("in/a b"));
  EXPECT_EQ(made.at_path("detail.object.size"), Value(4));
  EXPECT_EQ(parse_json(bodies[1]).value_or(Value()).string_or("detail-type", ""), "Object Deleted");
}

}  // namespace
}  // namespace firn::sandbox::testing
