#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/scheduler/expression.h"
#include "sandbox/aws/scheduler/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::scheduler {
namespace {

std::string key_of(const std::string& group, const std::string& name) {
  return group + "/" + name;
}

std::string schedule_arn(const Call& call, const std::string& group, const std::string& name) {
  return call.arn("scheduler", fmt::format("schedule/{}/{}", group, name));
}

Refusal no_schedule(const std::string& name) {
  return {404, "ResourceNotFoundException", fmt::format("Schedule {} does not exist.", name)};
}

Value checked_window(const Value& window) {
  const std::string mode = window.string_or("Mode", "");
  if (mode == "OFF") {
    if (window.find("MaximumWindowInMinutes") && !window.at("MaximumWindowInMinutes").is_null()) {
      throw validation(
          "MaximumWindowInMinutes must not be provided when the FlexibleTimeWindow "
          "mode is OFF.");
    }
    return Map{{"Mode", mode}};
  }
  const std::int64_t minutes = window.int_or("MaximumWindowInMinutes", 0);
  if (mode != "FLEXIBLE" || minutes < 1 || minutes > 1440) {
    throw validation(
        "FlexibleTimeWindow must have the mode OFF, or the mode FLEXIBLE and "
        "MaximumWindowInMinutes between 1 and 1440.");
  }
  return Map{{"Mode", mode}, {"MaximumWindowInMinutes", minutes}};
}

void check_role(Call& call, const std::string& role, const std::string& group) {
  const auto arn = parse_arn(role);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) {
    throw validation(fmt::format("RoleArn {} is not a valid role ARN.", role));
  }
  authorize(call, "iam:PassRole", role);
  Context context;
  context.set("aws:SourceAccount", call.account);
  context.set("aws:SourceArn", group_arn(call, group));
  if (!service_may_assume(call.world, role, "scheduler.amazonaws.com", context)) {
    throw validation(
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
  }
}

Value checked_target(Call& call, const Value& target, const std::string& group) {
  for (const auto& [name, value] : target.as_map()) {
    if (name != "Arn" && name != "RoleArn" && name != "Input" && name != "RetryPolicy" &&
        name != "DeadLetterConfig") {
      throw unknown_member("scheduler", "CreateSchedule", name);
    }
  }
  const std::string arn = target.string_or("Arn", "");
  if (!parse_arn(arn)) {
    throw validation(fmt::format("Provided Arn is not in correct format: {}", arn));
  }
  check_role(call, target.string_or("RoleArn", ""), group);
  Map kept = target.as_map();
  const Value& retry = target.at("RetryPolicy");
  const std::int64_t age = retry.int_or("MaximumEventAgeInSeconds", 86400);
  const std::int64_t attempts = retry.int_or("MaximumRetryAttempts", 185);
  if (age < 60 || age > 86400) {
    throw validation("MaximumEventAgeInSeconds must be between 60 and 86400.");
  }
  if (attempts < 0 || attempts > 185) {
    throw validation("MaximumRetryAttempts must be between 0 and 185.");
  }
  kept.set("RetryPolicy",
           Map{{"MaximumEventAgeInSeconds", age}, {"MaximumRetryAttempts", attempts}});
  const std::string dead_letters = target.at("DeadLetterConfig").string_or("Arn", "");
  if (!dead_letters.empty()) {
    const auto queue = parse_arn(dead_letters);
    if (!queue || queue->service != "sqs") {
      throw validation(
          fmt::format("DeadLetterConfig Arn {} is not an SQS queue ARN.", dead_letters));
    }
  }
  return Value(std::move(kept));
}

// The whole schedule that a body describes: what is not sent falls back to its default.
Map checked_schedule(Call& call, const Value& body, const std::string& group) {
  for (const auto& [member, value] : body.as_map()) {
    static constexpr std::string_view known[] = {
        "Name",        "GroupName",   "ScheduleExpression", "ScheduleExpressionTimezone",
        "State",       "Target",      "FlexibleTimeWindow", "ActionAfterCompletion",
        "Description", "ClientToken", "StartDate",          "EndDate"};
    if (std::find(std::begin(known), std::end(known), member) == std::end(known)) {
      throw unknown_member("scheduler", "CreateSchedule", member);
    }
  }
  const std::string expression = body.string_or("ScheduleExpression", "");
  if (!is_schedule_expression(expression)) {
    throw validation(fmt::format("Invalid Schedule Expression {}.", expression));
  }
  const std::string zone = body.string_or("ScheduleExpressionTimezone", "UTC");
  if (!is_time_zone(zone)) {
    throw validation(fmt::format("Invalid ScheduleExpressionTimezone {}.", zone));
  }
  const std::string state = body.string_or("State", "ENABLED");
  if (state != "ENABLED" && state != "DISABLED") {
    throw validation(
        fmt::format("Value '{}' at 'state' failed to satisfy constraint: Member must "
                    "satisfy enum value set: [ENABLED, DISABLED]",
                    state));
  }
  if (!body.at("FlexibleTimeWindow").is_map() || !body.at("Target").is_map()) {
    throw validation("FlexibleTimeWindow and Target must be provided.");
  }
  Map schedule{{"ScheduleExpression", expression},
               {"ScheduleExpressionTimezone", zone},
               {"State", state},
               {"FlexibleTimeWindow", checked_window(body.at("FlexibleTimeWindow"))},
               {"ActionAfterCompletion", body.string_or("ActionAfterCompletion", "NONE")},
               {"Target", checked_target(call, body.at("Target"), group)}};
  for (const char* member : {"Description", "StartDate", "EndDate"}) {
    if (body.find(member) && !body.at(member).is_null()) schedule.set(member, body.at(member));
  }
  return schedule;
}

}  // namespace

RestOutput create_schedule(Call& call, const RestInput& input) {
  const std::string& name = input.path[0];
  const std::string group = input.body.string_or("GroupName", "default");
  call.target = name;
  if (!is_name(name)) {
    throw validation(
        fmt::format("Value '{}' at 'name' failed to satisfy constraint: Member must "
                    "satisfy regular expression pattern: [0-9a-zA-Z-_.]+",
                    name));
  }
  const std::string arn = schedule_arn(call, group, name);
  authorize(call, "scheduler:CreateSchedule", arn);
  if (!group_exists(call, group)) throw no_group(group);
  const std::string token = input.body.string_or("ClientToken", "");
  if (const Value* existing =
          call.world.store.get(call.place(schedule_place), key_of(group, name))) {
    // A repeated request with the same token is the same request.
    if (!token.empty() && existing->string_or("token", "") == token &&
        existing->at("request") == without(input.body, "ClientToken")) {
      return {200, Map{{"ScheduleArn", arn}}};
    }
    throw Refusal{409, "ConflictException", fmt::format("Schedule {} already exists.", name)};
  }
  Map schedule = checked_schedule(call, input.body, group);
  const std::int64_t now = call.world.now_ms();
  schedule.set("name", name);
  schedule.set("group", group);
  schedule.set("arn", arn);
  schedule.set("token", token);
  schedule.set("request", without(input.body, "ClientToken"));
  schedule.set("created_at", now);
  schedule.set("modified_at", now);
  call.world.store.put(call.place(schedule_place), key_of(group, name), Value(std::move(schedule)));
  return {200, Map{{"ScheduleArn", arn}}};
}

RestOutput update_schedule(Call& call, const RestInput& input) {
  const std::string& name = input.path[0];
  const std::string group = input.body.string_or("GroupName", "default");
  call.target = name;
  const std::string arn = schedule_arn(call, group, name);
  authorize(call, "scheduler:UpdateSchedule", arn);
  const Value* existing = call.world.store.get(call.place(schedule_place), key_of(group, name));
  if (!existing) throw no_schedule(name);
  const std::int64_t created = existing->int_or("created_at", 0);
  Map schedule = checked_schedule(call, input.body, group);
  schedule.set("name", name);
  schedule.set("group", group);
  schedule.set("arn", arn);
  schedule.set("created_at", created);
  schedule.set("modified_at", call.world.now_ms());
  call.world.store.put(call.place(schedule_place), key_of(group, name), Value(std::move(schedule)));
  return {200, Map{{"ScheduleArn", arn}}};
}

RestOutput get_schedule(Call& call, const RestInput& input) {
  const std::string& name = input.path[0];
  std::string group = input.parameter("groupName");
  if (group.empty()) group = "default";
  call.target = name;
  authorize(call, "scheduler:GetSchedule", schedule_arn(call, group, name));
  const Value* schedule = call.world.store.get(call.place(schedule_place), key_of(group, name));
  if (!schedule) throw no_schedule(name);
  Map shown = schedule->as_map();
  for (const char* own :
       {"name", "group", "arn", "token", "request", "created_at", "modified_at"}) {
    shown.erase(own);
  }
  shown.set("Name", name);
  shown.set("GroupName", group);
  shown.set("Arn", schedule->at("arn"));
  shown.set("CreationDate", epoch_seconds(schedule->int_or("created_at", 0)));
  shown.set("LastModificationDate", epoch_seconds(schedule->int_or("modified_at", 0)));
  return {200, Value(std::move(shown))};
}

RestOutput delete_schedule(Call& call, const RestInput& input) {
  const std::string& name = input.path[0];
  std::string group = input.parameter("groupName");
  if (group.empty()) group = "default";
  call.target = name;
  authorize(call, "scheduler:DeleteSchedule", schedule_arn(call, group, name));
  if (!call.world.store.erase(call.place(schedule_place), key_of(group, name))) {
    throw no_schedule(name);
  }
  return {200, Map{}};
}

RestOutput list_schedules(Call& call, const RestInput& input) {
  authorize(call, "scheduler:ListSchedules", "*");
  const std::string group = input.parameter("ScheduleGroup");
  const std::string prefix = input.parameter("NamePrefix");
  const std::string state = input.parameter("State");
  const std::string after = input.parameter("NextToken");
  std::size_t most = 100;
  if (const std::string given = input.parameter("MaxResults"); !given.empty()) {
    (void)std::from_chars(given.data(), given.data() + given.size(), most);
    most = std::clamp<std::size_t>(most, 1, 100);
  }
  List schedules;
  std::string last;
  Map answer;
  for (const auto& [key, schedule] : call.world.store.list(call.place(schedule_place))) {
    const bool wanted = (after.empty() || key > after) &&
                        (group.empty() || schedule.string_or("group", "") == group) &&
                        (state.empty() || schedule.string_or("State", "") == state) &&
                        schedule.string_or("name", "").starts_with(prefix);
    if (!wanted) continue;
    if (schedules.size() == most) {
      answer.set("NextToken", last);
      break;
    }
    schedules.push_back(
        Map{{"Arn", schedule.at("arn")},
            {"Name", schedule.at("name")},
            {"GroupName", schedule.at("group")},
            {"State", schedule.at("State")},
            {"CreationDate", epoch_seconds(schedule.int_or("created_at", 0))},
            {"LastModificationDate", epoch_seconds(schedule.int_or("modified_at", 0))},
            {"Target", Map{{"Arn", schedule.at("Target").at("Arn")}}}});
    last = key;
  }
  answer.set("Schedules", Value(std::move(schedules)));
  return {200, Value(std::move(answer))};
}

}  // namespace firn::sandbox::aws::scheduler
