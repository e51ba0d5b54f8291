#include "core/state/lease.h"

#include <fmt/core.h>

namespace firn {
namespace {

std::int64_t nanoseconds(Instant instant) {
  return instant.time_since_epoch().count();
}

std::string words_of(const LockHolder& holder) {
  return fmt::format("{} runs \"{}\" since {} (process {})", holder.who, holder.command,
                     format_iso(holder.since), holder.process);
}

}  // namespace

Result<std::optional<Lease>> read_lease(const sqlite::Database& database) {
  auto row = database.prepare(
      "SELECT token, who, process, command, since, expires_at FROM lease WHERE id = 1");
  if (!row) return fail(row.error());
  const auto is_there = row->step();
  if (!is_there) return fail(is_there.error());
  if (!*is_there) return std::optional<Lease>();
  Lease lease;
  lease.token = row->integer(0);
  lease.holder.who = row->text(1);
  lease.holder.process = row->integer(2);
  lease.holder.command = row->text(3);
  lease.holder.since = Instant(Duration(row->integer(4)));
  lease.expires_at = Instant(Duration(row->integer(5)));
  return std::optional<Lease>(std::move(lease));
}

Status write_lease(sqlite::Database& database, const Lease& lease) {
  auto row = database.prepare(
      "INSERT OR REPLACE INTO lease (id, token, who, process, command, since, expires_at)"
      " VALUES (1, ?, ?, ?, ?, ?, ?)");
  if (!row) return fail(row.error());
  row->bind(1, lease.token);
  row->bind(2, lease.holder.who);
  row->bind(3, lease.holder.process);
  row->bind(4, lease.holder.command);
  row->bind(5, nanoseconds(lease.holder.since));
  row->bind(6, nanoseconds(lease.expires_at));
  return row->run();
}

Result<bool> extend_lease(sqlite::Database& database, std::int64_t token, Instant expires_at) {
  auto row = database.prepare("UPDATE lease SET expires_at = ? WHERE id = 1 AND token = ?");
  if (!row) return fail(row.error());
  row->bind(1, nanoseconds(expires_at));
  row->bind(2, token);
  if (Status done = row->run(); !done) return fail(done.error());
  return database.changed_rows() == 1;
}

Result<bool> give_back_lease(sqlite::Database& database, std::int64_t token) {
  auto row = database.prepare(
      "UPDATE lease SET who = '', process = 0, command = '', expires_at = 0"
      " WHERE id = 1 AND token = ?");
  if (!row) return fail(row.error());
  row->bind(1, token);
  if (Status done = row->run(); !done) return fail(done.error());
  return database.changed_rows() == 1;
}

Error refusal_by(const Lease& lease, const std::string& what) {
  Error error;
  error.kind = ErrorKind::conflict;
  error.summary = "somebody else is changing " + what;
  error.detail = fmt::format("{}; without a sign of life its lease lasts until {}",
                             words_of(lease.holder), format_iso(lease.expires_at));
  error.remedy =
      "wait until it ends, then run the command again; the lock of a killed run is free at once, "
      "that of one that is stopped or cut off when its lease has run out";
  return error;
}

Error taken_over_by(const std::optional<Lease>& now_held_by, const std::string& what,
                    Duration length) {
  Error error;
  error.kind = ErrorKind::conflict;
  error.summary =
      fmt::format("another run took over {} while this one was stopped or cut off", what);
  error.detail = fmt::format(
      "this run gave no sign of life for {} s, so its lease ran out; since then it has written "
      "nothing and started nothing new",
      std::chrono::duration_cast<std::chrono::seconds>(length).count());
  if (now_held_by && !now_held_by->is_given_back())
    error.detail += "\n" + words_of(now_held_by->holder);
  error.remedy =
      "let the other run end, then run this command again: it looks at what is there and does what "
      "is left";
  return error;
}

}  // namespace firn
