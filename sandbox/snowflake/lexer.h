// The words of a SQL text.
// Source: Snowflake documentation, "Identifier requirements", "String & binary data types",
// "Literals and variables".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace firn::sandbox::snowflake {

struct Token {
  enum class Kind : std::uint8_t {
    word,      // unquoted identifier or keyword; `text` in upper case
    quoted,    // "identifier"; `text` as it is stored
    string,    // 'text' or $$text$$, escapes resolved
    number,    // digits with optional fraction and exponent
    position,  // $1; `text` holds the digits
    symbol,    // one of ( ) , . ; = < > etc., also :: => <> <= >= !=
    end
  };
  Kind kind = Kind::end;
  std::string text;
  std::size_t begin = 0;  // byte offsets into the SQL text
  std::size_t end = 0;
  bool dollar_quoted = false;
};

// Throws SqlError (001003) at a text or comment that does not end and at characters that start
// nothing. The last token is always `end`.
[[nodiscard]] std::vector<Token> tokenize(std::string_view sql);

// 001003 with line and position as Snowflake counts them: lines from 1, positions from 0.
[[noreturn]] void refuse_syntax(std::string_view sql, std::size_t offset, std::string_view found);

}  // namespace firn::sandbox::snowflake
