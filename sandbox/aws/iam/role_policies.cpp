#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

constexpr std::size_t inline_quota = 10240;
constexpr std::size_t attachment_quota = 10;
constexpr std::size_t longest_policy_name = 128;

void keep_role(Call& call, Value role) {
  const std::string name = role.string_or("name", "");
  keep(call.world, call.account, "role", name, std::move(role));
}

Value role_for(Call& call, const Form& input, const char* action) {
  Value role = role_named(call, required(input, "RoleName"));
  authorize(call, action, role.string_or("arn", ""));
  return role;
}

Refusal no_inline_policy(const std::string& name) {
  return no_such_entity(fmt::format("The role policy with name {} cannot be found.", name));
}

}  // namespace

void put_role_policy(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:PutRolePolicy");
  const std::string name = required(input, "PolicyName");
  check_name(name, "policyName", longest_policy_name);
  const std::string text = required(input, "PolicyDocument");
  (void)checked_document(text, PolicyKind::identity);
  Map policies = role.at("inline").as_map();
  policies.set(name, text);
  std::size_t size = 0;
  for (const auto& [key, document] : policies)
    size += counted_size(document.as_string());
  if (size > inline_quota) {
    throw limit_exceeded(fmt::format("Maximum policy size of {} bytes exceeded for role {}",
                                     inline_quota, role.string_or("name", "")));
  }
  keep_role(call, with(role, "inline", Value(std::move(policies))));
}

void get_role_policy(Call& call, const Form& input, Xml& xml) {
  const Value role = role_for(call, input, "iam:GetRolePolicy");
  const std::string name = required(input, "PolicyName");
  const Value* text = role.at("inline").find(name);
  if (!text) throw no_inline_policy(name);
  xml.leaf("RoleName", role.string_or("name", "")).leaf("PolicyName", name);
  xml.leaf("PolicyDocument", percent_encode(text->as_string()));
}

void delete_role_policy(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:DeleteRolePolicy");
  const std::string name = required(input, "PolicyName");
  Map policies = role.at("inline").as_map();
  if (!policies.erase(name)) throw no_inline_policy(name);
  keep_role(call, with(role, "inline", Value(std::move(policies))));
}

void list_role_policies(Call& call, const Form& input, Xml& xml) {
  const Value role = role_for(call, input, "iam:ListRolePolicies");
  std::vector<std::string> names;
  for (const auto& [name, document] : role.at("inline").as_map())
    names.push_back(name);
  write_page(xml, input, "PolicyNames", names.size(),
             [&](std::size_t i) { xml.leaf("member", names[i]); });
}

void attach_role_policy(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:AttachRolePolicy");
  const std::string arn = required(input, "PolicyArn");
  if (!name_in_arn(arn, "policy")) {
    throw Refusal{400, "ValidationError", fmt::format("ARN {} is not valid.", arn)};
  }
  const auto named = name_in_arn(arn, "policy");
  const bool own = named->account == call.account || named->account == "aws";
  if (!own || !managed_document(call.world, arn, false)) {
    throw no_such_entity(fmt::format("Policy {} does not exist or is not attachable.", arn));
  }
  List attached = role.at("attached").as_list();
  if (std::find(attached.begin(), attached.end(), Value(arn)) != attached.end()) return;
  if (attached.size() >= attachment_quota) {
    throw limit_exceeded(
        fmt::format("Cannot exceed quota for PoliciesPerRole: {}", attachment_quota));
  }
  attached.emplace_back(arn);
  keep_role(call, with(role, "attached", Value(std::move(attached))));
}

void detach_role_policy(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:DetachRolePolicy");
  const std::string arn = required(input, "PolicyArn");
  List attached = role.at("attached").as_list();
  const auto found = std::find(attached.begin(), attached.end(), Value(arn));
  if (found == attached.end()) throw no_such_entity(fmt::format("Policy {} was not found.", arn));
  attached.erase(found);
  keep_role(call, with(role, "attached", Value(std::move(attached))));
}

void list_attached_role_policies(Call& call, const Form& input, Xml& xml) {
  const Value role = role_for(call, input, "iam:ListAttachedRolePolicies");
  const List attached = role.at("attached").as_list();
  write_page(xml, input, "AttachedPolicies", attached.size(), [&](std::size_t i) {
    const std::string& arn = attached[i].as_string();
    xml.open("member");
    xml.leaf("PolicyName", arn.substr(arn.rfind('/') + 1)).leaf("PolicyArn", arn).close();
  });
}

}  // namespace firn::sandbox::aws::iam
