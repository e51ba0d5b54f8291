// What is said to be missing is the least that helps.
#include "providers/aws/iam/missing.h"

#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/aws/iam/support.h"

namespace firn::aws::iam {
namespace {

constexpr const char* allow = R"({"Effect": "Allow", "Action": "*", "Resource": "*"})";
constexpr const char* nothing = R"({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})";

Request request_for(Principal principal, std::string action, std::string resource) {
  Request request;
  request.principal = std::move(principal);
  request.action = std::move(action);
  request.resource = std::move(resource);
  request.resource_account = "123456789012";
  return request;
}

std::string words(const Missing& missing) {
  std::string text;
  for (const Addition& addition : missing.additions)
    text += std::string(side_name(addition.side)) + ": " + to_json(addition.statement) + "\n";
  return text;
}

Principal user() {
  return Principal::user("arn:aws:iam::123456789012:user/ada");
}
Principal session() {
  return Principal::role_session("arn:aws:iam::123456789012:role/Loader", "run");
}

TEST(Missing, NothingWhenAllowed) {
  Policies policies;
  policies.identity = {test::policy("own", DocumentKind::identity, allow)};
  const Missing missing =
      missing_statements(request_for(user(), "s3:GetObject", "arn:aws:s3:::lake/a"), policies);
  EXPECT_TRUE(missing.possible);
  EXPECT_EQ(words(missing), "");
}

TEST(Missing, AnIdentityStatementInTheSameAccount) {
  const Missing missing =
      missing_statements(request_for(user(), "s3:GetObject", "arn:aws:s3:::lake/a*b"), {});
  EXPECT_EQ(words(missing), R"(identity policy: {"Action":"s3:GetObject","Effect":"Allow",)"
                            R"("Resource":"arn:aws:s3:::lake/a${*}b"})"
                            "\n");
}

TEST(Missing, BothSidesAcrossAccounts) {
  Request request = request_for(Principal::user("arn:aws:iam::210987654321:user/eve"),
                                "sts:AssumeRole", "arn:aws:iam::123456789012:role/Target");
  request.context.set("sts:ExternalId", "id");
  Policies policies;
  policies.resource_kind = ResourcePolicyKind::trust;
  EXPECT_EQ(words(missing_statements(request, policies)),
            R"(resource policy: {"Action":"sts:AssumeRole",)"
            R"("Condition":{"StringEquals":{"sts:ExternalId":"id"}},"Effect":"Allow",)"
            R"("Principal":{"AWS":"arn:aws:iam::210987654321:user/eve"}})"
            "\n"
            R"(identity policy: {"Action":"sts:AssumeRole","Effect":"Allow",)"
            R"("Resource":"arn:aws:iam::123456789012:role/Target"})"
            "\n");
  policies.identity_is_assumed = true;
  EXPECT_EQ(missing_statements(request, policies).additions.size(), 1U);
}

TEST(Missing, AServiceIsHeldToItsSource) {
  Request request = request_for(Principal::service("s3.amazonaws.com"), "sqs:SendMessage",
                                "arn:aws:sqs:eu-west-1:123456789012:q");
  request.context = {{"aws:SourceArn", {"arn:aws:s3:::lake"}},
                     {"aws:SourceAccount", {"123456789012"}}};
  EXPECT_EQ(words(missing_statements(request, {})),
            R"(resource policy: {"Action":"sqs:SendMessage",)"
            R"("Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::lake"},)"
            R"("StringEquals":{"aws:SourceAccount":"123456789012"}},"Effect":"Allow",)"
            R"("Principal":{"Service":"s3.amazonaws.com"},)"
            R"("Resource":"arn:aws:sqs:eu-west-1:123456789012:q"})"
            "\n");
}

TEST(Missing, AKeyNamesTheRoleAndItself) {
  Policies policies;
  policies.resource_kind = ResourcePolicyKind::kms_key;
  policies.resource = test::policy("key", DocumentKind::resource,
                                   R"({"Effect": "Allow", "Action": "kms:*", "Resource": "*",
                       "Principal": {"AWS": "210987654321"}})");
  EXPECT_EQ(words(missing_statements(
                request_for(session(), "kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/k"),
                policies)),
            R"(resource policy: {"Action":"kms:Decrypt","Effect":"Allow",)"
            R"("Principal":{"AWS":"arn:aws:iam::123456789012:role/Loader"},"Resource":"*"})"
            "\n");
}

TEST(Missing, TheBoundaryThatIsInTheWay) {
  Policies policies;
  policies.boundary = test::policy("limit", DocumentKind::identity, nothing);
  const Missing both =
      missing_statements(request_for(session(), "s3:GetObject", "arn:aws:s3:::lake/a"), policies);
  ASSERT_EQ(both.additions.size(), 2U);
  EXPECT_EQ(both.additions[0].side, Side::identity);
  EXPECT_EQ(both.additions[1].side, Side::boundary);
  // The bucket allows the role already: only the boundary is in the way.
  policies.resource = test::policy("lake", DocumentKind::resource,
                                   R"({"Effect": "Allow", "Action": "s3:*", "Resource": "*",
                                       "Principal": {"AWS": "arn:aws:iam::123456789012:role/Loader"}})");
  const Missing one =
      missing_statements(request_for(session(), "s3:GetObject", "arn:aws:s3:::lake/a"), policies);
  ASSERT_EQ(one.additions.size(), 1U);
  EXPECT_EQ(one.additions[0].side, Side::boundary);
}

TEST(Missing, AWholePrefix) {
  Policies policies;
  policies.identity = {test::policy(
      "own", DocumentKind::identity,
      R"({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/raw/a*"})")};
  EXPECT_EQ(words(missing_statements(request_for(user(), "s3:GetObject", "arn:aws:s3:::lake/raw/*"),
                                     policies, Reach::pattern)),
            R"(identity policy: {"Action":"s3:GetObject","Effect":"Allow",)"
            R"("Resource":"arn:aws:s3:::lake/raw/*"})"
            "\n");
}

TEST(Missing, NothingHelpsAgainstADenial) {
  Policies policies;
  policies.identity = {test::policy(
      "own", DocumentKind::identity,
      R"([{"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*/tmp/*"}])")};
  const Request request = request_for(user(), "s3:GetObject", "arn:aws:s3:::lake/tmp/x");
  const Missing missing = missing_statements(request, policies);
  EXPECT_FALSE(missing.possible);
  EXPECT_TRUE(missing.additions.empty());
  ASSERT_TRUE(missing.denied_by);
  EXPECT_EQ(missing.denied_by->sid, "No");
  // The same for a prefix of which only a part is denied.
  const Missing of_prefix = missing_statements(
      request_for(user(), "s3:GetObject", "arn:aws:s3:::lake/*"), policies, Reach::pattern);
  EXPECT_FALSE(of_prefix.possible);
  ASSERT_TRUE(of_prefix.denied_by);
}

TEST(Missing, AFederatedUserNeedsASessionPolicy) {
  const Missing missing = missing_statements(
      request_for(Principal::federated_user("arn:aws:iam::123456789012:user/ada", "bob"),
                  "s3:GetObject", "arn:aws:s3:::lake/a"),
      {});
  EXPECT_FALSE(missing.possible);
  EXPECT_FALSE(missing.denied_by);
}

}  // namespace
}  // namespace firn::aws::iam
