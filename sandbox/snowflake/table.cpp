#include "sandbox/snowflake/table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/core.h>
#include <set>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/foreign_key.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/stream.h"
#include "sandbox/snowflake/unique_key.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<PropertySpec, 6> specs = {{
    {"COMMENT", PropertyType::text},
    {"DATA_RETENTION_TIME_IN_DAYS", PropertyType::integer, 0, 90},
    {"MAX_DATA_EXTENSION_TIME_IN_DAYS", PropertyType::integer, 0, 90},
    {"CHANGE_TRACKING", PropertyType::boolean},
    {"ENABLE_SCHEMA_EVOLUTION", PropertyType::boolean},
    {"DEFAULT_DDL_COLLATION", PropertyType::text},
}};

// Default expressions print with keywords in upper case and literals as they are.
std::string normalised_default(std::string_view sql) {
  std::string text;
  char quote = '\0';
  for (const char c : sql) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    }
    const bool keep = quote != '\0' || c == '\'' || c == '"';
    text += keep ? c : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

Column read_column(const ColumnText& text) {
  if (text.expression) refuse_unknown("TABLE … " + text.name + " … AS (…), a virtual column");
  Column column;
  column.name = text.name;
  column.type = data_type(text.type);
  column.nullable = !text.not_null;
  column.comment = text.comment;
  column.key_position = text.primary_key ? 1 : 0;
  if (text.autoincrement) {
    if (column.type.family != DataType::Family::number || column.type.scale != 0) {
      refuse("001404", "42601",
             fmt::format("Data type of identity column '{}' must be integral or of scale 0.",
                         printed(column.name)));
    }
    column.default_sql = "IDENTITY " + *text.autoincrement + " NOORDER";
  }
  if (text.default_sql) {
    column.default_sql = normalised_default(*text.default_sql);
    if (*column.default_sql == "NULL") column.default_sql.reset();
    const bool text_literal =
        text.default_sql->starts_with('\'') && text.default_sql->ends_with('\'');
    if (text_literal && column.type.family != DataType::Family::text) {
      refuse("002262", "22000",
             fmt::format("Default value data type does not match data type for column {}",
                         printed(column.name)));
    }
  }
  return column;
}

void check_retention(const Object& table) {
  if (table.flag("transient") && table.number("data_retention_time_in_days") > 1) {
    refuse("001008", "22023",
           fmt::format("invalid value [{}] for parameter 'DATA_RETENTION_TIME_IN_DAYS'",
                       table.number("data_retention_time_in_days")));
  }
}

std::size_t index_of(const std::vector<Column>& columns, std::string_view name) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
  }
  refuse("000904", "42000", fmt::format("invalid identifier '{}'", printed(name)));
}

bool has_column(const std::vector<Column>& columns, std::string_view name) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const Column& column) { return column.name == name; });
}

void set_primary_key(std::vector<Column>& columns, const std::vector<std::string>& names) {
  std::int64_t position = 0;
  for (const auto& name : names) {
    auto& column = columns[index_of(columns, name)];
    column.key_position = ++position;
    column.nullable = false;
  }
}

// The value that existing rows get for a new column: only literals are known here.
Cell default_cell(const Column& column) {
  if (!column.default_sql) return std::nullopt;
  const auto& sql = *column.default_sql;
  Value value = sql;
  if (sql.size() >= 2 && sql.front() == '\'') {
    value = replace_all(sql.substr(1, sql.size() - 2), "''", "'");
  } else if (sql == "TRUE" || sql == "FALSE") {
    value = sql == "TRUE";
  }
  auto cell = to_cell(column.type, value);
  return cell ? *cell : std::nullopt;
}

void add_columns(Context& context, const Alter& alter, Object& table,
                 std::vector<Column>& columns) {
  auto rows = rows_of(context, table);
  for (const auto& text : alter.columns) {
    if (has_column(columns, text.name)) {
      if (alter.column_condition) continue;
      refuse("001430", "42601", fmt::format("column '{}' already exists", printed(text.name)));
    }
    auto column = read_column(text);
    if (!column.nullable && !column.default_sql && !rows.empty()) {
      refuse("001425", "22000",
             fmt::format("Non-nullable column '{}' cannot be added to non-empty table '{}' unless "
                         "it has a non-null default value.",
                         printed(column.name), printed(table.name)));
    }
    if (text.autoincrement && !rows.empty()) {
      refuse("002204", "42601",
             fmt::format("Cannot add identity column '{}' to non-empty table '{}'.",
                         printed(column.name), printed(table.name)));
    }
    column.added_with_default = column.default_sql.has_value();
    const auto cell = default_cell(column);
    for (auto& row : rows)
      row.push_back(cell);
    columns.push_back(std::move(column));
    set_columns(table, columns);
    if (text.unique) add_unique_key(table, {text.name});
  }
  if (!rows.empty()) replace_rows(context, table, rows);
}

void drop_columns(Context& context, const Alter& alter, Object& table,
                  std::vector<Column>& columns) {
  auto rows = rows_of(context, table);
  for (const auto& name : alter.names) {
    if (alter.column_condition && !has_column(columns, name)) continue;
    const auto index = index_of(columns, name);
    if (columns.size() == 1) {
      refuse("001425", "22000",
             fmt::format("Cannot drop column '{}': it is the last one.", printed(name)));
    }
    if (to_upper(table.text("cluster_by")).find(name) != std::string::npos) {
      refuse(
          "001425", "22000",
          fmt::format("Cannot drop column '{}': it is part of the clustering key.", printed(name)));
    }
    if (is_in_foreign_key(context, table, name)) {
      refuse_unknown("ALTER TABLE … DROP COLUMN of a foreign key");
    }
    drop_unique_keys_on(table, name);
    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(index));
    for (auto& row : rows)
      row.erase(row.begin() + static_cast<std::ptrdiff_t>(index));
  }
  if (!rows.empty()) replace_rows(context, table, rows);
}

std::int64_t most_digits(const std::vector<Row>& rows, std::size_t index) {
  std::int64_t most = 0;
  for (const auto& row : rows) {
    if (!row[index]) continue;
    const auto digits = std::count_if(row[index]->begin(), row[index]->end(),
                                      [](char c) { return c >= '0' && c <= '9'; });
    most = std::max(most, static_cast<std::int64_t>(digits));
  }
  return most;
}

void change_column(const Context& context, const ColumnChange& change, const Object& table,
                   std::vector<Column>& columns) {
  using What = ColumnChange::What;
  const auto index = index_of(columns, change.column);
  auto& column = columns[index];
  switch (change.what) {
    case What::type: {
      const auto rows = rows_of(context, table);
      const auto to = data_type(change.type);
      auto refusal = refusal_of_change(column.type, to, most_digits(rows, index));
      if (!refusal.empty()) {
        refuse("002108", "22000",
               replace_all(std::move(refusal), "change column from",
                           "change column " + printed(column.name) + " from"));
      }
      column.type = to;
      return;
    }
    case What::set_not_null:
      for (const auto& row : rows_of(context, table)) {
        if (!row[index]) refuse("100072", "22000", "NULL result in a non-nullable column");
      }
      column.nullable = false;
      return;
    case What::drop_not_null:
      if (column.key_position > 0) {
        refuse("001425", "22000",
               fmt::format("Cannot drop NOT NULL of column '{}': it is part of the primary key.",
                           printed(column.name)));
      }
      column.nullable = true;
      return;
    case What::set_default:
      if (to_upper(change.text).ends_with(".NEXTVAL")) {
        column.default_sql = change.text;
        return;
      }
      refuse("000002", "0A000", "Unsupported feature 'Alter Column Set Default'.");
    case What::drop_default:
      if (column.added_with_default) {
        refuse("000002", "0A000", "Unsupported feature 'Alter Column Drop Default'.");
      }
      column.default_sql.reset();
      return;
    case What::comment:
      column.comment = change.text;
      return;
    case What::unset_comment:
      column.comment.reset();
      return;
  }
}

std::string printed_cluster(const std::vector<std::string>& expressions) {
  return "LINEAR(" + join(expressions, ", ") + ")";
}

void set_cluster(Object& table, const std::vector<Column>& columns,
                 const std::vector<std::string>& expressions) {
  for (const auto& text : expressions) {
    const auto name = parse_path(text);
    if (name.size() == 1) (void)index_of(columns, name.front());
  }
  table.properties.set("cluster_by", printed_cluster(expressions));
}

}  // namespace

std::vector<Column> columns_of(const Object& relation) {
  std::vector<Column> columns;
  if (!relation.at("columns").is_list()) return columns;
  for (const auto& item : relation.at("columns").as_list()) {
    Column column;
    column.name = item.string_or("name", "");
    column.type = parse_data_type(item.string_or("type", "VARCHAR"));
    column.nullable = item.bool_or("nullable", true);
    if (item.find("default") != nullptr) column.default_sql = item.string_or("default", "");
    if (item.find("comment") != nullptr) column.comment = item.string_or("comment", "");
    column.key_position = item.int_or("key_position", 0);
    column.added_with_default = item.bool_or("added_with_default", false);
    if (item.find("expression") != nullptr) column.expression = item.string_or("expression", "");
    columns.push_back(std::move(column));
  }
  return columns;
}

void set_columns(Object& relation, const std::vector<Column>& columns) {
  List list;
  for (const auto& column : columns) {
    Map item{{"name", column.name},
             {"type", canonical(column.type)},
             {"nullable", column.nullable},
             {"key_position", column.key_position},
             {"added_with_default", column.added_with_default}};
    if (column.default_sql) item.set("default", *column.default_sql);
    if (column.comment) item.set("comment", *column.comment);
    if (column.expression) item.set("expression", *column.expression);
    list.emplace_back(std::move(item));
  }
  relation.properties.set("columns", std::move(list));
}

void set_column_comment(Object& relation, const std::string& column, const std::string& comment) {
  auto columns = columns_of(relation);
  columns[index_of(columns, column)].comment = comment;
  set_columns(relation, columns);
}

ResultSet create_table(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& table = creation.object;
  std::vector<Column> columns;
  for (const auto& text : create.columns) {
    if (has_column(columns, text.name)) {
      refuse("002025", "42S21", fmt::format("duplicate column name '{}'", printed(text.name)));
    }
    columns.push_back(read_column(text));
  }
  if (columns.empty()) refuse("001003", "42000", "a table needs at least one column.");
  set_primary_key(columns, create.primary_key);
  set_columns(table, columns);
  for (const auto& text : create.columns) {
    if (text.unique) add_unique_key(table, {text.name});
  }
  for (const auto& key : create.unique_keys)
    add_unique_key(table, key);
  for (const auto& key : create.foreign_keys)
    add_foreign_key(context, table, key);
  if (create.transient) table.properties.set("transient", true);
  if (!create.cluster_by.empty()) set_cluster(table, columns, create.cluster_by);
  assign(table.properties, specs, create.properties, "TABLE");
  check_retention(table);
  return finish(context, create, creation);
}

ResultSet alter_table(Context& context, const Alter& alter) {
  using Action = Alter::Action;
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& table = *target;
  require_ownership(context, table);
  if (alter.action == Action::rename) return rename(context, alter, std::move(table));
  auto columns = columns_of(table);
  switch (alter.action) {
    case Action::set:
      assign(table.properties, specs, alter.properties, "TABLE");
      check_retention(table);
      break;
    case Action::unset:
      unset(table.properties, specs, alter.names, "TABLE");
      break;
    case Action::add_columns:
      add_columns(context, alter, table, columns);
      break;
    case Action::drop_columns:
      drop_columns(context, alter, table, columns);
      break;
    case Action::rename_column:
      if (has_column(columns, alter.names[1])) {
        refuse("001430", "42601",
               fmt::format("column '{}' already exists", printed(alter.names[1])));
      }
      if (is_in_foreign_key(context, table, alter.names[0])) {
        refuse_unknown("ALTER TABLE … RENAME COLUMN of a foreign key");
      }
      if (is_in_unique_key(table, alter.names[0])) {
        refuse_unknown("ALTER TABLE … RENAME COLUMN of a unique key");
      }
      columns[index_of(columns, alter.names[0])].name = alter.names[1];
      break;
    case Action::change_columns:
      for (const auto& change : alter.changes)
        change_column(context, change, table, columns);
      break;
    case Action::cluster_by:
      set_cluster(table, columns, alter.texts);
      break;
    case Action::drop_clustering:
      table.properties.erase("cluster_by");
      break;
    case Action::add_primary_key:
      if (std::any_of(columns.begin(), columns.end(),
                      [](const Column& column) { return column.key_position > 0; })) {
        refuse("002171", "42601",
               fmt::format("Primary key already exists for table '{}'", printed(table.name)));
      }
      set_primary_key(columns, alter.texts);
      break;
    case Action::drop_primary_key:
      drop_references_to(context, table, primary_key_of(table));
      for (auto& column : columns)
        column.key_position = 0;
      break;
    case Action::add_unique_key:
      add_unique_key(table, alter.texts);
      break;
    case Action::drop_unique_key:
      drop_unique_key(table, alter.texts);
      drop_references_to(context, table, alter.texts);
      break;
    case Action::add_foreign_key:
      add_foreign_key(context, table, alter.foreign_key);
      break;
    case Action::drop_foreign_key:
      drop_foreign_key(table, alter.foreign_key.columns);
      break;
    default:
      refuse_unknown("ALTER TABLE with this action");
  }
  set_columns(table, columns);
  context.catalog.put(table);
  follow_source(context, table);
  return done();
}

ResultSet describe_table(const Context& context, const Describe& describe) {
  if (!describe.type.empty() && describe.type != "COLUMNS") {
    refuse_unknown("DESC TABLE TYPE = " + describe.type);
  }
  const auto relation = need_relation(context, describe.name);
  ResultSet result;
  for (const auto* name :
       {"name", "type", "kind", "null?", "default", "primary key", "unique key", "check",
        "expression", "comment", "policy name", "privacy domain", "schema_evolution_record"}) {
    result.columns.push_back(ResultColumn{name});
  }
  for (const auto& column : columns_of(relation)) {
    result.rows.push_back(
        {column.name, canonical(column.type), column.expression ? "VIRTUAL" : "COLUMN",
         column.nullable ? "Y" : "N", column.default_sql, column.key_position > 0 ? "Y" : "N",
         is_in_unique_key(relation, column.name) ? "Y" : "N", std::nullopt, column.expression,
         column.comment, std::nullopt, std::nullopt, std::nullopt});
  }
  return result;
}

namespace {
std::string rows_collection(const Context& context, const Object& table) {
  return context.catalog.collection(fmt::format("rows/{}", table.id));
}
}  // namespace

std::vector<Row> rows_of(const Context& context, const Object& table) {
  std::vector<Row> rows;
  for (const auto& [key, document] :
       context.catalog.store().list(rows_collection(context, table))) {
    Row row;
    for (const auto& cell : document.as_list()) {
      row.push_back(cell.is_string() ? Cell(cell.as_string()) : std::nullopt);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::size_t row_count(const Context& context, const Object& table) {
  return context.catalog.store().list(rows_collection(context, table)).size();
}

void append_rows(const Context& context, const Object& table, const std::vector<Row>& rows) {
  auto& store = context.catalog.store();
  for (const auto& row : rows) {
    List cells;
    for (const auto& cell : row)
      cells.push_back(cell ? Value(*cell) : Value());
    store.put(rows_collection(context, table), fmt::format("{:015}", store.next_number()),
              std::move(cells));
  }
}

void replace_rows(const Context& context, const Object& table, const std::vector<Row>& rows) {
  auto& store = context.catalog.store();
  const auto collection = rows_collection(context, table);
  for (const auto& [key, document] : store.list(collection))
    store.erase(collection, key);
  append_rows(context, table, rows);
}

}  // namespace firn::sandbox::snowflake
