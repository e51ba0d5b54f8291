// What would have to be added so that a request is allowed.
#pragma once

#include <optional>
#include <vector>

#include "providers/aws/iam/evaluator.h"

namespace firn::aws::iam {

struct Addition {
  Side side = Side::identity;
  Value statement;  // a map, as it would stand in the document
};

struct Missing {
  // Nothing else is needed, and nothing of it can be left out. Empty when the request is allowed,
  // or when no addition helps (`possible` is false).
  std::vector<Addition> additions;
  // A statement denies the request, or a session without a session policy would need one.
  bool possible = true;
  std::optional<StatementPlace> denied_by;  // that statement
};

// Whether an ARN or a pattern of ARNs is meant.
enum class Reach : std::uint8_t { one, pattern };

// The least that is needed: this action, this resource, this principal. What a service brings along
// (aws:SourceArn, aws:SourceAccount) and the external id become conditions, so that nobody else
// gets in by the same statement ("The confused deputy problem", IAM User Guide). The answer is
// checked: with the additions the request is allowed.
[[nodiscard]] Missing missing_statements(const Request& request, const Policies& policies,
                                         Reach reach = Reach::one);

}  // namespace firn::aws::iam
