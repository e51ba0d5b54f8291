// CloudWatch: metric alarms, what they refuse, and who hears when they go off.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors";
constexpr const char* topic_arn = "arn:aws:sns:eu-west-1:123456789012:alerts";
constexpr const char* queue_arn = "arn:aws:sqs:eu-west-1:123456789012:told";
constexpr const char* queue_url = "https://sqs.eu-west-1.amazonaws.com/123456789012/told";

class CloudWatchTest : public FileTest {
 protected:
  Reply ask(const std::string& operation, const Map& members) {
    return aws->json("monitoring", operation, Value(members));
  }
  // An alarm on the errors of a function, with these members otherwise; null takes one away.
  Reply put(const Map& changes = {}) {
    Map all{{"AlarmName", "errors"},
            {"Namespace", "AWS/Lambda"},
            {"MetricName", "Errors"},
            {"Dimensions", List{Value(Map{{"Name", "FunctionName"}, {"Value", "fetch"}})}},
            {"Statistic", "Sum"},
            {"Period", 300},
            {"EvaluationPeriods", 1},
            {"Threshold", 1.0},
            {"ComparisonOperator", "GreaterThanOrEqualToThreshold"}};
    for (const auto& [member, value] : changes) {
      if (value.is_null()) {
        all.erase(member);
      } else {
        all.set(member, value);
      }
    }
    return ask("PutMetricAlarm", all);
  }
  Value shown() {
    return ask("DescribeAlarms", {{"AlarmNames", List{Value("errors")}}})
        .json()
        .at_path("MetricAlarms.0");
  }
  Reply set_state(const char* state) {
    return ask("SetAlarmState",
               {{"AlarmName", "errors"}, {"StateValue", state}, {"StateReason", "a test"}});
  }
};

TEST_F(CloudWatchTest, AnAlarmIsMadeReadWrittenAnewAndDeleted) {
  EXPECT_OK(put({{"AlarmDescription", "It broke."},
                 {"AlarmActions", List{Value(topic_arn)}},
                 {"Tags", List{Value(Map{{"Key", "team"}, {"Value", "data"}})}}}));
  Value alarm = shown();
  EXPECT_EQ(alarm.string_or("AlarmArn", ""), arn);
  EXPECT_EQ(alarm.at("ActionsEnabled"), Value(true));
  EXPECT_EQ(alarm.string_or("StateValue", ""), "INSUFFICIENT_DATA");
  EXPECT_EQ(to_json(alarm.at("OKActions")), "[]");
  EXPECT_EQ(alarm.find("tags"), nullptr);
  EXPECT_EQ(to_json(ask("ListTagsForResource", {{"ResourceARN", arn}}).json()),
            R"({"Tags":[{"Key":"team","Value":"data"}]})");

  // Everything is written anew but state and tags.
  EXPECT_OK(set_state("OK"));
  EXPECT_OK(put({{"Threshold", 5.0}, {"Tags", List{Value(Map{{"Key", "late"}, {"Value", "x"}})}}}));
  alarm = shown();
  EXPECT_EQ(alarm.find("AlarmDescription"), nullptr);
  EXPECT_EQ(to_json(alarm.at("AlarmActions")), "[]");
  EXPECT_EQ(alarm.string_or("StateValue", ""), "OK");
  EXPECT_FALSE(ask("ListTagsForResource", {{"ResourceARN", arn}}).contains("late"));
  EXPECT_OK(ask("TagResource", {{"ResourceARN", arn},
                                {"Tags", List{Value(Map{{"Key", "late"}, {"Value", "x"}})}}}));
  EXPECT_OK(ask("UntagResource", {{"ResourceARN", arn}, {"TagKeys", List{Value("team")}}}));
  EXPECT_EQ(to_json(ask("ListTagsForResource", {{"ResourceARN", arn}}).json()),
            R"({"Tags":[{"Key":"late","Value":"x"}]})");

  EXPECT_OK(ask("DeleteAlarms", {{"AlarmNames", List{Value("errors"), Value("none")}}}));
  EXPECT_TRUE(shown().is_null());  // names that are not there are left out
  expect_refused("deleting it again",
                 [&] {
                   return ask("DeleteAlarms", {{"AlarmNames", List{Value("errors")}}});
                 },
                 {404, "ResourceNotFound", "", "json"});
  expect_refused("its tags",
                 [&] {
                   return ask("ListTagsForResource", {{"ResourceARN", arn}});
                 },
                 {404, "ResourceNotFoundException", arn, "json"});
}

Value metric(const char* id, bool returns) {
  return Map{{"Id", id},
             {"ReturnData", returns},
             {"MetricStat",
              Map{{"Metric", Map{{"Namespace", "AWS/SQS"}, {"MetricName", "NumberOfMessagesSent"}}},
                  {"Period", 60},
                  {"Stat", "p95"}}}};
}

TEST_F(CloudWatchTest, AFormulaTakesThePlaceOfAMetric) {
  const Value formula =
      Map{{"Id", "rate"}, {"Expression", "a / b"}, {"ReturnData", true}, {"Label", "Rate"}};
  const Map without{{"Namespace", Value()},
                    {"MetricName", Value()},
                    {"Dimensions", Value()},
                    {"Statistic", Value()},
                    {"Period", Value()}};
  Map members = without;
  members.set("Metrics", List{metric("a", false), metric("b", false), formula});
  EXPECT_OK(put(members));
  EXPECT_EQ(shown().at("Metrics").as_list().size(), 3U);
  const std::pair<const char*, List> bad[] = {
      {"Exactly one element", {metric("a", true), formula}},
      {"ids must be unique", {metric("a", false), metric("a", true)}},
      {"lower-case letter", {metric("Rate", true)}},
      {"either Expression or MetricStat", {Value(Map{{"Id", "a"}})}},
  };
  for (const auto& [message, metrics] : bad) {
    members.set("Metrics", metrics);
    expect_refused(message, [&] { return put(members); },
                   {400, "ValidationError", message, "json"});
  }
  expect_refused("both",
                 [&] {
                   return put({{"Metrics", List{metric("a", true)}}});
                 },
                 {400, "ValidationError", "must not be specified", "json"});
}

TEST_F(CloudWatchTest, BadAlarmsAreNotMade) {
  struct Row {
    const char* what;
    Map changes;
    const char* message;
  };
  const Row rows[] = {
      {"no name", {{"AlarmName", ""}}, "'alarmName'"},
      {"no namespace", {{"Namespace", Value()}}, "Namespace"},
      {"no statistic", {{"Statistic", Value()}}, "Statistic"},
      {"two statistics", {{"ExtendedStatistic", "p95"}}, "Exactly one"},
      {"no percentile", {{"Statistic", Value()}, {"ExtendedStatistic", "p101"}}, "p101"},
      {"a period of 45 s", {{"Period", 45}}, "multiple of 60"},
      {"no periods", {{"EvaluationPeriods", 0}}, "EvaluationPeriods"},
      {"more than a day", {{"EvaluationPeriods", 289}}, "more than a day"},
      {"more than a week", {{"Period", 3600}, {"EvaluationPeriods", 169}}, "more than seven days"},
      {"more points than periods", {{"DatapointsToAlarm", 2}}, "DatapointsToAlarm"},
      {"no threshold", {{"Threshold", Value()}}, "Threshold"},
      {"no comparison", {{"ComparisonOperator", "More"}}, "ComparisonOperator"},
      {"an unknown way", {{"TreatMissingData", "guess"}}, "TreatMissingData"},
      {"few samples of a sum", {{"EvaluateLowSampleCountPercentile", "ignore"}}, "percentile"},
      {"an unknown unit", {{"Unit", "Parsec"}}, "Unit"},
      {"an action that is no ARN", {{"OKActions", List{Value("alerts")}}}, "Invalid arn syntax"},
      {"a topic elsewhere",
       {{"AlarmActions", List{Value("arn:aws:sns:us-east-1:123456789012:alerts")}}},
       "Invalid region us-east-1"},
      {"a dimension twice",
       {{"Dimensions", List{Value(Map{{"Name", "a"}, {"Value", "1"}}),
                            Value(Map{{"Name", "a"}, {"Value", "2"}})}}},
       "duplicate"},
  };
  for (const Row& row : rows) {
    expect_refused(row.what, [&] { return put(row.changes); },
                   {400, "ValidationError", row.message, "json"});
  }
  expect_refused("a band",
                 [&] {
                   return put({{"ThresholdMetricId", "t"}});
                 },
                 {501, "NotImplemented", "ThresholdMetricId", "json"});
}

class AlarmActions : public CloudWatchTest {
 protected:
  AlarmActions() {
    EXPECT_OK(aws->json(
        "sqs", "CreateQueue",
        Map{{"QueueName", "told"},
            {"Attributes",
             Map{{"Policy",
                  fmt::format(
                      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":["sns.amazonaws.com","events.amazonaws.com"]}},"Action":"sqs:SendMessage","Resource":"{}"}}]}})",
                      queue_arn)}}}}));
    EXPECT_OK(aws->query("sns", {{"Action", "CreateTopic"}, {"Name", "alerts"}}));
    EXPECT_OK(aws->query("sns", {{"Action", "Subscribe"},
                                 {"TopicArn", topic_arn},
                                 {"Protocol", "sqs"},
                                 {"Endpoint", queue_arn},
                                 {"Attributes.entry.1.key", "RawMessageDelivery"},
                                 {"Attributes.entry.1.value", "true"}}));
  }
  void set_policy(const std::string& condition) {
    EXPECT_OK(aws->query(
        "sns",
        {{"Action", "SetTopicAttributes"},
         {"TopicArn", topic_arn},
         {"AttributeName", "Policy"},
         {"AttributeValue",
          fmt::format(
              R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"cloudwatch.amazonaws.com"}},"Action":"sns:Publish","Resource":"{}","Condition":{}}}]}})",
              topic_arn, condition)}}));
  }
  std::vector<Value> messages() {
    std::vector<Value> bodies;
    const Value reply = aws->json("sqs", "ReceiveMessage",
                                  Map{{"QueueUrl", queue_url}, {"MaxNumberOfMessages", 10}})
                            .json();
    if (!reply.at("Messages").is_list()) return bodies;
    for (const Value& message : reply.at("Messages").as_list())
      bodies.push_back(parse_json(message.string_or("Body", "")).value_or(Value()));
    return bodies;
  }
};

TEST_F(AlarmActions, ATopicHearsOfEachChange) {
  EXPECT_OK(put({{"AlarmActions", List{Value(topic_arn)}}}));
  EXPECT_OK(set_state("ALARM"));
  EXPECT_OK(set_state("ALARM"));  // no change
  EXPECT_OK(set_state("OK"));     // nobody is to hear of that
  const auto told = messages();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].string_or("AlarmName", ""), "errors");
  EXPECT_EQ(told[0].string_or("NewStateValue", ""), "ALARM");
  EXPECT_EQ(told[0].string_or("OldStateValue", ""), "INSUFFICIENT_DATA");
  EXPECT_EQ(told[0].at_path("Trigger.MetricName"), Value("Errors"));
  EXPECT_OK(ask("DisableAlarmActions", {{"AlarmNames", List{Value("errors")}}}));
  EXPECT_OK(set_state("ALARM"));
  EXPECT_TRUE(messages().empty());
  expect_refused("an alarm that is not there",
                 [&] {
                   return ask("SetAlarmState",
                              {{"AlarmName", "none"}, {"StateValue", "OK"}, {"StateReason", "x"}});
                 },
                 {404, "ResourceNotFound", "", "json"});
}

TEST_F(AlarmActions, TheTopicsPolicyDecides) {
  EXPECT_OK(put({{"AlarmActions", List{Value(topic_arn)}}}));
  set_policy(R"({"StringEquals":{"aws:SourceAccount":"210987654321"}})");
  EXPECT_OK(set_state("ALARM"));
  EXPECT_TRUE(messages().empty());
  EXPECT_OK(set_state("OK"));
  set_policy(R"({"StringEquals":{"aws:SourceAccount":"123456789012"}})");
  EXPECT_OK(set_state("ALARM"));
  EXPECT_EQ(messages().size(), 1U);
  EXPECT_OK(set_state("OK"));
  set_policy(fmt::format(R"({{"ArnLike":{{"aws:SourceArn":"{}"}}}})", arn));
  EXPECT_OK(set_state("ALARM"));
  EXPECT_EQ(messages().size(), 1U);
}

TEST_F(AlarmActions, TheEventBusHearsToo) {
  EXPECT_OK(put());
  EXPECT_OK(
      aws->json("events", "PutRule",
                Map{{"Name", "Alarms"},
                    {"EventPattern",
                     R"({"source":["aws.cloudwatch"],"detail":{"state":{"value":["ALARM"]}}})"}}));
  EXPECT_OK(aws->json(
      "events", "PutTargets",
      Map{{"Rule", "Alarms"}, {"Targets", List{Value(Map{{"Id", "queue"}, {"Arn", queue_arn}})}}}));
  EXPECT_OK(set_state("OK"));
  EXPECT_OK(set_state("ALARM"));
  const auto told = messages();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].string_or("detail-type", ""), "CloudWatch Alarm State Change");
  EXPECT_EQ(told[0].at_path("resources.0"), Value(arn));
  EXPECT_EQ(told[0].at_path("detail.previousState.value"), Value("OK"));
}

}  // namespace
}  // namespace firn::sandbox::testing
