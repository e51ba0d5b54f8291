// Buckets and objects.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/value/value.h"
#include "sandbox/aws/policy/evaluate.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::s3 {

// Names are global: one collection for all accounts and regions.
[[nodiscard]] const Value* find_bucket(const World& world, const std::string& name);
void keep_bucket(World& world, const std::string& name, Value bucket);
// As CreateBucket makes it when nothing is said.
[[nodiscard]] Map fresh_bucket(const World& world, const std::string& name,
                               const std::string& account, const std::string& region);
// One that no stack makes, unless there is a bucket of that name.
void give_bucket(World& world, const std::string& account, const std::string& region,
                 const std::string& name);
[[nodiscard]] std::string bucket_arn(const Value& bucket);
[[nodiscard]] std::string object_arn(const Value& bucket, const std::string& key);
[[nodiscard]] bool has_policy(const Value& bucket);
[[nodiscard]] StoredPolicy policy_of(const Value& bucket);

// One version of an object, or a delete marker.
struct Version {
  std::string id;  // "null" where the bucket was not versioned
  bool is_marker = false;
  std::int64_t modified_ms = 0;
  std::string etag;  // without quotes
  std::string body;
  std::string content_type;
  Map metadata;
  std::string encryption;  // "AES256", "aws:kms"
  std::string kms_key;
  std::string sha256;  // base64
  Map tags;
};

// Oldest first.
struct StoredObject {
  std::string key;
  std::vector<Version> versions;

  [[nodiscard]] const Version* current() const;  // nullptr: none, or a delete marker is on top
  [[nodiscard]] const Version* find(const std::string& version_id) const;
};
[[nodiscard]] std::optional<StoredObject> find_object(const World& world, const std::string& bucket,
                                                      const std::string& key);
// Without versions it is removed.
void keep_object(World& world, const std::string& bucket, const StoredObject& object);
// Sorted by key.
[[nodiscard]] std::vector<StoredObject> all_objects(const World& world, const std::string& bucket);

}  // namespace firn::sandbox::aws::s3
