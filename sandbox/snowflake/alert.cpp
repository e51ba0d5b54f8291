#include "sandbox/snowflake/alert.h"

#include <array>
#include <fmt/core.h>

#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/lexer.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/schedule.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<PropertySpec, 6> specs = {{
    {"SCHEDULE", PropertyType::text, 0, 0, {}, false},
    {"WAREHOUSE", PropertyType::name},
    {"COMMENT", PropertyType::text},
    {"CONFIG", PropertyType::text},
    {"RUNBOOK", PropertyType::text},
    {"SUSPEND_ALERT_AFTER_NUM_FAILURES", PropertyType::integer},
}};

// What an alert can ask; objects in it are looked up only when it runs.
void check_condition(const std::string& sql) {
  const auto tokens = tokenize(sql);
  const auto& first = tokens.front().text;
  if (first == "SELECT" || first == "WITH" || first == "SHOW" || first == "CALL") return;
  refuse_syntax(sql, tokens.front().begin, first.empty() ? "<EOF>" : first);
}

void check(const Context& context, const Object& alert, const std::vector<Property>& given) {
  if (alert.has("schedule")) check_schedule(alert.text("schedule"), true);
  if (find(given, "WAREHOUSE") != nullptr && alert.has("warehouse")) {
    require(context, need(context, Kind::warehouse, {alert.text("warehouse")}), "USAGE");
  }
}

void check_owner(const Context& context, const Object& alert) {
  const Access owner(context.catalog, alert.owner);
  const auto refuse_right = [](const char* what) {
    throw SqlError{"091089", "23001",
                   fmt::format("Cannot execute alert, {} must be granted to owner role", what),
                   false};
  };
  if (!owner.may_globally("EXECUTE ALERT")) refuse_right("EXECUTE ALERT privilege");
  if (!alert.has("warehouse")) {
    if (!owner.may_globally("EXECUTE MANAGED ALERT")) {
      refuse_right("EXECUTE MANAGED ALERT privilege");
    }
    return;
  }
  const auto warehouse = context.catalog.find(Kind::warehouse, 0, alert.text("warehouse"));
  if (!warehouse || !owner.may(*warehouse, "USAGE")) {
    refuse_right("USAGE privilege on the alert's warehouse");
  }
}

}  // namespace

ResultSet create_alert(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& alert = creation.object;
  assign(alert.properties, specs, create.properties, "ALERT");
  check(context, alert, create.properties);
  check_condition(create.condition);
  check_definition(create.body);
  alert.properties.set("condition", create.condition);
  alert.properties.set("action", create.body);
  alert.properties.set("state", "suspended");
  return finish(context, create, creation);
}

ResultSet alter_alert(Context& context, const Alter& alter) {
  using Action = Alter::Action;
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& alert = *target;
  if (alter.action == Action::resume || alter.action == Action::suspend) {
    require(context, alert, "OPERATE");
    if (alter.action == Action::resume) check_owner(context, alert);
    alert.properties.set("state", alter.action == Action::resume ? "started" : "suspended");
    context.catalog.put(alert);
    return done();
  }
  require_ownership(context, alert);
  switch (alter.action) {
    case Action::set:
      if (find(alter.properties, "SCHEDULE") != nullptr && !alert.has("schedule")) {
        refuse("001422", "22023",
               "An alert on new data cannot be changed to an alert on a schedule.");
      }
      assign(alert.properties, specs, alter.properties, "ALERT");
      break;
    case Action::unset:
      unset(alert.properties, specs, alter.names, "ALERT");
      break;
    case Action::modify_condition:
      check_condition(alter.texts.front());
      alert.properties.set("condition", alter.texts.front());
      break;
    case Action::modify_definition:
      check_definition(alter.texts.front());
      alert.properties.set("action", alter.texts.front());
      break;
    default:
      refuse_unknown("ALTER ALERT with this action");
  }
  check(context, alert, alter.properties);
  context.catalog.put(alert);
  return done();
}

}  // namespace firn::sandbox::snowflake
