#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

constexpr std::size_t longest_role_name = 64;
constexpr std::size_t trust_quota = 2048;
constexpr std::int64_t shortest_session = 3600;
constexpr std::int64_t longest_session = 43200;

// The members of a role's document that hold its trust policy.
void put_trust(Call& call, Map& role, const std::string& text) {
  const Value document = checked_document(text, PolicyKind::trust);
  PrincipalCheck check = check_principals(call.world, document, SeenFrom::iam);
  if (check.invalid) {
    throw Refusal{400, "MalformedPolicyDocument",
                  fmt::format("Invalid principal in policy: {}", *check.invalid)};
  }
  if (counted_size(text) > trust_quota) {
    throw limit_exceeded(fmt::format("Cannot exceed quota for ACLSizePerRole: {}", trust_quota));
  }
  role.set("trust", pack({check.document, check.ids}));
  role.set("trust_text", text);
  role.set("trust_changed", check.changed);
}

std::int64_t session_duration(const std::string& text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < shortest_session ||
      seconds > longest_session) {
    throw validation_error(text, "maxSessionDuration",
                           seconds > longest_session
                               ? "Member must have value less than or equal to 43200"
                               : "Member must have value greater than or equal to 3600");
  }
  return seconds;
}

void keep_role(Call& call, Value role) {
  const std::string name = role.string_or("name", "");
  keep(call.world, call.account, "role", name, std::move(role));
}

Value role_for(Call& call, const Form& input, const char* action) {
  Value role = holder_named(call, "role", required(input, "RoleName"));
  authorize(call, action, role.string_or("arn", ""));
  return role;
}

}  // namespace

void create_role(Call& call, const Form& input, Xml& xml) {
  const std::string name = required(input, "RoleName");
  call.target = name;
  check_name(name, "roleName", longest_role_name);
  const std::string path = input.find("Path").value_or("/");
  check_path(path);
  const std::string arn = fmt::format("arn:aws:iam::{}:role{}{}", call.account, path, name);
  authorize(call, "iam:CreateRole", arn);
  if (find(call.world, call.account, "role", name)) {
    throw Refusal{409, "EntityAlreadyExists",
                  fmt::format("Role with name {} already exists.", name)};
  }
  Map role;
  role.set("name", name);
  role.set("path", path);
  role.set("arn", arn);
  put_trust(call, role, required(input, "AssumeRolePolicyDocument"));
  const std::string description = input.get("Description");
  check_description(description);
  role.set("description", description);
  role.set("max_session", session_duration(input.find("MaxSessionDuration").value_or("3600")));
  if (const auto boundary = input.find("PermissionsBoundary")) {
    check_boundary(call, *boundary);
    role.set("boundary", *boundary);
  }
  role.set("tags", Value(merged_tags({}, tags_in(input, "Tags"))));
  role.set("inline", Map{});
  role.set("attached", List{});
  role.set("id", call.world.fresh_id("AROA", 21));
  role.set("created_at", call.world.now_ms());
  const Value document(std::move(role));
  keep_role(call, document);
  xml.open("Role");
  write_role(call, xml, document, RoleDetail::created);
  xml.close();
}

void get_role(Call& call, const Form& input, Xml& xml) {
  const Value role = role_for(call, input, "iam:GetRole");
  xml.open("Role");
  write_role(call, xml, role, RoleDetail::full);
  xml.close();
}

void delete_role(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:DeleteRole");
  if (!role.at("attached").as_list().empty()) {
    throw Refusal{409, "DeleteConflict", "Cannot delete entity, must detach all policies first."};
  }
  if (!role.at("inline").as_map().empty()) {
    throw Refusal{409, "DeleteConflict", "Cannot delete entity, must delete policies first."};
  }
  drop(call.world, call.account, "role", role.string_or("name", ""));
}

void list_roles(Call& call, const Form& input, Xml& xml) {
  authorize(call, "iam:ListRoles", fmt::format("arn:aws:iam::{}:role/", call.account));
  const std::string prefix = input.find("PathPrefix").value_or("/");
  std::vector<Value> roles;
  for (Value& role : all(call.world, call.account, "role")) {
    if (role.string_or("path", "").starts_with(prefix)) roles.push_back(std::move(role));
  }
  write_page(xml, input, "Roles", roles.size(), [&](std::size_t i) {
    xml.open("member");
    write_role(call, xml, roles[i], RoleDetail::listed);
    xml.close();
  });
}

void update_role(Call& call, const Form& input, Xml& xml) {
  Value role = role_for(call, input, "iam:UpdateRole");
  if (const auto description = input.find("Description")) {
    check_description(*description);
    role = with(role, "description", *description);
  }
  if (const auto session = input.find("MaxSessionDuration")) {
    role = with(role, "max_session", session_duration(*session));
  }
  keep_role(call, role);
  xml.raw(" ");  // UpdateRoleResult is there, and empty
}

void update_role_description(Call& call, const Form& input, Xml& xml) {
  Value role = role_for(call, input, "iam:UpdateRoleDescription");
  const std::string description = required(input, "Description");
  check_description(description);
  role = with(role, "description", description);
  keep_role(call, role);
  xml.open("Role");
  write_role(call, xml, role, RoleDetail::full);
  xml.close();
}

void update_assume_role_policy(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:UpdateAssumeRolePolicy");
  Map members = role.as_map();
  put_trust(call, members, required(input, "PolicyDocument"));
  keep_role(call, Value(std::move(members)));
}

void put_role_permissions_boundary(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:PutRolePermissionsBoundary");
  const std::string boundary = required(input, "PermissionsBoundary");
  check_boundary(call, boundary);
  keep_role(call, with(role, "boundary", boundary));
}

void delete_role_permissions_boundary(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:DeleteRolePermissionsBoundary");
  if (role.string_or("boundary", "").empty()) {
    throw no_such_entity(
        fmt::format("Role {} does not have a permission boundary", role.string_or("name", "")));
  }
  keep_role(call, without(role, "boundary"));
}

void tag_role(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:TagRole");
  keep_role(call, with_tags(role, merged_tags(tags_of(role), tags_in(input, "Tags"))));
}

void untag_role(Call& call, const Form& input, Xml&) {
  const Value role = role_for(call, input, "iam:UntagRole");
  Map tags = tags_of(role);
  for (const std::string& key : input.list("TagKeys"))
    tags.erase(key);
  keep_role(call, with_tags(role, std::move(tags)));
}

void list_role_tags(Call& call, const Form& input, Xml& xml) {
  const Value role = role_for(call, input, "iam:ListRoleTags");
  write_tags(xml, role);
  xml.leaf("IsTruncated", "false");
}

void list_instance_profiles_for_role(Call& call, const Form& input, Xml& xml) {
  (void)role_for(call, input, "iam:ListInstanceProfilesForRole");
  xml.raw("<InstanceProfiles/>").leaf("IsTruncated", "false");
}

}  // namespace firn::sandbox::aws::iam
