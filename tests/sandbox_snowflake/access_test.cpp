// Grants, and what a role sees because of them.
#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

class Access : public ::testing::Test {
 protected:
  Access() {
    h.make_road();
    h.must("CREATE ROLE R");
    h.must("GRANT ROLE R TO USER DEPLOYER");
  }
  // What R is refused as missing.
  void expect_unseen(const std::string& sql, const char* state, const char* noun) {
    h.expect_refused({{"unseen", sql, "002003", state, noun, "R"}});
  }
  std::vector<std::string> seen(const std::string& show) {
    return h.must(show, "R").column("name");
  }

  Harness h;
};

using Names = std::vector<std::string>;

TEST_F(Access, WhatARoleHasNothingOnIsNotThere) {
  EXPECT_EQ(seen("SHOW DATABASES"), Names{});
  expect_unseen("DESC TABLE D.S.T", "02000", "Database 'D' does not exist or not authorized.");
  h.must("GRANT USAGE ON DATABASE D TO ROLE R");
  EXPECT_EQ(seen("SHOW DATABASES"), Names{"D"});
  expect_unseen("DESC TABLE D.S.T", "02000", "Schema 'D.S' does not exist or not authorized.");
  h.must("GRANT USAGE ON SCHEMA D.S TO ROLE R");
  EXPECT_EQ(seen("SHOW TABLES IN DATABASE D"), Names{});
  expect_unseen("DESC TABLE D.S.T", "42S02", "Object 'D.S.T' does not exist or not authorized.");
  expect_unseen("DROP TABLE D.S.T", "42S02", "Object 'D.S.T' does not exist or not authorized.");
  h.must("GRANT SELECT ON TABLE D.S.T TO ROLE R");
  EXPECT_EQ(seen("SHOW TABLES IN DATABASE D"), Names{"T"});
  EXPECT_EQ(h.must("DESC TABLE D.S.T", "R").rows(), 3u);
  h.must("REVOKE SELECT ON TABLE D.S.T FROM ROLE R");
  EXPECT_EQ(seen("SHOW TABLES IN DATABASE D"), Names{});
}

TEST_F(Access, DatabaseRolesAreListedForWhoeverHasAnyPrivilegeOnTheDatabase) {
  h.must("CREATE DATABASE ROLE D.READER");
  h.expect_refused({{"unseen database", "SHOW DATABASE ROLES IN DATABASE D", "002043", "02000",
                     "Object does not exist, or operation cannot be performed.", "R"}});
  h.must("GRANT USAGE ON DATABASE D TO ROLE R");
  EXPECT_EQ(seen("SHOW DATABASE ROLES IN DATABASE D"), Names{"READER"});
  h.expect_refused({{"that one may not use it", "DROP DATABASE ROLE D.READER", "002003", "02000",
                     "Database role 'D.READER' does not exist or not authorized.", "R"}});
}

TEST_F(Access, SeeingIsNotDoing) {
  h.must("GRANT USAGE ON DATABASE D TO ROLE R");
  h.must("GRANT USAGE ON SCHEMA D.S TO ROLE R");
  h.must("GRANT SELECT ON TABLE D.S.T TO ROLE R");
  h.must("GRANT USAGE ON STAGE D.S.ST TO ROLE R");
  h.expect_refused({
      {"insert", "INSERT INTO D.S.T (A) VALUES ('x')", "003001", "42501",
       "SQL access control error:\nInsufficient privileges to operate on table 'T'.", "R"},
      {"alter", "ALTER TABLE D.S.T ADD COLUMN B INT", "003001", "42501",
       "Insufficient privileges to operate on table 'T'", "R"},
      {"drop", "DROP TABLE D.S.T", "003001", "42501", "operate on table 'T'", "R"},
      {"replace", "CREATE OR REPLACE TABLE D.S.T (A INT)", "003001", "42501", "operate on", "R"},
      {"create beside it", "CREATE TABLE D.S.X (A INT)", "003001", "42501",
       "Insufficient privileges to operate on schema 'S'", "R"},
      {"create a database", "CREATE DATABASE X", "003001", "42501", "operate on account", "R"},
      {"alter the stage", "ALTER STAGE D.S.ST SET COMMENT = 'x'", "003001", "42501",
       "operate on stage 'ST'", "R"},
      {"grant on", "GRANT SELECT ON TABLE D.S.T TO ROLE PUBLIC", "003001", "42501",
       "operate on table 'T'", "R"},
  });
  h.must("SELECT A FROM D.S.T", "R");
  h.must("LIST @D.S.ST", "R");
}

TEST_F(Access, ANameThatIsTakenUnseenIsToldDifferently) {
  h.must("GRANT USAGE ON DATABASE D TO ROLE R");
  h.must("GRANT USAGE, CREATE TABLE ON SCHEMA D.S TO ROLE R");
  h.expect_refused({{"taken", "CREATE TABLE D.S.T (A INT)", "003041", "42710",
                     "Object 'T' already exists, but current role has no privileges on it.", "R"}});
}

TEST_F(Access, RolesInheritFromTheRolesGrantedToThem) {
  h.must("CREATE ROLE READER");
  h.must("CREATE DATABASE ROLE D.READ");
  h.must("GRANT USAGE ON DATABASE D TO ROLE READER");
  h.must("GRANT USAGE ON SCHEMA D.S TO DATABASE ROLE D.READ");
  h.must("GRANT SELECT ON TABLE D.S.T TO DATABASE ROLE D.READ");
  h.must("GRANT DATABASE ROLE D.READ TO ROLE READER");
  EXPECT_EQ(seen("SHOW TABLES IN ACCOUNT"), Names{});
  h.must("GRANT ROLE READER TO ROLE R");
  EXPECT_EQ(seen("SHOW TABLES IN ACCOUNT"), Names{"T"});
  h.must("SELECT A FROM D.S.T", "R");
  EXPECT_EQ(h.must("SHOW GRANTS OF ROLE READER").cell(0, "grantee_name"), "R");
  h.must("REVOKE ROLE READER FROM ROLE R");
  EXPECT_EQ(seen("SHOW TABLES IN ACCOUNT"), Names{});
  h.expect_refused({
      {"a circle", "GRANT ROLE R TO ROLE R", "003033", "42501", "cycle"},
      {"a database role to a user", "GRANT DATABASE ROLE D.READ TO USER DEPLOYER", "001003",
       "42000", "database role cannot be granted to a user"},
      {"a role that is not there", "GRANT ROLE NONE TO ROLE R", "002003", "02000", "Role 'NONE'"},
  });
}

TEST_F(Access, GrantsAreShownFromBothSides) {
  h.must("GRANT SELECT, INSERT ON TABLE D.S.T TO ROLE R WITH GRANT OPTION");
  const auto on = h.must("SHOW GRANTS ON TABLE D.S.T");
  EXPECT_EQ(on.look_up("privilege", "SELECT", "grantee_name"), "R");
  EXPECT_EQ(on.look_up("privilege", "SELECT", "grant_option"), "true");
  EXPECT_EQ(on.look_up("privilege", "SELECT", "granted_by"), "DEPLOYER_ROLE");
  EXPECT_EQ(on.look_up("privilege", "SELECT", "granted_on"), "TABLE");
  EXPECT_EQ(on.look_up("privilege", "OWNERSHIP", "grantee_name"), "DEPLOYER_ROLE");
  const auto to = h.must("SHOW GRANTS TO ROLE R");
  EXPECT_EQ(to.look_up("privilege", "INSERT", "name"), "D.S.T");
  // Again changes nothing; without the option it stays.
  h.must("GRANT SELECT ON TABLE D.S.T TO ROLE R");
  EXPECT_EQ(h.must("SHOW GRANTS ON TABLE D.S.T").look_up("privilege", "SELECT", "grant_option"),
            "true");
  h.must("REVOKE GRANT OPTION FOR SELECT ON TABLE D.S.T FROM ROLE R");
  EXPECT_EQ(h.must("SHOW GRANTS ON TABLE D.S.T").look_up("privilege", "SELECT", "grant_option"),
            "false");
  h.must("REVOKE SELECT ON TABLE D.S.T FROM ROLE R");
  h.must("REVOKE SELECT ON TABLE D.S.T FROM ROLE R");  // nothing to take: no error
}

TEST_F(Access, ThePrivilegeMustFitTheObject) {
  h.must("CREATE DATABASE ROLE D.READ");
  h.must("CREATE DATABASE E");
  h.expect_refused({
      {"not of tables", "GRANT OPERATE ON TABLE D.S.T TO ROLE R", "003008", "42501",
       "Invalid privilege 'OPERATE' for object type TABLE."},
      {"of internal stages", "GRANT READ ON STAGE D.S.ST TO ROLE R", "003008", "42501",
       "Invalid privilege 'READ' for object type STAGE."},
      {"taking ownership away", "REVOKE OWNERSHIP ON TABLE D.S.T FROM ROLE R", "003008", "42501",
       "OWNERSHIP cannot be revoked"},
      {"another database's role", "GRANT USAGE ON DATABASE E TO DATABASE ROLE D.READ", "003008",
       "42501", "its own database"},
      {"pipes by the dozen", "GRANT MONITOR ON ALL PIPES IN SCHEMA D.S TO ROLE R", "001425",
       "22000", "Bulk grants on pipes are not allowed"},
      {"no such table", "GRANT SELECT ON TABLE D.S.NONE TO ROLE R", "002003", "42S02",
       "Object 'D.S.NONE'"},
      {"no such role", "GRANT SELECT ON TABLE D.S.T TO ROLE NONE", "002003", "02000",
       "Role 'NONE'"},
      {"revoked from nothing", "REVOKE SELECT ON TABLE D.S.NONE FROM ROLE R", "002003", "42S02",
       "Object 'D.S.NONE'"},
  });
}

TEST_F(Access, WhatCouldBeGrantedStaysGranted) {
  h.must("CREATE ROLE MIDDLE");
  h.must("GRANT ROLE MIDDLE TO USER DEPLOYER");
  h.must("GRANT USAGE ON DATABASE D TO ROLE MIDDLE");
  h.must("GRANT USAGE ON SCHEMA D.S TO ROLE MIDDLE");
  h.must("GRANT SELECT ON TABLE D.S.T TO ROLE MIDDLE WITH GRANT OPTION");
  const auto answer = h.sql("GRANT SELECT, INSERT ON TABLE D.S.T TO ROLE R", "MIDDLE");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.code, "003011");
  EXPECT_EQ(answer.sql_state, "42501");
  EXPECT_NE(answer.message.find("Grant partially executed"), std::string::npos);
  EXPECT_EQ(h.must("SHOW GRANTS TO ROLE R").column("privilege"), Names{"SELECT"});
}

TEST_F(Access, FutureGrantsFallOnWhatIsMadeLater) {
  h.must("CREATE ROLE R2");
  h.must("GRANT SELECT ON FUTURE TABLES IN DATABASE D TO ROLE R");
  h.must("CREATE TABLE D.S.LATER (A INT)");
  EXPECT_EQ(h.must("SHOW GRANTS ON TABLE D.S.LATER").look_up("privilege", "SELECT", "grantee_name"),
            "R");
  EXPECT_EQ(h.must("SHOW GRANTS ON TABLE D.S.T").look_up("privilege", "SELECT", "grantee_name"),
            "<no row>");
  EXPECT_EQ(h.must("SHOW FUTURE GRANTS IN DATABASE D").cell(0, "grantee_name"), "R");
  // A schema's own future grants hide those of the database.
  h.must("GRANT SELECT ON FUTURE TABLES IN SCHEMA D.S TO ROLE R2");
  h.must("CREATE TABLE D.S.LATEST (A INT)");
  EXPECT_EQ(
      h.must("SHOW GRANTS ON TABLE D.S.LATEST").look_up("privilege", "SELECT", "grantee_name"),
      "R2");
  h.must("REVOKE SELECT ON FUTURE TABLES IN SCHEMA D.S FROM ROLE R2");
  EXPECT_EQ(h.must("SHOW FUTURE GRANTS IN SCHEMA D.S").rows(), 0u);
  h.must("GRANT SELECT ON ALL TABLES IN SCHEMA D.S TO ROLE R2");
  EXPECT_EQ(h.must("SHOW GRANTS ON TABLE D.S.T").look_up("privilege", "SELECT", "grantee_name"),
            "R2");
}

TEST_F(Access, OwnershipPassesOn) {
  h.must("GRANT USAGE ON DATABASE D TO ROLE R");
  h.must("GRANT USAGE ON SCHEMA D.S TO ROLE R");
  h.must("GRANT SELECT ON TABLE D.S.T TO ROLE PUBLIC");
  h.expect_refused({{"with grants on it", "GRANT OWNERSHIP ON TABLE D.S.T TO ROLE R", "003036",
                     "42501", "must be revoked first"}});
  h.must("GRANT OWNERSHIP ON TABLE D.S.T TO ROLE R COPY CURRENT GRANTS");
  EXPECT_EQ(h.must("SHOW TABLES IN SCHEMA D.S", "R").cell(0, "owner"), "R");
  h.must("DROP TABLE D.S.T", "R");
}

TEST_F(Access, APipeIsPausedWhileItPassesOn) {
  h.must("CREATE PIPE D.S.P AS COPY INTO D.S.T (V) FROM @D.S.ST");
  h.must("GRANT MONITOR ON PIPE D.S.P TO ROLE PUBLIC");
  h.must("GRANT ROLE R TO ROLE DEPLOYER_ROLE");
  const auto status = [this] {
    return parse_json(h.must("SELECT SYSTEM$PIPE_STATUS('D.S.P') AS S").cell(0, "S"))
        ->string_or("executionState", "");
  };
  const std::string pass = "GRANT OWNERSHIP ON PIPE D.S.P TO ROLE R COPY CURRENT GRANTS";
  EXPECT_EQ(status(), "RUNNING");
  h.expect_refused({{"while it works", pass, "003035", "42501", "must be paused"}});
  h.must("ALTER PIPE D.S.P SET PIPE_EXECUTION_PAUSED = TRUE");
  h.must(pass);
  EXPECT_EQ(h.must("SHOW PIPES IN SCHEMA D.S").cell(0, "owner"), "R");
  EXPECT_EQ(h.must("SHOW GRANTS ON PIPE D.S.P").look_up("privilege", "MONITOR", "granted_by"), "R");
  // Who resumes it must know that somebody else filled its queue.
  for (const char* resume : {"SET PIPE_EXECUTION_PAUSED = FALSE", "UNSET PIPE_EXECUTION_PAUSED"}) {
    h.expect_refused({{"resume", std::string("ALTER PIPE D.S.P ") + resume, "003034", "22000",
                       "cannot be resumed as ownership had changed"}});
  }
  EXPECT_EQ(status(), "PAUSED");
  h.expect_refused({{"a word that is none", "SELECT SYSTEM$PIPE_FORCE_RESUME('D.S.P', 'please')",
                     "001422", "22023", "PLEASE"}});
  h.must("SELECT SYSTEM$PIPE_FORCE_RESUME('D.S.P', 'ownership_transfer_check_override')");
  EXPECT_EQ(status(), "RUNNING");
  h.must("ALTER PIPE D.S.P SET PIPE_EXECUTION_PAUSED = TRUE");
  h.must("ALTER PIPE D.S.P UNSET PIPE_EXECUTION_PAUSED");
}

TEST_F(Access, ADatabaseRoleMayUseItsDatabase) {
  h.must("CREATE DATABASE ROLE D.LOADER");
  const auto held = h.must("SHOW GRANTS TO DATABASE ROLE D.LOADER");
  ASSERT_EQ(held.rows(), 1u);
  EXPECT_EQ(held.cell(0, "privilege"), "USAGE");
  EXPECT_EQ(held.cell(0, "name"), "D");
}

TEST_F(Access, FutureGrantsAreShownByRole) {
  h.must("CREATE DATABASE ROLE D.LOADER");
  h.must("GRANT SELECT ON FUTURE TABLES IN SCHEMA D.S TO ROLE R");
  h.must("GRANT SELECT ON FUTURE VIEWS IN DATABASE D TO DATABASE ROLE D.LOADER");
  h.must("GRANT OWNERSHIP ON FUTURE TABLES IN SCHEMA D.S TO ROLE R");
  EXPECT_EQ(h.must("SHOW FUTURE GRANTS TO ROLE R").look_up("privilege", "SELECT", "name"),
            "D.S.<TABLE>");
  EXPECT_EQ(h.must("SHOW FUTURE GRANTS TO DATABASE ROLE D.LOADER").cell(0, "name"), "D.<VIEW>");
  h.must("REVOKE OWNERSHIP ON FUTURE TABLES IN SCHEMA D.S FROM ROLE R");
  EXPECT_EQ(h.must("SHOW FUTURE GRANTS TO ROLE R").rows(), 1u);
}

TEST_F(Access, ADroppedRolesThingsPassToWhoDroppedIt) {
  h.must("GRANT CREATE DATABASE ON ACCOUNT TO ROLE R");
  h.must("CREATE DATABASE OWN", "R");
  h.must("DROP ROLE R");
  EXPECT_EQ(h.must("SHOW DATABASES LIKE 'OWN'").cell(0, "owner"), "DEPLOYER_ROLE");
  EXPECT_EQ(h.sql("SELECT 1", "R").code, "003013");
}

TEST_F(Access, BuiltInRolesStay) {
  h.must("GRANT ROLE ACCOUNTADMIN TO USER DEPLOYER");
  h.expect_refused({
      {"drop", "DROP ROLE SYSADMIN", "003001", "42501", "", "ACCOUNTADMIN"},
      {"rename", "ALTER ROLE SYSADMIN RENAME TO S", "003001", "42501", "", "ACCOUNTADMIN"},
      {"make again", "CREATE ROLE SYSADMIN", "002002", "42710", "Object 'SYSADMIN' already exists.",
       "ACCOUNTADMIN"},
  });
}

TEST_F(Access, InAManagedSchemaTheOwnerOfTheSchemaGrants) {
  h.must("CREATE ROLE MAKER");
  h.must("GRANT ROLE MAKER TO USER DEPLOYER");
  h.must("CREATE SCHEMA D.M WITH MANAGED ACCESS");
  h.must("GRANT USAGE ON DATABASE D TO ROLE MAKER");
  h.must("GRANT USAGE, CREATE TABLE ON SCHEMA D.M TO ROLE MAKER");
  h.must("CREATE TABLE D.M.T (A INT)", "MAKER");
  h.expect_refused({{"the table's owner", "GRANT SELECT ON TABLE D.M.T TO ROLE R", "003001",
                     "42501", "operate on table 'T'", "MAKER"}});
  h.must("GRANT SELECT ON TABLE D.M.T TO ROLE R");
}

TEST_F(Access, PipesNeedRightsOnAllThatTheyTouch) {
  h.must("GRANT USAGE ON DATABASE D TO ROLE R");
  h.must("GRANT USAGE, CREATE PIPE ON SCHEMA D.S TO ROLE R");
  const std::string pipe = "CREATE PIPE D.S.P AS COPY INTO D.S.T (V) FROM @D.S.ST";
  expect_unseen(pipe, "42S02", "Object 'D.S.T'");
  h.must("GRANT SELECT ON TABLE D.S.T TO ROLE R");
  h.expect_refused({{"no insert", pipe, "003001", "42501", "operate on table 'T'", "R"}});
  h.must("GRANT INSERT ON TABLE D.S.T TO ROLE R");
  expect_unseen(pipe, "02000", "Stage 'D.S.ST'");
  h.must("GRANT USAGE ON STAGE D.S.ST TO ROLE R");
  expect_unseen(pipe, "02000", "File format 'D.S.J'");
  h.must("GRANT USAGE ON FILE FORMAT D.S.J TO ROLE R");
  h.must(pipe, "R");
  // Who watches it needs MONITOR, who pauses it OPERATE.
  h.must("CREATE ROLE WATCHER");
  h.must("GRANT ROLE WATCHER TO USER DEPLOYER");
  h.must("GRANT USAGE ON DATABASE D TO ROLE WATCHER");
  h.must("GRANT USAGE ON SCHEMA D.S TO ROLE WATCHER");
  h.must("GRANT MONITOR ON PIPE D.S.P TO ROLE WATCHER");
  h.must("SELECT SYSTEM$PIPE_STATUS('D.S.P')", "WATCHER");
  h.expect_refused({{"pause", "ALTER PIPE D.S.P SET PIPE_EXECUTION_PAUSED = TRUE", "003001",
                     "42501", "operate on pipe 'P'", "WATCHER"}});
}

}  // namespace
}  // namespace firn::sandbox
