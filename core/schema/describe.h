// Words for attributes in messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/attribute.h"

namespace firn {

// "a text", "an integer", "true or false", "a list of texts", "a map with bucket and prefix".
[[nodiscard]] std::string expected_kind(const Attribute& attribute);
// "for example: delay: 30", or "" when the table has no example and none can be made up.
[[nodiscard]] std::string example_of(const Attribute& attribute);
// A string, integer, number or boolean.
[[nodiscard]] bool is_scalar(const Attribute& attribute);
// Why a number is outside the attribute's bounds ("at least 1 is allowed"), if it is.
[[nodiscard]] std::optional<std::string> out_of_bounds(const Attribute& attribute,
                                                       std::int64_t number);
// The same for the length of a text (characters) or list (items).
[[nodiscard]] std::optional<std::string> bad_length(const Attribute& attribute, std::size_t length);
[[nodiscard]] std::size_t count_characters(std::string_view text);

}  // namespace firn
