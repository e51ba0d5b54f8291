// The words of an expression.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/diagnostic.h"
#include "core/value/value.h"

namespace firn::expression {

// The place of `length` bytes from `offset` in a scalar's text that starts at `where`. Line ends in
// the text are followed, as in a block scalar.
[[nodiscard]] SourceRange place_in(std::string_view text, const SourceRange& where,
                                   std::size_t offset, std::size_t length);

// A letter or _, then letters, digits and _.
[[nodiscard]] bool is_name(std::string_view text);

enum class TokenKind : std::uint8_t {
  end,       // the text is over
  name,      // landing, true, null
  literal,   // "text", 'text', 5, -1.5
  symbol,    // ( ) [ ] { } , : ? . ! == != < <= > >= && ||
  mistaken,  // reported already
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;  // as written
  Value literal;
  std::size_t offset = 0;
};

class Lexer {
 public:
  // `text` is the whole scalar; reading starts at `offset`.
  Lexer(std::string_view text, std::size_t offset, const SourceRange& where,
        Diagnostics& diagnostics)
      : text_(text), at_(offset), where_(where), diagnostics_(diagnostics) {}

  [[nodiscard]] Token next();
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  Token name();
  Token number();
  Token quoted();
  Token symbol();
  Token mistake(std::size_t offset, std::size_t length, std::string summary, std::string detail,
                std::string remedy);
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  std::string_view text_;
  std::size_t at_;
  const SourceRange& where_;
  Diagnostics& diagnostics_;
};

}  // namespace firn::expression
