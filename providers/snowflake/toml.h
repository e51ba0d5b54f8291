// TOML files, as firn's values. The border around the toml11 library: none of it, and none of its
// exceptions, passes.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/value/value.h"

namespace firn::snowflake {

// Tables become maps, arrays lists; dates and times their text. A problem names `file` and the
// line.
[[nodiscard]] Result<Value> parse_toml(std::string_view text, const std::string& file);

}  // namespace firn::snowflake
