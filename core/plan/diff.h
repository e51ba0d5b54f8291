// What differs between two values, place by place.
#pragma once

#include <string>
#include <vector>

#include "core/plan/plan.h"
#include "core/schema/attribute.h"
#include "core/value/value.h"

namespace firn {

// Equal as the attribute means it: lists marked `unordered` as sets, secrets by digest under
// `secret_key`, integers as numbers. An unknown equals nothing.
[[nodiscard]] bool same_meaning(const Attribute& attribute, const Value& a, const Value& b,
                                std::string_view secret_key);

// `value` with its secrets as digests, and with digests also where it is in clear and `other` has a
// secret: what a cloud shows of it can then be held against what the author wrote.
[[nodiscard]] Value comparable(const Value& value, const Value& other, std::string_view secret_key);

// The changed places, deepest first known: maps by member, lists of maps by position (or by their
// `name` or `id` member), everything else as a whole.
void collect_changes(const std::string& path, const Value& before, const Value& after,
                     std::vector<Change>& changes);

}  // namespace firn
