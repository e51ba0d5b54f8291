// The verifier against signatures made by another implementation (botocore 1.43.11).
#include "sandbox/aws/signature.h"

#include <chrono>
#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace firn::sandbox::aws {
namespace {

constexpr const char* secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr const char* empty_hash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Instant signing_instant() {
  using namespace std::chrono;
  return Instant(sys_days(year{2026} / 1 / 2).time_since_epoch()) + hours(3) + minutes(4) +
         seconds(5);
}

struct KnownAnswer {
  const char* name;
  const char* url;
  const char* method;
  http::Headers headers;
  const char* body;
  const char* service;
  const char* region;
  const char* signed_headers;
  const char* signature;
};

std::vector<KnownAnswer> known_answers() {
  return {
      {"V1",
       "https://iam.amazonaws.com/",
       "POST",
       {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
       "Action=GetRole&RoleName=r&Version=2010-05-08",
       "iam",
       "us-east-1",
       "content-type;host;x-amz-date",
       "cdf52b87a71767e224a672aeb92dff83e76112bb2b66cab8dba6f6ffb61da6da"},
      {"V2",
       "https://sqs.eu-west-1.amazonaws.com/",
       "POST",
       {{"Content-Type", "application/x-amz-json-1.0"},
        {"X-Amz-Target", "AmazonSQS.ListQueues"},
        {"X-Amz-Security-Token", "TOKEN/+="}},
       "{}",
       "sqs",
       "eu-west-1",
       "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
       "313a578b6d300a4198acb8f18571a5897d3bbba250d94233991703c525c0b8fe"},
      {"V3",
       "https://lambda.eu-west-1.amazonaws.com/2017-03-31/tags/"
       "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af?tagKeys=b&tagKeys=a%20c",
       "DELETE",
       {},
       "",
       "lambda",
       "eu-west-1",
       "host;x-amz-date",
       "9fc0387db6b33c505b1f4123a88cb9bbd162322cf5f9f62e7fd044a33db55631"},
      {"V4",
       "https://b.s3.eu-west-1.amazonaws.com/a%20b/..//%C3%A9%2B~?versionId=x%2Fy&"
       "response-content-type=a%20b",
       "GET",
       {{"X-Amz-Content-SHA256", empty_hash}},
       "",
       "s3",
       "eu-west-1",
       "host;x-amz-content-sha256;x-amz-date",
       "e40124e89d3de23c826782ba64911aa65e533a757ebecb00e26420423f7d1c61"},
      {"V5",
       "http://127.0.0.1:5000/b?policy",
       "PUT",
       {{"Content-MD5", "mZFLkyvTelC5g8XnyQrpOw=="},
        {"If-None-Match", "*"},
        {"X-Amz-Content-SHA256",
         "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}},
       "{}",
       "s3",
       "eu-west-1",
       "content-md5;host;if-none-match;x-amz-content-sha256;x-amz-date",
       "512407ca1d052973c87ec28e9181e030dc3f7836eda7503e38fa3dc6990ef5e9"},
      {"V6",
       "https://b.s3.amazonaws.com/k",
       "PUT",
       {{"X-Amz-Content-SHA256",
         "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}},
       "hello",
       "s3",
       "us-east-1",
       "host;x-amz-content-sha256;x-amz-date",
       "e69534b59b3adab3fe70a669f800c8055da75b8dbb3d755aaad39cf5eb18b628"},
  };
}

http::Request request_of(const KnownAnswer& answer) {
  http::Request request = http::parse_url(answer.url).value();
  request.method = answer.method;
  request.body = answer.body;
  request.headers = answer.headers;
  request.headers.set("X-Amz-Date", "20260102T030405Z");
  request.headers.set("Authorization",
                      std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/") +
                          answer.region + "/" + answer.service + "/aws4_request, SignedHeaders=" +
                          answer.signed_headers + ", Signature=" + answer.signature);
  return request;
}

std::optional<SignatureProblem> check(const http::Request& request, Instant now,
                                      const char* with_secret = secret) {
  const auto authorization = parse_authorization(request);
  if (!authorization) return SignatureProblem{SignatureFault::missing};
  return verify_signature(request, *authorization, with_secret, now);
}

TEST(Signature, TakesKnownAnswers) {
  for (const KnownAnswer& answer : known_answers()) {
    const auto problem = check(request_of(answer), signing_instant());
    EXPECT_FALSE(problem) << answer.name << '\n' << problem->canonical_request;
  }
}

TEST(Signature, RefusesAnyChange) {
  for (const KnownAnswer& answer : known_answers()) {
    http::Request other_path = request_of(answer);
    other_path.path += "x";
    http::Request other_query = request_of(answer);
    other_query.query += other_query.query.empty() ? "a=b" : "&a=b";
    http::Request other_method = request_of(answer);
    other_method.method = "PATCH";
    for (const http::Request& request : {other_path, other_query, other_method}) {
      const auto problem = check(request, signing_instant());
      ASSERT_TRUE(problem) << answer.name;
      EXPECT_EQ(problem->fault, SignatureFault::mismatch) << answer.name;
    }
    EXPECT_TRUE(check(request_of(answer), signing_instant(), "another secret")) << answer.name;
    http::Request other_body = request_of(answer);
    other_body.body += " ";
    EXPECT_TRUE(check(other_body, signing_instant())) << answer.name;
  }
}

TEST(Signature, ClockMayBeOffByFiveMinutesOrFifteenForS3) {
  struct Row {
    std::size_t answer;
    int minutes;
    bool passes;
  };
  const std::vector<Row> rows = {{0, 4, true},  {0, 6, false},  {0, -4, true},  {0, -6, false},
                                 {5, 14, true}, {5, 16, false}, {5, -14, true}, {5, -16, false},
                                 {1, 6, false}, {3, 14, true}};
  for (const Row& row : rows) {
    const auto answers = known_answers();
    const auto problem = check(request_of(answers[row.answer]),
                               signing_instant() + std::chrono::minutes(row.minutes));
    EXPECT_EQ(!problem, row.passes) << answers[row.answer].name << ' ' << row.minutes;
    if (!problem) continue;
    EXPECT_EQ(problem->fault,
              row.minutes > 0 ? SignatureFault::too_late : SignatureFault::too_early);
  }
}

TEST(Signature, S3HasItsOwnRulesForThePayloadHash) {
  http::Request without = request_of(known_answers()[5]);
  without.headers.erase("x-amz-content-sha256");
  EXPECT_EQ(check(without, signing_instant())->fault, SignatureFault::missing_payload_hash);
  http::Request wrong = request_of(known_answers()[5]);
  wrong.body = "hullo";
  EXPECT_EQ(check(wrong, signing_instant())->fault, SignatureFault::payload_hash_mismatch);
  http::Request streaming = request_of(known_answers()[5]);
  streaming.headers.set("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  EXPECT_EQ(check(streaming, signing_instant())->fault, SignatureFault::streaming);
  http::Request unsigned_header = request_of(known_answers()[5]);
  unsigned_header.headers.set("x-amz-meta-a", "b");
  EXPECT_EQ(check(unsigned_header, signing_instant())->fault, SignatureFault::unsigned_headers);
}

TEST(Signature, AHeaderThatCannotBeReadIsIncomplete) {
  http::Request request = request_of(known_answers()[0]);
  request.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/nonsense");
  EXPECT_EQ(check(request, signing_instant())->fault, SignatureFault::incomplete);
  request.headers.set("Authorization", "Basic YTpi");
  EXPECT_FALSE(parse_authorization(request));
}

}  // namespace
}  // namespace firn::sandbox::aws
