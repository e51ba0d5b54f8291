#include "core/state/open_state.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/base/digest.h"
#include "core/state/state_rows.h"

#include "firn_version.h"
#include "state_schema.h"

namespace firn {
namespace {

constexpr std::int64_t format = 1;
constexpr std::int64_t application_id = 0x6669726e;  // "firn"
constexpr std::string_view in_memory = ":memory:";
constexpr std::string_view sqlite_magic{"SQLite format 3\0", 16};

std::string label(const StateLocation& location) {
  return fmt::format("the state of {}/{}", location.stack, location.environment);
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

// No write bit for anybody means "leave this alone", even to root, whom the system would let pass.
bool is_marked_read_only(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & 0222) == 0;
}

std::string folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

Failure refuse(const StateLocation& location, std::string why, std::string remedy) {
  return fail(ErrorKind::storage, "cannot open " + label(location),
              location.path + ": " + std::move(why), std::move(remedy));
}

Failure refuse_damaged(const StateLocation& location, std::string why) {
  Error error = refuse(location, "the file is damaged: " + std::move(why),
                       "put the last good copy of the file back; firn does not guess at a damaged "
                       "state, as it might lose track of what it made")
                    .value();
  error.code = "SQLITE_CORRUPT";
  return fail(std::move(error));
}

Failure refuse_foreign(const StateLocation& location, std::string why) {
  return refuse(location, std::move(why),
                "give the state another place (state: in the environment's file), or move that "
                "file away");
}

// Sorts a failure of SQLite into the refusals that people can act on.
Failure refuse_failure(const StateLocation& location, const sqlite::Database* database,
                       const Error& error) {
  if (sqlite::is_not_a_database(error)) {
    return refuse_foreign(location, "this is not a state of firn: it is not an SQLite database");
  }
  if (sqlite::is_damage(error)) {
    std::string why = error.detail;
    // A look at the whole file takes long, so only now; its first line says most.
    if (database != nullptr) {
      if (auto check = database->prepare("PRAGMA quick_check(1)"); check) {
        const auto row = check->step();
        if (row && *row && check->text(0) != "ok") why = check->text(0);
      }
    }
    return refuse_damaged(location, std::move(why));
  }
  Error refused = error;
  refused.summary = "cannot open " + label(location);
  refused.detail = location.path + ": " + error.detail;
  return fail(std::move(refused));
}

Status check_magic(const StateLocation& location) {
  const int descriptor = ::open(location.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return refuse(location, std::strerror(errno), "give yourself read permission on the file");
  }
  std::array<char, sqlite_magic.size()> bytes{};
  const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
  const int code = errno;
  ::close(descriptor);
  if (count < 0) {
    return refuse(location, std::strerror(code), "the state must be a plain file");
  }
  const std::string_view found(bytes.data(), static_cast<std::size_t>(count));
  if (!found.empty() && found != sqlite_magic) {
    return refuse_foreign(location, "this is not a state of firn: it is not an SQLite database");
  }
  return Ok{};
}

// True: a database in which nothing was ever made (a creation was cut short). Refuses what is not
// firn's or too new.
Result<bool> check_format(const sqlite::Database& database, const StateLocation& location) {
  const auto id = database.integer_of("PRAGMA application_id");
  if (!id) return refuse_failure(location, &database, id.error());
  const auto version = database.integer_of("PRAGMA user_version");
  if (!version) return refuse_failure(location, &database, version.error());
  const auto tables = database.integer_of("SELECT count(*) FROM sqlite_schema");
  if (!tables) return refuse_failure(location, &database, tables.error());
  if (*id == 0 && *version == 0 && *tables == 0) return true;
  if (*id != application_id) {
    return refuse_foreign(location,
                          "this is an SQLite database, but not a state of firn: another program "
                          "uses it");
  }
  if (*version > format) {
    std::string writer = "a newer firn";
    if (auto row = database.prepare("SELECT value FROM meta WHERE key = 'written_by'"); row) {
      if (const auto step = row->step(); step && *step) {
        writer += fmt::format(" ({})", row->text(0));
      }
    }
    return refuse(location,
                  fmt::format("it was written by {} in format {}; firn {} reads formats up to {}",
                              writer, *version, firn::version, format),
                  "use that newer firn, here and wherever this state is used");
  }
  if (*version < format) {
    return refuse_damaged(location, fmt::format("there is no format {}", *version));
  }
  return false;
}

Status check_owner(const State& state, const StateLocation& location) {
  if (state.stack == location.stack && state.environment == location.environment) return Ok{};
  return refuse(location, fmt::format("it is the state of {}/{}", state.stack, state.environment),
                "give each stack and environment a state of its own (state: in the environment's "
                "file)");
}

Result<OpenedState> load(sqlite::Database database, const StateLocation& location) {
  OpenedState opened;
  // One transaction: a writer in between must not show us half of before and half of after.
  if (Status begun = database.execute("BEGIN"); !begun) {
    return refuse_failure(location, &database, begun.error());
  }
  auto state = load_state(database);
  if (!state) return refuse_failure(location, &database, state.error());
  const auto last_intent = database.integer_of("SELECT max(id) FROM intents");
  if (!last_intent) return refuse_failure(location, &database, last_intent.error());
  const auto last_run = database.integer_of("SELECT max(id) FROM runs");
  if (!last_run) return refuse_failure(location, &database, last_run.error());
  if (Status ended = database.execute("COMMIT"); !ended) {
    return refuse_failure(location, &database, ended.error());
  }
  if (Status owner = check_owner(*state, location); !owner) return fail(owner.error());
  opened.state = std::move(*state);
  opened.last_intent = *last_intent;
  opened.last_run = *last_run;
  opened.database = std::move(database);
  return opened;
}

OpenedState empty_state(const StateLocation& location) {
  OpenedState opened;
  opened.state.stack = location.stack;
  opened.state.environment = location.environment;
  return opened;
}

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

// Writes nothing when the value is there already.
Status insert_meta(sqlite::Database& database, std::string_view key, std::string_view value) {
  auto row = database.prepare(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE"
      " SET value = excluded.value WHERE value <> excluded.value");
  if (!row) return fail(row.error());
  row->bind(1, key);
  row->bind(2, value);
  return row->run();
}

Status create(sqlite::Database& database, const StateLocation& location, Random& random) {
  const std::string lineage = random.uuid();
  const std::string key = base64(random_bytes(random, 32));
  if (Status done = database.execute("BEGIN IMMEDIATE"); !done) return done;
  if (Status done = database.execute(std::string(state_schema_sql)); !done) return done;
  const std::pair<std::string_view, std::string_view> facts[] = {
      {"stack", location.stack},
      {"environment", location.environment},
      {"lineage", lineage},
      {"secret_key", key},
  };
  for (const auto& [name, value] : facts) {
    if (Status done = insert_meta(database, name, value); !done) return done;
  }
  return database.execute(
      fmt::format("INSERT INTO meta (key, value) VALUES ('serial', 0);"
                  "PRAGMA application_id = {};"
                  "PRAGMA user_version = {};"
                  "COMMIT",
                  application_id, format));
}

// SQLite would make the file readable to all; it holds the key of the sealed secrets.
Status make_file(const StateLocation& location) {
  const int descriptor = ::open(location.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return refuse(location, std::strerror(errno),
                  "give yourself write permission on the folder " + folder_of(location.path));
  }
  ::close(descriptor);
  // Without this a power cut could take the new file's name away with everything in it.
  const int folder = ::open(folder_of(location.path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return Ok{};
}

Status prepare_folder(const StateLocation& location) {
  const std::string folder = folder_of(location.path);
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) {
    return refuse(location, fmt::format("cannot make the folder {}: {}", folder, code.message()),
                  "make the folder yourself, or give the state another place (state: in the "
                  "environment's file)");
  }
  if (is_marked_read_only(folder) || ::access(folder.c_str(), W_OK | X_OK) != 0) {
    return refuse(location, fmt::format("the folder {} is read-only", folder),
                  "give yourself write permission on it (chmod u+w); the journal must be written "
                  "before anything is changed");
  }
  return Ok{};
}

Status check_writable(const StateLocation& location) {
  if (is_marked_read_only(location.path) || ::access(location.path.c_str(), W_OK) != 0) {
    return refuse(location, "the file is read-only",
                  "give yourself write permission on it (chmod u+w); the journal must be written "
                  "before anything is changed");
  }
  return check_magic(location);
}

}  // namespace

Result<OpenedState> open_state_for_reading(const StateLocation& location) {
  if (location.path == in_memory || !exists(location.path)) return empty_state(location);
  if (Status magic = check_magic(location); !magic) return fail(magic.error());
  auto database = sqlite::Database::open(location.path, sqlite::Database::Access::read);
  auto is_empty = database ? check_format(*database, location) : Result<bool>(true);
  // Beside a file on read-only media no shared memory can be made; nobody can be writing it then.
  if (!database || (!is_empty && sqlite::is_cannot_open(is_empty.error()))) {
    database = sqlite::Database::open(location.path, sqlite::Database::Access::immutable);
    if (!database) return refuse_failure(location, nullptr, database.error());
    is_empty = check_format(*database, location);
  }
  if (!is_empty) return fail(is_empty.error());
  if (*is_empty) return empty_state(location);
  return load(std::move(*database), location);
}

Result<OpenedState> open_state_for_writing(const StateLocation& location, const LockHolder& self,
                                           Random& random) {
  StateLock lock;
  const bool is_file = location.path != in_memory;
  if (is_file) {
    if (Status folder = prepare_folder(location); !folder) return fail(folder.error());
    auto taken = StateLock::take(location.path + ".lock", label(location), self);
    if (!taken) return fail(taken.error());
    lock = std::move(*taken);
    const bool is_new = !exists(location.path);
    if (Status usable = is_new ? make_file(location) : check_writable(location); !usable) {
      return fail(usable.error());
    }
  }
  auto database = sqlite::Database::open(location.path, sqlite::Database::Access::write);
  if (!database) return refuse_failure(location, nullptr, database.error());
  const auto is_empty = check_format(*database, location);
  if (!is_empty) return fail(is_empty.error());
  if (Status set = database->execute("PRAGMA journal_mode = WAL;"
                                     "PRAGMA synchronous = FULL;"
                                     "PRAGMA foreign_keys = ON");
      !set) {
    return refuse_failure(location, &*database, set.error());
  }
  if (*is_empty) {
    if (Status made = create(*database, location, random); !made) {
      return refuse_failure(location, &*database, made.error());
    }
  }
  auto opened = load(std::move(*database), location);
  if (!opened) return opened;
  if (Status noted = insert_meta(*opened->database, "written_by", version); !noted) {
    return refuse_failure(location, &*opened->database, noted.error());
  }
  opened->lock = std::move(lock);
  return opened;
}

}  // namespace firn
