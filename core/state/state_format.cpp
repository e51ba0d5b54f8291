#include "core/state/state_format.h"

#include <fmt/core.h>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/digest.h"
#include "core/state/checksum.h"
#include "core/state/state_refusals.h"

#include "firn_version.h"
#include "state_schema.h"

namespace firn {
namespace {

constexpr std::int64_t application_id = 0x6669726e;  // "firn"

std::string random_bytes(Random& random, std::size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    std::uint64_t word = random.next();
    for (int i = 0; i < 8; ++i, word >>= 8)
      bytes += static_cast<char>(word & 0xff);
  }
  bytes.resize(count);
  return bytes;
}

Status insert_meta(sqlite::Database& database, std::string_view key, std::string_view value) {
  auto row = database.prepare("INSERT INTO meta (key, value) VALUES (?, ?)");
  if (!row) return fail(row.error());
  row->bind(1, key);
  row->bind(2, value);
  return row->run();
}

Status sum_up(sqlite::Database& database) {
  const auto sum = sum_of(database);
  if (!sum) return fail(sum.error());
  return write_checksum(database, *sum);
}

// As format 2 was when it was new; later formats have steps of their own.
Status from_1_to_2(sqlite::Database& database) {
  return database.execute(R"sql(
    ALTER TABLE tombstones RENAME TO tombstones_of_format_1;
    CREATE TABLE tombstones (
      type   TEXT NOT NULL,
      name   TEXT NOT NULL,
      place  TEXT NOT NULL,
      until  INTEGER NOT NULL,
      reason TEXT NOT NULL,
      PRIMARY KEY (type, name, place)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO tombstones SELECT type, name, '', until, reason FROM tombstones_of_format_1;
    DROP TABLE tombstones_of_format_1;
    CREATE TABLE lease (
      id         INTEGER PRIMARY KEY CHECK (id = 1),
      token      INTEGER NOT NULL,
      who        TEXT NOT NULL,
      process    INTEGER NOT NULL,
      command    TEXT NOT NULL,
      since      INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT)sql");
}

}  // namespace

Result<std::int64_t> read_format(const sqlite::Database& database, const StateLocation& location) {
  const auto id = database.integer_of("PRAGMA application_id");
  if (!id) return refuse_failure(location, &database, id.error());
  const auto format = database.integer_of("PRAGMA user_version");
  if (!format) return refuse_failure(location, &database, format.error());
  const auto tables = database.integer_of("SELECT count(*) FROM sqlite_schema");
  if (!tables) return refuse_failure(location, &database, tables.error());
  if (*id != application_id) {
    if (*id == 0 && *format == 0 && *tables == 0) {
      return refuse_lost(location, "the file is a database in which nothing was ever made",
                         "put the last good copy of the file back; only if there was never a "
                         "state here, remove the file");
    }
    return refuse_foreign(location,
                          "this is an SQLite database, but not a state of firn: another program "
                          "uses it");
  }
  if (*format > state_format) {
    std::string writer = "a newer firn";
    if (auto row = database.prepare("SELECT value FROM meta WHERE key = 'written_by'"); row) {
      if (const auto step = row->step(); step && *step) {
        writer += fmt::format(" ({})", row->text(0));
      }
    }
    return refuse(location,
                  fmt::format("it was written by {} in format {}; firn {} reads formats up to {}",
                              writer, *format, firn::version, state_format),
                  "use that newer firn, here and wherever this state is used");
  }
  if (*format < 1) return refuse_damaged(location, fmt::format("there is no format {}", *format));
  if (*format == 1) {
    const auto later =
        database.integer_of("SELECT count(*) FROM sqlite_schema WHERE name = 'lease'");
    if (!later) return refuse_failure(location, &database, later.error());
    if (*later != 0)
      return refuse_damaged(location, "it says format 1 and has tables of a later one");
  }
  return *format;
}

Status create_tables(sqlite::Database& database, const StateLocation& location, Random& random) {
  const std::string lineage = random.uuid();
  const std::string key = base64(random_bytes(random, 32));
  if (Status done = database.execute("BEGIN IMMEDIATE"); !done) return done;
  if (Status done = database.execute(std::string(state_schema_sql)); !done) return done;
  const std::pair<std::string_view, std::string_view> facts[] = {
      {"stack", location.stack}, {"environment", location.environment}, {"lineage", lineage},
      {"secret_key", key},       {"written_by", firn::version},
  };
  for (const auto& [name, value] : facts) {
    if (Status done = insert_meta(database, name, value); !done) return done;
  }
  if (Status done = database.execute("INSERT INTO meta (key, value) VALUES ('serial', 0)"); !done) {
    return done;
  }
  if (Status done = sum_up(database); !done) return done;
  return database.execute(
      fmt::format("PRAGMA application_id = {};"
                  "PRAGMA user_version = {};"
                  "COMMIT",
                  application_id, state_format));
}

Status upgrade(sqlite::Database& database, std::int64_t from) {
  if (Status done = database.execute("BEGIN IMMEDIATE"); !done) return done;
  if (from < 2) {
    if (Status done = from_1_to_2(database); !done) return done;
  }
  if (Status done = sum_up(database); !done) return done;
  return database.execute(fmt::format("PRAGMA user_version = {}; COMMIT", state_format));
}

}  // namespace firn
