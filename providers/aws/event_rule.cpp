// aws.event_rule: a rule of EventBridge with its targets.
//
// Source of facts: Amazon EventBridge API Reference (PutRule, PutTargets, RemoveTargets,
// DescribeRule, ListTargetsByRule, DeleteRule) and user guide, "Event patterns", "Input
// transformation".
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/event_target.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/schedule_expression.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 2> states{"ENABLED", "DISABLED"};
// Amazon EventBridge User Guide, "Quotas": targets per rule.
constexpr std::int64_t targets_max = 5;

constexpr Attribute target{.name = "target",
                           .kind = AttributeKind::object,
                           .doc = "What is told of an event, and in which words.",
                           .fields = event_target_fields};

constexpr std::array attributes{
    Attribute{.name = "arn", .doc = "The ARN of the rule.", .computed = true, .predictable = true},
    Attribute{.name = "bus",
              .doc = "The event bus, by name. Services of AWS put their events on default.",
              .identity = true,
              .on_change = OnChange::replace,
              .default_json = "\"default\""},
    Attribute{.name = "description",
              .doc = "What the rule is for.",
              .default_json = "\"\"",
              .maximum = 512},
    Attribute{.name = "pattern",
              .kind = AttributeKind::any,
              .doc = "Which events: EventBridge's pattern, as YAML or as JSON text.",
              .weak = true,
              .example = "{ source: [aws.states], detail: { status: [FAILED] } }"},
    Attribute{.name = "schedule",
              .doc = "When, instead of at events: rate(10 minutes) or cron(0 8 * * ? *), in UTC. A "
                     "schedule with a time zone and retries is an aws.scheduler_schedule.",
              .example = "rate(1 hour)"},
    Attribute{.name = "state",
              .doc = "Whether the rule is in force.",
              .default_json = "\"ENABLED\"",
              .allowed = states},
    kTagsAttribute,
    Attribute{.name = "targets",
              .kind = AttributeKind::map,
              .doc = "Who is told, each under a name of its own.",
              .default_json = "{}",
              .example = "{ alerts: { arn: \"${alerts}\" } }",
              .element = &target,
              .maximum = targets_max},
};

// --- pure

Map predict(const Placement& placement, const std::string& name, const Value& inputs) {
  Map outputs;
  const Value& bus = inputs.at("bus");
  if (bus.is_unknown()) {
    outputs.set("arn", Value::unknown(bus.waits_for()));
    return outputs;
  }
  const std::string on = inputs.string_or("bus", "default");
  outputs.set("arn",
              fmt::format("arn:{}:events:{}:{}:rule/{}{}", placement.partition, placement.region,
                          placement.account, on == "default" ? std::string() : on + "/", name));
  return outputs;
}

// JSON text is what it says; the pattern is compared as a value.
Value normal_pattern(const Value& pattern) {
  if (!pattern.is_string()) return pattern;
  Result<Value> parsed = parse_json(pattern.as_string());
  return parsed && parsed->is_map() ? std::move(*parsed) : pattern;
}

void check_pattern(const Value& pattern, const std::string& path, std::vector<Problem>& problems) {
  for (const auto& [name, wanted] : pattern.as_map()) {
    const std::string here = path + "." + name;
    if (wanted.is_map()) {
      check_pattern(wanted, here, problems);
    } else if (wanted.is_list() && wanted.as_list().empty()) {
      problems.push_back({here, fmt::format("\"{}\" of a pattern takes no empty list", name),
                          "it would fit no event", "list the values that fit, or remove it"});
    } else if (!wanted.is_list() && !wanted.is_unknown() && !wanted.is_secret()) {
      problems.push_back({here, fmt::format("\"{}\" of a pattern is a list of what fits", name),
                          "EventBridge takes a list even for one value",
                          fmt::format("write {}: [{}]", name, clear_text(wanted))});
    }
  }
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& pattern = inputs.at("pattern");
  const Value& schedule = inputs.at("schedule");
  if (pattern.is_null() && schedule.is_null()) {
    problems.push_back({"", "an event rule needs a pattern or a schedule",
                        "it would never be in force", "add pattern: or schedule:"});
  }
  if (pattern.is_map()) {
    check_pattern(pattern, "pattern", problems);
  } else if (!pattern.is_null() && !pattern.is_unknown()) {
    problems.push_back({"pattern", "the pattern is no JSON object", "",
                        "write it as YAML: { source: [aws.states] }"});
  }
  if (schedule.is_string()) {
    const std::string problem = schedule_problem(schedule.as_string(), false);
    if (!problem.empty()) {
      problems.push_back({"schedule",
                          fmt::format("\"{}\" is no schedule expression", schedule.as_string()),
                          problem, "write for example rate(10 minutes)"});
    }
    if (inputs.string_or("bus", "default") != "default") {
      problems.push_back({"schedule", "a schedule works on the default event bus only",
                          "other buses have events alone", "remove bus: or schedule:"});
    }
  }
  const Value& targets = inputs.at("targets");
  if (!targets.is_map()) return;
  for (const auto& [id, one] : targets.as_map())
    check_event_target(id, one, problems);
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* pattern = normal.find("pattern")) {
    Value parsed = normal_pattern(*pattern);
    normal.set("pattern", std::move(parsed));
  }
  if (const Value* given = normal.find("targets"); given != nullptr && given->is_map()) {
    Map targets;
    for (const auto& [id, one] : given->as_map())
      targets.set(id, normal_event_target(one));
    normal.set("targets", std::move(targets));
  }
  return Value(std::move(normal));
}

// --- the wire

std::string arn_of(const Client& client, const ResourceRecord& record, const Value& inputs) {
  const Map outputs = predict(client.placement(), record.name, inputs);
  return clear_text(*outputs.find("arn"));
}

// The bus of an existing rule: as recorded, or as it is to be.
std::string bus_of(const ResourceRecord& record, const Value& desired) {
  const std::string recorded = record.inputs.string_or("bus", "");
  return recorded.empty() ? desired.string_or("bus", "default") : recorded;
}

// `name_member` is "Name" of the rule itself and "Rule" beside its targets. The default bus goes
// unnamed.
Map rule_input(const ResourceRecord& record, const std::string& bus, std::string_view name_member) {
  Map input;
  input.set(name_member, record.name);
  if (bus != "default") input.set("EventBusName", bus);
  return input;
}

// The whole rule: what is left out is gone.
Map rule_wire(const Operation& operation, const Value& desired) {
  Map wire = rule_input(operation.prior, desired.string_or("bus", "default"), "Name");
  wire.set("State", desired.string_or("state", "ENABLED"));
  const std::string description = clear_text(desired.at("description"));
  if (!description.empty()) wire.set("Description", description);
  if (!desired.at("pattern").is_null()) {
    wire.set("EventPattern", clear_text(desired.at("pattern")));
  }
  if (!desired.at("schedule").is_null()) wire.set("ScheduleExpression", desired.at("schedule"));
  return wire;
}

Task<Result<List>> list_targets(Client& client, ResourceRecord record, std::string bus) {
  List targets;
  std::string next;
  do {
    Map input = rule_input(record, bus, "Rule");
    if (!next.empty()) input.set("NextToken", next);
    Call call = reading(service::events, "ListTargetsByRule", std::move(input), record);
    call.tolerated = missing_codes();
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    if (page->is_tolerated_error()) co_return targets;
    for (Value& one : page->list("Targets"))
      targets.push_back(std::move(one));
    next = page->text("NextToken");
  } while (!next.empty());
  co_return targets;
}

Task<Result<Observation>> read_on_bus(Client& client, ResourceRecord record, std::string bus,
                                      SharedTags* shared = nullptr) {
  Map resource;
  Map on;
  on.set("bus", bus);
  resource.set("ResourceARN", arn_of(client, record, Value(std::move(on))));
  std::vector<Call> calls;
  Map input = rule_input(record, bus, "Name");
  calls.push_back(reading(service::events, "DescribeRule", std::move(input), record));
  calls[0].tolerated = missing_codes();
  TagQuestion question{
      .call = reading(service::events, "ListTagsForResource", std::move(resource), record),
      .tags_in = [](const Reply& reply) { return tags_from_list(reply.list("Tags")); }};
  question.call.tolerated = missing_codes();
  const TaggedLook look =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const Result<Reply>& described = look.replies[0];
  if (!described) co_return fail(described.error());
  if (described->is_tolerated_error()) co_return absent();
  if (!look.tags) co_return fail(look.tags.error());
  if (!*look.tags) co_return absent();
  ResourceRecord copy = record;
  std::string same_bus = bus;
  Result<List> listed = co_await list_targets(client, std::move(copy), std::move(same_bus));
  if (!listed) co_return fail(listed.error());

  const Reply& rule = *described;
  Observation observation;
  observation.exists = true;
  observation.inputs.set("bus", bus);
  observation.inputs.set("description", rule.text("Description"));
  const std::string state = rule.text("State");
  observation.inputs.set("state", state.empty() ? std::string("ENABLED") : state);
  const std::string pattern = rule.text("EventPattern");
  observation.inputs.set("pattern", pattern.empty() ? Value() : normal_pattern(Value(pattern)));
  const std::string schedule = rule.text("ScheduleExpression");
  observation.inputs.set("schedule", schedule.empty() ? Value() : Value(schedule));
  Map targets;
  for (const Value& one : *listed)
    targets.set(text_at(one, "Id"), event_target_from(one));
  observation.inputs.set("targets", std::move(targets));
  observation.outputs = predict(client.placement(), record.name, Value(observation.inputs));
  observe_tags(client.placement(), record, **look.tags, observation);
  co_return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  std::string bus = bus_of(record, Value());
  Result<Observation> seen =
      co_await read_on_bus(client, std::move(record), std::move(bus), shared);
  co_return seen;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  std::string bus = operation.desired.string_or("bus", "default");
  Result<Observation> seen = co_await read_on_bus(client, std::move(record), std::move(bus));
  co_return seen;
}

// PutTargets and RemoveTargets answer 200 also when an entry was refused.
Status check_entries(const Reply& reply, const Operation& operation, const std::string& name) {
  if (reply.value.int_or("FailedEntryCount", 0) == 0) return Ok{};
  const Value& first = reply.at("FailedEntries.0");
  Error error;
  error.kind = ErrorKind::invalid_input;
  error.summary = fmt::format("EventBridge refused the target {} of the rule {}",
                              text_at(first, "TargetId"), operation.prior.name);
  error.detail = text_at(first, "ErrorMessage");
  error.code = text_at(first, "ErrorCode");
  error.operation = "events:" + name;
  error.request_id = reply.request_id;
  error.address = operation.prior.address;
  return fail(std::move(error));
}

Task<Status> change_targets(Client& client, const Operation& operation, Call call) {
  std::string name = call.operation;
  Propagation trust;
  trust.code = "ValidationException";
  trust.fragment = "cannot be assumed by principal";
  trust.what = "EventBridge may assume the target's role";
  call.wait_while.push_back(trust);
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  co_return check_entries(*reply, operation, name);
}

// From the targets that stand there to those that are wanted: the others go first, since a rule
// takes five at most.
Task<Status> set_targets(Client& client, const Operation& operation, Value before, Value desired) {
  const std::string bus = bus_of(operation.prior, desired);
  List gone;
  if (before.is_map()) {
    for (const auto& [id, one] : before.as_map()) {
      if (desired.at("targets").find(id) == nullptr) gone.emplace_back(id);
    }
  }
  if (!gone.empty()) {
    Map input = rule_input(operation.prior, bus, "Rule");
    input.set("Ids", std::move(gone));
    Call call = changing(service::events, "RemoveTargets", std::move(input), operation);
    const Status removed = co_await change_targets(client, operation, std::move(call));
    if (!removed) co_return fail(removed.error());
  }
  List put;
  if (desired.at("targets").is_map()) {
    for (const auto& [id, one] : desired.at("targets").as_map()) {
      const Value* old = before.find(id);
      if (old == nullptr || !(*old == one)) put.push_back(event_target_wire(id, one));
    }
  }
  if (put.empty()) co_return Ok{};
  Map input = rule_input(operation.prior, bus, "Rule");
  input.set("Targets", std::move(put));
  Call call = changing(service::events, "PutTargets", std::move(input), operation);
  Status done = co_await change_targets(client, operation, std::move(call));
  co_return done;
}

std::vector<Call> tag_calls(const Operation& operation, const std::string& arn) {
  const TagChange change = wanted_tag_change(operation);
  std::vector<Call> calls;
  Map add;
  add.set("ResourceARN", arn);
  add.set("Tags", tags_to_list(change.set));
  calls.push_back(changing(service::events, "TagResource", std::move(add), operation));
  if (!change.removed.empty()) {
    Map remove;
    remove.set("ResourceARN", arn);
    remove.set("TagKeys", removed_tag_keys(change));
    calls.push_back(changing(service::events, "UntagResource", std::move(remove), operation));
  }
  return calls;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  const bool changes_rule = is_changed(operation, "description") ||
                            is_changed(operation, "pattern") || is_changed(operation, "schedule") ||
                            is_changed(operation, "state");
  std::vector<Call> calls;
  if (changes_rule) {
    Map wire = rule_wire(operation, desired);
    calls.push_back(changing(service::events, "PutRule", std::move(wire), operation));
  }
  if (is_changed(operation, "tags")) {
    for (Call& call : tag_calls(operation, clear_text(*applied.outputs.find("arn"))))
      calls.push_back(std::move(call));
  }
  // One after the other: EventBridge refuses a change of a rule during another.
  for (Call& call : calls) {
    const Result<Reply> done = co_await client.call(std::move(call));
    if (!done) co_return fail(done.error());
  }
  if (is_changed(operation, "targets")) {
    // The record does not say what others did to the targets.
    ResourceRecord record = operation.prior;
    std::string bus = bus_of(operation.prior, desired);
    const Result<List> listed = co_await list_targets(client, std::move(record), std::move(bus));
    if (!listed) co_return fail(listed.error());
    Map before;
    for (const Value& one : *listed)
      before.set(text_at(one, "Id"), event_target_from(one));
    const Status set = co_await set_targets(client, operation, Value(before), desired);
    if (!set) co_return fail(set.error());
  }
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  // PutRule would write over a rule of the same name without a word.
  const Result<Observation> found = co_await find_after_crash(client, operation);
  if (!found) co_return fail(found.error());
  if (found->exists) {
    const Reply nothing;
    const Status ours =
        claim_existing(*found, operation, "event rule", "events:DescribeRule", nothing);
    if (!ours) co_return fail(ours.error());
    Operation again = update_of_found(operation, *found);
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  Map wire = rule_wire(operation, desired);
  wire.set("Tags", tags_to_list(wanted_tags(operation)));
  Call call = changing(service::events, "PutRule", std::move(wire), operation);
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  const Status set = co_await set_targets(client, operation, Value(), desired);
  if (!set) co_return fail(set.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const std::string bus = bus_of(operation.prior, Value());
  ResourceRecord record = operation.prior;
  std::string same_bus = bus;
  // All targets have to go before the rule, also those that others added.
  const Result<List> listed = co_await list_targets(client, std::move(record), std::move(same_bus));
  if (!listed) co_return fail(listed.error());
  List ids;
  for (const Value& one : *listed)
    ids.emplace_back(text_at(one, "Id"));
  if (!ids.empty()) {
    Map input = rule_input(operation.prior, bus, "Rule");
    input.set("Ids", std::move(ids));
    Call call = changing(service::events, "RemoveTargets", std::move(input), operation);
    const Status removed = co_await change_targets(client, operation, std::move(call));
    if (!removed) co_return fail(removed.error());
  }
  Map input = rule_input(operation.prior, bus, "Name");
  Call call = changing(service::events, "DeleteRule", std::move(input), operation);
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType type{
    .name = "aws.event_rule",
    .summary = "A rule of EventBridge: which events are told to whom.",
    .doc =
        "A queue or a topic must let events.amazonaws.com in, and a function must permit it: name "
        "the rule in the topic's `publishers` or the queue's `senders`. A state machine is started "
        "by a `role`.\n\n"
        "The rule's targets are firn's: one that others add is taken away by the next apply.",
    .example =
        "  type: aws.event_rule\n"
        "  pattern: { source: [aws.states], detail: { status: [FAILED, TIMED_OUT, ABORTED] } }\n"
        "  targets:\n"
        "    alerts: { arn: \"${alerts}\" }\n",
    .attributes = attributes,
    .name_rule = {.form = NameForm::iam, .length_max = 64, .extra_characters = "-_."},
    .taggable = true,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType event_rule{.type = &type,
                         .read = read_alone<read>,
                         .read_shared = read,
                         .create = create,
                         .update = update,
                         .remove = remove,
                         .find_after_crash = find_after_crash};

}  // namespace firn::aws
