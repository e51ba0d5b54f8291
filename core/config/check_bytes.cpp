#include <algorithm>
#include <cstring>
#include <fmt/core.h>

#include "core/config/source_text.h"
#include "core/config/utf8.h"

namespace firn::config {
namespace {

// True when the eight bytes are printable ASCII, so that nothing needs a closer look.
bool all_plain(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  constexpr std::uint64_t high = 0x8080808080808080U;
  constexpr std::uint64_t ones = 0x0101010101010101U;
  const std::uint64_t below_space = (word - ones * 0x20U) & ~word;
  const std::uint64_t delete_byte = word ^ (ones * 0x7FU);
  const std::uint64_t is_delete = (delete_byte - ones) & ~delete_byte;
  return ((word | below_space | is_delete) & high) == 0;
}

SourceRange place_of(std::string_view source, std::size_t at, const std::string& file) {
  const std::string_view before = source.substr(0, at);
  SourceRange where;
  where.file = file;
  where.line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
  const std::size_t line_start = before.rfind('\n');
  where.column =
      static_cast<std::uint32_t>(line_start == std::string_view::npos ? at + 1 : at - line_start);
  return where;
}

}  // namespace

bool check_bytes(std::string_view source, const std::string& file, Diagnostics& diagnostics) {
  if (source.starts_with("\xFF\xFE") || source.starts_with("\xFE\xFF")) {
    diagnostics.error(place_of(source, 0, file), "the file is not UTF-8",
                      "It starts with the mark of a UTF-16 file.", "save it as UTF-8");
    return false;
  }
  std::size_t at = 0;
  while (at < source.size()) {
    if (at + 8 <= source.size() && all_plain(source.data() + at)) {
      at += 8;
      continue;
    }
    const auto byte = static_cast<unsigned char>(source[at]);
    if (byte >= 0x80) {
      const std::size_t length = utf8_length(source, at);
      if (length == 0) {
        diagnostics.error(place_of(source, at, file), "the file is not UTF-8",
                          fmt::format("The byte 0x{:02X} here starts no UTF-8 character.", byte),
                          "save the file as UTF-8");
        return false;
      }
      at += length;
      continue;
    }
    const bool return_before_newline =
        byte == '\r' && at + 1 < source.size() && source[at + 1] == '\n';
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && !return_before_newline) || byte == 0x7F) {
      diagnostics.error(
          place_of(source, at, file), fmt::format("control character 0x{:02X} in the file", byte),
          byte == '\r' ? "Lines end with LF or CRLF; this CR stands alone."
                       : "A YAML file may hold no control characters but tab and line ends.",
          byte == '\r' ? "save the file with LF line ends"
                       : R"(delete it, or write it as an escape inside double quotes: "\x01")");
      return false;
    }
    ++at;
  }
  return true;
}

}  // namespace firn::config
