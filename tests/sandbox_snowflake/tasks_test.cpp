// Tasks and alerts: graphs, what a running root forbids, rights, and bodies kept as written.
#include <gtest/gtest.h>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

constexpr const char* not_suspended =
    "Unable to update graph with root task D.S.ROOT since that root task is not suspended.";

struct World : Harness {
  World() {
    must("CREATE DATABASE D");
    must("CREATE SCHEMA D.S");
    must("CREATE WAREHOUSE W");
  }
  // ROOT → A, B → C, and F, which finalises.
  void make_graph() {
    must("CREATE TASK D.S.ROOT WAREHOUSE = W SCHEDULE = '10 MINUTE' AS SELECT 1");
    must("CREATE TASK D.S.A WAREHOUSE = W AFTER D.S.ROOT AS SELECT 1");
    must("CREATE TASK D.S.B WAREHOUSE = W AFTER D.S.ROOT AS SELECT 1");
    must("CREATE TASK D.S.C WAREHOUSE = W AFTER D.S.A, D.S.B AS SELECT 1");
    must("CREATE TASK D.S.F WAREHOUSE = W FINALIZE = D.S.ROOT AS SELECT 1");
  }
  std::string shown(const std::string& task, const std::string& column) {
    return must("SHOW TASKS IN SCHEMA D.S").look_up("name", task, column);
  }
};

TEST(Tasks, ShowWhatTheyWereMadeOf) {
  World w;
  w.must(
      "CREATE TASK D.S.ROOT WAREHOUSE = W SCHEDULE = 'USING CRON 0 8 * * * UTC' CONFIG = "
      "$${\"a\": 1}$$ OVERLAP_POLICY = ALLOW_CHILD_OVERLAP USER_TASK_TIMEOUT_MS = 1000 "
      "SUSPEND_TASK_AFTER_NUM_FAILURES = 3 COMMENT = 'it''s' WHEN "
      "SYSTEM$STREAM_HAS_DATA('D.S.ST') AND NOT (FALSE) AS CALL P('a;b')");
  w.must("CREATE TASK D.S.A AFTER ROOT AS\n  INSERT INTO T SELECT CAST(1 AS INT) -- one\n");
  w.must("CREATE TASK D.S.F FINALIZE = D.S.ROOT AS SELECT 1");
  EXPECT_EQ(w.shown("ROOT", "warehouse"), "W");
  EXPECT_EQ(w.shown("ROOT", "schedule"), "USING CRON 0 8 * * * UTC");
  EXPECT_EQ(w.shown("ROOT", "config"), R"({"a": 1})");
  EXPECT_EQ(w.shown("ROOT", "allow_overlapping_execution"), "true");
  EXPECT_EQ(w.shown("ROOT", "condition"), "SYSTEM$STREAM_HAS_DATA('D.S.ST') AND NOT (FALSE)");
  EXPECT_EQ(w.shown("ROOT", "definition"), "CALL P('a;b')");
  EXPECT_EQ(w.shown("ROOT", "state"), "suspended");
  EXPECT_EQ(w.shown("ROOT", "comment"), "it's");
  EXPECT_EQ(w.shown("ROOT", "predecessors"), "[]");
  EXPECT_EQ(w.shown("ROOT", "task_relations"), R"({"FinalizerTask":"D.S.F","Predecessors":[]})");
  EXPECT_EQ(w.shown("A", "predecessors"), R"(["D.S.ROOT"])");
  EXPECT_EQ(w.shown("A", "warehouse"), "<null>");
  EXPECT_EQ(w.shown("A", "definition"), "INSERT INTO T SELECT CAST(1 AS INT)");
  EXPECT_EQ(w.shown("F", "task_relations"),
            R"({"FinalizedRootTask":"D.S.ROOT","Predecessors":[]})");
  EXPECT_EQ(w.must("SHOW PARAMETERS LIKE 'USER_TASK_TIMEOUT_MS' IN TASK D.S.ROOT").cell(0, "value"),
            "1000");
  EXPECT_EQ(w.must("DESC TASK D.S.A").cell(0, "name"), "A");
}

TEST(Tasks, KeepBlocksOfScriptingAsWritten) {
  World w;
  const std::string block =
      "DECLARE\n  n INT;\nBEGIN\n  n := 3; -- three;\n  RETURN 'a;''b' || $$;$$;\nEND";
  w.must("CREATE TASK D.S.T AS " + block + ";");
  EXPECT_EQ(w.shown("T", "definition"), block);
  w.must("ALTER TASK D.S.T MODIFY AS BEGIN SELECT 1; SELECT 2; END");
  EXPECT_EQ(w.shown("T", "definition"), "BEGIN SELECT 1; SELECT 2; END");
  w.expect_refused({
      {"two statements", "CREATE TASK D.S.U AS SELECT 1; SELECT 2", "000008", "0A000",
       "Actual statement count 2"},
      {"an open block", "CREATE TASK D.S.U AS BEGIN SELECT 1;", "001003", "42000", "<EOF>"},
      {"no statement", "CREATE TASK D.S.U AS BANANA", "001003", "42000", "unexpected 'BANANA'"},
      {"nothing", "CREATE TASK D.S.U AS", "001003", "42000", "<EOF>"},
  });
}

TEST(Tasks, ARunningRootForbidsEveryChange) {
  World w;
  w.make_graph();
  for (const auto* task : {"C", "A", "B", "F", "ROOT"})
    w.must(std::string("ALTER TASK D.S.") + task + " RESUME");
  EXPECT_EQ(w.must("SHOW TASKS IN SCHEMA D.S").column("state"),
            std::vector<std::string>(5, "started"));
  w.expect_refused({
      {"suspend a child", "ALTER TASK D.S.A SUSPEND", "091421", "22000", not_suspended},
      {"set on a child", "ALTER TASK D.S.C SET COMMENT = 'x'", "091421", "22000", not_suspended},
      {"set on the root", "ALTER TASK D.S.ROOT SET SCHEDULE = '5 MINUTE'", "091421", "22000",
       not_suspended},
      {"the finaliser", "ALTER TASK D.S.F MODIFY AS SELECT 2", "091421", "22000", not_suspended},
      {"a new child", "CREATE TASK D.S.N AFTER D.S.B AS SELECT 1", "091421", "22000",
       not_suspended},
      {"drop a child", "DROP TASK D.S.C", "091421", "22000", not_suspended},
      {"drop the root", "DROP TASK D.S.ROOT", "091421", "22000", not_suspended},
  });
  w.must("ALTER TASK D.S.ROOT SUSPEND");
  EXPECT_EQ(w.shown("A", "state"), "started") << "children keep their state";
  w.must("ALTER TASK D.S.A SUSPEND");
  w.must("ALTER TASK D.S.C SET COMMENT = 'x'");
  w.must("ALTER TASK D.S.C REMOVE AFTER D.S.A");
  EXPECT_EQ(w.shown("C", "predecessors"), R"(["D.S.B"])");
  w.must("ALTER TASK D.S.C ADD AFTER D.S.A");
  w.must("ALTER TASK D.S.ROOT SET SCHEDULE = '5 MINUTES'");
  w.must("ALTER TASK D.S.ROOT RESUME");
}

TEST(Tasks, ADroppedPredecessorLeavesRootsBehind) {
  World w;
  w.make_graph();
  for (const auto* task : {"C", "A", "B", "F"})
    w.must(std::string("ALTER TASK D.S.") + task + " RESUME");
  w.must("DROP TASK D.S.A");
  EXPECT_EQ(w.shown("C", "predecessors"), R"(["D.S.B"])");
  EXPECT_EQ(w.shown("C", "state"), "started");
  w.must("DROP TASK D.S.ROOT");
  EXPECT_EQ(w.shown("B", "predecessors"), "[]");
  EXPECT_EQ(w.shown("B", "state"), "suspended");
  EXPECT_EQ(w.shown("B", "last_suspended_reason"), "CHILD_BECAME_ROOT");
  EXPECT_EQ(w.shown("F", "state"), "suspended");
  EXPECT_EQ(w.shown("F", "last_suspended_reason"), "FINALIZER_BECAME_ROOT");
  w.must("ALTER TASK D.S.B RESUME");
  w.must("ALTER TASK D.S.B SUSPEND");
  w.must("DROP TASK D.S.B");
}

TEST(Tasks, LeaveTheirGraphWhenTheyChangeHandsAlone) {
  World w;
  w.must("CREATE ROLE R");
  w.must("GRANT ROLE R TO ROLE DEPLOYER_ROLE");
  w.make_graph();
  w.must("ALTER TASK D.S.A RESUME");
  w.must("GRANT OWNERSHIP ON ALL TASKS IN SCHEMA D.S TO ROLE R COPY CURRENT GRANTS");
  EXPECT_EQ(w.shown("A", "predecessors"), R"(["D.S.ROOT"])");
  EXPECT_EQ(w.shown("A", "state"), "suspended");
  EXPECT_EQ(w.shown("A", "owner"), "R");
  w.must("GRANT OWNERSHIP ON TASK D.S.A TO ROLE DEPLOYER_ROLE COPY CURRENT GRANTS");
  EXPECT_EQ(w.shown("A", "predecessors"), "[]");
  EXPECT_EQ(w.shown("C", "predecessors"), R"(["D.S.B"])");
  w.expect_refused({{"another owner", "ALTER TASK D.S.A ADD AFTER D.S.ROOT", "001422", "22023",
                     "must have one owner"}});
  w.must("GRANT OWNERSHIP ON TASK D.S.A TO ROLE R COPY CURRENT GRANTS");
  w.must("ALTER TASK D.S.A ADD AFTER D.S.ROOT");
  EXPECT_EQ(w.shown("A", "predecessors"), R"(["D.S.ROOT"])");
}

TEST(Tasks, ResumeAllBelowWithOneCall) {
  World w;
  w.make_graph();
  w.must("SELECT SYSTEM$TASK_DEPENDENTS_ENABLE('D.S.ROOT')");
  EXPECT_EQ(w.must("SHOW TASKS IN SCHEMA D.S").column("state"),
            std::vector<std::string>(5, "started"));
}

TEST(Tasks, BadOnesAreRefused) {
  World w;
  w.make_graph();
  w.must("CREATE SCHEMA D.OTHER");
  w.must("CREATE TASK D.OTHER.X AS SELECT 1");
  const auto task = [](const std::string& rest) { return "CREATE TASK D.S.N " + rest; };
  w.expect_refused({
      {"no predecessor", task("AFTER D.S.NONE AS SELECT 1"), "002003", "02000",
       "Task 'D.S.NONE' does not exist"},
      {"no warehouse", task("WAREHOUSE = NONE AS SELECT 1"), "002003", "02000", "Warehouse 'NONE'"},
      {"another schema", task("AFTER D.OTHER.X AS SELECT 1"), "001422", "22023", "one schema"},
      {"schedule and after", task("SCHEDULE = '1 MINUTE' AFTER D.S.ROOT AS SELECT 1"), "001422",
       "22023", "cannot have a schedule"},
      {"after the finaliser", task("AFTER D.S.F AS SELECT 1"), "001422", "22023",
       "cannot have child tasks"},
      {"a second finaliser", task("FINALIZE = D.S.ROOT AS SELECT 1"), "001422", "22023",
       "already has a finalizer"},
      {"finalise a child", task("FINALIZE = D.S.A AS SELECT 1"), "001422", "22023",
       "cannot finalize a non-root task"},
      {"a circle", "ALTER TASK D.S.A ADD AFTER D.S.C", "001422", "22023", "at least one cycle"},
      {"overlap of a child", task("OVERLAP_POLICY = NO_OVERLAP AFTER D.S.A AS SELECT 1"), "001422",
       "22023", "non-root task"},
      {"schedule", task("SCHEDULE = 'at noon' AS SELECT 1"), "001422", "22023", "at noon"},
      {"condition", task("WHEN EXISTS(SELECT 1) AS SELECT 1"), "001422", "22023",
       "task condition expression"},
      {"size and warehouse",
       task("WAREHOUSE = W USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' AS SELECT 1"),
       "001422", "22023", "exclude each other"},
      {"an integration that is none", task("ERROR_INTEGRATION = NONE AS SELECT 1"), "002003",
       "02000", "Integration 'NONE'"},
      {"an unknown property", task("BANANA = 1 AS SELECT 1"), "001420", "22023", "BANANA"},
      {"rename", "ALTER TASK D.S.A RENAME TO D.S.Z", "000002", "0A000", "RENAME TASK"},
      {"set a tag", "ALTER TASK D.S.A SET TAG X = '1'", "001003", "42000", "firn sandbox"},
  });
}

TEST(Tasks, RunWithTheRightsOfTheirOwner) {
  World w;
  w.must("CREATE ROLE R");
  w.must("GRANT USAGE ON DATABASE D TO ROLE R");
  w.must("GRANT USAGE, CREATE TASK ON SCHEMA D.S TO ROLE R");
  w.must("GRANT USAGE ON WAREHOUSE W TO ROLE R");
  w.must("GRANT ROLE R TO USER DEPLOYER");
  w.must("CREATE TASK D.S.T WAREHOUSE = W AS SELECT 1", "R");
  w.must("CREATE TASK D.S.SERVERLESS AS SELECT 1", "R");
  w.must("GRANT OPERATE, MONITOR ON TASK D.S.T TO ROLE DEPLOYER_ROLE", "R");
  w.expect_refused({
      {"no right to run", "ALTER TASK D.S.T RESUME", "091089", "23001",
       "EXECUTE TASK privilege must be granted to owner role", "R"},
      {"not the owner", "ALTER TASK D.S.T SET COMMENT = 'x'", "003001", "42501", "'T'"},
  });
  w.must("GRANT EXECUTE TASK ON ACCOUNT TO ROLE R");
  w.must("ALTER TASK D.S.T RESUME");  // OPERATE is enough
  w.expect_refused({{"no machines", "ALTER TASK D.S.SERVERLESS RESUME", "091089", "23001",
                     "EXECUTE MANAGED TASK", "R"}});
  w.must("ALTER TASK D.S.T SUSPEND");
  w.must("REVOKE USAGE ON WAREHOUSE W FROM ROLE R");
  w.expect_refused({{"no warehouse", "ALTER TASK D.S.T RESUME", "091090", "23001",
                     "USAGE privilege on the task's warehouse", "R"}});
}

TEST(Alerts, AreKeptAsWrittenAndStarted) {
  World w;
  w.must(
      "CREATE ALERT D.S.A WAREHOUSE = W SCHEDULE = '60 MINUTE' COMMENT = 'c' IF (EXISTS (SELECT "
      "(1) FROM NOWHERE)) THEN BEGIN CALL WARN('a'); END;");
  const auto shown = [&](const std::string& column) {
    return w.must("SHOW ALERTS IN DATABASE D").cell(0, column);
  };
  EXPECT_EQ(shown("condition"), "SELECT (1) FROM NOWHERE");
  EXPECT_EQ(shown("action"), "BEGIN CALL WARN('a'); END");
  EXPECT_EQ(shown("state"), "suspended");
  w.must("ALTER ALERT D.S.A RESUME");
  EXPECT_EQ(shown("state"), "started");
  w.must("ALTER ALERT D.S.A MODIFY CONDITION EXISTS (SHOW TASKS)");
  w.must("ALTER ALERT D.S.A MODIFY ACTION CALL X()");
  w.must("ALTER ALERT D.S.A SET SCHEDULE = 'USING CRON 0 * * * * UTC' COMMENT = 'd'");
  w.must("ALTER ALERT D.S.A UNSET WAREHOUSE");
  w.must("ALTER ALERT D.S.A SUSPEND");
  EXPECT_EQ(shown("condition"), "SHOW TASKS");
  EXPECT_EQ(shown("action"), "CALL X()");
  EXPECT_EQ(shown("warehouse"), "<null>");
  EXPECT_EQ(shown("state"), "suspended");
  w.expect_refused({
      {"hours", "CREATE ALERT D.S.B SCHEDULE = '1 HOUR' IF (EXISTS (SELECT 1)) THEN SELECT 1",
       "001422", "22023", "1 HOUR"},
      {"no question", "CREATE ALERT D.S.B IF (EXISTS (DELETE FROM T)) THEN SELECT 1", "001003",
       "42000", "unexpected 'DELETE'"},
      {"no action", "CREATE ALERT D.S.B IF (EXISTS (SELECT 1)) THEN", "001003", "42000", "<EOF>"},
  });
  w.must("DROP ALERT D.S.A");
}

}  // namespace
}  // namespace firn::sandbox
