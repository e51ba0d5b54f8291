#include "sandbox/snowflake/properties.h"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <set>

#include "core/base/text.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

[[noreturn]] void refuse_value(const PropertySpec& spec, const PropertyValue& value) {
  refuse("001422", "22023",
         fmt::format("invalid value [{}] for parameter '{}'", value.text, spec.name));
}

}  // namespace

const PropertySpec& spec_of(std::span<const PropertySpec> specs, std::string_view name,
                            std::string_view noun) {
  for (const auto& spec : specs) {
    if (spec.name == name) return spec;
  }
  refuse("001420", "22023", fmt::format("invalid property '{}' for '{}'", name, noun));
}

Value read_property(const PropertySpec& spec, const PropertyValue& value) {
  using Shape = PropertyValue::Kind;
  switch (spec.type) {
    case PropertyType::boolean:
      if (value.kind == Shape::boolean) return value.boolean;
      if (value.kind == Shape::string && equals_ignoring_case(value.text, "true")) return true;
      if (value.kind == Shape::string && equals_ignoring_case(value.text, "false")) return false;
      break;
    case PropertyType::integer: {
      std::int64_t number = 0;
      const auto* end = value.text.data() + value.text.size();
      const auto parsed = std::from_chars(value.text.data(), end, number);
      if (value.kind != Shape::number || parsed.ec != std::errc() || parsed.ptr != end) break;
      if (number < spec.minimum || number > spec.maximum) {
        refuse("001008", "22023",
               fmt::format("invalid value [{}] for parameter '{}'", number, spec.name));
      }
      return number;
    }
    case PropertyType::text:
      if (value.kind == Shape::string) return value.text;
      break;
    case PropertyType::keyword: {
      if (value.kind != Shape::string && value.kind != Shape::name && value.kind != Shape::number &&
          value.kind != Shape::boolean) {
        break;
      }
      const auto word = to_upper(value.text);
      if (!spec.allowed.empty() &&
          std::find(spec.allowed.begin(), spec.allowed.end(), word) == spec.allowed.end()) {
        break;
      }
      return word;
    }
    case PropertyType::name:
      if (value.kind == Shape::name && value.name.size() == 1) return value.name.front();
      if (value.kind == Shape::name) return dotted(value.name);
      if (value.kind == Shape::string) return value.text;
      break;
    case PropertyType::texts: {
      if (value.kind == Shape::string) return List{value.text};
      if (value.kind != Shape::list) break;
      List texts;
      for (const auto& item : value.items) {
        if (item.kind != Shape::string) refuse_value(spec, item);
        texts.emplace_back(item.text);
      }
      return texts;
    }
    case PropertyType::group:
      return {};
  }
  refuse_value(spec, value);
}

void assign(Map& into, std::span<const PropertySpec> specs, const std::vector<Property>& list,
            std::string_view noun) {
  std::set<std::string_view> seen;
  for (const auto& property : list) {
    const auto& spec = spec_of(specs, property.name, noun);
    if (!seen.insert(property.name).second) {
      refuse("001424", "42601", fmt::format("duplicate property '{}'", property.name));
    }
    if (spec.type == PropertyType::group) continue;
    if (property.value.kind == PropertyValue::Kind::null) {
      into.erase(to_lower(spec.name));
    } else {
      into.set(to_lower(spec.name), read_property(spec, property.value));
    }
  }
}

void unset(Map& from, std::span<const PropertySpec> specs, const std::vector<std::string>& names,
           std::string_view noun) {
  for (const auto& name : names) {
    const auto& spec = spec_of(specs, name, noun);
    if (!spec.unset) {
      refuse("001421", "22023",
             fmt::format("Cannot unset property '{}' on {}", name, to_lower(noun)));
    }
    from.erase(to_lower(name));
  }
}

const PropertyValue* find(const std::vector<Property>& list, std::string_view name) {
  for (const auto& property : list) {
    if (property.name == name) return &property.value;
  }
  return nullptr;
}

}  // namespace firn::sandbox::snowflake
