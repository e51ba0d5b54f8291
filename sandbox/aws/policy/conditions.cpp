#include "sandbox/aws/policy/conditions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"

namespace firn::sandbox::aws {
namespace {

enum class Compare {
  string_equals,
  string_equals_ignoring_case,
  string_like,
  numeric_equals,
  numeric_less,
  numeric_less_or_equal,
  numeric_greater,
  numeric_greater_or_equal,
  boolean,
  arn,
  presence,
  unsupported  // AWS knows it, the sandbox does not evaluate it
};

struct Operator {
  std::string_view name;
  Compare compare;
  bool negated;
};

constexpr std::array operators = {
    Operator{"StringEquals", Compare::string_equals, false},
    Operator{"StringNotEquals", Compare::string_equals, true},
    Operator{"StringEqualsIgnoreCase", Compare::string_equals_ignoring_case, false},
    Operator{"StringNotEqualsIgnoreCase", Compare::string_equals_ignoring_case, true},
    Operator{"StringLike", Compare::string_like, false},
    Operator{"StringNotLike", Compare::string_like, true},
    Operator{"NumericEquals", Compare::numeric_equals, false},
    Operator{"NumericNotEquals", Compare::numeric_equals, true},
    Operator{"NumericLessThan", Compare::numeric_less, false},
    Operator{"NumericLessThanEquals", Compare::numeric_less_or_equal, false},
    Operator{"NumericGreaterThan", Compare::numeric_greater, false},
    Operator{"NumericGreaterThanEquals", Compare::numeric_greater_or_equal, false},
    Operator{"Bool", Compare::boolean, false},
    Operator{"ArnEquals", Compare::arn, false},
    Operator{"ArnLike", Compare::arn, false},
    Operator{"ArnNotEquals", Compare::arn, true},
    Operator{"ArnNotLike", Compare::arn, true},
    Operator{"Null", Compare::presence, false},
    Operator{"DateEquals", Compare::unsupported, false},
    Operator{"DateNotEquals", Compare::unsupported, true},
    Operator{"DateLessThan", Compare::unsupported, false},
    Operator{"DateLessThanEquals", Compare::unsupported, false},
    Operator{"DateGreaterThan", Compare::unsupported, false},
    Operator{"DateGreaterThanEquals", Compare::unsupported, false},
    Operator{"BinaryEquals", Compare::unsupported, false},
    Operator{"IpAddress", Compare::unsupported, false},
    Operator{"NotIpAddress", Compare::unsupported, true},
};

struct ParsedOperator {
  enum class Set { single, for_any, for_all };
  Operator op{};
  Set set = Set::single;
  bool if_exists = false;
};

std::optional<ParsedOperator> parse_operator(std::string_view name) {
  ParsedOperator parsed;
  if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    const std::string_view set = name.substr(0, colon);
    if (set == "ForAnyValue") {
      parsed.set = ParsedOperator::Set::for_any;
    } else if (set == "ForAllValues") {
      parsed.set = ParsedOperator::Set::for_all;
    } else {
      return std::nullopt;
    }
    name.remove_prefix(colon + 1);
  }
  constexpr std::string_view suffix = "IfExists";
  if (name.ends_with(suffix)) {
    parsed.if_exists = true;
    name.remove_suffix(suffix.size());
  }
  const auto found = std::find_if(operators.begin(), operators.end(),
                                  [&](const Operator& op) { return op.name == name; });
  if (found == operators.end()) return std::nullopt;
  if (found->compare == Compare::presence && parsed.if_exists) return std::nullopt;
  parsed.op = *found;
  return parsed;
}

// Booleans and numbers may stand without quotes in a document.
std::string as_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int()) return fmt::format("{}", value.as_int());
  if (value.is_number()) return fmt::format("{}", value.as_number());
  return {};
}

std::vector<std::string> as_texts(const Value& value) {
  std::vector<std::string> texts;
  if (value.is_list()) {
    for (const Value& item : value.as_list())
      texts.push_back(as_text(item));
  } else {
    texts.push_back(as_text(value));
  }
  return texts;
}

std::optional<double> number(std::string_view text) {
  double parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return parsed;
}

bool compare_numbers(Compare compare, double actual, double wanted) {
  switch (compare) {
    case Compare::numeric_less:
      return actual < wanted;
    case Compare::numeric_less_or_equal:
      return actual <= wanted;
    case Compare::numeric_greater:
      return actual > wanted;
    case Compare::numeric_greater_or_equal:
      return actual >= wanted;
    default:
      return actual == wanted;
  }
}

// Does one value of the request satisfy one value of the document (negation left aside)?
bool holds(Compare compare, const std::string& actual, const std::string& wanted,
           const Context& context, bool variables) {
  const bool wildcards = compare == Compare::string_like || compare == Compare::arn;
  const auto pattern = compile_pattern(wanted, context, variables, wildcards);
  if (!pattern) return false;
  switch (compare) {
    case Compare::string_equals:
    case Compare::string_like:
      return matches(*pattern, actual);
    case Compare::string_equals_ignoring_case:
    case Compare::boolean:
      return matches(*pattern, actual, true);
    case Compare::arn:
      return matches_arn(*pattern, actual);
    default: {
      const auto left = number(actual);
      const auto right = number(wanted);
      return left && right && compare_numbers(compare, *left, *right);
    }
  }
}

// Several values of the document are alternatives; under a negated operator none may hold.
bool value_passes(const ParsedOperator& parsed, const std::string& actual,
                  const std::vector<std::string>& wanted, const Context& context, bool variables) {
  const bool any = std::any_of(wanted.begin(), wanted.end(), [&](const std::string& value) {
    return holds(parsed.op.compare, actual, value, context, variables);
  });
  return parsed.op.negated ? !any : any;
}

bool key_passes(const ParsedOperator& parsed, const std::string& key, const Value& value,
                const Context& context, bool variables) {
  const std::vector<std::string> wanted = as_texts(value);
  const std::vector<std::string>* actual = context.find(key);
  const bool present = actual && !actual->empty();
  if (parsed.op.compare == Compare::presence) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& text) {
      return equals_ignoring_case(text, "true") ? !present : present;
    });
  }
  if (parsed.set != ParsedOperator::Set::single) {
    // A key that is missing or has nothing but empty texts is an empty set. IfExists is asked of
    // each of its values, so it changes nothing.
    const bool is_empty =
        !present || std::all_of(actual->begin(), actual->end(),
                                [](const std::string& one) { return one.empty(); });
    if (is_empty) return parsed.set == ParsedOperator::Set::for_all;
  } else if (!present) {
    return parsed.if_exists || parsed.op.negated;
  }
  const auto passes = [&](const std::string& one) {
    return value_passes(parsed, one, wanted, context, variables);
  };
  if (parsed.set == ParsedOperator::Set::for_any) {
    return std::any_of(actual->begin(), actual->end(), passes);
  }
  // A single-valued comparison sees one value; should there be more, all must pass.
  return std::all_of(actual->begin(), actual->end(), passes);
}

}  // namespace

bool is_condition_operator(std::string_view name) {
  return parse_operator(name).has_value();
}

ConditionResult evaluate_conditions(const Value& block, const Context& context, bool variables) {
  using Outcome = ConditionResult::Outcome;
  if (!block.is_map()) return {};
  ConditionResult result;
  for (const auto& [name, keys] : block.as_map()) {
    const auto parsed = parse_operator(name);
    if (!parsed || parsed->op.compare == Compare::unsupported) {
      result = {Outcome::cannot_tell,
                fmt::format("the firn sandbox does not evaluate the condition operator {}", name)};
      continue;
    }
    if (!keys.is_map()) continue;
    for (const auto& [key, value] : keys.as_map()) {
      if (!key_passes(*parsed, key, value, context, variables)) return {Outcome::not_met, {}};
    }
  }
  return result;
}

}  // namespace firn::sandbox::aws
