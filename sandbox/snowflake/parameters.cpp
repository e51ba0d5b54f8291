#include "sandbox/snowflake/parameters.h"

#include <array>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

// Where a parameter can be set.
enum : unsigned {
  on_account = 1,
  on_database = 2,
  on_schema = 4,
  on_table = 8,
  on_pipe = 16,
  on_warehouse = 32,
  on_task = 64
};

struct Definition {
  std::string_view name;
  std::string_view fallback;
  std::string_view type;
  unsigned where;
  std::string_view description;
};

constexpr unsigned containers = on_account | on_database | on_schema;
constexpr std::array<Definition, 16> definitions = {{
    {"DATA_RETENTION_TIME_IN_DAYS", "1", "NUMBER", containers | on_table,
     "number of days to retain the old version of deleted/updated data"},
    {"DEFAULT_DDL_COLLATION", "", "STRING", containers | on_table,
     "Collation that is used for all the new columns"},
    {"LOG_LEVEL", "OFF", "STRING", containers | on_pipe, "Level of log messages to keep"},
    {"MAX_CONCURRENCY_LEVEL", "8", "NUMBER", on_account | on_warehouse,
     "Maximum number of SQL statements that a warehouse runs at once"},
    {"MAX_DATA_EXTENSION_TIME_IN_DAYS", "14", "NUMBER", containers | on_table,
     "Maximum number of days to extend data retention so that streams do not become stale"},
    {"PIPE_EXECUTION_PAUSED", "false", "BOOLEAN", on_account | on_schema | on_pipe,
     "Pauses or resumes a pipe"},
    {"QUOTED_IDENTIFIERS_IGNORE_CASE", "false", "BOOLEAN", containers,
     "If true, the case of quoted identifiers is ignored"},
    {"REPLACE_INVALID_CHARACTERS", "false", "BOOLEAN", containers,
     "Whether invalid UTF-8 characters are replaced"},
    {"STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "0", "NUMBER", on_account | on_warehouse,
     "Time in seconds a statement may be queued"},
    {"STATEMENT_TIMEOUT_IN_SECONDS", "172800", "NUMBER", on_account | on_warehouse,
     "Time in seconds after which a running statement is cancelled"},
    {"SUSPEND_TASK_AFTER_NUM_FAILURES", "10", "NUMBER", containers | on_task,
     "Number of failed runs in a row after which a task is suspended"},
    {"TASK_AUTO_RETRY_ATTEMPTS", "0", "NUMBER", containers | on_task,
     "Number of times that a failed task graph is tried again"},
    {"TIMEZONE", "America/Los_Angeles", "STRING", on_account, "Time zone"},
    {"TRACE_LEVEL", "OFF", "STRING", containers | on_pipe, "Level of trace events to keep"},
    {"USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE", "Medium", "STRING", containers | on_task,
     "Size of the first runs of a task without a warehouse"},
    {"USER_TASK_TIMEOUT_MS", "3600000", "NUMBER", containers | on_task,
     "Time in milliseconds after which a run of a task is cancelled"},
}};

unsigned place_of_kind(Kind kind) {
  switch (kind) {
    case Kind::database:
      return on_database;
    case Kind::schema:
      return on_schema;
    case Kind::table:
      return on_table;
    case Kind::pipe:
      return on_pipe;
    case Kind::warehouse:
      return on_warehouse;
    case Kind::task:
      return on_task;
    default:
      return on_account;
  }
}

const Definition* definition(std::string_view name) {
  for (const auto& entry : definitions) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::string shown(const Value& value) {
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int()) return std::to_string(value.as_int());
  return value.is_string() ? value.as_string() : "";
}

std::optional<Object> container(const Catalog& catalog, const Object& object) {
  switch (info(object.kind).level) {
    case Level::account:
      return std::nullopt;
    case Level::database:
      return catalog.by_id(Kind::database, object.parent);
    case Level::schema:
      return catalog.by_id(Kind::schema, object.parent);
  }
  return std::nullopt;
}

}  // namespace

ParameterValue account_parameter(const Catalog& catalog, std::string_view name) {
  const Value about = catalog.about();
  const Value& set = about.at("parameters").at(to_lower(name));
  if (!set.is_null()) return {shown(set), "ACCOUNT"};
  const auto* entry = definition(name);
  return {entry != nullptr ? std::string(entry->fallback) : "", ""};
}

ParameterValue parameter(const Catalog& catalog, const Object& object, std::string_view name) {
  const auto key = to_lower(name);
  std::optional<Object> at = object;
  while (at) {
    if (at->has(key)) return {shown(at->at(key)), std::string(info(at->kind).granted_on)};
    at = container(catalog, *at);
  }
  auto value = account_parameter(catalog, name);
  // A transient table keeps at most one day, whatever it would inherit.
  if (name == "DATA_RETENTION_TIME_IN_DAYS" && object.flag("transient") && value.value != "0") {
    value.value = "1";
  }
  return value;
}

ResultSet show_parameters(const Context& context, const Show& show) {
  ResultSet result;
  for (const auto* name : {"key", "value", "default", "level", "description", "type"}) {
    result.columns.push_back(ResultColumn{name});
  }
  std::optional<Object> object;
  switch (show.in.kind) {
    case Scope::Kind::none:
    case Scope::Kind::account:
      break;
    case Scope::Kind::database:
      object = need_database(context, show.in.name);
      break;
    case Scope::Kind::schema:
      object = need_schema(context, show.in.name);
      break;
    case Scope::Kind::table:
      object = need_relation(context, show.in.name);
      break;
    case Scope::Kind::object:
      object = need(context, show.in.object_kind, show.in.name);
      break;
  }
  const unsigned where = object ? place_of_kind(object->kind) : on_account;
  for (const auto& entry : definitions) {
    if ((entry.where & where) == 0) continue;
    if (show.like && !like(entry.name, *show.like)) continue;
    const auto value = object ? parameter(context.catalog, *object, entry.name)
                              : account_parameter(context.catalog, entry.name);
    result.rows.push_back({std::string(entry.name), value.value, std::string(entry.fallback),
                           value.level, std::string(entry.description), std::string(entry.type)});
  }
  return result;
}

ResultSet alter_account(Context& context, const Alter& alter) {
  const auto admin = context.catalog.find(Kind::role, 0, "ACCOUNTADMIN");
  if (!admin || !context.access.has_role(admin->id)) {
    refuse_privileges("account", context.catalog.about().string_or("account_name", ""));
  }
  Value about = context.catalog.about();
  Map account = about.as_map();
  Map parameters = about.at("parameters").is_map() ? about.at("parameters").as_map() : Map{};
  const auto check = [](const std::string& name) {
    const auto* entry = definition(name);
    if (entry == nullptr || (entry->where & on_account) == 0) {
      refuse_unknown("ALTER ACCOUNT … " + name);
    }
    return entry;
  };
  if (alter.action == Alter::Action::set) {
    for (const auto& property : alter.properties) {
      const auto* entry = check(property.name);
      PropertySpec spec{entry->name, entry->type == "BOOLEAN"  ? PropertyType::boolean
                                     : entry->type == "NUMBER" ? PropertyType::integer
                                                               : PropertyType::text};
      parameters.set(to_lower(property.name), read_property(spec, property.value));
    }
  } else if (alter.action == Alter::Action::unset) {
    for (const auto& name : alter.names) {
      check(name);
      parameters.erase(to_lower(name));
    }
  } else {
    refuse_unknown("ALTER ACCOUNT with this action");
  }
  account.set("parameters", parameters);
  context.catalog.store().put("snowflake/account", context.catalog.account(), account);
  return done();
}

}  // namespace firn::sandbox::snowflake
