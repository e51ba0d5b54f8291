#include "sandbox/snowflake/procedure.h"

#include <array>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/lexer.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<std::string_view, 3> languages = {"SQL", "JAVASCRIPT", "PYTHON"};

constexpr std::array<PropertySpec, 6> specs = {{
    {"LANGUAGE", PropertyType::keyword, 0, 0, languages, false},
    {"RUNTIME_VERSION", PropertyType::text, 0, 0, {}, false},
    {"PACKAGES", PropertyType::texts, 0, 0, {}, false},
    {"IMPORTS", PropertyType::texts, 0, 0, {}, false},
    {"HANDLER", PropertyType::text, 0, 0, {}, false},
    {"COMMENT", PropertyType::text},
}};

void check_language(const Create& create, const Object& procedure) {
  if (!procedure.has("language")) {
    refuse("001003", "42000", "syntax error: LANGUAGE is missing in CREATE PROCEDURE.");
  }
  if (create.returns.empty()) {
    refuse("001003", "42000", "syntax error: RETURNS is missing in CREATE PROCEDURE.");
  }
  const auto language = procedure.text("language");
  if (language == "PYTHON") {
    for (const auto* option : {"RUNTIME_VERSION", "PACKAGES", "HANDLER"}) {
      if (procedure.has(to_lower(option))) continue;
      refuse("002029", "42601", fmt::format("Missing option(s): [{}]", option));
    }
    return;
  }
  for (const auto* option : {"RUNTIME_VERSION", "PACKAGES", "HANDLER", "IMPORTS"}) {
    if (!procedure.has(to_lower(option))) continue;
    refuse("001420", "22023",
           fmt::format("invalid property '{}' for '{} PROCEDURE'", option, language));
  }
  if (language != "SQL") return;
  // Snowflake reads the block when the procedure is made.
  const auto tokens = tokenize(create.body);
  const auto& first = tokens.front().text;
  if (first != "BEGIN" && first != "DECLARE") {
    refuse_syntax(create.body, tokens.front().begin, first.empty() ? "<EOF>" : first);
  }
}

}  // namespace

ResultSet create_procedure(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& procedure = creation.object;
  assign(procedure.properties, specs, create.properties, "PROCEDURE");
  check_language(create, procedure);
  std::string types;
  std::string signature;
  std::int64_t optional = 0;
  for (const auto& argument : create.arguments) {
    const auto type = bare_type(argument.type);
    types += fmt::format("{}{}{}", types.empty() ? "" : ", ",
                         argument.default_sql ? "DEFAULT " : "", type);
    signature +=
        fmt::format("{}{} {}", signature.empty() ? "" : ", ", printed(argument.name), type);
    optional += argument.default_sql ? 1 : 0;
  }
  const auto name = procedure.name.substr(0, procedure.name.rfind('('));
  const auto returns = create.returns.substr(0, create.returns.find('('));
  procedure.properties.set("plain_name", name);
  procedure.properties.set("argument_count", static_cast<std::int64_t>(create.arguments.size()));
  procedure.properties.set("optional_count", optional);
  procedure.properties.set("arguments",
                           fmt::format("{}({}) RETURN {}", name, types, trim(returns)));
  procedure.properties.set("signature", "(" + signature + ")");
  procedure.properties.set("returns", create.returns);
  procedure.properties.set("execute_as", create.execute_as.empty() ? "OWNER" : create.execute_as);
  procedure.properties.set("body", create.body);
  (void)finish(context, create, creation);
  return status_row(fmt::format("Function {} successfully created.", printed(name)));
}

ResultSet alter_procedure(Context& context, const Alter& alter) {
  using Action = Alter::Action;
  auto target = alter_target(context, alter);
  if (!target) return done();
  require_ownership(context, *target);
  switch (alter.action) {
    case Action::set:
      for (const auto& property : alter.properties) {
        if (property.name != "COMMENT") refuse_unknown("ALTER PROCEDURE … SET " + property.name);
      }
      assign(target->properties, specs, alter.properties, "PROCEDURE");
      break;
    case Action::unset:
      unset(target->properties, specs, alter.names, "PROCEDURE");
      break;
    case Action::execute_as:
      target->properties.set("execute_as", alter.texts.front());
      break;
    default:
      refuse_unknown("ALTER PROCEDURE with this action");
  }
  context.catalog.put(*target);
  return done();
}

ResultSet describe_procedure(const Context& context, const Describe& describe) {
  const auto procedure = need(context, Kind::procedure, describe.name);
  ResultSet result{{{"property"}, {"value"}}, {}, std::nullopt};
  const auto add = [&](const char* property, std::string value) {
    result.rows.push_back({property, std::move(value)});
  };
  add("signature", procedure.text("signature"));
  add("returns", procedure.text("returns"));
  add("language", procedure.text("language"));
  add("null handling", "CALLED ON NULL INPUT");
  add("volatility", "VOLATILE");
  add("execute as", procedure.text("execute_as"));
  add("body", procedure.text("body"));
  for (const auto* list : {"imports", "packages"}) {
    if (!procedure.at(list).is_list()) continue;
    std::string items;
    for (const auto& item : procedure.at(list).as_list())
      items += (items.empty() ? "'" : ", '") + item.as_string() + "'";
    add(list, "[" + items + "]");
  }
  for (const auto* text : {"handler", "runtime_version"}) {
    if (procedure.has(text)) add(text, procedure.text(text));
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
