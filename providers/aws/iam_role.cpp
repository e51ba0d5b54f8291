// aws.iam_role: a role with its trust, its inline policies and what is attached to it.
//
// Source of facts: AWS IAM API Reference (CreateRole, UpdateAssumeRolePolicy, UpdateRole,
// PutRolePolicy, AttachRolePolicy, DeleteRole) and user guide, "IAM and AWS STS quotas".
#include <array>
#include <utility>

#include "providers/aws/calls.h"
#include "providers/aws/iam_details.h"
#include "providers/aws/iam_grants_table.h"
#include "providers/aws/iam_holder.h"
#include "providers/aws/iam_trust.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr Attribute kPolicy{.name = "policy",
                            .kind = AttributeKind::object,
                            .doc = "What one inline policy grants.",
                            .fields = kGrantAttributes};
constexpr Attribute kManagedPolicy{
    .name = "policy", .doc = "The ARN of a managed policy.", .takes = "arn"};

constexpr std::array kAttributes{
    Attribute{.name = "arn", .doc = "The ARN of the role.", .computed = true, .predictable = true},
    Attribute{.name = "description",
              .doc = "What the role is for.",
              .default_json = "\"\"",
              .maximum = 1000},
    Attribute{.name = "managed_policies",
              .kind = AttributeKind::list,
              .doc = "Managed policies attached to the role, by ARN. When given, what else is "
                     "attached is detached.",
              .unordered = true,
              .takes = "arn",
              .default_json = "[]",
              .example = "[\"${shared_policy}\"]",
              .element = &kManagedPolicy,
              .maximum = 20},
    Attribute{.name = "max_session_duration",
              .kind = AttributeKind::integer,
              .doc = "The longest session of the role, in seconds.",
              .default_json = "3600",
              .minimum = 3600,
              .maximum = 43200},
    Attribute{.name = "path",
              .doc = "The role's path, beginning and ending with a slash.",
              .identity = true,
              .on_change = OnChange::replace,
              .default_json = "\"/\"",
              .example = "/pipelines/",
              .minimum = 1,
              .maximum = 512},
    Attribute{.name = "permissions_boundary",
              .doc =
                  "The managed policy that limits what the role may do at most, by ARN; empty for "
                  "none.",
              .takes = "arn",
              .default_json = "\"\""},
    Attribute{.name = "policies",
              .kind = AttributeKind::map,
              .doc =
                  "The inline policies, by name. When given they are all that the role has: other "
                  "inline policies of the role are deleted.",
              .default_json = "{}",
              .example = "{ read: { s3_read: { bucket: \"${data}\", prefixes: [processed/] } } }",
              .element = &kPolicy},
    Attribute{
        .name = "role_id",
        .doc = "The role's unique id, which a role made anew under the same name does not share.",
        .computed = true},
    kTagsAttribute,
    kTrustAttribute,
};

// --- pure

Map predict(const Placement& placement, const std::string& name, const Value& inputs) {
  Map outputs;
  outputs.set("arn", iam_arn(placement, "role", inputs.at("path"), name));
  return outputs;
}

// The shorthands are looked at here, as written: normalize() turns them into statements, after
// which nobody could say where a mistake stands.
Value prepare(const std::string&, const Value& inputs, std::vector<Problem>& problems) {
  validate_trust(inputs.at("trust"), problems);
  check_inline_policies(inputs.at("policies"), problems);
  return inputs;
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_iam_path(inputs.at("path"), problems);
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* trust = normal.find("trust"))
    normal.set("trust", normalize_trust(Value(*trust)));
  normalize_held(normal);
  return Value(std::move(normal));
}

// --- calls

// A principal made a moment ago.
void wait_for_principals(Call& call) {
  Propagation principal;
  principal.code = "MalformedPolicyDocument";
  principal.fragment = "Invalid principal in policy";
  principal.what = "IAM knows the principals that the trust policy names";
  call.wait_while.push_back(principal);
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  ResourceRecord copy = record;
  const Result<std::optional<ShownHolder>> shown =
      co_await look_at(client, role_holder, std::move(copy));
  if (!shown) co_return fail(shown.error());
  if (!*shown) co_return absent();
  co_return observation_of_role(client, record, **shown);
}

// Everything that an update sets without looking at the role first.
std::vector<Call> setting_calls(const Operation& operation, const Value& desired) {
  std::vector<Call> calls;
  if (is_changed(operation, "trust")) {
    Call call = holder_call(role_holder, operation, "UpdateAssumeRolePolicy");
    put(call, "PolicyDocument", to_text(trust_document(desired.at("trust"))));
    wait_for_principals(call);
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "description") || is_changed(operation, "max_session_duration")) {
    // Both, always: what is left out may be cleared.
    Call call = holder_call(role_holder, operation, "UpdateRole");
    put(call, "Description", clear_text(desired.at("description")));
    put(call, "MaxSessionDuration", desired.int_or("max_session_duration", 3600));
    calls.push_back(std::move(call));
  }
  for (Call& call : boundary_and_tag_calls(role_holder, operation, desired)) {
    calls.push_back(std::move(call));
  }
  return calls;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  std::vector<Call> settings = setting_calls(operation, desired);
  Value wanted = desired;
  const Status done = co_await update_holder(client, role_holder, operation, std::move(wanted),
                                             std::move(settings));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  applied.outputs.set("role_id", operation.prior.outputs.at("role_id"));
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Call call = holder_call(role_holder, operation, "CreateRole");
  put(call, "AssumeRolePolicyDocument", to_text(trust_document(desired.at("trust"))));
  if (desired.at("path").is_string()) put(call, "Path", desired.at("path"));
  const std::string description = clear_text(desired.at("description"));
  if (!description.empty()) put(call, "Description", description);
  const Value& session = desired.at("max_session_duration");
  if (!session.is_null()) put(call, "MaxSessionDuration", session);
  const std::string boundary = clear_text(desired.at("permissions_boundary"));
  if (!boundary.empty()) put(call, "PermissionsBoundary", boundary);
  put(call, "Tags", tags_to_list(wanted_tags(operation)));
  wait_for_principals(call);
  call.tolerated.emplace_back("EntityAlreadyExists");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    ResourceRecord record = operation.prior;
    const Result<Observation> found = co_await read(client, std::move(record));
    if (!found) co_return fail(found.error());
    const Status ours = claim_existing(*found, operation, "IAM role", "iam:CreateRole", *created);
    if (!ours) co_return fail(ours.error());
    Operation again = update_of_found(operation, *found);
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  applied.outputs.set("role_id", created->text("Role.RoleId"));
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  std::vector<Call> calls = policy_calls(role_holder, operation, desired, true, true);
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  co_return applied;
}

// Everything beside policies that IAM shows on the role.
Task<Result<std::vector<Call>>> own_removals(Client& client, Operation& operation) {
  std::vector<std::string> operations{"ListInstanceProfilesForRole"};
  ResourceRecord record = operation.prior;
  const Result<std::vector<std::vector<Reply>>> profiles =
      co_await ask(client, role_holder, std::move(record), std::move(operations));
  if (!profiles) co_return fail(profiles.error());
  std::vector<Call> calls;
  for (const Value& profile : items_of(profiles->front(), "InstanceProfiles")) {
    Call call = holder_call(role_holder, operation, "RemoveRoleFromInstanceProfile");
    put(call, "InstanceProfileName", text_at(profile, "InstanceProfileName"));
    call.tolerated = missing_codes();
    calls.push_back(std::move(call));
  }
  co_return calls;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Result<Removed> removed = co_await remove_holder(client, role_holder, operation, own_removals);
  co_return removed;
}

const ResourceType kType{
    .name = "aws.iam_role",
    .summary = "An IAM role with its trust and its policies.",
    .doc =
        "A role that firn made is wholly firn's: the `policies` declared are all the inline "
        "policies it has, and the `managed_policies` declared are all that is attached to it. "
        "Either is left alone while it is not declared at all.\n\n"
        "A storage integration names the role by its ARN and the role trusts the integration's "
        "user: that is no circle, because the ARN is known before the role exists.",
    .example =
        "  type: aws.iam_role\n"
        "  trust: { snowflake: \"${lake}\" }\n"
        "  policies:\n"
        "    read: { s3_read: { bucket: \"${data}\", prefixes: [processed/] } }\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::iam,
                  .length_max = 64,
                  .extra_characters = "_+=,.@-",
                  .case_insensitive = true},
    .taggable = true,
    .predict = predict,
    .prepare = prepare,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType iam_role{.type = &kType,
                       .read = read,
                       .create = create,
                       .update = update,
                       .remove = remove,
                       .batch = &iam_details_batch};

}  // namespace firn::aws
