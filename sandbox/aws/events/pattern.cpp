#include "sandbox/aws/events/pattern.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"

namespace firn::sandbox::aws::events {
namespace {

using Problem = std::optional<std::string>;

constexpr std::array comparisons = {"<", "<=", "=", ">=", ">"};

bool is_scalar(const Value& value) {
  return value.is_null() || value.is_bool() || value.is_int() || value.is_number() ||
         value.is_string();
}

bool is_numeric(const Value& value) {
  return value.is_int() || value.is_number();
}

Problem check_numeric(const Value& value) {
  const bool has_pairs =
      value.is_list() && !value.as_list().empty() && value.as_list().size() % 2 == 0;
  if (!has_pairs) return "Value of numeric must be an array of operators and numbers";
  const List& items = value.as_list();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const bool known = items[i].is_string() &&
                       std::ranges::find(comparisons, items[i].as_string()) != comparisons.end();
    if (!known) return "Unrecognized numeric range operator";
    if (!is_numeric(items[i + 1])) return "Value of numeric must be a number";
  }
  return std::nullopt;
}

// A text, or a text within {"equals-ignore-case": …}.
Problem check_affix(std::string_view name, const Value& value) {
  if (value.is_string()) return std::nullopt;
  const Value& inner = value.at("equals-ignore-case");
  if (value.is_map() && value.as_map().size() == 1 && inner.is_string()) return std::nullopt;
  return fmt::format("{} match pattern must be a string", name);
}

Problem check_wildcard(const Value& value) {
  if (!value.is_string()) return "wildcard match pattern must be a string";
  if (value.as_string().find("**") != std::string::npos) {
    return "Consecutive wildcard characters are not allowed";
  }
  return std::nullopt;
}

Problem check_anything_but(const Value& value) {
  if (value.is_list()) {
    const List& items = value.as_list();
    const bool sound = !items.empty() && std::ranges::all_of(items, is_scalar);
    return sound ? Problem() : "Inside anything but list, start|null|boolean is not supported.";
  }
  if (!value.is_map()) return std::nullopt;
  if (value.as_map().size() != 1) return "Only one key allowed in match expression";
  const auto& [kind, inner] = *value.as_map().begin();
  if (kind != "prefix" && kind != "suffix" && kind != "equals-ignore-case" && kind != "wildcard") {
    return fmt::format("Unsupported anything-but pattern: {}", kind);
  }
  const List items = inner.is_list() ? inner.as_list() : List{inner};
  const bool sound = !items.empty() &&
                     std::ranges::all_of(items, [](const Value& one) { return one.is_string(); });
  return sound ? Problem() : fmt::format("{} match pattern must be a string", kind);
}

Problem check_filter(const Value& filter, std::string& unknown) {
  if (filter.as_map().size() != 1) return "Only one key allowed in match expression";
  const auto& [kind, value] = *filter.as_map().begin();
  if (kind == "exists") {
    return value.is_bool() ? Problem() : "exists match pattern must be either true or false.";
  }
  if (kind == "prefix" || kind == "suffix") return check_affix(kind, value);
  if (kind == "equals-ignore-case") {
    return value.is_string() ? Problem() : "equals-ignore-case match pattern must be a string";
  }
  if (kind == "wildcard") return check_wildcard(value);
  if (kind == "numeric") return check_numeric(value);
  if (kind == "anything-but") return check_anything_but(value);
  if (kind == "cidr") unknown = "the filter cidr";
  return fmt::format("Unrecognized match type {}", kind);
}

Problem check_members(const Map& pattern, std::string& unknown);

Problem check_member(const std::string& name, const Value& value, std::string& unknown) {
  if (value.is_map()) return check_members(value.as_map(), unknown);
  if (!value.is_list()) return fmt::format("\"{}\" must be an object or an array", name);
  if (value.as_list().empty()) return "Empty arrays are not allowed";
  for (const Value& item : value.as_list()) {
    if (is_scalar(item)) continue;
    if (!item.is_map()) return "Match value must be String, number, true, false, or null";
    if (Problem found = check_filter(item, unknown)) return found;
  }
  return std::nullopt;
}

Problem check_or(const Value& alternatives, std::string& unknown) {
  if (!alternatives.is_list() || alternatives.as_list().size() < 2) {
    return "There must be at least 2 Objects in $or relationship.";
  }
  for (const Value& one : alternatives.as_list()) {
    if (!one.is_map()) return "Only Objects are allowed in array of $or relationship.";
    if (Problem found = check_members(one.as_map(), unknown)) return found;
  }
  return std::nullopt;
}

Problem check_members(const Map& pattern, std::string& unknown) {
  if (pattern.empty()) return "Empty objects are not allowed";
  for (const auto& [name, value] : pattern) {
    Problem found = name == "$or" ? check_or(value, unknown) : check_member(name, value, unknown);
    if (found) return found;
  }
  return std::nullopt;
}

bool starts_with(const std::string& text, const Value& wanted, bool from_the_end) {
  const bool ignores_case = wanted.is_map();
  std::string affix =
      ignores_case ? wanted.string_or("equals-ignore-case", "") : wanted.as_string();
  std::string whole = text;
  if (ignores_case) {
    affix = to_lower(affix);
    whole = to_lower(whole);
  }
  return from_the_end ? whole.ends_with(affix) : whole.starts_with(affix);
}

// "*" stands for any text; a backslash takes a character as it is.
bool fits_wildcard(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (fits_wildcard(pattern.substr(1), text.substr(i))) return true;
    }
    return false;
  }
  if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return !text.empty() && pattern.front() == text.front() &&
         fits_wildcard(pattern.substr(1), text.substr(1));
}

bool equal(const Value& wanted, const Value& value) {
  if (is_numeric(wanted) && is_numeric(value)) return wanted.as_number() == value.as_number();
  return wanted == value;
}

bool in_range(const Value& range, const Value& value) {
  if (!is_numeric(value)) return false;
  const double number = value.as_number();
  const List& items = range.as_list();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const std::string& comparison = items[i].as_string();
    const double bound = items[i + 1].as_number();
    const bool holds = comparison == "<"    ? number < bound
                       : comparison == "<=" ? number <= bound
                       : comparison == "="  ? number == bound
                       : comparison == ">=" ? number >= bound
                                            : number > bound;
    if (!holds) return false;
  }
  return true;
}

bool text_fits(std::string_view kind, const Value& wanted, const Value& value) {
  if (!value.is_string()) return false;
  const std::string& text = value.as_string();
  if (kind == "prefix") return starts_with(text, wanted, false);
  if (kind == "suffix") return starts_with(text, wanted, true);
  if (kind == "wildcard") return fits_wildcard(wanted.as_string(), text);
  return equals_ignoring_case(wanted.as_string(), text);
}

bool is_excepted(const Value& exception, const Value& value) {
  if (!exception.is_map()) {
    const List items = exception.is_list() ? exception.as_list() : List{exception};
    return std::ranges::any_of(items, [&](const Value& one) { return equal(one, value); });
  }
  // No structured binding: clang 14 does not let a lambda capture one.
  const std::string& kind = exception.as_map().begin()->first;
  const Value& inner = exception.as_map().begin()->second;
  const List items = inner.is_list() ? inner.as_list() : List{inner};
  return std::ranges::any_of(items, [&](const Value& one) { return text_fits(kind, one, value); });
}

// Whether one of the wanted things fits the member; nullptr when the event has none.
bool leaf_fits(const List& wanted, const Value* member) {
  const bool exists = member && !member->is_map();
  List values;
  if (exists) values = member->is_list() ? member->as_list() : List{*member};
  const auto any_value = [&](const auto& test) { return std::ranges::any_of(values, test); };
  return std::ranges::any_of(wanted, [&](const Value& item) {
    if (!item.is_map()) return any_value([&](const Value& value) { return equal(item, value); });
    const std::string kind = item.as_map().begin()->first;
    const Value& inner = item.as_map().begin()->second;
    if (kind == "exists") return inner.as_bool() == exists;
    if (kind == "numeric") {
      return any_value([&](const Value& value) { return in_range(inner, value); });
    }
    if (kind == "anything-but") {
      return any_value([&](const Value& value) { return !is_excepted(inner, value); });
    }
    return any_value([&](const Value& value) { return text_fits(kind, inner, value); });
  });
}

}  // namespace

std::optional<std::string> pattern_problem(const Value& pattern, std::string& unknown) {
  if (!pattern.is_map()) return "Filter is not an object";
  return check_members(pattern.as_map(), unknown);
}

bool fits(const Value& pattern, const Value& event) {
  static const Value nothing = Map{};
  for (const MapEntry& entry : pattern.as_map()) {
    const std::string& name = entry.first;
    const Value& wanted = entry.second;
    if (name == "$or") {
      const List& alternatives = wanted.as_list();
      const bool any =
          std::ranges::any_of(alternatives, [&](const Value& one) { return fits(one, event); });
      if (!any) return false;
      continue;
    }
    const Value* member = event.find(name);
    if (wanted.is_list()) {
      if (!leaf_fits(wanted.as_list(), member)) return false;
    } else if (member && member->is_list()) {
      const List& items = member->as_list();
      const bool any = std::ranges::any_of(
          items, [&](const Value& item) { return item.is_map() && fits(wanted, item); });
      if (!any) return false;
    } else if (!fits(wanted, member && member->is_map() ? *member : nothing)) {
      return false;
    }
  }
  return true;
}

}  // namespace firn::sandbox::aws::events
