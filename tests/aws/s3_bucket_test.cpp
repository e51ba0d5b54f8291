// What aws.s3_bucket says to S3, and what it makes of the answers.
#include <algorithm>
#include <gtest/gtest.h>

#include "providers/aws/s3_bucket_policy.h"
#include "providers/aws/types.h"
#include "tests/aws/operations.h"

namespace firn::aws {
namespace {

using test::find_request;
using test::json;
using test::operations_of;
using test::respond;
using test::Rig;
using test::s3_error;

const char* const name = "finance-de-lab-dev-eu-west-1";

Value normalized(std::string_view text) {
  return s3_bucket.type->normalize(json(text));
}

struct Bucket : Rig {
  AwsProvider provider{scheduler, transport, credentials, options()};
  Operation create(const Value& desired) {
    return test::operation("aws.s3_bucket", "data", name, desired);
  }
};

// Every change works; every look finds a bare bucket.
Result<http::Response> bare_bucket(const http::Request& request) {
  if (request.method != "GET") return respond(200, "");
  const std::vector<std::pair<std::string, std::string>> absent = {
      {"tagging", "NoSuchTagSet"},
      {"policy", "NoSuchBucketPolicy"},
      {"lifecycle", "NoSuchLifecycleConfiguration"},
      {"ownershipControls", "OwnershipControlsNotFoundError"},
      {"publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
      {"encryption", "ServerSideEncryptionConfigurationNotFoundError"}};
  for (const auto& [part, code] : absent) {
    if (request.query == part) return s3_error(404, code);
  }
  return respond(200, "<R/>");
}

TEST(S3Bucket, PredictsItsOutputs) {
  const Map outputs = s3_bucket.type->predict(Rig::options().placement, "b", Value());
  EXPECT_EQ(to_json(Value(outputs)),
            R"({"arn":"arn:aws:s3:::b","domain_name":"b.s3.eu-west-1.amazonaws.com",)"
            R"("region":"eu-west-1"})");
}

TEST(S3Bucket, IsMarkedInTheCallThatMakesItAndOnlyGetsWhatIsSet) {
  Bucket bucket;
  bucket.transport.answer = bare_bucket;
  Operation operation =
      bucket.create(normalized(R"({"tags": {"team": "data & ai", "absent": null}})"));
  int recorded = 0;
  operation.record_identity = [&](Map outputs) -> Task<Status> {
    // Before any further call.
    EXPECT_EQ(bucket.transport.requests.size(), 1U);
    EXPECT_EQ(text_at(Value(outputs), "arn"), std::string("arn:aws:s3:::") + name);
    ++recorded;
    co_return Ok{};
  };

  const Result<Applied> applied = bucket.scheduler.run(bucket.provider.create(operation));

  ASSERT_TRUE(applied.has_value()) << applied.error().detail;
  EXPECT_EQ(recorded, 1);
  std::vector<std::string> calls = operations_of(bucket.transport.requests);
  EXPECT_EQ(calls.front(), "CreateBucket");
  std::sort(calls.begin(), calls.end());
  EXPECT_EQ(calls,
            (std::vector<std::string>{"CreateBucket", "PutBucketPolicy", "PutBucketTagging"}));
  const http::Request& made = bucket.transport.requests.front();
  EXPECT_EQ(made.url(), std::string("https://") + name + ".s3.eu-west-1.amazonaws.com/");
  EXPECT_EQ(made.body,
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<LocationConstraint>eu-west-1</LocationConstraint><Tags>"
            "<Tag><Key>firn:address</Key><Value>data</Value></Tag>"
            "<Tag><Key>firn:environment</Key><Value>dev</Value></Tag>"
            "<Tag><Key>firn:stack</Key><Value>finance</Value></Tag>"
            "<Tag><Key>team</Key><Value>data &amp; ai</Value></Tag></Tags>"
            "</CreateBucketConfiguration>");
  const http::Request* policy = find_request(bucket.transport.requests, "PutBucketPolicy");
  ASSERT_NE(policy, nullptr);
  EXPECT_EQ(to_json(json(policy->body)),
            std::string(R"({"Statement":[{"Action":"s3:*","Condition":{"Bool":)"
                        R"({"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*",)"
                        R"("Resource":["arn:aws:s3:::)") +
                name + R"(","arn:aws:s3:::)" + name +
                R"(/*"],"Sid":"DenyWithoutTls"}],"Version":"2012-10-17"})");
}

TEST(S3Bucket, NamesNoRegionInUsEast1AndLooksBeforeItMakes) {
  Rig rig;
  rig.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    return request.method == "HEAD" ? respond(404, "") : respond(200, "");
  };
  AwsProvider provider(rig.scheduler, rig.transport, rig.credentials, Rig::options("us-east-1"));
  Operation operation = test::operation("aws.s3_bucket", "data", "b", normalized("{}"));

  ASSERT_TRUE(rig.scheduler.run(provider.create(operation)).has_value());

  EXPECT_EQ(rig.transport.requests[0].operation, "HeadBucket");
  EXPECT_EQ(rig.transport.requests[1].operation, "CreateBucket");
  EXPECT_EQ(rig.transport.requests[1].body.find("LocationConstraint"), std::string::npos);
}

struct Part {
  const char* name;
  const char* inputs;
  const char* operation;
  const char* body;
};

class Parts : public testing::TestWithParam<Part> {};

TEST_P(Parts, AreSentAsS3WantsThem) {
  Bucket bucket;
  bucket.transport.answer = bare_bucket;
  Operation operation = bucket.create(normalized(GetParam().inputs));
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(operation)).has_value());
  const http::Request* request = find_request(bucket.transport.requests, GetParam().operation);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->method, "PUT");
  EXPECT_EQ(request->body, GetParam().body);
  EXPECT_NE(request->headers.find("Content-MD5"), nullptr);
}

#define NS "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
INSTANTIATE_TEST_SUITE_P(
    Documents, Parts,
    testing::Values(
        Part{"versioning", R"({"versioning": true})", "PutBucketVersioning",
             "<VersioningConfiguration " NS "><Status>Enabled</Status></VersioningConfiguration>"},
        Part{"kms", R"({"encryption": {"kms_key": "alias/k", "bucket_key": true}})",
             "PutBucketEncryption",
             "<ServerSideEncryptionConfiguration " NS "><Rule><ApplyServerSideEncryptionByDefault>"
             "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/k</KMSMasterKeyID>"
             "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled>"
             "</Rule></ServerSideEncryptionConfiguration>"},
        Part{"public_access", R"({"public_access_block": {"block_public_policy": false}})",
             "PutPublicAccessBlock",
             "<PublicAccessBlockConfiguration " NS "><BlockPublicAcls>true</BlockPublicAcls>"
             "<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false"
             "</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>"
             "</PublicAccessBlockConfiguration>"},
        Part{"ownership", R"({"ownership": "BucketOwnerEnforced"})", "PutBucketOwnershipControls",
             "<OwnershipControls " NS "><Rule><ObjectOwnership>BucketOwnerEnforced"
             "</ObjectOwnership></Rule></OwnershipControls>"},
        Part{"lifecycle",
             R"({"lifecycle": [{"prefix": "raw/", "expiration_days": 7,
                 "abort_incomplete_upload_days": 1,
                 "transitions": [{"days": 30, "storage_class": "STANDARD_IA"}]}]})",
             "PutBucketLifecycleConfiguration",
             "<LifecycleConfiguration " NS "><Rule><Expiration><Days>7</Days></Expiration>"
             "<ID>rule-1</ID><Filter><Prefix>raw/</Prefix></Filter><Status>Enabled</Status>"
             "<Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>"
             "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
             "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>"},
        Part{"logging", R"({"logging": {"bucket": "logs"}})", "PutBucketLogging",
             "<BucketLoggingStatus " NS "><LoggingEnabled><TargetBucket>logs</TargetBucket>"
             "<TargetPrefix></TargetPrefix></LoggingEnabled></BucketLoggingStatus>"}),
    [](const auto& row) { return std::string(row.param.name); });
#undef NS

TEST(S3Bucket, ReadsOnlyWhatIsManagedAndNeedsNoCallToSeeThatItExists) {
  Bucket bucket;
  bucket.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    if (request.query == "versioning") {
      return respond(200,
                     "<GetBucketVersioningResponse><Status>Enabled</Status>"
                     "</GetBucketVersioningResponse>");
    }
    if (request.query == "tagging") {
      return respond(200,
                     "<Tagging><TagSet><Tag><Key>firn:stack</Key><Value>finance</Value></Tag>"
                     "<Tag><Key>firn:environment</Key><Value>dev</Value></Tag>"
                     "<Tag><Key>firn:address</Key><Value>data</Value></Tag>"
                     "<Tag><Key>foreign</Key><Value>1</Value></Tag></TagSet></Tagging>");
    }
    return s3_error(404, "NoSuchBucketPolicy");
  };
  ResourceRecord record{"data", "aws.s3_bucket", name, normalized(R"({"versioning": true})"), {}};
  std::vector<ResourceRecord> records{record};

  const auto seen = bucket.scheduler.run(bucket.provider.observe(std::move(records)));

  ASSERT_TRUE(seen.front().has_value());
  EXPECT_TRUE(seen.front()->exists);
  EXPECT_FALSE(seen.front()->foreign);
  EXPECT_EQ(seen.front()->owner, "data");
  // The policy is gone: drift. Foreign tags are nobody's business.
  EXPECT_EQ(to_json(Value(seen.front()->inputs)), R"({"tls_only":false,"versioning":true})");
  EXPECT_EQ(bucket.transport.requests.size(), 3U);
}

TEST(S3Bucket, IsGoneWhenS3SaysSo) {
  Bucket bucket;
  bucket.transport.answer = [](const http::Request&) -> Result<http::Response> {
    return s3_error(404, "NoSuchBucket");
  };
  std::vector<ResourceRecord> records{{"data", "aws.s3_bucket", name, normalized("{}"), {}}};
  const auto seen = bucket.scheduler.run(bucket.provider.observe(std::move(records)));
  ASSERT_TRUE(seen.front().has_value());
  EXPECT_FALSE(seen.front()->exists);
}

TEST(S3Bucket, PutsOnlyWhatChangedAndKeepsForeignTags) {
  Bucket bucket;
  bucket.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    if (request.query == "tagging" && request.method == "GET") {
      return respond(200,
                     "<Tagging><TagSet><Tag><Key>foreign</Key><Value>1</Value></Tag>"
                     "<Tag><Key>old</Key><Value>2</Value></Tag></TagSet></Tagging>");
    }
    return respond(200, "");
  };
  const Value before = normalized(R"({"tags": {"old": "2"}, "versioning": true})");
  const Value after = normalized(R"({"tags": {"new": "3"}, "versioning": true})");
  Operation operation = test::update(bucket.create(after), before, after);

  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.update(operation)).has_value());

  EXPECT_EQ(operations_of(bucket.transport.requests),
            (std::vector<std::string>{"GetBucketTagging", "PutBucketTagging"}));
  const std::string& body = bucket.transport.requests.back().body;
  EXPECT_NE(body.find("<Key>foreign</Key>"), std::string::npos);
  EXPECT_NE(body.find("<Key>new</Key>"), std::string::npos);
  EXPECT_EQ(body.find("<Key>old</Key>"), std::string::npos);
}

// The bucket and its objects as Resource can be written out or left out.
TEST(S3Bucket, ShowsAStatementInTheWordsItWasRecordedIn) {
  const std::string resource = std::string(R"("Resource": ["arn:aws:s3:::)") + name +
                               R"(", "arn:aws:s3:::)" + name + R"(/*"])";
  const std::string rest = R"("Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl")";
  for (const std::string& statement : {"{" + rest + "}", "{" + rest + ", " + resource + "}"}) {
    Bucket bucket;
    bucket.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
      if (request.query != "policy") return bare_bucket(request);
      return respond(
          200, R"({"Version": "2012-10-17", "Statement": [{)" + rest + ", " + resource + "}]}");
    };
    ResourceRecord record = bucket.create({}).prior;
    record.inputs = normalized(R"({"tls_only": false, "statements": [)" + statement + "]}");
    std::vector<ResourceRecord> records{record};
    const auto seen = bucket.scheduler.run(bucket.provider.observe(std::move(records)));
    ASSERT_TRUE(seen.at(0)) << seen.at(0).error().summary;
    EXPECT_EQ(to_json(Value(seen.at(0)->inputs).at("statements")),
              to_json(record.inputs.at("statements")));
  }
}

struct Removal {
  const char* name;
  const char* before;
  const char* after;
  const char* operation;
  const char* method;
};

TEST(S3Bucket, TakesAwayWhatIsNoLongerWanted) {
  const std::vector<Removal> rows = {
      {"lifecycle", R"({"lifecycle": [{"prefix": "a", "expiration_days": 1}]})", "{}",
       "DeleteBucketLifecycle", "DELETE"},
      {"versioning", R"({"versioning": true})", R"({"versioning": false})", "PutBucketVersioning",
       "PUT"},
      {"encryption", R"({"encryption": {"kms_key": "k"}})", "{}", "DeleteBucketEncryption",
       "DELETE"},
      {"policy", "{}", R"({"tls_only": false})", "DeleteBucketPolicy", "DELETE"},
      {"logging", R"({"logging": {"bucket": "l"}})", "{}", "PutBucketLogging", "PUT"},
  };
  for (const Removal& row : rows) {
    Bucket bucket;
    bucket.transport.answer = bare_bucket;
    const Value before = normalized(row.before);
    const Value after = normalized(row.after);
    Operation operation = test::update(bucket.create(after), before, after);
    ASSERT_TRUE(bucket.scheduler.run(bucket.provider.update(operation)).has_value()) << row.name;
    const http::Request* request = find_request(bucket.transport.requests, row.operation);
    ASSERT_NE(request, nullptr) << row.name;
    EXPECT_EQ(request->method, row.method) << row.name;
  }
}

TEST(S3Bucket, OpensBeforeAPublicPolicyAndClosesAfterIt) {
  for (const bool opens : {true, false}) {
    Bucket bucket;
    bucket.transport.answer = bare_bucket;
    const Value before = normalized("{}");
    const Value after = normalized(
        opens ? R"({"public_access_block": {"block_public_policy": false}, "tls_only": false,
                    "statements": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]})"
              : R"({"public_access_block": {}, "tls_only": false, "statements": []})");
    Operation operation = test::update(bucket.create(after), before, after);
    ASSERT_TRUE(bucket.scheduler.run(bucket.provider.update(operation)).has_value());
    const std::vector<std::string> calls = operations_of(bucket.transport.requests);
    const auto block = std::find(calls.begin(), calls.end(), "PutPublicAccessBlock");
    const auto policy =
        std::find(calls.begin(), calls.end(), opens ? "PutBucketPolicy" : "DeleteBucketPolicy");
    ASSERT_NE(block, calls.end());
    ASSERT_NE(policy, calls.end());
    EXPECT_EQ(block < policy, opens);
  }
}

TEST(S3Bucket, DoesNotTakeSomebodyElses) {
  Bucket bucket;
  bucket.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    if (request.operation == "CreateBucket") return s3_error(409, "BucketAlreadyOwnedByYou");
    return bare_bucket(request);
  };
  Operation operation = bucket.create(normalized("{}"));
  const Result<Applied> applied = bucket.scheduler.run(bucket.provider.create(operation));
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().kind, ErrorKind::conflict);
  EXPECT_NE(applied.error().remedy.find("another name"), std::string::npos);
  for (const http::Request& request : bucket.transport.requests) {
    EXPECT_TRUE(request.method == "GET" || request.operation == "CreateBucket");
  }
}

TEST(S3Bucket, TakesUpWhatALostCallOfItsOwnMade) {
  Bucket bucket;
  bucket.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    if (request.operation == "CreateBucket") return s3_error(409, "BucketAlreadyOwnedByYou");
    if (request.operation == "GetBucketTagging") {
      return respond(200,
                     "<Tagging><TagSet><Tag><Key>firn:stack</Key><Value>finance</Value></Tag>"
                     "<Tag><Key>firn:environment</Key><Value>dev</Value></Tag>"
                     "<Tag><Key>firn:address</Key><Value>data</Value></Tag></TagSet></Tagging>");
    }
    return bare_bucket(request);
  };
  Operation operation = bucket.create(normalized(R"({"versioning": true})"));
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(operation)).has_value());
  EXPECT_NE(find_request(bucket.transport.requests, "PutBucketVersioning"), nullptr);
  EXPECT_NE(find_request(bucket.transport.requests, "PutBucketPolicy"), nullptr);
}

TEST(S3Bucket, IsKeptWhenItHoldsObjects) {
  Bucket bucket;
  bucket.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    if (request.operation == "DeleteBucket") return s3_error(409, "BucketNotEmpty", "not empty");
    return respond(200,
                   "<R><EncodingType>url</EncodingType><IsTruncated>false</"
                   "IsTruncated><Version><Key>raw/a+b.csv</Key>"
                   "<VersionId>1</VersionId></Version></R>");
  };
  Operation operation = bucket.create({});
  operation.prior.inputs = normalized("{}");
  const Result<Removed> removed = bucket.scheduler.run(bucket.provider.remove(operation));
  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().summary,
            std::string("the bucket ") + name + " is not empty, so it is kept");
  EXPECT_NE(removed.error().detail.find("raw/a b.csv"), std::string::npos);
  EXPECT_NE(removed.error().remedy.find("force_destroy"), std::string::npos);
}

TEST(S3Bucket, IsEmptiedOfVersionsAndMarkersWhenAllowed) {
  Bucket bucket;
  bool is_full = true;
  int pages = 0;
  bucket.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
    if (request.operation == "DeleteBucket") {
      if (is_full) return s3_error(409, "BucketNotEmpty");
      return respond(204, "");
    }
    if (request.operation == "ListObjectVersions") {
      if (++pages == 1) {
        return respond(200,
                       "<R><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
                       "<NextKeyMarker>a%26b</NextKeyMarker>"
                       "<NextVersionIdMarker>v1</NextVersionIdMarker><Version><Key>a%26b</Key>"
                       "<VersionId>v1</VersionId></Version><DeleteMarker><Key>c</Key>"
                       "<VersionId>v2</VersionId></DeleteMarker></R>");
      }
      EXPECT_NE(request.query.find("key-marker=a%26b"), std::string::npos);
      EXPECT_NE(request.query.find("version-id-marker=v1"), std::string::npos);
      // A key that XML cannot hold, and an object from before versioning.
      return respond(200,
                     "<R><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
                     "<Version><Key>%01x</Key>"
                     "<VersionId>v3</VersionId></Version><Version><Key>d</Key></Version></R>");
    }
    if (request.operation == "DeleteObject") {
      EXPECT_EQ(request.path, "/%01x");
      return respond(204, "");
    }
    is_full = pages < 2;
    return respond(200, "<DeleteResult/>");
  };
  Operation operation = bucket.create({});
  operation.prior.inputs = normalized(R"({"force_destroy": true})");

  const Result<Removed> removed = bucket.scheduler.run(bucket.provider.remove(operation));

  ASSERT_TRUE(removed.has_value()) << removed.error().summary;
  const http::Request* first = find_request(bucket.transport.requests, "DeleteObjects");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->body,
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key>"
            "<VersionId>v1</VersionId></Object><Object><Key>c</Key><VersionId>v2</VersionId>"
            "</Object><Quiet>true</Quiet></Delete>");
  EXPECT_NE(find_request(bucket.transport.requests, "DeleteObject"), nullptr);
}

TEST(S3Bucket, TakesKeysAsTheyAreFromStoresThatDoNotEncodeThem) {
  Bucket bucket;
  bool is_full = true;
  bucket.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
    if (request.operation == "DeleteBucket") {
      return is_full ? s3_error(409, "BucketNotEmpty") : respond(204, "");
    }
    if (request.operation == "ListObjectVersions") {
      return respond(200, "<R><Version><Key>a b+%26</Key><VersionId>v</VersionId></Version></R>");
    }
    is_full = false;
    return respond(200, "<DeleteResult/>");
  };
  Operation operation = bucket.create({});
  operation.prior.inputs = normalized(R"({"force_destroy": true})");
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.remove(operation)).has_value());
  const http::Request* first = find_request(bucket.transport.requests, "DeleteObjects");
  ASSERT_NE(first, nullptr);
  EXPECT_NE(first->body.find("<Key>a b+%26</Key>"), std::string::npos) << first->body;
}

TEST(S3Bucket, SaysWhichObjectALockKeeps) {
  Bucket bucket;
  bucket.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
    if (request.operation == "DeleteBucket") return s3_error(409, "BucketNotEmpty");
    if (request.operation == "ListObjectVersions") {
      return respond(200, "<R><Version><Key>k</Key><VersionId>v</VersionId></Version></R>");
    }
    return respond(200,
                   "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code>"
                   "<Message>Object is WORM protected</Message></Error></DeleteResult>");
  };
  Operation operation = bucket.create({});
  operation.prior.inputs = normalized(R"({"force_destroy": true})");
  const Result<Removed> removed = bucket.scheduler.run(bucket.provider.remove(operation));
  ASSERT_FALSE(removed.has_value());
  EXPECT_NE(removed.error().summary.find("\"k\" cannot be deleted"), std::string::npos);
  EXPECT_NE(removed.error().detail.find("WORM"), std::string::npos);
}

TEST(S3Bucket, IsRemovedWhenItIsGoneAlready) {
  Bucket bucket;
  bucket.transport.answer = [](const http::Request&) -> Result<http::Response> {
    return s3_error(404, "NoSuchBucket");
  };
  Operation operation = bucket.create({});
  EXPECT_TRUE(bucket.scheduler.run(bucket.provider.remove(operation)).has_value());
}

struct Bad {
  const char* name;
  const char* inputs;
  const char* summary;
};

TEST(S3Bucket, RefusesWhatS3WouldRefuse) {
  const std::vector<Bad> rows = {
      {"UPPER", "{}", "\"UPPER\" is not a bucket name"},
      {"ab", "{}", "\"ab\" is not a bucket name"},
      {"192.168.0.1", "{}", "\"192.168.0.1\" is not a bucket name"},
      {"xn--b", "{}", "\"xn--b\" is not a bucket name"},
      {"good", R"({"encryption": {"type": "sse_s3", "kms_key": "k"}})",
       "a KMS key is given, but the type is sse_s3"},
      {"good", R"({"lifecycle": [{"prefix": "a"}]})", "the lifecycle rule does nothing"},
      {"good",
       R"({"lifecycle": [{"id": "x", "expiration_days": 1}, {"id": "x", "expiration_days": 2}]})",
       "two lifecycle rules are called \"x\""},
      {"good", R"({"lifecycle": [{"transitions": [{"days": 3, "storage_class": "STANDARD_IA"}]}]})",
       "objects cannot move to STANDARD_IA after 3 days"},
      {"good", R"({"logging": {"bucket": "good"}})", "the bucket logs into itself"},
      {"good", R"({"statements": [{"Effect": "Allow", "Action": "s3:GetObject"}]})",
       "this policy statement needs a Principal"},
  };
  for (const Bad& row : rows) {
    std::vector<Problem> problems;
    s3_bucket.type->validate(Rig::options().placement, row.name, normalized(row.inputs), problems);
    ASSERT_FALSE(problems.empty()) << row.inputs;
    EXPECT_EQ(problems.front().summary, row.summary);
  }
  std::vector<Problem> none;
  s3_bucket.type->validate(Rig::options().placement, "good.name-1", normalized("{}"), none);
  EXPECT_TRUE(none.empty());
}

TEST(BucketPolicy, ComesApartIntoTheWordsItWasMadeOf) {
  const Placement placement = Rig::options().placement;
  BucketPolicyParts parts;
  parts.tls_only = true;
  parts.log_sources = json(R"(["arn:aws:s3:::a", "arn:aws:s3:::b"])");
  parts.statements = json(
      R"([{"Action":"s3:GetObject","Effect":"Allow","Principal":{"AWS":"111122223333"}},
          {"Action":"s3:ListBucket","Effect":"Allow","Principal":"*","Resource":"arn:aws:s3:::x"}])");
  const Value document = make_bucket_policy(placement, "x", parts);
  const BucketPolicyParts again = read_bucket_policy(placement, "x", Value(to_json(document)));
  EXPECT_TRUE(again.tls_only);
  EXPECT_EQ(to_json(again.log_sources), to_json(parts.log_sources));
  EXPECT_EQ(to_json(again.statements), to_json(parts.statements));
  EXPECT_TRUE(make_bucket_policy(placement, "x", {}).is_null());
}

}  // namespace
}  // namespace firn::aws
