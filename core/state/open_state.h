// Opening a state file: everything that is checked and refused before a StateStore exists.
#pragma once

#include <cstdint>
#include <optional>

#include "core/state/file_identity.h"
#include "core/state/sqlite.h"
#include "core/state/state.h"
#include "core/state/state_lock.h"
#include "core/state/state_store.h"

namespace firn {

inline constexpr std::string_view in_memory = ":memory:";

struct OpenedState {
  StateLock lock;                            // held in mode write, unless in memory
  std::optional<sqlite::Database> database;  // none: read from a file that does not exist
  std::optional<FileIdentity> file;          // which file it was when it was opened
  State state;
  std::uint64_t sum = 0;         // core/state/checksum.h
  std::int64_t token = 0;        // of our lease; 0: none, in mode read or in memory
  std::int64_t last_intent = 0;  // highest id given so far
  std::int64_t last_run = 0;
};

[[nodiscard]] Result<OpenedState> open_state_for_reading(const StateLocation& location);
// `terms.clock` is set.
[[nodiscard]] Result<OpenedState> open_state_for_writing(const StateLocation& location,
                                                         const LockHolder& self, Random& random,
                                                         const LeaseTerms& terms);

}  // namespace firn
