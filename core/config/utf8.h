// UTF-8 as RFC 3629 defines it.
#pragma once

#include <cstddef>
#include <string_view>

namespace firn::config {

// The length of the UTF-8 sequence at `at`, 0 when it is none: no overlong forms, no surrogates, at
// most U+10FFFF.
[[nodiscard]] std::size_t utf8_length(std::string_view text, std::size_t at);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace firn::config
