// Values as JSON text, in two dialects.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/value/value.h"

namespace firn {

// Plain JSON: what clouds and people exchange. A clear secret is written in clear, so only call it
// on what goes to a cloud; unknowns and sealed secrets must not occur (checked: our own mistake).
// Keys are sorted, there is no white space, so equal values give equal text.
[[nodiscard]] std::string to_json(const Value& value);
// The same, indented by two spaces.
[[nodiscard]] std::string to_pretty_json(const Value& value);
// Reads plain JSON. Integers beyond 64 bits become numbers. Fails with the byte position; depth is
// limited to 256, so hostile input cannot exhaust the stack.
[[nodiscard]] Result<Value> parse_json(std::string_view text);

// The dialect of state and plan files: unknowns are {"$unknown": "lake.x"}, secrets are
// {"$secret": "hmac-sha256:…"} (a clear secret must have been sealed before), and a member name
// that starts with "$" is escaped as "$$".
[[nodiscard]] std::string to_state_json(const Value& value);
[[nodiscard]] Result<Value> parse_state_json(std::string_view text);

}  // namespace firn
