// What the files of CloudWatch share.
#pragma once

#include <string>

#include "sandbox/aws/call.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws::cloudwatch {

constexpr std::string_view alarm_place = "cloudwatch/alarm";

[[nodiscard]] Refusal validation(std::string message);

// What PutMetricAlarm refuses. The rest of the checks need no more than the input.
void check_alarm(const Call& call, const Value& input);

// The alarm goes from one state into another: its actions are carried out, as the topics' policies
// allow, and EventBridge is told. Functions do not run here.
void tell_state_change(Call& call, const Value& before, const Value& after);

Value put_metric_alarm(Call&, const Value&);
Value describe_alarms(Call&, const Value&);
Value delete_alarms(Call&, const Value&);
Value set_alarm_state(Call&, const Value&);
Value enable_alarm_actions(Call&, const Value&);
Value disable_alarm_actions(Call&, const Value&);
Value tag_resource(Call&, const Value&);
Value untag_resource(Call&, const Value&);
Value list_tags_for_resource(Call&, const Value&);

}  // namespace firn::sandbox::aws::cloudwatch
