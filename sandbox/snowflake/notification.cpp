#include "sandbox/snowflake/notification.h"

#include <array>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::size_t recipients_max = 50;
constexpr std::array<std::string_view, 2> types = {"EMAIL", "QUEUE"};
constexpr std::array<std::string_view, 1> directions = {"OUTBOUND"};
constexpr std::array<std::string_view, 1> providers = {"AWS_SNS"};

constexpr std::array<PropertySpec, 10> specs = {{
    {"TYPE", PropertyType::keyword, 0, 0, types, false},
    {"DIRECTION", PropertyType::keyword, 0, 0, directions, false},
    {"NOTIFICATION_PROVIDER", PropertyType::keyword, 0, 0, providers, false},
    {"ENABLED", PropertyType::boolean},
    {"AWS_SNS_TOPIC_ARN", PropertyType::text, 0, 0, {}, false},
    {"AWS_SNS_ROLE_ARN", PropertyType::text, 0, 0, {}, false},
    {"ALLOWED_RECIPIENTS", PropertyType::texts},
    {"DEFAULT_RECIPIENTS", PropertyType::texts},
    {"DEFAULT_SUBJECT", PropertyType::text},
    {"COMMENT", PropertyType::text},
}};

bool is_arn(const std::string& arn, std::string_view service) {
  const auto parts = split(arn, ':');
  return parts.size() == 6 && parts[0] == "arn" && parts[2] == service && parts[4].size() == 12;
}

void require_options(const Object& integration, std::initializer_list<const char*> options) {
  std::string missing;
  for (const auto* option : options) {
    if (integration.has(to_lower(option))) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(option);
  }
  if (missing.empty()) return;
  refuse("002029", "42601", fmt::format("Missing option(s): [{}]", missing));
}

void refuse_options(const Object& integration, std::initializer_list<const char*> options) {
  for (const auto* option : options) {
    if (!integration.has(to_lower(option))) continue;
    refuse("001420", "22023",
           fmt::format("invalid property '{}' for '{} INTEGRATION'", option,
                       integration.text("type")));
  }
}

void check(const Object& integration) {
  require_options(integration, {"TYPE", "ENABLED"});
  if (integration.text("type") == "EMAIL") {
    refuse_options(integration,
                   {"DIRECTION", "NOTIFICATION_PROVIDER", "AWS_SNS_TOPIC_ARN", "AWS_SNS_ROLE_ARN"});
    for (const auto* list : {"allowed_recipients", "default_recipients"}) {
      const Value& addresses = integration.at(list);
      if (addresses.is_list() && addresses.as_list().size() > recipients_max) {
        refuse("001422", "22023", fmt::format("{} takes at most 50 addresses.", to_upper(list)));
      }
    }
    return;
  }
  require_options(integration,
                  {"DIRECTION", "NOTIFICATION_PROVIDER", "AWS_SNS_TOPIC_ARN", "AWS_SNS_ROLE_ARN"});
  refuse_options(integration, {"ALLOWED_RECIPIENTS", "DEFAULT_RECIPIENTS", "DEFAULT_SUBJECT"});
  for (const auto& [property, service] :
       {std::pair{"aws_sns_topic_arn", "sns"}, std::pair{"aws_sns_role_arn", "iam"}}) {
    const auto arn = integration.text(property);
    if (is_arn(arn, service)) continue;
    refuse("001422", "22023",
           fmt::format("invalid value [{}] for parameter '{}'", arn, to_upper(property)));
  }
}

std::string addresses(const Object& integration, std::string_view key) {
  std::vector<std::string> list;
  if (integration.at(key).is_list()) {
    for (const auto& address : integration.at(key).as_list())
      list.push_back(address.as_string());
  }
  return join(list, ",");
}

}  // namespace

bool is_notification(const Object& integration) {
  return integration.has("notification");
}

std::string notification_type(const Object& integration) {
  const auto type = integration.text("type");
  return type == "QUEUE" ? "QUEUE - " + integration.text("notification_provider") : type;
}

std::string notification_user(const Catalog& catalog) {
  return replace_all(catalog.about().string_or("storage_user_arn", ""), "-s-", "-q-");
}

ResultSet create_notification(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& integration = creation.object;
  assign(integration.properties, specs, create.properties, "INTEGRATION");
  integration.properties.set("notification", true);
  check(integration);
  if (integration.text("type") == "QUEUE") {
    integration.properties.set(
        "external_id",
        fmt::format("{}_SFCRole=3_{}=", context.catalog.about().string_or("locator", ""),
                    context.catalog.fresh_token("notification external id").substr(0, 27)));
  }
  return finish(context, create, creation);
}

ResultSet alter_notification(Context& context, const Alter& alter, Object integration) {
  switch (alter.action) {
    case Alter::Action::set: {
      for (const auto* fixed : {"TYPE", "DIRECTION", "NOTIFICATION_PROVIDER"}) {
        if (find(alter.properties, fixed) == nullptr) continue;
        refuse("001420", "22023", fmt::format("invalid property '{}' for 'INTEGRATION'", fixed));
      }
      const bool topic = find(alter.properties, "AWS_SNS_TOPIC_ARN") != nullptr;
      const bool role = find(alter.properties, "AWS_SNS_ROLE_ARN") != nullptr;
      if (topic != role) {
        refuse("002029", "42601",
               fmt::format("Missing option(s): [{}]",
                           topic ? "AWS_SNS_ROLE_ARN" : "AWS_SNS_TOPIC_ARN"));
      }
      assign(integration.properties, specs, alter.properties, "INTEGRATION");
      break;
    }
    case Alter::Action::unset:
      if (integration.text("type") == "QUEUE") {
        refuse("000002", "0A000", "Unsupported feature 'UNSET'.");
      }
      unset(integration.properties, specs, alter.names, "INTEGRATION");
      if (!integration.has("enabled")) integration.properties.set("enabled", true);
      break;
    default:
      refuse_unknown("ALTER NOTIFICATION INTEGRATION with this action");
  }
  check(integration);
  context.catalog.put(integration);
  return done();
}

ResultSet describe_notification(const Context& context, const Object& integration) {
  ResultSet result;
  for (const auto* name : {"property", "property_type", "property_value", "property_default"}) {
    result.columns.push_back(ResultColumn{name});
  }
  const auto add = [&](const char* property, const char* type, std::string value,
                       const char* fallback) {
    result.rows.push_back({property, type, std::move(value), fallback});
  };
  add("ENABLED", "Boolean", integration.flag("enabled", true) ? "true" : "false", "true");
  if (integration.text("type") == "QUEUE") {
    add("NOTIFICATION_PROVIDER", "String", integration.text("notification_provider"), "");
    add("DIRECTION", "String", integration.text("direction"), "INBOUND");
    add("AWS_SNS_TOPIC_ARN", "String", integration.text("aws_sns_topic_arn"), "");
    add("AWS_SNS_ROLE_ARN", "String", integration.text("aws_sns_role_arn"), "");
    add("SF_AWS_IAM_USER_ARN", "String", notification_user(context.catalog), "");
    add("SF_AWS_EXTERNAL_ID", "String", integration.text("external_id"), "");
  } else {
    add("ALLOWED_RECIPIENTS", "List", addresses(integration, "allowed_recipients"), "[]");
    add("DEFAULT_RECIPIENTS", "List", addresses(integration, "default_recipients"), "[]");
    add("DEFAULT_SUBJECT", "String", integration.text("default_subject"), "");
  }
  add("COMMENT", "String", integration.text("comment"), "");
  return result;
}

void check_error_integration(const Context& context, const Object& user_of_it) {
  if (!user_of_it.has("error_integration")) return;
  const auto integration = need(context, Kind::integration, {user_of_it.text("error_integration")});
  if (!is_notification(integration) || integration.text("type") != "QUEUE") {
    refuse("001422", "22023",
           fmt::format("Integration '{}' cannot be used as ERROR_INTEGRATION: it is no outbound "
                       "notification integration.",
                       printed(integration.name)));
  }
  require(context, integration, "USAGE");
}

}  // namespace firn::sandbox::snowflake
