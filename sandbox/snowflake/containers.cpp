#include "sandbox/snowflake/containers.h"

#include <array>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<std::string_view, 7> levels = {"OFF",  "TRACE", "DEBUG", "INFO",
                                                    "WARN", "ERROR", "FATAL"};
constexpr std::array<std::string_view, 4> trace_levels = {"OFF", "ALWAYS", "ON_EVENT", "PROPAGATE"};

// Databases and schemas share all but PIPE_EXECUTION_PAUSED.
constexpr std::array<PropertySpec, 9> specs = {{
    {"COMMENT", PropertyType::text},
    {"DATA_RETENTION_TIME_IN_DAYS", PropertyType::integer, 0, 90},
    {"MAX_DATA_EXTENSION_TIME_IN_DAYS", PropertyType::integer, 0, 90},
    {"DEFAULT_DDL_COLLATION", PropertyType::text},
    {"LOG_LEVEL", PropertyType::keyword, 0, 0, levels},
    {"TRACE_LEVEL", PropertyType::keyword, 0, 0, trace_levels},
    {"QUOTED_IDENTIFIERS_IGNORE_CASE", PropertyType::boolean},
    {"REPLACE_INVALID_CHARACTERS", PropertyType::boolean},
    {"PIPE_EXECUTION_PAUSED", PropertyType::boolean},
}};

std::span<const PropertySpec> specs_of(Kind kind) {
  const std::span<const PropertySpec> all = specs;
  return kind == Kind::schema ? all : all.first(all.size() - 1);
}

void check(const Object& container) {
  if (container.flag("transient") && container.number("data_retention_time_in_days") > 1) {
    refuse("001008", "22023",
           "invalid value [" + std::to_string(container.number("data_retention_time_in_days")) +
               "] for parameter 'DATA_RETENTION_TIME_IN_DAYS'");
  }
}

}  // namespace

ResultSet create_database(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& database = creation.object;
  assign(database.properties, specs_of(Kind::database), create.properties, "DATABASE");
  if (create.transient) database.properties.set("transient", true);
  check(database);
  auto result = finish(context, create, creation);
  for (const auto* name : {"INFORMATION_SCHEMA", "PUBLIC"}) {
    Object schema;
    schema.kind = Kind::schema;
    schema.parent = database.id;
    schema.name = name;
    schema.created = context.now_ns();
    const bool system = schema.name == "INFORMATION_SCHEMA";
    schema.owner = system ? 0 : context.access.role();
    schema.properties.set("automatic", true);
    if (create.transient && !system) schema.properties.set("transient", true);
    if (system) {
      schema.properties.set("comment", "Views describing the contents of schemas in this database");
    }
    context.catalog.put(schema);
  }
  return result;
}

ResultSet create_schema(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& schema = creation.object;
  assign(schema.properties, specs_of(Kind::schema), create.properties, "SCHEMA");
  const auto database = context.catalog.by_id(Kind::database, schema.parent);
  if (create.transient || (database && database->flag("transient"))) {
    schema.properties.set("transient", true);
  }
  if (create.managed_access) schema.properties.set("managed_access", true);
  check(schema);
  return finish(context, create, creation);
}

ResultSet alter_container(Context& context, const Alter& alter) {
  using Action = Alter::Action;
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& container = *target;
  const auto words = info(alter.kind).words;
  switch (alter.action) {
    case Action::rename:
      return rename(context, alter, std::move(container));
    case Action::set:
      require(context, container, "MODIFY");
      assign(container.properties, specs_of(alter.kind), alter.properties, words);
      check(container);
      break;
    case Action::unset:
      require(context, container, "MODIFY");
      unset(container.properties, specs_of(alter.kind), alter.names, words);
      break;
    case Action::enable_managed_access:
    case Action::disable_managed_access:
      if (alter.kind != Kind::schema) refuse_unknown("ALTER DATABASE … MANAGED ACCESS");
      require_ownership(context, container);
      container.properties.set("managed_access", alter.action == Action::enable_managed_access);
      break;
    default:
      refuse_unknown("ALTER " + std::string(words) + " with this action");
  }
  context.catalog.put(container);
  return done();
}

ResultSet describe_container(const Context& context, const Describe& describe) {
  ResultSet result;
  result.columns = {{"created_on", "timestamp_ltz", true, 0, 9, 0}, {"name"}, {"kind"}};
  const auto object = need(context, describe.kind, describe.name);
  if (object.kind == Kind::warehouse) {
    result.rows.push_back({timestamp_cell(object.created), object.name, "WAREHOUSE"});
    return result;
  }
  const auto level = object.kind == Kind::database ? Level::database : Level::schema;
  for (const auto& entry : all_kinds()) {
    if (entry.level != level || entry.kind == Kind::database_role) continue;
    for (const auto& child : context.catalog.children(entry.kind, object.id)) {
      if (!context.access.sees(child)) continue;
      result.rows.push_back(
          {timestamp_cell(child.created), child.name, std::string(entry.granted_on)});
    }
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
