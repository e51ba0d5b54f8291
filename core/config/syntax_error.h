// yaml-cpp's syntax errors in words that an author can act on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/diagnostic.h"
#include "core/config/source_text.h"

namespace firn::config {

struct SyntaxError {
  std::string message;  // one of yaml-cpp's fixed texts (yaml-cpp/exceptions.h)
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::optional<SourceRange> open_bracket;  // the innermost bracket that was not closed yet
};

// The parser stumbles where reading became impossible, which is often behind the mistake; this
// looks for the mistake itself: a tab, a missing space, a forgotten quote or bracket.
[[nodiscard]] Diagnostic explain_syntax_error(const SyntaxError& error, std::string_view source,
                                              const ShortText& text, const std::string& file);

}  // namespace firn::config
