// aws.secret: a secret of Secrets Manager, with or without its value.
//
// Source of facts: AWS Secrets Manager API Reference (CreateSecret, UpdateSecret, PutSecretValue,
// DeleteSecret, RestoreSecret, PutResourcePolicy) and user guide, "Delete an AWS Secrets Manager
// secret", "AWS Secrets Manager quotas".
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "core/value/json.h"
#include "core/value/scrub.h"
#include "providers/aws/calls.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_policies.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/secret_version.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr Attribute kPolicyStatement{
    .name = "statement",
    .kind = AttributeKind::any,
    .doc = "A policy statement in AWS's own words; a Resource left out is this secret."};

constexpr std::array kAttributes{
    Attribute{.name = "arn",
              .doc = "The ARN of the secret. It ends in six characters that AWS draws.",
              .computed = true,
              .stand_in = "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-AbCdEf"},
    Attribute{.name = "arn_pattern",
              .doc = "The ARN with ?????? for those six characters, which policies understand and "
                     "which is known beforehand.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "description",
              .doc = "What the secret is for.",
              .default_json = "\"\"",
              .maximum = 2048},
    Attribute{.name = "kms_key",
              .doc = "The KMS key that encrypts the value, by ARN, id or alias; empty for the "
                     "service's own.",
              .takes = "arn",
              .default_json = "\"\"",
              .example = "${data_key}"},
    Attribute{.name = "recovery_window",
              .kind = AttributeKind::integer,
              .doc = "Days for which a deleted secret can be brought back; 0 deletes it at once.",
              .write_only = true,
              .default_json = "30",
              .example = "7",
              .minimum = 0,
              .maximum = 30},
    Attribute{.name = "statements",
              .kind = AttributeKind::list,
              .doc = "The statements of the secret's own policy, in AWS's own words.",
              .unordered = true,
              .default_json = "[]",
              .element = &kPolicyStatement},
    kTagsAttribute,
    Attribute{.name = "value",
              .kind = AttributeKind::any,
              .doc = "The value: a text, or a map that is stored as JSON. Left out, somebody else "
                     "sets it, and firn neither reads nor changes it.",
              .secret = true,
              .example = "${secret(\"env:REDDIT_API\")}"},
    Attribute{.name = "version_id",
              .doc = "The version that holds the value firn wrote; empty while `value` is not "
                     "given.",
              .computed = true},
};

constexpr std::string_view kUsualKey = "alias/aws/secretsmanager";
constexpr std::size_t kLongestValue = 65536;
constexpr std::int64_t kShortestWindow = 7;
constexpr std::int64_t kUsualWindow = 30;

// --- pure

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn_pattern",
              fmt::format("arn:{}:secretsmanager:{}:{}:secret:{}-??????", placement.partition,
                          placement.region, placement.account, name));
  return outputs;
}

// What is stored: a text as it is, a map as JSON.
std::string text_of_value(const Value& value) {
  return value.is_string() ? value.as_string() : to_json(value);
}

// Of the clear value.
void check_value(const Value& value, std::vector<Problem>& problems) {
  const bool is_empty =
      value.is_string() ? value.as_string().empty() : value.is_map() && value.as_map().empty();
  if (!value.is_string() && !value.is_map()) {
    problems.push_back({"value", fmt::format("the value is {}", kind_name(value.kind())),
                        "a secret holds a text, or a map that is stored as JSON",
                        "put it in quotes, or write a map"});
  } else if (is_empty) {
    problems.push_back({"value", "the value is empty", "Secrets Manager stores no empty value",
                        "leave `value` out when somebody else sets it"});
  } else if (!value.contains_unknown() && !value.contains_secret() &&
             text_of_value(value).size() > kLongestValue) {
    problems.push_back({"value", "the value is too long",
                        fmt::format("Secrets Manager stores {} bytes at most", kLongestValue), ""});
  }
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& given = inputs.at("value");
  const Value& value = given.is_secret() ? given.reveal() : given;
  if (!value.is_null() && !value.is_unknown()) check_value(value, problems);
  const Value& days = inputs.at("recovery_window");
  if (days.is_int() && days.as_int() > 0 && days.as_int() < kShortestWindow) {
    problems.push_back({"recovery_window",
                        fmt::format("a recovery window cannot be {} days", days.as_int()),
                        "Secrets Manager takes 7 to 30 days, or none at all",
                        "write 7, or 0 to delete the secret at once"});
  }
  check_statements(Value(own_statements(secret_policy_form(), inputs)), PolicyUse::resource,
                   "statements", problems);
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  normalize_policy_inputs({}, normal);
  return Value(std::move(normal));
}

// --- what the cloud shows

// An id or an alias may be shown as the ARN that it stands for.
Value key_as_recorded(const Value& recorded, const std::string& shown) {
  if (shown == kUsualKey) return Value("");
  const std::string own = clear_text(recorded);
  const bool is_the_same =
      !own.empty() && (shown.ends_with(":" + own) || shown.ends_with(":key/" + own));
  return is_the_same ? Value(own) : Value(shown);
}

Observation observation_of(const Client& client, const ResourceRecord& record,
                           const ShownSecret& shown) {
  Observation observation;
  observation.exists = true;
  observation.inputs.set("description", text_at(shown.value, "Description"));
  observation.inputs.set(
      "kms_key", key_as_recorded(record.inputs.at("kms_key"), text_at(shown.value, "KmsKeyId")));
  // The value is never read: a current version that firn did not write tells enough.
  const std::string written = text_at(record.outputs, "version_id");
  if (!written.empty() && shown.current_version() != written) {
    observation.inputs.set("value", "(a version that firn did not write)");
  }
  observation.outputs = predict(client.placement(), record.name, Value());
  observation.outputs.set("arn", text_at(shown.value, "ARN"));
  observation.outputs.set("version_id", written);
  observe_tags(client.placement(), record, tags_from_list(list_at(shown.value, "Tags")),
               observation);
  return observation;
}

// Whether everything that is recorded looks as recorded. A listing that says otherwise may only be
// behind.
bool agrees(const ResourceRecord& record, const Observation& seen) {
  if (seen.foreign || seen.inputs.find("value") != nullptr) return false;
  for (const auto& [name, value] : seen.outputs) {
    if (record.outputs.at(name) != value) return false;
  }
  for (const auto& [name, value] : seen.inputs) {
    const Value& recorded = record.inputs.at(name);
    if (!recorded.is_null() && recorded != value) return false;
  }
  return true;
}

Task<Result<Observation>> with_policy(Client& client, ResourceRecord record,
                                      Observation observation) {
  const ResourcePolicyForm form = secret_policy_form();
  const bool is_import = !record.inputs.is_map() || record.inputs.as_map().empty();
  if (!is_import && !manages_policy(form, record.inputs)) co_return observation;
  Map input;
  input.set("SecretId", record.name);
  Call call = reading(service::secretsmanager, "GetResourcePolicy", std::move(input), record);
  call.tolerated = missing_codes();
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  for (const auto& [name, value] :
       policy_to_inputs(form, Value(reply->text("ResourcePolicy")), record.inputs)) {
    observation.inputs.set(name, value);
  }
  co_return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::string name = record.name;
  const Result<ShownSecret> shown = co_await describe_secret(client, record, std::move(name));
  if (!shown) co_return fail(shown.error());
  if (!shown->exists() || shown->is_deleted()) co_return absent();
  Observation observation = observation_of(client, record, *shown);
  Result<Observation> whole =
      co_await with_policy(client, std::move(record), std::move(observation));
  co_return whole;
}

// --- calls

Call about(const Operation& operation, std::string name) {
  Map input;
  input.set("SecretId", operation.prior.name);
  return changing(service::secretsmanager, std::move(name), std::move(input), operation);
}

void put(Call& call, std::string_view member, Value value) {
  Map input = call.input.as_map();
  input.set(member, std::move(value));
  call.input = Value(std::move(input));
}

bool sets_value(const Operation& operation) {
  return is_changed(operation, "value") && !operation.desired.at("value").is_null();
}

std::vector<Call> update_calls(const Operation& operation, const Value& desired) {
  std::vector<Call> calls;
  if (is_changed(operation, "description") || is_changed(operation, "kms_key")) {
    Call call = about(operation, "UpdateSecret");
    // Of a version that this call does not make; but SDKs always send one.
    put(call, "ClientRequestToken", operation.idempotency_token + "-update");
    if (is_changed(operation, "description")) {
      put(call, "Description", clear_text(desired.at("description")));
    }
    if (is_changed(operation, "kms_key")) {
      const std::string key = clear_text(desired.at("kms_key"));
      put(call, "KmsKeyId", key.empty() ? std::string(kUsualKey) : key);
    }
    calls.push_back(std::move(call));
  }
  const ResourcePolicyForm form = secret_policy_form();
  if (is_changed(operation, "statements")) {
    const Value policy = policy_from(form, desired);
    Call call = about(operation, policy.is_null() ? "DeleteResourcePolicy" : "PutResourcePolicy");
    if (!policy.is_null()) {
      put(call, "ResourcePolicy", to_text(policy));
      put(call, "BlockPublicPolicy", true);
      Propagation principal;
      principal.code = "MalformedPolicyDocumentException";
      principal.fragment = "principal";
      principal.what = "Secrets Manager knows the principals that the policy names";
      call.wait_while.push_back(principal);
    }
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Call add = about(operation, "TagResource");
    put(add, "Tags", tags_to_list(change.set));
    calls.push_back(std::move(add));
    if (!change.removed.empty()) {
      Call remove = about(operation, "UntagResource");
      put(remove, "TagKeys", removed_tag_keys(change));
      calls.push_back(std::move(remove));
    }
  }
  return calls;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  std::vector<Call> calls = update_calls(operation, desired);
  // A secret that was brought back a moment ago may still pass for deleted.
  Propagation restored;
  restored.code = "InvalidRequestException";
  restored.fragment = "marked for deletion";
  restored.what = "Secrets Manager has brought the secret back";
  for (Call& call : calls)
    call.wait_while.push_back(restored);
  // The value last: it is encrypted with the key that the other calls set.
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  std::string version = text_at(operation.prior.outputs, "version_id");
  if (sets_value(operation)) {
    Call call = put_secret_value(operation, operation.prior.name,
                                 text_of_value(desired.at("value")), operation.idempotency_token);
    collect_secrets(Value::secret(desired.at("value")), call.secrets);
    call.wait_while.push_back(restored);
    const Result<Reply> written = co_await client.call(std::move(call));
    if (!written) co_return fail(written.error());
    version = written->text("VersionId");
  } else if (is_changed(operation, "value")) {
    version.clear();  // from now on somebody else sets it
  }
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  applied.outputs.set("arn", operation.prior.outputs.at("arn"));
  applied.outputs.set("version_id", version);
  co_return applied;
}

Call create_call(const Operation& operation) {
  const Value& desired = operation.desired;
  Map input;
  input.set("Name", operation.prior.name);
  input.set("ClientRequestToken", operation.idempotency_token);
  input.set("Tags", tags_to_list(wanted_tags(operation)));
  const std::string description = clear_text(desired.at("description"));
  if (!description.empty()) input.set("Description", description);
  const std::string key = clear_text(desired.at("kms_key"));
  if (!key.empty()) input.set("KmsKeyId", key);
  const Value& value = desired.at("value");
  if (!value.is_null()) input.set("SecretString", text_of_value(value));
  Call call = changing(service::secretsmanager, "CreateSecret", std::move(input), operation);
  if (!value.is_null()) {
    collect_secrets(Value::secret(value), call.secrets);
    call.secrets.push_back(text_of_value(value));
  }
  return call;
}

Instant from_epoch(const Value& seconds) {
  const double given = seconds.is_number() || seconds.is_int() ? seconds.as_number() : 0;
  return Instant(std::chrono::seconds(static_cast<std::int64_t>(given)));
}

Error taken_until(const Operation& operation, const Error& conflict, const ShownSecret& shown) {
  Error error = conflict;
  error.summary = fmt::format("the name {} is taken by a deleted secret", operation.prior.name);
  error.detail += fmt::format("; Secrets Manager keeps it until {}",
                              format_iso(from_epoch(shown.value.at("DeletedDate"))));
  error.remedy = "give the resource another name with `name:`, or restore and remove the old one";
  return error;
}

// The name is in use: by a secret of ours, which may wait for its deletion, or by somebody else's.
Task<Result<Applied>> take_over(Client& client, Operation& operation, ShownSecret shown,
                                Reply refusal) {
  ResourceRecord record = operation.prior;
  const Observation found = observation_of(client, record, shown);
  const Status ours =
      claim_existing(found, operation, "secret", "secretsmanager:CreateSecret", refusal);
  if (!ours) {
    co_return fail(shown.is_deleted() ? taken_until(operation, ours.error(), shown) : ours.error());
  }
  if (shown.is_deleted()) {
    if (operation.report) operation.report("bringing back the secret that was to be deleted");
    Call restore = about(operation, "RestoreSecret");
    const Result<Reply> restored = co_await client.call(std::move(restore));
    if (!restored) co_return fail(restored.error());
  }
  const Status recorded = co_await note_identity(operation, found.outputs);
  if (!recorded) co_return fail(recorded.error());
  Operation again = update_of_found(operation, found);
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  Call call = create_call(operation);
  call.tolerated = {"ResourceExistsException", "InvalidRequestException"};
  Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    ResourceRecord record = operation.prior;
    std::string name = operation.prior.name;
    Result<ShownSecret> shown = co_await describe_secret(client, record, std::move(name));
    if (!shown) co_return fail(shown.error());
    if (shown->exists()) {
      Reply refusal = *created;
      ShownSecret taken = *shown;
      Result<Applied> applied =
          co_await take_over(client, operation, std::move(taken), std::move(refusal));
      co_return applied;
    }
    // Deleted at once, a moment ago: the name comes free soon. Anything else is told as it is.
    Call again = create_call(operation);
    Propagation gone;
    gone.code = "InvalidRequestException";
    gone.fragment = "scheduled for deletion";
    gone.what = "Secrets Manager has deleted the secret that had this name";
    again.wait_while.push_back(gone);
    created = co_await client.call(std::move(again));
    if (!created) co_return fail(created.error());
  }
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, operation.desired);
  applied.outputs.set("arn", created->text("ARN"));
  const bool has_value = !operation.desired.at("value").is_null();
  applied.outputs.set("version_id", has_value ? created->text("VersionId") : std::string());
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  const Value desired = normalize(operation.desired);
  Operation rest = operation;
  rest.changed.clear();
  if (!policy_from(secret_policy_form(), desired).is_null()) rest.changed = {"statements"};
  std::vector<Call> calls = update_calls(rest, desired);
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const std::int64_t days = operation.prior.inputs.int_or("recovery_window", kUsualWindow);
  Call call = about(operation, "DeleteSecret");
  if (days == 0) {
    put(call, "ForceDeleteWithoutRecovery", true);
  } else {
    put(call, "RecoveryWindowInDays", days);
  }
  call.tolerated = missing_codes();
  call.tolerated.emplace_back("InvalidRequestException");  // it waits for its deletion already
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  Value until = deleted->at("DeletionDate");
  if (deleted->is_tolerated_error()) {
    if (deleted->code != "InvalidRequestException") co_return Removed{};  // it is gone
    ResourceRecord record = operation.prior;
    std::string name = operation.prior.name;
    const Result<ShownSecret> shown = co_await describe_secret(client, record, std::move(name));
    if (!shown) co_return fail(shown.error());
    if (!shown->exists()) co_return Removed{};
    until = shown->value.at("DeletedDate");
  }
  Removed removed;
  if (days == 0 || until.is_null()) co_return removed;
  removed.tombstones.push_back({std::string(operation.prior.type), operation.prior.name,
                                from_epoch(until),
                                "Secrets Manager keeps the secret, and an apply in that time "
                                "brings it back",
                                client.region()});
  co_return removed;
}

const ResourceType kType{
    .name = "aws.secret",
    .summary = "A secret of Secrets Manager, its value given by reference or from outside.",
    .doc =
        "Without `value` firn makes the place and never looks at what is in it. With `value`, "
        "which "
        "is to come from `secret(…)`, it is sent to Secrets Manager and nowhere else: state, plans "
        "and logs hold a keyed digest. That somebody wrote another value is seen without reading "
        "it, and mended.\n\n"
        "A deleted secret can be brought back for the days of its recovery window, and its name "
        "stays taken as long. An apply within that time restores it, with the value it had.\n\n"
        "The ARN ends in six characters that AWS draws. `${secret}` in the `read_secrets` of a "
        "role stands for the ARN with a pattern in their place, so the role need not wait.",
    .example =
        "  type: aws.secret\n"
        "  description: The Reddit API\n"
        "  value: \"${secret(\\\"env:REDDIT_API\\\")}\"\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::aws, .length_max = 512, .extra_characters = "/_+=.@!-"},
    .restores_name = true,
    .taggable = true,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

Task<Result<Observation>> observe_secret(Client& client, ResourceRecord record, ShownSecret shown) {
  if (shown.exists()) {
    Observation seen = observation_of(client, record, shown);
    if (agrees(record, seen)) {
      Result<Observation> whole = co_await with_policy(client, std::move(record), std::move(seen));
      co_return whole;
    }
  }
  Result<Observation> asked = co_await read(client, std::move(record));
  co_return asked;
}

const AwsType secret{.type = &kType,
                     .read = read,
                     .create = create,
                     .update = update,
                     .remove = remove,
                     .batch = &secret_listing_batch};

}  // namespace firn::aws
