// Stages: where they may point, what they show, and what Snowflake tries in AWS when they are used.
#include <gtest/gtest.h>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

std::string stage(const std::string& name, const std::string& url) {
  return "CREATE STAGE D.S." + name + " URL = '" + url + "' STORAGE_INTEGRATION = I";
}

struct Place {
  const char* url;
  bool allowed;
};

// The integration of the road allows s3://lake/in/ and blocks s3://lake/in/raw/.
TEST(Stages, StayInsideTheIntegrationsLocations) {
  const Place rows[] = {{"s3://lake/in/", true},        {"s3://lake/in/deep/er/", true},
                        {"s3://lake/in", true},         {"s3://lake/", false},
                        {"s3://lake/inner/", false},    {"s3://lake/out/", false},
                        {"s3://pond/in/", false},       {"s3://lake/in/raw/", false},
                        {"s3://lake/in/raw/x/", false}, {"s3://lake/in/rawer/", true}};
  Harness h;
  h.make_road();
  int number = 0;
  for (const auto& row : rows) {
    const auto name = "X" + std::to_string(++number);
    if (row.allowed) {
      h.must(stage(name, row.url));
      continue;
    }
    h.expect_refused(
        {{"outside", stage(name, row.url), "003127", "42601",
          "is not allowed by integration 'I'. Please use DESC INTEGRATION to check"},
         {"moved outside", std::string("ALTER STAGE D.S.ST SET URL = '") + row.url + "'", "003127",
          "42601", row.url}});
  }
}

TEST(Stages, BadOnesAreRefused) {
  Harness h;
  h.make_road();
  h.must("CREATE ROLE PLAIN");
  h.must("GRANT ROLE PLAIN TO USER DEPLOYER");
  h.must("GRANT USAGE ON DATABASE D TO ROLE PLAIN");
  h.must("GRANT USAGE, CREATE STAGE ON SCHEMA D.S TO ROLE PLAIN");
  h.expect_refused({
      {"not S3", stage("X", "gcs://lake/in/"), "001422", "22023", "gcs://lake/in/"},
      {"no integration", "CREATE STAGE D.S.X URL = 's3://lake/in/' STORAGE_INTEGRATION = NONE",
       "002003", "02000", "Integration 'NONE' does not exist or not authorized."},
      {"an integration that the role cannot see", stage("X", "s3://lake/in/"), "002003", "02000",
       "Integration 'I'", "PLAIN"},
      {"no format",
       "CREATE STAGE D.S.X URL = 's3://lake/in/' STORAGE_INTEGRATION = I FILE_FORMAT = "
       "(FORMAT_NAME = 'D.S.NONE')",
       "002003", "02000", "File format 'D.S.NONE'"},
      {"unset", "ALTER STAGE D.S.ST UNSET COMMENT", "001003", "42000", "unexpected 'UNSET'"},
  });
  h.must("GRANT USAGE ON INTEGRATION I TO ROLE PLAIN");
  h.must(stage("X", "s3://lake/in/"), "PLAIN");
  h.must("ALTER INTEGRATION I SET ENABLED = FALSE");
  h.expect_refused({{"a disabled integration", stage("Y", "s3://lake/in/"), "001425", "22000",
                     "Integration 'I' is not enabled."},
                    {"listing on it", "LIST @D.S.ST", "001425", "22000", "is not enabled"}});
}

TEST(Stages, AreDescribedByTheirParts) {
  Harness h;
  h.make_road();
  const auto value = [](const Answer& shown, const std::string& property) {
    return shown.look_up("property", property, "property_value");
  };
  auto shown = h.must("DESC STAGE D.S.ST");
  EXPECT_EQ(value(shown, "URL"), R"(["s3://lake/in/"])");
  EXPECT_EQ(value(shown, "FORMAT_NAME"), "D.S.J");
  EXPECT_EQ(shown.look_up("property", "URL", "parent_property"), "STAGE_LOCATION");
  h.must("ALTER STAGE D.S.ST SET FILE_FORMAT = (TYPE = CSV FIELD_DELIMITER = '|' SKIP_HEADER = 1)");
  shown = h.must("DESC STAGE D.S.ST");
  EXPECT_EQ(value(shown, "FORMAT_NAME"), "<no row>");
  EXPECT_EQ(value(shown, "TYPE"), "CSV");
  EXPECT_EQ(value(shown, "FIELD_DELIMITER"), "|");
  EXPECT_EQ(value(shown, "SKIP_HEADER"), "1");
  h.must("ALTER STAGE D.S.ST SET FILE_FORMAT = (TYPE = CSV)");
  EXPECT_EQ(value(h.must("DESC STAGE D.S.ST"), "FIELD_DELIMITER"), ",") << "the whole is replaced";
  h.must("ALTER STAGE D.S.ST SET DIRECTORY = (ENABLE = TRUE)");
  EXPECT_EQ(h.must("SHOW STAGES IN SCHEMA D.S").look_up("name", "ST", "directory_enabled"), "Y");
}

TEST(Stages, AreMadeWithoutAskingAws) {
  Harness h;
  h.aws.role_is_assumable = false;
  h.aws.buckets.clear();
  h.make_road();
  EXPECT_TRUE(h.aws.assumed_with.empty());
}

TEST(Stages, AListOfFilesIsWhatTheRoleMaySee) {
  Harness h;
  h.make_road();
  h.aws.files = {{"in/a.json", "{}"}, {"in/b.csv", "1"}, {"out/c.json", "{}"}};
  const auto all = h.must("LIST @D.S.ST");
  EXPECT_EQ(all.column("name"),
            (std::vector<std::string>{"s3://lake/in/a.json", "s3://lake/in/b.csv"}));
  EXPECT_EQ(all.cell(0, "size"), "2");
  EXPECT_EQ(h.must("LIST @D.S.ST PATTERN = '.*[.]json'").rows(), 1u);
  EXPECT_EQ(h.must("LIST @D.S.ST/b").rows(), 1u);
  h.expect_refused({
      {"a bad pattern", "LIST @D.S.ST PATTERN = '['", "100048", "2201B", "Invalid regular"},
      {"no stage", "LIST @D.S.NONE", "002003", "02000", "Stage 'D.S.NONE'"},
      {"a blocked part", "LIST @D.S.ST/raw/", "003127", "42601", "is not allowed by integration"},
  });
}

TEST(Stages, WhatTheRoleMayNotIsSaid) {
  Harness h;
  h.make_road();
  const auto user = h.must("DESC INTEGRATION I")
                        .look_up("property", "STORAGE_AWS_IAM_USER_ARN", "property_value");
  const auto refused = "User: " + user +
                       " is not authorized to perform: sts:AssumeRole on resource: "
                       "arn:aws:iam::111122223333:role/Snowpipe";
  h.aws.role_is_assumable = false;
  h.expect_refused({{"no trust", "LIST @D.S.ST", "003167", "42601", "Error assuming AWS_ROLE"},
                    {"in AWS's words", "LIST @D.S.ST", "003167", "42601", refused.c_str()}});
  h.aws.role_is_assumable = true;
  const char* const denied =
      "Failure using stage area. Cause: [Access Denied (Status Code: 403; Error Code: "
      "AccessDenied)]";
  h.aws.denied_actions = {"s3:ListBucket"};
  h.expect_refused({{"no list", "LIST @D.S.ST", "091003", "22000", denied}});
  h.aws.denied_actions = {"s3:GetObject"};
  h.expect_refused({{"no read", "LIST @D.S.ST", "091003", "22000", denied}});
  h.aws.denied_actions.clear();
  h.aws.buckets.clear();
  h.expect_refused({{"no bucket", "LIST @D.S.ST", "091003", "22000", "NoSuchBucket"}});
  h.aws.buckets = {"lake"};
  h.must("LIST @D.S.ST");
}

TEST(Stages, AReplacedIntegrationIsNoLongerTheirs) {
  Harness h;
  h.make_road();
  h.must(
      "CREATE OR REPLACE STORAGE INTEGRATION I TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = S3 "
      "ENABLED = TRUE STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::111122223333:role/Snowpipe' "
      "STORAGE_ALLOWED_LOCATIONS = ('s3://lake/in/')");
  h.expect_refused({{"the old one", "LIST @D.S.ST", "003139", "42601",
                     "Integration 'I' associated with the stage 'ST' cannot be found."}});
  h.must("ALTER STAGE D.S.ST SET STORAGE_INTEGRATION = I");
  h.must("LIST @D.S.ST");
}

}  // namespace
}  // namespace firn::sandbox
