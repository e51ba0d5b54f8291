// May this principal do that here and now?
//
// Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic".
#pragma once

#include <string>

#include "sandbox/aws/call.h"
#include "sandbox/aws/policy/evaluate.h"
#include "sandbox/crossing.h"

namespace firn::sandbox::aws {

// What is asked of, and who owns it.
struct Access {
  std::string action;                             // "sqs:SendMessage"
  std::string resource;                           // ARN
  std::string owner;                              // account; empty: the caller's own
  const StoredPolicy* resource_policy = nullptr;  // nullptr: the resource has none
  // The resource policy must allow, in the own account as well: keys of KMS, roles.
  bool resource_policy_decides = false;
  Context context;
};

[[nodiscard]] AwsDoor::Verdict decide(const World& world, const Principal& principal,
                                      const Access& access, const std::string& session_policy = {});

// Throws the service's own refusal when the caller may not.
void authorize(Call& call, Access access);
void authorize(Call& call, std::string action, std::string resource);

// May `principal` assume the role whose document is given? The trust must allow it, as the policy
// of a key must. When it names the principal itself that is enough, unless something denies; when
// it names only its account, that account's policies decide further.
[[nodiscard]] AwsDoor::Verdict may_assume(const World& world, const Principal& principal,
                                          const Value& role, const Context& context,
                                          const std::string& session_policy = {});

// May this service principal ("lambda.amazonaws.com") assume the role, as other services see it
// now?
[[nodiscard]] bool service_may_assume(const World& world, const std::string& role_arn,
                                      const std::string& service, const Context& context);

// May the role, as other services see it now, do this?
[[nodiscard]] AwsDoor::Verdict role_may(const World& world, const std::string& role_arn,
                                        Access access);

[[nodiscard]] Refusal access_denied(std::string_view service, std::string message);

}  // namespace firn::sandbox::aws
