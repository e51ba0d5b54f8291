// Events of a bucket on their way to queues and topics.
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"
#include "sandbox/aws/s3/notification.h"
#include "sandbox/aws/s3/state.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::s3 {

struct Event {
  std::string name;  // "ObjectCreated:Put"
  std::string key;
  std::int64_t size = 0;
  std::string etag;
  std::string version_id;  // empty where the bucket is not versioned
  std::string principal_id;
  std::string request_id;
};

// To every rule that wants it, as far as the destination's policy lets S3 in.
void emit(World& world, const Value& bucket, const Event& event);
// What S3 sends to each queue and topic when a notification document is put.
void emit_test(World& world, const Value& bucket, const NotificationRule& rule,
               const std::string& request_id);

// Why S3 may not send there; nothing when it may.
[[nodiscard]] std::optional<std::string> destination_problem(const World& world,
                                                             const Value& bucket,
                                                             const NotificationRule& rule);

}  // namespace firn::sandbox::aws::s3
