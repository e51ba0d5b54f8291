#include "providers/aws/code_archive.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>
#include <zip.h>

#include "core/base/digest.h"

namespace firn::aws {
namespace {

namespace fs = std::filesystem;

// Below this many bytes files are stored as they are: the archive then does not depend on the
// version of the compression library either, and two machines agree on its digest.
constexpr std::uint64_t kStoredBytesMax = 4U * 1024 * 1024;
// Lambda's limit on the unpacked code (AWS Lambda Developer Guide, "Lambda quotas").
constexpr std::uint64_t kUnpackedBytesMax = 250U * 1024 * 1024;
// Enough for any sane tree; stops a walk through links that lead back up.
constexpr int kDepthMax = 64;

struct Entry {
  std::string name;  // relative to the folder, '/' between parts
  std::string content;
  bool executable = false;
};

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
  std::uint64_t bytes = 0;
  std::vector<Entry> entries;
  std::set<fs::path> open;  // canonical folders above the one being read
};

Status read_file(Walk& walk, const fs::path& path, const std::string& name) {
  std::ifstream stream(path, std::ios::binary);
  Entry entry;
  entry.name = name;
  if (stream) {
    entry.content.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  if (!stream || stream.bad()) {
    return unreadable(path, std::make_error_code(std::errc::io_error));
  }
  std::error_code code;
  const auto permissions = fs::status(path, code).permissions();
  if (code) return unreadable(path, code);
  entry.executable = (permissions & fs::perms::owner_exec) != fs::perms::none;
  walk.bytes += entry.content.size();
  if (walk.bytes > kUnpackedBytesMax) {
    return fail(ErrorKind::invalid_input,
                fmt::format("the code in {} is too large", walk.root.string()),
                "its files hold more than 250 MB, which is Lambda's limit on unpacked code",
                "leave out what the function does not need, or move libraries to a layer");
  }
  walk.entries.push_back(std::move(entry));
  return Ok{};
}

Status read_folder(Walk& walk, const fs::path& folder, const std::string& prefix, int depth) {
  std::error_code code;
  const fs::path canonical = fs::canonical(folder, code);
  if (code) return unreadable(folder, code);
  if (depth > kDepthMax || !walk.open.insert(canonical).second) {
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
      if (auto done = read_folder(walk, path, name + "/", depth + 1); !done) return done;
    } else if (fs::is_regular_file(status)) {
      if (auto done = read_file(walk, path, name); !done) return done;
    }
  }
  if (code) return unreadable(folder, code);
  walk.open.erase(canonical);
  return Ok{};
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct Free {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};

Failure archive_failure(std::string_view doing, const char* why) {
  return fail(ErrorKind::storage, fmt::format("cannot make the code archive: {}", doing), why);
}

Result<std::string> read_back(zip_source_t* source) {
  zip_stat_t stat;
  if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0) {
    return archive_failure("reading it back", zip_error_strerror(zip_source_error(source)));
  }
  std::string bytes(static_cast<std::size_t>(stat.size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const zip_int64_t got = zip_source_read(source, bytes.data() + have, bytes.size() - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  zip_source_close(source);
  if (have != bytes.size()) return archive_failure("reading it back", "it ended early");
  return bytes;
}

Status add_entry(zip_t* archive, const Entry& entry, bool stored) {
  zip_source_t* content = zip_source_buffer(archive, entry.content.data(), entry.content.size(), 0);
  if (content == nullptr) return archive_failure(entry.name, zip_strerror(archive));
  const zip_int64_t added = zip_file_add(archive, entry.name.c_str(), content, ZIP_FL_ENC_UTF_8);
  if (added < 0) {
    zip_source_free(content);
    return archive_failure(entry.name, zip_strerror(archive));
  }
  const auto index = static_cast<zip_uint64_t>(added);
  // 1980-01-01 00:00, the earliest date that a zip can hold. Set as a DOS date, because
  // zip_file_set_mtime would pass through the local time zone.
  constexpr zip_uint16_t kDate = (0U << 9U) | (1U << 5U) | 1U;
  const zip_uint32_t mode = entry.executable ? 0100755U : 0100644U;
  if (zip_set_file_compression(archive, index, stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE,
                               stored ? 0 : 9) != 0 ||
      zip_file_set_dostime(archive, index, 0, kDate, 0) != 0 ||
      zip_file_set_external_attributes(archive, index, 0, ZIP_OPSYS_UNIX, mode << 16U) != 0) {
    return archive_failure(entry.name, zip_strerror(archive));
  }
  return Ok{};
}

Result<std::string> write_zip(const std::vector<Entry>& entries, bool stored) {
  zip_error_t error;
  zip_error_init(&error);
  const std::unique_ptr<zip_source_t, Free> target(zip_source_buffer_create(nullptr, 0, 0, &error));
  if (!target) return archive_failure("no memory", zip_error_strerror(&error));
  // The archive takes one reference to the source; ours keeps the bytes after it is closed.
  zip_source_keep(target.get());
  std::unique_ptr<zip_t, Discard> archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, &error));
  if (!archive) {
    zip_source_free(target.get());
    return archive_failure("opening it", zip_error_strerror(&error));
  }
  for (const Entry& entry : entries) {
    if (auto added = add_entry(archive.get(), entry, stored); !added) return fail(added.error());
  }
  if (zip_close(archive.get()) != 0) {
    return archive_failure("writing it", zip_strerror(archive.get()));
  }
  static_cast<void>(archive.release());  // closed
  return read_back(target.get());
}

}  // namespace

Result<CodeArchive> archive_folder(const std::string& folder, std::uint64_t bytes_max) {
  std::error_code code;
  Walk walk;
  walk.root = fs::canonical(folder, code);
  if (code || !fs::is_directory(walk.root, code)) {
    return fail(ErrorKind::invalid_input, fmt::format("there is no folder {}", folder),
                "the code of a function is a folder, named relative to the file that declares it",
                "create the folder, or mend the path");
  }
  if (auto read = read_folder(walk, walk.root, "", 0); !read) return fail(read.error());
  if (walk.entries.empty()) {
    return fail(ErrorKind::invalid_input, fmt::format("the folder {} holds no files", folder),
                "a function needs at least the file of its handler");
  }
  // The order in which a file system lists a folder is no property of the code.
  std::sort(walk.entries.begin(), walk.entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  auto bytes = write_zip(walk.entries, walk.bytes <= kStoredBytesMax);
  if (!bytes) return fail(bytes.error());
  if (bytes->size() > bytes_max) {
    return fail(
        ErrorKind::invalid_input, fmt::format("the code archive of {} is too large", folder),
        fmt::format("zipped it has {} bytes; a call may carry {}", bytes->size(), bytes_max),
        "leave out what the function does not need, move libraries to a layer, or put the "
        "archive into an S3 bucket");
  }
  CodeArchive archive;
  archive.bytes = std::move(*bytes);
  archive.sha256 = base64(sha256(archive.bytes));
  return archive;
}

}  // namespace firn::aws
