#include "sandbox/snowflake/context.h"

#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

[[noreturn]] void no_current_database() {
  refuse("090105", "22000",
         "Cannot perform operation. This session does not have a current database. Call 'USE "
         "DATABASE', or use a qualified name.");
}

[[noreturn]] void no_current_schema() {
  refuse("090106", "22000",
         "Cannot perform operation. This session does not have a current schema. Call 'USE "
         "SCHEMA', or use a qualified name.");
}

// The name with all its parts.
NamePath full(const Context& context, Kind kind, NamePath name) {
  const auto level = info(kind).level;
  const std::size_t wanted = level == Level::account ? 1 : level == Level::database ? 2 : 3;
  if (name.size() > wanted) {
    refuse("001003", "42000",
           fmt::format("syntax error: '{}' has too many parts for the name of a {}.", dotted(name),
                       to_lower(info(kind).words)));
  }
  if (wanted == 3 && name.size() == 1) {
    if (context.session.database.empty()) no_current_database();
    if (context.session.schema.empty()) no_current_schema();
    name.insert(name.begin(), context.session.schema);
  }
  if (name.size() < wanted) {
    if (context.session.database.empty()) no_current_database();
    name.insert(name.begin(), context.session.database);
  }
  return name;
}

bool may_enter(const Context& context, const Object& container) {
  return context.access.may(container, "USAGE");
}

std::optional<Object> find_schema(const Context& context, const Object& database,
                                  const std::string& name) {
  const auto schema = context.catalog.find(Kind::schema, database.id, name);
  if (!schema || !context.access.knows(*schema)) return std::nullopt;
  return schema;
}

}  // namespace

std::optional<Object> find_database(const Context& context, const std::string& name) {
  const auto database = context.catalog.find(Kind::database, 0, name);
  if (!database || !context.access.knows(*database)) return std::nullopt;
  return database;
}

Object need_database(const Context& context, const NamePath& name) {
  if (name.empty() && context.session.database.empty()) no_current_database();
  const auto& wanted = name.empty() ? context.session.database : name.back();
  const auto database = find_database(context, wanted);
  if (!database) refuse_missing("Database", printed(wanted));
  return *database;
}

Object need_schema(const Context& context, const NamePath& name) {
  NamePath path = name;
  if (path.empty()) {
    if (context.session.database.empty()) no_current_database();
    if (context.session.schema.empty()) no_current_schema();
    path = {context.session.database, context.session.schema};
  }
  return need(context, Kind::schema, path);
}

Place place_of(const Context& context, Kind kind, const NamePath& name) {
  const auto path = full(context, kind, name);
  Place place;
  place.name = path.back();
  if (path.size() == 1) return place;
  const auto database = find_database(context, path[0]);
  if (!database || !may_enter(context, *database)) refuse_missing("Database", printed(path[0]));
  place.parent = database->id;
  if (path.size() == 2) return place;
  const auto schema = find_schema(context, *database, path[1]);
  if (!schema || !may_enter(context, *schema)) {
    refuse_missing("Schema", dotted(NamePath{path[0], path[1]}));
  }
  place.parent = schema->id;
  return place;
}

std::optional<Object> look_up(const Context& context, Kind kind, const NamePath& name) {
  const auto place = place_of(context, kind, name);
  const auto object = context.catalog.find(kind, place.parent, place.name);
  if (!object || !context.access.knows(*object)) return std::nullopt;
  return object;
}

Object need(const Context& context, Kind kind, const NamePath& name) {
  const auto object = look_up(context, kind, name);
  if (!object) {
    refuse_missing(kind == Kind::table || kind == Kind::view ? "Object" : info(kind).noun,
                   printed_name(context, kind, name));
  }
  return *object;
}

Object need_relation(const Context& context, const NamePath& name) {
  const auto place = place_of(context, Kind::table, name);
  const auto object = context.catalog.find_relation(place.parent, place.name);
  if (!object || !context.access.knows(*object)) {
    refuse_missing("Object", printed_name(context, Kind::table, name));
  }
  return *object;
}

void require(const Context& context, const Object& object, std::string_view privilege) {
  if (context.access.may(object, privilege)) return;
  refuse_privileges(to_lower(info(object.kind).words), object.name);
}

void require_ownership(const Context& context, const Object& object) {
  if (context.access.owns(object)) return;
  refuse_privileges(to_lower(info(object.kind).words), object.name);
}

void require_global(const Context& context, std::string_view privilege) {
  if (context.access.may_globally(privilege)) return;
  refuse_privileges("account", context.catalog.about().string_or("account_name", ""));
}

std::string printed_name(const Context& context, Kind kind, const NamePath& name) {
  return dotted(full(context, kind, name));
}

}  // namespace firn::sandbox::snowflake
