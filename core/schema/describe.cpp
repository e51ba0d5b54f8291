#include "core/schema/describe.h"

#include <algorithm>
#include <fmt/core.h>

namespace firn {
namespace {

std::string plural(const Attribute& attribute) {
  switch (attribute.kind) {
    case AttributeKind::string:
      return "texts";
    case AttributeKind::integer:
      return "integers";
    case AttributeKind::number:
      return "numbers";
    case AttributeKind::boolean:
      return "booleans";
    case AttributeKind::list:
      return "lists";
    case AttributeKind::map:
    case AttributeKind::object:
      return "maps";
    case AttributeKind::any:
      return "";
  }
  return "";
}

std::string of_elements(std::string_view whole, const Attribute* element) {
  const std::string elements = element == nullptr ? "" : plural(*element);
  return elements.empty() ? std::string(whole) : fmt::format("{} of {}", whole, elements);
}

// "a map with bucket, prefix and list"; the first few fields, required ones first.
std::string with_fields(const Attribute& attribute) {
  constexpr std::size_t few = 4;
  std::vector<std::string_view> names;
  for (const bool wanted : {true, false}) {
    for (const Attribute& field : attribute.fields) {
      if (field.required == wanted && !field.computed && !field.derived)
        names.push_back(field.name);
    }
  }
  if (names.empty()) return "a map";
  std::string text = "a map with ";
  const std::size_t shown = std::min(names.size(), few);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool is_last = i + 1 == shown && shown == names.size();
    if (i > 0) text += is_last ? " and " : ", ";
    text += names[i];
  }
  return shown < names.size() ? text + ", …" : text;
}

std::string bounds(const Attribute& attribute, bool has_minimum, bool has_maximum) {
  if (has_minimum && has_maximum)
    return attribute.minimum == attribute.maximum
               ? fmt::format("exactly {}", attribute.minimum)
               : fmt::format("{} to {}", attribute.minimum, attribute.maximum);
  return has_minimum ? fmt::format("at least {}", attribute.minimum)
                     : fmt::format("at most {}", attribute.maximum);
}

}  // namespace

std::string expected_kind(const Attribute& attribute) {
  switch (attribute.kind) {
    case AttributeKind::string:
      return "a text";
    case AttributeKind::integer:
      return "an integer";
    case AttributeKind::number:
      return "a number";
    case AttributeKind::boolean:
      return "true or false";
    case AttributeKind::list:
      return of_elements("a list", attribute.element);
    case AttributeKind::map:
      return of_elements("a map", attribute.element);
    case AttributeKind::object:
      return with_fields(attribute);
    case AttributeKind::any:
      return "any value";
  }
  return "a value";
}

std::string example_of(const Attribute& attribute) {
  // Some tables write the whole line, some the value alone.
  const std::string key = fmt::format("{}:", attribute.name);
  if (attribute.example.starts_with(key)) return fmt::format("for example: {}", attribute.example);
  if (!attribute.example.empty()) return fmt::format("for example: {} {}", key, attribute.example);
  if (!attribute.allowed.empty())
    return fmt::format("for example: {} {}", key, attribute.allowed.front());
  if (!attribute.default_json.empty() && attribute.default_json != "null" && is_scalar(attribute))
    return fmt::format("for example: {} {}", key, attribute.default_json);
  return "";
}

bool is_scalar(const Attribute& attribute) {
  return attribute.kind == AttributeKind::string || attribute.kind == AttributeKind::integer ||
         attribute.kind == AttributeKind::number || attribute.kind == AttributeKind::boolean;
}

std::optional<std::string> out_of_bounds(const Attribute& attribute, std::int64_t number) {
  if (number >= attribute.minimum && number <= attribute.maximum) return std::nullopt;
  const bool has_minimum = attribute.minimum != INT64_MIN;
  const bool has_maximum = attribute.maximum != INT64_MAX;
  return fmt::format("Allowed: {}.", bounds(attribute, has_minimum, has_maximum));
}

std::optional<std::string> bad_length(const Attribute& attribute, std::size_t length) {
  const bool has_minimum = attribute.minimum > 0;
  const bool has_maximum = attribute.maximum != INT64_MAX && attribute.maximum >= 0;
  const auto size = static_cast<std::int64_t>(length);
  if ((!has_minimum || size >= attribute.minimum) && (!has_maximum || size <= attribute.maximum))
    return std::nullopt;
  const bool is_list = attribute.kind == AttributeKind::list;
  const std::string_view unit = is_list ? "item" : "character";
  const std::int64_t last = has_maximum ? attribute.maximum : attribute.minimum;
  return fmt::format("It has {} {}{}. Allowed: {} {}{}.", length, unit, length == 1 ? "" : "s",
                     bounds(attribute, has_minimum, has_maximum), unit, last == 1 ? "" : "s");
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace firn
