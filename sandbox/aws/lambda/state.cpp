#include "sandbox/aws/lambda/state.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/policy/principals.h"

namespace firn::sandbox::aws::lambda {

std::optional<FunctionId> function_id(const std::string& text, const std::string& account,
                                      const std::string& region) {
  std::vector<std::string> parts = split(text, ':');
  FunctionId id{account, region, text};
  if (const auto arn = parse_arn(text)) {
    if (arn->service != "lambda") return std::nullopt;
    id.account = arn->account;
    id.region = arn->region;
    parts = split(arn->resource, ':');
    if (parts.front() != "function") return std::nullopt;
    parts.erase(parts.begin());
  } else if (parts.size() >= 3 && parts[1] == "function") {
    id.account = parts[0];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  if (parts.empty() || parts.size() > 2) return std::nullopt;
  if (parts.size() == 2 && parts[1] != "$LATEST") return std::nullopt;
  id.name = parts[0];
  return id;
}

const Value* find_function(const World& world, const FunctionId& id) {
  return world.store.get(collection(id.account, id.region, "lambda/function"), id.name);
}

void keep_function(World& world, const FunctionId& id, Value function) {
  world.store.put(collection(id.account, id.region, "lambda/function"), id.name,
                  std::move(function));
}

std::string function_arn(const FunctionId& id) {
  return fmt::format("arn:{}:lambda:{}:{}:function:{}", partition_of(id.region), id.region,
                     id.account, id.name);
}

bool service_may_invoke(const World& world, const std::string& arn, const std::string& service,
                        const Context& context) {
  const auto id = function_id(arn, {}, {});
  const Value* function = id ? find_function(world, *id) : nullptr;
  if (!function) return false;
  Principal principal;
  principal.kind = Principal::Kind::service;
  principal.service = service;
  const StoredPolicy policy = unpack(function->at("policy"));
  Access access;
  access.action = "lambda:InvokeFunction";
  access.resource = function->string_or("arn", "");
  access.context = context;
  access.resource_policy = &policy;
  return decide(world, principal, access).allowed;
}

}  // namespace firn::sandbox::aws::lambda
