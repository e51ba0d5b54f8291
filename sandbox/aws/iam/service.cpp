#include <array>

#include "sandbox/aws/iam/operations.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    QueryOperation{"CreateRole", iam::create_role},
    QueryOperation{"GetRole", iam::get_role},
    QueryOperation{"DeleteRole", iam::delete_role},
    QueryOperation{"ListRoles", iam::list_roles},
    QueryOperation{"UpdateRole", iam::update_role},
    QueryOperation{"UpdateRoleDescription", iam::update_role_description},
    QueryOperation{"UpdateAssumeRolePolicy", iam::update_assume_role_policy},
    QueryOperation{"PutRolePermissionsBoundary", iam::put_role_permissions_boundary},
    QueryOperation{"DeleteRolePermissionsBoundary", iam::delete_role_permissions_boundary},
    QueryOperation{"TagRole", iam::tag_role},
    QueryOperation{"UntagRole", iam::untag_role},
    QueryOperation{"ListRoleTags", iam::list_role_tags},
    QueryOperation{"ListInstanceProfilesForRole", iam::list_instance_profiles_for_role},
    QueryOperation{"PutRolePolicy", iam::put_role_policy},
    QueryOperation{"GetRolePolicy", iam::get_role_policy},
    QueryOperation{"DeleteRolePolicy", iam::delete_role_policy},
    QueryOperation{"ListRolePolicies", iam::list_role_policies},
    QueryOperation{"AttachRolePolicy", iam::attach_role_policy},
    QueryOperation{"DetachRolePolicy", iam::detach_role_policy},
    QueryOperation{"ListAttachedRolePolicies", iam::list_attached_role_policies},
    QueryOperation{"CreateUser", iam::create_user},
    QueryOperation{"GetUser", iam::get_user},
    QueryOperation{"DeleteUser", iam::delete_user},
    QueryOperation{"ListUsers", iam::list_users},
    QueryOperation{"PutUserPermissionsBoundary", iam::put_user_permissions_boundary},
    QueryOperation{"DeleteUserPermissionsBoundary", iam::delete_user_permissions_boundary},
    QueryOperation{"TagUser", iam::tag_user},
    QueryOperation{"UntagUser", iam::untag_user},
    QueryOperation{"ListUserTags", iam::list_user_tags},
    QueryOperation{"ListGroupsForUser", iam::list_groups_for_user},
    QueryOperation{"ListMFADevices", iam::list_mfa_devices},
    QueryOperation{"ListSigningCertificates", iam::list_signing_certificates},
    QueryOperation{"ListSSHPublicKeys", iam::list_ssh_public_keys},
    QueryOperation{"ListServiceSpecificCredentials", iam::list_service_specific_credentials},
    QueryOperation{"DeleteLoginProfile", iam::delete_login_profile},
    QueryOperation{"PutUserPolicy", iam::put_user_policy},
    QueryOperation{"GetUserPolicy", iam::get_user_policy},
    QueryOperation{"DeleteUserPolicy", iam::delete_user_policy},
    QueryOperation{"ListUserPolicies", iam::list_user_policies},
    QueryOperation{"AttachUserPolicy", iam::attach_user_policy},
    QueryOperation{"DetachUserPolicy", iam::detach_user_policy},
    QueryOperation{"ListAttachedUserPolicies", iam::list_attached_user_policies},
    QueryOperation{"CreateAccessKey", iam::create_access_key},
    QueryOperation{"UpdateAccessKey", iam::update_access_key},
    QueryOperation{"DeleteAccessKey", iam::delete_access_key},
    QueryOperation{"ListAccessKeys", iam::list_access_keys},
    QueryOperation{"GetAccessKeyLastUsed", iam::get_access_key_last_used},
    QueryOperation{"CreateOpenIDConnectProvider", iam::create_oidc_provider},
    QueryOperation{"GetOpenIDConnectProvider", iam::get_oidc_provider},
    QueryOperation{"ListOpenIDConnectProviders", iam::list_oidc_providers},
    QueryOperation{"DeleteOpenIDConnectProvider", iam::delete_oidc_provider},
    QueryOperation{"AddClientIDToOpenIDConnectProvider", iam::add_client_id},
    QueryOperation{"RemoveClientIDFromOpenIDConnectProvider", iam::remove_client_id},
    QueryOperation{"UpdateOpenIDConnectProviderThumbprint", iam::update_thumbprint},
    QueryOperation{"TagOpenIDConnectProvider", iam::tag_oidc_provider},
    QueryOperation{"UntagOpenIDConnectProvider", iam::untag_oidc_provider},
    QueryOperation{"CreatePolicy", iam::create_policy},
    QueryOperation{"GetPolicy", iam::get_policy},
    QueryOperation{"DeletePolicy", iam::delete_policy},
    QueryOperation{"ListPolicies", iam::list_policies},
    QueryOperation{"ListEntitiesForPolicy", iam::list_entities_for_policy},
    QueryOperation{"TagPolicy", iam::tag_policy},
    QueryOperation{"UntagPolicy", iam::untag_policy},
    QueryOperation{"ListPolicyTags", iam::list_policy_tags},
    QueryOperation{"CreatePolicyVersion", iam::create_policy_version},
    QueryOperation{"GetPolicyVersion", iam::get_policy_version},
    QueryOperation{"ListPolicyVersions", iam::list_policy_versions},
    QueryOperation{"DeletePolicyVersion", iam::delete_policy_version},
    QueryOperation{"SetDefaultPolicyVersion", iam::set_default_policy_version},
    QueryOperation{"GetAccountAuthorizationDetails", iam::get_account_authorization_details},
    QueryOperation{"ListGroups", iam::list_groups},
    QueryOperation{"ListAccountAliases", iam::list_account_aliases},
};

}  // namespace

http::Response answer_iam(Call& call) {
  return answer_query(call, {"iam", "https://iam.amazonaws.com/doc/2010-05-08/", operations});
}

}  // namespace firn::sandbox::aws
