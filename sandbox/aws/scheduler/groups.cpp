#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/scheduler/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::scheduler {
namespace {

constexpr std::size_t longest_name = 64;
// How long a deleted group is seen as DELETING, with its name taken.
constexpr std::int64_t deletion_ms = 3000;

Map checked_tags(Map tags) {
  if (check_tags(tags).what != TagProblem::What::none) throw validation("The tags are not valid.");
  return tags;
}

bool is_going(const Value& group) {
  return group.find("deleted_at") != nullptr;
}

// The group as it is now; nullptr when there is none, or when its deletion is through.
const Value* find_group(const Call& call, const std::string& name) {
  const Value* group = call.world.store.get(call.place(group_place), name);
  if (!group || !is_going(*group)) return group;
  const bool gone = call.world.now_ms() >= group->int_or("deleted_at", 0) + deletion_ms;
  return gone ? nullptr : group;
}

Refusal being_deleted(const std::string& name) {
  return {409, "ConflictException", fmt::format("Schedule group {} is being deleted.", name)};
}

Value shown_group(const Value& group) {
  return Map{{"Arn", group.at("arn")},
             {"Name", group.at("name")},
             {"State", is_going(group) ? "DELETING" : "ACTIVE"},
             {"CreationDate", epoch_seconds(group.int_or("created_at", 0))},
             {"LastModificationDate", epoch_seconds(group.int_or("created_at", 0))}};
}

Value default_group(const Call& call) {
  return Map{{"arn", group_arn(call, "default")}, {"name", "default"}, {"created_at", 0}};
}

Value group_named(Call& call, const std::string& name, const char* action) {
  call.target = name;
  authorize(call, action, group_arn(call, name));
  if (const Value* group = find_group(call, name)) return *group;
  if (name == "default") return default_group(call);
  throw no_group(name);
}

Value group_by_arn(Call& call, const std::string& text, const char* action) {
  const auto arn = parse_arn(text);
  constexpr std::string_view prefix = "schedule-group/";
  if (!arn || arn->service != "scheduler" || !arn->resource.starts_with(prefix)) {
    throw validation(fmt::format("{} is not the ARN of a schedule group.", text));
  }
  return group_named(call, arn->resource.substr(prefix.size()), action);
}

void keep(Call& call, const Value& group) {
  call.world.store.put(call.place(group_place), group.string_or("name", ""), group);
}

}  // namespace

Refusal validation(std::string message) {
  return {400, "ValidationException", std::move(message)};
}

std::string group_arn(const Call& call, const std::string& name) {
  return call.arn("scheduler", "schedule-group/" + name);
}

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

bool group_exists(const Call& call, const std::string& name) {
  const Value* group = find_group(call, name);
  return name == "default" || (group && !is_going(*group));
}

Refusal no_group(const std::string& name) {
  return {404, "ResourceNotFoundException", fmt::format("Schedule group {} does not exist.", name)};
}

RestOutput create_group(Call& call, const RestInput& input) {
  const std::string& name = input.path[0];
  call.target = name;
  if (!is_name(name)) throw validation(fmt::format("The name {} is not valid.", name));
  authorize(call, "scheduler:CreateScheduleGroup", group_arn(call, name));
  const std::string token = input.body.string_or("ClientToken", "");
  const Value* existing = find_group(call, name);
  if (existing && is_going(*existing)) throw being_deleted(name);
  if (existing || name == "default") {
    if (existing && !token.empty() && existing->string_or("token", "") == token) {
      return {200, Map{{"ScheduleGroupArn", existing->at("arn")}}};
    }
    throw Refusal{409, "ConflictException", fmt::format("Schedule group {} already exists.", name)};
  }
  keep(call, Map{{"name", name},
                 {"arn", group_arn(call, name)},
                 {"token", token},
                 {"tags", Value(checked_tags(tags_in(input.body.at("Tags"), "Key", "Value")))},
                 {"created_at", call.world.now_ms()}});
  return {200, Map{{"ScheduleGroupArn", group_arn(call, name)}}};
}

RestOutput get_group(Call& call, const RestInput& input) {
  return {200, shown_group(group_named(call, input.path[0], "scheduler:GetScheduleGroup"))};
}

RestOutput delete_group(Call& call, const RestInput& input) {
  const Value group = group_named(call, input.path[0], "scheduler:DeleteScheduleGroup");
  const std::string name = group.string_or("name", "");
  if (name == "default") throw validation("The default schedule group cannot be deleted.");
  if (is_going(group)) throw being_deleted(name);
  for (const auto& [key, schedule] : call.world.store.list(call.place(schedule_place))) {
    if (schedule.string_or("group", "") == name) {
      call.world.store.erase(call.place(schedule_place), key);
    }
  }
  // Its schedules are gone at once here; the group itself takes its time, as at AWS.
  keep(call, with(without(group, "tags"), "deleted_at", call.world.now_ms()));
  return {200, Map{}};
}

RestOutput list_groups(Call& call, const RestInput& input) {
  authorize(call, "scheduler:ListScheduleGroups", "*");
  const std::string prefix = input.parameter("NamePrefix");
  List groups;
  if (std::string_view("default").starts_with(prefix)) {
    groups.push_back(shown_group(default_group(call)));
  }
  for (const auto& [name, group] : call.world.store.list(call.place(group_place))) {
    if (name.starts_with(prefix) && find_group(call, name)) groups.push_back(shown_group(group));
  }
  return {200, Map{{"ScheduleGroups", Value(std::move(groups))}}};
}

RestOutput list_tags(Call& call, const RestInput& input) {
  const Value group = group_by_arn(call, input.path[0], "scheduler:ListTagsForResource");
  return {200, Map{{"Tags", tag_list(group.at("tags"), "Key", "Value")}}};
}

RestOutput tag_resource(Call& call, const RestInput& input) {
  const Value group = group_by_arn(call, input.path[0], "scheduler:TagResource");
  Map tags = tags_of(group);
  for (const auto& [key, value] : tags_in(input.body.at("Tags"), "Key", "Value")) {
    tags.set(key, value);
  }
  keep(call, with_tags(group, checked_tags(std::move(tags))));
  return {200, Map{}};
}

RestOutput untag_resource(Call& call, const RestInput& input) {
  const Value group = group_by_arn(call, input.path[0], "scheduler:UntagResource");
  Map tags = tags_of(group);
  for (const std::string& key : input.parameters("TagKeys"))
    tags.erase(key);
  keep(call, with_tags(group, std::move(tags)));
  return {200, Map{}};
}

}  // namespace firn::sandbox::aws::scheduler
