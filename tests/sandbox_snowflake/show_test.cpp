// SHOW: scopes, filters, pages, columns, parameters.
#include <gtest/gtest.h>
#include <set>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

using Names = std::vector<std::string>;

class ShowTest : public ::testing::Test {
 protected:
  ShowTest() {
    for (const char* sql : {"CREATE DATABASE D1", "CREATE DATABASE D2", "CREATE SCHEMA D1.A",
                            "CREATE SCHEMA D1.B", "CREATE TABLE D1.A.ONE (X INT)",
                            "CREATE TABLE D1.A.\"one\" (X INT)", "CREATE TABLE D1.A.O_E (X INT)",
                            "CREATE TABLE D1.B.TWO (X INT)", "CREATE TABLE D2.PUBLIC.THREE (X INT)",
                            "CREATE VIEW D1.B.VW AS SELECT X FROM D1.A.ONE"}) {
      h.must(sql);
    }
  }
  Names names(const std::string& show) { return h.must(show).column("name"); }
  Harness h;
};

TEST_F(ShowTest, AScopeIsTheAccountADatabaseOrASchema) {
  EXPECT_EQ(names("SHOW TABLES IN ACCOUNT"), (Names{"ONE", "O_E", "one", "TWO", "THREE"}))
      << "by database, schema, name";
  EXPECT_EQ(names("SHOW TABLES IN DATABASE D1"), (Names{"ONE", "O_E", "one", "TWO"}));
  EXPECT_EQ(names("SHOW TABLES IN D2"), Names{"THREE"});
  EXPECT_EQ(names("SHOW TABLES IN SCHEMA D1.B"), Names{"TWO"});
  EXPECT_EQ(names("SHOW VIEWS IN DATABASE D1"), Names{"VW"});
  // Without a scope it is what the request has as its own.
  EXPECT_EQ(
      h.sql("SHOW TABLES", "DEPLOYER_ROLE", {{"database", "D1"}, {"schema", "B"}}).column("name"),
      Names{"TWO"});
  h.expect_refused({
      {"no such database", "SHOW TABLES IN DATABASE NONE", "002043", "02000",
       "Object does not exist, or operation cannot be performed."},
      {"no such schema", "SHOW TABLES IN SCHEMA D1.NONE", "002043", "02000",
       "Object does not exist, or operation cannot be performed."},
  });
}

TEST_F(ShowTest, LikeIgnoresCaseAndKnowsWildcards) {
  EXPECT_EQ(names("SHOW TABLES LIKE 'one' IN SCHEMA D1.A"), (Names{"ONE", "one"}));
  EXPECT_EQ(names("SHOW TABLES LIKE 'O_E' IN SCHEMA D1.A"), (Names{"ONE", "O_E", "one"}));
  EXPECT_EQ(names("SHOW TABLES LIKE 'O\\\\_E' IN SCHEMA D1.A"), Names{"O_E"});
  EXPECT_EQ(names("SHOW TABLES LIKE 't%' IN ACCOUNT"), (Names{"TWO", "THREE"}));
  EXPECT_EQ(names("SHOW TABLES IN ACCOUNT STARTS WITH 'o'"), Names{"one"});
  EXPECT_EQ(names("SHOW TABLES LIKE 'nothing' IN ACCOUNT"), Names{});
}

TEST_F(ShowTest, LongListsAreCutAndGoneOn) {
  EXPECT_EQ(names("SHOW TABLES IN DATABASE D1 LIMIT 2"), (Names{"ONE", "O_E"}));
  EXPECT_EQ(names("SHOW TABLES IN DATABASE D1 LIMIT 2 FROM 'O_E'"), (Names{"one", "TWO"}));
}

struct Columns {
  const char* show;
  std::set<std::string> names;  // of what the documentation lists; more may come
};

TEST_F(ShowTest, HasTheDocumentedColumns) {
  const Columns rows[] = {
      {"SHOW WAREHOUSES",
       {"name", "state", "type", "size", "min_cluster_count", "max_cluster_count", "is_default",
        "is_current", "auto_suspend", "auto_resume", "created_on", "resumed_on", "updated_on",
        "owner", "comment", "enable_query_acceleration", "resource_monitor", "scaling_policy",
        "owner_role_type"}},
      {"SHOW DATABASES",
       {"created_on", "name", "is_default", "is_current", "origin", "owner", "comment", "options",
        "retention_time", "kind", "owner_role_type"}},
      {"SHOW SCHEMAS IN ACCOUNT",
       {"created_on", "name", "is_default", "is_current", "database_name", "owner", "comment",
        "options", "retention_time", "owner_role_type"}},
      {"SHOW TABLES IN ACCOUNT",
       {"created_on", "name", "database_name", "schema_name", "kind", "comment", "cluster_by",
        "rows", "bytes", "owner", "retention_time", "automatic_clustering", "change_tracking",
        "is_external", "enable_schema_evolution", "owner_role_type"}},
      {"SHOW VIEWS IN ACCOUNT",
       {"created_on", "name", "reserved", "database_name", "schema_name", "owner", "comment",
        "text", "is_secure", "is_materialized", "owner_role_type", "change_tracking"}},
      {"SHOW FILE FORMATS IN ACCOUNT",
       {"created_on", "name", "database_name", "schema_name", "type", "owner", "comment",
        "format_options", "owner_role_type"}},
      {"SHOW STORAGE INTEGRATIONS",
       {"name", "type", "category", "enabled", "comment", "created_on"}},
      {"SHOW STAGES IN ACCOUNT",
       {"created_on", "name", "database_name", "schema_name", "url", "has_credentials",
        "has_encryption_key", "owner", "comment", "region", "type", "cloud", "notification_channel",
        "storage_integration", "endpoint", "owner_role_type", "directory_enabled"}},
      {"SHOW PIPES IN ACCOUNT",
       {"created_on", "name", "database_name", "schema_name", "definition", "owner",
        "notification_channel", "comment", "integration", "pattern", "error_integration",
        "owner_role_type", "invalid_reason"}},
      {"SHOW ROLES",
       {"created_on", "name", "is_default", "is_current", "is_inherited", "assigned_to_users",
        "granted_to_roles", "granted_roles", "owner", "comment"}},
      {"SHOW DATABASE ROLES IN DATABASE D1",
       {"created_on", "name", "is_default", "is_current", "is_inherited", "granted_to_roles",
        "granted_to_database_roles", "granted_database_roles", "owner", "comment",
        "owner_role_type"}},
      {"SHOW GRANTS ON DATABASE D1",
       {"created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name",
        "grant_option", "granted_by", "granted_by_role_type"}},
      {"SHOW GRANTS TO ROLE PUBLIC",
       {"created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name",
        "grant_option", "granted_by"}},
      {"SHOW GRANTS OF ROLE PUBLIC",
       {"created_on", "role", "granted_to", "grantee_name", "granted_by"}},
      {"SHOW FUTURE GRANTS IN DATABASE D1",
       {"created_on", "privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option"}},
      {"SHOW PARAMETERS IN DATABASE D1",
       {"key", "value", "default", "level", "description", "type"}},
  };
  for (const auto& row : rows) {
    const auto list = h.must(row.show).column_names();
    const std::set<std::string> have(list.begin(), list.end());
    EXPECT_EQ(have.size(), list.size()) << "a column twice in " << row.show;
    for (const auto& name : row.names) {
      EXPECT_TRUE(have.contains(name)) << row.show << ": " << name;
    }
  }
}

TEST_F(ShowTest, ParametersTellWhereTheyAreSet) {
  const auto find = [&](const std::string& scope) {
    const auto answer = h.must("SHOW PARAMETERS LIKE 'DATA_RETENTION%' IN " + scope);
    return answer.cell(0, "value") + " " + answer.cell(0, "level");
  };
  EXPECT_EQ(find("TABLE D1.A.ONE"), "1 ");
  h.must("ALTER DATABASE D1 SET DATA_RETENTION_TIME_IN_DAYS = 5");
  EXPECT_EQ(find("TABLE D1.A.ONE"), "5 DATABASE");
  EXPECT_EQ(h.must("SHOW TABLES IN SCHEMA D1.A").look_up("name", "ONE", "retention_time"), "5");
  h.must("ALTER TABLE D1.A.ONE SET DATA_RETENTION_TIME_IN_DAYS = 0");
  EXPECT_EQ(find("TABLE D1.A.ONE"), "0 TABLE");
  h.must("ALTER TABLE D1.A.ONE UNSET DATA_RETENTION_TIME_IN_DAYS");
  h.must("ALTER DATABASE D1 UNSET DATA_RETENTION_TIME_IN_DAYS");
  EXPECT_EQ(find("TABLE D1.A.ONE"), "1 ");
}

TEST_F(ShowTest, ColumnsOfManyTablesComeAtOnce) {
  const auto columns = h.must("SHOW COLUMNS IN DATABASE D1");
  EXPECT_EQ(columns.look_up("table_name", "TWO", "column_name"), "X");
  EXPECT_EQ(columns.look_up("table_name", "TWO", "schema_name"), "B");
  EXPECT_EQ(columns.look_up("table_name", "VW", "column_name"), "X");
}

TEST_F(ShowTest, TimesAreSecondsWithNineDecimals) {
  const auto cell = h.must("SHOW DATABASES LIKE 'D1'").cell(0, "created_on");
  EXPECT_EQ(cell, "1766016000.000000000");
}

}  // namespace
}  // namespace firn::sandbox
