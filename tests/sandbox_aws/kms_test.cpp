// KMS: keys and aliases, who may use a key, and what that means for objects in S3.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

class KmsTest : public FileTest {
 protected:
  Reply ask(const std::string& operation, Map input = {}) {
    return aws->json("kms", operation, Value(std::move(input)));
  }
  std::string create(Map input = {}) {
    return ask("CreateKey", std::move(input)).json().at("KeyMetadata").string_or("KeyId", "");
  }
  Value describe(const std::string& key) {
    return ask("DescribeKey", {{"KeyId", key}}).json().at("KeyMetadata");
  }
  std::string state(const std::string& key) { return describe(key).string_or("KeyState", ""); }

  // A session of a role with this policy.
  Client session(const std::string& name, const std::string& statements) {
    const std::string trust =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]})";
    EXPECT_OK(aws->query(
        "iam",
        {{"Action", "CreateRole"}, {"RoleName", name}, {"AssumeRolePolicyDocument", trust}}));
    EXPECT_OK(aws->query(
        "iam", {{"Action", "PutRolePolicy"},
                {"RoleName", name},
                {"PolicyName", "p"},
                {"PolicyDocument",
                 fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statements)}}));
    advance(std::chrono::seconds(10));
    const Reply reply = aws->query("sts", {{"Action", "AssumeRole"},
                                           {"RoleArn", "arn:aws:iam::123456789012:role/" + name},
                                           {"RoleSessionName", "test"}});
    EXPECT_EQ(reply.status, 200) << reply;
    return Client(
        *sandbox,
        Keys{reply.xml("AccessKeyId"), reply.xml("SecretAccessKey"), reply.xml("SessionToken")},
        "eu-west-1");
  }
  static std::string allow(const std::string& action, const std::string& resource) {
    return fmt::format(R"({{"Effect":"Allow","Action":"{}","Resource":"{}"}})", action, resource);
  }
  void encrypt_bucket(const std::string& key) {
    EXPECT_OK(aws->s3(
        "PUT", "lake", "/?encryption",
        fmt::format("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
                    "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID>"
                    "</ApplyServerSideEncryptionByDefault></Rule>"
                    "</ServerSideEncryptionConfiguration>",
                    key)));
  }
};

TEST_F(KmsTest, AKeyIsMadeShownAndChanged) {
  const std::string key = create(
      {{"Description", "Data"}, {"Tags", List{Map{{"TagKey", "team"}, {"TagValue", "data"}}}}});
  const Value shown = describe(key);
  EXPECT_EQ(shown.string_or("Arn", ""), "arn:aws:kms:eu-west-1:123456789012:key/" + key);
  EXPECT_EQ(shown.string_or("KeyState", ""), "Enabled");
  EXPECT_EQ(shown.string_or("Description", ""), "Data");
  EXPECT_EQ(describe(shown.string_or("Arn", "")).string_or("KeyId", ""), key);
  EXPECT_OK(ask("UpdateKeyDescription", {{"KeyId", key}, {"Description", "More"}}));
  EXPECT_EQ(describe(key).string_or("Description", ""), "More");
  EXPECT_OK(ask("EnableKeyRotation", {{"KeyId", key}}));
  EXPECT_TRUE(
      ask("GetKeyRotationStatus", {{"KeyId", key}}).json().bool_or("KeyRotationEnabled", false));
  EXPECT_OK(ask("UntagResource", {{"KeyId", key}, {"TagKeys", List{Value("team")}}}));
  EXPECT_EQ(to_json(ask("ListResourceTags", {{"KeyId", key}}).json().at("Tags")), "[]");
  EXPECT_OK(ask("DisableKey", {{"KeyId", key}}));
  EXPECT_EQ(state(key), "Disabled");
  expect_refused("rotation of a disabled key",
                 [&] {
                   return ask("DisableKeyRotation", {{"KeyId", key}});
                 },
                 {400, "DisabledException", "is disabled.", "json"});
  expect_refused("no such key",
                 [&] {
                   return ask("DescribeKey", {{"KeyId", "nothing"}});
                 },
                 {400, "NotFoundException",
                  "Key 'arn:aws:kms:eu-west-1:123456789012:key/nothing' does not exist", "json"});
}

TEST_F(KmsTest, ADeletedKeyWaitsAndCanBeBroughtBack) {
  const std::string key = create();
  EXPECT_OK(ask("CreateAlias", {{"AliasName", "alias/data"}, {"TargetKeyId", key}}));
  expect_refused("too short a window",
                 [&] {
                   return ask("ScheduleKeyDeletion", {{"KeyId", key}, {"PendingWindowInDays", 3}});
                 },
                 {400, "ValidationException", "pendingWindowInDays", "json"});
  EXPECT_OK(ask("ScheduleKeyDeletion", {{"KeyId", key}, {"PendingWindowInDays", 7}}));
  EXPECT_EQ(state(key), "PendingDeletion");
  EXPECT_TRUE(sandbox->status().size() == 1 && sandbox->status()[0].kind == "kms alias");
  for (const char* operation : {"ScheduleKeyDeletion", "EnableKey", "EnableKeyRotation"}) {
    expect_refused(operation,
                   [&] {
                     return ask(operation, {{"KeyId", key}});
                   },
                   {400, "KMSInvalidStateException", "is pending deletion.", "json"});
  }
  EXPECT_OK(ask("CancelKeyDeletion", {{"KeyId", key}}));
  EXPECT_EQ(state(key), "Disabled") << "its owner has to enable it";
  EXPECT_OK(ask("EnableKey", {{"KeyId", key}}));
  EXPECT_OK(ask("ScheduleKeyDeletion", {{"KeyId", key}, {"PendingWindowInDays", 7}}));
  advance(std::chrono::hours(24 * 7));
  EXPECT_EQ(ask("DescribeKey", {{"KeyId", key}}).code, "NotFoundException");
  EXPECT_EQ(to_json(ask("ListAliases").json().at("Aliases")), "[]");
  EXPECT_EQ(to_json(ask("ListKeys").json().at("Keys")), "[]");
}

TEST_F(KmsTest, AliasesNameKeys) {
  const std::string one = create();
  const std::string two = create();
  const auto alias = [&](const char* operation, const std::string& name, const std::string& key) {
    return ask(operation, {{"AliasName", name}, {"TargetKeyId", key}});
  };
  EXPECT_OK(alias("CreateAlias", "alias/data", one));
  EXPECT_EQ(describe("alias/data").string_or("KeyId", ""), one);
  EXPECT_EQ(describe("arn:aws:kms:eu-west-1:123456789012:alias/data").string_or("KeyId", ""), one);
  expect_refused("again", [&] { return alias("CreateAlias", "alias/data", two); },
                 {400, "AlreadyExistsException", "already exists", "json"});
  EXPECT_OK(alias("UpdateAlias", "alias/data", two));
  const Value listed = ask("ListAliases", {{"KeyId", two}}).json().at("Aliases");
  ASSERT_EQ(listed.as_list().size(), 1U);
  EXPECT_EQ(listed.as_list()[0].string_or("TargetKeyId", ""), two);
  const struct {
    const char* what;
    const char* name;
    const char* code;
  } rows[] = {{"no prefix", "data", "InvalidAliasNameException"},
              {"a blank", "alias/a b", "InvalidAliasNameException"},
              {"AWS's own", "alias/aws/s3", "NotAuthorizedException"}};
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return alias("CreateAlias", row.name, one); },
                   {400, row.code, "", "json"});
  }
  EXPECT_OK(ask("DeleteAlias", {{"AliasName", "alias/data"}}));
  expect_refused("gone",
                 [&] {
                   return ask("DeleteAlias", {{"AliasName", "alias/data"}});
                 },
                 {400, "NotFoundException", "is not found.", "json"});
}

TEST_F(KmsTest, TheKeysPolicyDecides) {
  const std::string key = create();
  const std::string arn = describe(key).string_or("Arn", "");
  Client reader = session("Reader", allow("kms:DescribeKey", arn));
  Client stranger = session("Stranger", allow("s3:*", "*"));
  const Value about = Map{{"KeyId", key}};
  EXPECT_OK(reader.json("kms", "DescribeKey", about));
  EXPECT_REFUSED(stranger.json("kms", "DescribeKey", about), 400, "AccessDeniedException",
                 "because no identity-based policy allows the kms:DescribeKey action");
  // A policy that names one role only: what others' own policies say counts for nothing.
  const std::string only = R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/Stranger"},
       "Action":"kms:DescribeKey","Resource":"*"},
      {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},
       "Action":["kms:PutKeyPolicy","kms:GetKeyPolicy"],"Resource":"*"}]})";
  EXPECT_OK(ask("PutKeyPolicy", {{"KeyId", key}, {"PolicyName", "default"}, {"Policy", only}}));
  EXPECT_OK(stranger.json("kms", "DescribeKey", about));
  EXPECT_REFUSED(reader.json("kms", "DescribeKey", about), 400, "AccessDeniedException",
                 "because no resource-based policy allows the kms:DescribeKey action");
  const auto put = [&](const std::string& policy) {
    return ask("PutKeyPolicy", {{"KeyId", key}, {"PolicyName", "default"}, {"Policy", policy}});
  };
  expect_refused(
      "locking oneself out",
      [&] {
        return put(
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/Stranger"},"Action":"kms:*","Resource":"*"}]})");
      },
      {400, "MalformedPolicyDocumentException", "will not allow you to update", "json"});
  expect_refused(
      "a principal that does not exist",
      [&] {
        return put(
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/Nobody"},"Action":"kms:*","Resource":"*"}]})");
      },
      {400, "MalformedPolicyDocumentException", "invalid principals", "json"});
}

TEST_F(KmsTest, ObjectsNeedTheirKey) {
  EXPECT_OK(create_bucket("lake"));
  const std::string key = create();
  const std::string arn = describe(key).string_or("Arn", "");
  EXPECT_OK(ask("CreateAlias", {{"AliasName", "alias/lake"}, {"TargetKeyId", key}}));
  encrypt_bucket("alias/lake");
  const Reply put = aws->s3("PUT", "lake", "/a", "1");
  EXPECT_EQ(put.headers.get("x-amz-server-side-encryption"), "aws:kms") << put;
  EXPECT_EQ(
      aws->s3("HEAD", "lake", "/a").headers.get("x-amz-server-side-encryption-aws-kms-key-id"),
      arn);

  const std::string objects = allow("s3:*", "*");
  Client plain = session("Plain", objects);
  Client reader = session("Reader", objects + "," + allow("kms:Decrypt", arn));
  Client writer = session("Writer", objects + "," + allow("kms:GenerateDataKey", arn));
  EXPECT_REFUSED(plain.s3("GET", "lake", "/a"), 403, "AccessDenied",
                 "because no identity-based policy allows the kms:Decrypt action");
  EXPECT_OK(plain.s3("HEAD", "lake", "/a"));
  EXPECT_REFUSED(plain.s3("PUT", "lake", "/b", "2"), 403, "AccessDenied", "kms:GenerateDataKey");
  EXPECT_EQ(reader.s3("GET", "lake", "/a").body, "1");
  EXPECT_OK(writer.s3("PUT", "lake", "/b", "2"));
  EXPECT_REFUSED(writer.s3("GET", "lake", "/b"), 403, "AccessDenied", "kms:Decrypt");

  EXPECT_OK(ask("DisableKey", {{"KeyId", key}}));
  EXPECT_REFUSED(aws->s3("GET", "lake", "/a"), 400, "KMS.DisabledException", "is disabled");
  EXPECT_REFUSED(aws->s3("PUT", "lake", "/c", "3"), 400, "KMS.DisabledException", "is disabled");
  EXPECT_OK(ask("ScheduleKeyDeletion", {{"KeyId", key}}));
  EXPECT_REFUSED(aws->s3("GET", "lake", "/a"), 400, "KMS.KMSInvalidStateException",
                 "pending deletion");
  encrypt_bucket("alias/nothing");
  EXPECT_REFUSED(aws->s3("PUT", "lake", "/c", "3"), 400, "KMS.NotFoundException", "alias/nothing");
  encrypt_bucket("alias/aws/s3");
  EXPECT_OK(plain.s3("PUT", "lake", "/c", "3"));
  EXPECT_EQ(plain.s3("GET", "lake", "/c").body, "3");
}

TEST_F(KmsTest, AKeyCanBeOpenThroughS3AndToOneRoleAlone) {
  EXPECT_OK(create_bucket("lake"));
  const std::string key = create();
  encrypt_bucket(key);
  Client writer = session("Writer", allow("s3:*", "*"));
  Client stranger = session("Stranger", allow("s3:*", "*"));
  const auto let = [&](const std::string& service, const std::string& account) {
    const std::string policy = fmt::format(
        R"({{"Version":"2012-10-17","Statement":[
          {{"Effect":"Allow","Principal":{{"AWS":"123456789012"}},"Action":"kms:*","Resource":"*"}},
          {{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"kms:GenerateDataKey","Resource":"*",
           "Condition":{{"StringEquals":{{"kms:ViaService":"{}","kms:CallerAccount":"{}"}},
                        "ArnEquals":{{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/Writer"}}}}}}]}})",
        service, account);
    EXPECT_OK(ask("PutKeyPolicy", {{"KeyId", key}, {"PolicyName", "default"}, {"Policy", policy}}));
  };
  let("s3.eu-west-1.amazonaws.com", "123456789012");
  EXPECT_OK(writer.s3("PUT", "lake", "/a", "1"));
  EXPECT_REFUSED(writer.s3("GET", "lake", "/a"), 403, "AccessDenied", "kms:Decrypt");
  EXPECT_REFUSED(stranger.s3("PUT", "lake", "/b", "2"), 403, "AccessDenied", "kms:GenerateDataKey");
  let("sqs.eu-west-1.amazonaws.com", "123456789012");
  EXPECT_REFUSED(writer.s3("PUT", "lake", "/a", "1"), 403, "AccessDenied", "kms:GenerateDataKey");
  let("s3.eu-west-1.amazonaws.com", "210987654321");
  EXPECT_REFUSED(writer.s3("PUT", "lake", "/a", "1"), 403, "AccessDenied", "kms:GenerateDataKey");
}

TEST_F(KmsTest, ServicesNeedTheKeysPolicy) {
  EXPECT_OK(create_bucket("lake"));
  const std::string key = create();
  const std::string arn = describe(key).string_or("Arn", "");
  // What the queue, the topic and the log group say of a key, and what they do with it.
  const std::string queue = "arn:aws:sqs:eu-west-1:123456789012:files";
  const std::string topic = "arn:aws:sns:eu-west-1:123456789012:files";
  const auto lets_s3 = [](const std::string& action, const std::string& resource) {
    return fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":"{}","Resource":"{}"}}]}})",
        action, resource);
  };
  EXPECT_OK(aws->json("sqs", "CreateQueue",
                      Map{{"QueueName", "files"},
                          {"Attributes", Map{{"Policy", lets_s3("sqs:SendMessage", queue)}}}}));
  EXPECT_OK(aws->query("sns", {{"Action", "CreateTopic"}, {"Name", "files"}}));
  EXPECT_OK(aws->query("sns", {{"Action", "SetTopicAttributes"},
                               {"TopicArn", topic},
                               {"AttributeName", "Policy"},
                               {"AttributeValue", lets_s3("sns:Publish", topic)}}));
  const auto encrypt = [&](const std::string& text) {
    EXPECT_OK(aws->json("sqs", "SetQueueAttributes",
                        Map{{"QueueUrl", "https://sqs.eu-west-1.amazonaws.com/123456789012/files"},
                            {"Attributes", Map{{"KmsMasterKeyId", text}}}}));
    EXPECT_OK(aws->query("sns", {{"Action", "SetTopicAttributes"},
                                 {"TopicArn", topic},
                                 {"AttributeName", "KmsMasterKeyId"},
                                 {"AttributeValue", text}}));
  };
  const auto notify = [&](const std::string& kind, const std::string& target) {
    return aws->s3("PUT", "lake", "/?notification",
                   fmt::format("<NotificationConfiguration><{0}Configuration><Id>r</Id><{0}>{1}"
                               "</{0}><Event>s3:ObjectCreated:*</Event></{0}Configuration>"
                               "</NotificationConfiguration>",
                               kind, target));
  };
  const auto group = [&](const std::string& name) {
    return aws->json("logs", "CreateLogGroup", Map{{"logGroupName", name}, {"kmsKeyId", arn}});
  };
  for (const std::string& text : {arn, std::string("alias/aws/sqs"), std::string("alias/none")}) {
    encrypt(text);
    EXPECT_REFUSED(notify("Queue", queue), 400, "InvalidArgument", "Unable to validate");
    EXPECT_REFUSED(notify("Topic", topic), 400, "InvalidArgument", "Unable to validate");
  }
  EXPECT_REFUSED(group("/a"), 400, "InvalidParameterException",
                 "The specified KMS key does not exist or is not allowed");
  const std::string policy = R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"kms:*","Resource":"*"},
      {"Effect":"Allow","Principal":{"Service":["s3.amazonaws.com"]},
       "Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"*",
       "Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}},
      {"Effect":"Allow","Principal":{"Service":"logs.eu-west-1.amazonaws.com"},
       "Action":["kms:Encrypt*","kms:Decrypt*","kms:ReEncrypt*","kms:GenerateDataKey*","kms:Describe*"],
       "Resource":"*","Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":
       "arn:aws:logs:eu-west-1:123456789012:log-group:/a"}}}]})";
  EXPECT_OK(ask("PutKeyPolicy", {{"KeyId", key}, {"PolicyName", "default"}, {"Policy", policy}}));
  encrypt(arn);
  EXPECT_OK(notify("Queue", queue));
  EXPECT_OK(notify("Topic", topic));
  EXPECT_OK(group("/a"));
  EXPECT_REFUSED(group("/b"), 400, "InvalidParameterException", "is not allowed");
}

}  // namespace
}  // namespace firn::sandbox::testing
