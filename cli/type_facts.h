// What the columns of a schema row mean, in the words of `firn explain` and the reference pages.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/attribute.h"
#include "core/schema/resource_type.h"

namespace firn::cli {

// "string", "list", …
[[nodiscard]] std::string_view kind_word(AttributeKind kind);
// "list of string"
[[nodiscard]] std::string kind_text(const Attribute& row);
// "in place", "replaces the object", …
[[nodiscard]] std::string_view change_word(OnChange change);
// The fields of an object, or of the objects in a list or map.
[[nodiscard]] std::span<const Attribute> fields_of(const Attribute& row);
// Half sentences: what a change costs, the default, the bounds, what a reference stands for.
[[nodiscard]] std::vector<std::string> facts_of(const Attribute& row);
// By what `firn import` finds an object: sentences, with words of the stack and commands in
// `quote`. Empty of what nobody can import.
[[nodiscard]] std::string import_text(const ResourceType& type, std::string_view quote);

}  // namespace firn::cli
