// Keys: their life, policy, rotation and tags.
#include <algorithm>
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/kms/operations.h"
#include "sandbox/aws/kms/state.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/tags.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws::kms {
namespace {

constexpr std::size_t longest_description = 8192;
constexpr std::size_t longest_policy = 32768;
constexpr std::int64_t shortest_window = 7;
constexpr std::int64_t longest_window = 30;
constexpr std::int64_t day_ms = std::int64_t{24} * 3600 * 1000;

std::string default_policy(const Call& call) {
  const Value statement = Map{
      {"Sid", "Enable IAM User Permissions"},
      {"Effect", "Allow"},
      {"Principal",
       Map{{"AWS", fmt::format("arn:{}:iam::{}:root", partition_of(call.region), call.account)}}},
      {"Action", "kms:*"},
      {"Resource", "*"}};
  return to_json(
      Map{{"Version", "2012-10-17"}, {"Id", "key-default-1"}, {"Statement", List{statement}}});
}

// The policy as it is kept. Refused when it would lock its writer out.
Value checked_policy(Call& call, const std::string& text, const std::string& key_arn) {
  if (text.empty() || text.size() > longest_policy) {
    throw refusal("LimitExceededException", "The policy is empty or exceeds 32768 bytes.");
  }
  auto parsed = parse_policy(text, PolicyKind::resource);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) {
    throw refusal("MalformedPolicyDocumentException", problem->message);
  }
  const PrincipalCheck check =
      check_principals(call.world, std::get<Value>(parsed), SeenFrom::others);
  if (check.invalid) {
    throw refusal("MalformedPolicyDocumentException",
                  "Policy contains a statement with one or more invalid principals.");
  }
  const StoredPolicy policy{check.document, check.ids};
  Access access;
  access.action = "kms:PutKeyPolicy";
  access.resource = key_arn;
  access.owner = call.account;
  access.resource_policy = &policy;
  access.resource_policy_decides = true;
  access.context = call.context;
  if (!decide(call.world, call.caller, access, call.session_policy).allowed) {
    throw refusal("MalformedPolicyDocumentException",
                  "The new key policy will not allow you to update the key policy in the future.");
  }
  return pack(policy);
}

std::string checked_description(const Value& input) {
  std::string text = input.string_or("Description", "");
  if (text.size() > longest_description) {
    throw refusal("ValidationException",
                  "1 validation error detected: Value at 'description' failed to satisfy "
                  "constraint: Member must have length less than or equal to 8192");
  }
  return text;
}

Map checked_tags(Map tags) {
  const TagProblem problem = check_tags(tags);
  if (problem.what == TagProblem::What::none) return tags;
  throw refusal("TagException", fmt::format("The tag {} is not valid.", problem.key));
}

Value metadata(const Value& key) {
  Map shown{{"AWSAccountId", key.at("account")},
            {"KeyId", key.at("id")},
            {"Arn", key.at("arn")},
            {"CreationDate", epoch_seconds(key.int_or("created_at", 0))},
            {"Enabled", state_of(key) == "Enabled"},
            {"Description", key.at("description")},
            {"KeyUsage", "ENCRYPT_DECRYPT"},
            {"KeyState", state_of(key)},
            {"Origin", "AWS_KMS"},
            {"KeyManager", "CUSTOMER"},
            {"CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"},
            {"KeySpec", "SYMMETRIC_DEFAULT"},
            {"EncryptionAlgorithms", List{Value("SYMMETRIC_DEFAULT")}},
            {"MultiRegion", false}};
  const std::int64_t deleted_at = key.int_or("deleted_at", 0);
  if (deleted_at != 0) shown.set("DeletionDate", epoch_seconds(deleted_at));
  return Value(std::move(shown));
}

void expect(const Call& call, const Value& input, const char* member, const Value& only) {
  const Value* given = input.find(member);
  if (given && !(*given == only)) throw unknown_member("kms", call.operation, member);
}

}  // namespace

Refusal refusal(std::string code, std::string message) {
  return {400, std::move(code), std::move(message)};
}

void authorize_key(Call& call, const Value& key, const std::string& action) {
  const auto verdict =
      may_use(call.world, key, call.caller, action, call.context, call.session_policy);
  if (!verdict.allowed) throw access_denied("kms", verdict.reason);
}

Value key_for(Call& call, const Value& input, const char* member) {
  const std::string text = input.string_or(member, "");
  call.target = text;
  const auto key = find_key(call.world, call.account, call.region, text);
  if (!key) {
    const bool is_alias = text.find("alias/") != std::string::npos;
    const std::string arn =
        text.starts_with("arn:") ? text : call.arn("kms", is_alias ? text : "key/" + text);
    throw refusal("NotFoundException", is_alias ? fmt::format("Alias {} is not found.", arn)
                                                : fmt::format("Key '{}' does not exist", arn));
  }
  authorize_key(call, *key, "kms:" + call.operation);
  return *key;
}

Value changeable_key(Call& call, const Value& input, const char* member) {
  Value key = key_for(call, input, member);
  if (state_of(key) == "PendingDeletion") throw *unusable(key);
  return key;
}

void keep_key(Call& call, Value key) {
  const auto arn = parse_arn(key.string_or("arn", ""));
  const std::string id = key.string_or("id", "");
  call.world.store.put(collection(arn->account, arn->region, "kms/key"), id, std::move(key));
}

Value create_key(Call& call, const Value& input) {
  refuse_other_members(call, input,
                       {"Policy", "Description", "Tags", "KeyUsage", "KeySpec",
                        "CustomerMasterKeySpec", "Origin", "MultiRegion"});
  expect(call, input, "KeyUsage", "ENCRYPT_DECRYPT");
  expect(call, input, "KeySpec", "SYMMETRIC_DEFAULT");
  expect(call, input, "CustomerMasterKeySpec", "SYMMETRIC_DEFAULT");
  expect(call, input, "Origin", "AWS_KMS");
  expect(call, input, "MultiRegion", false);
  authorize(call, "kms:CreateKey", "*");
  const std::string id = call.world.fresh_uuid();
  const std::string arn = call.arn("kms", "key/" + id);
  call.target = id;
  const std::string policy = input.string_or("Policy", default_policy(call));
  const Value key =
      Map{{"id", id},
          {"arn", arn},
          {"account", call.account},
          {"description", checked_description(input)},
          {"enabled", true},
          {"rotation", false},
          {"policy", checked_policy(call, policy, arn)},
          {"tags", Value(checked_tags(tags_in(input.at("Tags"), "TagKey", "TagValue")))},
          {"created_at", call.world.now_ms()}};
  keep_key(call, key);
  return Map{{"KeyMetadata", metadata(key)}};
}

Value describe_key(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId"});
  return Map{{"KeyMetadata", metadata(key_for(call, input))}};
}

Value list_keys(Call& call, const Value& input) {
  refuse_other_members(call, input, {"Limit", "Marker"});
  authorize(call, "kms:ListKeys", "*");
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("Limit", 100), 1, 1000));
  const std::string after = input.string_or("Marker", "");
  List keys;
  std::string last;
  Map answer{{"Truncated", false}};
  for (const auto& [id, key] : call.world.store.list(call.place("kms/key"))) {
    if ((!after.empty() && id <= after) || !find_key(call.world, call.account, call.region, id)) {
      continue;
    }
    if (keys.size() == most) {
      answer.set("Truncated", true);
      answer.set("NextMarker", last);
      break;
    }
    keys.push_back(Map{{"KeyId", id}, {"KeyArn", key.at("arn")}});
    last = id;
  }
  answer.set("Keys", Value(std::move(keys)));
  return Value(std::move(answer));
}

Value enable_key(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId"});
  keep_key(call, with(changeable_key(call, input), "enabled", true));
  return {};
}

Value disable_key(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId"});
  keep_key(call, with(changeable_key(call, input), "enabled", false));
  return {};
}

Value update_key_description(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "Description"});
  const Value key = changeable_key(call, input);
  keep_key(call, with(key, "description", checked_description(input)));
  return {};
}

Value schedule_key_deletion(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "PendingWindowInDays"});
  const std::int64_t days = input.int_or("PendingWindowInDays", longest_window);
  if (days < shortest_window || days > longest_window) {
    throw refusal("ValidationException",
                  fmt::format("1 validation error detected: Value '{}' at 'pendingWindowInDays' "
                              "failed to satisfy constraint: Member must have value between 7 and "
                              "30",
                              days));
  }
  Value key = changeable_key(call, input);
  const std::int64_t date = call.world.now_ms() + days * day_ms;
  key = with(key, "enabled", false);
  keep_key(call, with(key, "deleted_at", date));
  return Map{{"KeyId", key.at("arn")},
             {"DeletionDate", epoch_seconds(date)},
             {"KeyState", "PendingDeletion"},
             {"PendingWindowInDays", days}};
}

Value cancel_key_deletion(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId"});
  const Value key = key_for(call, input);
  if (state_of(key) != "PendingDeletion") {
    throw refusal("KMSInvalidStateException",
                  fmt::format("{} is not pending deletion.", key.string_or("arn", "")));
  }
  keep_key(call, without(key, "deleted_at"));  // and disabled: its owner enables it
  return Map{{"KeyId", key.at("arn")}};
}

Value get_key_policy(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "PolicyName"});
  const Value key = key_for(call, input);
  if (input.string_or("PolicyName", "default") != "default") {
    throw refusal("NotFoundException", "No such policy exists");
  }
  return Map{{"Policy", to_json(present_policy(call.world, policy_of(key)))},
             {"PolicyName", "default"}};
}

Value put_key_policy(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "PolicyName", "Policy"});
  const Value key = key_for(call, input);
  if (input.string_or("PolicyName", "default") != "default") {
    throw refusal("UnsupportedOperationException", "The only valid value is default.");
  }
  const Value policy =
      checked_policy(call, input.string_or("Policy", ""), key.string_or("arn", ""));
  keep_key(call, with(key, "policy", policy));
  return {};
}

Value list_key_policies(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "Limit", "Marker"});
  (void)key_for(call, input);
  return Map{{"PolicyNames", List{Value("default")}}, {"Truncated", false}};
}

Value get_key_rotation_status(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId"});
  const Value key = key_for(call, input);
  const bool rotates = key.bool_or("rotation", false) && state_of(key) != "PendingDeletion";
  Map answer{{"KeyId", key.at("arn")}, {"KeyRotationEnabled", rotates}};
  if (rotates) answer.set("RotationPeriodInDays", 365);
  return Value(std::move(answer));
}

Value enable_key_rotation(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId"});
  const Value key = changeable_key(call, input);
  if (const auto problem = unusable(key)) throw *problem;
  keep_key(call, with(key, "rotation", true));
  return {};
}

Value disable_key_rotation(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId"});
  const Value key = changeable_key(call, input);
  if (const auto problem = unusable(key)) throw *problem;
  keep_key(call, with(key, "rotation", false));
  return {};
}

Value tag_resource(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "Tags"});
  const Value key = changeable_key(call, input);
  Map tags = tags_of(key);
  for (const auto& [name, value] : tags_in(input.at("Tags"), "TagKey", "TagValue"))
    tags.set(name, value);
  keep_key(call, with_tags(key, checked_tags(std::move(tags))));
  return {};
}

Value untag_resource(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "TagKeys"});
  const Value key = changeable_key(call, input);
  Map tags = tags_of(key);
  for (const std::string& name : texts_of(input.at("TagKeys")))
    tags.erase(name);
  keep_key(call, with_tags(key, std::move(tags)));
  return {};
}

Value list_resource_tags(Call& call, const Value& input) {
  refuse_other_members(call, input, {"KeyId", "Limit", "Marker"});
  const Value key = key_for(call, input);
  return Map{{"Tags", tag_list(Value(tags_of(key)), "TagKey", "TagValue")}, {"Truncated", false}};
}

}  // namespace firn::sandbox::aws::kms
