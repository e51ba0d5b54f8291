#include "core/config/scalar_place.h"

#include <algorithm>

namespace firn::config {
namespace {

std::size_t end_of_line(std::string_view source, std::size_t at) {
  return std::min(source.find('\n', at), source.size());
}

// An anchor or a tag stands before its scalar, and yaml-cpp marks that.
void skip_properties(std::string_view source, ScalarPlace& place) {
  const std::size_t start = place.offset;
  std::size_t at = start;
  while (at < source.size() && (source[at] == '&' || source[at] == '!')) {
    while (at < source.size() && source[at] > ' ')
      ++at;
    while (at < source.size() && source[at] == ' ')
      ++at;
  }
  place.column += at - start;
  place.offset = at;
}

// From the indicator | or > to the text below it. Empty lines before the text belong to it.
void enter_block(std::string_view source, std::string_view value, ScalarPlace& place) {
  const std::size_t first_line = end_of_line(source, place.offset) + 1;
  const std::size_t empty_lines = value.find_first_not_of('\n');
  if (empty_lines == std::string_view::npos || first_line >= source.size()) return;
  std::size_t text_line = first_line;
  for (std::size_t skipped = 0; skipped < empty_lines && text_line < source.size(); ++skipped)
    text_line = end_of_line(source, text_line) + 1;
  const std::size_t text_at = std::min(source.find_first_not_of(' ', text_line), source.size());
  const std::size_t spaces = text_at - std::min(text_line, text_at);
  // Spaces beyond the indentation are part of the text.
  const std::size_t own = std::min(value.find_first_not_of(' ', empty_lines), value.size());
  ++place.line;
  place.column = spaces - std::min(spaces, own - empty_lines);
  place.offset = empty_lines == 0 ? first_line + place.column : end_of_line(source, first_line);
}

}  // namespace

ScalarPlace find_scalar_text(std::string_view source, ScalarPlace start, std::string_view value,
                             bool is_plain) {
  ScalarPlace place = start;
  skip_properties(source, place);
  const char first = place.offset < source.size() ? source[place.offset] : '\n';
  if (!is_plain && (first == '|' || first == '>')) {
    enter_block(source, value, place);
  } else if (!is_plain && (first == '"' || first == '\'')) {
    ++place.offset;
    ++place.column;
  }
  std::size_t width = std::min(value.find('\n'), value.size());
  if (place.offset < source.size()) {
    std::size_t line_end = end_of_line(source, place.offset);
    if (line_end > place.offset && source[line_end - 1] == '\r') --line_end;
    width = std::min(width, line_end - place.offset);
  }
  place.width = std::max<std::size_t>(1, width);
  return place;
}

}  // namespace firn::config
