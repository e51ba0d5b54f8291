// Log groups, state machines and schedules on the wire; tags; normal forms.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

TEST_F(ServiceTypes, BareLogGroupThatAWriterLeftIsTakenOver) {
  script({{"CreateLogGroup", {json_error(400, "ResourceAlreadyExistsException")}},
          {"DescribeLogGroups", {respond(200, R"({"logGroups": [{"logGroupName": "/aws/lambda/f"},
                                           {"logGroupName": "/aws/lambda/f2"}]})")}},
          {"ListTagsForResource", {respond(200, R"({"tags": {}})")}},
          {"PutRetentionPolicy", {respond(200, "")}},
          {"TagResource", {respond(200, "")}}});
  Operation group = operation("aws.log_group", "/aws/lambda/f", R"({"retention_days": 14})");
  const auto created = create(group);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(reports_,
            Names{"taking over the bare log group that a writer had made under this name"});
  EXPECT_EQ(json(request("TagResource").body).at("tags").at("firn:address"), Value("thing"));
}

TEST_F(ServiceTypes, LogGroupWithARetentionOfItsOwnIsNot) {
  script(
      {{"CreateLogGroup", {json_error(400, "ResourceAlreadyExistsException")}},
       {"DescribeLogGroups",
        {respond(200,
                 R"({"logGroups": [{"logGroupName": "/aws/lambda/f", "retentionInDays": 7}]})")}},
       {"ListTagsForResource", {respond(200, R"({"tags": {}})")}}});
  Operation group = operation("aws.log_group", "/aws/lambda/f", R"({"retention_days": 14})");
  const auto created = create(group);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::conflict);
}

constexpr const char* kMachine =
    R"({"definition": "{ \"States\": {\"A\": {\"Type\": \"Succeed\"}}, \"StartAt\": \"A\" }",
        "role": "arn:aws:iam::123456789012:role/R",
        "logging": {"level": "ERROR", "log_group": "arn:aws:logs:eu-west-1:1:log-group:g"}})";

TEST_F(ServiceTypes, StateMachineIsSentInOneSpelling) {
  script(
      {{"CreateStateMachine",
        {json_error(400, "AccessDeniedException",
                    "Neither the global service principal states.amazonaws.com, nor the regional "
                    "one is authorized to assume the provided role."),
         respond(200, R"({"creationDate": 1767323045.5})")}}});
  Operation machine = operation("aws.sfn_state_machine", "m", kMachine);
  ASSERT_TRUE(create(machine));
  const Value body = json(request("CreateStateMachine").body);
  EXPECT_EQ(body.at("definition"), Value(R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})"));
  EXPECT_EQ(body.at_path("loggingConfiguration.destinations.0.cloudWatchLogsLogGroup.logGroupArn"),
            Value("arn:aws:logs:eu-west-1:1:log-group:g:*"));
  EXPECT_EQ(body.at_path("tags.0.key"), Value("firn:address"));
  EXPECT_EQ(reports_, Names{"waiting until Step Functions may assume the role"});
}

TEST_F(ServiceTypes, StateMachineThatStoodThereIsNotTakenForNew) {
  script({{"CreateStateMachine", {respond(200, R"({"creationDate": 1700000000})")}},
          {"DescribeStateMachine",
           {respond(200, R"({"status": "ACTIVE", "definition": "{}", "roleArn": "r"})")}},
          {"ListTagsForResource", {respond(200, R"({"tags": []})")}}});
  Operation machine = operation("aws.sfn_state_machine", "m", kMachine);
  const auto created = create(machine);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().summary, "the state machine m exists already");
}

TEST_F(ServiceTypes, OwnStateMachineOfALostCreateIsBroughtUpToDate) {
  script(
      {{"CreateStateMachine", {respond(200, R"({"creationDate": 1700000000})")}},
       {"DescribeStateMachine",
        {respond(200, R"({"status": "ACTIVE", "definition": "{}", "roleArn": "old"})")}},
       {"ListTagsForResource", {respond(200, R"({"tags": [{"key": "firn:stack", "value": "finance"},
                                      {"key": "firn:environment", "value": "dev"},
                                      {"key": "firn:address", "value": "thing"}]})")}},
       {"UpdateStateMachine", {respond(200, "{}")}}});
  Operation machine = operation("aws.sfn_state_machine", "m", kMachine);
  ASSERT_TRUE(create(machine));
  EXPECT_EQ(json(request("UpdateStateMachine").body).at("roleArn"),
            Value("arn:aws:iam::123456789012:role/R"));
}

TEST_F(ServiceTypes, StateMachineThatIsBeingDeletedIsGone) {
  script({{"DescribeStateMachine", {respond(200, R"({"status": "DELETING"})")}},
          {"ListTagsForResource", {respond(200, R"({"tags": []})")}}});
  ResourceRecord record;
  record.type = "aws.sfn_state_machine";
  record.name = "m";
  const auto seen = rig_.scheduler.run(find_type(record.type)->read(client_, record));
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->exists);
}

constexpr const char* kSchedule =
    R"j({"expression": "rate(10 minutes)", "description": "Every ten",
        "target": {"arn": "arn:aws:states:r:1:stateMachine:m", "role": "arn:r",
                   "input": {"b": 1, "a": 2}, "retry": {"max_attempts": 2}}})j";

TEST_F(ServiceTypes, ScheduleCarriesItsMarkAndItsToken) {
  script({{"CreateSchedule", {respond(200, R"({"ScheduleArn": "x"})")}}});
  Operation schedule = operation("aws.scheduler_schedule", "Every", kSchedule);
  ASSERT_TRUE(create(schedule));
  const http::Request& sent = request("CreateSchedule");
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.path, "/schedules/Every");
  const Value body = json(sent.body);
  EXPECT_EQ(body.at("Description"), Value("Every ten [firn finance/dev/thing]"));
  EXPECT_EQ(body.at("ClientToken"), Value("token-1"));
  EXPECT_EQ(body.at("GroupName"), Value("default"));
  EXPECT_EQ(body.at_path("FlexibleTimeWindow.Mode"), Value("OFF"));
  EXPECT_EQ(body.at_path("Target.Input"), Value(R"({"a":2,"b":1})"));
  EXPECT_EQ(to_json(body.at_path("Target.RetryPolicy")),
            R"({"MaximumEventAgeInSeconds":86400,"MaximumRetryAttempts":2})");
}

TEST_F(ServiceTypes, ScheduleIsRemovedFromItsGroup) {
  script({{"DeleteSchedule", {respond(200, "{}")}}});
  Operation schedule = operation("aws.scheduler_schedule", "Every", "{}");
  schedule.prior.inputs = json(R"({"group": "road"})");
  ASSERT_TRUE(remove(schedule));
  EXPECT_EQ(request("DeleteSchedule").query, "groupName=road&clientToken=token-1");
  EXPECT_EQ(request("DeleteSchedule").body, "");
}

TEST_F(ServiceTypes, ScheduleWithoutAMarkIsForeign) {
  script({{"GetSchedule", {respond(200, R"j({"Name": "Every", "GroupName": "default",
              "ScheduleExpression": "rate(1 hour)", "Description": "by hand [v2]",
              "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": "a", "RoleArn": "r"}})j")}}});
  ResourceRecord record;
  record.type = "aws.scheduler_schedule";
  record.name = "Every";
  const auto seen = rig_.scheduler.run(find_type(record.type)->read(client_, record));
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->foreign);
  EXPECT_FALSE(seen->owner);
  EXPECT_EQ(*seen->inputs.find("description"), Value("by hand [v2]"));
  EXPECT_EQ(seen->inputs.find("tags"), nullptr);
}

TEST_F(ServiceTypes, ScheduleGroupIsWaitedForUntilItIsGone) {
  script(
      {{"GetScheduleGroup",
        {respond(200, R"({"State": "ACTIVE"})"), respond(200, R"({"State": "DELETING"})"),
         respond(200, R"({"State": "DELETING"})"), json_error(404, "ResourceNotFoundException")}},
       {"DeleteScheduleGroup", {respond(200, "{}")}}});
  Operation group = operation("aws.scheduler_group", "fdl-dev", "{}");
  ASSERT_TRUE(remove(group));
  EXPECT_EQ(operations(), (Names{"GetScheduleGroup", "DeleteScheduleGroup", "GetScheduleGroup",
                                 "GetScheduleGroup", "GetScheduleGroup"}));
  EXPECT_EQ(request("DeleteScheduleGroup").path, "/schedule-groups/fdl-dev");
  EXPECT_EQ(request("DeleteScheduleGroup").query, "clientToken=token-1");
  EXPECT_EQ(reports_, Names{"waiting until the schedules of the group are gone"});
}

TEST_F(ServiceTypes, ScheduleGroupThatNeverGoesIsToldOf) {
  script({{"GetScheduleGroup", {respond(200, R"({"State": "DELETING"})")}}});
  Operation group = operation("aws.scheduler_group", "fdl-dev", "{}");
  const auto removed = remove(group);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().summary,
            "the schedule group fdl-dev is still being deleted after five minutes");
}

TEST_F(ServiceTypes, ScheduleGroupIsMadeWhenTheOldOneHasGone) {
  script(
      {{"CreateScheduleGroup",
        {json_error(409, "ConflictException"), respond(200, R"({"ScheduleGroupArn": "x"})")}},
       {"GetScheduleGroup",
        {respond(200, R"({"State": "DELETING"})"), json_error(404, "ResourceNotFoundException")}},
       {"ListTagsForResource", {respond(200, R"({"Tags": []})")}}});
  Operation group = operation("aws.scheduler_group", "fdl-dev", "{}");
  const auto created = create(group);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(*created->outputs.find("arn"),
            Value("arn:aws:scheduler:eu-west-1:123456789012:schedule-group/fdl-dev"));
  EXPECT_EQ(json(request("CreateScheduleGroup").body).at_path("Tags.2.Value"), Value("finance"));
  EXPECT_EQ(Value(identity_), Value(created->outputs));
}

TEST_F(ServiceTypes, ScheduleGroupOfSomebodyElseIsRefused) {
  script({{"CreateScheduleGroup", {json_error(409, "ConflictException")}},
          {"GetScheduleGroup", {respond(200, R"({"State": "ACTIVE"})")}},
          {"ListTagsForResource", {respond(200, R"({"Tags": [{"Key": "team", "Value": "x"}]})")}}});
  Operation group = operation("aws.scheduler_group", "fdl-dev", "{}");
  const auto created = create(group);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().summary, "the schedule group fdl-dev exists already");
}

TEST_F(ServiceTypes, ScheduleIsMarkedAndKeepsWhatFirnDoesNotKnow) {
  const std::string kept = R"json("Description": "by hand", "ActionAfterCompletion": "NONE",
      "ScheduleExpression": "rate(1 day)",
      "Target": {"Arn": "arn:t", "RoleArn": "arn:r", "SqsParameters": {"MessageGroupId": "g"}})json";
  script({{"GetSchedule",
           {respond(200, R"({"Arn": "arn:aws:scheduler:eu-west-1:1:schedule/road/Every",
               "Name": "Every", "GroupName": "road", "CreationDate": 1, "LastModificationDate": 2, )" +
                             kept + "}")}},
          {"UpdateSchedule", {respond(200, "{}")}}});
  Operation schedule = operation("aws.scheduler_schedule", "Every", R"({"group": "road"})");
  schedule.prior.inputs = json(R"({"group": "road"})");
  const auto claimed =
      rig_.scheduler.run(find_type("aws.scheduler_schedule")->claim(client_, schedule));
  ASSERT_TRUE(claimed) << claimed.error().summary;
  EXPECT_EQ(request("GetSchedule").query, "groupName=road");
  EXPECT_EQ(request("UpdateSchedule").method, "PUT");
  Map expected = json("{" + kept + R"(, "GroupName": "road"})").as_map();
  expected.set("Description", Value("by hand [firn finance/dev/thing]"));
  EXPECT_EQ(json(request("UpdateSchedule").body), Value(expected));
}

// What takes tags is marked by them, and by nothing else.
TEST_F(ServiceTypes, TakingAnObjectOverSetsItsMarksAlone) {
  script({{"TagResource", {respond(200, "")}}});
  AwsProvider provider{rig_.scheduler, rig_.transport, rig_.credentials, Rig::options()};
  Operation group = operation("aws.log_group", "/aws/lambda/f",
                              R"({"retention_days": 14, "tags": {"team": "data"}})");
  group.prior.inputs = group.desired;
  const auto claimed = rig_.scheduler.run(provider.claim(group));
  ASSERT_TRUE(claimed) << claimed.error().summary;
  EXPECT_EQ(operations(), Names{"TagResource"});
  EXPECT_EQ(
      json(request("TagResource").body).at("tags"),
      json(R"({"firn:stack": "finance", "firn:environment": "dev", "firn:address": "thing"})"));
}

TEST_F(ServiceTypes, TagsOfOthersAreLeftAlone) {
  script({{"DescribeLogGroups", {respond(200, R"({"logGroups": [{"logGroupName": "g"}]})")}},
          {"ListTagsForResource",
           {respond(200, R"({"tags": {"firn:stack": "finance", "firn:environment": "dev",
              "firn:address": "thing", "team": "data", "cost": "by-somebody"}})")}}});
  ResourceRecord record;
  record.type = "aws.log_group";
  record.name = "g";
  const auto read = [&](const std::string& inputs) {
    record.inputs = json(inputs);
    const auto seen = rig_.scheduler.run(find_type(record.type)->read(client_, record));
    const Value* tags = seen->inputs.find("tags");
    return tags == nullptr ? std::string("not compared") : to_json(*tags);
  };
  EXPECT_EQ(read(R"({"retention_days": 1, "tags": {"team": "data", "gone": "x"}})"),
            R"({"team":"data"})");
  EXPECT_EQ(read(R"({"retention_days": 1})"), "not compared");
  EXPECT_EQ(read("{}"), R"({"cost":"by-somebody","team":"data"})");  // an import
}

TEST(NormalForms, AreStable) {
  const std::pair<std::string, std::string> rows[] = {
      {"aws.sfn_state_machine", kMachine},
      {"aws.scheduler_schedule", kSchedule},
      {"aws.lambda_function", R"({"environment": {"A": 1, "B": true, "C": "x"}})"},
      {"aws.scheduler_schedule", R"j({"target": {"input": "plain text"}})j"},
      {"aws.scheduler_schedule", R"j({"target": {"input": "{\"a\": 1}"}})j"},
      {"aws.scheduler_schedule", R"j({"target": {"input": 5}})j"},
      {"aws.sqs_queue",
       R"({"redrive_allow": {"permission": "byQueue", "source_queues": ["b", "a"]}})"},
      {"aws.ecr_repository", R"({"pullers": ["b", "a"], "keep_images": 5})"},
      {"aws.event_rule", R"({"pattern": "{\"source\": [\"x\"]}",
                             "targets": {"t": {"arn": "a", "input": "{\"b\": 1}", "role": ""}}})"},
      {"aws.cloudwatch_alarm", R"({"threshold": 1.0, "dimensions": {"n": 5}, "actions": ["b", "a"],
                                   "metrics": [{"id": "b", "expression": "a"},
                                               {"id": "a", "metric": {"name": "m"}}]})"},
      {"aws.s3_object", R"({"content": 5, "key": 7})"},
      {"aws.iam_role", R"({"trust": {"service": "x.amazonaws.com"}, "managed_policies": ["b", "a"],
                          "policies": {"p": {"s3_read": {"bucket": "arn:aws:s3:::b"}}}})"},
      {"aws.iam_policy", R"({"s3_read": {"bucket": "arn:aws:s3:::b"}, "description": "d"})"},
  };
  for (const auto& [name, text] : rows) {
    const ResourceType& type = *find_type(name)->type;
    const Value once = type.normalize(json(text));
    EXPECT_EQ(type.normalize(once), once) << text;
  }
}

}  // namespace
}  // namespace firn::aws
