// From the rows of the SQLite file (core/state/schema.sql) to values in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/state/sqlite.h"
#include "core/state/state.h"
#include "core/state/state_store.h"

namespace firn {

struct LoadedState {
  State state;
  std::uint64_t sum = 0;  // of the hashes of all rows that were read: core/state/checksum.h
};

// Reads everything, in one transaction of the caller's. Fails with ErrorKind::storage and a code
// of damage when a row is not what firn writes.
[[nodiscard]] Result<LoadedState> load_state(const sqlite::Database& database);

// The latest first.
[[nodiscard]] Result<std::vector<Run>> load_runs(const sqlite::Database& database);

// A list of addresses as a row has it; `address` says whose.
[[nodiscard]] Status read_list(std::string_view text, const std::string& address,
                               std::vector<std::string>& out);

}  // namespace firn
