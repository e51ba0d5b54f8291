// CloudWatch Logs: log groups. Events are not kept.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/kms/state.h"
#include "sandbox/aws/logs/state.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/tags.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::string_view group_place = "logs/group";
constexpr std::size_t longest_name = 512;
constexpr std::array retentions = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                   365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

Refusal refusal(std::string code, std::string message) {
  return {400, std::move(code), std::move(message)};
}

Refusal invalid_parameter(std::string message) {
  return refusal("InvalidParameterException", std::move(message));
}

Refusal no_group() {
  return refusal("ResourceNotFoundException", "The specified log group does not exist.");
}

std::string group_arn(const Call& call, const std::string& name) {
  return call.arn("logs", "log-group:" + name);
}

void check_name(const std::string& name) {
  constexpr std::string_view marks = "._/#-";
  const bool plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
  if (name.empty() || name.size() > longest_name || !plain) {
    throw invalid_parameter(fmt::format(
        "1 validation error detected: Value '{}' at 'logGroupName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
        name));
  }
  if (name.starts_with("aws/")) {
    throw invalid_parameter("Log groups starting with aws/ are reserved for AWS.");
  }
}

Map string_map(const Value& value) {
  Map texts;
  if (!value.is_map()) return texts;
  for (const auto& [key, item] : value.as_map())
    texts.set(key, item.is_string() ? item : Value(""));
  return texts;
}

Map checked_tags(Map tags) {
  const TagProblem problem = check_tags(tags);
  if (problem.what == TagProblem::What::too_many) {
    throw refusal("TooManyTagsException", "A resource can have no more than 50 tags.");
  }
  if (problem.what != TagProblem::What::none) {
    throw invalid_parameter(fmt::format("The tag {} is not valid.", problem.key));
  }
  return tags;
}

Value group_named(Call& call, const std::string& name, const char* action) {
  call.target = name;
  authorize(call, action, group_arn(call, name) + ":*");
  const Value* group = call.world.store.get(call.place(group_place), name);
  if (!group) throw no_group();
  return *group;
}

void keep(Call& call, const Value& group) {
  call.world.store.put(call.place(group_place), group.string_or("name", ""), group);
}

// Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS": the key's
// policy must let the service of this region use it.
void check_key(Call& call, const std::string& name, const Value& input) {
  const std::string arn = group_arn(call, name);
  Context context;
  context.set("kms:EncryptionContext:aws:logs:arn", arn);
  context.set("aws:SourceArn", arn);
  context.set("aws:SourceAccount", call.account);
  const std::string service = fmt::format("logs.{}.amazonaws.com", call.region);
  const std::string key = input.string_or("kmsKeyId", "");
  if (kms::service_may_encrypt(call.world, call.account, call.region, key, service, context)) {
    return;
  }
  throw invalid_parameter(fmt::format(
      "The specified KMS key does not exist or is not allowed to be used with LogGroup '{}'", arn));
}

Value create_log_group(Call& call, const Value& input) {
  const std::string name = input.string_or("logGroupName", "");
  call.target = name;
  check_name(name);
  authorize(call, "logs:CreateLogGroup", group_arn(call, name) + ":*");
  if (call.world.store.get(call.place(group_place), name)) {
    throw refusal("ResourceAlreadyExistsException", "The specified log group already exists");
  }
  const std::string group_class = input.string_or("logGroupClass", "STANDARD");
  if (group_class != "STANDARD" && group_class != "INFREQUENT_ACCESS" &&
      group_class != "DELIVERY") {
    throw invalid_parameter(fmt::format("The log group class {} is not valid.", group_class));
  }
  if (input.bool_or("deletionProtectionEnabled", false)) {
    throw unknown_member("logs", "CreateLogGroup", "deletionProtectionEnabled");
  }
  Map group{{"name", name},
            {"arn", group_arn(call, name)},
            {"class", group_class},
            {"tags", Value(checked_tags(string_map(input.at("tags"))))},
            {"created_at", call.world.now_ms()}};
  check_key(call, name, input);
  if (input.find("kmsKeyId")) group.set("kms_key", input.at("kmsKeyId"));
  keep(call, Value(std::move(group)));
  return {};
}

Value delete_log_group(Call& call, const Value& input) {
  const Value group = group_named(call, input.string_or("logGroupName", ""), "logs:DeleteLogGroup");
  call.world.store.erase(call.place(group_place), group.string_or("name", ""));
  return {};
}

Value shown_group(const Value& group) {
  const std::string arn = group.string_or("arn", "");
  Map shown{
      {"logGroupName", group.at("name")},       {"arn", arn + ":*"},      {"logGroupArn", arn},
      {"creationTime", group.at("created_at")}, {"metricFilterCount", 0}, {"storedBytes", 0},
      {"logGroupClass", group.at("class")}};
  if (const Value* days = group.find("retention")) shown.set("retentionInDays", *days);
  if (const Value* key = group.find("kms_key")) shown.set("kmsKeyId", *key);
  return Value(std::move(shown));
}

bool is_wanted(const Value& input, const Value& group) {
  const std::string name = group.string_or("name", "");
  const std::string prefix = input.string_or("logGroupNamePrefix", "");
  const std::string pattern = input.string_or("logGroupNamePattern", "");
  if (!name.starts_with(prefix)) return false;
  if (!pattern.empty() && to_lower(name).find(to_lower(pattern)) == std::string::npos) return false;
  const std::string group_class = input.string_or("logGroupClass", "");
  if (!group_class.empty() && group_class != group.string_or("class", "")) return false;
  const Value& identifiers = input.at("logGroupIdentifiers");
  if (!identifiers.is_list()) return true;
  const List& items = identifiers.as_list();
  return std::any_of(items.begin(), items.end(), [&](const Value& one) {
    return one == Value(name) || one == group.at("arn");
  });
}

Value describe_log_groups(Call& call, const Value& input) {
  authorize(call, "logs:DescribeLogGroups", group_arn(call, "*"));
  if (input.find("logGroupNamePrefix") && input.find("logGroupNamePattern")) {
    throw invalid_parameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive "
        "parameters.");
  }
  // API Reference, DescribeLogGroups: at most 50, and no filter beside it but
  // includeLinkedAccounts.
  if (const Value* identifiers = input.find("logGroupIdentifiers")) {
    for (const std::string_view other :
         {"logGroupNamePrefix", "logGroupNamePattern", "logGroupClass"}) {
      if (input.find(other)) {
        throw invalid_parameter(
            fmt::format("logGroupIdentifiers and {} are mutually exclusive parameters.", other));
      }
    }
    if (!identifiers->is_list() || identifiers->as_list().empty() ||
        identifiers->as_list().size() > 50) {
      throw invalid_parameter(
          "1 validation error detected: Value at 'logGroupIdentifiers' failed to satisfy "
          "constraint: Member must have length between 1 and 50");
    }
  }
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("limit", 50), 1, 50));
  const std::string after = input.string_or("nextToken", "");
  List groups;
  std::string last;
  Map answer;
  for (const auto& [name, group] : call.world.store.list(call.place(group_place))) {
    if ((!after.empty() && name <= after) || !is_wanted(input, group)) continue;
    if (groups.size() == most) {
      answer.set("nextToken", last);
      break;
    }
    groups.push_back(shown_group(group));
    last = name;
  }
  answer.set("logGroups", Value(std::move(groups)));
  return Value(std::move(answer));
}

Value put_retention_policy(Call& call, const Value& input) {
  const Value group =
      group_named(call, input.string_or("logGroupName", ""), "logs:PutRetentionPolicy");
  const std::int64_t days = input.int_or("retentionInDays", 0);
  if (std::find(retentions.begin(), retentions.end(), days) == retentions.end()) {
    throw invalid_parameter(
        fmt::format("1 validation error detected: Value '{}' at 'retentionInDays' failed to "
                    "satisfy constraint: Member must satisfy enum value set: [{}]",
                    days, fmt::join(retentions, ", ")));
  }
  keep(call, with(group, "retention", days));
  return {};
}

Value delete_retention_policy(Call& call, const Value& input) {
  const Value group =
      group_named(call, input.string_or("logGroupName", ""), "logs:DeleteRetentionPolicy");
  keep(call, without(group, "retention"));
  return {};
}

Value associate_kms_key(Call& call, const Value& input) {
  const Value group =
      group_named(call, input.string_or("logGroupName", ""), "logs:AssociateKmsKey");
  check_key(call, group.string_or("name", ""), input);
  keep(call, with(group, "kms_key", input.at("kmsKeyId")));
  return {};
}

Value disassociate_kms_key(Call& call, const Value& input) {
  const Value group =
      group_named(call, input.string_or("logGroupName", ""), "logs:DisassociateKmsKey");
  keep(call, without(group, "kms_key"));
  return {};
}

// Tag requests name the group by its ARN, without the ":*".
Value group_by_arn(Call& call, const Value& input, const char* action) {
  const std::string text = input.string_or("resourceArn", "");
  const auto arn = parse_arn(text);
  constexpr std::string_view prefix = "log-group:";
  if (!arn || arn->service != "logs" || !arn->resource.starts_with(prefix) ||
      text.ends_with(":*")) {
    throw invalid_parameter(fmt::format("The specified resource ARN {} is not valid.", text));
  }
  return group_named(call, arn->resource.substr(prefix.size()), action);
}

Value tag_resource(Call& call, const Value& input) {
  const Value group = group_by_arn(call, input, "logs:TagResource");
  Map tags = tags_of(group);
  for (const auto& [key, value] : string_map(input.at("tags")))
    tags.set(key, value);
  keep(call, with_tags(group, checked_tags(std::move(tags))));
  return {};
}

Value untag_resource(Call& call, const Value& input) {
  const Value group = group_by_arn(call, input, "logs:UntagResource");
  Map tags = tags_of(group);
  if (input.at("tagKeys").is_list()) {
    for (const Value& key : input.at("tagKeys").as_list()) {
      if (key.is_string()) tags.erase(key.as_string());
    }
  }
  keep(call, with_tags(group, std::move(tags)));
  return {};
}

Value list_tags_for_resource(Call& call, const Value& input) {
  const Value group = group_by_arn(call, input, "logs:ListTagsForResource");
  return Map{{"tags", Value(tags_of(group))}};
}

// Nothing writes events here, so there are no streams.
Value describe_log_streams(Call& call, const Value& input) {
  (void)group_named(call, input.string_or("logGroupName", ""), "logs:DescribeLogStreams");
  return Map{{"logStreams", List{}}};
}

constexpr std::array operations = {
    JsonOperation{"CreateLogGroup", create_log_group},
    JsonOperation{"DeleteLogGroup", delete_log_group},
    JsonOperation{"DescribeLogGroups", describe_log_groups},
    JsonOperation{"PutRetentionPolicy", put_retention_policy},
    JsonOperation{"DeleteRetentionPolicy", delete_retention_policy},
    JsonOperation{"AssociateKmsKey", associate_kms_key},
    JsonOperation{"DisassociateKmsKey", disassociate_kms_key},
    JsonOperation{"TagResource", tag_resource},
    JsonOperation{"UntagResource", untag_resource},
    JsonOperation{"ListTagsForResource", list_tags_for_resource},
    JsonOperation{"DescribeLogStreams", describe_log_streams},
};

}  // namespace

namespace logs {

bool group_exists(const World& world, const std::string& text) {
  const auto arn = parse_arn(text);
  constexpr std::string_view prefix = "log-group:";
  if (!arn || !arn->resource.starts_with(prefix)) return false;
  std::string name = arn->resource.substr(prefix.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return world.store.get(collection(arn->account, arn->region, group_place), name) != nullptr;
}

}  // namespace logs

http::Response answer_logs(Call& call) {
  return answer_json(call, {"logs", "Logs_20140328", "application/x-amz-json-1.1", operations});
}

}  // namespace firn::sandbox::aws
