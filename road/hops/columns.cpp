// Do the fields of the files find columns?
//
// Snowflake, "COPY INTO <table>" (MATCH_BY_COLUMN_NAME, transformations), "CREATE FILE FORMAT"
// (PARSE_HEADER), "Transforming data during a load".
#include "providers/snowflake/columns.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "providers/snowflake/sql.h"
#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN301{
    .code = "FIRN301",
    .severity = Severity::error,
    .title = "Records would have to go into a table with several columns, and nothing says how",
    .cause =
        "The format has records (JSON, AVRO, ORC, PARQUET, XML), and the COPY neither selects "
        "fields nor matches them by name. Such a COPY fills one column of type VARIANT, OBJECT "
        "or ARRAY and no more.",
    .consequence = "CREATE PIPE fails, or every file does.",
    .mend = "match_by_column_name: CASE_INSENSITIVE, or a select."};
const Check FIRN302{
    .code = "FIRN302",
    .severity = Severity::error,
    .title = "Columns of a CSV file are matched by name, and its header is not read",
    .cause =
        "MATCH_BY_COLUMN_NAME takes the names from the file's first line, which only a format "
        "with PARSE_HEADER reads.",
    .consequence = "Every file fails.",
    .mend = "options: { parse_header: true } on the snowflake.file_format, without skip_header."};
const Check FIRN303{
    .code = "FIRN303",
    .severity = Severity::error,
    .title = "The COPY selects another number of values than it fills columns",
    .cause =
        "`select` has more or fewer expressions than `columns`, or than the table has columns "
        "where `columns` is left out.",
    .consequence = "CREATE PIPE fails.",
    .mend = "List in `columns` what the expressions fill, in their order."};
const Check FIRN304{.code = "FIRN304",
                    .severity = Severity::error,
                    .title = "The COPY fills a column that the table does not have",
                    .cause = "A name in `columns` is none of the table's columns.",
                    .consequence = "CREATE PIPE fails.",
                    .mend = "Write the name as the table has it, or add the column."};

namespace {

using snowflake::Column;

// Expressions of a select list: commas count outside of brackets and quotes.
std::size_t expressions_in(std::string_view text) {
  std::size_t count = trim(text).empty() ? 0 : 1;
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      ++count;
    }
  }
  return count;
}

bool takes_a_record(const Column& column) {
  const std::string& type = column.type.text;
  return type.starts_with("VARIANT") || type.starts_with("OBJECT") || type.starts_with("ARRAY");
}

// The format that the COPY uses: its own, or the stage's.
const Object* format_of(const World& world, const Load& load) {
  std::string name = load.loader->inputs.at("copy").string_or("file_format", "");
  if (name.empty() && load.stage != nullptr) name = text_of(*load.stage, "file_format");
  return world.by_output("snowflake.file_format", "fqn", name);
}

}  // namespace

std::optional<Hop> check_columns(const World& world, const Load& load, const Keys&) {
  Hop hop{.title = "columns"};
  if (load.loader->type->name != "snowflake.pipe") {
    hop.address = load.loader->address;
    hop.evidence = "its own expressions take them";
    return hop;
  }
  if (load.table == nullptr) {
    hop.passage = Passage::unknown;
    hop.evidence = "the table is not in this stack";
    return hop;
  }
  hop.address = load.table->address;
  const auto columns = snowflake::columns_of(load.table->inputs.at("columns"));
  if (!columns) {
    hop.passage = Passage::unknown;
    hop.evidence = "the table's columns are known only after apply";
    return hop;
  }
  const auto stop = [&](const Check& check, std::string_view path, std::string summary,
                        std::string detail, std::string mend) {
    hop.passage = Passage::stops;
    hop.evidence = summary;
    hop.findings.push_back(finding_at(check, *load.loader, path, std::move(summary),
                                      std::move(detail), std::move(mend)));
  };
  const Value& copy = load.loader->inputs.at("copy");
  std::vector<Column> filled;
  if (copy.at("columns").is_list() && !copy.at("columns").as_list().empty()) {
    for (const Value& named : copy.at("columns").as_list()) {
      const std::string name =
          snowflake::stored_identifier(named.is_string() ? named.as_string() : "");
      const auto found = std::ranges::find(*columns, name, &Column::name);
      if (found != columns->end()) {
        filled.push_back(*found);
        continue;
      }
      std::vector<std::string_view> names;
      for (const Column& column : *columns)
        names.push_back(column.name);
      stop(FIRN304, "copy.columns",
           fmt::format("\"{}\" has no column {}", load.table->address, name), {},
           suggestion(name, names));
      return hop;
    }
  } else {
    filled = *columns;
  }
  const std::string select = copy.string_or("select", "");
  if (!select.empty()) {
    const std::size_t count = expressions_in(select);
    hop.evidence = fmt::format("{} expressions fill {} columns", count, filled.size());
    if (count != filled.size()) {
      stop(FIRN303, "copy.select", hop.evidence,
           fmt::format("The columns are {}.", fmt::join(
                                                  [&filled] {
                                                    std::vector<std::string> names;
                                                    for (const Column& column : filled)
                                                      names.push_back(column.name);
                                                    return names;
                                                  }(),
                                                  ", ")),
           "columns: [the columns that the expressions fill, in their order]");
    }
    return hop;
  }
  const Object* format = format_of(world, load);
  if (format == nullptr) {
    hop.passage = Passage::unknown;
    hop.evidence = "the file format is not in this stack";
    return hop;
  }
  const std::string kind = text_of(*format, "format_type");
  const bool by_name = copy.string_or("match_by_column_name", "NONE") != "NONE";
  if (kind == "CSV") {
    hop.evidence = by_name ? "fields go to columns by the file's header"
                           : fmt::format("fields go to {} columns in their order", filled.size());
    if (by_name && !format->inputs.at("options").bool_or("parse_header", false)) {
      stop(FIRN302, "copy.match_by_column_name",
           fmt::format("\"{}\" does not read the header that has the names", format->address), {},
           "options: { parse_header: true }");
    }
    return hop;
  }
  if (by_name) {
    hop.evidence = fmt::format("members of {} records go to columns of their name", kind);
    return hop;
  }
  hop.evidence = "each record goes into one column";
  if (filled.size() != 1 || !takes_a_record(filled.front())) {
    stop(FIRN301, "copy",
         fmt::format("a {} record cannot go into {} columns of \"{}\" as it is", kind,
                     filled.size(), load.table->address),
         "Without a select or names to match, it fills one column of type VARIANT.",
         "match_by_column_name: CASE_INSENSITIVE");
  }
  return hop;
}

}  // namespace firn::road
