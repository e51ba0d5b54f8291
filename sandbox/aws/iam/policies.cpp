#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

constexpr std::size_t policy_quota = 6144;
constexpr std::size_t version_quota = 5;
constexpr std::size_t longest_policy_name = 128;

void keep_policy(Call& call, Value policy) {
  const std::string name = policy.string_or("name", "");
  keep(call.world, call.account, "policy", name, std::move(policy));
}

Value policy_for(Call& call, const Form& input, const char* action) {
  Value policy = policy_with_arn(call, required(input, "PolicyArn"));
  authorize(call, action, policy.string_or("arn", ""));
  return policy;
}

std::string checked_policy_text(const std::string& text) {
  (void)checked_document(text, PolicyKind::identity);
  if (counted_size(text) > policy_quota) {
    throw limit_exceeded(fmt::format("Cannot exceed quota for PolicySize: {}", policy_quota));
  }
  return text;
}

Refusal no_version(const std::string& id, const std::string& arn) {
  return no_such_entity(
      fmt::format("Policy {} version {} does not exist or is not attachable.", arn, id));
}

const Value* find_version(const Value& policy, const std::string& id) {
  for (const Value& version : policy.at("versions").as_list()) {
    if (version.string_or("id", "") == id) return &version;
  }
  return nullptr;
}

void write_version(Xml& xml, const Value& policy, const Value& version, bool with_document) {
  if (with_document) {
    xml.leaf("Document", percent_encode(version.string_or("document", "")));
  }
  const std::string id = version.string_or("id", "");
  xml.leaf("VersionId", id);
  xml.leaf("IsDefaultVersion", id == policy.string_or("default_version", "") ? "true" : "false");
  xml.leaf("CreateDate", iso(version.int_or("created_at", 0)));
}

// AWS-managed policies have no document of their own in the store; they are made up when read.
std::optional<Value> aws_managed(const std::string& arn) {
  for (const AwsManaged& policy : aws_managed_policies()) {
    const std::string own_arn =
        fmt::format("arn:aws:iam::aws:policy{}{}", policy.path, policy.name);
    if (own_arn != arn) continue;
    const List versions{Map{{"id", "v1"}, {"document", policy.document}, {"created_at", 0}}};
    return Value(Map{{"name", policy.name},
                     {"id", fmt::format("ANPA{:A<17}", to_upper(policy.name).substr(0, 17))},
                     {"arn", own_arn},
                     {"path", policy.path},
                     {"default_version", "v1"},
                     {"versions", Value(versions)}});
  }
  return std::nullopt;
}

Value readable_policy(Call& call, const Form& input, const char* action) {
  const std::string arn = required(input, "PolicyArn");
  if (auto managed = aws_managed(arn)) {
    call.target = arn;
    authorize(call, action, arn);
    return *managed;
  }
  return policy_for(call, input, action);
}

}  // namespace

void create_policy(Call& call, const Form& input, Xml& xml) {
  const std::string name = required(input, "PolicyName");
  call.target = name;
  check_name(name, "policyName", longest_policy_name);
  const std::string path = input.find("Path").value_or("/");
  check_path(path);
  const std::string arn = fmt::format("arn:aws:iam::{}:policy{}{}", call.account, path, name);
  authorize(call, "iam:CreatePolicy", arn);
  const std::string text = checked_policy_text(required(input, "PolicyDocument"));
  check_description(input.get("Description"));
  if (find(call.world, call.account, "policy", name)) {
    throw Refusal{
        409, "EntityAlreadyExists",
        fmt::format("A policy called {} already exists. Duplicate names are not allowed.", name)};
  }
  const std::int64_t now = call.world.now_ms();
  const List versions{Map{{"id", "v1"}, {"document", text}, {"created_at", now}}};
  const Value policy = Map{{"name", name},
                           {"path", path},
                           {"arn", arn},
                           {"id", call.world.fresh_id("ANPA", 21)},
                           {"description", input.get("Description")},
                           {"tags", Value(merged_tags({}, tags_in(input, "Tags")))},
                           {"default_version", "v1"},
                           {"next_version", 2},
                           {"versions", Value(versions)},
                           {"created_at", now},
                           {"updated_at", now}};
  keep_policy(call, policy);
  xml.open("Policy");
  write_policy(call, xml, policy, false);
  xml.close();
}

void get_policy(Call& call, const Form& input, Xml& xml) {
  const Value policy = readable_policy(call, input, "iam:GetPolicy");
  xml.open("Policy");
  write_policy(call, xml, policy, false);
  xml.close();
}

void delete_policy(Call& call, const Form& input, Xml&) {
  const Value policy = policy_for(call, input, "iam:DeletePolicy");
  const std::string arn = policy.string_or("arn", "");
  if (attachment_count(call.world, call.account, arn) > 0 ||
      boundary_count(call.world, call.account, arn) > 0) {
    throw Refusal{409, "DeleteConflict", "Cannot delete a policy attached to entities."};
  }
  if (policy.at("versions").as_list().size() > 1) {
    throw Refusal{409, "DeleteConflict",
                  "This policy has more than one version. Before you delete a policy, you must "
                  "delete the policy's versions. The default version is deleted with the policy."};
  }
  drop(call.world, call.account, "policy", policy.string_or("name", ""));
}

void list_policies(Call& call, const Form& input, Xml& xml) {
  authorize(call, "iam:ListPolicies", fmt::format("arn:aws:iam::{}:policy/", call.account));
  const std::string scope = input.find("Scope").value_or("All");
  const std::string prefix = input.find("PathPrefix").value_or("/");
  const bool only_attached = input.get("OnlyAttached") == "true";
  std::vector<Value> policies;
  if (scope != "AWS") policies = all(call.world, call.account, "policy");
  if (scope != "Local") {
    for (const AwsManaged& policy : aws_managed_policies()) {
      policies.push_back(
          *aws_managed(fmt::format("arn:aws:iam::aws:policy{}{}", policy.path, policy.name)));
    }
  }
  std::erase_if(policies, [&](const Value& policy) {
    return !policy.string_or("path", "").starts_with(prefix) ||
           (only_attached &&
            attachment_count(call.world, call.account, policy.string_or("arn", "")) == 0);
  });
  write_page(xml, input, "Policies", policies.size(), [&](std::size_t i) {
    xml.open("member");
    write_policy(call, xml, policies[i], true);
    xml.close();
  });
}

void list_entities_for_policy(Call& call, const Form& input, Xml& xml) {
  const Value policy = readable_policy(call, input, "iam:ListEntitiesForPolicy");
  const auto write_holders = [&](const char* list, const char* kind, const char* noun) {
    xml.open(list);
    for (const Value& holder : all(call.world, call.account, kind)) {
      const List& attached = holder.at("attached").as_list();
      if (std::find(attached.begin(), attached.end(), policy.at("arn")) == attached.end()) {
        continue;
      }
      xml.open("member").leaf(fmt::format("{}Name", noun), holder.string_or("name", ""));
      xml.leaf(fmt::format("{}Id", noun), holder.string_or("id", "")).close();
    }
    xml.close();
  };
  xml.raw("<PolicyGroups/>");
  write_holders("PolicyUsers", "user", "User");
  write_holders("PolicyRoles", "role", "Role");
  xml.leaf("IsTruncated", "false");
}

void tag_policy(Call& call, const Form& input, Xml&) {
  const Value policy = policy_for(call, input, "iam:TagPolicy");
  keep_policy(call, with_tags(policy, merged_tags(tags_of(policy), tags_in(input, "Tags"))));
}

void untag_policy(Call& call, const Form& input, Xml&) {
  const Value policy = policy_for(call, input, "iam:UntagPolicy");
  Map tags = tags_of(policy);
  for (const std::string& key : input.list("TagKeys"))
    tags.erase(key);
  keep_policy(call, with_tags(policy, std::move(tags)));
}

void list_policy_tags(Call& call, const Form& input, Xml& xml) {
  const Value policy = policy_for(call, input, "iam:ListPolicyTags");
  write_tags(xml, policy);
  xml.leaf("IsTruncated", "false");
}

void create_policy_version(Call& call, const Form& input, Xml& xml) {
  Value policy = policy_for(call, input, "iam:CreatePolicyVersion");
  const std::string text = checked_policy_text(required(input, "PolicyDocument"));
  List versions = policy.at("versions").as_list();
  if (versions.size() >= version_quota) {
    throw limit_exceeded(
        "A managed policy can have up to 5 versions. Before you create a new version, you must "
        "delete an existing version.");
  }
  const std::int64_t number = policy.int_or("next_version", 2);
  const std::string id = fmt::format("v{}", number);
  const Value version = Map{{"id", id}, {"document", text}, {"created_at", call.world.now_ms()}};
  versions.push_back(version);
  policy = with(policy, "versions", Value(std::move(versions)));
  policy = with(policy, "next_version", number + 1);
  policy = with(policy, "updated_at", call.world.now_ms());
  if (input.get("SetAsDefault") == "true") policy = with(policy, "default_version", id);
  keep_policy(call, policy);
  xml.open("PolicyVersion");
  write_version(xml, policy, version, false);
  xml.close();
}

void get_policy_version(Call& call, const Form& input, Xml& xml) {
  const Value policy = readable_policy(call, input, "iam:GetPolicyVersion");
  const std::string id = required(input, "VersionId");
  const Value* version = find_version(policy, id);
  if (!version) throw no_version(id, policy.string_or("arn", ""));
  xml.open("PolicyVersion");
  write_version(xml, policy, *version, true);
  xml.close();
}

void list_policy_versions(Call& call, const Form& input, Xml& xml) {
  const Value policy = readable_policy(call, input, "iam:ListPolicyVersions");
  List versions = policy.at("versions").as_list();
  std::reverse(versions.begin(), versions.end());  // newest first
  write_page(xml, input, "Versions", versions.size(), [&](std::size_t i) {
    xml.open("member");
    write_version(xml, policy, versions[i], false);
    xml.close();
  });
}

void delete_policy_version(Call& call, const Form& input, Xml&) {
  const Value policy = policy_for(call, input, "iam:DeletePolicyVersion");
  const std::string id = required(input, "VersionId");
  if (id == policy.string_or("default_version", "")) {
    throw Refusal{409, "DeleteConflict", "Cannot delete the default version of a policy."};
  }
  List versions = policy.at("versions").as_list();
  const auto erased = std::erase_if(
      versions, [&](const Value& version) { return version.string_or("id", "") == id; });
  if (erased == 0) throw no_version(id, policy.string_or("arn", ""));
  keep_policy(call, with(policy, "versions", Value(std::move(versions))));
}

void set_default_policy_version(Call& call, const Form& input, Xml&) {
  Value policy = policy_for(call, input, "iam:SetDefaultPolicyVersion");
  const std::string id = required(input, "VersionId");
  if (!find_version(policy, id)) throw no_version(id, policy.string_or("arn", ""));
  policy = with(policy, "default_version", id);
  keep_policy(call, with(policy, "updated_at", call.world.now_ms()));
}

}  // namespace firn::sandbox::aws::iam
