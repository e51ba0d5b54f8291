// Event rules, alarms, objects and the caller's identity on the wire.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/base/digest.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/provider.h"
#include "providers/aws/resource_policies.h"
#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* kOwnTags = R"([{"Key": "firn:stack", "Value": "finance"},
                                     {"Key": "firn:environment", "Value": "dev"},
                                     {"Key": "firn:address", "Value": "thing"}])";

std::string arn_of_alarm(const std::string& name) {
  return "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:" + name;
}

std::string own_tags() {
  return std::string("{\"Tags\": ") + kOwnTags + "}";
}

std::vector<Problem> problems_of(const std::string& type, const std::string& inputs) {
  const ResourceType& table = *find_type(type)->type;
  Value given = json(inputs);
  if (table.normalize != nullptr) given = table.normalize(given);
  std::vector<Problem> problems;
  table.validate(Rig::options().placement, "a-name", given, problems);
  return problems;
}

// --- event rules

constexpr const char* kRule =
    R"({"pattern": {"source": ["aws.states"], "detail": {"status": ["FAILED"]}},
        "description": "Tells of failures.",
        "targets": {"alerts": {"arn": "arn:aws:sns:eu-west-1:123456789012:alerts",
                               "retry": {"max_attempts": 2},
                               "transformer": {"paths": {"s": "$.detail.status"},
                                               "template": "\"It is <s>.\""}}}})";

TEST_F(ServiceTypes, RuleIsMadeAfterALook) {
  script({{"DescribeRule", {json_error(400, "ResourceNotFoundException")}},
          {"ListTagsForResource", {json_error(400, "ResourceNotFoundException")}},
          {"PutRule", {respond(200, "{}")}},
          {"PutTargets", {respond(200, R"({"FailedEntryCount": 0})")}}});
  Operation rule = operation("aws.event_rule", "FDLDevWorkflowFailed", kRule);
  const auto created = create(rule);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(operations(), (Names{"DescribeRule", "ListTagsForResource", "PutRule", "PutTargets"}));
  const Value put = json(request("PutRule").body);
  EXPECT_EQ(put.at("EventPattern"),
            Value(R"({"detail":{"status":["FAILED"]},"source":["aws.states"]})"));
  EXPECT_EQ(put.at("State"), Value("ENABLED"));
  EXPECT_EQ(put.find("EventBusName"), nullptr);
  EXPECT_EQ(put.at_path("Tags.0.Key"), Value("firn:address"));
  EXPECT_EQ(
      to_json(json(request("PutTargets").body).at("Targets")),
      R"([{"Arn":"arn:aws:sns:eu-west-1:123456789012:alerts","Id":"alerts",)"
      R"("InputTransformer":{"InputPathsMap":{"s":"$.detail.status"},"InputTemplate":"\"It is <s>.\""},)"
      R"("RetryPolicy":{"MaximumEventAgeInSeconds":86400,"MaximumRetryAttempts":2}}])");
  EXPECT_EQ(*created->outputs.find("arn"),
            Value("arn:aws:events:eu-west-1:123456789012:rule/FDLDevWorkflowFailed"));
}

TEST_F(ServiceTypes, RuleOfSomebodyElseIsNotWrittenOver) {
  script({{"DescribeRule", {respond(200, R"({"Name": "R", "EventPattern": "{}"})")}},
          {"ListTagsForResource", {respond(200, R"({"Tags": []})")}},
          {"ListTargetsByRule", {respond(200, R"({"Targets": []})")}}});
  Operation rule = operation("aws.event_rule", "R", kRule);
  const auto created = create(rule);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().summary, "the event rule R exists already");
}

TEST_F(ServiceTypes, ARefusedTargetIsAFailure) {
  script({{"DescribeRule", {json_error(400, "ResourceNotFoundException")}},
          {"ListTagsForResource", {json_error(400, "ResourceNotFoundException")}},
          {"PutRule", {respond(200, "{}")}},
          {"PutTargets",
           {respond(200, R"({"FailedEntryCount": 1, "FailedEntries": [{"TargetId": "alerts",
                             "ErrorCode": "ConcurrentModificationException",
                             "ErrorMessage": "busy"}]})")}}});
  Operation rule = operation("aws.event_rule", "R", kRule);
  const auto created = create(rule);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().summary, "EventBridge refused the target alerts of the rule R");
  EXPECT_EQ(created.error().detail, "busy");
}

TEST_F(ServiceTypes, TargetsThatAreNotWantedGoFirst) {
  script({{"ListTargetsByRule",
           {respond(200, R"({"Targets": [{"Id": "old", "Arn": "arn:aws:sns:r:1:old"},
                                         {"Id": "same", "Arn": "arn:aws:sns:r:1:same"}]})")}},
          {"RemoveTargets", {respond(200, "{}")}},
          {"PutTargets", {respond(200, "{}")}}});
  Operation rule = operation(
      "aws.event_rule", "R",
      R"({"pattern": {"source": ["x"]}, "targets": {"same": {"arn": "arn:aws:sns:r:1:same"},
                                                    "new": {"arn": "arn:aws:sns:r:1:new"}}})");
  rule.changed = {"targets"};
  ASSERT_TRUE(update(rule));
  EXPECT_EQ(operations(), (Names{"ListTargetsByRule", "RemoveTargets", "PutTargets"}));
  EXPECT_EQ(to_json(json(request("RemoveTargets").body)), R"({"Ids":["old"],"Rule":"R"})");
  const Value put = json(request("PutTargets").body).at("Targets");
  ASSERT_EQ(put.as_list().size(), 1U);
  EXPECT_EQ(put.at_path("0.Id"), Value("new"));
}

TEST_F(ServiceTypes, RuleGoesAfterItsTargets) {
  script({{"ListTargetsByRule",
           {respond(200, R"({"Targets": [{"Id": "a"}], "NextToken": "t"})"),
            respond(200, R"({"Targets": [{"Id": "b"}]})")}},
          {"RemoveTargets", {respond(200, "{}")}},
          {"DeleteRule", {respond(200, "{}")}}});
  Operation rule = operation("aws.event_rule", "R", "{}");
  rule.prior.inputs = json(R"({"bus": "shop"})");
  ASSERT_TRUE(remove(rule));
  EXPECT_EQ(to_json(json(request("RemoveTargets").body)),
            R"({"EventBusName":"shop","Ids":["a","b"],"Rule":"R"})");
  EXPECT_EQ(to_json(json(request("DeleteRule").body)), R"({"EventBusName":"shop","Name":"R"})");
}

TEST(EventRules, AreCheckedBeforeAnythingIsAsked) {
  const std::string topic = R"("arn": "arn:aws:sns:eu-west-1:1:t")";
  const std::pair<std::string, std::string> rows[] = {
      {"{}", "an event rule needs a pattern or a schedule"},
      {R"({"pattern": "text"})", "the pattern is no JSON object"},
      {R"({"pattern": {"source": "aws.states"}})",
       "\"source\" of a pattern is a list of what fits"},
      {R"({"pattern": {"source": []}})", "\"source\" of a pattern takes no empty list"},
      {R"j({"schedule": "at(2026-01-01T00:00:00)"})j",
       "\"at(2026-01-01T00:00:00)\" is no schedule expression"},
      {R"j({"schedule": "rate(1 hour)", "bus": "shop"})j",
       "a schedule works on the default event bus only"},
      {R"({"pattern": {"source": ["x"]}, "targets": {"a b": {)" + topic + "}}}",
       "\"a b\" cannot name a target"},
      {R"({"pattern": {"source": ["x"]}, "targets": {"a": {"arn": "t"}}})", "\"t\" is no ARN"},
      {R"({"pattern": {"source": ["x"]}, "targets": {"a": {)" + topic +
           R"(, "input": "x", "input_path": "$"}}})",
       "a target has one of input, input_path and transformer"},
      {R"({"pattern": {"source": ["x"]}, "targets": {"a": {"arn": "arn:aws:states:r:1:stateMachine:m"}}})",
       "a state machine is started by a role"},
      {R"({"pattern": {"source": ["x"]}, "targets": {"a": {"arn": "arn:aws:sqs:r:1:q.fifo"}}})",
       "a FIFO queue needs a message group"},
      {R"({"pattern": {"source": ["x"]}, "targets": {"a": {)" + topic +
           R"(, "message_group": "g"}}})",
       "only a FIFO queue has message groups"},
      {R"({"pattern": {"source": ["x"]}, "targets": {"a": {)" + topic +
           R"(, "transformer": {"template": "<s>"}}}})",
       "the template names <s>, and `paths` does not"},
  };
  for (const auto& [inputs, summary] : rows) {
    const auto problems = problems_of("aws.event_rule", inputs);
    ASSERT_EQ(problems.size(), 1U) << inputs;
    EXPECT_EQ(problems[0].summary, summary);
  }
  EXPECT_TRUE(problems_of("aws.event_rule", kRule).empty());
}

// --- alarms

constexpr const char* kAlarm =
    R"({"namespace": "AWS/Lambda", "metric": "Errors", "dimensions": {"FunctionName": "fetch"},
        "statistic": "p95", "period": 300, "comparison": "GreaterThanThreshold", "threshold": 1.0,
        "treat_missing_data": "notBreaching",
        "actions": ["arn:aws:sns:eu-west-1:123456789012:alerts"]})";

TEST_F(ServiceTypes, AlarmIsMadeAfterALook) {
  script({{"DescribeAlarms", {respond(200, R"({"MetricAlarms": []})")}},
          {"ListTagsForResource", {json_error(404, "ResourceNotFoundException")}},
          {"PutMetricAlarm", {respond(200, "")}}});
  Operation alarm = operation("aws.cloudwatch_alarm", "fdl-dev-fetch-errors", kAlarm);
  const auto created = create(alarm);
  ASSERT_TRUE(created) << render(created.error());
  const http::Request& sent = request("PutMetricAlarm");
  EXPECT_EQ(sent.headers.get("X-Amz-Target"), "GraniteServiceVersion20100801.PutMetricAlarm");
  EXPECT_EQ(sent.headers.get("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(sent.host, "monitoring.eu-west-1.amazonaws.com");
  const Value put = json(sent.body);
  EXPECT_EQ(put.at("ExtendedStatistic"), Value("p95"));
  EXPECT_EQ(put.find("Statistic"), nullptr);
  EXPECT_EQ(to_json(put.at("Dimensions")), R"([{"Name":"FunctionName","Value":"fetch"}])");
  EXPECT_EQ(put.at("EvaluationPeriods"), Value(1));
  EXPECT_EQ(to_json(put.at("OKActions")), "[]");
  EXPECT_EQ(put.at_path("Tags.0.Key"), Value("firn:address"));
}

TEST_F(ServiceTypes, AlarmOfSomebodyElseIsNotWrittenOver) {
  script({{"DescribeAlarms", {respond(200, R"({"MetricAlarms": [{"AlarmName": "a"}]})")}},
          {"ListTagsForResource", {respond(200, R"({"Tags": []})")}}});
  Operation alarm = operation("aws.cloudwatch_alarm", "a", kAlarm);
  const auto created = create(alarm);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().summary, "the alarm a exists already");
}

TEST_F(ServiceTypes, AlarmIsReadInTheAuthorsWords) {
  script({{"DescribeAlarms",
           {respond(200, R"({"MetricAlarms": [{"AlarmName": "a", "Namespace": "AWS/Lambda",
              "MetricName": "Errors", "Dimensions": [{"Name": "FunctionName", "Value": "fetch"}],
              "ExtendedStatistic": "p95", "Period": 300, "EvaluationPeriods": 1,
              "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0,
              "TreatMissingData": "notBreaching", "ActionsEnabled": true, "OKActions": [],
              "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:alerts"]}]})")}},
          {"ListTagsForResource", {respond(200, own_tags())}}});
  ResourceRecord record;
  record.type = "aws.cloudwatch_alarm";
  record.name = "a";
  record.inputs = find_type(record.type)->type->normalize(json(kAlarm));
  const auto seen = rig_.scheduler.run(find_type(record.type)->read(client_, record));
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->foreign);
  for (const auto& [name, wanted] : record.inputs.as_map()) {
    const Value* shown = seen->inputs.find(name);
    ASSERT_NE(shown, nullptr) << name;
    EXPECT_EQ(to_json(*shown), to_json(wanted)) << name;
  }
}

TEST_F(ServiceTypes, TagsAloneDoNotWriteTheAlarmAnew) {
  script({{"TagResource", {respond(200, "")}}});
  Operation alarm = operation("aws.cloudwatch_alarm", "a", kAlarm);
  alarm.changed = {"tags"};
  ASSERT_TRUE(update(alarm));
  EXPECT_EQ(operations(), Names{"TagResource"});
}

// Five alarms: one call for all, one for their tags, and one more where the tags are not as
// expected.
TEST_F(ServiceTypes, ManyAlarmsTakeFewLooks) {
  List alarms;
  List tagged;
  for (int i = 0; i < 5; ++i) {
    const std::string name = "a" + std::to_string(i);
    alarms.push_back(Map{{"AlarmName", name}, {"Threshold", i}});
    if (i == 3) continue;  // made a moment ago: the search does not know it yet
    tagged.push_back(Map{{"ResourceARN", arn_of_alarm(name)}, {"Tags", json(kOwnTags)}});
  }
  script({{"DescribeAlarms", {respond(200, to_json(Map{{"MetricAlarms", alarms}}))}},
          {"GetResources", {respond(200, to_json(Map{{"ResourceTagMappingList", tagged}}))}},
          {"ListTagsForResource", {respond(200, own_tags())}}});
  std::vector<ResourceRecord> records;
  for (int i = 0; i < 6; ++i) {
    ResourceRecord record;
    record.address = "thing";
    record.type = "aws.cloudwatch_alarm";
    record.name = "a" + std::to_string(i);
    record.inputs = json(R"({"threshold": 0})");
    record.outputs = Value(Map{{"arn", arn_of_alarm(record.name)}});
    records.push_back(record);
  }
  const auto seen = observe(records);
  EXPECT_EQ(operations(), (Names{"GetResources", "DescribeAlarms", "ListTagsForResource"}));
  ASSERT_EQ(seen.size(), 6U);
  for (std::size_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(seen[i]);
    EXPECT_TRUE(seen[i]->exists && !seen[i]->foreign) << i;
    EXPECT_EQ(*seen[i]->inputs.find("threshold"), Value(static_cast<std::int64_t>(i)));
  }
  EXPECT_FALSE(seen[5]->exists);
}

// Whoever may not search for tags gets them one by one.
TEST_F(ServiceTypes, AlarmsAreSeenWithoutTheSearchToo) {
  script({{"DescribeAlarms",
           {respond(200, R"({"MetricAlarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]})")}},
          {"GetResources", {json_error(400, "AccessDeniedException")}},
          {"ListTagsForResource", {respond(200, own_tags())}}});
  std::vector<ResourceRecord> records(2);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].address = "thing";
    records[i].type = "aws.cloudwatch_alarm";
    records[i].name = i == 0 ? "a" : "b";
    records[i].inputs = json(R"({"threshold": 0})");
    records[i].outputs = Value(Map{{"arn", arn_of_alarm(records[i].name)}});
  }
  const auto seen = observe(records);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0] && seen[0]->exists && !seen[0]->foreign);
  EXPECT_EQ(operations(), (Names{"GetResources", "DescribeAlarms", "ListTagsForResource",
                                 "ListTagsForResource"}));
}

TEST(Alarms, AreCheckedBeforeAnythingIsAsked) {
  const auto with = [](const std::string& changes) {
    Map inputs = json(kAlarm).as_map();
    for (const auto& [name, value] : json(changes).as_map()) {
      if (value.is_null()) {
        inputs.erase(name);
      } else {
        inputs.set(name, value);
      }
    }
    return to_json(Value(std::move(inputs)));
  };
  const std::string alone =
      R"("namespace": null, "metric": null, "dimensions": null, "statistic": null, "period": null)";
  const std::string entry = R"({"namespace": "N", "name": "M", "statistic": "Sum", "period": 60})";
  const std::pair<std::string, std::string> rows[] = {
      {R"({"metric": null})", "an alarm on a metric needs `metric`"},
      {R"({"period": 45})", "CloudWatch has no period of 45 seconds"},
      {R"({"statistic": "median"})", "\"median\" is no statistic"},
      {R"({"evaluation_periods": 289})",
       "289 periods of 300 seconds are more than CloudWatch looks back"},
      {R"({"datapoints_to_alarm": 2})", "of 1 periods no 2 can be beyond the threshold"},
      {R"({"statistic": "Sum", "low_samples": "ignore"})",
       "low_samples is about percentiles alone"},
      {"{" + alone + R"(, "metrics": [{"id": "A", "metric": )" + entry + R"(, "returns": true}]})",
       "\"A\" cannot be an id"},
      {"{" + alone + R"(, "metrics": [{"id": "a", "metric": )" + entry + "}]}",
       "no entry is compared with the threshold"},
      {"{" + alone + R"(, "metrics": [{"id": "a", "returns": true}]})",
       "an entry has either a metric or an expression"},
      {R"({"metrics": [{"id": "a", "metric": )" + entry +
           R"(, "returns": true}], "dimensions": null, "namespace": null, "statistic": null, "period": null})",
       "`metric` does not go with `metrics`"},
  };
  for (const auto& [changes, summary] : rows) {
    const auto problems = problems_of("aws.cloudwatch_alarm", with(changes));
    ASSERT_EQ(problems.size(), 1U) << changes;
    EXPECT_EQ(problems[0].summary, summary);
  }
  EXPECT_TRUE(problems_of("aws.cloudwatch_alarm", kAlarm).empty());
  for (const char* good : {"Sum", "p99.9", "tm90", "IQM", "PR(10:20)"}) {
    const std::string changes = std::string(R"({"statistic": ")") + good + "\"}";
    EXPECT_TRUE(problems_of("aws.cloudwatch_alarm", with(changes)).empty()) << good;
  }
}

// --- objects

http::Response head(const std::string& etag, const std::string& sha256 = "") {
  http::Response response = respond(200, "");
  response.headers.set("ETag", "\"" + etag + "\"");
  response.headers.set("Content-Type", "text/plain");
  if (!sha256.empty()) response.headers.set("x-amz-checksum-sha256", sha256);
  return response;
}

http::Response tagging(const std::string& more = "") {
  return respond(200,
                 "<Tagging><TagSet><Tag><Key>firn:stack</Key><Value>finance</Value></Tag>"
                 "<Tag><Key>firn:environment</Key><Value>dev</Value></Tag>"
                 "<Tag><Key>firn:address</Key><Value>thing</Value></Tag>" +
                     more + "</TagSet></Tagging>");
}

class Objects : public ServiceTypes {
 protected:
  Value inputs(const std::string& text) const {
    std::vector<Problem> problems;
    const Value prepared = find_type("aws.s3_object")->type->prepare(folder_, json(text), problems);
    EXPECT_TRUE(problems.empty());
    return prepared;
  }
};

TEST_F(Objects, AreMadeOnlyWhereNothingIs) {
  script({{"PutObject", {head("e1")}}});
  write("seed.csv", "a,b\n");
  Operation object =
      operation("aws.s3_object", "",
                to_json(inputs(R"({"bucket": "lake", "key": "in/a b.csv", "file": "seed.csv",
                         "content_type": "text/csv", "tags": {"team": "data & ops"}})")));
  const auto created = create(object);
  ASSERT_TRUE(created) << render(created.error());
  const http::Request& sent = request("PutObject");
  EXPECT_EQ(sent.path, "/in/a%20b.csv");
  EXPECT_EQ(sent.body, "a,b\n");
  EXPECT_EQ(sent.headers.get("If-None-Match"), "*");
  EXPECT_EQ(sent.headers.get("Content-Type"), "text/csv");
  EXPECT_EQ(sent.headers.get("x-amz-checksum-sha256"), base64(sha256("a,b\n")));
  EXPECT_EQ(sent.headers.get("x-amz-tagging"),
            "firn%3Aaddress=thing&firn%3Aenvironment=dev&firn%3Astack=finance&"
            "team=data%20%26%20ops");
  EXPECT_EQ(*created->outputs.find("uri"), Value("s3://lake/in/a b.csv"));
  EXPECT_EQ(*created->outputs.find("etag"), Value("e1"));
}

TEST_F(Objects, OfSomebodyElseAreRefused) {
  script({{"PutObject", {s3_error(412, "PreconditionFailed")}},
          {"HeadObject", {head("e")}},
          {"GetObjectTagging", {respond(200, "<Tagging><TagSet/></Tagging>")}}});
  Operation object =
      operation("aws.s3_object", "", R"({"bucket": "lake", "key": "k", "content": "x"})");
  const auto created = create(object);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().summary, "the S3 object s3://lake/k exists already");
}

TEST_F(Objects, AreComparedByTheirDigest) {
  ResourceRecord record;
  record.type = "aws.s3_object";
  record.address = "thing";
  record.inputs = inputs(R"({"bucket": "lake", "key": "k", "content": "x"})");
  record.outputs = json(R"({"etag": "e1"})");
  const Value known = record.inputs.at("content_sha256");
  const struct {
    http::Response head;
    Value wanted;
  } rows[] = {
      {head("other", base64(sha256("y"))), Value(base64(sha256("y")))},
      {head("e1"), known},                     // S3 keeps no digest: the entity tag is the same
      {head("e2"), Value("another content")},  // and here it is not
  };
  for (const auto& row : rows) {
    script({{"HeadObject", {row.head}}, {"GetObjectTagging", {tagging()}}});
    const auto seen = rig_.scheduler.run(find_type(record.type)->read(client_, record));
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen->inputs.find("content_sha256"), row.wanted);
    EXPECT_EQ(seen->inputs.find("content"), nullptr);
    EXPECT_FALSE(seen->foreign);
  }
}

TEST_F(Objects, ThatAreGoneAreGone) {
  script({{"HeadObject", {respond(404, "")}}, {"GetObjectTagging", {s3_error(404, "NoSuchKey")}}});
  ResourceRecord record;
  record.type = "aws.s3_object";
  record.inputs = json(R"({"bucket": "lake", "key": "k", "content": "x"})");
  const auto seen = rig_.scheduler.run(find_type(record.type)->read(client_, record));
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->exists);
}

TEST_F(Objects, KeepTheTagsOfOthers) {
  script({{"HeadObject", {head("e1")}},
          {"GetObjectTagging",
           {tagging("<Tag><Key>theirs</Key><Value>1</Value></Tag>"
                    "<Tag><Key>old</Key><Value>1</Value></Tag>")}},
          {"PutObjectTagging", {respond(200, "")}}});
  Operation object = operation("aws.s3_object", "",
                               R"({"bucket": "lake", "key": "k", "content": "x",
                                   "tags": {"new": "<1>"}})");
  object.prior.inputs = json(R"({"bucket": "lake", "key": "k", "content": "x",
                                 "tags": {"old": "1"}})");
  object.changed = {"tags"};
  ASSERT_TRUE(update(object));
  const std::string body = request("PutObjectTagging").body;
  EXPECT_NE(body.find("<Key>theirs</Key>"), std::string::npos);
  EXPECT_NE(body.find("<Value>&lt;1&gt;</Value>"), std::string::npos);
  EXPECT_EQ(body.find("<Key>old</Key>"), std::string::npos);
}

TEST_F(Objects, AFileUnderAnotherNameIsNotSentAgain) {
  script({{"HeadObject", {head("e1")}}, {"GetObjectTagging", {tagging()}}});
  write("a.txt", "same");
  Operation object = operation("aws.s3_object", "",
                               to_json(inputs(R"({"bucket": "b", "key": "k", "file": "a.txt"})")));
  object.prior.inputs = object.desired;
  object.changed = {"file"};
  ASSERT_TRUE(update(object));
  EXPECT_EQ(operations(), (Names{"HeadObject", "GetObjectTagging"}));
}

// A digest of a secret would let others try what it is.
TEST_F(Objects, OfASecretHaveNoDigestInTheState) {
  Map given;
  given.set("bucket", "b");
  given.set("key", "k");
  given.set("content", Value::secret(Value("hunter2")));
  std::vector<Problem> problems;
  const Value prepared =
      find_type("aws.s3_object")->type->prepare(folder_, Value(std::move(given)), problems);
  EXPECT_EQ(prepared.find("content_sha256"), nullptr);
}

TEST(ObjectInputs, ContentThatIsNotKnownYetHasADigestThatIsNotEither) {
  std::vector<Problem> problems;
  const Value inputs = Map{{"bucket", "b"}, {"key", "k"}, {"content", Value::unknown("image")}};
  const Value prepared = find_type("aws.s3_object")->type->prepare("", inputs, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(prepared.at("content_sha256").is_unknown());
}

TEST(ObjectInputs, AreChecked) {
  const std::pair<std::string, std::string> rows[] = {
      {R"({"bucket": "b", "key": "k"})", "an object needs content or a file"},
      {R"({"bucket": "b", "key": "k", "content": "x", "file": "y"})",
       "an object has either content or a file"},
      {R"({"bucket": "b", "key": "k", "content": "x", "tags": {"a": "1", "b": "1", "c": "1",
           "d": "1", "e": "1", "f": "1", "g": "1", "h": "1"}})",
       "an object cannot carry 8 tags"},
  };
  for (const auto& [inputs, summary] : rows) {
    const auto problems = problems_of("aws.s3_object", inputs);
    ASSERT_EQ(problems.size(), 1U) << inputs;
    EXPECT_EQ(problems[0].summary, summary);
  }
}

// --- who may publish

Value statement_of(const ResourcePolicyForm& form, const std::string& inputs, const char* sid) {
  const Value policy = policy_from(form, json(inputs));
  for (const Value& statement : policy.at("Statement").as_list()) {
    if (statement.string_or("Sid", "") == sid) return statement;
  }
  return Value();
}

TEST(Publishers, MayBeServices) {
  const ResourcePolicyForm topic = topic_policy_form(Rig::options().placement, "alerts");
  EXPECT_EQ(to_json(statement_of(topic, R"({"publishers": ["cloudwatch.amazonaws.com"]})",
                                 "PublishersCloudwatchAccount")),
            R"({"Action":"sns:Publish",)"
            R"("Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}},)"
            R"("Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},)"
            R"("Resource":"arn:aws:sns:eu-west-1:123456789012:alerts",)"
            R"("Sid":"PublishersCloudwatchAccount"})");
  EXPECT_EQ(
      to_json(statement_of(
                  topic, R"({"publishers": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"]})",
                  "PublishersCloudwatch")
                  .at("Condition")),
      R"({"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"}})");
}

// A condition in what a topic says of EventBridge would let nothing through.
TEST(Publishers, OfEventBridgeHaveNoCondition) {
  const ResourcePolicyForm topic = topic_policy_form(Rig::options().placement, "alerts");
  for (const char* inputs : {R"({"publishers": ["events.amazonaws.com"]})",
                             R"({"publishers": ["arn:aws:events:eu-west-1:123456789012:rule/A",
                           "arn:aws:events:eu-west-1:123456789012:rule/B"]})"}) {
    const Value statement = statement_of(topic, inputs, "PublishersEvents");
    EXPECT_TRUE(statement.is_map()) << inputs;
    EXPECT_EQ(statement.find("Condition"), nullptr);
  }
  // A queue is told for which rule.
  const ResourcePolicyForm queue = queue_policy_form(Rig::options().placement, "q");
  const Value sender = statement_of(
      queue, R"({"senders": ["arn:aws:events:eu-west-1:123456789012:rule/A"]})", "SendersEvents");
  EXPECT_EQ(to_json(sender.at("Condition")),
            R"({"ArnLike":{"aws:SourceArn":"arn:aws:events:eu-west-1:123456789012:rule/A"}})");
}

TEST(Publishers, ComeBackInTheAuthorsWords) {
  const ResourcePolicyForm topic = topic_policy_form(Rig::options().placement, "alerts");
  const char* const rows[] = {
      R"({"publishers": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]})",
      R"({"publishers": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a", "arn:aws:s3:::b"]})",
      R"({"publishers": ["arn:aws:s3:::b", "cloudwatch.amazonaws.com", "s3.amazonaws.com"]})",
  };
  for (const char* row : rows) {
    const Value wanted = json(row);
    // Nothing recorded, as with an import: taken apart from the document alone.
    const Map seen = policy_to_inputs(topic, policy_from(topic, wanted), Value());
    EXPECT_EQ(to_json(*seen.find("publishers")), to_json(wanted.at("publishers"))) << row;
    EXPECT_EQ(to_json(*seen.find("statements")), "[]") << row;
  }
}

// --- look-ups

TEST_F(ServiceTypes, TheCallerIsAskedOnce) {
  script({{"GetCallerIdentity",
           {query_answer("GetCallerIdentity",
                         "<Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>AIDA</UserId>"
                         "<Account>123456789012</Account>")}}});
  AwsProvider provider(rig_.scheduler, rig_.transport, rig_.credentials, Rig::options());
  ASSERT_TRUE(rig_.scheduler.run(provider.connect()));
  const auto answer = rig_.scheduler.run(provider.look_up("aws.caller_identity", Value(Map())));
  ASSERT_TRUE(answer) << render(answer.error());
  EXPECT_EQ(to_json(Value(*answer)),
            R"({"account":"123456789012","arn":"arn:aws:iam::123456789012:user/me",)"
            R"("partition":"aws","region":"eu-west-1","user_id":"AIDA"})");
  EXPECT_EQ(operations(), Names{"GetCallerIdentity"});
  EXPECT_FALSE(rig_.scheduler.run(provider.look_up("aws.sns_topic", Value(Map()))));
}

}  // namespace
}  // namespace firn::aws
