// Repositories and their images.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/value/value.h"
#include "sandbox/aws/call.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::ecr {

struct RepositoryId {
  std::string account;
  std::string region;
  std::string name;
};
[[nodiscard]] const Value* find_repository(const World& world, const RepositoryId& id);
void keep_repository(World& world, const RepositoryId& id, Value repository);
[[nodiscard]] std::string repository_arn(const RepositoryId& id);
[[nodiscard]] std::string repository_uri(const RepositoryId& id);

// An image: one manifest and the tags that point to it.
struct Image {
  std::string digest;  // "sha256:…"
  std::string manifest;
  std::string media_type;
  std::vector<std::string> tags;  // sorted
  std::int64_t pushed_ms = 0;
};
// Oldest push first.
[[nodiscard]] std::vector<Image> images_of(const World& world, const RepositoryId& id);
void keep_image(World& world, const RepositoryId& id, const Image& image);
void erase_image(World& world, const RepositoryId& id, const std::string& digest);
[[nodiscard]] std::optional<Image> find_by_digest(const World& world, const RepositoryId& id,
                                                  const std::string& digest);
[[nodiscard]] std::optional<Image> find_by_tag(const World& world, const RepositoryId& id,
                                               const std::string& tag);
// With everything that is in the repository.
void erase_repository(World& world, const RepositoryId& id);

// Images that the lifecycle policy takes: it is carried out once a day.
void expire(World& world, const RepositoryId& id);

// Blobs: layers and configurations. Their bytes are checked when they come and then forgotten.
[[nodiscard]] std::optional<std::int64_t> layer_size(const World& world, const RepositoryId& id,
                                                     const std::string& digest);

// Where an image is named by a URI: "<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:…", or
// ":tag" in the place of the digest, or neither (the tag latest).
struct ImageReference {
  RepositoryId repository;
  std::string tag;     // empty when the digest is given
  std::string digest;  // empty when the tag is given
};
[[nodiscard]] std::optional<ImageReference> parse_image_uri(const std::string& uri);
[[nodiscard]] std::optional<Image> find_image(const World& world, const ImageReference& reference);

// May Lambda pull from the repository for this function, by the repository's own policy?
[[nodiscard]] bool lambda_may_pull(const World& world, const RepositoryId& id,
                                   const std::string& function_arn);
// The same, after Lambda has let itself in where the policy does not and the caller of Lambda may
// change it. Source: AWS Lambda Developer Guide, "Create a Lambda function using a container
// image".
[[nodiscard]] bool let_lambda_pull(const Call& call, const RepositoryId& id,
                                   const std::string& function_arn);

}  // namespace firn::sandbox::aws::ecr
