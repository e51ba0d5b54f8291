// Finds the expressions in a text. Shared by the parser and by what only needs to know whether
// there is one.
#pragma once

#include <cstddef>
#include <string_view>

namespace firn::expression {

// The position of the next `${` at or after `from`, or npos. `$${` is a literal `${` and skipped.
[[nodiscard]] inline std::size_t find_expression(std::string_view text, std::size_t from = 0) {
  for (std::size_t at = text.find('$', from); at != std::string_view::npos;
       at = text.find('$', at)) {
    if (text.substr(at, 3) == "$${") {
      at += 3;
    } else if (text.substr(at, 2) == "${") {
      return at;
    } else {
      ++at;
    }
  }
  return std::string_view::npos;
}

// The position just behind the `}` that closes the `${` at `open`, or npos when it is not closed.
// Knows nested braces and quoted strings.
[[nodiscard]] inline std::size_t find_expression_end(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t at = open + 2; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '{') {
      ++depth;
    } else if (c == '}') {
      if (depth == 0) return at + 1;
      --depth;
    } else if (c == '"' || c == '\'') {
      for (++at; at < text.size() && text[at] != c; ++at) {
        if (text[at] == '\\') ++at;
      }
    }
  }
  return std::string_view::npos;
}

}  // namespace firn::expression
