// The provider against a Snowflake that answers by statement.
#include "providers/snowflake/provider.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "core/async/sync.h"
#include "providers/snowflake/public_key.h"
#include "tests/snowflake/fake_snowflake.h"

namespace firn::snowflake {
namespace {

using namespace test;

class ProviderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.transport.answer = [this](const http::Request& request) { return respond(request); };
    answer("SELECT CURRENT_ACCOUNT()",
           rows_response({"account", "organization", "account_name", "user", "role", "region"},
                         {{"XY12345", "MYORG", "MYACCOUNT", "FIRN", "R", "AWS_EU_WEST_1"}}));
    ASSERT_TRUE(world.scheduler.run(provider.connect()));
    world.transport.requests.clear();
  }

  // The answer to every statement that begins so; several are given in turn.
  void answer(const std::string& beginning, const Result<http::Response>& response) {
    answers[beginning].push_back(response);
  }
  Result<http::Response> respond(const http::Request& request) {
    const std::string statement = statement_of(request);
    std::vector<Result<http::Response>>* best = nullptr;
    std::size_t length = 0;
    for (auto& [beginning, all] : answers) {
      if (statement.rfind(beginning, 0) == 0 && beginning.size() >= length) {
        best = &all;
        length = beginning.size();
      }
    }
    if (best == nullptr) return error_response(422, "001003", "unexpected: " + statement);
    Result<http::Response> next = best->front();
    if (best->size() > 1) best->erase(best->begin());
    return next;
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> all;
    for (const auto& request : world.transport.requests)
      all.push_back(statement_of(request));
    return all;
  }

  Operation operation(std::string type, std::string name, Value desired, Value prior = {}) {
    Operation op;
    op.prior = {"a", std::move(type), std::move(name), std::move(prior), {}};
    op.desired = std::move(desired);
    op.placement.stack = "finance";
    op.placement.environment = "dev";
    op.report = [this](std::string_view line) { reports.emplace_back(line); };
    return op;
  }
  std::vector<Result<Observation>> observe(std::vector<ResourceRecord> records) {
    return world.scheduler.run(provider.observe(std::move(records)));
  }

  static ProviderOptions options() {
    ProviderOptions options;
    options.stack = "finance";
    options.environment = "dev";
    return options;
  }

  World world;
  std::map<std::string, std::vector<Result<http::Response>>> answers;
  std::vector<std::string> reports;
  SnowflakeProvider provider{world.scheduler, world.transport, connection(), {}, options()};
};

constexpr const char* mark = "[firn:finance/dev/a]";

TEST_F(ProviderTest, RefusesAnotherAccountAndLooseQuoting) {
  answers.clear();
  answer("SELECT", rows_response({"account", "b", "c", "d", "e", "f"},
                                 {{"ZZ99999", "OTHERORG", "OTHER", "U", "R", "X"}}));
  auto status = world.scheduler.run(provider.connect());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::credentials);
  EXPECT_EQ(status.error().summary,
            "the Snowflake credentials belong to another account than myorg-myaccount");
  EXPECT_EQ(status.error().detail, "they are for OTHERORG-OTHER (ZZ99999)");

  answers.clear();
  answer("SELECT", rows_response({"ACCOUNT", "b", "c", "d", "e", "f"},
                                 {{"XY12345", "MYORG", "MYACCOUNT", "U", "R", "X"}}));
  status = world.scheduler.run(provider.connect());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().summary, "QUOTED_IDENTIFIERS_IGNORE_CASE is on in this account");
}

TEST_F(ProviderTest, PlacesObjectsInTheAccount) {
  EXPECT_EQ(provider.name(), "snowflake");
  EXPECT_EQ(provider.placement().account, "MYORG-MYACCOUNT");
}

// A thousand tables cost as many statements as one.
TEST_F(ProviderTest, ObservesManyTablesWithTwoStatements) {
  std::vector<ResourceRecord> records;
  std::vector<Cells> tables;
  std::vector<Cells> columns;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "T" + std::to_string(i);
    records.push_back({name,
                       "snowflake.table",
                       name,
                       Map{{"schema", "D.S"},
                           {"columns", List{Map{{"name", "ID"}, {"type", "VARCHAR(16777216)"}}}}},
                       {}});
    tables.push_back(
        {name, "D", "S", "TABLE", "", "1", "OFF", "about it [firn:finance/dev/" + name + "]"});
    columns.push_back(
        {name, "S", "ID", R"({"type":"TEXT","length":16777216})", "true", "NULL", "", "D"});
  }
  answer("SHOW TABLES IN DATABASE \"D\"",
         rows_response({"name", "database_name", "schema_name", "kind", "cluster_by",
                        "retention_time", "change_tracking", "comment"},
                       tables));
  answer("SHOW COLUMNS IN DATABASE \"D\"",
         rows_response({"table_name", "schema_name", "column_name", "data_type", "null?", "default",
                        "comment", "database_name"},
                       columns));
  const auto seen = observe(records);
  EXPECT_EQ(world.transport.requests.size(), 2U);
  ASSERT_EQ(seen.size(), 1000U);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ASSERT_TRUE(seen[i]);
    EXPECT_TRUE(seen[i]->exists);
    EXPECT_FALSE(seen[i]->foreign);
    EXPECT_EQ(seen[i]->owner, records[i].address);
    EXPECT_EQ(*seen[i]->inputs.find("columns"), records[i].inputs.at("columns"));
    EXPECT_EQ(*seen[i]->inputs.find("comment"), Value("about it"));
    EXPECT_EQ(*seen[i]->outputs.find("fqn"), Value("D.S." + records[i].name));
  }
}

TEST_F(ProviderTest, NamesAreComparedExactly) {
  answer("SHOW ROLES", rows_response({"name", "comment"}, {{"reader", mark}, {"READER_2", mark}}));
  const auto seen = observe(
      {{"a", "snowflake.role", "READER", Map{}, {}}, {"b", "snowflake.role", "reader", Map{}, {}}});
  EXPECT_FALSE(seen[0]->exists);
  EXPECT_TRUE(seen[1]->exists);
}

TEST_F(ProviderTest, AMissingDatabaseMeansThatAllInItIsGone) {
  answer("SHOW", error_response(422, "002043",
                                "Object does not exist, or operation cannot be "
                                "performed."));
  const auto seen = observe({{"a", "snowflake.schema", "S", Map{{"database", "D"}}, {}},
                             {"b", "snowflake.stage", "ST", Map{{"schema", "D.S"}}, {}}});
  ASSERT_TRUE(seen[0]);
  ASSERT_TRUE(seen[1]);
  EXPECT_FALSE(seen[0]->exists);
  EXPECT_FALSE(seen[1]->exists);
}

TEST_F(ProviderTest, AFailedListingIsAnErrorOfThoseThatNeedIt) {
  answer("SHOW ROLES", error_response(422, "003001", "Insufficient privileges"));
  answer("SHOW WAREHOUSES", rows_response({"name", "comment"}, {}));
  const auto seen = observe(
      {{"r", "snowflake.role", "R", Map{}, {}}, {"w", "snowflake.warehouse", "W", Map{}, {}}});
  ASSERT_FALSE(seen[0]);
  EXPECT_EQ(seen[0].error().kind, ErrorKind::denied);
  EXPECT_EQ(seen[0].error().address, "r");
  ASSERT_TRUE(seen[1]);
  EXPECT_FALSE(seen[1]->exists);
}

TEST_F(ProviderTest, AsksNarrowerWhenAnAnswerIsCutOff) {
  const std::vector<Cells> full(10'000, Cells{"OTHER", ""});
  answer("SHOW ROLES", rows_response({"name", "comment"}, full));
  answer("SHOW ROLES LIKE 'R'", rows_response({"name", "comment"}, {{"R", mark}}));
  const auto seen = observe({{"a", "snowflake.role", "R", Map{}, {}}});
  ASSERT_TRUE(seen[0]);
  EXPECT_TRUE(seen[0]->exists);
  EXPECT_EQ(sent(), (std::vector<std::string>{"SHOW ROLES", "SHOW ROLES LIKE 'R'"}));
}

TEST_F(ProviderTest, ForeignIsWhatCarriesNoMarkOrAnothers) {
  answer("SHOW ROLES", rows_response({"name", "comment"}, {{"OURS", mark},
                                                           {"NOBODYS", "by hand"},
                                                           {"THEIRS", "[firn:finance/prod/a]"}}));
  const auto seen = observe({{"a", "snowflake.role", "OURS", Map{}, {}},
                             {"b", "snowflake.role", "NOBODYS", Map{}, {}},
                             {"c", "snowflake.role", "THEIRS", Map{}, {}}});
  EXPECT_FALSE(seen[0]->foreign);
  EXPECT_TRUE(seen[1]->foreign);
  EXPECT_TRUE(seen[2]->foreign);
  EXPECT_EQ(seen[2]->owner, "a");
}

const Value integration =
    Map{{"role_arn", "arn:aws:iam::1:role/R"}, {"allowed_locations", List{"s3://b/p/"}}};

http::Response described_integration(const std::string& comment, const std::string& locations) {
  return rows_response({"property", "property_type", "property_value", "property_default"},
                       {{"ENABLED", "Boolean", "true", "true"},
                        {"STORAGE_ALLOWED_LOCATIONS", "List", locations, "[]"},
                        {"STORAGE_BLOCKED_LOCATIONS", "List", "", "[]"},
                        {"STORAGE_AWS_IAM_USER_ARN", "String", "arn:aws:iam::9:user/abc", ""},
                        {"STORAGE_AWS_ROLE_ARN", "String", "arn:aws:iam::1:role/R", ""},
                        {"STORAGE_AWS_EXTERNAL_ID", "String", "XY_SFCRole=2_abc", ""},
                        {"COMMENT", "String", comment, ""}});
}

TEST_F(ProviderTest, CreatesAnIntegrationAndReadsItsOutputsInOneFurtherCall) {
  answer("CREATE STORAGE INTEGRATION", done_response());
  answer("DESC STORAGE INTEGRATION", described_integration(mark, "s3://b/p/"));
  auto op = operation("snowflake.storage_integration", "LAKE", integration);
  Map recorded;
  op.record_identity = [&recorded](Map outputs) -> Task<Status> {
    struct Record {
      static Task<Status> it(Map& to, Map from) {
        to = std::move(from);
        co_return Ok{};
      }
    };
    return Record::it(recorded, std::move(outputs));
  };
  const auto applied = world.scheduler.run(provider.create(op));
  ASSERT_TRUE(applied);
  EXPECT_EQ(world.transport.requests.size(), 2U);
  EXPECT_EQ(applied->outputs, (Map{{"fqn", "LAKE"},
                                   {"iam_user_arn", "arn:aws:iam::9:user/abc"},
                                   {"external_id", "XY_SFCRole=2_abc"}}));
  EXPECT_EQ(recorded, (Map{{"fqn", "LAKE"}}));
}

TEST_F(ProviderTest, GoesOnWithWhatALostCreateMade) {
  answer("CREATE STORAGE INTEGRATION",
         error_response(422, "002002", "Object 'LAKE' already exists.", "42710"));
  answer("DESC STORAGE INTEGRATION", described_integration(mark, "s3://b/old/"));
  answer("ALTER STORAGE INTEGRATION", done_response());
  auto op = operation("snowflake.storage_integration", "LAKE", integration);
  const auto applied = world.scheduler.run(provider.create(op));
  ASSERT_TRUE(applied) << applied.error().summary;
  const auto statements = sent();
  ASSERT_EQ(statements.size(), 4U);
  EXPECT_EQ(statements[2],
            "ALTER STORAGE INTEGRATION \"LAKE\" SET STORAGE_ALLOWED_LOCATIONS = ('s3://b/p/')");
}

TEST_F(ProviderTest, RefusesToTakeOverWhatIsNotOurs) {
  struct Row {
    const char* comment;
    const char* detail;
    const char* remedy;
  };
  for (const Row& row : {
           Row{"made by hand", "its comment carries no mark of firn's",
               "to manage it from here on, run\n  firn import finance a --env dev\nor give ours "
               "another "
               "name:"},
           Row{"[firn:weather/prod/lake]",
               "its comment says that it belongs to lake of stack weather, environment prod",
               "give ours another name:, or remove theirs"},
       }) {
    answers.clear();
    answer("CREATE STORAGE INTEGRATION",
           error_response(422, "002002", "Object 'LAKE' already exists.", "42710"));
    answer("DESC STORAGE INTEGRATION", described_integration(row.comment, "s3://b/p/"));
    auto op = operation("snowflake.storage_integration", "LAKE", integration);
    const auto applied = world.scheduler.run(provider.create(op));
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().kind, ErrorKind::conflict);
    EXPECT_EQ(applied.error().summary, "LAKE exists already, and is not ours");
    EXPECT_EQ(applied.error().detail, row.detail);
    EXPECT_EQ(applied.error().remedy, row.remedy);
  }
}

const Value pipe = Map{
    {"schema", "D.S"}, {"copy", Map{{"into", "D.S.T"}, {"from", "D.S.ST"}}}, {"auto_ingest", true}};
constexpr const char* pipe_definition = R"(COPY INTO "D"."S"."T" FROM @"D"."S"."ST")";

http::Response listed_pipe(const std::string& definition) {
  return rows_response(
      {"name", "database_name", "schema_name", "definition", "notification_channel",
       "error_integration", "comment"},
      {{"P", "D", "S", definition, "arn:aws:sqs:eu-west-1:9:sf-snowpipe-x", "null", mark}});
}

TEST_F(ProviderTest, WaitsUntilTheRoleMayBeAssumed) {
  for (int i = 0; i < 3; ++i) {
    answer("CREATE PIPE", error_response(422, "003167", "Error assuming AWS_ROLE", "42601"));
  }
  answer("CREATE PIPE", done_response());
  answer("SHOW PIPES", listed_pipe(pipe_definition));
  auto op = operation("snowflake.pipe", "P", pipe);
  const auto applied = world.scheduler.run(provider.create(op));
  ASSERT_TRUE(applied) << applied.error().summary;
  EXPECT_EQ(*applied->outputs.find("notification_channel"),
            Value("arn:aws:sqs:eu-west-1:9:sf-snowpipe-x"));
  EXPECT_EQ(reports, (std::vector<std::string>{"waiting until Snowflake may assume the role"}));
  EXPECT_GE(world.seconds(), 3.0);
}

TEST_F(ProviderTest, GivesUpWaitingAfterTwoMinutes) {
  answer("CREATE PIPE", error_response(422, "003167", "Error assuming AWS_ROLE", "42601"));
  auto op = operation("snowflake.pipe", "P", pipe);
  const auto applied = world.scheduler.run(provider.create(op));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::not_ready);
  EXPECT_EQ(applied.error().summary, "Snowflake refused CREATE PIPE D.S.P");
  EXPECT_FALSE(applied.error().remedy.empty());
  EXPECT_LE(world.seconds(), 121.0);
  EXPECT_GT(world.seconds(), 100.0);
}

TEST_F(ProviderTest, WaitsUntilShowHasWhatWasMade) {
  answer("CREATE PIPE", done_response());
  answer("SHOW PIPES", rows_response({"name"}, {}));
  answer("SHOW PIPES", rows_response({"name"}, {}));
  answer("SHOW PIPES", listed_pipe(pipe_definition));
  auto op = operation("snowflake.pipe", "P", pipe);
  const auto applied = world.scheduler.run(provider.create(op));
  ASSERT_TRUE(applied) << applied.error().summary;
  EXPECT_EQ(*applied->outputs.find("notification_channel"),
            Value("arn:aws:sqs:eu-west-1:9:sf-snowpipe-x"));
}

TEST_F(ProviderTest, SaysSoWhenShowNeverHasWhatWasMade) {
  answer("CREATE PIPE", done_response());
  answer("SHOW PIPES", rows_response({"name"}, {}));
  auto op = operation("snowflake.pipe", "P", pipe);
  const auto applied = world.scheduler.run(provider.create(op));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().summary, "D.S.P was made, but Snowflake does not show it");
  EXPECT_TRUE(applied.error().may_have_been_applied);
  EXPECT_LE(world.seconds(), 35.0);
}

// A removal that was killed had paused it.
TEST_F(ProviderTest, ResumesAPipeThatARemovalLeftPaused) {
  answer("SELECT SYSTEM$PIPE_FORCE_RESUME", done_response());
  answer("SHOW PIPES", listed_pipe(pipe_definition));
  auto op = operation("snowflake.pipe", "P", pipe, pipe);
  ASSERT_TRUE(world.scheduler.run(provider.update(op)));
  EXPECT_EQ(sent().size(), 1U) << "somebody may have paused it by hand: that is theirs";
  op.unfinished = true;
  ASSERT_TRUE(world.scheduler.run(provider.update(op)));
  EXPECT_EQ(sent().at(1), "SELECT SYSTEM$PIPE_FORCE_RESUME('D.S.P')");

  Map paused = pipe.as_map();
  paused.set("paused", true);
  op.desired = Value(paused);
  answer("SELECT SYSTEM$PIPE_STATUS", rows_response({"S"}, {{R"({"executionState":"PAUSED"})"}}));
  world.transport.requests.clear();
  ASSERT_TRUE(world.scheduler.run(provider.update(op)));
  EXPECT_EQ(sent().front().rfind("SHOW", 0), 0U);
}

// A run that passed its ownership on was killed.
TEST_F(ProviderTest, ResumesAPipeWhoseCommentSaysThatItWasPausedForAMoment) {
  answer(
      "DESCRIBE PIPE",
      rows_response({"comment"}, {{"Loads. [firn:finance/dev/p] [paused by firn for a moment]"}}));
  answer("ALTER PIPE", done_response());
  answer("SELECT SYSTEM$PIPE_FORCE_RESUME", done_response());
  answer("SHOW PIPES", listed_pipe(pipe_definition));
  Map changed = pipe.as_map();
  changed.set("comment", "Loads more.");
  auto op = operation("snowflake.pipe", "P", Value(changed), pipe);
  op.changed = {"comment"};
  ASSERT_TRUE(world.scheduler.run(provider.update(op)));
  const auto statements = sent();
  ASSERT_GE(statements.size(), 3U);
  EXPECT_EQ(statements[1].rfind(R"(ALTER PIPE "D"."S"."P" SET COMMENT = 'Loads more. [firn:)", 0),
            0U);
  EXPECT_EQ(statements[2], "SELECT SYSTEM$PIPE_FORCE_RESUME('D.S.P')");
}

TEST_F(ProviderTest, ResumesAPipeAfterAPassOfOwnershipThatNeverHappened) {
  const Value grant = Map{{"privileges", List{"OWNERSHIP"}},
                          {"on", Map{{"pipe", "D.S.P"}}},
                          {"to", Map{{"role", "R"}}}};
  answer("SHOW GRANTS TO ROLE", rows_response({"privilege", "granted_on", "name"}, {}));
  answer("SELECT CURRENT_ROLE()", rows_response({"R"}, {{"DEPLOYER"}}));
  answer("SELECT SYSTEM$PIPE_STATUS", rows_response({"S"}, {{R"({"executionState":"PAUSED"})"}}));
  answer("DESCRIBE PIPE", rows_response({"comment"}, {{"Loads. [paused by firn for a moment]"}}));
  answer("SELECT SYSTEM$PIPE_FORCE_RESUME", done_response());
  answer("ALTER PIPE", done_response());
  auto op = operation("snowflake.grant", "", grant);
  const auto found = world.scheduler.run(provider.find_after_crash(op));
  ASSERT_TRUE(found) << found.error().summary;
  EXPECT_FALSE(found->exists);
  EXPECT_EQ(sent().back(), R"(ALTER PIPE "D"."S"."P" SET COMMENT = 'Loads.')");
}

TEST_F(ProviderTest, DrainsAPipeBeforeItDropsIt) {
  const auto status = [](const char* json) { return rows_response({"STATUS"}, {{json}}); };
  answer("ALTER PIPE", done_response());
  answer("SELECT SYSTEM$PIPE_STATUS",
         status(R"({"executionState":"PAUSED","pendingFileCount":2})"));
  answer("SELECT SYSTEM$PIPE_STATUS",
         status(R"({"executionState":"PAUSED","pendingFileCount":0})"));
  answer("DROP PIPE", done_response());
  auto op = operation("snowflake.pipe", "P", {}, pipe);
  ASSERT_TRUE(world.scheduler.run(provider.remove(op)));
  EXPECT_EQ(sent().size(), 4U);
  EXPECT_EQ(sent().back(), R"(DROP PIPE IF EXISTS "D"."S"."P")");
}

TEST_F(ProviderTest, RemovingWhatIsGoneSucceeds) {
  answer("", error_response(422, "002003", "Database 'D' does not exist or not authorized."));
  for (const char* type : {"snowflake.pipe", "snowflake.table", "snowflake.stage"}) {
    auto op = operation(type, "X", {}, Map{{"schema", "D.S"}});
    EXPECT_TRUE(world.scheduler.run(provider.remove(op))) << type;
  }
  auto grant = operation("snowflake.grant", "", {},
                         Map{{"privileges", List{"SELECT"}},
                             {"on", Map{{"table", "D.S.T"}}},
                             {"to", Map{{"role", "R"}}}});
  EXPECT_TRUE(world.scheduler.run(provider.remove(grant)));
}

TEST_F(ProviderTest, SeesADriftedCopyAndAPause) {
  Map inputs = pipe.as_map();
  inputs.set("paused", false);
  answer("SHOW PIPES", listed_pipe("COPY INTO x FROM @y;"));
  answer("SELECT SYSTEM$PIPE_STATUS",
         rows_response({"S"}, {{R"({"executionState":"PAUSED","pendingFileCount":0})"}}));
  auto seen = observe({{"a", "snowflake.pipe", "P", inputs, {}}});
  ASSERT_TRUE(seen[0]);
  EXPECT_EQ(*seen[0]->inputs.find("copy"), Value(Map{{"statement", "COPY INTO x FROM @y"}}));
  EXPECT_EQ(*seen[0]->inputs.find("paused"), Value(true));

  answers.clear();
  answer("SHOW PIPES", listed_pipe("COPY INTO x FROM @y;"));
  answer("SELECT SYSTEM$PIPE_STATUS",
         rows_response({"S"}, {{R"({"executionState":"STOPPED_MISSING_TABLE"})"}}));
  seen = observe({{"a", "snowflake.pipe", "P", inputs, {}}});
  ASSERT_TRUE(seen[0]);
  EXPECT_EQ(seen[0]->inputs.find("paused"), nullptr) << "nobody can tell";

  answers.clear();
  answer("SHOW PIPES", listed_pipe(std::string("\r\n") + pipe_definition + ";\r\n"));
  seen = observe({{"a", "snowflake.pipe", "P", pipe, {}}});
  EXPECT_EQ(*seen[0]->inputs.find("copy"), pipe.at("copy"));
}

// What the record says is not what is there: the update goes from what is there.
TEST_F(ProviderTest, RepairsATableFromWhatIsThere) {
  const Value inputs = Map{{"schema", "D.S"},
                           {"columns", List{Map{{"name", "ID"}, {"type", "VARCHAR(10)"}},
                                            Map{{"name", "PRICE"}, {"type", "FLOAT"}}}}};
  answer("SHOW TABLES LIKE 'T' IN SCHEMA",
         rows_response({"name", "database_name", "schema_name", "kind", "comment"},
                       {{"T", "D", "S", "TABLE", mark}}));
  answer("SHOW COLUMNS IN TABLE",
         rows_response({"table_name", "schema_name", "column_name", "data_type", "null?"},
                       {{"T", "S", "ID", R"({"type":"TEXT","length":5})", "true"}}));
  answer("ALTER TABLE", done_response());
  auto op = operation("snowflake.table", "T", inputs, inputs);
  op.changed = {"columns"};
  ASSERT_TRUE(world.scheduler.run(provider.update(op)));
  const auto statements = sent();
  ASSERT_EQ(statements.size(), 4U);
  EXPECT_EQ(statements[2], R"(ALTER TABLE "D"."S"."T" ADD COLUMN "PRICE" FLOAT)");
  EXPECT_EQ(statements[3],
            R"(ALTER TABLE "D"."S"."T" ALTER COLUMN "ID" SET DATA TYPE VARCHAR(10))");
}

TEST_F(ProviderTest, ReadsGrantsOfRolesAndOfTheFuture) {
  const Cells columns{"privilege",  "granted_on",   "name",
                      "granted_to", "grantee_name", "grant_option"};
  answer("SHOW GRANTS TO ROLE \"R\"",
         rows_response(columns, {{"OWNERSHIP", "TABLE", "D.S.T", "ROLE", "R", "true"},
                                 {"SELECT", "TABLE", "D.S.T", "ROLE", "R", "false"},
                                 {"USAGE", "ROLE", "CHILD", "ROLE", "R", "false"},
                                 {"USAGE", "DATABASE_ROLE", "D.LOADER", "ROLE", "R", "false"}}));
  answer("SHOW GRANTS TO USER \"U\"", rows_response({"role", "granted_to"}, {{"R", "USER"}}));
  answer(
      "SHOW FUTURE GRANTS IN SCHEMA \"D\".\"S\"",
      rows_response({"privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option"},
                    {{"SELECT", "VIEW", "D.S.<VIEW>", "ROLE", "R", "false"}}));
  const Value to_role = Map{{"role", "R"}};
  const auto record = [](Value inputs) {
    return ResourceRecord{"a", "snowflake.grant", "", std::move(inputs), {}};
  };
  const auto seen = observe({
      record(Map{{"privileges", List{"SELECT", "INSERT"}},
                 {"on", Map{{"table", "D.S.T"}}},
                 {"to", to_role}}),
      record(Map{{"privileges", List{"DELETE"}}, {"on", Map{{"table", "D.S.T"}}}, {"to", to_role}}),
      record(Map{{"role", "CHILD"}, {"to", to_role}}),
      record(Map{{"database_role", "D.LOADER"}, {"to", to_role}}),
      record(Map{{"database_role", "D.OTHER"}, {"to", to_role}}),
      record(Map{{"role", "R"}, {"to", Map{{"user", "U"}}}}),
      record(Map{{"privileges", List{"SELECT"}},
                 {"on", Map{{"future", Map{{"objects", "VIEWS"}, {"schema", "D.S"}}}}},
                 {"to", to_role}}),
      record(Map{{"privileges", List{"SELECT"}},
                 {"on", Map{{"future", Map{{"objects", "TABLES"}, {"schema", "D.S"}}}}},
                 {"to", to_role}}),
  });
  EXPECT_EQ(world.transport.requests.size(), 3U);
  std::vector<bool> exist;
  for (const auto& one : seen)
    exist.push_back(one && one->exists);
  EXPECT_EQ(exist, (std::vector<bool>{true, false, true, true, false, true, true, false}));
  EXPECT_EQ(*seen[0]->inputs.find("privileges"), Value(List{"SELECT"}));
  EXPECT_FALSE(seen[0]->foreign);
}

TEST_F(ProviderTest, FindsWhatALostCallMade) {
  answer("SHOW ROLES LIKE 'R'", rows_response({"name", "comment"}, {{"R", mark}}));
  auto op = operation("snowflake.role", "R", Map{});
  const auto seen = world.scheduler.run(provider.find_after_crash(op));
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->exists);
  EXPECT_FALSE(seen->foreign);
  EXPECT_EQ(seen->owner, "a");
}

TEST_F(ProviderTest, LooksUpTheSubscriberOfATopic) {
  answer("SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('arn:aws:sns:eu-west-1:1:t')",
         rows_response({"X"}, {{R"({"Version":"2012-10-17","Statement":[{"Sid":"1","Effect":"Allow",
             "Principal":{"AWS":"arn:aws:iam::9:user/abc"},"Action":["sns:Subscribe"],
             "Resource":["arn:aws:sns:eu-west-1:1:t"]}]})"}}));
  const auto outputs = world.scheduler.run(
      provider.look_up("snowflake.sns_subscriber", Map{{"topic", "arn:aws:sns:eu-west-1:1:t"}}));
  ASSERT_TRUE(outputs);
  EXPECT_EQ(*outputs, (Map{{"iam_user_arn", "arn:aws:iam::9:user/abc"}}));
}

TEST_F(ProviderTest, KnowsWhereTheAccountIsOnceConnected) {
  EXPECT_EQ(provider.whereabouts(), (Whereabouts{"aws", "eu-west-1"}));
  const SnowflakeProvider elsewhere(world.scheduler, world.transport, connection(), {}, options());
  EXPECT_EQ(elsewhere.whereabouts(), Whereabouts{});
}

std::string subscriber(const std::string& user) {
  return R"({"Statement":[{"Principal":{"AWS":"arn:aws:iam::9:user/)" + user + R"("}}]})";
}

// As the planner asks: all look-ups at the same time.
std::vector<Result<Map>> look_up_topics(World& world, SnowflakeProvider& provider,
                                        const std::vector<std::string>& topics) {
  std::vector<Task<Result<Map>>> tasks;
  for (const std::string& topic : topics)
    tasks.push_back(provider.look_up("snowflake.sns_subscriber", Map{{"topic", topic}}));
  return world.scheduler.run(when_all(world.scheduler, std::move(tasks)));
}

TEST_F(ProviderTest, LooksUpManyTopicsInOneStatement) {
  answer("SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('t1'), SYSTEM$GET_AWS_SNS_IAM_POLICY('t2')",
         rows_response({"A", "B"}, {{subscriber("one"), subscriber("two")}}));
  const auto outputs = look_up_topics(world, provider, {"t1", "t2"});
  EXPECT_EQ(sent().size(), 1u);
  ASSERT_TRUE(outputs[0] && outputs[1]);
  EXPECT_EQ(*outputs[0], (Map{{"iam_user_arn", "arn:aws:iam::9:user/one"}}));
  EXPECT_EQ(*outputs[1], (Map{{"iam_user_arn", "arn:aws:iam::9:user/two"}}));

  // What is asked later is asked anew.
  answer("SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('t1')", rows_response({"A"}, {{subscriber("new")}}));
  const auto later = look_up_topics(world, provider, {"t1"});
  ASSERT_TRUE(later[0]);
  EXPECT_EQ(*later[0], (Map{{"iam_user_arn", "arn:aws:iam::9:user/new"}}));
}

// One statement that is refused tells nothing of the others in it.
TEST_F(ProviderTest, AsksEachTopicAloneWhereOneIsRefused) {
  answer("SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('t1'), SYSTEM$GET_AWS_SNS_IAM_POLICY('bad')",
         error_response(422, "393901", "Invalid topic"));
  answer("SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('bad')",
         error_response(422, "393901", "Invalid topic"));
  answer("SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('t1')", rows_response({"A"}, {{subscriber("one")}}));
  const auto outputs = look_up_topics(world, provider, {"t1", "bad"});
  EXPECT_EQ(sent().size(), 3u);
  ASSERT_TRUE(outputs[0]);
  EXPECT_EQ(*outputs[0], (Map{{"iam_user_arn", "arn:aws:iam::9:user/one"}}));
  ASSERT_FALSE(outputs[1]);
  EXPECT_NE(render(outputs[1].error()).find("bad"), std::string::npos);
}

// 120 pipes that are to be paused: three statements tell of all.
TEST_F(ProviderTest, AsksForTheStatesOfManyPipesTogether) {
  std::vector<ResourceRecord> records;
  std::vector<Cells> pipes;
  for (int i = 0; i < 120; ++i) {
    const std::string name = "P" + std::to_string(i);
    records.push_back({"p" + std::to_string(i),
                       "snowflake.pipe",
                       name,
                       Map{{"schema", "D.S"}, {"paused", true}},
                       {}});
    pipes.push_back({name, "D", "S", "COPY INTO T FROM @ST", "", "", mark});
  }
  answer("SHOW PIPES IN DATABASE",
         rows_response({"name", "database_name", "schema_name", "definition",
                        "notification_channel", "error_integration", "comment"},
                       pipes));
  world.transport.answer = [this](const http::Request& request) -> Result<http::Response> {
    const std::string statement = statement_of(request);
    if (statement.rfind("SELECT", 0) != 0) return respond(request);
    std::vector<std::string> names;
    Cells states;
    for (std::size_t at = statement.find("SYSTEM$PIPE_STATUS"); at != std::string::npos;
         at = statement.find("SYSTEM$PIPE_STATUS", at + 1)) {
      names.push_back("S" + std::to_string(names.size()));
      states.emplace_back(R"({"executionState":"PAUSED","pendingFileCount":0})");
    }
    EXPECT_LE(names.size(), 50u);
    return rows_response(names, {states});
  };
  const auto seen = observe(records);
  EXPECT_EQ(sent().size(), 4u);
  for (const auto& one : seen) {
    ASSERT_TRUE(one);
    EXPECT_TRUE(one->exists);
    EXPECT_EQ(*one->inputs.find("paused"), Value(true));
  }
}

TEST_F(ProviderTest, LooksUpTheAccountInOneStatement) {
  struct Row {
    const char* shown;
    const char* cloud;
    const char* region;
    const char* snowflake_region;
  };
  for (const Row& row : {
           Row{"AWS_EU_WEST_1", "aws", "eu-west-1", "AWS_EU_WEST_1"},
           Row{"PUBLIC.AWS_AP_SOUTHEAST_1", "aws", "ap-southeast-1", "AWS_AP_SOUTHEAST_1"},
           Row{"AWS_US_GOV_WEST_1_FHPLUS", "aws", "us-gov-west-1", "AWS_US_GOV_WEST_1_FHPLUS"},
           Row{"AWS_US_GOV_EAST_1", "aws", "us-east-1", "AWS_US_GOV_EAST_1"},
           Row{"AZURE_WESTEUROPE", "azure", "westeurope", "AZURE_WESTEUROPE"},
       }) {
    answers.clear();
    world.transport.requests.clear();
    answer(
        "SELECT CURRENT_ACCOUNT() AS \"account\", CURRENT_ORGANIZATION_NAME() AS "
        "\"organization\", CURRENT_ACCOUNT_NAME() AS \"account_name\", CURRENT_REGION() AS "
        "\"region\"",
        rows_response({"account", "organization", "account_name", "region"},
                      {{"XY12345", "MYORG", "MY_ACCOUNT", row.shown}}));
    const auto outputs = world.scheduler.run(provider.look_up("snowflake.account", Map{}));
    ASSERT_TRUE(outputs) << row.shown;
    EXPECT_EQ(*outputs, (Map{{"account_name", "MY_ACCOUNT"},
                             {"cloud", row.cloud},
                             {"identifier", "MYORG-MY-ACCOUNT"},
                             {"locator", "XY12345"},
                             {"organization", "MYORG"},
                             {"region", row.region},
                             {"snowflake_region", row.snowflake_region}}));
    EXPECT_EQ(world.transport.requests.size(), 1U);
  }
}

// ---- users ----

const Cells user_columns{"name",
                         "login_name",
                         "display_name",
                         "comment",
                         "disabled",
                         "default_warehouse",
                         "default_role",
                         "default_namespace",
                         "has_password",
                         "type",
                         "default_secondary_roles"};

http::Response described_user(std::string_view fingerprint) {
  return rows_response({"property", "value", "default", "description"},
                       {{"RSA_PUBLIC_KEY", "MIIB-as-Snowflake-writes-it", "NULL", ""},
                        {"RSA_PUBLIC_KEY_FP", std::string(fingerprint), "NULL", ""},
                        {"RSA_PUBLIC_KEY_2", "null", "NULL", ""},
                        {"RSA_PUBLIC_KEY_2_FP", "null", "NULL", ""}});
}

TEST_F(ProviderTest, AUsersKeyIsComparedByItsFingerprint) {
  const std::string key = public_key_body(keys::public_half);
  answer("SHOW USERS",
         rows_response(user_columns, {{"U", "U", "U", mark, "false", "W", "R", "D.my schema",
                                       "false", "SERVICE", "[\"ALL\"]"}}));
  answer("DESC USER \"U\"", described_user(keys::rfc7515_a2_fingerprint));
  answer("DESC USER \"U\"", described_user(keys::another_fingerprint));
  const ResourceRecord record{"a",
                              "snowflake.user",
                              "U",
                              Map{{"rsa_public_key", key},
                                  {"default_warehouse", "W"},
                                  {"default_namespace", "D.\"my schema\""}},
                              {}};
  auto seen = observe({record});
  ASSERT_TRUE(seen[0]);
  EXPECT_FALSE(seen[0]->foreign);
  EXPECT_EQ(*seen[0]->inputs.find("rsa_public_key"), Value(key)) << "the same key, said otherwise";
  EXPECT_EQ(*seen[0]->inputs.find("default_namespace"), Value("D.\"my schema\""));
  EXPECT_EQ(*seen[0]->inputs.find("default_role"), Value("R"));
  EXPECT_EQ(*seen[0]->inputs.find("user_type"), Value("SERVICE"));
  EXPECT_EQ(*seen[0]->inputs.find("default_secondary_roles"), Value("ALL"));
  EXPECT_EQ(seen[0]->inputs.find("password"), nullptr);

  seen = observe({record});
  EXPECT_EQ(*seen[0]->inputs.find("rsa_public_key"), Value("MIIB-as-Snowflake-writes-it"));
}

// Whoever plans without the right to see users learns that one is there, and nothing else.
TEST_F(ProviderTest, TakesAUserWhoIsHiddenAsRecorded) {
  answer("SHOW USERS", rows_response({"name", "created_on", "login_name", "owner", "comment"},
                                     {{"U", "now", "", "", ""}}));
  answer("DESC USER", error_response(422, "003001", "Insufficient privileges to operate on user"));
  const auto seen = observe(
      {{"u", "snowflake.user", "U", Map{{"rsa_public_key", "MIIB"}, {"disabled", false}}, {}}});
  ASSERT_TRUE(seen[0]) << render(seen[0].error());
  EXPECT_TRUE(seen[0]->exists);
  EXPECT_FALSE(seen[0]->foreign);
  EXPECT_TRUE(seen[0]->inputs.empty());
}

TEST_F(ProviderTest, UsersWithoutKeysCostOneStatement) {
  answer("SHOW USERS", rows_response(user_columns, {}));
  const auto seen = observe({{"a", "snowflake.user", "U", Map{}, {}},
                             {"b", "snowflake.user", "V", Map{{"rsa_public_key", ""}}, {}}});
  EXPECT_FALSE(seen[0]->exists);
  EXPECT_EQ(sent(), std::vector<std::string>{"SHOW USERS"});
}

TEST_F(ProviderTest, NoMessageRepeatsAPassword) {
  answer("CREATE USER",
         error_response(422, "001003", "syntax error line 1 unexpected 'hunter''s 2'. hunter's 2"));
  auto op = operation("snowflake.user", "U", Map{{"password", "hunter's 2"}});
  const auto applied = world.scheduler.run(provider.create(op));
  ASSERT_FALSE(applied);
  for (const std::string& text :
       {applied.error().summary, applied.error().detail, applied.error().remedy}) {
    EXPECT_EQ(text.find("hunter"), std::string::npos) << text;
  }
  EXPECT_NE(applied.error().detail.find("unexpected (secret). (secret)"), std::string::npos)
      << applied.error().detail;
}

TEST_F(ProviderTest, AWholeSetOfGrantsCostsTwoStatementsForEachRole) {
  answer("SHOW GRANTS", rows_response({"privilege", "granted_on", "name", "granted_by"},
                                      {{"USAGE", "WAREHOUSE", "W", "X"}}));
  answer("SHOW FUTURE GRANTS", rows_response({"privilege", "grant_on", "name"}, {}));
  const auto seen = observe({{"a",
                              "snowflake.grants",
                              "",
                              Map{{"role", "R"}, {"grants", Map{{"WAREHOUSE W", List{"USAGE"}}}}},
                              {}},
                             {"b",
                              "snowflake.grant",
                              "",
                              Map{{"privileges", List{"USAGE"}},
                                  {"on", Map{{"warehouse", "W"}}},
                                  {"to", Map{{"role", "R"}}}},
                              {}}});
  ASSERT_TRUE(seen[0]);
  EXPECT_TRUE(seen[0]->exists);
  EXPECT_EQ(*seen[0]->inputs.find("grants"), Value(Map{{"WAREHOUSE W", List{"USAGE"}}}));
  EXPECT_EQ(sent(), (std::vector<std::string>{R"(SHOW GRANTS TO ROLE "R")",
                                              R"(SHOW FUTURE GRANTS TO ROLE "R")"}));
}

TEST_F(ProviderTest, UnqualifiedNamesOfAViewAreLookedUpInItsSchema) {
  answer("CREATE VIEW", done_response());
  auto op = operation("snowflake.view", "V", Map{{"schema", "D.S"}, {"query", "SELECT 1"}});
  ASSERT_TRUE(world.scheduler.run(provider.create(op)));
  const auto body = parse_json(world.transport.requests[0].body);
  EXPECT_EQ(body->string_or("database", ""), "D");
  EXPECT_EQ(body->string_or("schema", ""), "S");
}

}  // namespace
}  // namespace firn::snowflake
