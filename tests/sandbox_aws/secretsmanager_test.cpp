// Secrets Manager: secrets, their values, and the days in which a deleted one can come back.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

std::string token(char digit) {
  return std::string(36, digit);
}

class SecretsManagerTest : public FileTest {
 protected:
  Reply ask(const std::string& operation, Map input = {}) {
    return aws->json("secretsmanager", operation, Value(std::move(input)));
  }
  Reply about(const std::string& operation, Map input = {}) {
    input.set("SecretId", "api");
    return ask(operation, std::move(input));
  }
  Reply create(Map input = {}) {
    if (!input.find("Name")) input.set("Name", "api");
    if (!input.find("ClientRequestToken")) input.set("ClientRequestToken", token('1'));
    return ask("CreateSecret", std::move(input));
  }
  std::string value() { return about("GetSecretValue").json().string_or("SecretString", ""); }
};

TEST_F(SecretsManagerTest, ASecretIsMadeWithoutAValueAndGetsOne) {
  const Value made = create().json();
  const std::string arn = made.string_or("ARN", "");
  EXPECT_TRUE(arn.starts_with("arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-")) << arn;
  EXPECT_EQ(arn.size(),
            std::string("arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-").size() + 6);
  EXPECT_EQ(made.find("VersionId"), nullptr);
  expect_refused("no value", [&] { return about("GetSecretValue"); },
                 {400, "ResourceNotFoundException", "staging label: AWSCURRENT", "json"});
  EXPECT_OK(about("PutSecretValue", {{"SecretString", "one"}, {"ClientRequestToken", token('2')}}));
  EXPECT_EQ(value(), "one");
  EXPECT_OK(about("PutSecretValue", {{"SecretString", "two"}, {"ClientRequestToken", token('3')}}));
  EXPECT_EQ(value(), "two");
  EXPECT_EQ(to_json(about("DescribeSecret").json().at("VersionIdsToStages")),
            fmt::format(R"({{"{}":["AWSPREVIOUS"],"{}":["AWSCURRENT"]}})", token('2'), token('3')));
  EXPECT_EQ(about("GetSecretValue", {{"VersionStage", "AWSPREVIOUS"}})
                .json()
                .string_or("SecretString", ""),
            "one");
  EXPECT_FALSE(about("DescribeSecret").contains("two"));
  EXPECT_EQ(ask("DescribeSecret", {{"SecretId", arn}}).json().string_or("Name", ""), "api");
  EXPECT_EQ(ask("DescribeSecret", {{"SecretId", arn.substr(0, arn.size() - 7)}})
                .json()
                .string_or("Name", ""),
            "api");
}

TEST_F(SecretsManagerTest, TheSameTokenIsTheSameCall) {
  const Map first{{"SecretString", "one"}};
  EXPECT_OK(create(first));
  EXPECT_EQ(create(first).json().string_or("VersionId", ""), token('1'));
  expect_refused("another token",
                 [&] {
                   return create({{"SecretString", "one"}, {"ClientRequestToken", token('2')}});
                 },
                 {400, "ResourceExistsException", "the secret api already exists.", "json"});
  expect_refused("another value",
                 [&] {
                   return create({{"SecretString", "two"}});
                 },
                 {400, "ResourceExistsException", "already exists", "json"});
  const auto put = [&](const char* text) {
    return about("PutSecretValue", {{"SecretString", text}, {"ClientRequestToken", token('2')}});
  };
  EXPECT_OK(put("two"));
  EXPECT_OK(put("two"));
  expect_refused("a used token", [&] { return put("three"); },
                 {400, "ResourceExistsException", "already in use for a version", "json"});
  expect_refused("no token",
                 [&] {
                   return about("PutSecretValue", {{"SecretString", "x"}});
                 },
                 {400, "InvalidParameterException", "ClientRequestToken", "json"});
}

TEST_F(SecretsManagerTest, ADeletedSecretKeepsItsNameUntilItsWindowIsOver) {
  EXPECT_OK(create({{"SecretString", "one"}}));
  const std::string arn = about("DescribeSecret").json().string_or("ARN", "");
  expect_refused("too short",
                 [&] {
                   return about("DeleteSecret", {{"RecoveryWindowInDays", 3}});
                 },
                 {400, "InvalidParameterException", "between 7 and 30", "json"});
  EXPECT_OK(about("DeleteSecret", {{"RecoveryWindowInDays", 7}}));
  EXPECT_TRUE(sandbox->status().empty());
  EXPECT_NE(about("DescribeSecret").json().find("DeletedDate"), nullptr);
  expect_refused("create",
                 [&] {
                   return create({{"ClientRequestToken", token('9')}});
                 },
                 {400, "InvalidRequestException", "already scheduled for deletion.", "json"});
  for (const char* operation : {"GetSecretValue", "TagResource", "GetResourcePolicy"}) {
    expect_refused(operation, [&] { return about(operation); },
                   {400, "InvalidRequestException", "marked for deletion", "json"});
  }
  expect_refused("delete again", [&] { return about("DeleteSecret"); },
                 {400, "InvalidRequestException", "already scheduled for deletion", "json"});
  EXPECT_OK(about("RestoreSecret"));
  EXPECT_EQ(value(), "one");
  EXPECT_EQ(about("DescribeSecret").json().string_or("ARN", ""), arn);
  EXPECT_OK(about("DeleteSecret", {{"RecoveryWindowInDays", 7}}));
  advance(std::chrono::hours(24 * 7));
  EXPECT_EQ(about("DescribeSecret").code, "ResourceNotFoundException");
  EXPECT_OK(create({{"ClientRequestToken", token('9')}}));
  EXPECT_NE(about("DescribeSecret").json().string_or("ARN", ""), arn) << "new characters are drawn";
  EXPECT_OK(about("DeleteSecret", {{"ForceDeleteWithoutRecovery", true}}));
  EXPECT_OK(create());
}

TEST_F(SecretsManagerTest, TheListingIsFilteredAndPaged) {
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_OK(create({{"Name", name},
                      {"Description", std::string("The ") + name},
                      {"Tags", List{Map{{"Key", "stack"}, {"Value", name}}}}}));
  }
  const auto names = [&](const Value& answer) {
    std::string text;
    for (const Value& secret : answer.at("SecretList").as_list())
      text += secret.string_or("Name", "?");
    return text;
  };
  const auto filtered = [&](const char* key, const char* text) {
    return names(
        ask("ListSecrets", {{"Filters", List{Map{{"Key", key}, {"Values", List{Value(text)}}}}}})
            .json());
  };
  EXPECT_EQ(names(ask("ListSecrets").json()), "abc");
  EXPECT_EQ(filtered("name", "b"), "b");
  EXPECT_EQ(filtered("name", "!b"), "ac");
  EXPECT_EQ(filtered("tag-value", "c"), "c");
  EXPECT_EQ(filtered("tag-key", "sta"), "abc");
  EXPECT_EQ(filtered("description", "THE a"), "a");
  const Value first = ask("ListSecrets", {{"MaxResults", 2}}).json();
  EXPECT_EQ(names(first), "ab");
  EXPECT_EQ(names(ask("ListSecrets", {{"NextToken", first.at("NextToken")}}).json()), "c");
  EXPECT_OK(ask("DeleteSecret", {{"SecretId", "b"}}));
  EXPECT_EQ(names(ask("ListSecrets").json()), "ac");
  EXPECT_EQ(names(ask("ListSecrets", {{"IncludePlannedDeletion", true}}).json()), "abc");
  expect_refused(
      "an unknown filter",
      [&] {
        return ask("ListSecrets", {{"Filters", List{Map{{"Key", "all"}, {"Values", List{}}}}}});
      },
      {501, "NotImplemented", "Filters all", "json"});
}

TEST_F(SecretsManagerTest, WhoReadsNeedsTheSecretsPolicyAndItsKey) {
  const std::string key =
      aws->json("kms", "CreateKey", Map{}).json().at("KeyMetadata").string_or("Arn", "");
  EXPECT_OK(create({{"SecretString", "one"}, {"KmsKeyId", key}}));
  const std::string read =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-??????"}]})";
  const auto policy = [&](const std::string& name, const std::string& text) {
    EXPECT_OK(aws->query("iam", {{"Action", "PutUserPolicy"},
                                 {"UserName", "Reader"},
                                 {"PolicyName", name},
                                 {"PolicyDocument", text}}));
    advance(std::chrono::seconds(10));
  };
  EXPECT_OK(aws->query("iam", {{"Action", "CreateUser"}, {"UserName", "Reader"}}));
  const Reply made = aws->query("iam", {{"Action", "CreateAccessKey"}, {"UserName", "Reader"}});
  Client reader(*sandbox, Keys{made.xml("AccessKeyId"), made.xml("SecretAccessKey"), ""},
                "eu-west-1");
  const auto get = [&] {
    return reader.json("secretsmanager", "GetSecretValue", Map{{"SecretId", "api"}});
  };
  advance(std::chrono::seconds(10));
  EXPECT_REFUSED(
      get(), 400, "AccessDeniedException",
      "because no identity-based policy allows the secretsmanager:GetSecretValue action");
  policy("read", read);
  EXPECT_REFUSED(get(), 400, "AccessDeniedException", "Access to KMS is not allowed");
  policy(
      "key",
      fmt::format(
          R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"kms:Decrypt","Resource":"{}"}}]}})",
          key));
  EXPECT_EQ(get().json().string_or("SecretString", ""), "one");
  // The secret's own policy may refuse.
  const std::string deny =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:user/Reader"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]})";
  EXPECT_OK(about("PutResourcePolicy", {{"ResourcePolicy", deny}, {"BlockPublicPolicy", true}}));
  EXPECT_REFUSED(get(), 400, "AccessDeniedException", "explicit deny in a resource-based policy");
  EXPECT_NE(about("GetResourcePolicy").json().find("ResourcePolicy"), nullptr);
  EXPECT_OK(about("DeleteResourcePolicy"));
  EXPECT_EQ(about("GetResourcePolicy").json().find("ResourcePolicy"), nullptr);
  EXPECT_EQ(get().status, 200);
  EXPECT_OK(aws->json("kms", "DisableKey", Map{{"KeyId", key}}));
  EXPECT_REFUSED(get(), 400, "DecryptionFailure", "Check that the KMS key is available");
}

TEST_F(SecretsManagerTest, BadPoliciesAreRefused) {
  EXPECT_OK(create());
  const auto put = [&](const std::string& principal) {
    return about(
        "PutResourcePolicy",
        {{"ResourcePolicy",
          fmt::format(
              R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{},"Action":"secretsmanager:GetSecretValue","Resource":"*"}}]}})",
              principal)},
         {"BlockPublicPolicy", true}});
  };
  expect_refused("nobody", [&] { return put(R"({"AWS":"arn:aws:iam::123456789012:role/None"})"); },
                 {400, "MalformedPolicyDocumentException", "unsupported principal", "json"});
  expect_refused("everybody", [&] { return put("\"*\""); },
                 {400, "PublicPolicyException", "broad access", "json"});
}

}  // namespace
}  // namespace firn::sandbox::testing
