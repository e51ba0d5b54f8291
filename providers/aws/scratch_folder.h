// A folder for the files of one operation, gone when it is left.
#pragma once

#include <string>

#include "core/base/result.h"

namespace firn::aws {

// Nobody else has this folder: the system makes its name, so that two runs (or two images of one
// run) never meet in it, and only its owner may read it.
class ScratchFolder {
 public:
  // Below the folder for temporary files (TMPDIR). Fails with ErrorKind::storage.
  static Result<ScratchFolder> create();

  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&& other) noexcept;
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path);
  std::string path_;  // empty: moved away
};

}  // namespace firn::aws
