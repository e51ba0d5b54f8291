#include <gtest/gtest.h>

#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

Value on(std::string_view kind, Value name) {
  return Map{{std::string(kind), std::move(name)}};
}

Value privileges(List list, Value target, Value to) {
  return Map{{"privileges", std::move(list)}, {"on", std::move(target)}, {"to", std::move(to)}};
}

const Value loader = Map{{"database_role", "FDL_DEV_DATABASE.LOADER"}};
const Value dashboard = Map{{"role", "FDL_DEV_DASHBOARD"}};

Change change_to(Value desired) {
  return {"", "g", std::move(desired), {}, {}, {"finance", "dev", "g"}, {}, grant_type.type};
}

TEST(Grants, RenderEveryForm) {
  struct Row {
    Value inputs;
    const char* grant;
    const char* revoke;
  };
  for (
      const Row& row : {
          Row{privileges({"SELECT", "INSERT"}, on("table", "FDL_DEV_DATABASE.L.T"), loader),
              R"(GRANT SELECT, INSERT ON TABLE "FDL_DEV_DATABASE"."L"."T" TO DATABASE ROLE "FDL_DEV_DATABASE"."LOADER")",
              R"(REVOKE SELECT, INSERT ON TABLE "FDL_DEV_DATABASE"."L"."T" FROM DATABASE ROLE "FDL_DEV_DATABASE"."LOADER")"},
          Row{privileges({"CREATE TABLE", "CREATE FILE FORMAT"}, on("schema", "D.L"), dashboard),
              R"(GRANT CREATE TABLE, CREATE FILE FORMAT ON SCHEMA "D"."L" TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE CREATE TABLE, CREATE FILE FORMAT ON SCHEMA "D"."L" FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{privileges({"EXECUTE TASK"}, on("account", true), dashboard),
              R"(GRANT EXECUTE TASK ON ACCOUNT TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE EXECUTE TASK ON ACCOUNT FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{privileges({"USAGE"}, on("file_format", "D.S.\"my format\""), dashboard),
              R"(GRANT USAGE ON FILE FORMAT "D"."S"."my format" TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE USAGE ON FILE FORMAT "D"."S"."my format" FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{privileges({"SELECT"}, on("future", Map{{"objects", "VIEWS"}, {"schema", "D.W"}}),
                         dashboard),
              R"(GRANT SELECT ON FUTURE VIEWS IN SCHEMA "D"."W" TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE SELECT ON FUTURE VIEWS IN SCHEMA "D"."W" FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{privileges({"USAGE"}, on("all", Map{{"objects", "FILE FORMATS"}, {"database", "D"}}),
                         dashboard),
              R"(GRANT USAGE ON ALL FILE FORMATS IN DATABASE "D" TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE USAGE ON ALL FILE FORMATS IN DATABASE "D" FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{privileges({"OPERATE", "MONITOR"}, on("pipe", "D.S.P"), dashboard),
              R"(GRANT OPERATE, MONITOR ON PIPE "D"."S"."P" TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE OPERATE, MONITOR ON PIPE "D"."S"."P" FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{privileges({"SELECT"}, on("external_table", "D.S.E"), dashboard),
              R"(GRANT SELECT ON EXTERNAL TABLE "D"."S"."E" TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE SELECT ON EXTERNAL TABLE "D"."S"."E" FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{privileges({"USAGE"}, on("procedure", "D.S.LOAD(string, number(10,2))"), dashboard),
              R"(GRANT USAGE ON PROCEDURE "D"."S"."LOAD" (VARCHAR, NUMBER) TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE USAGE ON PROCEDURE "D"."S"."LOAD" (VARCHAR, NUMBER) FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{privileges({"SELECT"}, on("future", Map{{"objects", "STREAMS"}, {"schema", "D.S"}}),
                         dashboard),
              R"(GRANT SELECT ON FUTURE STREAMS IN SCHEMA "D"."S" TO ROLE "FDL_DEV_DASHBOARD")",
              R"(REVOKE SELECT ON FUTURE STREAMS IN SCHEMA "D"."S" FROM ROLE "FDL_DEV_DASHBOARD")"},
          Row{Map{{"role", "FDL_DEV_DASHBOARD"}, {"to", Map{{"role", "SYSADMIN"}}}},
              R"(GRANT ROLE "FDL_DEV_DASHBOARD" TO ROLE "SYSADMIN")",
              R"(REVOKE ROLE "FDL_DEV_DASHBOARD" FROM ROLE "SYSADMIN")"},
          Row{Map{{"role", "FDL_DEV_DASHBOARD"}, {"to", Map{{"user", "FDL_DEV_TABLEAU"}}}},
              R"(GRANT ROLE "FDL_DEV_DASHBOARD" TO USER "FDL_DEV_TABLEAU")",
              R"(REVOKE ROLE "FDL_DEV_DASHBOARD" FROM USER "FDL_DEV_TABLEAU")"},
          Row{Map{{"database_role", "D.LOADER"}, {"to", Map{{"role", "FDL_DEV_PIPELINE"}}}},
              R"(GRANT DATABASE ROLE "D"."LOADER" TO ROLE "FDL_DEV_PIPELINE")",
              R"(REVOKE DATABASE ROLE "D"."LOADER" FROM ROLE "FDL_DEV_PIPELINE")"},
          Row{Map{{"database_role", "D.A"}, {"to", Map{{"database_role", "D.B"}}}},
              R"(GRANT DATABASE ROLE "D"."A" TO DATABASE ROLE "D"."B")",
              R"(REVOKE DATABASE ROLE "D"."A" FROM DATABASE ROLE "D"."B")"},
      }) {
    const auto made = grant_type.create(change_to(row.inputs));
    ASSERT_TRUE(made) << row.grant;
    EXPECT_EQ(made->front().statement.text(), row.grant);
    ResourceRecord record;
    record.inputs = row.inputs;
    const auto removed = grant_type.remove(record);
    ASSERT_TRUE(removed) << row.revoke;
    EXPECT_EQ(removed->front().statement.text(), row.revoke);
    std::vector<Problem> problems;
    grant_type.type->validate({}, "", row.inputs, problems);
    EXPECT_TRUE(problems.empty()) << problems[0].summary;
  }
}

TEST(Grants, ChangeOnlyTheDifference) {
  struct Row {
    const char* what;
    List prior;
    List held;
    List wanted;
    std::vector<std::string> statements;
  };
  const std::string object = R"( ON TABLE "D"."S"."T" )";
  for (const Row& row : {
           Row{"one more, one less",
               {"SELECT", "INSERT"},
               {"SELECT", "INSERT"},
               {"SELECT", "DELETE"},
               {"GRANT DELETE" + object + R"(TO ROLE "FDL_DEV_DASHBOARD")",
                "REVOKE INSERT" + object + R"(FROM ROLE "FDL_DEV_DASHBOARD")"}},
           Row{"taken away behind our back",
               {"SELECT", "INSERT"},
               {"SELECT"},
               {"SELECT", "INSERT"},
               {"GRANT INSERT" + object + R"(TO ROLE "FDL_DEV_DASHBOARD")"}},
           Row{"from all to one",
               {"ALL"},
               {"ALL"},
               {"SELECT"},
               {"GRANT SELECT" + object + R"(TO ROLE "FDL_DEV_DASHBOARD")",
                "REVOKE ALL" + object + R"(FROM ROLE "FDL_DEV_DASHBOARD")",
                "GRANT SELECT" + object + R"(TO ROLE "FDL_DEV_DASHBOARD")"}},
       }) {
    Change change = change_to(privileges(row.wanted, on("table", "D.S.T"), dashboard));
    change.prior = privileges(row.prior, on("table", "D.S.T"), dashboard);
    change.now.inputs.set("privileges", row.held);
    change.changed = {"privileges"};
    const auto steps = grant_type.update(change);
    ASSERT_TRUE(steps);
    std::vector<std::string> texts;
    for (const Step& step : *steps)
      texts.push_back(step.statement.text());
    EXPECT_EQ(texts, row.statements) << row.what;
  }
}

TEST(Grants, GrantOptionComesAndGoes) {
  Value desired = privileges({"SELECT"}, on("view", "D.S.V"), dashboard);
  Change change = change_to(desired);
  change.prior = desired;
  change.now.inputs.set("privileges", List{"SELECT"});
  change.changed = {"with_grant_option"};
  EXPECT_EQ(grant_type.update(change)->front().statement.text(),
            R"(REVOKE GRANT OPTION FOR SELECT ON VIEW "D"."S"."V" FROM ROLE "FDL_DEV_DASHBOARD")");
  Map with = desired.as_map();
  with.set("with_grant_option", true);
  change.desired = with;
  EXPECT_EQ(grant_type.update(change)->front().statement.text(),
            R"(GRANT SELECT ON VIEW "D"."S"."V" TO ROLE "FDL_DEV_DASHBOARD" WITH GRANT OPTION)");
}

TEST(Grants, RefuseWhatMakesNoSense) {
  struct Row {
    Value inputs;
    const char* summary;
  };
  for (const Row& row : {
           Row{Map{{"to", dashboard}}, "a grant gives exactly one thing"},
           Row{Map{{"privileges", List{"SELECT"}}, {"to", dashboard}},
               "it is not said what the privileges are on"},
           Row{privileges({}, on("table", "D.S.T"), dashboard), "the grant gives no privilege"},
           Row{privileges({"SELECT;"}, on("table", "D.S.T"), dashboard),
               "not a privilege: SELECT;"},
           Row{privileges({"OWNERSHIP", "SELECT"}, on("table", "D.S.T"), dashboard),
               "OWNERSHIP stands alone"},
           Row{privileges({"OWNERSHIP"}, on("account", true), dashboard),
               "an account has no owner"},
           Row{privileges({"SELECT"}, Map{{"table", "D.S.T"}, {"view", "D.S.V"}}, dashboard),
               "a grant is on exactly one object"},
           Row{privileges({"SELECT"}, on("table", "D.S.T"), Map{{"user", "ADA"}}),
               "only an account role can be granted to a user"},
           Row{privileges({"USAGE"}, on("warehouse", "W"), Map{{"database_role", "D.R"}}),
               "a database role can hold privileges in its own database only"},
           Row{privileges({"SELECT"}, on("table", "OTHER.S.T"), Map{{"database_role", "D.R"}}),
               "a database role can hold privileges in its own database only"},
           Row{privileges({"MONITOR"}, on("all", Map{{"objects", "PIPES"}, {"schema", "D.S"}}),
                          dashboard),
               "Snowflake takes no grant on all pipes at once"},
           Row{privileges({"SELECT"}, on("future", Map{{"objects", "VIEWS"}}), dashboard),
               "it is not said where these objects are"},
       }) {
    std::vector<Problem> problems;
    grant_type.type->validate({}, "", row.inputs, problems);
    ASSERT_EQ(problems.size(), 1U) << row.summary;
    EXPECT_EQ(problems[0].summary, row.summary);
  }
}

// ---- ownership ----

Inventory around_pipe(const char* state, const std::string& comment) {
  Inventory inventory;
  const auto one_cell = [](std::string text) {
    Rows rows;
    const auto columns =
        std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"X"});
    rows.rows.emplace_back(columns, Row::Cells{std::move(text)});
    return rows;
  };
  inventory.add(Statement("SELECT").word("CURRENT_ROLE()"), one_cell("FIRN_DEPLOYER"));
  const std::vector<std::string> arguments{"D.S.P"};
  inventory.add(Statement::question("SYSTEM$PIPE_STATUS", arguments),
                one_cell(std::string(R"({"executionState":")") + state + "\"}"));
  Rows described;
  described.rows.emplace_back(
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"comment"}),
      Row::Cells{comment});
  inventory.add(Statement("DESCRIBE PIPE").name({{"D", "S", "P"}}), std::move(described));
  return inventory;
}

TEST(Grants, PassOwnershipOnAndBack) {
  struct Row {
    const char* what;
    Value target;
    const char* state;
    std::vector<std::string> there;
    std::vector<std::string> back;
    bool was_left_paused = false;
  };
  const std::string comment = "Loads coins. [firn:finance/dev/p]";
  const std::string left = comment + " [paused by firn for a moment]";
  const std::string pause =
      R"(ALTER PIPE "D"."S"."P" SET PIPE_EXECUTION_PAUSED = TRUE COMMENT = ')" + left + "'";
  const std::string resume = "SELECT SYSTEM$PIPE_FORCE_RESUME('D.S.P')";
  const std::string clear = R"(ALTER PIPE "D"."S"."P" SET COMMENT = ')" + comment + "'";
  const auto passing = [](const std::string& object, const char* to) {
    return "GRANT OWNERSHIP ON " + object + " TO ROLE \"" + to + "\" COPY CURRENT GRANTS";
  };
  const std::string pipe = R"(PIPE "D"."S"."P")";
  const std::string task = R"(TASK "D"."S"."T")";
  const std::string tables = R"(ALL TABLES IN SCHEMA "D"."S")";
  const Value in_schema = Map{{"objects", "TABLES"}, {"schema", "D.S"}};
  for (
      const Row& row : {
          Row{"a pipe that works",
              on("pipe", "D.S.P"),
              "RUNNING",
              {pause, passing(pipe, "FDL_DEV_DASHBOARD"), resume, clear},
              {pause, passing(pipe, "FIRN_DEPLOYER"), resume, clear}},
          Row{"a pipe that a run paused for it, and died",
              on("pipe", "D.S.P"),
              "PAUSED",
              {passing(pipe, "FDL_DEV_DASHBOARD"), resume, clear},
              {passing(pipe, "FIRN_DEPLOYER"), resume, clear},
              true},
          Row{"a pipe whose table is gone",
              on("pipe", "D.S.P"),
              "STOPPED_MISSING_TABLE",
              {pause, passing(pipe, "FDL_DEV_DASHBOARD"), resume, clear},
              {pause, passing(pipe, "FIRN_DEPLOYER"), resume, clear}},
          Row{"a pipe that rests",
              on("pipe", "D.S.P"),
              "PAUSED",
              {passing(pipe, "FDL_DEV_DASHBOARD")},
              {passing(pipe, "FIRN_DEPLOYER")}},
          Row{"a task",
              on("task", "D.S.T"),
              "",
              {passing(task, "FDL_DEV_DASHBOARD")},
              {passing(task, "FIRN_DEPLOYER")}},
          Row{"all tables",
              on("all", in_schema),
              "",
              {passing(tables, "FDL_DEV_DASHBOARD")},
              {passing(tables, "FIRN_DEPLOYER")}},
          Row{"future tables",
              on("future", in_schema),
              "",
              {R"(GRANT OWNERSHIP ON FUTURE TABLES IN SCHEMA "D"."S" TO ROLE "FDL_DEV_DASHBOARD")"},
              {R"(REVOKE OWNERSHIP ON FUTURE TABLES IN SCHEMA "D"."S" FROM ROLE "FDL_DEV_DASHBOARD")"}},
      }) {
    const Inventory around = around_pipe(row.state, row.was_left_paused ? left : comment);
    Change change = change_to(privileges({"OWNERSHIP"}, row.target, dashboard));
    change.around = &around;
    const auto texts = [](const Steps& steps) {
      std::vector<std::string> all;
      for (const Step& step : *steps)
        all.push_back(step.statement.text());
      return all;
    };
    EXPECT_EQ(texts(grant_type.create(change)), row.there) << row.what;
    ResourceRecord record;
    record.inputs = change.desired;
    EXPECT_EQ(texts(grant_type.remove_from(record, around)), row.back) << row.what;
    EXPECT_GE(grant_type.surroundings(record).size(), 1U);
    const std::vector<std::string> to_work_on = {resume, clear};
    EXPECT_EQ(texts(grant_type.after_lost_creation(record, around)),
              row.was_left_paused ? to_work_on : std::vector<std::string>())
        << row.what;
    std::vector<Problem> problems;
    grant_type.type->validate({}, "", change.desired, problems);
    EXPECT_TRUE(problems.empty()) << row.what;
  }
  ResourceRecord plain;
  plain.inputs = privileges({"SELECT"}, on("table", "D.S.T"), dashboard);
  EXPECT_TRUE(grant_type.surroundings(plain).empty()) << "nothing is asked where nothing is needed";
  std::string reason;
  std::string loss;
  EXPECT_EQ(
      grant_type.type->judge_change(List{"SELECT"}, List{"OWNERSHIP"}, "privileges", reason, loss),
      OnChange::replace);
  EXPECT_EQ(
      grant_type.type->judge_change(List{"SELECT"}, List{"INSERT"}, "privileges", reason, loss),
      OnChange::update);
}

}  // namespace
}  // namespace firn::snowflake
