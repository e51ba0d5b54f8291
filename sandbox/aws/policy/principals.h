// Principals of resource and trust policies: do they exist, and how do services keep them?
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal".
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"
#include "sandbox/aws/policy/evaluate.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws {

enum class SeenFrom {
  iam,     // IAM itself: what was made a moment ago is there
  others,  // any other service: only what is old enough
};

struct PrincipalCheck {
  // Set when a principal does not exist: IAM's words, `"AWS":"arn:aws:iam::1:user/nobody"`.
  std::optional<std::string> invalid;
  Value document;        // with account ids written as root ARNs
  Map ids;               // unique ids of the roles and users that it names
  bool changed = false;  // `document` differs from what was given
};

[[nodiscard]] PrincipalCheck check_principals(const World& world, const Value& document,
                                              SeenFrom seen_from);

// As the service shows it: a role or user that was deleted since, or made again, appears as the
// unique id that it had.
[[nodiscard]] Value present_policy(const World& world, const StoredPolicy& policy);
[[nodiscard]] bool has_stale_principal(const World& world, const StoredPolicy& policy);

// How documents are kept in other documents: {"document": …, "ids": {…}}.
[[nodiscard]] Value pack(const StoredPolicy& policy);
[[nodiscard]] StoredPolicy unpack(const Value& packed);

}  // namespace firn::sandbox::aws
