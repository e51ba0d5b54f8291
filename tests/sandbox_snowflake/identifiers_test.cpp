// Names with and without quotes, and the texts in which names stand.
#include <gtest/gtest.h>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

TEST(Identifiers, AreUpperCaseUnlessQuoted) {
  Harness h;
  h.must("create database d");
  h.must("CREATE SCHEMA D.\"s\"");
  h.must("CREATE TABLE d.\"s\".t (a INT, \"a\" INT, \"A B\" INT, \"with\"\"quote\" INT)");
  h.must("CREATE TABLE D.\"s\".\"t\" (A INT)");
  EXPECT_EQ(h.must("SHOW TABLES IN DATABASE D").column("name"),
            (std::vector<std::string>{"T", "t"}));
  EXPECT_EQ(h.must("DESC TABLE \"D\".\"s\".\"T\"").column("name"),
            (std::vector<std::string>{"A", "a", "A B", "with\"quote"}));
  h.expect_refused({
      {"another schema", "DESC TABLE D.S.T", "002003", "02000", "Schema 'D.S'"},
      {"the same name", "CREATE TABLE D.\"s\".\"T\" (A INT)", "002002", "42710",
       "Object 'T' already exists."},
      {"printed with its quotes", "DROP TABLE D.\"s\".\"no such\"", "002003", "42S02",
       "Object 'D.\"s\".\"no such\"' does not exist"},
      {"a digit first", "CREATE TABLE D.PUBLIC.1A (A INT)", "001003", "42000", "unexpected"},
      {"an empty one", "CREATE TABLE D.PUBLIC.\"\" (A INT)", "001003", "42000", "unexpected"},
      {"too long", "CREATE TABLE D.PUBLIC." + std::string(256, 'A') + " (A INT)", "001003", "42000",
       "longer than 255 characters"},
  });
  h.must("CREATE TABLE D.PUBLIC." + std::string(255, 'A') + " (A INT)");
}

TEST(Identifiers, AreShownAndGrantedByWhatTheyAre) {
  Harness h;
  h.must("CREATE DATABASE \"my data\"");
  h.must("CREATE ROLE \"reader's\"");
  h.must("GRANT USAGE ON DATABASE \"my data\" TO ROLE \"reader's\"");
  const auto grants = h.must("SHOW GRANTS TO ROLE \"reader's\"");
  EXPECT_EQ(grants.cell(0, "name"), "\"my data\"");
  EXPECT_EQ(h.must("SHOW DATABASES LIKE 'MY DATA'").cell(0, "name"), "my data");
  EXPECT_EQ(h.must("DROP DATABASE \"my data\"").cell(0, "status"),
            "\"my data\" successfully dropped.");
}

TEST(Identifiers, CanBeMadeToIgnoreCase) {
  Harness h;
  h.must("CREATE DATABASE D");
  h.must("GRANT ROLE ACCOUNTADMIN TO USER DEPLOYER", "DEPLOYER_ROLE");
  h.must("ALTER ACCOUNT SET QUOTED_IDENTIFIERS_IGNORE_CASE = TRUE", "ACCOUNTADMIN");
  h.must("CREATE SCHEMA D.\"lower\"");
  EXPECT_EQ(h.must("SHOW SCHEMAS LIKE 'lower' IN DATABASE D").cell(0, "name"), "LOWER");
  const auto parameter = h.must("SHOW PARAMETERS LIKE 'QUOTED%' IN ACCOUNT");
  EXPECT_EQ(parameter.cell(0, "value"), "true");
  EXPECT_EQ(parameter.cell(0, "level"), "ACCOUNT");
}

TEST(Identifiers, ComeFromTheRequestWhenShort) {
  Harness h;
  h.make_road();
  EXPECT_EQ(h.sql("DESC TABLE T", "DEPLOYER_ROLE", {{"database", "D"}, {"schema", "S"}}).rows(),
            3u);
  EXPECT_EQ(h.sql("DESC TABLE S.T", "DEPLOYER_ROLE", {{"database", "D"}}).rows(), 3u);
  // The request's names are taken to the letter.
  EXPECT_EQ(h.sql("DESC TABLE S.T", "DEPLOYER_ROLE", {{"database", "d"}}).code, "002003");
  // Without a schema it is PUBLIC.
  const auto created = h.sql("CREATE TABLE ONLY (A INT)", "DEPLOYER_ROLE", {{"database", "D"}});
  EXPECT_EQ(created.status, 200) << created.message;
  EXPECT_EQ(h.must("SHOW TABLES LIKE 'ONLY' IN DATABASE D").cell(0, "schema_name"), "PUBLIC");
}

}  // namespace
}  // namespace firn::sandbox
