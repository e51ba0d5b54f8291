// The Condition block of a statement.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Conditions with
// multiple context keys or values".
#pragma once

#include <string>
#include <string_view>

#include "core/value/value.h"
#include "sandbox/aws/policy/match.h"

namespace firn::sandbox::aws {

struct ConditionResult {
  enum class Outcome { met, not_met, cannot_tell };
  Outcome outcome = Outcome::met;
  std::string problem;  // of cannot_tell: which operator the sandbox does not evaluate
};

[[nodiscard]] ConditionResult evaluate_conditions(const Value& block, const Context& context,
                                                  bool variables);

// Is this an operator that AWS knows ("StringEquals", "ForAllValues:ArnLikeIfExists")?
[[nodiscard]] bool is_condition_operator(std::string_view name);

}  // namespace firn::sandbox::aws
