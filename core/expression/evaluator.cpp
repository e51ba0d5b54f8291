#include "core/expression/evaluator.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

#include "core/base/text.h"
#include "core/expression/lexer.h"

namespace firn::expression {
namespace {

Value tainted(Value value, bool is_secret) {
  return is_secret ? Value::secret(value) : value;
}

bool is_numeric(const Value& value) {
  return value.is_int() || value.is_number();
}

bool may_be_equal(const Value& left, const Value& right) {
  return left.kind() == right.kind() || left.is_null() || right.is_null() ||
         (is_numeric(left) && is_numeric(right));
}

bool is_less(const Value& left, const Value& right) {
  if (left.is_string()) return left.as_string() < right.as_string();
  if (left.is_int() && right.is_int()) return left.as_int() < right.as_int();
  return left.as_number() < right.as_number();
}

bool holds(Comparison comparison, const Value& left, const Value& right) {
  switch (comparison) {
    case Comparison::equal:
      return left == right;
    case Comparison::not_equal:
      return !(left == right);
    case Comparison::less:
      return is_less(left, right);
    case Comparison::less_or_equal:
      return !is_less(right, left);
    case Comparison::greater:
      return is_less(right, left);
    case Comparison::greater_or_equal:
      return !is_less(left, right);
  }
  return false;
}

}  // namespace

Value uncovered(Value value, bool& is_secret) {
  if (!value.is_secret()) return value;
  is_secret = true;
  return value.reveal();
}

bool has_error_since(const Diagnostics& diagnostics, std::size_t start) {
  const auto& items = diagnostics.items();
  return std::any_of(items.begin() + static_cast<std::ptrdiff_t>(start), items.end(),
                     [](const Diagnostic& item) { return item.severity == Severity::error; });
}

Value first_unknown(const Value& value) {
  if (value.is_list()) {
    for (const Value& item : value.as_list()) {
      if (item.contains_unknown()) return first_unknown(item);
    }
  } else if (value.is_map()) {
    for (const auto& [key, member] : value.as_map()) {
      if (member.contains_unknown()) return first_unknown(member);
    }
  } else if (value.is_secret()) {
    return first_unknown(value.reveal());
  }
  return value;
}

Value revealed(const Value& value) {
  if (!value.contains_secret()) return value;
  if (value.is_secret()) return revealed(value.reveal());
  if (value.is_list()) {
    List items;
    items.reserve(value.as_list().size());
    for (const Value& item : value.as_list())
      items.push_back(revealed(item));
    return Value(std::move(items));
  }
  std::vector<MapEntry> members;
  members.reserve(value.as_map().size());
  for (const auto& [key, member] : value.as_map())
    members.emplace_back(key, revealed(member));
  return Value(Map(std::move(members)));
}

SourceRange Evaluator::place(const Expression& expression) const {
  return place_in(text_, where_, expression.offset, expression.length);
}

std::nullopt_t Evaluator::fail(const SourceRange& where, std::string summary, std::string detail,
                               std::string remedy) {
  diagnostics_.error(where, std::move(summary), std::move(detail), std::move(remedy));
  return std::nullopt;
}

Evaluator::Answer Evaluator::evaluate(const std::vector<Part>& parts) {
  if (parts.size() == 1 && parts[0].expression) return evaluate(*parts[0].expression);
  std::string whole;
  bool is_secret = false;
  std::optional<Value> unknown;
  for (const Part& part : parts) {
    if (!part.expression) {
      whole += part.text;
      continue;
    }
    Answer answer = evaluate(*part.expression);
    if (!answer) return std::nullopt;
    const Value value = uncovered(*std::move(answer), is_secret);
    if (value.is_unknown()) {
      if (!unknown) unknown = value;
      continue;
    }
    const auto text = text_of(value);
    if (!text && value.is_null())
      return fail(place(*part.expression), "null inside a text", "It has no text of its own.",
                  "give it one: ${default(x, \"\")}");
    if (!text)
      return fail(place(*part.expression), fmt::format("{} inside a text", kind_name(value.kind())),
                  "Only texts, numbers and booleans can stand inside a longer text.",
                  value.is_list() ? "use join(list, separator) or json(value)"
                                  : "choose a member of it, or use json(value)");
    whole += *text;
  }
  if (unknown) return unknown;
  return tainted(Value(std::move(whole)), is_secret);
}

Evaluator::Answer Evaluator::evaluate(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::literal:
      return expression.literal;
    case ExpressionKind::path:
      return path(expression);
    case ExpressionKind::access:
      return access(expression);
    case ExpressionKind::call:
      return call(expression);
    case ExpressionKind::list:
      return list(expression);
    case ExpressionKind::map:
      return map(expression);
    case ExpressionKind::negation:
      return negation(expression);
    case ExpressionKind::conjunction:
    case ExpressionKind::disjunction:
      return row(expression);
    case ExpressionKind::comparison:
      return comparison(expression);
    case ExpressionKind::choice:
      return choice(expression);
  }
  return std::nullopt;
}

Evaluator::Answer Evaluator::path(const Expression& expression) {
  Answer obstacle;
  const auto whole = references(expression, obstacle);
  if (!whole) return obstacle;
  const std::size_t start = diagnostics_.items().size();
  List values;
  for (const Reference& reference : whole->references)
    values.push_back(scope_.resolve(reference, diagnostics_));
  if (has_error_since(diagnostics_, start)) return std::nullopt;
  return tainted(whole->is_many ? Value(std::move(values)) : std::move(values.front()),
                 whole->is_secret);
}

Evaluator::Answer Evaluator::step_into(const Value& value, const PathStep& step,
                                       const SourceRange& where) {
  if (step.is_index) {
    if (!value.is_list())
      return fail(where, fmt::format("[{}] needs a list", step.index),
                  fmt::format("This is {}.", kind_name(value.kind())));
    const List& items = value.as_list();
    if (step.index < 0 || static_cast<std::size_t>(step.index) >= items.size())
      return fail(where, fmt::format("there is no item [{}]", step.index),
                  fmt::format("The list has {} item{}; the first is [0].", items.size(),
                              items.size() == 1 ? "" : "s"));
    return items[static_cast<std::size_t>(step.index)];
  }
  if (!value.is_map())
    return fail(where, fmt::format("\"{}\" needs a map", step.name),
                fmt::format("This is {}.", kind_name(value.kind())));
  if (const Value* member = value.find(step.name)) return *member;
  std::vector<std::string_view> names;
  for (const auto& [key, unused] : value.as_map())
    names.push_back(key);
  return fail(where, fmt::format("there is no member \"{}\"", step.name),
              names.empty() ? "The map is empty." : "", suggestion(step.name, names));
}

Evaluator::Answer Evaluator::access(const Expression& expression) {
  Answer value = evaluate(expression.operands[0]);
  bool is_secret = false;
  for (const Step& step : expression.steps) {
    if (!value) return std::nullopt;
    value = uncovered(*std::move(value), is_secret);
    if (value->is_unknown()) return value;
    PathStep key = step.step;
    if (step.index_operand != 0) {
      const Expression& operand = expression.operands[step.index_operand];
      const Answer computed = evaluate(operand);
      if (!computed) return std::nullopt;
      const Value written = uncovered(*computed, is_secret);
      if (written.is_unknown()) return written;
      auto found = step_of(written, operand);
      if (!found) return std::nullopt;
      key = *std::move(found);
    }
    const Value inner = *std::move(value);
    value = step_into(inner, key, place_in(text_, where_, step.offset, step.length));
  }
  if (!value) return std::nullopt;
  return tainted(*std::move(value), is_secret);
}

Evaluator::Answer Evaluator::default_call(const Expression& expression) {
  const Expression& wanted = expression.operands[0];
  Answer value;
  if (wanted.kind == ExpressionKind::path || wanted.kind == ExpressionKind::access) {
    // What is not there is what default() is for, so that is no error.
    Diagnostics dropped;
    value = Evaluator(text_, where_, scope_, dropped).evaluate(wanted);
    if (!value) return evaluate(expression.operands[1]);
  } else {
    value = evaluate(wanted);
  }
  if (!value) return std::nullopt;
  const bool is_missing = value->is_null() || (value->is_secret() && value->reveal().is_null() &&
                                               value->secret_digest().empty());
  return is_missing ? evaluate(expression.operands[1]) : value;
}

Evaluator::Answer Evaluator::call(const Expression& expression) {
  const Function& function = *expression.function;
  if (function.apply == nullptr) return default_call(expression);
  const bool is_deep = function.depth == Depth::deep;
  bool is_secret = false;
  std::optional<Value> unknown;
  std::vector<Value> arguments;
  std::vector<SourceRange> places;
  for (const Expression& operand : expression.operands) {
    Answer answer = evaluate(operand);
    if (!answer) return std::nullopt;
    Value value = *std::move(answer);
    if (is_deep && value.contains_secret()) {
      is_secret = true;
      value = revealed(value);
    }
    value = uncovered(std::move(value), is_secret);
    if (!unknown && (is_deep ? value.contains_unknown() : value.is_unknown()))
      unknown = first_unknown(value);
    arguments.push_back(std::move(value));
    places.push_back(place(operand));
  }
  if (unknown) return unknown;
  const Call call{std::move(arguments), std::move(places), place(expression), scope_, diagnostics_};
  Answer result = function.apply(call);
  if (!result) return std::nullopt;
  return tainted(*std::move(result), is_secret);
}

Evaluator::Answer Evaluator::list(const Expression& expression) {
  List items;
  items.reserve(expression.operands.size());
  for (const Expression& operand : expression.operands) {
    Answer item = evaluate(operand);
    if (!item) return std::nullopt;
    items.push_back(*std::move(item));
  }
  return Value(std::move(items));
}

Evaluator::Answer Evaluator::map(const Expression& expression) {
  std::vector<MapEntry> members;
  members.reserve(expression.operands.size());
  for (std::size_t i = 0; i < expression.operands.size(); ++i) {
    Answer member = evaluate(expression.operands[i]);
    if (!member) return std::nullopt;
    members.emplace_back(expression.names[i], *std::move(member));
  }
  return Value(Map(std::move(members)));
}

Evaluator::Answer Evaluator::condition(const Expression& expression, std::string_view what,
                                       bool& is_secret) {
  Answer answer = evaluate(expression);
  if (!answer) return std::nullopt;
  Value value = uncovered(*std::move(answer), is_secret);
  if (value.is_bool() || value.is_unknown()) return value;
  return fail(place(expression), fmt::format("{} takes true or false", what),
              fmt::format("This is {}.", kind_name(value.kind())),
              "write a comparison, such as x == \"prod\" or x != null");
}

Evaluator::Answer Evaluator::negation(const Expression& expression) {
  bool is_secret = false;
  const Answer inner = condition(expression.operands[0], "!", is_secret);
  if (!inner || inner->is_unknown()) return inner;
  return tainted(Value(!inner->as_bool()), is_secret);
}

// && and ||, from left to right: what decides ends it, so nothing behind is looked at.
Evaluator::Answer Evaluator::row(const Expression& expression) {
  const bool is_and = expression.kind == ExpressionKind::conjunction;
  bool is_secret = false;
  std::optional<Value> unknown;
  for (const Expression& operand : expression.operands) {
    const Answer answer = condition(operand, is_and ? "&&" : "||", is_secret);
    if (!answer) return std::nullopt;
    if (answer->is_unknown()) {
      if (!unknown) unknown = *answer;
    } else if (answer->as_bool() != is_and) {
      return tainted(Value(!is_and), is_secret);
    }
  }
  if (unknown) return unknown;
  return tainted(Value(is_and), is_secret);
}

Evaluator::Answer Evaluator::comparison(const Expression& expression) {
  Answer left = evaluate(expression.operands[0]);
  if (!left) return std::nullopt;
  Answer right = evaluate(expression.operands[1]);
  if (!right) return std::nullopt;
  if (left->contains_unknown()) return first_unknown(*left);
  if (right->contains_unknown()) return first_unknown(*right);
  const bool is_secret = left->contains_secret() || right->contains_secret();
  const Value a = revealed(*left);
  const Value b = revealed(*right);
  const bool is_equality =
      expression.comparison == Comparison::equal || expression.comparison == Comparison::not_equal;
  if (is_equality && !may_be_equal(a, b))
    return fail(place(expression),
                fmt::format("{} never equals {}", kind_name(a.kind()), kind_name(b.kind())), {},
                a.is_string() || b.is_string() ? "put quotes around both sides, or around neither"
                                               : "compare values of one kind");
  const bool is_ordered = (is_numeric(a) && is_numeric(b)) || (a.is_string() && b.is_string());
  if (!is_equality && !is_ordered)
    return fail(place(expression), "only two numbers or two texts have an order",
                fmt::format("These are {} and {}.", kind_name(a.kind()), kind_name(b.kind())));
  return tainted(Value(holds(expression.comparison, a, b)), is_secret);
}

Evaluator::Answer Evaluator::choice(const Expression& expression) {
  bool is_secret = false;
  const Answer answer = condition(expression.operands[0], "a choice", is_secret);
  if (!answer || answer->is_unknown()) return answer;
  Answer chosen = evaluate(expression.operands[answer->as_bool() ? 1 : 2]);
  if (!chosen) return std::nullopt;
  return tainted(*std::move(chosen), is_secret);
}

}  // namespace firn::expression
