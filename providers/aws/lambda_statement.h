// One statement of a function's policy: from what an author says, and back from what Lambda shows.
//
// Source: AWS Lambda API Reference, AddPermission, GetPolicy; Developer Guide, "Viewing
// resource-based IAM policies in Lambda".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

// The members of AddPermission but StatementId. A source that is named without its account (a
// bucket, whose ARN holds none) is taken to be the placement's own: whoever makes a bucket of that
// name later must not inherit the right.
[[nodiscard]] Map permission_wire(const Placement& placement, const Value& inputs);

// What every statement id of this resource begins with: it carries whose the statement is. The rest
// follows from its content, so that a changed permission can stand beside the one that it replaces.
[[nodiscard]] std::string statement_id_stem(const Placement& placement, std::string_view address);
[[nodiscard]] std::string statement_id(const Placement& placement, std::string_view address,
                                       const Value& inputs);
[[nodiscard]] bool is_of_stem(std::string_view id, std::string_view stem);
// Whether the id is one that statement_id() gives, to whichever resource of whichever stack.
[[nodiscard]] bool is_made_by_firn(std::string_view id);

struct PolicyStatement {
  std::string id;
  Map wire;              // as permission_wire() would have made it
  bool is_whole = true;  // false: the statement has conditions that are not in `wire`
};
// The statements of a policy document as GetPolicy answers it, a JSON text. Statements that
// AddPermission cannot have made have an empty id.
[[nodiscard]] std::vector<PolicyStatement> statements_of_policy(std::string_view policy);

}  // namespace firn::aws
