// What the files of IAM share.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value/value.h"
#include "sandbox/aws/call.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/wire/form.h"
#include "sandbox/aws/wire/xml.h"

namespace firn::sandbox::aws::iam {

[[nodiscard]] Refusal no_such_entity(std::string message);
[[nodiscard]] Refusal limit_exceeded(std::string message);
[[nodiscard]] Refusal validation_error(const std::string& value, std::string_view member,
                                       std::string_view constraint);

// A member that must be there.
[[nodiscard]] std::string required(const Form& input, const std::string& name);
void check_name(const std::string& name, std::string_view member, std::size_t longest);
void check_path(const std::string& path);
void check_description(const std::string& description);
// Parses and checks; throws MalformedPolicyDocument.
Value checked_document(const std::string& text, PolicyKind kind);
// Characters that count towards IAM's quotas: all but white space.
[[nodiscard]] std::size_t counted_size(std::string_view document);
// Checks the tags and throws InvalidInput. IAM's tag keys are unique ignoring case.
[[nodiscard]] Map merged_tags(const Map& present, const Map& added);
void write_tags(Xml& xml, const Value& document);

// The role or user (`kind`) of this account; throws NoSuchEntity.
[[nodiscard]] Value holder_named(Call& call, std::string_view kind, const std::string& name);
void check_boundary(const Call& call, const std::string& arn);
// The managed policy of this account with that ARN; throws NoSuchEntity.
[[nodiscard]] Value policy_with_arn(Call& call, const std::string& arn);

// Writes IsTruncated and Marker, and calls `write` for the items of the page that is asked for.
void write_page(Xml& xml, const Form& input, std::string_view list_name, std::size_t count,
                const std::function<void(std::size_t)>& write);

enum class RoleDetail {
  created,  // CreateRole
  full,     // GetRole
  listed,   // ListRoles: no tags, no boundary
};
void write_role(Call& call, Xml& xml, const Value& role, RoleDetail detail);
// Trust policy as IAM shows it, not yet percent-encoded.
[[nodiscard]] std::string trust_text(const World& world, const Value& role);
void write_policy(Call& call, Xml& xml, const Value& policy, bool listed);
[[nodiscard]] std::int64_t attachment_count(const World& world, const std::string& account,
                                            const std::string& policy_arn);
// How many roles and users have the policy as their permissions boundary.
[[nodiscard]] std::int64_t boundary_count(const World& world, const std::string& account,
                                          const std::string& policy_arn);

// Operations, one function each; registered in service.cpp.
void create_role(Call&, const Form&, Xml&);
void get_role(Call&, const Form&, Xml&);
void delete_role(Call&, const Form&, Xml&);
void list_roles(Call&, const Form&, Xml&);
void update_role(Call&, const Form&, Xml&);
void update_role_description(Call&, const Form&, Xml&);
void update_assume_role_policy(Call&, const Form&, Xml&);
void put_role_permissions_boundary(Call&, const Form&, Xml&);
void delete_role_permissions_boundary(Call&, const Form&, Xml&);
void tag_role(Call&, const Form&, Xml&);
void untag_role(Call&, const Form&, Xml&);
void list_role_tags(Call&, const Form&, Xml&);
void list_instance_profiles_for_role(Call&, const Form&, Xml&);

void put_role_policy(Call&, const Form&, Xml&);
void get_role_policy(Call&, const Form&, Xml&);
void delete_role_policy(Call&, const Form&, Xml&);
void list_role_policies(Call&, const Form&, Xml&);
void attach_role_policy(Call&, const Form&, Xml&);
void detach_role_policy(Call&, const Form&, Xml&);
void list_attached_role_policies(Call&, const Form&, Xml&);

void create_policy(Call&, const Form&, Xml&);
void get_policy(Call&, const Form&, Xml&);
void delete_policy(Call&, const Form&, Xml&);
void list_policies(Call&, const Form&, Xml&);
void list_entities_for_policy(Call&, const Form&, Xml&);
void tag_policy(Call&, const Form&, Xml&);
void untag_policy(Call&, const Form&, Xml&);
void list_policy_tags(Call&, const Form&, Xml&);
void create_policy_version(Call&, const Form&, Xml&);
void get_policy_version(Call&, const Form&, Xml&);
void list_policy_versions(Call&, const Form&, Xml&);
void delete_policy_version(Call&, const Form&, Xml&);
void set_default_policy_version(Call&, const Form&, Xml&);

void create_user(Call&, const Form&, Xml&);
void get_user(Call&, const Form&, Xml&);
void delete_user(Call&, const Form&, Xml&);
void list_users(Call&, const Form&, Xml&);
void put_user_permissions_boundary(Call&, const Form&, Xml&);
void delete_user_permissions_boundary(Call&, const Form&, Xml&);
void tag_user(Call&, const Form&, Xml&);
void untag_user(Call&, const Form&, Xml&);
void list_user_tags(Call&, const Form&, Xml&);
void list_groups_for_user(Call&, const Form&, Xml&);
void list_mfa_devices(Call&, const Form&, Xml&);
void list_signing_certificates(Call&, const Form&, Xml&);
void list_ssh_public_keys(Call&, const Form&, Xml&);
void list_service_specific_credentials(Call&, const Form&, Xml&);
void delete_login_profile(Call&, const Form&, Xml&);

void put_user_policy(Call&, const Form&, Xml&);
void get_user_policy(Call&, const Form&, Xml&);
void delete_user_policy(Call&, const Form&, Xml&);
void list_user_policies(Call&, const Form&, Xml&);
void attach_user_policy(Call&, const Form&, Xml&);
void detach_user_policy(Call&, const Form&, Xml&);
void list_attached_user_policies(Call&, const Form&, Xml&);

void create_access_key(Call&, const Form&, Xml&);
void update_access_key(Call&, const Form&, Xml&);
void delete_access_key(Call&, const Form&, Xml&);
void list_access_keys(Call&, const Form&, Xml&);
void get_access_key_last_used(Call&, const Form&, Xml&);

void create_oidc_provider(Call&, const Form&, Xml&);
void get_oidc_provider(Call&, const Form&, Xml&);
void list_oidc_providers(Call&, const Form&, Xml&);
void delete_oidc_provider(Call&, const Form&, Xml&);
void add_client_id(Call&, const Form&, Xml&);
void remove_client_id(Call&, const Form&, Xml&);
void update_thumbprint(Call&, const Form&, Xml&);
void tag_oidc_provider(Call&, const Form&, Xml&);
void untag_oidc_provider(Call&, const Form&, Xml&);

void get_account_authorization_details(Call&, const Form&, Xml&);
void list_groups(Call&, const Form&, Xml&);
void list_account_aliases(Call&, const Form&, Xml&);

}  // namespace firn::sandbox::aws::iam
