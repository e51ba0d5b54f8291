// Opening a state file: everything that is checked and refused before a StateStore exists.
#pragma once

#include <cstdint>
#include <optional>

#include "core/state/sqlite.h"
#include "core/state/state.h"
#include "core/state/state_lock.h"
#include "core/state/state_store.h"

namespace firn {

struct OpenedState {
  StateLock lock;                            // held in mode write, unless in memory
  std::optional<sqlite::Database> database;  // none: read from a file that does not exist
  State state;
  std::int64_t last_intent = 0;  // highest id given so far
  std::int64_t last_run = 0;
};

[[nodiscard]] Result<OpenedState> open_state_for_reading(const StateLocation& location);
[[nodiscard]] Result<OpenedState> open_state_for_writing(const StateLocation& location,
                                                         const LockHolder& self, Random& random);

}  // namespace firn
