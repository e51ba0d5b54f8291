// Lexer and parser: what is read, and where a mistake is said to be.
#include "sandbox/snowflake/parser.h"

#include <gtest/gtest.h>

#include "sandbox/snowflake/kinds.h"
#include "sandbox/snowflake/lexer.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

template <class T>
T read(const std::string& sql) {
  try {
    return std::get<T>(parse(sql));
  } catch (const SqlError& error) {
    ADD_FAILURE() << sql << "\n" << error.message;
    return T{};
  }
}

TEST(Lexer, ReadsIdentifiersAsTheyAreStored) {
  const auto tokens = tokenize("foo \"foo\" \"a\"\"b\" _x$1 -- rest\n/* skip */ t");
  EXPECT_EQ(tokens[0].text, "FOO");
  EXPECT_EQ(tokens[1].text, "foo");
  EXPECT_EQ(tokens[2].text, "a\"b");
  EXPECT_EQ(tokens[3].text, "_X$1");
  EXPECT_EQ(tokens[4].text, "T");
  EXPECT_EQ(tokens[5].kind, Token::Kind::end);
}

TEST(Lexer, ResolvesEscapesInTexts) {
  struct Case {
    const char* sql;
    std::string text;
  };
  const Case cases[] = {
      {"'it''s'", "it's"},
      {"'a\\'b'", "a'b"},
      {"'\\\\'", "\\"},
      {"'\\n'", "\n"},
      {"$$raw \\n '$$", "raw \\n '"},
      {"'\\u00e9'", "é"},
      {"'\\x41'", "A"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(tokenize(c.sql)[0].text, c.text) << c.sql;
}

TEST(Names, ArePrintedWithQuotesOnlyWhereNeeded) {
  EXPECT_EQ(printed("FOO_1$"), "FOO_1$");
  EXPECT_EQ(printed("foo"), "\"foo\"");
  EXPECT_EQ(printed("A B"), "\"A B\"");
  EXPECT_EQ(printed("1A"), "\"1A\"");
  EXPECT_EQ(printed("a\"b"), "\"a\"\"b\"");
  const NamePath path = {"D", "s", "a\"b"};
  EXPECT_EQ(parse_path(dotted(path)), path);
  EXPECT_TRUE(parse_path("a..b").empty());
  EXPECT_TRUE(parse_path("1a").empty());
}

TEST(Kinds, HaveNoEmptyPrivileges) {
  for (const auto& entry : all_kinds()) {
    EXPECT_FALSE(entry.privileges.empty()) << entry.words;
    for (const auto word : entry.privileges)
      EXPECT_FALSE(word.empty()) << entry.words;
  }
}

TEST(Parser, ReadsATable) {
  const auto create = read<Create>(
      "create or replace transient table \"d\".s.t (a string not null default 'x,y' comment 'c', "
      "b timestamp_tz(3), c double precision default 1 + (2*3) unique, d vector(float, 3), "
      "constraint k primary key (a, b)) cluster by (a, date_trunc('day', b)) comment = 'it''s';");
  EXPECT_TRUE(create.or_replace);
  EXPECT_TRUE(create.transient);
  EXPECT_EQ(create.name, (NamePath{"d", "S", "T"}));
  ASSERT_EQ(create.columns.size(), 4u);
  EXPECT_EQ(create.columns[0].default_sql, "'x,y'");
  EXPECT_TRUE(create.columns[0].not_null);
  EXPECT_EQ(create.columns[1].type.arguments, std::vector<std::string>{"3"});
  EXPECT_EQ(create.columns[2].type.name, "DOUBLE PRECISION");
  EXPECT_EQ(create.columns[2].default_sql, "1 + (2*3)");
  EXPECT_EQ(create.columns[3].type.arguments, (std::vector<std::string>{"float", "3"}));
  EXPECT_EQ(create.primary_key, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(create.cluster_by, (std::vector<std::string>{"a", "date_trunc('day', b)"}));
  EXPECT_EQ(create.properties[0].value.text, "it's");
}

TEST(Parser, ReadsAPipeAndKeepsItsCopyVerbatim) {
  const auto create = read<Create>(
      "CREATE PIPE \"D\".\"S\".\"P\" AUTO_INGEST = TRUE AWS_SNS_TOPIC = 'arn' AS COPY INTO D.S.T "
      "(A, B) FROM (SELECT $1:a.b::string, t.$1:c[0]['d'] AS x FROM @\"D\".S.ST/in/2026-01/ t) "
      "PATTERN = '.*[.]json' FILE_FORMAT = (TYPE = JSON) ON_ERROR = CONTINUE;");
  ASSERT_TRUE(create.copy.has_value());
  const auto& copy = *create.copy;
  EXPECT_EQ(copy.from.name, (NamePath{"D", "S", "ST"}));
  EXPECT_EQ(copy.from.path, "in/2026-01/");
  EXPECT_EQ(copy.select.size(), 2u);
  EXPECT_EQ(copy.select[1].alias, "X");
  EXPECT_EQ(copy.options.size(), 3u);
  EXPECT_TRUE(create.body.starts_with("COPY INTO D.S.T (A, B)"));
  EXPECT_TRUE(create.body.ends_with("ON_ERROR = CONTINUE"));
}

TEST(Parser, ReadsAStageLocationAsALiteral) {
  const auto list = read<ListStage>("LIST '@\"D\".\"S\".\"ST\"/year=2026/a b/'");
  EXPECT_EQ(list.stage.name, (NamePath{"D", "S", "ST"}));
  EXPECT_EQ(list.stage.path, "year=2026/a b/");
}

TEST(Parser, ReadsGrants) {
  struct Case {
    const char* sql;
    GrantTarget::Kind target;
    Kind kind;
    std::vector<std::string> privileges;
  };
  using Target = GrantTarget::Kind;
  const Case cases[] = {
      {"GRANT USAGE ON DATABASE D TO ROLE R", Target::object, Kind::database, {"USAGE"}},
      {"GRANT CREATE FILE FORMAT, CREATE PIPE ON SCHEMA D.S TO DATABASE ROLE D.R",
       Target::object,
       Kind::schema,
       {"CREATE FILE FORMAT", "CREATE PIPE"}},
      {"GRANT ALL PRIVILEGES ON TABLE D.S.T TO R WITH GRANT OPTION",
       Target::object,
       Kind::table,
       {"ALL PRIVILEGES"}},
      {"GRANT ALL ON ALL TABLES IN SCHEMA D.S TO ROLE R",
       Target::all,
       Kind::table,
       {"ALL PRIVILEGES"}},
      {"REVOKE SELECT ON FUTURE VIEWS IN DATABASE D FROM ROLE R CASCADE",
       Target::future,
       Kind::view,
       {"SELECT"}},
      {"REVOKE GRANT OPTION FOR USAGE ON INTEGRATION I FROM ROLE R",
       Target::object,
       Kind::integration,
       {"USAGE"}},
      {"GRANT CREATE INTEGRATION ON ACCOUNT TO ROLE R",
       Target::account,
       Kind::account,
       {"CREATE INTEGRATION"}},
      {"GRANT OWNERSHIP ON FILE FORMAT D.S.F TO ROLE R COPY CURRENT GRANTS",
       Target::object,
       Kind::file_format,
       {"OWNERSHIP"}},
  };
  for (const auto& c : cases) {
    const auto grant = read<Grant>(c.sql);
    EXPECT_EQ(grant.on.kind, c.target) << c.sql;
    EXPECT_EQ(grant.on.object_kind, c.kind) << c.sql;
    EXPECT_EQ(grant.privileges, c.privileges) << c.sql;
  }
  EXPECT_EQ(read<Grant>("GRANT DATABASE ROLE D.R TO ROLE X").membership->kind, Kind::database_role);
}

TEST(Parser, ReadsShow) {
  const auto shown = read<Show>(
      "SHOW TERSE FILE FORMATS LIKE 'a\\\\_b%' IN SCHEMA \"d\".S STARTS WITH 'A' LIMIT 5 FROM 'B'");
  EXPECT_EQ(shown.what, "FILE FORMATS");
  EXPECT_EQ(shown.like, "a\\_b%");
  EXPECT_EQ(shown.in.name, (NamePath{"d", "S"}));
  EXPECT_EQ(shown.starts_with, "A");
  EXPECT_EQ(shown.limit, 5);
  EXPECT_EQ(shown.from, "B");
}

struct BadCase {
  const char* sql;
  const char* code;
  const char* part;  // of the message
};

TEST(Parser, SaysWhereAMistakeIs) {
  const BadCase cases[] = {
      {"", "000900", "Empty SQL statement"},
      {" -- only a comment", "000900", "Empty SQL statement"},
      {"CREATE TABLE D.S.T (A VARCHAR,)", "001003", "line 1 at position 30 unexpected ')'"},
      {"CREATE TABLE D.S.T (\n  ORDER VARCHAR)", "001003",
       "line 2 at position 2 unexpected 'ORDER'"},
      {"SELECT 'abc", "001003", "position 7 unexpected '<EOF>'"},
      {"SELECT 1 /* open", "001003", "unexpected '<EOF>'"},
      {"DROP TABLE T extra", "001003", "unexpected 'extra'"},
      {"ALTER WAREHOUSE W SET", "001003", "unexpected '<EOF>'"},
      {"GRANT ON TABLE T TO ROLE R", "001003", "unexpected 'ON'"},
      {"SELECT 1; SELECT 2", "000008", "Actual statement count 2 did not match"},
      {"CREATE OR REPLACE DATABASE IF NOT EXISTS D", "001003", "incompatible"},
      {"SELECT ^", "001003", "unexpected '^'"},
      {"CREATE SEQUENCE D.S.X START = 1", "001003",
       "firn sandbox does not know: CREATE SEQUENCE D . S"},
      {"CREATE SECURITY INTEGRATION N ENABLED = TRUE", "001003",
       "firn sandbox does not know: CREATE SECURITY INTEGRATION"},
      {"MERGE INTO T USING S ON A = B", "001003", "firn sandbox does not know: MERGE INTO T"},
      {"CALL f()", "001003", "firn sandbox does not know: CALL"},
      {"SHOW SEQUENCES", "001003", "firn sandbox does not know: SHOW SEQUENCES"},
  };
  for (const auto& c : cases) {
    try {
      (void)parse(c.sql);
      ADD_FAILURE() << "accepted: " << c.sql;
    } catch (const SqlError& error) {
      EXPECT_EQ(error.code, c.code) << c.sql << "\n" << error.message;
      EXPECT_NE(error.message.find(c.part), std::string::npos) << c.sql << "\n" << error.message;
    }
  }
}

TEST(Parser, NamesTheOperationOfAnyText) {
  struct Case {
    const char* sql;
    const char* name;
  };
  const Case cases[] = {
      {"create or replace secure view x as select 1", "CREATE VIEW"},
      {"CREATE STORAGE INTEGRATION I", "CREATE INTEGRATION"},
      {"DROP FILE FORMAT IF EXISTS F", "DROP FILE FORMAT"},
      {"DROP DATABASE IF EXISTS D", "DROP DATABASE"},
      {"ALTER DATABASE ROLE D.R SET COMMENT = ''", "ALTER DATABASE ROLE"},
      {"GRANT SELECT ON TABLE T TO ROLE R", "GRANT"},
      {"SHOW PRIMARY KEYS IN DATABASE D", "SHOW PRIMARY KEYS"},
      {"SHOW TERSE TABLES", "SHOW TABLES"},
      {"describe table t", "DESC TABLE"},
      {"MERGE INTO T", "MERGE INTO"},
      {"'", ""},
  };
  for (const auto& c : cases)
    EXPECT_EQ(operation_of(c.sql), c.name) << c.sql;
}

}  // namespace
}  // namespace firn::sandbox::snowflake
