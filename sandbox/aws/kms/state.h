// Keys and their aliases, and who may use a key.
//
// Source: AWS KMS Developer Guide, "Key policies in AWS KMS", "Key states of AWS KMS keys".
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/refusal.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::kms {

// The key that `text` names for somebody in this account and region: a key's id or ARN, an alias or
// its ARN. Nothing when there is none (any more).
[[nodiscard]] std::optional<Value> find_key(const World& world, const std::string& account,
                                            const std::string& region, const std::string& text);
[[nodiscard]] StoredPolicy policy_of(const Value& key);
// "Enabled", "Disabled", "PendingDeletion".
[[nodiscard]] std::string state_of(const Value& key);
// Why nobody can use the key now; nothing when it can be used.
[[nodiscard]] std::optional<Refusal> unusable(const Value& key);

// May the caller do this with the key? Its policy must allow it, and where that only names the
// account, the caller's own policies as well.
[[nodiscard]] AwsDoor::Verdict may_use(const World& world, const Value& key,
                                       const Principal& principal, const std::string& action,
                                       const Context& context,
                                       const std::string& session_policy = {});
// The same for a role, as other services see it now.
[[nodiscard]] AwsDoor::Verdict role_may_use(const World& world, const Value& key,
                                            const std::string& role_arn, const std::string& action,
                                            const Context& context);

// May this service ("s3.amazonaws.com") encrypt on its own behalf with what `text` names, for a
// resource of this account and region? An empty text: no key of KMS is needed. The key that AWS
// keeps for one service is for no other.
[[nodiscard]] bool service_may_encrypt(const World& world, const std::string& account,
                                       const std::string& region, const std::string& text,
                                       const std::string& service, const Context& context);

// Whether `text` names the key that AWS itself keeps for the service ("aws/s3"): everybody in the
// account may use it through that service.
[[nodiscard]] bool is_managed_by_aws(const std::string& text);

}  // namespace firn::sandbox::aws::kms
