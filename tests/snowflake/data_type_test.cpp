#include "providers/snowflake/data_type.h"

#include <gtest/gtest.h>

namespace firn::snowflake {
namespace {

TEST(DataTypes, HaveOneCanonicalForm) {
  struct Row {
    const char* written;
    const char* canonical;
  };
  for (const Row& row : {
           Row{"NUMBER", "NUMBER(38,0)"},
           Row{"number(10)", "NUMBER(10,0)"},
           Row{"DECIMAL( 10 , 2 )", "NUMBER(10,2)"},
           Row{"NUMERIC(37,37)", "NUMBER(37,37)"},
           Row{"INT", "NUMBER(38,0)"},
           Row{"bigint", "NUMBER(38,0)"},
           Row{"TINYINT", "NUMBER(38,0)"},
           Row{"DOUBLE   PRECISION", "FLOAT"},
           Row{"REAL", "FLOAT"},
           Row{"float8", "FLOAT"},
           Row{"DECFLOAT", "DECFLOAT(38)"},
           Row{"STRING", "VARCHAR(16777216)"},
           Row{"TEXT", "VARCHAR(16777216)"},
           Row{"VARCHAR", "VARCHAR(16777216)"},
           Row{"varchar(134217728)", "VARCHAR(134217728)"},
           Row{"CHAR", "VARCHAR(1)"},
           Row{"CHAR(5)", "VARCHAR(5)"},
           Row{"CHAR VARYING(7)", "VARCHAR(7)"},
           Row{"VARBINARY", "BINARY(8388608)"},
           Row{"BOOLEAN", "BOOLEAN"},
           Row{"DATE", "DATE"},
           Row{"TIME", "TIME(9)"},
           Row{"TIME(0)", "TIME(0)"},
           Row{"DATETIME", "TIMESTAMP_NTZ(9)"},
           Row{"timestampntz(3)", "TIMESTAMP_NTZ(3)"},
           Row{"TIMESTAMP_TZ", "TIMESTAMP_TZ(9)"},
           Row{"TIMESTAMP(6) WITH TIME ZONE", "TIMESTAMP_TZ(6)"},
           Row{"TIMESTAMP WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(9)"},
           Row{"variant", "VARIANT"},
           Row{"VECTOR( FLOAT , 256 )", "VECTOR(FLOAT,256)"},
           Row{"ARRAY(NUMBER)", "ARRAY(NUMBER)"},
       }) {
    const auto type = parse_data_type(row.written);
    ASSERT_TRUE(type) << row.written;
    EXPECT_EQ(type->text, row.canonical) << row.written;
    EXPECT_EQ(parse_data_type(type->text)->text, row.canonical) << "is not stable";
  }
}

TEST(DataTypes, RefuseWhatSnowflakeRefuses) {
  struct Row {
    const char* written;
    const char* detail;
    const char* remedy;
  };
  for (const Row& row : {
           Row{"TIMESTAMP", "what bare TIMESTAMP means is a setting of the account",
               "write TIMESTAMP_NTZ, TIMESTAMP_LTZ or TIMESTAMP_TZ"},
           Row{"VARCHR", "Snowflake has no type of that name", "did you mean \"VARCHAR\"?"},
           Row{"NUMBER(39)", "a number has 1 to 38 digits", ""},
           Row{"NUMBER(10,11)", "the digits after the point must fit into all digits", ""},
           Row{"NUMBER(10,2,3)", "there are too many numbers in the brackets", ""},
           Row{"VARCHAR(0)", "a text has a length of 1 to 134217728", ""},
           Row{"VARCHAR(x)", "the brackets may hold whole numbers only", ""},
           Row{"BINARY(67108865)", "a binary has a length of 1 to 67108864", ""},
           Row{"TIME(10)", "fractions of a second have 0 to 9 digits", ""},
           Row{"BOOLEAN(1)", "this type takes no length", ""},
           Row{"VARCHAR(10", "a bracket is not closed", ""},
       }) {
    const auto type = parse_data_type(row.written);
    ASSERT_FALSE(type) << row.written;
    EXPECT_EQ(type.error().detail, row.detail) << row.written;
    EXPECT_EQ(type.error().remedy, row.remedy) << row.written;
  }
  EXPECT_FALSE(parse_data_type("VARIANT); DROP TABLE x"));
}

TEST(DataTypes, AreReadFromListings) {
  struct Row {
    const char* json;
    const char* canonical;
  };
  for (const Row& row : {
           Row{R"({"type":"FIXED","precision":38,"scale":0,"nullable":true})", "NUMBER(38,0)"},
           Row{R"({"type":"TEXT","length":16777216,"byteLength":16777216,"nullable":true})",
               "VARCHAR(16777216)"},
           Row{R"({"type":"REAL","nullable":true})", "FLOAT"},
           Row{R"({"type":"TIMESTAMP_TZ","precision":0,"scale":9,"nullable":true})",
               "TIMESTAMP_TZ(9)"},
           Row{R"({"type":"BINARY","length":100,"nullable":false})", "BINARY(100)"},
           Row{R"({"type":"BOOLEAN","nullable":true})", "BOOLEAN"},
           Row{R"({"type":"DATE","nullable":true})", "DATE"},
           Row{R"({"type":"VARIANT","nullable":true})", "VARIANT"},
           Row{"not json", ""},
       }) {
    EXPECT_EQ(data_type_of_listing(row.json).text, row.canonical) << row.json;
  }
}

TEST(DataTypes, ChangeAtACost) {
  struct Row {
    const char* before;
    const char* after;
    OnChange cost;
  };
  constexpr auto update = OnChange::update;
  constexpr auto loses = OnChange::replace_losing_data;
  for (const Row& row : {
           Row{"STRING", "VARCHAR(16777216)", update},
           Row{"VARCHAR(10)", "VARCHAR(20)", update},
           Row{"VARCHAR(20)", "VARCHAR(10)", loses},
           Row{"NUMBER(10,2)", "NUMBER(12,2)", update},
           Row{"NUMBER(12,2)", "NUMBER(10,2)", loses},
           Row{"NUMBER(10,2)", "NUMBER(10,3)", loses},
           Row{"NUMBER(10,2)", "NUMBER(12,3)", loses},
           Row{"BINARY(10)", "BINARY(20)", loses},
           Row{"NUMBER", "VARCHAR", loses},
           Row{"TIMESTAMP_NTZ", "TIMESTAMP_TZ", loses},
           Row{"TIME(3)", "TIME(9)", loses},
           Row{"VARIANT", "OBJECT", loses},
       }) {
    const auto change =
        judge_type_change(*parse_data_type(row.before), *parse_data_type(row.after));
    EXPECT_EQ(change.cost, row.cost) << row.before << " to " << row.after;
  }
  EXPECT_EQ(judge_type_change(*parse_data_type("VARCHAR(20)"), *parse_data_type("CHAR(10)")).reason,
            "VARCHAR(20) to VARCHAR(10): a text column can only become longer");
}

}  // namespace
}  // namespace firn::snowflake
