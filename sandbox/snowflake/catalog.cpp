#include "sandbox/snowflake/catalog.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::string_view separator = "\x1f";
const Value nothing;

std::string object_key(std::int64_t parent, std::string_view name) {
  return fmt::format("{:012}{}{}", parent, separator, name);
}

std::string grant_key(const GrantRow& grant) {
  return fmt::format("{:012}{}{}{}{:012}", grant.object, separator, grant.privilege, separator,
                     grant.grantee);
}

std::string future_key(const FutureGrantRow& grant) {
  return fmt::format("{:012}{}{}{}{}{}{:012}", grant.scope, separator,
                     info(grant.object_kind).granted_on, separator, grant.privilege, separator,
                     grant.grantee);
}

Kind stored_kind(std::string_view granted_on) {
  for (const auto& entry : all_kinds()) {
    if (entry.granted_on == granted_on) return entry.kind;
  }
  return Kind::account;
}

std::string kind_text(Kind kind) {
  return std::string(info(kind).granted_on);
}

Object read(const Value& document) {
  Object object;
  object.kind = stored_kind(document.string_or("kind", ""));
  object.id = document.int_or("id", 0);
  object.parent = document.int_or("parent", 0);
  object.name = document.string_or("name", "");
  object.owner = document.int_or("owner", 0);
  object.created = document.int_or("created", 0);
  if (document.at("properties").is_map()) object.properties = document.at("properties").as_map();
  return object;
}

Value written(const Object& object) {
  return Map{{"kind", kind_text(object.kind)}, {"id", object.id},
             {"parent", object.parent},        {"name", object.name},
             {"owner", object.owner},          {"created", object.created},
             {"properties", object.properties}};
}

GrantRow read_grant(const Value& document) {
  GrantRow grant;
  grant.object_kind = stored_kind(document.string_or("object_kind", ""));
  grant.object = document.int_or("object", 0);
  grant.privilege = document.string_or("privilege", "");
  grant.grantee_kind = stored_kind(document.string_or("grantee_kind", ""));
  grant.grantee = document.int_or("grantee", 0);
  grant.grant_option = document.bool_or("grant_option", false);
  grant.by = document.int_or("by", 0);
  grant.created = document.int_or("created", 0);
  return grant;
}

}  // namespace

std::string Object::text(std::string_view key, std::string_view fallback) const {
  const Value* value = properties.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string(fallback);
}

std::int64_t Object::number(std::string_view key, std::int64_t fallback) const {
  const Value* value = properties.find(key);
  return value != nullptr && value->is_int() ? value->as_int() : fallback;
}

bool Object::flag(std::string_view key, bool fallback) const {
  const Value* value = properties.find(key);
  return value != nullptr && value->is_bool() ? value->as_bool() : fallback;
}

const Value& Object::at(std::string_view key) const {
  const Value* value = properties.find(key);
  return value != nullptr ? *value : nothing;
}

bool Object::has(std::string_view key) const {
  return properties.find(key) != nullptr;
}

Catalog::Catalog(Store& store, std::string account) : store_(store), account_(std::move(account)) {}

bool Catalog::exists() const {
  return store_.get("snowflake/account", account_) != nullptr;
}

Value Catalog::about() const {
  const Value* found = store_.get("snowflake/account", account_);
  return found != nullptr ? *found : Value(Map{});
}

void Catalog::create(const std::string& region, Instant now) {
  if (exists()) return;
  const std::string digest = hex(sha256(fresh_token("account " + account_)));
  std::string digits;
  for (const char c : digest)
    digits += static_cast<char>('0' + (c < 'a' ? c - '0' : c - 'a') % 10);
  const auto hyphen = account_.find('-');
  const std::string locator = "AB" + digits.substr(0, 5);
  const std::string aws_account = "7" + digits.substr(5, 11);
  const std::string user = digest.substr(0, 4);
  store_.put(
      "snowflake/account", account_,
      Map{{"region", region},
          {"locator", locator},
          {"organization", hyphen == std::string::npos ? "SANDBOX" : account_.substr(0, hyphen)},
          {"account_name", hyphen == std::string::npos
                               ? account_
                               : replace_all(account_.substr(hyphen + 1), "-", "_")},
          {"aws_account", aws_account},
          {"storage_user_arn",
           fmt::format("arn:aws:iam::{}:user/{}-s-{}", aws_account, user, digest.substr(4, 8))},
          {"sns_user_arn",
           fmt::format("arn:aws:iam::{}:user/{}-n-{}", aws_account, user, digest.substr(12, 8))}});

  const std::int64_t created = now.time_since_epoch().count();
  const auto role = [&](const char* name, const char* comment) {
    Object object;
    object.kind = Kind::role;
    object.name = name;
    object.created = created;
    object.properties = Map{{"built_in", true}, {"comment", comment}};
    put(object);
    return object.id;
  };
  const auto account_admin = role("ACCOUNTADMIN",
                                  "Account administrator can manage all aspects of "
                                  "the account.");
  const auto security_admin =
      role("SECURITYADMIN", "Security administrator can manage security aspects of the account.");
  const auto user_admin =
      role("USERADMIN", "User administrator can create and manage users and roles");
  const auto system_admin =
      role("SYSADMIN", "System administrator can create and manage databases and warehouses.");
  role("PUBLIC", "Public role is automatically available to every user in the account.");

  const auto member = [&](std::int64_t child, std::int64_t parent) {
    put_grant({Kind::role, child, "USAGE", Kind::role, parent, false, 0, created});
  };
  member(system_admin, account_admin);
  member(security_admin, account_admin);
  member(user_admin, security_admin);
  const auto global = [&](std::string_view privilege, std::int64_t to) {
    put_grant({Kind::account, 0, std::string(privilege), Kind::role, to, true, 0, created});
  };
  for (const auto privilege : info(Kind::account).privileges)
    global(privilege, account_admin);
  global("CREATE DATABASE", system_admin);
  global("CREATE WAREHOUSE", system_admin);
  global("MANAGE GRANTS", security_admin);
  global("CREATE ROLE", user_admin);
  global("CREATE USER", user_admin);
}

std::optional<Object> Catalog::find(Kind kind, std::int64_t parent, std::string_view name) const {
  const Value* document = store_.get(object_collection(kind), object_key(parent, name));
  if (document == nullptr) return std::nullopt;
  Object object = read(*document);
  if (object.kind != kind) return std::nullopt;
  return object;
}

std::optional<Object> Catalog::find_relation(std::int64_t parent, std::string_view name) const {
  const Value* document = store_.get(object_collection(Kind::table), object_key(parent, name));
  if (document == nullptr) return std::nullopt;
  return read(*document);
}

std::optional<Object> Catalog::by_id(Kind kind, std::int64_t id) const {
  const Value* entry = store_.get(collection("id"), fmt::format("{:012}", id));
  if (entry == nullptr) return std::nullopt;
  return find(kind, entry->int_or("parent", 0), entry->string_or("name", ""));
}

std::vector<Object> Catalog::all(Kind kind) const {
  std::vector<Object> objects;
  for (const auto& [key, document] : store_.list(object_collection(kind))) {
    Object object = read(document);
    if (object.kind == kind) objects.push_back(std::move(object));
  }
  return objects;
}

std::vector<Object> Catalog::children(Kind kind, std::int64_t parent) const {
  std::vector<Object> objects;
  for (const auto& [key, document] : store_.list(object_collection(kind))) {
    if (document.int_or("parent", 0) != parent) continue;
    Object object = read(document);
    if (object.kind == kind) objects.push_back(std::move(object));
  }
  return objects;
}

void Catalog::put(Object& object) {
  if (object.id == 0) object.id = store_.next_number();
  store_.put(object_collection(object.kind), object_key(object.parent, object.name),
             written(object));
  store_.put(collection("id"), fmt::format("{:012}", object.id),
             Map{{"parent", object.parent}, {"name", object.name}});
}

void Catalog::rename(Object& object, std::int64_t parent, const std::string& name) {
  store_.erase(object_collection(object.kind), object_key(object.parent, object.name));
  object.parent = parent;
  object.name = name;
  put(object);
}

void Catalog::erase(const Object& object, std::int64_t heir) {
  if (object.kind == Kind::database || object.kind == Kind::schema) {
    const auto level = object.kind == Kind::database ? Level::database : Level::schema;
    for (const auto& entry : all_kinds()) {
      if (entry.level != level) continue;
      for (const auto& child : children(entry.kind, object.id))
        erase(child, heir);
    }
  }
  const bool role = object.kind == Kind::role || object.kind == Kind::database_role;
  for (const auto& grant : grants()) {
    if ((grant.object == object.id && grant.object_kind == object.kind) ||
        (grant.grantee == object.id && grant.grantee_kind == object.kind)) {
      erase_grant(grant);
    }
  }
  for (const auto& grant : future_grants()) {
    if (grant.scope == object.id || (role && grant.grantee == object.id)) {
      erase_future_grant(grant);
    }
  }
  if (role) {
    for (const auto& entry : all_kinds()) {
      if (entry.kind == Kind::account) continue;
      for (auto owned : all(entry.kind)) {
        if (owned.owner != object.id || owned.id == object.id) continue;
        owned.owner = heir;
        put(owned);
      }
    }
  }
  for (const auto* part : {"rows", "history", "queue", "files"}) {
    const auto own = collection(fmt::format("{}/{}", part, object.id));
    for (const auto& [key, document] : store_.list(own))
      store_.erase(own, key);
  }
  store_.erase(object_collection(object.kind), object_key(object.parent, object.name));
  store_.erase(collection("id"), fmt::format("{:012}", object.id));
}

NamePath Catalog::path(const Object& object) const {
  NamePath names = {object.name};
  const auto level = info(object.kind).level;
  std::int64_t parent = object.parent;
  if (level == Level::schema) {
    const auto schema = by_id(Kind::schema, parent);
    if (!schema) return names;
    names.insert(names.begin(), schema->name);
    parent = schema->parent;
  }
  if (level != Level::account) {
    const auto database = by_id(Kind::database, parent);
    if (database) names.insert(names.begin(), database->name);
  }
  return names;
}

std::string Catalog::printed_path(const Object& object) const {
  return dotted(path(object));
}

Catalog::RoleName Catalog::role_name(std::int64_t id) const {
  if (id == 0) return {};
  if (const auto role = by_id(Kind::role, id)) return {role->name, "ROLE"};
  if (const auto role = by_id(Kind::database_role, id)) return {role->name, "DATABASE_ROLE"};
  return {};
}

std::vector<GrantRow> Catalog::grants() const {
  std::vector<GrantRow> rows;
  for (const auto& [key, document] : store_.list(collection("grant"))) {
    rows.push_back(read_grant(document));
  }
  return rows;
}

std::vector<GrantRow> Catalog::grants_on(std::int64_t object) const {
  std::vector<GrantRow> rows;
  for (const auto& [key, document] : store_.list(collection("grant"))) {
    if (document.int_or("object", -1) == object) rows.push_back(read_grant(document));
  }
  return rows;
}

bool Catalog::put_grant(const GrantRow& grant) {
  const auto key = grant_key(grant);
  const Value* old = store_.get(collection("grant"), key);
  const bool is_new = old == nullptr;
  const bool option = grant.grant_option || (!is_new && old->bool_or("grant_option", false));
  if (!is_new && option == old->bool_or("grant_option", false)) return false;
  store_.put(collection("grant"), key,
             Map{{"object_kind", kind_text(grant.object_kind)},
                 {"object", grant.object},
                 {"privilege", grant.privilege},
                 {"grantee_kind", kind_text(grant.grantee_kind)},
                 {"grantee", grant.grantee},
                 {"grant_option", option},
                 {"by", grant.by},
                 {"created", grant.created}});
  return is_new;
}

bool Catalog::erase_grant(const GrantRow& grant) {
  return store_.erase(collection("grant"), grant_key(grant));
}

std::vector<FutureGrantRow> Catalog::future_grants() const {
  std::vector<FutureGrantRow> rows;
  for (const auto& [key, document] : store_.list(collection("future"))) {
    FutureGrantRow row;
    row.scope_kind = stored_kind(document.string_or("scope_kind", ""));
    row.scope = document.int_or("scope", 0);
    row.object_kind = stored_kind(document.string_or("object_kind", ""));
    row.privilege = document.string_or("privilege", "");
    row.grantee_kind = stored_kind(document.string_or("grantee_kind", ""));
    row.grantee = document.int_or("grantee", 0);
    row.grant_option = document.bool_or("grant_option", false);
    row.created = document.int_or("created", 0);
    rows.push_back(std::move(row));
  }
  return rows;
}

bool Catalog::put_future_grant(const FutureGrantRow& grant) {
  const auto key = future_key(grant);
  const Value* old = store_.get(collection("future"), key);
  const bool is_new = old == nullptr;
  if (!is_new && old->bool_or("grant_option", false) >= grant.grant_option) return false;
  store_.put(collection("future"), key,
             Map{{"scope_kind", kind_text(grant.scope_kind)},
                 {"scope", grant.scope},
                 {"object_kind", kind_text(grant.object_kind)},
                 {"privilege", grant.privilege},
                 {"grantee_kind", kind_text(grant.grantee_kind)},
                 {"grantee", grant.grantee},
                 {"grant_option", grant.grant_option},
                 {"created", grant.created}});
  return is_new;
}

bool Catalog::erase_future_grant(const FutureGrantRow& grant) {
  return store_.erase(collection("future"), future_key(grant));
}

std::string Catalog::collection(std::string_view part) const {
  return fmt::format("snowflake/{}/{}", account_, part);
}

std::string Catalog::object_collection(Kind kind) const {
  return collection(info(kind).collection);
}

std::string Catalog::fresh_token(std::string_view purpose) const {
  const Value* seed = store_.get("sandbox", "seed");
  const std::string seed_text = seed != nullptr ? seed->string_or("seed", "") : "";
  return base64(
      sha256(fmt::format("{}|{}|{}|{}", seed_text, account_, purpose, store_.next_number())));
}

std::string canonical_account(std::string_view account) {
  const auto label = account.substr(0, account.find('.'));
  return replace_all(to_upper(label), "_", "-");
}

std::vector<std::string> accounts_of(const Store& store) {
  std::vector<std::string> names;
  for (const auto& [key, document] : store.list("snowflake/account"))
    names.push_back(key);
  return names;
}

}  // namespace firn::sandbox::snowflake
