// Secrets: their life, listing and tags.
#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/secretsmanager/operations.h"
#include "sandbox/aws/secretsmanager/state.h"
#include "sandbox/aws/tags.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws::secretsmanager {
namespace {

constexpr std::string_view place = "secretsmanager/secret";
constexpr std::size_t longest_name = 512;
constexpr std::size_t longest_description = 2048;
constexpr std::int64_t shortest_window = 7;
constexpr std::int64_t longest_window = 30;
constexpr std::int64_t day_ms = std::int64_t{24} * 3600 * 1000;

void check_name(const std::string& name) {
  constexpr std::string_view marks = "/_+=.@!-";
  const bool plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
  if (name.empty() || name.size() > longest_name || !plain) {
    throw refusal("ValidationException",
                  "Invalid name. Must be a valid name containing alphanumeric characters, or any "
                  "of the following: -/_+=.@!");
  }
}

Map checked_tags(Map tags) {
  if (check_tags(tags).what == TagProblem::What::none) return tags;
  throw refusal("InvalidParameterException", "The tags are not valid.");
}

std::string checked_description(const Value& input) {
  std::string text = input.string_or("Description", "");
  if (text.size() > longest_description) {
    throw refusal("ValidationException",
                  "1 validation error detected: Value at 'description' failed to satisfy "
                  "constraint: Member must have length less than or equal to 2048");
  }
  return text;
}

Value shown_versions(const Value& secret) {
  Map versions;
  for (const Value& version : secret.at("versions").as_list()) {
    versions.set(version.string_or("id", ""), version.at("stages"));
  }
  return Value(std::move(versions));
}

// What DescribeSecret and ListSecrets show alike.
Map shown(const Value& secret, const char* versions) {
  Map answer{{"ARN", secret.at("arn")},
             {"Name", secret.at("name")},
             {"CreatedDate", epoch_seconds(secret.int_or("created_at", 0))},
             {"LastChangedDate", epoch_seconds(secret.int_or("changed_at", 0))},
             {"Tags", tag_list(Value(tags_of(secret)), "Key", "Value")}};
  for (const auto& [member, name] :
       {std::pair{"Description", "description"}, std::pair{"KmsKeyId", "kms_key"}}) {
    if (const std::string text = secret.string_or(name, ""); !text.empty()) {
      answer.set(member, text);
    }
  }
  if (is_deleted(secret)) {
    answer.set("DeletedDate", epoch_seconds(secret.int_or("deleted_at", 0)));
  }
  if (!secret.at("versions").as_list().empty()) answer.set(versions, shown_versions(secret));
  return answer;
}

bool begins_with_one_of(const std::string& text, const std::vector<std::string>& values) {
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    return value.starts_with('!') ? !text.starts_with(value.substr(1)) : text.starts_with(value);
  });
}

bool fits(const Call& call, const Value& filter, const Value& secret) {
  const std::string key = filter.string_or("Key", "");
  const std::vector<std::string> values = texts_of(filter.at("Values"));
  if (key == "name") return begins_with_one_of(secret.string_or("name", ""), values);
  if (key == "description") {
    std::vector<std::string> lower;
    for (const std::string& value : values)
      lower.push_back(to_lower(value));
    return begins_with_one_of(to_lower(secret.string_or("description", "")), lower);
  }
  if (key != "tag-key" && key != "tag-value") {
    throw unknown_member("secretsmanager", call.operation, "Filters " + key);
  }
  const Map tags = tags_of(secret);
  return std::any_of(tags.begin(), tags.end(), [&](const MapEntry& tag) {
    return begins_with_one_of(key == "tag-key" ? tag.first : tag.second.as_string(), values);
  });
}

}  // namespace

Refusal refusal(std::string code, std::string message) {
  return {400, std::move(code), std::move(message)};
}

Value any_secret_for(Call& call, const Value& input) {
  const std::string text = input.string_or("SecretId", "");
  call.target = text;
  const auto found = find_secret(call.world, call.account, call.region, text);
  Access access;
  access.action = "secretsmanager:" + call.operation;
  access.resource =
      found ? found->string_or("arn", "") : call.arn("secretsmanager", "secret:" + text);
  StoredPolicy policy;
  if (found) {
    access.owner = found->string_or("account", "");
    policy = unpack(found->at("policy"));
    if (policy.document.is_map()) access.resource_policy = &policy;
  }
  authorize(call, std::move(access));
  if (!found) {
    throw refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  }
  return *found;
}

Value secret_for(Call& call, const Value& input) {
  Value secret = any_secret_for(call, input);
  if (is_deleted(secret)) {
    throw refusal("InvalidRequestException",
                  "You can't perform this operation on the secret because it was marked for "
                  "deletion.");
  }
  return secret;
}

void keep_secret(Call& call, Value secret) {
  const std::string name = secret.string_or("name", "");
  call.world.store.put(call.place(place), name, with(secret, "changed_at", call.world.now_ms()));
}

Value create_secret(Call& call, const Value& input) {
  refuse_other_members(
      call, input,
      {"Name", "ClientRequestToken", "Description", "KmsKeyId", "SecretString", "Tags"});
  const std::string name = input.string_or("Name", "");
  call.target = name;
  check_name(name);
  const std::string token = token_in(input);
  authorize(call, "secretsmanager:CreateSecret",
            call.arn("secretsmanager", fmt::format("secret:{}", name)));
  const std::string text = input.string_or("SecretString", "");
  if (const auto present = find_secret(call.world, call.account, call.region, name)) {
    if (is_deleted(*present)) {
      throw refusal("InvalidRequestException",
                    "You can't create this secret because a secret with this name is already "
                    "scheduled for deletion.");
    }
    const Value* current = version_at(*present, "AWSCURRENT");
    const bool is_the_same =
        current && current->string_or("id", "") == token && current->string_or("text", "") == text;
    if (!is_the_same) {
      throw refusal(
          "ResourceExistsException",
          fmt::format("The operation failed because the secret {} already exists.", name));
    }
    return Map{{"ARN", present->at("arn")}, {"Name", name}, {"VersionId", token}};
  }
  Value secret = Map{{"name", name},
                     {"account", call.account},
                     {"arn", call.arn("secretsmanager", fmt::format("secret:{}-{}", name,
                                                                    call.world.fresh_id("", 6)))},
                     {"description", checked_description(input)},
                     {"kms_key", input.string_or("KmsKeyId", "")},
                     {"versions", List{}},
                     {"tags", Value(checked_tags(tags_in(input.at("Tags"), "Key", "Value")))},
                     {"created_at", call.world.now_ms()}};
  Map answer{{"ARN", secret.at("arn")}, {"Name", name}};
  if (input.find("SecretString")) {
    secret = with_value(call, secret, token, text);
    answer.set("VersionId", token);
  }
  keep_secret(call, std::move(secret));
  return Value(std::move(answer));
}

Value describe_secret(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId"});
  return Value(shown(any_secret_for(call, input), "VersionIdsToStages"));
}

Value update_secret(Call& call, const Value& input) {
  refuse_other_members(
      call, input, {"SecretId", "ClientRequestToken", "Description", "KmsKeyId", "SecretString"});
  Value secret = secret_for(call, input);
  if (input.find("Description")) secret = with(secret, "description", checked_description(input));
  if (input.find("KmsKeyId")) {
    const std::string key = input.string_or("KmsKeyId", "");
    // The service's own key is not shown.
    const std::string kept = key == "alias/aws/secretsmanager" ? "" : key;
    secret = with(secret, "kms_key", kept);
    // What it holds is encrypted anew.
    if (!secret.at("versions").as_list().empty()) use_key(call, secret, KeyUse::encrypt);
  }
  Map answer{{"ARN", secret.at("arn")}, {"Name", secret.at("name")}};
  if (input.find("SecretString")) {
    const std::string token = token_in(input);
    secret = with_value(call, secret, token, input.string_or("SecretString", ""));
    answer.set("VersionId", token);
  }
  keep_secret(call, std::move(secret));
  return Value(std::move(answer));
}

Value delete_secret(Call& call, const Value& input) {
  refuse_other_members(call, input,
                       {"SecretId", "RecoveryWindowInDays", "ForceDeleteWithoutRecovery"});
  const Value secret = any_secret_for(call, input);
  const bool at_once = input.bool_or("ForceDeleteWithoutRecovery", false);
  const std::int64_t days = input.int_or("RecoveryWindowInDays", longest_window);
  if (at_once && input.find("RecoveryWindowInDays")) {
    throw refusal("InvalidParameterException",
                  "You can't use ForceDeleteWithoutRecovery in conjunction with "
                  "RecoveryWindowInDays.");
  }
  if (days < shortest_window || days > longest_window) {
    throw refusal("InvalidParameterException",
                  "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  }
  const std::string name = secret.string_or("name", "");
  const std::int64_t date = call.world.now_ms() + (at_once ? 0 : days * day_ms);
  const Value answer =
      Map{{"ARN", secret.at("arn")}, {"Name", name}, {"DeletionDate", epoch_seconds(date)}};
  if (at_once) {
    call.world.store.erase(call.place(place), name);
    return answer;
  }
  if (is_deleted(secret)) {
    throw refusal("InvalidRequestException",
                  "You can't perform this operation on the secret because it was already scheduled "
                  "for deletion.");
  }
  keep_secret(call, with(secret, "deleted_at", date));
  return answer;
}

Value restore_secret(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId"});
  const Value secret = any_secret_for(call, input);
  keep_secret(call, without(secret, "deleted_at"));
  return Map{{"ARN", secret.at("arn")}, {"Name", secret.at("name")}};
}

Value list_secrets(Call& call, const Value& input) {
  refuse_other_members(call, input,
                       {"Filters", "IncludePlannedDeletion", "MaxResults", "NextToken"});
  authorize(call, "secretsmanager:ListSecrets", "*");
  const bool with_deleted = input.bool_or("IncludePlannedDeletion", false);
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("MaxResults", 100), 1, 100));
  const std::string after = input.string_or("NextToken", "");
  List secrets;
  std::string last;
  Map answer;
  for (const auto& [name, document] : call.world.store.list(call.place(place))) {
    const auto secret = find_secret(call.world, call.account, call.region, name);
    if (!secret || (!after.empty() && name <= after)) continue;
    if (is_deleted(*secret) && !with_deleted) continue;
    bool is_wanted = true;
    if (input.at("Filters").is_list()) {
      for (const Value& filter : input.at("Filters").as_list()) {
        is_wanted = is_wanted && fits(call, filter, *secret);
      }
    }
    if (!is_wanted) continue;
    if (secrets.size() == most) {
      answer.set("NextToken", last);
      break;
    }
    secrets.emplace_back(shown(*secret, "SecretVersionsToStages"));
    last = name;
  }
  answer.set("SecretList", Value(std::move(secrets)));
  return Value(std::move(answer));
}

Value tag_resource(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId", "Tags"});
  const Value secret = secret_for(call, input);
  Map tags = tags_of(secret);
  for (const auto& [key, value] : tags_in(input.at("Tags"), "Key", "Value"))
    tags.set(key, value);
  keep_secret(call, with_tags(secret, checked_tags(std::move(tags))));
  return {};
}

Value untag_resource(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId", "TagKeys"});
  const Value secret = secret_for(call, input);
  Map tags = tags_of(secret);
  for (const std::string& key : texts_of(input.at("TagKeys")))
    tags.erase(key);
  keep_secret(call, with_tags(secret, std::move(tags)));
  return {};
}

}  // namespace firn::sandbox::aws::secretsmanager
