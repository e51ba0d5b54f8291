// What the files of the Scheduler share.
#pragma once

#include <string>

#include "sandbox/aws/call.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws::scheduler {

constexpr std::string_view group_place = "scheduler/group";
constexpr std::string_view schedule_place = "scheduler/schedule";

[[nodiscard]] Refusal validation(std::string message);
[[nodiscard]] std::string group_arn(const Call& call, const std::string& name);
[[nodiscard]] bool is_name(const std::string& name);
// The group "default" is always there.
[[nodiscard]] bool group_exists(const Call& call, const std::string& name);
[[nodiscard]] Refusal no_group(const std::string& name);

RestOutput create_schedule(Call&, const RestInput&);
RestOutput update_schedule(Call&, const RestInput&);
RestOutput get_schedule(Call&, const RestInput&);
RestOutput delete_schedule(Call&, const RestInput&);
RestOutput list_schedules(Call&, const RestInput&);
RestOutput create_group(Call&, const RestInput&);
RestOutput get_group(Call&, const RestInput&);
RestOutput delete_group(Call&, const RestInput&);
RestOutput list_groups(Call&, const RestInput&);
RestOutput list_tags(Call&, const RestInput&);
RestOutput tag_resource(Call&, const RestInput&);
RestOutput untag_resource(Call&, const RestInput&);

}  // namespace firn::sandbox::aws::scheduler
