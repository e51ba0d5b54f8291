// aws.sns_topic: a topic with its policy.
//
// Source of facts: Amazon SNS API Reference (CreateTopic, SetTopicAttributes, DeleteTopic) and
// Snowflake's documentation, "Troubleshooting Snowpipe", for the 72 hours.
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_policies.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

// How long Snowflake keeps its side of a subscription whose topic is gone.
constexpr Duration kSubscriptionHeld = std::chrono::hours(72);
constexpr std::string_view kHeldBecause = "Snowflake holds its subscription for 72 hours";

constexpr Attribute kBucketArn{
    .name = "arn", .doc = "An ARN or a service.", .weak = true, .takes = "arn"};
constexpr Attribute kPrincipalArn{.name = "principal",
                                  .doc = "The ARN of an IAM user or role, or an account id."};
constexpr Attribute kPolicyStatement{
    .name = "statement",
    .kind = AttributeKind::any,
    .doc = "A policy statement in AWS's own words; a Resource left out is this topic.",
    .weak = true};

constexpr std::array kAttributes{
    Attribute{.name = "arn", .doc = "The ARN of the topic.", .computed = true, .predictable = true},
    Attribute{.name = "display_name",
              .doc = "The sender's name in e-mails and text messages.",
              .default_json = "\"\"",
              .example = "Alerts",
              .maximum = 100},
    Attribute{
        .name = "fifo",
        .kind = AttributeKind::boolean,
        .doc = "Whether the topic keeps the order of messages; its name must then end in .fifo.",
        .identity = true,
        .on_change = OnChange::replace,
        .default_json = "false"},
    Attribute{
        .name = "kms_key",
        .doc = "The KMS key that encrypts messages at rest, by ARN, id or alias; empty for none. "
               "A bucket can publish only when the key's policy lets S3 use it.",
        .weak = true,
        .takes = "arn",
        .default_json = "\"\"",
        .example = "alias/fdl-prod-data"},
    Attribute{
        .name = "publishers",
        .kind = AttributeKind::list,
        .doc = "Buckets, alarms, event rules or other AWS resources on whose behalf their service "
               "may publish to the topic; or a service, such as cloudwatch.amazonaws.com, for "
               "all that is in this account. EventBridge does not tell a topic for which rule "
               "it acts: naming one rule lets all publish.",
        .weak = true,
        .unordered = true,
        .takes = "arn",
        .default_json = "[]",
        .example = "[\"${data}\"]",
        .element = &kBucketArn},
    Attribute{.name = "statements",
              .kind = AttributeKind::list,
              .doc = "Further statements of the topic's policy, in AWS's own words.",
              .weak = true,
              .unordered = true,
              .default_json = "[]",
              .element = &kPolicyStatement},
    Attribute{.name = "subscribers",
              .kind = AttributeKind::list,
              .doc =
                  "Principals of other accounts that may subscribe to the topic, such as the IAM "
                  "user that Snowflake names for it.",
              .unordered = true,
              .default_json = "[]",
              .example = "[\"${snowflake_subscriber.iam_user_arn}\"]",
              .element = &kPrincipalArn},
    kTagsAttribute,
};

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", topic_policy_form(placement, name).resource_arn);
  return outputs;
}

void validate(const Placement& placement, const std::string& name, const Value& inputs,
              std::vector<Problem>& problems) {
  const bool is_fifo = inputs.bool_or("fifo", false);
  if (is_fifo && !name.ends_with(".fifo")) {
    problems.push_back(
        {"fifo", fmt::format("the name of a FIFO topic ends in .fifo, not \"{}\"", name),
         "SNS tells FIFO topics by their names", fmt::format("add `name: {}.fifo`", name)});
  }
  const std::size_t stem = is_fifo && name.ends_with(".fifo") ? name.size() - 5 : name.size();
  if (name.substr(0, stem).find('.') != std::string::npos) {
    problems.push_back({"name", fmt::format("\"{}\" is not a topic name", name),
                        "only FIFO topics have a dot in their name, before the final fifo",
                        "use letters, digits, hyphens and underscores"});
  }
  const ResourcePolicyForm form = topic_policy_form(placement, name);
  check_shorthands(topic_shorthands, inputs, problems);
  check_statements(Value(own_statements(form, inputs)), PolicyUse::resource, "statements",
                   problems);
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  normalize_policy_inputs(topic_shorthands, normal);
  return Value(std::move(normal));
}

std::string arn_of(const Client& client, const std::string& name) {
  return topic_policy_form(client.placement(), name).resource_arn;
}

Map outputs_of(const Client& client, const std::string& name) {
  Map outputs;
  outputs.set("arn", arn_of(client, name));
  return outputs;
}

// "Invalid parameter: Policy Error: PrincipalNotFound": a principal made a moment ago.
std::vector<Propagation> principal_waits() {
  return {{"InvalidParameter", "PrincipalNotFound",
           "SNS knows the principals that the topic's policy names"}};
}

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  Map topic;
  topic.set("TopicArn", arn_of(client, record.name));
  Map resource;
  resource.set("ResourceArn", arn_of(client, record.name));
  std::vector<Call> calls;
  calls.push_back(reading(service::sns, "GetTopicAttributes", std::move(topic), record));
  calls[0].tolerated = missing_codes();
  TagQuestion question{
      .call = reading(service::sns, "ListTagsForResource", std::move(resource), record),
      .tags_in = [](const Reply& reply) { return tags_from_list(reply.list("Tags")); }};
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
  const Value& shown = attributes->at("Attributes");
  const Value policy(text_at(shown, "Policy"));
  const ResourcePolicyForm form = topic_policy_form(client.placement(), record.name);
  observation.inputs = policy_to_inputs(form, policy, record.inputs);
  observation.inputs.set("display_name", text_at(shown, "DisplayName"));
  observation.inputs.set("kms_key", text_at(shown, "KmsMasterKeyId"));
  observation.inputs.set("fifo", flag_at(shown, "FifoTopic"));
  observe_tags(client.placement(), record, **look.tags, observation);
  co_return observation;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const std::string arn = arn_of(client, operation.prior.name);
  const Value desired = normalize(operation.desired);
  std::vector<Call> calls;
  const auto set = [&](std::string_view attribute, std::string value) {
    Map input;
    input.set("TopicArn", arn);
    input.set("AttributeName", attribute);
    input.set("AttributeValue", std::move(value));
    Call call = changing(service::sns, "SetTopicAttributes", std::move(input), operation);
    call.wait_while = principal_waits();
    calls.push_back(std::move(call));
  };
  if (is_changed(operation, "display_name")) {
    set("DisplayName", clear_text(desired.at("display_name")));
  }
  if (is_changed(operation, "kms_key")) set("KmsMasterKeyId", clear_text(desired.at("kms_key")));
  if (is_changed(operation, "publishers") || is_changed(operation, "subscribers") ||
      is_changed(operation, "statements")) {
    const ResourcePolicyForm form = topic_policy_form(client.placement(), operation.prior.name);
    set("Policy", to_text(policy_from(form, desired)));
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Map add;
    add.set("ResourceArn", arn);
    add.set("Tags", tags_to_list(change.set));
    calls.push_back(changing(service::sns, "TagResource", std::move(add), operation));
    if (!change.removed.empty()) {
      Map remove;
      remove.set("ResourceArn", arn);
      remove.set("TagKeys", removed_tag_keys(change));
      calls.push_back(changing(service::sns, "UntagResource", std::move(remove), operation));
    }
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = outputs_of(client, operation.prior.name);
  co_return applied;
}

// The refusal says that a topic of this name stands there with other attributes or tags.
bool says_exists(const Error& error) {
  return error.code == "InvalidParameter" &&
         error.detail.find("already exists with different") != std::string::npos;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const ResourcePolicyForm form = topic_policy_form(client.placement(), operation.prior.name);
  Map attributes;
  if (desired.bool_or("fifo", false)) attributes.set("FifoTopic", "true");
  const std::string display_name = clear_text(desired.at("display_name"));
  if (!display_name.empty()) attributes.set("DisplayName", display_name);
  const std::string key = clear_text(desired.at("kms_key"));
  if (!key.empty()) attributes.set("KmsMasterKeyId", key);
  // With the policy in the same call there is no moment at which the topic stands without it.
  if (manages_policy(form, desired)) {
    attributes.set("Policy", to_text(policy_from(form, desired)));
  }
  Map input;
  input.set("Name", operation.prior.name);
  input.set("Tags", tags_to_list(wanted_tags(operation)));
  if (!attributes.empty()) input.set("Attributes", std::move(attributes));
  Call call = changing(service::sns, "CreateTopic", std::move(input), operation);
  call.wait_while = principal_waits();
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created && says_exists(created.error())) {
    ResourceRecord record = operation.prior;
    const Result<Observation> found = co_await read(client, std::move(record));
    if (!found) co_return fail(found.error());
    Reply refusal;
    refusal.code = created.error().code;
    refusal.request_id = created.error().request_id;
    const Status ours = claim_existing(*found, operation, "SNS topic", "sns:CreateTopic", refusal);
    if (!ours) co_return fail(ours.error());
    Operation again = update_of_found(operation, *found);
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  if (!created) co_return fail(created.error());
  Map outputs = outputs_of(client, operation.prior.name);
  const Status recorded = co_await note_identity(operation, outputs);
  if (!recorded) co_return fail(recorded.error());
  Applied applied;
  applied.outputs = std::move(outputs);
  co_return applied;
}

// Whether the subscription is Snowflake's (or another account's) queue. Snowflake goes on believing
// in it after the topic is gone, and a new topic of the same name would not reach it.
bool is_held_elsewhere(const Client& client, const Value& subscription) {
  const std::vector<std::string> parts = split(text_at(subscription, "Endpoint"), ':');
  if (parts.size() < 6 || parts[2] != "sqs") return false;
  return parts[4] != client.account() || parts[5].starts_with("sf-snowpipe");
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const std::string arn = arn_of(client, operation.prior.name);
  Removed removed;
  bool is_held = false;
  std::string next;
  do {
    Map input;
    input.set("TopicArn", arn);
    if (!next.empty()) input.set("NextToken", next);
    Call call =
        reading(service::sns, "ListSubscriptionsByTopic", std::move(input), operation.prior);
    call.tolerated = missing_codes();
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    if (page->is_tolerated_error()) co_return removed;
    for (const Value& subscription : page->list("Subscriptions")) {
      is_held = is_held || is_held_elsewhere(client, subscription);
    }
    next = page->text("NextToken");
  } while (!next.empty());

  if (is_held) {
    Tombstone tombstone;
    tombstone.type = "aws.sns_topic";
    tombstone.name = operation.prior.name;
    tombstone.until = client.scheduler().now() + kSubscriptionHeld;
    tombstone.reason = std::string(kHeldBecause);
    tombstone.place = client.region();
    removed.tombstones.push_back(std::move(tombstone));
    // The subscriptions go with the topic: afterwards nobody can tell that Snowflake had one.
    std::vector<Tombstone> burnt = removed.tombstones;
    const Status noted = co_await note_tombstones(operation, std::move(burnt));
    if (!noted) co_return fail(noted.error());
  }
  Map input;
  input.set("TopicArn", arn);
  Call call = changing(service::sns, "DeleteTopic", std::move(input), operation);
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return removed;
}

const ResourceType kType{
    .name = "aws.sns_topic",
    .summary = "An SNS topic with its policy.",
    .doc =
        "The policy is made of the owner's own statement, one statement for `publishers`, one for "
        "`subscribers`, and `statements`. As soon as one of the three is given the whole policy "
        "is firn's; when all are taken away again the topic gets AWS's default policy back.\n\n"
        "When Snowflake has subscribed to a topic, its name cannot be used again for 72 hours "
        "after the topic is deleted. firn remembers this and gives a new topic the next "
        "generation of the name.",
    .example =
        "  type: aws.sns_topic\n"
        "  publishers: [\"${data}\"]\n"
        "  subscribers: [\"${subscriber.iam_user_arn}\"]\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::aws, .length_max = 256, .extra_characters = "-_."},
    .replace_takes_new_name = true,
    .name_held_after_loss = kSubscriptionHeld,
    .name_held_because = kHeldBecause,
    .taggable = true,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType sns_topic{.type = &kType,
                        .read = read_alone<read>,
                        .read_shared = read,
                        .create = create,
                        .update = update,
                        .remove = remove};

}  // namespace firn::aws
