#include "providers/aws/iam_holder.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <utility>

#include "core/async/sync.h"
#include "providers/aws/iam_grants.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_tags.h"

namespace firn::aws {
namespace {

using Pages = std::vector<Reply>;

bool is_policy_name(const std::string& name) {
  return !name.empty() && name.size() <= 128 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view("_+=,.@-").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

// A holder that other parts of IAM have not heard of yet.
void wait_for_holder(const Holder& holder, Call& call) {
  Propagation seen;
  seen.code = "NoSuchEntity";
  seen.fragment = holder.not_yet;
  seen.what = holder.word == "role" ? "IAM shows the new role everywhere"
                                    : "IAM shows the new user everywhere";
  call.wait_while.push_back(seen);
}

Call delete_policy(const Holder& holder, const Operation& operation, const std::string& name) {
  Call call = holder_call(holder, operation, holder.delete_policy);
  put(call, "PolicyName", name);
  call.tolerated = missing_codes();
  return call;
}

Call detach(const Holder& holder, const Operation& operation, const Value& arn) {
  Call call = holder_call(holder, operation, holder.detach);
  put(call, "PolicyArn", arn);
  call.tolerated = missing_codes();
  return call;
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

}  // namespace

const Holder role_holder{.word = "role",
                         .name_member = "RoleName",
                         .get = "GetRole",
                         .member = "Role",
                         .put_policy = "PutRolePolicy",
                         .get_policy = "GetRolePolicy",
                         .list_policies = "ListRolePolicies",
                         .delete_policy = "DeleteRolePolicy",
                         .attach = "AttachRolePolicy",
                         .list_attached = "ListAttachedRolePolicies",
                         .detach = "DetachRolePolicy",
                         .put_boundary = "PutRolePermissionsBoundary",
                         .delete_boundary = "DeleteRolePermissionsBoundary",
                         .remove = "DeleteRole",
                         .tag = "TagRole",
                         .untag = "UntagRole",
                         .not_yet = "The role with name"};
const Holder user_holder{.word = "user",
                         .name_member = "UserName",
                         .get = "GetUser",
                         .member = "User",
                         .put_policy = "PutUserPolicy",
                         .get_policy = "GetUserPolicy",
                         .list_policies = "ListUserPolicies",
                         .delete_policy = "DeleteUserPolicy",
                         .attach = "AttachUserPolicy",
                         .list_attached = "ListAttachedUserPolicies",
                         .detach = "DetachUserPolicy",
                         .put_boundary = "PutUserPermissionsBoundary",
                         .delete_boundary = "DeleteUserPermissionsBoundary",
                         .remove = "DeleteUser",
                         .tag = "TagUser",
                         .untag = "UntagUser",
                         .not_yet = "The user with name"};

void check_inline_policies(const Value& policies, std::vector<Problem>& problems) {
  if (!policies.is_map()) return;
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
}

void check_iam_path(const Value& path, std::vector<Problem>& problems) {
  if (path.is_string() && !(path.as_string().starts_with('/') && path.as_string().ends_with('/'))) {
    problems.push_back({"path", fmt::format("\"{}\" is not a path of IAM", path.as_string()),
                        "a path begins and ends with a slash", "write for example /pipelines/"});
  }
}

void normalize_held(Map& inputs) {
  if (const Value* given = inputs.find("policies"); given != nullptr && given->is_map()) {
    Map policies;
    for (const auto& [name, grants] : given->as_map())
      policies.set(name, normalize_grants(grants));
    inputs.set("policies", std::move(policies));
  }
  if (const Value* given = inputs.find("managed_policies"); given != nullptr && !given->is_null()) {
    inputs.set("managed_policies", as_set(Value(*given)));
  }
}

Call holder_call(const Holder& holder, const Operation& operation, std::string_view name) {
  Map input;
  input.set(holder.name_member, operation.prior.name);
  return changing(service::iam, std::string(name), std::move(input), operation);
}

void put(Call& call, std::string_view member, Value value) {
  Map input = call.input.as_map();
  input.set(member, std::move(value));
  call.input = Value(std::move(input));
}

std::vector<Call> policy_calls(const Holder& holder, const Operation& operation,
                               const Value& desired, bool with_policies, bool with_attachments) {
  std::vector<Call> calls;
  const Value& policies = desired.at("policies");
  if (with_policies && policies.is_map()) {
    for (const auto& [name, grants] : policies.as_map()) {
      Call call = holder_call(holder, operation, holder.put_policy);
      put(call, "PolicyName", name);
      put(call, "PolicyDocument", to_text(grants_document(grants)));
      wait_for_holder(holder, call);
      calls.push_back(std::move(call));
    }
  }
  if (with_attachments) {
    for (const Value& arn : list_of(desired.at("managed_policies"))) {
      Call call = holder_call(holder, operation, holder.attach);
      put(call, "PolicyArn", arn);
      wait_for_holder(holder, call);
      calls.push_back(std::move(call));
    }
  }
  return calls;
}

std::vector<Call> boundary_and_tag_calls(const Holder& holder, const Operation& operation,
                                         const Value& desired) {
  std::vector<Call> calls;
  if (is_changed(operation, "permissions_boundary")) {
    const std::string boundary = clear_text(desired.at("permissions_boundary"));
    Call call = holder_call(holder, operation,
                            boundary.empty() ? holder.delete_boundary : holder.put_boundary);
    if (boundary.empty()) {
      call.tolerated = missing_codes();
    } else {
      put(call, "PermissionsBoundary", boundary);
    }
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Call add = holder_call(holder, operation, holder.tag);
    put(add, "Tags", tags_to_list(change.set));
    calls.push_back(std::move(add));
    if (!change.removed.empty()) {
      Call remove = holder_call(holder, operation, holder.untag);
      put(remove, "TagKeys", removed_tag_keys(change));
      calls.push_back(std::move(remove));
    }
  }
  return calls;
}

namespace {

// Of the policies and attachments that the operation's record knows.
std::vector<Call> removals_of_known(const Holder& holder, const Operation& operation) {
  std::vector<Call> calls;
  const Value& policies = operation.prior.inputs.at("policies");
  if (policies.is_map()) {
    for (const auto& [name, ignored] : policies.as_map()) {
      calls.push_back(delete_policy(holder, operation, name));
    }
  }
  for (const Value& arn : list_of(operation.prior.inputs.at("managed_policies"))) {
    calls.push_back(detach(holder, operation, arn));
  }
  return calls;
}

}  // namespace

Task<Result<std::vector<Pages>>> ask(Client& client, const Holder& holder, ResourceRecord record,
                                     std::vector<std::string> operations) {
  std::vector<Task<Result<Pages>>> tasks;
  for (const std::string& operation : operations) {
    Map input;
    input.set(holder.name_member, record.name);
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

namespace {

// Of the inline policies and attachments that the holder has and that are not declared.
Task<Result<std::vector<Call>>> surplus_calls(Client& client, const Holder& holder,
                                              Operation& operation, Value desired) {
  std::vector<Call> calls;
  const bool with_policies = is_changed(operation, "policies");
  const bool with_attachments = is_changed(operation, "managed_policies");
  if (!with_policies && !with_attachments) co_return calls;
  std::vector<std::string> operations;
  if (with_policies) operations.emplace_back(holder.list_policies);
  if (with_attachments) operations.emplace_back(holder.list_attached);
  ResourceRecord record = operation.prior;
  const Result<std::vector<Pages>> lists =
      co_await ask(client, holder, std::move(record), std::move(operations));
  if (!lists) co_return fail(lists.error());
  if (with_policies) {
    for (const std::string& name : inline_names(lists->front())) {
      if (desired.at("policies").find(name) == nullptr) {
        calls.push_back(delete_policy(holder, operation, name));
      }
    }
  }
  if (with_attachments) {
    const List wanted = list_of(desired.at("managed_policies"));
    for (const Value& arn : attached_arns(lists->back())) {
      if (std::find(wanted.begin(), wanted.end(), arn) == wanted.end()) {
        calls.push_back(detach(holder, operation, arn));
      }
    }
  }
  co_return calls;
}

// Of every inline policy and attachment that IAM shows.
Task<Result<std::vector<Call>>> removals_of_all(Client& client, const Holder& holder,
                                                Operation& operation) {
  std::vector<std::string> operations{std::string(holder.list_policies),
                                      std::string(holder.list_attached)};
  ResourceRecord record = operation.prior;
  const Result<std::vector<Pages>> lists =
      co_await ask(client, holder, std::move(record), std::move(operations));
  if (!lists) co_return fail(lists.error());
  std::vector<Call> calls;
  for (const std::string& name : inline_names(lists->at(0))) {
    calls.push_back(delete_policy(holder, operation, name));
  }
  for (const Value& arn : attached_arns(lists->at(1)))
    calls.push_back(detach(holder, operation, arn));
  co_return calls;
}

Task<Result<Reply>> delete_holder(Client& client, const Holder& holder, Operation& operation,
                                  bool is_last_try) {
  Call call = holder_call(holder, operation, holder.remove);
  call.tolerated = missing_codes();
  if (is_last_try) {
    Propagation emptied;
    emptied.code = "DeleteConflict";
    emptied.what =
        fmt::format("IAM has noticed that nothing hangs on the {} any more", holder.word);
    call.wait_while.push_back(emptied);
  } else {
    call.tolerated.emplace_back("DeleteConflict");
  }
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

// Takes everything off the holder that IAM shows on it.
Task<Status> strip(Client& client, const Holder& holder, Operation& operation,
                   OwnRemovals own_removals) {
  Result<std::vector<Call>> held = co_await removals_of_all(client, holder, operation);
  if (!held) co_return fail(held.error());
  Result<std::vector<Call>> own = co_await own_removals(client, operation);
  if (!own) co_return fail(own.error());
  std::vector<Call> calls = std::move(*held);
  for (Call& call : *own)
    calls.push_back(std::move(call));
  Status done = co_await call_all(client, std::move(calls));
  co_return done;
}

}  // namespace

Task<Status> update_holder(Client& client, const Holder& holder, Operation& operation,
                           Value desired, std::vector<Call> settings) {
  Value wanted = desired;
  Result<std::vector<Call>> surplus =
      co_await surplus_calls(client, holder, operation, std::move(wanted));
  if (!surplus) co_return fail(surplus.error());
  std::vector<Call> calls = std::move(settings);
  for (Call& call : policy_calls(holder, operation, desired, is_changed(operation, "policies"),
                                 is_changed(operation, "managed_policies"))) {
    calls.push_back(std::move(call));
  }
  Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return done;
  std::vector<Call> removals = std::move(*surplus);
  done = co_await call_all(client, std::move(removals));
  co_return done;
}

Task<Result<Removed>> remove_holder(Client& client, const Holder& holder, Operation& operation,
                                    OwnRemovals own_removals) {
  std::vector<Call> calls = removals_of_known(holder, operation);
  Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  const Result<Reply> first = co_await delete_holder(client, holder, operation, false);
  if (!first) co_return fail(first.error());
  if (first->code != "DeleteConflict") co_return Removed{};
  done = co_await strip(client, holder, operation, own_removals);
  if (!done) co_return fail(done.error());
  const Result<Reply> last = co_await delete_holder(client, holder, operation, true);
  if (!last) co_return fail(last.error());
  co_return Removed{};
}

Task<Result<std::optional<ShownHolder>>> look_at(Client& client, const Holder& holder,
                                                 ResourceRecord record) {
  std::vector<std::string> operations{std::string(holder.get), std::string(holder.list_policies),
                                      std::string(holder.list_attached)};
  ResourceRecord copy = record;
  const Result<std::vector<Pages>> parts =
      co_await ask(client, holder, std::move(copy), std::move(operations));
  if (!parts) co_return fail(parts.error());
  for (const Pages& pages : *parts) {
    if (pages.back().is_tolerated_error()) co_return std::optional<ShownHolder>();
  }
  ShownHolder shown;
  shown.holder = parts->at(0).front().at(holder.member);
  shown.shows_settings = true;
  shown.managed_policies = attached_arns(parts->at(2));
  const std::vector<std::string> names = inline_names(parts->at(1));
  std::vector<Call> calls;
  for (const std::string& name : names) {
    Map policy;
    policy.set(holder.name_member, record.name);
    policy.set("PolicyName", name);
    Call get = reading(service::iam, std::string(holder.get_policy), std::move(policy), record);
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
  co_return std::optional<ShownHolder>(std::move(shown));
}

}  // namespace firn::aws
