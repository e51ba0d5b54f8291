// OCI image layouts that a container builder left behind.
#include <filesystem>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/oci_layout.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

void check(const aws::OciManifest& manifest, int depth) {
  require(depth < 10, "an index ends somewhere");
  require(manifest.digest == "sha256:" + sha256_hex(manifest.text),
          "a manifest is named after its bytes", manifest.digest);
  for (const aws::OciBlob& blob : manifest.blobs) {
    require(blob.path.starts_with(scratch_folder()), "a blob is in the layout", blob.path);
    require(blob.size >= 0, "a blob has a size");
  }
  for (const aws::OciManifest& member : manifest.members)
    check(member, depth + 1);
}

}  // namespace

// The index and the blobs. `@1` stands for the digest of the first blob, and so on: a fuzzer does
// not find one by itself.
void try_input(std::string_view input) {
  const std::string folder = scratch_folder() + "/layout";
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::filesystem::create_directories(folder + "/blobs/sha256");
  const auto parts = parts_of(input);
  std::vector<std::string> texts(parts.begin(), parts.end());
  for (std::size_t i = texts.size(); i-- > 0;) {
    // The last ones first: those in front refer to them.
    for (std::size_t k = i + 1; k < texts.size() && k < 10; ++k) {
      texts[i] = replace_all(std::move(texts[i]), "@" + std::to_string(k),
                             "sha256:" + sha256_hex(texts[k]));
    }
    if (i > 0) (void)file_with("layout/blobs/sha256/" + sha256_hex(texts[i]), texts[i]);
  }
  (void)file_with("layout/index.json", texts[0]);
  (void)file_with("layout/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
  require(aws::is_oci_layout(folder), "a layout is seen as one");
  const auto image = aws::read_oci_layout(folder, "tag");
  if (!image) {
    require_told(image.error());
    return;
  }
  check(*image, 0);
}

}  // namespace firn::fuzz
