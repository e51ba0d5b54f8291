#include "providers/aws/code_archive.h"

#include <fmt/format.h>
#include <memory>
#include <utility>
#include <vector>
#include <zip.h>

#include "core/base/digest.h"
#include "providers/aws/code_folder.h"

namespace firn::aws {
namespace {

// Below this many bytes files are stored as they are: the archive then does not depend on the
// version of the compression library either, and two machines agree on its digest.
constexpr std::uint64_t kStoredBytesMax = 4U * 1024 * 1024;
// Lambda's limit on the unpacked code (AWS Lambda Developer Guide, "Lambda quotas").
constexpr std::uint64_t kUnpackedBytesMax = 250U * 1024 * 1024;

constexpr FolderPurpose kPurpose{.what = "the code of a function",
                                 .least = "a function needs at least the file of its handler"};

struct Entry {
  std::string name;  // relative to the folder, '/' between parts
  std::string content;
  bool executable = false;
};

Failure archive_failure(std::string_view doing, const char* why) {
  return fail(ErrorKind::storage, fmt::format("cannot make the code archive: {}", doing), why);
}

// All files of the folder, and in `bytes` how many they have.
Result<std::vector<Entry>> read_entries(const std::string& folder, std::uint64_t& bytes) {
  const auto files = list_folder(folder, kPurpose);
  if (!files) return fail(files.error());
  std::vector<Entry> entries;
  bytes = 0;
  for (const FolderFile& file : *files) {
    auto content = read_folder_file(file);
    if (!content) return fail(content.error());
    bytes += content->size();
    if (bytes > kUnpackedBytesMax) {
      return fail(ErrorKind::invalid_input, fmt::format("the code in {} is too large", folder),
                  "its files hold more than 250 MB, which is Lambda's limit on unpacked code",
                  "leave out what the function does not need, or move libraries to a layer");
    }
    entries.push_back({file.name, std::move(*content), file.executable});
  }
  return entries;
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct Free {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};

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
  std::uint64_t unpacked = 0;
  const auto entries = read_entries(folder, unpacked);
  if (!entries) return fail(entries.error());
  auto bytes = write_zip(*entries, unpacked <= kStoredBytesMax);
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
