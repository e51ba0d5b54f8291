// aws.scheduler_schedule: a schedule of EventBridge Scheduler.
//
// Source of facts: Amazon EventBridge Scheduler API Reference (CreateSchedule, UpdateSchedule,
// GetSchedule, DeleteSchedule) and user guide, "Schedule types".
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/schedule_expression.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 2> kStates{"ENABLED", "DISABLED"};
constexpr std::size_t kDescriptionMax = 512;

constexpr std::array kRetry{
    Attribute{.name = "max_age_seconds",
              .kind = AttributeKind::integer,
              .doc = "Seconds after which an invocation is given up.",
              .default_json = "86400",
              .minimum = 60,
              .maximum = 86400},
    Attribute{.name = "max_attempts",
              .kind = AttributeKind::integer,
              .doc = "How often a failed invocation is tried again.",
              .default_json = "185",
              .minimum = 0,
              .maximum = 185},
};

constexpr std::array kTarget{
    Attribute{.name = "arn",
              .doc = "What is invoked, by ARN.",
              .required = true,
              .takes = "arn",
              .example = "${workflow}"},
    Attribute{.name = "dead_letter_queue",
              .doc = "The queue for invocations that were given up, by ARN.",
              .takes = "arn",
              .example = "${dead_letters}"},
    Attribute{.name = "input",
              .kind = AttributeKind::any,
              .doc = "What the target is given: JSON text, or the same as YAML.",
              .example = "{ full: true }"},
    Attribute{.name = "retry",
              .kind = AttributeKind::object,
              .doc = "How often and for how long a failed invocation is tried again.",
              .default_json = "{\"max_age_seconds\":86400,\"max_attempts\":185}",
              .example = "{ max_attempts: 2 }",
              .fields = kRetry},
    Attribute{.name = "role",
              .doc = "The role that the scheduler acts as, by ARN; it must trust "
                     "scheduler.amazonaws.com.",
              .required = true,
              .takes = "arn",
              .example = "${scheduler_role}"},
};

constexpr std::array kAttributes{
    Attribute{
        .name = "arn", .doc = "The ARN of the schedule.", .computed = true, .predictable = true},
    Attribute{.name = "description",
              .doc =
                  "What the schedule is for. Schedules carry no tags, so firn adds its ownership "
                  "mark behind it.",
              .default_json = "\"\"",
              .maximum = 400},
    Attribute{.name = "expression",
              .doc = "When: rate(10 minutes), cron(0 8 * * ? *) or at(2026-01-31T08:00:00).",
              .required = true,
              .example = "rate(10 minutes)"},
    Attribute{.name = "flexible_window_minutes",
              .kind = AttributeKind::integer,
              .doc = "Minutes within which the invocation may start; 0 starts it on time.",
              .default_json = "0",
              .minimum = 0,
              .maximum = 1440},
    Attribute{.name = "group",
              .doc = "The schedule group, by name.",
              .identity = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "name",
              .default_json = "\"default\"",
              .example = "${schedules}"},
    Attribute{.name = "state",
              .doc = "Whether the schedule runs.",
              .default_json = "\"ENABLED\"",
              .allowed = kStates},
    Attribute{.name = "target",
              .kind = AttributeKind::object,
              .doc = "What is invoked, as whom, and what happens when that fails.",
              .required = true,
              .example = "{ arn: \"${workflow}\", role: \"${scheduler_role}\" }",
              .fields = kTarget},
    Attribute{.name = "timezone",
              .doc = "The time zone in which a cron or at expression is meant.",
              .default_json = "\"UTC\"",
              .example = "Europe/Zurich"},
};

Map predict(const Placement& placement, const std::string& name, const Value& inputs) {
  Map outputs;
  const Value& group = inputs.at("group");
  if (group.is_unknown()) {
    outputs.set("arn", Value::unknown(group.waits_for()));
    return outputs;
  }
  outputs.set("arn", fmt::format("arn:{}:scheduler:{}:{}:schedule/{}/{}", placement.partition,
                                 placement.region, placement.account,
                                 inputs.string_or("group", "default"), name));
  return outputs;
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& expression = inputs.at("expression");
  if (!expression.is_string()) return;
  const std::string problem = schedule_problem(expression.as_string(), true);
  if (problem.empty()) return;
  problems.push_back({"expression",
                      fmt::format("\"{}\" is no schedule expression", expression.as_string()),
                      problem, "write for example rate(10 minutes)"});
}

// Text that holds a JSON object or list is that object or list; any other value is its text.
Value normal_input(const Value& input) {
  if (input.is_map() || input.is_list() || input.contains_unknown() || input.contains_secret()) {
    return input;
  }
  const std::string text = clear_text(input);
  Result<Value> parsed = parse_json(text);
  if (parsed && (parsed->is_map() || parsed->is_list())) return std::move(*parsed);
  return Value(text);
}

std::string input_text(const Value& input) {
  return clear_text(input);
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* given = normal.find("target"); given != nullptr && given->is_map()) {
    const Value filled = with_defaults(*given, kTarget);
    Map target = filled.as_map();
    const Value* input = target.find("input");
    if (input != nullptr && !input->is_null()) target.set("input", normal_input(Value(*input)));
    for (const char* optional : {"input", "dead_letter_queue"}) {
      const Value* value = target.find(optional);
      if (value != nullptr && (value->is_null() || *value == Value(""))) target.erase(optional);
    }
    normal.set("target", std::move(target));
  }
  return Value(std::move(normal));
}

// --- ownership, behind the description

std::string mark_of(const Operation& operation) {
  const Map marks = tags_with_ownership(operation.placement, operation.prior.address, Value());
  const auto text = [&marks](std::string_view key) {
    const Value* value = marks.find(key);
    return value != nullptr ? clear_text(*value) : std::string();
  };
  return fmt::format("[firn {}/{}/{}]", text(stack_tag), text(environment_tag), text(address_tag));
}

std::string marked_description(const Operation& operation, const Value& desired) {
  std::string text = clear_text(desired.at("description"));
  const std::string mark = mark_of(operation);
  const std::size_t room = kDescriptionMax - std::min(kDescriptionMax, mark.size() + 1);
  if (text.size() > room) text.resize(room);
  return text.empty() ? mark : text + " " + mark;
}

struct Description {
  std::string text;
  std::optional<Map> marks;
};

// The mark stands last; a stack and an environment hold no slash, an address may.
Description take_mark_off(const std::string& shown) {
  constexpr std::string_view kHead = "[firn ";
  Description description{shown, std::nullopt};
  const std::size_t begin = shown.rfind(kHead);
  if (begin == std::string::npos || !shown.ends_with(']')) return description;
  const std::string inside =
      shown.substr(begin + kHead.size(), shown.size() - begin - kHead.size() - 1);
  const std::size_t first = inside.find('/');
  const std::size_t second = first == std::string::npos ? first : inside.find('/', first + 1);
  if (second == std::string::npos) return description;
  Map marks;
  marks.set(stack_tag, inside.substr(0, first));
  marks.set(environment_tag, inside.substr(first + 1, second - first - 1));
  marks.set(address_tag, inside.substr(second + 1));
  description.marks = std::move(marks);
  description.text = std::string(trim(std::string_view(shown).substr(0, begin)));
  return description;
}

// --- the wire

Value target_wire(const Value& target) {
  Map retry;
  retry.set("MaximumEventAgeInSeconds", target.at("retry").int_or("max_age_seconds", 86400));
  retry.set("MaximumRetryAttempts", target.at("retry").int_or("max_attempts", 185));
  Map wire;
  wire.set("Arn", target.at("arn"));
  wire.set("RoleArn", target.at("role"));
  wire.set("RetryPolicy", std::move(retry));
  if (!target.at("input").is_null()) wire.set("Input", input_text(target.at("input")));
  if (!target.at("dead_letter_queue").is_null()) {
    Map letters;
    letters.set("Arn", target.at("dead_letter_queue"));
    wire.set("DeadLetterConfig", std::move(letters));
  }
  return Value(std::move(wire));
}

// The whole schedule: an update replaces it, and what is left out falls back to its default.
Map schedule_wire(const Operation& operation) {
  const Value desired = normalize(operation.desired);
  const std::int64_t minutes = desired.int_or("flexible_window_minutes", 0);
  Map window;
  window.set("Mode", minutes > 0 ? "FLEXIBLE" : "OFF");
  if (minutes > 0) window.set("MaximumWindowInMinutes", minutes);
  Map wire;
  wire.set("GroupName", desired.string_or("group", "default"));
  wire.set("ScheduleExpression", desired.at("expression"));
  wire.set("ScheduleExpressionTimezone", desired.string_or("timezone", "UTC"));
  wire.set("State", desired.string_or("state", "ENABLED"));
  wire.set("FlexibleTimeWindow", std::move(window));
  wire.set("Description", marked_description(operation, desired));
  wire.set("Target", target_wire(desired.at("target")));
  if (!operation.idempotency_token.empty()) {
    wire.set("ClientToken", operation.idempotency_token.substr(0, 64));
  }
  return wire;
}

Map inputs_from(const Value& wire) {
  Map inputs;
  inputs.set("expression", text_at(wire, "ScheduleExpression"));
  const std::string zone = text_at(wire, "ScheduleExpressionTimezone");
  inputs.set("timezone", zone.empty() ? std::string("UTC") : zone);
  const std::string state = text_at(wire, "State");
  inputs.set("state", state.empty() ? std::string("ENABLED") : state);
  const std::string group = text_at(wire, "GroupName");
  inputs.set("group", group.empty() ? std::string("default") : group);
  const Value& window = wire.at("FlexibleTimeWindow");
  inputs.set("flexible_window_minutes", window.int_or("MaximumWindowInMinutes", 0));
  const Value& shown = wire.at("Target");
  Map target;
  target.set("arn", shown.at("Arn"));
  target.set("role", shown.at("RoleArn"));
  if (!shown.at("Input").is_null()) target.set("input", shown.at("Input"));
  const Value& letters = shown.at("DeadLetterConfig").at("Arn");
  if (!letters.is_null()) target.set("dead_letter_queue", letters);
  const Value& policy = shown.at("RetryPolicy");
  Map retry;
  retry.set("max_age_seconds", policy.int_or("MaximumEventAgeInSeconds", 86400));
  retry.set("max_attempts", policy.int_or("MaximumRetryAttempts", 185));
  target.set("retry", std::move(retry));
  inputs.set("target", std::move(target));
  const Value normal = normalize(Value(std::move(inputs)));
  return normal.as_map();
}

// --- calls

std::string path_of(const std::string& name) {
  return "/schedules/" + percent_encode(name);
}

// The group of an existing schedule: as recorded, or as it is to be.
std::string group_of(const ResourceRecord& record, const Value& desired) {
  const std::string recorded = record.inputs.string_or("group", "");
  return recorded.empty() ? desired.string_or("group", "default") : recorded;
}

Task<Result<Observation>> read_in_group(Client& client, ResourceRecord record, std::string group) {
  Call call = reading(service::scheduler, "GetSchedule", Map(), record);
  call.input = Value();
  call.path = path_of(record.name);
  call.query.emplace_back("groupName", group);
  call.tolerated = missing_codes();
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  Observation observation;
  observation.exists = true;
  observation.inputs = inputs_from(reply->value);
  const Description description = take_mark_off(reply->text("Description"));
  read_ownership(client.placement(), description.marks.value_or(Map()), observation);
  observation.inputs.erase("tags");
  observation.inputs.set("description", description.text);
  observation.outputs = predict(client.placement(), record.name, Value(observation.inputs));
  co_return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::string group = group_of(record, Value());
  Result<Observation> seen = co_await read_in_group(client, std::move(record), std::move(group));
  co_return seen;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  std::string group = operation.desired.string_or("group", "default");
  Result<Observation> seen = co_await read_in_group(client, std::move(record), std::move(group));
  co_return seen;
}

Call write_call(Operation& operation, bool is_create) {
  Call call = changing(service::scheduler, is_create ? "CreateSchedule" : "UpdateSchedule",
                       schedule_wire(operation), operation);
  call.method = is_create ? "POST" : "PUT";
  call.path = path_of(operation.prior.name);
  Propagation trust;
  trust.code = "ValidationException";
  trust.fragment = "must allow AWS EventBridge Scheduler to assume the role";
  trust.what = "EventBridge Scheduler may assume the role";
  call.wait_while.push_back(trust);
  return call;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  Call call = write_call(operation, false);
  const Result<Reply> updated = co_await client.call(std::move(call));
  if (!updated) co_return fail(updated.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, operation.desired);
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  Call call = write_call(operation, true);
  call.tolerated.emplace_back("ConflictException");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    const Result<Observation> found = co_await find_after_crash(client, operation);
    if (!found) co_return fail(found.error());
    const Status ours =
        claim_existing(*found, operation, "schedule", "scheduler:CreateSchedule", *created);
    if (!ours) co_return fail(ours.error());
    Operation again = update_of_found(operation, *found);
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, operation.desired);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  co_return applied;
}

// Writes the schedule back as it is read, with the mark: a part of it that firn does not know
// stays.
Task<Result<Applied>> claim(Client& client, Operation& operation) {
  Call get = reading(service::scheduler, "GetSchedule", Map(), operation.prior);
  get.input = Value();
  get.path = path_of(operation.prior.name);
  get.query.emplace_back("groupName", group_of(operation.prior, operation.desired));
  const Result<Reply> present = co_await client.call(std::move(get));
  if (!present) co_return fail(present.error());
  Map wire = present->value.is_map() ? present->value.as_map() : Map();
  for (const char* answer : {"Arn", "CreationDate", "LastModificationDate", "Name"})
    wire.erase(answer);
  Map text;
  text.set("description", take_mark_off(present->text("Description")).text);
  wire.set("Description", marked_description(operation, Value(std::move(text))));
  Call put = changing(service::scheduler, "UpdateSchedule", std::move(wire), operation);
  put.method = "PUT";
  put.path = path_of(operation.prior.name);
  const Result<Reply> updated = co_await client.call(std::move(put));
  if (!updated) co_return fail(updated.error());
  co_return Applied{};
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Call call = changing(service::scheduler, "DeleteSchedule", Map(), operation);
  call.input = Value();
  call.method = "DELETE";
  call.path = path_of(operation.prior.name);
  std::string group = group_of(operation.prior, operation.desired);
  call.query.emplace_back("groupName", std::move(group));
  if (!operation.idempotency_token.empty()) {
    call.query.emplace_back("clientToken", operation.idempotency_token.substr(0, 64));
  }
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.scheduler_schedule",
    .summary = "A schedule of EventBridge Scheduler.",
    .doc =
        "An update writes the whole schedule anew. Schedules carry no tags: firn's ownership mark "
        "stands at the end of the description, as [firn stack/environment/address].",
    .example =
        "  type: aws.scheduler_schedule\n"
        "  expression: rate(10 minutes)\n"
        "  target: { arn: \"${workflow}\", role: \"${scheduler_role}\" }\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::iam, .length_max = 64, .extra_characters = "-_."},
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType scheduler_schedule{.type = &kType,
                                 .read = read,
                                 .create = create,
                                 .update = update,
                                 .remove = remove,
                                 .find_after_crash = find_after_crash,
                                 .claim = claim};

}  // namespace firn::aws
