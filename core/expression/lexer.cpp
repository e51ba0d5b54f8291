#include "core/expression/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/core.h>
#include <system_error>

namespace firn::expression {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) {
  return starts_name(c) || is_digit(c);
}

// What authors used to other languages write, and what firn's word for it is.
struct Stranger {
  std::string_view text;
  std::string_view detail;
  std::string_view remedy;
};
constexpr std::string_view no_arithmetic = "Expressions know no arithmetic.";
constexpr std::array strangers = {
    Stranger{"=", "One equals sign means nothing here.", "write == to compare"},
    Stranger{"&", "", "write && for \"and\""},
    Stranger{"|", "", "write || for \"or\""},
    Stranger{"+", no_arithmetic, "join texts by writing them side by side: ${a}${b}"},
    Stranger{"-", no_arithmetic, "make the result a parameter"},
    Stranger{"*", no_arithmetic, "make the result a parameter"},
    Stranger{"/", no_arithmetic, "make the result a parameter"},
    Stranger{"%", no_arithmetic, "make the result a parameter"},
    Stranger{"$", "An expression stands in ${…} once; inside it names are written bare.",
             "delete the $"},
    Stranger{"`", "", "write texts in double or single quotes"},
};

}  // namespace

bool is_name(std::string_view text) {
  if (text.empty() || !starts_name(text.front())) return false;
  return std::all_of(text.begin(), text.end(), continues_name);
}

SourceRange place_in(std::string_view text, const SourceRange& where, std::size_t offset,
                     std::size_t length) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  SourceRange place = where;
  place.line += static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  place.column += static_cast<std::uint32_t>(offset - line_start);
  const std::string_view rest = text.substr(offset, length);
  place.length =
      static_cast<std::uint32_t>(std::max<std::size_t>(1, std::min(rest.find('\n'), rest.size())));
  return place;
}

Token Lexer::mistake(std::size_t offset, std::size_t length, std::string summary,
                     std::string detail, std::string remedy) {
  diagnostics_.error(place_in(text_, where_, offset, length), std::move(summary), std::move(detail),
                     std::move(remedy));
  Token token;
  token.kind = TokenKind::mistaken;
  token.offset = offset;
  return token;
}

Token Lexer::next() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')
    ++at_;
  if (at_ >= text_.size()) {
    Token token;
    token.offset = at_;
    return token;
  }
  const char c = peek();
  if (starts_name(c)) return name();
  if (is_digit(c) || (c == '-' && is_digit(peek(1)))) return number();
  if (c == '"' || c == '\'') return quoted();
  return symbol();
}

Token Lexer::name() {
  Token token;
  token.kind = TokenKind::name;
  token.offset = at_;
  // A hyphen belongs to a name when it stands inside one, as in `eu-west`.
  while (continues_name(peek()) || (peek() == '-' && continues_name(peek(1))))
    ++at_;
  token.text = text_.substr(token.offset, at_ - token.offset);
  return token;
}

Token Lexer::number() {
  Token token;
  token.kind = TokenKind::literal;
  token.offset = at_;
  if (peek() == '-') ++at_;
  while (is_digit(peek()))
    ++at_;
  bool is_integer = true;
  if (peek() == '.' && is_digit(peek(1))) {
    is_integer = false;
    ++at_;
    while (is_digit(peek()))
      ++at_;
  }
  if ((peek() == 'e' || peek() == 'E') &&
      (is_digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && is_digit(peek(2))))) {
    is_integer = false;
    at_ += 2;
    while (is_digit(peek()))
      ++at_;
  }
  token.text = text_.substr(token.offset, at_ - token.offset);
  if (continues_name(peek())) {
    while (continues_name(peek()))
      ++at_;
    return mistake(token.offset, at_ - token.offset,
                   fmt::format("\"{}\" is neither a number nor a name",
                               text_.substr(token.offset, at_ - token.offset)),
                   "Names start with a letter or an underscore.", "put quotes around a text");
  }
  const char* begin = token.text.data();
  const char* end = begin + token.text.size();
  std::from_chars_result read{};
  if (is_integer) {
    std::int64_t value = 0;
    read = std::from_chars(begin, end, value);
    token.literal = Value(value);
  } else {
    double value = 0;
    read = std::from_chars(begin, end, value);
    token.literal = Value(value);
  }
  if (read.ec != std::errc{})
    return mistake(token.offset, token.text.size(), "a number out of range",
                   "Integers have 64 bits.", "put quotes around it to make it a text");
  return token;
}

Token Lexer::quoted() {
  const char quote = peek();
  Token token;
  token.kind = TokenKind::literal;
  token.offset = at_;
  std::string value;
  for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
    if (text_[at_] != '\\') {
      value += text_[at_];
      continue;
    }
    ++at_;
    switch (peek()) {
      case 'n':
        value += '\n';
        break;
      case 't':
        value += '\t';
        break;
      case 'r':
        value += '\r';
        break;
      case '\\':
      case '"':
      case '\'':
      case '/':
        value += peek();
        break;
      default:
        return mistake(at_ - 1, 2, "unknown escape in a text",
                       R"(After a backslash only n t r \ / " ' may follow.)",
                       R"(write \\ for a backslash)");
    }
  }
  if (at_ >= text_.size())
    return mistake(token.offset, text_.size() - token.offset, "a quote is not closed",
                   "The text that starts here never ends.", "add the closing quote");
  ++at_;
  token.text = text_.substr(token.offset, at_ - token.offset);
  token.literal = Value(std::move(value));
  return token;
}

Token Lexer::symbol() {
  Token token;
  token.kind = TokenKind::symbol;
  token.offset = at_;
  for (const std::string_view two : {"==", "!=", "<=", ">=", "&&", "||"}) {
    if (!text_.substr(at_).starts_with(two)) continue;
    at_ += 2;
    token.text = text_.substr(token.offset, 2);
    return token;
  }
  // `*` is the one in `[*]`, and no product.
  const bool is_every = peek() == '*' && peek(1) == ']';
  if (is_every || std::string_view("()[]{},:?.!<>").find(peek()) != std::string_view::npos) {
    ++at_;
    token.text = text_.substr(token.offset, 1);
    return token;
  }
  std::size_t length = 1;  // of one UTF-8 character
  while ((static_cast<unsigned char>(peek(length)) & 0xC0U) == 0x80U)
    ++length;
  const std::string_view text = text_.substr(at_, length);
  for (const Stranger& stranger : strangers) {
    if (stranger.text == text)
      return mistake(at_, length, fmt::format("unexpected {} in an expression", text),
                     std::string(stranger.detail), std::string(stranger.remedy));
  }
  return mistake(at_, length, fmt::format("unexpected {} in an expression", text), {},
                 "put quotes around a text; write a key as map[\"key\"]");
}

}  // namespace firn::expression
