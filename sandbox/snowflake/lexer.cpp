#include "sandbox/snowflake/lexer.h"

#include <array>
#include <cctype>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_word_part(char c) {
  return is_word_start(c) || is_digit(c) || c == '$';
}

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    while (true) {
      skip_blanks();
      Token token = next();
      const bool last = token.kind == Token::Kind::end;
      tokens.push_back(std::move(token));
      if (last) return tokens;
    }
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }

  void skip_blanks() {
    while (at_ < sql_.size()) {
      if (std::isspace(static_cast<unsigned char>(peek())) != 0) {
        ++at_;
      } else if ((peek() == '-' && peek(1) == '-') || (peek() == '/' && peek(1) == '/')) {
        while (at_ < sql_.size() && peek() != '\n')
          ++at_;
      } else if (peek() == '/' && peek(1) == '*') {
        const auto close = sql_.find("*/", at_ + 2);
        if (close == std::string_view::npos) refuse_syntax(sql_, at_, "<EOF>");
        at_ = close + 2;
      } else {
        return;
      }
    }
  }

  Token next() {
    Token token;
    token.begin = at_;
    if (at_ >= sql_.size()) {
      token.end = at_;
      return token;
    }
    const char c = peek();
    if (is_word_start(c)) {
      while (is_word_part(peek()))
        ++at_;
      token.kind = Token::Kind::word;
      token.text = to_upper(sql_.substr(token.begin, at_ - token.begin));
    } else if (c == '"') {
      quoted(token);
    } else if (c == '\'') {
      text(token);
    } else if (c == '$' && peek(1) == '$') {
      dollars(token);
    } else if (c == '$' && is_digit(peek(1))) {
      ++at_;
      while (is_digit(peek()))
        token.text += sql_[at_++];
      token.kind = Token::Kind::position;
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number(token);
    } else {
      symbol(token);
    }
    token.end = at_;
    return token;
  }

  void quoted(Token& token) {
    token.kind = Token::Kind::quoted;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (peek() != '"') {
        token.text += peek();
      } else if (peek(1) == '"') {
        token.text += '"';
        ++at_;
      } else {
        ++at_;
        if (token.text.empty()) refuse_syntax(sql_, token.begin, "\"\"");
        return;
      }
    }
    refuse_syntax(sql_, token.begin, "<EOF>");
  }

  void text(Token& token) {
    token.kind = Token::Kind::string;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (peek() == '\\') {
        escape(token.text);
      } else if (peek() != '\'') {
        token.text += peek();
      } else if (peek(1) == '\'') {
        token.text += '\'';
        ++at_;
      } else {
        ++at_;
        return;
      }
    }
    refuse_syntax(sql_, token.begin, "<EOF>");
  }

  // At a backslash; leaves the position on the last character of the escape.
  void escape(std::string& out) {
    ++at_;
    switch (peek()) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case '0':
        out += '\0';
        break;
      case 'x':
        hex_escape(out, 2);
        break;
      case 'u':
        hex_escape(out, 4);
        break;
      default:
        out += peek();
    }
  }

  void hex_escape(std::string& out, std::size_t digits) {
    unsigned value = 0;
    for (std::size_t i = 1; i <= digits; ++i) {
      const char c = peek(i);
      if (std::isxdigit(static_cast<unsigned char>(c)) == 0) refuse_syntax(sql_, at_, "\\");
      value = value * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    at_ += digits;
    if (value < 0x80) {
      out += static_cast<char>(value);
    } else if (value < 0x800) {
      out += static_cast<char>(0xC0 | (value >> 6));
      out += static_cast<char>(0x80 | (value & 0x3F));
    } else {
      out += static_cast<char>(0xE0 | (value >> 12));
      out += static_cast<char>(0x80 | ((value >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (value & 0x3F));
    }
  }

  void dollars(Token& token) {
    token.kind = Token::Kind::string;
    token.dollar_quoted = true;
    const auto close = sql_.find("$$", at_ + 2);
    if (close == std::string_view::npos) refuse_syntax(sql_, token.begin, "<EOF>");
    token.text = std::string(sql_.substr(at_ + 2, close - at_ - 2));
    at_ = close + 2;
  }

  void number(Token& token) {
    token.kind = Token::Kind::number;
    while (is_digit(peek()))
      ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      ++at_;
      while (is_digit(peek()))
        ++at_;
    }
    if ((peek() == 'e' || peek() == 'E') &&
        (is_digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && is_digit(peek(2))))) {
      at_ += 2;
      while (is_digit(peek()))
        ++at_;
    }
    token.text = std::string(sql_.substr(token.begin, at_ - token.begin));
  }

  void symbol(Token& token) {
    static constexpr std::array<std::string_view, 8> pairs = {
        "::", "=>", "<>", "<=", ">=", "!=", "||", "->"};
    token.kind = Token::Kind::symbol;
    for (const auto pair : pairs) {
      if (sql_.substr(at_, 2) == pair) {
        token.text = std::string(pair);
        at_ += 2;
        return;
      }
    }
    if (std::string_view("(),.;=<>+-*/%@:[]{}?&|^~").find(peek()) == std::string_view::npos) {
      refuse_syntax(sql_, at_, sql_.substr(at_, 1));
    }
    token.text = std::string(1, sql_[at_++]);
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Token> tokenize(std::string_view sql) {
  return Lexer(sql).run();
}

void refuse_syntax(std::string_view sql, std::size_t offset, std::string_view found) {
  std::size_t line = 1;
  std::size_t start = 0;
  for (std::size_t i = 0; i < offset && i < sql.size(); ++i) {
    if (sql[i] == '\n') {
      ++line;
      start = i + 1;
    }
  }
  refuse("001003", "42000",
         fmt::format("syntax error line {} at position {} unexpected '{}'.", line, offset - start,
                     found));
}

}  // namespace firn::sandbox::snowflake
