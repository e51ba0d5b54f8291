// The text of a YAML file before YAML sees it: checked bytes, masked expressions, annotations.
//
// YAML does not allow braces, commas, `: ` or ` #` inside a plain scalar of a flow collection, so
// `{ snowflake: ${lake} }` is no YAML. Before parsing, the characters of `${…}` that mean something
// to YAML are replaced, byte for byte, by control bytes that no YAML file may contain; texts get
// them back afterwards. Nothing moves, so lines and columns stay right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/config/document.h"

namespace firn::config {

// A place in the text; lines and columns count from 1, 0 means none.
struct TextPlace {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// A quoted scalar that ends on a later line than it starts: the usual trace of a forgotten quote.
struct LongQuote {
  TextPlace start;
  std::uint32_t end_line = 0;  // 0: never closed
};

struct MaskedText {
  std::string text;  // as long as the source; empty when nothing had to be masked
  std::vector<Annotation> annotations;
  std::vector<LongQuote> long_quotes;
  std::vector<TextPlace> unclosed_expressions;  // `${` without its `}` on the same line
};

// Finds what no YAML file may contain: bytes that are not UTF-8, control characters. False after an
// error.
[[nodiscard]] bool check_bytes(std::string_view source, const std::string& file,
                               Diagnostics& diagnostics);

// Quoted scalars, block scalars and comments keep their text. `source` has passed check_bytes().
[[nodiscard]] MaskedText mask_expressions(std::string_view source);

// Puts the masked characters back, in place.
void unmask(char* begin, char* end);

}  // namespace firn::config
