// Lambda: queues that start functions, and what happens to calls that nobody waits for.
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* mappings = "/2015-03-31/event-source-mappings";
constexpr const char* function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:work";
constexpr const char* queue_arn = "arn:aws:sqs:eu-west-1:123456789012:jobs";
constexpr const char* invalid = "InvalidParameterValueException";

// A role that may work on the queue, and send to the queue, the topic and the function of failures.
constexpr const char* rights = R"({"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Resource": "arn:aws:sqs:eu-west-1:123456789012:jobs",
   "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]},
  {"Effect": "Allow", "Resource": "arn:aws:sqs:eu-west-1:123456789012:failed",
   "Action": "sqs:SendMessage"}]})";

class TriggerTest : public FileTest {
 protected:
  TriggerTest() : role_(ready_role("Worker", "lambda.amazonaws.com", rights)) {
    make_function("work", role_, 10);
    make_queue("jobs", 30);
    advance(std::chrono::seconds(3));
  }

  void make_function(const std::string& name, const std::string& role, int timeout) {
    EXPECT_OK(aws->rest("lambda", "POST", "/2015-03-31/functions",
                        Map{{"FunctionName", name},
                            {"Runtime", "python3.12"},
                            {"Handler", "main.handler"},
                            {"Role", role},
                            {"Timeout", timeout},
                            {"Code", Map{{"ZipFile", small_zip()}}}}));
  }
  void make_queue(const std::string& name, int visibility) {
    Map attributes{{"VisibilityTimeout", fmt::format("{}", visibility)}};
    if (name.ends_with(".fifo")) attributes.set("FifoQueue", "true");
    EXPECT_OK(aws->json("sqs", "CreateQueue",
                        Map{{"QueueName", name}, {"Attributes", Value(std::move(attributes))}}));
  }
  Reply create(const Map& changes = {}) {
    Map input{{"FunctionName", "work"}, {"EventSourceArn", queue_arn}};
    for (const auto& [name, value] : changes)
      input.set(name, value);
    return aws->rest("lambda", "POST", mappings, Value(std::move(input)));
  }
  Reply at(const std::string& uuid, const std::string& method = "GET", const Value& body = {}) {
    return aws->rest("lambda", method, fmt::format("{}/{}", mappings, uuid), body);
  }
  std::string state(const std::string& uuid) { return at(uuid).json().string_or("State", ""); }
  void settled() { advance(std::chrono::seconds(3)); }

  std::string role_;
};

TEST_F(TriggerTest, ATriggerIsMadeSwitchedOffAndGoneEachInItsTime) {
  const Reply made = create({{"BatchSize", 5}, {"Tags", Map{{"team", "data"}}}});
  ASSERT_EQ(made.status, 202) << made;
  const std::string uuid = made.json().string_or("UUID", "");
  EXPECT_EQ(made.json().string_or("State", ""), "Creating");
  EXPECT_EQ(made.json().string_or("FunctionArn", ""), function_arn);
  EXPECT_EQ(made.json().string_or("EventSourceMappingArn", ""),
            "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:" + uuid);
  expect_refused("a change in the meantime",
                 [&] {
                   return at(uuid, "PUT", Map{{"BatchSize", 6}});
                 },
                 {400, "ResourceInUseException", "because it is in use", "rest"});
  settled();
  EXPECT_EQ(state(uuid), "Enabled");
  EXPECT_EQ(at(uuid, "PUT", Map{{"Enabled", false}}).json().string_or("State", ""), "Disabling");
  expect_refused("deleted in the meantime", [&] { return at(uuid, "DELETE"); },
                 {400, "ResourceInUseException", "because it is in use", "rest"});
  settled();
  EXPECT_EQ(state(uuid), "Disabled");
  EXPECT_EQ(at(uuid, "DELETE").json().string_or("State", ""), "Deleting");
  EXPECT_EQ(state(uuid), "Deleting");
  settled();
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    expect_refused(
        method, [&] { return at(uuid, method, Map{}); },
        {404, "ResourceNotFoundException", "The resource you requested does not exist", "rest"});
  }
  EXPECT_EQ(create().status, 202);  // its place is free again
}

TEST_F(TriggerTest, EverythingCanBeChangedAndClearedAgain) {
  const std::string uuid =
      create({{"BatchSize", 100},
              {"MaximumBatchingWindowInSeconds", 5},
              {"FunctionResponseTypes", List{Value("ReportBatchItemFailures")}},
              {"ScalingConfig", Map{{"MaximumConcurrency", 7}}},
              {"FilterCriteria",
               Map{{"Filters", List{Value(Map{{"Pattern", R"({"body": {"kind": ["a"]}})"}})}}}}})
          .json()
          .string_or("UUID", "");
  settled();
  Value shown = at(uuid).json();
  EXPECT_EQ(shown.int_or("BatchSize", 0), 100);
  EXPECT_EQ(shown.int_or("MaximumBatchingWindowInSeconds", 0), 5);
  EXPECT_EQ(shown.at_path("ScalingConfig.MaximumConcurrency"), Value(7));
  EXPECT_EQ(shown.at_path("FunctionResponseTypes.0"), Value("ReportBatchItemFailures"));
  EXPECT_FALSE(shown.at_path("FilterCriteria.Filters.0.Pattern").is_null());
  EXPECT_OK(at(uuid, "PUT",
               Map{{"BatchSize", 10},
                   {"MaximumBatchingWindowInSeconds", 0},
                   {"FunctionResponseTypes", List()},
                   {"ScalingConfig", Map{}},
                   {"FilterCriteria", Map{}}}));
  settled();
  shown = at(uuid).json();
  EXPECT_EQ(shown.int_or("BatchSize", 0), 10);
  EXPECT_EQ(shown.find("ScalingConfig"), nullptr);
  EXPECT_EQ(shown.find("FilterCriteria"), nullptr);
  EXPECT_EQ(shown.at("FunctionResponseTypes"), Value(List()));
}

TEST_F(TriggerTest, WhatLambdaRefuses) {
  make_queue("jobs.fifo", 30);
  make_function("slow", role_, 31);
  make_function("poor", ready_role("Poor", "lambda.amazonaws.com"), 3);
  const std::string fifo = std::string(queue_arn) + ".fifo";
  const struct {
    const char* what;
    Map changes;
    int status;
    const char* code;
    const char* message;
  } rows[] = {
      {"a queue that comes back too soon",
       {{"FunctionName", "slow"}},
       400,
       invalid,
       "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds"},
      {"a role without rights",
       {{"FunctionName", "poor"}},
       400,
       invalid,
       "The provided execution role does not have permissions to call ReceiveMessage on SQS"},
      {"no such function",
       {{"FunctionName", "none"}},
       404,
       "ResourceNotFoundException",
       "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:none"},
      {"no such queue",
       {{"EventSourceArn", "arn:aws:sqs:eu-west-1:123456789012:none"}},
       400,
       invalid,
       "AWS.SimpleQueueService.NonExistentQueue"},
      {"many at once without time to gather",
       {{"BatchSize", 11}},
       400,
       invalid,
       "Maximum batch window in seconds must be greater than 0"},
      {"many at once from a FIFO queue",
       {{"EventSourceArn", fifo}, {"BatchSize", 11}},
       400,
       invalid,
       "less than or equal to 10 for FIFO"},
      {"a window for a FIFO queue",
       {{"EventSourceArn", fifo}, {"MaximumBatchingWindowInSeconds", 1}},
       400,
       invalid,
       "Batching window is not supported for FIFO queues"},
      {"too few at once",
       {{"ScalingConfig", Map{{"MaximumConcurrency", 1}}}},
       400,
       "ValidationException",
       "scalingConfig.maximumConcurrency"},
      {"a filter that is none",
       {{"FilterCriteria", Map{{"Filters", List{Value(Map{{"Pattern", R"({"body": "a"})"}})}}}}},
       400,
       invalid,
       "Invalid filter pattern definition."},
      {"an answer that nobody knows",
       {{"FunctionResponseTypes", List{Value("Everything")}}},
       400,
       invalid,
       "FunctionResponseTypes"},
      {"another kind of source",
       {{"EventSourceArn", "arn:aws:kinesis:eu-west-1:123456789012:stream/s"}},
       501,
       "NotImplemented",
       "EventSourceArn of kinesis"},
      {"what is for streams",
       {{"ParallelizationFactor", 2}},
       501,
       "NotImplemented",
       "ParallelizationFactor"},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return create(row.changes); },
                   {row.status, row.code, row.message, "rest"});
  }
}

TEST_F(TriggerTest, OneTriggerForAQueueAndAFunction) {
  const std::string uuid = create().json().string_or("UUID", "");
  expect_refused("a second one",
                 [&] {
                   return create({{"FunctionName", function_arn}});
                 },
                 {409, "ResourceConflictException",
                  "Please update or delete the existing mapping with UUID " + uuid, "rest"});
  const std::string by_both =
      fmt::format("{}?FunctionName=work&EventSourceArn={}", mappings, percent_encode(queue_arn));
  const Value listed = aws->rest("lambda", "GET", by_both).json().at("EventSourceMappings");
  ASSERT_EQ(listed.as_list().size(), 1U);
  EXPECT_EQ(listed.as_list()[0].string_or("UUID", ""), uuid);
  // The function goes; its trigger stays, as in AWS.
  EXPECT_EQ(aws->rest("lambda", "DELETE", "/2015-03-31/functions/work").status, 204);
  settled();
  EXPECT_EQ(state(uuid), "Enabled");
}

TEST_F(TriggerTest, TagsGoByTheArn) {
  const std::string arn =
      create({{"Tags", Map{{"a", "1"}}}}).json().string_or("EventSourceMappingArn", "");
  const std::string path = "/2017-03-31/tags/" + percent_encode(arn);
  EXPECT_EQ(aws->rest("lambda", "POST", path, Map{{"Tags", Map{{"b", "2"}}}}).status, 204);
  EXPECT_EQ(aws->rest("lambda", "DELETE", path + "?tagKeys=a").status, 204);
  EXPECT_EQ(to_json(aws->rest("lambda", "GET", path).json()), R"({"Tags":{"b":"2"}})");
}

// --- calls that nobody waits for

class AsyncTest : public TriggerTest {
 protected:
  static constexpr const char* path_ = "/2019-09-25/functions/work/event-invoke-config";
  Reply put(const Map& input) { return aws->rest("lambda", "PUT", path_, Value(input)); }
  static Map to(const std::string& arn) {
    return {{"DestinationConfig", Map{{"OnFailure", Map{{"Destination", arn}}}}}};
  }
};

TEST_F(AsyncTest, SettingsArePutShownAndTakenAway) {
  make_queue("failed", 30);
  expect_refused("none yet", [&] { return aws->rest("lambda", "GET", path_); },
                 {404, "ResourceNotFoundException", "doesn't have an EventInvokeConfig", "rest"});
  Map all = to("arn:aws:sqs:eu-west-1:123456789012:failed");
  all.set("MaximumRetryAttempts", 1);
  all.set("MaximumEventAgeInSeconds", 3600);
  EXPECT_EQ(put(all).status, 200);
  const Value shown = aws->rest("lambda", "GET", path_).json();
  EXPECT_EQ(shown.int_or("MaximumRetryAttempts", 9), 1);
  EXPECT_EQ(shown.int_or("MaximumEventAgeInSeconds", 9), 3600);
  EXPECT_EQ(shown.at_path("DestinationConfig.OnFailure.Destination"),
            Value("arn:aws:sqs:eu-west-1:123456789012:failed"));
  EXPECT_EQ(shown.string_or("FunctionArn", ""), std::string(function_arn) + ":$LATEST");
  // PUT replaces all, POST adds.
  EXPECT_OK(aws->rest("lambda", "POST", path_, Map{{"MaximumRetryAttempts", 0}}));
  EXPECT_FALSE(aws->rest("lambda", "GET", path_)
                   .json()
                   .at_path("DestinationConfig.OnFailure.Destination")
                   .is_null());
  EXPECT_OK(put({{"MaximumRetryAttempts", 0}}));
  EXPECT_TRUE(aws->rest("lambda", "GET", path_)
                  .json()
                  .at_path("DestinationConfig.OnFailure.Destination")
                  .is_null());
  EXPECT_EQ(aws->rest("lambda", "DELETE", path_).status, 204);
  expect_refused("again", [&] { return aws->rest("lambda", "DELETE", path_); },
                 {404, "ResourceNotFoundException", "doesn't have an EventInvokeConfig", "rest"});
}

TEST_F(AsyncTest, TheRoleMustBeAllowedToSendThere) {
  const struct {
    const char* destination;
    const char* message;
  } rows[] = {
      {"arn:aws:sqs:eu-west-1:123456789012:elsewhere",
       "The function's execution role does not have permissions to call SendMessage on "
       "arn:aws:sqs:eu-west-1:123456789012:elsewhere"},
      {"arn:aws:sns:eu-west-1:123456789012:t", "permissions to call Publish on"},
      {"arn:aws:lambda:eu-west-1:123456789012:function:f", "to call InvokeFunction on"},
      {function_arn, "as a destination for itself"},
      {"arn:aws:sqs:eu-west-1:123456789012:failed.fifo", "is invalid"},
      {"arn:aws:dynamodb:eu-west-1:123456789012:table/t", "is invalid"},
      {"failed", "is invalid"},
  };
  for (const auto& row : rows) {
    expect_refused(row.destination, [&] { return put(to(row.destination)); },
                   {400, invalid, row.message, "rest"});
  }
  expect_refused("too often",
                 [&] {
                   return put({{"MaximumRetryAttempts", 3}});
                 },
                 {400, "ValidationException", "maximumRetryAttempts", "rest"});
}

TEST_F(AsyncTest, SettingsGoWithTheirFunction) {
  EXPECT_OK(put({{"MaximumRetryAttempts", 0}}));
  EXPECT_EQ(aws->rest("lambda", "DELETE", "/2015-03-31/functions/work").status, 204);
  make_function("work", role_, 3);
  expect_refused("of the new one", [&] { return aws->rest("lambda", "GET", path_); },
                 {404, "ResourceNotFoundException", "doesn't have an EventInvokeConfig", "rest"});
}

}  // namespace
}  // namespace firn::sandbox::testing
