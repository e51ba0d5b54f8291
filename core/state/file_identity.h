// Which file a path leads to: tells that somebody removed or replaced it.
#pragma once

#include <optional>
#include <string>
#include <sys/stat.h>

namespace firn {

struct FileIdentity {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const FileIdentity&) const = default;
};

// Nothing when there is no such file.
[[nodiscard]] inline std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileIdentity{info.st_dev, info.st_ino};
}

[[nodiscard]] inline std::optional<FileIdentity> identity_of(int descriptor) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) return std::nullopt;
  return FileIdentity{info.st_dev, info.st_ino};
}

}  // namespace firn
