#include "core/state/state_lock.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include "core/state/file_identity.h"
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

std::string read_all(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::array<char, 4096> buffer{};
  const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  ::close(descriptor);
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
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

// The lock is on the file that was opened; somebody may have removed or replaced that one.
bool is_still_there(const std::string& path, int descriptor) {
  const auto by_name = identity_of(path);
  return by_name && by_name == identity_of(descriptor);
}

Status write_holder(int descriptor, const std::string& path, const LockHolder& self) {
  const std::string text = holder_text(self);
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return fail(system_failure(path));
  }
  return Ok{};
}

}  // namespace

Result<StateLock> StateLock::try_take(const std::string& path, const LockHolder& self) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail(system_failure(path));
    StateLock lock(path, descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return StateLock();
      return fail(system_failure(path));
    }
    if (!is_still_there(path, descriptor)) continue;
    if (Status written = write_holder(descriptor, path, self); !written) {
      return fail(written.error());
    }
    return lock;
  }
}

Result<StateLock> StateLock::take_over(const std::string& path, const LockHolder& self) {
  // Whoever looks at the path meanwhile finds the old file or the new one, and both are locked.
  std::string name = path + ".XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return fail(system_failure(path));
  StateLock lock(path, descriptor);
  Status done = write_holder(descriptor, path, self);
  if (done &&
      (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 || ::rename(name.c_str(), path.c_str()) != 0)) {
    done = fail(system_failure(path));
  }
  if (!done) {
    ::unlink(name.c_str());
    return fail(done.error());
  }
  return lock;
}

StateLock::StateLock(StateLock&& other) noexcept
    : path_(std::exchange(other.path_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}

StateLock& StateLock::operator=(StateLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

StateLock::~StateLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool StateLock::is_in_place() const {
  return descriptor_ >= 0 && is_still_there(path_, descriptor_);
}

void StateLock::remove_file() {
  if (is_in_place()) ::unlink(path_.c_str());
}

Error refusal_by_lock(const std::string& path, const std::string& what) {
  Error error;
  error.kind = ErrorKind::conflict;
  error.summary = "somebody else is changing " + what;
  error.remedy = "wait until it ends, then run the command again; the lock ends with that process";
  const auto holder = parse_json(read_all(path));
  // The holder writes its name a moment after it has the lock.
  if (!holder || !holder->is_map()) {
    error.detail = fmt::format("another process holds {}", path);
    return error;
  }
  error.detail =
      fmt::format("{} runs \"{}\" since {} (process {}) and holds {}",
                  holder->string_or("who", "somebody"), holder->string_or("command", "?"),
                  holder->string_or("since", "?"), holder->int_or("process", 0), path);
  return error;
}

}  // namespace firn
