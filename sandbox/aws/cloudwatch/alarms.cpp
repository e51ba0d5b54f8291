#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/cloudwatch/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::cloudwatch {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t most_names = 100;

std::string alarm_arn(const Call& call, const std::string& name) {
  return call.arn("cloudwatch", "alarm:" + name);
}

Refusal no_alarm() {
  return {404, "ResourceNotFound", "No alarm of this name exists.", {}, "ResourceNotFound"};
}

Map checked_tags(Map tags) {
  const TagProblem problem = check_tags(tags);
  if (problem.what == TagProblem::What::none) return tags;
  throw Refusal{400,
                "InvalidParameterValueException",
                fmt::format("The tag {} is not valid.", problem.key),
                {},
                "InvalidParameterValue"};
}

const Value* find_alarm(const Call& call, const std::string& name) {
  return call.world.store.get(call.place(alarm_place), name);
}

void keep(Call& call, const Value& alarm) {
  call.world.store.put(call.place(alarm_place), alarm.string_or("AlarmName", ""), alarm);
}

Value shown(const Value& alarm) {
  Map members = alarm.as_map();
  members.erase("tags");
  for (const char* time : {"AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp",
                           "StateTransitionedTimestamp"}) {
    members.set(time, epoch_seconds(alarm.int_or(time, 0)));
  }
  for (const char* list : {"AlarmActions", "OKActions", "InsufficientDataActions", "Dimensions"}) {
    if (!members.find(list)) members.set(list, List{});
  }
  return Value(std::move(members));
}

std::vector<std::string> names_in(const Value& input) {
  std::vector<std::string> names;
  const Value& given = input.at("AlarmNames");
  if (!given.is_list()) return names;
  if (given.as_list().size() > most_names) {
    throw validation(
        "1 validation error detected: Value at 'alarmNames' failed to satisfy "
        "constraint: Member must have length less than or equal to 100");
  }
  for (const Value& name : given.as_list()) {
    if (name.is_string()) names.push_back(name.as_string());
  }
  return names;
}

Value alarm_by_arn(Call& call, const Value& input, const char* action) {
  const std::string text = input.string_or("ResourceARN", "");
  const auto arn = parse_arn(text);
  constexpr std::string_view prefix = "alarm:";
  if (!arn || arn->service != "cloudwatch" || !arn->resource.starts_with(prefix)) {
    throw Refusal{400,
                  "InvalidParameterValueException",
                  fmt::format("The ARN {} is not valid.", text),
                  {},
                  "InvalidParameterValue"};
  }
  call.target = arn->resource.substr(prefix.size());
  authorize(call, action, text);
  const Value* alarm = find_alarm(call, call.target);
  if (!alarm) {
    throw Refusal{404, "ResourceNotFoundException", fmt::format("Unknown resource {}", text)};
  }
  return *alarm;
}

Value set_actions(Call& call, const Value& input, const char* action, bool enabled) {
  for (const std::string& name : names_in(input)) {
    authorize(call, action, alarm_arn(call, name));
    if (const Value* alarm = find_alarm(call, name)) {
      const Value changed = with(*alarm, "ActionsEnabled", enabled);
      keep(call, changed);
    }
  }
  return {};
}

}  // namespace

Refusal validation(std::string message) {
  return {400, "ValidationError", std::move(message), {}, "ValidationError"};
}

Value put_metric_alarm(Call& call, const Value& input) {
  const std::string name = input.string_or("AlarmName", "");
  call.target = name;
  if (name.empty() || name.size() > longest_name) {
    throw validation(
        "1 validation error detected: Value at 'alarmName' failed to satisfy "
        "constraint: Member must have length between 1 and 255");
  }
  authorize(call, "cloudwatch:PutMetricAlarm", alarm_arn(call, name));
  check_alarm(call, input);
  const Value* existing = find_alarm(call, name);
  const std::int64_t now = call.world.now_ms();
  Map alarm = input.as_map();
  alarm.erase("Tags");
  alarm.set("AlarmArn", alarm_arn(call, name));
  if (!alarm.find("ActionsEnabled")) alarm.set("ActionsEnabled", true);
  alarm.set("AlarmConfigurationUpdatedTimestamp", now);
  if (existing) {
    // The whole configuration is written anew; the state stays, and so do the tags.
    for (const char* member : {"StateValue", "StateReason", "StateUpdatedTimestamp",
                               "StateTransitionedTimestamp", "tags"}) {
      alarm.set(member, existing->at(member));
    }
  } else {
    alarm.set("StateValue", "INSUFFICIENT_DATA");
    alarm.set("StateReason", "Unchecked: Initial alarm creation");
    alarm.set("StateUpdatedTimestamp", now);
    alarm.set("StateTransitionedTimestamp", now);
    alarm.set("tags", Value(checked_tags(tags_in(input.at("Tags"), "Key", "Value"))));
  }
  keep(call, Value(std::move(alarm)));
  return {};
}

Value describe_alarms(Call& call, const Value& input) {
  for (const auto& [member, value] : input.as_map()) {
    if (member != "AlarmNames" && member != "AlarmNamePrefix" && member != "StateValue" &&
        member != "MaxRecords" && member != "NextToken" && member != "AlarmTypes") {
      throw unknown_member("monitoring", "DescribeAlarms", member);
    }
  }
  authorize(call, "cloudwatch:DescribeAlarms", call.arn("cloudwatch", "alarm:*"));
  const std::vector<std::string> names = names_in(input);
  const std::string prefix = input.string_or("AlarmNamePrefix", "");
  if (!names.empty() && !prefix.empty()) {
    throw validation("AlarmNames and AlarmNamePrefix must not be given together.");
  }
  const std::string state = input.string_or("StateValue", "");
  const std::string after = input.string_or("NextToken", "");
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("MaxRecords", 50), 1, 100));
  List alarms;
  std::string last;
  Map answer{{"CompositeAlarms", List{}}};
  for (const auto& [name, alarm] : call.world.store.list(call.place(alarm_place))) {
    const bool wanted = (names.empty() || std::ranges::find(names, name) != names.end()) &&
                        name.starts_with(prefix) &&
                        (state.empty() || alarm.string_or("StateValue", "") == state);
    if (!wanted || (!after.empty() && name <= after)) continue;
    // Names that were asked for come in one page.
    if (names.empty() && alarms.size() == most) {
      answer.set("NextToken", last);
      break;
    }
    alarms.push_back(shown(alarm));
    last = name;
  }
  answer.set("MetricAlarms", Value(std::move(alarms)));
  return Value(std::move(answer));
}

Value delete_alarms(Call& call, const Value& input) {
  const std::vector<std::string> names = names_in(input);
  if (names.size() == 1) call.target = names.front();
  bool any = false;
  for (const std::string& name : names) {
    authorize(call, "cloudwatch:DeleteAlarms", alarm_arn(call, name));
    any = call.world.store.erase(call.place(alarm_place), name) || any;
  }
  if (!any) throw no_alarm();
  return {};
}

Value set_alarm_state(Call& call, const Value& input) {
  const std::string name = input.string_or("AlarmName", "");
  call.target = name;
  authorize(call, "cloudwatch:SetAlarmState", alarm_arn(call, name));
  const std::string state = input.string_or("StateValue", "");
  if (state != "OK" && state != "ALARM" && state != "INSUFFICIENT_DATA") {
    throw validation(
        fmt::format("1 validation error detected: Value '{}' at 'stateValue' failed "
                    "to satisfy constraint: Member must satisfy enum value set: "
                    "[INSUFFICIENT_DATA, ALARM, OK]",
                    state));
  }
  const Value* found = find_alarm(call, name);
  if (!found) throw no_alarm();
  const Value before = *found;
  Value after = with(before, "StateValue", state);
  after = with(after, "StateReason", input.string_or("StateReason", ""));
  after = with(after, "StateUpdatedTimestamp", call.world.now_ms());
  const bool changes = before.string_or("StateValue", "") != state;
  if (changes) after = with(after, "StateTransitionedTimestamp", call.world.now_ms());
  keep(call, after);
  if (changes) tell_state_change(call, before, after);
  return {};
}

Value enable_alarm_actions(Call& call, const Value& input) {
  return set_actions(call, input, "cloudwatch:EnableAlarmActions", true);
}
Value disable_alarm_actions(Call& call, const Value& input) {
  return set_actions(call, input, "cloudwatch:DisableAlarmActions", false);
}

Value tag_resource(Call& call, const Value& input) {
  const Value alarm = alarm_by_arn(call, input, "cloudwatch:TagResource");
  Map tags = tags_of(alarm);
  for (const auto& [key, value] : tags_in(input.at("Tags"), "Key", "Value"))
    tags.set(key, value);
  keep(call, with_tags(alarm, checked_tags(std::move(tags))));
  return Map{};
}

Value untag_resource(Call& call, const Value& input) {
  const Value alarm = alarm_by_arn(call, input, "cloudwatch:UntagResource");
  Map tags = tags_of(alarm);
  if (input.at("TagKeys").is_list()) {
    for (const Value& key : input.at("TagKeys").as_list()) {
      if (key.is_string()) tags.erase(key.as_string());
    }
  }
  keep(call, with_tags(alarm, std::move(tags)));
  return Map{};
}

Value list_tags_for_resource(Call& call, const Value& input) {
  const Value alarm = alarm_by_arn(call, input, "cloudwatch:ListTagsForResource");
  return Map{{"Tags", tag_list(Value(tags_of(alarm)), "Key", "Value")}};
}

}  // namespace firn::sandbox::aws::cloudwatch
