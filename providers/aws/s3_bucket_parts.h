// The parts of a bucket's configuration that S3 keeps as sub-resources: one row each.
//
// Source: Amazon S3 API Reference, PutBucketVersioning, PutBucketEncryption, PutPublicAccessBlock,
// PutBucketOwnershipControls, PutBucketLifecycleConfiguration, PutBucketLogging.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/value/value.h"
#include "providers/aws/reply.h"

namespace firn::aws {

struct BucketPart {
  std::string_view attribute;    // of aws.s3_bucket
  std::string_view subresource;  // "publicAccessBlock"
  std::string_view get_operation;
  std::string_view put_operation;
  std::string_view delete_operation{};  // "": it cannot be deleted, only reset
  std::string_view absent_code{};       // of GET when there is none; "" when it is then just empty
  // The document to PUT for a normalised value; "" means DELETE.
  std::string (*to_xml)(const Value& value) = nullptr;
  // The normalised value of what GET answered (Reply::value null when absent).
  Value (*from_reply)(const Reply& reply) = nullptr;
  // The value in normal form; null gives the value of a fresh bucket.
  Value (*normalize)(const Value& value) = nullptr;
};

[[nodiscard]] std::span<const BucketPart> bucket_parts();
[[nodiscard]] const BucketPart& bucket_part(std::string_view attribute);

// The XML of PutBucketTagging and of the tags inside CreateBucket.
[[nodiscard]] std::string tag_elements(const Map& tags);

}  // namespace firn::aws
