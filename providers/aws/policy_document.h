// Policy documents: one canonical form, so that equal policies are equal values.
//
// What AWS changes when it stores a document, and what authors may write in several ways, is listed
// in the IAM User Guide, "IAM JSON policy elements reference".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

// A whole document, as a map or as JSON text, to a map with Version and a Statement list. Null and
// empty text give null. Unknowns and secrets inside are kept where they are.
[[nodiscard]] Value normalize_policy(const Value& document);

// A list of statements (or one statement) to the canonical list: each statement normalised, sorted.
[[nodiscard]] Value normalize_statements(const Value& statements);

// {"Version": "2012-10-17", "Statement": statements}, normalised; null when there are none.
[[nodiscard]] Value policy_of(const List& statements);

// The text that is sent. `document` must hold no unknowns.
[[nodiscard]] std::string to_text(const Value& document);

// Problems of statements that an author wrote: unknown members, Effect, missing Action or Resource
// or Principal. `path` is the attribute's ("statements").
// A statement of a trust or of a repository's policy names no resource.
enum class PolicyUse : std::uint8_t { identity, resource, trust, repository };
void check_statements(const Value& statements, PolicyUse use, std::string_view path,
                      std::vector<Problem>& problems);

}  // namespace firn::aws
