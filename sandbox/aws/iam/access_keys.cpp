#include "sandbox/aws/iam/access_keys.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/credentials.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

constexpr std::size_t key_quota = 2;

// Which account a key belongs to: a request names nothing but the key.
constexpr std::string_view owners = "aws/iam/access-key-owner";

std::string place(std::string_view account) {
  return collection(account, "", "iam/access-key");
}

Value user_for(Call& call, const Form& input) {
  Value user = holder_named(call, "user", required(input, "UserName"));
  authorize(call, "iam:" + call.operation, user.string_or("arn", ""));
  return user;
}

Value key_of(Call& call, const Form& input, const Value& user) {
  const std::string id = required(input, "AccessKeyId");
  const auto key = find_access_key(call.world, id);
  const bool fits = key && key->string_or("account", "") == call.account &&
                    equals_ignoring_case(key->string_or("user", ""), user.string_or("name", ""));
  if (!fits) {
    throw no_such_entity(fmt::format("The Access Key with id {} cannot be found.", id));
  }
  return *key;
}

void write_key(Xml& xml, const Value& key) {
  xml.leaf("UserName", key.string_or("user", ""));
  xml.leaf("AccessKeyId", key.string_or("id", ""));
  xml.leaf("Status", key.string_or("status", ""));
}

}  // namespace

std::optional<Value> find_access_key(const World& world, const std::string& id) {
  const Value* owner = world.store.get(owners, id);
  if (!owner) return std::nullopt;
  const Value* key = world.store.get(place(owner->string_or("account", "")), id);
  return key ? std::optional(*key) : std::nullopt;
}

void keep_access_key(World& world, const std::string& id, Value key) {
  const std::string account = key.string_or("account", "");
  world.store.put(owners, id, Map{{"account", account}});
  world.store.put(place(account), id, std::move(key));
}

std::vector<Value> access_keys_of(const World& world, const std::string& account,
                                  const std::string& user) {
  std::vector<Value> keys;
  for (auto& [id, key] : world.store.list(place(account))) {
    if (equals_ignoring_case(key.string_or("user", ""), user)) keys.push_back(std::move(key));
  }
  std::stable_sort(keys.begin(), keys.end(), [](const Value& a, const Value& b) {
    return a.int_or("created_at", 0) < b.int_or("created_at", 0);
  });
  return keys;
}

void create_access_key(Call& call, const Form& input, Xml& xml) {
  const Value user = user_for(call, input);
  const std::string name = user.string_or("name", "");
  if (access_keys_of(call.world, call.account, name).size() >= key_quota) {
    throw limit_exceeded(fmt::format("Cannot exceed quota for AccessKeysPerUser: {}", key_quota));
  }
  const std::string id = call.world.fresh_id("AKIA", 20);
  const Value key = Map{{"id", id},
                        {"account", call.account},
                        {"user", name},
                        {"status", "Active"},
                        {"created_at", call.world.now_ms()}};
  keep_access_key(call.world, id, key);
  xml.open("AccessKey");
  write_key(xml, key);
  xml.leaf("SecretAccessKey", secret_access_key(call.world, id));
  xml.leaf("CreateDate", iso(key.int_or("created_at", 0))).close();
}

void update_access_key(Call& call, const Form& input, Xml&) {
  const Value user = user_for(call, input);
  const Value key = key_of(call, input, user);
  const std::string status = required(input, "Status");
  if (status != "Active" && status != "Inactive") {
    throw validation_error(status, "status",
                           "Member must satisfy enum value set: [Active, Inactive]");
  }
  keep_access_key(call.world, key.string_or("id", ""), with(key, "status", status));
}

void delete_access_key(Call& call, const Form& input, Xml&) {
  const Value user = user_for(call, input);
  const Value key = key_of(call, input, user);
  const std::string id = key.string_or("id", "");
  call.world.store.erase(owners, id);
  call.world.store.erase(place(call.account), id);
}

void list_access_keys(Call& call, const Form& input, Xml& xml) {
  const Value user = user_for(call, input);
  const std::vector<Value> keys =
      access_keys_of(call.world, call.account, user.string_or("name", ""));
  write_page(xml, input, "AccessKeyMetadata", keys.size(), [&](std::size_t i) {
    xml.open("member");
    write_key(xml, keys[i]);
    xml.leaf("CreateDate", iso(keys[i].int_or("created_at", 0))).close();
  });
}

void get_access_key_last_used(Call& call, const Form& input, Xml& xml) {
  const std::string id = required(input, "AccessKeyId");
  const auto key = find_access_key(call.world, id);
  authorize(call, "iam:GetAccessKeyLastUsed",
            fmt::format("arn:aws:iam::{}:user/{}", call.account,
                        key ? key->string_or("user", "") : std::string()));
  if (!key || key->string_or("account", "") != call.account) {
    throw no_such_entity(fmt::format("The Access Key with id {} cannot be found", id));
  }
  const std::int64_t used_at = key->int_or("used_at", 0);
  xml.leaf("UserName", key->string_or("user", "")).open("AccessKeyLastUsed");
  if (used_at != 0) xml.leaf("LastUsedDate", iso(used_at));
  xml.leaf("ServiceName", key->string_or("used_service", "N/A"));
  xml.leaf("Region", key->string_or("used_region", "N/A")).close();
}

}  // namespace firn::sandbox::aws::iam
