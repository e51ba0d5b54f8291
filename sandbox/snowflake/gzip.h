// Files that are compressed with gzip.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] bool is_gzip(std::string_view body);
// Several members behind each other are one text: RFC 1952, section 2.2.
[[nodiscard]] Result<std::string> gunzip(std::string_view body);

}  // namespace firn::sandbox::snowflake
