// IAM users, what they may do with their keys, and OpenID Connect providers.
#include <fmt/format.h>

#include "core/base/text.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* user_arn = "arn:aws:iam::123456789012:user/Collector";
constexpr const char* provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.example.com/ci";

std::string allow(const std::string& action) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{}","Resource":"*"}}]}})",
      action);
}

class IamUsersTest : public FileTest {
 protected:
  Reply ask(const std::string& action, Form form = {}) {
    form.insert(form.begin(), {"Action", action});
    form.emplace_back("Version", "2010-05-08");
    return aws->query("iam", form);
  }
  // About the user Collector.
  Reply about(const std::string& action, Form form = {}) {
    form.emplace_back("UserName", "Collector");
    return ask(action, form);
  }
  Keys new_key() {
    const Reply made = about("CreateAccessKey");
    EXPECT_EQ(made.status, 200) << made;
    return Keys{made.xml("AccessKeyId"), made.xml("SecretAccessKey"), ""};
  }
  void settle() { advance(std::chrono::seconds(10)); }
};

TEST_F(IamUsersTest, AUserIsMadeShownAndDeleted) {
  const Reply made = about(
      "CreateUser",
      {{"Path", "/collectors/"}, {"Tags.member.1.Key", "team"}, {"Tags.member.1.Value", "data"}});
  EXPECT_EQ(made.xml("Arn"), "arn:aws:iam::123456789012:user/collectors/Collector");
  EXPECT_TRUE(made.xml("UserId").starts_with("AIDA")) << made;
  EXPECT_TRUE(about("GetUser").contains("<Key>team</Key><Value>data</Value>"));
  EXPECT_TRUE(ask("ListUsers").contains("<UserName>Collector</UserName>"));
  expect_refused("again",
                 [&] {
                   return ask("CreateUser", {{"UserName", "COLLECTOR"}});
                 },
                 {409, "EntityAlreadyExists", "User with name COLLECTOR already exists.", "query"});
  EXPECT_OK(about("UntagUser", {{"TagKeys.member.1", "team"}}));
  EXPECT_FALSE(about("GetUser").contains("team"));
  EXPECT_OK(about("DeleteUser"));
  expect_refused("gone", [&] { return about("GetUser"); },
                 {404, "NoSuchEntity", "The user with name Collector cannot be found.", "query"});
}

TEST_F(IamUsersTest, WhatHangsOnAUserKeepsItAlive) {
  EXPECT_OK(about("CreateUser"));
  EXPECT_OK(ask("CreatePolicy", {{"PolicyName", "P"}, {"PolicyDocument", allow("s3:*")}}));
  const std::string policy = "arn:aws:iam::123456789012:policy/P";
  EXPECT_OK(about("PutUserPolicy", {{"PolicyName", "put"}, {"PolicyDocument", allow("s3:*")}}));
  EXPECT_OK(about("AttachUserPolicy", {{"PolicyArn", policy}}));
  const Keys keys = new_key();
  const auto conflict = [&](const char* what) {
    expect_refused(what, [&] { return about("DeleteUser"); },
                   {409, "DeleteConflict", fmt::format("must {} first", what), "query"});
  };
  conflict("delete access keys");
  EXPECT_OK(about("DeleteAccessKey", {{"AccessKeyId", keys.access_key_id}}));
  conflict("detach all policies");
  expect_refused("the policy",
                 [&] {
                   return ask("DeletePolicy", {{"PolicyArn", policy}});
                 },
                 {409, "DeleteConflict", "attached to entities", "query"});
  EXPECT_TRUE(ask("ListEntitiesForPolicy", {{"PolicyArn", policy}})
                  .contains("<PolicyUsers><member><UserName>Collector</UserName>"));
  EXPECT_OK(about("DetachUserPolicy", {{"PolicyArn", policy}}));
  conflict("delete policies");
  EXPECT_OK(about("DeleteUserPolicy", {{"PolicyName", "put"}}));
  EXPECT_OK(about("DeleteUser"));
}

TEST_F(IamUsersTest, TheDetailsShowAUserWithAllThatItHolds) {
  EXPECT_OK(about("CreateUser"));
  EXPECT_OK(ask("CreatePolicy", {{"PolicyName", "P"}, {"PolicyDocument", allow("s3:*")}}));
  const std::string policy = "arn:aws:iam::123456789012:policy/P";
  EXPECT_OK(about("PutUserPolicy", {{"PolicyName", "put"}, {"PolicyDocument", allow("s3:Put*")}}));
  EXPECT_OK(about("AttachUserPolicy", {{"PolicyArn", policy}}));
  EXPECT_OK(about("PutUserPermissionsBoundary", {{"PermissionsBoundary", policy}}));
  EXPECT_EQ(percent_decode(about("GetUserPolicy", {{"PolicyName", "put"}}).xml("PolicyDocument")),
            allow("s3:Put*"));
  EXPECT_TRUE(about("ListUserPolicies").contains("<member>put</member>"));
  const std::string user =
      ask("GetAccountAuthorizationDetails", {{"Filter.member.1", "User"}}).xml("UserDetailList");
  for (const char* part :
       {"<UserName>Collector</UserName>", "<PolicyName>put</PolicyName>",
        "<AttachedManagedPolicies><member><PolicyName>P</PolicyName>",
        "<PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/P</PermissionsBoundaryArn>"}) {
    EXPECT_NE(user.find(part), std::string::npos) << part << "\n" << user;
  }
  // Pages go through users and policies alike.
  const Reply first = ask("GetAccountAuthorizationDetails", {{"MaxItems", "1"}});
  EXPECT_EQ(first.xml("IsTruncated"), "true");
  EXPECT_TRUE(first.contains("Collector") && !first.contains("<PolicyId>")) << first;
  const Reply second =
      ask("GetAccountAuthorizationDetails", {{"MaxItems", "1"}, {"Marker", first.xml("Marker")}});
  EXPECT_TRUE(second.contains("<PolicyId>") && !second.contains("Collector")) << second;
}

TEST_F(IamUsersTest, AKeyDoesWhatItsUserMay) {
  EXPECT_OK(about("CreateUser"));
  EXPECT_OK(
      about("PutUserPolicy", {{"PolicyName", "p"}, {"PolicyDocument", allow("sqs:ListQueues")}}));
  const Keys keys = new_key();
  EXPECT_TRUE(keys.access_key_id.starts_with("AKIA"));
  EXPECT_EQ(keys.secret_access_key.size(), 40U);
  Client user(*sandbox, keys, "eu-west-1");
  const auto identity = [&] { return user.query("sts", {{"Action", "GetCallerIdentity"}}); };
  EXPECT_EQ(identity().code, "InvalidClientTokenId") << "a new key takes seconds to be known";
  const Form used = {{"AccessKeyId", keys.access_key_id}};
  EXPECT_EQ(ask("GetAccessKeyLastUsed", used).xml("ServiceName"), "N/A");
  settle();
  EXPECT_EQ(identity().xml("Arn"), user_arn);
  EXPECT_OK(user.json("sqs", "ListQueues", Map{}));
  EXPECT_EQ(ask("GetAccessKeyLastUsed", used).xml("ServiceName"), "sqs");
  EXPECT_REFUSED(user.json("sqs", "CreateQueue", Map{{"QueueName", "q"}}), 403, "AccessDenied",
                 "because no identity-based policy allows the sqs:CreateQueue action");
  // A boundary takes away again.
  EXPECT_OK(ask("CreatePolicy", {{"PolicyName", "B"}, {"PolicyDocument", allow("s3:*")}}));
  EXPECT_OK(about("PutUserPermissionsBoundary",
                  {{"PermissionsBoundary", "arn:aws:iam::123456789012:policy/B"}}));
  settle();
  EXPECT_REFUSED(user.json("sqs", "ListQueues", Map{}), 403, "AccessDenied",
                 "because no permissions boundary allows");
  EXPECT_OK(
      about("UpdateAccessKey", {{"AccessKeyId", keys.access_key_id}, {"Status", "Inactive"}}));
  EXPECT_EQ(identity().code, "InvalidClientTokenId");
}

TEST_F(IamUsersTest, AUserHasTwoKeysAtMost) {
  EXPECT_OK(about("CreateUser"));
  const Keys first = new_key();
  const Keys second = new_key();
  EXPECT_NE(first.secret_access_key, second.secret_access_key);
  expect_refused("a third", [&] { return about("CreateAccessKey"); },
                 {409, "LimitExceeded", "AccessKeysPerUser: 2", "query"});
  EXPECT_FALSE(about("ListAccessKeys").contains(first.secret_access_key)) << "told only once";
  EXPECT_EQ(contents().find(first.secret_access_key), std::string::npos);
  EXPECT_OK(about("DeleteAccessKey", {{"AccessKeyId", first.access_key_id}}));
  expect_refused("gone",
                 [&] {
                   return about("DeleteAccessKey", {{"AccessKeyId", first.access_key_id}});
                 },
                 {404, "NoSuchEntity", first.access_key_id, "query"});
  EXPECT_TRUE(new_key().access_key_id.starts_with("AKIA"));
}

TEST_F(IamUsersTest, ResourcePoliciesNameUsersThatExist) {
  EXPECT_OK(create_bucket("lake"));
  const std::string policy = fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"}}]}})",
      user_arn);
  const auto put = [&] { return aws->s3("PUT", "lake", "/?policy", policy); };
  EXPECT_REFUSED(put(), 400, "MalformedPolicy", "Invalid principal in policy");
  EXPECT_OK(about("CreateUser"));
  settle();
  EXPECT_OK(put());
  EXPECT_OK(aws->s3("PUT", "lake", "/a", "1"));
  const Keys keys = new_key();
  settle();
  Client user(*sandbox, keys, "eu-west-1");
  EXPECT_EQ(user.s3("GET", "lake", "/a").body, "1");
  EXPECT_REFUSED(user.s3("PUT", "lake", "/b", "1"), 403, "AccessDenied", "s3:PutObject");
}

// --- OpenID Connect providers

TEST_F(IamUsersTest, AProviderIsMadeChangedAndDeleted) {
  const Form make = {{"Url", "https://token.example.com/ci"},
                     {"ClientIDList.member.1", "sts.amazonaws.com"}};
  EXPECT_EQ(ask("CreateOpenIDConnectProvider", make).xml("OpenIDConnectProviderArn"), provider_arn);
  const auto about_it = [&](const std::string& action, Form form = {}) {
    form.emplace_back("OpenIDConnectProviderArn", provider_arn);
    return ask(action, form);
  };
  const Reply shown = about_it("GetOpenIDConnectProvider");
  EXPECT_EQ(shown.xml("Url"), "token.example.com/ci");
  EXPECT_TRUE(shown.contains("<ThumbprintList><member>")) << "found when none is given";
  expect_refused("again", [&] { return ask("CreateOpenIDConnectProvider", make); },
                 {409, "EntityAlreadyExists", "already exists", "query"});
  EXPECT_OK(about_it("AddClientIDToOpenIDConnectProvider", {{"ClientID", "other"}}));
  EXPECT_OK(about_it("AddClientIDToOpenIDConnectProvider", {{"ClientID", "other"}}));
  EXPECT_OK(
      about_it("RemoveClientIDFromOpenIDConnectProvider", {{"ClientID", "sts.amazonaws.com"}}));
  const std::string thumbprint(40, 'a');
  EXPECT_OK(
      about_it("UpdateOpenIDConnectProviderThumbprint", {{"ThumbprintList.member.1", thumbprint}}));
  EXPECT_OK(about_it("TagOpenIDConnectProvider",
                     {{"Tags.member.1.Key", "team"}, {"Tags.member.1.Value", "data"}}));
  const Reply changed = about_it("GetOpenIDConnectProvider");
  EXPECT_TRUE(changed.contains("<ClientIDList><member>other</member></ClientIDList>")) << changed;
  EXPECT_TRUE(changed.contains("<ThumbprintList><member>" + thumbprint + "</member>")) << changed;
  EXPECT_TRUE(changed.contains("<Key>team</Key>"));
  EXPECT_OK(about_it("DeleteOpenIDConnectProvider"));
  EXPECT_OK(about_it("DeleteOpenIDConnectProvider"));  // idempotent, as at AWS
  expect_refused("gone", [&] { return about_it("GetOpenIDConnectProvider"); },
                 {404, "NoSuchEntity", "OpenIDConnect Provider not found", "query"});
}

TEST_F(IamUsersTest, BadProvidersAreRefused) {
  const struct {
    const char* what;
    Form form;
    const char* message;
  } rows[] = {
      {"no scheme", {{"Url", "token.example.com"}}, "Invalid Open ID Connect Provider URL"},
      {"a port", {{"Url", "https://token.example.com:8443"}}, "Invalid Open ID Connect"},
      {"a short thumbprint",
       {{"Url", "https://token.example.com"}, {"ThumbprintList.member.1", "abc"}},
       "40 hexadecimal digits"},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return ask("CreateOpenIDConnectProvider", row.form); },
                   {400, "ValidationError", row.message, "query"});
  }
}

}  // namespace
}  // namespace firn::sandbox::testing
