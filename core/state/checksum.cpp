#include "core/state/checksum.h"

#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace firn {
namespace {

constexpr std::array every_table{Table::meta,       Table::resources, Table::intents, Table::runs,
                                 Table::tombstones, Table::outputs,   Table::schema};

// What of a table is covered.
std::string_view condition_of(Table table) {
  switch (table) {
    case Table::meta:
      return " WHERE key <> 'checksum'";
    case Table::intents:
      return " WHERE outcome IS NULL";
    default:
      return "";
  }
}

}  // namespace

std::string_view select_of(Table table) {
  switch (table) {
    case Table::meta:
      return "SELECT key, value FROM meta";
    case Table::resources:
      return "SELECT address, type, name, base_name, generation, inputs, outputs, dependencies,"
             " protect, incomplete, deposed, created_at, updated_at FROM resources";
    case Table::intents:
      return "SELECT id, address, type, action, name, base_name, generation, idempotency_token,"
             " inputs_digest, inputs, outputs, dependencies, begun_at, run FROM intents";
    case Table::runs:
      return "SELECT id, command, begun_at, finished_at, outcome FROM runs";
    case Table::tombstones:
      return "SELECT * FROM tombstones";  // without a place in format 1
    case Table::outputs:
      return "SELECT name, value FROM outputs";
    case Table::schema:
      return "SELECT type, name, tbl_name, sql FROM sqlite_schema";
  }
  return "";
}

std::uint64_t hash_of(Table table, const sqlite::Statement& row) {
  std::string bytes;
  row.append_row(bytes);
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), static_cast<XXH64_hash_t>(table) + 1);
}

Result<std::uint64_t> sum_of(const sqlite::Database& database) {
  std::uint64_t sum = 0;
  for (const Table table : every_table) {
    auto rows = database.prepare(std::string(select_of(table)) + std::string(condition_of(table)));
    if (!rows) return fail(rows.error());
    for (;;) {
      const auto more = rows->step();
      if (!more) return fail(more.error());
      if (!*more) break;
      sum += hash_of(table, *rows);
    }
  }
  return sum;
}

Status write_checksum(sqlite::Database& database, std::uint64_t sum) {
  auto row = database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('checksum', ?)");
  if (!row) return fail(row.error());
  row->bind(1, static_cast<std::int64_t>(sum));
  return row->run();
}

}  // namespace firn
