// File formats: options, their defaults, and how DESC and SHOW print them.
#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct TypeRow {
  const char* type;
  Pairs defaults;
};

TEST(FileFormats, HaveTheDocumentedDefaults) {
  const TypeRow rows[] = {
      {"CSV",
       {{"TYPE", "CSV"},
        {"RECORD_DELIMITER", "\\n"},
        {"FIELD_DELIMITER", ","},
        {"SKIP_HEADER", "0"},
        {"PARSE_HEADER", "false"},
        {"DATE_FORMAT", "AUTO"},
        {"BINARY_FORMAT", "HEX"},
        {"ESCAPE", "NONE"},
        {"ESCAPE_UNENCLOSED_FIELD", "\\\\"},
        {"TRIM_SPACE", "false"},
        {"FIELD_OPTIONALLY_ENCLOSED_BY", "NONE"},
        {"NULL_IF", "[\\\\N]"},
        {"COMPRESSION", "AUTO"},
        {"ERROR_ON_COLUMN_COUNT_MISMATCH", "true"},
        {"SKIP_BLANK_LINES", "false"},
        {"EMPTY_FIELD_AS_NULL", "true"},
        {"SKIP_BYTE_ORDER_MARK", "true"},
        {"ENCODING", "UTF8"},
        {"MULTI_LINE", "true"}}},
      {"JSON",
       {{"TYPE", "JSON"},
        {"TRIM_SPACE", "false"},
        {"NULL_IF", "[]"},
        {"COMPRESSION", "AUTO"},
        {"ENABLE_OCTAL", "false"},
        {"ALLOW_DUPLICATE", "false"},
        {"STRIP_OUTER_ARRAY", "false"},
        {"STRIP_NULL_VALUES", "false"},
        {"IGNORE_UTF8_ERRORS", "false"},
        {"SKIP_BYTE_ORDER_MARK", "true"}}},
      {"PARQUET",
       {{"TYPE", "PARQUET"},
        {"COMPRESSION", "AUTO"},
        {"BINARY_AS_TEXT", "true"},
        {"USE_LOGICAL_TYPE", "false"},
        {"NULL_IF", "[]"}}},
      {"AVRO", {{"TYPE", "AVRO"}, {"COMPRESSION", "AUTO"}, {"TRIM_SPACE", "false"}}},
      {"ORC", {{"TYPE", "ORC"}, {"TRIM_SPACE", "false"}, {"NULL_IF", "[]"}}},
      {"XML", {{"TYPE", "XML"}, {"PRESERVE_SPACE", "false"}, {"STRIP_OUTER_ELEMENT", "false"}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.type);
    Harness h;
    h.make_road();
    h.must(std::string("CREATE FILE FORMAT D.S.F TYPE = ") + row.type);
    const auto shown = h.must("DESC FILE FORMAT D.S.F");
    for (const auto& [property, value] : row.defaults) {
      EXPECT_EQ(shown.look_up("property", property, "property_value"), value) << property;
      if (property != "TYPE") {
        EXPECT_EQ(shown.look_up("property", property, "property_default"), value) << property;
      }
    }
    EXPECT_EQ(h.must("SHOW FILE FORMATS IN SCHEMA D.S").look_up("name", "F", "type"), row.type);
  }
}

struct OptionRow {
  const char* option;  // as it is written
  const char* property;
  const char* printed;
};

TEST(FileFormats, OptionsAreSetAndPrinted) {
  const OptionRow rows[] = {
      {"FIELD_DELIMITER = '|'", "FIELD_DELIMITER", "|"},
      {"FIELD_DELIMITER = '\\t'", "FIELD_DELIMITER", "\\t"},
      {"FIELD_DELIMITER = NONE", "FIELD_DELIMITER", "NONE"},
      {"RECORD_DELIMITER = '\\r\\n'", "RECORD_DELIMITER", "\\r\\n"},
      {"SKIP_HEADER = 2", "SKIP_HEADER", "2"},
      {"FIELD_OPTIONALLY_ENCLOSED_BY = '\"'", "FIELD_OPTIONALLY_ENCLOSED_BY", "\""},
      {"NULL_IF = ('', 'NULL')", "NULL_IF", "[, NULL]"},
      {"NULL_IF = ()", "NULL_IF", "[]"},
      {"COMPRESSION = GZIP", "COMPRESSION", "GZIP"},
      {"COMPRESSION = 'gzip'", "COMPRESSION", "GZIP"},
      {"DATE_FORMAT = 'YYYY-MM-DD'", "DATE_FORMAT", "YYYY-MM-DD"},
      {"ENCODING = 'ISO88591'", "ENCODING", "ISO88591"},
      {"TRIM_SPACE = TRUE", "TRIM_SPACE", "true"},
  };
  Harness h;
  h.make_road();
  h.must("CREATE FILE FORMAT D.S.F TYPE = CSV");
  for (const auto& row : rows) {
    h.must(std::string("CREATE OR REPLACE FILE FORMAT D.S.G TYPE = CSV ") + row.option);
    h.must(std::string("ALTER FILE FORMAT D.S.F SET ") + row.option);
    for (const char* name : {"DESC FILE FORMAT D.S.F", "DESC FILE FORMAT D.S.G"}) {
      EXPECT_EQ(h.must(name).look_up("property", row.property, "property_value"), row.printed)
          << row.option;
    }
  }
}

TEST(FileFormats, ShowHoldsTheOptionsAsJson) {
  Harness h;
  h.make_road();
  h.must("CREATE FILE FORMAT D.S.F TYPE = CSV SKIP_HEADER = 1 NULL_IF = ('x')");
  const auto text =
      h.must("SHOW FILE FORMATS IN SCHEMA D.S").look_up("name", "F", "format_options");
  const auto options = parse_json(text);
  ASSERT_TRUE(options.has_value()) << text;
  EXPECT_EQ(options->string_or("TYPE", ""), "CSV");
  EXPECT_EQ(options->int_or("SKIP_HEADER", -1), 1);
  EXPECT_EQ(to_json(options->at("NULL_IF")), R"(["x"])");
  EXPECT_FALSE(options->bool_or("TRIM_SPACE", true));
}

TEST(FileFormats, BadOnesAreRefused) {
  Harness h;
  h.make_road();
  h.must("CREATE FILE FORMAT D.S.F TYPE = CSV");
  h.expect_refused({
      {"an unknown type", "CREATE FILE FORMAT D.S.X TYPE = EXCEL", "001422", "22023", "EXCEL"},
      {"another type's option", "CREATE FILE FORMAT D.S.X TYPE = JSON SKIP_HEADER = 1", "001420",
       "22023", "SKIP_HEADER"},
      {"an unknown option", "ALTER FILE FORMAT D.S.F SET COLOUR = 'red'", "001420", "22023",
       "COLOUR"},
      {"a bad value", "ALTER FILE FORMAT D.S.F SET COMPRESSION = RAR", "001422", "22023", "RAR"},
      {"another type", "ALTER FILE FORMAT D.S.F SET TYPE = JSON", "001425", "22000",
       "File format type cannot be changed from CSV to JSON."},
      {"header twice", "ALTER FILE FORMAT D.S.F SET PARSE_HEADER = TRUE SKIP_HEADER = 1", "001422",
       "22023", "PARSE_HEADER"},
      {"an enclosure of two", "ALTER FILE FORMAT D.S.F SET FIELD_OPTIONALLY_ENCLOSED_BY = 'ab'",
       "001422", "22023", "FIELD_OPTIONALLY_ENCLOSED_BY"},
  });
}

}  // namespace
}  // namespace firn::sandbox
