// CloudWatch: metric alarms, by the JSON protocol. There are no metrics: an alarm changes its state
// when SetAlarmState says so.
#include <array>

#include "sandbox/aws/cloudwatch/operations.h"
#include "sandbox/aws/services.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    JsonOperation{"PutMetricAlarm", cloudwatch::put_metric_alarm},
    JsonOperation{"DescribeAlarms", cloudwatch::describe_alarms},
    JsonOperation{"DeleteAlarms", cloudwatch::delete_alarms},
    JsonOperation{"SetAlarmState", cloudwatch::set_alarm_state},
    JsonOperation{"EnableAlarmActions", cloudwatch::enable_alarm_actions},
    JsonOperation{"DisableAlarmActions", cloudwatch::disable_alarm_actions},
    JsonOperation{"TagResource", cloudwatch::tag_resource},
    JsonOperation{"UntagResource", cloudwatch::untag_resource},
    JsonOperation{"ListTagsForResource", cloudwatch::list_tags_for_resource},
};

}  // namespace

http::Response answer_cloudwatch(Call& call) {
  return answer_json(call, {"monitoring", "GraniteServiceVersion20100801",
                            "application/x-amz-json-1.0", operations});
}

}  // namespace firn::sandbox::aws
