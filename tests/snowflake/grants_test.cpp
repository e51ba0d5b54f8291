// snowflake.grants: what is held against what is declared.
#include <gtest/gtest.h>

#include "core/plan/comparison.h"
#include "providers/snowflake/privilege_set.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

using Texts = std::vector<std::string>;

Rows rows_of(Texts columns, const std::vector<Texts>& cells) {
  Rows rows;
  rows.column_names = columns;
  const auto names = std::make_shared<const std::vector<std::string>>(std::move(columns));
  for (const Texts& row : cells)
    rows.rows.emplace_back(names, Row::Cells(row.begin(), row.end()));
  return rows;
}

// A role, as SHOW GRANTS and SHOW FUTURE GRANTS print what it holds.
struct Role {
  std::vector<Texts> now;     // privilege, granted_on, name, grant_option, granted_by
  std::vector<Texts> future;  // privilege, grant_on, name
  std::vector<Texts> tables;  // schema, name
};

Inventory inventory_of(const Role& role, const std::string& shown = R"(ROLE "R")") {
  Inventory inventory;
  std::vector<Texts> future;
  for (const Texts& row : role.future)
    future.push_back({row[0], row[1], row[2], "ROLE", "R", "false"});
  const auto statement = [&](Statement text) {
    return shown.starts_with("ROLE") ? text.word("TO ROLE").identifier("R")
                                     : text.word("TO DATABASE ROLE").name({{"D", "R"}});
  };
  inventory.add(
      statement(Statement("SHOW GRANTS")),
      rows_of({"privilege", "granted_on", "name", "grant_option", "granted_by"}, role.now));
  inventory.add(
      statement(Statement("SHOW FUTURE GRANTS")),
      rows_of({"privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option"},
              future));
  std::vector<Texts> tables;
  for (const Texts& row : role.tables)
    tables.push_back({row[1], "D", row[0], row.size() > 2 ? row[2] : "N"});
  inventory.add(Statement("SHOW TABLES").word("IN DATABASE").identifier("D"),
                rows_of({"name", "database_name", "schema_name", "is_external"}, tables));
  return inventory;
}

Value entry(List privileges, Map on) {
  return Map{{"privileges", std::move(privileges)}, {"on", std::move(on)}};
}
Value future_tables(const char* schema) {
  return Map{{"objects", "TABLES"}, {"schema", schema}};
}

Value declared(List grants, List roles = {}, Value who = Map{{"role", "R"}}) {
  Map inputs = who.as_map();
  inputs.set("grants", std::move(grants));
  inputs.set("roles", std::move(roles));
  return grants_type.type->normalize(inputs);
}

Texts texts(const Steps& steps) {
  if (!steps) return {steps.error().summary, steps.error().detail, steps.error().remedy};
  Texts all;
  for (const Step& step : *steps)
    all.push_back(step.statement.text());
  return all;
}

Change change_to(const Value& desired, const Inventory& around) {
  Change change;
  change.address = "rights";
  change.desired = desired;
  change.mark = {"finance", "dev", "rights"};
  change.type = grants_type.type;
  change.around = &around;
  return change;
}

// The plan's lines for a role that was applied as `recorded`, shown by the cloud, and wanted.
struct Planned {
  Texts changes;
  Texts reasons;
};
Planned plan(const Value& recorded, const Inventory& inventory, const Value& wanted) {
  StoredResource stored;
  stored.record.inputs = recorded;
  const auto seen = grants_type.read(inventory, stored.record);
  if (!seen) return {{seen.error().summary}, {}};
  Observation observation;
  observation.exists = seen->exists;
  observation.inputs = seen->inputs;
  const Comparison comparison = compare(*grants_type.type, stored, &observation, wanted, "key");
  Planned planned;
  for (const firn::Change& change : comparison.changes)
    planned.changes.push_back(change.path);
  planned.reasons = comparison.reasons;
  return planned;
}

const Value usage_of_warehouse = entry({"USAGE"}, {{"warehouse", "W"}});
const Value select_on_table = entry({"SELECT"}, {{"table", "D.S.T"}});

TEST(GrantsAsAWhole, AreKeptByWhatTheyAreOn) {
  EXPECT_EQ(declared({entry({"select", "INSERT"}, {{"table", "d.s.t"}}),
                      entry({"DELETE"}, {{"table", "D.S.T"}}),
                      entry({"EXECUTE TASK"}, {{"account", true}}),
                      entry({"SELECT"}, {{"future", future_tables("d.s")}}),
                      entry({"USAGE"}, {{"procedure", "d.s.load(string, int)"}})},
                     {"reader", "READER", "\"x\""}),
            Value(Map{{"role", "R"},
                      {"grants", Map{{"ACCOUNT", List{"EXECUTE TASK"}},
                                     {"FUTURE TABLES IN SCHEMA D.S", List{"SELECT"}},
                                     {"PROCEDURE D.S.LOAD(VARCHAR, NUMBER)", List{"USAGE"}},
                                     {"TABLE D.S.T", List{"DELETE", "INSERT", "SELECT"}}}},
                      {"roles", List{"\"x\"", "READER"}},
                      {"database_roles", List{}}}));
  const Value once = declared({usage_of_warehouse});
  EXPECT_EQ(grants_type.type->normalize(once), once);
  // What is not known yet stays as it was written.
  const Value waiting = Map{
      {"role", "R"}, {"grants", List{entry({"USAGE"}, {{"warehouse", Value::unknown("w.fqn")}})}}};
  EXPECT_TRUE(grants_type.type->normalize(waiting).at("grants").is_list());
}

TEST(GrantsAsAWhole, APlanSaysWhatIsRevoked) {
  struct Row {
    const char* what;
    Value recorded;
    Role shown;
    Value wanted;
    Texts changes;
    Texts reasons;
  };
  const Texts held_usage = {"USAGE", "WAREHOUSE", "W", "false", "DEPLOYER"};
  const Texts held_select = {"SELECT", "TABLE", "D.S.T", "false", "DEPLOYER"};
  const Value just_usage = declared({usage_of_warehouse});
  const Value all_and_future = declared({entry({"SELECT"}, {{"all", future_tables("D.S")}}),
                                         entry({"SELECT"}, {{"future", future_tables("D.S")}})});
  const Value future_but_one = declared(
      {entry({"SELECT"}, {{"future", future_tables("D.S")}}), entry({}, {{"table", "D.S.T"}})});
  for (const Row& row : {
           Row{"as declared", just_usage, {{held_usage}, {}, {}}, just_usage, {}, {}},
           Row{"owning is not being granted",
               just_usage,
               {{held_usage, {"OWNERSHIP", "TABLE", "D.S.X", "true", "R"}}, {}, {}},
               just_usage,
               {},
               {}},
           Row{"granted behind our back",
               just_usage,
               {{held_usage, held_select, {"OPERATE", "WAREHOUSE", "W", "false", "DEPLOYER"}},
                {{"SELECT", "VIEW", "D.S.<VIEW>"}},
                {}},
               just_usage,
               {"grants.FUTURE VIEWS IN SCHEMA D.S", "grants.TABLE D.S.T", "grants.WAREHOUSE W[0]",
                "grants.WAREHOUSE W[1]"},
               {"grants was changed outside firn",
                "revokes SELECT on FUTURE VIEWS IN SCHEMA D.S, SELECT on TABLE D.S.T, OPERATE on "
                "WAREHOUSE W"}},
           Row{"a role granted behind our back",
               just_usage,
               {{held_usage, {"USAGE", "ROLE", "SYSADMIN", "false", "SECURITYADMIN"}}, {}, {}},
               just_usage,
               {"roles[0]"},
               {"roles was changed outside firn", "revokes role SYSADMIN"}},
           Row{"no longer declared",
               declared({usage_of_warehouse, select_on_table}),
               {{held_usage, held_select}, {}, {}},
               just_usage,
               {"grants.TABLE D.S.T"},
               {"revokes SELECT on TABLE D.S.T"}},
           Row{"taken away behind our back",
               declared({usage_of_warehouse, select_on_table}),
               {{held_usage}, {}, {}},
               declared({usage_of_warehouse, select_on_table}),
               {"grants.TABLE D.S.T"},
               {"grants was changed outside firn"}},
           Row{"the grant option is more than was declared",
               declared({select_on_table}),
               {{{"SELECT", "TABLE", "D.S.T", "true", "DEPLOYER"}}, {}, {}},
               declared({select_on_table}),
               {"grants.TABLE D.S.T[0]"},
               {"grants was changed outside firn",
                "revokes the grant option of SELECT on TABLE D.S.T"}},
           Row{"what Snowflake gave stays, and is no surplus",
               just_usage,
               {{held_usage, {"USAGE", "DATABASE_ROLE", "SNOWFLAKE.ALERT_VIEWER", "false", ""}},
                {},
                {}},
               just_usage,
               {},
               {}},
           Row{"single tables are what all and future ones stand for",
               all_and_future,
               {{held_select, {"SELECT", "TABLE", "D.S.U", "false", "DEPLOYER"}},
                {{"SELECT", "TABLE", "D.S.<TABLE>"}},
                {{"S", "T"}, {"S", "U"}, {"ELSEWHERE", "V"}, {"S", "EXTERNAL", "Y"}}},
               all_and_future,
               {},
               {}},
           Row{"other privileges on them are not",
               all_and_future,
               {{held_select, {"DELETE", "TABLE", "D.S.T", "false", "DEPLOYER"}},
                {{"SELECT", "TABLE", "D.S.<TABLE>"}},
                {{"S", "T"}}},
               all_and_future,
               {"grants.TABLE D.S.T"},
               {"grants was changed outside firn", "revokes DELETE on TABLE D.S.T"}},
           Row{"a table that was made without the grant",
               all_and_future,
               {{held_select}, {{"SELECT", "TABLE", "D.S.<TABLE>"}}, {{"S", "T"}, {"S", "NEW"}}},
               all_and_future,
               {"grants.ALL TABLES IN SCHEMA D.S"},
               {"grants was changed outside firn"}},
           Row{"all ones no longer declared: each table is named",
               all_and_future,
               {{held_select}, {{"SELECT", "TABLE", "D.S.<TABLE>"}}, {{"S", "T"}}},
               just_usage,
               {"grants.FUTURE TABLES IN SCHEMA D.S", "grants.TABLE D.S.T", "grants.WAREHOUSE W"},
               {"revokes SELECT on FUTURE TABLES IN SCHEMA D.S, SELECT on TABLE D.S.T"}},
           Row{"a table that is kept out of what future ones get",
               future_but_one,
               {{held_select}, {{"SELECT", "TABLE", "D.S.<TABLE>"}}, {}},
               future_but_one,
               {"grants.TABLE D.S.T[0]"},
               {"grants was changed outside firn", "revokes SELECT on TABLE D.S.T"}},
           Row{"and holds nothing",
               future_but_one,
               {{{"SELECT", "TABLE", "D.S.U", "false", "DEPLOYER"}},
                {{"SELECT", "TABLE", "D.S.<TABLE>"}},
                {}},
               future_but_one,
               {},
               {}},
           Row{"a kind that firn does not know",
               just_usage,
               {{held_usage, {"APPLY", "MASKING_POLICY", "D.S.\"my policy\"", "false", "X"}},
                {},
                {}},
               just_usage,
               {"grants.MASKING POLICY D.S.\"my policy\""},
               {"grants was changed outside firn",
                "revokes APPLY on MASKING POLICY D.S.\"my policy\""}},
       }) {
    const Planned planned = plan(row.recorded, inventory_of(row.shown), row.wanted);
    EXPECT_EQ(planned.changes, row.changes) << row.what;
    EXPECT_EQ(planned.reasons, row.reasons) << row.what;
  }
}

TEST(GrantsAsAWhole, ChangeByTheDifferenceAndRevokeFirst) {
  const Inventory around =
      inventory_of({{{"USAGE", "WAREHOUSE", "W", "true", "X"},
                     {"OPERATE", "WAREHOUSE", "W", "false", "X"},
                     {"SELECT", "TABLE", "D.S.T", "false", "X"},
                     {"APPLY", "MASKING_POLICY", "D.S.\"my policy\"", "false", "X"},
                     {"USAGE", "PROCEDURE", "D.S.\"LOAD(A VARCHAR):NUMBER\"", "false", "X"},
                     {"USAGE", "ROLE", "OLD", "false", "X"}},
                    {{"SELECT", "VIEW", "D.<VIEW>"}},
                    {{"S", "T"}}});
  const Value wanted = declared({usage_of_warehouse, entry({"EXECUTE TASK"}, {{"account", true}}),
                                 entry({"SELECT"}, {{"all", future_tables("D.S")}}),
                                 entry({"MONITOR", "OPERATE"}, {{"pipe", "D.S.P"}})},
                                {"NEW"});
  EXPECT_EQ(
      texts(grants_type.update(change_to(wanted, around))),
      (Texts{R"(REVOKE SELECT ON FUTURE VIEWS IN DATABASE "D" FROM ROLE "R")",
             R"(REVOKE APPLY ON MASKING POLICY "D"."S"."my policy" FROM ROLE "R")",
             R"(REVOKE USAGE ON PROCEDURE "D"."S"."LOAD" (VARCHAR) FROM ROLE "R")",
             R"(REVOKE OPERATE ON WAREHOUSE "W" FROM ROLE "R")",
             R"(REVOKE GRANT OPTION FOR USAGE ON WAREHOUSE "W" FROM ROLE "R")",
             R"(REVOKE ROLE "OLD" FROM ROLE "R")", R"(GRANT EXECUTE TASK ON ACCOUNT TO ROLE "R")",
             R"(GRANT MONITOR, OPERATE ON PIPE "D"."S"."P" TO ROLE "R")",
             R"(GRANT ROLE "NEW" TO ROLE "R")"}));
}

TEST(GrantsAsAWhole, WhatIsKeptOutIsTakenAway) {
  const Inventory around = inventory_of(
      {{{"SELECT", "TABLE", "D.S.T", "false", "X"}}, {{"SELECT", "TABLE", "D.S.<TABLE>"}}, {}});
  const Value wanted = declared(
      {entry({"SELECT"}, {{"future", future_tables("D.S")}}), entry({}, {{"table", "D.S.T"}})});
  EXPECT_EQ(texts(grants_type.update(change_to(wanted, around))),
            Texts{R"(REVOKE SELECT ON TABLE "D"."S"."T" FROM ROLE "R")"});
}

TEST(GrantsAsAWhole, ADatabaseRoleKeepsUsageOnItsDatabase) {
  const Value who = Map{{"database_role", "D.R"}};
  const Role role{{{"USAGE", "DATABASE", "D", "false", "DEPLOYER"},
                   {"SELECT", "TABLE", "D.S.T", "false", "DEPLOYER"}},
                  {},
                  {}};
  const Inventory inventory = inventory_of(role, "DATABASE ROLE");
  const Value wanted = declared({select_on_table}, {}, who);
  EXPECT_EQ(plan(wanted, inventory, wanted).changes, Texts{});
  // Declared, it is no difference either.
  const Value said = declared({select_on_table, entry({"USAGE"}, {{"database", "D"}})}, {}, who);
  EXPECT_EQ(plan(said, inventory, said).changes, Texts{});
  EXPECT_EQ(texts(grants_type.update(change_to(declared({}, {}, who), inventory))),
            Texts{R"(REVOKE SELECT ON TABLE "D"."S"."T" FROM DATABASE ROLE "D"."R")"});
}

TEST(GrantsAsAWhole, NothingIsRevokedThatNoPlanHasShown) {
  const Inventory around = inventory_of(
      {{{"USAGE", "WAREHOUSE", "W", "false", "X"}, {"SELECT", "TABLE", "D.S.T", "false", "X"}},
       {},
       {}});
  EXPECT_EQ(
      texts(grants_type.create(change_to(declared({usage_of_warehouse}), around))),
      (Texts{"R may do more than is declared", "it holds: SELECT on TABLE D.S.T",
             "declare it too; or take what it holds in, and the next plan says what is revoked:\n"
             "  firn import finance rights --env dev"}));
  // What is declared and there already costs nothing.
  EXPECT_EQ(
      texts(grants_type.create(change_to(declared({usage_of_warehouse, select_on_table}), around))),
      Texts{});
}

TEST(GrantsAsAWhole, RemovalTakesWhatTheSetGave) {
  ResourceRecord record;
  record.inputs =
      declared({usage_of_warehouse, entry({"SELECT"}, {{"all", future_tables("D.S")}}),
                entry({"SELECT"}, {{"future", Map{{"objects", "TABLES"}, {"database", "D"}}}})},
               {"READER"});
  const Inventory around = inventory_of({{{"USAGE", "WAREHOUSE", "W", "false", "X"},
                                          {"MONITOR", "WAREHOUSE", "W", "false", "X"},
                                          {"SELECT", "TABLE", "D.S.T", "false", "X"},
                                          {"SELECT", "TABLE", "D.LATER.T", "false", "X"},
                                          {"USAGE", "ROLE", "READER", "false", "X"},
                                          {"USAGE", "ROLE", "OTHER", "false", "X"}},
                                         {{"SELECT", "TABLE", "D.<TABLE>"}},
                                         {{"S", "T"}, {"LATER", "T"}}});
  EXPECT_EQ(texts(grants_type.remove_from(record, around)),
            (Texts{R"(REVOKE SELECT ON ALL TABLES IN SCHEMA "D"."S" FROM ROLE "R")",
                   R"(REVOKE SELECT ON FUTURE TABLES IN DATABASE "D" FROM ROLE "R")",
                   R"(REVOKE SELECT ON TABLE "D"."LATER"."T" FROM ROLE "R")",
                   R"(REVOKE USAGE ON WAREHOUSE "W" FROM ROLE "R")",
                   R"(REVOKE ROLE "READER" FROM ROLE "R")"}));
  // With its role, all is gone.
  Inventory gone;
  Error missing;
  missing.code = "002003";
  gone.add(Statement("SHOW GRANTS").word("TO ROLE").identifier("R"), fail(missing));
  EXPECT_EQ(texts(grants_type.remove_from(record, gone)), Texts{});
  EXPECT_FALSE(grants_type.read(gone, record)->exists);
}

TEST(GrantsAsAWhole, AskFewStatements) {
  ResourceRecord record;
  record.inputs = declared({usage_of_warehouse, select_on_table});
  EXPECT_EQ(grants_type.listings(record).size(), 2U);
  record.inputs = declared({entry({"SELECT"}, {{"all", future_tables("D.S")}}),
                            entry({"SELECT"}, {{"future", future_tables("D.S")}})});
  const auto listings = grants_type.listings(record);
  ASSERT_EQ(listings.size(), 3U);
  // The widest form is the one that the tables of the stack are listed with.
  EXPECT_EQ(listings[2].forms.front().text(), R"(SHOW TABLES IN DATABASE "D")");
  EXPECT_EQ(listings[2].forms.back().text(), R"(SHOW TABLES IN SCHEMA "D"."S")");
}

TEST(GrantsAsAWhole, RefuseWhatMakesNoSense) {
  struct Row {
    Value inputs;
    const char* path;
    const char* summary;
  };
  const auto role = [](List grants) { return Map{{"role", "R"}, {"grants", std::move(grants)}}; };
  for (const Row& row : {
           Row{Map{{"grants", List{}}}, "", "it is about exactly one role"},
           Row{Map{{"role", "R"}, {"database_role", "D.R"}}, "", "it is about exactly one role"},
           Row{Map{{"role", "SYSADMIN"}}, "role", "SYSADMIN belongs to Snowflake"},
           Row{Map{{"database_role", "D.R"}, {"roles", List{"X"}}}, "roles",
               "no account role can be granted to a database role"},
           Row{role({entry({"ALL PRIVILEGES"}, {{"table", "D.S.T"}})}), "grants.0.privileges",
               "the whole of a role's rights names each of them"},
           Row{role({usage_of_warehouse, entry({"ownership"}, {{"table", "D.S.T"}})}),
               "grants.1.privileges", "OWNERSHIP is not part of what is granted"},
           Row{role({entry({}, {{"future", future_tables("D.S")}})}), "grants.0.privileges",
               "the grant gives no privilege"},
           Row{role({entry({"SELECT"}, {{"all", future_tables("D.S")}}),
                     entry({}, {{"table", "D.S.T"}})}),
               "grants", "TABLE D.S.T cannot be kept out of ALL TABLES IN SCHEMA D.S"},
           Row{role({entry({"SELECT"}, {{"table", "D.S.T"}, {"view", "D.S.V"}})}), "grants.0.on",
               "a grant is on exactly one object"},
           Row{role({entry({"MONITOR"}, {{"all", Map{{"objects", "PIPES"}, {"schema", "D.S"}}}})}),
               "grants.0.on.all.objects", "Snowflake takes no grant on all pipes at once"},
           Row{Map{{"database_role", "D.R"}, {"grants", List{usage_of_warehouse}}}, "grants.0.on",
               "a database role can hold privileges in its own database only"},
       }) {
    std::vector<Problem> problems;
    const Value prepared = grants_type.type->prepare("", row.inputs, problems);
    grants_type.type->validate({}, "", grants_type.type->normalize(prepared), problems);
    ASSERT_EQ(problems.size(), 1U) << row.summary;
    EXPECT_EQ(problems[0].path, row.path) << row.summary;
    EXPECT_EQ(problems[0].summary, row.summary);
  }
}

TEST(GrantsAsAWhole, HaveARoleForThemselves) {
  const Value whole = declared({usage_of_warehouse});
  const Value single = Map{
      {"privileges", List{"SELECT"}}, {"on", Map{{"table", "D.S.T"}}}, {"to", Map{{"role", "R"}}}};
  const Value owner = Map{{"privileges", List{"OWNERSHIP"}},
                          {"on", Map{{"table", "D.S.T"}}},
                          {"to", Map{{"role", "R"}}}};
  const Value elsewhere = Map{{"role", "R"}, {"to", Map{{"role", "SYSADMIN"}}}};
  const std::vector<Peer> peers{{"whole", &whole, "snowflake.grants", nullptr},
                                {"twice", &whole, "snowflake.grants", nullptr},
                                {"single", &single, "snowflake.grant", nullptr},
                                {"owner", &owner, "snowflake.grant", nullptr},
                                {"elsewhere", &elsewhere, "snowflake.grant", nullptr}};
  std::vector<PeerProblem> problems;
  grants_type.type->validate_together(peers, problems);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].peer, 1U);
  EXPECT_EQ(problems[0].problem.summary, "\"whole\" says what this role may do, too");
  EXPECT_EQ(problems[1].peer, 2U);
  EXPECT_EQ(problems[1].problem.summary, "\"whole\" says all that this role may do");
}

}  // namespace
}  // namespace firn::snowflake
