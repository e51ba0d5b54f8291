// The format of a state's file: what is read, how a new one is made, how an older one is brought
// up.
#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/state/sqlite.h"
#include "core/state/state_store.h"

namespace firn {

// 2 brought the lease and the checksum.
inline constexpr std::int64_t state_format = 2;

// The format of the file, at most state_format. Refuses what is not firn's, and what is newer.
[[nodiscard]] Result<std::int64_t> read_format(const sqlite::Database& database,
                                               const StateLocation& location);
// Makes the tables of an empty state in an empty database.
[[nodiscard]] Status create_tables(sqlite::Database& database, const StateLocation& location,
                                   Random& random);
// Brings an older file up to state_format, in one transaction.
[[nodiscard]] Status upgrade(sqlite::Database& database, std::int64_t from);

}  // namespace firn
