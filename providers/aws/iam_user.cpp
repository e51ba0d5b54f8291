// aws.iam_user: a user without a password, with its inline policies and what is attached to it.
//
// Source of facts: AWS IAM API Reference (CreateUser, PutUserPolicy, AttachUserPolicy, DeleteUser:
// the list of what must be deleted first) and user guide, "IAM and AWS STS quotas".
#include <array>
#include <utility>

#include "providers/aws/calls.h"
#include "providers/aws/iam_details.h"
#include "providers/aws/iam_grants_table.h"
#include "providers/aws/iam_holder.h"
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
    Attribute{.name = "arn", .doc = "The ARN of the user.", .computed = true, .predictable = true},
    Attribute{.name = "managed_policies",
              .kind = AttributeKind::list,
              .doc = "Managed policies attached to the user, by ARN. When given, what else is "
                     "attached is detached.",
              .unordered = true,
              .takes = "arn",
              .default_json = "[]",
              .example = "[\"${shared_policy}\"]",
              .element = &kManagedPolicy,
              .maximum = 20},
    // IAM can move a user, but its ARN moves along, and nothing that names the user would follow.
    Attribute{.name = "path",
              .doc = "The user's path, beginning and ending with a slash.",
              .identity = true,
              .on_change = OnChange::replace,
              .default_json = "\"/\"",
              .example = "/collectors/",
              .minimum = 1,
              .maximum = 512},
    Attribute{.name = "permissions_boundary",
              .doc =
                  "The managed policy that limits what the user may do at most, by ARN; empty for "
                  "none.",
              .takes = "arn",
              .default_json = "\"\""},
    Attribute{.name = "policies",
              .kind = AttributeKind::map,
              .doc =
                  "The inline policies, by name. When given they are all that the user has: other "
                  "inline policies of the user are deleted.",
              .default_json = "{}",
              .example = "{ put: { s3_write: { bucket: \"${data}\", prefixes: [incoming/] } } }",
              .element = &kPolicy},
    kTagsAttribute,
    Attribute{
        .name = "user_id",
        .doc = "The user's unique id, which a user made anew under the same name does not share.",
        .computed = true},
};

// --- pure

Map predict(const Placement& placement, const std::string& name, const Value& inputs) {
  Map outputs;
  outputs.set("arn", iam_arn(placement, "user", inputs.at("path"), name));
  return outputs;
}

// As written, before normalize() turns the shorthands into statements.
Value prepare(const std::string&, const Value& inputs, std::vector<Problem>& problems) {
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
  normalize_held(normal);
  return Value(std::move(normal));
}

// --- calls

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  ResourceRecord copy = record;
  const Result<std::optional<ShownHolder>> shown =
      co_await look_at(client, user_holder, std::move(copy));
  if (!shown) co_return fail(shown.error());
  if (!*shown) co_return absent();
  co_return observation_of_user(client, record, **shown);
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  std::vector<Call> settings = boundary_and_tag_calls(user_holder, operation, desired);
  Value wanted = desired;
  const Status done = co_await update_holder(client, user_holder, operation, std::move(wanted),
                                             std::move(settings));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  applied.outputs.set("user_id", operation.prior.outputs.at("user_id"));
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Call call = holder_call(user_holder, operation, "CreateUser");
  if (desired.at("path").is_string()) put(call, "Path", desired.at("path"));
  const std::string boundary = clear_text(desired.at("permissions_boundary"));
  if (!boundary.empty()) put(call, "PermissionsBoundary", boundary);
  put(call, "Tags", tags_to_list(wanted_tags(operation)));
  call.tolerated.emplace_back("EntityAlreadyExists");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    ResourceRecord record = operation.prior;
    const Result<Observation> found = co_await read(client, std::move(record));
    if (!found) co_return fail(found.error());
    const Status ours = claim_existing(*found, operation, "IAM user", "iam:CreateUser", *created);
    if (!ours) co_return fail(ours.error());
    Operation again = update_of_found(operation, *found);
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  applied.outputs.set("user_id", created->text("User.UserId"));
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  std::vector<Call> calls = policy_calls(user_holder, operation, desired, true, true);
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  co_return applied;
}

// What else can hang on a user: how it is listed, and how one of it is taken off.
struct Belonging {
  std::string_view list;
  std::string_view items;
  std::string_view id;  // member of an item, and of the request that takes it off
  std::string_view take_off;
};
constexpr std::array kBelongings{
    Belonging{"ListAccessKeys", "AccessKeyMetadata", "AccessKeyId", "DeleteAccessKey"},
    Belonging{"ListGroupsForUser", "Groups", "GroupName", "RemoveUserFromGroup"},
    Belonging{"ListMFADevices", "MFADevices", "SerialNumber", "DeactivateMFADevice"},
    Belonging{"ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId", "DeleteSSHPublicKey"},
    Belonging{"ListServiceSpecificCredentials", "ServiceSpecificCredentials",
              "ServiceSpecificCredentialId", "DeleteServiceSpecificCredential"},
    Belonging{"ListSigningCertificates", "Certificates", "CertificateId",
              "DeleteSigningCertificate"},
};

// Everything beside policies that IAM shows on the user, a password included.
Task<Result<std::vector<Call>>> own_removals(Client& client, Operation& operation) {
  std::vector<std::string> lists;
  for (const Belonging& row : kBelongings)
    lists.emplace_back(row.list);
  ResourceRecord record = operation.prior;
  const Result<std::vector<std::vector<Reply>>> shown =
      co_await ask(client, user_holder, std::move(record), std::move(lists));
  if (!shown) co_return fail(shown.error());
  std::vector<Call> calls;
  for (std::size_t i = 0; i < kBelongings.size(); ++i) {
    const Belonging& row = kBelongings[i];
    for (const Value& item : items_of(shown->at(i), row.items)) {
      Call call = holder_call(user_holder, operation, row.take_off);
      put(call, row.id, text_at(item, row.id));
      call.tolerated = missing_codes();
      calls.push_back(std::move(call));
    }
  }
  Call password = holder_call(user_holder, operation, "DeleteLoginProfile");
  password.tolerated = missing_codes();
  calls.push_back(std::move(password));
  co_return calls;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Result<Removed> removed = co_await remove_holder(client, user_holder, operation, own_removals);
  co_return removed;
}

const ResourceType kType{
    .name = "aws.iam_user",
    .summary = "An IAM user for a program outside AWS, with its policies.",
    .doc =
        "A user that firn made is wholly firn's: the `policies` declared are all the inline "
        "policies it has, and the `managed_policies` declared are all that is attached to it. "
        "Either is left alone while it is not declared at all. When the user goes, everything "
        "that hangs on it goes too: keys, group memberships, a password.\n\n"
        "Its key is an `aws.iam_access_key`. Prefer a role wherever the program can assume one: "
        "a key is for machines that have no identity of their own.",
    .example =
        "  type: aws.iam_user\n"
        "  path: /collectors/\n"
        "  policies:\n"
        "    put: { s3_write: { bucket: \"${data}\", prefixes: [incoming/] } }\n",
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

const AwsType iam_user{.type = &kType,
                       .read = read,
                       .create = create,
                       .update = update,
                       .remove = remove,
                       .batch = &iam_details_batch};

}  // namespace firn::aws
