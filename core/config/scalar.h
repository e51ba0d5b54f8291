// How YAML 1.2's core schema reads a plain scalar.
#pragma once

#include <string_view>

#include "core/value/value.h"

namespace firn::config {

// `true`, `12`, `0x1F`, `0o17`, `1.5e3` and null are typed; everything else is a string, also what
// YAML 1.1 read as a boolean (`yes`, `on`, `off`, `n`). Strings, too, where a number would lose
// something: `0123` (an account number), more than 64 bits, `.inf` and `.nan`.
[[nodiscard]] Value plain_scalar_value(std::string_view text);

}  // namespace firn::config
