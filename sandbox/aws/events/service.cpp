// EventBridge: buses, rules and their targets. Rules with a schedule do not fire.
#include <array>

#include "sandbox/aws/events/operations.h"
#include "sandbox/aws/services.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    JsonOperation{"PutRule", events::put_rule},
    JsonOperation{"DescribeRule", events::describe_rule},
    JsonOperation{"ListRules", events::list_rules},
    JsonOperation{"DeleteRule", events::delete_rule},
    JsonOperation{"EnableRule", events::enable_rule},
    JsonOperation{"DisableRule", events::disable_rule},
    JsonOperation{"TagResource", events::tag_resource},
    JsonOperation{"UntagResource", events::untag_resource},
    JsonOperation{"ListTagsForResource", events::list_tags_for_resource},
    JsonOperation{"PutTargets", events::put_targets},
    JsonOperation{"ListTargetsByRule", events::list_targets_by_rule},
    JsonOperation{"RemoveTargets", events::remove_targets},
    JsonOperation{"CreateEventBus", events::create_event_bus},
    JsonOperation{"DescribeEventBus", events::describe_event_bus},
    JsonOperation{"DeleteEventBus", events::delete_event_bus},
    JsonOperation{"ListEventBuses", events::list_event_buses},
    JsonOperation{"PutEvents", events::put_events},
    JsonOperation{"TestEventPattern", events::test_event_pattern},
};

}  // namespace

http::Response answer_events(Call& call) {
  return answer_json(call, {"events", "AWSEvents", "application/x-amz-json-1.1", operations});
}

}  // namespace firn::sandbox::aws
