#include <algorithm>
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/events/operations.h"
#include "sandbox/aws/events/pattern.h"
#include "sandbox/aws/scheduler/expression.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::events {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_pattern = 4096;
constexpr std::size_t longest_description = 512;

Map checked_tags(Map tags) {
  const TagProblem problem = check_tags(tags);
  if (problem.what == TagProblem::What::too_many) {
    throw Refusal{400, "LimitExceededException", "A resource can have no more than 50 tags."};
  }
  if (problem.what != TagProblem::What::none) {
    throw validation(fmt::format("The tag {} is not valid.", problem.key));
  }
  return tags;
}

// Rules know rate() and cron(), but no at().
bool is_rule_schedule(const std::string& text) {
  return !text.starts_with("at(") && scheduler::is_schedule_expression(text);
}

void check_role(Call& call, const std::string& role) {
  const auto arn = parse_arn(role);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) {
    throw validation(fmt::format("Parameter RoleArn {} is not valid.", role));
  }
  authorize(call, "iam:PassRole", role);
}

Value shown(const Value& rule) {
  Map members{{"Name", rule.at("name")},
              {"Arn", rule.at("arn")},
              {"EventBusName", rule.at("bus")},
              {"State", rule.at("state")}};
  for (const char* member : {"EventPattern", "ScheduleExpression", "Description", "RoleArn"}) {
    if (const Value* value = rule.find(member)) members.set(member, *value);
  }
  return Value(std::move(members));
}

Value set_state(Call& call, const Value& input, const char* operation, const char* state) {
  check_members(input, operation, {"Name", "EventBusName"});
  const Value rule = rule_for(call, input, "Name", operation);
  keep_rule(call, with(rule, "state", state));
  return {};
}

Value rule_by_arn(Call& call, const Value& input, const char* action) {
  const std::string text = input.string_or("ResourceARN", "");
  const auto arn = parse_arn(text);
  constexpr std::string_view prefix = "rule/";
  if (!arn || arn->service != "events" || !arn->resource.starts_with(prefix)) {
    throw validation(
        fmt::format("Parameter {} is not valid. Reason: Provided Arn is not in "
                    "correct format.",
                    text));
  }
  std::string name = arn->resource.substr(prefix.size());
  std::string bus = "default";
  if (const auto slash = name.find('/'); slash != std::string::npos) {
    bus = name.substr(0, slash);
    name = name.substr(slash + 1);
  }
  const Value one = Map{{"Name", name}, {"EventBusName", bus}};
  return rule_for(call, one, "Name", action);
}

}  // namespace

Refusal validation(std::string message) {
  return {400, "ValidationException", std::move(message)};
}
Refusal not_found(std::string message) {
  return {400, "ResourceNotFoundException", std::move(message)};
}

void check_members(const Value& input, const char* operation,
                   std::initializer_list<std::string_view> known) {
  for (const auto& [member, value] : input.as_map()) {
    if (std::ranges::find(known, member) == known.end()) {
      throw unknown_member("events", operation, member);
    }
  }
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

std::string rule_key(const std::string& bus, const std::string& rule) {
  return bus + "/" + rule;
}

std::string rule_arn(const Call& call, const std::string& bus, const std::string& rule) {
  return call.arn("events", bus == "default" ? "rule/" + rule : "rule/" + rule_key(bus, rule));
}

Value rule_for(Call& call, const Value& input, std::string_view name_member, const char* action) {
  const std::string name = input.string_or(name_member, "");
  call.target = name;
  const std::string bus = bus_in(call, input);
  authorize(call, std::string("events:") + action, rule_arn(call, bus, name));
  const Value* rule = call.world.store.get(call.place(rule_place), rule_key(bus, name));
  if (!rule) throw not_found(fmt::format("Rule {} does not exist on EventBus {}.", name, bus));
  return *rule;
}

void keep_rule(Call& call, const Value& rule) {
  call.world.store.put(call.place(rule_place),
                       rule_key(rule.string_or("bus", ""), rule.string_or("name", "")), rule);
}

Value checked_pattern(const char* operation, const std::string& text) {
  const auto refused = [](const std::string& reason) {
    return Refusal{400, "InvalidEventPatternException",
                   fmt::format("Event pattern is not valid. Reason: {}", reason)};
  };
  if (text.size() > longest_pattern) {
    throw validation(
        "1 validation error detected: Value at 'eventPattern' failed to satisfy "
        "constraint: Member must have length less than or equal to 4096");
  }
  auto pattern = parse_json(text);
  if (!pattern) throw refused("Unrecognized token");
  std::string unknown;
  const auto problem = pattern_problem(*pattern, unknown);
  if (!unknown.empty()) throw unknown_member("events", operation, unknown);
  if (problem) throw refused(*problem);
  return std::move(*pattern);
}

Value put_rule(Call& call, const Value& input) {
  check_members(input, "PutRule",
                {"Name", "ScheduleExpression", "EventPattern", "State", "Description", "RoleArn",
                 "Tags", "EventBusName"});
  const std::string name = input.string_or("Name", "");
  call.target = name;
  if (!is_name(name)) {
    throw validation(fmt::format(
        "1 validation error detected: Value '{}' at 'name' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
        name));
  }
  const std::string bus = bus_in(call, input);
  authorize(call, "events:PutRule", rule_arn(call, bus, name));
  const std::string pattern = input.string_or("EventPattern", "");
  const std::string schedule = input.string_or("ScheduleExpression", "");
  if (pattern.empty() && schedule.empty()) {
    throw validation("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  if (!schedule.empty() && bus != "default") {
    throw validation("ScheduleExpression is supported only on the default event bus.");
  }
  if (!schedule.empty() && !is_rule_schedule(schedule)) {
    throw validation("Parameter ScheduleExpression is not valid.");
  }
  const std::string state = input.string_or("State", "ENABLED");
  if (state == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") {
    throw unknown_member("events", "PutRule", "State " + state);
  }
  if (state != "ENABLED" && state != "DISABLED") {
    throw validation(
        fmt::format("1 validation error detected: Value '{}' at 'state' failed to "
                    "satisfy constraint: Member must satisfy enum value set",
                    state));
  }
  if (input.string_or("Description", "").size() > longest_description) {
    throw validation(
        "1 validation error detected: Value at 'description' failed to satisfy "
        "constraint: Member must have length less than or equal to 512");
  }
  const std::string role = input.string_or("RoleArn", "");
  if (!role.empty()) check_role(call, role);
  const Value* existing = call.world.store.get(call.place(rule_place), rule_key(bus, name));
  // What is not said is gone; tags count only when the rule is new.
  Map rule{{"name", name},
           {"bus", bus},
           {"arn", rule_arn(call, bus, name)},
           {"state", state},
           {"targets", existing ? existing->at("targets") : Value(Map{})},
           {"tags", existing ? Value(tags_of(*existing))
                             : Value(checked_tags(tags_in(input.at("Tags"), "Key", "Value")))}};
  if (!pattern.empty()) {
    (void)checked_pattern("PutRule", pattern);
    rule.set("EventPattern", pattern);
  }
  if (!schedule.empty()) rule.set("ScheduleExpression", schedule);
  if (input.find("Description")) rule.set("Description", input.at("Description"));
  if (!role.empty()) rule.set("RoleArn", role);
  keep_rule(call, Value(std::move(rule)));
  return Map{{"RuleArn", rule_arn(call, bus, name)}};
}

Value describe_rule(Call& call, const Value& input) {
  check_members(input, "DescribeRule", {"Name", "EventBusName"});
  const Value rule = rule_for(call, input, "Name", "DescribeRule");
  return with(shown(rule), "CreatedBy", call.account);
}

Value list_rules(Call& call, const Value& input) {
  check_members(input, "ListRules", {"NamePrefix", "EventBusName", "NextToken", "Limit"});
  const std::string bus = bus_in(call, input);
  authorize(call, "events:ListRules", call.arn("events", "rule/*"));
  const std::string prefix = input.string_or("NamePrefix", "");
  const std::string after = input.string_or("NextToken", "");
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("Limit", 100), 1, 100));
  List rules;
  std::string last;
  Map answer;
  for (const auto& [key, rule] : call.world.store.list(call.place(rule_place))) {
    const std::string name = rule.string_or("name", "");
    if (rule.string_or("bus", "") != bus || !name.starts_with(prefix)) continue;
    if (!after.empty() && name <= after) continue;
    if (rules.size() == most) {
      answer.set("NextToken", last);
      break;
    }
    rules.push_back(shown(rule));
    last = name;
  }
  answer.set("Rules", Value(std::move(rules)));
  return Value(std::move(answer));
}

Value delete_rule(Call& call, const Value& input) {
  check_members(input, "DeleteRule", {"Name", "EventBusName", "Force"});
  const std::string name = input.string_or("Name", "");
  call.target = name;
  const std::string bus = bus_in(call, input);
  authorize(call, "events:DeleteRule", rule_arn(call, bus, name));
  const Value* rule = call.world.store.get(call.place(rule_place), rule_key(bus, name));
  if (!rule) return {};  // succeeds
  if (!rule->at("targets").as_map().empty()) {
    throw validation("Rule can't be deleted since it has targets.");
  }
  call.world.store.erase(call.place(rule_place), rule_key(bus, name));
  return {};
}

Value enable_rule(Call& call, const Value& input) {
  return set_state(call, input, "EnableRule", "ENABLED");
}
Value disable_rule(Call& call, const Value& input) {
  return set_state(call, input, "DisableRule", "DISABLED");
}

Value tag_resource(Call& call, const Value& input) {
  const Value rule = rule_by_arn(call, input, "TagResource");
  Map tags = tags_of(rule);
  for (const auto& [key, value] : tags_in(input.at("Tags"), "Key", "Value"))
    tags.set(key, value);
  keep_rule(call, with_tags(rule, checked_tags(std::move(tags))));
  return Map{};
}

Value untag_resource(Call& call, const Value& input) {
  const Value rule = rule_by_arn(call, input, "UntagResource");
  Map tags = tags_of(rule);
  if (input.at("TagKeys").is_list()) {
    for (const Value& key : input.at("TagKeys").as_list()) {
      if (key.is_string()) tags.erase(key.as_string());
    }
  }
  keep_rule(call, with_tags(rule, std::move(tags)));
  return Map{};
}

Value list_tags_for_resource(Call& call, const Value& input) {
  const Value rule = rule_by_arn(call, input, "ListTagsForResource");
  return Map{{"Tags", tag_list(Value(tags_of(rule)), "Key", "Value")}};
}

}  // namespace firn::sandbox::aws::events
