// The configuration documents of a bucket: each is put, read back, replaced, taken away; and bad
// ones are refused without a trace.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

class S3ConfigurationTest : public FileTest {
 protected:
  S3ConfigurationTest() { EXPECT_OK(create_bucket("lake")); }

  Reply put(const std::string& subresource, const std::string& body) {
    return aws->s3("PUT", "lake", "/?" + subresource, body);
  }
  Reply get(const std::string& subresource) { return aws->s3("GET", "lake", "/?" + subresource); }
};

struct RoundTrip {
  const char* subresource;
  std::string body;
  int put_status;
  std::string shown;         // what a read holds then
  const char* after_delete;  // code of a read; nullptr: DELETE is not asked
};

std::string encryption(const std::string& inside, const std::string& after = {}) {
  return "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>" + inside +
         "</ApplyServerSideEncryptionByDefault>" + after +
         "</Rule></ServerSideEncryptionConfiguration>";
}

std::string block(const std::string& inside) {
  return "<PublicAccessBlockConfiguration>" + inside + "</PublicAccessBlockConfiguration>";
}

std::string ownership(const std::string& value) {
  return "<OwnershipControls><Rule><ObjectOwnership>" + value +
         "</ObjectOwnership></Rule></OwnershipControls>";
}

std::string tagging(const std::string& inside) {
  return "<Tagging><TagSet>" + inside + "</TagSet></Tagging>";
}

std::string tag(const std::string& key, const std::string& value) {
  return "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
}

std::string rule(const std::string& inside) {
  return "<LifecycleConfiguration><Rule>" + inside + "</Rule></LifecycleConfiguration>";
}

constexpr const char* expire =
    "<ID>old</ID><Filter><Prefix>raw/a&amp;b/</Prefix></Filter><Status>Enabled</Status>"
    "<Expiration><Days>30</Days></Expiration>";

TEST_F(S3ConfigurationTest, WhatIsPutIsReadBackAndGoes) {
  const std::string tls_only =
      R"({"Version":"2012-10-17","Statement":[{"Sid":"tls-only","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::lake","arn:aws:s3:::lake/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]})";
  const RoundTrip rows[] = {
      {"versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
       200, "<Status>Enabled</Status>", nullptr},
      {"versioning",
       "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", 200,
       "<Status>Suspended</Status>", nullptr},
      {"encryption",
       encryption("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/lake</KMSMasterKeyID>",
                  "<BucketKeyEnabled>true</BucketKeyEnabled>"),
       200, "<KMSMasterKeyID>alias/lake</KMSMasterKeyID>", ""},
      {"publicAccessBlock", block("<BlockPublicAcls>true</BlockPublicAcls>"), 200,
       "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls>",
       "NoSuchPublicAccessBlockConfiguration"},
      {"ownershipControls", ownership("ObjectWriter"), 200,
       "<ObjectOwnership>ObjectWriter</ObjectOwnership>", "OwnershipControlsNotFoundError"},
      {"tagging", tagging(tag("team", "data/more") + tag("firn:stack", "finance")), 204,
       tag("team", "data/more"), "NoSuchTagSet"},
      {"lifecycle", rule(expire), 200, expire, "NoSuchLifecycleConfiguration"},
      {"policy", tls_only, 204, R"("Sid":"tls-only")", "NoSuchBucketPolicy"},
  };
  for (const RoundTrip& row : rows) {
    SCOPED_TRACE(row.subresource);
    const Reply answer = put(row.subresource, row.body);
    EXPECT_EQ(answer.status, row.put_status) << answer;
    const Reply shown = get(row.subresource);
    EXPECT_EQ(shown.status, 200);
    EXPECT_TRUE(shown.contains(row.shown)) << shown;
    if (!row.after_delete) continue;
    EXPECT_EQ(aws->s3("DELETE", "lake", fmt::format("/?{}", row.subresource)).status, 204);
    EXPECT_EQ(get(row.subresource).code, row.after_delete);
    EXPECT_EQ(aws->s3("DELETE", "lake", fmt::format("/?{}", row.subresource)).status, 204)
        << "deleting again is no error";
  }
  // Encryption does not go: it falls back.
  EXPECT_EQ(get("encryption").xml("SSEAlgorithm"), "AES256");
  EXPECT_FALSE(get("encryption").contains("KMSMasterKeyID"));
}

TEST_F(S3ConfigurationTest, PuttingReplacesTheWhole) {
  EXPECT_OK(put("tagging", tagging(tag("a", "1") + tag("b", "2"))));
  EXPECT_OK(put("tagging", tagging(tag("c", "3"))));
  EXPECT_FALSE(get("tagging").contains("<Key>a</Key>"));
  EXPECT_TRUE(get("tagging").contains("<Key>c</Key>"));
  EXPECT_OK(put("publicAccessBlock", block("<BlockPublicPolicy>true</BlockPublicPolicy>")));
  EXPECT_EQ(get("publicAccessBlock").xml("BlockPublicAcls"), "false");
}

struct Bad {
  const char* what;
  const char* subresource;
  std::string body;
  int status;
  const char* code;
  const char* message;
};

TEST_F(S3ConfigurationTest, BadDocumentsAreRefused) {
  const std::string many = [] {
    std::string tags;
    for (int i = 0; i < 51; ++i)
      tags += tag(fmt::format("k{}", i), "v");
    return tagging(tags);
  }();
  const char* const xml = "did not validate against our published schema";
  const Bad rows[] = {
      {"not XML", "versioning", "enabled", 400, "MalformedXML", xml},
      {"another document", "versioning", ownership("ObjectWriter"), 400, "MalformedXML", xml},
      {"lower case", "versioning",
       "<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>", 400,
       "MalformedXML", xml},
      {"no way back", "versioning",
       "<VersioningConfiguration><Status>Disabled</Status></VersioningConfiguration>", 400,
       "MalformedXML", xml},
      {"no status", "versioning", "<VersioningConfiguration/>", 400,
       "IllegalVersioningConfigurationException", "must be specified"},
      {"no rule", "encryption", "<ServerSideEncryptionConfiguration/>", 400, "MalformedXML", xml},
      {"unknown algorithm", "encryption", encryption("<SSEAlgorithm>ROT13</SSEAlgorithm>"), 400,
       "MalformedXML", xml},
      {"key without KMS", "encryption",
       encryption("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"), 400,
       "InvalidArgument", "a KMSMasterKeyID is not applicable"},
      {"empty block", "publicAccessBlock", block(""), 400, "InvalidRequest",
       "Must specify at least one configuration."},
      {"not a truth", "publicAccessBlock", block("<BlockPublicAcls>yes</BlockPublicAcls>"), 400,
       "MalformedXML", xml},
      {"unknown ownership", "ownershipControls", ownership("Everybody"), 400, "MalformedXML", xml},
      {"no tag set", "tagging", "<Tagging/>", 400, "MalformedXML", xml},
      {"a key twice", "tagging", tagging(tag("a", "1") + tag("a", "2")), 400, "InvalidTag",
       "Cannot provide multiple Tags with the same key"},
      {"aws: is AWS's", "tagging", tagging(tag("aws:mine", "1")), 400, "InvalidTag",
       "System tags cannot be added/updated by requester"},
      {"a value too long", "tagging", tagging(tag("a", std::string(257, 'x'))), 400, "InvalidTag",
       "The TagValue you have provided is invalid"},
      {"a character that is not allowed in a value", "tagging", tagging(tag("a", "b &amp; c")), 400,
       "InvalidTag", "The TagValue you have provided is invalid"},
      {"one that is not allowed in a key", "tagging", tagging(tag("a*", "b")), 400, "InvalidTag",
       "The TagKey you have provided is invalid"},
      {"51 tags", "tagging", many, 400, "BadRequest", "cannot be greater than 50"},
      {"no rules", "lifecycle", "<LifecycleConfiguration/>", 400, "MalformedXML", xml},
      {"no status", "lifecycle", rule("<Filter/><Expiration><Days>1</Days></Expiration>"), 400,
       "MalformedXML", xml},
      {"no action", "lifecycle", rule("<Filter/><Status>Enabled</Status>"), 400, "InvalidRequest",
       "At least one action needs to be specified in a rule."},
      {"two filters", "lifecycle",
       rule("<Filter><Prefix>a</Prefix><ObjectSizeLessThan>1</ObjectSizeLessThan></Filter>"
            "<Status>Enabled</Status><Expiration><Days>1</Days></Expiration>"),
       400, "MalformedXML", xml},
      {"no days", "lifecycle",
       rule("<Filter/><Status>Enabled</Status><Expiration><Days>0</Days></Expiration>"), 400,
       "InvalidArgument", "must be a positive integer"},
      {"too early for infrequent access", "lifecycle",
       rule("<Filter/><Status>Enabled</Status><Transition><Days>29</Days>"
            "<StorageClass>STANDARD_IA</StorageClass></Transition>"),
       400, "InvalidArgument", "must be greater than or equal to 30"},
      {"not at midnight", "lifecycle",
       rule("<Filter/><Status>Enabled</Status><Expiration><Date>2030-01-01T12:00:00Z</Date>"
            "</Expiration>"),
       400, "InvalidArgument", "must be at midnight GMT"},
      {"expires before it moves", "lifecycle",
       rule("<Filter/><Status>Enabled</Status><Transition><Days>60</Days>"
            "<StorageClass>GLACIER</StorageClass></Transition><Expiration><Days>30</Days>"
            "</Expiration>"),
       400, "InvalidArgument", "in the Expiration action"},
      {"an ID twice", "lifecycle",
       fmt::format("<LifecycleConfiguration><Rule>{0}</Rule><Rule>{0}</Rule>"
                   "</LifecycleConfiguration>",
                   expire),
       400, "InvalidArgument", "Rule ID must be unique"},
      {"no such target", "logging",
       "<BucketLoggingStatus><LoggingEnabled><TargetBucket>nowhere</TargetBucket><TargetPrefix/>"
       "</LoggingEnabled></BucketLoggingStatus>",
       400, "InvalidTargetBucketForLogging", "<TargetBucket>nowhere</TargetBucket>"},
  };
  for (const Bad& row : rows) {
    expect_refused(fmt::format("{}: {}", row.subresource, row.what),
                   [&] { return put(row.subresource, row.body); },
                   {row.status, row.code, row.message, "s3"});
  }
}

TEST_F(S3ConfigurationTest, DocumentsMustCarryAChecksumThatFits) {
  const std::string body =
      "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
  expect_refused("none",
                 [&] {
                   return aws->s3("PUT", "lake", "/?versioning", body, {{"Content-MD5", ""}});
                 },
                 {400, "InvalidRequest", "Missing required header for this request", "s3"});
  expect_refused("another body's",
                 [&] {
                   return aws->s3("PUT", "lake", "/?versioning", body,
                                  {{"Content-MD5", "mZFLkyvTelC5g8XnyQrpOw=="}});
                 },
                 {400, "BadDigest", "did not match", "s3"});
  expect_refused("not base64",
                 [&] {
                   return aws->s3("PUT", "lake", "/?versioning", body, {{"Content-MD5", "no"}});
                 },
                 {400, "InvalidDigest", "Content-MD5", "s3"});
}

TEST_F(S3ConfigurationTest, LogsGoToABucketOfTheSameOwnerAndRegion) {
  const auto log_to = [&](const std::string& target) {
    return put("logging", fmt::format("<BucketLoggingStatus><LoggingEnabled><TargetBucket>{}"
                                      "</TargetBucket><TargetPrefix>s3/</TargetPrefix>"
                                      "</LoggingEnabled></BucketLoggingStatus>",
                                      target));
  };
  const std::string irish =
      "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
      "</CreateBucketConfiguration>";
  EXPECT_OK(create_bucket("logs"));
  EXPECT_OK(other->s3("PUT", "strange-logs", "/", irish));
  Client virginia(*sandbox, account_a, "us-east-1");
  EXPECT_OK(virginia.s3("PUT", "far-logs", "/"));
  EXPECT_OK(log_to("logs"));
  EXPECT_EQ(get("logging").xml("TargetBucket"), "logs");
  EXPECT_EQ(get("logging").xml("TargetPrefix"), "s3/");
  expect_refused("another owner's", [&] { return log_to("strange-logs"); },
                 {400, "InvalidTargetBucketForLogging", "must be the same", "s3"});
  // S3 spells it with two t.
  expect_refused("another region's", [&] { return log_to("far-logs"); },
                 {403, "CrossLocationLoggingProhibitted", "Cross S3 location", "s3"});
  EXPECT_OK(put("logging", "<BucketLoggingStatus/>"));
  EXPECT_FALSE(get("logging").contains("LoggingEnabled"));
}

TEST_F(S3ConfigurationTest, LifecycleRulesGetAnIdWhenTheyBringNone) {
  EXPECT_OK(put("lifecycle", rule("<Filter/><Status>Enabled</Status>"
                                  "<Expiration><Days>1</Days></Expiration>")));
  const Reply shown = get("lifecycle");
  EXPECT_EQ(shown.xml("ID").size(), 36u) << shown;
  EXPECT_EQ(shown.headers.get("x-amz-transition-default-minimum-object-size"),
            "all_storage_classes_128K");
}

TEST_F(S3ConfigurationTest, BadPoliciesAreRefused) {
  const auto with = [](const std::string& statement) {
    return fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statement);
  };
  const Bad rows[] = {
      {"not JSON", "policy", "policy", 400, "MalformedPolicy", "the first byte must be"},
      {"no statement", "policy", R"({"Version":"2012-10-17"})", 400, "MalformedPolicy",
       "Missing required field Statement"},
      {"a role that is not there", "policy",
       with(
           R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/Nobody"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"})"),
       400, "MalformedPolicy", "Invalid principal in policy"},
      {"another bucket", "policy",
       with(
           R"({"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::pond/*"})"),
       400, "MalformedPolicy", "Policy has invalid resource"},
      {"another service's action", "policy",
       with(
           R"({"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sqs:SendMessage","Resource":"arn:aws:s3:::lake/*"})"),
       400, "MalformedPolicy", "Policy has invalid action"},
      {"longer than 20 KB", "policy",
       with(fmt::format(
           R"({{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::lake/{}"}})",
           std::string(20480, 'x'))),
       400, "MalformedPolicy", "20480"},
      {"public, which the block forbids", "policy",
       with(
           R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"})"),
       403, "AccessDenied", "BlockPublicPolicy"},
  };
  for (const Bad& row : rows) {
    expect_refused(row.what, [&] { return put("policy", row.body); },
                   {row.status, row.code, row.message, "s3"});
  }
}

TEST_F(S3ConfigurationTest, APolicyNamesAccountsByTheirRootAndDeletedRolesByTheirId) {
  const std::string role = ready_role("Reader", "ec2.amazonaws.com");
  EXPECT_OK(put(
      "policy",
      fmt::format(
          R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":["{}","{}"]}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"}}]}})",
          account_b, role)));
  EXPECT_TRUE(get("policy").contains("arn:aws:iam::210987654321:root"));
  EXPECT_TRUE(get("policy").contains(role));
  EXPECT_OK(aws->query("iam", {{"Action", "DeleteRole"}, {"RoleName", "Reader"}}));
  EXPECT_FALSE(get("policy").contains(role));
  EXPECT_TRUE(get("policy").contains("\"AROA"));
  // Made again, it is another role.
  ready_role("Reader", "ec2.amazonaws.com");
  EXPECT_FALSE(get("policy").contains(role));
}

TEST_F(S3ConfigurationTest, PolicyStatusTellsWhetherEverybodyMay) {
  EXPECT_REFUSED(get("policyStatus"), 404, "NoSuchBucketPolicy", "");
  EXPECT_EQ(aws->s3("DELETE", "lake", "/?publicAccessBlock").status, 204);
  EXPECT_OK(put(
      "policy",
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"}})"));
  EXPECT_EQ(get("policyStatus").xml("IsPublic"), "TRUE");
}

}  // namespace
}  // namespace firn::sandbox::testing
