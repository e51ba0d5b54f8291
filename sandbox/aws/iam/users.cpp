// Users of this account. They have no passwords, devices, certificates or groups here.
#include <fmt/format.h>

#include "sandbox/aws/authorize.h"
#include "sandbox/aws/iam/access_keys.h"
#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::iam {
namespace {

constexpr std::size_t longest_user_name = 64;

void keep_user(Call& call, Value user) {
  const std::string name = user.string_or("name", "");
  keep(call.world, call.account, "user", name, std::move(user));
}

Value user_for(Call& call, const Form& input) {
  Value user = holder_named(call, "user", required(input, "UserName"));
  authorize(call, "iam:" + call.operation, user.string_or("arn", ""));
  return user;
}

// CreateUser and GetUser show tags and boundary, ListUsers does not.
void write_user(Xml& xml, const Value& user, bool listed) {
  xml.leaf("Path", user.string_or("path", ""));
  xml.leaf("UserName", user.string_or("name", ""));
  xml.leaf("UserId", user.string_or("id", ""));
  xml.leaf("Arn", user.string_or("arn", ""));
  xml.leaf("CreateDate", iso(user.int_or("created_at", 0)));
  if (listed) return;
  if (const std::string boundary = user.string_or("boundary", ""); !boundary.empty()) {
    xml.open("PermissionsBoundary").leaf("PermissionsBoundaryType", "Policy");
    xml.leaf("PermissionsBoundaryArn", boundary).close();
  }
  if (!tags_of(user).empty()) write_tags(xml, user);
}

// A list of what users cannot have here.
void write_none(Call& call, const Form& input, Xml& xml, const char* list) {
  (void)user_for(call, input);
  xml.raw(fmt::format("<{}/>", list)).leaf("IsTruncated", "false");
}

}  // namespace

void create_user(Call& call, const Form& input, Xml& xml) {
  const std::string name = required(input, "UserName");
  call.target = name;
  check_name(name, "userName", longest_user_name);
  const std::string path = input.find("Path").value_or("/");
  check_path(path);
  const std::string arn = fmt::format("arn:aws:iam::{}:user{}{}", call.account, path, name);
  authorize(call, "iam:CreateUser", arn);
  if (find(call.world, call.account, "user", name)) {
    throw Refusal{409, "EntityAlreadyExists",
                  fmt::format("User with name {} already exists.", name)};
  }
  Map user;
  user.set("name", name);
  user.set("path", path);
  user.set("arn", arn);
  if (const auto boundary = input.find("PermissionsBoundary")) {
    check_boundary(call, *boundary);
    user.set("boundary", *boundary);
  }
  user.set("tags", Value(merged_tags({}, tags_in(input, "Tags"))));
  user.set("inline", Map{});
  user.set("attached", List{});
  user.set("id", call.world.fresh_id("AIDA", 21));
  user.set("created_at", call.world.now_ms());
  const Value document(std::move(user));
  keep_user(call, document);
  xml.open("User");
  write_user(xml, document, false);
  xml.close();
}

void get_user(Call& call, const Form& input, Xml& xml) {
  const Value user = user_for(call, input);
  xml.open("User");
  write_user(xml, user, false);
  xml.close();
}

void delete_user(Call& call, const Form& input, Xml&) {
  const Value user = user_for(call, input);
  const std::string name = user.string_or("name", "");
  const auto conflict = [](const char* what) {
    return Refusal{409, "DeleteConflict",
                   fmt::format("Cannot delete entity, must {} first.", what)};
  };
  if (!access_keys_of(call.world, call.account, name).empty()) {
    throw conflict("delete access keys");
  }
  if (!user.at("attached").as_list().empty()) throw conflict("detach all policies");
  if (!user.at("inline").as_map().empty()) throw conflict("delete policies");
  drop(call.world, call.account, "user", name);
}

void list_users(Call& call, const Form& input, Xml& xml) {
  authorize(call, "iam:ListUsers", fmt::format("arn:aws:iam::{}:user/", call.account));
  const std::string prefix = input.find("PathPrefix").value_or("/");
  std::vector<Value> users = all(call.world, call.account, "user");
  std::erase_if(users,
                [&](const Value& user) { return !user.string_or("path", "").starts_with(prefix); });
  write_page(xml, input, "Users", users.size(), [&](std::size_t i) {
    xml.open("member");
    write_user(xml, users[i], true);
    xml.close();
  });
}

void put_user_permissions_boundary(Call& call, const Form& input, Xml&) {
  const Value user = user_for(call, input);
  const std::string boundary = required(input, "PermissionsBoundary");
  check_boundary(call, boundary);
  keep_user(call, with(user, "boundary", boundary));
}

void delete_user_permissions_boundary(Call& call, const Form& input, Xml&) {
  const Value user = user_for(call, input);
  if (user.string_or("boundary", "").empty()) {
    throw no_such_entity(
        fmt::format("User {} does not have a permission boundary", user.string_or("name", "")));
  }
  keep_user(call, without(user, "boundary"));
}

void tag_user(Call& call, const Form& input, Xml&) {
  const Value user = user_for(call, input);
  keep_user(call, with_tags(user, merged_tags(tags_of(user), tags_in(input, "Tags"))));
}

void untag_user(Call& call, const Form& input, Xml&) {
  const Value user = user_for(call, input);
  Map tags = tags_of(user);
  for (const std::string& key : input.list("TagKeys"))
    tags.erase(key);
  keep_user(call, with_tags(user, std::move(tags)));
}

void list_user_tags(Call& call, const Form& input, Xml& xml) {
  const Value user = user_for(call, input);
  write_tags(xml, user);
  xml.leaf("IsTruncated", "false");
}

void list_groups_for_user(Call& call, const Form& input, Xml& xml) {
  write_none(call, input, xml, "Groups");
}
void list_mfa_devices(Call& call, const Form& input, Xml& xml) {
  write_none(call, input, xml, "MFADevices");
}
void list_signing_certificates(Call& call, const Form& input, Xml& xml) {
  write_none(call, input, xml, "Certificates");
}
void list_ssh_public_keys(Call& call, const Form& input, Xml& xml) {
  write_none(call, input, xml, "SSHPublicKeys");
}
void list_service_specific_credentials(Call& call, const Form& input, Xml& xml) {
  write_none(call, input, xml, "ServiceSpecificCredentials");
}

void delete_login_profile(Call& call, const Form& input, Xml&) {
  const Value user = user_for(call, input);
  throw no_such_entity(
      fmt::format("Login Profile for User {} cannot be found.", user.string_or("name", "")));
}

}  // namespace firn::sandbox::aws::iam
