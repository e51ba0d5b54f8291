// Known answers, computed with botocore 1.43 for AWS's documentation example keys.
#include "providers/aws/sigv4.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

struct Vector {
  const char* name;
  const char* service;
  const char* region;
  const char* method;
  const char* url;
  std::vector<std::pair<std::string, std::string>> headers;
  const char* session_token;
  const char* body;
  const char* signed_headers;
  const char* canonical_digest;
  const char* signature;
};

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all = {
      {"query",
       "iam",
       "us-east-1",
       "POST",
       "https://iam.amazonaws.com/",
       {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
       "",
       "Action=GetRole&RoleName=r&Version=2010-05-08",
       "content-type;host;x-amz-date",
       "028173f5d7f8bc407868d489a83b00747f07e2ac415a1b7d4c8ce9ad1b478c4f",
       "cdf52b87a71767e224a672aeb92dff83e76112bb2b66cab8dba6f6ffb61da6da"},
      {"session",
       "sqs",
       "eu-west-1",
       "POST",
       "https://sqs.eu-west-1.amazonaws.com/",
       {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", "AmazonSQS.ListQueues"}},
       "TOKEN/+=",
       "{}",
       "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
       "738a19e80c68f4ec2aef311ff17025596c9da28f56c3c4dc51e323790717ee41",
       "313a578b6d300a4198acb8f18571a5897d3bbba250d94233991703c525c0b8fe"},
      {"double_encoding",
       "lambda",
       "eu-west-1",
       "DELETE",
       "https://lambda.eu-west-1.amazonaws.com/2017-03-31/tags/"
       "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af?tagKeys=b&tagKeys=a%20c",
       {},
       "",
       "",
       "host;x-amz-date",
       "622bba27ae3cca134777cc8c6a153ff3714f0d942d2429c682b307690ee0ea17",
       "9fc0387db6b33c505b1f4123a88cb9bbd162322cf5f9f62e7fd044a33db55631"},
      {"s3_path_as_sent",
       "s3",
       "eu-west-1",
       "GET",
       "https://b.s3.eu-west-1.amazonaws.com/a%20b/..//%C3%A9%2B~"
       "?versionId=x%2Fy&response-content-type=a%20b",
       {},
       "",
       "",
       "host;x-amz-content-sha256;x-amz-date",
       "74d275d238ca9d81f0fceb20ae40ea0ddb302a87a2fbda92ae31145890685e6f",
       "e40124e89d3de23c826782ba64911aa65e533a757ebecb00e26420423f7d1c61"},
      {"s3_subresource_and_port",
       "s3",
       "eu-west-1",
       "PUT",
       "http://127.0.0.1:5000/b?policy",
       {{"Content-MD5", "mZFLkyvTelC5g8XnyQrpOw=="}, {"If-None-Match", "*"}},
       "",
       "{}",
       "content-md5;host;if-none-match;x-amz-content-sha256;x-amz-date",
       "8c753010751bc7291da6208265520f26c565eaccf6548ec0fa5667ac09e4069b",
       "512407ca1d052973c87ec28e9181e030dc3f7836eda7503e38fa3dc6990ef5e9"},
      {"s3_body",
       "s3",
       "us-east-1",
       "PUT",
       "https://b.s3.amazonaws.com/k",
       {},
       "",
       "hello",
       "host;x-amz-content-sha256;x-amz-date",
       "ff92d9587275b30daa2af8657a127c54bd675159f17b752d86f27d12fae9b6cc",
       "e69534b59b3adab3fe70a669f800c8055da75b8dbb3d755aaad39cf5eb18b628"},
  };
  return all;
}

class SigV4 : public testing::TestWithParam<Vector> {};

TEST_P(SigV4, GivesTheKnownAnswer) {
  const Vector& vector = GetParam();
  Result<http::Request> request = http::parse_url(vector.url);
  ASSERT_TRUE(request.has_value());
  request->method = vector.method;
  request->body = vector.body;
  for (const auto& [name, value] : vector.headers)
    request->headers.set(name, value);
  // Never signed, whatever stands there.
  request->headers.set("User-Agent", "firn");
  const Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                vector.session_token, std::nullopt};

  const Signature signature =
      sign(*request, credentials, SigningScope{vector.region, vector.service, test::start});

  EXPECT_EQ(signature.signed_headers, vector.signed_headers);
  EXPECT_EQ(sha256_hex(signature.canonical_request), vector.canonical_digest)
      << signature.canonical_request;
  EXPECT_EQ(signature.signature, vector.signature);
  EXPECT_EQ(request->headers.get("Authorization"),
            std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/") + vector.region + "/" +
                vector.service + "/aws4_request, SignedHeaders=" + vector.signed_headers +
                ", Signature=" + vector.signature);
}

INSTANTIATE_TEST_SUITE_P(KnownAnswers, SigV4, testing::ValuesIn(vectors()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace firn::aws
