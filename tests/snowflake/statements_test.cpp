// Every statement that the types send, as README.md lists them.
#include <gtest/gtest.h>

#include "providers/snowflake/look_up.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

std::vector<std::string> texts(const Steps& steps) {
  if (!steps) return {steps.error().summary + ": " + steps.error().detail};
  std::vector<std::string> all;
  for (const Step& step : *steps)
    all.push_back(step.statement.text());
  return all;
}

Change change_of(const ObjectType& type, std::string name, Value desired,
                 std::vector<std::string> changed = {}, Value prior = {}) {
  Change change{
      std::move(name),         "a", std::move(desired), std::move(prior), std::move(changed),
      {"finance", "dev", "a"}, {},  type.type};
  return change;
}

struct Case {
  const char* what;
  const ObjectType* type;
  const char* name;
  Value desired;
  std::vector<std::string> changed;  // empty: create
  std::vector<std::string> statements;
};

class Statements : public ::testing::TestWithParam<Case> {};

TEST_P(Statements, AreAsListed) {
  const Case& row = GetParam();
  const Change change = change_of(*row.type, row.name, row.desired, row.changed);
  EXPECT_EQ(texts(row.changed.empty() ? row.type->create(change) : row.type->update(change)),
            row.statements);
}

const Value in_schema = Map{{"schema", "D.S"}};
Value in_schema_with(Map more) {
  more.set("schema", "D.S");
  return more;
}

INSTANTIATE_TEST_SUITE_P(
    All, Statements,
    ::testing::Values(Case{"warehouse_create",
                           &warehouse_type,
                           "W",
                           Map{{"size", "XSMALL"},
                               {"auto_suspend", 60},
                               {"auto_resume", true},
                               {"initially_suspended", true},
                               {"warehouse_type", "SNOWPARK-OPTIMIZED"},
                               {"min_cluster_count", 1},
                               {"max_cluster_count", 2},
                               {"scaling_policy", "ECONOMY"},
                               {"statement_timeout", 3600},
                               {"comment", "it's"}},
                           {},
                           {R"(CREATE WAREHOUSE "W" WAREHOUSE_TYPE = 'SNOWPARK-OPTIMIZED' WAREHOUSE_SIZE = 'XSMALL' MAX_CLUSTER_COUNT = 2 MIN_CLUSTER_COUNT = 1 SCALING_POLICY = 'ECONOMY' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE STATEMENT_TIMEOUT_IN_SECONDS = 3600 COMMENT = 'it''s [firn:finance/dev/a]')"}},
                      Case{
                          "warehouse_update",
                          &warehouse_type,
                          "W",
                          Map{{"size", "LARGE"}},
                          {"auto_suspend", "comment", "size", "statement_timeout"},
                          {R"(ALTER WAREHOUSE "W" SET WAREHOUSE_SIZE = 'LARGE' AUTO_SUSPEND = 600 COMMENT = '[firn:finance/dev/a]')",
                           R"(ALTER WAREHOUSE "W" UNSET STATEMENT_TIMEOUT_IN_SECONDS)"}},
                      Case{"warehouse_type",
                           &warehouse_type,
                           "W_1",
                           Map{{"warehouse_type", "STANDARD"}, {"auto_resume", false}},
                           {"warehouse_type"},
                           {R"(ALTER WAREHOUSE "W_1" SUSPEND)", R"(SHOW WAREHOUSES LIKE 'W\\_1')",
                            R"(ALTER WAREHOUSE "W_1" SET WAREHOUSE_TYPE = 'STANDARD')",
                            R"(ALTER WAREHOUSE "W_1" RESUME IF SUSPENDED)"}},
                      Case{
                          "database_create",
                          &database_type,
                          "D",
                          Map{{"transient", true},
                              {"retention_days", 1},
                              {"max_data_extension_days", 14}},
                          {},
                          {R"(CREATE TRANSIENT DATABASE "D" DATA_RETENTION_TIME_IN_DAYS = 1 MAX_DATA_EXTENSION_TIME_IN_DAYS = 14 COMMENT = '[firn:finance/dev/a]')"}},
                      Case{
                          "database_update",
                          &database_type,
                          "D",
                          Map{{"comment", "x"}},
                          {"comment", "max_data_extension_days", "retention_days"},
                          {R"(ALTER DATABASE "D" SET COMMENT = 'x [firn:finance/dev/a]')",
                           R"(ALTER DATABASE "D" UNSET DATA_RETENTION_TIME_IN_DAYS, MAX_DATA_EXTENSION_TIME_IN_DAYS)"}},
                      Case{
                          "schema_create",
                          &schema_type,
                          "S",
                          Map{{"database", "D"}, {"managed_access", true}, {"retention_days", 3}},
                          {},
                          {R"(CREATE SCHEMA "D"."S" WITH MANAGED ACCESS DATA_RETENTION_TIME_IN_DAYS = 3 COMMENT = '[firn:finance/dev/a]')"}},
                      Case{
                          "schema_public",
                          &schema_type,
                          "PUBLIC",
                          Map{{"database", "D"}, {"retention_days", 3}},
                          {},
                          {R"(ALTER SCHEMA "D"."PUBLIC" SET DATA_RETENTION_TIME_IN_DAYS = 3 COMMENT = '[firn:finance/dev/a]')"}},
                      Case{"schema_update",
                           &schema_type,
                           "S",
                           Map{{"database", "D"}},
                           {"managed_access", "retention_days"},
                           {R"(ALTER SCHEMA "D"."S" DISABLE MANAGED ACCESS)",
                            R"(ALTER SCHEMA "D"."S" UNSET DATA_RETENTION_TIME_IN_DAYS)"}},
                      Case{
                          "table_create",
                          &table_type,
                          "T",
                          in_schema_with({{"columns", List{Map{{"name", "ID"},
                                                               {"type", "VARCHAR(10)"},
                                                               {"nullable", false}},
                                                           Map{{"name", "\"count\""},
                                                               {"type", "NUMBER(38,0)"},
                                                               {"default", "0"},
                                                               {"comment", "how many"}}}},
                                          {"primary_key", List{"ID"}},
                                          {"cluster_by", List{"ID", "TO_DATE(AT)"}},
                                          {"retention_days", 7},
                                          {"change_tracking", true}}),
                          {},
                          {R"(CREATE TABLE "D"."S"."T" ("ID" VARCHAR(10) NOT NULL, "count" NUMBER(38,0) DEFAULT 0 COMMENT 'how many', PRIMARY KEY ("ID")) CLUSTER BY ("ID", TO_DATE(AT)) DATA_RETENTION_TIME_IN_DAYS = 7 CHANGE_TRACKING = TRUE COMMENT = '[firn:finance/dev/a]')"}},
                      Case{
                          "table_settings",
                          &table_type,
                          "T",
                          in_schema_with({{"primary_key", List{"ID"}}, {"cluster_by", List{"ID"}}}),
                          {"change_tracking", "cluster_by", "primary_key", "retention_days"},
                          {R"(ALTER TABLE "D"."S"."T" ADD PRIMARY KEY ("ID"))",
                           R"(ALTER TABLE "D"."S"."T" CLUSTER BY ("ID"))",
                           R"(ALTER TABLE "D"."S"."T" SET CHANGE_TRACKING = FALSE)",
                           R"(ALTER TABLE "D"."S"."T" UNSET DATA_RETENTION_TIME_IN_DAYS)"}},
                      Case{
                          "view_create",
                          &view_type,
                          "V",
                          in_schema_with({{"query", "SELECT ID FROM T"},
                                          {"secure", true},
                                          {"columns",
                                           List{Map{{"name", "ID"}, {"comment", "of"}}}}}),
                          {},
                          {R"(CREATE SECURE VIEW "D"."S"."V" ("ID" COMMENT 'of') COMMENT = '[firn:finance/dev/a]' AS SELECT ID FROM T)"}},
                      Case{"view_query",
                           &view_type,
                           "V",
                           in_schema_with({{"query", "SELECT 2"}}),
                           {"query"},
                           {R"(CREATE OR REPLACE VIEW "D"."S"."V" COPY GRANTS COMMENT = '[firn:finance/dev/a]' AS SELECT 2)"}},
                      Case{"view_flags",
                           &view_type,
                           "V",
                           in_schema_with({{"query", "SELECT 2"}}),
                           {"comment", "secure"},
                           {R"(ALTER VIEW "D"."S"."V" UNSET SECURE)",
                            R"(ALTER VIEW "D"."S"."V" SET COMMENT = '[firn:finance/dev/a]')"}},
                      Case{
                          "integration_create",
                          &storage_integration_type,
                          "LAKE",
                          Map{{"role_arn", "arn:aws:iam::123456789012:role/R"},
                              {"allowed_locations", List{"s3://b/p/"}},
                              {"blocked_locations", List{"s3://b/raw/"}},
                              {"external_id", "pin"},
                              {"object_acl", "bucket-owner-full-control"}},
                          {},
                          {R"(CREATE STORAGE INTEGRATION "LAKE" TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::123456789012:role/R' STORAGE_ALLOWED_LOCATIONS = ('s3://b/p/') STORAGE_BLOCKED_LOCATIONS = ('s3://b/raw/') STORAGE_AWS_EXTERNAL_ID = 'pin' STORAGE_AWS_OBJECT_ACL = 'bucket-owner-full-control' COMMENT = '[firn:finance/dev/a]')"}},
                      Case{"integration_gov",
                           &storage_integration_type,
                           "LAKE",
                           Map{{"role_arn", "arn:aws-us-gov:iam::1:role/R"},
                               {"allowed_locations", List{"*"}}},
                           {},
                           {R"(CREATE STORAGE INTEGRATION "LAKE" TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3GOV' ENABLED = TRUE STORAGE_AWS_ROLE_ARN = 'arn:aws-us-gov:iam::1:role/R' STORAGE_ALLOWED_LOCATIONS = ('*') COMMENT = '[firn:finance/dev/a]')"}},
                      Case{
                          "integration_update",
                          &storage_integration_type,
                          "LAKE",
                          Map{{"role_arn", "arn:x"}, {"allowed_locations", List{"s3://b/q/"}}},
                          {"allowed_locations", "blocked_locations", "external_id", "object_acl"},
                          {R"(ALTER STORAGE INTEGRATION "LAKE" SET STORAGE_ALLOWED_LOCATIONS = ('s3://b/q/'))",
                           R"(ALTER STORAGE INTEGRATION "LAKE" UNSET STORAGE_BLOCKED_LOCATIONS, STORAGE_AWS_EXTERNAL_ID, STORAGE_AWS_OBJECT_ACL)"}},
                      Case{
                          "stage_create",
                          &stage_type,
                          "ST",
                          in_schema_with({{"url", "s3://b/p/"},
                                          {"storage_integration", "LAKE"},
                                          {"file_format", "D.S.F"},
                                          {"directory", Map{{"enable", true}}}}),
                          {},
                          {R"(CREATE STAGE "D"."S"."ST" URL = 's3://b/p/' STORAGE_INTEGRATION = "LAKE" DIRECTORY = (ENABLE = TRUE) FILE_FORMAT = (FORMAT_NAME = 'D.S.F') COMMENT = '[firn:finance/dev/a]')"}},
                      Case{
                          "stage_update",
                          &stage_type,
                          "ST",
                          in_schema_with({{"url", "s3://b/q/"}, {"storage_integration", "LAKE"}}),
                          {"directory", "file_format", "storage_integration", "url"},
                          {R"(ALTER STAGE "D"."S"."ST" SET URL = 's3://b/q/' STORAGE_INTEGRATION = "LAKE" FILE_FORMAT = (TYPE = CSV))",
                           R"(ALTER STAGE "D"."S"."ST" SET DIRECTORY = (ENABLE = FALSE))"}},
                      Case{
                          "pipe_create",
                          &pipe_type,
                          "P",
                          in_schema_with({{"copy", Map{{"into", "D.S.T"}, {"from", "D.S.ST"}}},
                                          {"auto_ingest", true},
                                          {"sns_topic", "arn:aws:sns:eu-west-1:1:t"},
                                          {"error_integration", "ERRORS"},
                                          {"paused", true}}),
                          {},
                          {R"(CREATE PIPE "D"."S"."P" AUTO_INGEST = TRUE ERROR_INTEGRATION = "ERRORS" AWS_SNS_TOPIC = 'arn:aws:sns:eu-west-1:1:t' COMMENT = '[firn:finance/dev/a]' AS COPY INTO "D"."S"."T" FROM @"D"."S"."ST")",
                           R"(ALTER PIPE "D"."S"."P" SET PIPE_EXECUTION_PAUSED = TRUE)"}},
                      Case{"pipe_update",
                           &pipe_type,
                           "P",
                           in_schema_with({{"paused", false}}),
                           {"comment", "error_integration", "paused"},
                           {R"(ALTER PIPE "D"."S"."P" SET COMMENT = '[firn:finance/dev/a]')",
                            R"(ALTER PIPE "D"."S"."P" UNSET ERROR_INTEGRATION)",
                            R"(SELECT SYSTEM$PIPE_FORCE_RESUME('D.S.P'))"}},
                      Case{"role_create",
                           &role_type,
                           "R",
                           Map{{"comment", "Reads"}},
                           {},
                           {R"(CREATE ROLE "R" COMMENT = 'Reads [firn:finance/dev/a]')"}},
                      Case{"role_update",
                           &role_type,
                           "R",
                           Map{},
                           {"comment"},
                           {R"(ALTER ROLE "R" SET COMMENT = '[firn:finance/dev/a]')"}},
                      Case{"database_role_create",
                           &database_role_type,
                           "R",
                           Map{{"database", "D"}},
                           {},
                           {R"(CREATE DATABASE ROLE "D"."R" COMMENT = '[firn:finance/dev/a]')"}},
                      Case{
                          "database_role_update",
                          &database_role_type,
                          "R",
                          Map{{"database", "D"}},
                          {"comment"},
                          {R"(ALTER DATABASE ROLE "D"."R" SET COMMENT = '[firn:finance/dev/a]')"}}),
    [](const auto& row) { return std::string(row.param.what); });

const Value to_hub = Map{{"columns", List{"A"}}, {"table", "D.S.HUB"}};
const Value to_pairs = Map{
    {"columns", List{"A", "\"b\""}}, {"references", List{"X", "Y"}}, {"table", "D.\"s\".PAIRS"}};
const Value two_columns =
    List{Map{{"name", "A"}, {"type", "DATE"}}, Map{{"name", "\"b\""}, {"type", "DATE"}}};

INSTANTIATE_TEST_SUITE_P(
    ForeignKeys, Statements,
    ::testing::Values(
        Case{"with_the_table",
             &table_type,
             "T",
             in_schema_with({{"columns", two_columns}, {"foreign_keys", List{to_hub, to_pairs}}}),
             {},
             {R"(CREATE TABLE "D"."S"."T" ("A" DATE, "b" DATE, )"
              R"(FOREIGN KEY ("A") REFERENCES "D"."S"."HUB", )"
              R"(FOREIGN KEY ("A", "b") REFERENCES "D"."s"."PAIRS" ("X", "Y")) )"
              R"(COMMENT = '[firn:finance/dev/a]')"}},
        Case{"later",
             &table_type,
             "T",
             in_schema_with({{"foreign_keys", List{to_hub}}}),
             {"foreign_keys"},
             {R"(ALTER TABLE "D"."S"."T" ADD FOREIGN KEY ("A") REFERENCES "D"."S"."HUB")"}}),
    [](const auto& row) { return std::string(row.param.what); });

const Value numbered = List{Map{{"name", "K"},
                                {"type", "NUMBER(38,0)"},
                                {"nullable", false},
                                {"identity", Map{{"start", 1}, {"increment", 1}}},
                                {"comment", "drawn"}},
                            Map{{"name", "A"}, {"type", "DATE"}}};

INSTANTIATE_TEST_SUITE_P(
    UniqueKeys, Statements,
    ::testing::Values(
        Case{"with_the_table",
             &table_type,
             "T",
             in_schema_with({{"columns", numbered},
                             {"primary_key", List{"K"}},
                             {"unique_keys", List{Map{{"columns", List{"A"}}},
                                                  Map{{"columns", List{"A", "K"}}}}}}),
             {},
             {R"(CREATE TABLE "D"."S"."T" ("K" NUMBER(38,0) NOT NULL IDENTITY (1, 1) )"
              R"(COMMENT 'drawn', "A" DATE, PRIMARY KEY ("K"), UNIQUE ("A"), UNIQUE ("A", "K")) )"
              R"(COMMENT = '[firn:finance/dev/a]')"}},
        Case{"later",
             &table_type,
             "T",
             in_schema_with({{"unique_keys", List{Map{{"columns", List{"A"}}}}}}),
             {"unique_keys"},
             {R"(ALTER TABLE "D"."S"."T" ADD UNIQUE ("A"))"}}),
    [](const auto& row) { return std::string(row.param.what); });

TEST(Statements, RemoveWhatIsThere) {
  struct Removal {
    const ObjectType* type;
    const char* name;
    Value inputs;
    std::vector<std::string> statements;
  };
  for (const Removal& row : {
           Removal{&warehouse_type, "W", Map{}, {R"(DROP WAREHOUSE IF EXISTS "W")"}},
           Removal{&database_type, "D", Map{}, {R"(DROP DATABASE IF EXISTS "D")"}},
           Removal{&schema_type, "S", Map{{"database", "D"}}, {R"(DROP SCHEMA IF EXISTS "D"."S")"}},
           Removal{&schema_type,
                   "PUBLIC",
                   Map{{"database", "D"}},
                   {R"(ALTER SCHEMA "D"."PUBLIC" SET COMMENT = '')"}},
           Removal{&table_type, "T", in_schema, {R"(DROP TABLE IF EXISTS "D"."S"."T")"}},
           Removal{&view_type, "V", in_schema, {R"(DROP VIEW IF EXISTS "D"."S"."V")"}},
           Removal{
               &file_format_type, "F", in_schema, {R"(DROP FILE FORMAT IF EXISTS "D"."S"."F")"}},
           Removal{&storage_integration_type,
                   "I",
                   Map{},
                   {R"(DROP STORAGE INTEGRATION IF EXISTS "I")"}},
           Removal{&stage_type, "ST", in_schema, {R"(DROP STAGE IF EXISTS "D"."S"."ST")"}},
           Removal{&pipe_type,
                   "P",
                   in_schema,
                   {R"(ALTER PIPE "D"."S"."P" SET PIPE_EXECUTION_PAUSED = TRUE)",
                    "SELECT SYSTEM$PIPE_STATUS('D.S.P')", R"(DROP PIPE IF EXISTS "D"."S"."P")"}},
           Removal{&role_type, "R", Map{}, {R"(DROP ROLE IF EXISTS "R")"}},
           Removal{&database_role_type,
                   "R",
                   Map{{"database", "D"}},
                   {R"(DROP DATABASE ROLE IF EXISTS "D"."R")"}},
       }) {
    ResourceRecord record;
    record.name = row.name;
    record.inputs = row.inputs;
    EXPECT_EQ(texts(row.type->remove(record)), row.statements);
  }
}

TEST(Statements, ListWideFirstAndNarrowWhenCutOff) {
  const auto forms = [](const Listing& listing) {
    std::vector<std::string> all;
    for (const Statement& form : listing.forms)
      all.push_back(form.text());
    return all;
  };
  EXPECT_EQ(forms(show_in_account("SHOW ROLES", "MY_ROLE")),
            (std::vector<std::string>{"SHOW ROLES", R"(SHOW ROLES LIKE 'MY\\_ROLE')"}));
  EXPECT_EQ(forms(show_in_schema("SHOW TABLES", {{"D", "S", "T"}})),
            (std::vector<std::string>{R"(SHOW TABLES IN DATABASE "D")",
                                      R"(SHOW TABLES IN SCHEMA "D"."S")",
                                      R"(SHOW TABLES LIKE 'T' IN SCHEMA "D"."S")"}));
  EXPECT_EQ(forms(show_parts("SHOW COLUMNS", {{"D", "S", "T"}})),
            (std::vector<std::string>{R"(SHOW COLUMNS IN DATABASE "D")",
                                      R"(SHOW COLUMNS IN SCHEMA "D"."S")",
                                      R"(SHOW COLUMNS IN TABLE "D"."S"."T")"}));
  EXPECT_EQ(forms(show_in_database("SHOW SCHEMAS", {{"D"}}, "S")),
            (std::vector<std::string>{R"(SHOW SCHEMAS IN DATABASE "D")",
                                      R"(SHOW SCHEMAS LIKE 'S' IN DATABASE "D")"}));
}

TEST(SnsSubscriber, AsksAndReads) {
  const Value inputs = Map{{"topic", "arn:aws:sns:eu-west-1:123456789012:it's"}};
  EXPECT_EQ(sns_subscriber_look_up.question(inputs)->text(),
            "SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('arn:aws:sns:eu-west-1:123456789012:it''s')");
  const auto columns =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"x"});
  Rows rows;
  rows.rows.emplace_back(
      columns, Row::Cells{R"({"Statement":[{"Principal":{"AWS":["arn:aws:iam::1:user/u"]}}]})"});
  EXPECT_EQ(*sns_subscriber_look_up.answer(rows, inputs),
            (Map{{"iam_user_arn", "arn:aws:iam::1:user/u"}}));
  rows.rows.clear();
  EXPECT_EQ(sns_subscriber_look_up.answer(rows, inputs).error().summary,
            "Snowflake names no subscriber for the topic arn:aws:sns:eu-west-1:123456789012:it's");
}

}  // namespace
}  // namespace firn::snowflake
