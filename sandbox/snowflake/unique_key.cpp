#include "sandbox/snowflake/unique_key.h"

#include <algorithm>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/show.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

using Key = std::vector<std::string>;

std::vector<Key> keys_of(const Object& table) {
  std::vector<Key> keys;
  if (!table.at("unique_keys").is_list()) return keys;
  for (const auto& item : table.at("unique_keys").as_list()) {
    Key key;
    for (const auto& column : item.as_list())
      key.push_back(column.as_string());
    keys.push_back(std::move(key));
  }
  return keys;
}

void set_keys(Object& table, const std::vector<Key>& keys) {
  List list;
  for (const auto& key : keys) {
    List columns;
    for (const auto& column : key)
      columns.emplace_back(column);
    list.emplace_back(std::move(columns));
  }
  table.properties.set("unique_keys", std::move(list));
}

bool contains(const Key& key, std::string_view column) {
  return std::find(key.begin(), key.end(), column) != key.end();
}

}  // namespace

void add_unique_key(Object& table, const Key& columns) {
  const auto there = columns_of(table);
  for (const auto& name : columns) {
    const bool found = std::any_of(there.begin(), there.end(),
                                   [&](const Column& column) { return column.name == name; });
    if (!found) refuse("000904", "42000", fmt::format("invalid identifier '{}'", printed(name)));
  }
  auto keys = keys_of(table);
  if (has_unique_key(table, columns)) {
    refuse("002172", "42601",
           fmt::format("Unique key ({}) already exists for table '{}'.", join(columns, ", "),
                       printed(table.name)));
  }
  keys.push_back(columns);
  set_keys(table, keys);
}

void drop_unique_key(Object& table, const Key& columns) {
  auto keys = keys_of(table);
  if (std::erase(keys, columns) == 0) {
    refuse("002174", "42601",
           fmt::format("Unique key ({}) does not exist for table '{}'.", join(columns, ", "),
                       printed(table.name)));
  }
  set_keys(table, keys);
}

void drop_unique_keys_on(Object& table, std::string_view column) {
  auto keys = keys_of(table);
  if (std::erase_if(keys, [&](const Key& key) { return contains(key, column); }) == 0) return;
  set_keys(table, keys);
}

bool has_unique_key(const Object& table, const Key& columns) {
  const auto keys = keys_of(table);
  return std::find(keys.begin(), keys.end(), columns) != keys.end();
}

bool is_in_unique_key(const Object& table, std::string_view column) {
  const auto keys = keys_of(table);
  return std::any_of(keys.begin(), keys.end(),
                     [&](const Key& key) { return contains(key, column); });
}

ResultSet show_unique_keys(const Context& context, const Show& show) {
  ResultSet result;
  result.columns = {{"created_on", "timestamp_ltz", true, 0, 9, 0},
                    {"database_name"},
                    {"schema_name"},
                    {"table_name"},
                    {"column_name"},
                    {"key_sequence", "fixed", true, 38, 0, 0},
                    {"constraint_name"},
                    {"rely"},
                    {"comment"}};
  for (const auto& table : relations_in(context, show.in, false)) {
    const auto path = context.catalog.path(table);
    for (const auto& key : keys_of(table)) {
      const auto name = fmt::format("SYS_CONSTRAINT_{}_{}", table.id, join(key, "_"));
      for (std::size_t i = 0; i < key.size(); ++i) {
        result.rows.push_back({timestamp_cell(table.created), path[0], path[1], path[2], key[i],
                               std::to_string(i + 1), name, "false", std::nullopt});
      }
    }
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
