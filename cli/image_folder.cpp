// A folder as a container image of one layer, for rehearsals.
//
// Source: OCI Image Format Specification; POSIX, "pax", ustar interchange format.
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <system_error>

#include "cli/image_builders.h"
#include "core/base/digest.h"
#include "core/value/json.h"
#include "core/value/value.h"
#include "providers/aws/code_folder.h"

namespace firn::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t block = 512;
constexpr aws::FolderPurpose purpose{
    .what = "the folder of an image",
    .least = "an image needs at least the file that says how it is made"};

// A field of a tar header: its first byte and its length.
struct Field {
  std::size_t offset;
  std::size_t length;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field user_field{108, 8};
constexpr Field group_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field time_field{136, 12};
constexpr Field checksum_field{148, 8};
constexpr Field kind_field{156, 1};
constexpr Field magic_field{257, 8};
constexpr Field prefix_field{345, 155};

void put(std::string& header, Field field, std::string_view text) {
  header.replace(field.offset, text.size(), text);
}

void put_octal(std::string& header, Field field, std::uint64_t number) {
  put(header, field, fmt::format("{:0{}o}", number, field.length - 1));
}

// A long name is cut at a slash into prefix and name.
bool put_name(std::string& header, const std::string& name) {
  if (name.size() <= name_field.length) {
    put(header, name_field, name);
    return true;
  }
  const std::size_t slash = name.find('/', name.size() - name_field.length - 1);
  if (slash == std::string::npos || slash > prefix_field.length) return false;
  put(header, prefix_field, name.substr(0, slash));
  put(header, name_field, name.substr(slash + 1));
  return true;
}

// Without times and owners: equal folders make equal layers.
Status add_to_tar(std::string& tar, const aws::FolderFile& file, const std::string& content) {
  std::string header(block, '\0');
  if (!put_name(header, file.name)) {
    return fail(ErrorKind::invalid_input,
                fmt::format("the path {} is too long for a layer", file.name),
                "a rehearsal packs paths of up to 255 bytes", "shorten it");
  }
  put_octal(header, mode_field, file.executable ? 0755 : 0644);
  put_octal(header, user_field, 0);
  put_octal(header, group_field, 0);
  put_octal(header, size_field, content.size());
  put_octal(header, time_field, 0);
  put(header, kind_field, "0");
  put(header, magic_field, std::string_view("ustar\00000", 8));
  put(header, checksum_field, "        ");
  std::uint64_t sum = 0;
  for (const char c : header)
    sum += static_cast<unsigned char>(c);
  put(header, checksum_field, std::string_view(fmt::format("{:06o}", sum) + '\0' + ' '));
  tar += header;
  tar += content;
  tar.append((block - content.size() % block) % block, '\0');
  return Ok{};
}

Result<std::string> pack(const std::string& folder) {
  const auto files = aws::list_folder(folder, purpose);
  if (!files) return fail(files.error());
  std::string tar;
  for (const aws::FolderFile& file : *files) {
    const auto content = aws::read_folder_file(file);
    if (!content) return fail(content.error());
    if (const Status added = add_to_tar(tar, file, *content); !added) return fail(added.error());
  }
  tar.append(2 * block, '\0');
  return tar;
}

// Blobs of the layout, named by their digests.
class Layout {
 public:
  explicit Layout(fs::path folder) : folder_(std::move(folder)) {}

  // The descriptor of the new blob.
  Result<Value> add(const std::string& bytes, std::string_view media_type) const {
    const std::string digest = sha256_hex(bytes);
    std::error_code code;
    fs::create_directories(folder_ / "blobs" / "sha256", code);
    if (const Status written = write(folder_ / "blobs" / "sha256" / digest, bytes); !written) {
      return fail(written.error());
    }
    return Value(Map{{"mediaType", std::string(media_type)},
                     {"digest", "sha256:" + digest},
                     {"size", static_cast<std::int64_t>(bytes.size())}});
  }
  Status finish(const Value& manifest) const {
    const Value index = Map{{"schemaVersion", 2}, {"manifests", List{manifest}}};
    if (const Status written = write(folder_ / "index.json", to_json(index)); !written) {
      return written;
    }
    return write(folder_ / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  }

 private:
  static Status write(const fs::path& path, const std::string& bytes) {
    std::ofstream stream(path, std::ios::binary);
    stream << bytes;
    stream.close();
    if (stream) return Ok{};
    return fail(ErrorKind::storage, fmt::format("cannot write {}", path.string()), "",
                "check that there is room for temporary files");
  }

  fs::path folder_;
};

Status write_image(const aws::ImageBuild& build) {
  const auto tar = pack(build.folder);
  if (!tar) return fail(tar.error());
  const Layout layout{fs::path(build.oci_layout)};
  const auto layer = layout.add(*tar, "application/vnd.oci.image.layer.v1.tar");
  if (!layer) return fail(layer.error());
  const Value content =
      Map{{"type", "layers"}, {"diff_ids", List{Value("sha256:" + sha256_hex(*tar))}}};
  const Value settings = Map{
      {"architecture", "amd64"}, {"os", "linux"}, {"config", Value(Map())}, {"rootfs", content}};
  const auto config = layout.add(to_json(settings), "application/vnd.oci.image.config.v1+json");
  if (!config) return fail(config.error());
  constexpr std::string_view media_type = "application/vnd.oci.image.manifest.v1+json";
  const Value manifest = Map{{"schemaVersion", 2},
                             {"mediaType", std::string(media_type)},
                             {"config", *config},
                             {"layers", List{*layer}}};
  const auto image = layout.add(to_json(manifest), media_type);
  if (!image) return fail(image.error());
  return layout.finish(*image);
}

class FolderBuilder final : public aws::ImageBuilder {
 public:
  Task<Status> build(aws::ImageBuild build) override {
    if (build.report) build.report("packing the folder as an image: a rehearsal runs no command");
    co_return write_image(build);
  }
};

}  // namespace

std::unique_ptr<aws::ImageBuilder> make_folder_builder() {
  return std::make_unique<FolderBuilder>();
}

}  // namespace firn::cli
