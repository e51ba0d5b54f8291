#include "providers/aws/oci_layout.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "core/base/digest.h"
#include "core/value/json.h"
#include "core/value/value.h"
#include "providers/aws/reply.h"

namespace firn::aws {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view docker_list =
    "application/vnd.docker.distribution.manifest.list.v2+json";
// An index of indexes of indexes is nobody's image.
constexpr int depth_max = 4;

Failure unfit(const std::string& folder, std::string why) {
  return fail(ErrorKind::invalid_input,
              fmt::format("the OCI layout in {} is not an image that can be pushed", folder),
              std::move(why), "let the command leave one image in $FIRN_OCI_LAYOUT");
}

std::optional<std::string> read_text(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream.bad()) return std::nullopt;
  return text;
}

bool is_index_type(std::string_view media_type) {
  return media_type == oci_index || media_type == docker_list;
}

// Where the layout keeps a blob; nothing for a digest that is none.
std::optional<fs::path> path_of(const std::string& folder, const std::string& digest) {
  constexpr std::string_view kind = "sha256:";
  if (!digest.starts_with(kind) || digest.size() != kind.size() + 64 ||
      digest.find_first_not_of("0123456789abcdef", kind.size()) != std::string::npos) {
    return std::nullopt;
  }
  return fs::path(folder) / "blobs" / "sha256" / digest.substr(kind.size());
}

// Statements about how an image was built, which builders list beside it.
bool is_statement(const Value& descriptor) {
  return descriptor.at("annotations").string_or("vnd.docker.reference.type", "") ==
         "attestation-manifest";
}

class Reader {
 public:
  explicit Reader(const std::string& folder) : folder_(folder) {}

  Result<OciManifest> read(const Value& descriptor, int depth) {
    OciManifest manifest;
    manifest.digest = descriptor.string_or("digest", "");
    manifest.media_type = descriptor.string_or("mediaType", "");
    const auto path = path_of(folder_, manifest.digest);
    auto text = path ? read_text(*path) : std::nullopt;
    if (!text || depth > depth_max) {
      return unfit(folder_, fmt::format("the manifest {} is not in it", manifest.digest));
    }
    if ("sha256:" + sha256_hex(*text) != manifest.digest) {
      return unfit(folder_, fmt::format("the manifest {} has other bytes than its digest says",
                                        manifest.digest));
    }
    const auto content = parse_json(*text);
    if (!content || !content->is_map()) {
      return unfit(folder_, fmt::format("the manifest {} is not JSON", manifest.digest));
    }
    manifest.text = std::move(*text);
    if (manifest.media_type.empty()) manifest.media_type = content->string_or("mediaType", "");
    if (is_index_type(manifest.media_type)) return read_index(std::move(manifest), *content, depth);
    List blobs = list_at(*content, "layers");
    blobs.push_back(content->at("config"));
    for (const Value& blob : blobs) {
      auto found = read_blob(blob);
      if (!found) return fail(found.error());
      manifest.blobs.push_back(std::move(*found));
    }
    return manifest;
  }

  // The entry of index.json that is meant.
  Result<Value> choose(const Value& index, const std::string& reference) const {
    List images;
    for (const Value& entry : list_at(index, "manifests")) {
      if (!is_statement(entry)) images.push_back(entry);
    }
    if (images.size() == 1) return images.front();
    for (const Value& entry : images) {
      const Value& name = entry.at("annotations").at("org.opencontainers.image.ref.name");
      if (name == Value(reference)) return entry;
    }
    return unfit(folder_, images.empty()
                              ? std::string("its index.json names no image")
                              : fmt::format("its index.json names {} images, and none as \"{}\"",
                                            images.size(), reference));
  }

 private:
  Result<OciManifest> read_index(OciManifest manifest, const Value& content, int depth) {
    List images;
    const List members = list_at(content, "manifests");
    for (const Value& member : members) {
      if (!is_statement(member)) images.push_back(member);
    }
    if (images.size() == 1) return read(images.front(), depth + 1);
    for (const Value& member : members) {
      auto read_member = read(member, depth + 1);
      if (!read_member) return read_member;
      manifest.members.push_back(std::move(*read_member));
    }
    return manifest;
  }

  Result<OciBlob> read_blob(const Value& descriptor) const {
    OciBlob blob;
    blob.digest = descriptor.string_or("digest", "");
    const auto path = path_of(folder_, blob.digest);
    std::error_code code;
    const std::uintmax_t size = path ? fs::file_size(*path, code) : 0;
    if (!path || code) return unfit(folder_, fmt::format("the blob {} is not in it", blob.digest));
    blob.path = path->string();
    blob.size = static_cast<std::int64_t>(size);
    return blob;
  }

  const std::string& folder_;
};

}  // namespace

bool is_oci_layout(const std::string& folder) {
  std::error_code code;
  return fs::exists(fs::path(folder) / "index.json", code);
}

Result<OciManifest> read_oci_layout(const std::string& folder, const std::string& reference) {
  const auto text = read_text(fs::path(folder) / "index.json");
  const auto index = text ? parse_json(*text) : Result<Value>(Value());
  if (!index || !index->is_map()) return unfit(folder, "its index.json cannot be read");
  Reader reader(folder);
  const auto entry = reader.choose(*index, reference);
  if (!entry) return fail(entry.error());
  return reader.read(*entry, 0);
}

}  // namespace firn::aws
