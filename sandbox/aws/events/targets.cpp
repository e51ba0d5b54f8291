#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/events/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::events {
namespace {

constexpr std::size_t most_at_once = 10;
constexpr std::size_t most_of_a_rule = 5;
constexpr std::size_t most_paths = 100;

void check_transformer(const std::string& id, const Value& transformer) {
  for (const auto& [member, value] : transformer.as_map()) {
    if (member != "InputPathsMap" && member != "InputTemplate") {
      throw unknown_member("events", "PutTargets", "InputTransformer." + member);
    }
  }
  const std::string text = transformer.string_or("InputTemplate", "");
  const Value& paths = transformer.at("InputPathsMap");
  if (text.empty()) {
    throw validation(fmt::format("InputTemplate for target {} must not be empty.", id));
  }
  if (paths.is_map() && paths.as_map().size() > most_paths) {
    throw validation(fmt::format("InputPathsMap for target {} has too many members.", id));
  }
  // Every <name> of the template must have a path, unless EventBridge fills it itself.
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
    const auto end = text.find('>', at);
    if (end == std::string::npos) break;
    const std::string name = text.substr(at + 1, end - at - 1);
    if (name.starts_with("aws.events.") || paths.find(name)) continue;
    throw validation(
        fmt::format("InputTemplate for target {} contains invalid placeholder {}.", id, name));
  }
}

void check_role(Call& call, const std::string& role, const std::string& rule) {
  const auto arn = parse_arn(role);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) {
    throw validation(fmt::format("Provided role '{}' is not a valid role ARN.", role));
  }
  authorize(call, "iam:PassRole", role);
  Context context;
  context.set("aws:SourceAccount", call.account);
  context.set("aws:SourceArn", rule);
  if (!service_may_assume(call.world, role, std::string(service_principal), context)) {
    throw validation(fmt::format("Provided role '{}' cannot be assumed by principal '{}'.", role,
                                 service_principal));
  }
}

void check_retry(const Value& retry) {
  const std::int64_t age = retry.int_or("MaximumEventAgeInSeconds", 86400);
  const std::int64_t attempts = retry.int_or("MaximumRetryAttempts", 185);
  if (age < 60 || age > 86400) {
    throw validation("MaximumEventAgeInSeconds must be between 60 and 86400.");
  }
  if (attempts < 0 || attempts > 185) {
    throw validation("MaximumRetryAttempts must be between 0 and 185.");
  }
}

void check_target(Call& call, const Value& target, const std::string& rule) {
  check_members(target, "PutTargets",
                {"Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "SqsParameters",
                 "DeadLetterConfig", "RetryPolicy"});
  const std::string id = target.string_or("Id", "");
  if (!is_name(id)) {
    throw validation(
        fmt::format("1 validation error detected: Value '{}' at 'targets.1.member.id' failed to "
                    "satisfy constraint: Member must satisfy regular expression pattern: "
                    "[\\.\\-_A-Za-z0-9]+",
                    id));
  }
  const std::string text = target.string_or("Arn", "");
  const auto arn = parse_arn(text);
  if (!arn) {
    throw validation(
        fmt::format("Parameter {} is not valid. Reason: Provided Arn is not in "
                    "correct format.",
                    text));
  }
  const bool known = arn->service == "sqs" || arn->service == "sns" || arn->service == "lambda" ||
                     arn->service == "states";
  if (!known) throw unknown_member("events", "PutTargets", "targets of " + arn->service);
  const std::string role = target.string_or("RoleArn", "");
  if (arn->service == "states" && role.empty()) {
    throw validation(fmt::format("RoleArn is required for target {}.", text));
  }
  if (!role.empty()) check_role(call, role, rule);
  const int inputs = int{target.find("Input") != nullptr} +
                     int{target.find("InputPath") != nullptr} +
                     int{target.find("InputTransformer") != nullptr};
  if (inputs > 1) {
    throw validation(fmt::format(
        "Only one of Input, InputPath, or InputTransformer must be provided for target {}.", id));
  }
  if (target.at("InputTransformer").is_map()) check_transformer(id, target.at("InputTransformer"));
  const bool is_fifo = arn->service == "sqs" && arn->resource.ends_with(".fifo");
  const std::string group = target.at("SqsParameters").string_or("MessageGroupId", "");
  if (is_fifo && group.empty()) {
    throw validation(
        fmt::format("Parameter(s) SqsParameters must be specified for target: {}.", id));
  }
  const std::string letters = target.at("DeadLetterConfig").string_or("Arn", "");
  if (!letters.empty()) {
    const auto queue = parse_arn(letters);
    if (!queue || queue->service != "sqs") {
      throw validation(fmt::format("DeadLetterConfig Arn {} is not an SQS queue.", letters));
    }
  }
  check_retry(target.at("RetryPolicy"));
}

}  // namespace

Value put_targets(Call& call, const Value& input) {
  check_members(input, "PutTargets", {"Rule", "EventBusName", "Targets"});
  const Value rule = rule_for(call, input, "Rule", "PutTargets");
  const Value& given = input.at("Targets");
  if (!given.is_list() || given.as_list().empty() || given.as_list().size() > most_at_once) {
    throw validation(
        "1 validation error detected: Value at 'targets' failed to satisfy "
        "constraint: Member must have length between 1 and 10");
  }
  Map targets = rule.at("targets").as_map();
  for (const Value& target : given.as_list()) {
    check_target(call, target, rule.string_or("arn", ""));
    targets.set(target.string_or("Id", ""), target);
  }
  if (targets.size() > most_of_a_rule) {
    throw Refusal{400, "LimitExceededException",
                  "The requested resource exceeds the maximum number allowed."};
  }
  keep_rule(call, with(rule, "targets", Value(std::move(targets))));
  return Map{{"FailedEntryCount", 0}, {"FailedEntries", List{}}};
}

Value list_targets_by_rule(Call& call, const Value& input) {
  check_members(input, "ListTargetsByRule", {"Rule", "EventBusName", "NextToken", "Limit"});
  const Value rule = rule_for(call, input, "Rule", "ListTargetsByRule");
  const std::string after = input.string_or("NextToken", "");
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("Limit", 100), 1, 100));
  List targets;
  std::string last;
  Map answer;
  for (const auto& [id, target] : rule.at("targets").as_map()) {
    if (!after.empty() && id <= after) continue;
    if (targets.size() == most) {
      answer.set("NextToken", last);
      break;
    }
    targets.push_back(target);
    last = id;
  }
  answer.set("Targets", Value(std::move(targets)));
  return Value(std::move(answer));
}

Value remove_targets(Call& call, const Value& input) {
  check_members(input, "RemoveTargets", {"Rule", "EventBusName", "Ids", "Force"});
  const Value rule = rule_for(call, input, "Rule", "RemoveTargets");
  Map targets = rule.at("targets").as_map();
  if (input.at("Ids").is_list()) {
    for (const Value& id : input.at("Ids").as_list()) {
      if (id.is_string()) targets.erase(id.as_string());
    }
  }
  keep_rule(call, with(rule, "targets", Value(std::move(targets))));
  return Map{{"FailedEntryCount", 0}, {"FailedEntries", List{}}};
}

}  // namespace firn::sandbox::aws::events
