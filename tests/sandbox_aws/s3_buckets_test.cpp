// Buckets: how they come, how they are looked at, and how they go.
#include "core/base/text.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

using S3BucketsTest = FileTest;

std::string located(const std::string& region) {
  return "<CreateBucketConfiguration><LocationConstraint>" + region +
         "</LocationConstraint></CreateBucketConfiguration>";
}

TEST_F(S3BucketsTest, ABucketIsMadeLookedAtAndDeleted) {
  const Reply made = create_bucket("landing-zone");
  ASSERT_EQ(made.status, 200) << made;
  EXPECT_EQ(made.headers.get("location"), "/landing-zone");
  const Reply head = aws->s3("HEAD", "landing-zone", "/");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.get("x-amz-bucket-region"), "eu-west-1");
  EXPECT_TRUE(head.body.empty());
  EXPECT_TRUE(aws->s3("GET", "landing-zone", "/?location").contains(">eu-west-1</LocationC"));
  EXPECT_EQ(aws->s3("DELETE", "landing-zone", "/").status, 204);
  const Reply gone = aws->s3("HEAD", "landing-zone", "/");
  EXPECT_EQ(gone.status, 404);
  EXPECT_TRUE(gone.body.empty()) << gone;  // a HEAD's refusal has no body
  EXPECT_REFUSED(aws->s3("GET", "landing-zone", "/?versioning"), 404, "NoSuchBucket",
                 "<BucketName>landing-zone</BucketName>");
}

TEST_F(S3BucketsTest, AFreshBucketHasAwsDefaults) {
  ASSERT_EQ(create_bucket("fresh").status, 200);
  EXPECT_EQ(aws->s3("GET", "fresh", "/?encryption").xml("SSEAlgorithm"), "AES256");
  EXPECT_EQ(aws->s3("GET", "fresh", "/?encryption").xml("BucketKeyEnabled"), "false");
  EXPECT_EQ(aws->s3("GET", "fresh", "/?ownershipControls").xml("ObjectOwnership"),
            "BucketOwnerEnforced");
  const Reply block = aws->s3("GET", "fresh", "/?publicAccessBlock");
  for (const char* member :
       {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}) {
    EXPECT_EQ(block.xml(member), "true") << member;
  }
  EXPECT_FALSE(aws->s3("GET", "fresh", "/?versioning").contains("Status"));
  EXPECT_FALSE(aws->s3("GET", "fresh", "/?logging").contains("LoggingEnabled"));
  EXPECT_FALSE(aws->s3("GET", "fresh", "/?notification").contains("<Id>"));
}

struct Absent {
  const char* subresource;
  const char* code;
};

TEST_F(S3BucketsTest, WhatWasNeverPutIsAbsentInItsOwnWords) {
  ASSERT_EQ(create_bucket("bare").status, 200);
  const Absent rows[] = {{"policy", "NoSuchBucketPolicy"},
                         {"tagging", "NoSuchTagSet"},
                         {"lifecycle", "NoSuchLifecycleConfiguration"},
                         {"cors", "NoSuchCORSConfiguration"},
                         {"website", "NoSuchWebsiteConfiguration"},
                         {"replication", "ReplicationConfigurationNotFoundError"},
                         {"object-lock", "ObjectLockConfigurationNotFoundError"}};
  for (const Absent& row : rows) {
    expect_refused(row.subresource,
                   [&] { return aws->s3("GET", "bare", std::string("/?") + row.subresource); },
                   {404, row.code, "<BucketName>bare</BucketName>", "s3"});
  }
}

TEST_F(S3BucketsTest, NamesFollowTheRules) {
  const std::string of_63(63, 'a');
  for (const std::string& good : {std::string("abc"), std::string("a-b.c-9"), of_63}) {
    EXPECT_OK(create_bucket(good));
  }
  for (const char* bad : {"ab", "-abc", "abc-", ".abc", "abc.", "a..b", "192.168.5.4", "xn--abc",
                          "abc-s3alias", "abc--ol-s3", "Abc", "a_b", "sthree-abc", "abc--x-s3"}) {
    expect_refused(bad, [&] { return create_bucket(bad); },
                   {400, "InvalidBucketName", "The specified bucket is not valid.", "s3"});
  }
  expect_refused("64 characters", [&] { return create_bucket(of_63 + "a"); },
                 {400, "InvalidBucketName", "The specified bucket is not valid.", "s3"});
}

struct Location {
  const char* what;
  const char* region;  // of the endpoint
  std::string body;
  const char* code;  // nullptr: it works
};

TEST_F(S3BucketsTest, TheLocationMustFitTheEndpoint) {
  const Location rows[] = {
      {"none where one is needed", "eu-west-1", "", "IllegalLocationConstraintException"},
      {"another region's", "eu-west-1", located("us-west-2"), "IllegalLocationConstraintException"},
      {"us-east-1 must not be named", "us-east-1", located("us-east-1"),
       "InvalidLocationConstraint"},
      {"not XML", "eu-west-1", "<CreateBucketConfiguration", "MalformedXML"},
      {"none in us-east-1", "us-east-1", "", nullptr},
      {"its own", "eu-west-1", located("eu-west-1"), nullptr},
      {"the old name of eu-west-1", "eu-west-1", located("EU"), nullptr},
  };
  int number = 0;
  for (const Location& row : rows) {
    const std::string name = "located-" + std::to_string(++number);
    Client client(*sandbox, account_a, row.region);
    const auto ask = [&] { return client.s3("PUT", name, "/", row.body); };
    if (row.code) {
      expect_refused(row.what, ask, {400, row.code, "", "s3"});
      EXPECT_EQ(client.s3("HEAD", name, "/").status, 404) << row.what;
    } else {
      EXPECT_OK(ask());
    }
  }
}

TEST_F(S3BucketsTest, ANameIsUniqueForEverybody) {
  ASSERT_EQ(create_bucket("taken").status, 200);
  expect_refused("again by its owner", [&] { return create_bucket("taken"); },
                 {409, "BucketAlreadyOwnedByYou", "<BucketName>taken</BucketName>", "s3"});
  expect_refused("by somebody else",
                 [&] { return other->s3("PUT", "taken", "/", located("eu-west-1")); },
                 {409, "BucketAlreadyExists", "The requested bucket name is not available.", "s3"});
  // In us-east-1 alone, repeating one's own request succeeds.
  Client virginia(*sandbox, account_a, "us-east-1");
  EXPECT_EQ(virginia.s3("PUT", "old-home", "/").status, 200);
  EXPECT_EQ(virginia.s3("PUT", "old-home", "/").status, 200);
  const std::string tagged =
      "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>"
      "</CreateBucketConfiguration>";
  EXPECT_REFUSED(virginia.s3("PUT", "old-home", "/", tagged), 409, "BucketAlreadyOwnedByYou", "");
}

TEST_F(S3BucketsTest, AnotherAccountsBucketIsClosed) {
  ASSERT_EQ(create_bucket("private-one").status, 200);
  expect_refused("get", [&] { return other->s3("GET", "private-one", "/?versioning"); },
                 {403, "AccessDenied", "s3:GetBucketVersioning", "s3"});
  expect_refused("delete", [&] { return other->s3("DELETE", "private-one", "/"); },
                 {403, "AccessDenied", "s3:DeleteBucket", "s3"});
  const Reply head = other->s3("HEAD", "private-one", "/");
  EXPECT_EQ(head.status, 403);
  EXPECT_EQ(head.headers.get("x-amz-bucket-region"), "eu-west-1");
}

TEST_F(S3BucketsTest, TheExpectedOwnerIsChecked) {
  ASSERT_EQ(create_bucket("guarded").status, 200);
  EXPECT_OK(
      aws->s3("GET", "guarded", "/?location", "", {{"x-amz-expected-bucket-owner", account_a}}));
  expect_refused(
      "another owner",
      [&] {
        return aws->s3("DELETE", "guarded", "/", "", {{"x-amz-expected-bucket-owner", account_b}});
      },
      {403, "AccessDenied", "Access Denied", "s3"});
}

TEST_F(S3BucketsTest, TheWrongRegionSaysWhichIsRight) {
  ASSERT_EQ(create_bucket("irish").status, 200);
  Client frankfurt(*sandbox, account_a, "eu-central-1");
  const Reply moved = frankfurt.s3("GET", "irish", "/?versioning");
  EXPECT_REFUSED(moved, 301, "PermanentRedirect", "irish.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(moved.headers.get("x-amz-bucket-region"), "eu-west-1");
  EXPECT_EQ(frankfurt.s3("HEAD", "irish", "/").headers.get("x-amz-bucket-region"), "eu-west-1");
}

TEST_F(S3BucketsTest, ABucketWithAnythingInItIsNotDeleted) {
  ASSERT_EQ(create_bucket("full").status, 200);
  EXPECT_OK(aws->s3("PUT", "full", "/a.json", "{}"));
  expect_refused("an object", [&] { return aws->s3("DELETE", "full", "/"); },
                 {409, "BucketNotEmpty", "is not empty", "s3"});
  EXPECT_OK(aws->s3("PUT", "full", "/?versioning",
                    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"));
  EXPECT_EQ(aws->s3("DELETE", "full", "/a.json").status, 204);
  expect_refused("an old version below a delete marker",
                 [&] { return aws->s3("DELETE", "full", "/"); },
                 {409, "BucketNotEmpty", "You must delete all versions in the bucket.", "s3"});
  const std::string marker = aws->s3("GET", "full", "/?versions").xml("VersionId");
  EXPECT_EQ(aws->s3("DELETE", "full", "/a.json?versionId=" + marker).status, 204);
  EXPECT_EQ(aws->s3("DELETE", "full", "/a.json?versionId=null").status, 204);
  EXPECT_EQ(aws->s3("DELETE", "full", "/").status, 204);
}

TEST_F(S3BucketsTest, ANameGivenUpComesBackAtOnceForItsOwnerAndLaterForOthers) {
  ASSERT_EQ(create_bucket("given-up").status, 200);
  ASSERT_EQ(aws->s3("DELETE", "given-up", "/").status, 204);
  const auto by_other = [&] { return other->s3("PUT", "given-up", "/", located("eu-west-1")); };
  expect_refused("another account", by_other, {409, "OperationAborted", "Please try again", "s3"});
  Client frankfurt(*sandbox, account_a, "eu-central-1");
  expect_refused("another region",
                 [&] { return frankfurt.s3("PUT", "given-up", "/", located("eu-central-1")); },
                 {409, "OperationAborted", "Please try again", "s3"});
  EXPECT_OK(create_bucket("given-up"));
  ASSERT_EQ(aws->s3("DELETE", "given-up", "/").status, 204);
  advance(std::chrono::hours(1));
  EXPECT_OK(by_other());
}

TEST_F(S3BucketsTest, BucketsAreListedInPages) {
  for (const char* name : {"list-a", "list-b", "list-c"})
    ASSERT_EQ(create_bucket(name).status, 200);
  ASSERT_EQ(other->s3("PUT", "list-of-others", "/", located("eu-west-1")).status, 200);
  const Reply first = aws->s3("GET", "", "/?max-buckets=2");
  EXPECT_TRUE(first.contains("<Name>list-a</Name>"));
  EXPECT_TRUE(first.contains("<Name>list-b</Name>"));
  EXPECT_FALSE(first.contains("list-c"));
  const std::string token = first.xml("ContinuationToken");
  ASSERT_FALSE(token.empty());
  const Reply second =
      aws->s3("GET", "", "/?continuation-token=" + percent_encode(token) + "&max-buckets=2");
  EXPECT_TRUE(second.contains("<Name>list-c</Name>"));
  EXPECT_TRUE(second.contains("<BucketRegion>eu-west-1</BucketRegion>"));
  EXPECT_FALSE(second.contains("ContinuationToken"));
  EXPECT_FALSE(second.contains("list-of-others"));
  EXPECT_TRUE(aws->s3("GET", "", "/?prefix=list-b").contains("list-b"));
  EXPECT_FALSE(aws->s3("GET", "", "/?prefix=list-b").contains("list-a"));
  EXPECT_FALSE(aws->s3("GET", "", "/?bucket-region=us-west-2").contains("list-a"));
}

TEST_F(S3BucketsTest, PathStyleWorksToo) {
  ASSERT_EQ(create_bucket("dotted.name").status, 200);
  EXPECT_EQ(aws->s3("PUT", "", "/dotted.name/k", "x").status, 200);
  EXPECT_EQ(aws->s3("GET", "dotted.name", "/k").body, "x");
}

}  // namespace
}  // namespace firn::sandbox::testing
