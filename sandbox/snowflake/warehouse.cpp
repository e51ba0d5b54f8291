// Source: Snowflake documentation, "CREATE WAREHOUSE", "ALTER WAREHOUSE".
#include <array>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/containers.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<std::string_view, 24> sizes = {
    "XSMALL",  "X-SMALL",  "SMALL",    "MEDIUM",   "LARGE",    "XLARGE",  "X-LARGE",  "XXLARGE",
    "X2LARGE", "2XLARGE",  "2X-LARGE", "XXXLARGE", "X3LARGE",  "3XLARGE", "3X-LARGE", "X4LARGE",
    "4XLARGE", "4X-LARGE", "X5LARGE",  "5XLARGE",  "5X-LARGE", "X6LARGE", "6XLARGE",  "6X-LARGE"};
constexpr std::array<std::string_view, 2> types = {"STANDARD", "SNOWPARK-OPTIMIZED"};
constexpr std::array<std::string_view, 2> policies = {"STANDARD", "ECONOMY"};

constexpr std::array<PropertySpec, 15> specs = {{
    {"WAREHOUSE_TYPE", PropertyType::keyword, 0, 0, types},
    {"WAREHOUSE_SIZE", PropertyType::keyword, 0, 0, sizes},
    {"MIN_CLUSTER_COUNT", PropertyType::integer, 1, 10},
    {"MAX_CLUSTER_COUNT", PropertyType::integer, 1, 10},
    {"SCALING_POLICY", PropertyType::keyword, 0, 0, policies},
    {"AUTO_SUSPEND", PropertyType::integer},
    {"AUTO_RESUME", PropertyType::boolean},
    {"INITIALLY_SUSPENDED", PropertyType::boolean},
    {"COMMENT", PropertyType::text},
    {"ENABLE_QUERY_ACCELERATION", PropertyType::boolean},
    {"QUERY_ACCELERATION_MAX_SCALE_FACTOR", PropertyType::integer, 0, 100},
    {"MAX_CONCURRENCY_LEVEL", PropertyType::integer, 1},
    {"STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", PropertyType::integer},
    {"STATEMENT_TIMEOUT_IN_SECONDS", PropertyType::integer, 0, 604800},
    {"GENERATION", PropertyType::keyword},
}};

std::string one_spelling(const std::string& size) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 15> same = {{
      {"X-SMALL", "XSMALL"},
      {"X-LARGE", "XLARGE"},
      {"X2LARGE", "XXLARGE"},
      {"2XLARGE", "XXLARGE"},
      {"2X-LARGE", "XXLARGE"},
      {"X3LARGE", "XXXLARGE"},
      {"3XLARGE", "XXXLARGE"},
      {"3X-LARGE", "XXXLARGE"},
      {"4XLARGE", "X4LARGE"},
      {"4X-LARGE", "X4LARGE"},
      {"5XLARGE", "X5LARGE"},
      {"5X-LARGE", "X5LARGE"},
      {"6XLARGE", "X6LARGE"},
      {"6X-LARGE", "X6LARGE"},
      {"MEDIUM", "MEDIUM"},
  }};
  for (const auto& [from, to] : same) {
    if (size == from) return std::string(to);
  }
  return size;
}

void check(const Object& warehouse) {
  if (warehouse.number("min_cluster_count", 1) > warehouse.number("max_cluster_count", 1)) {
    refuse("001008", "22023",
           fmt::format("invalid value [{}] for parameter 'MIN_CLUSTER_COUNT'",
                       warehouse.number("min_cluster_count", 1)));
  }
}

void store(Map& into, const std::vector<Property>& list) {
  assign(into, specs, list, "WAREHOUSE");
  if (const auto* size = into.find("warehouse_size")) {
    into.set("warehouse_size", one_spelling(size->as_string()));
  }
  // NULL and 0 both mean never.
  const auto* suspend = find(list, "AUTO_SUSPEND");
  if (suspend != nullptr && suspend->kind == PropertyValue::Kind::null) into.set("auto_suspend", 0);
}

}  // namespace

std::string printed_size(std::string_view size) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> names = {{
      {"XSMALL", "X-Small"},
      {"SMALL", "Small"},
      {"MEDIUM", "Medium"},
      {"LARGE", "Large"},
      {"XLARGE", "X-Large"},
      {"XXLARGE", "2X-Large"},
      {"XXXLARGE", "3X-Large"},
      {"X4LARGE", "4X-Large"},
      {"X5LARGE", "5X-Large"},
      {"X6LARGE", "6X-Large"},
  }};
  for (const auto& [from, to] : names) {
    if (size == from) return std::string(to);
  }
  return std::string(size);
}

ResultSet create_warehouse(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& warehouse = creation.object;
  store(warehouse.properties, create.properties);
  check(warehouse);
  const bool suspended = warehouse.flag("initially_suspended");
  warehouse.properties.erase("initially_suspended");
  warehouse.properties.set("state", suspended ? "SUSPENDED" : "STARTED");
  warehouse.properties.set("resumed_on", suspended ? std::int64_t{0} : context.now_ns());
  warehouse.properties.set("updated_on", context.now_ns());
  return finish(context, create, creation);
}

ResultSet alter_warehouse(Context& context, const Alter& alter) {
  using Action = Alter::Action;
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& warehouse = *target;
  const bool running = warehouse.text("state") == "STARTED";
  switch (alter.action) {
    case Action::rename:
      return rename(context, alter, std::move(warehouse));
    case Action::set: {
      require(context, warehouse, "MODIFY");
      if (find(alter.properties, "INITIALLY_SUSPENDED") != nullptr) {
        refuse("001420", "22023", "invalid property 'INITIALLY_SUSPENDED' for 'WAREHOUSE'");
      }
      const auto type = warehouse.text("warehouse_type", "STANDARD");
      store(warehouse.properties, alter.properties);
      if (running && warehouse.text("warehouse_type", "STANDARD") != type) {
        refuse("001425", "22000",
               fmt::format("Warehouse '{}' must be suspended before its type is changed.",
                           printed(warehouse.name)));
      }
      check(warehouse);
      break;
    }
    case Action::unset:
      require(context, warehouse, "MODIFY");
      unset(warehouse.properties, specs, alter.names, "WAREHOUSE");
      break;
    case Action::suspend:
      require(context, warehouse, "OPERATE");
      if (!running) {
        refuse("090064", "22000",
               fmt::format("Invalid state. Warehouse '{}' cannot be suspended.",
                           printed(warehouse.name)));
      }
      warehouse.properties.set("state", "SUSPENDED");
      break;
    case Action::resume:
      require(context, warehouse, "OPERATE");
      if (running && alter.if_suspended) return done();
      if (running) {
        refuse("090063", "22000",
               fmt::format("Invalid state. Warehouse '{}' cannot be resumed.",
                           printed(warehouse.name)));
      }
      warehouse.properties.set("state", "STARTED");
      warehouse.properties.set("resumed_on", context.now_ns());
      break;
    default:
      refuse_unknown("ALTER WAREHOUSE with this action");
  }
  warehouse.properties.set("updated_on", context.now_ns());
  context.catalog.put(warehouse);
  return done();
}

}  // namespace firn::sandbox::snowflake
