// Managed policies and their versions, and GetAccountAuthorizationDetails, which shows everything.
#include <fmt/format.h>
#include <set>

#include "core/base/text.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* policy_arn = "arn:aws:iam::123456789012:policy/Read";

std::string allow(const std::string& action) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{}","Resource":"*"}}]}})",
      action);
}

class IamPoliciesTest : public FileTest {
 protected:
  Reply ask(const std::string& action, Form form = {}) {
    form.insert(form.begin(), {"Action", action});
    form.emplace_back("Version", "2010-05-08");
    return aws->query("iam", form);
  }
  Reply create(const std::string& name = "Read", const std::string& document = allow("s3:Get*")) {
    return ask("CreatePolicy", {{"PolicyName", name}, {"PolicyDocument", document}});
  }
  Reply new_version(const std::string& document) {
    return ask("CreatePolicyVersion",
               {{"PolicyArn", policy_arn}, {"PolicyDocument", document}, {"SetAsDefault", "true"}});
  }
};

TEST_F(IamPoliciesTest, APolicyIsMadeReadAndDeleted) {
  const Reply made = create();
  EXPECT_EQ(made.xml("Arn"), policy_arn);
  EXPECT_EQ(made.xml("DefaultVersionId"), "v1");
  EXPECT_TRUE(made.xml("PolicyId").starts_with("ANPA"));
  EXPECT_EQ(percent_decode(ask("GetPolicyVersion", {{"PolicyArn", policy_arn}, {"VersionId", "v1"}})
                               .xml("Document")),
            allow("s3:Get*"));
  expect_refused("again", [&] { return create("READ"); },
                 {409, "EntityAlreadyExists", "already exists", "query"});
  EXPECT_OK(ask("DeletePolicy", {{"PolicyArn", policy_arn}}));
  expect_refused("gone",
                 [&] {
                   return ask("GetPolicy", {{"PolicyArn", policy_arn}});
                 },
                 {404, "NoSuchEntity", "was not found", "query"});
}

TEST_F(IamPoliciesTest, ThereAreFiveVersionsAtMost) {
  EXPECT_OK(create());
  for (int i = 2; i <= 5; ++i) {
    EXPECT_EQ(new_version(allow(fmt::format("s3:Get{}", i))).xml("VersionId"),
              fmt::format("v{}", i));
  }
  EXPECT_EQ(ask("GetPolicy", {{"PolicyArn", policy_arn}}).xml("DefaultVersionId"), "v5");
  expect_refused("the sixth", [&] { return new_version(allow("s3:Get6")); },
                 {409, "LimitExceeded", "up to 5 versions", "query"});
  expect_refused(
      "the default one",
      [&] {
        return ask("DeletePolicyVersion", {{"PolicyArn", policy_arn}, {"VersionId", "v5"}});
      },
      {409, "DeleteConflict", "default version", "query"});
  EXPECT_OK(ask("DeletePolicyVersion", {{"PolicyArn", policy_arn}, {"VersionId", "v1"}}));
  EXPECT_EQ(new_version(allow("s3:Get6")).xml("VersionId"), "v6") << "numbers do not come back";
  expect_refused("one that is gone",
                 [&] {
                   return ask("GetPolicyVersion", {{"PolicyArn", policy_arn}, {"VersionId", "v1"}});
                 },
                 {404, "NoSuchEntity", "v1", "query"});
  EXPECT_OK(ask("SetDefaultPolicyVersion", {{"PolicyArn", policy_arn}, {"VersionId", "v2"}}));
  EXPECT_EQ(ask("GetPolicy", {{"PolicyArn", policy_arn}}).xml("DefaultVersionId"), "v2");
}

TEST_F(IamPoliciesTest, APolicyInUseIsNotDeleted) {
  EXPECT_OK(create());
  EXPECT_OK(ask(
      "CreateRole",
      {{"RoleName", "R"}, {"AssumeRolePolicyDocument", service_trust("lambda.amazonaws.com")}}));
  const Form attachment = {{"RoleName", "R"}, {"PolicyArn", policy_arn}};
  EXPECT_OK(ask("AttachRolePolicy", attachment));
  EXPECT_OK(new_version(allow("s3:List*")));
  EXPECT_EQ(ask("GetPolicy", {{"PolicyArn", policy_arn}}).xml("AttachmentCount"), "1");
  EXPECT_TRUE(
      ask("ListEntitiesForPolicy", {{"PolicyArn", policy_arn}}).contains("<RoleName>R</RoleName>"));
  const auto remove = [&] { return ask("DeletePolicy", {{"PolicyArn", policy_arn}}); };
  expect_refused("attached", remove,
                 {409, "DeleteConflict", "Cannot delete a policy attached to entities.", "query"});
  EXPECT_OK(ask("DetachRolePolicy", attachment));
  expect_refused("with a version besides the default one", remove,
                 {409, "DeleteConflict", "more than one version", "query"});
  EXPECT_OK(ask("DeletePolicyVersion", {{"PolicyArn", policy_arn}, {"VersionId", "v1"}}));
  EXPECT_OK(remove());
}

TEST_F(IamPoliciesTest, ABoundaryIsInUseToo) {
  EXPECT_OK(create());
  EXPECT_OK(ask("CreateRole", {{"RoleName", "R"},
                               {"AssumeRolePolicyDocument", service_trust("lambda.amazonaws.com")},
                               {"PermissionsBoundary", policy_arn}}));
  EXPECT_EQ(ask("GetPolicy", {{"PolicyArn", policy_arn}}).xml("PermissionsBoundaryUsageCount"),
            "1");
  expect_refused("as a boundary",
                 [&] {
                   return ask("DeletePolicy", {{"PolicyArn", policy_arn}});
                 },
                 {409, "DeleteConflict", "Cannot delete a policy attached to entities.", "query"});
  EXPECT_OK(ask("DeleteRole", {{"RoleName", "R"}}));
  EXPECT_OK(ask("DeletePolicy", {{"PolicyArn", policy_arn}}));
}

TEST_F(IamPoliciesTest, BadPoliciesAreNotMade) {
  const struct {
    const char* what;
    std::string name;
    std::string document;
    int status;
    const char* code;
    const char* message;
  } rows[] = {
      {"a name of 129", std::string(129, 'p'), allow("s3:*"), 400, "ValidationError",
       "less than or equal to 128"},
      {"not JSON", "P", "allow", 400, "MalformedPolicyDocument", "Json"},
      {"a principal", "P",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]})",
       400, "MalformedPolicyDocument", "should not specify a principal"},
      {"an action without its service", "P", allow("GetObject"), 400, "MalformedPolicyDocument",
       "must be prefaced by a vendor"},
      {"an unknown effect", "P",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"s3:*","Resource":"*"}]})",
       400, "MalformedPolicyDocument", "Syntax errors in policy"},
      {"an unknown operator", "P",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringIs":{"aws:userid":"x"}}}]})",
       400, "MalformedPolicyDocument", "Invalid Condition type : StringIs"},
      {"6145 characters", "P", allow("s3:" + std::string(6145, 'x')), 409, "LimitExceeded",
       "PolicySize: 6144"},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return create(row.name, row.document); },
                   {row.status, row.code, row.message, "query"});
  }
  EXPECT_OK(create("Blanks", allow("s3:*") + std::string(7000, ' ')));  // blanks do not count
}

TEST_F(IamPoliciesTest, PoliciesOfAwsAreThereForEverybody) {
  const std::string arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
  EXPECT_TRUE(
      percent_decode(
          ask("GetPolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}}).xml("Document"))
          .find("logs:PutLogEvents") != std::string::npos);
  EXPECT_REFUSED(ask("DeletePolicy", {{"PolicyArn", arn}}), 404, "NoSuchEntity", "");
  EXPECT_FALSE(ask("ListPolicies", {{"Scope", "Local"}}).contains(arn));
  EXPECT_TRUE(ask("ListPolicies", {{"Scope", "AWS"}}).contains(arn));
}

TEST_F(IamPoliciesTest, AuthorizationDetailsShowEverythingInPages) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_OK(create(fmt::format("P{}", i)));
    EXPECT_OK(
        ask("CreateRole", {{"RoleName", fmt::format("R{}", i)},
                           {"AssumeRolePolicyDocument", service_trust("lambda.amazonaws.com")},
                           {"Tags.member.1.Key", "number"},
                           {"Tags.member.1.Value", fmt::format("{}", i)}}));
  }
  EXPECT_OK(ask("PutRolePolicy",
                {{"RoleName", "R1"}, {"PolicyName", "own"}, {"PolicyDocument", allow("sqs:*")}}));
  EXPECT_OK(ask("AttachRolePolicy",
                {{"RoleName", "R1"}, {"PolicyArn", "arn:aws:iam::123456789012:policy/P2"}}));
  EXPECT_OK(other->query(
      "iam",
      {{"Action", "CreatePolicy"}, {"PolicyName", "Theirs"}, {"PolicyDocument", allow("s3:*")}}));

  const Reply whole = ask("GetAccountAuthorizationDetails");
  EXPECT_EQ(whole.xml("IsTruncated"), "false");
  EXPECT_TRUE(whole.contains("<PolicyName>own</PolicyName><PolicyDocument>" +
                             percent_encode(allow("sqs:*"))));
  EXPECT_TRUE(whole.contains("<PolicyArn>arn:aws:iam::123456789012:policy/P2</PolicyArn>"));
  EXPECT_TRUE(whole.contains("<Key>number</Key><Value>2</Value>"));
  EXPECT_TRUE(whole.contains("<IsDefaultVersion>true</IsDefaultVersion>"));
  EXPECT_FALSE(whole.contains("Theirs"));

  std::set<std::string> seen;
  std::string marker;
  int pages = 0;
  do {
    Form form = {{"MaxItems", "2"}};
    if (!marker.empty()) form.emplace_back("Marker", marker);
    const Reply page = ask("GetAccountAuthorizationDetails", form);
    for (const char* name : {"R0", "R1", "R2"}) {
      if (page.contains(fmt::format("<RoleName>{}</RoleName>", name))) {
        EXPECT_TRUE(seen.insert(name).second) << name << " came twice";
      }
    }
    for (const char* name : {"P0", "P1", "P2"}) {
      if (page.contains(fmt::format("<Arn>arn:aws:iam::123456789012:policy/{}</Arn>", name))) {
        EXPECT_TRUE(seen.insert(name).second) << name << " came twice";
      }
    }
    EXPECT_EQ(page.xml("IsTruncated") == "true", !page.xml("Marker").empty());
    marker = page.xml("Marker");
    ++pages;
  } while (!marker.empty() && pages < 10);
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_EQ(pages, 3);

  const Reply roles = ask("GetAccountAuthorizationDetails", {{"Filter.member.1", "Role"}});
  EXPECT_TRUE(roles.contains("<RoleName>R0</RoleName>"));
  EXPECT_FALSE(roles.contains("PolicyVersionList"));
  const Reply local =
      ask("GetAccountAuthorizationDetails", {{"Filter.member.1", "LocalManagedPolicy"}});
  EXPECT_FALSE(local.contains("<RoleName>"));
  EXPECT_TRUE(local.contains("PolicyVersionList"));
}

TEST_F(IamPoliciesTest, RolesAreListedInPages) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_OK(
        ask("CreateRole", {{"RoleName", fmt::format("R{}", i)},
                           {"Path", i == 2 ? "/etl/" : "/"},
                           {"AssumeRolePolicyDocument", service_trust("lambda.amazonaws.com")}}));
  }
  const Reply first = ask("ListRoles", {{"MaxItems", "2"}});
  EXPECT_EQ(first.xml("IsTruncated"), "true");
  const Reply second = ask("ListRoles", {{"MaxItems", "2"}, {"Marker", first.xml("Marker")}});
  EXPECT_TRUE(second.contains("<RoleName>R2</RoleName>"));
  EXPECT_EQ(second.xml("IsTruncated"), "false");
  EXPECT_FALSE(ask("ListRoles", {{"PathPrefix", "/etl/"}}).contains("<RoleName>R0</RoleName>"));
}

}  // namespace
}  // namespace firn::sandbox::testing
