#include "core/state/backups.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/base/shell.h"
#include "core/state/open_state.h"
#include "core/state/state_file.h"
#include "core/state/state_refusals.h"

namespace firn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view ending = ".db";
constexpr std::string_view unfinished = ".part";

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "20260102T030405Z-12.db", and nothing behind the serial.
bool is_of_a_run(std::string_view name) {
  constexpr std::size_t time = 16;
  if (name.size() < time + 2 || !name.ends_with(ending)) return false;
  return is_digits(name.substr(0, 8)) && name[8] == 'T' && is_digits(name.substr(9, 6)) &&
         name[15] == 'Z' && name[time] == '-' &&
         is_digits(name.substr(time + 1, name.size() - time - 1 - ending.size()));
}

// The names of copies, oldest first: they begin with their time.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    std::string name = entry.path().filename().string();
    if (name.ends_with(ending)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> copies_of_runs(const std::string& folder) {
  std::vector<std::string> names = names_in(folder);
  std::erase_if(names, [](const std::string& name) { return !is_of_a_run(name); });
  return names;
}

void remove_oldest(const std::string& folder, std::vector<std::string>& names) {
  std::error_code ignored;
  fs::remove(fs::path(folder) / names.front(), ignored);
  names.erase(names.begin());
}

bool is_empty(const State& state) {
  return state.resources.empty() && state.open_intents.empty() && state.tombstones.empty() &&
         state.outputs.empty();
}

Error cannot_copy(const std::string& to, const Error& why) {
  Error error = why;
  error.kind = ErrorKind::storage;
  error.summary = "cannot keep a copy of the state in " + to;
  return error;
}

Failure system_failure(const std::string& to) {
  const int code = errno;
  return fail(ErrorKind::storage, "cannot keep a copy of the state in " + to, std::strerror(code),
              code == ENOSPC || code == EDQUOT
                  ? "free some space on that disk, then run the command again"
                  : "give yourself write permission on the folder " + folder_of(to));
}

Status to_disk(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_done = descriptor >= 0 && ::fsync(descriptor) == 0;
  Status done = Ok{};
  if (!is_done) done = system_failure(path);
  if (descriptor >= 0) ::close(descriptor);
  return done;
}

}  // namespace

std::string backups_folder(const std::string& path) {
  return path + ".backups";
}

std::string backup_path(const std::string& path, Instant now, std::int64_t serial,
                        std::string_view word) {
  return fmt::format("{}/{}-{}{}{}{}", backups_folder(path), format_basic(now), serial,
                     word.empty() ? "" : "-", word, ending);
}

Status keep_copy(const StateStore& store, const std::string& to) {
  std::error_code code;
  fs::create_directories(folder_of(to), code);
  if (code) {
    return fail(ErrorKind::storage, "cannot keep a copy of the state in " + to,
                fmt::format("cannot make the folder {}: {}", folder_of(to), code.message()),
                "choose another place");
  }
  const std::string part = to + std::string(unfinished);
  ::unlink(part.c_str());  // left by a run that was killed here
  if (Status made = make_private_file(store.location(), part); !made) {
    return fail(cannot_copy(to, made.error()));
  }
  Status done = store.copy_to(part);
  if (!done) done = fail(cannot_copy(to, done.error()));
  if (done) done = to_disk(part);
  // A link fails where a file stands already; a rename would replace it.
  if (done && ::link(part.c_str(), to.c_str()) != 0) {
    done = errno == EEXIST ? fail(ErrorKind::conflict, to + " exists already",
                                  "A copy never replaces a file.", "choose another name")
                           : system_failure(to);
  }
  ::unlink(part.c_str());
  sync_folder_of(to);
  return done;
}

Status keep_backup_of_run(const StateStore& store, Instant now, std::int64_t count) {
  const std::string& path = store.location().path;
  if (count <= 0 || path == in_memory || is_empty(store.state())) return Ok{};
  const std::string folder = backups_folder(path);
  const std::string to = backup_path(path, now, store.state().serial, "");
  // Two runs within a second that changed nothing between them.
  if (is_there(to)) return Ok{};
  std::vector<std::string> names = copies_of_runs(folder);
  Status kept = keep_copy(store, to);
  // Old copies are worth less than a new one.
  while (!kept && sqlite::is_full(kept.error()) && !names.empty()) {
    remove_oldest(folder, names);
    kept = keep_copy(store, to);
  }
  if (!kept) return kept;
  names = copies_of_runs(folder);
  while (names.size() > static_cast<std::size_t>(count))
    remove_oldest(folder, names);
  return Ok{};
}

std::optional<GoodBackup> newest_good_backup(const StateLocation& location) {
  const std::string folder = backups_folder(location.path);
  std::vector<std::string> names = names_in(folder);
  std::ranges::reverse(names);
  for (const std::string& name : names) {
    StateLocation copy = location;
    copy.path = (fs::path(folder) / name).string();
    const auto opened = open_state_for_reading(copy);
    if (!opened) continue;
    return GoodBackup{copy.path, opened->state.serial, opened->state.resources.size()};
  }
  return std::nullopt;
}

Error with_newest_backup(Error refusal, const StateLocation& location) {
  const auto good = newest_good_backup(location);
  if (!good) return refusal;
  refusal.detail +=
      fmt::format("\nThe newest good copy is {} (serial {}, {} object{}).", good->path,
                  good->serial, good->resources, good->resources == 1 ? "" : "s");
  refusal.remedy = fmt::format(
      "to go on with that copy: firn state restore {} {} {}", shell_word(location.stack),
      shell_word(good->path),
      location.flags.empty() ? "--env " + shell_word(location.environment) : location.flags);
  return refusal;
}

}  // namespace firn
