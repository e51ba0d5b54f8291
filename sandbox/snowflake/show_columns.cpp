// Finding what SHOW lists, SHOW COLUMNS and SHOW PRIMARY KEYS.
#include <algorithm>

#include "core/value/json.h"
#include "sandbox/snowflake/show.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

// A container named in IN; SHOW does not tell a missing one from an invisible one.
Object scope_object(const Context& context, Kind kind, const NamePath& name) {
  try {
    return kind == Kind::database ? need_database(context, name) : need_schema(context, name);
  } catch (const SqlError& error) {
    if (error.code == "002003") refuse_operation();
    throw;
  }
}

// Roles and users may be listed by everybody, and database roles by whoever has any privilege on
// their database. Snowflake documentation: "SHOW ROLES", "SHOW USERS", "SHOW DATABASE ROLES".
bool visible(const Context& context, const Object& object) {
  const bool is_listed =
      object.kind == Kind::role || object.kind == Kind::user || object.kind == Kind::database_role;
  return is_listed || context.access.sees(object);
}

void add_children(const Context& context, Kind kind, const Object& container,
                  std::vector<Object>& into) {
  for (auto& child : context.catalog.children(kind, container.id)) {
    if (visible(context, child)) into.push_back(std::move(child));
  }
}

void add_of_database(const Context& context, Kind kind, const Object& database,
                     std::vector<Object>& into) {
  if (info(kind).level == Level::database) {
    add_children(context, kind, database, into);
    return;
  }
  for (const auto& schema : context.catalog.children(Kind::schema, database.id)) {
    if (context.access.sees(schema)) add_children(context, kind, schema, into);
  }
}

void sort_by_path(const Context& context, std::vector<Object>& objects) {
  std::vector<std::pair<NamePath, Object>> keyed;
  for (auto& object : objects)
    keyed.emplace_back(context.catalog.path(object), std::move(object));
  std::sort(keyed.begin(), keyed.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  objects.clear();
  for (auto& [path, object] : keyed)
    objects.push_back(std::move(object));
}

}  // namespace

std::vector<Object> objects_in(const Context& context, Kind kind, const Scope& given) {
  std::vector<Object> objects;
  Scope scope = given;
  const auto level = info(kind).level;
  if (scope.kind == Scope::Kind::none && level != Level::account) {
    // Without IN: the current schema, else the current database, else the account.
    if (level == Level::schema && !context.session.schema.empty()) {
      scope.kind = Scope::Kind::schema;
    } else if (!context.session.database.empty()) {
      scope.kind = Scope::Kind::database;
    } else {
      scope.kind = Scope::Kind::account;
    }
  }
  if (level == Level::account) {
    for (auto& object : context.catalog.all(kind)) {
      if (visible(context, object)) objects.push_back(std::move(object));
    }
  } else if (scope.kind == Scope::Kind::schema && level == Level::schema) {
    add_children(context, kind, scope_object(context, Kind::schema, scope.name), objects);
  } else if (scope.kind == Scope::Kind::account) {
    for (const auto& database : context.catalog.all(Kind::database)) {
      if (context.access.sees(database)) add_of_database(context, kind, database, objects);
    }
  } else {
    add_of_database(context, kind, scope_object(context, Kind::database, scope.name), objects);
  }
  sort_by_path(context, objects);
  return objects;
}

std::vector<Object> relations_in(const Context& context, const Scope& scope, bool all_kinds) {
  if (scope.kind == Scope::Kind::table) {
    try {
      return {need_relation(context, scope.name)};
    } catch (const SqlError& error) {
      if (error.code == "002003") refuse_operation();
      throw;
    }
  }
  auto relations = objects_in(context, Kind::table, scope);
  if (all_kinds) {
    for (const auto kind : {Kind::view, Kind::external_table}) {
      for (auto& relation : objects_in(context, kind, scope))
        relations.push_back(std::move(relation));
    }
    sort_by_path(context, relations);
  }
  return relations;
}

ResultSet show_columns(const Context& context, const Show& show) {
  ResultSet result;
  for (const auto* name :
       {"table_name", "schema_name", "column_name", "data_type", "null?", "default", "kind",
        "expression", "comment", "database_name", "autoincrement", "schema_evolution_record"}) {
    result.columns.push_back({name});
  }
  for (const auto& relation : relations_in(context, show.in, true)) {
    const auto path = context.catalog.path(relation);
    for (const auto& column : columns_of(relation)) {
      if (show.like && !like(column.name, *show.like)) continue;
      if (result.rows.size() >= 10000) return result;
      Map type = as_json(column.type).as_map();
      type.set("nullable", column.nullable);
      const bool identity = column.default_sql && column.default_sql->starts_with("IDENTITY");
      result.rows.push_back({path[2], path[1], column.name, to_json(type),
                             column.nullable ? "true" : "NOT_NULL",
                             identity ? "" : column.default_sql.value_or(""),
                             column.expression ? "VIRTUAL_COLUMN" : "COLUMN",
                             column.expression.value_or(""), column.comment.value_or(""), path[0],
                             identity ? *column.default_sql : "", std::nullopt});
    }
  }
  return result;
}

ResultSet show_primary_keys(const Context& context, const Show& show) {
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
    auto columns = columns_of(table);
    std::sort(columns.begin(), columns.end(), [](const Column& one, const Column& other) {
      return one.key_position < other.key_position;
    });
    for (const auto& column : columns) {
      if (column.key_position == 0) continue;
      result.rows.push_back({timestamp_cell(table.created), path[0], path[1], path[2], column.name,
                             std::to_string(column.key_position),
                             "SYS_CONSTRAINT_" + std::to_string(table.id), "false", std::nullopt});
    }
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
