#include "sandbox/aws/s3/state.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/policy/principals.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::string_view buckets = "aws/s3/bucket";

std::string place(const std::string& bucket) {
  return "aws/s3/object/" + bucket;
}

// The store keeps JSON text, so bytes are kept as base64.
Value pack_version(const Version& version) {
  return Map{{"id", version.id},
             {"marker", version.is_marker},
             {"modified", version.modified_ms},
             {"etag", version.etag},
             {"body", base64(version.body)},
             {"content_type", version.content_type},
             {"metadata", Value(version.metadata)},
             {"encryption", version.encryption},
             {"kms_key", version.kms_key},
             {"sha256", version.sha256},
             {"tags", Value(version.tags)}};
}

Version unpack_version(const Value& packed) {
  Version version;
  version.id = packed.string_or("id", "");
  version.is_marker = packed.bool_or("marker", false);
  version.modified_ms = packed.int_or("modified", 0);
  version.etag = packed.string_or("etag", "");
  version.body = decode_base64(packed.string_or("body", "")).value_or("");
  version.content_type = packed.string_or("content_type", "");
  if (packed.at("metadata").is_map()) version.metadata = packed.at("metadata").as_map();
  version.encryption = packed.string_or("encryption", "");
  version.kms_key = packed.string_or("kms_key", "");
  version.sha256 = packed.string_or("sha256", "");
  if (packed.at("tags").is_map()) version.tags = packed.at("tags").as_map();
  return version;
}

StoredObject unpack_object(const std::string& key, const Value& packed) {
  StoredObject object;
  object.key = key;
  for (const Value& version : packed.at("versions").as_list()) {
    object.versions.push_back(unpack_version(version));
  }
  return object;
}

}  // namespace

const Value* find_bucket(const World& world, const std::string& name) {
  return world.store.get(buckets, name);
}

void keep_bucket(World& world, const std::string& name, Value bucket) {
  world.store.put(buckets, name, std::move(bucket));
}

Map fresh_bucket(const World& world, const std::string& name, const std::string& account,
                 const std::string& region) {
  return Map{{"name", name},
             {"account", account},
             {"region", region},
             {"created_at", world.now_ms()},
             {"ownership", "BucketOwnerEnforced"},
             {"public_access_block", Map{{"BlockPublicAcls", true},
                                         {"IgnorePublicAcls", true},
                                         {"BlockPublicPolicy", true},
                                         {"RestrictPublicBuckets", true}}},
             {"encryption", Map{{"algorithm", "AES256"}, {"bucket_key", false}}},
             {"tags", Value(Map{})}};
}

void give_bucket(World& world, const std::string& account, const std::string& region,
                 const std::string& name) {
  if (find_bucket(world, name) != nullptr) return;
  Map bucket = fresh_bucket(world, name, account, region);
  bucket.set("given", true);
  keep_bucket(world, name, Value(std::move(bucket)));
}

std::string bucket_arn(const Value& bucket) {
  return fmt::format("arn:{}:s3:::{}", partition_of(bucket.string_or("region", "")),
                     bucket.string_or("name", ""));
}

std::string object_arn(const Value& bucket, const std::string& key) {
  return fmt::format("{}/{}", bucket_arn(bucket), key);
}

bool has_policy(const Value& bucket) {
  return bucket.find("policy") != nullptr;
}
StoredPolicy policy_of(const Value& bucket) {
  return unpack(bucket.at("policy"));
}

const Version* StoredObject::current() const {
  return versions.empty() || versions.back().is_marker ? nullptr : &versions.back();
}

const Version* StoredObject::find(const std::string& version_id) const {
  for (const Version& version : versions) {
    if (version.id == version_id) return &version;
  }
  return nullptr;
}

std::optional<StoredObject> find_object(const World& world, const std::string& bucket,
                                        const std::string& key) {
  const Value* packed = world.store.get(place(bucket), key);
  if (!packed) return std::nullopt;
  return unpack_object(key, *packed);
}

void keep_object(World& world, const std::string& bucket, const StoredObject& object) {
  if (object.versions.empty()) {
    world.store.erase(place(bucket), object.key);
    return;
  }
  List versions;
  for (const Version& version : object.versions)
    versions.push_back(pack_version(version));
  world.store.put(place(bucket), object.key, Map{{"versions", Value(std::move(versions))}});
}

std::vector<StoredObject> all_objects(const World& world, const std::string& bucket) {
  std::vector<StoredObject> objects;
  for (const auto& [key, packed] : world.store.list(place(bucket))) {
    objects.push_back(unpack_object(key, packed));
  }
  return objects;
}

}  // namespace firn::sandbox::aws::s3
