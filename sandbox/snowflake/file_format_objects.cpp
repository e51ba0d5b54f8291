// File formats as objects of a schema: made, changed, described, referred to.
#include <fmt/core.h>
#include <optional>

#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

Map stored_format(const Object& format) {
  return format.at("format").is_map() ? format.at("format").as_map() : Map{};
}

// The options without TYPE's siblings that belong to the object: COMMENT.
std::vector<Property> without_comment(const std::vector<Property>& list, Object& object) {
  std::vector<Property> rest;
  for (const auto& property : list) {
    if (property.name != "COMMENT") {
      rest.push_back(property);
      continue;
    }
    object.properties.set("comment",
                          read_property({"COMMENT", PropertyType::text}, property.value));
  }
  return rest;
}

}  // namespace

ResultSet create_file_format(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& object = creation.object;
  object.properties.set("format", read_format(without_comment(create.properties, object), "CSV"));
  return finish(context, create, creation);
}

ResultSet alter_file_format(Context& context, const Alter& alter) {
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& object = *target;
  require_ownership(context, object);
  if (alter.action == Alter::Action::rename) return rename(context, alter, std::move(object));
  if (alter.action == Alter::Action::unset) {
    refuse("001003", "42000", "syntax error line 1 at position 0 unexpected 'UNSET'.");
  }
  if (alter.action != Alter::Action::set) refuse_unknown("ALTER FILE FORMAT with this action");
  auto format = stored_format(object);
  const auto type = format_type(format);
  const auto changes = read_format(without_comment(alter.properties, object), type);
  if (format_type(changes) != type) {
    refuse("001425", "22000",
           fmt::format("File format type cannot be changed from {} to {}.", type,
                       format_type(changes)));
  }
  for (const auto& [name, value] : changes)
    format.set(name, value);
  object.properties.set("format", format);
  context.catalog.put(object);
  return done();
}

ResultSet describe_file_format(const Context& context, const Describe& describe) {
  const auto object = need(context, Kind::file_format, describe.name);
  ResultSet result;
  for (const auto* name : {"property", "property_type", "property_value", "property_default"}) {
    result.columns.push_back(ResultColumn{name});
  }
  result.rows = format_rows(stored_format(object));
  return result;
}

Map read_format_clause(const Context& context, const PropertyValue& clause) {
  if (clause.kind == PropertyValue::Kind::string || clause.kind == PropertyValue::Kind::name) {
    PropertyValue group;
    group.kind = PropertyValue::Kind::group;
    group.members.push_back({"FORMAT_NAME", clause});
    return read_format_clause(context, group);
  }
  if (clause.kind != PropertyValue::Kind::group &&
      !(clause.kind == PropertyValue::Kind::list && clause.items.empty())) {
    refuse("001422", "22023", "invalid value for parameter 'FILE_FORMAT'");
  }
  const auto* name = find(clause.members, "FORMAT_NAME");
  if (name == nullptr) return read_format(clause.members, "");
  if (clause.members.size() > 1) {
    refuse("001422", "22023", "FORMAT_NAME cannot be combined with other file format options.");
  }
  const auto path = name->kind == PropertyValue::Kind::name ? name->name : parse_path(name->text);
  if (path.empty()) {
    refuse("001422", "22023",
           fmt::format("invalid value [{}] for parameter 'FORMAT_NAME'", name->text));
  }
  const auto format = need(context, Kind::file_format, path);
  require(context, format, "USAGE");
  return Map{{"FORMAT_NAME", context.catalog.printed_path(format)}};
}

std::optional<Map> resolve_format(const Context& context, const Map& clause) {
  const Value* name = clause.find("FORMAT_NAME");
  if (name == nullptr) return clause;
  const auto path = parse_path(name->as_string());
  if (path.size() != 3) return std::nullopt;
  const auto database = context.catalog.find(Kind::database, 0, path[0]);
  if (!database) return std::nullopt;
  const auto schema = context.catalog.find(Kind::schema, database->id, path[1]);
  if (!schema) return std::nullopt;
  const auto format = context.catalog.find(Kind::file_format, schema->id, path[2]);
  if (!format) return std::nullopt;
  return stored_format(*format);
}

}  // namespace firn::sandbox::snowflake
