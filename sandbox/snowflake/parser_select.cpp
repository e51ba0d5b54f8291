// SELECT, INSERT, COPY INTO and the expressions inside them.
#include <array>

#include "core/base/text.h"
#include "sandbox/snowflake/parser_impl.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

namespace {

// Each operator puts what stands before it one level down.
constexpr std::size_t operators_max = 1000;

void count_operator(std::size_t& count) {
  if (++count > operators_max) refuse_unknown("an expression of more than 1000 operators");
}

}  // namespace

Expression Parser::expression() {
  const Level level(*this);
  Expression left = postfix();
  for (std::size_t count = 0;; count_operator(count)) {
    static constexpr std::array<std::string_view, 6> operators = {"||", "+", "-", "*", "/", "%"};
    std::string_view found;
    for (const auto symbol : operators) {
      if (at_symbol(symbol)) found = symbol;
    }
    if (found.empty()) return left;
    take();
    Expression both;
    both.kind = Expression::Kind::binary;
    both.text = std::string(found);
    both.operands.push_back(std::move(left));
    both.operands.push_back(postfix());
    left = std::move(both);
  }
}

Expression Parser::postfix() {
  Expression inner = primary();
  bool in_path = false;
  for (std::size_t count = 0;; count_operator(count)) {
    Expression outer;
    if (accept_symbol("::")) {
      outer.kind = Expression::Kind::cast;
      outer.type = type();
    } else if (at_symbol(":") || (in_path && at_symbol("."))) {
      take();
      outer.kind = Expression::Kind::path;
      const auto& token = peek();
      if (token.kind == Token::Kind::quoted) {
        outer.text = token.text;
      } else if (token.kind == Token::Kind::word) {
        outer.text = std::string(source(token.begin, token.end));  // members keep their case
      } else {
        unexpected();
      }
      take();
      in_path = true;
    } else if (accept_symbol("[")) {
      if (peek().kind == Token::Kind::string) {
        outer.kind = Expression::Kind::path;
        outer.text = take().text;
      } else {
        outer.kind = Expression::Kind::index;
        outer.text = std::to_string(integer());
      }
      expect_symbol("]");
      in_path = true;
    } else {
      return inner;
    }
    outer.operands.push_back(std::move(inner));
    inner = std::move(outer);
  }
}

Expression Parser::primary() {
  Expression result;
  const auto& token = peek();
  if (token.kind == Token::Kind::string) {
    result.kind = Expression::Kind::string;
    result.text = take().text;
  } else if (token.kind == Token::Kind::number || at_symbol("-")) {
    result.kind = Expression::Kind::number;
    if (accept_symbol("-")) result.text = "-";
    if (peek().kind != Token::Kind::number) unexpected();
    result.text += take().text;
  } else if (token.kind == Token::Kind::position) {
    result.kind = Expression::Kind::position;
    result.text = take().text;
  } else if (accept_symbol("*")) {
    result.kind = Expression::Kind::star;
  } else if (accept_symbol("(")) {
    result = expression();
    expect_symbol(")");
  } else if (accept("TRUE") || accept("FALSE")) {
    result.kind = Expression::Kind::boolean;
    result.text = tokens_[at_ - 1].text == "TRUE" ? "true" : "false";
  } else if (accept("NULL")) {
    result.kind = Expression::Kind::null;
  } else if (at("CAST") && at_symbol("(", 1)) {
    at_ += 2;
    result.kind = Expression::Kind::cast;
    result.operands.push_back(expression());
    expect("AS");
    result.type = type();
    expect_symbol(")");
  } else {
    result.kind = Expression::Kind::column;
    result.path = {identifier()};
    while (at_symbol(".")) {
      take();
      if (peek().kind == Token::Kind::position) {  // t.$1: of the only source
        result.kind = Expression::Kind::position;
        result.text = take().text;
        return result;
      }
      if (accept_symbol("*")) {
        result.kind = Expression::Kind::star;
        return result;
      }
      result.path.push_back(identifier());
    }
    if (at_symbol("(")) return call(join(result.path, "."));
  }
  return result;
}

Expression Parser::call(std::string function) {
  Expression result;
  result.kind = Expression::Kind::call;
  result.text = std::move(function);
  expect_symbol("(");
  while (!at_symbol(")")) {
    std::string argument_name;
    if (peek().kind == Token::Kind::word && at_symbol("=>", 1)) {
      argument_name = take().text;
      take();
    }
    result.argument_names.push_back(std::move(argument_name));
    result.operands.push_back(expression());
    if (!at_symbol(")")) expect_symbol(",");
  }
  take();
  return result;
}

std::vector<SelectItem> Parser::select_items() {
  std::vector<SelectItem> items;
  do {
    SelectItem item;
    const auto begin = peek().begin;
    item.expression = expression();
    item.text = std::string(source(begin, tokens_[at_ - 1].end));
    const bool plain_alias = peek().kind == Token::Kind::quoted ||
                             (peek().kind == Token::Kind::word && !at("FROM") && !at("AS") &&
                              !at("WHERE") && !at("LIMIT") && !at("ORDER"));
    if (accept("AS") || plain_alias) item.alias = identifier();
    items.push_back(std::move(item));
  } while (accept_symbol(","));
  return items;
}

Statement Parser::select() {
  Select select;
  if (at("DISTINCT") || at("TOP")) unknown();
  select.items = select_items();
  if (accept("FROM")) {
    select.no_source = false;
    if (at("TABLE") && at_symbol("(", 1)) {
      at_ += 2;
      select.function = expression();
      expect_symbol(")");
    } else if (at_symbol("(") || at_symbol("@")) {
      unknown();
    } else {
      select.table = name();
    }
    if (accept("AS") || peek().kind == Token::Kind::quoted ||
        (peek().kind == Token::Kind::word && !at("WHERE") && !at("LIMIT") && !at("ORDER") &&
         !at("GROUP") && !at("JOIN") && !at("LEFT") && !at("INNER") && !at("FULL") &&
         !at("RIGHT") && !at("CROSS") && !at("NATURAL") && !at("QUALIFY") && !at("HAVING") &&
         !at("UNION"))) {
      select.alias = identifier();
    }
  }
  if (accept("WHERE")) where(select);
  if (accept("ORDER BY")) {
    do {
      std::string key =
          peek().kind == Token::Kind::number ? std::to_string(integer()) : name().back();
      const bool descending = accept("DESC");
      if (!descending) accept("ASC");
      select.order_by.emplace_back(std::move(key), descending);
    } while (accept_symbol(","));
  }
  if (accept("LIMIT")) select.limit = integer();
  if (!at_end() && (peek().kind == Token::Kind::word || at_symbol(","))) unknown();
  return select;
}

void Parser::where(Select& select) {
  do {
    Comparison comparison;
    comparison.column = name().back();
    if (accept("IS NOT NULL")) {
      comparison.operation = "IS NOT";
    } else if (accept("IS NULL")) {
      comparison.operation = "IS";
    } else {
      if (accept("LIKE")) {
        comparison.operation = "LIKE";
      } else {
        static constexpr std::array<std::string_view, 7> operators = {"=",  "<>", "!=", "<",
                                                                      "<=", ">",  ">="};
        for (const auto symbol : operators) {
          if (at_symbol(symbol)) comparison.operation = symbol == "!=" ? "<>" : symbol;
        }
        if (comparison.operation.empty()) unknown();
        take();
      }
      comparison.value = expression();
    }
    select.where.push_back(std::move(comparison));
  } while (accept("AND"));
  if (at("OR")) unknown();
}

Statement Parser::insert() {
  Insert insert;
  insert.table = name();
  if (at_symbol("(")) insert.columns = identifiers_in_parentheses();
  if (!accept("VALUES")) unknown();
  do {
    expect_symbol("(");
    std::vector<Expression> row;
    do {
      row.push_back(expression());
    } while (accept_symbol(","));
    expect_symbol(")");
    insert.rows.push_back(std::move(row));
  } while (accept_symbol(","));
  return insert;
}

CopyInto Parser::copy_into() {
  CopyInto copy;
  if (at_symbol("@")) unknown();  // unloading
  copy.into = name();
  if (at_symbol("(")) copy.columns = identifiers_in_parentheses();
  expect("FROM");
  if (accept_symbol("(")) {
    expect("SELECT");
    copy.select = select_items();
    expect("FROM");
    copy.from = stage();
    if (!at_symbol(")")) {
      accept("AS");
      if (at("WHERE") || at("ORDER") || at("LIMIT") || at("JOIN") || at_symbol(",")) {
        refuse("002302", "42601",
               "COPY statement only supports simple SELECT from stage statements for import.");
      }
      copy.alias = identifier();
    }
    if (!at_symbol(")")) {
      refuse("002302", "42601",
             "COPY statement only supports simple SELECT from stage statements for import.");
    }
    take();
  } else {
    copy.from = stage();
  }
  copy.options = properties_until("");
  return copy;
}

}  // namespace firn::sandbox::snowflake
