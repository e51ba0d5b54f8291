// What happens when an alarm changes its state.
//
// Source: Amazon CloudWatch User Guide, "Notifying users on alarm changes" and "Alarm events and
// EventBridge".
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/cloudwatch/operations.h"
#include "sandbox/aws/events/bus.h"
#include "sandbox/aws/sns/state.h"

namespace firn::sandbox::aws::cloudwatch {
namespace {

const char* actions_for(const std::string& state) {
  if (state == "ALARM") return "AlarmActions";
  return state == "OK" ? "OKActions" : "InsufficientDataActions";
}

std::string message(const Call& call, const Value& before, const Value& after) {
  Map trigger;
  for (const char* member : {"MetricName", "Namespace", "Statistic", "ExtendedStatistic",
                             "Dimensions", "Period", "EvaluationPeriods", "DatapointsToAlarm",
                             "ComparisonOperator", "Threshold", "TreatMissingData", "Metrics"}) {
    if (const Value* value = after.find(member)) trigger.set(member, *value);
  }
  return to_json(Map{{"AlarmName", after.at("AlarmName")},
                     {"AlarmDescription", after.at("AlarmDescription")},
                     {"AWSAccountId", call.account},
                     {"AlarmArn", after.at("AlarmArn")},
                     {"NewStateValue", after.at("StateValue")},
                     {"NewStateReason", after.at("StateReason")},
                     {"OldStateValue", before.at("StateValue")},
                     {"StateChangeTime", iso_ms(call.world.now_ms())},
                     {"Region", call.region},
                     {"Trigger", Value(std::move(trigger))}});
}

// A topic whose policy does not let CloudWatch publish gets nothing, and nobody is told.
void publish(Call& call, const Value& alarm, const std::string& topic_arn,
             const std::string& text) {
  const auto id = sns::topic_in_arn(topic_arn);
  const Value* found = id ? sns::find_topic(call.world, *id) : nullptr;
  if (!found) return;
  const Value topic = *found;
  Principal principal;
  principal.kind = Principal::Kind::service;
  principal.service = "cloudwatch.amazonaws.com";
  principal.account = call.account;  // what a topic's default policy asks for
  Context context;
  context.set("aws:SourceArn", alarm.string_or("AlarmArn", ""));
  context.set("aws:SourceAccount", call.account);
  if (!sns::may(call.world, topic, principal, "sns:Publish", context).allowed) return;
  const std::string subject = fmt::format("{}: \"{}\" in {}", alarm.string_or("StateValue", ""),
                                          alarm.string_or("AlarmName", ""), call.region);
  sns::publish(call.world, *id, topic, subject, text);
}

Value state_of(const Value& alarm) {
  return Map{{"value", alarm.at("StateValue")},
             {"reason", alarm.at("StateReason")},
             {"timestamp", iso_ms(alarm.int_or("StateUpdatedTimestamp", 0))}};
}

void tell_event_bus(Call& call, const Value& before, const Value& after) {
  events::Event event;
  event.source = "aws.cloudwatch";
  event.detail_type = "CloudWatch Alarm State Change";
  event.resources = {after.string_or("AlarmArn", "")};
  event.detail = Map{{"alarmName", after.at("AlarmName")},
                     {"state", state_of(after)},
                     {"previousState", state_of(before)},
                     {"configuration", Map{{"description", after.at("AlarmDescription")}}}};
  events::emit(call.world, call.account, call.region, std::move(event));
}

}  // namespace

void tell_state_change(Call& call, const Value& before, const Value& after) {
  tell_event_bus(call, before, after);
  if (!after.bool_or("ActionsEnabled", true)) return;
  const Value& actions = after.at(actions_for(after.string_or("StateValue", "")));
  if (!actions.is_list()) return;
  const std::string text = message(call, before, after);
  for (const Value& action : actions.as_list())
    publish(call, after, action.as_string(), text);
}

}  // namespace firn::sandbox::aws::cloudwatch
