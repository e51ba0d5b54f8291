// Event patterns: which events a rule wants.
//
// Source: Amazon EventBridge User Guide, "Event patterns" and "Content filtering".
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"

namespace firn::sandbox::aws::events {

// What is wrong with a pattern, in EventBridge's words; nothing when it is sound. `unknown` is set
// when it holds a filter that exists but that the sandbox does not know.
[[nodiscard]] std::optional<std::string> pattern_problem(const Value& pattern,
                                                         std::string& unknown);

[[nodiscard]] bool fits(const Value& pattern, const Value& event);

}  // namespace firn::sandbox::aws::events
