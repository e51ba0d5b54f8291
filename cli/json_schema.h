// The schema tables as JSON Schema (draft-07, which every editor's YAML support knows), for
// `firn schema`.
//
// Kinds are written as lists of types with the keywords of each kind beside them (`properties`
// speak of maps only, `pattern` of texts only), not as `anyOf`: so a problem deep inside is told
// where it is, although `${…}` may stand in the place of everything.
#pragma once

#include <string>
#include <string_view>

#include "core/schema/attribute.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::cli {

// What the schemas below refer to as `#/definitions/NAME`.
[[nodiscard]] Map shared_definitions();
[[nodiscard]] Value reference_to(std::string_view definition);
// Such a reference with a description of its own.
[[nodiscard]] Value described(std::string_view doc, const Value& schema);

// `schema`, or one expression in its place.
[[nodiscard]] Value or_expression(Map schema);
// Of a map with these members and no others; `required` are names.
[[nodiscard]] Map object_schema(Map properties, List required);
// An enumeration of texts, with a word about each.
[[nodiscard]] Map enumeration(List values, List docs);

// Of the value of an attribute.
[[nodiscard]] Value attribute_schema(const Attribute& attribute);
// Of a resource's block: its attributes, and `words`, which every resource knows.
[[nodiscard]] Value block_schema(const ResourceType& type, Map words);

}  // namespace firn::cli
