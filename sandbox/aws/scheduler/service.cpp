#include <array>

#include "sandbox/aws/scheduler/operations.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    RestOperation{"CreateSchedule", "POST", "/schedules/{}", scheduler::create_schedule},
    RestOperation{"UpdateSchedule", "PUT", "/schedules/{}", scheduler::update_schedule},
    RestOperation{"GetSchedule", "GET", "/schedules/{}", scheduler::get_schedule},
    RestOperation{"DeleteSchedule", "DELETE", "/schedules/{}", scheduler::delete_schedule},
    RestOperation{"ListSchedules", "GET", "/schedules", scheduler::list_schedules},
    RestOperation{"CreateScheduleGroup", "POST", "/schedule-groups/{}", scheduler::create_group},
    RestOperation{"GetScheduleGroup", "GET", "/schedule-groups/{}", scheduler::get_group},
    RestOperation{"DeleteScheduleGroup", "DELETE", "/schedule-groups/{}", scheduler::delete_group},
    RestOperation{"ListScheduleGroups", "GET", "/schedule-groups", scheduler::list_groups},
    RestOperation{"ListTagsForResource", "GET", "/tags/{}", scheduler::list_tags},
    RestOperation{"TagResource", "POST", "/tags/{}", scheduler::tag_resource},
    RestOperation{"UntagResource", "DELETE", "/tags/{}", scheduler::untag_resource},
};

}  // namespace

http::Response answer_scheduler(Call& call) {
  return answer_rest(call, "scheduler", operations);
}

}  // namespace firn::sandbox::aws
