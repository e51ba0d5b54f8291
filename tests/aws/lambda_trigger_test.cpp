// Triggers: waits, whose they are, and what is refused before anything is made.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* trigger =
    R"({"function": "arn:aws:lambda:eu-west-1:123456789012:function:work",
        "queue": "arn:aws:sqs:eu-west-1:123456789012:jobs", "batch_size": 5})";
constexpr const char* uuid = "11111111-2222-4333-8444-555555555555";
constexpr const char* arn =
    "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:"
    "11111111-2222-4333-8444-555555555555";
constexpr const char* path =
    "/2015-03-31/event-source-mappings/11111111-2222-4333-8444-555555555555";

http::Response mapping(const std::string& state, int status = 200) {
  return respond(status, R"({"UUID": ")" + std::string(uuid) + R"(", "State": ")" + state +
                             R"(", "EventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:jobs",
                                 "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:work",
                                 "BatchSize": 5})");
}
const http::Response missing = json_error(404, "ResourceNotFoundException", "not there");

Operation with_identity(Operation operation) {
  operation.prior.inputs = json(trigger);
  operation.prior.outputs = Value(Map{{"arn", Value(arn)}, {"uuid", Value(uuid)}});
  return operation;
}

TEST_F(ServiceTypes, TriggerWaitsForTheRightsOfTheRoleAndUntilItIsActive) {
  script({{"CreateEventSourceMapping",
           {json_error(400, "InvalidParameterValueException",
                       "The provided execution role does not have permissions to call "
                       "ReceiveMessage on SQS"),
            mapping("Creating", 202)}},
          {"GetEventSourceMapping", {mapping("Creating"), mapping("Enabled")}}});
  Operation wanted = operation("aws.lambda_event_source_mapping", "", trigger);
  const auto created = create(wanted);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(identified_after_, 2U);
  EXPECT_EQ(*created->outputs.find("arn"), Value(arn));
  EXPECT_EQ(reports_, (Names{"waiting until Lambda may take messages from the queue",
                             "waiting until the trigger is active"}));
  const Value body = json(request("CreateEventSourceMapping").body);
  EXPECT_EQ(body.at("BatchSize"), Value(5));
  EXPECT_EQ(body.at_path("Tags.firn:stack"), Value("finance"));
  EXPECT_EQ(body.find("ScalingConfig"), nullptr);
  EXPECT_EQ(body.find("FilterCriteria"), nullptr);
}

TEST_F(ServiceTypes, TriggerIsSwitchedOffBeforeItIsRemoved) {
  script({{"UpdateEventSourceMapping",
           {json_error(400, "ResourceInUseException", "in use"), mapping("Disabling", 202)}},
          {"GetEventSourceMapping", {mapping("Disabling"), mapping("Disabled"), missing}},
          {"DeleteEventSourceMapping", {mapping("Deleting", 202)}}});
  Operation gone = with_identity(operation("aws.lambda_event_source_mapping", "", "null"));
  ASSERT_TRUE(remove(gone));
  EXPECT_EQ(operations(),
            (Names{"UpdateEventSourceMapping", "UpdateEventSourceMapping", "GetEventSourceMapping",
                   "GetEventSourceMapping", "DeleteEventSourceMapping", "GetEventSourceMapping"}));
  EXPECT_EQ(json(request("UpdateEventSourceMapping").body), json(R"({"Enabled": false})"));
  EXPECT_EQ(request("DeleteEventSourceMapping").path, path);
}

TEST_F(ServiceTypes, TriggerThatIsGoneIsRemovedAlready) {
  script({{"UpdateEventSourceMapping", {missing}}, {"DeleteEventSourceMapping", {missing}}});
  Operation gone = with_identity(operation("aws.lambda_event_source_mapping", "", "null"));
  ASSERT_TRUE(remove(gone));
  EXPECT_EQ(operations(), (Names{"UpdateEventSourceMapping", "DeleteEventSourceMapping"}));
}

TEST_F(ServiceTypes, TriggerThatLambdaDoesNotSwitchOffIsRemovedAllTheSame) {
  const std::vector<std::pair<const char*, http::Response>> reasons{
      {"its function is gone", missing},
      {"the role may not read the queue any more",
       json_error(400, "InvalidParameterValueException",
                  "The provided execution role does not have permissions to call ReceiveMessage")},
  };
  for (const auto& [what, refusal] : reasons) {
    script({{"UpdateEventSourceMapping", {refusal}},
            {"GetEventSourceMapping", {missing}},
            {"DeleteEventSourceMapping", {mapping("Deleting", 202)}}});
    Operation gone = with_identity(operation("aws.lambda_event_source_mapping", "", "null"));
    EXPECT_TRUE(remove(gone)) << what;
    EXPECT_EQ(request("DeleteEventSourceMapping").path, path) << what;
  }
}

TEST_F(ServiceTypes, ChangedTriggerSaysEverythingSoThatNothingOldStays) {
  script({{"UpdateEventSourceMapping", {mapping("Updating", 202)}},
          {"GetEventSourceMapping", {mapping("Enabled")}}});
  Operation wanted = with_identity(operation("aws.lambda_event_source_mapping", "", trigger));
  wanted.changed = {"filters", "maximum_concurrency", "partial_batch_responses"};
  ASSERT_TRUE(update(wanted));
  EXPECT_EQ(json(request("UpdateEventSourceMapping").body),
            json(R"({"BatchSize": 5, "Enabled": true, "FilterCriteria": {},
                     "FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:work",
                     "FunctionResponseTypes": [], "MaximumBatchingWindowInSeconds": 0,
                     "ScalingConfig": {}})"));
}

TEST_F(ServiceTypes, TriggerThatARemovalLeftSwitchedOffIsSwitchedOnAgain) {
  script({{"UpdateEventSourceMapping", {mapping("Enabling", 202)}},
          {"GetEventSourceMapping", {mapping("Enabled")}}});
  Operation wanted = with_identity(operation("aws.lambda_event_source_mapping", "", trigger));
  ASSERT_TRUE(update(wanted));
  EXPECT_EQ(operations(), Names{}) << "somebody may have switched it off by hand: that is theirs";
  wanted.unfinished = true;
  ASSERT_TRUE(update(wanted));
  EXPECT_NE(request("UpdateEventSourceMapping").body.find(R"("Enabled":true)"), std::string::npos);
}

TEST_F(ServiceTypes, TriggerThatExistsIsTakenOverOnlyWhenItIsOurs) {
  const auto tags = [](const std::string& stack) {
    return respond(200, R"({"Tags": {"firn:stack": ")" + stack +
                            R"(", "firn:environment": "dev", "firn:address": "thing"}})");
  };
  for (const std::string stack : {"finance", "weather"}) {
    rig_.transport.requests.clear();
    script({{"CreateEventSourceMapping",
             {json_error(409, "ResourceConflictException", "already exists with UUID")}},
            {"ListEventSourceMappings",
             {respond(200, R"({"EventSourceMappings": [)" + mapping("Enabled").body + "]}")}},
            {"ListTags", {tags(stack)}},
            {"UpdateEventSourceMapping", {mapping("Enabled", 202)}},
            {"TagResource", {respond(204, "")}}});
    Operation wanted = operation("aws.lambda_event_source_mapping", "", trigger);
    const auto created = create(wanted);
    EXPECT_EQ(created.has_value(), stack == "finance");
    if (!created) {
      EXPECT_EQ(created.error().kind, ErrorKind::conflict);
      EXPECT_NE(created.error().detail.find("another stack"), std::string::npos);
    }
    EXPECT_EQ(request("ListEventSourceMappings").query,
              "FunctionName=arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Awork&"
              "EventSourceArn=arn%3Aaws%3Asqs%3Aeu-west-1%3A123456789012%3Ajobs");
  }
}

TEST_F(ServiceTypes, ManyTriggersTakeOneList) {
  script({{"ListEventSourceMappings",
           {respond(200, R"({"EventSourceMappings": [)" + mapping("Disabled").body + "]}")}},
          {"ListTags", {respond(200, R"({"Tags": {"firn:stack": "finance",
              "firn:environment": "dev", "firn:address": "thing"}})")}}});
  std::vector<ResourceRecord> records(2);
  for (ResourceRecord& record : records) {
    record.address = "thing";
    record.type = "aws.lambda_event_source_mapping";
    record.inputs = json(trigger);
  }
  records[0].outputs = Value(Map{{"uuid", Value(uuid)}});
  records[1].outputs = Value(Map{{"uuid", Value("of another time")}});
  const auto seen = observe(records);
  EXPECT_EQ(operations(), (Names{"ListEventSourceMappings", "ListTags"}));
  ASSERT_TRUE(seen[0]);
  EXPECT_TRUE(seen[0]->exists);
  EXPECT_FALSE(seen[0]->foreign);
  EXPECT_EQ(*seen[0]->inputs.find("enabled"), Value(false));
  EXPECT_FALSE(seen[1]->exists);
}

// --- before any call

TEST(LambdaTriggers, RefuseBatchesThatLambdaRefuses) {
  const struct {
    const char* inputs;
    const char* path;
  } rows[] = {
      {R"({"queue": "arn:aws:sqs:e:1:q", "batch_size": 11})", "batch_size"},
      {R"({"queue": "arn:aws:sqs:e:1:q.fifo", "batch_size": 11, "batch_window": 0})", "batch_size"},
      {R"({"queue": "arn:aws:sqs:e:1:q.fifo", "batch_window": 1})", "batch_window"},
      {R"({"queue": "arn:aws:sns:e:1:t"})", "queue"},
      {R"({"queue": "arn:aws:sqs:e:1:q", "function": "work"})", "function"},
      {R"({"queue": "arn:aws:sqs:e:1:q", "filters": ["order"]})", "filters.0"},
  };
  const ResourceType& type = *find_type("aws.lambda_event_source_mapping")->type;
  for (const auto& row : rows) {
    std::vector<Problem> problems;
    type.validate(Rig::options().placement, "", json(row.inputs), problems);
    ASSERT_EQ(problems.size(), 1U) << row.inputs;
    EXPECT_EQ(problems[0].path, row.path);
  }
}

struct Timeouts {
  const char* what;
  const char* queue;
  const char* function;
  std::string summary;  // "" when it is fine
};

class TriggerTimeouts : public testing::TestWithParam<Timeouts> {};

TEST_P(TriggerTimeouts, AreComparedWhereBothAreInTheStack) {
  const Value inputs = json(trigger);
  const Value queue = json(GetParam().queue);
  const Value function = json(GetParam().function);
  const Map none;
  const Map queue_outputs{{"arn", inputs.at("queue")}};
  const Map function_outputs{{"arn", inputs.at("function")}};
  const Map other_outputs{{"arn", Value("arn:aws:sqs:eu-west-1:123456789012:other")}};
  const Value short_one = json(R"({"visibility_timeout": 0})");
  const std::vector<Peer> peers{{"work_trigger", &inputs, "aws.lambda_event_source_mapping", &none},
                                {"work", &function, "aws.lambda_function", &function_outputs},
                                {"other", &short_one, "aws.sqs_queue", &other_outputs},
                                {"jobs", &queue, "aws.sqs_queue", &queue_outputs}};
  std::vector<PeerProblem> problems;
  find_type("aws.lambda_event_source_mapping")->type->validate_together(peers, problems);
  ASSERT_EQ(problems.size(), GetParam().summary.empty() ? 0U : 1U);
  if (problems.empty()) return;
  EXPECT_EQ(problems[0].peer, 0U);
  EXPECT_EQ(problems[0].problem.path, "queue");
  EXPECT_EQ(problems[0].problem.summary, GetParam().summary);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TriggerTimeouts,
    testing::Values(
        Timeouts{
            "too_short", R"({"visibility_timeout": 60})", R"({"timeout": 61})",
            "messages of \"jobs\" come back after 60 s, but \"work\" may work on them for 61 s"},
        Timeouts{"equal", R"({"visibility_timeout": 60})", R"({"timeout": 60})", ""},
        Timeouts{"neither_says", "{}", "{}", ""},
        Timeouts{
            "the_queue_says_nothing", "{}", R"({"timeout": 31})",
            "messages of \"jobs\" come back after 30 s, but \"work\" may work on them for 31 s"},
        Timeouts{
            "the_function_says_nothing", R"({"visibility_timeout": 2})", "{}",
            "messages of \"jobs\" come back after 2 s, but \"work\" may work on them for 3 s"}),
    [](const auto& row) { return std::string(row.param.what); });

TEST(LambdaTriggers, RefuseASecondOneForTheSameQueueAndFunction) {
  const Value inputs = json(trigger);
  const std::string_view type = "aws.lambda_event_source_mapping";
  const std::vector<Peer> peers{{"one", &inputs, type}, {"two", &inputs, type}};
  std::vector<PeerProblem> problems;
  find_type(type)->type->validate_together(peers, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].problem.summary, "\"one\" is a trigger of this queue and function already");
}

}  // namespace
}  // namespace firn::aws
