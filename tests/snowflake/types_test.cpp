// What holds for every type of the provider.
#include "providers/snowflake/types.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "core/schema/resource_type.h"

namespace firn::snowflake {
namespace {

TEST(Types, TablesAreSound) {
  for (const ResourceType* type : resource_types()) {
    for (const auto& sentence : check_table(*type))
      ADD_FAILURE() << sentence;
  }
}

TEST(Types, SayByWhatTheyAreImported) {
  for (const ResourceType* type : resource_types()) {
    const bool is_nameless = type->name_rule.form == NameForm::none && !type->is_lookup;
    EXPECT_EQ(is_nameless, !type->import_by.empty() || !type->import_id.empty()) << type->name;
  }
}

TEST(Types, AreSortedAndComplete) {
  const auto all = resource_types();
  EXPECT_EQ(all.size(), 23U);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const auto* a, const auto* b) { return a->name < b->name; }));
  for (const ObjectType* type : object_types()) {
    EXPECT_EQ(find_object_type(type->type->name), type);
    EXPECT_NE(type->listings, nullptr) << type->type->name;
    EXPECT_NE(type->read, nullptr) << type->type->name;
    EXPECT_NE(type->create, nullptr) << type->type->name;
    EXPECT_NE(type->update, nullptr) << type->type->name;
    const bool can_remove =
        type->surroundings == nullptr ? type->remove != nullptr : type->remove_from != nullptr;
    EXPECT_TRUE(can_remove) << type->type->name;
  }
}

TEST(Types, PredictFullyQualifiedNames) {
  struct Row {
    const ObjectType* type;
    const char* name;
    Value inputs;
    Value fqn;
  };
  for (const Row& row : {
           Row{&warehouse_type, "FDL_DEV_WAREHOUSE", Map{}, "FDL_DEV_WAREHOUSE"},
           Row{&role_type, "my role", Map{}, "\"my role\""},
           Row{&schema_type, "LOADING", Map{{"database", "FDL_DEV_DATABASE"}},
               "FDL_DEV_DATABASE.LOADING"},
           Row{&table_type, "T", Map{{"schema", "FDL_DEV_DATABASE.LOADING"}},
               "FDL_DEV_DATABASE.LOADING.T"},
           Row{&table_type, "order", Map{{"schema", "D.\"s\""}}, "D.\"s\".\"order\""},
           Row{&table_type, "T", Map{{"schema", Value::unknown("loading.fqn")}},
               Value::unknown("loading.fqn")},
       }) {
    const Map outputs = row.type->type->predict({}, row.name, row.inputs);
    ASSERT_NE(outputs.find("fqn"), nullptr);
    if (row.fqn.is_unknown()) {
      EXPECT_TRUE(outputs.find("fqn")->is_unknown());
    } else {
      EXPECT_EQ(*outputs.find("fqn"), row.fqn);
    }
  }
}

TEST(Types, NormalisingIsIdempotent) {
  struct Row {
    const ObjectType* type;
    Value inputs;
  };
  for (const Row& row : {
           Row{&schema_type, Map{{"database", "db"}}},
           Row{&table_type, Map{{"schema", "db.s"},
                                {"columns", List{Map{{"name", "id"}, {"type", "string"}}}},
                                {"primary_key", List{"id"}},
                                {"cluster_by", List{"id", " TO_DATE(at) "}}}},
           Row{&view_type, Map{{"schema", "db.s"}, {"query", " select 1;\r\n"}}},
           Row{&stage_type, Map{{"schema", "db.s"}, {"url", "s3://b/"}, {"directory", Map{}}}},
           Row{&file_format_type, Map{{"schema", "db.s"},
                                      {"format_type", "CSV"},
                                      {"options", Map{{"NULL_IF", List{"\\N"}}}}}},
           Row{&grant_type, Map{{"privileges", List{"select", "create  table"}},
                                {"on", Map{{"schema", "db.s"}}},
                                {"to", Map{{"role", "r"}}}}},
       }) {
    const Value once = row.type->type->normalize(row.inputs);
    EXPECT_EQ(row.type->type->normalize(once), once) << row.type->type->name;
  }
  const Value grant = grant_type.type->normalize(
      Map{{"privileges", List{"select", "create  table", "all privileges"}},
          {"on", Map{{"schema", "db.s"}}},
          {"to", Map{{"role", "\"r\""}}}});
  EXPECT_EQ(grant, Value(Map{{"privileges", List{"SELECT", "CREATE TABLE", "ALL"}},
                             {"on", Map{{"schema", "DB.S"}}},
                             {"to", Map{{"role", "\"r\""}}}}));
}

TEST(Types, JudgeChanges) {
  struct Row {
    const ObjectType* type;
    const char* attribute;
    Value before;
    Value after;
    OnChange cost;
  };
  for (const Row& row : {
           Row{&table_type, "transient", false, true, OnChange::replace_losing_data},
           Row{&table_type, "comment", "a", "b", OnChange::update},
           Row{&stage_type, "storage_integration", "A", "B", OnChange::update},
           Row{&stage_type, "storage_integration", "A", Value(), OnChange::replace},
           Row{&pipe_type, "copy", Map{}, Map{{"into", "X"}}, OnChange::replace},
           Row{&pipe_type, "paused", false, true, OnChange::update},
       }) {
    std::string reason;
    std::string loss;
    EXPECT_EQ(row.type->type->judge_change(row.before, row.after, row.attribute, reason, loss),
              row.cost)
        << row.type->type->name << '.' << row.attribute;
  }
}

TEST(Types, RefuseTwoPipesOnOneTopic) {
  const auto on = [](const char* topic) {
    return Value(Map{{"auto_ingest", true}, {"sns_topic", topic}});
  };
  const Value one = on("arn:aws:sns:eu-west-1:123456789012:one");
  const Value other = on("arn:aws:sns:eu-west-1:123456789012:other");
  const Value direct = Map{{"auto_ingest", true}};
  const std::vector<Peer> peers{
      {"a", &one}, {"b", &other}, {"c", &one}, {"d", &direct}, {"e", &direct}};
  std::vector<PeerProblem> problems;
  pipe_type.type->validate_together(peers, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].peer, 2U);
  EXPECT_EQ(problems[0].problem.path, "sns_topic");
  EXPECT_EQ(problems[0].problem.summary, "\"a\" listens to the same topic");
}

TEST(Types, RefuseAStageOutsideOfItsIntegration) {
  struct Row {
    const char* what;
    Value allowed;
    Value blocked;
    const char* integration;
    const char* path;  // of the problem; empty: it is sound
  };
  for (const Row& row : {
           Row{"below", List{"s3://b/other/", "s3://b/in/"}, Value(), "LAKE", ""},
           Row{"the same", List{"s3://b/in/daily/"}, List{}, "LAKE", ""},
           Row{"anything", List{"*"}, List{"s3://b/out/"}, "LAKE", ""},
           Row{"elsewhere", List{"s3://b/other/"}, Value(), "LAKE", "allowed_locations"},
           Row{"only a part", List{"s3://b/in/daily/new/"}, Value(), "LAKE", "allowed_locations"},
           Row{"another bucket", List{"s3://c/in/"}, Value(), "LAKE", "allowed_locations"},
           Row{"blocked", List{"*"}, List{"s3://b/in/"}, "LAKE", "blocked_locations"},
           Row{"on another one", List{"s3://b/other/"}, Value(), "POND", ""},
           Row{"not known yet", List{Value::unknown("b.name")}, Value(), "LAKE", ""},
       }) {
    const Value lake = Map{{"allowed_locations", row.allowed}, {"blocked_locations", row.blocked}};
    const Value stage = Map{{"url", "s3://b/in/daily/"}, {"storage_integration", row.integration}};
    const Map outputs{{"fqn", "LAKE"}};
    const std::vector<Peer> peers{{"lake", &lake, "snowflake.storage_integration", &outputs},
                                  {"place", &stage, "snowflake.stage", nullptr}};
    std::vector<PeerProblem> problems;
    storage_integration_type.type->validate_together(peers, problems);
    const std::string path = problems.empty() ? "" : problems[0].problem.path;
    EXPECT_EQ(path, row.path) << row.what;
    ASSERT_EQ(problems.size(), path.empty() ? 0U : 1U) << row.what;
    if (path.empty()) continue;
    EXPECT_EQ(problems[0].peer, 0U);
    EXPECT_EQ(problems[0].problem.summary, "the stage \"place\" would fall outside");
  }
}

TEST(Types, FindProblemsBeforeAnyCall) {
  struct Row {
    const ObjectType* type;
    const char* name;
    Value inputs;
    const char* summary;
  };
  for (const Row& row : {
           Row{&warehouse_type, "W", Map{{"min_cluster_count", 3}, {"max_cluster_count", 2}},
               "min_cluster_count is larger than max_cluster_count"},
           Row{&schema_type, "INFORMATION_SCHEMA", Map{{"database", "D"}},
               "INFORMATION_SCHEMA belongs to Snowflake"},
           Row{&schema_type, "S", Map{{"database", "D.X"}}, "not a Snowflake name: D.X"},
           Row{&role_type, "SYSADMIN", Map{}, "SYSADMIN belongs to Snowflake"},
           Row{&view_type, "V", Map{{"schema", "D.S"}, {"query", "SELECT 1; DROP TABLE t"}},
               "this is not one piece of SQL: SELECT 1; DROP TABLE t"},
           Row{&table_type, "T",
               Map{{"schema", "D.S"},
                   {"columns", List{Map{{"name", "ID"}, {"type", "DATE"}}}},
                   {"primary_key", List{"IDD"}}},
               "the primary key names a column that is not there: IDD"},
           Row{&table_type, "T",
               Map{{"schema", "D.S"},
                   {"columns", List{Map{{"name", "ID"}, {"type", "DATE"}}}},
                   {"unique_keys", List{Map{{"columns", List{"IDD"}}}}}},
               "a unique key names a column that is not there: IDD"},
           Row{&table_type, "T",
               Map{{"schema", "D.S"},
                   {"columns", List{Map{{"name", "ID"}, {"type", "DATE"}}}},
                   {"unique_keys",
                    List{Map{{"columns", List{"ID"}}}, Map{{"columns", List{"id"}}}}}},
               "two unique keys are on the same columns: ID"},
           Row{&table_type, "T",
               Map{{"schema", "D.S"},
                   {"columns", List{Map{{"name", "ID"}, {"type", "DATE"}}}},
                   {"foreign_keys", List{Map{{"columns", List{"IDD"}}, {"table", "D.S.HUB"}}}}},
               "a foreign key names a column that is not there: IDD"},
           Row{&table_type, "T",
               Map{{"schema", "D.S"},
                   {"columns", List{Map{{"name", "ID"}, {"type", "DATE"}}}},
                   {"foreign_keys", List{Map{{"columns", List{"ID"}},
                                             {"references", List{"A", "B"}},
                                             {"table", "D.S.HUB"}}}}},
               "a foreign key has as many columns as it references"},
           Row{&table_type, "T",
               Map{{"schema", "D.S"},
                   {"columns", List{Map{{"name", "ID"}, {"type", "DATE"}}}},
                   {"foreign_keys", List{Map{{"columns", List{"ID"}}, {"table", "D.S.HUB"}},
                                         Map{{"columns", List{"id"}}, {"table", "D.S.B"}}}}},
               "two foreign keys are on the same columns: ID"},
           Row{&table_type, "T",
               Map{{"schema", "D.S"},
                   {"columns", List{Map{{"name", "ID"}, {"type", "DATE"}}}},
                   {"foreign_keys", List{Map{{"columns", List{"ID"}}, {"table", "HUB"}}}}},
               "not a Snowflake name: HUB"},
           Row{&storage_integration_type, "I", Map{{"allowed_locations", List{"b/p"}}},
               "not an S3 location: b/p"},
           Row{&storage_integration_type, "I", Map{{"allowed_locations", List{}}},
               "no location is allowed"},
           Row{&stage_type, "ST", Map{{"schema", "D.S"}, {"url", "gcs://b/"}},
               "not an S3 URL: gcs://b/"},
           Row{&pipe_type, "P", Map{{"schema", "D.S"}, {"sns_topic", "arn:aws:sns:r:1:t"}},
               "sns_topic needs auto_ingest: true"},
       }) {
    std::vector<Problem> problems;
    row.type->type->validate({}, row.name, row.inputs, problems);
    ASSERT_EQ(problems.size(), 1U) << row.summary;
    EXPECT_EQ(problems[0].summary, row.summary);
  }
}

}  // namespace
}  // namespace firn::snowflake
