#include "providers/snowflake/sql.h"

#include <gtest/gtest.h>

namespace firn::snowflake {
namespace {

TEST(Identifiers, AreStoredAsSnowflakeStoresThem) {
  struct Row {
    const char* written;
    const char* stored;
    const char* shortest;
    const char* quoted;
  };
  for (const Row& row : {
           Row{"orders", "ORDERS", "ORDERS", R"("ORDERS")"},
           Row{"Orders_2$", "ORDERS_2$", "ORDERS_2$", R"("ORDERS_2$")"},
           Row{R"("orders")", "orders", R"("orders")", R"("orders")"},
           Row{R"("ORDERS")", "ORDERS", "ORDERS", R"("ORDERS")"},
           Row{R"("a""b")", R"(a"b)", R"("a""b")", R"("a""b")"},
           Row{"my table", "my table", R"("my table")", R"("my table")"},
           Row{"2nd", "2nd", R"("2nd")", R"("2nd")"},
           Row{"order", "ORDER", R"("ORDER")", R"("ORDER")"},
           Row{"été", "été", R"("été")", R"("été")"},
       }) {
    SCOPED_TRACE(row.written);
    const std::string stored = stored_identifier(row.written);
    EXPECT_EQ(stored, row.stored);
    EXPECT_EQ(shortest_identifier(stored), row.shortest);
    EXPECT_EQ(quoted_identifier(stored), row.quoted);
    EXPECT_EQ(stored_identifier(shortest_identifier(stored)), stored) << "is not stable";
  }
}

TEST(ObjectNames, ParseAndPrint) {
  struct Row {
    const char* text;
    std::vector<std::string> parts;
    const char* shortest;
  };
  for (const Row& row : {
           Row{R"(A."b.c".D)", {"A", "b.c", "D"}, R"(A."b.c".D)"},
           Row{"db.schema.t", {"DB", "SCHEMA", "T"}, "DB.SCHEMA.T"},
           Row{R"("DB"."S")", {"DB", "S"}, "DB.S"},
           Row{R"("x""y")", {R"(x"y)"}, R"("x""y")"},
           Row{" FDL_DEV ", {"FDL_DEV"}, "FDL_DEV"},
       }) {
    SCOPED_TRACE(row.text);
    const auto name = parse_object_name(row.text);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->parts, row.parts);
    EXPECT_EQ(name->shortest(), row.shortest);
    EXPECT_EQ(parse_object_name(name->quoted())->parts, row.parts);
  }
}

TEST(ObjectNames, RefuseWhatIsNone) {
  struct Row {
    std::string text;
    std::size_t parts;
    const char* why;
  };
  for (const Row& row : {
           Row{"", 0, "a part is empty"},
           Row{"A..B", 0, "a part is empty"},
           Row{"A.", 0, "a part is empty"},
           Row{R"("A)", 0, "a quotation is not closed"},
           Row{R"("A"b.C)", 0, "text follows a closing quotation mark"},
           Row{R"(A"b".C)", 0, "a quotation begins in the middle of a part"},
           Row{"A.B", 3, "it has 2 parts; 3 are needed here"},
           Row{std::string(256, 'A'), 0, "a part is longer than 255 characters"},
       }) {
    SCOPED_TRACE(row.text);
    const auto name = parse_object_name(row.text, row.parts);
    ASSERT_FALSE(name);
    EXPECT_EQ(name.error().detail, row.why);
  }
  EXPECT_TRUE(parse_object_name(std::string(255, 'A')));
}

TEST(Literals, EscapeQuotesAndBackslashes) {
  EXPECT_EQ(string_literal("plain"), "'plain'");
  EXPECT_EQ(string_literal("it's"), "'it''s'");
  EXPECT_EQ(string_literal(R"(\)"), R"('\\')");
  EXPECT_EQ(string_literal(R"(\'; DROP TABLE x; --)"), R"('\\''; DROP TABLE x; --')");
  EXPECT_EQ(like_pattern(R"(A_B%\)"), R"(A\_B\%\\)");
}

TEST(AuthorSql, AcceptsOnePiece) {
  for (const char* text : {
           "SELECT ';' FROM t",
           "SELECT 'it''s \\' ;' AS \"x;y\" FROM t -- ; a remark\nWHERE a IN (1, 2)",
           "SELECT $$ ; ' $$ /* ; */ FROM t",
           "CURRENT_TIMESTAMP()",
       }) {
    EXPECT_TRUE(AuthorSql::query(text)) << text;
  }
  EXPECT_EQ(AuthorSql::query("\r\n SELECT 1\r\n;; ")->text(), "SELECT 1");
  EXPECT_EQ(AuthorSql::expressions("$1:a, $2")->text(), "$1:a, $2");
  EXPECT_TRUE(AuthorSql::expression("COALESCE(a, b)"));
}

TEST(AuthorSql, AScriptMayBeABlock) {
  EXPECT_EQ(AuthorSql::script("BEGIN\n  SELECT 1; SELECT 2;\nEND;\n")->text(),
            "BEGIN\n  SELECT 1; SELECT 2;\nEND");
  EXPECT_TRUE(AuthorSql::script("-- all\ndeclare x INT; begin x := 1; end -- done"));
  EXPECT_TRUE(AuthorSql::script("CALL P('a;b')"));
  EXPECT_FALSE(AuthorSql::script("SELECT 1; SELECT 2"));
  EXPECT_FALSE(AuthorSql::script("BEGIN SELECT 1; END; DROP TABLE T"));
  EXPECT_FALSE(AuthorSql::script("BEGIN SELECT (1; END"));
  EXPECT_FALSE(AuthorSql::script("BEGIN SELECT 'x; END"));
  EXPECT_FALSE(AuthorSql::script("BEGIN SELECT 1; -- END"));
}

TEST(AuthorSql, RefusesWhatReachesBeyondItsPlace) {
  struct Row {
    const char* text;
    const char* why;
  };
  for (const Row& row : {
           Row{"SELECT 1; DROP TABLE t", "it holds a ';', and only one statement may be sent"},
           Row{"SELECT 'a", "a quotation is not closed"},
           Row{"SELECT \"a", "a quotation is not closed"},
           Row{"SELECT $$a", "a quotation is not closed"},
           Row{"SELECT 1 /* x", "a comment is not closed"},
           Row{"SELECT (1", "a bracket is not closed"},
           Row{"SELECT 1) , (2", "a bracket is closed that was not opened"},
           Row{"SELECT f(1]", "a bracket is closed that was not opened"},
           Row{"  ;", "it is empty"},
       }) {
    SCOPED_TRACE(row.text);
    const auto sql = AuthorSql::query(row.text);
    ASSERT_FALSE(sql);
    EXPECT_EQ(sql.error().detail, row.why);
  }
  EXPECT_FALSE(AuthorSql::expressions("$1 -- rest"));
  EXPECT_FALSE(AuthorSql::expression("1, X NUMBER"));
}

TEST(Sql, SplitsAtCommasOutsideBracketsAndQuotes) {
  EXPECT_EQ(split_at_commas("a, f(b, c), 'd,e', \"f,g\""),
            (std::vector<std::string>{"a", "f(b, c)", "'d,e'", "\"f,g\""}));
  EXPECT_TRUE(split_at_commas("").empty());
}

TEST(Sql, FindsTheQueryOfAView) {
  struct Row {
    const char* text;
    const char* query;
  };
  for (const Row& row : {
           Row{"CREATE VIEW v AS SELECT 1 AS x", "SELECT 1 AS x"},
           Row{"create or replace secure view \"AS\".\"b AS c\" (\"X\" comment 'AS it is')\n copy "
               "grants comment = 'AS' as\nselect 2",
               "select 2"},
           Row{"CREATE VIEW v /* AS */ -- AS\n AS WITH q AS (SELECT 3) SELECT * FROM q",
               "WITH q AS (SELECT 3) SELECT * FROM q"},
           Row{"CREATE VIEW v (AS_OF COMMENT '') AS(SELECT 4)", "(SELECT 4)"},
           Row{"nothing here", ""},
       }) {
    EXPECT_EQ(text_after_as(row.text), row.query) << row.text;
  }
}

TEST(Statements, ArePiecesInOrder) {
  const std::vector<std::string> locations{"s3://b/p/", "it's"};
  const std::vector<std::string> columns{"ID", "a\"b"};
  EXPECT_EQ(Statement("CREATE STORAGE INTEGRATION")
                .identifier("I")
                .set_word("TYPE", "EXTERNAL_STAGE")
                .set_bool("ENABLED", true)
                .set_texts("STORAGE_ALLOWED_LOCATIONS", locations)
                .text(),
            "CREATE STORAGE INTEGRATION \"I\" TYPE = EXTERNAL_STAGE ENABLED = TRUE "
            "STORAGE_ALLOWED_LOCATIONS = ('s3://b/p/', 'it''s')");
  EXPECT_EQ(Statement("COPY INTO").name({{"D", "S", "T"}}).identifiers(columns).text(),
            R"(COPY INTO "D"."S"."T" ("ID", "a""b"))");
  const std::vector<std::string> arguments{"D.S.P"};
  EXPECT_EQ(Statement("SELECT").call("SYSTEM$PIPE_STATUS", arguments).text(),
            "SELECT SYSTEM$PIPE_STATUS('D.S.P')");
}

TEST(Statements, QuoteBodiesWithDollarsWhereThatHolds) {
  EXPECT_EQ(Statement("AS").dollar_literal("it's \\ one").text(), "AS $$it's \\ one$$");
  EXPECT_EQ(Statement("AS").dollar_literal("a $$ b's").text(), "AS 'a $$ b''s'");
  EXPECT_EQ(Statement("AS").dollar_literal("costs 3 $").text(), "AS 'costs 3 $'");
}

TEST(Statements, KeepAWordThatIsNoneInsideALiteral) {
  EXPECT_EQ(Statement("X").value_word("SKIP_FILE_10%").text(), "X 'SKIP_FILE_10%'");
  EXPECT_EQ(Statement("X").value_word("A'; DROP").text(), "X 'A''; DROP'");
  EXPECT_EQ(Statement("X").value_word("CREATE TABLE").text(), "X CREATE TABLE");
}

TEST(Statements, WriteStageLocations) {
  struct Row {
    const char* path;
    const char* text;
  };
  for (const Row& row : {
           Row{"", R"(X @"D"."S"."ST")"},
           Row{"daily/", R"(X @"D"."S"."ST"/daily/)"},
           Row{"/daily/a-1.b_c", R"(X @"D"."S"."ST"/daily/a-1.b_c)"},
           Row{"year=2026/", R"(X '@"D"."S"."ST"/year=2026/')"},
           Row{"it's here", R"(X '@"D"."S"."ST"/it''s here')"},
           Row{"a//b", R"(X '@"D"."S"."ST"/a//b')"},
           Row{"a--b", R"(X '@"D"."S"."ST"/a--b')"},
       }) {
    EXPECT_EQ(Statement("X").location({{"D", "S", "ST"}}, row.path).text(), row.text) << row.path;
  }
}

}  // namespace
}  // namespace firn::snowflake
