// Every statement of the types that move data, and what they find in listings.
#include <algorithm>
#include <gtest/gtest.h>

#include "providers/snowflake/schedule.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

using Texts = std::vector<std::string>;

Texts texts(const Steps& steps) {
  if (!steps) return {steps.error().summary + ": " + steps.error().detail};
  Texts all;
  for (const Step& step : *steps)
    all.push_back(step.statement.text());
  return all;
}

Rows rows_of(const Texts& columns, const std::vector<Texts>& cells) {
  Rows rows;
  rows.column_names = columns;
  const auto shared = std::make_shared<const Texts>(columns);
  for (const Texts& row : cells)
    rows.rows.emplace_back(shared, Row::Cells(row.begin(), row.end()));
  return rows;
}

// SHOW TASKS IN SCHEMA "D"."S" of: name, predecessors, state, root that it finalises.
Inventory tasks_around(const std::vector<Texts>& tasks) {
  std::vector<Texts> cells;
  for (const Texts& task : tasks) {
    const std::string relations =
        task[3].empty() ? "{}" : R"({"FinalizedRootTask":")" + task[3] + "\"}";
    cells.push_back({task[0], "D", "S", task[1], task[2], relations});
  }
  Inventory inventory;
  inventory.add(
      Statement("SHOW TASKS").word("IN SCHEMA").name({{"D", "S"}}),
      rows_of({"name", "database_name", "schema_name", "predecessors", "state", "task_relations"},
              cells));
  return inventory;
}

// ROOT → A → B, and F, which finalises.
Inventory graph(const std::string& root, const std::string& others) {
  return tasks_around({{"ROOT", "[]", root, ""},
                       {"A", R"(["\"D\".\"S\".\"ROOT\""])", others, ""},
                       {"B", R"(["D.S.A"])", others, ""},
                       {"F", "[]", others, "D.S.ROOT"},
                       {"FREE", "[]", "started", ""}});
}

struct Case {
  const char* what;
  const ObjectType* type;
  const char* name;
  Value desired;
  Texts changed;  // empty: create
  Texts statements;
  Value prior = Map{};
  const char* root = "suspended";  // how the graph stands
  const char* others = "suspended";
};

void PrintTo(const Case& row, std::ostream* out) {
  *out << row.what;
}

class Movement : public ::testing::TestWithParam<Case> {};

TEST_P(Movement, SendsTheseStatements) {
  const Case& row = GetParam();
  const Inventory around = graph(row.root, row.others);
  Change change{
      row.name,
      "a",
      row.type->type->normalize == nullptr ? row.desired : row.type->type->normalize(row.desired),
      row.prior,
      row.changed,
      {"finance", "dev", "a"},
      {},
      row.type->type,
      &around};
  EXPECT_EQ(texts(row.changed.empty() ? row.type->create(change) : row.type->update(change)),
            row.statements);
}

Value in_schema(Map more = {}) {
  more.set("schema", "D.S");
  return more;
}

constexpr const char* mark = "[firn:finance/dev/a]";
const std::string comment = std::string("COMMENT = '") + mark + "'";

INSTANTIATE_TEST_SUITE_P(
    Streams, Movement,
    ::testing::Values(
        Case{
            "stream_on_table",
            &stream_type,
            "ST",
            in_schema({{"table", "D.S.T"}, {"mode", "append_only"}, {"show_initial_rows", true}}),
            {},
            {R"(CREATE STREAM "D"."S"."ST" ON TABLE "D"."S"."T" APPEND_ONLY = TRUE SHOW_INITIAL_ROWS = TRUE )" +
             comment}},
        Case{"stream_on_view",
             &stream_type,
             "ST",
             in_schema({{"view", "d.s.v"}}),
             {},
             {R"(CREATE STREAM "D"."S"."ST" ON VIEW "D"."S"."V" )" + comment}},
        Case{"stream_on_external_table",
             &stream_type,
             "ST",
             in_schema({{"external_table", "D.S.E"}}),
             {},
             {R"(CREATE STREAM "D"."S"."ST" ON EXTERNAL TABLE "D"."S"."E" INSERT_ONLY = TRUE )" +
              comment}},
        Case{
            "stream_on_stage",
            &stream_type,
            "ST",
            in_schema({{"stage", "D.S.G"}, {"comment", "c"}}),
            {},
            {R"(CREATE STREAM "D"."S"."ST" ON STAGE "D"."S"."G" COMMENT = 'c [firn:finance/dev/a]')"}},
        Case{"stream_comment",
             &stream_type,
             "ST",
             in_schema({{"table", "D.S.T"}}),
             {"comment"},
             {R"(ALTER STREAM "D"."S"."ST" SET )" + comment}}));

INSTANTIATE_TEST_SUITE_P(
    Tasks, Movement,
    ::testing::Values(
        Case{
            "task_root",
            &task_type,
            "NEW",
            in_schema({{"definition", "CALL P();"},
                       {"warehouse", "W"},
                       {"schedule", "10 minutes"},
                       {"config", Map{{"env", "dev"}}},
                       {"overlap_policy", "NO_OVERLAP"},
                       {"user_task_timeout_ms", 1000},
                       {"suspend_task_after_num_failures", 3},
                       {"task_auto_retry_attempts", 2},
                       {"error_integration", "ALERTS"},
                       {"condition", "SYSTEM$STREAM_HAS_DATA('D.S.ST')"}}),
            {},
            {R"(CREATE TASK "D"."S"."NEW" WAREHOUSE = "W" SCHEDULE = '10 MINUTE' CONFIG = '{"env":"dev"}' OVERLAP_POLICY = NO_OVERLAP USER_TASK_TIMEOUT_MS = 1000 SUSPEND_TASK_AFTER_NUM_FAILURES = 3 TASK_AUTO_RETRY_ATTEMPTS = 2 ERROR_INTEGRATION = "ALERTS" )" +
             comment + R"( WHEN SYSTEM$STREAM_HAS_DATA('D.S.ST') AS CALL P())"},
            Map{},
            "started"},
        Case{"task_child_of_a_running_root",
             &task_type,
             "NEW",
             in_schema({{"definition", "SELECT 1"}, {"after", List{"D.S.B", "D.S.A"}}}),
             {},
             {R"(ALTER TASK "D"."S"."ROOT" SUSPEND)",
              R"(CREATE TASK "D"."S"."NEW" )" + comment +
                  R"( AFTER "D"."S"."B", "D"."S"."A" AS SELECT 1)"},
             Map{},
             "started"},
        Case{"task_finaliser",
             &task_type,
             "NEW",
             in_schema({{"definition", "SELECT 1"},
                        {"finalize", "D.S.ROOT"},
                        {"initial_warehouse_size", "xsmall"}}),
             {},
             {R"(CREATE TASK "D"."S"."NEW" USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' )" +
              comment + R"( FINALIZE = "D"."S"."ROOT" AS SELECT 1)"}},
        Case{"task_of_another_role",
             &task_type,
             "NEW",
             in_schema({{"definition", "SELECT 1"}, {"schedule", "1 HOUR"}, {"owner", "loader"}}),
             {},
             {R"(CREATE TASK "D"."S"."NEW" SCHEDULE = '1 HOUR' )" + comment + " AS SELECT 1",
              R"(GRANT OWNERSHIP ON TASK "D"."S"."NEW" TO ROLE "LOADER" COPY CURRENT GRANTS)"}},
        Case{"task_of_another_role_joins_a_graph",
             &task_type,
             "NEW",
             in_schema({{"definition", "SELECT 1"},
                        {"after", List{"D.S.B"}},
                        {"condition", "SYSTEM$STREAM_HAS_DATA('D.S.ST')"},
                        {"owner", "LOADER"}}),
             {},
             {R"(ALTER TASK "D"."S"."ROOT" SUSPEND)",
              R"(CREATE TASK "D"."S"."NEW" )" + comment + " AS SELECT 1",
              R"(GRANT OWNERSHIP ON TASK "D"."S"."NEW" TO ROLE "LOADER" COPY CURRENT GRANTS)",
              R"(ALTER TASK "D"."S"."NEW" ADD AFTER "D"."S"."B")",
              R"(ALTER TASK "D"."S"."NEW" MODIFY WHEN SYSTEM$STREAM_HAS_DATA('D.S.ST'))"},
             Map{},
             "started"},
        Case{"task_changes_hands_and_keeps_its_place",
             &task_type,
             "B",
             in_schema({{"definition", "SELECT 1"}, {"after", List{"D.S.A"}}, {"owner", "LOADER"}}),
             {"owner"},
             {R"(ALTER TASK "D"."S"."B" REMOVE AFTER "D"."S"."A")",
              R"(GRANT OWNERSHIP ON TASK "D"."S"."B" TO ROLE "LOADER" COPY CURRENT GRANTS)",
              R"(ALTER TASK "D"."S"."B" ADD AFTER "D"."S"."A")"},
             in_schema({{"after", List{"D.S.A"}}})},
        Case{"task_finaliser_changes_hands",
             &task_type,
             "F",
             in_schema({{"definition", "SELECT 1"}, {"finalize", "D.S.ROOT"}, {"owner", "LOADER"}}),
             {"owner"},
             {R"(ALTER TASK "D"."S"."F" UNSET FINALIZE)",
              R"(GRANT OWNERSHIP ON TASK "D"."S"."F" TO ROLE "LOADER" COPY CURRENT GRANTS)",
              R"(ALTER TASK "D"."S"."F" SET FINALIZE = "D"."S"."ROOT")"},
             in_schema({{"finalize", "D.S.ROOT"}})},
        Case{"task_definition_while_the_graph_runs",
             &task_type,
             "B",
             in_schema({{"definition", "BEGIN SELECT 1; END;"}, {"after", List{"D.S.A"}}}),
             {"definition"},
             {R"(ALTER TASK "D"."S"."ROOT" SUSPEND)",
              R"(ALTER TASK "D"."S"."B" MODIFY AS BEGIN SELECT 1; END)"},
             in_schema({{"after", List{"D.S.A"}}}),
             "started",
             "started"},
        Case{"task_moves_in_the_graph",
             &task_type,
             "B",
             in_schema({{"definition", "SELECT 1"}, {"after", List{"D.S.ROOT"}}}),
             {"after"},
             {R"(ALTER TASK "D"."S"."B" REMOVE AFTER "D"."S"."A")",
              R"(ALTER TASK "D"."S"."B" ADD AFTER "D"."S"."ROOT")"},
             in_schema({{"after", List{"D.S.A"}}})},
        Case{"task_becomes_a_child",
             &task_type,
             "FREE",
             in_schema({{"definition", "SELECT 1"}, {"after", List{"D.S.A"}}}),
             {"after", "schedule"},
             {R"(ALTER TASK "D"."S"."FREE" SUSPEND)", R"(ALTER TASK "D"."S"."FREE" UNSET SCHEDULE)",
              R"(ALTER TASK "D"."S"."FREE" ADD AFTER "D"."S"."A")"},
             in_schema({{"schedule", "1 HOUR"}})},
        Case{"task_becomes_a_root",
             &task_type,
             "B",
             in_schema({{"definition", "SELECT 1"}, {"schedule", "1 HOUR"}}),
             {"after", "schedule"},
             {R"(ALTER TASK "D"."S"."B" REMOVE AFTER "D"."S"."A")",
              R"(ALTER TASK "D"."S"."B" SET SCHEDULE = '1 HOUR')"},
             in_schema({{"after", List{"D.S.A"}}})},
        Case{"task_finaliser_becomes_a_child",
             &task_type,
             "F",
             in_schema({{"definition", "SELECT 1"}, {"after", List{"D.S.A"}}}),
             {"after", "finalize"},
             {R"(ALTER TASK "D"."S"."F" UNSET FINALIZE)",
              R"(ALTER TASK "D"."S"."F" ADD AFTER "D"."S"."A")"},
             in_schema({{"finalize", "D.S.ROOT"}})},
        Case{"task_relinked_after_its_root_was_made_anew",
             &task_type,
             "FREE",
             in_schema({{"definition", "SELECT 1"}, {"finalize", "D.S.ROOT"}}),
             {"finalize"},
             {R"(ALTER TASK "D"."S"."FREE" SUSPEND)",
              R"(ALTER TASK "D"."S"."FREE" SET FINALIZE = "D"."S"."ROOT")"},
             in_schema({{"finalize", "D.S.ROOT"}})},
        Case{
            "task_without_warehouse",
            &task_type,
            "ROOT",
            in_schema({{"definition", "SELECT 1"}, {"initial_warehouse_size", "SMALL"}}),
            {"comment", "config", "error_integration", "initial_warehouse_size",
             "suspend_task_after_num_failures", "task_auto_retry_attempts", "warehouse",
             "condition"},
            {R"(ALTER TASK "D"."S"."ROOT" UNSET WAREHOUSE, CONFIG, SUSPEND_TASK_AFTER_NUM_FAILURES, ERROR_INTEGRATION)",
             R"(ALTER TASK "D"."S"."ROOT" SET USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'SMALL' TASK_AUTO_RETRY_ATTEMPTS = 0 )" +
                 comment,
             R"(ALTER TASK "D"."S"."ROOT" REMOVE WHEN)"}}));

const Value whole =
    Map{{"root", "D.S.ROOT"}, {"tasks", List{"D.S.A", "D.S.B", "D.S.F"}}, {"state", "started"}};
Value whole_with(const char* key, Value value) {
  Map map = whole.as_map();
  map.set(key, std::move(value));
  return map;
}
const char* const resume_f = R"(ALTER TASK "D"."S"."F" RESUME)";
const char* const resume_a = R"(ALTER TASK "D"."S"."A" RESUME)";
const char* const resume_b = R"(ALTER TASK "D"."S"."B" RESUME)";
const char* const resume_root = R"(ALTER TASK "D"."S"."ROOT" RESUME)";
const char* const suspend_root = R"(ALTER TASK "D"."S"."ROOT" SUSPEND)";

INSTANTIATE_TEST_SUITE_P(
    Graphs, Movement,
    ::testing::Values(Case{"graph_started",
                           &task_graph_type,
                           "",
                           whole,
                           {},
                           {resume_b, resume_a, resume_f, resume_root}},
                      Case{"graph_suspended_keeps_its_children_ready",
                           &task_graph_type,
                           "",
                           whole_with("state", "suspended"),
                           {},
                           {resume_b, resume_a, resume_f}},
                      Case{"graph_stops",
                           &task_graph_type,
                           "",
                           whole_with("state", "suspended"),
                           {"state"},
                           {suspend_root},
                           whole,
                           "started",
                           "started"},
                      Case{"graph_runs_already",
                           &task_graph_type,
                           "",
                           whole,
                           {"tasks"},
                           {},
                           whole,
                           "started",
                           "started"},
                      Case{"graph_with_a_sleeping_child",
                           &task_graph_type,
                           "",
                           whole,
                           {"state"},
                           {suspend_root, resume_b, resume_a, resume_f, resume_root},
                           whole,
                           "started",
                           "suspended"},
                      Case{
                          "graph_lets_go",
                          &task_graph_type,
                          "",
                          Map{{"root", "D.S.ROOT"}, {"tasks", List{"D.S.A"}}, {"state", "started"}},
                          {"tasks"},
                          {suspend_root, R"(ALTER TASK "D"."S"."B" SUSPEND)",
                           R"(ALTER TASK "D"."S"."B" REMOVE AFTER "D"."S"."A")",
                           R"(ALTER TASK "D"."S"."F" SUSPEND)",
                           R"(ALTER TASK "D"."S"."F" UNSET FINALIZE)", resume_root},
                          whole,
                          "started",
                          "started"}));

const Value on_event = in_schema({{"condition", "SELECT 1 FROM T;"},
                                  {"action", "CALL WARN()"},
                                  {"schedule", "60 minutes"},
                                  {"warehouse", "W"},
                                  {"state", "started"}});

INSTANTIATE_TEST_SUITE_P(
    Alerts, Movement,
    ::testing::Values(
        Case{"alert_create",
             &alert_type,
             "A",
             on_event,
             {},
             {R"(CREATE ALERT "D"."S"."A" WAREHOUSE = "W" SCHEDULE = '60 MINUTE' )" + comment +
                  " IF (EXISTS (SELECT 1 FROM T)) THEN CALL WARN()",
              R"(ALTER ALERT "D"."S"."A" RESUME)"}},
        Case{"alert_changes",
             &alert_type,
             "A",
             on_event,
             {"action", "comment", "condition", "schedule", "state", "warehouse"},
             {R"(ALTER ALERT "D"."S"."A" SET WAREHOUSE = "W" SCHEDULE = '60 MINUTE' )" + comment,
              R"(ALTER ALERT "D"."S"."A" MODIFY CONDITION EXISTS (SELECT 1 FROM T))",
              R"(ALTER ALERT "D"."S"."A" MODIFY ACTION CALL WARN())",
              R"(ALTER ALERT "D"."S"."A" RESUME)"}},
        Case{
            "alert_stops",
            &alert_type,
            "A",
            in_schema({{"condition", "SELECT 1"}, {"action", "CALL WARN()"}}),
            {"state", "warehouse"},
            {R"(ALTER ALERT "D"."S"."A" SUSPEND)", R"(ALTER ALERT "D"."S"."A" UNSET WAREHOUSE)"}}));

const Value load = in_schema(
    {{"arguments", List{Map{{"name", "since"}, {"type", "date"}, {"default", "CURRENT_DATE()"}},
                        Map{{"name", "\"n\""}, {"type", "NUMBER(10,2)"}, {"default", "3"}}}},
     {"returns", "string"},
     {"body", "BEGIN\n  RETURN 'x';\nEND;\n"}});

INSTANTIATE_TEST_SUITE_P(
    Procedures, Movement,
    ::testing::Values(
        Case{
            "procedure_create",
            &procedure_type,
            "P",
            load,
            {},
            {R"(CREATE PROCEDURE "D"."S"."P" ("SINCE" DATE DEFAULT CURRENT_DATE(), "n" NUMBER(10,2) DEFAULT 3) RETURNS VARCHAR(16777216) LANGUAGE SQL )" +
             comment + " EXECUTE AS OWNER AS $$BEGIN\n  RETURN 'x';\nEND;$$"}},
        Case{
            "procedure_body",
            &procedure_type,
            "P",
            load,
            {"body", "comment"},
            {R"(CREATE OR REPLACE PROCEDURE "D"."S"."P" ("SINCE" DATE DEFAULT CURRENT_DATE(), "n" NUMBER(10,2) DEFAULT 3) COPY GRANTS RETURNS VARCHAR(16777216) LANGUAGE SQL )" +
             comment + " EXECUTE AS OWNER AS $$BEGIN\n  RETURN 'x';\nEND;$$"}},
        Case{"procedure_settings",
             &procedure_type,
             "P",
             load,
             {"comment", "execute_as"},
             {R"(ALTER PROCEDURE "D"."S"."P" (DATE, NUMBER) EXECUTE AS OWNER)",
              R"(ALTER PROCEDURE "D"."S"."P" (DATE, NUMBER) SET )" + comment}},
        Case{
            "procedure_in_python",
            &procedure_type,
            "P",
            in_schema({{"language", "python"},
                       {"returns", "table (a int, b string)"},
                       {"runtime_version", "3.12"},
                       {"handler", "run"},
                       {"packages", List{"snowflake-snowpark-python"}},
                       {"body", "def run(s):\n  return '$$'"}}),
            {},
            {R"(CREATE PROCEDURE "D"."S"."P" () RETURNS TABLE (A NUMBER(38,0), B VARCHAR(16777216)) LANGUAGE PYTHON RUNTIME_VERSION = '3.12' PACKAGES = ('snowflake-snowpark-python') HANDLER = 'run' )" +
             comment + " EXECUTE AS OWNER AS 'def run(s):\n  return ''$$'''"}}));

const Value events = in_schema(
    {{"stage", "D.S.ST"},
     {"path", "/demo"},
     {"file_format", "D.S.F"},
     {"pattern", ".*"},
     {"auto_refresh", true},
     {"refresh_on_create", false},
     {"sns_topic", "arn:aws:sns:eu-west-1:1:t"},
     {"columns", List{Map{{"name", "day"},
                          {"type", "DATE"},
                          {"expression", "TO_DATE(METADATA$FILENAME)"},
                          {"partition", true}},
                      Map{{"name", "\"at\""}, {"type", "string"}, {"expression", "VALUE:at"}}}}});

INSTANTIATE_TEST_SUITE_P(
    ExternalTables, Movement,
    ::testing::Values(
        Case{
            "external_create",
            &external_table_type,
            "E",
            events,
            {},
            {R"(CREATE EXTERNAL TABLE "D"."S"."E" ("DAY" DATE AS (TO_DATE(METADATA$FILENAME)), "at" VARCHAR(16777216) AS (VALUE:at)) PARTITION BY ("DAY") LOCATION = @"D"."S"."ST"/demo/ REFRESH_ON_CREATE = FALSE AUTO_REFRESH = TRUE PATTERN = '.*' FILE_FORMAT = (FORMAT_NAME = 'D.S.F') AWS_SNS_TOPIC = 'arn:aws:sns:eu-west-1:1:t' )" +
             comment}},
        Case{
            "external_without_columns",
            &external_table_type,
            "E",
            in_schema({{"stage", "D.S.ST"}, {"file_format", "D.S.F"}}),
            {},
            {R"(CREATE EXTERNAL TABLE "D"."S"."E" LOCATION = @"D"."S"."ST" FILE_FORMAT = (FORMAT_NAME = 'D.S.F') )" +
             comment}},
        Case{"external_columns",
             &external_table_type,
             "E",
             events,
             {"auto_refresh", "columns", "comment"},
             {R"(ALTER TABLE "D"."S"."E" DROP COLUMN "OLD")",
              R"(ALTER TABLE "D"."S"."E" DROP COLUMN "at")",
              R"(ALTER TABLE "D"."S"."E" ADD COLUMN "at" VARCHAR(16777216) AS (VALUE:at))",
              R"(ALTER EXTERNAL TABLE "D"."S"."E" SET AUTO_REFRESH = TRUE)",
              std::string(R"(COMMENT ON TABLE "D"."S"."E" IS ')") + mark + "'"},
             in_schema({{"columns",
                         List{Map{{"name", "DAY"},
                                  {"type", "DATE"},
                                  {"expression", "TO_DATE(METADATA$FILENAME)"},
                                  {"partition", true}},
                              Map{{"name", "OLD"}, {"type", "DATE"}, {"expression", "VALUE:old"}},
                              Map{{"name", "\"at\""},
                                  {"type", "VARCHAR(16777216)"},
                                  {"expression", "VALUE:was"}}}}})}));

INSTANTIATE_TEST_SUITE_P(
    Notifications, Movement,
    ::testing::Values(
        Case{
            "notification_create",
            &notification_integration_type,
            "N",
            Map{{"topic", "arn:aws:sns:eu-west-1:1:t"}, {"role_arn", "arn:aws:iam::1:role/R"}},
            {},
            {R"(CREATE NOTIFICATION INTEGRATION "N" ENABLED = TRUE TYPE = QUEUE DIRECTION = OUTBOUND NOTIFICATION_PROVIDER = AWS_SNS AWS_SNS_TOPIC_ARN = 'arn:aws:sns:eu-west-1:1:t' AWS_SNS_ROLE_ARN = 'arn:aws:iam::1:role/R' )" +
             comment}},
        Case{
            "notification_topic",
            &notification_integration_type,
            "N",
            Map{{"topic", "arn:aws:sns:eu-west-1:1:t"}, {"role_arn", "arn:aws:iam::1:role/R"}},
            {"comment", "enabled", "topic"},
            {R"(ALTER NOTIFICATION INTEGRATION "N" SET ENABLED = TRUE AWS_SNS_TOPIC_ARN = 'arn:aws:sns:eu-west-1:1:t' AWS_SNS_ROLE_ARN = 'arn:aws:iam::1:role/R' )" +
             comment}},
        Case{
            "notification_email",
            &notification_integration_type,
            "N",
            Map{{"email",
                 Map{{"allowed_recipients", List{"a@example.com"}}, {"default_subject", "s"}}},
                {"enabled", false}},
            {},
            {R"(CREATE NOTIFICATION INTEGRATION "N" TYPE = EMAIL ENABLED = FALSE ALLOWED_RECIPIENTS = ('a@example.com') DEFAULT_SUBJECT = 's' )" +
             comment}},
        Case{"notification_email_cleared",
             &notification_integration_type,
             "N",
             Map{{"email", Map{{"default_recipients", List{"a@example.com"}}}}},
             {"email"},
             {R"(ALTER NOTIFICATION INTEGRATION "N" SET DEFAULT_RECIPIENTS = ('a@example.com'))",
              R"(ALTER NOTIFICATION INTEGRATION "N" UNSET ALLOWED_RECIPIENTS)",
              R"(ALTER NOTIFICATION INTEGRATION "N" UNSET DEFAULT_SUBJECT)"}}));

TEST(Movement, RemovesWhatIsThere) {
  struct Removal {
    const ObjectType* type;
    const char* name;
    Value inputs;
    const char* root;
    Texts statements;
  };
  for (const Removal& row : {
           Removal{&stream_type, "X", in_schema(), "", {R"(DROP STREAM IF EXISTS "D"."S"."X")"}},
           Removal{&alert_type, "X", in_schema(), "", {R"(DROP ALERT IF EXISTS "D"."S"."X")"}},
           Removal{&procedure_type,
                   "P",
                   load,
                   "",
                   {R"(DROP PROCEDURE IF EXISTS "D"."S"."P" (DATE, NUMBER))"}},
           Removal{&external_table_type,
                   "E",
                   in_schema(),
                   "",
                   {R"(DROP EXTERNAL TABLE IF EXISTS "D"."S"."E")"}},
           Removal{&notification_integration_type,
                   "N",
                   Map{},
                   "",
                   {R"(DROP NOTIFICATION INTEGRATION IF EXISTS "N")"}},
           Removal{
               &task_type, "B", in_schema(), "suspended", {R"(DROP TASK IF EXISTS "D"."S"."B")"}},
           Removal{&task_type,
                   "B",
                   in_schema(),
                   "started",
                   {suspend_root, R"(DROP TASK IF EXISTS "D"."S"."B")"}},
           Removal{&task_graph_type,
                   "",
                   whole,
                   "started",
                   {suspend_root, R"(ALTER TASK "D"."S"."A" SUSPEND)",
                    R"(ALTER TASK "D"."S"."B" SUSPEND)", R"(ALTER TASK "D"."S"."F" SUSPEND)"}},
       }) {
    ResourceRecord record;
    record.name = row.name;
    record.inputs = row.inputs;
    const Inventory around = graph(row.root, row.root);
    EXPECT_EQ(texts(row.type->remove_from != nullptr ? row.type->remove_from(record, around)
                                                     : row.type->remove(record)),
              row.statements)
        << row.type->type->name;
  }
}

TEST(Graphs, TellInWhichStateTheyAre) {
  struct Row {
    const char* root;
    const char* others;
    const char* state;
  };
  for (const Row& row : {
           Row{"started", "started", "started"},
           Row{"suspended", "started", "suspended"},
           Row{"started", "suspended", "started, but not resumed: A, B, F"},
           Row{"suspended", "suspended", "suspended, but not resumed: A, B, F"},
       }) {
    ResourceRecord record;
    record.inputs = whole;
    const auto seen = task_graph_type.read(graph(row.root, row.others), record);
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->exists);
    EXPECT_EQ(*seen->inputs.find("state"), Value(row.state));
  }
  ResourceRecord gone;
  gone.inputs = Map{{"root", "D.S.NONE"}};
  EXPECT_FALSE(task_graph_type.read(graph("started", "started"), gone)->exists);
}

TEST(Graphs, AreCheckedAgainstTheTasksOfTheStack) {
  struct Row {
    const char* what;
    Value graph;
    std::vector<std::pair<const char*, Value>> tasks;  // by name
    Texts problems;
  };
  const Value root = in_schema();
  const Value after_root = in_schema({{"after", List{"D.S.ROOT"}}});
  for (const Row& row : {
           Row{"sound",
               whole,
               {{"ROOT", root},
                {"A", after_root},
                {"B", in_schema({{"after", List{"D.S.A"}}})},
                {"F", in_schema({{"finalize", "D.S.ROOT"}})},
                {"ELSEWHERE", root}},
               {}},
           Row{"no root",
               Map{{"root", "D.S.A"}},
               {{"ROOT", root}, {"A", after_root}},
               {"D.S.A is no root: it runs after D.S.ROOT"}},
           Row{"two roots",
               Map{{"root", "D.S.ROOT"}, {"tasks", List{"D.S.A"}}},
               {{"ROOT", root}, {"A", root}},
               {"the graph has two roots: D.S.ROOT and D.S.A"}},
           Row{"two owners",
               Map{{"root", "D.S.ROOT"}, {"tasks", List{"D.S.A"}}},
               {{"ROOT", root},
                {"A", in_schema({{"after", List{"D.S.ROOT"}}, {"owner", "LOADER"}})}},
               {"D.S.A belongs to LOADER, and its root to whoever deploys"}},
           Row{"left out",
               Map{{"root", "D.S.ROOT"}},
               {{"ROOT", root}, {"A", after_root}, {"F", in_schema({{"finalize", "D.S.ROOT"}})}},
               {"D.S.A runs after D.S.ROOT, but is not listed",
                "D.S.F finalises the graph, but is not listed"}},
           Row{"hangs in the air",
               Map{{"root", "D.S.ROOT"}, {"tasks", List{"D.S.B"}}},
               {{"ROOT", root}, {"B", in_schema({{"after", List{"D.S.X"}}})}},
               {"D.S.B runs after D.S.X, which is not in the graph"}},
           Row{"a circle",
               Map{{"root", "D.S.ROOT"}, {"tasks", List{"D.S.A", "D.S.B"}}},
               {{"ROOT", root},
                {"A", in_schema({{"after", List{"D.S.B"}}})},
                {"B", in_schema({{"after", List{"D.S.A"}}})}},
               {"tasks run after each other: D.S.A after D.S.B after D.S.A"}},
           Row{"two finalisers",
               Map{{"root", "D.S.ROOT"}, {"tasks", List{"D.S.F", "D.S.G"}}},
               {{"ROOT", root},
                {"F", in_schema({{"finalize", "D.S.ROOT"}})},
                {"G", in_schema({{"finalize", "D.S.ROOT"}})}},
               {"the graph has two finalisers: D.S.F and D.S.G"}},
           Row{"another's finaliser",
               Map{{"root", "D.S.ROOT"}, {"tasks", List{"D.S.F"}}},
               {{"ROOT", root}, {"F", in_schema({{"finalize", "D.S.OTHER"}})}},
               {"D.S.F finalises another graph"}},
       }) {
    std::vector<Map> outputs;
    outputs.reserve(row.tasks.size());
    std::vector<Peer> peers{{"graph", &row.graph, "snowflake.task_graph", nullptr}};
    for (const auto& [name, inputs] : row.tasks) {
      outputs.push_back(Map{{"fqn", std::string("D.S.") + name}});
      peers.push_back({name, &inputs, "snowflake.task", &outputs.back()});
    }
    std::vector<PeerProblem> problems;
    task_graph_type.type->validate_together(peers, problems);
    Texts summaries;
    for (const PeerProblem& problem : problems) {
      EXPECT_EQ(problem.peer, 0U);
      summaries.push_back(problem.problem.summary);
    }
    EXPECT_EQ(summaries, row.problems) << row.what;
  }
  const Value one = Map{{"root", "D.S.ROOT"}};
  const std::vector<Peer> both{{"one", &one, "snowflake.task_graph", nullptr},
                               {"two", &one, "snowflake.task_graph", nullptr}};
  std::vector<PeerProblem> problems;
  task_graph_type.type->validate_together(both, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].problem.summary, "D.S.ROOT is in two graphs");
}

TEST(Movement, FindsProblemsBeforeAnyCall) {
  struct Row {
    const ObjectType* type;
    Value inputs;
    const char* summary;
  };
  const Value topic = "arn:aws:sns:eu-west-1:1:t";
  for (const Row& row : {
           Row{&stream_type, in_schema(), "the stream has no source"},
           Row{&stream_type, in_schema({{"table", "D.S.T"}, {"view", "D.S.V"}}),
               "the stream has several sources: table, view"},
           Row{&stream_type, in_schema({{"table", "D.S.T"}, {"mode", "INSERT_ONLY"}}),
               "only a stream on an external table is INSERT_ONLY"},
           Row{&stream_type, in_schema({{"external_table", "D.S.E"}, {"mode", "DEFAULT"}}),
               "a stream on an external table is INSERT_ONLY"},
           Row{&stream_type, in_schema({{"stage", "D.S.E"}, {"mode", "APPEND_ONLY"}}),
               "a stream on a stage has no mode"},
           Row{&task_type, in_schema({{"after", List{"D.OTHER.T"}}}),
               "D.OTHER.T is a task of another schema"},
           Row{&task_type, in_schema({{"after", List{"D.S.X"}}}), "a task cannot run after itself"},
           Row{&task_type, in_schema({{"after", List{"D.S.A"}}, {"schedule", "1 HOUR"}}),
               "only a root task has schedule"},
           Row{&task_type, in_schema({{"after", List{"D.S.A"}}, {"finalize", "D.S.R"}}),
               "a finaliser runs after all others, not after some"},
           Row{&task_type, in_schema({{"schedule", "USING CRON 0 8 * * UTC"}}),
               "not a schedule: USING CRON 0 8 * * UTC"},
           Row{&task_type, in_schema({{"schedule", "5 SECONDS"}}), "not a schedule: 5 SECOND"},
           Row{&task_type, in_schema({{"condition", "1 = 1"}}), "a task cannot wait for: 1 = 1"},
           Row{&task_type, in_schema({{"definition", "SELECT 1; SELECT 2"}}),
               "this is not one piece of SQL: SELECT 1; SELECT 2"},
           Row{&task_type, in_schema({{"definition", "BEGIN SELECT 1;"}}),
               "this is not one piece of SQL: BEGIN SELECT 1"},
           Row{&task_type, in_schema({{"warehouse", "W"}, {"initial_warehouse_size", "SMALL"}}),
               "the warehouse has its own size"},
           Row{&task_graph_type, Map{{"root", "D.S.R"}, {"tasks", List{"D.X.T"}}},
               "D.X.T stands in another schema than the root"},
           Row{&alert_type, in_schema({{"schedule", "1 HOUR"}}), "not a schedule: 1 HOUR"},
           Row{&alert_type, in_schema({{"condition", "SELECT 1 -- all"}}),
               "this is not one piece of SQL: SELECT 1 -- all"},
           Row{&procedure_type, in_schema({{"body", "SELECT 'x"}}),
               "this is not one piece of SQL: SELECT 'x"},
           Row{&procedure_type, in_schema({{"handler", "run"}}), "handler belongs to Python"},
           Row{&procedure_type,
               in_schema({{"arguments", List{Map{{"name", "A"}, {"type", "INT"}, {"default", "1"}},
                                             Map{{"name", "B"}, {"type", "INT"}}}}}),
               "an argument without a default follows one with a default"},
           Row{&external_table_type,
               in_schema(
                   {{"columns",
                     List{Map{{"name", "VALUE"}, {"type", "VARIANT"}, {"expression", "1"}}}}}),
               "every external table has a column VALUE already"},
           Row{&external_table_type,
               in_schema({{"columns", List{Map{{"name", "P"},
                                               {"type", "DATE"},
                                               {"expression", "VALUE:d"},
                                               {"partition", true}}}}}),
               "a partition column reads METADATA$FILENAME"},
           Row{&external_table_type, in_schema({{"sns_topic", topic}, {"auto_refresh", false}}),
               "sns_topic needs auto_refresh"},
           Row{&notification_integration_type, Map{{"topic", topic}},
               "it needs a topic and a role that may publish to it"},
           Row{&notification_integration_type,
               Map{{"topic", topic}, {"role_arn", "arn:aws:iam::1:role/R"}, {"email", Map{}}},
               "it sends by e-mail or to a topic, not both"},
           Row{&notification_integration_type,
               Map{{"topic", "arn:aws:sns:eu-west-1:1:t.fifo"},
                   {"role_arn", "arn:aws:iam::1:role/R"}},
               "Snowflake cannot send to a FIFO topic"},
           Row{&notification_integration_type,
               Map{{"email", Map{{"allowed_recipients", List{"nobody"}}}}},
               "not an e-mail address: nobody"},
       }) {
    std::vector<Problem> problems;
    const Value normal =
        row.type->type->normalize == nullptr ? row.inputs : row.type->type->normalize(row.inputs);
    row.type->type->validate({}, "X", normal, problems);
    ASSERT_EQ(problems.size(), 1U) << row.summary;
    EXPECT_EQ(problems[0].summary, row.summary);
    EXPECT_EQ(row.type->type->normalize(normal), normal) << row.type->type->name;
  }
}

TEST(Movement, JudgesChanges) {
  struct Row {
    const ObjectType* type;
    const char* attribute;
    Value before;
    Value after;
    OnChange cost;
    const char* reason;
  };
  const auto columns = [](const char* day, const char* event) {
    return Value(
        List{Map{{"name", "DAY"}, {"type", "DATE"}, {"expression", day}, {"partition", true}},
             Map{{"name", "EVENT"}, {"type", "DATE"}, {"expression", event}}});
  };
  for (const Row& row : {
           Row{&stream_type, "table", "D.S.T", "D.S.U", OnChange::replace,
               "a stream's table cannot be altered"},
           Row{&stream_type, "mode", "DEFAULT", "APPEND_ONLY", OnChange::replace,
               "a stream's mode cannot be altered"},
           Row{&stream_type, "table", "(stale: its offset lies before what the source keeps)",
               "D.S.T", OnChange::replace,
               "it can be read from no more (stale: its offset lies before what the source keeps)"},
           Row{&stream_type, "comment", "a", "b", OnChange::update, ""},
           Row{&alert_type, "schedule", "1 MINUTE", "2 MINUTE", OnChange::update, ""},
           Row{&alert_type, "schedule", "1 MINUTE", Value(), OnChange::replace,
               "an alert on a schedule and one on new rows cannot be turned into each other"},
           Row{&alert_type, "schema", "D.S", "D.T", OnChange::replace, ""},
           Row{&external_table_type, "columns", columns("a", "b"), columns("a", "c"),
               OnChange::update, ""},
           Row{&external_table_type, "columns", columns("a", "b"), columns("c", "b"),
               OnChange::replace,
               "the partitions of an external table cannot be changed in place; no file is lost"},
           Row{&external_table_type, "auto_refresh", true, false, OnChange::update, ""},
           Row{&external_table_type, "path", "a/", "b/", OnChange::replace, ""},
           Row{&procedure_type, "body", "a", "b", OnChange::update, ""},
           Row{&procedure_type, "arguments", List{Map{{"name", "A"}, {"type", "VARCHAR(10)"}}},
               List{Map{{"name", "B"}, {"type", "VARCHAR(20)"}}}, OnChange::update, ""},
           Row{&procedure_type, "arguments", List{Map{{"name", "A"}, {"type", "DATE"}}}, List{},
               OnChange::replace, "a procedure with other types of arguments is another procedure"},
           Row{&notification_integration_type, "topic", "arn:a", "arn:b", OnChange::update, ""},
           Row{&notification_integration_type, "topic", "arn:a", Value(), OnChange::replace,
               "an integration cannot be turned from a topic to e-mail or back"},
       }) {
    std::string reason;
    std::string loss;
    EXPECT_EQ(row.type->type->judge_change(row.before, row.after, row.attribute, reason, loss),
              row.cost)
        << row.type->type->name << '.' << row.attribute;
    EXPECT_EQ(reason, row.reason) << row.type->type->name << '.' << row.attribute;
  }
}

TEST(Movement, ASourceOrModeThatChangesLosesTheOffsetAndSaysSo) {
  for (const char* attribute : {"table", "view", "external_table", "stage", "mode"}) {
    const Attribute* row = find_attribute(*stream_type.type, attribute);
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->on_change, OnChange::replace);
    EXPECT_EQ(row->loss,
              "its offset: changes that nobody has read from it yet are not in the new stream");
  }
}

TEST(Schedules, HaveOneSpelling) {
  struct Row {
    const char* written;
    const char* normal;
  };
  for (const Row& row : {
           Row{"10 minutes", "10 MINUTE"},
           Row{" 5  M ", "5 MINUTE"},
           Row{"2 HOURS", "2 HOUR"},
           Row{"30 s", "30 SECOND"},
           Row{"using  cron 0 8 * * *  Europe/Paris", "USING CRON 0 8 * * * Europe/Paris"},
           Row{"at noon", "at noon"},
       }) {
    EXPECT_EQ(normalized_schedule(row.written), row.normal);
    EXPECT_EQ(normalized_schedule(row.normal), row.normal);
  }
}

// The body is asked for only when SHOW tells that it may be another one.
TEST(Procedures, AreDescribedOnlyWhenTheyAreYoungerThanRecorded) {
  Inventory inventory;
  inventory.add(
      Statement("SHOW PROCEDURES").word("IN DATABASE").name({{"D"}}),
      rows_of({"name", "schema_name", "catalog_name", "arguments", "created_on", "description"},
              {{"P", "S", "D", "P(DATE) RETURN VARCHAR", "100.0", mark},
               {"P", "S", "D", "P(DATE, DEFAULT NUMBER) RETURN VARCHAR", "200.0",
                std::string("c ") + mark}}));
  ResourceRecord record;
  record.name = "P";
  record.inputs = procedure_type.type->normalize(load);
  record.outputs = Map{{"created_on", "200.0"}};
  EXPECT_TRUE(procedure_type.details(inventory, record).empty());
  auto seen = procedure_type.read(inventory, record);
  ASSERT_TRUE(seen && seen->exists);
  EXPECT_EQ(seen->inputs.find("body"), nullptr) << "as recorded";
  EXPECT_EQ(*seen->inputs.find("comment"), Value("c"));
  EXPECT_EQ(*seen->outputs.find("signature"), Value("D.S.P(DATE, NUMBER)"));

  record.outputs = Map{{"created_on", "150.0"}};
  const auto asked = procedure_type.details(inventory, record);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].forms[0].text(), R"(DESC PROCEDURE "D"."S"."P" (DATE, NUMBER))");
  inventory.add(asked[0].forms[0],
                rows_of({"property", "value"}, {{"signature", "(SINCE DATE, \"n\" NUMBER)"},
                                                {"returns", "VARCHAR"},
                                                {"language", "SQL"},
                                                {"execute as", "CALLER"},
                                                {"body", "BEGIN RETURN 2; END"}}));
  seen = procedure_type.read(inventory, record);
  ASSERT_TRUE(seen && seen->exists);
  EXPECT_EQ(*seen->inputs.find("body"), Value("BEGIN RETURN 2; END"));
  EXPECT_EQ(*seen->inputs.find("execute_as"), Value("CALLER"));
  EXPECT_EQ(*seen->inputs.find("arguments"), record.inputs.at("arguments"));
  EXPECT_EQ(*seen->inputs.find("returns"), record.inputs.at("returns"));
}

TEST(Streams, ShowWhenTheyCannotBeReadAnyMore) {
  const auto read = [](const std::string& table, const std::string& stale) {
    Inventory inventory;
    inventory.add(Statement("SHOW STREAMS").word("IN DATABASE").name({{"D"}}),
                  rows_of({"name", "database_name", "schema_name", "table_name", "source_type",
                           "mode", "stale", "comment"},
                          {{"X", "D", "S", table, "Table", "APPEND_ONLY", stale, mark}}));
    ResourceRecord record;
    record.name = "X";
    record.inputs = in_schema({{"table", "D.S.T"}});
    return *stream_type.read(inventory, record)->inputs.find("table");
  };
  EXPECT_EQ(read("D.S.T", "false"), Value("D.S.T"));
  EXPECT_EQ(read("D.S.U", "false"), Value("D.S.U"));
  EXPECT_EQ(read("D.S.T", "true"), Value("(stale: its offset lies before what the source keeps)"));
  EXPECT_EQ(read("No privilege or table dropped", "true"),
            Value("(its source was dropped or made anew)"));
}

}  // namespace
}  // namespace firn::snowflake
