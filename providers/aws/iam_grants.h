// Grants: what an author says a role may do ("read these prefixes of that bucket"), and the policy
// statements that say the same to IAM. Shared by aws.iam_role and aws.iam_policy.
//
// A grants object G has members from the table in iam_grants_table.h; several may be given, and
// together they make one policy document. The normal form of G is {statements: […]}: the normalised
// statements of that document and nothing else, because this is what IAM can show again.
#pragma once

#include <string>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

// The statements that `grants` stands for, in the table's order, the author's own ones last.
// Unknown ARNs stay unknown inside them. Not yet normalised.
[[nodiscard]] List grant_statements(const Value& grants);

// {statements: […]}. Idempotent. A value that is not a map (an unknown) is answered as it is.
[[nodiscard]] Value normalize_grants(const Value& grants);

// The policy document of `grants`, normalised, ready for to_json().
[[nodiscard]] Value grants_document(const Value& grants);

// What is wrong with `grants`, which stand at `path` ("policies.read", or "" at top level).
void validate_grants(const Value& grants, const std::string& path, std::vector<Problem>& problems);

}  // namespace firn::aws
