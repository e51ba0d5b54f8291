#include "sandbox/snowflake/integration.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/notification.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<std::string_view, 1> types = {"EXTERNAL_STAGE"};
constexpr std::array<std::string_view, 3> providers = {"S3", "S3GOV", "S3CHINA"};

constexpr std::array<PropertySpec, 10> specs = {{
    {"TYPE", PropertyType::keyword, 0, 0, types, false},
    {"STORAGE_PROVIDER", PropertyType::keyword, 0, 0, providers, false},
    {"ENABLED", PropertyType::boolean},
    {"STORAGE_AWS_ROLE_ARN", PropertyType::text, 0, 0, {}, false},
    {"STORAGE_AWS_EXTERNAL_ID", PropertyType::text},
    {"STORAGE_AWS_OBJECT_ACL", PropertyType::text},
    {"STORAGE_ALLOWED_LOCATIONS", PropertyType::texts, 0, 0, {}, false},
    {"STORAGE_BLOCKED_LOCATIONS", PropertyType::texts},
    {"USE_PRIVATELINK_ENDPOINT", PropertyType::boolean, 0, 0, {}, false},
    {"COMMENT", PropertyType::text},
}};

std::vector<std::string> locations(const Object& integration, std::string_view key) {
  std::vector<std::string> list;
  if (integration.at(key).is_list()) {
    for (const auto& item : integration.at(key).as_list())
      list.push_back(item.as_string());
  }
  return list;
}

std::string generated_external_id(const Context& context) {
  const Value about = context.catalog.about();
  return fmt::format("{}_SFCRole=2_{}=", about.string_or("locator", ""),
                     context.catalog.fresh_token("external id").substr(0, 27));
}

bool is_role_arn(const std::string& arn) {
  const auto parts = split(arn, ':');
  return parts.size() == 6 && parts[0] == "arn" && parts[1].starts_with("aws") &&
         parts[2] == "iam" && parts[4].size() == 12 && parts[5].starts_with("role/");
}

void check(const Object& integration) {
  const auto arn = integration.text("storage_aws_role_arn");
  if (!is_role_arn(arn)) {
    refuse("001422", "22023",
           fmt::format("invalid value [{}] for parameter 'STORAGE_AWS_ROLE_ARN'", arn));
  }
  const auto acl = integration.text("storage_aws_object_acl");
  if (!acl.empty() && acl != "bucket-owner-full-control") {
    refuse("001422", "22023",
           fmt::format("invalid value [{}] for parameter 'STORAGE_AWS_OBJECT_ACL'", acl));
  }
  for (const auto* key : {"storage_allowed_locations", "storage_blocked_locations"}) {
    const auto list = locations(integration, key);
    for (const auto& url : list) {
      const bool everything =
          url == "*" && std::string_view(key) == "storage_allowed_locations" && list.size() == 1;
      if (!everything && parse_location(url).bucket.empty()) {
        refuse("001422", "22023",
               fmt::format("invalid value [{}] for parameter '{}'", url, to_upper(key)));
      }
    }
  }
  if (locations(integration, "storage_allowed_locations").empty()) {
    refuse("002029", "42601", "Missing option(s): [STORAGE_ALLOWED_LOCATIONS]");
  }
}

std::string bucket_arn(const std::string& bucket) {
  return "arn:aws:s3:::" + bucket;
}

// Assuming the role alone.
AccessProblem try_role(const Context& context, const Object& integration) {
  const Value about = context.catalog.about();
  const auto user = about.string_or("storage_user_arn", "");
  const auto role = integration.text("storage_aws_role_arn");
  const auto verdict =
      context.aws->assume_role(role, user, integration.text("storage_aws_external_id"));
  if (verdict.allowed) return {};
  return {
      "003167", "42601",
      fmt::format("SQL compilation error:\nError assuming AWS_ROLE:\nUser: {} is not authorized "
                  "to perform: sts:AssumeRole on resource: {}",
                  user, role)};
}

AccessProblem denied(const std::string& role, const std::string& action) {
  return {
      "091003", "22000",
      fmt::format("SQL execution error: Failure using stage area. Cause: [Access Denied (Status "
                  "Code: 403; Error Code: AccessDenied)] ({} as {})",
                  action, role)};
}

AccessProblem try_action(const Context& context, const Object& integration,
                         const Location& location, const std::string& action,
                         const std::string& file) {
  const auto role = integration.text("storage_aws_role_arn");
  const bool on_bucket = action == "s3:ListBucket";
  const auto resource = on_bucket ? bucket_arn(location.bucket)
                                  : bucket_arn(location.bucket) + "/" + location.prefix + file;
  Map conditions;
  if (on_bucket) conditions.set("s3:prefix", location.prefix);
  const auto verdict = context.aws->role_may(role, action, resource, conditions);
  return verdict.allowed ? AccessProblem{} : denied(role, action);
}

}  // namespace

Location parse_location(const std::string& url) {
  for (const std::string_view scheme : {"s3://", "s3gov://", "s3china://"}) {
    if (!url.starts_with(scheme)) continue;
    const auto rest = url.substr(scheme.size());
    const auto slash = rest.find('/');
    if (slash == std::string::npos) return {rest, ""};
    return {rest.substr(0, slash), rest.substr(slash + 1)};
  }
  return {};
}

bool location_allowed(const Object& integration, const std::string& url) {
  const auto below = [&](const std::string& location) {
    return location == "*" || url.starts_with(location) || url + "/" == location;
  };
  const auto blocked = locations(integration, "storage_blocked_locations");
  if (std::any_of(blocked.begin(), blocked.end(), below)) return false;
  const auto allowed = locations(integration, "storage_allowed_locations");
  return std::any_of(allowed.begin(), allowed.end(), below);
}

AccessProblem try_location(const Context& context, const Object& integration,
                           const Location& location) {
  if (context.aws == nullptr) return {};
  if (auto problem = try_role(context, integration); !problem.code.empty()) return problem;
  if (!context.aws->bucket_exists(location.bucket)) {
    return {"091003", "22000",
            fmt::format("SQL execution error: Failure using stage area. Cause: [The specified "
                        "bucket does not exist (Status Code: 404; Error Code: NoSuchBucket)] ({})",
                        location.bucket)};
  }
  auto problem = try_action(context, integration, location, "s3:ListBucket", "");
  if (!problem.code.empty()) return problem;
  return try_action(context, integration, location, "s3:GetObject", "file");
}

ResultSet create_integration(Context& context, const Create& create) {
  if (create.words == "NOTIFICATION INTEGRATION") return create_notification(context, create);
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& integration = creation.object;
  assign(integration.properties, specs, create.properties, "INTEGRATION");
  std::string missing;
  for (const auto* option : {"TYPE", "STORAGE_PROVIDER", "ENABLED", "STORAGE_AWS_ROLE_ARN",
                             "STORAGE_ALLOWED_LOCATIONS"}) {
    if (integration.has(to_lower(option))) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(option);
  }
  if (!missing.empty()) {
    refuse("002029", "42601", fmt::format("Missing option(s): [{}]", missing));
  }
  check(integration);
  if (!integration.has("storage_aws_external_id")) {
    integration.properties.set("storage_aws_external_id", generated_external_id(context));
  }
  return finish(context, create, creation);
}

ResultSet alter_integration(Context& context, const Alter& alter) {
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& integration = *target;
  require_ownership(context, integration);
  if (is_notification(integration) && alter.action != Alter::Action::rename) {
    return alter_notification(context, alter, std::move(integration));
  }
  switch (alter.action) {
    case Alter::Action::rename:
      return rename(context, alter, std::move(integration));
    case Alter::Action::set:
      for (const auto* fixed : {"TYPE", "STORAGE_PROVIDER"}) {
        if (find(alter.properties, fixed) != nullptr) {
          refuse("001420", "22023", fmt::format("invalid property '{}' for 'INTEGRATION'", fixed));
        }
      }
      assign(integration.properties, specs, alter.properties, "INTEGRATION");
      break;
    case Alter::Action::unset:
      unset(integration.properties, specs, alter.names, "INTEGRATION");
      break;
    default:
      refuse_unknown("ALTER STORAGE INTEGRATION with this action");
  }
  if (!integration.has("storage_aws_external_id")) {
    integration.properties.set("storage_aws_external_id", generated_external_id(context));
  }
  check(integration);
  context.catalog.put(integration);
  return done();
}

ResultSet describe_integration(const Context& context, const Describe& describe) {
  const auto integration = need(context, Kind::integration, describe.name);
  if (is_notification(integration)) return describe_notification(context, integration);
  ResultSet result;
  for (const auto* name : {"property", "property_type", "property_value", "property_default"}) {
    result.columns.push_back(ResultColumn{name});
  }
  const auto add = [&](const char* property, const char* type, std::string value,
                       const char* fallback) {
    result.rows.push_back({property, type, std::move(value), fallback});
  };
  const Value about = context.catalog.about();
  add("ENABLED", "Boolean", integration.flag("enabled", true) ? "true" : "false", "true");
  add("STORAGE_PROVIDER", "String", integration.text("storage_provider"), "");
  add("STORAGE_ALLOWED_LOCATIONS", "List",
      join(locations(integration, "storage_allowed_locations"), ","), "[]");
  add("STORAGE_BLOCKED_LOCATIONS", "List",
      join(locations(integration, "storage_blocked_locations"), ","), "[]");
  add("STORAGE_AWS_IAM_USER_ARN", "String", about.string_or("storage_user_arn", ""), "");
  add("STORAGE_AWS_ROLE_ARN", "String", integration.text("storage_aws_role_arn"), "");
  add("STORAGE_AWS_EXTERNAL_ID", "String", integration.text("storage_aws_external_id"), "");
  if (integration.has("storage_aws_object_acl")) {
    add("STORAGE_AWS_OBJECT_ACL", "String", integration.text("storage_aws_object_acl"), "");
  }
  add("USE_PRIVATELINK_ENDPOINT", "Boolean",
      integration.flag("use_privatelink_endpoint") ? "true" : "false", "false");
  add("COMMENT", "String", integration.text("comment"), "");
  return result;
}

std::string validate_integration(const Context& context, const std::string& name,
                                 const std::string& url, const std::string& file,
                                 const std::string& action) {
  // The name is case-sensitive text here, not an identifier.
  const auto integration = context.catalog.find(Kind::integration, 0, name);
  if (!integration || is_notification(*integration) || !context.access.knows(*integration)) {
    refuse_missing("Integration", name);
  }
  require(context, *integration, "USAGE");
  if (!location_allowed(*integration, url)) {
    refuse("003127", "42601",
           fmt::format("Location '{}' is not allowed by integration '{}'. Please use DESC "
                       "INTEGRATION to check out the allowed and blocked locations.",
                       url, printed(name)));
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> actions = {{
      {"READ", "s3:GetObject"},
      {"WRITE", "s3:PutObject"},
      {"LIST", "s3:ListBucket"},
      {"DELETE", "s3:DeleteObject"},
  }};
  const auto wanted = to_upper(action);
  Map report;
  Map results;
  bool failed = false;
  AccessProblem role_problem;
  if (context.aws != nullptr) role_problem = try_role(context, *integration);
  for (const auto& [word, iam_action] : actions) {
    if (wanted != "ALL" && wanted != word) continue;
    AccessProblem problem = role_problem;
    if (problem.code.empty() && context.aws != nullptr) {
      problem =
          try_action(context, *integration, parse_location(url), std::string(iam_action), file);
    }
    Map one{{"status", problem.code.empty() ? "success" : "failure"}};
    if (!problem.code.empty()) one.set("message", problem.message);
    failed = failed || !problem.code.empty();
    results.set(word, std::move(one));
  }
  if (results.empty()) {
    refuse("001422", "22023", fmt::format("invalid value [{}] for the action to validate", action));
  }
  report.set("status", failed ? "failure" : "success");
  report.set("actions", std::move(results));
  if (!role_problem.code.empty()) report.set("message", role_problem.message);
  return to_json(report);
}

}  // namespace firn::sandbox::snowflake
