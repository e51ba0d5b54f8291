// What is asked, and the policies that have a say in it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "providers/aws/iam/principal.h"

namespace firn::aws::iam {

struct Request {
  Principal principal;
  std::string action;            // "s3:GetObject"
  std::string resource;          // its ARN; "*" for actions that are about no resource
  std::string resource_account;  // who owns it; empty: the principal's own account
  Context context;               // with add_principal_keys(), if policies ask for them
};

struct Policy {
  std::string name;  // for messages: "inline policy read", "the policy of bucket lake"
  Document document;
};

// What kind of resource policy it is decides whether the account's own policies are enough.
enum class ResourcePolicyKind : std::uint8_t {
  usual,
  trust,    // of a role: must allow
  kms_key,  // must allow
};

struct Policies {
  std::vector<Policy> identity;  // of the user or role, managed and inline
  bool identity_is_assumed =
      false;                       // they are in another account and cannot be read: taken to allow
  std::optional<Policy> boundary;  // permissions boundary of the user or role
  std::optional<Policy> session;   // session policy
  std::optional<Policy> resource;
  ResourcePolicyKind resource_kind = ResourcePolicyKind::usual;
};

// Where a policy stands in the evaluation.
enum class Side : std::uint8_t { resource, identity, boundary, session };
[[nodiscard]] std::string_view side_name(Side side);  // "resource policy", …

}  // namespace firn::aws::iam
