// Aliases: names for keys of the same account and region.
#include <algorithm>
#include <fmt/format.h>

#include "sandbox/aws/kms/operations.h"
#include "sandbox/aws/kms/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::kms {
namespace {

constexpr std::string_view alias_place = "kms/alias";
constexpr std::size_t longest_name = 256;

std::string checked_name(Call& call, const Value& input) {
  std::string name = input.string_or("AliasName", "");
  call.target = name;
  constexpr std::string_view marks = "/_-";
  const bool plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
  if (!name.starts_with("alias/") || name.size() == 6 || name.size() > longest_name || !plain) {
    throw refusal("InvalidAliasNameException",
                  "Alias must start with the prefix \"alias/\". Please see "
                  "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
  }
  if (name.starts_with("alias/aws/")) {
    throw refusal("NotAuthorizedException", "Cannot use an alias name reserved for AWS.");
  }
  return name;
}

Value alias_for(Call& call, const std::string& name) {
  const Value* alias = call.world.store.get(call.place(alias_place), name);
  if (!alias) {
    throw refusal("NotFoundException",
                  fmt::format("Alias {} is not found.", call.arn("kms", name)));
  }
  return *alias;
}

void keep(Call& call, const std::string& name, const Value& key) {
  call.world.store.put(call.place(alias_place), name,
                       Map{{"name", name},
                           {"arn", call.arn("kms", name)},
                           {"key", key.at("id")},
                           {"changed_at", call.world.now_ms()}});
}

// The key to be named, which must be one of this account and region.
Value target_key(Call& call, const Value& input) {
  const std::string name = call.target;
  Value key = changeable_key(call, input, "TargetKeyId");
  call.target = name;
  return key;
}

}  // namespace

Value create_alias(Call& call, const Value& input) {
  refuse_other_members(call, input, {"AliasName", "TargetKeyId"});
  const std::string name = checked_name(call, input);
  authorize(call, "kms:CreateAlias", call.arn("kms", name));
  const Value key = target_key(call, input);
  if (call.world.store.get(call.place(alias_place), name)) {
    throw refusal("AlreadyExistsException",
                  fmt::format("An alias with the name {} already exists", call.arn("kms", name)));
  }
  keep(call, name, key);
  return {};
}

Value update_alias(Call& call, const Value& input) {
  refuse_other_members(call, input, {"AliasName", "TargetKeyId"});
  const std::string name = checked_name(call, input);
  authorize(call, "kms:UpdateAlias", call.arn("kms", name));
  (void)alias_for(call, name);
  const Value key = target_key(call, input);
  keep(call, name, key);
  return {};
}

Value delete_alias(Call& call, const Value& input) {
  refuse_other_members(call, input, {"AliasName"});
  const std::string name = checked_name(call, input);
  authorize(call, "kms:DeleteAlias", call.arn("kms", name));
  (void)alias_for(call, name);
  call.world.store.erase(call.place(alias_place), name);
  return {};
}

Value list_aliases(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "Limit", "Marker"});
  authorize(call, "kms:ListAliases", "*");
  std::string only;
  if (input.find("KeyId")) only = key_for(call, input).string_or("id", "");
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("Limit", 50), 1, 100));
  const std::string after = input.string_or("Marker", "");
  List aliases;
  std::string last;
  Map answer{{"Truncated", false}};
  for (const auto& [name, alias] : call.world.store.list(call.place(alias_place))) {
    const std::string target = alias.string_or("key", "");
    const bool has_key = find_key(call.world, call.account, call.region, target).has_value();
    if ((!after.empty() && name <= after) || !has_key || (!only.empty() && target != only)) {
      continue;
    }
    if (aliases.size() == most) {
      answer.set("Truncated", true);
      answer.set("NextMarker", last);
      break;
    }
    aliases.push_back(
        Map{{"AliasName", name}, {"AliasArn", alias.at("arn")}, {"TargetKeyId", target}});
    last = name;
  }
  answer.set("Aliases", Value(std::move(aliases)));
  return Value(std::move(answer));
}

}  // namespace firn::sandbox::aws::kms
