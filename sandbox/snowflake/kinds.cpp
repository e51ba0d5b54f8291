#include "sandbox/snowflake/kinds.h"

#include <array>

namespace firn::sandbox::snowflake {
namespace {

using Words = std::string_view;

constexpr std::array<Words, 26> account_privileges = {"APPLY TAG",
                                                      "APPLY MASKING POLICY",
                                                      "ATTACH POLICY",
                                                      "AUDIT",
                                                      "BIND SERVICE ENDPOINT",
                                                      "CREATE DATABASE",
                                                      "CREATE INTEGRATION",
                                                      "CREATE STORAGE INTEGRATION",
                                                      "CREATE NETWORK POLICY",
                                                      "CREATE NOTIFICATION INTEGRATION",
                                                      "CREATE ROLE",
                                                      "CREATE SHARE",
                                                      "CREATE USER",
                                                      "CREATE WAREHOUSE",
                                                      "EXECUTE ALERT",
                                                      "EXECUTE MANAGED ALERT",
                                                      "EXECUTE MANAGED TASK",
                                                      "EXECUTE TASK",
                                                      "IMPORT SHARE",
                                                      "MANAGE GRANTS",
                                                      "MANAGE WAREHOUSES",
                                                      "MONITOR",
                                                      "MONITOR EXECUTION",
                                                      "MONITOR SECURITY",
                                                      "MONITOR USAGE",
                                                      "OVERRIDE SHARE RESTRICTIONS"};
constexpr std::array<Words, 5> warehouse_privileges = {"APPLYBUDGET", "MODIFY", "MONITOR",
                                                       "OPERATE", "USAGE"};
constexpr std::array<Words, 6> database_privileges = {
    "APPLYBUDGET", "CREATE DATABASE ROLE", "CREATE SCHEMA", "MODIFY", "MONITOR", "USAGE"};
constexpr std::array<Words, 21> schema_privileges = {"ADD SEARCH OPTIMIZATION",
                                                     "APPLYBUDGET",
                                                     "CREATE ALERT",
                                                     "CREATE DYNAMIC TABLE",
                                                     "CREATE EXTERNAL TABLE",
                                                     "CREATE FILE FORMAT",
                                                     "CREATE FUNCTION",
                                                     "CREATE MASKING POLICY",
                                                     "CREATE MATERIALIZED VIEW",
                                                     "CREATE PIPE",
                                                     "CREATE PROCEDURE",
                                                     "CREATE SEQUENCE",
                                                     "CREATE STAGE",
                                                     "CREATE STREAM",
                                                     "CREATE TABLE",
                                                     "CREATE TAG",
                                                     "CREATE TASK",
                                                     "CREATE VIEW",
                                                     "MODIFY",
                                                     "MONITOR",
                                                     "USAGE"};
constexpr std::array<Words, 8> table_privileges = {"APPLYBUDGET", "DELETE",     "EVOLVE SCHEMA",
                                                   "INSERT",      "REFERENCES", "SELECT",
                                                   "TRUNCATE",    "UPDATE"};
constexpr std::array<Words, 2> view_privileges = {"REFERENCES", "SELECT"};
constexpr std::array<Words, 1> usage_only = {"USAGE"};
constexpr std::array<Words, 2> integration_privileges = {"USAGE", "USE_ANY_ROLE"};
constexpr std::array<Words, 3> stage_privileges = {"READ", "USAGE", "WRITE"};
constexpr std::array<Words, 3> pipe_privileges = {"APPLYBUDGET", "MONITOR", "OPERATE"};
constexpr std::array<Words, 2> user_privileges = {"IMPERSONATE", "MONITOR"};
constexpr std::array<Words, 1> stream_privileges = {"SELECT"};
constexpr std::array<Words, 3> task_privileges = {"APPLYBUDGET", "MONITOR", "OPERATE"};
constexpr std::array<Words, 2> alert_privileges = {"MONITOR", "OPERATE"};

constexpr std::array<KindInfo, 18> kinds = {{
    {Kind::account, Level::account, "ACCOUNT", "ACCOUNTS", "ACCOUNT", "Account", "account",
     account_privileges},
    {Kind::warehouse, Level::account, "WAREHOUSE", "WAREHOUSES", "WAREHOUSE", "Warehouse",
     "warehouse", warehouse_privileges},
    {Kind::database, Level::account, "DATABASE", "DATABASES", "DATABASE", "Database", "database",
     database_privileges},
    {Kind::schema, Level::database, "SCHEMA", "SCHEMAS", "SCHEMA", "Schema", "schema",
     schema_privileges},
    {Kind::table, Level::schema, "TABLE", "TABLES", "TABLE", "Table", "relation", table_privileges},
    {Kind::view, Level::schema, "VIEW", "VIEWS", "VIEW", "View", "relation", view_privileges},
    {Kind::file_format, Level::schema, "FILE FORMAT", "FILE FORMATS", "FILE_FORMAT", "File format",
     "file_format", usage_only},
    {Kind::integration, Level::account, "INTEGRATION", "INTEGRATIONS", "INTEGRATION", "Integration",
     "integration", integration_privileges},
    {Kind::stage, Level::schema, "STAGE", "STAGES", "STAGE", "Stage", "stage", stage_privileges},
    {Kind::pipe, Level::schema, "PIPE", "PIPES", "PIPE", "Pipe", "pipe", pipe_privileges},
    {Kind::role, Level::account, "ROLE", "ROLES", "ROLE", "Role", "role", usage_only},
    {Kind::database_role, Level::database, "DATABASE ROLE", "DATABASE ROLES", "DATABASE_ROLE",
     "Database role", "database_role", usage_only},
    {Kind::user, Level::account, "USER", "USERS", "USER", "User", "user", user_privileges},
    {Kind::external_table, Level::schema, "EXTERNAL TABLE", "EXTERNAL TABLES", "EXTERNAL_TABLE",
     "External table", "relation", view_privileges},
    {Kind::stream, Level::schema, "STREAM", "STREAMS", "STREAM", "Stream", "relation",
     stream_privileges},
    {Kind::task, Level::schema, "TASK", "TASKS", "TASK", "Task", "task", task_privileges},
    {Kind::procedure, Level::schema, "PROCEDURE", "PROCEDURES", "PROCEDURE", "Procedure",
     "procedure", usage_only},
    {Kind::alert, Level::schema, "ALERT", "ALERTS", "ALERT", "Alert", "alert", alert_privileges},
}};

}  // namespace

std::span<const KindInfo> all_kinds() {
  return kinds;
}

const KindInfo& info(Kind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}

bool is_relation(Kind kind) {
  return info(kind).collection == "relation";
}

std::optional<Kind> kind_of_words(std::string_view words) {
  if (words == "STORAGE INTEGRATION" || words == "NOTIFICATION INTEGRATION")
    return Kind::integration;
  for (const auto& entry : kinds) {
    if (entry.words == words) return entry.kind;
  }
  return std::nullopt;
}

std::optional<Kind> kind_of_plural(std::string_view words) {
  if (words == "STORAGE INTEGRATIONS" || words == "NOTIFICATION INTEGRATIONS")
    return Kind::integration;
  for (const auto& entry : kinds) {
    if (entry.plural == words) return entry.kind;
  }
  return std::nullopt;
}

}  // namespace firn::sandbox::snowflake
