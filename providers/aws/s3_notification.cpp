// aws.s3_notification: one rule inside a bucket's notification document.
//
// Source of facts: Amazon S3 User Guide, "Amazon S3 Event Notifications".
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/notification_queue.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::size_t id_limit = 255;

constexpr std::array<std::string_view, 27> known_events = {
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:ObjectAcl:Put",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Put",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectRestore:Post",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Delete",
    "s3:ObjectTagging:Put",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold"};
constexpr std::array<std::string_view, 3> destinations = {"function", "queue", "topic"};

constexpr Attribute event{.name = "event", .doc = "An S3 event type.", .allowed = known_events};

constexpr std::array attributes{
    Attribute{.name = "bucket",
              .doc = "The bucket whose objects are watched.",
              .required = true,
              .identity = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "name",
              .example = "${data}"},
    Attribute{.name = "events",
              .kind = AttributeKind::list,
              .doc = "The events that are sent.",
              .unordered = true,
              .default_json = R"(["s3:ObjectCreated:*"])",
              .element = &event,
              .minimum = 1},
    Attribute{.name = "function",
              .doc = "The Lambda function to call; an aws.lambda_permission must let "
                     "s3.amazonaws.com do so. Exactly one of function, queue and topic is given.",
              .permitted_by = "aws.lambda_permission",
              .takes = "arn"},
    Attribute{.name = "prefix",
              .doc = "Only keys that begin so. Special characters are written URL-encoded, a space "
                     "as +.",
              .default_json = "\"\"",
              .example = "coinlore/processed/",
              .maximum = 1024},
    Attribute{.name = "queue", .doc = "The SQS queue to send to; not a FIFO one.", .takes = "arn"},
    Attribute{.name = "rule_id",
              .doc = "The id of the rule in the bucket's document.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "suffix",
              .doc = "Only keys that end so.",
              .default_json = "\"\"",
              .example = ".parquet",
              .maximum = 1024},
    Attribute{.name = "topic",
              .doc = "The SNS topic to publish to; not a FIFO one.",
              .takes = "arn",
              .example = "${coinlore_topic}"},
};

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  const Value* events = normal.find("events");
  if (events == nullptr || events->is_null()) {
    List standard;
    standard.emplace_back("s3:ObjectCreated:*");
    normal.set("events", Value(std::move(standard)));
  } else if (events->is_list()) {
    List sorted = events->as_list();
    std::stable_sort(sorted.begin(), sorted.end(), [](const Value& a, const Value& b) {
      return a.is_string() && b.is_string() && a.as_string() < b.as_string();
    });
    normal.set("events", Value(std::move(sorted)));
  }
  for (const std::string_view filter : {"prefix", "suffix"}) {
    const Value* given = normal.find(filter);
    if (given == nullptr || given->is_null()) normal.set(filter, "");
  }
  return Value(std::move(normal));
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  std::vector<std::string> given;
  for (const std::string_view destination : destinations) {
    const Value& value = inputs.at(destination);
    if (value.is_null()) continue;
    given.emplace_back(destination);
    if (value.is_string() && value.as_string().ends_with(".fifo")) {
      problems.push_back({std::string(destination),
                          fmt::format("S3 cannot send to a FIFO {}", destination),
                          fmt::format("{} ends in .fifo", value.as_string()),
                          fmt::format("use a standard {}", destination)});
    }
  }
  if (given.empty()) {
    problems.push_back(
        {"", "the notification leads nowhere", "", "add exactly one of topic, queue and function"});
  } else if (given.size() > 1) {
    problems.push_back(
        {given.back(),
         fmt::format("the notification has {} destinations: {}", given.size(), join(given, ", ")),
         "S3 sends an event that a rule matches to one place",
         "keep one of them; to reach several, send to a topic with several "
         "subscriptions"});
  }
}

bool is_known(const Value& inputs) {
  for (const std::string_view filter : {"bucket", "events", "prefix", "suffix"}) {
    if (inputs.at(filter).contains_unknown()) return false;
  }
  return true;
}

// Rules of one bucket that S3 would refuse side by side.
void validate_together(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  for (std::size_t i = 0; i < peers.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const Value& here = *peers[i].inputs;
      const Value& there = *peers[k].inputs;
      if (!is_known(here) || !is_known(there)) continue;
      if (here.at("bucket") != there.at("bucket")) continue;
      const NotificationRule rule = rule_of(here, {});
      const NotificationRule other = rule_of(there, {});
      if (!rules_overlap(rule, other)) continue;
      Problem problem;
      problem.path = rule.prefix.empty() ? "" : "prefix";
      problem.summary = fmt::format("its rule overlaps with that of \"{}\"", peers[k].address);
      problem.detail =
          fmt::format("This one is for {}, that one for {}. S3 allows only one rule for an event.",
                      describe(rule), describe(other));
      problem.remedy =
          "narrow the prefix or suffix of one of them; to reach several, send to one topic with "
          "several subscriptions";
      problems.push_back({i, std::move(problem)});
      break;
    }
  }
}

std::string rule_id_of(const Placement& placement, const std::string& address) {
  std::string id = fmt::format("firn:{}/{}/{}", placement.stack, placement.environment, address);
  if (id.size() <= id_limit) return id;
  const std::string digest = sha256_hex(id).substr(0, 32);
  return id.substr(0, id_limit - digest.size() - 1) + "#" + digest;
}

// As recorded; the address may have changed since.
std::string rule_id_of(const Placement& placement, const ResourceRecord& record) {
  std::string recorded = record.outputs.string_or("rule_id", "");
  return recorded.empty() ? rule_id_of(placement, record.address) : recorded;
}

Map predict(const Placement& placement, const std::string&, const Value&) {
  Map outputs;
  if (!placement.address.empty()) outputs.set("rule_id", rule_id_of(placement, placement.address));
  return outputs;
}

std::string bucket_of(const Value& inputs) {
  return inputs.string_or("bucket", "");
}

Map inputs_of(const std::string& bucket, const NotificationRule& rule) {
  List events;
  for (const std::string& name : rule.events)
    events.emplace_back(name);
  Map inputs;
  inputs.set("bucket", bucket);
  inputs.set("events", Value(std::move(events)));
  inputs.set("prefix", rule.prefix);
  inputs.set("suffix", rule.suffix);
  // The two others are shown as absent: a rule that somebody pointed elsewhere must be seen.
  for (const std::string_view destination : destinations)
    inputs.set(destination, Value());
  constexpr std::array<std::string_view, 3> by_kind = {"topic", "queue", "function"};
  inputs.set(by_kind[static_cast<std::size_t>(rule.kind)], rule.destination);
  return inputs;
}

Observation observe_rule(const std::string& bucket, const std::string& address,
                         const std::string& id,
                         const std::optional<NotificationDocument>& document) {
  Observation observation;
  if (!document) return observation;
  const std::optional<NotificationRule> rule = document->find(id);
  if (!rule) return observation;
  observation.exists = true;
  observation.inputs = inputs_of(bucket, *rule);
  observation.outputs.set("rule_id", id);
  observation.owner = address;  // the id says so
  return observation;
}

Task<Result<Observation>> read_at(Client& client, ResourceRecord record, std::string bucket) {
  auto& queue = client.shared<NotificationQueue>();
  std::string address = record.address;
  const Result<std::optional<NotificationDocument>> document =
      co_await queue.get(bucket, std::move(address));
  if (!document) co_return fail(document.error());
  const std::string id = rule_id_of(client.placement(), record);
  Observation observation = observe_rule(bucket, record.address, id, *document);
  co_return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::string bucket = bucket_of(record.inputs);
  Result<Observation> observation = co_await read_at(client, std::move(record), std::move(bucket));
  co_return observation;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  std::string bucket = bucket_of(operation.desired);
  if (bucket.empty()) bucket = bucket_of(operation.prior.inputs);
  ResourceRecord record = operation.prior;
  Result<Observation> observation = co_await read_at(client, std::move(record), std::move(bucket));
  co_return observation;
}

// The mark of a rule is its id.
void read_rule_ownership(const Placement& placement, const std::string& address,
                         Observation& observation) {
  constexpr std::string_view head = "firn:";
  const std::string id = Value(observation.outputs).string_or("rule_id", "");
  observation.owner.reset();
  observation.foreign = id != rule_id_of(placement, address);
  if (!observation.foreign) observation.owner = address;
  const std::size_t first = id.find('/');
  const std::size_t second = first == std::string::npos ? first : id.find('/', first + 1);
  if (!observation.foreign || !id.starts_with(head) || second == std::string::npos) return;
  observation.owner = id.substr(second + 1);
  observation.owner_stack = id.substr(head.size(), second - head.size());
  observation.foreign = observation.owner_stack != placement.stack + "/" + placement.environment;
}

// The id of the rule that is meant: as it was said, our own, or the one for the same keys.
Result<std::string> existing_rule(const NotificationDocument& document,
                                  const Operation& operation) {
  const std::string own = rule_id_of(operation.placement, operation.prior.address);
  if (!operation.prior.name.empty()) return operation.prior.name;
  if (document.find(own)) return own;
  const NotificationRule wanted = rule_of(normalize(operation.desired), own);
  std::vector<std::string> ids;
  for (const NotificationRule& rule : document.rules()) {
    const bool same_keys = rule.prefix == wanted.prefix && rule.suffix == wanted.suffix;
    if (same_keys && rules_overlap(rule, wanted)) ids.push_back(rule.id);
  }
  if (ids.size() < 2) return ids.empty() ? own : ids.front();
  return fail(ErrorKind::invalid_input,
              fmt::format("{} rules of the bucket are for {}", ids.size(), describe(wanted)),
              fmt::format("their ids are {}", join(ids, ", ")), how_to_say_which(operation));
}

Task<Result<Observation>> find_existing(Client& client, Operation& operation) {
  const std::string bucket = bucket_of(operation.desired);
  auto& queue = client.shared<NotificationQueue>();
  std::string in = bucket;
  std::string address = operation.prior.address;
  const Result<std::optional<NotificationDocument>> document =
      co_await queue.get(std::move(in), std::move(address));
  if (!document) co_return fail(document.error());
  if (!document->has_value()) co_return absent();
  const Result<std::string> id = existing_rule(**document, operation);
  if (!id) co_return fail(id.error());
  Observation observation = observe_rule(bucket, operation.prior.address, *id, *document);
  if (observation.exists) {
    read_rule_ownership(operation.placement, operation.prior.address, observation);
  }
  co_return observation;
}

// The rule stays what it is and gets our id; both in one call, since S3 allows no two for one
// event.
Task<Result<Applied>> claim(Client& client, Operation& operation) {
  NotificationChange change;
  change.id = rule_id_of(operation.placement, operation.prior.address);
  change.address = operation.prior.address;
  change.report = operation.report;
  change.replaces = operation.prior.outputs.string_or("rule_id", "");
  Applied applied;
  applied.outputs.set("rule_id", change.id);
  if (change.replaces == change.id) co_return applied;
  auto& queue = client.shared<NotificationQueue>();
  std::string bucket = bucket_of(operation.prior.inputs);
  std::string address = operation.prior.address;
  std::string in = bucket;
  const Result<std::optional<NotificationDocument>> document =
      co_await queue.get(std::move(in), std::move(address));
  if (!document) co_return fail(document.error());
  if (document->has_value()) change.put = (*document)->find(change.replaces);
  if (!change.put) {
    co_return fail(ErrorKind::not_found, "the rule " + change.replaces + " is gone",
                   "it was taken away while it was imported", "look again: run the same command");
  }
  change.put->id = change.id;
  const Status done = co_await queue.apply(std::move(bucket), std::move(change));
  if (!done) co_return fail(done.error());
  co_return applied;
}

// One GET per bucket, however many rules firn has in it.
Task<std::vector<Result<Observation>>> observe_many(Client& client, SharedTags&,
                                                    std::vector<ResourceRecord> records) {
  std::vector<std::string> buckets;
  std::vector<Task<Result<std::optional<NotificationDocument>>>> gets;
  auto& queue = client.shared<NotificationQueue>();
  for (const ResourceRecord& record : records) {
    const std::string bucket = bucket_of(record.inputs);
    if (std::find(buckets.begin(), buckets.end(), bucket) != buckets.end()) continue;
    buckets.push_back(bucket);
    gets.push_back(queue.get(bucket, record.address));
  }
  const std::vector<Result<std::optional<NotificationDocument>>> documents =
      co_await when_all(client.scheduler(), std::move(gets));
  std::vector<Result<Observation>> observations;
  for (const ResourceRecord& record : records) {
    const std::string bucket = bucket_of(record.inputs);
    const auto index = std::find(buckets.begin(), buckets.end(), bucket) - buckets.begin();
    const auto& document = documents[static_cast<std::size_t>(index)];
    if (!document) {
      observations.emplace_back(fail(document.error()));
      continue;
    }
    const std::string id = rule_id_of(client.placement(), record);
    observations.emplace_back(observe_rule(bucket, record.address, id, *document));
  }
  co_return observations;
}

Task<Result<Applied>> put_rule(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  NotificationChange change;
  change.id = rule_id_of(operation.placement, operation.prior);
  change.put = rule_of(desired, change.id);
  change.address = operation.prior.address;
  change.report = operation.report;
  Map outputs;
  outputs.set("rule_id", change.id);
  auto& queue = client.shared<NotificationQueue>();
  std::string bucket = bucket_of(desired);
  const Status done = co_await queue.apply(std::move(bucket), std::move(change));
  if (!done) {
    Error error = done.error();
    error.address = operation.prior.address;
    co_return Failure(std::move(error));
  }
  Applied applied;
  applied.outputs = std::move(outputs);
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  NotificationChange change;
  change.id = rule_id_of(operation.placement, operation.prior);
  change.address = operation.prior.address;
  change.report = operation.report;
  auto& queue = client.shared<NotificationQueue>();
  std::string bucket = bucket_of(operation.prior.inputs);
  const Status done = co_await queue.apply(std::move(bucket), std::move(change));
  if (!done) co_return fail(done.error());
  co_return Removed{};
}

constexpr std::array<std::string_view, 4> import_inputs{"bucket", "events", "prefix", "suffix"};

const ResourceType type{
    .name = "aws.s3_notification",
    .summary = "A rule by which a bucket tells a topic, a queue or a function of its objects.",
    .doc =
        "A bucket has one notification document. firn puts its rules into it and keeps everybody "
        "else's; several of these resources may name the same bucket. Two rules that could both "
        "match one event are refused.\n\n"
        "S3 sends a test message (`s3:TestEvent`) to the destination when a rule is made; "
        "whatever reads there must ignore it.",
    .example =
        "  type: aws.s3_notification\n"
        "  bucket: ${data}\n"
        "  topic: ${coinlore_topic}\n"
        "  prefix: coinlore/processed/\n",
    .attributes = attributes,
    .import_by = import_inputs,
    .import_id = "the id of the rule",
    .predict = predict,
    .validate = validate,
    .validate_together = validate_together,
    .normalize = normalize,
};

const Batch by_bucket{.threshold = 2, .observe = observe_many};

}  // namespace

const AwsType s3_notification{.type = &type,
                              .read = read,
                              .create = put_rule,
                              .update = put_rule,
                              .remove = remove,
                              .find_after_crash = find_after_crash,
                              .batch = &by_bucket,
                              .find_existing = find_existing,
                              .claim = claim};

}  // namespace firn::aws
