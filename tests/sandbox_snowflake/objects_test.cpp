// Every kind of object goes through its life: made, shown, described, altered, dropped.
#include <gtest/gtest.h>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

struct Life {
  const char* kind;
  const char* name;  // as statements name it
  const char* stored;
  std::string create;  // behind "CREATE <kind> <name>"
  std::string show;
  std::vector<std::pair<std::string, std::string>> shown;  // column, value
  const char* describe;                                    // nullptr: there is no DESC of it
  std::string alter;                                       // behind "ALTER <kind> <name>"
  std::pair<std::string, std::string> altered;
  const char* noun;     // of "… does not exist"
  const char* state;    // SQLSTATE of that
  const char* created;  // the status of its creation
};

const std::vector<Life>& lives() {
  static const std::vector<Life> rows = {
      {"WAREHOUSE",
       "W",
       "W",
       "WAREHOUSE_SIZE = XSMALL INITIALLY_SUSPENDED = TRUE AUTO_SUSPEND = 60 COMMENT = 'c'",
       "SHOW WAREHOUSES LIKE 'W'",
       {{"size", "X-Small"},
        {"state", "SUSPENDED"},
        {"auto_suspend", "60"},
        {"auto_resume", "true"},
        {"type", "STANDARD"},
        {"resource_monitor", "null"},
        {"comment", "c"}},
       "DESC WAREHOUSE W",
       "SET WAREHOUSE_SIZE = 'X-LARGE'",
       {"size", "X-Large"},
       "Warehouse 'W'",
       "02000",
       "Warehouse W successfully created."},
      {"DATABASE",
       "N",
       "N",
       "DATA_RETENTION_TIME_IN_DAYS = 0 COMMENT = 'c'",
       "SHOW DATABASES LIKE 'N'",
       {{"retention_time", "0"}, {"kind", "STANDARD"}, {"options", ""}, {"comment", "c"}},
       "DESC DATABASE N",
       "SET COMMENT = 'd'",
       {"comment", "d"},
       "Database 'N'",
       "02000",
       "Database N successfully created."},
      {"SCHEMA",
       "D.N",
       "N",
       "WITH MANAGED ACCESS COMMENT = 'c'",
       "SHOW SCHEMAS LIKE 'N' IN DATABASE D",
       {{"options", "MANAGED ACCESS"}, {"database_name", "D"}, {"retention_time", "1"}},
       "DESC SCHEMA D.N",
       "DISABLE MANAGED ACCESS",
       {"options", ""},
       "Schema 'D.N'",
       "02000",
       "Schema N successfully created."},
      {"TABLE",
       "D.S.N",
       "N",
       "(A VARCHAR, B NUMBER(10,2) NOT NULL) CLUSTER BY (A) COMMENT = 'c'",
       "SHOW TABLES LIKE 'N' IN SCHEMA D.S",
       {{"kind", "TABLE"},
        {"rows", "0"},
        {"cluster_by", "LINEAR(A)"},
        {"is_external", "N"},
        {"change_tracking", "OFF"},
        {"comment", "c"}},
       "DESC TABLE D.S.N",
       "SET CHANGE_TRACKING = TRUE",
       {"change_tracking", "ON"},
       "Object 'D.S.N'",
       "42S02",
       "Table N successfully created."},
      {"VIEW",
       "D.S.N",
       "N",
       "(X COMMENT 'first') COMMENT = 'c' AS SELECT A FROM D.S.T",
       "SHOW VIEWS LIKE 'N' IN SCHEMA D.S",
       {{"is_secure", "false"},
        {"is_materialized", "false"},
        {"text", "CREATE VIEW D.S.N (X COMMENT 'first') COMMENT = 'c' AS SELECT A FROM D.S.T"}},
       "DESC VIEW D.S.N",
       "SET SECURE",
       {"is_secure", "true"},
       "Object 'D.S.N'",
       "42S02",
       "View N successfully created."},
      {"FILE FORMAT",
       "D.S.N",
       "N",
       "TYPE = CSV SKIP_HEADER = 1 COMMENT = 'c'",
       "SHOW FILE FORMATS LIKE 'N' IN SCHEMA D.S",
       {{"type", "CSV"}, {"comment", "c"}},
       "DESC FILE FORMAT D.S.N",
       "SET COMMENT = 'd'",
       {"comment", "d"},
       "File format 'D.S.N'",
       "02000",
       "File format N successfully created."},
      {"STORAGE INTEGRATION",
       "N",
       "N",
       "TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = S3 ENABLED = TRUE STORAGE_AWS_ROLE_ARN = "
       "'arn:aws:iam::111122223333:role/R' STORAGE_ALLOWED_LOCATIONS = ('s3://lake/') COMMENT = "
       "'c'",
       "SHOW STORAGE INTEGRATIONS LIKE 'N'",
       {{"type", "EXTERNAL_STAGE"}, {"category", "STORAGE"}, {"enabled", "true"}},
       "DESC INTEGRATION N",
       "SET ENABLED = FALSE",
       {"enabled", "false"},
       "Integration 'N'",
       "02000",
       "Integration N successfully created."},
      {"STAGE",
       "D.S.N",
       "N",
       "URL = 's3://lake/in/a/' STORAGE_INTEGRATION = I COMMENT = 'c'",
       "SHOW STAGES LIKE 'N' IN SCHEMA D.S",
       {{"url", "s3://lake/in/a/"},
        {"type", "EXTERNAL"},
        {"cloud", "AWS"},
        {"storage_integration", "I"},
        {"has_credentials", "N"},
        {"directory_enabled", "N"}},
       "DESC STAGE D.S.N",
       "SET URL = 's3://lake/in/b/'",
       {"url", "s3://lake/in/b/"},
       "Stage 'D.S.N'",
       "02000",
       "Stage area N successfully created."},
      {"PIPE",
       "D.S.N",
       "N",
       "COMMENT = 'c' AS COPY INTO D.S.T (V) FROM @D.S.ST",
       "SHOW PIPES LIKE 'N' IN SCHEMA D.S",
       {{"definition", "COPY INTO D.S.T (V) FROM @D.S.ST"},
        {"notification_channel", "<null>"},
        {"pattern", "<null>"},
        {"comment", "c"}},
       "DESC PIPE D.S.N",
       "SET COMMENT = 'd'",
       {"comment", "d"},
       "Pipe 'D.S.N'",
       "02000",
       "Pipe N successfully created."},
      {"ROLE",
       "N",
       "N",
       "COMMENT = 'c'",
       "SHOW ROLES LIKE 'N'",
       {{"assigned_to_users", "0"}, {"granted_to_roles", "0"}, {"comment", "c"}},
       nullptr,
       "SET COMMENT = 'd'",
       {"comment", "d"},
       "Role 'N'",
       "02000",
       "Role N successfully created."},
      {"DATABASE ROLE",
       "D.N",
       "N",
       "COMMENT = 'c'",
       "SHOW DATABASE ROLES IN DATABASE D",
       {{"granted_to_roles", "0"}, {"owner_role_type", "ROLE"}, {"comment", "c"}},
       nullptr,
       "SET COMMENT = 'd'",
       {"comment", "d"},
       "Database role 'D.N'",
       "02000",
       "Database role N successfully created."},
  };
  return rows;
}

TEST(Objects, AreMadeShownDescribedAlteredAndDropped) {
  for (const auto& row : lives()) {
    SCOPED_TRACE(row.kind);
    Harness h;
    h.make_road();
    const std::string what = std::string(row.kind) + " ";
    const auto create = "CREATE " + what + row.name + " " + row.create;
    const auto made = h.must(create);
    EXPECT_EQ(made.cell(0, "status"), row.created);
    EXPECT_EQ(made.rows(), 1u);

    auto shown = h.must(row.show);
    for (const auto& [column, value] : row.shown) {
      EXPECT_EQ(shown.look_up("name", row.stored, column), value) << column;
    }
    EXPECT_NE(shown.look_up("name", row.stored, "created_on"), "<absent>");
    if (std::string(row.kind) != "STORAGE INTEGRATION") {
      EXPECT_EQ(shown.look_up("name", row.stored, "owner"), "DEPLOYER_ROLE");
    }
    if (row.describe) {
      EXPECT_FALSE(h.must(row.describe).column_names().empty());
    }

    EXPECT_EQ(h.must("ALTER " + what + row.name + " " + row.alter).cell(0, "status"),
              "Statement executed successfully.");
    EXPECT_EQ(h.must(row.show).look_up("name", row.stored, row.altered.first), row.altered.second);

    // Once more: refused, or passed over when asked to.
    h.expect_refused({{"again", create, "002002", "42710", "already exists."}});
    const auto shielded = h.must("CREATE " + what + "IF NOT EXISTS " + row.name + " " + row.create);
    EXPECT_EQ(shielded.cell(0, "status"),
              std::string(row.stored) + " already exists, statement succeeded.");
    EXPECT_EQ(h.must(row.show).look_up("name", row.stored, row.altered.first), row.altered.second)
        << "IF NOT EXISTS changes nothing";

    EXPECT_EQ(h.must("DROP " + what + row.name).cell(0, "status"),
              std::string(row.stored) + " successfully dropped.");
    EXPECT_EQ(h.must(row.show).look_up("name", row.stored, "name"), "<no row>");
    const std::string missing = std::string(row.noun) + " does not exist or not authorized.";
    std::vector<RefusedSql> refused = {
        {"drop", "DROP " + what + row.name, "002003", row.state, missing.c_str()},
        {"alter", "ALTER " + what + row.name + " " + row.alter, "002003", row.state,
         missing.c_str()}};
    if (row.describe) {
      refused.push_back({"describe", row.describe, "002003", row.state, missing.c_str()});
    }
    h.expect_refused(refused);
    EXPECT_EQ(
        h.must("DROP " + what + "IF EXISTS " + row.name).cell(0, "status"),
        std::string("Drop statement executed successfully (") + row.stored + " already dropped).");
    EXPECT_EQ(h.must("ALTER " + what + "IF EXISTS " + row.name + " " + row.alter).status, 200);
  }
}

TEST(Objects, AMissingParentIsNamedEvenWithIfExists) {
  Harness h;
  h.make_road();
  h.expect_refused({
      {"no database", "DROP TABLE IF EXISTS NOWHERE.S.T", "002003", "02000",
       "Database 'NOWHERE' does not exist or not authorized."},
      {"no schema", "DROP TABLE IF EXISTS D.NOWHERE.T", "002003", "02000",
       "Schema 'D.NOWHERE' does not exist or not authorized."},
      {"creation in no schema", "CREATE TABLE D.NOWHERE.T (A INT)", "002003", "02000",
       "Schema 'D.NOWHERE' does not exist or not authorized."},
      {"no current database", "CREATE TABLE T (A INT)", "090105", "22000",
       "does not have a current database"},
  });
}

TEST(Objects, ADatabaseComesWithTwoSchemasAndGoesWithAll) {
  Harness h;
  h.make_road();
  EXPECT_EQ(h.must("SHOW SCHEMAS IN DATABASE D").column("name"),
            (std::vector<std::string>{"INFORMATION_SCHEMA", "PUBLIC", "S"}));
  h.must("CREATE TABLE D.PUBLIC.X (A INT)");
  h.must("CREATE DATABASE ROLE D.R");
  h.expect_refused({{"not empty", "DROP DATABASE D RESTRICT", "001098", "42601", "not empty"}});
  h.must("DROP DATABASE D");
  for (const auto* show : {"SHOW TABLES IN ACCOUNT", "SHOW SCHEMAS IN ACCOUNT",
                           "SHOW STAGES IN ACCOUNT", "SHOW FILE FORMATS IN ACCOUNT"}) {
    EXPECT_EQ(h.must(show).rows(), 0u) << show;
  }
  // Its name is free, and nothing of the old one is in the new one.
  h.must("CREATE DATABASE D");
  EXPECT_EQ(h.must("SHOW TABLES IN DATABASE D").rows(), 0u);
  EXPECT_EQ(h.must("SHOW DATABASE ROLES IN DATABASE D").rows(), 0u);
}

TEST(Objects, TransientKeepsOneDayAtMost) {
  Harness h;
  h.must("CREATE TRANSIENT DATABASE TD");
  h.must("CREATE SCHEMA TD.S");
  h.must("CREATE TABLE TD.S.T (A INT)");
  EXPECT_EQ(h.must("SHOW DATABASES").look_up("name", "TD", "options"), "TRANSIENT");
  EXPECT_EQ(h.must("SHOW SCHEMAS IN DATABASE TD").look_up("name", "S", "options"), "TRANSIENT");
  EXPECT_EQ(h.must("SHOW TABLES IN DATABASE TD").look_up("name", "T", "kind"), "TRANSIENT");
  h.expect_refused({
      {"database", "CREATE TRANSIENT DATABASE X DATA_RETENTION_TIME_IN_DAYS = 7", "001008", "22023",
       "invalid value [7] for parameter 'DATA_RETENTION_TIME_IN_DAYS'"},
      {"table", "CREATE TRANSIENT TABLE TD.S.X (A INT) DATA_RETENTION_TIME_IN_DAYS = 2", "001008",
       "22023", "DATA_RETENTION_TIME_IN_DAYS"},
      {"too long for anybody", "CREATE DATABASE X DATA_RETENTION_TIME_IN_DAYS = 91", "001008",
       "22023", "invalid value [91]"},
  });
}

TEST(Objects, AWarehouseRunsAndRests) {
  Harness h;
  h.must("CREATE WAREHOUSE W");
  const auto state = [&] { return h.must("SHOW WAREHOUSES").look_up("name", "W", "state"); };
  EXPECT_EQ(state(), "STARTED");
  h.expect_refused({{"resume", "ALTER WAREHOUSE W RESUME", "090063", "22000", "Invalid state."}});
  h.must("ALTER WAREHOUSE W RESUME IF SUSPENDED");
  h.must("ALTER WAREHOUSE W SUSPEND");
  EXPECT_EQ(state(), "SUSPENDED");
  h.expect_refused({{"suspend", "ALTER WAREHOUSE W SUSPEND", "090064", "22000", "Invalid state."}});
  h.must("ALTER WAREHOUSE W RESUME IF SUSPENDED");
  EXPECT_EQ(state(), "STARTED");
  h.must("ALTER WAREHOUSE W SET AUTO_SUSPEND = NULL");
  EXPECT_EQ(h.must("SHOW WAREHOUSES").look_up("name", "W", "auto_suspend"), "0");
  h.expect_refused({
      {"size", "ALTER WAREHOUSE W SET WAREHOUSE_SIZE = HUGE", "001422", "22023", "HUGE"},
      {"clusters", "ALTER WAREHOUSE W SET MIN_CLUSTER_COUNT = 3", "001008", "22023",
       "MIN_CLUSTER_COUNT"},
      {"unknown", "ALTER WAREHOUSE W SET COLOUR = RED", "001420", "22023",
       "invalid property 'COLOUR' for 'WAREHOUSE'"},
      {"type while running", "ALTER WAREHOUSE W SET WAREHOUSE_TYPE = 'SNOWPARK-OPTIMIZED'",
       "001425", "22000", "must be suspended"},
  });
  h.must("ALTER WAREHOUSE W SUSPEND");
  h.must("ALTER WAREHOUSE W SET WAREHOUSE_TYPE = 'SNOWPARK-OPTIMIZED'");
}

TEST(Objects, CommentsAreSetInEveryWay) {
  Harness h;
  h.make_road();
  const auto comment = [&] {
    return h.must("SHOW TABLES IN SCHEMA D.S").look_up("name", "T", "comment");
  };
  h.must("COMMENT ON TABLE D.S.T IS 'it''s \\\\ ü'");
  EXPECT_EQ(comment(), "it's \\ ü");
  h.must("ALTER TABLE D.S.T SET COMMENT = 'two'");
  EXPECT_EQ(comment(), "two");
  h.must("ALTER TABLE D.S.T UNSET COMMENT");
  EXPECT_EQ(comment(), "");
  h.must("COMMENT ON COLUMN D.S.T.A IS 'first'");
  EXPECT_EQ(h.must("DESC TABLE D.S.T").look_up("name", "A", "comment"), "first");
  h.must("COMMENT ON INTEGRATION I IS 'the road'");
  EXPECT_EQ(h.must("SHOW INTEGRATIONS").look_up("name", "I", "comment"), "the road");
  h.must("COMMENT IF EXISTS ON TABLE D.S.NONE IS 'x'");
  h.expect_refused({
      {"missing", "COMMENT ON TABLE D.S.NONE IS 'x'", "002003", "42S02", "Object 'D.S.NONE'"},
      {"missing column", "COMMENT ON COLUMN D.S.T.Z IS 'x'", "000904", "42000",
       "invalid identifier 'Z'"},
  });
}

TEST(Objects, ARenameKeepsContentsAndGrants) {
  Harness h;
  h.make_road();
  h.must("CREATE ROLE READER");
  h.must("GRANT SELECT ON TABLE D.S.T TO ROLE READER");
  h.must("INSERT INTO D.S.T (A) VALUES ('x')");
  h.must("CREATE SCHEMA D.S2");
  h.must("ALTER TABLE D.S.T RENAME TO D.S2.T2");
  EXPECT_EQ(h.must("SELECT A FROM D.S2.T2").cell(0, "A"), "x");
  EXPECT_EQ(h.must("SHOW GRANTS ON TABLE D.S2.T2").look_up("privilege", "SELECT", "grantee_name"),
            "READER");
  h.must("CREATE TABLE D.S2.OTHER (A INT)");
  h.expect_refused({
      {"a name that is taken", "ALTER TABLE D.S2.T2 RENAME TO D.S2.OTHER", "002002", "42710",
       "Object 'OTHER' already exists."},
      {"an integration", "ALTER STORAGE INTEGRATION I RENAME TO J", "000002", "0A000",
       "Unsupported feature"},
  });
}

TEST(Objects, TablesAndViewsShareTheirNames) {
  Harness h;
  h.make_road();
  h.expect_refused({
      {"a view", "CREATE VIEW D.S.T AS SELECT A FROM D.S.T", "001998", "42710",
       "Object 'T' already exists as TABLE"},
      {"even when replacing", "CREATE OR REPLACE VIEW D.S.T AS SELECT 1 AS A", "001998", "42710",
       "already exists as TABLE"},
  });
}

TEST(Objects, OrReplaceIsAnotherObject) {
  Harness h;
  h.make_road();
  h.must("CREATE ROLE READER");
  h.must("GRANT SELECT ON TABLE D.S.T TO ROLE READER");
  h.must("INSERT INTO D.S.T (A) VALUES ('x')");
  const auto readers = [&] {
    return h.must("SHOW GRANTS ON TABLE D.S.T").look_up("privilege", "SELECT", "grantee_name");
  };
  h.must("CREATE OR REPLACE TABLE D.S.T (A VARCHAR) COPY GRANTS");
  EXPECT_EQ(h.must("SELECT COUNT(*) AS N FROM D.S.T").cell(0, "N"), "0");
  EXPECT_EQ(readers(), "READER");
  h.must("CREATE OR REPLACE TABLE D.S.T (A VARCHAR)");
  EXPECT_EQ(readers(), "<no row>");
}

}  // namespace
}  // namespace firn::sandbox
