#include "sandbox/snowflake/expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/core.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/types.h"

namespace firn::sandbox::snowflake {
namespace {

using Shape = Expression::Kind;

constexpr std::array<std::string_view, 13> functions = {
    "COALESCE", "CONCAT",     "IFNULL",           "LOWER",      "MD5",
    "NVL",      "PARSE_JSON", "TO_CHAR",          "TO_VARCHAR", "TO_VARIANT",
    "TRIM",     "UPPER",      "CURRENT_TIMESTAMP"};
constexpr std::array<std::string_view, 5> metadata = {
    "METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER", "METADATA$START_SCAN_TIME",
    "METADATA$FILE_LAST_MODIFIED", "METADATA$FILE_CONTENT_KEY"};

std::string text_of(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_null()) return "";
  return to_json(value);
}

Result<Value> number_of(const std::string& text) {
  std::int64_t whole = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, whole);
  if (parsed.ec == std::errc() && parsed.ptr == end) return Value(whole);
  return Value(text);  // kept exact; cells are made from text
}

Result<Value> cast(const Value& value, const TypeText& type_text) {
  if (value.is_null()) return Value();
  const auto type = data_type(type_text);
  using Family = DataType::Family;
  if (type.family == Family::variant) return value;
  auto cell = to_cell(type, value);
  if (!cell) return Failure(cell.error());
  switch (type.family) {
    case Family::object:
    case Family::array:
    case Family::other:
      return parse_json(**cell);
    case Family::number:
      return number_of(**cell);
    case Family::boolean:
      return Value(**cell == "true");
    case Family::text:
      return Value(**cell);
    default:
      // Dates and times stay as they are written; only that they are valid was to be seen.
      return value;
  }
}

Result<Value> call(const Expression& expression, const EvaluationScope& scope) {
  std::vector<Value> arguments;
  const auto& name = expression.text;
  if (std::find(functions.begin(), functions.end(), name) == functions.end()) {
    if (scope.function) return scope.function(expression);
    return fail(ErrorKind::invalid_input, fmt::format("Unknown function {}", name));
  }
  if (name == "CURRENT_TIMESTAMP" && scope.column)
    return scope.column({"METADATA$START_SCAN_TIME"});
  for (const auto& operand : expression.operands) {
    auto value = evaluate(operand, scope);
    if (!value) return value;
    arguments.push_back(std::move(*value));
  }
  if (arguments.empty()) return fail(ErrorKind::invalid_input, name + " needs an argument");
  if (name == "COALESCE" || name == "NVL" || name == "IFNULL") {
    for (const auto& value : arguments) {
      if (!value.is_null()) return value;
    }
    return Value();
  }
  if (std::any_of(arguments.begin(), arguments.end(),
                  [](const Value& value) { return value.is_null(); })) {
    return Value();
  }
  if (name == "CONCAT") {
    std::string all;
    for (const auto& value : arguments)
      all += text_of(value);
    return Value(all);
  }
  if (name == "PARSE_JSON") return parse_json(text_of(arguments[0]));
  if (name == "TO_VARIANT") return arguments[0];
  if (name == "LOWER") return Value(to_lower(text_of(arguments[0])));
  if (name == "UPPER") return Value(to_upper(text_of(arguments[0])));
  if (name == "MD5") return Value(hex(md5(text_of(arguments[0]))));
  if (name == "TRIM") return Value(std::string(trim(text_of(arguments[0]))));
  return Value(text_of(arguments[0]));  // TO_CHAR, TO_VARCHAR
}

}  // namespace

Result<Value> evaluate(const Expression& expression, const EvaluationScope& scope) {
  switch (expression.kind) {
    case Shape::string:
      return Value(expression.text);
    case Shape::number:
      return number_of(expression.text);
    case Shape::boolean:
      return Value(expression.text == "true");
    case Shape::null:
      return Value();
    case Shape::column:
      if (scope.column) return scope.column(expression.path);
      return fail(ErrorKind::invalid_input,
                  fmt::format("invalid identifier '{}'", dotted(expression.path)));
    case Shape::position: {
      const auto index = static_cast<std::size_t>(std::stoul(expression.text));
      if (index == 0 || index > scope.positions.size()) return Value();
      return scope.positions[index - 1];
    }
    case Shape::call:
      return call(expression, scope);
    case Shape::path: {
      auto inner = evaluate(expression.operands[0], scope);
      if (!inner) return inner;
      return inner->at(expression.text);
    }
    case Shape::index: {
      auto inner = evaluate(expression.operands[0], scope);
      if (!inner) return inner;
      const auto index = static_cast<std::size_t>(std::stoul(expression.text));
      if (!inner->is_list() || index >= inner->as_list().size()) return Value();
      return inner->as_list()[index];
    }
    case Shape::cast: {
      auto inner = evaluate(expression.operands[0], scope);
      if (!inner) return inner;
      return cast(*inner, expression.type);
    }
    case Shape::binary: {
      auto left = evaluate(expression.operands[0], scope);
      if (!left) return left;
      auto right = evaluate(expression.operands[1], scope);
      if (!right) return right;
      if (left->is_null() || right->is_null()) return Value();
      return Value(text_of(*left) + text_of(*right));  // only || passes check_expression
    }
    case Shape::star:
      break;
  }
  return fail(ErrorKind::invalid_input, "'*' is no value");
}

void check_expression(const Expression& expression) {
  if (expression.kind == Shape::star) {
    refuse("002302", "42601", "COPY statement cannot select *; name the fields ($1, $1:name).");
  }
  if (expression.kind == Shape::cast) (void)data_type(expression.type);
  if (expression.kind == Shape::binary && expression.text != "||") {
    refuse_unknown(fmt::format("operator {} in a COPY transformation", expression.text));
  }
  if (expression.kind == Shape::call &&
      std::find(functions.begin(), functions.end(), expression.text) == functions.end()) {
    refuse_unknown(fmt::format("function {} in a COPY transformation", expression.text));
  }
  if (expression.kind == Shape::column &&
      (expression.path.size() > 2 ||
       std::find(metadata.begin(), metadata.end(), expression.path.back()) == metadata.end())) {
    refuse("000904", "42000",
           fmt::format("error line 1: invalid identifier '{}'", dotted(expression.path)));
  }
  for (const auto& operand : expression.operands)
    check_expression(operand);
}

}  // namespace firn::sandbox::snowflake
