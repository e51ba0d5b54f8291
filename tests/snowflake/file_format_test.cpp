#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/snowflake/format_options.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

Value inputs(std::string_view format, Map options) {
  return Map{{"schema", "DB.S"}, {"format_type", format}, {"options", std::move(options)}};
}

std::string create_text(const Value& desired) {
  const Change change{"F",
                      "f",
                      file_format_type.type->normalize(desired),
                      {},
                      {},
                      {"finance", "dev", "f"},
                      {},
                      file_format_type.type};
  const auto steps = file_format_type.create(change);
  return steps ? steps->front().statement.text() : steps.error().summary;
}

TEST(FileFormats, RenderEveryKindOfOption) {
  EXPECT_EQ(
      create_text(inputs("PARQUET", {{"compression", "snappy"}, {"BINARY_AS_TEXT", false}})),
      R"(CREATE FILE FORMAT "DB"."S"."F" TYPE = PARQUET BINARY_AS_TEXT = FALSE COMPRESSION = SNAPPY COMMENT = '[firn:finance/dev/f]')");
  EXPECT_EQ(create_text(inputs("CSV", {{"skip_header", 1},
                                       {"field_delimiter", "\\t"},
                                       {"field_optionally_enclosed_by", "\""},
                                       {"escape", "none"},
                                       {"null_if", List{"", "\\N", "it's"}},
                                       {"date_format", "auto"}})),
            "CREATE FILE FORMAT \"DB\".\"S\".\"F\" TYPE = CSV DATE_FORMAT = AUTO ESCAPE = NONE "
            "FIELD_DELIMITER = '\t' FIELD_OPTIONALLY_ENCLOSED_BY = '\"' NULL_IF = ('', '\\\\N', "
            "'it''s') SKIP_HEADER = 1 COMMENT = '[firn:finance/dev/f]'");
}

TEST(FileFormats, RefuseUnknownAndUnfitOptions) {
  struct Row {
    const char* format;
    Map options;
    const char* path;
    const char* summary;
    const char* help;
  };
  for (const Row& row : {
           Row{"PARQUET",
               {{"compresion", "AUTO"}},
               "options.compresion",
               "unknown option \"compresion\" of a PARQUET file format",
               "did you mean \"compression\"?"},
           Row{"PARQUET",
               {{"compression", "GZIP"}},
               "options.compression",
               "the option compression has an unfit value",
               "it is one of AUTO, LZO, SNAPPY, NONE"},
           Row{"CSV",
               {{"skip_header", "x"}},
               "options.skip_header",
               "the option skip_header has an unfit value",
               "it is a whole number of 0 or more"},
           Row{"JSON",
               {{"strip_outer_array", "maybe"}},
               "options.strip_outer_array",
               "the option strip_outer_array has an unfit value",
               "it is true or false"},
           Row{"JSON",
               {{"null_if", "x"}},
               "options.null_if",
               "the option null_if has an unfit value",
               "it is a list of texts"},
           Row{"CSV",
               {{"parse_header", true}, {"skip_header", 1}},
               "options.skip_header",
               "skip_header and parse_header exclude each other",
               "parse_header reads the column names from the first line"},
       }) {
    std::vector<Problem> problems;
    validate_options(row.format, row.options, problems);
    ASSERT_EQ(problems.size(), 1U) << row.summary;
    EXPECT_EQ(problems[0].path, row.path);
    EXPECT_EQ(problems[0].summary, row.summary);
    EXPECT_TRUE(problems[0].detail == row.help || problems[0].remedy == row.help)
        << problems[0].detail << " / " << problems[0].remedy;
  }
}

TEST(FileFormats, DefaultsAreValuesThatTheOptionsTake) {
  for (const auto format : format_types()) {
    for (const FormatOption& option : options_of_format(format)) {
      const auto standard = parse_json(option.default_json);
      ASSERT_TRUE(standard) << option.default_json;
      std::vector<Problem> problems;
      validate_options(format, Map{{to_lower(option.keyword.text()), *standard}}, problems);
      EXPECT_TRUE(problems.empty()) << format << ' ' << option.keyword.text();
    }
  }
}

TEST(FileFormats, AnOptionTakenAwayGetsItsDefault) {
  const Change change{"F",
                      "f",
                      inputs("CSV", {{"skip_header", 2}}),
                      inputs("CSV", {{"skip_header", 1}, {"null_if", List{"x"}}}),
                      {"options"},
                      {"finance", "dev", "f"},
                      {},
                      file_format_type.type};
  const auto steps = file_format_type.update(change);
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 1U);
  EXPECT_EQ(steps->front().statement.text(),
            R"(ALTER FILE FORMAT "DB"."S"."F" SET NULL_IF = ('\\N') SKIP_HEADER = 2)");
}

}  // namespace
}  // namespace firn::snowflake
