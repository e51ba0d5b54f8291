#include "providers/snowflake/columns.h"

#include <gtest/gtest.h>

namespace firn::snowflake {
namespace {

Column column(std::string name, std::string_view type, bool nullable = true,
              std::string default_sql = {}, std::string comment = {}) {
  return {std::move(name), *parse_data_type(type), nullable, std::move(default_sql),
          std::move(comment)};
}

const std::vector<Column> before{column("ID", "NUMBER(10,0)", false), column("NAME", "VARCHAR(20)"),
                                 column("AT", "TIMESTAMP_TZ", true, "CURRENT_TIMESTAMP()", "when")};

TEST(Columns, NormaliseOnceAndComeBack) {
  const Value written = List{
      Map{{"name", "id"}, {"type", "int"}, {"nullable", true}, {"comment", ""}},
      Map{{"name", "\"count\""}, {"type", "string"}, {"default", "'x'"}},
      Map{{"name", "NAME"}, {"type", "VARCHAR"}, {"nullable", false}},
  };
  const Value once = normalized_columns(written, {"ID"});
  EXPECT_EQ(once, Value(List{
                      Map{{"name", "ID"}, {"type", "NUMBER(38,0)"}, {"nullable", false}},
                      Map{{"name", "\"count\""}, {"type", "VARCHAR(16777216)"}, {"default", "'x'"}},
                      Map{{"name", "NAME"}, {"type", "VARCHAR(16777216)"}, {"nullable", false}},
                  }));
  EXPECT_EQ(normalized_columns(once, {"ID"}), once);
  EXPECT_EQ(value_of(*columns_of(once)), once);
}

TEST(Columns, AreNumbered) {
  const Value written = List{
      Map{{"name", "ID"}, {"type", "NUMBER(38,0)"}, {"identity", Map{}}},
      Map{{"name", "NR"},
          {"type", "NUMBER(10,0)"},
          {"identity", Map{{"start", 5}, {"increment", -2}}}},
      Map{{"name", "NAME"}, {"type", "DATE"}, {"identity", Value()}},
  };
  const Value once = normalized_columns(written, {});
  EXPECT_EQ(once.as_list()[0].at("identity"), Value(Map{{"start", 1}, {"increment", 1}}));
  EXPECT_EQ(once.as_list()[2].find("identity"), nullptr);
  EXPECT_EQ(normalized_columns(once, {}), once);
  const auto columns = *columns_of(once);
  EXPECT_EQ(value_of(columns), once);

  // As SHOW COLUMNS tells of them.
  const auto names = std::make_shared<const std::vector<std::string>>(
      std::vector<std::string>{"table_name", "schema_name", "database_name", "column_name",
                               "data_type", "null?", "default", "autoincrement"});
  Rows rows{*names, {}};
  const auto add = [&](const char* name, const char* type, const char* counts) {
    rows.rows.emplace_back(names, Row::Cells{"T", "S", "DB", name, type, "true", "", counts});
  };
  add("ID", R"({"type":"FIXED","precision":38,"scale":0})", "IDENTITY START 1 INCREMENT 1 NOORDER");
  add("NR", R"({"type":"FIXED","precision":10,"scale":0})", "IDENTITY START 5 INCREMENT -2 ORDER");
  add("NAME", R"({"type":"DATE"})", "");
  EXPECT_EQ(value_of(columns_in(rows, {{"DB", "S", "T"}})), once);

  auto otherwise = columns;
  otherwise[0].identity.reset();
  otherwise[1].identity->increment = 1;
  const auto judged = judge_columns(columns, otherwise);
  EXPECT_EQ(judged.cost, OnChange::replace_losing_data);
  EXPECT_EQ(judged.loss, "all rows of the table");
  EXPECT_EQ(judged.reason,
            "ID: how a column is numbered is settled when the table is made; "
            "NR: how a column is numbered is settled when the table is made");
  const auto one_more = judge_columns({columns[0]}, {columns[0], columns[1]});
  EXPECT_EQ(one_more.cost, OnChange::update);
  EXPECT_EQ(one_more.reason,
            "NR is added at the end; NR: a column that is numbered needs an empty table");
}

TEST(Columns, ChangesAreJudged) {
  struct Row {
    const char* what;
    std::vector<Column> after;
    OnChange cost;
    const char* loss;
    std::string reason;
  };
  const auto with = [](std::size_t i, Column changed) {
    auto columns = before;
    columns[i] = std::move(changed);
    return columns;
  };
  auto added = before;
  added.insert(added.begin() + 1, column("PRICE", "FLOAT"));
  auto added_not_null = before;
  added_not_null.push_back(column("PRICE", "FLOAT", false));
  auto dropped = before;
  dropped.pop_back();
  auto reordered = before;
  std::swap(reordered[0], reordered[1]);
  for (const Row& row : {
           Row{"nothing", before, OnChange::update, "", ""},
           Row{"order", reordered, OnChange::update, "", ""},
           Row{"add", added, OnChange::update, "", "PRICE is added at the end"},
           Row{"add not null", added_not_null, OnChange::update, "",
               "PRICE is added at the end; PRICE: NOT NULL without a default needs an empty table"},
           Row{"widen", with(1, column("NAME", "VARCHAR(50)")), OnChange::update, "",
               "NAME from VARCHAR(20) to VARCHAR(50): widened in place"},
           Row{"drop", dropped, OnChange::update, "the data of column AT", "AT is dropped"},
           Row{"narrow", with(1, column("NAME", "VARCHAR(5)")), OnChange::replace_losing_data,
               "all rows of the table",
               "NAME from VARCHAR(20) to VARCHAR(5): a text column can only become longer"},
           Row{"scale", with(0, column("ID", "NUMBER(10,2)", false)), OnChange::replace_losing_data,
               "all rows of the table",
               "ID from NUMBER(10,0) to NUMBER(10,2): the digits after the point cannot change"},
           Row{"family", with(1, column("NAME", "NUMBER")), OnChange::replace_losing_data,
               "all rows of the table",
               "NAME from VARCHAR(20) to NUMBER(38,0): Snowflake cannot turn one kind of type into "
               "another in place"},
           Row{"new default", with(1, column("NAME", "VARCHAR(20)", true, "'x'")),
               OnChange::replace_losing_data, "all rows of the table",
               "NAME: the default of an existing column can only be dropped"},
           Row{"default only printed otherwise",
               with(2, column("AT", "TIMESTAMP_TZ", true, "current_timestamp( )", "when")),
               OnChange::update, "", ""},
           Row{"not null", with(1, column("NAME", "VARCHAR(20)", false)), OnChange::update, "",
               "NAME: NOT NULL works only while no row holds NULL there"},
       }) {
    const auto judgement = judge_columns(before, row.after);
    EXPECT_EQ(judgement.cost, row.cost) << row.what;
    EXPECT_EQ(judgement.loss, row.loss) << row.what;
    EXPECT_EQ(judgement.reason, row.reason) << row.what;
  }
}

TEST(Columns, BecomeStatementsThatAddBeforeTheyDrop) {
  const std::vector<Column> after{column("ID", "NUMBER(12,0)"), column("AT", "TIMESTAMP_TZ"),
                                  column("PRICE", "FLOAT", false, "0", "in \"US\" 'dollars'")};
  const auto statements = column_changes({{"DB", "S", "T"}}, before, after);
  ASSERT_TRUE(statements);
  std::vector<std::string> texts;
  for (const auto& statement : *statements)
    texts.push_back(statement.text());
  EXPECT_EQ(
      texts,
      (std::vector<std::string>{
          R"(ALTER TABLE "DB"."S"."T" ADD COLUMN "PRICE" FLOAT NOT NULL DEFAULT 0 COMMENT 'in "US" ''dollars''')",
          R"(ALTER TABLE "DB"."S"."T" ALTER COLUMN "ID" SET DATA TYPE NUMBER(12,0))",
          R"(ALTER TABLE "DB"."S"."T" ALTER COLUMN "ID" DROP NOT NULL)",
          R"(ALTER TABLE "DB"."S"."T" ALTER COLUMN "AT" DROP DEFAULT)",
          R"(ALTER TABLE "DB"."S"."T" ALTER COLUMN "AT" COMMENT '')",
          R"(ALTER TABLE "DB"."S"."T" DROP COLUMN "NAME")",
      }));
}

TEST(Columns, AreToldInTheRecordsOrderAndSpelling) {
  const std::vector<Column> recorded{column("B", "VARCHAR"), column("A", "NUMBER", true, "0"),
                                     column("V", "VECTOR(FLOAT, 3)"), column("GONE", "DATE")};
  std::vector<Column> shown{column("A", "NUMBER", true, "CAST(0 AS NUMBER(38,0))"),
                            column("NEW", "DATE"), column("V", "VECTOR"), column("B", "VARCHAR")};
  const auto told = told_as_recorded(std::move(shown), recorded);
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0].name, "B");
  EXPECT_EQ(told[1].name, "A");
  EXPECT_EQ(told[1].default_sql, "0");
  EXPECT_EQ(told[2].type.text, "VECTOR(FLOAT,3)");
  EXPECT_EQ(told[3].name, "NEW");
}

TEST(Columns, ProblemsSayWhere) {
  std::vector<Problem> problems;
  validate_columns(
      List{Map{{"name", "ID"}, {"type", "VARCHAR"}}, Map{{"name", "id"}, {"type", "VARCHR"}},
           Map{{"name", "X"}, {"type", "DATE"}, {"default", "1, Y DATE"}}},
      problems);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].path, "columns.1.name");
  EXPECT_EQ(problems[0].summary, "two columns are named ID");
  EXPECT_EQ(problems[1].path, "columns.1.type");
  EXPECT_EQ(problems[1].summary, "not a column type: VARCHR");
  EXPECT_EQ(problems[2].path, "columns.2.default");
}

TEST(Columns, NumbersThatCannotBe) {
  std::vector<Problem> problems;
  validate_columns(
      List{Map{{"name", "A"}, {"type", "NUMBER"}, {"default", "1"}, {"identity", Map{}}},
           Map{{"name", "B"}, {"type", "NUMBER"}, {"identity", Map{{"increment", 0}}}},
           Map{{"name", "C"}, {"type", "VARCHAR(5)"}, {"identity", Map{}}}},
      problems);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].path, "columns.0.identity");
  EXPECT_EQ(problems[0].summary, "a column has a default or is numbered, not both");
  EXPECT_EQ(problems[1].path, "columns.1.identity.increment");
  EXPECT_EQ(problems[2].summary, "only a NUMBER can be numbered: VARCHAR(5)");
}

}  // namespace
}  // namespace firn::snowflake
