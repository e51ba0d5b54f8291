#include "core/state/state_lock.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/value/json.h"

namespace firn {
namespace {

std::string holder_text(const LockHolder& holder) {
  const Map members{{"command", holder.command},
                    {"process", holder.process},
                    {"since", format_iso(holder.since)},
                    {"who", holder.who}};
  return to_json(Value(members)) + "\n";
}

std::string read_all(int descriptor) {
  std::array<char, 4096> buffer{};
  const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

Error refusal(const std::string& path, const std::string& what, const std::string& text) {
  Error error;
  error.kind = ErrorKind::conflict;
  error.summary = fmt::format("somebody else is changing {}", what);
  const auto holder = parse_json(text);
  // The holder writes its name a moment after it has the lock.
  if (!holder || !holder->is_map()) {
    error.detail = fmt::format("another process holds {}", path);
    error.remedy = "wait until it ends, then run the command again";
    return error;
  }
  error.detail =
      fmt::format("{} runs \"{}\" since {} (process {}) and holds {}",
                  holder->string_or("who", "somebody"), holder->string_or("command", "?"),
                  holder->string_or("since", "?"), holder->int_or("process", 0), path);
  error.remedy = "wait until it ends, then run the command again; the lock ends with that process";
  return error;
}

Error system_failure(const std::string& path) {
  const int code = errno;
  Error error;
  error.kind = ErrorKind::storage;
  error.summary = "cannot lock the state: " + path;
  error.detail = std::strerror(code);
  error.remedy = code == ENOSPC || code == EDQUOT
                     ? "free some space on that disk, then run the command again"
                     : "give yourself write permission on the folder that the state stands in";
  return error;
}

// The lock is on the file that was opened; somebody may have removed that one in between.
bool is_still_there(const std::string& path, int descriptor) {
  struct stat by_name {};
  struct stat by_descriptor {};
  return ::stat(path.c_str(), &by_name) == 0 && ::fstat(descriptor, &by_descriptor) == 0 &&
         by_name.st_ino == by_descriptor.st_ino && by_name.st_dev == by_descriptor.st_dev;
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& path, const std::string& what,
                                  const LockHolder& self) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail(system_failure(path));
    StateLock lock(path, descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      Error error =
          errno == EWOULDBLOCK ? refusal(path, what, read_all(descriptor)) : system_failure(path);
      lock.path_.clear();  // not ours to remove
      return fail(std::move(error));
    }
    if (!is_still_there(path, descriptor)) {
      lock.path_.clear();
      continue;
    }
    const std::string text = holder_text(self);
    if (::ftruncate(descriptor, 0) != 0 ||
        ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
      return fail(system_failure(path));
    }
    return lock;
  }
}

StateLock::StateLock(StateLock&& other) noexcept
    : path_(std::exchange(other.path_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}

StateLock& StateLock::operator=(StateLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

StateLock::~StateLock() {
  if (descriptor_ < 0) return;
  if (!path_.empty()) ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace firn
