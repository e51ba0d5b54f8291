#include "core/state/open_state.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/core.h>
#include <unistd.h>
#include <utility>

#include "core/state/checksum.h"
#include "core/state/lease.h"
#include "core/state/row_writer.h"
#include "core/state/state_file.h"
#include "core/state/state_format.h"
#include "core/state/state_refusals.h"
#include "core/state/state_rows.h"
#include "core/state/write_ahead_log.h"

#include "firn_version.h"

namespace firn {
namespace {

Status check_owner(const State& state, const StateLocation& location) {
  if (state.stack == location.stack && state.environment == location.environment) return Ok{};
  return refuse(location, fmt::format("it is the state of {}/{}", state.stack, state.environment),
                "give each stack and environment a state of its own (state: in the environment's "
                "file)");
}

Status check_sum(const sqlite::Database& database, const StateLocation& location,
                 std::uint64_t sum) {
  auto row = database.prepare("SELECT value FROM meta WHERE key = 'checksum'");
  if (!row) return refuse_failure(location, &database, row.error());
  const auto is_there = row->step();
  if (!is_there) return refuse_failure(location, &database, is_there.error());
  if (*is_there && row->is_integer(0) && static_cast<std::uint64_t>(row->integer(0)) == sum) {
    return Ok{};
  }
  return refuse_damaged(location,
                        "its rows do not add up to its checksum, so one was changed or lost, or "
                        "another program wrote to it");
}

// Within a transaction of the caller's: a writer in between must not show us half of before and
// half of after.
Status load(OpenedState& opened, std::int64_t format, const StateLocation& location) {
  const sqlite::Database& database = *opened.database;
  auto loaded = load_state(database);
  if (!loaded) return refuse_failure(location, &database, loaded.error());
  if (format >= 2) {
    if (Status sound = check_sum(database, location, loaded->sum); !sound) return sound;
  }
  const auto last_intent = database.integer_of("SELECT max(id) FROM intents");
  if (!last_intent) return refuse_failure(location, &database, last_intent.error());
  const auto last_run = database.integer_of("SELECT max(id) FROM runs");
  if (!last_run) return refuse_failure(location, &database, last_run.error());
  // Also catches a damaged id, from which no higher one could be counted.
  constexpr std::int64_t most = std::int64_t{1} << 53;
  if (*last_intent < 0 || *last_intent > most || *last_run < 0 || *last_run > most) {
    return refuse_damaged(location, "the number of a run or of an intent cannot be true");
  }
  if (Status owner = check_owner(loaded->state, location); !owner) return owner;
  opened.state = std::move(loaded->state);
  opened.sum = loaded->sum;
  opened.last_intent = *last_intent;
  opened.last_run = *last_run;
  return Ok{};
}

OpenedState empty_state(const StateLocation& location) {
  OpenedState opened;
  opened.state.stack = location.stack;
  opened.state.environment = location.environment;
  return opened;
}

// Made beside its place and then moved there, so that a state is there whole or not at all.
Status make_state(const StateLocation& location, Random& random) {
  const std::string beside = location.path + ".new";
  // Left by a run that was killed here; we hold the lock.
  for (const char* end : {"", "-journal"})
    ::unlink((beside + end).c_str());
  if (Status made = make_private_file(location, beside); !made) return made;
  Status done = Ok{};
  {
    auto database = sqlite::Database::open(beside, sqlite::Database::Access::write);
    if (!database) return refuse_failure(location, nullptr, database.error());
    done = create_tables(*database, location, random);
    if (!done) done = refuse_failure(location, &*database, done.error());
  }
  if (done && ::rename(beside.c_str(), location.path.c_str()) != 0) {
    done = refuse(location, std::strerror(errno),
                  "give yourself write permission on the folder " + folder_of(location.path));
  }
  if (!done) ::unlink(beside.c_str());
  sync_folder_of(location.path);
  return done;
}

// A holder that was stopped in the middle of a commit has the file locked until it goes on or ends.
Failure refuse_busy(const StateLocation& location, const std::string& lock) {
  Error error = refusal_by_lock(lock, label(location));
  error.remedy =
      "it is in the middle of writing; if it is stopped, let it go on or end that process, then "
      "run the command again";
  return fail(std::move(error));
}

// Takes the lease, or says who has it. Ends in a transaction that the caller commits.
Status take_lease(OpenedState& opened, std::int64_t format, const StateLocation& location,
                  const LockHolder& self, const LeaseTerms& terms) {
  const std::string lock = location.path + ".lock";
  if (Status begun = opened.database->execute("BEGIN IMMEDIATE"); !begun) {
    if (sqlite::is_busy(begun.error()) && !opened.lock.is_held()) {
      return refuse_busy(location, lock);
    }
    return refuse_failure(location, &*opened.database, begun.error());
  }
  auto before = read_lease(*opened.database);
  if (!before) return refuse_failure(location, &*opened.database, before.error());
  const Instant now = terms.clock->now();
  // Between our getting the lock and this moment somebody may have taken over from a dead holder.
  if (!opened.lock.is_in_place()) opened.lock = StateLock();
  if (!opened.lock.is_held()) {
    // Whoever holds the lock without a lease is just about to take one.
    if (!*before || (*before)->is_given_back()) return fail(refusal_by_lock(lock, label(location)));
    if ((*before)->expires_at > now) return fail(refusal_by(**before, label(location)));
  }
  if (Status loaded = load(opened, format, location); !loaded) return loaded;
  if (!opened.lock.is_held()) {
    auto taken = StateLock::take_over(lock, self);
    if (!taken) return fail(taken.error());
    opened.lock = std::move(*taken);
  }
  opened.token = *before ? (*before)->token + 1 : 1;
  const Lease lease{opened.token, self, now + terms.length};
  if (Status written = write_lease(*opened.database, lease); !written) {
    return refuse_failure(location, &*opened.database, written.error());
  }
  return Ok{};
}

Status note_writer(OpenedState& opened, const StateLocation& location) {
  auto row = opened.database->prepare("SELECT value FROM meta WHERE key = 'written_by'");
  if (!row) return refuse_failure(location, &*opened.database, row.error());
  const auto is_there = row->step();
  if (!is_there) return refuse_failure(location, &*opened.database, is_there.error());
  const bool is_known = *is_there && row->text(0) == firn::version;
  row->reset();
  if (is_known) return Ok{};
  RowWriter writer(*opened.database, opened.sum);
  Status done = writer.write_meta("written_by", firn::version);
  if (done) done = write_checksum(*opened.database, writer.sum());
  if (!done) return refuse_failure(location, &*opened.database, done.error());
  opened.sum = writer.sum();
  return Ok{};
}

Status set_up(sqlite::Database& database, const StateLocation& location) {
  if (Status set = database.execute("PRAGMA journal_mode = WAL;"
                                    "PRAGMA synchronous = FULL;"
                                    "PRAGMA foreign_keys = ON");
      !set) {
    return refuse_failure(location, &database, set.error());
  }
  return Ok{};
}

Result<OpenedState> open_in_memory(const StateLocation& location, Random& random) {
  OpenedState opened;
  auto database = sqlite::Database::open(location.path, sqlite::Database::Access::write);
  if (!database) return refuse_failure(location, nullptr, database.error());
  opened.database = std::move(*database);
  if (Status made = create_tables(*opened.database, location, random); !made) {
    return refuse_failure(location, &*opened.database, made.error());
  }
  if (Status loaded = load(opened, state_format, location); !loaded) return fail(loaded.error());
  return opened;
}

}  // namespace

Result<OpenedState> open_state_for_reading(const StateLocation& location) {
  if (location.path == in_memory || !is_there(location.path)) return empty_state(location);
  if (Status magic = check_magic(location); !magic) return fail(magic.error());
  OpenedState opened;
  auto database = sqlite::Database::open(location.path, sqlite::Database::Access::read);
  auto readable = database ? database->integer_of("PRAGMA user_version") : Result<std::int64_t>(0);
  // Beside a file on read-only media no shared memory can be made; nobody can be writing it then.
  if (!database || (!readable && sqlite::is_cannot_open(readable.error()))) {
    database = sqlite::Database::open(location.path, sqlite::Database::Access::immutable);
    if (!database) return refuse_failure(location, nullptr, database.error());
  }
  opened.database = std::move(*database);
  if (Status begun = opened.database->execute("BEGIN"); !begun) {
    return refuse_failure(location, &*opened.database, begun.error());
  }
  const auto format = read_format(*opened.database, location);
  if (!format) return fail(format.error());
  if (Status loaded = load(opened, *format, location); !loaded) return fail(loaded.error());
  if (Status ended = opened.database->execute("COMMIT"); !ended) {
    return refuse_failure(location, &*opened.database, ended.error());
  }
  return opened;
}

Result<OpenedState> open_state_for_writing(const StateLocation& location, const LockHolder& self,
                                           Random& random, const LeaseTerms& terms) {
  if (location.path == in_memory) return open_in_memory(location, random);
  if (Status folder = prepare_folder(location); !folder) return fail(folder.error());
  const std::string lock_path = location.path + ".lock";
  OpenedState opened;
  auto lock = StateLock::try_take(lock_path, self);
  if (!lock) return fail(lock.error());
  opened.lock = std::move(*lock);
  const auto open = [&]() -> Status {
    const bool is_new = !is_there(location.path);
    if (is_new && !opened.lock.is_held()) return fail(refusal_by_lock(lock_path, label(location)));
    Status usable = is_new ? make_state(location, random) : check_writable(location);
    if (!usable) return usable;
    // Only where nobody else can be writing: a log that grows meanwhile looks like anything.
    if (opened.lock.is_held() && has_lost_commits(location.path)) {
      return refuse_damaged(location,
                            "its journal (" + location.path +
                                "-wal) is damaged in the middle, and what was written behind that "
                                "place would be lost");
    }
    opened.file = identity_of(location.path);
    auto database = sqlite::Database::open(location.path, sqlite::Database::Access::write);
    if (!database) return refuse_failure(location, nullptr, database.error());
    opened.database = std::move(*database);
    auto format = read_format(*opened.database, location);
    if (!format) return fail(format.error());
    if (*format < state_format) {
      // An older firn holds it, and that one has no lease that could run out.
      if (!opened.lock.is_held()) return fail(refusal_by_lock(lock_path, label(location)));
      // Only a sound state is brought up.
      if (Status begun = opened.database->execute("BEGIN"); !begun) {
        return refuse_failure(location, &*opened.database, begun.error());
      }
      if (Status sound = load(opened, *format, location); !sound) return sound;
      Status done = opened.database->execute("COMMIT");
      if (done) done = upgrade(*opened.database, *format);
      if (!done) return refuse_failure(location, &*opened.database, done.error());
      format = state_format;
    }
    if (Status set = set_up(*opened.database, location); !set) return set;
    if (Status taken = take_lease(opened, *format, location, self, terms); !taken) return taken;
    if (Status noted = note_writer(opened, location); !noted) return noted;
    if (Status done = opened.database->execute("COMMIT"); !done) {
      return refuse_failure(location, &*opened.database, done.error());
    }
    return Ok{};
  };
  if (Status done = open(); !done) {
    opened.lock.remove_file();
    return fail(done.error());
  }
  return opened;
}

}  // namespace firn
