// Patterns that say which events pass: filter policies of subscriptions, filters of triggers.
//
// Source: Amazon SNS Developer Guide, "Amazon SNS subscription filter policies"; AWS Lambda
// Developer Guide, "Control which events Lambda sends to your function".
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"

namespace firn::sandbox::aws {

// What is wrong with a pattern, as SNS says it ("\"key\" must be an object or an array"); nothing
// when it is sound. `may_nest`: members may be patterns themselves.
[[nodiscard]] std::optional<std::string> pattern_problem(const Value& pattern, bool may_nest);

// Does the event have all that the pattern asks for? Of a list in the event one item is enough.
[[nodiscard]] bool fits_pattern(const Value& pattern, const Value& event);

}  // namespace firn::sandbox::aws
