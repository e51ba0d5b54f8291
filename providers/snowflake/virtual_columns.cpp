#include "providers/snowflake/virtual_columns.h"

#include <algorithm>

#include "core/base/text.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {
namespace {

Value column_value(const VirtualColumn& column) {
  Map members{{"name", shortest_identifier(column.name)},
              {"type", column.type.text},
              {"expression", column.expression}};
  if (column.partition) members.set("partition", true);
  return members;
}

void check_column(const Value& column, std::size_t index, std::vector<Problem>& problems) {
  const std::string path = "columns." + std::to_string(index);
  if (column.at("type").is_string()) {
    const auto type = parse_data_type(column.at("type").as_string());
    if (!type) problems.push_back(problem_of(path + ".type", type.error()));
  }
  const std::string name = stored_identifier(column.string_or("name", ""));
  if (name == "VALUE" || name == "METADATA$FILENAME" || name == "METADATA$FILE_ROW_NUMBER") {
    problems.push_back({path + ".name",
                        "every external table has a column " + name + " already",
                        {},
                        "leave it out, or give the column another name"});
  }
  if (!column.at("expression").is_string()) return;
  const std::string& text = column.at("expression").as_string();
  const auto expression = AuthorSql::expression(text);
  if (!expression) {
    problems.push_back(problem_of(path + ".expression", expression.error()));
  } else if (column.bool_or("partition", false) &&
             to_upper(text).find("METADATA$FILENAME") == std::string::npos) {
    problems.push_back({path + ".expression", "a partition column reads METADATA$FILENAME",
                        "files are sorted into partitions by their names, without being opened",
                        "make its value out of METADATA$FILENAME, or leave partition out"});
  }
}

}  // namespace

Result<std::vector<VirtualColumn>> virtual_columns(const Value& written) {
  std::vector<VirtualColumn> columns;
  if (!written.is_list()) return columns;
  for (const Value& item : written.as_list()) {
    auto type = parse_data_type(item.string_or("type", ""));
    if (!type) return fail(type.error());
    columns.push_back({stored_identifier(item.string_or("name", "")), std::move(*type),
                       normalized_sql(item.string_or("expression", "")),
                       item.bool_or("partition", false)});
  }
  return columns;
}

const VirtualColumn* find_column(const std::vector<VirtualColumn>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const VirtualColumn& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

Result<Value> shown_columns(const Rows& rows, const ObjectName& table, const Value& recorded) {
  const auto known = virtual_columns(recorded);
  if (!known) return fail(known.error());
  List list;
  for (const Row& row : rows.rows) {
    const bool is_ours = row.text("table_name") == table.last() &&
                         row.text("schema_name") == table.parts[1] &&
                         row.text("database_name") == table.parts[0];
    const std::string name = row.text("column_name");
    if (!is_ours || name == "VALUE" || name == "METADATA$FILENAME") continue;
    VirtualColumn column{name, data_type_of_listing(row.text("data_type")), row.text("expression"),
                         false};
    if (const VirtualColumn* before = find_column(*known, name)) {
      column.expression = before->expression;
      column.partition = before->partition;
    }
    list.push_back(column_value(column));
  }
  return Value(std::move(list));
}

Status add_definition(Statement& statement, const VirtualColumn& column) {
  auto type = AuthorSql::expression(column.type.text);
  if (!type) return fail(type.error());
  auto expression = AuthorSql::expression(column.expression);
  if (!expression) return fail(expression.error());
  statement.identifier(column.name).sql(*type).word("AS").open().sql(*expression).close();
  return Ok{};
}

Value normalized_virtual_columns(const Value& written) {
  if (!written.is_list()) return written;
  List list;
  for (const Value& item : written.as_list()) {
    const auto type = parse_data_type(item.string_or("type", ""));
    if (!item.is_map() || item.contains_unknown() || !type) {
      list.push_back(item);
      continue;
    }
    list.push_back(column_value({stored_identifier(item.string_or("name", "")), *type,
                                 normalized_sql(item.string_or("expression", "")),
                                 item.bool_or("partition", false)}));
  }
  return list;
}

std::vector<VirtualColumn> partitions_of(const Value& columns) {
  auto all = virtual_columns(columns);
  if (!all) return {};
  std::erase_if(*all, [](const VirtualColumn& column) { return !column.partition; });
  std::sort(all->begin(), all->end(),
            [](const VirtualColumn& a, const VirtualColumn& b) { return a.name < b.name; });
  return std::move(*all);
}

void check_virtual_columns(const Value& columns, std::vector<Problem>& problems) {
  std::vector<std::string> names;
  for (std::size_t i = 0; columns.is_list() && i < columns.as_list().size(); ++i) {
    const Value& column = columns.as_list()[i];
    if (!column.is_map()) continue;
    check_column(column, i, problems);
    const std::string name = stored_identifier(column.string_or("name", ""));
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      problems.push_back({"columns." + std::to_string(i) + ".name",
                          "two columns are called " + name,
                          {},
                          "rename one of them"});
    }
    names.push_back(name);
  }
}

}  // namespace firn::snowflake
