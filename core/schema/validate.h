// Checks of what an author wrote against a resource type's table.
#pragma once

#include <span>
#include <string_view>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/schema/attribute.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn {

// Checks a resource block without evaluating anything: unknown and missing attributes, outputs that
// an author may not set, kinds, bounds and allowed values of literals. What holds an expression
// passes, unless it can only become a text where none is wanted. `meta_keys` are the keys that the
// engine reads itself ("type", "for_each", …); `address` is put into every diagnostic.
void check_block(const ResourceType& type, const config::Node& block,
                 std::span<const std::string_view> meta_keys, std::string_view address,
                 Diagnostics& diagnostics);

// Checks one attribute's node in the same way; `path` names it in messages ("redrive.max").
void check_attribute(const Attribute& attribute, const config::Node& node, std::string_view path,
                     std::string_view type_name, std::string_view address,
                     Diagnostics& diagnostics);

// Checks an evaluated value and answers it in the kind that the table wants: an integer where a
// number is wanted becomes one, a single scalar where a list of scalars is wanted becomes a list,
// numbers and booleans in a map of strings become their texts. Nothing else is converted: whether
// 10 was meant as "10" or as "010" only the author knows. Unknowns, secrets and null pass; members
// of objects that are null are left out, as if they had not been written.
[[nodiscard]] Value check_value(const Attribute& attribute, Value value, const SourceRange& where,
                                std::string_view path, Diagnostics& diagnostics);

}  // namespace firn
