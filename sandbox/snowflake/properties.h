// NAME = value properties of statements: which a kind has, of what type, and their storing.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/value/value.h"
#include "sandbox/snowflake/ast.h"

namespace firn::sandbox::snowflake {

enum class PropertyType : std::uint8_t {
  boolean,
  integer,
  text,     // a string literal
  keyword,  // a bare word or a string, stored in upper case; `allowed` may limit it
  name,     // an identifier, stored in its stored form
  texts,    // a list of string literals
  group     // handled by the kind itself: skipped here
};

struct PropertySpec {
  std::string_view name;
  PropertyType type = PropertyType::text;
  std::int64_t minimum = 0;
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> allowed = {};
  bool unset = true;  // ALTER … UNSET works
};

// The spec of a property. Throws 001420 when the kind (its words in `noun`) has none of that name.
[[nodiscard]] const PropertySpec& spec_of(std::span<const PropertySpec> specs,
                                          std::string_view name, std::string_view noun);
// Reads one value by its spec. Throws 001422 (wrong value) or 001008 (out of bounds).
[[nodiscard]] Value read_property(const PropertySpec& spec, const PropertyValue& value);
// Stores all of them under their lower-case names; NULL erases. Each may be given once (001424).
void assign(Map& into, std::span<const PropertySpec> specs, const std::vector<Property>& list,
            std::string_view noun);
// ALTER … UNSET.
void unset(Map& from, std::span<const PropertySpec> specs, const std::vector<std::string>& names,
           std::string_view noun);
[[nodiscard]] const PropertyValue* find(const std::vector<Property>& list, std::string_view name);

}  // namespace firn::sandbox::snowflake
