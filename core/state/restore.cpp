#include "core/state/restore.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <set>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "core/state/backups.h"
#include "core/state/open_state.h"
#include "core/state/state_file.h"
#include "core/state/state_refusals.h"

namespace firn {
namespace {

namespace fs = std::filesystem;

bool holds_nothing(const State& state) {
  return state.resources.empty() && state.open_intents.empty();
}

Failure cannot_replace(const std::string& path) {
  const int code = errno;
  return fail(ErrorKind::storage, "cannot put the copy in the place of " + path,
              std::strerror(code),
              "give yourself write permission on the folder " + folder_of(path));
}

// Keeps the file under a second name, so that it is never without one.
Status keep_file(const std::string& path, const std::string& kept) {
  std::error_code code;
  fs::create_directories(folder_of(kept), code);
  if (!code) fs::create_hard_link(path, kept, code);
  // Not every file system has hard links.
  if (code) fs::copy_file(path, kept, fs::copy_options::overwrite_existing, code);
  if (!code) return Ok{};
  return fail(ErrorKind::storage, "cannot keep the damaged state in " + kept, code.message(),
              "make room for it, or move the file away yourself");
}

Status put_mark(const StateLocation& location) {
  const std::string mark = location.path + ".mark";
  ::unlink(mark.c_str());
  if (Status made = make_private_file(location, mark); !made) return made;
  const int descriptor = ::open(mark.c_str(), O_WRONLY | O_CLOEXEC);
  const bool is_written = descriptor >= 0 &&
                          ::write(descriptor, restore_mark.data(), restore_mark.size()) ==
                              static_cast<ssize_t>(restore_mark.size()) &&
                          ::fsync(descriptor) == 0;
  const int code = errno;
  if (descriptor >= 0) ::close(descriptor);
  errno = code;
  if (!is_written || ::rename(mark.c_str(), location.path.c_str()) != 0) {
    return cannot_replace(location.path);
  }
  sync_folder_of(location.path);
  return Ok{};
}

}  // namespace

Result<Restore> Restore::prepare(const StateLocation& location, const std::string& copy,
                                 const LockHolder& self, Random& random, LeaseTerms terms) {
  Restore restore;
  restore.location_ = location;
  restore.self_ = self;
  restore.terms_ = terms;
  if (!is_there(copy)) {
    return fail(ErrorKind::storage, "there is no " + copy, {},
                "the copies that firn keeps are in " + backups_folder(location.path));
  }
  StateLocation place = location;
  place.path = copy;
  auto source = open_state_for_reading(place);
  if (!source) {
    Error error = for_people(source.error());
    error.summary = "cannot restore " + label(location) + " from this copy";
    error.remedy =
        "choose another copy; those that firn keeps are in " + backups_folder(location.path);
    return fail(std::move(error));
  }
  restore.copy_ = std::move(source->state);

  auto present = StateStore::open(location, StateStore::Mode::write, self, random, terms);
  if (present) {
    restore.store_ = std::move(*present);
    const State& state = restore.store_->state();
    if (state.lineage != restore.copy_.lineage && !holds_nothing(state)) {
      return fail(ErrorKind::conflict, "this copy is not one of " + label(location),
                  fmt::format("{} was begun as another state of the same name, and the state holds "
                              "{} objects",
                              copy, state.resources.size()),
                  "restore it with --state into another file, and look at both");
    }
    return restore;
  }
  if (present.error().kind == ErrorKind::conflict) return fail(present.error());
  const auto looked_at = open_state_for_reading(location);
  const bool is_mended = sqlite::is_damage(present.error()) || !is_there(location.path) ||
                         (!looked_at && is_mended_by_a_copy(looked_at.error()));
  if (!is_mended) return fail(present.error());
  const std::string lock = location.path + ".lock";
  auto taken = StateLock::try_take(lock, self);
  if (!taken) return fail(taken.error());
  if (!taken->is_held()) return fail(refusal_by_lock(lock, label(location)));
  restore.lock_ = std::move(*taken);
  return restore;
}

bool Restore::is_older() const {
  return present() != nullptr && copy_.serial < present()->serial && !holds_nothing(*present());
}

std::vector<std::string> Restore::forgotten() const {
  std::vector<std::string> addresses;
  if (present() == nullptr) return addresses;
  for (const auto& [address, resource] : present()->resources) {
    const StoredResource* kept = copy_.find(address);
    if (kept == nullptr || kept->record.type != resource.record.type ||
        kept->record.name != resource.record.name) {
      addresses.push_back(address);
    }
  }
  return addresses;
}

State Restore::result() const {
  State state = copy_;
  const State* now = present();
  state.serial = std::max(copy_.serial, now == nullptr ? 0 : now->serial) + 1;
  if (now == nullptr) return state;
  // A name that a cloud will not take yet is not free because the state forgets it.
  std::set<std::pair<std::string_view, std::string_view>> taken;
  for (const auto& [address, resource] : state.resources)
    taken.emplace(resource.record.type, resource.record.name);
  for (const Tombstone& tombstone : copy_.tombstones)
    taken.emplace(tombstone.type, tombstone.name);
  for (const Tombstone& tombstone : now->tombstones) {
    if (taken.emplace(tombstone.type, tombstone.name).second) {
      state.tombstones.push_back(tombstone);
    }
  }
  return state;
}

Result<std::int64_t> Restore::carry_out(Instant now, Random& random) {
  const std::int64_t serial = result().serial;
  const Status done = store_ ? replace_rows(now) : replace_file(now, random);
  if (!done) return fail(done.error());
  return serial;
}

Status Restore::replace_rows(Instant now) {
  const State& state = store_->state();
  if (!holds_nothing(state)) {
    kept_ = backup_path(location_.path, now, state.serial, "replaced");
    if (Status kept = keep_copy(*store_, kept_); !kept) return kept;
  }
  const std::int64_t run = store_->begin_run(self_.command, now);
  store_->replace_by(result());
  store_->finish_run(run, now, "done");
  return store_->commit();
}

Status Restore::replace_file(Instant now, Random& random) {
  const std::string& path = location_.path;
  StateLocation beside = location_;
  beside.path = path + ".restored";
  for (const char* end : {"", "-wal", "-shm", ".lock"})
    ::unlink((beside.path + end).c_str());
  {
    auto made = StateStore::open(beside, StateStore::Mode::write, self_, random, terms_);
    if (!made) return fail(made.error());
    (*made)->replace_by(result());
    if (Status landed = (*made)->commit(); !landed) return landed;
  }
  if (is_there(beside.path + "-wal")) {
    return fail(ErrorKind::storage, "cannot put the copy in the place of " + path,
                "another program has " + beside.path + " open", "close it, and try again");
  }
  if (is_there(path)) {
    kept_ = fmt::format("{}/{}-damaged", backups_folder(path), format_basic(now));
    if (Status kept = keep_file(path, kept_); !kept) return kept;
    // The old journal must not meet the new file, and the old file not stand there without it.
    if (Status marked = put_mark(location_); !marked) return marked;
  }
  if (is_there(path + "-wal")) {
    const std::string journal = kept_.empty() ? path + "-wal.old" : kept_ + "-wal";
    if (::rename((path + "-wal").c_str(), journal.c_str()) != 0) return cannot_replace(path);
  }
  ::unlink((path + "-shm").c_str());
  if (::rename(beside.path.c_str(), path.c_str()) != 0) return cannot_replace(path);
  sync_folder_of(path);
  lock_.remove_file();
  return Ok{};
}

}  // namespace firn
