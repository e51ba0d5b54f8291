// Who is let in, and in which words the others are refused.
#include "core/base/text.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

using CredentialsTest = SandboxTest;

Reply identity(Client& client) {
  return client.query("sts", {{"Action", "GetCallerIdentity"}, {"Version", "2011-06-15"}});
}

TEST_F(CredentialsTest, AdministratorsAreRootsOfTheirAccounts) {
  EXPECT_EQ(identity(*aws).xml("Account"), account_a);
  EXPECT_EQ(identity(*aws).xml("Arn"), "arn:aws:iam::123456789012:root");
  EXPECT_EQ(identity(*other).xml("Account"), account_b);
}

TEST_F(CredentialsTest, KeysAreStable) {
  EXPECT_EQ(sandbox->administrator_of(account_a).secret_access_key,
            sandbox->administrator_of(account_a).secret_access_key);
  EXPECT_NE(sandbox->administrator_of(account_a).secret_access_key,
            sandbox->administrator_of(account_b).secret_access_key);
}

struct Shape {
  const char* service;
  int unknown_status;
  const char* unknown_code;
  int wrong_status;
  const char* wrong_code;
  int missing_status;
  const char* missing_code;
};

// Each protocol has its own words and statuses.
const std::vector<Shape>& shapes() {
  static const std::vector<Shape> rows = {
      {"s3", 403, "InvalidAccessKeyId", 403, "SignatureDoesNotMatch", 403, "AccessDenied"},
      {"iam", 403, "InvalidClientTokenId", 403, "SignatureDoesNotMatch", 403,
       "MissingAuthenticationToken"},
      {"sns", 403, "InvalidClientTokenId", 403, "SignatureDoesNotMatch", 403,
       "MissingAuthenticationToken"},
      {"sqs", 400, "UnrecognizedClientException", 400, "InvalidSignatureException", 400,
       "MissingAuthenticationTokenException"},
      {"logs", 400, "UnrecognizedClientException", 400, "InvalidSignatureException", 400,
       "MissingAuthenticationTokenException"},
      {"lambda", 403, "UnrecognizedClientException", 403, "InvalidSignatureException", 403,
       "MissingAuthenticationTokenException"},
  };
  return rows;
}

http::Request request_for(const std::string& service) {
  http::Request request;
  request.host = service == "iam" ? "iam.amazonaws.com" : service + ".eu-west-1.amazonaws.com";
  request.method = service == "s3" || service == "lambda" ? "GET" : "POST";
  if (service == "lambda") request.path = "/2015-03-31/functions";
  return request;
}

TEST_F(CredentialsTest, UnknownKeysAndWrongSecretsAreRefusedInTheServicesWords) {
  for (const Shape& row : shapes()) {
    Keys unknown = aws->keys();
    unknown.access_key_id = "AKIAUNKNOWNKEY234567";
    Client stranger(*sandbox, unknown, "eu-west-1");
    const Reply first = stranger.send(request_for(row.service), row.service);
    EXPECT_EQ(first.status, row.unknown_status) << row.service << first;
    EXPECT_EQ(first.code, row.unknown_code) << row.service << first;

    Keys wrong = aws->keys();
    wrong.secret_access_key += "x";
    Client forger(*sandbox, wrong, "eu-west-1");
    const Reply second = forger.send(request_for(row.service), row.service);
    EXPECT_EQ(second.status, row.wrong_status) << row.service << second;
    EXPECT_EQ(second.code, row.wrong_code) << row.service << second;

    const Reply third = aws->send_unsigned(request_for(row.service));
    EXPECT_EQ(third.status, row.missing_status) << row.service << third;
    EXPECT_EQ(third.code, row.missing_code) << row.service << third;
  }
}

TEST_F(CredentialsTest, NoSecretIsInAnyRefusal) {
  for (const Shape& row : shapes()) {
    Keys wrong = aws->keys();
    wrong.secret_access_key += "x";
    Client forger(*sandbox, wrong, "eu-west-1");
    const Reply reply = forger.send(request_for(row.service), row.service);
    EXPECT_FALSE(reply.contains(aws->keys().secret_access_key)) << row.service;
  }
}

TEST_F(CredentialsTest, AClockThatIsOffIsTold) {
  http::Request s3 = request_for("s3");
  sign(s3, aws->keys(), "s3", "eu-west-1", sandbox->clock().now() - std::chrono::minutes(20));
  EXPECT_REFUSED(aws->send_unsigned(s3), 403, "RequestTimeTooSkewed", "too large");
  http::Request sns = request_for("sns");
  sign(sns, aws->keys(), "sns", "eu-west-1", sandbox->clock().now() - std::chrono::minutes(20));
  EXPECT_REFUSED(aws->send_unsigned(sns), 403, "SignatureDoesNotMatch", "Signature expired");
  http::Request logs = request_for("logs");
  sign(logs, aws->keys(), "logs", "eu-west-1", sandbox->clock().now() + std::chrono::minutes(20));
  EXPECT_REFUSED(aws->send_unsigned(logs), 400, "InvalidSignatureException",
                 "Signature not yet current");
}

TEST_F(CredentialsTest, TheScopeMustNameTheHostsRegion) {
  http::Request sns = request_for("sns");
  sign(sns, aws->keys(), "sns", "eu-central-1", sandbox->clock().now());
  EXPECT_REFUSED(aws->send_unsigned(sns), 403, "SignatureDoesNotMatch",
                 "Credential should be scoped to a valid region");
  http::Request s3 = request_for("s3");
  sign(s3, aws->keys(), "s3", "eu-central-1", sandbox->clock().now());
  const Reply reply = aws->send_unsigned(s3);
  EXPECT_REFUSED(reply, 400, "AuthorizationHeaderMalformed", "expecting 'eu-west-1'");
  EXPECT_EQ(reply.xml("Region"), "eu-west-1");
}

TEST_F(CredentialsTest, EveryAnswerCarriesARequestIdAndTheSandboxesTime) {
  const Reply reply = identity(*aws);
  EXPECT_FALSE(reply.headers.get("x-amzn-requestid").empty());
  EXPECT_EQ(reply.headers.get("Date"), "Thu, 01 Jan 2026 00:00:00 GMT");
  EXPECT_FALSE(aws->s3("GET", "", "/").headers.get("x-amz-request-id").empty());
}

TEST_F(CredentialsTest, WhatIsNotKnownFailsLoudlyAndIsInTheLog) {
  struct Row {
    Reply reply;
    const char* text;
  };
  const Row rows[] = {
      {aws->query("sns", {{"Action", "CreatePlatformApplication"}}),
       "firn sandbox does not know sns:CreatePlatformApplication"},
      {aws->query("iam", {{"Action", "CreateGroup"}}),
       "firn sandbox does not know iam:CreateGroup"},
      {aws->json("sqs", "StartMessageMoveTask", Map{}),
       "firn sandbox does not know sqs:StartMessageMoveTask"},
      {aws->rest("lambda", "POST", "/2015-03-31/functions/f/invocations", Map{}),
       "firn sandbox does not know lambda:"},
      {aws->s3("PUT", "bucket", "/?accelerate", "<x/>"), "firn sandbox does not know s3:"},
  };
  for (const Row& row : rows)
    EXPECT_REFUSED(row.reply, 501, "NotImplemented", row.text);
  http::Request glue = request_for("glue");
  EXPECT_REFUSED(aws->send(glue, "glue"), 501, "NotImplemented",
                 "firn sandbox does not know glue:");
  bool logged = false;
  for (const LogEntry& entry : sandbox->log()) {
    logged = logged || (entry.operation == "CreateGroup" && entry.error == "NotImplemented");
  }
  EXPECT_TRUE(logged);
}

// --- sessions

TEST_F(CredentialsTest, ASessionMayWhatItsRoleMayAndEnds) {
  const std::string trust =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]})";
  const std::string policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:ListQueues","Resource":"*"}]})";
  EXPECT_OK(aws->query(
      "iam",
      {{"Action", "CreateRole"}, {"RoleName", "Reader"}, {"AssumeRolePolicyDocument", trust}}));
  EXPECT_OK(aws->query("iam", {{"Action", "PutRolePolicy"},
                               {"RoleName", "Reader"},
                               {"PolicyName", "p"},
                               {"PolicyDocument", policy}}));
  const Form assume = {{"Action", "AssumeRole"},
                       {"RoleArn", "arn:aws:iam::123456789012:role/Reader"},
                       {"RoleSessionName", "test"},
                       {"DurationSeconds", "900"}};
  EXPECT_REFUSED(aws->query("sts", assume), 403, "AccessDenied", "sts:AssumeRole");
  advance(std::chrono::seconds(10));
  const Reply session = aws->query("sts", assume);
  ASSERT_EQ(session.status, 200) << session;
  const Keys keys{session.xml("AccessKeyId"), session.xml("SecretAccessKey"),
                  session.xml("SessionToken")};
  Client reader(*sandbox, keys, "eu-west-1");
  EXPECT_EQ(identity(reader).xml("Arn"), "arn:aws:sts::123456789012:assumed-role/Reader/test");
  EXPECT_OK(reader.json("sqs", "ListQueues", Map{}));
  EXPECT_REFUSED(reader.json("sqs", "CreateQueue", Map{{"QueueName", "q"}}), 403, "AccessDenied",
                 "because no identity-based policy allows the sqs:CreateQueue action");
  EXPECT_REFUSED(reader.s3("GET", "", "/"), 403, "AccessDenied", "s3:ListAllMyBuckets");

  Client without_token(*sandbox, Keys{keys.access_key_id, keys.secret_access_key, {}}, "eu-west-1");
  EXPECT_EQ(identity(without_token).code, "InvalidClientTokenId");
  advance(std::chrono::minutes(16));
  EXPECT_EQ(identity(reader).code, "ExpiredToken");
}

TEST_F(CredentialsTest, AssumingIsRefusedAlikeForMissingAndUnwillingRoles) {
  ready_role("ForLambda", "lambda.amazonaws.com");
  for (const char* role : {"ForLambda", "Nobody"}) {
    EXPECT_REFUSED(
        aws->query("sts", {{"Action", "AssumeRole"},
                           {"RoleArn", std::string("arn:aws:iam::123456789012:role/") + role},
                           {"RoleSessionName", "test"}}),
        403, "AccessDenied", "is not authorized to perform: sts:AssumeRole");
  }
  EXPECT_REFUSED(
      aws->query("sts",
                 {{"Action", "AssumeRole"}, {"RoleArn", "nonsense"}, {"RoleSessionName", "test"}}),
      400, "ValidationError", "nonsense is invalid");
}

}  // namespace
}  // namespace firn::sandbox::testing
