#include "sandbox/aws/ecr/state.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/ecr/operations.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::ecr {
namespace {

// Amazon ECR User Guide, "Lifecycle policies": images expire within 24 hours of meeting a rule.
constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;

std::string repository_place(const RepositoryId& id) {
  return collection(id.account, id.region, "ecr/repository");
}

std::string image_place(const RepositoryId& id) {
  return collection(id.account, id.region, "ecr/image/" + id.name);
}

Image unpack_image(const Value& packed) {
  Image image;
  image.digest = packed.string_or("digest", "");
  image.manifest = packed.string_or("manifest", "");
  image.media_type = packed.string_or("media_type", "");
  image.pushed_ms = packed.int_or("pushed_at", 0);
  if (packed.at("tags").is_list()) {
    for (const Value& tag : packed.at("tags").as_list())
      image.tags.push_back(tag.as_string());
  }
  return image;
}

std::string host_suffix(std::string_view region) {
  const std::string partition = partition_of(region);
  if (partition == "aws-cn") return "amazonaws.com.cn";
  return partition == "aws-eusc" ? "amazonaws.eu" : "amazonaws.com";
}

// Whether the rule is about the image, by its tags.
bool is_meant(const Value& selection, const Image& image) {
  const std::string status = selection.string_or("tagStatus", "any");
  if (status == "untagged") return image.tags.empty();
  if (status == "any") return true;
  const Value& prefixes = selection.at("tagPrefixList");
  if (!prefixes.is_list()) return !image.tags.empty();
  return std::ranges::any_of(image.tags, [&](const std::string& tag) {
    return std::ranges::any_of(prefixes.as_list(), [&](const Value& prefix) {
      return prefix.is_string() && tag.starts_with(prefix.as_string());
    });
  });
}

// The images that a rule takes of `left`, which is sorted from old to new.
std::vector<std::string> taken_by(const Value& selection, const std::vector<Image>& left,
                                  std::int64_t now_ms) {
  std::vector<std::string> taken;
  std::vector<const Image*> meant;
  for (const Image& image : left) {
    if (is_meant(selection, image)) meant.push_back(&image);
  }
  const std::int64_t number = selection.int_or("countNumber", 0);
  if (selection.string_or("countType", "") == "sinceImagePushed") {
    for (const Image* image : meant) {
      if (now_ms - image->pushed_ms > number * day_ms) taken.push_back(image->digest);
    }
    return taken;
  }
  const auto kept = static_cast<std::size_t>(number);
  for (std::size_t i = 0; i + kept < meant.size(); ++i)
    taken.push_back(meant[i]->digest);
  return taken;
}

}  // namespace

const Value* find_repository(const World& world, const RepositoryId& id) {
  return world.store.get(repository_place(id), id.name);
}

void keep_repository(World& world, const RepositoryId& id, Value repository) {
  world.store.put(repository_place(id), id.name, std::move(repository));
}

std::string repository_arn(const RepositoryId& id) {
  return fmt::format("arn:{}:ecr:{}:{}:repository/{}", partition_of(id.region), id.region,
                     id.account, id.name);
}

std::string repository_uri(const RepositoryId& id) {
  return fmt::format("{}.dkr.ecr.{}.{}/{}", id.account, id.region, host_suffix(id.region), id.name);
}

std::vector<Image> images_of(const World& world, const RepositoryId& id) {
  std::vector<Image> images;
  for (const auto& [digest, packed] : world.store.list(image_place(id)))
    images.push_back(unpack_image(packed));
  std::ranges::stable_sort(images, {}, &Image::pushed_ms);
  return images;
}

void keep_image(World& world, const RepositoryId& id, const Image& image) {
  List tags(image.tags.begin(), image.tags.end());
  world.store.put(image_place(id), image.digest,
                  Map{{"digest", image.digest},
                      {"manifest", image.manifest},
                      {"media_type", image.media_type},
                      {"tags", Value(std::move(tags))},
                      {"pushed_at", image.pushed_ms}});
}

void erase_image(World& world, const RepositoryId& id, const std::string& digest) {
  world.store.erase(image_place(id), digest);
}

std::optional<Image> find_by_digest(const World& world, const RepositoryId& id,
                                    const std::string& digest) {
  const Value* packed = world.store.get(image_place(id), digest);
  if (!packed) return std::nullopt;
  return unpack_image(*packed);
}

std::optional<Image> find_by_tag(const World& world, const RepositoryId& id,
                                 const std::string& tag) {
  for (Image& image : images_of(world, id)) {
    if (std::ranges::find(image.tags, tag) != image.tags.end()) return std::move(image);
  }
  return std::nullopt;
}

void erase_repository(World& world, const RepositoryId& id) {
  for (const std::string& place : {image_place(id), layer_place(id), upload_place(id)}) {
    for (const auto& [key, ignored] : world.store.list(place))
      world.store.erase(place, key);
  }
  world.store.erase(repository_place(id), id.name);
}

void expire(World& world, const RepositoryId& id) {
  const Value* found = find_repository(world, id);
  if (!found || !found->find("lifecycle")) return;
  if (world.now_ms() - found->int_or("lifecycle_evaluated_at", 0) < day_ms) return;
  const auto policy = parse_json(found->string_or("lifecycle", ""));
  keep_repository(world, id, with(*found, "lifecycle_evaluated_at", world.now_ms()));
  if (!policy) return;
  List rules = policy->at("rules").as_list();
  std::ranges::stable_sort(rules, {},
                           [](const Value& rule) { return rule.int_or("rulePriority", 0); });
  std::vector<Image> left = images_of(world, id);
  for (const Value& rule : rules) {
    for (const std::string& digest : taken_by(rule.at("selection"), left, world.now_ms())) {
      erase_image(world, id, digest);
      std::erase_if(left, [&](const Image& image) { return image.digest == digest; });
    }
  }
}

std::optional<std::int64_t> layer_size(const World& world, const RepositoryId& id,
                                       const std::string& digest) {
  const Value* layer = world.store.get(layer_place(id), digest);
  if (!layer) return std::nullopt;
  return layer->int_or("size", 0);
}

std::optional<ImageReference> parse_image_uri(const std::string& uri) {
  const auto slash = uri.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::vector<std::string> host = split(uri.substr(0, slash), '.');
  if (host.size() < 6 || !is_account(host[0]) || host[1] != "dkr" || host[2] != "ecr" ||
      !is_region(host[3])) {
    return std::nullopt;
  }
  ImageReference reference;
  reference.repository = {host[0], host[3], {}};
  std::string rest = uri.substr(slash + 1);
  if (const auto at = rest.find('@'); at != std::string::npos) {
    reference.digest = rest.substr(at + 1);
    rest.resize(at);
  } else if (const auto colon = rest.find(':'); colon != std::string::npos) {
    reference.tag = rest.substr(colon + 1);
    rest.resize(colon);
  } else {
    reference.tag = "latest";
  }
  reference.repository.name = rest;
  if (!uri.starts_with(repository_uri(reference.repository))) return std::nullopt;
  return reference;
}

std::optional<Image> find_image(const World& world, const ImageReference& reference) {
  return reference.digest.empty() ? find_by_tag(world, reference.repository, reference.tag)
                                  : find_by_digest(world, reference.repository, reference.digest);
}

bool lambda_may_pull(const World& world, const RepositoryId& id, const std::string& function_arn) {
  const Value* repository = find_repository(world, id);
  if (!repository || !repository->find("policy")) return false;
  const StoredPolicy policy = unpack(repository->at("policy"));
  for (const char* action : {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}) {
    Principal principal;
    principal.kind = Principal::Kind::service;
    principal.service = "lambda.amazonaws.com";
    Access access;
    access.action = action;
    access.resource = repository_arn(id);
    access.resource_policy = &policy;
    access.context.set("aws:SourceArn", function_arn);
    if (const auto arn = parse_arn(function_arn)) {
      access.context.set("aws:SourceAccount", arn->account);
    }
    if (!decide(world, principal, access).allowed) return false;
  }
  return true;
}

}  // namespace firn::sandbox::aws::ecr
