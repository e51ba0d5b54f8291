// aws.kms_key: a symmetric customer key of KMS with its policy.
//
// A key has no name, and KMS makes another one for every CreateKey. So its tags are all that tells
// whose it is: a create first looks for a key that carries this resource's marks, left by a call
// whose answer was lost, or waiting for its deletion. The same is done after a crash.
//
// Source of facts: AWS KMS API Reference (CreateKey, DescribeKey, PutKeyPolicy,
// ScheduleKeyDeletion, CancelKeyDeletion, EnableKeyRotation) and developer guide, "Key states of
// AWS KMS keys", "Default key policy"; Resource Groups Tagging API Reference (GetResources).
#include <array>
#include <fmt/format.h>
#include <utility>

#include "providers/aws/calls.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_policies.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr Attribute kPolicyStatement{
    .name = "statement",
    .kind = AttributeKind::any,
    .doc = "A statement of the key's policy in AWS's own words; a Resource left out is this key."};

constexpr std::array kAttributes{
    Attribute{
        .name = "arn",
        .doc = "The ARN of the key.",
        .computed = true,
        .stand_in = "arn:{partition}:kms:{region}:{account}:key/00000000-0000-4000-8000-{digest}"},
    Attribute{.name = "deletion_window",
              .kind = AttributeKind::integer,
              .doc = "Days for which a removed key waits before KMS destroys it. Until then an "
                     "apply brings it back.",
              .write_only = true,
              .default_json = "30",
              .example = "7",
              .minimum = 7,
              .maximum = 30},
    Attribute{.name = "description",
              .doc = "What the key is for.",
              .default_json = "\"\"",
              .maximum = 8192},
    Attribute{.name = "enabled",
              .kind = AttributeKind::boolean,
              .doc = "Whether the key can be used.",
              .default_json = "true"},
    Attribute{.name = "key_id",
              .doc = "The id of the key.",
              .computed = true,
              .stand_in = "00000000-0000-4000-8000-{digest}"},
    Attribute{.name = "rotation",
              .kind = AttributeKind::boolean,
              .doc = "Whether KMS makes new key material every year; what was encrypted before can "
                     "still be read.",
              .default_json = "false",
              .example = "true"},
    Attribute{.name = "statements",
              .kind = AttributeKind::list,
              .doc = "Statements of the key's policy, in AWS's own words, beside the one that lets "
                     "the policies of the account's roles and users decide.",
              .unordered = true,
              .default_json = "[]",
              .element = &kPolicyStatement},
    kTagsAttribute,
};

constexpr std::int64_t kUsualWindow = 30;

// --- pure

void validate(const Placement& placement, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_statements(Value(own_statements(key_policy_form(placement), inputs)), PolicyUse::resource,
                   "statements", problems);
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  normalize_policy_inputs({}, normal);
  return Value(std::move(normal));
}

// KMS's own tags are [{TagKey, TagValue}].
List kms_tags(const Map& tags) {
  List list;
  for (const auto& [key, value] : tags) {
    Map tag;
    tag.set("TagKey", key);
    tag.set("TagValue", value);
    list.emplace_back(std::move(tag));
  }
  return list;
}

Map tags_from_kms(const List& items) {
  Map tags;
  for (const Value& item : items)
    tags.set(text_at(item, "TagKey"), text_at(item, "TagValue"));
  return tags;
}

// --- what the cloud shows

Call ask(const ResourceRecord& record, std::string operation, const std::string& key_id) {
  Map input;
  input.set("KeyId", key_id);
  Call call = reading(service::kms, std::move(operation), std::move(input), record);
  call.tolerated = missing_codes();
  return call;
}

bool is_managed(const ResourceRecord& record, std::string_view attribute) {
  const bool is_import = !record.inputs.is_map() || record.inputs.as_map().empty();
  return is_import || !record.inputs.at(attribute).is_null();
}

// A policy without the id that KMS gives to the one it makes.
Value without_id(const std::string& text) {
  const Value policy = normalize_policy(Value(text));
  if (!policy.is_map()) return policy;
  Map plain = policy.as_map();
  plain.erase("Id");
  return Value(std::move(plain));
}

bool waits_for_deletion(const Value& metadata) {
  return text_at(metadata, "KeyState").starts_with("Pending");
}

struct ShownKey {
  Value metadata;  // null: it does not exist
  Observation observation;
};

Task<Result<ShownKey>> look(Client& client, ResourceRecord record, std::string key_id,
                            SharedTags* shared = nullptr) {
  std::vector<Call> calls;
  calls.push_back(ask(record, "DescribeKey", key_id));
  const bool with_policy = is_managed(record, "statements");
  const bool with_rotation = is_managed(record, "rotation");
  if (with_policy) {
    Call policy = ask(record, "GetKeyPolicy", key_id);
    Map input = policy.input.as_map();
    input.set("PolicyName", "default");
    policy.input = Value(std::move(input));
    calls.push_back(std::move(policy));
  }
  if (with_rotation) {
    Call rotation = ask(record, "GetKeyRotationStatus", key_id);
    // Of a key that waits for its deletion nobody can ask.
    rotation.tolerated.emplace_back("KMSInvalidStateException");
    calls.push_back(std::move(rotation));
  }
  TagQuestion question{
      .call = ask(record, "ListResourceTags", key_id),
      .tags_in = [](const Reply& reply) { return tags_from_kms(reply.list("Tags")); }};
  const TaggedLook seen =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const std::vector<Result<Reply>>& replies = seen.replies;
  ShownKey shown;
  for (const Result<Reply>& reply : replies) {
    if (!reply) co_return fail(reply.error());
  }
  if (!seen.tags) co_return fail(seen.tags.error());
  if (replies[0]->is_tolerated_error()) co_return shown;
  shown.metadata = replies[0]->at("KeyMetadata");
  Observation& observation = shown.observation;
  observation.exists = true;
  observation.outputs.set("arn", text_at(shown.metadata, "Arn"));
  observation.outputs.set("key_id", text_at(shown.metadata, "KeyId"));
  observation.inputs.set("description", text_at(shown.metadata, "Description"));
  observation.inputs.set("enabled", flag_at(shown.metadata, "Enabled"));
  if (with_policy) {
    const ResourcePolicyForm form = key_policy_form(client.placement());
    for (const auto& [name, value] :
         policy_to_inputs(form, without_id(replies[1]->text("Policy")), record.inputs)) {
      observation.inputs.set(name, value);
    }
  }
  if (with_rotation) {
    observation.inputs.set("rotation", flag_at(replies.back()->value, "KeyRotationEnabled"));
  }
  observe_tags(client.placement(), record, seen.tags->value_or(Map()), observation);
  co_return shown;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  std::string key_id = text_at(record.outputs, "key_id");
  if (key_id.empty()) co_return absent();
  const Result<ShownKey> shown =
      co_await look(client, std::move(record), std::move(key_id), shared);
  if (!shown) co_return fail(shown.error());
  // A key that somebody has scheduled for deletion is gone for all that it is used for. The create
  // that follows brings it back.
  if (shown->metadata.is_null() || waits_for_deletion(shown->metadata)) co_return absent();
  co_return shown->observation;
}

// The key that carries the operation's marks, if there is one.
Task<Result<ShownKey>> find_marked(Client& client, Operation& operation) {
  Map marks = wanted_tags(operation);
  List filters;
  for (const std::string_view key : {stack_tag, environment_tag, address_tag}) {
    Map filter;
    filter.set("Key", key);
    filter.set("Values", List{*marks.find(key)});
    filters.emplace_back(std::move(filter));
  }
  Map input;
  input.set("TagFilters", std::move(filters));
  input.set("ResourceTypeFilters", List{Value("kms:key")});
  Call call = reading(service::tagging, "GetResources", std::move(input), operation.prior);
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  ShownKey best;
  for (const Value& item : reply->list("ResourceTagMappingList")) {
    ResourceRecord record = operation.prior;
    record.inputs = Value();  // see everything
    const std::string arn = text_at(item, "ResourceARN");
    std::string key_id = arn.substr(arn.rfind('/') + 1);
    const Result<ShownKey> shown = co_await look(client, std::move(record), std::move(key_id));
    if (!shown) co_return fail(shown.error());
    if (shown->metadata.is_null()) continue;
    // One that lives goes before one that waits for its deletion.
    if (best.metadata.is_null() || !waits_for_deletion(shown->metadata)) best = *shown;
  }
  co_return best;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  const Result<ShownKey> found = co_await find_marked(client, operation);
  if (!found) co_return fail(found.error());
  if (found->metadata.is_null() || waits_for_deletion(found->metadata)) co_return absent();
  co_return found->observation;
}

// By an id, an ARN or an alias when one is said, or else by our marks.
Task<Result<Observation>> find_existing(Client& client, Operation& operation) {
  if (operation.prior.name.empty()) {
    Result<Observation> marked = co_await find_after_crash(client, operation);
    co_return marked;
  }
  ResourceRecord record = operation.prior;
  record.inputs = operation.desired;
  std::string key_id = operation.prior.name;
  if (key_id.starts_with("alias/") || key_id.find(":alias/") != std::string::npos) {
    Call call = ask(record, "DescribeKey", key_id);  // the only one that takes an alias
    const Result<Reply> reply = co_await client.call(std::move(call));
    if (!reply) co_return fail(reply.error());
    if (reply->is_tolerated_error()) co_return absent();
    key_id = reply->text("KeyMetadata.KeyId");
  }
  const Result<ShownKey> shown = co_await look(client, std::move(record), std::move(key_id));
  if (!shown) co_return fail(shown.error());
  if (shown->metadata.is_null() || waits_for_deletion(shown->metadata)) co_return absent();
  if (const std::string manager = text_at(shown->metadata, "KeyManager"); manager == "AWS") {
    co_return fail(ErrorKind::invalid_input,
                   fmt::format("the key {} belongs to AWS", operation.prior.name),
                   "nobody can change a key that a service of AWS made for itself",
                   "name it where it is used; it needs no resource");
  }
  co_return shown->observation;
}

// --- calls

Call about(const Operation& operation, std::string name, const std::string& key_id) {
  Map input;
  input.set("KeyId", key_id);
  return changing(service::kms, std::move(name), std::move(input), operation);
}

void put(Call& call, std::string_view member, Value value) {
  Map input = call.input.as_map();
  input.set(member, std::move(value));
  call.input = Value(std::move(input));
}

// A principal made a moment ago.
void wait_for_principals(Call& call) {
  Propagation principal;
  principal.code = "MalformedPolicyDocumentException";
  principal.fragment = "principal";
  principal.what = "KMS knows the principals that the key's policy names";
  call.wait_while.push_back(principal);
}

std::vector<Call> update_calls(const Client& client, const Operation& operation,
                               const Value& desired, const std::string& key_id) {
  std::vector<Call> calls;
  if (is_changed(operation, "description")) {
    Call call = about(operation, "UpdateKeyDescription", key_id);
    put(call, "Description", clear_text(desired.at("description")));
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "rotation")) {
    const bool rotates = desired.bool_or("rotation", false);
    calls.push_back(about(operation, rotates ? "EnableKeyRotation" : "DisableKeyRotation", key_id));
  }
  if (is_changed(operation, "statements")) {
    Call call = about(operation, "PutKeyPolicy", key_id);
    put(call, "PolicyName", "default");
    put(call, "Policy", to_text(policy_from(key_policy_form(client.placement()), desired)));
    wait_for_principals(call);
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Call add = about(operation, "TagResource", key_id);
    put(add, "Tags", kms_tags(change.set));
    calls.push_back(std::move(add));
    if (!change.removed.empty()) {
      Call remove = about(operation, "UntagResource", key_id);
      put(remove, "TagKeys", removed_tag_keys(change));
      calls.push_back(std::move(remove));
    }
  }
  return calls;
}

Task<Status> set_enabled(Client& client, const Operation& operation, std::string key_id,
                         bool enabled) {
  Call call = about(operation, enabled ? "EnableKey" : "DisableKey", key_id);
  const Result<Reply> done = co_await client.call(std::move(call));
  if (!done) co_return fail(done.error());
  co_return Ok{};
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const std::string key_id = text_at(operation.prior.outputs, "key_id");
  const bool enabled = desired.bool_or("enabled", true);
  // A disabled key takes no other changes: it is enabled first, or disabled last.
  if (is_changed(operation, "enabled") && enabled) {
    std::string id = key_id;
    const Status done = co_await set_enabled(client, operation, std::move(id), true);
    if (!done) co_return fail(done.error());
  }
  std::vector<Call> calls = update_calls(client, operation, desired, key_id);
  Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  if (is_changed(operation, "enabled") && !enabled) {
    std::string id = key_id;
    done = co_await set_enabled(client, operation, std::move(id), false);
    if (!done) co_return fail(done.error());
  }
  Applied applied;
  applied.outputs.set("arn", operation.prior.outputs.at("arn"));
  applied.outputs.set("key_id", key_id);
  co_return applied;
}

// A key with our marks: made by a call whose answer was lost, or removed and not yet destroyed.
Task<Result<Applied>> take_back(Client& client, Operation& operation, ShownKey found) {
  const std::string key_id = text_at(found.metadata, "KeyId");
  const Status recorded = co_await note_identity(operation, found.observation.outputs);
  if (!recorded) co_return fail(recorded.error());
  if (waits_for_deletion(found.metadata)) {
    if (operation.report) {
      operation.report(fmt::format("bringing back the key {}, which was to be deleted", key_id));
    }
    Call cancel = about(operation, "CancelKeyDeletion", key_id);
    const Result<Reply> cancelled = co_await client.call(std::move(cancel));
    if (!cancelled) co_return fail(cancelled.error());
  }
  Operation again = update_of_found(operation, found.observation);
  // It is brought back disabled.
  const bool is_disabled = !Value(found.observation.inputs).bool_or("enabled", false);
  if (is_disabled && !is_changed(again, "enabled")) again.changed.emplace_back("enabled");
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

// A key is not made twice because an answer was lost: its marks tell of it.
Task<Result<bool>> is_made(Client* client, Operation* operation) {
  const Result<ShownKey> found = co_await find_marked(*client, *operation);
  if (!found) co_return fail(found.error());
  co_return !found->metadata.is_null();
}

Task<Result<Reply>> create_once(Client& client, Operation& operation, Call call) {
  call.is_repeatable = false;
  for (int round = 1;; ++round) {
    Call copy = call;
    Result<Reply> created = co_await client.call(std::move(copy));
    const bool is_lost = !created && created.error().may_have_been_applied;
    if (!is_lost || round == most_rounds_of_one_call) co_return created;
    std::function<Task<Result<bool>>()> look = [&client, &operation] {
      return is_made(&client, &operation);
    };
    const Result<bool> there = co_await took_effect(client, std::move(look));
    if (!there || *there) co_return created;
  }
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  Result<ShownKey> found = co_await find_marked(client, operation);
  if (!found) co_return fail(found.error());
  if (!found->metadata.is_null()) {
    ShownKey key = *found;
    Result<Applied> taken = co_await take_back(client, operation, std::move(key));
    co_return taken;
  }
  const Value desired = normalize(operation.desired);
  const ResourcePolicyForm form = key_policy_form(client.placement());
  Map input;
  input.set("Tags", kms_tags(wanted_tags(operation)));
  const std::string description = clear_text(desired.at("description"));
  if (!description.empty()) input.set("Description", description);
  if (!list_of(desired.at("statements")).empty()) {
    input.set("Policy", to_text(policy_from(form, desired)));
  }
  Call call = changing(service::kms, "CreateKey", std::move(input), operation);
  wait_for_principals(call);
  const Result<Reply> created = co_await create_once(client, operation, std::move(call));
  if (!created) {
    Error error = created.error();
    if (error.may_have_been_applied) found = co_await find_marked(client, operation);
    if (!error.may_have_been_applied || !found || found->metadata.is_null()) {
      co_return Failure(std::move(error));
    }
    ShownKey key = *found;
    Result<Applied> taken = co_await take_back(client, operation, std::move(key));
    co_return taken;
  }
  Applied applied;
  const std::string key_id = created->text("KeyMetadata.KeyId");
  applied.outputs.set("arn", created->text("KeyMetadata.Arn"));
  applied.outputs.set("key_id", key_id);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  if (desired.bool_or("rotation", false)) {
    Call rotate = about(operation, "EnableKeyRotation", key_id);
    const Result<Reply> rotates = co_await client.call(std::move(rotate));
    if (!rotates) co_return fail(rotates.error());
  }
  if (!desired.bool_or("enabled", true)) {
    std::string id = key_id;
    const Status done = co_await set_enabled(client, operation, std::move(id), false);
    if (!done) co_return fail(done.error());
  }
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const std::string key_id = text_at(operation.prior.outputs, "key_id");
  if (key_id.empty()) co_return Removed{};
  Call call = about(operation, "ScheduleKeyDeletion", key_id);
  put(call, "PendingWindowInDays", operation.prior.inputs.int_or("deletion_window", kUsualWindow));
  call.tolerated = missing_codes();
  call.tolerated.emplace_back("KMSInvalidStateException");  // it waits for its deletion already
  const Result<Reply> scheduled = co_await client.call(std::move(call));
  if (!scheduled) co_return fail(scheduled.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.kms_key",
    .summary = "A key of KMS that belongs to the account, with its policy.",
    .doc =
        "The key's policy always lets the policies of the account's roles and users decide, as the "
        "default policy does: so `kms_decrypt` and `kms_encrypt` of a role are enough for it to "
        "use the key. `statements` come on top; a service that encrypts on its own behalf, such "
        "as CloudWatch Logs, needs one.\n\n"
        "A removed key waits for its `deletion_window`, and cannot be used meanwhile. An apply "
        "within that time brings it back, and with it everything that it encrypts.",
    .example =
        "  type: aws.kms_key\n"
        "  description: Data of the lake\n"
        "  rotation: true\n",
    .attributes = kAttributes,
    .holds_data = true,
    .data_loss = "everything that is encrypted with the key, once its waiting time is over",
    .taggable = true,
    .import_id = "the key's id, its ARN or an alias",
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType kms_key{.type = &kType,
                      .read = read_alone<read>,
                      .read_shared = read,
                      .create = create,
                      .update = update,
                      .remove = remove,
                      .find_after_crash = find_after_crash,
                      .find_existing = find_existing};

}  // namespace firn::aws
