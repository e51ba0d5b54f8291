// Retries, waits, clock, region and budget of the client, on virtual time.
#include "providers/aws/client.h"

#include <gtest/gtest.h>

#include "core/async/sync.h"
#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

using test::create_role;
using test::cut;
using test::iam_error;
using test::iam_success;
using test::respond;
using test::Rig;
using test::s3_error;
using test::sequence;

Call get_object() {
  Call call;
  call.service = &service::s3;
  call.operation = "GetBucketPolicy";
  call.bucket = "b";
  call.query.emplace_back("policy", "");
  return call;
}

struct Outcome {
  const char* name;
  std::vector<Result<http::Response>> answers;
  bool succeeds;
  std::size_t attempts;
  ErrorKind kind;
  bool may_have_been_applied;
};

class Attempts : public testing::TestWithParam<Outcome> {};

TEST_P(Attempts, AreMadeAsThePolicySays) {
  const Outcome& outcome = GetParam();
  Rig rig;
  rig.transport.answer = sequence(outcome.answers);
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  const Result<Reply> reply = rig.scheduler.run(client.call(create_role()));

  EXPECT_EQ(rig.transport.requests.size(), outcome.attempts);
  ASSERT_EQ(reply.has_value(), outcome.succeeds);
  if (reply) {
    EXPECT_EQ(reply->text("Role.Arn"), "arn:x");
  } else {
    EXPECT_EQ(reply.error().kind, outcome.kind);
    EXPECT_EQ(reply.error().may_have_been_applied, outcome.may_have_been_applied);
    EXPECT_EQ(reply.error().operation, "iam:CreateRole");
    EXPECT_EQ(reply.error().address, "loader");
  }
}

const std::vector<Outcome>& outcomes() {
  static const std::vector<Outcome> all = {
      {"success", {respond(200, iam_success)}, true, 1, ErrorKind::bug, false},
      {"a_server_error_is_tried_again",
       {respond(500, ""), respond(200, iam_success)},
       true,
       2,
       ErrorKind::bug,
       false},
      {"six_attempts_in_all", {respond(503, "")}, false, 6, ErrorKind::unavailable, true},
      {"a_connection_that_never_stood_did_nothing",
       {cut(false)},
       false,
       3,
       ErrorKind::unavailable,
       false},
      {"a_cut_after_sending_may_have_been_applied",
       {cut(true)},
       false,
       3,
       ErrorKind::unavailable,
       true},
      {"exists_after_a_cut_may_be_our_own_doing",
       {cut(true), iam_error(409, "EntityAlreadyExists", "Role exists")},
       false,
       2,
       ErrorKind::conflict,
       true},
      {"exists_at_once_is_somebody_else",
       {iam_error(409, "EntityAlreadyExists", "Role exists")},
       false,
       1,
       ErrorKind::conflict,
       false},
      {"a_refusal_is_final",
       {iam_error(403, "AccessDenied", "not authorized")},
       false,
       1,
       ErrorKind::denied,
       false},
      {"a_quota_is_final",
       {iam_error(409, "LimitExceeded", "Cannot exceed quota")},
       false,
       1,
       ErrorKind::invalid_input,
       false},
      {"a_busy_entity_is_waited_for",
       {iam_error(409, "ConcurrentModification", "busy"),
        iam_error(409, "EntityTemporarilyUnmodifiable", "busy"), respond(200, iam_success)},
       true,
       3,
       ErrorKind::bug,
       false},
  };
  return all;
}

INSTANTIATE_TEST_SUITE_P(Policy, Attempts, testing::ValuesIn(outcomes()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Client, IsPatientWhenThrottled) {
  Rig rig;
  std::vector<Result<http::Response>> answers(
      20, Result<http::Response>(iam_error(400, "Throttling", "Rate exceeded")));
  answers.emplace_back(respond(200, iam_success));
  rig.transport.answer = sequence(std::move(answers));
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  const Result<Reply> reply = rig.scheduler.run(client.call(create_role()));

  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(rig.transport.requests.size(), 21U);
  // Full jitter up to 20 seconds each: it took a while, but not for ever.
  const Duration passed = rig.clock.now() - test::start;
  EXPECT_GT(passed, std::chrono::seconds(20));
  EXPECT_LT(passed, std::chrono::seconds(400));
}

TEST(Client, GivesUpOnEndlessThrottlingAndSaysNothingHappened) {
  Rig rig;
  rig.transport.answer = sequence({iam_error(400, "Throttling", "Rate exceeded")});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  const Result<Reply> reply = rig.scheduler.run(client.call(create_role()));

  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::throttled);
  EXPECT_FALSE(reply.error().may_have_been_applied);
  EXPECT_EQ(rig.transport.requests.size(), 25U);
}

TEST(Client, WaitsForWhatSpreadsThroughAws) {
  Rig rig;
  std::vector<Result<http::Response>> answers(
      5, Result<http::Response>(
             iam_error(400, "MalformedPolicyDocument", "Invalid principal in policy: x")));
  answers.emplace_back(respond(200, iam_success));
  rig.transport.answer = sequence(std::move(answers));
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
  std::vector<std::string> lines;
  Call call = create_role();
  call.wait_while = {{"MalformedPolicyDocument", "Invalid principal", "the user is known"}};
  call.report = [&lines](std::string_view line) { lines.emplace_back(line); };

  const Result<Reply> reply = rig.scheduler.run(client.call(std::move(call)));

  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(lines, std::vector<std::string>{"waiting until the user is known"});
  EXPECT_GT(rig.clock.now() - test::start, std::chrono::seconds(2));
}

TEST(Client, WaitsLittleLongerThanItMust) {
  for (const Duration due : {std::chrono::seconds(1), std::chrono::seconds(8),
                             std::chrono::seconds(30), std::chrono::seconds(90)}) {
    Rig rig;
    std::size_t asked = 0;
    rig.transport.answer = [&](const http::Request&) {
      ++asked;
      return rig.clock.now() - test::start < due
                 ? iam_error(400, "MalformedPolicyDocument", "Invalid principal in policy: x")
                 : respond(200, iam_success);
    };
    Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
    Call call = create_role();
    call.wait_while = {{"MalformedPolicyDocument", "Invalid principal", "the user is known"}};
    ASSERT_TRUE(rig.scheduler.run(client.call(std::move(call))).has_value());
    const Duration waited = rig.clock.now() - test::start;
    EXPECT_LT(waited, due * 14 / 10 + std::chrono::milliseconds(700));
    EXPECT_LT(asked, 32U);
  }
}

TEST(Client, WaitsTwoMinutesAndThenTellsWhatAwsSaid) {
  Rig rig;
  rig.transport.answer = sequence({iam_error(400, "MalformedPolicyDocument", "Invalid principal")});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
  Call call = create_role();
  call.wait_while = {{"MalformedPolicyDocument", "Invalid principal", "the user is known"}};

  const Result<Reply> reply = rig.scheduler.run(client.call(std::move(call)));

  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, "MalformedPolicyDocument");
  const Duration passed = rig.clock.now() - test::start;
  EXPECT_GE(passed, std::chrono::seconds(120));
  EXPECT_LT(passed, std::chrono::seconds(130));
}

TEST(Client, SignsWithTheServersClockAfterARefusalForTime) {
  Rig rig;
  // The server is an hour ahead.
  rig.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    http::Headers headers{{"Date", "Fri, 02 Jan 2026 04:04:05 GMT"}};
    if (request.headers.get("x-amz-date").starts_with("20260102T0404")) {
      return respond(200, iam_success, headers);
    }
    http::Response refusal = iam_error(403, "SignatureDoesNotMatch", "Signature expired");
    refusal.headers = headers;
    return refusal;
  };
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  const Result<Reply> first = rig.scheduler.run(client.call(create_role()));
  const Result<Reply> second = rig.scheduler.run(client.call(create_role()));

  EXPECT_TRUE(first.has_value());
  EXPECT_TRUE(second.has_value());
  // The second call knows already.
  EXPECT_EQ(rig.transport.requests.size(), 3U);
}

TEST(Client, DoesNotRetryABadSignatureWhenTheClockIsRight) {
  Rig rig;
  rig.transport.answer = sequence({iam_error(403, "SignatureDoesNotMatch", "The signature …")});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  const Result<Reply> reply = rig.scheduler.run(client.call(create_role()));

  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::credentials);
  EXPECT_EQ(rig.transport.requests.size(), 1U);
}

// Gives a new key each time it is asked to forget the last.
class RenewableCredentials final : public CredentialsSource {
 public:
  Task<Result<Credentials>> get() override {
    Credentials credentials{"KEY" + std::to_string(generation), "secret", "token", std::nullopt};
    co_return credentials;
  }
  void forget() override { ++generation; }
  int generation = 1;
};

TEST(Client, RenewsAnExpiredSessionOnce) {
  Rig rig;
  RenewableCredentials credentials;
  rig.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    if (request.headers.get("Authorization").find("KEY2/") != std::string::npos) {
      return respond(200, iam_success);
    }
    return iam_error(403, "ExpiredToken", "The security token included in the request is expired");
  };
  Client client(rig.scheduler, rig.transport, credentials, Rig::options());

  const Result<Reply> reply = rig.scheduler.run(client.call(create_role()));

  EXPECT_TRUE(reply.has_value());
  EXPECT_EQ(rig.transport.requests.size(), 2U);
}

TEST(Client, SaysWhatToDoWhenTheSessionIsOver) {
  Rig rig;
  rig.transport.answer = sequence({iam_error(403, "ExpiredToken", "expired")});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  const Result<Reply> reply = rig.scheduler.run(client.call(create_role()));

  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::credentials);
  EXPECT_NE(reply.error().remedy.find("sign in again"), std::string::npos);
  EXPECT_EQ(rig.transport.requests.size(), 2U);
}

TEST(Client, FollowsABucketToItsRegionAndRemembersIt) {
  Rig rig;
  rig.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    if (request.host == "b.s3.us-west-2.amazonaws.com") return respond(200, "{}");
    return respond(301, "<Error><Code>PermanentRedirect</Code></Error>",
                   {{"x-amz-bucket-region", "us-west-2"}});
  };
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  const Result<Reply> first = rig.scheduler.run(client.call(get_object()));
  const Result<Reply> second = rig.scheduler.run(client.call(get_object()));

  EXPECT_TRUE(first.has_value());
  EXPECT_TRUE(second.has_value());
  EXPECT_EQ(rig.transport.requests.size(), 3U);
  EXPECT_NE(rig.transport.requests.back().headers.get("Authorization").find("/us-west-2/s3/"),
            std::string::npos);
}

TEST(Client, TakesAnErrorInsideASuccessForAnError) {
  Rig rig;
  rig.transport.answer = sequence({s3_error(200, "InternalError", "We encountered an error")});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  const Result<Reply> reply = rig.scheduler.run(client.call(get_object()));

  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(rig.transport.requests.size(), 6U);
}

TEST(Client, KeepsWithinTheServicesBudget) {
  Rig rig;
  rig.transport.latency = std::chrono::milliseconds(100);
  rig.transport.answer = sequence({respond(200, iam_success)});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
  std::vector<Task<Result<Reply>>> tasks;
  for (int i = 0; i < 50; ++i)
    tasks.push_back(client.call(create_role()));

  const auto replies = rig.scheduler.run(when_all(rig.scheduler, std::move(tasks)));

  EXPECT_EQ(replies.size(), 50U);
  EXPECT_EQ(rig.transport.most_in_flight, service::iam.concurrency);
  EXPECT_EQ(rig.clock.now() - test::start, std::chrono::milliseconds(500));
}

TEST(Client, PacesLambdaAfterItsFirstSecond) {
  Rig rig;
  rig.transport.answer = sequence({respond(200, "{}")});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
  std::vector<Task<Result<Reply>>> tasks;
  for (int i = 0; i < 45; ++i) {
    Call call;
    call.service = &service::lambda;
    call.operation = "GetFunction";
    call.path = "/2015-03-31/functions/f";
    tasks.push_back(client.call(std::move(call)));
  }
  const auto replies = rig.scheduler.run(when_all(rig.scheduler, std::move(tasks)));

  EXPECT_EQ(replies.size(), 45U);
  // 15 at once, then 15 each second.
  const Duration passed = rig.clock.now() - test::start;
  EXPECT_GE(passed, std::chrono::milliseconds(1900));
  EXPECT_LT(passed, std::chrono::milliseconds(2200));
}

TEST(Client, NamesTheEndpointThatCannotBeReached) {
  Rig rig;
  rig.transport.answer = sequence({cut(false)});
  ClientOptions options = Rig::options();
  options.endpoints[""] = "http://127.0.0.1:5000";
  Client client(rig.scheduler, rig.transport, rig.credentials, options);

  const Result<Reply> reply = rig.scheduler.run(client.call(create_role()));

  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().summary, "cannot reach AWS IAM at http://127.0.0.1:5000");
  EXPECT_NE(reply.error().remedy.find("AWS_ENDPOINT_URL_IAM"), std::string::npos);
}

}  // namespace
}  // namespace firn::aws
