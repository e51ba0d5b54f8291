// The text of a YAML file before YAML sees it: checked bytes, shortened words, annotations.
//
// YAML does not allow braces, commas, `: ` or ` #` inside a plain scalar of a flow collection, so
// `{ snowflake: ${lake} }` is no YAML. Before parsing, each `${…}` of a plain scalar is replaced by
// one control byte that no YAML file may contain; texts get their expressions back afterwards.
//
// The same is done with plain words. yaml-cpp looks at each character with several regular
// expressions, and a file of 100,000 resources is mostly words. A word that is a whole scalar
// stands in double quotes in the shortened text, where yaml-cpp has less to look for: it reads that
// in a quarter of the time.
#pragma once

#include <cstddef>
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

// A word or expression of the source for which a single byte stands in the shortened text.
struct Stretch {
  std::uint32_t at = 0;  // in the shortened text
  std::uint32_t source_at = 0;
  std::uint32_t length : 31 = 0;   // in the source
  std::uint32_t is_whole : 1 = 0;  // in quotes, as the only thing between them

  [[nodiscard]] std::uint32_t width() const { return is_whole != 0 ? 3 : 1; }  // in that text
};

// A control byte that no YAML file may hold; yaml-cpp takes it for a letter.
constexpr char stand_in = 0x0E;

struct ShortText {
  std::string text;                // what yaml-cpp reads
  std::vector<Stretch> stretches;  // in order
  // A scalar stands alone at the beginning of a line, as in "key:\n  text". yaml-cpp takes more of
  // these than YAML allows, and what it makes of them depends on the quotes of what follows.
  bool has_lone_scalar = false;
  std::vector<Annotation> annotations;
  std::vector<LongQuote> long_quotes;
  std::vector<TextPlace> unclosed_expressions;  // `${` without its `}` on the same line
};

// Finds what no YAML file may contain: bytes that are not UTF-8, control characters. False after an
// error.
[[nodiscard]] bool check_bytes(std::string_view source, const std::string& file,
                               Diagnostics& diagnostics);

// `words_in_quotes`: also words that are a whole scalar, as said above. `words`: without quotes.
enum class Shorten : std::uint8_t { words_in_quotes, words, expressions, nothing };

// Quoted scalars, block scalars and comments keep their text. `source` has passed check_bytes().
[[nodiscard]] ShortText shorten(std::string_view source, Shorten what);

}  // namespace firn::config
