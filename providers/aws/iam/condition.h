// The conditions of a statement: one operator, one key, the values of the document.
//
// Sources, in the IAM User Guide: "IAM JSON policy elements: Condition operators", "Conditions with
// multiple context keys or values", "Single-valued vs. multivalued context keys".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "providers/aws/iam/context.h"

namespace firn::aws::iam {

// Does a part of a statement fit a request? `cannot_tell` is for what is not known before apply and
// for what AWS leaves open; a statement of which it cannot be told allows nothing, and denies.
enum class Match : std::uint8_t { no, cannot_tell, yes };

[[nodiscard]] Match both(Match a, Match b);
[[nodiscard]] Match either(Match a, Match b);
[[nodiscard]] Match negation(Match match);

// A text of a document, or what it waits for ("lake.iam_user_arn") when it is not known yet.
struct PolicyText {
  std::string text = {};
  std::string waits_for = {};

  [[nodiscard]] bool is_known() const { return waits_for.empty(); }
};

enum class Comparison : std::uint8_t {
  string_equals,
  string_equals_ignoring_case,
  string_like,
  numeric_equals,
  numeric_less,
  numeric_less_or_equal,
  numeric_greater,
  numeric_greater_or_equal,
  date_equals,
  date_less,
  date_less_or_equal,
  date_greater,
  date_greater_or_equal,
  boolean,
  binary,
  ip_address,
  arn,
  null,
};

struct ConditionOperator {
  enum class Set : std::uint8_t { none, for_any_value, for_all_values };
  Comparison comparison = Comparison::string_equals;
  bool is_negated = false;
  bool if_exists = false;
  Set set = Set::none;
};

// "ForAnyValue:StringNotLikeIfExists". Names are compared exactly. Nothing when there is no such
// operator.
[[nodiscard]] std::optional<ConditionOperator> parse_condition_operator(std::string_view name);

struct Condition {
  std::string operator_name;  // as written
  ConditionOperator op;
  std::string key;  // as written
  std::vector<PolicyText> values;
};

// Values of binary keys stand in the context as they are, not in base 64.
[[nodiscard]] Match evaluate_condition(const Condition& condition, const Context& context,
                                       bool variables);

}  // namespace firn::aws::iam
