// The checksum of a state: the sum, modulo 2^64, of a hash (XXH3) of each row.
//
// A sum, so that the change of one row costs one row, in whatever order rows are written. It covers
// every row that is read again: `meta` without the checksum itself, `resources`, the open intents,
// `runs`, `tombstones`, `outputs`, and the text of the file's schema. It does not cover closed
// intents, which nobody reads, and the lease, which the heartbeat writes beside the journal.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "core/state/sqlite.h"

namespace firn {

enum class Table : std::uint8_t { meta, resources, intents, runs, tombstones, outputs, schema };

// The columns that are hashed, in this order: "SELECT … FROM resources", ready for a WHERE.
[[nodiscard]] std::string_view select_of(Table table);

// The hash of the row that `row` stands on, which was selected with select_of().
[[nodiscard]] std::uint64_t hash_of(Table table, const sqlite::Statement& row);

// The sum as the file's rows have it, all of them read; in one transaction of the caller's.
[[nodiscard]] Result<std::uint64_t> sum_of(const sqlite::Database& database);
// Writes the checksum; not covered by itself.
[[nodiscard]] Status write_checksum(sqlite::Database& database, std::uint64_t sum);

}  // namespace firn
