#include "providers/aws/iam_details.h"

#include <fmt/format.h>
#include <map>
#include <set>
#include <utility>

#include "core/async/sync.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_tags.h"

namespace firn::aws {
namespace {

constexpr int kPageItems = 1000;

using Pages = std::vector<Reply>;

Value default_version_document(const Value& policy) {
  for (const Value& version : list_at(policy, "PolicyVersionList")) {
    if (flag_at(version, "IsDefaultVersion")) return version.at("Document");
  }
  return Value();
}

// RoleDetail or UserDetail; `policies` is the member that lists its inline policies.
ShownHolder holder_from_details(const Value& detail, std::string_view policies,
                                const Value* settings) {
  ShownHolder shown;
  Map merged = detail.is_map() ? detail.as_map() : Map();
  if (settings != nullptr) {
    shown.shows_settings = true;
    merged.set("Description", settings->at("Description"));
    merged.set("MaxSessionDuration", settings->at("MaxSessionDuration"));
  }
  shown.holder = Value(std::move(merged));
  for (const Value& policy : list_at(detail, policies)) {
    Map document;
    document.set("statements", shown_statements(policy.at("PolicyDocument")));
    shown.policies.set(text_at(policy, "PolicyName"), std::move(document));
  }
  for (const Value& attached : list_at(detail, "AttachedManagedPolicies")) {
    shown.managed_policies.push_back(attached.at("PolicyArn"));
  }
  return shown;
}

// RoleDetail shows neither the description nor the longest session; only ask when they are managed.
bool needs_settings(const ResourceRecord& record) {
  return record.type == "aws.iam_role" && (record.inputs.find("description") != nullptr ||
                                           record.inputs.find("max_session_duration") != nullptr);
}

std::string arn_of_policy(const Client& client, const ResourceRecord& record) {
  const Value arn = iam_arn(client.placement(), "policy", record.inputs.at("path"), record.name);
  return arn.is_string() ? arn.as_string() : std::string();
}

// The calls of one look: the details, perhaps the roles' settings, and the tags of each policy,
// which the details leave out.
struct Look {
  std::vector<Task<Result<Pages>>> tasks;
  std::size_t settings_at = 0;                 // 0: not asked
  std::map<std::size_t, std::size_t> tags_at;  // by record
};

Look start_look(Client& client, const std::vector<ResourceRecord>& records) {
  Look look;
  bool has_roles = false;
  bool has_users = false;
  bool has_policies = false;
  bool has_settings = false;
  for (const ResourceRecord& record : records) {
    has_roles = has_roles || record.type == "aws.iam_role";
    has_users = has_users || record.type == "aws.iam_user";
    has_policies = has_policies || record.type == "aws.iam_policy";
    has_settings = has_settings || needs_settings(record);
  }
  ResourceRecord nobody;  // these calls are made for all
  List filter;
  if (has_roles) filter.emplace_back("Role");
  if (has_users) filter.emplace_back("User");
  if (has_policies) filter.emplace_back("LocalManagedPolicy");
  Map details;
  details.set("Filter", std::move(filter));
  details.set("MaxItems", kPageItems);
  look.tasks.push_back(all_pages(
      client, reading(service::iam, "GetAccountAuthorizationDetails", std::move(details), nobody)));
  if (has_settings) {
    Map roles;
    roles.set("MaxItems", kPageItems);
    look.settings_at = look.tasks.size();
    look.tasks.push_back(
        all_pages(client, reading(service::iam, "ListRoles", std::move(roles), nobody)));
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].type != "aws.iam_policy") continue;
    Map policy;
    policy.set("PolicyArn", arn_of_policy(client, records[i]));
    Call call = reading(service::iam, "ListPolicyTags", std::move(policy), records[i]);
    call.tolerated = missing_codes();
    look.tags_at[i] = look.tasks.size();
    look.tasks.push_back(all_pages(client, std::move(call)));
  }
  return look;
}

std::map<std::string, Value> by_member(const List& items, std::string_view member) {
  std::map<std::string, Value> index;
  for (const Value& item : items)
    index.emplace(text_at(item, member), item);
  return index;
}

Task<std::vector<Result<Observation>>> observe(Client& client, SharedTags&,
                                               std::vector<ResourceRecord> records) {
  Look look = start_look(client, records);
  Task<std::vector<Result<Pages>>> all = when_all(client.scheduler(), std::move(look.tasks));
  const std::vector<Result<Pages>> pages = co_await all;

  std::vector<Result<Observation>> answers;
  answers.reserve(records.size());
  if (!pages[0]) {
    for (std::size_t i = 0; i < records.size(); ++i)
      answers.emplace_back(fail(pages[0].error()));
    co_return answers;
  }
  const auto roles = by_member(items_of(*pages[0], "RoleDetailList"), "RoleName");
  const auto users = by_member(items_of(*pages[0], "UserDetailList"), "UserName");
  const auto policies = by_member(items_of(*pages[0], "Policies"), "Arn");
  std::map<std::string, Value> settings;
  const bool has_settings = look.settings_at != 0;
  if (has_settings && pages[look.settings_at]) {
    settings = by_member(items_of(*pages[look.settings_at], "Roles"), "RoleName");
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    const ResourceRecord& record = records[i];
    if (record.type == "aws.iam_role") {
      const auto role = roles.find(record.name);
      if (role == roles.end()) {
        answers.emplace_back(absent());
        continue;
      }
      if (needs_settings(record) && !pages[look.settings_at]) {
        answers.emplace_back(fail(pages[look.settings_at].error()));
        continue;
      }
      const auto found = settings.find(record.name);
      const ShownHolder shown = holder_from_details(
          role->second, "RolePolicyList", found == settings.end() ? nullptr : &found->second);
      answers.emplace_back(observation_of_role(client, record, shown));
      continue;
    }
    if (record.type == "aws.iam_user") {
      const auto user = users.find(record.name);
      if (user == users.end()) {
        answers.emplace_back(absent());
        continue;
      }
      const ShownHolder shown = holder_from_details(user->second, "UserPolicyList", nullptr);
      answers.emplace_back(observation_of_user(client, record, shown));
      continue;
    }
    const Result<Pages>& tags = pages[look.tags_at[i]];
    const auto policy = policies.find(arn_of_policy(client, record));
    if (policy == policies.end() || (tags && tags->back().is_tolerated_error())) {
      answers.emplace_back(absent());
      continue;
    }
    if (!tags) {
      answers.emplace_back(fail(tags.error()));
      continue;
    }
    ShownPolicy shown;
    shown.policy = policy->second;
    shown.document = default_version_document(policy->second);
    shown.tags = items_of(*tags, "Tags");
    answers.emplace_back(observation_of(client, record, shown));
  }
  co_return answers;
}

Observation observation_of_holder(const Client& client, const ResourceRecord& record,
                                  const ShownHolder& shown, std::string_view kind) {
  Observation observation;
  observation.exists = true;
  std::string path = text_at(shown.holder, "Path");
  if (path.empty()) path = "/";
  Map& inputs = observation.inputs;
  inputs.set("path", path);
  inputs.set("policies", shown.policies);
  inputs.set("managed_policies", as_set(Value(shown.managed_policies)));
  inputs.set("permissions_boundary",
             text_at(shown.holder, "PermissionsBoundary.PermissionsBoundaryArn"));
  // Computed, because just after a create IAM may show the unique id where the ARN belongs.
  observation.outputs.set("arn", iam_arn(client.placement(), kind, Value(path), record.name));
  observe_tags(client.placement(), record, tags_from_list(list_at(shown.holder, "Tags")),
               observation);
  return observation;
}

}  // namespace

const Batch iam_details_batch{.threshold = 2, .observe = observe};

Task<Result<std::vector<Reply>>> all_pages(Client& client, Call first) {
  Pages pages;
  while (true) {
    Call call = first;
    Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    const bool is_last = page->is_tolerated_error() || !flag_at(page->value, "IsTruncated");
    const std::string marker = page->text("Marker");
    pages.push_back(std::move(*page));
    if (is_last || marker.empty()) break;
    Map input = first.input.is_map() ? first.input.as_map() : Map();
    input.set("Marker", marker);
    first.input = Value(std::move(input));
  }
  co_return pages;
}

List items_of(const std::vector<Reply>& pages, std::string_view path) {
  List items;
  for (const Reply& page : pages) {
    const List more = page.list(path);
    items.insert(items.end(), more.begin(), more.end());
  }
  return items;
}

Value shown_statements(const Value& document) {
  // Most implementations encode the document; one that does not shows JSON, which begins with '{'.
  std::string text = text_of(document);
  if (text.starts_with('%')) text = percent_decode(text);
  const Value policy = normalize_policy(Value(std::move(text)));
  const Value& statements = policy.at("Statement");
  return statements.is_null() ? Value(List{}) : statements;
}

Value iam_arn(const Placement& placement, std::string_view kind, const Value& path,
              const std::string& name) {
  if (path.is_unknown()) return Value::unknown(path.waits_for());
  const std::string folder = path.is_string() ? path.as_string() : std::string("/");
  return Value(fmt::format("arn:{}:iam::{}:{}{}{}", placement.partition, placement.account, kind,
                           folder, name));
}

Observation observation_of_role(const Client& client, const ResourceRecord& record,
                                const ShownHolder& shown) {
  Observation observation = observation_of_holder(client, record, shown, "role");
  Map& inputs = observation.inputs;
  Map trust;
  trust.set("statements", shown_statements(shown.holder.at("AssumeRolePolicyDocument")));
  inputs.set("trust", std::move(trust));
  if (shown.shows_settings) {
    inputs.set("description", text_at(shown.holder, "Description"));
    const std::string seconds = text_at(shown.holder, "MaxSessionDuration");
    const Result<Value> number = parse_json(seconds);
    inputs.set("max_session_duration", number && number->is_int() ? *number : Value(3600));
  }
  observation.outputs.set("role_id", text_at(shown.holder, "RoleId"));
  return observation;
}

Observation observation_of_user(const Client& client, const ResourceRecord& record,
                                const ShownHolder& shown) {
  Observation observation = observation_of_holder(client, record, shown, "user");
  observation.outputs.set("user_id", text_at(shown.holder, "UserId"));
  return observation;
}

Observation observation_of(const Client& client, const ResourceRecord& record,
                           const ShownPolicy& shown) {
  Observation observation;
  observation.exists = true;
  std::string path = text_at(shown.policy, "Path");
  if (path.empty()) path = "/";
  observation.inputs.set("path", path);
  observation.inputs.set("description", text_at(shown.policy, "Description"));
  observation.inputs.set("statements", shown_statements(shown.document));
  observation.outputs.set("arn", iam_arn(client.placement(), "policy", Value(path), record.name));
  observe_tags(client.placement(), record, tags_from_list(shown.tags), observation);
  return observation;
}

}  // namespace firn::aws
