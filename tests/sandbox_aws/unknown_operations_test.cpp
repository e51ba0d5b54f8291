// What the sandbox does not know it says aloud, with its name, so that a gap is never taken for an
// answer.
#include <fmt/format.h>

#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

class UnknownOperationsTest : public FileTest {
 protected:
  UnknownOperationsTest() { EXPECT_OK(create_bucket("lake")); }
};

struct Row {
  const char* name;  // as the message and the log name it
  std::function<Reply(Client&)> ask;
  const char* shape;
};

TEST_F(UnknownOperationsTest, AreRefusedByName) {
  const Row rows[] = {
      {"s3:PUT bucket?cors",
       [](Client& c) { return c.s3("PUT", "lake", "/?cors", "<CORSConfiguration/>"); }, "s3"},
      {"s3:PUT bucket?abac",
       [](Client& c) { return c.s3("PUT", "lake", "/?abac", "<AbacStatus/>"); }, "s3"},
      {"s3:GET bucket?inventory", [](Client& c) { return c.s3("GET", "lake", "/?inventory"); },
       "s3"},
      {"s3:POST object?uploads", [](Client& c) { return c.s3("POST", "lake", "/key?uploads"); },
       "s3"},
      {"s3:PUT object?acl",
       [](Client& c) { return c.s3("PUT", "lake", "/key?acl", "<AccessControlPolicy/>"); }, "s3"},
      {"sns:ConfirmSubscription",
       [](Client& c) {
         return c.query("sns", {{"Action", "ConfirmSubscription"}});
       },
       "query"},
      {"iam:CreateGroup",
       [](Client& c) {
         return c.query("iam", {{"Action", "CreateGroup"}, {"GroupName", "g"}});
       },
       "query"},
      {"sts:GetFederationToken",
       [](Client& c) {
         return c.query("sts", {{"Action", "GetFederationToken"}});
       },
       "query"},
      {"sqs:StartMessageMoveTask",
       [](Client& c) { return c.json("sqs", "StartMessageMoveTask", Map{}); }, "json"},
      {"logs:PutMetricFilter", [](Client& c) { return c.json("logs", "PutMetricFilter", Map{}); },
       "json"},
      {"states:StartExecution", [](Client& c) { return c.json("states", "StartExecution", Map{}); },
       "json"},
      {"ecr:GetAuthorizationToken",
       [](Client& c) { return c.json("ecr", "GetAuthorizationToken", Map{}); }, "json"},
      {"events:CreateArchive", [](Client& c) { return c.json("events", "CreateArchive", Map{}); },
       "json"},
      {"monitoring:PutMetricData",
       [](Client& c) { return c.json("monitoring", "PutMetricData", Map{}); }, "json"},
      {"tagging:TagResources", [](Client& c) { return c.json("tagging", "TagResources", Map{}); },
       "json"},
      {"lambda:POST /2015-03-31/functions/f/invocations",
       [](Client& c) {
         return c.rest("lambda", "POST", "/2015-03-31/functions/f/invocations", Map{});
       },
       "rest"},
      {"scheduler:PATCH /schedules/s",
       [](Client& c) { return c.rest("scheduler", "PATCH", "/schedules/s", Map{}); }, "rest"},
      {"kms:Encrypt", [](Client& c) { return c.json("kms", "Encrypt", Map{}); }, "json"},
      {"secretsmanager:RotateSecret",
       [](Client& c) { return c.json("secretsmanager", "RotateSecret", Map{}); }, "json"},
      {"glue:GET /", [](Client& c) { return c.rest("glue", "GET", "/"); }, "json"},
  };
  for (const Row& row : rows) {
    // "Sender" would put the blame on the caller.
    const std::string shape = std::string(row.shape) == "query" ? "" : row.shape;
    expect_refused(
        row.name, [&] { return row.ask(*aws); },
        {501, "NotImplemented", fmt::format("firn sandbox does not know {}", row.name), shape});
    const LogEntry last = sandbox->log().back();
    EXPECT_EQ(last.service + ":" + last.operation, row.name);
    EXPECT_EQ(last.error, "NotImplemented");
  }
}

TEST_F(UnknownOperationsTest, MembersWhoseMeaningWouldBeLostAreRefusedByName) {
  const struct {
    const char* service;
    const char* operation;
    Map input;
    const char* member;
  } rows[] = {
      {"kms", "CreateKey", {{"KeySpec", "RSA_2048"}}, "KeySpec"},
      {"kms", "CreateKey", {{"MultiRegion", true}}, "MultiRegion"},
      {"kms",
       "EnableKeyRotation",
       {{"KeyId", "k"}, {"RotationPeriodInDays", 90}},
       "RotationPeriodInDays"},
      {"secretsmanager", "CreateSecret", {{"Name", "s"}, {"SecretBinary", "AA=="}}, "SecretBinary"},
      {"secretsmanager",
       "PutSecretValue",
       {{"SecretId", "s"}, {"VersionStages", List{}}},
       "VersionStages"},
  };
  for (const auto& row : rows) {
    expect_refused(row.member,
                   [&] { return aws->json(row.service, row.operation, Value(row.input)); },
                   {501, "NotImplemented",
                    fmt::format("firn sandbox does not know {} of {}:{}", row.member, row.service,
                                row.operation),
                    "json"});
  }
}

TEST_F(UnknownOperationsTest, AQuerysRefusalIsTheReceiversFault) {
  const Reply reply = aws->query("iam", {{"Action", "CreateGroup"}});
  EXPECT_TRUE(reply.contains("<Error><Type>Receiver</Type><Code>NotImplemented</Code>")) << reply;
}

}  // namespace
}  // namespace firn::sandbox::testing
