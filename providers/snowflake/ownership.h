// firn's mark in the COMMENT of an object: ` [firn:<stack>/<environment>/<address>]` at its end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace firn::snowflake {

struct Mark {
  std::string stack;
  std::string environment;
  std::string address;
  bool operator==(const Mark&) const = default;
};

struct MarkedComment {
  std::string text;  // what the author wrote
  std::optional<Mark> mark;
};

// The comment to store: the author's text, a space (when there is text), the mark.
[[nodiscard]] std::string with_mark(std::string_view text, const Mark& mark);
// Takes a stored comment apart. A mark that is not complete is part of the text.
[[nodiscard]] MarkedComment read_mark(std::string_view comment);

}  // namespace firn::snowflake
