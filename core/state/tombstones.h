// Tombstones: names that are burnt for a while.
#pragma once

#include <string_view>
#include <vector>

#include "core/state/state.h"

namespace firn {

// What tells two objects of one type and one name apart is what they stand in: a table T in one
// schema is not the table T in another, nor is a queue of another region. The full name (output
// `fqn` or `arn`) says which, where a type has one; else the name is all.
[[nodiscard]] std::string_view full_name_of(const StoredResource& resource);
// Whether a tombstone is about the very name that a resource has, place included.
[[nodiscard]] bool is_name_of(const StoredResource& resource, const Tombstone& tombstone);

// The names that a removal is about to burn, as its open intent keeps them: once the object is gone
// nobody can ask the cloud any more.
[[nodiscard]] Value value_of(const std::vector<Tombstone>& tombstones);
// Of a removal; none where nothing was noted.
[[nodiscard]] std::vector<Tombstone> tombstones_of(const Intent& intent);

}  // namespace firn
