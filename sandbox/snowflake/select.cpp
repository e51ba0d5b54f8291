#include "sandbox/snowflake/select.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>
#include <variant>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/expression.h"
#include "sandbox/snowflake/external_table.h"
#include "sandbox/snowflake/load.h"
#include "sandbox/snowflake/parser.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

using Shape = Expression::Kind;

struct Source {
  std::vector<ResultColumn> columns;
  std::vector<std::optional<DataType>> types;
  std::vector<Row> rows;
};

bool is_numeric(const std::string& type) {
  return type == "fixed" || type == "real";
}

std::size_t index_of(const Source& source, std::string_view name) {
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    if (source.columns[i].name == name) return i;
  }
  refuse("000904", "42000",
         fmt::format("error line 1 at position 7\ninvalid identifier '{}'", printed(name)));
}

// A view runs as its owner; names without a schema are looked up where it stands.
Source source_of_view(const Context& context, const Object& view) {
  Access owner(context.catalog, view.owner);
  Context inside{context.catalog, owner, context.aws, context.now, context.session, ""};
  const auto path = context.catalog.path(view);
  inside.session.database = path.at(0);
  inside.session.schema = path.at(1);
  const auto statement = parse(view.text("query"));
  const auto* query = std::get_if<Select>(&statement);
  if (query == nullptr) {
    refuse_unknown(fmt::format("SELECT … FROM the view {}", context.catalog.printed_path(view)));
  }
  auto result = execute_select(inside, *query);
  const auto columns = columns_of(view);
  if (columns.size() != result.columns.size()) {  // SELECT * of a table that has grown
    refuse("002057", "42601",
           fmt::format("View definition for '{}' declared {} column(s), but view query produces {} "
                       "column(s).",
                       context.catalog.printed_path(view), columns.size(), result.columns.size()));
  }
  Source source;
  source.columns = std::move(result.columns);
  source.rows = std::move(result.rows);
  source.types.resize(source.columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i)
    source.columns[i].name = columns[i].name;
  return source;
}

Source source_of(Context& context, const Select& select) {
  Source source;
  if (select.function) {
    const auto& call = *select.function;
    const auto parts = split(call.text, '.');
    const bool files = parts.back() == "EXTERNAL_TABLE_FILES";
    if (call.kind != Shape::call || (!files && parts.back() != "COPY_HISTORY")) {
      refuse_unknown("SELECT … FROM TABLE(" + call.text + "(…))");
    }
    auto inside = context;
    if (parts.size() == 3) inside.session.database = parts[0];
    auto history = files ? external_table_files(inside, call) : copy_history(inside, call);
    source.columns = std::move(history.columns);
    source.rows = std::move(history.rows);
    source.types.resize(source.columns.size());
    return source;
  }
  const auto relation = need_relation(context, select.table);
  require(context, relation, "SELECT");
  if (relation.kind == Kind::view) return source_of_view(context, relation);
  if (relation.kind != Kind::table) {
    refuse_unknown(fmt::format("SELECT … FROM the {} {}", to_lower(info(relation.kind).words),
                               context.catalog.printed_path(relation)));
  }
  for (const auto& column : columns_of(relation)) {
    source.columns.push_back(result_column(column.name, column.type));
    source.types.emplace_back(column.type);
  }
  source.rows = rows_of(context, relation);
  return source;
}

// A literal in the encoding of the column that it is compared with.
Cell literal_cell(const Expression& expression, const std::optional<DataType>& type) {
  const auto value = evaluate(expression, {});
  if (!value) refuse("001065", "22023", value.error().summary);
  if (value->is_null()) return std::nullopt;
  if (!type) return value->is_string() ? value->as_string() : to_json(*value);
  const auto cell = to_cell(*type, *value);
  if (!cell) refuse_execution("100038", "22018", cell.error().summary);
  return *cell;
}

int compare(const std::string& left, const std::string& right, bool numeric) {
  if (!numeric) return left.compare(right);
  const auto a = std::strtold(left.c_str(), nullptr);
  const auto b = std::strtold(right.c_str(), nullptr);
  return a < b ? -1 : a > b ? 1 : 0;
}

bool holds(const Comparison& comparison, const Cell& cell, const Cell& value, bool numeric) {
  const auto& operation = comparison.operation;
  if (operation == "IS") return !cell.has_value();
  if (operation == "IS NOT") return cell.has_value();
  if (!cell || !value) return false;  // NULL compares as unknown
  if (operation == "LIKE") {
    return to_lower(*cell) == to_lower(*value) ? *cell == *value : like(*cell, *value);
  }
  const int order = compare(*cell, *value, numeric);
  if (operation == "=") return order == 0;
  if (operation == "<>") return order != 0;
  if (operation == "<") return order < 0;
  if (operation == "<=") return order <= 0;
  if (operation == ">") return order > 0;
  return order >= 0;
}

void filter(Source& source, const Select& select) {
  for (const auto& comparison : select.where) {
    const auto index = index_of(source, comparison.column);
    const auto& column = source.columns[index];
    const bool unary = comparison.operation.starts_with("IS");
    const Cell value = unary ? Cell() : literal_cell(comparison.value, source.types[index]);
    std::erase_if(source.rows, [&](const Row& row) {
      return !holds(comparison, row[index], value, is_numeric(column.type));
    });
  }
  for (auto key = select.order_by.rbegin(); key != select.order_by.rend(); ++key) {
    const bool position = key->first.find_first_not_of("0123456789") == std::string::npos;
    const auto index = position ? static_cast<std::size_t>(std::stoul(key->first)) - 1
                                : index_of(source, key->first);
    if (index >= source.columns.size()) {
      refuse("001113", "42601", "ORDER BY position is not in the select list.");
    }
    const bool numeric = is_numeric(source.columns[index].type);
    const bool descending = key->second;
    std::stable_sort(source.rows.begin(), source.rows.end(), [&](const Row& a, const Row& b) {
      if (!a[index] || !b[index]) return b[index].has_value() == descending && a[index] != b[index];
      const int order = compare(*a[index], *b[index], numeric);
      return descending ? order > 0 : order < 0;
    });
  }
}

std::string result_name(const SelectItem& item) {
  if (!item.alias.empty()) return item.alias;
  if (item.expression.kind == Shape::column) return item.expression.path.back();
  return to_upper(item.text);
}

ResultSet select_values(Context& context, const Select& select) {
  ResultSet result;
  Row row;
  for (const auto& item : select.items) {
    Cell cell;
    if (item.expression.kind == Shape::call) {
      cell = call_function(context, item.expression);
    } else {
      cell = literal_cell(item.expression, std::nullopt);
    }
    ResultColumn column{result_name(item)};
    if (item.expression.kind == Shape::number) {
      column.type = "fixed";
      column.precision = static_cast<std::int64_t>(item.expression.text.size());
    }
    result.columns.push_back(std::move(column));
    row.push_back(std::move(cell));
  }
  result.rows.push_back(std::move(row));
  return result;
}

bool is_count(const SelectItem& item) {
  return item.expression.kind == Shape::call && item.expression.text == "COUNT";
}

ResultSet count_rows(const Source& source, const Select& select) {
  ResultSet result;
  Row row;
  for (const auto& item : select.items) {
    if (!is_count(item)) refuse_unknown("SELECT of COUNT together with other columns");
    std::size_t count = source.rows.size();
    const auto& operands = item.expression.operands;
    if (operands.size() == 1 && operands[0].kind == Shape::column) {
      const auto index = index_of(source, operands[0].path.back());
      count = static_cast<std::size_t>(
          std::count_if(source.rows.begin(), source.rows.end(),
                        [&](const Row& r) { return r[index].has_value(); }));
    }
    result.columns.push_back({result_name(item), "fixed", false, 18, 0, 0});
    row.push_back(std::to_string(count));
  }
  result.rows.push_back(std::move(row));
  return result;
}

// A cell as a value that expressions can go into.
Value value_of(const ResultColumn& column, const Cell& cell) {
  if (!cell) return {};
  if (column.type == "variant" || column.type == "object" || column.type == "array") {
    return parse_json(*cell).value_or(Value(*cell));
  }
  return Value(*cell);
}

// What an expression gives for each row, as one more column; its index. A member of a VARIANT stays
// one until it is cast.
std::size_t add_computed(Source& source, const SelectItem& item) {
  const auto& expression = item.expression;
  const bool is_member = expression.kind == Shape::path || expression.kind == Shape::index;
  if (expression.kind != Shape::cast && !is_member) {
    refuse_unknown("SELECT " + item.text + " FROM a table");
  }
  const auto type = is_member ? parse_data_type("VARIANT") : data_type(expression.type);
  for (auto& row : source.rows) {
    EvaluationScope scope;
    scope.column = [&](const NamePath& path) -> Result<Value> {
      const auto index = index_of(source, path.back());
      return value_of(source.columns[index], row[index]);
    };
    const auto value = evaluate(expression, scope);
    if (!value) refuse_execution("100038", "22018", value.error().summary);
    auto cell = to_cell(type, *value);
    if (!cell) refuse_execution("100038", "22018", cell.error().summary);
    row.push_back(std::move(*cell));
  }
  source.columns.push_back(result_column(result_name(item), type));
  source.types.emplace_back(type);
  return source.columns.size() - 1;
}

}  // namespace

ResultSet execute_select(Context& context, const Select& select) {
  if (select.no_source) return select_values(context, select);
  auto source = source_of(context, select);
  filter(source, select);
  if (std::any_of(select.items.begin(), select.items.end(), is_count)) {
    return count_rows(source, select);
  }
  if (select.limit && source.rows.size() > static_cast<std::size_t>(*select.limit)) {
    source.rows.resize(static_cast<std::size_t>(*select.limit));
  }
  ResultSet result;
  std::vector<std::size_t> picked;
  const auto own_columns = source.columns.size();  // computed ones come behind them
  for (const auto& item : select.items) {
    if (item.expression.kind == Shape::star) {
      for (std::size_t i = 0; i < own_columns; ++i) {
        picked.push_back(i);
        result.columns.push_back(source.columns[i]);
      }
    } else if (item.expression.kind == Shape::column) {
      picked.push_back(index_of(source, item.expression.path.back()));
      result.columns.push_back(source.columns[picked.back()]);
      result.columns.back().name = result_name(item);
    } else {
      picked.push_back(add_computed(source, item));
      result.columns.push_back(source.columns[picked.back()]);
    }
  }
  for (const auto& row : source.rows) {
    Row cells;
    for (const auto index : picked)
      cells.push_back(row[index]);
    result.rows.push_back(std::move(cells));
  }
  return result;
}

ResultSet execute_insert(Context& context, const Insert& insert) {
  const auto table = need(context, Kind::table, insert.table);
  require(context, table, "INSERT");
  const auto columns = columns_of(table);
  std::vector<std::size_t> targets;
  for (std::size_t i = 0; insert.columns.empty() && i < columns.size(); ++i)
    targets.push_back(i);
  for (const auto& name : insert.columns) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const Column& column) { return column.name == name; });
    if (found == columns.end()) {
      refuse("000904", "42000", fmt::format("invalid identifier '{}'", printed(name)));
    }
    targets.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  std::vector<Row> rows;
  for (const auto& values : insert.rows) {
    if (values.size() != targets.size()) {
      refuse("002020", "21S01",
             fmt::format("Insert value list does not match column list expecting {} but got {}",
                         targets.size(), values.size()));
    }
    Row row(columns.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      row[targets[i]] = literal_cell(values[i], columns[targets[i]].type);
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!row[i] && !columns[i].nullable) {
        refuse_execution("100072", "22000", "NULL result in a non-nullable column");
      }
    }
    rows.push_back(std::move(row));
  }
  append_rows(context, table, rows);
  ResultSet result;
  result.columns = {{"number of rows inserted", "fixed", false, 19, 0, 0}};
  result.rows = {{std::to_string(rows.size())}};
  result.rows_inserted = static_cast<std::int64_t>(rows.size());
  return result;
}

}  // namespace firn::sandbox::snowflake
