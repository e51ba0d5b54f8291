#include "sandbox/aws/kms/state.h"

#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/policy/principals.h"

namespace firn::sandbox::aws::kms {
namespace {

std::optional<Value> living(const World& world, const Value* key) {
  if (!key) return std::nullopt;
  const std::int64_t deleted_at = key->int_or("deleted_at", 0);
  if (deleted_at != 0 && deleted_at <= world.now_ms()) return std::nullopt;
  return *key;
}

}  // namespace

std::optional<Value> find_key(const World& world, const std::string& account,
                              const std::string& region, const std::string& text) {
  std::string owner = account;
  std::string place = region;
  std::string resource = text;
  if (text.starts_with("arn:")) {
    const auto arn = parse_arn(text);
    if (!arn || arn->service != "kms") return std::nullopt;
    owner = arn->account;
    place = arn->region;
    resource = arn->resource;
    if (resource.starts_with("key/")) resource = resource.substr(4);
  }
  if (resource.starts_with("alias/")) {
    const Value* alias = world.store.get(collection(owner, place, "kms/alias"), resource);
    if (!alias) return std::nullopt;
    resource = alias->string_or("key", "");
  }
  return living(world, world.store.get(collection(owner, place, "kms/key"), resource));
}

StoredPolicy policy_of(const Value& key) {
  return unpack(key.at("policy"));
}

std::string state_of(const Value& key) {
  if (key.int_or("deleted_at", 0) != 0) return "PendingDeletion";
  return key.bool_or("enabled", false) ? "Enabled" : "Disabled";
}

std::optional<Refusal> unusable(const Value& key) {
  const std::string state = state_of(key);
  const std::string arn = key.string_or("arn", "");
  if (state == "PendingDeletion") {
    return Refusal{400, "KMSInvalidStateException", fmt::format("{} is pending deletion.", arn)};
  }
  if (state == "Disabled") {
    return Refusal{400, "DisabledException", fmt::format("{} is disabled.", arn)};
  }
  return std::nullopt;
}

AwsDoor::Verdict may_use(const World& world, const Value& key, const Principal& principal,
                         const std::string& action, const Context& context,
                         const std::string& session_policy) {
  const StoredPolicy policy = policy_of(key);
  Access access;
  access.action = action;
  access.resource = key.string_or("arn", "");
  access.owner = key.string_or("account", "");
  access.resource_policy = &policy;
  access.resource_policy_decides = true;
  access.context = context;
  return decide(world, principal, access, session_policy);
}

AwsDoor::Verdict role_may_use(const World& world, const Value& key, const std::string& role_arn,
                              const std::string& action, const Context& context) {
  const StoredPolicy policy = policy_of(key);
  Access access;
  access.action = action;
  access.resource = key.string_or("arn", "");
  access.owner = key.string_or("account", "");
  access.resource_policy = &policy;
  access.resource_policy_decides = true;
  access.context = context;
  return role_may(world, role_arn, std::move(access));
}

bool service_may_encrypt(const World& world, const std::string& account, const std::string& region,
                         const std::string& text, const std::string& service,
                         const Context& context) {
  if (text.empty()) return true;
  if (is_managed_by_aws(text)) return false;
  const auto key = find_key(world, account, region, text);
  if (!key || unusable(*key)) return false;
  Principal principal;
  principal.kind = Principal::Kind::service;
  principal.service = service;
  return may_use(world, *key, principal, "kms:GenerateDataKey", context).allowed &&
         may_use(world, *key, principal, "kms:Decrypt", context).allowed;
}

bool is_managed_by_aws(const std::string& text) {
  return text.empty() || text.starts_with("alias/aws/") ||
         text.find(":alias/aws/") != std::string::npos;
}

}  // namespace firn::sandbox::aws::kms
