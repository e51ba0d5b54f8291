#include "sandbox/aws/event_pattern.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

#include "core/base/text.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operators = {
    "anything-but", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"};

bool is_number(const Value& value) {
  return value.is_int() || value.is_number();
}

// [">", 0, "<=", 10]
std::optional<std::string> numeric_problem(const Value& conditions) {
  constexpr std::array signs = {"<", "<=", "=", ">", ">="};
  const bool is_pairs =
      conditions.is_list() && !conditions.as_list().empty() && conditions.as_list().size() % 2 == 0;
  if (!is_pairs) return "Value of numeric must be an array of pairs";
  const List& items = conditions.as_list();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const bool is_sign = items[i].is_string() &&
                         std::find(signs.begin(), signs.end(), items[i].as_string()) != signs.end();
    if (!is_sign) return "Unrecognized numeric range operator";
    if (!is_number(items[i + 1])) return "Value of numeric must be numeric";
  }
  return std::nullopt;
}

std::optional<std::string> rule_problem(const Value& rule) {
  if (rule.is_list()) return "Match value must be String, number, true, false, or null";
  if (!rule.is_map()) return std::nullopt;
  if (rule.as_map().size() != 1) return "Only one key allowed in match expression";
  const auto& [name, operand] = *rule.as_map().begin();
  if (std::find(operators.begin(), operators.end(), name) == operators.end()) {
    return fmt::format("Unrecognized match type {}", name);
  }
  if (name == "numeric") return numeric_problem(operand);
  if (name == "exists") {
    if (operand.is_bool()) return std::nullopt;
    return "exists match pattern must be either true or false.";
  }
  if (name == "anything-but") {
    if (operand.is_map()) return rule_problem(operand);
    return std::nullopt;
  }
  if (!operand.is_string()) return fmt::format("{} match pattern must be a string", name);
  return std::nullopt;
}

bool has_shape(std::string_view text, std::string_view pattern) {  // * stands for anything
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t from = star; from <= text.size(); ++from) {
    if (has_shape(text.substr(from), rest)) return true;
  }
  return false;
}

bool fits_numbers(const Value& conditions, const Value& value) {
  if (!is_number(value)) return false;
  const double number = value.as_number();
  const List& items = conditions.as_list();
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const std::string& sign = items[i].as_string();
    const double bound = items[i + 1].as_number();
    const bool holds = sign == "<"    ? number < bound
                       : sign == "<=" ? number <= bound
                       : sign == ">"  ? number > bound
                       : sign == ">=" ? number >= bound
                                      : !(number < bound) && !(number > bound);
    if (!holds) return false;
  }
  return true;
}

bool fits_rule(const Value& rule, const Value& value);

bool is_anything_but(const Value& operand, const Value& value) {
  if (operand.is_map()) return !fits_rule(operand, value);
  if (!operand.is_list()) return !(operand == value);
  const List& none = operand.as_list();
  return std::find(none.begin(), none.end(), value) == none.end();
}

bool fits_rule(const Value& rule, const Value& value) {
  if (!rule.is_map()) return rule == value;
  const auto& [name, operand] = *rule.as_map().begin();
  if (name == "exists") return operand.as_bool();
  if (name == "numeric") return fits_numbers(operand, value);
  if (name == "anything-but") return is_anything_but(operand, value);
  if (!value.is_string() || !operand.is_string()) return false;
  const std::string& text = value.as_string();
  const std::string& wanted = operand.as_string();
  if (name == "prefix") return text.starts_with(wanted);
  if (name == "suffix") return text.ends_with(wanted);
  if (name == "equals-ignore-case") return equals_ignoring_case(text, wanted);
  return has_shape(text, wanted);
}

bool asks_for_absence(const Value& rule) {
  const Value* exists = rule.find("exists");
  return exists != nullptr && exists->is_bool() && !exists->as_bool();
}

// One of the rules has to hold for the value, or for one of its items.
bool fits_rules(const List& rules, const Value* value) {
  return std::any_of(rules.begin(), rules.end(), [&](const Value& rule) {
    if (value == nullptr) return asks_for_absence(rule);
    if (asks_for_absence(rule)) return false;
    if (!value->is_list()) return fits_rule(rule, *value);
    const List& items = value->as_list();
    return std::any_of(items.begin(), items.end(),
                       [&](const Value& item) { return fits_rule(rule, item); });
  });
}

bool fits_member(const Value& condition, const Value* value) {
  if (condition.is_list()) return fits_rules(condition.as_list(), value);
  static const Value nothing{Map()};
  if (value == nullptr) return fits_pattern(condition, nothing);
  if (!value->is_list()) return fits_pattern(condition, *value);
  const List& items = value->as_list();
  return std::any_of(items.begin(), items.end(),
                     [&](const Value& item) { return fits_pattern(condition, item); });
}

}  // namespace

std::optional<std::string> pattern_problem(const Value& pattern, bool may_nest) {
  if (!pattern.is_map()) return "Filter is not an object";
  for (const auto& [key, condition] : pattern.as_map()) {
    if (key == "$or" && condition.is_list()) {
      for (const Value& alternative : condition.as_list()) {
        if (auto problem = pattern_problem(alternative, may_nest)) return problem;
      }
    } else if (condition.is_list()) {
      if (condition.as_list().empty()) return "Empty arrays are not allowed";
      for (const Value& rule : condition.as_list()) {
        if (auto problem = rule_problem(rule)) return problem;
      }
    } else if (!condition.is_map()) {
      return fmt::format("\"{}\" must be an object or an array", key);
    } else if (!may_nest) {
      return "Filter policy scope MessageAttributes does not support nested filter policy";
    } else if (auto problem = pattern_problem(condition, may_nest)) {
      return problem;
    }
  }
  return std::nullopt;
}

bool fits_pattern(const Value& pattern, const Value& event) {
  if (!event.is_map()) return false;
  const Map& conditions = pattern.as_map();
  return std::all_of(conditions.begin(), conditions.end(), [&](const auto& member) {
    const auto& [key, condition] = member;
    if (key != "$or") return fits_member(condition, event.find(key));
    const List& alternatives = condition.as_list();
    return std::any_of(alternatives.begin(), alternatives.end(),
                       [&](const Value& one) { return fits_pattern(one, event); });
  });
}

}  // namespace firn::sandbox::aws
