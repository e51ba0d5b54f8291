// aws.sqs_queue: a queue with its policy and redrive.
//
// Source of facts: Amazon SQS API Reference (CreateQueue, SetQueueAttributes, GetQueueAttributes,
// DeleteQueue) and the developer guide's "Amazon SQS quotas".
#include <array>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_policies.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr Attribute kArn{.name = "arn", .doc = "An ARN.", .weak = true, .takes = "arn"};
constexpr Attribute kSender{
    .name = "arn", .doc = "An ARN or a service.", .weak = true, .takes = "arn"};
constexpr Attribute kPolicyStatement{
    .name = "statement",
    .kind = AttributeKind::any,
    .doc = "A policy statement in AWS's own words; a Resource left out is this queue.",
    .weak = true};

constexpr std::array kRedrive{
    Attribute{.name = "dead_letter_queue",
              .doc = "The queue that takes messages which were received too often, by ARN; in the "
                     "same region and account, and of the same kind.",
              .required = true,
              .takes = "arn",
              .example = "${dead_letters}"},
    Attribute{.name = "max_receive_count",
              .kind = AttributeKind::integer,
              .doc = "How often a message may be received before it is moved.",
              .required = true,
              .example = "5",
              .minimum = 1,
              .maximum = 1000},
};
constexpr std::array<std::string_view, 3> kPermissions{"allowAll", "byQueue", "denyAll"};
constexpr std::array kRedriveAllow{
    Attribute{.name = "permission",
              .doc = "Which queues may name this one as their dead-letter queue.",
              .required = true,
              .example = "byQueue",
              .allowed = kPermissions},
    Attribute{.name = "source_queues",
              .kind = AttributeKind::list,
              .doc = "With byQueue: those queues, by ARN.",
              .weak = true,
              .unordered = true,
              .takes = "arn",
              .element = &kArn,
              .maximum = 10},
};

constexpr std::array kAttributes{
    Attribute{.name = "arn", .doc = "The ARN of the queue.", .computed = true, .predictable = true},
    Attribute{.name = "content_based_deduplication",
              .kind = AttributeKind::boolean,
              .doc = "FIFO queues: whether a message's content serves as its deduplication id.",
              .default_json = "false"},
    Attribute{.name = "delay",
              .kind = AttributeKind::integer,
              .doc = "Seconds for which a new message stays invisible.",
              .default_json = "0",
              .minimum = 0,
              .maximum = 900},
    Attribute{
        .name = "fifo",
        .kind = AttributeKind::boolean,
        .doc = "Whether the queue keeps the order of messages; its name must then end in .fifo.",
        .identity = true,
        .on_change = OnChange::replace,
        .default_json = "false"},
    Attribute{.name = "kms_key",
              .doc = "The KMS key that encrypts messages, by ARN, id or alias; empty for the "
                     "encryption that SQS does itself.",
              .weak = true,
              .takes = "arn",
              .default_json = "\"\""},
    Attribute{.name = "maximum_message_size",
              .kind = AttributeKind::integer,
              .doc = "The largest message, in bytes.",
              .default_json = "1048576",
              .minimum = 1024,
              .maximum = 1048576},
    Attribute{.name = "message_retention",
              .kind = AttributeKind::integer,
              .doc = "Seconds for which a message is kept.",
              .default_json = "345600",
              .example = "1209600",
              .minimum = 60,
              .maximum = 1209600},
    Attribute{.name = "receive_wait",
              .kind = AttributeKind::integer,
              .doc = "Seconds for which a receive waits for a message to arrive.",
              .default_json = "0",
              .minimum = 0,
              .maximum = 20},
    Attribute{.name = "redrive",
              .kind = AttributeKind::object,
              .doc = "Where messages go that nobody can process.",
              .example = "{ dead_letter_queue: \"${dead_letters}\", max_receive_count: 5 }",
              .fields = kRedrive},
    Attribute{.name = "redrive_allow",
              .kind = AttributeKind::object,
              .doc = "Which queues may use this one as their dead-letter queue; left out, all may.",
              .example = "{ permission: byQueue, source_queues: [\"${orders}\"] }",
              .fields = kRedriveAllow},
    Attribute{
        .name = "senders",
        .kind = AttributeKind::list,
        .doc = "Buckets, topics, event rules or other AWS resources on whose behalf their service "
               "may send to the queue; or a service, such as events.amazonaws.com, for all that "
               "is in this account.",
        .weak = true,
        .unordered = true,
        .takes = "arn",
        .default_json = "[]",
        .example = "[\"${data}\"]",
        .element = &kSender},
    Attribute{.name = "statements",
              .kind = AttributeKind::list,
              .doc = "Further statements of the queue's policy, in AWS's own words.",
              .weak = true,
              .unordered = true,
              .default_json = "[]",
              .element = &kPolicyStatement},
    kTagsAttribute,
    Attribute{.name = "url", .doc = "The URL of the queue.", .computed = true, .predictable = true},
    Attribute{.name = "visibility_timeout",
              .kind = AttributeKind::integer,
              .doc = "Seconds for which a received message stays invisible to others.",
              .default_json = "30",
              .minimum = 0,
              .maximum = 43200},
};

// Attributes that are plain numbers on the wire, where they are text.
struct NumberRow {
  std::string_view attribute;
  std::string_view wire;
};
constexpr std::array kNumbers{
    NumberRow{"delay", "DelaySeconds"},
    NumberRow{"maximum_message_size", "MaximumMessageSize"},
    NumberRow{"message_retention", "MessageRetentionPeriod"},
    NumberRow{"receive_wait", "ReceiveMessageWaitTimeSeconds"},
    NumberRow{"visibility_timeout", "VisibilityTimeout"},
};

const Attribute& row_of(std::string_view name) {
  for (const Attribute& row : kAttributes) {
    if (row.name == name) return row;
  }
  return kAttributes.front();
}

Value number_from(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return Value(text);
  return Value(number);
}

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", queue_policy_form(placement, name).resource_arn);
  outputs.set("url", fmt::format("https://sqs.{}.{}/{}/{}", placement.region,
                                 dns_suffix(placement.partition), placement.account, name));
  return outputs;
}

Map outputs_of(const Client& client, const std::string& name) {
  return predict(client.placement(), name, Value());
}

// Where the queue is asked for. With a configured endpoint this is not the canonical URL, and some
// implementations look at the host.
std::string url_for_calls(const Client& client, const std::string& name) {
  const Result<Endpoint> endpoint =
      resolve_endpoint(service::sqs, client.region(), client.options().endpoints);
  if (!endpoint || !endpoint->is_configured) {
    const Map outputs = outputs_of(client, name);
    const Value* url = outputs.find("url");
    return url != nullptr ? url->as_string() : std::string();
  }
  const std::string port = endpoint->port == 0 ? "" : fmt::format(":{}", endpoint->port);
  return fmt::format("{}://{}{}{}/{}/{}", endpoint->scheme, endpoint->host, port,
                     endpoint->base_path, client.account(), name);
}

void validate(const Placement& placement, const std::string& name, const Value& inputs,
              std::vector<Problem>& problems) {
  const bool is_fifo = inputs.bool_or("fifo", false);
  if (is_fifo && !name.ends_with(".fifo")) {
    problems.push_back(
        {"fifo", fmt::format("the name of a FIFO queue ends in .fifo, not \"{}\"", name),
         "SQS tells FIFO queues by their names", fmt::format("add `name: {}.fifo`", name)});
  }
  const std::size_t stem = is_fifo && name.ends_with(".fifo") ? name.size() - 5 : name.size();
  if (name.substr(0, stem).find('.') != std::string::npos) {
    problems.push_back({"name", fmt::format("\"{}\" is not a queue name", name),
                        "only FIFO queues have a dot in their name, before the final fifo",
                        "use letters, digits, hyphens and underscores"});
  }
  if (!is_fifo && inputs.bool_or("content_based_deduplication", false)) {
    problems.push_back({"content_based_deduplication",
                        "only FIFO queues know content_based_deduplication", "",
                        "add `fifo: true`, or leave the attribute out"});
  }
  const Value& allow = inputs.at("redrive_allow");
  const bool names_queues = !list_of(allow.at("source_queues")).empty();
  const Value& permission = allow.at("permission");
  if (permission.is_string() && names_queues != (permission.as_string() == "byQueue")) {
    problems.push_back({"redrive_allow.source_queues",
                        names_queues ? "source_queues are only for the permission byQueue"
                                     : "the permission byQueue needs source_queues",
                        "", "name the queues with `permission: byQueue`, or neither"});
  }
  const ResourcePolicyForm form = queue_policy_form(placement, name);
  check_shorthands(queue_shorthands, inputs, problems);
  check_statements(Value(own_statements(form, inputs)), PolicyUse::resource, "statements",
                   problems);
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  normalize_policy_inputs(queue_shorthands, normal);
  if (const Value* given = normal.find("redrive"); given != nullptr && given->is_map()) {
    Map redrive = given->as_map();
    const Value count = given->at("max_receive_count");
    if (count.is_string()) redrive.set("max_receive_count", number_from(count.as_string()));
    normal.set("redrive", std::move(redrive));
  }
  if (const Value* given = normal.find("redrive_allow"); given != nullptr && given->is_map()) {
    Map allow = given->as_map();
    if (const Value* queues = allow.find("source_queues")) {
      const Value sorted = as_set(*queues);
      if (sorted.is_list() && sorted.as_list().empty()) {
        allow.erase("source_queues");
      } else {
        allow.set("source_queues", sorted);
      }
    }
    normal.set("redrive_allow", std::move(allow));
  }
  return Value(std::move(normal));
}

// --- between inputs and the queue's attributes on the wire

std::string redrive_text(const Value& redrive) {
  if (!redrive.is_map()) return {};
  Map wire;
  wire.set("deadLetterTargetArn", redrive.at("dead_letter_queue"));
  wire.set("maxReceiveCount", redrive.at("max_receive_count"));
  return to_json(Value(std::move(wire)));
}

std::string redrive_allow_text(const Value& allow) {
  if (!allow.is_map()) return {};
  Map wire;
  wire.set("redrivePermission", allow.at("permission"));
  const List queues = list_of(allow.at("source_queues"));
  if (!queues.empty()) wire.set("sourceQueueArns", queues);
  return to_json(Value(std::move(wire)));
}

// The wire attributes that `inputs` ask for, limited to `wanted` (all when empty). What is cleared
// is sent as "", which SQS takes as "none", when `clears`; a create leaves it out.
Map wire_attributes(const ResourcePolicyForm& form, const Value& inputs,
                    const std::vector<std::string>* wanted) {
  const auto is_wanted = [wanted](std::string_view attribute) {
    if (wanted == nullptr) return true;
    for (const std::string& name : *wanted) {
      if (name == attribute) return true;
    }
    return false;
  };
  const bool is_create = wanted == nullptr;
  Map wire;
  const auto set_text = [&](std::string_view name, std::string text) {
    if (!is_create || !text.empty()) wire.set(name, std::move(text));
  };
  for (const NumberRow& row : kNumbers) {
    if (!is_wanted(row.attribute)) continue;
    const Value& given = inputs.at(row.attribute);
    if (!given.is_null()) {
      set_text(row.wire, clear_text(given));
    } else if (!is_create) {
      set_text(row.wire, std::string(row_of(row.attribute).default_json));
    }
  }
  if (is_create && inputs.bool_or("fifo", false)) wire.set("FifoQueue", "true");
  if (is_wanted("content_based_deduplication") &&
      !(is_create && inputs.at("content_based_deduplication").is_null())) {
    const bool is_on = inputs.bool_or("content_based_deduplication", false);
    if (inputs.bool_or("fifo", false)) {
      set_text("ContentBasedDeduplication", is_on ? "true" : "false");
    }
  }
  if (is_wanted("kms_key")) set_text("KmsMasterKeyId", clear_text(inputs.at("kms_key")));
  if (is_wanted("redrive")) set_text("RedrivePolicy", redrive_text(inputs.at("redrive")));
  if (is_wanted("redrive_allow")) {
    set_text("RedriveAllowPolicy", redrive_allow_text(inputs.at("redrive_allow")));
  }
  if (is_wanted("senders") || is_wanted("statements")) {
    const Value policy = policy_from(form, inputs);
    set_text("Policy", policy.is_null() ? std::string() : to_text(policy));
  }
  return wire;
}

Map inputs_from(const ResourcePolicyForm& form, const Value& wire, const Value& recorded) {
  const Value policy(text_at(wire, "Policy"));
  Map inputs = policy_to_inputs(form, policy, recorded);
  for (const NumberRow& row : kNumbers) {
    const std::string text = text_at(wire, row.wire);
    if (!text.empty()) inputs.set(row.attribute, number_from(text));
  }
  inputs.set("fifo", flag_at(wire, "FifoQueue"));
  inputs.set("content_based_deduplication", flag_at(wire, "ContentBasedDeduplication"));
  inputs.set("kms_key", text_at(wire, "KmsMasterKeyId"));
  const Result<Value> redrive = parse_json(text_at(wire, "RedrivePolicy"));
  if (redrive && redrive->is_map()) {
    Map map;
    map.set("dead_letter_queue", redrive->at("deadLetterTargetArn"));
    map.set("max_receive_count", redrive->at("maxReceiveCount"));
    inputs.set("redrive", std::move(map));
  } else {
    inputs.set("redrive", Value());
  }
  const Result<Value> allow = parse_json(text_at(wire, "RedriveAllowPolicy"));
  if (allow && allow->is_map()) {
    Map map;
    map.set("permission", allow->at("redrivePermission"));
    const Value& queues = allow->at("sourceQueueArns");
    if (!queues.is_null()) map.set("source_queues", queues);
    inputs.set("redrive_allow", std::move(map));
  } else {
    inputs.set("redrive_allow", Value());
  }
  const Value normal = normalize(Value(std::move(inputs)));
  return normal.as_map();
}

// --- calls

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  const std::string url = url_for_calls(client, record.name);
  Map queue;
  queue.set("QueueUrl", url);
  List all;
  all.emplace_back("All");
  queue.set("AttributeNames", std::move(all));
  Map tagged;
  tagged.set("QueueUrl", url);
  std::vector<Call> calls;
  calls.push_back(reading(service::sqs, "GetQueueAttributes", std::move(queue), record));
  calls[0].tolerated = missing_codes();
  TagQuestion question{
      .call = reading(service::sqs, "ListQueueTags", std::move(tagged), record),
      .tags_in = [](const Reply& reply) { return tags_from_map(reply.at("Tags")); }};
  question.call.tolerated = missing_codes();
  const TaggedLook look =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const Result<Reply>& attributes = look.replies[0];
  if (!attributes) co_return fail(attributes.error());
  if (attributes->is_tolerated_error()) co_return absent();
  if (!look.tags) co_return fail(look.tags.error());
  if (!*look.tags) co_return absent();
  Observation observation;
  observation.exists = true;
  observation.outputs = outputs_of(client, record.name);
  const ResourcePolicyForm form = queue_policy_form(client.placement(), record.name);
  observation.inputs = inputs_from(form, attributes->at("Attributes"), record.inputs);
  observe_tags(client.placement(), record, **look.tags, observation);
  co_return observation;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const std::string url = url_for_calls(client, operation.prior.name);
  const Value desired = normalize(operation.desired);
  const ResourcePolicyForm form = queue_policy_form(client.placement(), operation.prior.name);
  std::vector<Call> calls;
  Map attributes = wire_attributes(form, desired, &operation.changed);
  if (!attributes.empty()) {
    Map input;
    input.set("QueueUrl", url);
    input.set("Attributes", std::move(attributes));
    calls.push_back(changing(service::sqs, "SetQueueAttributes", std::move(input), operation));
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Map add;
    add.set("QueueUrl", url);
    add.set("Tags", change.set);
    calls.push_back(changing(service::sqs, "TagQueue", std::move(add), operation));
    if (!change.removed.empty()) {
      Map remove;
      remove.set("QueueUrl", url);
      remove.set("TagKeys", removed_tag_keys(change));
      calls.push_back(changing(service::sqs, "UntagQueue", std::move(remove), operation));
    }
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = outputs_of(client, operation.prior.name);
  co_return applied;
}

// CreateQueue answers with the URL of a queue that exists already when the attributes agree, and
// does not look at tags. A queue that carries other tags than those that were sent, or none
// although it is not new, stood there before.
Task<Result<bool>> stood_there_before(Client& client, Operation& operation, Instant asked_at) {
  const std::string url = url_for_calls(client, operation.prior.name);
  Map queue;
  queue.set("QueueUrl", url);
  List names;
  names.emplace_back("CreatedTimestamp");
  queue.set("AttributeNames", std::move(names));
  Map tagged;
  tagged.set("QueueUrl", url);
  std::vector<Call> calls;
  calls.push_back(reading(service::sqs, "GetQueueAttributes", std::move(queue), operation.prior));
  calls.push_back(reading(service::sqs, "ListQueueTags", std::move(tagged), operation.prior));
  // A new queue need not be visible yet.
  for (Call& call : calls)
    call.tolerated = missing_codes();
  const std::vector<Result<Reply>> replies = co_await call_together(client, std::move(calls));
  for (const Result<Reply>& reply : replies) {
    if (!reply) co_return fail(reply.error());
    if (reply->is_tolerated_error()) co_return false;
  }
  Observation found;
  found.exists = true;
  const Value& shown = replies[1]->at("Tags");
  const Map tags = shown.is_map() ? shown.as_map() : Map();
  read_ownership(operation.placement, tags, found);
  if (!found.owner) {
    // Seconds since the epoch; some implementations add a fraction.
    const std::string text = replies[0]->text("Attributes.CreatedTimestamp");
    const Value created = number_from(std::string_view(text).substr(0, text.find('.')));
    const auto asked =
        std::chrono::duration_cast<std::chrono::seconds>(asked_at.time_since_epoch());
    constexpr std::int64_t kClockTolerance = 60;
    co_return created.is_int() && created.as_int() < asked.count() - kClockTolerance;
  }
  co_return tags != wanted_tags(operation);
}

Task<Result<Applied>> bring_up_to_date(Client& client, Operation& operation, std::string code) {
  ResourceRecord record = operation.prior;
  const Result<Observation> found = co_await read(client, std::move(record));
  if (!found) co_return fail(found.error());
  Reply refusal;
  refusal.code = std::move(code);
  const Status ours = claim_existing(*found, operation, "SQS queue", "sqs:CreateQueue", refusal);
  if (!ours) co_return fail(ours.error());
  Operation again = update_of_found(operation, *found);
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const ResourcePolicyForm form = queue_policy_form(client.placement(), operation.prior.name);
  Map input;
  input.set("QueueName", operation.prior.name);
  input.set("tags", wanted_tags(operation));
  Map attributes = wire_attributes(form, desired, nullptr);
  if (!attributes.empty()) input.set("Attributes", std::move(attributes));
  Call call = changing(service::sqs, "CreateQueue", std::move(input), operation);
  call.tolerated.emplace_back("QueueNameExists");
  // A deleted queue's name is blocked for 60 seconds.
  Propagation blocked;
  blocked.code = "QueueDeletedRecently";
  blocked.what = "the name of the deleted queue is free again (60 seconds after the delete)";
  call.wait_while.push_back(blocked);
  Propagation dead_letters;
  dead_letters.code = "QueueDoesNotExist";
  dead_letters.what = "the dead-letter queue is visible";
  if (desired.at("redrive").is_map()) call.wait_while.push_back(dead_letters);
  const Instant asked_at = client.scheduler().now();
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    std::string code = created->code;
    Result<Applied> updated = co_await bring_up_to_date(client, operation, std::move(code));
    co_return updated;
  }
  const Result<bool> before = co_await stood_there_before(client, operation, asked_at);
  if (!before) co_return fail(before.error());
  if (*before) {
    std::string no_refusal;
    Result<Applied> updated = co_await bring_up_to_date(client, operation, std::move(no_refusal));
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
  input.set("QueueUrl", url_for_calls(client, operation.prior.name));
  Call call = changing(service::sqs, "DeleteQueue", std::move(input), operation);
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.sqs_queue",
    .summary = "An SQS queue with its policy and redrive.",
    .doc =
        "The policy is made of one statement for each service among `senders`, and of "
        "`statements`. As soon as one of the two is given the whole policy is firn's.\n\n"
        "SQS keeps the name of a deleted queue blocked for 60 seconds; firn waits until it is "
        "free.",
    .example =
        "  type: aws.sqs_queue\n"
        "  message_retention: 1209600\n"
        "  senders: [\"${data}\"]\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::aws, .length_max = 80, .extra_characters = "-_."},
    .taggable = true,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType sqs_queue{.type = &kType,
                        .read = read_alone<read>,
                        .read_shared = read,
                        .create = create,
                        .update = update,
                        .remove = remove};

}  // namespace firn::aws
