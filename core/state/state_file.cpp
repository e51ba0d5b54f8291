#include "core/state/state_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/state/state_refusals.h"

namespace firn {
namespace {

constexpr std::string_view sqlite_magic{"SQLite format 3\0", 16};

// No write bit for anybody means "leave this alone", even to root, whom the system would let pass.
bool is_marked_read_only(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & 0222) == 0;
}

}  // namespace

bool is_there(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::string folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

void sync_folder_of(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
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

Status check_magic(const StateLocation& location) {
  const int descriptor = ::open(location.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return refuse(location, std::strerror(errno), "give yourself read permission on the file");
  }
  std::array<char, 100> bytes{};
  const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
  const int code = errno;
  ::close(descriptor);
  if (count < 0) {
    return refuse(location, std::strerror(code), "the state must be a plain file");
  }
  const std::string_view found(bytes.data(), static_cast<std::size_t>(count));
  if (found.empty()) {
    // A state appears in its place all at once, so this one was emptied later.
    return refuse_lost(location, "the file is empty, as firn never leaves one",
                       "put the last good copy of the file back; only if there was never a state "
                       "here, remove the empty file");
  }
  if (found.starts_with(restore_mark)) {
    return refuse_lost(location, "a restore of this state was cut short",
                       "run `firn state restore` again");
  }
  if (!found.starts_with(sqlite_magic)) {
    return refuse_foreign(location, "this is not a state of firn: it is not an SQLite database");
  }
  if (found.size() < bytes.size()) {
    return refuse_damaged(location, "it ends in its first bytes");
  }
  return Ok{};
}

Status make_private_file(const StateLocation& location, const std::string& path) {
  // SQLite would make the file readable to all.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return refuse(location, std::strerror(errno),
                  errno == ENOSPC || errno == EDQUOT
                      ? "free some space on that disk, then run the command again"
                      : "give yourself write permission on the folder " + folder_of(path));
  }
  ::close(descriptor);
  return Ok{};
}

}  // namespace firn
