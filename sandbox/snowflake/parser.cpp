#include "sandbox/snowflake/parser.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/parser_impl.h"
#include "sandbox/snowflake/procedure.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

// Words that cannot be identifiers without quotes.
// Source: Snowflake documentation, "Reserved & limited keywords".
constexpr std::array<std::string_view, 61> reserved = {
    "ALL",    "ALTER",     "AND",         "ANY",       "AS",     "BETWEEN",  "BY",      "CHECK",
    "COLUMN", "CONNECT",   "CREATE",      "CURRENT",   "DELETE", "DISTINCT", "DROP",    "ELSE",
    "EXISTS", "FOLLOWING", "FOR",         "FROM",      "GRANT",  "GROUP",    "HAVING",  "ILIKE",
    "IN",     "INCREMENT", "INSERT",      "INTERSECT", "INTO",   "IS",       "LIKE",    "MINUS",
    "NOT",    "NULL",      "OF",          "ON",        "OR",     "ORDER",    "QUALIFY", "REGEXP",
    "REVOKE", "RLIKE",     "ROW",         "ROWS",      "SAMPLE", "SELECT",   "SET",     "SOME",
    "START",  "TABLE",     "TABLESAMPLE", "THEN",      "TO",     "TRIGGER",  "UNION",   "UNIQUE",
    "UPDATE", "VALUES",    "WHENEVER",    "WHERE",     "WITH"};

// Snowflake documentation, "Identifier requirements".
constexpr std::size_t longest_identifier = 255;

bool is_reserved(std::string_view word) {
  return std::binary_search(reserved.begin(), reserved.end(), word);
}

}  // namespace

Parser::Parser(std::string_view sql, bool ignore_case) : sql_(sql), tokens_(tokenize(sql)) {
  for (auto& token : tokens_) {
    if (ignore_case && token.kind == Token::Kind::quoted) token.text = to_upper(token.text);
  }
}

const Token& Parser::peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool Parser::at_end() const {
  return peek().kind == Token::Kind::end || at_symbol(";");
}

bool Parser::at_symbol(std::string_view symbol, std::size_t ahead) const {
  return peek(ahead).kind == Token::Kind::symbol && peek(ahead).text == symbol;
}

bool Parser::at(std::string_view phrase) const {
  std::size_t ahead = 0;
  while (!phrase.empty()) {
    const auto blank = phrase.find(' ');
    const auto word = phrase.substr(0, blank);
    if (peek(ahead).kind != Token::Kind::word || peek(ahead).text != word) return false;
    ++ahead;
    phrase = blank == std::string_view::npos ? std::string_view() : phrase.substr(blank + 1);
  }
  return true;
}

bool Parser::accept(std::string_view phrase) {
  if (!at(phrase)) return false;
  at_ += 1 + static_cast<std::size_t>(std::count(phrase.begin(), phrase.end(), ' '));
  return true;
}

bool Parser::accept_symbol(std::string_view symbol) {
  if (!at_symbol(symbol)) return false;
  ++at_;
  return true;
}

void Parser::expect(std::string_view phrase) {
  if (!accept(phrase)) unexpected();
}

void Parser::expect_symbol(std::string_view symbol) {
  if (!accept_symbol(symbol)) unexpected();
}

void Parser::unexpected() const {
  const auto& token = peek();
  refuse_syntax(sql_, token.begin,
                token.kind == Token::Kind::end ? "<EOF>" : source(token.begin, token.end));
}

void Parser::unknown() const {
  std::string words;
  for (std::size_t i = 0; i < 6 && i < tokens_.size(); ++i) {
    const auto& token = tokens_[i];
    if (token.kind == Token::Kind::string || token.kind == Token::Kind::end) break;
    if (!words.empty()) words += ' ';
    words += source(token.begin, token.end);
  }
  refuse_unknown(words);
}

const Token& Parser::take() {
  const auto& token = peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

std::string_view Parser::source(std::size_t begin, std::size_t end) const {
  return sql_.substr(begin, end - begin);
}

std::string Parser::rest() {
  const auto begin = peek().begin;
  auto end = begin;
  while (!at_end())
    end = take().end;
  return std::string(source(begin, end));
}

std::string Parser::script() {
  if (at_end()) unexpected();
  if (!at("BEGIN") && !at("DECLARE")) return rest();
  const auto begin = peek().begin;
  auto end = begin;
  bool is_closed = false;
  while (peek().kind != Token::Kind::end) {
    const bool separator = at_symbol(";");
    const bool word = at("END");
    const auto token_end = take().end;
    if (separator) continue;
    end = token_end;
    is_closed = word;
  }
  if (!is_closed) unexpected();
  return std::string(source(begin, end));
}

std::string Parser::text_until(std::string_view word) {
  const auto begin = peek().begin;
  auto end = begin;
  int depth = 0;
  while (depth > 0 || !at(word)) {
    if (at_end()) unexpected();
    depth += at_symbol("(") ? 1 : at_symbol(")") ? -1 : 0;
    end = take().end;
  }
  take();
  return std::string(source(begin, end));
}

std::string Parser::text_in_parentheses() {
  expect_symbol("(");
  const auto begin = peek().begin;
  auto end = begin;
  int depth = 0;
  while (depth > 0 || !at_symbol(")")) {
    if (at_end()) unexpected();
    depth += at_symbol("(") ? 1 : at_symbol(")") ? -1 : 0;
    end = take().end;
  }
  take();
  return std::string(source(begin, end));
}

NamePath Parser::object_name(Kind kind) {
  NamePath path = name();
  if (kind != Kind::procedure) return path;
  std::vector<TypeText> types;
  expect_symbol("(");
  while (!at_symbol(")")) {
    types.push_back(type());
    if (!at_symbol(")")) expect_symbol(",");
  }
  take();
  path.back() = procedure_key(path.back(), types);
  return path;
}

std::string Parser::identifier() {
  const auto& token = peek();
  if (token.kind != Token::Kind::quoted) {
    if (token.kind != Token::Kind::word || is_reserved(token.text)) unexpected();
  }
  if (token.text.size() > longest_identifier) {
    refuse("001003", "42000",
           fmt::format("syntax error: the identifier '{}…' is longer than {} characters.",
                       token.text.substr(0, 40), longest_identifier));
  }
  return take().text;
}

NamePath Parser::name() {
  NamePath path = {identifier()};
  while (path.size() < 4 && accept_symbol("."))
    path.push_back(identifier());
  return path;
}

std::string Parser::string() {
  if (peek().kind != Token::Kind::string) unexpected();
  return take().text;
}

std::int64_t Parser::integer() {
  const auto& token = peek();
  if (token.kind != Token::Kind::number || token.text.size() > 18 ||
      token.text.find_first_not_of("0123456789") != std::string::npos) {
    unexpected();
  }
  return std::stoll(take().text);
}

std::vector<std::string> Parser::identifiers_in_parentheses() {
  std::vector<std::string> names;
  expect_symbol("(");
  do {
    names.push_back(identifier());
  } while (accept_symbol(","));
  expect_symbol(")");
  return names;
}

std::vector<std::string> Parser::texts_in_parentheses() {
  std::vector<std::string> texts;
  expect_symbol("(");
  int depth = 0;
  auto begin = peek().begin;
  auto end = begin;
  while (depth > 0 || !at_symbol(")")) {
    if (at_end()) unexpected();
    if (depth == 0 && at_symbol(",")) {
      texts.emplace_back(source(begin, end));
      take();
      begin = end = peek().begin;
      continue;
    }
    depth += at_symbol("(") ? 1 : at_symbol(")") ? -1 : 0;
    end = take().end;
  }
  if (end > begin) texts.emplace_back(source(begin, end));
  take();
  return texts;
}

Parser::Level::Level(Parser& parser) : parser_(parser) {
  constexpr std::size_t depth_max = 100;
  if (parser.depth_ == depth_max) refuse_unknown("brackets more than 100 deep");
  ++parser.depth_;
}

PropertyValue Parser::property_value() {
  const Level level(*this);
  PropertyValue value;
  const auto& token = peek();
  if (token.kind == Token::Kind::string) {
    value.kind = PropertyValue::Kind::string;
    value.text = take().text;
  } else if (token.kind == Token::Kind::number || at_symbol("-")) {
    value.kind = PropertyValue::Kind::number;
    if (accept_symbol("-")) value.text = "-";
    if (peek().kind != Token::Kind::number) unexpected();
    value.text += take().text;
  } else if (accept("TRUE") || accept("FALSE")) {
    value.kind = PropertyValue::Kind::boolean;
    value.boolean = tokens_[at_ - 1].text == "TRUE";
    value.text = value.boolean ? "true" : "false";
  } else if (accept("NULL")) {
    value.kind = PropertyValue::Kind::null;
  } else if (accept_symbol("(")) {
    const bool group = (peek().kind == Token::Kind::word) && at_symbol("=", 1);
    value.kind = group ? PropertyValue::Kind::group : PropertyValue::Kind::list;
    while (!at_symbol(")")) {
      if (at_end()) unexpected();
      if (group) {
        value.members.push_back(property());
        accept_symbol(",");
      } else {
        value.items.push_back(property_value());
        if (!at_symbol(")")) expect_symbol(",");
      }
    }
    take();
  } else {
    value.kind = PropertyValue::Kind::name;
    value.name = name();
    value.text = dotted(value.name);
  }
  return value;
}

Property Parser::property() {
  if (peek().kind != Token::Kind::word) unexpected();
  Property property;
  property.name = take().text;
  expect_symbol("=");
  property.value = property_value();
  return property;
}

std::vector<Property> Parser::properties_until(std::string_view stop) {
  std::vector<Property> list;
  while (!at_end() && (stop.empty() || !at(stop))) {
    list.push_back(property());
    accept_symbol(",");
  }
  return list;
}

TypeText Parser::type() {
  static constexpr std::array<std::string_view, 8> phrases = {"DOUBLE PRECISION",
                                                              "TIMESTAMP WITH LOCAL TIME ZONE",
                                                              "TIMESTAMP WITH TIME ZONE",
                                                              "TIMESTAMP WITHOUT TIME ZONE",
                                                              "CHAR VARYING",
                                                              "CHARACTER VARYING",
                                                              "NCHAR VARYING",
                                                              "BINARY VARYING"};
  TypeText text;
  for (const auto phrase : phrases) {
    if (accept(phrase)) {
      text.name = std::string(phrase);
      break;
    }
  }
  if (text.name.empty()) {
    if (peek().kind != Token::Kind::word) unexpected();
    text.name = take().text;
  }
  if (at_symbol("(")) text.arguments = texts_in_parentheses();
  if (text.name == "TIMESTAMP") {
    // TIMESTAMP(6) WITH TIME ZONE
    if (accept("WITH LOCAL TIME ZONE")) text.name = "TIMESTAMP_LTZ";
    if (accept("WITH TIME ZONE")) text.name = "TIMESTAMP_TZ";
    if (accept("WITHOUT TIME ZONE")) text.name = "TIMESTAMP_NTZ";
  }
  return text;
}

StageText Parser::stage() {
  std::string text;
  if (peek().kind == Token::Kind::string) {
    text = take().text;
    if (text.empty() || text.front() != '@') unexpected();
  } else {
    if (!at_symbol("@")) unexpected();
    const auto begin = peek().begin;
    auto end = begin;
    bool quoted = false;
    while (end < sql_.size()) {
      const char c = sql_[end];
      if (c == '"') quoted = !quoted;
      const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
      if (!quoted && (blank || c == ')' || c == ';' || c == ',')) break;
      ++end;
    }
    text = std::string(source(begin, end));
    while (peek().kind != Token::Kind::end && peek().begin < end)
      take();
  }
  StageText stage;
  std::size_t slash = 1;
  bool quoted = false;
  while (slash < text.size() && (quoted || text[slash] != '/')) {
    if (text[slash] == '"') quoted = !quoted;
    ++slash;
  }
  const auto head = text.substr(1, slash - 1);
  if (slash < text.size()) stage.path = text.substr(slash + 1);
  if (head == "~" || head.starts_with('%')) {
    stage.special = head;
    return stage;
  }
  stage.name = parse_path(head);
  if (stage.name.empty()) unexpected();
  return stage;
}

std::string Parser::kind_words(bool plural, Kind& kind) {
  const auto word = [this](std::size_t i) {
    return peek(i).kind == Token::Kind::word ? peek(i).text : std::string();
  };
  const std::string two = word(0) + " " + word(1);
  for (const auto& words : {two, word(0)}) {
    if (const auto found = plural ? kind_of_plural(words) : kind_of_words(words)) {
      kind = *found;
      accept(words);
      return words;
    }
  }
  unknown();
}

bool Parser::holds_script() const {
  if (tokens_.front().text != "CREATE" && tokens_.front().text != "ALTER") return false;
  for (std::size_t i = 1; i < tokens_.size() && i < 5; ++i) {
    const auto& word = tokens_[i].text;
    if (word == "TASK" || word == "PROCEDURE" || word == "ALERT") return true;
    if (word != "OR" && word != "REPLACE" && word != "ALTER" && word != "SECURE") return false;
  }
  return false;
}

void Parser::refuse_several(std::ptrdiff_t count) const {
  throw SqlError{
      "000008", "0A000",
      fmt::format("Actual statement count {} did not match the desired statement count 1.", count)};
}

Statement Parser::statement() {
  if (at_end() && peek(1).kind == Token::Kind::end)
    refuse("000900", "42601", "Empty SQL statement.");
  const auto several = std::count_if(tokens_.begin(), tokens_.end(), [](const Token& token) {
    return token.kind == Token::Kind::symbol && token.text == ";";
  });
  const bool ends_in_one = tokens_.size() > 1 && tokens_[tokens_.size() - 2].text == ";";
  if (!holds_script() && (several > 1 || (several == 1 && !ends_in_one))) {
    refuse_several(several + (ends_in_one ? 0 : 1));
  }
  Statement result = [this]() -> Statement {
    if (accept("CREATE")) return create();
    if (accept("ALTER")) return alter();
    if (accept("DROP")) return drop();
    if (accept("SHOW")) return show();
    if (accept("DESC") || accept("DESCRIBE")) return describe();
    if (accept("GRANT")) return grant(false);
    if (accept("REVOKE")) return grant(true);
    if (accept("COMMENT")) return comment();
    if (accept("USE")) return use();
    if (accept("LIST") || accept("LS")) return list();
    if (accept("SELECT")) return select();
    if (accept("INSERT INTO")) return insert();
    if (peek().kind != Token::Kind::word) unexpected();
    unknown();
  }();
  if (!at_end()) unexpected();
  if (at_symbol(";") && peek(1).kind != Token::Kind::end) refuse_several(2);
  return result;
}

CopyInto Parser::only_copy() {
  expect("COPY INTO");
  CopyInto copy = copy_into();
  accept_symbol(";");
  if (!at_end()) unexpected();
  return copy;
}

Statement parse(std::string_view sql, bool ignore_case) {
  return Parser(sql, ignore_case).statement();
}

CopyInto parse_copy(std::string_view sql) {
  return Parser(sql).only_copy();
}

std::string operation_of(std::string_view sql) {
  static constexpr std::array<std::string_view, 15> skipped = {
      "OR",  "REPLACE", "TRANSIENT", "TEMPORARY", "TEMP",   "VOLATILE", "SECURE",      "IF",
      "NOT", "EXISTS",  "TERSE",     "LOCAL",     "GLOBAL", "STORAGE",  "NOTIFICATION"};
  static constexpr std::array<std::string_view, 6> doubles = {"FILE",    "DATABASE", "FUTURE",
                                                              "PRIMARY", "SNAPSHOT", "EXTERNAL"};
  std::vector<Token> tokens;
  try {
    tokens = tokenize(sql);
  } catch (const SqlError&) {
    return "";
  }
  std::string words;
  int taken = 0;
  for (const auto& token : tokens) {
    if (token.kind != Token::Kind::word) break;
    if (taken == 1 && std::find(skipped.begin(), skipped.end(), token.text) != skipped.end()) {
      continue;
    }
    if (taken == 2) {
      const bool second_word = token.text == "FORMAT" || token.text == "FORMATS" ||
                               token.text == "ROLE" || token.text == "ROLES" ||
                               token.text == "GRANTS" || token.text == "KEYS" ||
                               token.text == "TABLE" || token.text == "TABLES";
      const auto last = words.substr(words.rfind(' ') + 1);
      if (!second_word || std::find(doubles.begin(), doubles.end(), last) == doubles.end()) break;
    }
    if (!words.empty()) words += ' ';
    words += token.text;
    ++taken;
    const bool alone = words == "GRANT" || words == "REVOKE" || words == "SELECT" ||
                       words == "LIST" || words == "LS" || words == "INSERT" || words == "COMMENT";
    if (alone || taken == 3) break;
  }
  if (words.starts_with("DESCRIBE")) words.replace(0, 8, "DESC");
  return words;
}

}  // namespace firn::sandbox::snowflake
