// The names that a removal is about to burn, as its open intent keeps them: once the object is gone
// nobody can ask the cloud any more.
#pragma once

#include <vector>

#include "core/state/state.h"

namespace firn {

[[nodiscard]] Value value_of(const std::vector<Tombstone>& tombstones);
// Of a removal; none where nothing was noted.
[[nodiscard]] std::vector<Tombstone> tombstones_of(const Intent& intent);

}  // namespace firn
