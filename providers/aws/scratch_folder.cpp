#include "providers/aws/scratch_folder.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <utility>

namespace firn::aws {

Result<ScratchFolder> ScratchFolder::create() {
  std::error_code failure;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(failure);
  std::string path = (parent / "firn-image-XXXXXX").string();
  if (!failure && ::mkdtemp(path.data()) == nullptr) {
    failure.assign(errno, std::generic_category());
  }
  if (failure) {
    return fail(ErrorKind::storage, fmt::format("cannot make a folder like {}", path),
                failure.message(), "let TMPDIR name a folder with room that you may write to");
  }
  return ScratchFolder(std::move(path));
}

ScratchFolder::ScratchFolder(std::string path) : path_(std::move(path)) {}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, std::string())) {}

ScratchFolder& ScratchFolder::operator=(ScratchFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

ScratchFolder::~ScratchFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace firn::aws
