#include "providers/snowflake/table_keys.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "core/base/text.h"
#include "providers/snowflake/columns.h"

namespace firn::snowflake {
namespace {

const List& items(const Value& keys) {
  static const List nothing;
  return keys.is_list() ? keys.as_list() : nothing;
}

bool has_items(const Value& list) {
  return list.is_list() && !list.as_list().empty();
}

// Whether the two are one key; references that are left out are those of the primary key.
bool is_same(const Value& one, const Value& other) {
  if (one.at("columns") != other.at("columns") || one.at("table") != other.at("table")) {
    return false;
  }
  const Value& a = one.at("references");
  const Value& b = other.at("references");
  return !has_items(a) || !has_items(b) || a == b;
}

const Value* find_same(const List& keys, const Value& wanted) {
  const auto found =
      std::ranges::find_if(keys, [&](const Value& key) { return is_same(key, wanted); });
  return found == keys.end() ? nullptr : &*found;
}

bool is_row_of(const Row& row, const ObjectName& table) {
  return row.text("table_name") == table.last() && row.text("schema_name") == table.parts[1] &&
         row.text("database_name") == table.parts[0];
}

void check_columns(const std::string& path, std::string_view what,
                   const std::vector<std::string>& own, const std::vector<std::string>& columns,
                   std::vector<Problem>& problems) {
  const std::vector<std::string_view> known(columns.begin(), columns.end());
  for (const auto& column : own) {
    if (columns.empty() || std::ranges::find(columns, column) != columns.end()) continue;
    problems.push_back(
        {path,
         fmt::format("{} names a column that is not there: {}", what, shortest_identifier(column)),
         {},
         suggestion(column, known)});
  }
}

}  // namespace

std::vector<std::string> stored_names(const Value& list) {
  std::vector<std::string> names;
  for (const auto& written : texts_of(list))
    names.push_back(stored_identifier(written));
  return names;
}

Listing primary_key_listing(const ObjectName& table) {
  return show_parts("SHOW PRIMARY KEYS", table);
}

Value read_primary_key(const Rows& rows, const ObjectName& name) {
  std::map<std::int64_t, std::string> columns;
  for (const Row& row : rows.rows) {
    if (!is_row_of(row, name)) continue;
    const auto place = row.integer("key_sequence").value_or(static_cast<int>(columns.size()) + 1);
    columns[place] = shortest_identifier(row.text("column_name"));
  }
  List list;
  for (auto& [place, column] : columns)
    list.emplace_back(column);
  return list;
}

Listing unique_key_listing(const ObjectName& table) {
  return show_parts("SHOW UNIQUE KEYS", table);
}

Value read_unique_keys(const Rows& rows, const ObjectName& table) {
  std::map<std::string, std::map<std::int64_t, std::string>> by_name;
  for (const Row& row : rows.rows) {
    if (!is_row_of(row, table)) continue;
    auto& columns = by_name[row.text("constraint_name")];
    const auto place =
        row.integer("key_sequence").value_or(static_cast<std::int64_t>(columns.size()) + 1);
    columns[place] = shortest_identifier(row.text("column_name"));
  }
  List keys;
  for (const auto& [name, columns] : by_name) {
    List names;
    for (const auto& [place, column] : columns)
      names.emplace_back(column);
    keys.emplace_back(Map{{"columns", std::move(names)}});
  }
  return keys;
}

void add_unique_key(Statement& statement, const Value& key) {
  statement.word("UNIQUE").identifiers(stored_names(key.at("columns")));
}

KeySteps unique_key_changes(const ObjectName& table, const Value& before, const Value& after) {
  const auto alter = [&](Keyword what, const Value& key) {
    Statement statement = Statement("ALTER TABLE").name(table).word(what);
    add_unique_key(statement, key);
    return statement;
  };
  KeySteps steps;
  for (const Value& key : items(before)) {
    if (std::ranges::find(items(after), key) == items(after).end()) {
      steps.drops.push_back(alter("DROP", key));
    }
  }
  for (const Value& key : items(after)) {
    if (std::ranges::find(items(before), key) == items(before).end()) {
      steps.adds.push_back(alter("ADD", key));
    }
  }
  return steps;
}

void validate_unique_keys(const Value& keys, const std::vector<std::string>& columns,
                          std::vector<Problem>& problems) {
  std::set<std::vector<std::string>> seen;
  for (std::size_t i = 0; i < items(keys).size(); ++i) {
    const std::string path = fmt::format("unique_keys.{}.columns", i);
    const auto own = stored_names(items(keys)[i].at("columns"));
    check_columns(path, "a unique key", own, columns, problems);
    if (!own.empty() && !seen.insert(own).second) {
      problems.push_back({path, "two unique keys are on the same columns: " + join(own, ", "),
                          "the second says nothing more", "keep one of them"});
    }
  }
}

Value normalized_unique_keys(const Value& keys) {
  if (!keys.is_list()) return keys;
  List normal;
  for (const Value& key : keys.as_list()) {
    if (key.is_map()) {
      normal.emplace_back(Map{{"columns", normalized_terms(key.at("columns"))}});
    } else {
      normal.push_back(key);
    }
  }
  return normal;
}

Listing foreign_key_listing(const ObjectName& table) {
  return show_parts("SHOW IMPORTED KEYS", table);
}

Value read_foreign_keys(const Rows& rows, const ObjectName& table, const Value& recorded) {
  struct Shown {
    ObjectName table;
    std::map<std::int64_t, std::pair<std::string, std::string>> columns;  // own, referenced
  };
  std::map<std::string, Shown> by_name;
  for (const Row& row : rows.rows) {
    const ObjectName own{
        {row.text("fk_database_name"), row.text("fk_schema_name"), row.text("fk_table_name")}};
    if (own != table) continue;
    Shown& shown = by_name[row.text("fk_name")];
    shown.table.parts = {row.text("pk_database_name"), row.text("pk_schema_name"),
                         row.text("pk_table_name")};
    const auto place =
        row.integer("key_sequence").value_or(static_cast<std::int64_t>(shown.columns.size()) + 1);
    shown.columns[place] = {shortest_identifier(row.text("fk_column_name")),
                            shortest_identifier(row.text("pk_column_name"))};
  }
  List keys;
  for (const auto& [name, shown] : by_name) {
    List columns;
    List references;
    for (const auto& [place, pair] : shown.columns) {
      columns.emplace_back(pair.first);
      references.emplace_back(pair.second);
    }
    Map key;
    key.set("columns", std::move(columns));
    key.set("references", std::move(references));
    key.set("table", shown.table.shortest());
    const Value* known = find_same(items(recorded), Value(key));
    keys.push_back(known != nullptr ? *known : Value(std::move(key)));
  }
  return keys;
}

Status add_foreign_key(Statement& statement, const Value& key) {
  const auto table = parse_object_name(key.string_or("table", ""), 3);
  if (!table) return fail(table.error());
  statement.word("FOREIGN KEY").identifiers(stored_names(key.at("columns")));
  statement.word("REFERENCES").name(*table);
  if (has_items(key.at("references"))) statement.identifiers(stored_names(key.at("references")));
  return Ok{};
}

Result<KeySteps> foreign_key_changes(const ObjectName& table, const Value& before,
                                     const Value& after) {
  KeySteps steps;
  for (const Value& key : items(before)) {
    if (find_same(items(after), key) != nullptr) continue;
    steps.drops.push_back(Statement("ALTER TABLE")
                              .name(table)
                              .word("DROP FOREIGN KEY")
                              .identifiers(stored_names(key.at("columns"))));
  }
  for (const Value& key : items(after)) {
    if (find_same(items(before), key) != nullptr) continue;
    Statement add = Statement("ALTER TABLE").name(table).word("ADD");
    if (auto status = add_foreign_key(add, key); !status) return fail(status.error());
    steps.adds.push_back(std::move(add));
  }
  return steps;
}

void validate_foreign_keys(const Value& keys, const std::vector<std::string>& columns,
                           std::vector<Problem>& problems) {
  std::set<std::vector<std::string>> seen;
  for (std::size_t i = 0; i < items(keys).size(); ++i) {
    const Value& key = items(keys)[i];
    const std::string path = fmt::format("foreign_keys.{}", i);
    const Value& table = key.at("table");
    if (table.is_string()) {
      const auto name = parse_object_name(table.as_string(), 3);
      if (!name) problems.push_back(problem_of(path + ".table", name.error()));
    }
    const auto own = stored_names(key.at("columns"));
    check_columns(path + ".columns", "a foreign key", own, columns, problems);
    if (!own.empty() && !seen.insert(own).second) {
      problems.push_back(
          {path + ".columns", "two foreign keys are on the same columns: " + join(own, ", "),
           "Snowflake tells them apart by their columns when one is dropped", "keep one of them"});
    }
    const Value& references = key.at("references");
    if (has_items(references) && references.as_list().size() != own.size()) {
      problems.push_back(
          {path + ".references", "a foreign key has as many columns as it references",
           fmt::format("Here are {} and {}.", own.size(), references.as_list().size()),
           "leave references out, or name a column for each"});
    }
  }
}

Value normalized_foreign_keys(const Value& keys) {
  if (!keys.is_list()) return keys;
  List normal;
  for (const Value& key : keys.as_list()) {
    if (!key.is_map()) {
      normal.push_back(key);
      continue;
    }
    Map members;
    members.set("columns", normalized_terms(key.at("columns")));
    if (has_items(key.at("references"))) {
      members.set("references", normalized_terms(key.at("references")));
    }
    members.set("table", normalized_name(key.at("table")));
    normal.emplace_back(std::move(members));
  }
  return normal;
}

}  // namespace firn::snowflake
