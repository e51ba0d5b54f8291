#include "core/expression/parser.h"

#include <array>
#include <fmt/core.h>
#include <utility>

#include "core/base/text.h"
#include "core/expression/lexer.h"
#include "core/expression/scan.h"

namespace firn::expression {
namespace {

constexpr std::size_t depth_max = 48;

constexpr std::array<std::pair<std::string_view, Comparison>, 6> comparisons = {{
    {"==", Comparison::equal},
    {"!=", Comparison::not_equal},
    {"<", Comparison::less},
    {"<=", Comparison::less_or_equal},
    {">", Comparison::greater},
    {">=", Comparison::greater_or_equal},
}};

// Recursive descent, one token ahead. Every method answers nullopt after a diagnostic.
class Parser {
 public:
  using Answer = std::optional<Expression>;

  Parser(std::string_view text, std::size_t open, const SourceRange& where,
         Diagnostics& diagnostics)
      : text_(text),
        open_(open),
        where_(where),
        diagnostics_(diagnostics),
        lexer_(text, open + 2, where, diagnostics) {
    advance();
  }

  // Reads up to and including the closing brace.
  Answer parse() {
    if (is_symbol("}")) {
      return fail(open_, 3, "an expression is empty", "Nothing stands between the braces.",
                  "write a name, as in ${env.region}, or $${ for a literal ${");
    }
    Answer expression = choice();
    if (!expression) return std::nullopt;
    if (!is_symbol("}")) return unexpected();
    end_ = token_.offset + 1;
    return expression;
  }
  [[nodiscard]] std::size_t end() const { return end_; }

 private:
  void advance() {
    last_end_ = token_.offset + token_.text.size();
    token_ = lexer_.next();
  }
  [[nodiscard]] bool is_symbol(std::string_view symbol) const {
    return token_.kind == TokenKind::symbol && token_.text == symbol;
  }
  bool take(std::string_view symbol) {
    if (!is_symbol(symbol)) return false;
    advance();
    return true;
  }

  std::nullopt_t fail(std::size_t offset, std::size_t length, std::string summary,
                      std::string detail = {}, std::string remedy = {}) {
    diagnostics_.error(place_in(text_, where_, offset, length), std::move(summary),
                       std::move(detail), std::move(remedy));
    return std::nullopt;
  }

  std::nullopt_t unexpected() {
    if (token_.kind == TokenKind::mistaken) return std::nullopt;
    if (token_.kind == TokenKind::end)
      return fail(open_, 2, "`${` is not closed", "The text ends before its closing brace.",
                  "add the }, or write $${ for a literal ${");
    if (token_.text == "and" || token_.text == "or" || token_.text == "not")
      return fail(token_.offset, token_.text.size(),
                  fmt::format("unexpected \"{}\" in an expression", token_.text), {},
                  token_.text == "and"  ? "write &&"
                  : token_.text == "or" ? "write ||"
                                        : "write !");
    const bool is_literal = token_.kind == TokenKind::literal && !token_.text.empty();
    return fail(token_.offset, token_.text.size(),
                is_literal || token_.kind == TokenKind::name
                    ? fmt::format("unexpected {} in an expression",
                                  is_literal ? std::string(token_.text)
                                             : fmt::format("\"{}\"", token_.text))
                    : fmt::format("unexpected {} in an expression", token_.text),
                {},
                is_literal || token_.kind == TokenKind::name
                    ? "an operator, a comma or the closing } was expected before it"
                    : "a name, a text in quotes, a number or the closing } was expected");
  }

  std::nullopt_t expected(std::string_view symbol, std::size_t opened_at) {
    if (token_.kind == TokenKind::mistaken) return std::nullopt;
    if (token_.kind == TokenKind::end || is_symbol("}"))
      return fail(opened_at, 1, fmt::format("{} is not closed", text_.substr(opened_at, 1)), {},
                  fmt::format("add the {}", symbol));
    return unexpected();
  }

  Expression node(ExpressionKind kind, std::size_t offset) const {
    Expression expression;
    expression.kind = kind;
    expression.offset = offset;
    return expression;
  }
  Expression finish(Expression expression) const {
    expression.length = last_end_ - expression.offset;
    return expression;
  }

  Answer choice() {
    if (++depth_ > depth_max)
      return fail(token_.offset, 1, "an expression is nested too deeply",
                  fmt::format("At most {} levels are read.", depth_max),
                  "split it with parameters or outputs");
    Answer condition = disjunction();
    if (condition && is_symbol("?")) {
      advance();
      Expression whole = node(ExpressionKind::choice, condition->offset);
      whole.operands.push_back(*std::move(condition));
      Answer yes = choice();
      if (!yes) return std::nullopt;
      whole.operands.push_back(*std::move(yes));
      if (!take(":")) {
        if (token_.kind == TokenKind::mistaken) return std::nullopt;
        return fail(token_.offset, token_.text.size(), "a choice without its \":\"",
                    "A choice is condition ? value : other value.", "add the : and other value");
      }
      Answer no = choice();
      if (!no) return std::nullopt;
      whole.operands.push_back(*std::move(no));
      condition = finish(std::move(whole));
    }
    --depth_;
    return condition;
  }

  // `a op b op c` as one node, so that long rows make no deep trees.
  Answer row(std::string_view symbol, ExpressionKind kind, Answer (Parser::*operand)()) {
    Answer first = (this->*operand)();
    if (!first || !is_symbol(symbol)) return first;
    Expression whole = node(kind, first->offset);
    whole.operands.push_back(*std::move(first));
    while (take(symbol)) {
      Answer next = (this->*operand)();
      if (!next) return std::nullopt;
      whole.operands.push_back(*std::move(next));
    }
    return finish(std::move(whole));
  }
  Answer disjunction() { return row("||", ExpressionKind::disjunction, &Parser::conjunction); }
  Answer conjunction() { return row("&&", ExpressionKind::conjunction, &Parser::comparison); }

  [[nodiscard]] std::optional<Comparison> comparison_sign() const {
    if (token_.kind != TokenKind::symbol) return std::nullopt;
    for (const auto& [symbol, comparison] : comparisons) {
      if (token_.text == symbol) return comparison;
    }
    return std::nullopt;
  }

  Answer comparison() {
    Answer left = negation();
    if (!left) return std::nullopt;
    const auto sign = comparison_sign();
    if (!sign) return left;
    advance();
    Answer right = negation();
    if (!right) return std::nullopt;
    if (comparison_sign())
      return fail(token_.offset, token_.text.size(), "comparisons in a row",
                  "a < b < c is not what mathematics means by it.", "write a < b && b < c");
    Expression whole = node(ExpressionKind::comparison, left->offset);
    whole.comparison = *sign;
    whole.operands.push_back(*std::move(left));
    whole.operands.push_back(*std::move(right));
    return finish(std::move(whole));
  }

  Answer negation() {
    if (!is_symbol("!")) return postfix();
    if (++depth_ > depth_max)
      return fail(token_.offset, 1, "an expression is nested too deeply", {}, "write fewer !");
    Expression whole = node(ExpressionKind::negation, token_.offset);
    advance();
    Answer inner = negation();
    if (!inner) return std::nullopt;
    whole.operands.push_back(*std::move(inner));
    --depth_;
    return finish(std::move(whole));
  }

  Answer postfix() {
    Answer base = primary();
    if (!base || (!is_symbol(".") && !is_symbol("["))) return base;
    Expression whole;
    if (base->kind == ExpressionKind::path) {
      whole = *std::move(base);
    } else {
      whole = node(ExpressionKind::access, base->offset);
      whole.operands.push_back(*std::move(base));
    }
    while (is_symbol(".") || is_symbol("[")) {
      if (!step(whole)) return std::nullopt;
    }
    return finish(std::move(whole));
  }

  // `.name` or `[key]`; false after a diagnostic.
  bool step(Expression& whole) {
    Step step;
    step.offset = token_.offset;
    if (take(".")) {
      if (token_.kind != TokenKind::name) {
        if (token_.kind == TokenKind::mistaken) return false;
        const bool is_number = token_.kind == TokenKind::literal && token_.literal.is_int();
        fail(step.offset, 1 + token_.text.size(), "a name is expected behind the dot", {},
             is_number ? fmt::format("write [{}]", token_.text)
                       : "write .name, or [\"key\"] for other keys");
        return false;
      }
      step.step.name = std::string(token_.text);
      advance();
    } else {
      advance();
      if (is_symbol("*")) return every(whole, std::move(step));
      Answer key = choice();
      if (!key) return false;
      if (!take("]")) {
        expected("]", step.offset);
        return false;
      }
      if (!fixed_step(*key, step.step)) {
        if (key->kind == ExpressionKind::literal) {
          fail(key->offset, key->length, "a key is a text or an integer",
               fmt::format("This is {}.", kind_name(key->literal.kind())),
               "write [0] or [\"key\"]");
          return false;
        }
        if (whole.operands.empty()) whole.operands.emplace_back();
        step.index_operand = static_cast<std::uint32_t>(whole.operands.size());
        whole.operands.push_back(*std::move(key));
      }
    }
    step.length = last_end_ - step.offset;
    whole.steps.push_back(std::move(step));
    return true;
  }

  // The `*]` behind a path.
  bool every(Expression& whole, Step step) {
    advance();
    if (!take("]")) {
      expected("]", step.offset);
      return false;
    }
    step.length = last_end_ - step.offset;
    if (whole.kind != ExpressionKind::path) {
      fail(step.offset, step.length, "[*] stands behind the name of what has a for_each", {},
           "leave it out: a list is already all of its items");
      return false;
    }
    step.step.is_every = true;
    whole.steps.push_back(std::move(step));
    return true;
  }

  static bool fixed_step(const Expression& key, PathStep& step) {
    if (key.kind != ExpressionKind::literal) return false;
    if (key.literal.is_int()) {
      step.index = key.literal.as_int();
      step.is_index = true;
      return true;
    }
    if (!key.literal.is_string()) return false;
    step.name = key.literal.as_string();
    step.is_key = true;
    return true;
  }

  Answer primary() {
    Expression whole = node(ExpressionKind::literal, token_.offset);
    if (token_.kind == TokenKind::literal) {
      whole.literal = std::move(token_.literal);
      advance();
      return finish(std::move(whole));
    }
    if (token_.kind == TokenKind::name) return named(std::move(whole));
    if (is_symbol("(")) {
      const std::size_t opened = token_.offset;
      advance();
      Answer inner = choice();
      if (!inner) return std::nullopt;
      if (!take(")")) return expected(")", opened);
      return inner;
    }
    if (is_symbol("[")) {
      whole.kind = ExpressionKind::list;
      return operands(std::move(whole), "]");
    }
    if (is_symbol("{")) return map(std::move(whole));
    return unexpected();
  }

  Answer named(Expression whole) {
    const Token name = token_;
    if (name.text == "and" || name.text == "or" || name.text == "not") return unexpected();
    advance();
    if (name.text == "true" || name.text == "false") {
      whole.literal = Value(name.text == "true");
      return finish(std::move(whole));
    }
    if (name.text == "null") return finish(std::move(whole));
    if (is_symbol("(")) return call(std::move(whole), name.text);
    whole.kind = ExpressionKind::path;
    Step root;
    root.step.name = std::string(name.text);
    root.offset = name.offset;
    root.length = name.text.size();
    whole.steps.push_back(std::move(root));
    return finish(std::move(whole));
  }

  Answer call(Expression whole, std::string_view name) {
    whole.kind = ExpressionKind::call;
    whole.function = find_function(name);
    if (whole.function == nullptr) {
      std::vector<std::string_view> names;
      for (const Function& function : functions())
        names.push_back(function.name);
      return fail(whole.offset, name.size(), fmt::format("unknown function \"{}\"", name), {},
                  suggestion(name, names));
    }
    Answer done = operands(std::move(whole), ")");
    if (!done) return std::nullopt;
    const std::size_t count = done->operands.size();
    const Function& function = *done->function;
    if (count < function.arguments_min || count > function.arguments_max)
      return fail(done->offset, done->length,
                  fmt::format("{} takes {}, and {} given", function.name, wanted_count(function),
                              count == 1 ? "1 is" : fmt::format("{} are", count)),
                  {}, fmt::format("write {}", function.signature));
    return done;
  }

  static std::string wanted_count(const Function& function) {
    const std::size_t least = function.arguments_min;
    const std::size_t most = function.arguments_max;
    if (least == most) return fmt::format("{} argument{}", least, least == 1 ? "" : "s");
    if (most > 100) return fmt::format("at least {} argument{}", least, least == 1 ? "" : "s");
    return fmt::format("{} to {} arguments", least, most);
  }

  // What stands between an opening bracket, which is the current token, and `closing`.
  Answer operands(Expression whole, std::string_view closing) {
    const std::size_t opened = token_.offset;
    advance();
    while (!is_symbol(closing)) {
      Answer operand = choice();
      if (!operand) return std::nullopt;
      whole.operands.push_back(*std::move(operand));
      if (!is_symbol(closing) && !take(",")) return expected(closing, opened);
    }
    advance();
    return finish(std::move(whole));
  }

  Answer map(Expression whole) {
    whole.kind = ExpressionKind::map;
    const std::size_t opened = token_.offset;
    advance();
    while (!is_symbol("}")) {
      const bool is_text = token_.kind == TokenKind::literal && token_.literal.is_string();
      if (token_.kind != TokenKind::name && !is_text) {
        if (token_.kind == TokenKind::mistaken) return std::nullopt;
        if (token_.kind == TokenKind::end) return expected("}", opened);
        return fail(token_.offset, token_.text.size(), "a key is expected here",
                    "A map is {name: value, \"other key\": value}.",
                    "write a name or a text in quotes");
      }
      whole.names.push_back(is_text ? token_.literal.as_string() : std::string(token_.text));
      advance();
      if (!take(":")) {
        if (token_.kind == TokenKind::mistaken) return std::nullopt;
        return fail(token_.offset, token_.text.size(), "a colon is expected behind the key",
                    "A map is {name: value, \"other key\": value}.", "add the colon and a value");
      }
      Answer operand = choice();
      if (!operand) return std::nullopt;
      whole.operands.push_back(*std::move(operand));
      if (!is_symbol("}") && !take(",")) return expected("}", opened);
    }
    advance();
    return finish(std::move(whole));
  }

  std::string_view text_;
  std::size_t open_;
  const SourceRange& where_;
  Diagnostics& diagnostics_;
  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;  // of the token before
  std::size_t end_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

std::optional<std::vector<Part>> parse_parts(std::string_view text, const SourceRange& where,
                                             Diagnostics& diagnostics) {
  std::vector<Part> parts;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = find_expression(text, at);
    const std::string_view before = text.substr(at, open - at);
    if (!before.empty()) {
      Part part;
      part.text = replace_all(std::string(before), "$${", "${");
      parts.push_back(std::move(part));
    }
    if (open == std::string_view::npos) break;
    Parser parser(text, open, where, diagnostics);
    Part part;
    part.expression = parser.parse();
    if (!part.expression) return std::nullopt;
    at = parser.end();
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace firn::expression
