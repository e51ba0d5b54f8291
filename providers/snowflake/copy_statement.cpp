#include "providers/snowflake/copy_statement.h"

#include <algorithm>

#include "core/base/text.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// CONTINUE, SKIP_FILE, SKIP_FILE_10, SKIP_FILE_10%
bool is_on_error(std::string_view word) {
  if (word == "CONTINUE" || word == "SKIP_FILE") return true;
  constexpr std::string_view counted = "SKIP_FILE_";
  if (word.rfind(counted, 0) != 0) return false;
  word.remove_prefix(counted.size());
  if (!word.empty() && word.back() == '%') word.remove_suffix(1);
  return all_digits(word);
}

}  // namespace

Result<Statement> copy_statement(const Value& copy) {
  const auto table = parse_object_name(copy.string_or("into", ""), 3);
  if (!table) return fail(table.error());
  const auto stage = parse_object_name(copy.string_or("from", ""), 3);
  if (!stage) return fail(stage.error());
  Statement statement("COPY INTO");
  statement.name(*table);
  std::vector<std::string> columns;
  for (const auto& column : texts_of(copy.at("columns"))) {
    columns.push_back(stored_identifier(column));
  }
  if (!columns.empty()) statement.identifiers(columns);
  const std::string path = copy.string_or("path", "");
  statement.word("FROM");
  if (is_text(copy.at("select"))) {
    auto expressions = AuthorSql::expressions(copy.at("select").as_string());
    if (!expressions) return fail(expressions.error());
    statement.open().word("SELECT").sql(*expressions).word("FROM").location(*stage, path).close();
  } else {
    statement.location(*stage, path);
  }
  if (is_text(copy.at("pattern"))) {
    statement.set_text("PATTERN", copy.at("pattern").as_string());
  }
  if (is_text(copy.at("file_format"))) {
    const auto format = parse_object_name(copy.at("file_format").as_string(), 3);
    if (!format) return fail(format.error());
    statement.word("FILE_FORMAT =").open().set_text("FORMAT_NAME", format->shortest()).close();
  }
  if (is_text(copy.at("match_by_column_name"))) {
    statement.set_word("MATCH_BY_COLUMN_NAME", copy.at("match_by_column_name").as_string());
  }
  if (is_text(copy.at("on_error"))) {
    statement.set_word("ON_ERROR", copy.at("on_error").as_string());
  }
  return statement;
}

Value normalized_copy(const Value& copy) {
  if (!copy.is_map()) return copy;
  Map normal = copy.as_map();
  for (const std::string_view name : {"into", "from", "file_format"}) {
    normalize_name_at(normal, name);
  }
  normalize_upper_at(normal, "match_by_column_name");
  normalize_upper_at(normal, "on_error");
  if (const Value* columns = normal.find("columns"); columns != nullptr && columns->is_list()) {
    List list;
    for (const Value& column : columns->as_list())
      list.push_back(normalized_name(column));
    normal.set("columns", std::move(list));
  }
  if (const Value* path = normal.find("path"); path != nullptr && path->is_string()) {
    const std::string& text = path->as_string();
    std::string relative = text.substr(std::min(text.find_first_not_of('/'), text.size()));
    if (relative.empty()) {
      normal.erase("path");
    } else {
      normal.set("path", std::move(relative));
    }
  }
  if (const Value* select = normal.find("select"); select != nullptr && select->is_string()) {
    std::string text = normalized_sql(select->as_string());
    normal.set("select", std::move(text));
  }
  return normal;
}

void validate_copy(const Value& copy, std::vector<Problem>& problems) {
  check_name(copy, "into", 3, problems);
  check_name(copy, "from", 3, problems);
  check_name(copy, "file_format", 3, problems);
  for (Problem& problem : problems) {
    if (problem.path == "into" || problem.path == "from" || problem.path == "file_format") {
      problem.path = "copy." + problem.path;
    }
  }
  const Value& select = copy.at("select");
  if (select.is_string()) {
    const auto expressions = AuthorSql::expressions(select.as_string());
    if (!expressions) problems.push_back(problem_of("copy.select", expressions.error()));
    if (is_text(copy.at("match_by_column_name")) &&
        !equals_ignoring_case(copy.at("match_by_column_name").as_string(), "NONE")) {
      problems.push_back({"copy.match_by_column_name",
                          "select and match_by_column_name exclude each other",
                          "either the SELECT says what goes into which column, or the names do",
                          "leave one of them out"});
    }
  }
  const Value& on_error = copy.at("on_error");
  if (on_error.is_string() && !is_on_error(to_upper(on_error.as_string()))) {
    const bool aborts = equals_ignoring_case(on_error.as_string(), "ABORT_STATEMENT");
    problems.push_back({"copy.on_error", "a pipe cannot have on_error: " + on_error.as_string(),
                        aborts ? "there is no statement to abort when files load by themselves"
                               : "it is CONTINUE, SKIP_FILE, SKIP_FILE_<n> or SKIP_FILE_<n>%",
                        "write SKIP_FILE, which is what pipes do by default"});
  }
}

}  // namespace firn::snowflake
