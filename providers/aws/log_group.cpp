// aws.log_group: a CloudWatch Logs log group with its retention.
//
// Source of facts: Amazon CloudWatch Logs API Reference (CreateLogGroup, DescribeLogGroups,
// PutRetentionPolicy, AssociateKmsKey, TagResource).
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "core/async/sync.h"
#include "providers/aws/calls.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 2> kClasses{"STANDARD", "INFREQUENT_ACCESS"};

// What PutRetentionPolicy takes, in days.
constexpr std::array<std::int64_t, 22> kRetentions{1,    3,    5,    7,    14,   30,  60,  90,
                                                   120,  150,  180,  365,  400,  545, 731, 1096,
                                                   1827, 2192, 2557, 2922, 3288, 3653};

constexpr std::array kAttributes{
    Attribute{.name = "arn",
              .doc = "The ARN of the log group, without the \":*\" that stands for its streams.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "class",
              .doc = "The log class: INFREQUENT_ACCESS costs less to write and can do less.",
              .on_change = OnChange::replace_losing_data,
              .loss = "all log events in the group",
              .default_json = "\"STANDARD\"",
              .allowed = kClasses},
    Attribute{.name = "kms_key",
              .doc =
                  "The KMS key that encrypts the events, by ARN; empty for the service's own. Its "
                  "policy must let CloudWatch Logs use it.",
              .takes = "arn",
              .default_json = "\"\""},
    Attribute{.name = "retention_days",
              .kind = AttributeKind::integer,
              .doc =
                  "Days after which events expire; 0 keeps them for ever. CloudWatch Logs knows 1, "
                  "3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, "
                  "2557, 2922, 3288 and 3653.",
              .default_json = "0",
              .example = "14",
              .minimum = 0,
              .maximum = 3653},
    kTagsAttribute,
};

// DescribeLogGroups takes so many names in one call.
constexpr std::size_t names_per_call = 50;

std::string arn_in(const Placement& placement, const std::string& name) {
  return fmt::format("arn:{}:logs:{}:{}:log-group:{}", placement.partition, placement.region,
                     placement.account, name);
}

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", arn_in(placement, name));
  return outputs;
}

void validate(const Placement&, const std::string& name, const Value& inputs,
              std::vector<Problem>& problems) {
  if (name.starts_with("aws/")) {
    problems.push_back({"name", fmt::format("\"{}\" is not a log group name", name),
                        "names that begin with aws/ are AWS's own",
                        fmt::format("write `name: /{}`", name)});
  }
  const Value& days = inputs.at("retention_days");
  if (!days.is_int() || days.as_int() == 0) return;
  if (std::find(kRetentions.begin(), kRetentions.end(), days.as_int()) != kRetentions.end()) return;
  const auto longer = std::lower_bound(kRetentions.begin(), kRetentions.end(), days.as_int());
  const std::int64_t advice = longer == kRetentions.end() ? kRetentions.back() : *longer;
  problems.push_back({"retention_days",
                      fmt::format("CloudWatch Logs cannot keep events for {} days", days.as_int()),
                      "it knows a fixed list of periods (see `firn explain aws.log_group`)",
                      fmt::format("write {}", advice)});
}

Map outputs_of(const Client& client, const std::string& name) {
  return predict(client.placement(), name, Value());
}

// What DescribeLogGroups shows of the group, null when it is not there. The call takes a prefix;
// the answer is sorted, so the group itself comes first.
Value pick(const Reply& reply, const std::string& name) {
  for (const Value& group : reply.list("logGroups")) {
    if (text_at(group, "logGroupName") == name) return group;
  }
  return Value();
}

TagQuestion question_of(const Client& client, const ResourceRecord& record) {
  Map resource;
  resource.set("resourceArn", arn_in(client.placement(), record.name));
  TagQuestion question{
      .call = reading(service::logs, "ListTagsForResource", std::move(resource), record),
      .tags_in = [](const Reply& reply) { return tags_from_map(reply.at("tags")); }};
  question.call.tolerated = missing_codes();
  return question;
}

Observation observation_of(const Client& client, const ResourceRecord& record, const Value& group,
                           const Map& tags) {
  Observation observation;
  observation.exists = true;
  observation.outputs = outputs_of(client, record.name);
  observation.inputs.set("retention_days", group.int_or("retentionInDays", 0));
  observation.inputs.set("kms_key", text_at(group, "kmsKeyId"));
  const std::string log_class = text_at(group, "logGroupClass");
  if (!log_class.empty()) observation.inputs.set("class", log_class);
  observe_tags(client.placement(), record, tags, observation);
  return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  Map prefix;
  prefix.set("logGroupNamePrefix", record.name);
  std::vector<Call> calls;
  calls.push_back(reading(service::logs, "DescribeLogGroups", std::move(prefix), record));
  TagQuestion question = question_of(client, record);
  const TaggedLook look =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const Result<Reply>& described = look.replies[0];
  if (!described) co_return fail(described.error());
  const Value group = pick(*described, record.name);
  if (group.is_null()) co_return absent();
  if (!look.tags) co_return fail(look.tags.error());
  if (!*look.tags) co_return absent();
  co_return observation_of(client, record, group, **look.tags);
}

// What a listing of many groups shows of one. One that is not in it is asked for by its name: the
// API Reference does not say what becomes of a list in which a name is unknown.
Task<Result<Observation>> observe_one(Client& client, SharedTags& shared, ResourceRecord record,
                                      Value group) {
  if (group.is_null()) {
    Result<Observation> seen = co_await read(client, std::move(record), &shared);
    co_return seen;
  }
  TagQuestion question = question_of(client, record);
  const Result<std::optional<Map>> tags =
      co_await tags_of(client, &shared, record, std::move(question));
  if (!tags) co_return fail(tags.error());
  if (!*tags) co_return absent();
  co_return observation_of(client, record, group, **tags);
}

Task<std::vector<Result<Observation>>> observe(Client& client, SharedTags& shared,
                                               std::vector<ResourceRecord> records) {
  std::vector<Call> calls;
  for (std::size_t begin = 0; begin < records.size(); begin += names_per_call) {
    const std::size_t end = std::min(records.size(), begin + names_per_call);
    List names;
    for (std::size_t i = begin; i < end; ++i)
      names.emplace_back(records[i].name);
    Map input;
    input.set("logGroupIdentifiers", std::move(names));
    const ResourceRecord nobody;
    calls.push_back(reading(service::logs, "DescribeLogGroups", std::move(input), nobody));
  }
  const std::vector<Result<Reply>> pages = co_await call_together(client, std::move(calls));
  std::vector<Task<Result<Observation>>> tasks;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Result<Reply>& page = pages[i / names_per_call];
    Value group = page ? pick(*page, records[i].name) : Value();
    tasks.push_back(observe_one(client, shared, records[i], std::move(group)));
  }
  Task<std::vector<Result<Observation>>> all = when_all(client.scheduler(), std::move(tasks));
  std::vector<Result<Observation>> observations = co_await all;
  co_return observations;
}

constexpr Batch batch{.threshold = 2, .observe = observe};

Call retention_call(const Operation& operation, const Value& days) {
  const bool expires = days.is_int() && days.as_int() > 0;
  Map input;
  input.set("logGroupName", operation.prior.name);
  if (expires) input.set("retentionInDays", days);
  return changing(service::logs, expires ? "PutRetentionPolicy" : "DeleteRetentionPolicy",
                  std::move(input), operation);
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  std::vector<Call> calls;
  if (is_changed(operation, "retention_days")) {
    calls.push_back(retention_call(operation, operation.desired.at("retention_days")));
  }
  if (is_changed(operation, "kms_key")) {
    const std::string key = clear_text(operation.desired.at("kms_key"));
    Map input;
    input.set("logGroupName", operation.prior.name);
    if (!key.empty()) input.set("kmsKeyId", key);
    calls.push_back(changing(service::logs, key.empty() ? "DisassociateKmsKey" : "AssociateKmsKey",
                             std::move(input), operation));
  }
  if (is_changed(operation, "tags")) {
    const std::string arn = arn_in(client.placement(), operation.prior.name);
    const TagChange change = wanted_tag_change(operation);
    Map add;
    add.set("resourceArn", arn);
    add.set("tags", change.set);
    calls.push_back(changing(service::logs, "TagResource", std::move(add), operation));
    if (!change.removed.empty()) {
      Map remove;
      remove.set("resourceArn", arn);
      remove.set("tagKeys", removed_tag_keys(change));
      calls.push_back(changing(service::logs, "UntagResource", std::move(remove), operation));
    }
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = outputs_of(client, operation.prior.name);
  co_return applied;
}

// A group that a service made by writing to it: no tags, no retention, no key. A function that ran
// on after its group was deleted leaves such a one behind, under the very name that is now wanted.
bool was_made_by_a_writer(const std::string& name, const Observation& found) {
  if (!name.starts_with("/aws/") || found.owner) return false;
  const Value inputs(found.inputs);
  const Value& tags = inputs.at("tags");
  const bool is_tagged = tags.is_map() && !tags.as_map().empty();
  return !is_tagged && inputs.int_or("retention_days", 0) == 0 &&
         inputs.string_or("kms_key", "").empty() &&
         inputs.string_or("class", "STANDARD") == "STANDARD";
}

Task<Result<Applied>> take_over(Client& client, Operation& operation, Reply refusal) {
  ResourceRecord record = operation.prior;
  record.inputs = Value();  // see all tags
  const Result<Observation> found = co_await read(client, std::move(record));
  if (!found) co_return fail(found.error());
  const bool is_bare = found->exists && was_made_by_a_writer(operation.prior.name, *found);
  if (is_bare) {
    if (operation.report) {
      operation.report("taking over the bare log group that a writer had made under this name");
    }
  } else {
    const Status ours =
        claim_existing(*found, operation, "log group", "logs:CreateLogGroup", refusal);
    if (!ours) co_return fail(ours.error());
  }
  Operation again = update_of_found(operation, *found);
  if (!is_changed(again, "tags")) again.changed.emplace_back("tags");
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value& desired = operation.desired;
  Map input;
  input.set("logGroupName", operation.prior.name);
  input.set("tags", wanted_tags(operation));
  const std::string key = clear_text(desired.at("kms_key"));
  if (!key.empty()) input.set("kmsKeyId", key);
  const std::string log_class = clear_text(desired.at("class"));
  if (!log_class.empty()) input.set("logGroupClass", log_class);
  Call call = changing(service::logs, "CreateLogGroup", std::move(input), operation);
  call.tolerated.emplace_back("ResourceAlreadyExistsException");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    Reply refusal = *created;
    Result<Applied> taken = co_await take_over(client, operation, std::move(refusal));
    co_return taken;
  }
  Map outputs = outputs_of(client, operation.prior.name);
  const Status recorded = co_await note_identity(operation, outputs);
  if (!recorded) co_return fail(recorded.error());
  const Value& days = desired.at("retention_days");
  if (days.is_int() && days.as_int() > 0) {
    Call retention = retention_call(operation, days);
    const Result<Reply> kept = co_await client.call(std::move(retention));
    if (!kept) co_return fail(kept.error());
  }
  Applied applied;
  applied.outputs = std::move(outputs);
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Map input;
  input.set("logGroupName", operation.prior.name);
  Call call = changing(service::logs, "DeleteLogGroup", std::move(input), operation);
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.log_group",
    .summary = "A CloudWatch Logs log group with its retention.",
    .doc =
        "Declare the group of a function or a state machine so that it has a retention from the "
        "start and goes when the stack goes: a service that finds no group makes one itself, "
        "which keeps its events for ever.\n\n"
        "A bare group under /aws/ that such a writer has left behind (no tags, no retention, no "
        "key) is taken over.",
    .example =
        "  type: aws.log_group\n"
        "  name: /aws/lambda/orders\n"
        "  retention_days: 14\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::aws, .length_max = 512, .extra_characters = "._-/#"},
    .holds_data = true,
    .data_loss = "all log events in the group",
    .taggable = true,
    .predict = predict,
    .validate = validate,
};

}  // namespace

const AwsType log_group{.type = &kType,
                        .read = read_alone<read>,
                        .read_shared = read,
                        .create = create,
                        .update = update,
                        .remove = remove,
                        .batch = &batch};

}  // namespace firn::aws
