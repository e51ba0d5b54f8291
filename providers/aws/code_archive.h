// A folder of code as a zip archive whose bytes depend on nothing but the files' names, contents
// and execute bits, so that equal code has an equal digest on every machine and on every run.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace firn::aws {

struct CodeArchive {
  std::string bytes;   // the zip
  std::string sha256;  // base64 SHA-256 of `bytes`: what Lambda shows as CodeSha256
};

// The largest archive that CreateFunction and UpdateFunctionCode take inline, zipped (AWS Lambda
// Developer Guide, "Lambda quotas").
inline constexpr std::uint64_t kInlineCodeBytesMax = 50U * 1024 * 1024;

// Archives the files below `folder`. Left out: folders named .git and __pycache__, files that end
// in .pyc, .DS_Store. A symbolic link is followed when what it points to lies inside the folder;
// one that leads out is refused. Fails when the folder is missing, empty, cannot be read, or makes
// an archive larger than `bytes_max`.
[[nodiscard]] Result<CodeArchive> archive_folder(const std::string& folder,
                                                 std::uint64_t bytes_max = kInlineCodeBytesMax);

}  // namespace firn::aws
