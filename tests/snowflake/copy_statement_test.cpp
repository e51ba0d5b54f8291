#include "providers/snowflake/copy_statement.h"

#include <gtest/gtest.h>

namespace firn::snowflake {
namespace {

Value copy(Map more) {
  Map all{{"into", "DB.LOADING.COINS"}, {"from", "DB.LOADING.COINS_STAGE"}};
  for (const auto& [name, value] : more)
    all.set(name, value);
  return all;
}

TEST(CopyStatements, AreMadeFromTheirParts) {
  struct Row {
    Value copy;
    const char* text;
  };
  for (
      const Row& row : {
          Row{copy({}), R"(COPY INTO "DB"."LOADING"."COINS" FROM @"DB"."LOADING"."COINS_STAGE")"},
          Row{copy({{"file_format", "DB.LOADING.PARQUET_FILE_FORMAT"},
                    {"match_by_column_name", "CASE_INSENSITIVE"}}),
              R"(COPY INTO "DB"."LOADING"."COINS" FROM @"DB"."LOADING"."COINS_STAGE" FILE_FORMAT = (FORMAT_NAME = 'DB.LOADING.PARQUET_FILE_FORMAT') MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE)"},
          Row{copy({{"path", "daily/"},
                    {"pattern", ".*[.]csv\\d"},
                    {"on_error", "SKIP_FILE_10%"},
                    {"columns", List{"ID", "\"Name\""}}}),
              R"(COPY INTO "DB"."LOADING"."COINS" ("ID", "Name") FROM @"DB"."LOADING"."COINS_STAGE"/daily/ PATTERN = '.*[.]csv\\d' ON_ERROR = 'SKIP_FILE_10%')"},
          Row{copy({{"select", "$1:id::VARCHAR, METADATA$FILENAME"}, {"on_error", "CONTINUE"}}),
              R"(COPY INTO "DB"."LOADING"."COINS" FROM (SELECT $1:id::VARCHAR, METADATA$FILENAME FROM @"DB"."LOADING"."COINS_STAGE") ON_ERROR = CONTINUE)"},
      }) {
    const auto statement = copy_statement(normalized_copy(row.copy));
    ASSERT_TRUE(statement) << row.text;
    EXPECT_EQ(statement->text(), row.text);
  }
}

TEST(CopyStatements, NormaliseOnce) {
  const Value once = normalized_copy(Map{{"into", "db.loading.coins"},
                                         {"from", "\"DB\".loading.st"},
                                         {"path", "/a/"},
                                         {"on_error", "continue"},
                                         {"columns", List{"id"}}});
  EXPECT_EQ(once, Value(Map{{"into", "DB.LOADING.COINS"},
                            {"from", "DB.LOADING.ST"},
                            {"path", "a/"},
                            {"on_error", "CONTINUE"},
                            {"columns", List{"ID"}}}));
  EXPECT_EQ(normalized_copy(once), once);
}

TEST(CopyStatements, RefuseWhatPipesCannot) {
  struct Row {
    Value copy;
    const char* path;
    const char* summary;
  };
  for (const Row& row : {
           Row{copy({{"on_error", "ABORT_STATEMENT"}}), "copy.on_error",
               "a pipe cannot have on_error: ABORT_STATEMENT"},
           Row{copy({{"on_error", "SKIP_FILE_x"}}), "copy.on_error",
               "a pipe cannot have on_error: SKIP_FILE_x"},
           Row{copy({{"into", "COINS"}}), "copy.into", "not a Snowflake name: COINS"},
           Row{copy({{"select", "$1 FROM x) --"}}), "copy.select",
               "this is not one piece of SQL: $1 FROM x) --"},
           Row{copy({{"select", "$1"}, {"match_by_column_name", "CASE_SENSITIVE"}}),
               "copy.match_by_column_name", "select and match_by_column_name exclude each other"},
       }) {
    std::vector<Problem> problems;
    validate_copy(row.copy, problems);
    ASSERT_EQ(problems.size(), 1U) << row.summary;
    EXPECT_EQ(problems[0].path, row.path);
    EXPECT_EQ(problems[0].summary, row.summary);
  }
}

}  // namespace
}  // namespace firn::snowflake
