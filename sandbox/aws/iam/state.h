// IAM's memory, and what other services see of it.
//
// IAM itself is read as it is; every other service sees a change only when it is `iam_delay` old.
// So each change also appends to a short history, and a look from outside takes the entry of then.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value/value.h"
#include "sandbox/aws/policy/principal.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::iam {

// kind: "role", "user", "policy", "access-key" or "oidc-provider". Names are unique ignoring case.
[[nodiscard]] const Value* find(const World& world, const std::string& account,
                                std::string_view kind, const std::string& name);
void keep(World& world, const std::string& account, std::string_view kind, const std::string& name,
          Value document);
void drop(World& world, const std::string& account, std::string_view kind, const std::string& name);
[[nodiscard]] std::vector<Value> all(const World& world, const std::string& account,
                                     std::string_view kind);

// As the other services see it now; nothing when for them it does not exist (yet).
[[nodiscard]] std::optional<Value> seen_by_others(const World& world, const std::string& account,
                                                  std::string_view kind, const std::string& name);

// "path/to/name" of arn:aws:iam::1:role/path/to/name → account and name; nothing for other ARNs.
struct Named {
  std::string account;
  std::string name;
};
[[nodiscard]] std::optional<Named> name_in_arn(std::string_view arn, std::string_view kind);

// A role by its ARN: the path must be right as well.
[[nodiscard]] const Value* find_role_by_arn(const World& world, const std::string& arn);
[[nodiscard]] std::optional<Value> role_seen_by_others(const World& world, const std::string& arn);

// The role or user of an ARN.
[[nodiscard]] const Value* find_holder_by_arn(const World& world, const std::string& arn);
[[nodiscard]] std::optional<Value> holder_seen_by_others(const World& world,
                                                         const std::string& arn);

// The text of a managed policy's default version, also of the few AWS-managed ones that the sandbox
// holds; nothing when it does not exist. `from_outside`: as other services see it.
[[nodiscard]] std::optional<std::string> managed_document(const World& world,
                                                          const std::string& policy_arn,
                                                          bool from_outside);
// Name → document text of the AWS-managed policies that the sandbox holds.
struct AwsManaged {
  std::string_view name;
  std::string_view path;
  std::string_view document;
};
[[nodiscard]] const std::vector<AwsManaged>& aws_managed_policies();

// Everything that says what a role or user may do.
struct Permissions {
  std::vector<std::string> identity;  // document texts
  std::optional<std::string> boundary;
};
[[nodiscard]] Permissions permissions_of(const World& world, const Value& holder);

}  // namespace firn::sandbox::aws::iam
