// SQL text, made of typed pieces so that no statement is ever built by pasting text.
//
// Rules of the language: Snowflake documentation, "Identifier requirements" and "String & binary
// data types" (string constants).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace firn::snowflake {

// The name under which Snowflake stores one identifier that a person wrote: `orders` is ORDERS,
// `"orders"` is orders, text that could not stand without quotes (`my table`) is taken as it is.
[[nodiscard]] std::string stored_identifier(std::string_view written);
// Always quoted: `"ORDERS"`.
[[nodiscard]] std::string quoted_identifier(std::string_view stored);
// Quoted only where the language needs it: `ORDERS`, `"orders"`, `"ORDER"` (a reserved word).
[[nodiscard]] std::string shortest_identifier(std::string_view stored);
// A string constant: quotes doubled, backslashes doubled.
[[nodiscard]] std::string string_literal(std::string_view text);
// A pattern for LIKE that matches `text` only (but in any case): `\`, `_` and `%` are escaped.
[[nodiscard]] std::string like_pattern(std::string_view text);

constexpr std::size_t identifier_length_max = 255;

// A dotted name, as stored: {"FDL_DEV_DATABASE", "LOADING", "T"}.
struct ObjectName {
  std::vector<std::string> parts;

  [[nodiscard]] std::string quoted() const;    // "A"."b.c"."D"
  [[nodiscard]] std::string shortest() const;  // A."b.c".D
  [[nodiscard]] const std::string& last() const { return parts.back(); }
  [[nodiscard]] ObjectName child(std::string_view stored) const;
  [[nodiscard]] ObjectName parent() const;  // all but the last part
  bool operator==(const ObjectName&) const = default;
};

// Reads `A."b.c".D`. Fails on empty parts, unclosed quotes, text after a closing quote, a part
// beyond 255 characters, or another number of parts than `parts` (0: any).
[[nodiscard]] Result<ObjectName> parse_object_name(std::string_view text, std::size_t parts = 0);

// Words of the language, fixed when firn is compiled: nothing that came from outside can be one.
class Keyword {
 public:
  consteval Keyword(const char* text) : text_(text) {}
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// SQL that an author wrote, checked to be one closed piece: quotes, comments and brackets end
// inside it and it holds no `;`, so it cannot reach beyond its place in a statement.
class AuthorSql {
 public:
  // A whole query at the end of a statement; a trailing `;` is dropped.
  static Result<AuthorSql> query(std::string_view text);
  // What a task or an alert does, at the end of a statement: one statement, or a block of Snowflake
  // Scripting (BEGIN … END, DECLARE … END), which holds several.
  static Result<AuthorSql> script(std::string_view text);
  // Expressions inside a statement, separated by commas; no `--` or `//` comments.
  static Result<AuthorSql> expressions(std::string_view text);
  // The same, exactly one.
  static Result<AuthorSql> expression(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  explicit AuthorSql(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Splits at commas that stand outside quotes, brackets and comments; trims the parts.
[[nodiscard]] std::vector<std::string> split_at_commas(std::string_view sql);
// What follows the first AS that stands outside quotes, brackets and comments: the query of a
// CREATE VIEW statement. Empty when there is none.
[[nodiscard]] std::string_view text_after_as(std::string_view sql);
// To compare texts that Snowflake gives back as typed: trimmed, \r\n as \n, no trailing `;`.
[[nodiscard]] std::string normalized_sql(std::string_view text);

// One statement. Pieces are separated by a space, except where the language wants none.
class Statement {
 public:
  // `operation` names it in messages and logs ("CREATE PIPE") and is its beginning, too.
  explicit Statement(Keyword operation);
  // SELECT SYSTEM$NAME('a'), which asks for one value, and several of these as one statement.
  static Statement question(Keyword function, std::span<const std::string> arguments);
  static Statement questions(std::span<const Statement> all);

  Statement& word(Keyword keyword);
  // A word out of a table of allowed values (a size, a privilege). Anything but letters, digits,
  // `_` and spaces makes it a string literal, so that it stays one value.
  Statement& value_word(std::string_view text);
  Statement& name(const ObjectName& name);
  Statement& identifier(std::string_view stored);
  Statement& literal(std::string_view text);
  // $$text$$, in which nothing is escaped; as a literal when the text itself holds such quotes.
  Statement& dollar_literal(std::string_view text);
  Statement& integer(std::int64_t number);
  Statement& boolean(bool value);
  Statement& sql(const AuthorSql& text);
  Statement& literals(std::span<const std::string> texts);      // ('a', 'b')
  Statement& identifiers(std::span<const std::string> stored);  // ("A", "B")
  // A stage location: @"D"."S"."ST"/path, as a literal when the path has unusual characters.
  Statement& location(const ObjectName& stage, std::string_view path);
  // SYSTEM$NAME('a', 'b')
  Statement& call(Keyword function, std::span<const std::string> arguments);
  Statement& open();   // (
  Statement& close();  // )
  Statement& comma();
  Statement& append(const Statement& other);

  // `NAME = value`
  Statement& set(Keyword property, std::int64_t value);
  Statement& set_bool(Keyword property, bool value);
  Statement& set_text(Keyword property, std::string_view value);
  Statement& set_texts(Keyword property, std::span<const std::string> values);
  Statement& set_word(Keyword property, std::string_view value);
  Statement& set_identifier(Keyword property, std::string_view stored);
  Statement& set_name(Keyword property, const ObjectName& name);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string_view operation() const { return operation_; }
  [[nodiscard]] bool is_question() const { return is_question_; }
  bool operator==(const Statement& other) const { return text_ == other.text_; }

 private:
  Statement& piece(std::string_view text);
  std::string_view operation_;
  std::string text_;
  bool glue_ = false;  // the next piece follows without a space
  bool is_question_ = false;
};

}  // namespace firn::snowflake
