// aws.sfn_state_machine: a Step Functions state machine.
//
// Source of facts: AWS Step Functions API Reference (CreateStateMachine, UpdateStateMachine,
// DescribeStateMachine, DeleteStateMachine) and the developer guide, "Logging using CloudWatch
// Logs".
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 2> kMachineTypes{"STANDARD", "EXPRESS"};
constexpr std::array<std::string_view, 4> kLevels{"ALL", "ERROR", "FATAL", "OFF"};

// The name of what a policy or a log configuration means by "all streams of the group".
constexpr std::string_view kAllStreams = ":*";
// Step Functions' limit on a definition, in bytes.
constexpr std::size_t kDefinitionBytesMax = 1024U * 1024;

constexpr std::array kLogging{
    Attribute{.name = "include_execution_data",
              .kind = AttributeKind::boolean,
              .doc = "Whether inputs and outputs of states are logged.",
              .default_json = "false"},
    Attribute{.name = "level",
              .doc = "Which events are logged.",
              .default_json = "\"OFF\"",
              .example = "ERROR",
              .allowed = kLevels},
    Attribute{.name = "log_group",
              .doc = "The log group, by ARN; needed unless the level is OFF.",
              .takes = "arn",
              .example = "${logs}"},
};

constexpr std::array kAttributes{
    Attribute{.name = "arn",
              .doc = "The ARN of the state machine.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "definition",
              .kind = AttributeKind::any,
              .doc =
                  "The definition in the Amazon States Language: JSON text (often from a template "
                  "file) or the same as YAML.",
              .required = true,
              .weak = true,
              .example = "${template('workflow.json', {process: process.arn})}"},
    Attribute{.name = "logging",
              .kind = AttributeKind::object,
              .doc = "What is logged of executions, and where.",
              .default_json = "{\"include_execution_data\":false,\"level\":\"OFF\"}",
              .example = "{ level: ERROR, log_group: \"${logs}\" }",
              .fields = kLogging},
    Attribute{.name = "machine_type",
              .doc = "STANDARD runs up to a year and exactly once, EXPRESS up to five minutes.",
              .on_change = OnChange::replace,
              .default_json = "\"STANDARD\"",
              .allowed = kMachineTypes},
    Attribute{.name = "role",
              .doc = "The role that executions act as, by ARN; it must trust states.amazonaws.com.",
              .required = true,
              .takes = "arn",
              .example = "${workflow_role}"},
    kTagsAttribute,
    Attribute{.name = "tracing",
              .kind = AttributeKind::boolean,
              .doc = "Whether executions are traced with AWS X-Ray.",
              .default_json = "false"},
};

std::string arn_in(const Placement& placement, const std::string& name) {
  return fmt::format("arn:{}:states:{}:{}:stateMachine:{}", placement.partition, placement.region,
                     placement.account, name);
}

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", arn_in(placement, name));
  return outputs;
}

// The definition as a map, when it is one or is JSON text of one.
Value parsed_definition(const Value& definition) {
  if (!definition.is_string()) return definition;
  Result<Value> parsed = parse_json(definition.as_string());
  return parsed && parsed->is_map() ? std::move(*parsed) : definition;
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& definition = inputs.at("definition");
  if (definition.is_string()) {
    const Result<Value> parsed = parse_json(definition.as_string());
    if (!parsed) {
      problems.push_back({"definition", "the definition is not JSON", parsed.error().summary,
                          "mend the text, or write the definition as YAML"});
    } else if (!parsed->is_map()) {
      problems.push_back({"definition", "the definition is not a JSON object", "",
                          "begin with StartAt and States"});
    }
    if (definition.as_string().size() > kDefinitionBytesMax) {
      problems.push_back({"definition", "the definition is larger than 1 MiB",
                          "Step Functions takes no more", "split the machine into several"});
    }
  }
  const Value parsed = parsed_definition(definition);
  if (parsed.is_map()) {
    for (const char* member : {"StartAt", "States"}) {
      if (!parsed.at(member).is_null()) continue;
      problems.push_back({"definition", fmt::format("the definition has no {}", member),
                          "the Amazon States Language requires it", ""});
    }
    const Value& start = parsed.at("StartAt");
    const Value& states = parsed.at("States");
    if (start.is_string() && states.is_map() && states.find(start.as_string()) == nullptr) {
      problems.push_back({"definition",
                          fmt::format("the definition starts at \"{}\", which is no state of it",
                                      start.as_string()),
                          "", "name one of its States in StartAt"});
    }
  }
  const Value& logging = inputs.at("logging");
  const Value& level = logging.at("level");
  const bool is_on = level.is_string() && level.as_string() != "OFF";
  if (is_on && logging.at("log_group").is_null()) {
    problems.push_back({"logging.log_group", "logging needs a log group", "",
                        "name one with `log_group`, or set the level to OFF"});
  }
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* definition = normal.find("definition")) {
    normal.set("definition", parsed_definition(Value(*definition)));
  }
  if (const Value* given = normal.find("logging"); given != nullptr && given->is_map()) {
    const Value filled = with_defaults(*given, kLogging);
    Map logging = filled.as_map();
    const Value* group = logging.find("log_group");
    if (group != nullptr && (group->is_null() || *group == Value(""))) logging.erase("log_group");
    normal.set("logging", std::move(logging));
  }
  return Value(std::move(normal));
}

// Step Functions treats the same definition in another spelling as another one, so that there is
// one spelling only: keys sorted, no white space.
std::string definition_text(const Value& definition) {
  return definition.is_string() ? definition.as_string() : to_json(definition);
}

Value logging_wire(const Value& logging) {
  Map wire;
  wire.set("level", logging.string_or("level", "OFF"));
  wire.set("includeExecutionData", logging.bool_or("include_execution_data", false));
  std::string group = clear_text(logging.at("log_group"));
  List destinations;
  if (!group.empty()) {
    if (!group.ends_with(kAllStreams)) group += kAllStreams;
    Map arn;
    arn.set("logGroupArn", group);
    Map destination;
    destination.set("cloudWatchLogsLogGroup", std::move(arn));
    destinations.emplace_back(std::move(destination));
  }
  wire.set("destinations", std::move(destinations));
  return Value(std::move(wire));
}

Value logging_from(const Value& wire) {
  Map logging;
  const std::string level = text_at(wire, "level");
  logging.set("level", level.empty() ? std::string("OFF") : level);
  logging.set("include_execution_data", flag_at(wire, "includeExecutionData"));
  std::string group = text_at(wire, "destinations.0.cloudWatchLogsLogGroup.logGroupArn");
  if (group.ends_with(kAllStreams)) group.resize(group.size() - kAllStreams.size());
  if (!group.empty()) logging.set("log_group", group);
  return Value(std::move(logging));
}

Value tracing_wire(bool is_on) {
  Map wire;
  wire.set("enabled", is_on);
  return Value(std::move(wire));
}

Map outputs_of(const Client& client, const std::string& name) {
  return predict(client.placement(), name, Value());
}

std::vector<Propagation> role_waits() {
  std::vector<Propagation> waits;
  Propagation trust;
  trust.code = "AccessDeniedException";
  trust.fragment = "is authorized to assume the provided role";
  trust.what = "Step Functions may assume the role";
  waits.push_back(trust);
  Propagation logs;
  logs.code = "AccessDeniedException";
  logs.fragment = "is not authorized to access the Log Destination";
  logs.what = "the role may deliver logs";
  waits.push_back(logs);
  Propagation changing;
  changing.code = "ConflictException";
  changing.what = "another change of the state machine is done";
  waits.push_back(changing);
  return waits;
}

Map tags_from_lower_case_list(const Reply& reply) {
  Map tags;
  for (const Value& tag : reply.list("tags"))
    tags.set(text_at(tag, "key"), text_at(tag, "value"));
  return tags;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  const std::string arn = arn_in(client.placement(), record.name);
  Map machine;
  machine.set("stateMachineArn", arn);
  Map resource;
  resource.set("resourceArn", arn);
  std::vector<Call> calls;
  calls.push_back(reading(service::states, "DescribeStateMachine", std::move(machine), record));
  calls[0].tolerated = missing_codes();
  TagQuestion question{
      .call = reading(service::states, "ListTagsForResource", std::move(resource), record),
      .tags_in = tags_from_lower_case_list};
  question.call.tolerated = missing_codes();
  const TaggedLook look =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const Result<Reply>& described = look.replies[0];
  if (!described) co_return fail(described.error());
  if (described->is_tolerated_error()) co_return absent();
  if (!look.tags) co_return fail(look.tags.error());
  if (!*look.tags) co_return absent();
  const Reply& shown = *described;
  // It is gone for everybody but the executions that still run.
  if (shown.text("status") == "DELETING") co_return absent();
  Observation observation;
  observation.exists = true;
  observation.outputs = outputs_of(client, record.name);
  Map inputs;
  inputs.set("definition", shown.text("definition"));
  inputs.set("role", shown.text("roleArn"));
  const std::string machine_type = shown.text("type");
  if (!machine_type.empty()) inputs.set("machine_type", machine_type);
  inputs.set("logging", logging_from(shown.at("loggingConfiguration")));
  inputs.set("tracing", flag_at(shown.value, "tracingConfiguration.enabled"));
  const Value normal = normalize(Value(std::move(inputs)));
  observation.inputs = normal.as_map();
  observe_tags(client.placement(), record, **look.tags, observation);
  co_return observation;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const std::string arn = arn_in(client.placement(), operation.prior.name);
  const Value desired = normalize(operation.desired);
  std::vector<Call> calls;
  Map input;
  if (is_changed(operation, "definition")) {
    input.set("definition", definition_text(desired.at("definition")));
  }
  if (is_changed(operation, "role")) input.set("roleArn", desired.at("role"));
  if (is_changed(operation, "logging")) {
    input.set("loggingConfiguration", logging_wire(desired.at("logging")));
  }
  if (is_changed(operation, "tracing")) {
    input.set("tracingConfiguration", tracing_wire(desired.bool_or("tracing", false)));
  }
  if (!input.empty()) {
    input.set("stateMachineArn", arn);
    Call call = changing(service::states, "UpdateStateMachine", std::move(input), operation);
    call.wait_while = role_waits();
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Map add;
    add.set("resourceArn", arn);
    add.set("tags", tags_to_lower_case_list(change.set));
    calls.push_back(changing(service::states, "TagResource", std::move(add), operation));
    if (!change.removed.empty()) {
      Map remove;
      remove.set("resourceArn", arn);
      remove.set("tagKeys", removed_tag_keys(change));
      calls.push_back(changing(service::states, "UntagResource", std::move(remove), operation));
    }
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = outputs_of(client, operation.prior.name);
  co_return applied;
}

Task<Result<Applied>> bring_up_to_date(Client& client, Operation& operation, Reply refusal) {
  ResourceRecord record = operation.prior;
  const Result<Observation> found = co_await read(client, std::move(record));
  if (!found) co_return fail(found.error());
  const Status ours =
      claim_existing(*found, operation, "state machine", "states:CreateStateMachine", refusal);
  if (!ours) co_return fail(ours.error());
  Operation again = update_of_found(operation, *found);
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

// A create that finds the same definition answers as if it had made the machine, and ignores the
// role and the tags. Only the date tells.
bool was_there_before(const Reply& created, Instant asked_at) {
  const Value& date = created.at("creationDate");
  if (!date.is_number() && !date.is_int()) return false;
  constexpr double kClockTolerance = 60;  // seconds
  const double asked = std::chrono::duration<double>(asked_at.time_since_epoch()).count();
  return date.as_number() < asked - kClockTolerance;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Map input;
  input.set("name", operation.prior.name);
  input.set("definition", definition_text(desired.at("definition")));
  input.set("roleArn", desired.at("role"));
  input.set("type", desired.string_or("machine_type", "STANDARD"));
  if (desired.at("logging").is_map()) {
    input.set("loggingConfiguration", logging_wire(desired.at("logging")));
  }
  if (desired.bool_or("tracing", false)) input.set("tracingConfiguration", tracing_wire(true));
  input.set("tags", tags_to_lower_case_list(wanted_tags(operation)));
  Call call = changing(service::states, "CreateStateMachine", std::move(input), operation);
  call.wait_while = role_waits();
  Propagation deleting;
  deleting.code = "StateMachineDeleting";
  deleting.what = "the last executions of the deleted state machine are over";
  call.wait_while.push_back(deleting);
  call.tolerated.emplace_back("StateMachineAlreadyExists");
  const Instant asked_at = client.scheduler().now();
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error() || was_there_before(*created, asked_at)) {
    Reply refusal = *created;
    Result<Applied> updated = co_await bring_up_to_date(client, operation, std::move(refusal));
    co_return updated;
  }
  Map outputs = outputs_of(client, operation.prior.name);
  const Status recorded = co_await note_identity(operation, outputs);
  if (!recorded) co_return fail(recorded.error());
  Applied applied;
  applied.outputs = std::move(outputs);
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Map input;
  input.set("stateMachineArn", arn_in(client.placement(), operation.prior.name));
  Call call = changing(service::states, "DeleteStateMachine", std::move(input), operation);
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.sfn_state_machine",
    .summary = "A Step Functions state machine.",
    .doc =
        "The definition is compared as JSON: white space and the order of members mean nothing. "
        "What it names (functions, topics) is called by executions only, so the machine does not "
        "wait for it to exist; its role must exist.\n\n"
        "A deleted machine lingers until its running executions end, and blocks its name until "
        "then.",
    .example =
        "  type: aws.sfn_state_machine\n"
        "  definition: \"${template('workflow.json', {process: process.arn})}\"\n"
        "  role: ${workflow_role}\n"
        "  logging: { level: ERROR, log_group: \"${logs}\" }\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::aws, .length_max = 80, .extra_characters = "-_"},
    .taggable = true,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType sfn_state_machine{.type = &kType,
                                .read = read_alone<read>,
                                .read_shared = read,
                                .create = create,
                                .update = update,
                                .remove = remove};

}  // namespace firn::aws
