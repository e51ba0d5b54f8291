// Images into and out of an ECR repository, by ECR's own API: no Docker is needed.
//
// Source of facts: Amazon ECR API Reference (InitiateLayerUpload, UploadLayerPart,
// CompleteLayerUpload, PutImage, BatchGetImage).
#pragma once

#include <string>
#include <vector>

#include "core/provider/provider.h"
#include "providers/aws/client.h"
#include "providers/aws/oci_layout.h"

namespace firn::aws {

// Uploads what the repository does not have yet, and puts the manifest under these tags, in their
// order. Answers the image's digest.
Task<Result<std::string>> push_image(Client& client, const Operation& operation,
                                     std::string repository, OciManifest image,
                                     std::vector<std::string> tags);

struct StoredImage {
  std::string manifest;  // empty: there is no such image
  std::string media_type;
};
Task<Result<StoredImage>> get_image(Client& client, const Operation& operation,
                                    std::string repository, std::string digest);

// Gives a further tag to an image that is there.
Task<Status> tag_image(Client& client, const Operation& operation, std::string repository,
                       StoredImage image, std::string tag);

}  // namespace firn::aws
