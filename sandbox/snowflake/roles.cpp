// Roles, database roles and users.
// Source: Snowflake documentation, "CREATE ROLE", "CREATE USER", "DESCRIBE USER".
#include <array>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/containers.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/keys.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<PropertySpec, 1> role_specs = {{{"COMMENT", PropertyType::text}}};

constexpr std::array<std::string_view, 4> user_types = {"PERSON", "SERVICE", "LEGACY_SERVICE",
                                                        "SERVICE_AGENT"};
constexpr std::array<PropertySpec, 19> user_specs = {{
    {"PASSWORD", PropertyType::text},
    {"LOGIN_NAME", PropertyType::text},
    {"DISPLAY_NAME", PropertyType::text},
    {"FIRST_NAME", PropertyType::text},
    {"MIDDLE_NAME", PropertyType::text},
    {"LAST_NAME", PropertyType::text},
    {"EMAIL", PropertyType::text},
    {"MUST_CHANGE_PASSWORD", PropertyType::boolean},
    {"DISABLED", PropertyType::boolean},
    {"DAYS_TO_EXPIRY", PropertyType::integer},
    {"MINS_TO_UNLOCK", PropertyType::integer},
    {"DEFAULT_WAREHOUSE", PropertyType::name},
    {"DEFAULT_NAMESPACE", PropertyType::name},
    {"DEFAULT_ROLE", PropertyType::name},
    {"DEFAULT_SECONDARY_ROLES", PropertyType::texts},
    {"RSA_PUBLIC_KEY", PropertyType::text},
    {"RSA_PUBLIC_KEY_2", PropertyType::text},
    {"TYPE", PropertyType::keyword, 0, 0, user_types},
    {"COMMENT", PropertyType::text},
}};

// Source: Snowflake documentation, "User management", "Types of users": what a service cannot have.
constexpr std::array<std::string_view, 5> of_people = {"FIRST_NAME", "LAST_NAME", "MIDDLE_NAME",
                                                       "MUST_CHANGE_PASSWORD", "PASSWORD"};

bool is_service(const Object& user) {
  return user.text("type") == "SERVICE" || user.text("type") == "SERVICE_AGENT";
}

void assign_user(Context& context, Object& user, const std::vector<Property>& list) {
  assign(user.properties, user_specs, list, "USER");
  for (const auto property : of_people) {
    if (is_service(user) && find(list, property) != nullptr) {
      refuse("001425", "22000",
             fmt::format("Cannot set {} on a user of TYPE {}.", property, user.text("type")));
    }
  }
  for (const auto* key : {"rsa_public_key", "rsa_public_key_2"}) {
    if (!user.has(key)) continue;
    if (fingerprint_of_public_key(user.text(key)).empty()) {
      refuse("001422", "22023",
             "New public key rejected by current policy. Reason: 'Invalid public key'");
    }
  }
  if (user.has("password")) {
    user.properties.set("has_password", true);  // the password itself is not kept
    user.properties.erase("password");
  }
  if (user.has("login_name")) {
    user.properties.set("login_name", to_upper(user.text("login_name")));
  }
  for (const auto& other : context.catalog.all(Kind::user)) {
    if (other.id != user.id && login_name(other) == login_name(user)) {
      refuse("002002", "42710",
             fmt::format("Object '{}' already exists.", printed(login_name(user))));
    }
  }
}

}  // namespace

bool shows_people(const Object& user) {
  return !is_service(user);
}

std::string login_name(const Object& user) {
  return user.text("login_name", to_upper(user.name));
}

std::string bare_name(const std::string& dotted_name) {
  const auto path = parse_path(dotted_name);
  return path.size() < 2 ? dotted_name : join(path, ".");
}

ResultSet create_role(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  assign(creation.object.properties, role_specs, create.properties, create.words);
  auto result = finish(context, create, creation);
  if (create.kind == Kind::database_role) {
    // Source: Snowflake documentation, "CREATE DATABASE ROLE", usage notes.
    const auto database = context.catalog.by_id(Kind::database, creation.object.parent);
    context.catalog.put_grant({Kind::database, creation.object.parent, "USAGE", Kind::database_role,
                               creation.object.id, false, database ? database->owner : 0,
                               context.now_ns()});
    context.access.refresh();
  }
  return result;
}

ResultSet alter_role(Context& context, const Alter& alter) {
  auto target = alter_target(context, alter);
  if (!target) return done();
  require_ownership(context, *target);
  switch (alter.action) {
    case Alter::Action::rename:
      return rename(context, alter, std::move(*target));
    case Alter::Action::set:
      assign(target->properties, role_specs, alter.properties, alter.words);
      break;
    case Alter::Action::unset:
      unset(target->properties, role_specs, alter.names, alter.words);
      break;
    default:
      refuse_unknown("ALTER " + alter.words + " with this action");
  }
  context.catalog.put(*target);
  return done();
}

ResultSet create_user(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  assign_user(context, creation.object, create.properties);
  return finish(context, create, creation);
}

ResultSet alter_user(Context& context, const Alter& alter) {
  auto target = alter_target(context, alter);
  if (!target) return done();
  require_ownership(context, *target);
  switch (alter.action) {
    case Alter::Action::rename:
      return rename(context, alter, std::move(*target));
    case Alter::Action::set:
      assign_user(context, *target, alter.properties);
      break;
    case Alter::Action::unset:
      unset(target->properties, user_specs, alter.names, "USER");
      for (const auto& name : alter.names) {
        if (name == "PASSWORD") target->properties.erase("has_password");
        if (name == "TYPE") target->properties.set("type", "PERSON");
      }
      break;
    default:
      refuse_unknown("ALTER USER with this action");
  }
  context.catalog.put(*target);
  return done();
}

ResultSet describe_user(const Context& context, const Describe& describe) {
  const auto place = place_of(context, Kind::user, describe.name);
  const auto user = context.catalog.find(Kind::user, 0, place.name);
  if (!user || (!context.access.owns(*user) && context.session.user != user->name)) {
    refuse_missing("User", printed(place.name));
  }
  ResultSet result;
  for (const auto* name : {"property", "value", "default", "description"}) {
    result.columns.push_back(ResultColumn{name});
  }
  const auto add = [&](std::string property, std::string value, std::string fallback,
                       std::string description) {
    result.rows.push_back({std::move(property), value.empty() ? Cell("null") : Cell(value),
                           std::move(fallback), std::move(description)});
  };
  // What a service cannot have stays stored and is not shown, until it is a person again.
  const auto of_person = [&](const char* key) {
    return shows_people(*user) ? user->text(key) : std::string();
  };
  const auto flag_of_person = [&](const char* key) {
    return shows_people(*user) && user->flag(key);
  };
  const auto printed_key = [&](const char* key) {
    const auto print = fingerprint_of_public_key(user->text(key));
    return print.empty() ? "" : "SHA256:" + print;
  };
  add("NAME", user->name, "null", "Name");
  add("COMMENT", user->text("comment"), "null", "user comment associated to an object");
  add("DISPLAY_NAME", user->text("display_name", user->name), "null",
      "Display name of the associated object");
  add("TYPE", user->text("type"), "null", "User type");
  add("LOGIN_NAME", login_name(*user), "null", "Login name of the user");
  add("FIRST_NAME", of_person("first_name"), "null", "First name of the user");
  add("LAST_NAME", of_person("last_name"), "null", "Last name of the user");
  add("EMAIL", user->text("email"), "null", "Email address of the user");
  add("PASSWORD", flag_of_person("has_password") ? "********" : "", "null", "Password of the user");
  add("MUST_CHANGE_PASSWORD", flag_of_person("must_change_password") ? "true" : "false", "false",
      "User must change the password");
  add("DISABLED", user->flag("disabled") ? "true" : "false", "false",
      "Whether the user is disabled");
  add("DEFAULT_WAREHOUSE", user->text("default_warehouse"), "null",
      "Default warehouse for this user");
  add("DEFAULT_NAMESPACE", bare_name(user->text("default_namespace")), "null",
      "Default namespace of the user");
  add("DEFAULT_ROLE", user->text("default_role"), "null", "Primary principal of user session");
  add("RSA_PUBLIC_KEY", user->text("rsa_public_key"), "null", "RSA public key of the user");
  add("RSA_PUBLIC_KEY_FP", printed_key("rsa_public_key"), "null",
      "Fingerprint of user's RSA public key.");
  add("RSA_PUBLIC_KEY_2", user->text("rsa_public_key_2"), "null",
      "Second RSA public key of the user");
  add("RSA_PUBLIC_KEY_2_FP", printed_key("rsa_public_key_2"), "null",
      "Fingerprint of user's second RSA public key.");
  return result;
}

}  // namespace firn::sandbox::snowflake
