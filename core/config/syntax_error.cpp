#include "core/config/syntax_error.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "core/base/text.h"

namespace firn::config {
namespace {

struct Explanation {
  std::string_view message;  // how yaml-cpp's text starts
  std::string_view summary;
  std::string_view detail;
  std::string_view remedy;
};

constexpr std::string_view align =
    "line the entries up, two spaces deeper than what they belong to";

constexpr std::array explanations = {
    Explanation{"illegal tab", "a tab in the indentation", "YAML is indented with spaces only.",
                "replace the tab by spaces"},
    Explanation{"illegal EOF in scalar", "a quote is not closed",
                "The file ends inside a quoted text.", "add the closing quote"},
    Explanation{"illegal document indicator", "a quote is not closed",
                "A line `---` or `...` comes before the closing quote.", "add the closing quote"},
    Explanation{"unknown escape character", "unknown escape in a double-quoted text",
                R"(After a backslash only 0 a b t n v f r e " / \ N _ L P x u U may follow.)",
                R"(write \\ for a backslash, or use single quotes, which know no escapes)"},
    Explanation{"bad character found while scanning hex", "bad escape in a double-quoted text",
                R"(\x takes two, \u four and \U eight hexadecimal digits.)",
                R"(write \\ for a backslash, or use single quotes, which know no escapes)"},
    Explanation{"invalid unicode", "bad escape in a double-quoted text",
                "The escape stands for no Unicode character.", "use another character"},
    Explanation{"end of map not found", "bad indentation or missing colon",
                "An entry of a map was expected here: `key: value`, as far right as its siblings.",
                align},
    Explanation{"end of sequence not found", "bad indentation or missing dash",
                "An item of a list was expected here: `- item`, as far right as its siblings.",
                align},
    Explanation{"end of map flow not found", "a brace is not closed",
                "A comma or the closing brace was expected here.",
                "add the missing `,` or `}`; put quotes around texts that hold , : [ ] { or }"},
    Explanation{"end of sequence flow not found", "a bracket is not closed",
                "A comma or the closing bracket was expected here.",
                "add the missing `,` or `]`; put quotes around texts that hold , : [ ] { or }"},
    Explanation{"illegal flow end", "a closing bracket without its opening one",
                "Nothing that it could close is open here.",
                "delete it, or put quotes around the text"},
    Explanation{"illegal map value", "a colon where none may stand",
                "A text on one line can hold only one `key: value`.",
                "put quotes around the value, or start a new line for the inner entry"},
    Explanation{"illegal map key", "a key where none may stand",
                "The line belongs to a value that has begun already.", align},
    Explanation{"illegal block entry", "a list item where none may stand",
                "A dash starts a list item only at the start of a line and outside brackets.",
                "start a new line for the item, or put quotes around the text"},
    Explanation{"unknown token", "a text may not start with this character",
                "YAML keeps % @ and ` for itself, and | and > outside brackets for block texts.",
                "put quotes around the text"},
    Explanation{"unexpected character in block scalar", "text behind a block indicator",
                "Behind | or > only a digit, + or - may stand; the text starts on the next line.",
                "move the text to the next line, or put quotes around it"},
    Explanation{"cannot set zero indentation", "a block text cannot be indented by 0", "",
                "write a digit from 1 to 9, or none"},
    Explanation{"the referenced anchor is not defined", "an alias without its anchor",
                "*name repeats the value that &name marked earlier in the same file.",
                "mark the value with &name above; put quotes around a text that starts with *"},
    Explanation{"alias not found after *", "a text may not start with *",
                "* starts an alias, and no name follows.", "put quotes around the text"},
    Explanation{"anchor not found after &", "a text may not start with &",
                "& starts an anchor, and no name follows.", "put quotes around the text"},
    Explanation{"illegal character found while scanning a", "bad name of an anchor or alias", "",
                "use letters, digits, - and _; put quotes around a text that starts with & or *"},
    Explanation{"cannot assign multiple", "two anchors or two tags on one value", "",
                "keep one of them"},
    Explanation{"aliases can't have any content", "an alias with a value of its own", "",
                "keep either the alias or the value"},
    Explanation{"tag handle with no suffix", "bad tag", "", "delete the tag"},
    Explanation{"end of verbatim tag", "bad tag", "", "delete the tag"},
    Explanation{"illegal character found while scanning tag", "bad tag", "",
                "delete the tag; put quotes around a text that starts with !"},
    Explanation{"bad YAML version", "bad YAML version", "", "delete the line, or write %YAML 1.2"},
    Explanation{"YAML major version", "bad YAML version", "firn reads YAML 1.2.",
                "delete the line, or write %YAML 1.2"},
    Explanation{"YAML directives must", "bad YAML directive", "", "delete the line"},
    Explanation{"repeated", "repeated directive", "", "delete one of the two lines"},
    Explanation{"TAG directives must", "bad TAG directive", "", "delete the line"},
    Explanation{"bad file", "nested deeper than 64 levels",
                "Lists and maps are nested too deeply here.", "write less deeply nested values"},
};

// Line `number` (from 1) without its end.
std::string_view line_of(std::string_view source, std::uint32_t number) {
  std::size_t start = 0;
  for (std::uint32_t line = 1; line < number; ++line) {
    const std::size_t end = source.find('\n', start);
    if (end == std::string_view::npos) return {};
    start = end + 1;
  }
  std::string_view line = source.substr(start, source.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::uint32_t as_column(std::size_t index) {
  return static_cast<std::uint32_t>(index) + 1;
}

// The column of a tab in the line's indentation, 0 when there is none.
std::uint32_t tab_in_indentation(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  const std::size_t tab = line.substr(0, std::min(first, line.size())).find('\t');
  return tab == std::string_view::npos ? 0 : as_column(tab);
}

// The column of the colon in `key:value`, 0 when the line does not look like that.
std::uint32_t colon_without_space(std::string_view line) {
  std::size_t at = line.find_first_not_of(" -");
  if (at == std::string_view::npos) return 0;
  const std::size_t start = at;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  while (at < line.size() && is_word(line[at]))
    ++at;
  if (at == start || at + 1 >= line.size() || line[at] != ':') return 0;
  const char next = line[at + 1];
  return next == ' ' || next == '\t' || next == '/' || next == ':' ? 0 : as_column(at);
}

}  // namespace

Diagnostic explain_syntax_error(const SyntaxError& error, std::string_view source,
                                const ShortText& text, const std::string& file) {
  Diagnostic diagnostic;
  diagnostic.where = {file, error.line, error.column, 1};
  const auto at = [&](std::uint32_t line, std::uint32_t column, std::uint32_t length,
                      std::string summary, std::string detail, std::string remedy) {
    diagnostic.where = {file, line, column, length};
    diagnostic.summary = std::move(summary);
    diagnostic.detail = std::move(detail);
    diagnostic.remedy = std::move(remedy);
    return diagnostic;
  };

  // A quote that swallowed lines explains everything behind it, so it is looked for first.
  for (const LongQuote& quote : text.long_quotes) {
    if (quote.end_line == 0)
      return at(quote.start.line, quote.start.column, 1, "a quote is not closed",
                "The text that starts here runs to the end of the file.",
                "add the closing quote; a backslash before it would make it part of the text");
    if (quote.end_line == error.line || quote.end_line + 1 == error.line)
      return at(
          quote.start.line, quote.start.column, 1, "a quote is not closed",
          fmt::format("The text that starts here ends only at a quote on line {}.", quote.end_line),
          "add the closing quote on this line");
  }
  for (std::uint32_t line = error.line; line + 1 >= error.line && line > 0; --line) {
    if (const std::uint32_t column = tab_in_indentation(line_of(source, line)); column != 0)
      return at(line, column, 1, "a tab in the indentation", "YAML is indented with spaces only.",
                "replace the tab by spaces");
  }
  for (const TextPlace& place : text.unclosed_expressions) {
    if (place.line == error.line || place.line + 1 == error.line)
      return at(place.line, place.column, 2, "`${` is not closed",
                "Its `}` must stand on the same line.", "add the closing brace");
  }
  const bool is_structural = error.message.starts_with("end of") ||
                             error.message.starts_with("illegal map") ||
                             error.message.starts_with("illegal flow");
  for (std::uint32_t line = error.line; is_structural && line + 1 >= error.line && line > 0;
       --line) {
    if (const std::uint32_t column = colon_without_space(line_of(source, line)); column != 0)
      return at(line, column, 1, "no space after a colon",
                "Without it, key and value are one single text to YAML.",
                "write a space after the colon");
  }
  for (const Explanation& known : explanations) {
    if (!error.message.starts_with(known.message)) continue;
    std::string detail(known.detail);
    const bool is_open = known.message.find("flow not found") != std::string_view::npos;
    if (is_open && error.open_bracket) {
      const SourceRange& open = *error.open_bracket;
      detail += fmt::format(" It was opened on line {}, column {}.", open.line, open.column);
    }
    return at(error.line, error.column, 1, std::string(known.summary), std::move(detail),
              std::string(known.remedy));
  }
  return at(error.line, error.column, 1, "not valid YAML", error.message,
            "check the indentation, quotes and brackets of this line and the one above");
}

}  // namespace firn::config
