// aws.lambda_event_source_mapping: a queue whose messages start a function.
//
// Source of facts: AWS Lambda API Reference (CreateEventSourceMapping, UpdateEventSourceMapping,
// DeleteEventSourceMapping, GetEventSourceMapping) and Developer Guide, "Using Lambda with Amazon
// SQS".
#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/lambda_calls.h"
#include "providers/aws/lambda_trigger_checks.h"
#include "providers/aws/lambda_trigger_wire.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::string_view mappings_path = "/2015-03-31/event-source-mappings";
// How long a mapping may take to be made, changed or taken away.
constexpr Duration settled_within = std::chrono::minutes(5);
constexpr Duration poll = std::chrono::seconds(1);

constexpr Attribute filter{
    .name = "filter", .kind = AttributeKind::any, .doc = "A pattern that messages have to fit."};

constexpr std::array attributes{
    Attribute{.name = "arn", .doc = "The ARN of the mapping.", .computed = true},
    Attribute{.name = "batch_size",
              .kind = AttributeKind::integer,
              .doc = "The most messages that the function gets at once: at most 10 without a "
                     "batch_window and from FIFO queues.",
              .default_json = "10",
              .minimum = 1,
              .maximum = 10000},
    Attribute{.name = "batch_window",
              .kind = AttributeKind::integer,
              .doc = "Seconds for which messages are gathered before the function is called.",
              .default_json = "0",
              .example = "5",
              .minimum = 0,
              .maximum = 300},
    Attribute{.name = "enabled",
              .kind = AttributeKind::boolean,
              .doc = "Whether messages are taken from the queue.",
              .default_json = "true"},
    Attribute{.name = "filters",
              .kind = AttributeKind::list,
              .doc = "Only messages that fit one of these patterns reach the function; Lambda "
                     "deletes the others from the queue.",
              .unordered = true,
              .default_json = "[]",
              .example = "[{ body: { kind: [order] } }]",
              .element = &filter,
              .maximum = 10},
    Attribute{.name = "function",
              .doc = "The function that is called, by ARN. Its role must be allowed to receive and "
                     "delete messages of the queue and to read its attributes.",
              .required = true,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "arn",
              .example = "${extractor}"},
    Attribute{.name = "maximum_concurrency",
              .kind = AttributeKind::integer,
              .doc = "The most executions that the queue may start at the same time; left out, "
                     "only the function's and the account's limits hold.",
              .example = "5",
              .minimum = 2,
              .maximum = 1000},
    Attribute{.name = "partial_batch_responses",
              .kind = AttributeKind::boolean,
              .doc = "Whether the function says which messages of a batch failed, so that only "
                     "those come again.",
              .default_json = "false"},
    Attribute{.name = "queue",
              .doc = "The queue whose messages are taken, by ARN. Its visibility timeout must not "
                     "be shorter than the function's timeout; AWS advises six times that.",
              .required = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "arn",
              .example = "${work}"},
    kTagsAttribute,
    Attribute{.name = "uuid", .doc = "The id of the mapping.", .computed = true},
};

constexpr std::array<std::string_view, 2> others{"aws.lambda_function", "aws.sqs_queue"};

// --- the wire

std::string mapping_path(std::string_view uuid) {
  return fmt::format("{}/{}", mappings_path, percent_encode(uuid));
}

Map outputs_of(const Client& client, const std::string& uuid) {
  Map outputs;
  outputs.set("arn", fmt::format("arn:{}:lambda:{}:{}:event-source-mapping:{}", client.partition(),
                                 client.region(), client.account(), uuid));
  outputs.set("uuid", uuid);
  return outputs;
}

std::string uuid_of(const ResourceRecord& record) {
  return record.outputs.string_or("uuid", "");
}

bool is_moving(const Value& shown) {
  const std::string state = text_at(shown, "State");
  return state == "Creating" || state == "Enabling" || state == "Disabling" ||
         state == "Updating" || state == "Deleting";
}

// --- calls

Task<Result<Reply>> get_mapping(Client& client, ResourceRecord record, std::string uuid) {
  Call call = lambda_reading(record, "GetEventSourceMapping", mapping_path(uuid));
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

// The tags of a mapping, and what else there is to see of it.
Task<Result<Observation>> observation_of(Client& client, ResourceRecord record, Value shown) {
  Observation observation;
  const std::string uuid = text_at(shown, "UUID");
  if (text_at(shown, "State") == "Deleting") co_return observation;
  observation.outputs = outputs_of(client, uuid);
  const std::string arn = observation.outputs.find("arn")->as_string();
  Call call = lambda_reading(record, "ListTags", "/2017-03-31/tags/" + percent_encode(arn));
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  observation.exists = true;
  observation.inputs = trigger_inputs(shown);
  const Value& tags = reply->at("Tags");
  observe_tags(client.placement(), record, tags.is_map() ? tags.as_map() : Map(), observation);
  co_return observation;
}

// All mappings, or those of one function and queue.
Task<Result<std::vector<Value>>> list_mappings(Client& client, ResourceRecord record,
                                               Value inputs) {
  std::vector<Value> mappings;
  std::string marker;
  do {
    Call call = lambda_reading(record, "ListEventSourceMappings", std::string(mappings_path));
    if (inputs.is_map()) {
      call.query.emplace_back("FunctionName", clear_text(inputs.at("function")));
      call.query.emplace_back("EventSourceArn", clear_text(inputs.at("queue")));
    }
    if (!marker.empty()) call.query.emplace_back("Marker", marker);
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    if (page->is_tolerated_error()) break;  // the function is gone
    for (Value& one : page->list("EventSourceMappings"))
      mappings.push_back(std::move(one));
    marker = page->text("NextMarker");
  } while (!marker.empty());
  co_return mappings;
}

Task<Result<Observation>> find(Client& client, ResourceRecord record, Value inputs) {
  ResourceRecord copy = record;
  const auto mappings = co_await list_mappings(client, std::move(copy), std::move(inputs));
  if (!mappings) co_return fail(mappings.error());
  if (mappings->empty()) co_return absent();
  Value shown = mappings->front();
  Result<Observation> seen = co_await observation_of(client, std::move(record), std::move(shown));
  co_return seen;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::string uuid = uuid_of(record);
  if (uuid.empty()) {
    Value inputs = record.inputs;
    Result<Observation> found = co_await find(client, std::move(record), std::move(inputs));
    co_return found;
  }
  ResourceRecord copy = record;
  const Result<Reply> reply = co_await get_mapping(client, std::move(copy), std::move(uuid));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  Value shown = reply->value;
  Result<Observation> seen = co_await observation_of(client, std::move(record), std::move(shown));
  co_return seen;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  Value inputs = operation.desired.is_null() ? record.inputs : operation.desired;
  Result<Observation> found = co_await find(client, std::move(record), std::move(inputs));
  co_return found;
}

// One list for all of them, and each one's tags.
Task<std::vector<Result<Observation>>> observe_many(Client& client, SharedTags&,
                                                    std::vector<ResourceRecord> records) {
  std::vector<Result<Observation>> observations;
  ResourceRecord any = records.front();
  Value everything;
  const auto mappings = co_await list_mappings(client, std::move(any), std::move(everything));
  std::vector<Task<Result<Observation>>> tasks;
  for (const ResourceRecord& record : records) {
    if (!mappings) {
      observations.emplace_back(fail(mappings.error()));
      continue;
    }
    const std::string uuid = uuid_of(record);
    const auto found = std::find_if(mappings->begin(), mappings->end(),
                                    [&](const Value& one) { return text_at(one, "UUID") == uuid; });
    // Without an id it is looked for by itself; one that the list lacks shows as deleted.
    Value shown = found != mappings->end() ? *found : Value(Map{{"State", Value("Deleting")}});
    tasks.push_back(uuid.empty() ? read(client, record)
                                 : observation_of(client, record, std::move(shown)));
  }
  if (!mappings) co_return observations;
  observations = co_await when_all(client.scheduler(), std::move(tasks));
  co_return observations;
}

Error not_settled(const Operation& operation, const Value& shown) {
  Error error;
  error.kind = ErrorKind::unavailable;
  error.summary = "the queue's trigger is still being changed after five minutes";
  error.detail = fmt::format("its state is {}: {}", text_at(shown, "State"),
                             text_at(shown, "StateTransitionReason"));
  error.remedy = "run the command again; firn continues where it stopped";
  error.operation = "lambda:GetEventSourceMapping";
  error.address = operation.prior.address;
  return error;
}

// Waits until nothing moves any more. `shown` is what the changing call answered; null when the
// mapping is gone.
Task<Result<Value>> settle(Client& client, Operation& operation, Value shown,
                           std::string_view what) {
  const Instant deadline = client.scheduler().now() + settled_within;
  const std::string uuid = text_at(shown, "UUID");
  bool has_reported = false;
  while (is_moving(shown)) {
    if (client.scheduler().now() >= deadline) {
      Error error = not_settled(operation, shown);
      co_return Failure(std::move(error));
    }
    if (!has_reported && operation.report) operation.report(what);
    has_reported = true;
    co_await client.scheduler().sleep(poll);
    ResourceRecord record = operation.prior;
    const Result<Reply> reply = co_await get_mapping(client, std::move(record), uuid);
    if (!reply) co_return fail(reply.error());
    shown = reply->is_tolerated_error() ? Value() : reply->value;
  }
  co_return shown;
}

void wait_for_rights(Call& call) {
  wait_for_role(call, "Lambda may take messages from the queue");
  for (const char* fragment : {"add Lambda as a Trusted Entity", "ensure the role can perform"}) {
    Propagation wait;
    wait.code = "InvalidParameterValueException";
    wait.fragment = fragment;
    wait.what = "Lambda may take messages from the queue";
    call.wait_while.push_back(wait);
  }
}

// Another change may still be under way.
void wait_for_others(Call& call) {
  Propagation in_use;
  in_use.code = "ResourceInUseException";
  in_use.what = "the queue's trigger has taken the last change on";
  call.wait_while.push_back(in_use);
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normal_trigger(operation.desired);
  const std::string uuid = uuid_of(operation.prior);
  const bool is_tags_only =
      std::all_of(operation.changed.begin(), operation.changed.end(),
                  [](const std::string& name) { return name == "tags" || name == "queue"; });
  // A removal that did not get to its end has switched it off.
  if (!is_tags_only || operation.unfinished) {
    Call call = lambda_call(operation, "UpdateEventSourceMapping", "PUT", mapping_path(uuid));
    call.input = Value(trigger_settings(desired));
    wait_for_rights(call);
    wait_for_others(call);
    const Result<Reply> reply = co_await client.call(std::move(call));
    if (!reply) co_return fail(reply.error());
    Value shown = reply->value;
    const Result<Value> done = co_await settle(client, operation, std::move(shown),
                                               "waiting until the trigger has changed");
    if (!done) co_return fail(done.error());
  }
  Applied applied;
  applied.outputs = outputs_of(client, uuid);
  if (is_changed(operation, "tags")) {
    const std::string arn = applied.outputs.find("arn")->as_string();
    std::vector<Call> calls = lambda_tag_calls(operation, arn);
    const Status done = co_await call_all(client, std::move(calls));
    if (!done) co_return fail(done.error());
  }
  co_return applied;
}

Task<Result<Applied>> take_over(Client& client, Operation& operation, Reply refusal) {
  ResourceRecord record = operation.prior;
  Value inputs = operation.desired;
  const Result<Observation> found = co_await find(client, std::move(record), std::move(inputs));
  if (!found) co_return fail(found.error());
  const Status ours = claim_existing(*found, operation, "trigger of this queue and function",
                                     "lambda:CreateEventSourceMapping", refusal);
  if (!ours) co_return fail(ours.error());
  Operation again = update_of_found(operation, *found);
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normal_trigger(operation.desired);
  Map input = trigger_settings(desired);
  input.set("EventSourceArn", desired.at("queue"));
  input.set("Tags", wanted_tags(operation));
  for (const char* member : {"FilterCriteria", "ScalingConfig"}) {
    if (input.find(member)->as_map().empty()) input.erase(member);
  }
  Call call =
      lambda_call(operation, "CreateEventSourceMapping", "POST", std::string(mappings_path));
  call.input = Value(std::move(input));
  wait_for_rights(call);
  call.tolerated.emplace_back("ResourceConflictException");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    Reply refusal = *created;
    Result<Applied> taken = co_await take_over(client, operation, std::move(refusal));
    co_return taken;
  }
  Applied applied;
  applied.outputs = outputs_of(client, created->text("UUID"));
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  Value shown = created->value;
  const Result<Value> active =
      co_await settle(client, operation, std::move(shown), "waiting until the trigger is active");
  if (!active) co_return fail(active.error());
  co_return applied;
}

// Switches it off first: what is being worked on is finished, and nothing new is taken from a queue
// that is about to go. One whose function is gone, or whose role may not read the queue any more,
// takes nothing, and Lambda may refuse to change it.
Task<Status> switch_off(Client& client, Operation& operation, std::string uuid) {
  Call call = lambda_call(operation, "UpdateEventSourceMapping", "PUT", mapping_path(uuid));
  Map input;
  input.set("Enabled", false);
  call.input = Value(std::move(input));
  call.tolerated = missing_codes();
  call.tolerated.push_back("InvalidParameterValueException");
  wait_for_others(call);
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return Ok{};
  Value shown = reply->value;
  const Result<Value> off = co_await settle(client, operation, std::move(shown),
                                            "waiting until the trigger is switched off");
  if (!off) co_return fail(off.error());
  co_return Ok{};
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  std::string uuid = uuid_of(operation.prior);
  if (uuid.empty()) {
    ResourceRecord record = operation.prior;
    const Result<Observation> found = co_await read(client, std::move(record));
    if (!found) co_return fail(found.error());
    if (!found->exists || found->foreign) co_return Removed{};
    uuid = found->outputs.find("uuid")->as_string();
  }
  const Status off = co_await switch_off(client, operation, uuid);
  if (!off) co_return fail(off.error());
  Call call = lambda_call(operation, "DeleteEventSourceMapping", "DELETE", mapping_path(uuid));
  call.tolerated = missing_codes();
  wait_for_others(call);
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  if (deleted->is_tolerated_error()) co_return Removed{};
  Value shown = deleted->value;
  const Result<Value> gone =
      co_await settle(client, operation, std::move(shown), "waiting until the trigger is gone");
  if (!gone) co_return fail(gone.error());
  co_return Removed{};
}

constexpr std::array<std::string_view, 2> import_inputs{"function", "queue"};

const ResourceType type{
    .name = "aws.lambda_event_source_mapping",
    .summary = "A trigger: the messages of an SQS queue start a Lambda function.",
    .doc =
        "Lambda refuses a queue whose visibility timeout is shorter than the function's timeout; "
        "where both are in the stack, firn says so before anything is made. Before the trigger is "
        "removed it is switched off, so that messages that are being worked on are finished.",
    .example =
        "  type: aws.lambda_event_source_mapping\n"
        "  queue: ${work}\n"
        "  function: ${extractor}\n"
        "  partial_batch_responses: true\n"
        "  maximum_concurrency: 5\n",
    .attributes = attributes,
    .taggable = true,
    .import_by = import_inputs,
    .validate = check_trigger,
    .validate_together = check_triggers,
    .also_sees = others,
    .normalize = normal_trigger,
};

const Batch all_mappings{.threshold = 2, .observe = observe_many};

}  // namespace

const AwsType lambda_event_source_mapping{.type = &type,
                                          .read = read,
                                          .create = create,
                                          .update = update,
                                          .remove = remove,
                                          .find_after_crash = find_after_crash,
                                          .batch = &all_mappings};

}  // namespace firn::aws
