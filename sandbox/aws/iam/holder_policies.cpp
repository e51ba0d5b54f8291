// Inline and attached policies of roles and users.
#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

constexpr std::size_t attachment_quota = 10;
constexpr std::size_t longest_policy_name = 128;

// Roles and users have the same operations under other names.
struct Holder {
  const char* kind;          // of the document
  const char* name_member;   // "RoleName"
  const char* noun;          // "Role", as in the names of operations and quotas
  std::size_t inline_quota;  // of all inline policies together
};
constexpr Holder role{"role", "RoleName", "Role", 10240};
constexpr Holder user{"user", "UserName", "User", 2048};

void keep_holder(Call& call, const Holder& holder, Value document) {
  const std::string name = document.string_or("name", "");
  keep(call.world, call.account, holder.kind, name, std::move(document));
}

// `action` is the operation's name: "PutRolePolicy".
Value holder_for(Call& call, const Form& input, const Holder& holder) {
  Value document = holder_named(call, holder.kind, required(input, holder.name_member));
  authorize(call, "iam:" + call.operation, document.string_or("arn", ""));
  return document;
}

Refusal no_inline_policy(const Holder& holder, const std::string& name) {
  return no_such_entity(
      fmt::format("The {} policy with name {} cannot be found.", holder.kind, name));
}

void put_inline(Call& call, const Form& input, const Holder& holder) {
  const Value document = holder_for(call, input, holder);
  const std::string name = required(input, "PolicyName");
  check_name(name, "policyName", longest_policy_name);
  const std::string text = required(input, "PolicyDocument");
  (void)checked_document(text, PolicyKind::identity);
  Map policies = document.at("inline").as_map();
  policies.set(name, text);
  std::size_t size = 0;
  for (const auto& [key, policy] : policies)
    size += counted_size(policy.as_string());
  if (size > holder.inline_quota) {
    throw limit_exceeded(fmt::format("Maximum policy size of {} bytes exceeded for {} {}",
                                     holder.inline_quota, holder.kind,
                                     document.string_or("name", "")));
  }
  keep_holder(call, holder, with(document, "inline", Value(std::move(policies))));
}

void get_inline(Call& call, const Form& input, Xml& xml, const Holder& holder) {
  const Value document = holder_for(call, input, holder);
  const std::string name = required(input, "PolicyName");
  const Value* text = document.at("inline").find(name);
  if (!text) throw no_inline_policy(holder, name);
  xml.leaf(holder.name_member, document.string_or("name", "")).leaf("PolicyName", name);
  xml.leaf("PolicyDocument", percent_encode(text->as_string()));
}

void delete_inline(Call& call, const Form& input, const Holder& holder) {
  const Value document = holder_for(call, input, holder);
  const std::string name = required(input, "PolicyName");
  Map policies = document.at("inline").as_map();
  if (!policies.erase(name)) throw no_inline_policy(holder, name);
  keep_holder(call, holder, with(document, "inline", Value(std::move(policies))));
}

void list_inline(Call& call, const Form& input, Xml& xml, const Holder& holder) {
  const Value document = holder_for(call, input, holder);
  std::vector<std::string> names;
  for (const auto& [name, policy] : document.at("inline").as_map())
    names.push_back(name);
  write_page(xml, input, "PolicyNames", names.size(),
             [&](std::size_t i) { xml.leaf("member", names[i]); });
}

void attach(Call& call, const Form& input, const Holder& holder) {
  const Value document = holder_for(call, input, holder);
  const std::string arn = required(input, "PolicyArn");
  if (!name_in_arn(arn, "policy")) {
    throw Refusal{400, "ValidationError", fmt::format("ARN {} is not valid.", arn)};
  }
  const auto named = name_in_arn(arn, "policy");
  const bool own = named->account == call.account || named->account == "aws";
  if (!own || !managed_document(call.world, arn, false)) {
    throw no_such_entity(fmt::format("Policy {} does not exist or is not attachable.", arn));
  }
  List attached = document.at("attached").as_list();
  if (std::find(attached.begin(), attached.end(), Value(arn)) != attached.end()) return;
  if (attached.size() >= attachment_quota) {
    throw limit_exceeded(
        fmt::format("Cannot exceed quota for PoliciesPer{}: {}", holder.noun, attachment_quota));
  }
  attached.emplace_back(arn);
  keep_holder(call, holder, with(document, "attached", Value(std::move(attached))));
}

void detach(Call& call, const Form& input, const Holder& holder) {
  const Value document = holder_for(call, input, holder);
  const std::string arn = required(input, "PolicyArn");
  List attached = document.at("attached").as_list();
  const auto found = std::find(attached.begin(), attached.end(), Value(arn));
  if (found == attached.end()) throw no_such_entity(fmt::format("Policy {} was not found.", arn));
  attached.erase(found);
  keep_holder(call, holder, with(document, "attached", Value(std::move(attached))));
}

void list_attached(Call& call, const Form& input, Xml& xml, const Holder& holder) {
  const Value document = holder_for(call, input, holder);
  const List attached = document.at("attached").as_list();
  write_page(xml, input, "AttachedPolicies", attached.size(), [&](std::size_t i) {
    const std::string& arn = attached[i].as_string();
    xml.open("member");
    xml.leaf("PolicyName", arn.substr(arn.rfind('/') + 1)).leaf("PolicyArn", arn).close();
  });
}

}  // namespace

void put_role_policy(Call& call, const Form& input, Xml&) {
  put_inline(call, input, role);
}
void put_user_policy(Call& call, const Form& input, Xml&) {
  put_inline(call, input, user);
}
void get_role_policy(Call& call, const Form& input, Xml& xml) {
  get_inline(call, input, xml, role);
}
void get_user_policy(Call& call, const Form& input, Xml& xml) {
  get_inline(call, input, xml, user);
}
void delete_role_policy(Call& call, const Form& input, Xml&) {
  delete_inline(call, input, role);
}
void delete_user_policy(Call& call, const Form& input, Xml&) {
  delete_inline(call, input, user);
}
void list_role_policies(Call& call, const Form& input, Xml& xml) {
  list_inline(call, input, xml, role);
}
void list_user_policies(Call& call, const Form& input, Xml& xml) {
  list_inline(call, input, xml, user);
}
void attach_role_policy(Call& call, const Form& input, Xml&) {
  attach(call, input, role);
}
void attach_user_policy(Call& call, const Form& input, Xml&) {
  attach(call, input, user);
}
void detach_role_policy(Call& call, const Form& input, Xml&) {
  detach(call, input, role);
}
void detach_user_policy(Call& call, const Form& input, Xml&) {
  detach(call, input, user);
}
void list_attached_role_policies(Call& call, const Form& input, Xml& xml) {
  list_attached(call, input, xml, role);
}
void list_attached_user_policies(Call& call, const Form& input, Xml& xml) {
  list_attached(call, input, xml, user);
}

}  // namespace firn::sandbox::aws::iam
