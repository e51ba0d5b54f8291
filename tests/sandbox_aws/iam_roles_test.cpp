// IAM roles: trust, inline and attached policies, deletion, and how late others see a change.
#include <fmt/format.h>

#include "core/base/text.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* role_arn = "arn:aws:iam::123456789012:role/Loader";
constexpr const char* read_all =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})";

class IamRolesTest : public FileTest {
 protected:
  Reply ask(const std::string& action, Form form = {}) {
    form.insert(form.begin(), {"Action", action});
    form.emplace_back("Version", "2010-05-08");
    return aws->query("iam", form);
  }
  Reply create(const std::string& name = "Loader",
               const std::string& trust = service_trust("lambda.amazonaws.com"),
               const Form& more = {}) {
    Form form = {{"RoleName", name}, {"AssumeRolePolicyDocument", trust}};
    form.insert(form.end(), more.begin(), more.end());
    return ask("CreateRole", form);
  }
  Reply get(const std::string& name = "Loader") { return ask("GetRole", {{"RoleName", name}}); }
};

std::string trust_of(const std::string& principal) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}}]}})",
      principal);
}

TEST_F(IamRolesTest, ARoleIsMadeReadUpdatedAndDeleted) {
  const std::string trust = service_trust("lambda.amazonaws.com");
  const Reply made = create("Loader", trust,
                            {{"Path", "/etl/"},
                             {"Description", "loads"},
                             {"Tags.member.1.Key", "team"},
                             {"Tags.member.1.Value", "data"}});
  EXPECT_EQ(made.xml("Arn"), "arn:aws:iam::123456789012:role/etl/Loader");
  EXPECT_TRUE(made.xml("RoleId").starts_with("AROA")) << made;
  EXPECT_EQ(made.xml("RoleId").size(), 21u);
  EXPECT_FALSE(made.contains("MaxSessionDuration"));
  const Reply shown = get();
  EXPECT_EQ(percent_decode(shown.xml("AssumeRolePolicyDocument")), trust);
  EXPECT_EQ(shown.xml("MaxSessionDuration"), "3600");
  EXPECT_EQ(shown.xml("Description"), "loads");
  EXPECT_TRUE(shown.contains("<Key>team</Key><Value>data</Value>"));

  EXPECT_OK(
      ask("UpdateRole",
          {{"RoleName", "Loader"}, {"MaxSessionDuration", "7200"}, {"Description", "loads more"}}));
  EXPECT_EQ(get().xml("MaxSessionDuration"), "7200");
  EXPECT_OK(
      ask("UpdateAssumeRolePolicy",
          {{"RoleName", "Loader"}, {"PolicyDocument", service_trust("states.amazonaws.com")}}));
  EXPECT_TRUE(percent_decode(get().xml("AssumeRolePolicyDocument")).find("states.amazonaws.com") !=
              std::string::npos);
  EXPECT_OK(ask("DeleteRole", {{"RoleName", "Loader"}}));
  expect_refused("gone", [&] { return get(); },
                 {404, "NoSuchEntity", "The role with name Loader cannot be found.", "query"});
}

TEST_F(IamRolesTest, NamesAreOneWhateverTheirCase) {
  EXPECT_OK(create());
  expect_refused("upper case", [&] { return create("LOADER"); },
                 {409, "EntityAlreadyExists", "Role with name LOADER already exists.", "query"});
  EXPECT_EQ(get("loader").xml("RoleName"), "Loader");
}

struct Bad {
  const char* what;
  std::string name;
  std::string trust;
  Form more;
  int status;
  const char* code;
  const char* message;
};

TEST_F(IamRolesTest, BadRolesAreNotMade) {
  const std::string good = service_trust("lambda.amazonaws.com");
  const Bad rows[] = {
      {"no name", "", good, {}, 400, "ValidationError", "greater than or equal to 1"},
      {"65 characters",
       std::string(65, 'a'),
       good,
       {},
       400,
       "ValidationError",
       "less than or equal to 64"},
      {"a slash in the name", "a/b", good, {}, 400, "ValidationError", "roleName"},
      {"a path without its end", "A", good, {{"Path", "/etl"}}, 400, "ValidationError", "path"},
      {"a session of 30 minutes",
       "A",
       good,
       {{"MaxSessionDuration", "1800"}},
       400,
       "ValidationError",
       "greater than or equal to 3600"},
      {"a session of 13 hours",
       "A",
       good,
       {{"MaxSessionDuration", "46800"}},
       400,
       "ValidationError",
       "less than or equal to 43200"},
      {"a boundary that is not there",
       "A",
       good,
       {{"PermissionsBoundary", "arn:aws:iam::123456789012:policy/No"}},
       404,
       "NoSuchEntity",
       "does not exist or is not attachable"},
      {"trust that is no JSON", "A", "lambda", {}, 400, "MalformedPolicyDocument", "Json"},
      {"trust without a principal",
       "A",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]})",
       {},
       400,
       "MalformedPolicyDocument",
       "Missing required field Principal"},
      {"trust with a resource",
       "A",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*"}]})",
       {},
       400,
       "MalformedPolicyDocument",
       "esource"},
      {"a user that does not exist",
       "A",
       trust_of(R"({"AWS":"arn:aws:iam::999999999999:user/nobody"})"),
       {},
       400,
       "MalformedPolicyDocument",
       "Invalid principal in policy: &quot;AWS&quot;:&quot;arn:aws:iam::999999999999:user/nobody"},
      {"a role that does not exist",
       "A",
       trust_of(R"({"AWS":"arn:aws:iam::123456789012:role/Nobody"})"),
       {},
       400,
       "MalformedPolicyDocument",
       "Invalid principal in policy"},
      {"half a wildcard",
       "A",
       trust_of(R"({"AWS":"arn:aws:iam::123456789012:role/Load*"})"),
       {},
       400,
       "MalformedPolicyDocument",
       "Invalid principal in policy"},
      {"a service that does not exist",
       "A",
       trust_of(R"({"Service":"snowpipe.amazonaws.com"})"),
       {},
       400,
       "MalformedPolicyDocument",
       "Invalid principal in policy"},
      {"trust of more than 2048 characters",
       "A",
       fmt::format(
           R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"lambda.amazonaws.com"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"{}"}}}}}}]}})",
           std::string(2048, 'x')),
       {},
       409,
       "LimitExceeded",
       "ACLSizePerRole: 2048"},
  };
  for (const Bad& row : rows) {
    expect_refused(row.what, [&] { return create(row.name, row.trust, row.more); },
                   {row.status, row.code, row.message, "query"});
  }
  expect_refused("trust left out",
                 [&] {
                   return ask("CreateRole", {{"RoleName", "A"}});
                 },
                 {400, "ValidationError", "Value null at 'assumeRolePolicyDocument'", "query"});
}

TEST_F(IamRolesTest, BadChangesLeaveTheRoleAsItWas) {
  EXPECT_OK(create());
  EXPECT_OK(create("Other"));
  const struct {
    const char* what;
    const char* action;
    Form form;
    int status;
    const char* code;
  } rows[] = {
      {"trust of nobody",
       "UpdateAssumeRolePolicy",
       {{"RoleName", "Loader"},
        {"PolicyDocument", trust_of(R"({"AWS":"arn:aws:iam::123456789012:role/Nobody"})")}},
       400,
       "MalformedPolicyDocument"},
      {"an inline policy with a principal",
       "PutRolePolicy",
       {{"RoleName", "Loader"},
        {"PolicyName", "p"},
        {"PolicyDocument",
         R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]})"}},
       400,
       "MalformedPolicyDocument"},
      {"an inline policy without a resource",
       "PutRolePolicy",
       {{"RoleName", "Loader"},
        {"PolicyName", "p"},
        {"PolicyDocument",
         R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]})"}},
       400,
       "MalformedPolicyDocument"},
      {"an inline policy of 10241 characters",
       "PutRolePolicy",
       {{"RoleName", "Loader"},
        {"PolicyName", "p"},
        {"PolicyDocument",
         fmt::format(
             R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{}"}}]}})",
             std::string(10241, 'x'))}},
       409,
       "LimitExceeded"},
      {"attaching what is not there",
       "AttachRolePolicy",
       {{"RoleName", "Loader"}, {"PolicyArn", "arn:aws:iam::123456789012:policy/No"}},
       404,
       "NoSuchEntity"},
      {"attaching what is no ARN",
       "AttachRolePolicy",
       {{"RoleName", "Loader"}, {"PolicyArn", "ReadOnly"}},
       400,
       "ValidationError"},
      {"detaching what is not attached",
       "DetachRolePolicy",
       {{"RoleName", "Loader"}, {"PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}},
       404,
       "NoSuchEntity"},
      {"deleting an inline policy that is not there",
       "DeleteRolePolicy",
       {{"RoleName", "Loader"}, {"PolicyName", "p"}},
       404,
       "NoSuchEntity"},
      {"reading one",
       "GetRolePolicy",
       {{"RoleName", "Loader"}, {"PolicyName", "p"}},
       404,
       "NoSuchEntity"},
      {"a tag of AWS's",
       "TagRole",
       {{"RoleName", "Loader"}, {"Tags.member.1.Key", "aws:x"}, {"Tags.member.1.Value", "y"}},
       400,
       "InvalidInput"},
      {"a role that is not there", "DeleteRole", {{"RoleName", "None"}}, 404, "NoSuchEntity"},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return ask(row.action, row.form); },
                   {row.status, row.code, "", "query"});
  }
}

TEST_F(IamRolesTest, ARoleThatHoldsPoliciesIsNotDeleted) {
  EXPECT_OK(create());
  const Form inline_policy = {
      {"RoleName", "Loader"}, {"PolicyName", "read"}, {"PolicyDocument", read_all}};
  const Form attached = {{"RoleName", "Loader"},
                         {"PolicyArn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}};
  EXPECT_OK(ask("PutRolePolicy", inline_policy));
  EXPECT_OK(ask("AttachRolePolicy", attached));
  EXPECT_OK(ask("AttachRolePolicy", attached));  // again: no error, not twice
  EXPECT_EQ(percent_decode(ask("GetRolePolicy", {{"RoleName", "Loader"}, {"PolicyName", "read"}})
                               .xml("PolicyDocument")),
            read_all);
  const auto remove = [&] { return ask("DeleteRole", {{"RoleName", "Loader"}}); };
  expect_refused("attached", remove,
                 {409, "DeleteConflict", "must detach all policies first", "query"});
  EXPECT_OK(ask("DetachRolePolicy", attached));
  expect_refused("inline", remove, {409, "DeleteConflict", "must delete policies first", "query"});
  EXPECT_OK(ask("DeleteRolePolicy", {{"RoleName", "Loader"}, {"PolicyName", "read"}}));
  EXPECT_OK(remove());
}

TEST_F(IamRolesTest, TenPoliciesAreAttachedAndNoMore) {
  EXPECT_OK(create());
  for (int i = 0; i < 11; ++i) {
    const std::string name = fmt::format("P{}", i);
    EXPECT_OK(ask("CreatePolicy", {{"PolicyName", name}, {"PolicyDocument", read_all}}));
    const auto attach = [&] {
      return ask("AttachRolePolicy", {{"RoleName", "Loader"},
                                      {"PolicyArn", "arn:aws:iam::123456789012:policy/" + name}});
    };
    if (i < 10) {
      EXPECT_OK(attach());
    } else {
      expect_refused("the eleventh", attach,
                     {409, "LimitExceeded", "PoliciesPerRole: 10", "query"});
    }
  }
}

// --- who sees a change when

TEST_F(IamRolesTest, AFreshRoleIsSeenByIamAtOnceAndByOthersLater) {
  EXPECT_OK(create("Loader", trust_of(R"({"AWS":"arn:aws:iam::123456789012:root"})")));
  EXPECT_OK(get());
  const auto assume = [&] {
    return aws->query(
        "sts", {{"Action", "AssumeRole"}, {"RoleArn", role_arn}, {"RoleSessionName", "test"}});
  };
  expect_refused("at once", assume,
                 {403, "AccessDenied", "is not authorized to perform: sts:AssumeRole", "query"});
  advance(std::chrono::seconds(8));
  EXPECT_OK(assume());
  // A new trust is late as well: until then the old one counts.
  EXPECT_OK(
      ask("UpdateAssumeRolePolicy",
          {{"RoleName", "Loader"}, {"PolicyDocument", service_trust("lambda.amazonaws.com")}}));
  EXPECT_OK(assume());
  advance(std::chrono::seconds(8));
  expect_refused("the new trust", assume, {403, "AccessDenied", "sts:AssumeRole", "query"});
}

TEST_F(IamRolesTest, AnotherRolesTrustMayNameIt) {
  EXPECT_OK(create());
  EXPECT_OK(create("Second", trust_of(fmt::format(R"({{"AWS":"{}"}})", role_arn))));
  EXPECT_NE(percent_decode(get("Second").xml("AssumeRolePolicyDocument")).find(role_arn),
            std::string::npos);
  // Deleted, it is shown by its id; made again, it is somebody else.
  const std::string id = get().xml("RoleId");
  EXPECT_OK(ask("DeleteRole", {{"RoleName", "Loader"}}));
  EXPECT_NE(percent_decode(get("Second").xml("AssumeRolePolicyDocument")).find(id),
            std::string::npos);
  EXPECT_OK(create());
  EXPECT_NE(get().xml("RoleId"), id);
  EXPECT_NE(percent_decode(get("Second").xml("AssumeRolePolicyDocument")).find(id),
            std::string::npos);
}

TEST_F(IamRolesTest, ARoleDoesWhatItsPoliciesAllowAndNothingElse) {
  EXPECT_OK(create_bucket("lake"));
  EXPECT_OK(aws->s3("PUT", "lake", "/a", "1"));
  EXPECT_OK(create("Loader", trust_of(R"({"AWS":"arn:aws:iam::123456789012:root"})")));
  EXPECT_OK(ask("PutRolePolicy",
                {{"RoleName", "Loader"}, {"PolicyName", "read"}, {"PolicyDocument", read_all}}));
  advance(std::chrono::seconds(10));
  const Reply session = aws->query(
      "sts", {{"Action", "AssumeRole"}, {"RoleArn", role_arn}, {"RoleSessionName", "test"}});
  Client role(
      *sandbox,
      {session.xml("AccessKeyId"), session.xml("SecretAccessKey"), session.xml("SessionToken")},
      "eu-west-1");
  EXPECT_EQ(role.s3("GET", "lake", "/a").body, "1");
  expect_refused("what no policy allows", [&] { return role.s3("PUT", "lake", "/b", "1"); },
                 {403, "AccessDenied",
                  "because no identity-based policy allows the s3:PutObject action", "s3"});
  EXPECT_OK(ask(
      "PutRolePolicy",
      {{"RoleName", "Loader"},
       {"PolicyName", "no"},
       {"PolicyDocument",
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/a"}]})"}}));
  advance(std::chrono::seconds(10));
  expect_refused("what a policy denies", [&] { return role.s3("GET", "lake", "/a"); },
                 {403, "AccessDenied", "explicit deny in an identity-based policy", "s3"});
  advance(std::chrono::hours(1));
  expect_refused("after the session", [&] { return role.s3("GET", "lake", "/a"); },
                 {400, "ExpiredToken", "", "s3"});
}

TEST_F(IamRolesTest, ABoundaryLimitsWhatIsAllowed) {
  EXPECT_OK(create_bucket("lake"));
  EXPECT_OK(ask("CreatePolicy", {{"PolicyName", "Edge"}, {"PolicyDocument", read_all}}));
  const std::string edge = "arn:aws:iam::123456789012:policy/Edge";
  EXPECT_OK(create("Loader", trust_of(R"({"AWS":"arn:aws:iam::123456789012:root"})"),
                   {{"PermissionsBoundary", edge}}));
  EXPECT_TRUE(get().contains("<PermissionsBoundaryArn>" + edge));
  EXPECT_OK(
      ask("AttachRolePolicy",
          {{"RoleName", "Loader"}, {"PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}}));
  advance(std::chrono::seconds(10));
  const Reply session = aws->query(
      "sts", {{"Action", "AssumeRole"}, {"RoleArn", role_arn}, {"RoleSessionName", "test"}});
  Client role(
      *sandbox,
      {session.xml("AccessKeyId"), session.xml("SecretAccessKey"), session.xml("SessionToken")},
      "eu-west-1");
  expect_refused("beyond the boundary", [&] { return role.s3("PUT", "lake", "/b", "1"); },
                 {403, "AccessDenied", "permissions boundary", "s3"});
  EXPECT_OK(ask("DeleteRolePermissionsBoundary", {{"RoleName", "Loader"}}));
  EXPECT_FALSE(get().contains("PermissionsBoundary"));
  expect_refused("removing it again",
                 [&] {
                   return ask("DeleteRolePermissionsBoundary", {{"RoleName", "Loader"}});
                 },
                 {404, "NoSuchEntity", "", "query"});
}

TEST_F(IamRolesTest, TagsDifferNotByCase) {
  EXPECT_OK(create());
  EXPECT_OK(
      ask("TagRole",
          {{"RoleName", "Loader"}, {"Tags.member.1.Key", "Team"}, {"Tags.member.1.Value", "1"}}));
  EXPECT_OK(
      ask("TagRole",
          {{"RoleName", "Loader"}, {"Tags.member.1.Key", "team"}, {"Tags.member.1.Value", "2"}}));
  const Reply tags = ask("ListRoleTags", {{"RoleName", "Loader"}});
  EXPECT_FALSE(tags.contains("<Key>Team</Key>")) << tags;
  EXPECT_TRUE(tags.contains("<Value>2</Value>"));
  EXPECT_OK(ask("UntagRole", {{"RoleName", "Loader"}, {"TagKeys.member.1", "team"}}));
  EXPECT_FALSE(ask("ListRoleTags", {{"RoleName", "Loader"}}).contains("<Key>"));
}

}  // namespace
}  // namespace firn::sandbox::testing
