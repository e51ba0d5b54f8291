#include "sandbox/snowflake/stage.h"

#include <array>
#include <fmt/core.h>
#include <regex>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/integration.h"
#include "sandbox/snowflake/notification.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<PropertySpec, 5> specs = {{
    {"URL", PropertyType::text},
    {"STORAGE_INTEGRATION", PropertyType::group},
    {"FILE_FORMAT", PropertyType::group},
    {"DIRECTORY", PropertyType::group},
    {"COMMENT", PropertyType::text},
}};

void check_location(const Context& context, const Object& stage) {
  const auto url = stage.text("url");
  if (parse_location(url).bucket.empty()) {
    refuse("001422", "22023", fmt::format("invalid value [{}] for parameter 'URL'", url));
  }
  const auto integration = integration_of(context, stage);
  if (!integration) return;
  if (!integration->flag("enabled", true)) {
    refuse("001425", "22000",
           fmt::format("Integration '{}' is not enabled.", printed(integration->name)));
  }
  if (!location_allowed(*integration, url)) {
    refuse("003127", "42601",
           fmt::format("Location '{}' is not allowed by integration '{}'. Please use DESC "
                       "INTEGRATION to check out the allowed and blocked locations.",
                       url, printed(integration->name)));
  }
}

void assign_stage(Context& context, Object& stage, const std::vector<Property>& list) {
  for (const auto* unknown : {"CREDENTIALS", "ENCRYPTION", "AWS_ACCESS_POINT_ARN", "COPY_OPTIONS",
                              "ENDPOINT", "USE_PRIVATELINK_ENDPOINT"}) {
    if (find(list, unknown) != nullptr) refuse_unknown(fmt::format("STAGE … {} = …", unknown));
  }
  assign(stage.properties, specs, list, "STAGE");
  if (const auto* integration = find(list, "STORAGE_INTEGRATION")) {
    const auto name = integration->kind == PropertyValue::Kind::name ? integration->name
                                                                     : NamePath{integration->text};
    const auto found = need(context, Kind::integration, name);
    require(context, found, "USAGE");
    if (is_notification(found)) {
      refuse("001422", "22023",
             fmt::format("invalid value [{}] for parameter 'STORAGE_INTEGRATION'",
                         printed(found.name)));
    }
    stage.properties.set("integration", found.id);
    stage.properties.set("integration_name", found.name);
  }
  if (const auto* format = find(list, "FILE_FORMAT")) {
    stage.properties.set("format", read_format_clause(context, *format));
  }
  if (const auto* directory = find(list, "DIRECTORY")) {
    for (const auto& member : directory->members) {
      if (member.name != "ENABLE" && member.name != "REFRESH_ON_CREATE") {
        refuse_unknown(fmt::format("STAGE … DIRECTORY = ({} = …)", member.name));
      }
      if (member.name == "ENABLE") {
        const Value enable = read_property({"ENABLE", PropertyType::boolean}, member.value);
        stage.properties.erase("directory");
        if (enable.is_bool() && enable.as_bool()) stage.properties.set("directory", true);
      }
    }
  }
}

Map stage_format(const Object& stage) {
  return stage.at("format").is_map() ? stage.at("format").as_map() : Map{{"TYPE", "CSV"}};
}

}  // namespace

std::optional<Object> integration_of(const Context& context, const Object& stage) {
  const auto id = stage.number("integration");
  if (id == 0) return std::nullopt;
  auto integration = context.catalog.by_id(Kind::integration, id);
  if (!integration) {
    refuse("003139", "42601",
           fmt::format("Integration '{}' associated with the stage '{}' cannot be found.",
                       printed(stage.text("integration_name")), printed(stage.name)));
  }
  return integration;
}

SqlError try_stage(const Context& context, const Object& stage, const std::string& path) {
  const auto integration = integration_of(context, stage);
  if (!integration) return {};
  if (!integration->flag("enabled", true)) {
    return {"001425", "22000",
            fmt::format("SQL execution error: Integration '{}' is not enabled.",
                        printed(integration->name))};
  }
  auto url = stage.text("url");
  if (!path.empty() && !url.ends_with('/')) url += '/';
  if (!location_allowed(*integration, url + path)) {
    return {"003127", "42601",
            fmt::format("SQL compilation error:\nLocation '{}' is not allowed by integration '{}'. "
                        "Please use DESC INTEGRATION to check out the allowed and blocked "
                        "locations.",
                        url + path, printed(integration->name))};
  }
  return try_location(context, *integration, parse_location(url + path));
}

ResultSet create_stage(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& stage = creation.object;
  if (find(create.properties, "URL") == nullptr)
    refuse_unknown("CREATE STAGE without URL (internal)");
  assign_stage(context, stage, create.properties);
  check_location(context, stage);
  return finish(context, create, creation);
}

ResultSet alter_stage(Context& context, const Alter& alter) {
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& stage = *target;
  if (alter.action == Alter::Action::refresh) {
    require_ownership(context, stage);
    return done();
  }
  require_ownership(context, stage);
  if (alter.action == Alter::Action::rename) return rename(context, alter, std::move(stage));
  if (alter.action == Alter::Action::unset) {
    refuse("001003", "42000", "syntax error line 1 at position 0 unexpected 'UNSET'.");
  }
  if (alter.action != Alter::Action::set) refuse_unknown("ALTER STAGE with this action");
  const auto url_before = stage.text("url");
  assign_stage(context, stage, alter.properties);
  const bool moved = stage.text("url") != url_before;
  if (moved || find(alter.properties, "STORAGE_INTEGRATION") != nullptr) {
    check_location(context, stage);
  }
  if (moved) stop_pipes_of_stage(context, stage, "STOPPED_STAGE_ALTERED");
  context.catalog.put(stage);
  return done();
}

ResultSet describe_stage(const Context& context, const Describe& describe) {
  const auto stage = need(context, Kind::stage, describe.name);
  ResultSet result;
  for (const auto* name :
       {"parent_property", "property", "property_type", "property_value", "property_default"}) {
    result.columns.push_back(ResultColumn{name});
  }
  const auto add = [&](const char* parent, const char* property, const char* type,
                       std::string value, const char* fallback) {
    result.rows.push_back({parent, property, type, std::move(value), fallback});
  };
  const auto format = stage_format(stage);
  if (const Value* name = format.find("FORMAT_NAME")) {
    add("STAGE_FILE_FORMAT", "FORMAT_NAME", "String", name->as_string(), "");
  } else {
    for (auto row : format_rows(format)) {
      row.insert(row.begin(), "STAGE_FILE_FORMAT");
      result.rows.push_back(std::move(row));
    }
  }
  add("STAGE_COPY_OPTIONS", "ON_ERROR", "String", "ABORT_STATEMENT", "ABORT_STATEMENT");
  add("STAGE_COPY_OPTIONS", "SIZE_LIMIT", "Long", "", "");
  add("STAGE_COPY_OPTIONS", "PURGE", "Boolean", "false", "false");
  add("STAGE_COPY_OPTIONS", "RETURN_FAILED_ONLY", "Boolean", "false", "false");
  add("STAGE_COPY_OPTIONS", "ENFORCE_LENGTH", "Boolean", "true", "true");
  add("STAGE_COPY_OPTIONS", "TRUNCATECOLUMNS", "Boolean", "false", "false");
  add("STAGE_COPY_OPTIONS", "FORCE", "Boolean", "false", "false");
  add("STAGE_LOCATION", "URL", "String", to_json(List{stage.text("url")}), "");
  add("STAGE_LOCATION", "AWS_ACCESS_POINT_ARN", "String", "", "");
  if (stage.number("integration") != 0) {
    add("STAGE_INTEGRATION", "STORAGE_INTEGRATION", "String", stage.text("integration_name"), "");
  } else {
    add("STAGE_CREDENTIALS", "AWS_KEY_ID", "String", "", "");
  }
  add("DIRECTORY", "ENABLE", "Boolean", stage.flag("directory") ? "true" : "false", "false");
  add("DIRECTORY", "AUTO_REFRESH", "Boolean", "false", "false");
  add("PRIVATELINK", "USE_PRIVATELINK_ENDPOINT", "Boolean", "false", "false");
  return result;
}

ResultSet list_stage(const Context& context, const ListStage& list) {
  if (!list.stage.special.empty()) refuse_unknown("LIST @" + list.stage.special);
  const auto stage = need(context, Kind::stage, list.stage.name);
  require(context, stage, "USAGE");
  const auto problem = try_stage(context, stage, list.stage.path);
  if (!problem.code.empty()) throw problem;
  ResultSet result;
  result.columns = {{"name"}, {"size", "fixed", true, 38, 0, 0}, {"md5"}, {"last_modified"}};
  if (context.aws == nullptr) refuse_unknown("LIST @stage where AWS is not the sandbox's");
  auto url = stage.text("url");
  if (!list.stage.path.empty() && !url.ends_with('/')) url += '/';
  const auto location = parse_location(url + list.stage.path);
  const auto scheme = url.substr(0, url.find("://") + 3);
  std::optional<std::regex> pattern;
  if (list.pattern) {
    try {
      pattern.emplace(*list.pattern);
    } catch (const std::regex_error&) {
      refuse("100048", "2201B", fmt::format("Invalid regular expression: '{}'", *list.pattern));
    }
  }
  for (const auto& object : context.aws->list_objects(location.bucket, location.prefix)) {
    const auto name = scheme + location.bucket + "/" + object.key;
    if (pattern && !std::regex_match(name, *pattern)) continue;
    result.rows.push_back(
        {name, std::to_string(object.size), replace_all(object.etag, "\"", ""), std::nullopt});
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
