// aws.iam_role: a role with its trust, its inline policies and what is attached to it.
//
// Source of facts: AWS IAM API Reference (CreateRole, UpdateAssumeRolePolicy, UpdateRole,
// PutRolePolicy, AttachRolePolicy, DeleteRole) and user guide, "IAM and AWS STS quotas".
#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <utility>

#include "core/async/sync.h"
#include "providers/aws/calls.h"
#include "providers/aws/iam_details.h"
#include "providers/aws/iam_grants.h"
#include "providers/aws/iam_grants_table.h"
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

bool is_policy_name(const std::string& name) {
  return !name.empty() && name.size() <= 128 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view("_+=,.@-").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

// The shorthands are looked at here, as written: normalize() turns them into statements, after
// which nobody could say where a mistake stands.
Value prepare(const std::string&, const Value& inputs, std::vector<Problem>& problems) {
  validate_trust(inputs.at("trust"), problems);
  const Value& policies = inputs.at("policies");
  if (!policies.is_map()) return inputs;
  for (const auto& [name, grants] : policies.as_map()) {
    const std::string path = "policies." + name;
    if (!is_policy_name(name)) {
      problems.push_back({path, fmt::format("\"{}\" is not a policy name", name),
                          "IAM takes up to 128 letters, digits and the characters _+=,.@-",
                          "rename the policy"});
    }
    validate_grants(grants, path, problems);
    check_statements(grants.at("statements"), PolicyUse::identity, path + ".statements", problems);
  }
  return inputs;
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& path = inputs.at("path");
  if (path.is_string() && !(path.as_string().starts_with('/') && path.as_string().ends_with('/'))) {
    problems.push_back({"path", fmt::format("\"{}\" is not a path of IAM", path.as_string()),
                        "a path begins and ends with a slash", "write for example /pipelines/"});
  }
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* trust = normal.find("trust"))
    normal.set("trust", normalize_trust(Value(*trust)));
  if (const Value* given = normal.find("policies"); given != nullptr && given->is_map()) {
    Map policies;
    for (const auto& [name, grants] : given->as_map())
      policies.set(name, normalize_grants(grants));
    normal.set("policies", std::move(policies));
  }
  if (const Value* given = normal.find("managed_policies"); given != nullptr && !given->is_null()) {
    normal.set("managed_policies", as_set(Value(*given)));
  }
  return Value(std::move(normal));
}

// --- calls

Call role_call(const Operation& operation, std::string name) {
  Map input;
  input.set("RoleName", operation.prior.name);
  return changing(service::iam, std::move(name), std::move(input), operation);
}

void put(Call& call, std::string_view member, Value value) {
  Map input = call.input.as_map();
  input.set(member, std::move(value));
  call.input = Value(std::move(input));
}

// A principal made a moment ago, or a role that other parts of IAM have not heard of yet.
void wait_for_principals(Call& call) {
  Propagation principal;
  principal.code = "MalformedPolicyDocument";
  principal.fragment = "Invalid principal in policy";
  principal.what = "IAM knows the principals that the trust policy names";
  call.wait_while.push_back(principal);
}
void wait_for_role(Call& call) {
  Propagation role;
  role.code = "NoSuchEntity";
  role.fragment = "The role with name";
  role.what = "IAM shows the new role everywhere";
  call.wait_while.push_back(role);
}

Call put_policy(const Operation& operation, const std::string& name, const Value& grants) {
  Call call = role_call(operation, "PutRolePolicy");
  put(call, "PolicyName", name);
  put(call, "PolicyDocument", to_text(grants_document(grants)));
  wait_for_role(call);
  return call;
}

Call delete_policy(const Operation& operation, const std::string& name) {
  Call call = role_call(operation, "DeleteRolePolicy");
  put(call, "PolicyName", name);
  call.tolerated = missing_codes();
  return call;
}

Call attach(const Operation& operation, const Value& arn) {
  Call call = role_call(operation, "AttachRolePolicy");
  put(call, "PolicyArn", arn);
  wait_for_role(call);
  return call;
}

Call detach(const Operation& operation, const Value& arn) {
  Call call = role_call(operation, "DetachRolePolicy");
  put(call, "PolicyArn", arn);
  call.tolerated = missing_codes();
  return call;
}

using Pages = std::vector<Reply>;

// All pages of each operation, asked at once.
Task<Result<std::vector<Pages>>> ask(Client& client, ResourceRecord record,
                                     std::vector<std::string> operations) {
  std::vector<Task<Result<Pages>>> tasks;
  for (const std::string& operation : operations) {
    Map input;
    input.set("RoleName", record.name);
    Call call = reading(service::iam, operation, std::move(input), record);
    call.tolerated = missing_codes();
    tasks.push_back(all_pages(client, std::move(call)));
  }
  Task<std::vector<Result<Pages>>> all = when_all(client.scheduler(), std::move(tasks));
  std::vector<Result<Pages>> answers = co_await all;
  std::vector<Pages> pages;
  for (Result<Pages>& answer : answers) {
    if (!answer) co_return fail(answer.error());
    pages.push_back(std::move(*answer));
  }
  co_return pages;
}

// The calls that show a whole role, and those that show what hangs on one.
std::vector<std::string> role_reads() {
  return {"GetRole", "ListRolePolicies", "ListAttachedRolePolicies"};
}
std::vector<std::string> attachment_reads() {
  return {"ListRolePolicies", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"};
}

std::vector<std::string> inline_names(const Pages& pages) {
  std::vector<std::string> names;
  for (const Value& name : items_of(pages, "PolicyNames"))
    names.push_back(text_of(name));
  return names;
}

List attached_arns(const Pages& pages) {
  List arns;
  for (const Value& item : items_of(pages, "AttachedPolicies")) {
    arns.emplace_back(text_at(item, "PolicyArn"));
  }
  return arns;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::vector<std::string> operations = role_reads();
  ResourceRecord copy = record;
  const Result<std::vector<Pages>> parts =
      co_await ask(client, std::move(copy), std::move(operations));
  if (!parts) co_return fail(parts.error());
  for (const Pages& pages : *parts) {
    if (pages.back().is_tolerated_error()) co_return absent();
  }
  ShownRole shown;
  shown.role = parts->at(0).front().at("Role");
  shown.shows_settings = true;
  shown.managed_policies = attached_arns(parts->at(2));
  const std::vector<std::string> names = inline_names(parts->at(1));
  std::vector<Call> calls;
  for (const std::string& name : names) {
    Map policy;
    policy.set("RoleName", record.name);
    policy.set("PolicyName", name);
    Call get = reading(service::iam, "GetRolePolicy", std::move(policy), record);
    get.tolerated = missing_codes();
    calls.push_back(std::move(get));
  }
  const std::vector<Result<Reply>> documents = co_await call_together(client, std::move(calls));
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (!documents[i]) co_return fail(documents[i].error());
    if (documents[i]->is_tolerated_error()) continue;  // deleted since it was listed
    Map policy;
    policy.set("statements", shown_statements(documents[i]->at("PolicyDocument")));
    shown.policies.set(names[i], std::move(policy));
  }
  co_return observation_of(client, record, shown);
}

// Everything that an update sets without looking at the role first.
std::vector<Call> setting_calls(const Operation& operation, const Value& desired) {
  std::vector<Call> calls;
  if (is_changed(operation, "trust")) {
    Call call = role_call(operation, "UpdateAssumeRolePolicy");
    put(call, "PolicyDocument", to_text(trust_document(desired.at("trust"))));
    wait_for_principals(call);
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "description") || is_changed(operation, "max_session_duration")) {
    // Both, always: what is left out may be cleared.
    Call call = role_call(operation, "UpdateRole");
    put(call, "Description", clear_text(desired.at("description")));
    put(call, "MaxSessionDuration", desired.int_or("max_session_duration", 3600));
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "permissions_boundary")) {
    const std::string boundary = clear_text(desired.at("permissions_boundary"));
    Call call = role_call(operation, boundary.empty() ? "DeleteRolePermissionsBoundary"
                                                      : "PutRolePermissionsBoundary");
    if (boundary.empty()) {
      call.tolerated = missing_codes();
    } else {
      put(call, "PermissionsBoundary", boundary);
    }
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Call add = role_call(operation, "TagRole");
    put(add, "Tags", tags_to_list(change.set));
    calls.push_back(std::move(add));
    if (!change.removed.empty()) {
      Call remove = role_call(operation, "UntagRole");
      put(remove, "TagKeys", removed_tag_keys(change));
      calls.push_back(std::move(remove));
    }
  }
  return calls;
}

// The policies of a role and its attachments, as declared.
std::vector<Call> policy_calls(const Operation& operation, const Value& desired, bool with_policies,
                               bool with_attachments) {
  std::vector<Call> calls;
  const Value& policies = desired.at("policies");
  if (with_policies && policies.is_map()) {
    for (const auto& [name, grants] : policies.as_map()) {
      calls.push_back(put_policy(operation, name, grants));
    }
  }
  if (with_attachments) {
    for (const Value& arn : list_of(desired.at("managed_policies"))) {
      calls.push_back(attach(operation, arn));
    }
  }
  return calls;
}

// Inline policies and attachments that the role has and that are not declared.
Task<Result<std::vector<Call>>> surplus_calls(Client& client, Operation& operation, Value desired) {
  std::vector<Call> calls;
  const bool with_policies = is_changed(operation, "policies");
  const bool with_attachments = is_changed(operation, "managed_policies");
  if (!with_policies && !with_attachments) co_return calls;
  std::vector<std::string> operations;
  if (with_policies) operations.emplace_back("ListRolePolicies");
  if (with_attachments) operations.emplace_back("ListAttachedRolePolicies");
  ResourceRecord record = operation.prior;
  const Result<std::vector<Pages>> lists =
      co_await ask(client, std::move(record), std::move(operations));
  if (!lists) co_return fail(lists.error());
  if (with_policies) {
    for (const std::string& name : inline_names(lists->front())) {
      if (desired.at("policies").find(name) == nullptr) {
        calls.push_back(delete_policy(operation, name));
      }
    }
  }
  if (with_attachments) {
    const List wanted = list_of(desired.at("managed_policies"));
    for (const Value& arn : attached_arns(lists->back())) {
      if (std::find(wanted.begin(), wanted.end(), arn) == wanted.end()) {
        calls.push_back(detach(operation, arn));
      }
    }
  }
  co_return calls;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Value wanted = desired;
  Result<std::vector<Call>> surplus = co_await surplus_calls(client, operation, std::move(wanted));
  if (!surplus) co_return fail(surplus.error());
  // First what is added, then what is taken away: the role may do its work all the while, and the
  // ten attachments that a role may have are rarely all used.
  std::vector<Call> calls = setting_calls(operation, desired);
  for (Call& call : policy_calls(operation, desired, is_changed(operation, "policies"),
                                 is_changed(operation, "managed_policies"))) {
    calls.push_back(std::move(call));
  }
  Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  std::vector<Call> removals = std::move(*surplus);
  done = co_await call_all(client, std::move(removals));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  applied.outputs.set("role_id", operation.prior.outputs.at("role_id"));
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Call call = role_call(operation, "CreateRole");
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
  std::vector<Call> calls = policy_calls(operation, desired, true, true);
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  co_return applied;
}

Task<Result<Reply>> delete_role(Client& client, Operation& operation, bool is_last_try) {
  Call call = role_call(operation, "DeleteRole");
  call.tolerated = missing_codes();
  if (is_last_try) {
    Propagation emptied;
    emptied.code = "DeleteConflict";
    emptied.what = "IAM has noticed that nothing hangs on the role any more";
    call.wait_while.push_back(emptied);
  } else {
    call.tolerated.emplace_back("DeleteConflict");
  }
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

// Takes everything off the role that IAM shows on it.
Task<Status> strip(Client& client, Operation& operation) {
  std::vector<std::string> operations = attachment_reads();
  ResourceRecord record = operation.prior;
  const Result<std::vector<Pages>> lists =
      co_await ask(client, std::move(record), std::move(operations));
  if (!lists) co_return fail(lists.error());
  std::vector<Call> calls;
  for (const std::string& name : inline_names(lists->at(0))) {
    calls.push_back(delete_policy(operation, name));
  }
  for (const Value& arn : attached_arns(lists->at(1)))
    calls.push_back(detach(operation, arn));
  for (const Value& profile : items_of(lists->at(2), "InstanceProfiles")) {
    Call call = role_call(operation, "RemoveRoleFromInstanceProfile");
    put(call, "InstanceProfileName", text_at(profile, "InstanceProfileName"));
    call.tolerated = missing_codes();
    calls.push_back(std::move(call));
  }
  Status done = co_await call_all(client, std::move(calls));
  co_return done;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  // What is known to hang on the role goes first; only when IAM objects is it asked for more.
  std::vector<Call> calls;
  const Value& policies = operation.prior.inputs.at("policies");
  if (policies.is_map()) {
    for (const auto& [name, ignored] : policies.as_map()) {
      calls.push_back(delete_policy(operation, name));
    }
  }
  for (const Value& arn : list_of(operation.prior.inputs.at("managed_policies"))) {
    calls.push_back(detach(operation, arn));
  }
  Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  const Result<Reply> first = co_await delete_role(client, operation, false);
  if (!first) co_return fail(first.error());
  if (first->code != "DeleteConflict") co_return Removed{};
  done = co_await strip(client, operation);
  if (!done) co_return fail(done.error());
  const Result<Reply> last = co_await delete_role(client, operation, true);
  if (!last) co_return fail(last.error());
  co_return Removed{};
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
