#include "providers/snowflake/sql.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/line_feeds.h"

namespace firn::snowflake {
namespace {

// Snowflake documentation, "Reserved & limited keywords": those that cannot be an unquoted name.
constexpr std::array reserved_words = {
    "ALL",    "ALTER",     "AND",         "ANY",       "AS",     "BETWEEN",  "BY",      "CHECK",
    "COLUMN", "CONNECT",   "CREATE",      "CURRENT",   "DELETE", "DISTINCT", "DROP",    "ELSE",
    "EXISTS", "FOLLOWING", "FOR",         "FROM",      "GRANT",  "GROUP",    "HAVING",  "ILIKE",
    "IN",     "INCREMENT", "INSERT",      "INTERSECT", "INTO",   "IS",       "LIKE",    "MINUS",
    "NOT",    "NULL",      "OF",          "ON",        "OR",     "ORDER",    "QUALIFY", "REGEXP",
    "REVOKE", "RLIKE",     "ROW",         "ROWS",      "SAMPLE", "SELECT",   "SET",     "SOME",
    "START",  "TABLE",     "TABLESAMPLE", "THEN",      "TO",     "TRIGGER",  "UNION",   "UNIQUE",
    "UPDATE", "VALUES",    "WHENEVER",    "WHERE",     "WITH"};

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
bool is_word_character(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '$';
}

bool is_plain_identifier(std::string_view text) {
  if (text.empty() || (!is_letter(text[0]) && text[0] != '_')) return false;
  return std::all_of(text.begin(), text.end(), is_word_character);
}

// Names are limited in characters, not bytes.
std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string unquote(std::string_view inner) {
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    out += inner[i];
    if (inner[i] == '"' && i + 1 < inner.size() && inner[i + 1] == '"') ++i;
  }
  return out;
}

enum class Lexeme : std::uint8_t { text, quoted, line_comment, block_comment };

// One step over SQL text: the end of the lexeme that begins at `at`, and whether it was closed.
struct Span {
  Lexeme kind = Lexeme::text;
  std::size_t end = 0;
  bool closed = true;
};

Span next_lexeme(std::string_view sql, std::size_t at) {
  const auto starts = [&](std::string_view token) { return sql.substr(at, token.size()) == token; };
  const auto until = [&](std::string_view token, std::size_t from, Lexeme kind) {
    const auto found = sql.find(token, from);
    if (found == std::string_view::npos) return Span{kind, sql.size(), false};
    return Span{kind, found + token.size(), true};
  };
  if (starts("--") || starts("//")) {
    const auto end = sql.find('\n', at);
    return {Lexeme::line_comment, end == std::string_view::npos ? sql.size() : end, true};
  }
  if (starts("/*")) return until("*/", at + 2, Lexeme::block_comment);
  if (starts("$$")) return until("$$", at + 2, Lexeme::quoted);
  const char quote = sql[at];
  if (quote != '\'' && quote != '"') return {Lexeme::text, at + 1, true};
  for (std::size_t i = at + 1; i < sql.size(); ++i) {
    if (quote == '\'' && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 < sql.size() && sql[i + 1] == quote) {
        ++i;
      } else {
        return {Lexeme::quoted, i + 1, true};
      }
    }
  }
  return {Lexeme::quoted, sql.size(), false};
}

struct Shape {
  std::string problem;  // empty: one closed piece
  bool has_line_comment = false;
  bool has_comma = false;  // outside brackets
};

Shape shape_of(std::string_view sql, bool may_hold_several = false) {
  Shape shape;
  std::string open;
  for (std::size_t at = 0; at < sql.size();) {
    const Span span = next_lexeme(sql, at);
    if (!span.closed) {
      shape.problem = span.kind == Lexeme::block_comment ? "a comment is not closed"
                                                         : "a quotation is not closed";
      return shape;
    }
    shape.has_line_comment = shape.has_line_comment || span.kind == Lexeme::line_comment;
    if (span.kind == Lexeme::text) {
      const char c = sql[at];
      if (c == ';' && !may_hold_several) {
        shape.problem = "it holds a ';', and only one statement may be sent";
        return shape;
      }
      if (c == '(' || c == '[' || c == '{') open += c;
      if (c == ')' || c == ']' || c == '}') {
        const char wanted = c == ')' ? '(' : c == ']' ? '[' : '{';
        if (open.empty() || open.back() != wanted) {
          shape.problem = "a bracket is closed that was not opened";
          return shape;
        }
        open.pop_back();
      }
      if (c == ',' && open.empty()) shape.has_comma = true;
    }
    at = span.end;
  }
  if (!open.empty()) shape.problem = "a bracket is not closed";
  return shape;
}

// The word at the beginning, behind comments; in upper case.
std::string first_word(std::string_view sql) {
  for (std::size_t at = 0; at < sql.size();) {
    const Span span = next_lexeme(sql, at);
    const bool is_comment = span.kind == Lexeme::line_comment || span.kind == Lexeme::block_comment;
    if (is_comment || is_space(sql[at])) {
      at = span.end;
      continue;
    }
    std::size_t end = at;
    while (end < sql.size() && is_word_character(sql[end]))
      ++end;
    return to_upper(sql.substr(at, end - at));
  }
  return {};
}

// The word that stands last outside comments, if a word stands there; in upper case.
std::string last_word(std::string_view sql) {
  std::string word;
  bool ended = true;
  for (std::size_t at = 0; at < sql.size();) {
    const Span span = next_lexeme(sql, at);
    if (span.kind == Lexeme::text && is_word_character(sql[at])) {
      if (ended) word.clear();
      word += sql[at];
      ended = false;
    } else {
      ended = true;
      const bool is_comment =
          span.kind == Lexeme::line_comment || span.kind == Lexeme::block_comment;
      if (!is_comment && !is_space(sql[at])) word.clear();
    }
    at = span.end;
  }
  return to_upper(word);
}

Failure bad_sql(std::string_view text, std::string problem) {
  std::string shown(text.substr(0, 60));
  if (text.size() > 60) shown += "…";
  return fail(ErrorKind::invalid_input, "this is not one piece of SQL: " + shown,
              std::move(problem));
}

}  // namespace

std::string stored_identifier(std::string_view written) {
  const auto text = trim(written);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return unquote(text.substr(1, text.size() - 2));
  }
  return is_plain_identifier(text) ? to_upper(text) : std::string(text);
}

std::string quoted_identifier(std::string_view stored) {
  return '"' + replace_all(std::string(stored), "\"", "\"\"") + '"';
}

std::string shortest_identifier(std::string_view stored) {
  const bool plain =
      is_plain_identifier(stored) && to_upper(stored) == stored &&
      std::find(reserved_words.begin(), reserved_words.end(), stored) == reserved_words.end();
  return plain ? std::string(stored) : quoted_identifier(stored);
}

std::string string_literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out += '\'';
}

std::string like_pattern(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '_' || c == '%') out += '\\';
    out += c;
  }
  return out;
}

std::string ObjectName::quoted() const {
  std::string out;
  for (const auto& part : parts)
    out += (out.empty() ? "" : ".") + quoted_identifier(part);
  return out;
}

std::string ObjectName::shortest() const {
  std::string out;
  for (const auto& part : parts)
    out += (out.empty() ? "" : ".") + shortest_identifier(part);
  return out;
}

ObjectName ObjectName::child(std::string_view stored) const {
  ObjectName name = *this;
  name.parts.emplace_back(stored);
  return name;
}

ObjectName ObjectName::parent() const {
  ObjectName name = *this;
  if (!name.parts.empty()) name.parts.pop_back();
  return name;
}

Result<ObjectName> parse_object_name(std::string_view text, std::size_t parts) {
  const auto bad = [&](std::string why) {
    return fail(ErrorKind::invalid_input, "not a Snowflake name: " + std::string(text),
                std::move(why), "write DATABASE.SCHEMA.NAME, with \"…\" around unusual parts");
  };
  ObjectName name;
  const std::string_view all = trim(text);
  std::size_t at = 0;
  while (true) {
    std::size_t end = at;
    if (at < all.size() && all[at] == '"') {
      const Span span = next_lexeme(all, at);
      if (!span.closed) return bad("a quotation is not closed");
      end = span.end;
      name.parts.push_back(unquote(all.substr(at + 1, end - at - 2)));
    } else {
      while (end < all.size() && all[end] != '.') {
        if (all[end] == '"') return bad("a quotation begins in the middle of a part");
        ++end;
      }
      name.parts.push_back(stored_identifier(all.substr(at, end - at)));
    }
    if (name.parts.back().empty()) return bad("a part is empty");
    if (characters(name.parts.back()) > identifier_length_max) {
      return bad("a part is longer than 255 characters");
    }
    if (end == all.size()) break;
    if (all[end] != '.') return bad("text follows a closing quotation mark");
    at = end + 1;
  }
  if (parts != 0 && name.parts.size() != parts) {
    return bad("it has " + std::to_string(name.parts.size()) + " parts; " + std::to_string(parts) +
               " are needed here");
  }
  return name;
}

Result<AuthorSql> AuthorSql::query(std::string_view text) {
  std::string normalized = normalized_sql(text);
  if (normalized.empty()) return bad_sql(text, "it is empty");
  const Shape shape = shape_of(normalized);
  if (!shape.problem.empty()) return bad_sql(text, shape.problem);
  return AuthorSql(std::move(normalized));
}

Result<AuthorSql> AuthorSql::script(std::string_view text) {
  std::string normalized = normalized_sql(text);
  const std::string first = first_word(normalized);
  if (first != "BEGIN" && first != "DECLARE") return query(text);
  const Shape shape = shape_of(normalized, true);
  if (!shape.problem.empty()) return bad_sql(text, shape.problem);
  if (last_word(normalized) != "END") return bad_sql(text, "a block ends in END");
  return AuthorSql(std::move(normalized));
}

Result<AuthorSql> AuthorSql::expressions(std::string_view text) {
  auto piece = query(text);
  if (piece && shape_of(piece->text()).has_line_comment) {
    return bad_sql(text, "a comment up to the end of the line would hide what follows");
  }
  return piece;
}

Result<AuthorSql> AuthorSql::expression(std::string_view text) {
  auto piece = expressions(text);
  if (piece && shape_of(piece->text()).has_comma) {
    return bad_sql(text, "a comma stands outside brackets; one expression is wanted");
  }
  return piece;
}

std::vector<std::string> split_at_commas(std::string_view sql) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t at = 0; at < sql.size();) {
    const Span span = next_lexeme(sql, at);
    if (span.kind == Lexeme::text) {
      const char c = sql[at];
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      if (c == ',' && depth == 0) {
        parts.emplace_back(trim(sql.substr(begin, at - begin)));
        begin = at + 1;
      }
    }
    at = span.end;
  }
  const auto rest = trim(sql.substr(begin));
  if (!rest.empty() || !parts.empty()) parts.emplace_back(rest);
  return parts;
}

std::string_view text_after_as(std::string_view sql) {
  int depth = 0;
  for (std::size_t at = 0; at < sql.size();) {
    if (is_word_character(sql[at]) && sql.substr(at, 2) != "$$") {
      std::size_t end = at;
      while (end < sql.size() && is_word_character(sql[end]))
        ++end;
      if (depth == 0 && equals_ignoring_case(sql.substr(at, end - at), "as")) {
        return trim(sql.substr(end));
      }
      at = end;
      continue;
    }
    const Span span = next_lexeme(sql, at);
    if (span.kind == Lexeme::text && sql[at] == '(') ++depth;
    if (span.kind == Lexeme::text && sql[at] == ')') --depth;
    at = span.end;
  }
  return {};
}

std::string normalized_sql(std::string_view text) {
  std::string out = with_line_feeds(text);
  std::string_view view = out;
  while (!view.empty() && (is_space(view.back()) || view.back() == ';'))
    view.remove_suffix(1);
  while (!view.empty() && is_space(view.front()))
    view.remove_prefix(1);
  return std::string(view);
}

Statement::Statement(Keyword operation) : operation_(operation.text()), text_(operation.text()) {}

Statement& Statement::piece(std::string_view text) {
  if (!text_.empty() && !glue_) text_ += ' ';
  glue_ = false;
  text_ += text;
  return *this;
}

Statement& Statement::word(Keyword keyword) {
  return piece(keyword.text());
}

Statement& Statement::value_word(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == ' ';
  });
  return plain ? piece(text) : literal(text);
}

Statement& Statement::name(const ObjectName& name) {
  return piece(name.quoted());
}
Statement& Statement::identifier(std::string_view stored) {
  return piece(quoted_identifier(stored));
}
Statement& Statement::literal(std::string_view text) {
  return piece(string_literal(text));
}
Statement& Statement::dollar_literal(std::string_view text) {
  const bool plain = text.find("$$") == std::string_view::npos && !text.ends_with('$');
  return plain ? piece("$$" + std::string(text) + "$$") : literal(text);
}
Statement& Statement::integer(std::int64_t number) {
  return piece(std::to_string(number));
}
Statement& Statement::boolean(bool value) {
  return piece(value ? "TRUE" : "FALSE");
}
Statement& Statement::sql(const AuthorSql& text) {
  return piece(text.text());
}

Statement& Statement::literals(std::span<const std::string> texts) {
  open();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) comma();
    literal(texts[i]);
  }
  return close();
}

Statement& Statement::identifiers(std::span<const std::string> stored) {
  open();
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (i > 0) comma();
    identifier(stored[i]);
  }
  return close();
}

Statement& Statement::location(const ObjectName& stage, std::string_view path) {
  std::string text = "@" + stage.quoted();
  const auto relative = path.substr(std::min(path.find_first_not_of('/'), path.size()));
  if (relative.empty()) return piece(text);
  text += '/';
  text += relative;
  const bool plain = std::all_of(relative.begin(), relative.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-' || c == '/';
  });
  // "//" begins a comment.
  return plain && relative.find("//") == std::string_view::npos &&
                 relative.find("--") == std::string_view::npos
             ? piece(text)
             : literal(text);
}

Statement Statement::question(Keyword function, std::span<const std::string> arguments) {
  Statement statement("SELECT");
  statement.call(function, arguments);
  statement.is_question_ = true;
  return statement;
}

Statement Statement::questions(std::span<const Statement> all) {
  Statement statement("SELECT");
  for (const Statement& one : all) {
    if (&one != &all.front()) statement.comma();
    statement.piece(std::string_view(one.text()).substr(statement.operation_.size() + 1));
  }
  return statement;
}

Statement& Statement::call(Keyword function, std::span<const std::string> arguments) {
  word(function);
  glue_ = true;
  return literals(arguments);
}

Statement& Statement::open() {
  piece("(");
  glue_ = true;
  return *this;
}

Statement& Statement::close() {
  text_ += ')';
  glue_ = false;
  return *this;
}

Statement& Statement::comma() {
  text_ += ',';
  glue_ = false;
  return *this;
}

Statement& Statement::append(const Statement& other) {
  return piece(other.text_);
}

Statement& Statement::set(Keyword property, std::int64_t value) {
  return word(property).piece("=").integer(value);
}
Statement& Statement::set_bool(Keyword property, bool value) {
  return word(property).piece("=").boolean(value);
}
Statement& Statement::set_text(Keyword property, std::string_view value) {
  return word(property).piece("=").literal(value);
}
Statement& Statement::set_texts(Keyword property, std::span<const std::string> values) {
  return word(property).piece("=").literals(values);
}
Statement& Statement::set_word(Keyword property, std::string_view value) {
  return word(property).piece("=").value_word(value);
}
Statement& Statement::set_identifier(Keyword property, std::string_view stored) {
  return word(property).piece("=").identifier(stored);
}
Statement& Statement::set_name(Keyword property, const ObjectName& value) {
  return word(property).piece("=").name(value);
}

}  // namespace firn::snowflake
