// The files below a folder of code, in an order that no file system has a say in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace firn::aws {

struct FolderFile {
  std::string name;  // relative to the folder, '/' between parts
  std::string path;
  bool executable = false;
};

// What the folder is for, in the words of its errors: "the code of a function", "a function needs
// at least the file of its handler".
struct FolderPurpose {
  std::string_view what;
  std::string_view least;
};

// Sorted by name. Left out: folders named .git and __pycache__, files that end in .pyc, .DS_Store.
// A symbolic link is followed when what it points to lies inside the folder; one that leads out is
// refused. Fails when the folder is missing, empty, or cannot be read.
[[nodiscard]] Result<std::vector<FolderFile>> list_folder(const std::string& folder,
                                                          const FolderPurpose& purpose);

[[nodiscard]] Result<std::string> read_folder_file(const FolderFile& file);

// A digest of names, contents and execute bits: equal on every machine and on every run where these
// are equal. Lower-case hexadecimal.
[[nodiscard]] Result<std::string> digest_of_folder(const std::string& folder,
                                                   const FolderPurpose& purpose);

}  // namespace firn::aws
