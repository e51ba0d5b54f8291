// Storage integrations: what they show, how they change, and the external id that a trust policy
// rests on.
#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

constexpr const char* role_arn = "arn:aws:iam::111122223333:role/Snowpipe";

std::string create(const std::string& more = "ENABLED = TRUE",
                   const std::string& verb = "CREATE STORAGE INTEGRATION") {
  return verb + " LAKE TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' STORAGE_AWS_ROLE_ARN = '" +
         role_arn + "' STORAGE_ALLOWED_LOCATIONS = ('s3://lake/in/', 's3://other/') " + more;
}

std::string property(Harness& h, const std::string& name) {
  return h.must("DESC INTEGRATION LAKE").look_up("property", name, "property_value");
}

TEST(Integrations, AreDescribedAsDocumented) {
  Harness h;
  h.must(create("ENABLED = TRUE STORAGE_BLOCKED_LOCATIONS = ('s3://lake/in/raw/')"));
  const auto shown = h.must("DESC STORAGE INTEGRATION LAKE");
  EXPECT_EQ(shown.column_names(), (std::vector<std::string>{"property", "property_type",
                                                            "property_value", "property_default"}));
  EXPECT_EQ(shown.column("property"),
            (std::vector<std::string>{"ENABLED", "STORAGE_PROVIDER", "STORAGE_ALLOWED_LOCATIONS",
                                      "STORAGE_BLOCKED_LOCATIONS", "STORAGE_AWS_IAM_USER_ARN",
                                      "STORAGE_AWS_ROLE_ARN", "STORAGE_AWS_EXTERNAL_ID",
                                      "USE_PRIVATELINK_ENDPOINT", "COMMENT"}));
  EXPECT_EQ(property(h, "ENABLED"), "true");
  EXPECT_EQ(property(h, "STORAGE_PROVIDER"), "S3");
  EXPECT_EQ(property(h, "STORAGE_ALLOWED_LOCATIONS"), "s3://lake/in/,s3://other/");
  EXPECT_EQ(property(h, "STORAGE_BLOCKED_LOCATIONS"), "s3://lake/in/raw/");
  EXPECT_EQ(property(h, "STORAGE_AWS_ROLE_ARN"), role_arn);
  EXPECT_TRUE(property(h, "STORAGE_AWS_IAM_USER_ARN").starts_with("arn:aws:iam::"));
  EXPECT_NE(property(h, "STORAGE_AWS_IAM_USER_ARN").find(":user/"), std::string::npos);
  EXPECT_NE(property(h, "STORAGE_AWS_EXTERNAL_ID").find("_SFCRole="), std::string::npos);
  h.must("ALTER INTEGRATION LAKE SET STORAGE_AWS_OBJECT_ACL = 'bucket-owner-full-control'");
  EXPECT_EQ(property(h, "STORAGE_AWS_OBJECT_ACL"), "bucket-owner-full-control");
}

TEST(Integrations, AreMadeWithoutAskingAws) {
  Harness h;
  h.aws.role_is_assumable = false;
  h.aws.buckets.clear();
  h.must(create());
  EXPECT_TRUE(h.aws.assumed_with.empty());
}

TEST(Integrations, ShareTheAccountsUser) {
  Harness h;
  h.must(create());
  h.must(
      "CREATE STORAGE INTEGRATION SECOND TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = S3 ENABLED = "
      "TRUE STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::111122223333:role/Second' "
      "STORAGE_ALLOWED_LOCATIONS = ('*')");
  const auto second = h.must("DESC INTEGRATION SECOND");
  EXPECT_EQ(second.look_up("property", "STORAGE_AWS_IAM_USER_ARN", "property_value"),
            property(h, "STORAGE_AWS_IAM_USER_ARN"));
  EXPECT_NE(second.look_up("property", "STORAGE_AWS_EXTERNAL_ID", "property_value"),
            property(h, "STORAGE_AWS_EXTERNAL_ID"));
  EXPECT_TRUE(h.cloud->iam_user_exists(property(h, "STORAGE_AWS_IAM_USER_ARN")));
  EXPECT_FALSE(h.cloud->iam_user_exists("arn:aws:iam::111122223333:user/nobody"));
}

TEST(Integrations, OrReplaceBreaksTheExternalIdUnlessItIsPinned) {
  Harness h;
  h.must(create());
  const auto first = property(h, "STORAGE_AWS_EXTERNAL_ID");
  h.must("ALTER STORAGE INTEGRATION LAKE SET COMMENT = 'x'");
  EXPECT_EQ(property(h, "STORAGE_AWS_EXTERNAL_ID"), first) << "ALTER keeps it";
  h.must(create("ENABLED = TRUE", "CREATE OR REPLACE STORAGE INTEGRATION"));
  EXPECT_NE(property(h, "STORAGE_AWS_EXTERNAL_ID"), first);
  for (int i = 0; i < 2; ++i) {
    h.must(create("ENABLED = TRUE STORAGE_AWS_EXTERNAL_ID = 'mine'",
                  "CREATE OR REPLACE STORAGE INTEGRATION"));
    EXPECT_EQ(property(h, "STORAGE_AWS_EXTERNAL_ID"), "mine");
  }
  h.must("ALTER STORAGE INTEGRATION LAKE UNSET STORAGE_AWS_EXTERNAL_ID");
  EXPECT_NE(property(h, "STORAGE_AWS_EXTERNAL_ID"), "mine");
  EXPECT_NE(property(h, "STORAGE_AWS_EXTERNAL_ID"), first);
}

TEST(Integrations, BadOnesAreRefused) {
  Harness h;
  const std::string head = "CREATE STORAGE INTEGRATION X TYPE = EXTERNAL_STAGE ";
  const std::string role = std::string("STORAGE_AWS_ROLE_ARN = '") + role_arn + "' ";
  const std::string all = "STORAGE_ALLOWED_LOCATIONS = ('*') ";
  h.expect_refused({
      {"ENABLED left out", head + "STORAGE_PROVIDER = S3 " + role + all, "002029", "42601",
       "Missing option(s): [ENABLED]"},
      {"much left out", head + "ENABLED = TRUE", "002029", "42601",
       "STORAGE_PROVIDER, STORAGE_AWS_ROLE_ARN, STORAGE_ALLOWED_LOCATIONS"},
      {"a role that is no ARN",
       head + "STORAGE_PROVIDER = S3 ENABLED = TRUE STORAGE_AWS_ROLE_ARN = 'Snowpipe' " + all,
       "001422", "22023", "invalid value [Snowpipe] for parameter 'STORAGE_AWS_ROLE_ARN'"},
      {"another cloud", head + "STORAGE_PROVIDER = GCS ENABLED = TRUE " + role + all, "001422",
       "22023", "GCS"},
      {"a location that is none",
       head + "STORAGE_PROVIDER = S3 ENABLED = TRUE " + role +
           "STORAGE_ALLOWED_LOCATIONS = ('lake/in')",
       "001422", "22023", "invalid value [lake/in]"},
      {"everything and more",
       head + "STORAGE_PROVIDER = S3 ENABLED = TRUE " + role +
           "STORAGE_ALLOWED_LOCATIONS = ('*', 's3://lake/')",
       "001422", "22023", "[*]"},
      {"everything blocked",
       head + "STORAGE_PROVIDER = S3 ENABLED = TRUE " + role + all +
           "STORAGE_BLOCKED_LOCATIONS = ('*')",
       "001422", "22023", "STORAGE_BLOCKED_LOCATIONS"},
      {"a strange ACL",
       head + "STORAGE_PROVIDER = S3 ENABLED = TRUE " + role + all +
           "STORAGE_AWS_OBJECT_ACL = 'private'",
       "001422", "22023", "STORAGE_AWS_OBJECT_ACL"},
  });
  h.must(create());
  h.expect_refused({
      {"another provider", "ALTER INTEGRATION LAKE SET STORAGE_PROVIDER = 'S3GOV'", "001420",
       "22023", "invalid property 'STORAGE_PROVIDER'"},
      {"no location left", "ALTER INTEGRATION LAKE SET STORAGE_ALLOWED_LOCATIONS = ()", "002029",
       "42601", "STORAGE_ALLOWED_LOCATIONS"},
      {"the endpoint unset", "ALTER INTEGRATION LAKE UNSET USE_PRIVATELINK_ENDPOINT", "001421",
       "22023", "Cannot unset property 'USE_PRIVATELINK_ENDPOINT' on integration"},
  });
  h.must("ALTER INTEGRATION LAKE UNSET STORAGE_BLOCKED_LOCATIONS");
}

TEST(Integrations, NeedARightOfTheAccount) {
  Harness h;
  h.must("CREATE ROLE PLAIN");
  h.must("GRANT ROLE PLAIN TO USER DEPLOYER");
  h.expect_refused(
      {{"without it", create(), "003001", "42501", "Insufficient privileges", "PLAIN"}});
  h.must("GRANT CREATE INTEGRATION ON ACCOUNT TO ROLE PLAIN");
  h.must(create(), "PLAIN");
}

// --- SYSTEM$VALIDATE_STORAGE_INTEGRATION: the probe before a stage is there

Value validate(Harness& h, const std::string& url = "s3://lake/in/",
               const std::string& action = "all") {
  const auto answer = h.must("SELECT SYSTEM$VALIDATE_STORAGE_INTEGRATION('LAKE', '" + url +
                             "', 'probe.txt', '" + action + "') AS R");
  return parse_json(answer.cell(0, "R")).value_or(Value());
}

TEST(Integrations, AreProbedActionByAction) {
  Harness h;
  h.must(create());
  auto report = validate(h);
  EXPECT_EQ(report.string_or("status", ""), "success");
  for (const char* action : {"READ", "WRITE", "LIST", "DELETE"}) {
    EXPECT_EQ(report.at("actions").at(action).string_or("status", ""), "success") << action;
  }
  EXPECT_EQ(h.aws.assumed_with.back(), property(h, "STORAGE_AWS_EXTERNAL_ID"));

  h.aws.denied_actions = {"s3:PutObject"};
  report = validate(h);
  EXPECT_EQ(report.string_or("status", ""), "failure");
  EXPECT_EQ(report.at("actions").at("WRITE").string_or("status", ""), "failure");
  EXPECT_EQ(report.at("actions").at("READ").string_or("status", ""), "success");
  EXPECT_EQ(validate(h, "s3://lake/in/", "read").string_or("status", ""), "success");

  h.aws.role_is_assumable = false;
  report = validate(h);
  EXPECT_EQ(report.string_or("status", ""), "failure");
  EXPECT_NE(report.string_or("message", "").find("Error assuming AWS_ROLE"), std::string::npos);
  EXPECT_NE(report.string_or("message", "").find("is not authorized to perform: sts:AssumeRole"),
            std::string::npos);
}

TEST(Integrations, AProbeOfTheWrongThingIsRefused) {
  Harness h;
  h.must(create());
  const auto call = [](const std::string& name, const std::string& url, const std::string& action) {
    return "SELECT SYSTEM$VALIDATE_STORAGE_INTEGRATION('" + name + "', '" + url + "', 'f', '" +
           action + "')";
  };
  h.expect_refused({
      {"the name in lower case", call("lake", "s3://lake/in/", "read"), "002003", "02000",
       "Integration 'lake'"},
      {"outside its locations", call("LAKE", "s3://lake/out/", "read"), "003127", "42601",
       "Location 's3://lake/out/' is not allowed by integration 'LAKE'"},
      {"an unknown action", call("LAKE", "s3://lake/in/", "dance"), "001422", "22023", "dance"},
  });
}

}  // namespace
}  // namespace firn::sandbox
