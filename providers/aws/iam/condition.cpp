#include "providers/aws/iam/condition.h"

#include <algorithm>
#include <array>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/iam/condition_values.h"

namespace firn::aws::iam {
namespace {

using Set = ConditionOperator::Set;

struct Named {
  std::string_view name;
  Comparison comparison;
  bool is_negated = false;
};

constexpr std::array operators = {
    Named{"StringEquals", Comparison::string_equals},
    Named{"StringNotEquals", Comparison::string_equals, true},
    Named{"StringEqualsIgnoreCase", Comparison::string_equals_ignoring_case},
    Named{"StringNotEqualsIgnoreCase", Comparison::string_equals_ignoring_case, true},
    Named{"StringLike", Comparison::string_like},
    Named{"StringNotLike", Comparison::string_like, true},
    Named{"NumericEquals", Comparison::numeric_equals},
    Named{"NumericNotEquals", Comparison::numeric_equals, true},
    Named{"NumericLessThan", Comparison::numeric_less},
    Named{"NumericLessThanEquals", Comparison::numeric_less_or_equal},
    Named{"NumericGreaterThan", Comparison::numeric_greater},
    Named{"NumericGreaterThanEquals", Comparison::numeric_greater_or_equal},
    Named{"DateEquals", Comparison::date_equals},
    Named{"DateNotEquals", Comparison::date_equals, true},
    Named{"DateLessThan", Comparison::date_less},
    Named{"DateLessThanEquals", Comparison::date_less_or_equal},
    Named{"DateGreaterThan", Comparison::date_greater},
    Named{"DateGreaterThanEquals", Comparison::date_greater_or_equal},
    Named{"Bool", Comparison::boolean},
    Named{"BinaryEquals", Comparison::binary},
    Named{"IpAddress", Comparison::ip_address},
    Named{"NotIpAddress", Comparison::ip_address, true},
    // "The ArnEquals and ArnLike condition operators behave identically."
    Named{"ArnEquals", Comparison::arn},
    Named{"ArnNotEquals", Comparison::arn, true},
    Named{"ArnLike", Comparison::arn},
    Named{"ArnNotLike", Comparison::arn, true},
    Named{"Null", Comparison::null},
};

Match match_of(bool holds) {
  return holds ? Match::yes : Match::no;
}

// "You can use a policy variable for Condition values in any condition that involves the string
// operators or the ARN operators"; the page of the operators adds Bool.
Match compare_texts(Comparison comparison, const std::string& actual, const std::string& wanted,
                    const Context& context, bool variables) {
  const auto symbols = resolve_text(wanted, context, variables);
  if (!symbols) return Match::no;
  switch (comparison) {
    case Comparison::string_equals:
      return match_of(Pattern::literal(*symbols).matches(actual));
    case Comparison::string_like:
      return match_of(Pattern::glob(*symbols).matches(actual));
    case Comparison::arn: {
      const auto pattern = Pattern::arn(*symbols);
      return match_of(pattern && pattern->matches(actual));
    }
    default:
      return match_of(Pattern::literal(*symbols, Pattern::Letters::ignore_case).matches(actual));
  }
}

template <class Number>
bool in_order(Comparison comparison, Number actual, Number wanted) {
  switch (comparison) {
    case Comparison::numeric_less:
    case Comparison::date_less:
      return actual < wanted;
    case Comparison::numeric_less_or_equal:
    case Comparison::date_less_or_equal:
      return actual <= wanted;
    case Comparison::numeric_greater:
    case Comparison::date_greater:
      return actual > wanted;
    case Comparison::numeric_greater_or_equal:
    case Comparison::date_greater_or_equal:
      return actual >= wanted;
    default:
      return actual == wanted;
  }
}

// AWS refuses some documents with a value that cannot be read, and does not say what others mean.
template <class Parsed, class Compare>
Match compare_parsed(const std::optional<Parsed>& actual, const std::optional<Parsed>& wanted,
                     const Compare& compare) {
  if (!wanted) return Match::cannot_tell;
  return match_of(actual && compare(*actual, *wanted));
}

// One value of the request with one of the document, negation left aside.
Match compare(Comparison comparison, const std::string& actual, const PolicyText& wanted,
              const Context& context, bool variables) {
  if (!wanted.is_known()) return Match::cannot_tell;
  const auto ordered = [comparison](auto a, auto b) { return in_order(comparison, a, b); };
  switch (comparison) {
    case Comparison::numeric_equals:
    case Comparison::numeric_less:
    case Comparison::numeric_less_or_equal:
    case Comparison::numeric_greater:
    case Comparison::numeric_greater_or_equal:
      return compare_parsed(parse_number(actual), parse_number(wanted.text), ordered);
    case Comparison::date_equals:
    case Comparison::date_less:
    case Comparison::date_less_or_equal:
    case Comparison::date_greater:
    case Comparison::date_greater_or_equal:
      return compare_parsed(parse_date(actual), parse_date(wanted.text), ordered);
    case Comparison::binary:
      return compare_parsed(std::optional(actual), decode_base64(wanted.text),
                            [](const std::string& a, const std::string& b) { return a == b; });
    case Comparison::ip_address:
      return compare_parsed(parse_network(actual), parse_network(wanted.text),
                            [](const Network& address, const Network& network) {
                              return contains(network, address);
                            });
    default:
      return compare_texts(comparison, actual, wanted.text, context, variables);
  }
}

// The values of the document are alternatives. Under a negated operator none of them may fit.
Match fits(const Condition& condition, const std::string& actual, const Context& context,
           bool variables) {
  Match any = Match::no;
  for (const PolicyText& wanted : condition.values)
    any = either(any, compare(condition.op.comparison, actual, wanted, context, variables));
  return condition.op.is_negated ? negation(any) : any;
}

Match check_presence(const Condition& condition, bool is_present) {
  Match any = Match::no;
  for (const PolicyText& wanted : condition.values) {
    if (!wanted.is_known()) {
      any = either(any, Match::cannot_tell);
    } else if (equals_ignoring_case(wanted.text, "true")) {
      any = either(any, match_of(!is_present));
    } else if (equals_ignoring_case(wanted.text, "false")) {
      any = either(any, match_of(is_present));
    } else {
      any = either(any, Match::cannot_tell);
    }
  }
  return any;
}

bool is_empty_set(const std::vector<std::string>* values) {
  return values == nullptr || std::all_of(values->begin(), values->end(),
                                          [](const std::string& value) { return value.empty(); });
}

}  // namespace

Match both(Match a, Match b) {
  return std::min(a, b);
}

Match either(Match a, Match b) {
  return std::max(a, b);
}

Match negation(Match match) {
  if (match == Match::cannot_tell) return match;
  return match == Match::yes ? Match::no : Match::yes;
}

std::optional<ConditionOperator> parse_condition_operator(std::string_view name) {
  ConditionOperator parsed;
  if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    const std::string_view set = name.substr(0, colon);
    if (set != "ForAnyValue" && set != "ForAllValues") return std::nullopt;
    parsed.set = set == "ForAnyValue" ? Set::for_any_value : Set::for_all_values;
    name.remove_prefix(colon + 1);
  }
  constexpr std::string_view suffix = "IfExists";
  if (name.ends_with(suffix)) {
    parsed.if_exists = true;
    name.remove_suffix(suffix.size());
  }
  const auto* const found = std::find_if(operators.begin(), operators.end(),
                                         [name](const Named& each) { return each.name == name; });
  if (found == operators.end()) return std::nullopt;
  // "You can add IfExists to the end of any condition operator name except the Null condition."
  if (found->comparison == Comparison::null && parsed.if_exists) return std::nullopt;
  parsed.comparison = found->comparison;
  parsed.is_negated = found->is_negated;
  return parsed;
}

Match evaluate_condition(const Condition& condition, const Context& context, bool variables) {
  const std::vector<std::string>* values = context.find(condition.key);
  const ConditionOperator& op = condition.op;
  if (op.comparison == Comparison::null) return check_presence(condition, values != nullptr);
  switch (op.set) {
    case Set::for_all_values: {
      // "It also returns true if there are no keys in the request, or if the key values resolve to
      // a null data set, such as an empty string."
      if (is_empty_set(values)) return Match::yes;
      Match all = Match::yes;
      for (const std::string& value : *values)
        all = both(all, fits(condition, value, context, variables));
      return all;
    }
    case Set::for_any_value: {
      // "For no matching key or a null dataset, the condition returns false." IfExists does not
      // change that: it is asked of each value, and there is none.
      if (is_empty_set(values)) return Match::no;
      Match any = Match::no;
      for (const std::string& value : *values)
        any = either(any, fits(condition, value, context, variables));
      return any;
    }
    case Set::none:
      break;
  }
  // "If the key is not present, the values do not match and the condition is false. If the policy
  // condition requires that the key is not matched, the condition is true."
  if (values == nullptr) return match_of(op.if_exists || op.is_negated);
  // "Multivalued context keys require a condition set operator": what happens without is not said.
  if (values->size() > 1) return Match::cannot_tell;
  return fits(condition, values->front(), context, variables);
}

}  // namespace firn::aws::iam
