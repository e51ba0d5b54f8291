#include "sandbox/snowflake/foreign_key.h"

#include <algorithm>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/show.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/unique_key.h"

namespace firn::sandbox::snowflake {
namespace {

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::int64_t table = 0;  // id of the other one
  std::vector<std::string> references;
};

std::vector<std::string> texts(const Value& list) {
  std::vector<std::string> texts;
  for (const auto& item : list.as_list())
    texts.push_back(item.as_string());
  return texts;
}

List as_list(const std::vector<std::string>& texts) {
  List list;
  for (const auto& text : texts)
    list.emplace_back(text);
  return list;
}

std::vector<ForeignKey> keys_of(const Object& table) {
  std::vector<ForeignKey> keys;
  if (!table.at("foreign_keys").is_list()) return keys;
  for (const auto& item : table.at("foreign_keys").as_list()) {
    ForeignKey key;
    key.name = item.at("name").as_string();
    key.columns = texts(item.at("columns"));
    key.table = item.at("table").as_int();
    key.references = texts(item.at("references"));
    keys.push_back(std::move(key));
  }
  return keys;
}

void set_keys(Object& table, const std::vector<ForeignKey>& keys) {
  List list;
  for (const auto& key : keys) {
    Map item;
    item.set("name", key.name);
    item.set("columns", as_list(key.columns));
    item.set("table", key.table);
    item.set("references", as_list(key.references));
    list.emplace_back(std::move(item));
  }
  table.properties.set("foreign_keys", std::move(list));
}

}  // namespace

std::vector<std::string> primary_key_of(const Object& table) {
  auto columns = columns_of(table);
  std::erase_if(columns, [](const Column& column) { return column.key_position == 0; });
  std::sort(columns.begin(), columns.end(), [](const Column& one, const Column& other) {
    return one.key_position < other.key_position;
  });
  std::vector<std::string> names;
  for (const auto& column : columns)
    names.push_back(column.name);
  return names;
}

namespace {

bool has_column(const Object& table, const std::string& name) {
  const auto columns = columns_of(table);
  return std::any_of(columns.begin(), columns.end(),
                     [&](const Column& column) { return column.name == name; });
}

bool is_key_of(const Object& table, const std::vector<std::string>& names) {
  return names == primary_key_of(table) || has_unique_key(table, names);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void add_foreign_key(const Context& context, Object& table, const ForeignKeyText& text) {
  for (const auto& column : text.columns) {
    if (!has_column(table, column)) {
      refuse("000904", "42000", fmt::format("invalid identifier '{}'", printed(column)));
    }
  }
  const auto other = need(context, Kind::table, text.table);
  require(context, other, "REFERENCES");
  ForeignKey key;
  key.columns = text.columns;
  key.table = other.id;
  key.references = text.references.empty() ? primary_key_of(other) : text.references;
  if (!is_key_of(other, key.references) || key.references.size() != key.columns.size()) {
    refuse("002193", "42601",
           fmt::format("Foreign key ({}) of table '{}' does not match a primary or unique key of "
                       "table '{}'.",
                       join(key.columns, ", "), printed(table.name), printed(other.name)));
  }
  auto keys = keys_of(table);
  key.name = text.name.empty()
                 ? fmt::format("SYS_CONSTRAINT_{}_{}", other.id, join(key.columns, "_"))
                 : text.name;
  if (std::any_of(keys.begin(), keys.end(),
                  [&](const ForeignKey& one) { return one.name == key.name; })) {
    refuse("002172", "42601",
           fmt::format("Constraint with name '{}' already exists for table '{}'.",
                       printed(key.name), printed(table.name)));
  }
  keys.push_back(std::move(key));
  set_keys(table, keys);
}

void drop_foreign_key(Object& table, const std::vector<std::string>& columns) {
  auto keys = keys_of(table);
  const auto gone =
      std::erase_if(keys, [&](const ForeignKey& key) { return key.columns == columns; });
  if (gone == 0) {
    refuse("002174", "42601",
           fmt::format("Foreign key ({}) does not exist for table '{}'.", join(columns, ", "),
                       printed(table.name)));
  }
  set_keys(table, keys);
}

void drop_references_to(const Context& context, const Object& table,
                        const std::vector<std::string>& columns) {
  for (auto& other : context.catalog.all(Kind::table)) {
    auto keys = keys_of(other);
    const auto leads_there = [&](const ForeignKey& key) {
      return key.table == table.id && key.references == columns;
    };
    if (std::erase_if(keys, leads_there) == 0) continue;
    set_keys(other, keys);
    context.catalog.put(other);
  }
}

void drop_references_to(const Context& context, const Object& table) {
  for (auto& other : context.catalog.all(Kind::table)) {
    auto keys = keys_of(other);
    const auto leads_there = [&](const ForeignKey& key) { return key.table == table.id; };
    if (std::erase_if(keys, leads_there) == 0) continue;
    set_keys(other, keys);
    context.catalog.put(other);
  }
}

bool is_in_foreign_key(const Context& context, const Object& table, std::string_view column) {
  for (const auto& key : keys_of(table)) {
    if (contains(key.columns, column)) return true;
  }
  for (const auto& other : context.catalog.all(Kind::table)) {
    for (const auto& key : keys_of(other)) {
      if (key.table == table.id && contains(key.references, column)) return true;
    }
  }
  return false;
}

ResultSet show_imported_keys(const Context& context, const Show& show) {
  ResultSet result;
  result.columns.push_back({"created_on", "timestamp_ltz", true, 0, 9, 0});
  for (const auto* name :
       {"pk_database_name", "pk_schema_name", "pk_table_name", "pk_column_name", "fk_database_name",
        "fk_schema_name", "fk_table_name", "fk_column_name"}) {
    result.columns.push_back({name});
  }
  result.columns.push_back({"key_sequence", "fixed", true, 38, 0, 0});
  for (const auto* name :
       {"update_rule", "delete_rule", "fk_name", "pk_name", "deferrability", "rely", "comment"}) {
    result.columns.push_back({name});
  }
  for (const auto& table : relations_in(context, show.in, false)) {
    const auto own = context.catalog.path(table);
    for (const auto& key : keys_of(table)) {
      const auto other = context.catalog.by_id(Kind::table, key.table);
      if (!other) continue;  // dropped, and the key with it
      const auto path = context.catalog.path(*other);
      for (std::size_t i = 0; i < key.columns.size(); ++i) {
        result.rows.push_back({timestamp_cell(table.created), path[0], path[1], path[2],
                               key.references[i], own[0], own[1], own[2], key.columns[i],
                               std::to_string(i + 1), "NO ACTION", "NO ACTION", key.name,
                               "SYS_CONSTRAINT_" + std::to_string(other->id), "NOT DEFERRABLE",
                               "false", std::nullopt});
      }
    }
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
