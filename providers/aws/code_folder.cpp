#include "providers/aws/code_folder.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "core/base/digest.h"

namespace firn::aws {
namespace {

namespace fs = std::filesystem;

// Enough for any sane tree; stops a walk through links that lead back up.
constexpr int depth_max = 64;

bool is_left_out(const fs::path& name, bool is_folder) {
  if (is_folder) return name == ".git" || name == "__pycache__";
  return name.extension() == ".pyc" || name == ".DS_Store";
}

bool lies_inside(const fs::path& root, const fs::path& path) {
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end == root.end();
}

Failure unreadable(const fs::path& path, const std::error_code& code) {
  return fail(ErrorKind::storage, fmt::format("cannot read {}", path.string()), code.message(),
              "check that the path exists and that you may read it");
}

struct Walk {
  fs::path root;  // canonical
  std::vector<FolderFile> files;
  std::set<fs::path> open;  // canonical folders above the one being read
};

Status add_file(Walk& walk, const fs::path& path, const std::string& name) {
  std::error_code code;
  const auto permissions = fs::status(path, code).permissions();
  if (code) return unreadable(path, code);
  const bool executable = (permissions & fs::perms::owner_exec) != fs::perms::none;
  walk.files.push_back({name, path.string(), executable});
  return Ok{};
}

Status walk_folder(Walk& walk, const fs::path& folder, const std::string& prefix, int depth) {
  std::error_code code;
  const fs::path canonical = fs::canonical(folder, code);
  if (code) return unreadable(folder, code);
  if (depth > depth_max || !walk.open.insert(canonical).second) {
    return fail(ErrorKind::invalid_input, fmt::format("{} leads back to itself", folder.string()),
                "a symbolic link points to a folder that contains it", "remove the link");
  }
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    const fs::path path = at->path();
    const std::string name = prefix + path.filename().string();
    std::error_code status_code;
    if (at->is_symlink(status_code)) {
      const fs::path target = fs::canonical(path, status_code);
      if (status_code) return unreadable(path, status_code);
      if (!lies_inside(walk.root, target)) {
        return fail(ErrorKind::invalid_input,
                    fmt::format("{} points out of the code folder", path.string()),
                    fmt::format("it is a symbolic link to {}, which is not below {}",
                                target.string(), walk.root.string()),
                    "copy the file into the folder, or remove the link");
      }
    }
    const fs::file_status status = fs::status(path, status_code);
    if (status_code) return unreadable(path, status_code);
    const bool is_folder = fs::is_directory(status);
    if (is_left_out(path.filename(), is_folder)) continue;
    if (is_folder) {
      if (auto done = walk_folder(walk, path, name + "/", depth + 1); !done) return done;
    } else if (fs::is_regular_file(status)) {
      if (auto done = add_file(walk, path, name); !done) return done;
    }
  }
  if (code) return unreadable(folder, code);
  walk.open.erase(canonical);
  return Ok{};
}

}  // namespace

Result<std::vector<FolderFile>> list_folder(const std::string& folder,
                                            const FolderPurpose& purpose) {
  std::error_code code;
  Walk walk;
  walk.root = fs::canonical(folder, code);
  if (code || !fs::is_directory(walk.root, code)) {
    return fail(
        ErrorKind::invalid_input, fmt::format("there is no folder {}", folder),
        fmt::format("{} is a folder, named relative to the file that declares it", purpose.what),
        "create the folder, or mend the path");
  }
  if (auto read = walk_folder(walk, walk.root, "", 0); !read) return fail(read.error());
  if (walk.files.empty()) {
    return fail(ErrorKind::invalid_input, fmt::format("the folder {} holds no files", folder),
                std::string(purpose.least));
  }
  std::ranges::sort(walk.files, {}, &FolderFile::name);
  return std::move(walk.files);
}

Result<std::string> read_folder_file(const FolderFile& file) {
  std::ifstream stream(file.path, std::ios::binary);
  std::string content;
  if (stream) {
    content.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  if (!stream || stream.bad()) {
    return unreadable(file.path, std::make_error_code(std::errc::io_error));
  }
  return content;
}

Result<std::string> digest_of_folder(const std::string& folder, const FolderPurpose& purpose) {
  const auto files = list_folder(folder, purpose);
  if (!files) return fail(files.error());
  // A line for each file: a name cannot be taken for a content, whatever it holds.
  std::string lines;
  for (const FolderFile& file : *files) {
    const auto content = read_folder_file(file);
    if (!content) return fail(content.error());
    lines += fmt::format("{} {} {} {}\n", sha256_hex(*content), file.executable ? 'x' : '-',
                         file.name.size(), file.name);
  }
  return sha256_hex(lines);
}

}  // namespace firn::aws
