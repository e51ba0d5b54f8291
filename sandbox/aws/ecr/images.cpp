// Images: manifests and their tags.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/ecr/operations.h"
#include "sandbox/aws/events/bus.h"

namespace firn::sandbox::aws::ecr {
namespace {

constexpr std::size_t most_ids = 100;
constexpr std::size_t longest_tag = 300;
constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view docker_list =
    "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";

bool is_index(std::string_view media_type) {
  return media_type == docker_list || media_type == oci_index;
}

// An image as a request names it.
struct ImageId {
  std::string digest;
  std::string tag;
};

std::vector<ImageId> ids_in(const Value& input) {
  const Value& given = input.at("imageIds");
  if (!given.is_list() || given.as_list().empty() || given.as_list().size() > most_ids) {
    throw invalid_parameter("imageIds", "", "Member must have length between 1 and 100");
  }
  std::vector<ImageId> ids;
  for (const Value& id : given.as_list()) {
    ids.push_back({id.string_or("imageDigest", ""), id.string_or("imageTag", "")});
  }
  return ids;
}

Value shown(const ImageId& id) {
  Map map;
  if (!id.digest.empty()) map.set("imageDigest", id.digest);
  if (!id.tag.empty()) map.set("imageTag", id.tag);
  return Value(std::move(map));
}

bool has_tag(const Image& image, const std::string& tag) {
  return std::ranges::find(image.tags, tag) != image.tags.end();
}

struct Found {
  std::optional<Image> image;
  std::string failure;  // the code of a failure when there is none
  std::string reason;
};

Found find(const World& world, const RepositoryId& repository, const ImageId& id) {
  if (id.digest.empty() && id.tag.empty()) {
    return {{}, "MissingDigestAndTag", "Invalid request parameters: both tag and digest are null"};
  }
  if (!id.digest.empty() && !is_digest(id.digest)) {
    return {{},
            "InvalidImageDigest",
            "Invalid request parameters: image digest should satisfy "
            "the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"};
  }
  Found found;
  found.image = id.digest.empty() ? find_by_tag(world, repository, id.tag)
                                  : find_by_digest(world, repository, id.digest);
  if (!found.image) {
    found.failure = "ImageNotFound";
    found.reason = "Requested image not found";
  } else if (!id.tag.empty() && !has_tag(*found.image, id.tag)) {
    found.image.reset();
    found.failure = "ImageTagDoesNotMatchDigest";
    found.reason = "Image tag does not match digest";
  }
  return found;
}

Value failure_of(const ImageId& id, const Found& found) {
  return Map{
      {"imageId", shown(id)}, {"failureCode", found.failure}, {"failureReason", found.reason}};
}

// What the manifest says its type is; clients may say it beside the manifest, too.
std::string media_type_of(const Value& input, const Value& manifest) {
  std::string inside = manifest.string_or("mediaType", "");
  const std::string beside = input.string_or("imageManifestMediaType", "");
  if (!inside.empty() && !beside.empty() && inside != beside) {
    throw invalid_parameter("imageManifest", beside, "Invalid image manifest media type");
  }
  if (inside.empty()) inside = beside;
  for (const std::string_view known : {docker_manifest, docker_list, oci_manifest, oci_index}) {
    if (inside == known) return inside;
  }
  throw invalid_parameter("imageManifest", inside, "Invalid media type");
}

void check_contents(const Call& call, const Repository& repository, const Value& manifest,
                    const std::string& media_type) {
  if (manifest.int_or("schemaVersion", 0) != 2) {
    throw invalid_parameter("imageManifest", "schemaVersion", "Invalid JSON syntax");
  }
  if (is_index(media_type)) {
    for (const Value& one : manifest.at("manifests").as_list()) {
      const std::string digest = one.string_or("digest", "");
      if (find_by_digest(call.world, repository.id, digest)) continue;
      throw refusal("ReferencedImagesNotFoundException",
                    fmt::format("Images with digests '[{}]' required for pushing image into "
                                "repository with name '{}' in the registry with id '{}' do not "
                                "exist",
                                digest, repository.id.name, repository.id.account));
    }
    return;
  }
  List blobs = manifest.at("layers").as_list();
  blobs.push_back(manifest.at("config"));
  for (const Value& blob : blobs) {
    const std::string digest = blob.string_or("digest", "");
    const auto size = layer_size(call.world, repository.id, digest);
    if (size && *size == blob.int_or("size", *size)) continue;
    throw refusal("LayersNotFoundException",
                  fmt::format("Layers with digests '[{}]' required for pushing image with digest "
                              "into repository with name '{}' in the registry with id '{}' do not "
                              "exist",
                              digest, repository.id.name, repository.id.account));
  }
}

Value manifest_in(const Value& input) {
  const auto manifest = parse_json(input.string_or("imageManifest", ""));
  const bool is_whole = manifest && manifest->is_map() &&
                        (manifest->at("manifests").is_list() ||
                         (manifest->at("layers").is_list() && manifest->at("config").is_map()));
  if (!is_whole) throw invalid_parameter("imageManifest", "", "Invalid JSON syntax");
  return *manifest;
}

// An index lists manifests, an image has layers and a configuration.
void check_kind(const Value& manifest, const std::string& media_type) {
  if (is_index(media_type) == manifest.at("manifests").is_list()) return;
  throw invalid_parameter("imageManifest", media_type, "Invalid JSON syntax");
}

// Takes the tag off the image that has it; when tags stay where they are, that is refused.
void free_tag(Call& call, const Repository& repository, const std::string& tag,
              const std::string& digest) {
  auto owner = find_by_tag(call.world, repository.id, tag);
  if (!owner || owner->digest == digest) return;
  if (repository.document.string_or("mutability", "") == "IMMUTABLE") {
    throw refusal("ImageTagAlreadyExistsException",
                  fmt::format("The image tag '{}' already exists in the '{}' repository and cannot "
                              "be overwritten because the repository is immutable.",
                              tag, repository.id.name));
  }
  std::erase(owner->tags, tag);
  keep_image(call.world, repository.id, *owner);
}

// Amazon ECR User Guide, "Amazon ECR events and EventBridge".
void tell(Call& call, const Repository& repository, const char* action, const std::string& digest,
          const std::string& tag) {
  Map detail{{"result", "SUCCESS"},
             {"repository-name", repository.id.name},
             {"image-digest", digest},
             {"action-type", action}};
  if (!tag.empty()) detail.set("image-tag", tag);
  events::Event event;
  event.source = "aws.ecr";
  event.detail_type = "ECR Image Action";
  event.detail = Value(std::move(detail));
  events::emit(call.world, repository.id.account, repository.id.region, std::move(event));
}

Value described(const Repository& repository, const Image& image) {
  const auto manifest = parse_json(image.manifest);
  std::int64_t size = 0;
  if (manifest && manifest->at("layers").is_list()) {
    for (const Value& layer : manifest->at("layers").as_list())
      size += layer.int_or("size", 0);
  }
  Map shown{{"registryId", repository.id.account},
            {"repositoryName", repository.id.name},
            {"imageDigest", image.digest},
            {"imageSizeInBytes", size},
            {"imagePushedAt", epoch_seconds(image.pushed_ms)},
            {"imageManifestMediaType", image.media_type}};
  if (!image.tags.empty()) {
    List tags(image.tags.begin(), image.tags.end());
    shown.set("imageTags", Value(std::move(tags)));
  }
  return Value(std::move(shown));
}

bool status_fits(const Value& filter, const Image& image) {
  const std::string status = filter.string_or("tagStatus", "ANY");
  if (status == "TAGGED") return !image.tags.empty();
  return status == "ANY" || image.tags.empty();
}

// An index in the repository that lists the image.
bool is_referenced(const World& world, const RepositoryId& repository, const std::string& digest) {
  return std::ranges::any_of(images_of(world, repository), [&](const Image& image) {
    if (!is_index(image.media_type)) return false;
    const auto manifest = parse_json(image.manifest);
    if (!manifest || !manifest->at("manifests").is_list()) return false;
    const List& listed = manifest->at("manifests").as_list();
    return std::ranges::any_of(
        listed, [&](const Value& one) { return one.string_or("digest", "") == digest; });
  });
}

}  // namespace

Value put_image(Call& call, const Value& input) {
  const Repository repository =
      repository_for(call, input, "PutImage",
                     {"imageManifest", "imageManifestMediaType", "imageTag", "imageDigest"});
  const Value manifest = manifest_in(input);
  Image image;
  image.manifest = input.string_or("imageManifest", "");
  image.digest = digest_of(image.manifest);
  image.media_type = media_type_of(input, manifest);
  check_kind(manifest, image.media_type);
  image.pushed_ms = call.world.now_ms();
  const std::string claimed = input.string_or("imageDigest", image.digest);
  if (claimed != image.digest) {
    throw refusal("ImageDigestDoesNotMatchException",
                  fmt::format("The provided image digest '{}' does not match the calculated image "
                              "digest '{}'",
                              claimed, image.digest));
  }
  const std::string tag = input.string_or("imageTag", "");
  if (tag.size() > longest_tag) {
    throw invalid_parameter("imageTag", tag, "Member must have length less than or equal to 300");
  }
  check_contents(call, repository, manifest, image.media_type);
  const auto existing = find_by_digest(call.world, repository.id, image.digest);
  if (existing && (tag.empty() || has_tag(*existing, tag))) {
    throw refusal(
        "ImageAlreadyExistsException",
        fmt::format("Image with digest '{}' and tag '{}' already exists in the repository "
                    "with name '{}' in registry with id '{}'",
                    image.digest, tag, repository.id.name, repository.id.account));
  }
  if (!tag.empty()) free_tag(call, repository, tag, image.digest);
  if (existing) image = *existing;
  if (!tag.empty()) {
    image.tags.push_back(tag);
    std::ranges::sort(image.tags);
  }
  keep_image(call.world, repository.id, image);
  tell(call, repository, "PUSH", image.digest, tag);
  return Map{{"image", Map{{"registryId", repository.id.account},
                           {"repositoryName", repository.id.name},
                           {"imageId", shown(ImageId{image.digest, tag})},
                           {"imageManifest", image.manifest},
                           {"imageManifestMediaType", image.media_type}}}};
}

Value batch_get_image(Call& call, const Value& input) {
  const Repository repository =
      repository_for(call, input, "BatchGetImage", {"imageIds", "acceptedMediaTypes"});
  List images;
  List failures;
  for (const ImageId& id : ids_in(input)) {
    const Found found = find(call.world, repository.id, id);
    if (!found.image) {
      failures.push_back(failure_of(id, found));
      continue;
    }
    const Value& accepted = input.at("acceptedMediaTypes");
    const Value type(found.image->media_type);
    if (accepted.is_list() &&
        std::ranges::find(accepted.as_list(), type) == accepted.as_list().end()) {
      failures.push_back(failure_of(
          id, {{}, "ImageNotFound", "The image has no manifest of an accepted media type"}));
      continue;
    }
    images.push_back(Map{{"registryId", repository.id.account},
                         {"repositoryName", repository.id.name},
                         {"imageId", shown(ImageId{found.image->digest, id.tag})},
                         {"imageManifest", found.image->manifest},
                         {"imageManifestMediaType", found.image->media_type}});
  }
  return Map{{"images", Value(std::move(images))}, {"failures", Value(std::move(failures))}};
}

Value describe_images(Call& call, const Value& input) {
  const Repository repository = repository_for(call, input, "DescribeImages",
                                               {"imageIds", "filter", "maxResults", "nextToken"});
  List details;
  if (input.find("imageIds")) {
    for (const ImageId& id : ids_in(input)) {
      const Found found = find(call.world, repository.id, id);
      if (!found.image) {
        throw refusal(
            "ImageNotFoundException",
            fmt::format("The image with imageId {{imageDigest:'{}', imageTag:'{}'}} does "
                        "not exist within the repository with name '{}' in the registry "
                        "with id '{}'",
                        id.digest.empty() ? "null" : id.digest, id.tag.empty() ? "null" : id.tag,
                        repository.id.name, repository.id.account));
      }
      details.push_back(described(repository, *found.image));
    }
    return Map{{"imageDetails", Value(std::move(details))}};
  }
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("maxResults", 100), 1, 1000));
  const std::string after = input.string_or("nextToken", "");
  std::vector<Image> images = images_of(call.world, repository.id);
  std::ranges::sort(images, {}, &Image::digest);
  std::string last;
  Map answer;
  for (const Image& image : images) {
    if ((!after.empty() && image.digest <= after) || !status_fits(input.at("filter"), image)) {
      continue;
    }
    if (details.size() == most) {
      answer.set("nextToken", last);
      break;
    }
    details.push_back(described(repository, image));
    last = image.digest;
  }
  answer.set("imageDetails", Value(std::move(details)));
  return Value(std::move(answer));
}

Value list_images(Call& call, const Value& input) {
  const Repository repository = repository_for(call, input, "ListImages", {"filter"});
  List ids;
  for (const Image& image : images_of(call.world, repository.id)) {
    if (!status_fits(input.at("filter"), image)) continue;
    if (image.tags.empty()) ids.push_back(shown(ImageId{image.digest, {}}));
    for (const std::string& tag : image.tags)
      ids.push_back(shown(ImageId{image.digest, tag}));
  }
  return Map{{"imageIds", Value(std::move(ids))}};
}

Value batch_delete_image(Call& call, const Value& input) {
  const Repository repository = repository_for(call, input, "BatchDeleteImage", {"imageIds"});
  List deleted;
  List failures;
  for (const ImageId& id : ids_in(input)) {
    Found found = find(call.world, repository.id, id);
    // A tag goes alone as long as another one is left.
    const bool is_whole = found.image && (id.tag.empty() || found.image->tags.size() == 1);
    if (is_whole && is_referenced(call.world, repository.id, found.image->digest)) {
      found = {{},
               "ImageReferencedByManifestList",
               fmt::format("Requested image referenced by manifest list: [{}]", id.digest)};
    }
    if (!found.image) {
      failures.push_back(failure_of(id, found));
      continue;
    }
    Image& image = *found.image;
    if (is_whole) {
      erase_image(call.world, repository.id, image.digest);
      for (const std::string& tag : image.tags)
        deleted.push_back(shown(ImageId{image.digest, tag}));
      if (image.tags.empty()) deleted.push_back(shown(ImageId{image.digest, {}}));
    } else {
      std::erase(image.tags, id.tag);
      keep_image(call.world, repository.id, image);
      deleted.push_back(shown(ImageId{image.digest, id.tag}));
    }
    tell(call, repository, "DELETE", image.digest, id.tag);
  }
  return Map{{"imageIds", Value(std::move(deleted))}, {"failures", Value(std::move(failures))}};
}

}  // namespace firn::sandbox::aws::ecr
