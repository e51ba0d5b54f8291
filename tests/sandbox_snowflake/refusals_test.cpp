// The words of a refusal: HTTP status, Snowflake's code, SQLSTATE, and that nothing changed.
#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

TEST(Refusals, HaveTheDocumentedShape) {
  Harness h;
  const auto answer = h.sql("DROP DATABASE NOWHERE");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.body.string_or("code", ""), "002003");
  EXPECT_EQ(answer.body.string_or("sqlState", ""), "02000");
  EXPECT_EQ(answer.body.string_or("message", ""),
            "SQL compilation error:\nDatabase 'NOWHERE' does not exist or not authorized.");
  EXPECT_EQ(answer.body.string_or("statementHandle", "").size(), 36u);
  EXPECT_GT(answer.body.int_or("createdOn", 0), 0);
  EXPECT_EQ(h.cloud->last_handled().error, "002003");
  EXPECT_FALSE(h.cloud->last_handled().changed_something);
}

TEST(Refusals, ATextThatIsNoStatementIsASyntaxError) {
  Harness h;
  h.make_road();
  h.expect_refused({
      {"nothing", "", "000900", "42601", "Empty SQL statement."},
      {"a comment", "-- drop it", "000900", "42601", "Empty SQL statement."},
      {"half a statement", "CREATE TABLE", "001003", "42000",
       "syntax error line 1 at position 12 unexpected '<EOF>'."},
      {"a word too many", "DROP TABLE D.S.T NOW", "001003", "42000", "unexpected 'NOW'"},
      {"on another line", "CREATE TABLE D.S.X (\n  A INT,\n  FROM INT)", "001003", "42000",
       "line 3 at position 2 unexpected 'FROM'"},
      {"an open text", "COMMENT ON TABLE D.S.T IS 'x", "001003", "42000", "unexpected"},
      {"four parts", "DROP TABLE A.D.S.T", "001003", "42000", "too many parts"},
      {"two statements", "DROP TABLE D.S.T; DROP TABLE D.S.T", "000008", "0A000",
       "Actual statement count 2 did not match the desired statement count 1."},
  });
}

TEST(Refusals, WhatIsNotKnownIsNamed) {
  Harness h;
  h.make_road();
  const char* const unknown = "firn sandbox does not know: ";
  std::vector<RefusedSql> rows;
  for (const char* sql :
       {"CREATE STREAM D.S.X ON TABLE D.S.T AT (OFFSET => -60)",
        "CREATE TASK D.S.X CLONE D.S.Y",
        "CREATE DYNAMIC TABLE D.S.X TARGET_LAG = '1 minute' AS SELECT 1",
        "CREATE EXTERNAL TABLE D.S.X LOCATION = @D.S.ST PARTITION_TYPE = USER_SPECIFIED",
        "CREATE TABLE D.S.X CLONE D.S.T",
        "CREATE TABLE D.S.X AS SELECT 1 AS A",
        "CREATE OR ALTER TABLE D.S.T (A INT)",
        "CREATE TEMPORARY TABLE D.S.X (A INT)",
        "CREATE STAGE D.S.X",
        "CREATE STAGE D.S.X URL = 's3://lake/in/' CREDENTIALS = (AWS_KEY_ID = 'a')",
        "ALTER TABLE D.S.T SWAP WITH D.S.X",
        "ALTER TABLE D.S.T SET TAG X = 'y'",
        "UNDROP TABLE D.S.T",
        "TRUNCATE TABLE D.S.T",
        "MERGE INTO D.S.T USING X ON 1 = 1",
        "DELETE FROM D.S.T",
        "UPDATE D.S.T SET A = 'x'",
        "CALL P()",
        "EXECUTE IMMEDIATE 'x'",
        "EXECUTE TASK D.S.X",
        "SHOW TASKS ROOT ONLY",
        "SHOW DYNAMIC TABLES IN ACCOUNT",
        "SHOW TABLES HISTORY",
        "DESC ROLE X",
        "SELECT SYSTEM$STREAM_HAS_DATA('x')",
        "SELECT A FROM TABLE(RESULT_SCAN('x'))",
        "GRANT USAGE ON WAREHOUSE W TO SHARE X"}) {
    rows.push_back({"unknown", sql, "001003", "42000", unknown});
  }
  h.expect_refused(rows);
}

TEST(Refusals, PropertiesAreChecked) {
  Harness h;
  h.make_road();
  h.expect_refused({
      {"unknown", "ALTER DATABASE D SET COLOUR = 'red'", "001420", "22023",
       "invalid property 'COLOUR' for 'DATABASE'"},
      {"twice", "ALTER DATABASE D SET COMMENT = 'a' COMMENT = 'b'", "001424", "42601",
       "duplicate property 'COMMENT'"},
      {"a number for a text", "ALTER DATABASE D SET COMMENT = 5", "001422", "22023",
       "invalid value [5] for parameter 'COMMENT'"},
      {"a text for a number", "ALTER DATABASE D SET DATA_RETENTION_TIME_IN_DAYS = 'x'", "001422",
       "22023", "invalid value [x]"},
      {"a word for a truth", "ALTER STORAGE INTEGRATION I SET ENABLED = MAYBE", "001422", "22023",
       "ENABLED"},
      {"one that stays", "ALTER STORAGE INTEGRATION I UNSET STORAGE_AWS_ROLE_ARN", "001421",
       "22023", "Cannot unset property 'STORAGE_AWS_ROLE_ARN' on integration"},
      {"nothing to set", "ALTER DATABASE D SET", "001003", "42000", "unexpected '<EOF>'"},
      {"two promises", "CREATE OR REPLACE TABLE IF NOT EXISTS D.S.X (A INT)", "001003", "42000",
       "incompatible"},
  });
}

TEST(Refusals, ARoleThatTheUserDoesNotHaveIsRefused) {
  Harness h;
  h.must("CREATE ROLE OTHERS");
  for (const char* role : {"OTHERS", "ACCOUNTADMIN", "NONE", "deployer_role"}) {
    const auto answer = h.sql("SELECT 1", role);
    EXPECT_EQ(answer.status, 422) << role;
    EXPECT_EQ(answer.code, "003013") << role;
    EXPECT_EQ(answer.sql_state, "42501") << role;
  }
}

// A repeated request is carried out once, whatever came between.
TEST(Refusals, ARetryOfARefusedRequestIsTriedAgain) {
  Harness h;
  auto request = h.post("CREATE SCHEMA D.X", {{"role", "DEPLOYER_ROLE"}});
  EXPECT_EQ(h.send(request).code, "002003");
  auto database = h.post("CREATE DATABASE D", {{"role", "DEPLOYER_ROLE"}});
  database.query = "requestId=99999999-2222-3333-4444-555555555555";
  EXPECT_EQ(h.send(database).status, 200);
  request.query += "&retry=true";
  EXPECT_EQ(h.send(request).status, 200);
  const auto third = h.send(request);
  EXPECT_EQ(third.status, 200);
  EXPECT_EQ(third.cell(0, "status"), "Schema X successfully created.");
}

}  // namespace
}  // namespace firn::sandbox
