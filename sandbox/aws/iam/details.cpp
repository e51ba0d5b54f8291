// GetAccountAuthorizationDetails: everything about users, roles and policies in few pages.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

// What the details show of users and roles alike, after what only one of them has.
void write_held(Xml& xml, const Value& holder, std::string_view policies) {
  xml.open(policies);
  for (const auto& [name, document] : holder.at("inline").as_map()) {
    xml.open("member").leaf("PolicyName", name);
    xml.leaf("PolicyDocument", percent_encode(document.as_string())).close();
  }
  xml.close().open("AttachedManagedPolicies");
  for (const Value& arn : holder.at("attached").as_list()) {
    const std::string& text = arn.as_string();
    xml.open("member").leaf("PolicyName", text.substr(text.rfind('/') + 1));
    xml.leaf("PolicyArn", text).close();
  }
  xml.close();
  if (const std::string boundary = holder.string_or("boundary", ""); !boundary.empty()) {
    xml.open("PermissionsBoundary").leaf("PermissionsBoundaryType", "Policy");
    xml.leaf("PermissionsBoundaryArn", boundary).close();
  }
  write_tags(xml, holder);
}

void write_identity(Xml& xml, const Value& holder, std::string_view noun) {
  xml.leaf("Path", holder.string_or("path", ""));
  xml.leaf(fmt::format("{}Name", noun), holder.string_or("name", ""));
  xml.leaf(fmt::format("{}Id", noun), holder.string_or("id", ""));
  xml.leaf("Arn", holder.string_or("arn", ""));
  xml.leaf("CreateDate", iso(holder.int_or("created_at", 0)));
}

void write_role_detail(Call& call, Xml& xml, const Value& role) {
  xml.open("member");
  write_identity(xml, role, "Role");
  xml.leaf("AssumeRolePolicyDocument", percent_encode(trust_text(call.world, role)));
  xml.raw("<InstanceProfileList/>");
  write_held(xml, role, "RolePolicyList");
  xml.raw("<RoleLastUsed/>").close();
}

void write_user_detail(Xml& xml, const Value& user) {
  xml.open("member");
  write_identity(xml, user, "User");
  xml.raw("<GroupList/>");
  write_held(xml, user, "UserPolicyList");
  xml.close();
}

void write_policy_detail(Call& call, Xml& xml, const Value& policy) {
  const std::string arn = policy.string_or("arn", "");
  xml.open("member");
  xml.leaf("PolicyName", policy.string_or("name", ""));
  xml.leaf("PolicyId", policy.string_or("id", ""));
  xml.leaf("Arn", arn);
  xml.leaf("Path", policy.string_or("path", ""));
  xml.leaf("DefaultVersionId", policy.string_or("default_version", ""));
  xml.leaf("AttachmentCount", fmt::format("{}", attachment_count(call.world, call.account, arn)));
  xml.leaf("PermissionsBoundaryUsageCount",
           fmt::format("{}", boundary_count(call.world, call.account, arn)));
  xml.leaf("IsAttachable", "true");
  xml.leaf_if("Description", policy.string_or("description", ""));
  xml.leaf("CreateDate", iso(policy.int_or("created_at", 0)));
  xml.leaf("UpdateDate", iso(policy.int_or("updated_at", 0)));
  xml.open("PolicyVersionList");
  for (const Value& version : policy.at("versions").as_list()) {
    const std::string id = version.string_or("id", "");
    xml.open("member");
    xml.leaf("Document", percent_encode(version.string_or("document", "")));
    xml.leaf("VersionId", id);
    xml.leaf("IsDefaultVersion", id == policy.string_or("default_version", "") ? "true" : "false");
    xml.leaf("CreateDate", iso(version.int_or("created_at", 0))).close();
  }
  xml.close().close();
}

std::size_t number_or(const std::string& text, std::size_t fallback) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : fallback;
}

}  // namespace

void get_account_authorization_details(Call& call, const Form& input, Xml& xml) {
  authorize(call, "iam:GetAccountAuthorizationDetails", "*");
  const std::vector<std::string> filter = input.list("Filter");
  const auto wants = [&](const char* kind) {
    return filter.empty() || std::find(filter.begin(), filter.end(), kind) != filter.end();
  };
  std::vector<Value> users;
  std::vector<Value> roles;
  std::vector<Value> policies;
  if (wants("User")) users = all(call.world, call.account, "user");
  if (wants("Role")) roles = all(call.world, call.account, "role");
  if (wants("LocalManagedPolicy")) policies = all(call.world, call.account, "policy");

  // One sequence of objects is cut into pages: first the users, then the roles, then the policies.
  const std::size_t count = users.size() + roles.size() + policies.size();
  const std::size_t from = std::min(count, number_or(input.get("Marker"), 0));
  const std::size_t size = std::clamp<std::size_t>(number_or(input.get("MaxItems"), 100), 1, 1000);
  const std::size_t to = std::min(count, from + size);
  std::size_t before = 0;
  const auto write_list = [&](const char* list, const std::vector<Value>& items,
                              const auto& write) {
    xml.open(list);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (before + i >= from && before + i < to) write(items[i]);
    }
    xml.close();
    before += items.size();
  };
  write_list("UserDetailList", users, [&](const Value& user) { write_user_detail(xml, user); });
  xml.raw("<GroupDetailList/>");
  write_list("RoleDetailList", roles,
             [&](const Value& role) { write_role_detail(call, xml, role); });
  write_list("Policies", policies,
             [&](const Value& policy) { write_policy_detail(call, xml, policy); });
  xml.leaf("IsTruncated", to < count ? "true" : "false");
  if (to < count) xml.leaf("Marker", fmt::format("{}", to));
}

// Groups cannot be made here, so there are none to list.
void list_groups(Call& call, const Form&, Xml& xml) {
  authorize(call, "iam:ListGroups", fmt::format("arn:aws:iam::{}:group/", call.account));
  xml.raw("<Groups/>").leaf("IsTruncated", "false");
}

void list_account_aliases(Call& call, const Form&, Xml& xml) {
  authorize(call, "iam:ListAccountAliases", "*");
  xml.raw("<AccountAliases/>").leaf("IsTruncated", "false");
}

}  // namespace firn::sandbox::aws::iam
