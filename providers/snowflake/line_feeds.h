// Line ends of texts that authors wrote on any system.
#pragma once

#include <string>
#include <string_view>

namespace firn::snowflake {

// Lines end in a line feed alone, however many carriage returns an editor, or several of them, put
// before it.
[[nodiscard]] inline std::string with_line_feeds(std::string_view written) {
  std::string text;
  text.reserve(written.size());
  for (const char c : written) {
    while (c == '\n' && text.ends_with('\r'))
      text.pop_back();
    text += c;
  }
  return text;
}

}  // namespace firn::snowflake
