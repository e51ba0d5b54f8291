// Roles and policies on the wire, and the ARNs that are known beforehand.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* kCreatedRole = "<Role><RoleId>AROA1</RoleId></Role>";

TEST_F(ServiceTypes, RoleIsMadeInTwoSteps) {
  script({{"CreateRole", {query_answer("CreateRole", kCreatedRole)}},
          {"PutRolePolicy", {query_answer("PutRolePolicy")}},
          {"AttachRolePolicy", {query_answer("AttachRolePolicy")}}});
  Operation role = operation("aws.iam_role", "Loader",
                             R"({"trust": {"service": ["states.amazonaws.com"]},
          "policies": {"a": {"deliver_logs": true}, "b": {"deliver_logs": true}},
          "managed_policies": ["arn:aws:iam::123456789012:policy/P"]})");
  rig_.transport.latency = std::chrono::seconds(1);
  const auto created = create(role);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(rig_.scheduler.now(), test::start + std::chrono::seconds(2));
  EXPECT_EQ(identified_after_, 1U);
  EXPECT_EQ(*created->outputs.find("arn"), Value("arn:aws:iam::123456789012:role/Loader"));
  EXPECT_EQ(*created->outputs.find("role_id"), Value("AROA1"));
  EXPECT_EQ(operations().size(), 4U);
}

TEST_F(ServiceTypes, RoleWaitsForPrincipalsAndForItself) {
  script({{"CreateRole",
           {query_error(400, "MalformedPolicyDocument",
                        "Invalid principal in policy: \"AWS\":\"arn:aws:iam::9:user/u\""),
            query_answer("CreateRole", kCreatedRole)}},
          {"PutRolePolicy",
           {query_error(404, "NoSuchEntity", "The role with name Loader cannot be found."),
            query_answer("PutRolePolicy")}}});
  Operation role = operation("aws.iam_role", "Loader",
                             R"({"trust": {"snowflake": {"iam_user_arn": "arn:aws:iam::9:user/u",
                                                         "external_id": "x"}},
                                 "policies": {"a": {"deliver_logs": true}}})");
  EXPECT_TRUE(create(role));
  EXPECT_EQ(reports_.size(), 2U);
}

TEST_F(ServiceTypes, RoleUpdateSendsBothSettingsAndDropsWhatIsNotDeclared) {
  script({{"ListRolePolicies",
           {query_answer("ListRolePolicies",
                         "<PolicyNames><member>keep</member>"
                         "<member>old</member></PolicyNames>")}},
          {"PutRolePolicy", {query_answer("PutRolePolicy")}},
          {"DeleteRolePolicy", {query_answer("DeleteRolePolicy")}},
          {"UpdateRole", {query_answer("UpdateRole")}}});
  Operation role = operation("aws.iam_role", "Loader",
                             R"({"trust": {"service": ["states.amazonaws.com"]},
                                 "policies": {"keep": {"deliver_logs": true}},
                                 "description": "New"})");
  role.changed = {"description", "policies"};
  ASSERT_TRUE(update(role));
  EXPECT_EQ(parameter(request("UpdateRole"), "Description"), "New");
  EXPECT_EQ(parameter(request("UpdateRole"), "MaxSessionDuration"), "3600");
  EXPECT_EQ(parameter(request("DeleteRolePolicy"), "PolicyName"), "old");
  EXPECT_EQ(operations().back(), "DeleteRolePolicy");
}

TEST_F(ServiceTypes, RoleIsStrippedOnlyWhenIamObjects) {
  script({{"DeleteRolePolicy", {query_answer("DeleteRolePolicy")}},
          {"DeleteRole",
           {query_error(409, "DeleteConflict", "must detach all policies first"),
            query_answer("DeleteRole")}},
          {"ListRolePolicies", {query_answer("ListRolePolicies", "<PolicyNames/>")}},
          {"ListAttachedRolePolicies",
           {query_answer("ListAttachedRolePolicies",
                         "<AttachedPolicies><member><PolicyArn>arn:p</PolicyArn></member>"
                         "</AttachedPolicies>")}},
          {"ListInstanceProfilesForRole",
           {query_answer("ListInstanceProfilesForRole", "<InstanceProfiles/>")}},
          {"DetachRolePolicy", {query_answer("DetachRolePolicy")}}});
  Operation role = operation("aws.iam_role", "Loader", "{}");
  role.prior.inputs = json(R"({"policies": {"a": {"statements": []}}})");
  ASSERT_TRUE(remove(role));
  const Names names = operations();
  EXPECT_EQ(names.front(), "DeleteRolePolicy");
  EXPECT_EQ(names.back(), "DeleteRole");
  EXPECT_EQ(parameter(request("DetachRolePolicy"), "PolicyArn"), "arn:p");
}

TEST_F(ServiceTypes, RoleThatIsGoneIsRemoved) {
  script({{"DeleteRolePolicy", {query_error(404, "NoSuchEntity")}},
          {"DeleteRole", {query_error(404, "NoSuchEntity")}}});
  Operation role = operation("aws.iam_role", "Loader", "{}");
  role.prior.inputs = json(R"({"policies": {"a": {"statements": []}}})");
  EXPECT_TRUE(remove(role));
}

TEST_F(ServiceTypes, PolicyDropsItsOldestSpareVersion) {
  script({{"CreatePolicyVersion",
           {query_error(409, "LimitExceeded", "more than 5 versions"),
            query_answer("CreatePolicyVersion")}},
          {"ListPolicyVersions",
           {query_answer("ListPolicyVersions",
                         "<Versions><member><VersionId>v12</VersionId>"
                         "<IsDefaultVersion>true</IsDefaultVersion></member>"
                         "<member><VersionId>v11</VersionId></member>"
                         "<member><VersionId>v9</VersionId></member></Versions>")}},
          {"DeletePolicyVersion", {query_answer("DeletePolicyVersion")}}});
  Operation policy =
      operation("aws.iam_policy", "P", R"({"s3_read": {"bucket": "arn:aws:s3:::b"}})");
  policy.changed = {"statements"};
  ASSERT_TRUE(update(policy));
  EXPECT_EQ(parameter(request("DeletePolicyVersion"), "VersionId"), "v9");
}

TEST_F(ServiceTypes, PolicyThatOthersHoldIsNotTornOff) {
  script({{"DeletePolicy", {query_error(409, "DeleteConflict", "attached")}},
          {"ListEntitiesForPolicy",
           {query_answer("ListEntitiesForPolicy",
                         "<PolicyRoles><member><RoleName>Admin</RoleName></member></PolicyRoles>"
                         "<PolicyUsers/><PolicyGroups/>")}}});
  Operation policy = operation("aws.iam_policy", "P", "{}");
  const auto removed = remove(policy);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().detail, "it is attached to role Admin, and not by this stack");
}

TEST(IamArns, AreKnownBeforehand) {
  const Placement placement = Rig::options().placement;
  const ResourceType& role = *find_type("aws.iam_role")->type;
  EXPECT_EQ(*role.predict(placement, "R", json(R"({"path": "/a/"})")).find("arn"),
            Value("arn:aws:iam::123456789012:role/a/R"));
  Map waiting;
  waiting.set("path", Value::unknown("x.path"));
  EXPECT_EQ(role.predict(placement, "R", Value(waiting)).find("arn")->waits_for(), "x.path");
}

struct Prediction {
  const char* type;
  const char* output;
  const char* value;
};

TEST(Predictions, FollowAwssForms) {
  Placement placement = Rig::options("cn-north-1").placement;
  placement.partition = "aws-cn";
  const Prediction rows[] = {
      {"aws.iam_policy", "arn", "arn:aws-cn:iam::123456789012:policy/n"},
      {"aws.iam_role", "arn", "arn:aws-cn:iam::123456789012:role/n"},
      {"aws.iam_user", "arn", "arn:aws-cn:iam::123456789012:user/n"},
      {"aws.kms_alias", "alias", "alias/n"},
      {"aws.kms_alias", "arn", "arn:aws-cn:kms:cn-north-1:123456789012:alias/n"},
      {"aws.lambda_function", "arn", "arn:aws-cn:lambda:cn-north-1:123456789012:function:n"},
      {"aws.log_group", "arn", "arn:aws-cn:logs:cn-north-1:123456789012:log-group:n"},
      {"aws.scheduler_schedule", "arn",
       "arn:aws-cn:scheduler:cn-north-1:123456789012:schedule/default/n"},
      {"aws.secret", "arn_pattern",
       "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:n-??????"},
      {"aws.sfn_state_machine", "arn", "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:n"},
      {"aws.sns_topic", "arn", "arn:aws-cn:sns:cn-north-1:123456789012:n"},
      {"aws.sqs_queue", "arn", "arn:aws-cn:sqs:cn-north-1:123456789012:n"},
      {"aws.sqs_queue", "url", "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/n"},
  };
  for (const Prediction& row : rows) {
    const Map outputs = find_type(row.type)->type->predict(placement, "n", json("{}"));
    ASSERT_NE(outputs.find(row.output), nullptr) << row.type;
    EXPECT_EQ(*outputs.find(row.output), Value(row.value)) << row.type;
  }
}

}  // namespace
}  // namespace firn::aws
