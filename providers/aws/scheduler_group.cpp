// aws.scheduler_group: a group of schedules of EventBridge Scheduler.
//
// Source of facts: Amazon EventBridge Scheduler API Reference (CreateScheduleGroup,
// GetScheduleGroup, DeleteScheduleGroup, TagResource) and user guide, "Deleting a schedule group".
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

// A group goes only when its schedules have gone; until then it is DELETING and its name is taken.
constexpr Duration deleted_within = std::chrono::minutes(5);
constexpr Duration poll = std::chrono::seconds(1);

constexpr std::array attributes{
    Attribute{.name = "arn",
              .doc = "The ARN of the group; what a role's trust names as the source of its use.",
              .computed = true,
              .predictable = true},
    kTagsAttribute,
};

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", fmt::format("arn:{}:scheduler:{}:{}:schedule-group/{}", placement.partition,
                                 placement.region, placement.account, name));
  return outputs;
}

void validate(const Placement&, const std::string& name, const Value&,
              std::vector<Problem>& problems) {
  if (name != "default") return;
  problems.push_back({"name", "the schedule group default is AWS's own",
                      "it is always there, and can be neither made nor deleted",
                      "use another name; a schedule without `group:` is in default"});
}

std::string arn_of(const Client& client, const std::string& name) {
  const Map outputs = predict(client.placement(), name, Value());
  return clear_text(*outputs.find("arn"));
}

Call group_call(Call call, std::string_view method, const std::string& name) {
  call.method = method;
  call.path = "/schedule-groups/" + percent_encode(name);
  if (method != "POST") call.input = Value();
  return call;
}

Call get_call(const ResourceRecord& record) {
  Call call = group_call(reading(service::scheduler, "GetScheduleGroup", Map(), record), "GET",
                         record.name);
  call.tolerated = missing_codes();
  return call;
}

bool is_gone(const Reply& reply) {
  return reply.is_tolerated_error();
}
bool is_going(const Reply& reply) {
  return reply.text("State") == "DELETING";
}

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  std::vector<Call> calls;
  calls.push_back(get_call(record));
  Call tags = reading(service::scheduler, "ListTagsForResource", Map(), record);
  tags.input = Value();
  tags.path = "/tags/" + percent_encode(arn_of(client, record.name));
  tags.tolerated = missing_codes();
  TagQuestion question{.call = std::move(tags), .tags_in = [](const Reply& reply) {
                         return tags_from_list(reply.list("Tags"));
                       }};
  const TaggedLook look =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const Result<Reply>& group = look.replies[0];
  if (!group) co_return fail(group.error());
  if (is_gone(*group) || is_going(*group)) co_return absent();
  if (!look.tags) co_return fail(look.tags.error());
  if (!*look.tags) co_return absent();
  Observation observation;
  observation.exists = true;
  observation.outputs = predict(client.placement(), record.name, Value());
  observe_tags(client.placement(), record, **look.tags, observation);
  co_return observation;
}

// Deletes the group unless it is going already, and waits until it is gone.
Task<Status> wait_until_gone(Client& client, const Operation& operation, bool is_to_delete) {
  const Instant deadline = client.scheduler().now() + deleted_within;
  bool has_deleted = false;
  bool has_reported = false;
  while (true) {
    Call get = get_call(operation.prior);
    const Result<Reply> seen = co_await client.call(std::move(get));
    if (!seen) co_return fail(seen.error());
    if (is_gone(*seen)) co_return Ok{};
    if (!is_going(*seen) && !has_deleted) {
      if (!is_to_delete) co_return Ok{};
      has_deleted = true;
      Call call = group_call(changing(service::scheduler, "DeleteScheduleGroup", Map(), operation),
                             "DELETE", operation.prior.name);
      if (!operation.idempotency_token.empty()) {
        call.query.emplace_back("clientToken", operation.idempotency_token.substr(0, 64));
      }
      call.tolerated = missing_codes();
      call.tolerated.emplace_back("ConflictException");  // it is being deleted already, or changed
      const Result<Reply> deleted = co_await client.call(std::move(call));
      if (!deleted) co_return fail(deleted.error());
      if (deleted->code != "ConflictException") {
        if (is_gone(*deleted)) co_return Ok{};
        continue;
      }
      has_deleted = false;
    }
    if (client.scheduler().now() >= deadline) {
      Error error;
      error.kind = ErrorKind::timed_out;
      error.summary = fmt::format("the schedule group {} is still being deleted after five minutes",
                                  operation.prior.name);
      error.remedy = "run the command again; firn continues where it stopped";
      error.operation = "scheduler:GetScheduleGroup";
      error.address = operation.prior.address;
      co_return fail(std::move(error));
    }
    if (!has_reported && operation.report) {
      operation.report("waiting until the schedules of the group are gone");
    }
    has_reported = true;
    co_await client.scheduler().sleep(poll);
  }
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  std::vector<Call> calls;
  if (is_changed(operation, "tags")) {
    const std::string path = "/tags/" + percent_encode(arn_of(client, operation.prior.name));
    const TagChange change = wanted_tag_change(operation);
    Map input;
    input.set("Tags", tags_to_list(change.set));
    Call add = changing(service::scheduler, "TagResource", std::move(input), operation);
    add.method = "POST";
    add.path = path;
    calls.push_back(std::move(add));
    if (!change.removed.empty()) {
      Call remove = changing(service::scheduler, "UntagResource", Map(), operation);
      remove.method = "DELETE";
      remove.path = path;
      remove.input = Value();
      for (const std::string& key : change.removed)
        remove.query.emplace_back("TagKeys", key);
      calls.push_back(std::move(remove));
    }
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, operation.desired);
  co_return applied;
}

Call create_call(const Operation& operation) {
  Map input;
  input.set("Tags", tags_to_list(wanted_tags(operation)));
  if (!operation.idempotency_token.empty()) {
    input.set("ClientToken", operation.idempotency_token.substr(0, 64));
  }
  return group_call(
      changing(service::scheduler, "CreateScheduleGroup", std::move(input), operation), "POST",
      operation.prior.name);
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  Call call = create_call(operation);
  call.tolerated.emplace_back("ConflictException");
  Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    ResourceRecord record = operation.prior;
    const Result<Observation> found = co_await read(client, std::move(record));
    if (!found) co_return fail(found.error());
    if (found->exists) {
      const Status ours = claim_existing(*found, operation, "schedule group",
                                         "scheduler:CreateScheduleGroup", *created);
      if (!ours) co_return fail(ours.error());
      Operation again = update_of_found(operation, *found);
      Result<Applied> updated = co_await update(client, again);
      co_return updated;
    }
    // An old one of this name is being deleted.
    const Status gone = co_await wait_until_gone(client, operation, false);
    if (!gone) co_return fail(gone.error());
    Call once_more = create_call(operation);
    created = co_await client.call(std::move(once_more));
    if (!created) co_return fail(created.error());
  }
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, operation.desired);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const Status gone = co_await wait_until_gone(client, operation, true);
  if (!gone) co_return fail(gone.error());
  co_return Removed{};
}

const ResourceType type{
    .name = "aws.scheduler_group",
    .summary = "A group of schedules of EventBridge Scheduler.",
    .doc =
        "Schedules carry no tags; their group does. A role that EventBridge Scheduler acts as "
        "should "
        "trust the service only for schedules of one group: give the group's `arn` as the "
        "source.\n\n"
        "Deleting a group deletes every schedule in it, those of others included.",
    .example = "  type: aws.scheduler_group\n",
    .attributes = attributes,
    .name_rule = {.form = NameForm::aws, .length_max = 64, .extra_characters = "-_."},
    .taggable = true,
    .predict = predict,
    .validate = validate,
};

}  // namespace

const AwsType scheduler_group{.type = &type,
                              .read = read_alone<read>,
                              .read_shared = read,
                              .create = create,
                              .update = update,
                              .remove = remove};

}  // namespace firn::aws
