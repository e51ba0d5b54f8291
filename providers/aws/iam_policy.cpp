// aws.iam_policy: a customer managed policy.
//
// Source of facts: AWS IAM API Reference (CreatePolicy, CreatePolicyVersion, DeletePolicy,
// ListEntitiesForPolicy).
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/iam_details.h"
#include "providers/aws/iam_grants.h"
#include "providers/aws/iam_grants_table.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array kOwnAttributes{
    Attribute{
        .name = "arn", .doc = "The ARN of the policy.", .computed = true, .predictable = true},
    Attribute{.name = "description",
              .doc = "What the policy is for. IAM cannot change it later.",
              .on_change = OnChange::replace,
              .default_json = "\"\"",
              .maximum = 1000},
    Attribute{.name = "path",
              .doc = "The policy's path, beginning and ending with a slash.",
              .identity = true,
              .on_change = OnChange::replace,
              .default_json = "\"/\"",
              .example = "/pipelines/",
              .minimum = 1,
              .maximum = 512},
    kTagsAttribute,
};

// The members of a grants object stand beside the policy's own attributes.
constexpr auto joined_attributes() {
  std::array<Attribute, kOwnAttributes.size() + kGrantAttributes.size()> all{};
  std::copy(kOwnAttributes.begin(), kOwnAttributes.end(), all.begin());
  std::copy(kGrantAttributes.begin(), kGrantAttributes.end(), all.begin() + kOwnAttributes.size());
  return all;
}
constexpr auto kAttributes = joined_attributes();

bool is_grant(std::string_view attribute) {
  return std::any_of(kGrantAttributes.begin(), kGrantAttributes.end(),
                     [attribute](const Attribute& row) { return row.name == attribute; });
}

Map predict(const Placement& placement, const std::string& name, const Value& inputs) {
  Map outputs;
  outputs.set("arn", iam_arn(placement, "policy", inputs.at("path"), name));
  return outputs;
}

// The shorthands are looked at here, as written: normalize() turns them into statements, after
// which nobody could say where a mistake stands.
Value prepare(const std::string&, const Value& inputs, std::vector<Problem>& problems) {
  validate_grants(inputs, "", problems);
  check_statements(inputs.at("statements"), PolicyUse::identity, "statements", problems);
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
  Map normal;
  bool has_grants = false;
  for (const auto& [attribute, value] : inputs.as_map()) {
    if (is_grant(attribute)) {
      has_grants = has_grants || !value.is_null();
    } else {
      normal.set(attribute, value);
    }
  }
  if (has_grants) normal.set("statements", normalize_grants(inputs).at("statements"));
  return Value(std::move(normal));
}

std::string arn_of(const Client& client, const ResourceRecord& record, const Value& desired) {
  const Value& recorded = record.inputs.at("path");
  const Value arn = iam_arn(client.placement(), "policy",
                            recorded.is_null() ? desired.at("path") : recorded, record.name);
  return arn.is_string() ? arn.as_string() : std::string();
}

Task<Result<Observation>> read_arn(Client& client, ResourceRecord record, std::string arn) {
  Map input;
  input.set("PolicyArn", arn);
  Call call = reading(service::iam, "GetPolicy", std::move(input), record);
  call.tolerated = missing_codes();
  const Result<Reply> policy = co_await client.call(std::move(call));
  if (!policy) co_return fail(policy.error());
  if (policy->is_tolerated_error()) co_return absent();
  Map version;
  version.set("PolicyArn", arn);
  version.set("VersionId", policy->text("Policy.DefaultVersionId"));
  Call second = reading(service::iam, "GetPolicyVersion", std::move(version), record);
  second.tolerated = missing_codes();
  const Result<Reply> document = co_await client.call(std::move(second));
  if (!document) co_return fail(document.error());
  if (document->is_tolerated_error()) co_return absent();
  ShownPolicy shown;
  shown.policy = policy->at("Policy");
  shown.document = document->at("PolicyVersion.Document");
  shown.tags = policy->list("Policy.Tags");
  co_return observation_of(client, record, shown);
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::string arn = arn_of(client, record, Value());
  Result<Observation> seen = co_await read_arn(client, std::move(record), std::move(arn));
  co_return seen;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  std::string arn = arn_of(client, record, operation.desired);
  Result<Observation> seen = co_await read_arn(client, std::move(record), std::move(arn));
  co_return seen;
}

// "v12" → 12: versions are numbered in order, and the lowest number is the oldest.
int version_number(const std::string& id) {
  int number = 0;
  for (const char c : id) {
    if (c >= '0' && c <= '9' && number < 100'000'000) number = number * 10 + (c - '0');
  }
  return number;
}

// The ids of the versions that are not in force, oldest first.
std::vector<std::string> spare_versions(const std::vector<Reply>& pages) {
  std::vector<std::string> ids;
  for (const Value& version : items_of(pages, "Versions")) {
    if (!flag_at(version, "IsDefaultVersion")) ids.push_back(text_at(version, "VersionId"));
  }
  std::sort(ids.begin(), ids.end(), [](const std::string& a, const std::string& b) {
    return version_number(a) < version_number(b);
  });
  return ids;
}

Call version_call(const Operation& operation, std::string name, const std::string& arn) {
  Map input;
  input.set("PolicyArn", arn);
  return changing(service::iam, std::move(name), std::move(input), operation);
}

Call delete_version(const Operation& operation, const std::string& arn, const std::string& id) {
  Map input;
  input.set("PolicyArn", arn);
  input.set("VersionId", id);
  Call call = changing(service::iam, "DeletePolicyVersion", std::move(input), operation);
  call.tolerated = missing_codes();
  return call;
}

// Whether the version in force holds this text.
Task<Result<bool>> is_in_force(Client* client, Operation* operation, const std::string* arn,
                               const std::string* text) {
  Call get = version_call(*operation, "GetPolicy", *arn);
  get.changes_something = false;
  const Result<Reply> policy = co_await client->call(std::move(get));
  if (!policy) co_return fail(policy.error());
  Call version = version_call(*operation, "GetPolicyVersion", *arn);
  version.changes_something = false;
  Map input = version.input.as_map();
  input.set("VersionId", policy->text("Policy.DefaultVersionId"));
  version.input = Value(std::move(input));
  const Result<Reply> document = co_await client->call(std::move(version));
  if (!document) co_return fail(document.error());
  co_return percent_decode(document->text("PolicyVersion.Document")) == *text;
}

// A policy keeps five versions. Only when IAM says so is the oldest spare one deleted. One call
// makes one version more, so it is not sent again before somebody has looked.
Task<Status> put_document(Client& client, Operation& operation, std::string arn, std::string text) {
  for (int attempt = 1;; ++attempt) {
    Map input;
    input.set("PolicyArn", arn);
    input.set("PolicyDocument", text);
    input.set("SetAsDefault", true);
    Call call = changing(service::iam, "CreatePolicyVersion", std::move(input), operation);
    call.is_repeatable = false;
    const Result<Reply> put = co_await client.call(std::move(call));
    if (put) co_return Ok{};
    if (attempt == most_rounds_of_one_call) co_return fail(put.error());
    if (put.error().may_have_been_applied) {
      std::function<Task<Result<bool>>()> look = [&client, &operation, &arn, &text] {
        return is_in_force(&client, &operation, &arn, &text);
      };
      const Result<bool> there = co_await took_effect(client, std::move(look));
      if (!there) co_return fail(there.error());
      if (*there) co_return Ok{};
      continue;
    }
    if (put.error().code != "LimitExceeded") co_return fail(put.error());
    Call list = version_call(operation, "ListPolicyVersions", arn);
    list.changes_something = false;
    const Result<std::vector<Reply>> pages = co_await all_pages(client, std::move(list));
    if (!pages) co_return fail(pages.error());
    const std::vector<std::string> spare = spare_versions(*pages);
    if (spare.empty()) co_return fail(put.error());
    Call oldest = delete_version(operation, arn, spare.front());
    const Result<Reply> deleted = co_await client.call(std::move(oldest));
    if (!deleted) co_return fail(deleted.error());
  }
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const std::string arn = arn_of(client, operation.prior, operation.desired);
  const bool has_new_document = std::any_of(operation.changed.begin(), operation.changed.end(),
                                            [](const std::string& name) { return is_grant(name); });
  if (has_new_document) {
    std::string text = to_text(grants_document(operation.desired));
    std::string target = arn;
    const Status put = co_await put_document(client, operation, std::move(target), std::move(text));
    if (!put) co_return fail(put.error());
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    std::vector<Call> calls;
    Map add;
    add.set("PolicyArn", arn);
    add.set("Tags", tags_to_list(change.set));
    calls.push_back(changing(service::iam, "TagPolicy", std::move(add), operation));
    if (!change.removed.empty()) {
      Map remove;
      remove.set("PolicyArn", arn);
      remove.set("TagKeys", removed_tag_keys(change));
      calls.push_back(changing(service::iam, "UntagPolicy", std::move(remove), operation));
    }
    const Status done = co_await call_all(client, std::move(calls));
    if (!done) co_return fail(done.error());
  }
  Applied applied;
  applied.outputs.set("arn", arn);
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value& desired = operation.desired;
  Map input;
  input.set("PolicyName", operation.prior.name);
  input.set("PolicyDocument", to_text(grants_document(desired)));
  if (desired.at("path").is_string()) input.set("Path", desired.at("path"));
  const std::string description = clear_text(desired.at("description"));
  if (!description.empty()) input.set("Description", description);
  input.set("Tags", tags_to_list(wanted_tags(operation)));
  Call call = changing(service::iam, "CreatePolicy", std::move(input), operation);
  call.tolerated.emplace_back("EntityAlreadyExists");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    const Result<Observation> found = co_await find_after_crash(client, operation);
    if (!found) co_return fail(found.error());
    const Status ours =
        claim_existing(*found, operation, "IAM policy", "iam:CreatePolicy", *created);
    if (!ours) co_return fail(ours.error());
    Operation again = update_of_found(operation, *found);
    // Where a lost call made it with this very document, one more version would say the same.
    const std::string arn = arn_of(client, operation.prior, desired);
    const std::string text = to_text(grants_document(desired));
    const Result<bool> is_same = co_await is_in_force(&client, &again, &arn, &text);
    if (!is_same) co_return fail(is_same.error());
    if (*is_same)
      std::erase_if(again.changed, [](const std::string& name) { return is_grant(name); });
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  co_return applied;
}

// Who still holds the policy, as text for the person who wants to delete it.
std::string holders(const std::vector<Reply>& pages) {
  std::string text;
  const auto add = [&](std::string_view list, std::string_view member, std::string_view kind) {
    for (const Value& item : items_of(pages, list)) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kind, text_at(item, member));
    }
  };
  add("PolicyRoles", "RoleName", "role");
  add("PolicyUsers", "UserName", "user");
  add("PolicyGroups", "GroupName", "group");
  return text;
}

Task<Result<Reply>> delete_policy(Client& client, Operation& operation, std::string arn,
                                  bool is_last_try) {
  Call call = version_call(operation, "DeletePolicy", arn);
  call.tolerated = missing_codes();
  if (is_last_try) {
    Propagation detached;
    detached.code = "DeleteConflict";
    detached.what = "IAM has noticed that the policy is detached";
    call.wait_while.push_back(detached);
  } else {
    call.tolerated.emplace_back("DeleteConflict");
  }
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const std::string arn = arn_of(client, operation.prior, operation.desired);
  // Most policies have one version and no holder any more; only when IAM objects is there more to
  // do.
  std::string target = arn;
  const Result<Reply> first = co_await delete_policy(client, operation, std::move(target), false);
  if (!first) co_return fail(first.error());
  if (first->code != "DeleteConflict") co_return Removed{};

  Call entities = version_call(operation, "ListEntitiesForPolicy", arn);
  entities.changes_something = false;
  entities.tolerated = missing_codes();
  const Result<std::vector<Reply>> held = co_await all_pages(client, std::move(entities));
  if (!held) co_return fail(held.error());
  const std::string who = holders(*held);
  if (!who.empty()) {
    Error error;
    error.kind = ErrorKind::conflict;
    error.summary = fmt::format("the IAM policy {} is still attached", operation.prior.name);
    error.detail = fmt::format("it is attached to {}, and not by this stack", who);
    error.remedy = "detach it there, then run the command again";
    error.operation = "iam:DeletePolicy";
    error.code = first->code;
    error.request_id = first->request_id;
    error.address = operation.prior.address;
    co_return fail(std::move(error));
  }
  Call list = version_call(operation, "ListPolicyVersions", arn);
  list.changes_something = false;
  list.tolerated = missing_codes();
  const Result<std::vector<Reply>> versions = co_await all_pages(client, std::move(list));
  if (!versions) co_return fail(versions.error());
  std::vector<Call> calls;
  for (const std::string& id : spare_versions(*versions)) {
    calls.push_back(delete_version(operation, arn, id));
  }
  const Status deleted = co_await call_all(client, std::move(calls));
  if (!deleted) co_return fail(deleted.error());
  target = arn;
  const Result<Reply> last = co_await delete_policy(client, operation, std::move(target), true);
  if (!last) co_return fail(last.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.iam_policy",
    .summary = "A customer managed IAM policy.",
    .doc =
        "What the policy grants is said by its members (`s3_read`, `invoke`, `statements`, …), as "
        "in the inline policies of aws.iam_role. A change makes a new version and puts it in "
        "force; of five versions the oldest goes.",
    .example =
        "  type: aws.iam_policy\n"
        "  s3_read: { bucket: \"${data}\", prefixes: [processed/] }\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::iam,
                  .length_max = 128,
                  .extra_characters = "_+=,.@-",
                  .case_insensitive = true},
    // Roles that have it attached must let go before it can be deleted: they move to the new one.
    .replace_takes_new_name = true,
    .taggable = true,
    .predict = predict,
    .prepare = prepare,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType iam_policy{.type = &kType,
                         .read = read,
                         .create = create,
                         .update = update,
                         .remove = remove,
                         .find_after_crash = find_after_crash,
                         .batch = &iam_details_batch};

}  // namespace firn::aws
