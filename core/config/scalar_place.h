// Where the text of a scalar stands, from where yaml-cpp says that the scalar begins.
#pragma once

#include <cstddef>
#include <string_view>

namespace firn::config {

// Lines and columns count from 0, as yaml-cpp counts them; columns and `offset` in bytes.
struct ScalarPlace {
  std::size_t offset = 0;
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t width = 1;  // bytes of the text on its first line, at least 1
};

// Steps over an anchor, a tag, an opening quote or the line of a block indicator. `value` is the
// scalar's text as YAML reads it.
[[nodiscard]] ScalarPlace find_scalar_text(std::string_view source, ScalarPlace start,
                                           std::string_view value, bool is_plain);

}  // namespace firn::config
