// The policy documents of a world's objects, as they will stand in AWS, ready to be evaluated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "providers/aws/iam/evaluator.h"
#include "road/world.h"

namespace firn::road {

// Nothing where the object has no policy, or where it is not the stack's. A document that cannot be
// read is left out: its type's own checks have told of it.
[[nodiscard]] std::optional<aws::iam::Policy> policy_of_topic(const World& world,
                                                              const Object& topic);
[[nodiscard]] std::optional<aws::iam::Policy> policy_of_queue(const World& world,
                                                              const Object& queue);
[[nodiscard]] std::optional<aws::iam::Policy> policy_of_bucket(const World& world,
                                                               const Object& bucket);
[[nodiscard]] std::optional<aws::iam::Policy> policy_of_key(const World& world, const Object& key);
// The statements of all aws.lambda_permission of the function.
[[nodiscard]] std::optional<aws::iam::Policy> policy_of_function(const World& world,
                                                                 const Object& function);
[[nodiscard]] std::optional<aws::iam::Policy> trust_of_role(const Object& role);

// What a role says of itself: inline and attached policies, and its boundary. Attached policies
// that the stack does not make are named in `unknown`: nobody here can read them.
struct OwnPolicies {
  std::vector<aws::iam::Policy> identity;
  std::optional<aws::iam::Policy> boundary;
  std::vector<std::string> unknown;  // ARNs
};
[[nodiscard]] OwnPolicies own_policies(const World& world, const Object& role);

// "the policy of events", "statement 2 ("Read") of inline policy files of snowflake_role".
[[nodiscard]] std::string place_text(const aws::iam::StatementPlace& place);
// The statements that allow, for evidence.
[[nodiscard]] std::string allowed_text(const aws::iam::Decision& decision);

}  // namespace firn::road
