// An image in a folder: the OCI image layout that container builders write.
//
// Source: OCI Image Format Specification, "Image Layout", "Image Index" and "Image Manifest".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace firn::aws {

struct OciBlob {
  std::string digest;  // "sha256:…"
  std::string path;
  std::int64_t size = 0;
};

// One manifest, after everything that it refers to.
struct OciManifest {
  std::string text;  // byte for byte: its digest depends on it
  std::string media_type;
  std::string digest;
  std::vector<OciBlob> blobs;        // configuration and layers; none of an index
  std::vector<OciManifest> members;  // of an index
};

[[nodiscard]] bool is_oci_layout(const std::string& folder);

// The image of the layout. Where its index names several, the one with this reference name. An
// index that lists one image beside statements about how it was built stands for that image: Lambda
// takes no index.
[[nodiscard]] Result<OciManifest> read_oci_layout(const std::string& folder,
                                                  const std::string& reference);

}  // namespace firn::aws
