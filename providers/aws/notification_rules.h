// Notification rules of a bucket, and when two of them cannot stand side by side.
//
// Source: Amazon S3 User Guide, "Configuring event notifications using object key name filtering".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/value/value.h"

namespace firn::aws {

enum class DestinationKind : std::uint8_t { topic, queue, function };

struct NotificationRule {
  std::string id;
  DestinationKind kind = DestinationKind::queue;
  std::string destination;          // ARN
  std::vector<std::string> events;  // "s3:ObjectCreated:*"; sorted
  std::string prefix;               // "" for every key
  std::string suffix;
  bool operator==(const NotificationRule&) const = default;
};

// S3 refuses two rules of one bucket that could both match one event: they share an event, one
// prefix begins with the other, and one suffix ends with the other. Where they lead to does not
// matter.
[[nodiscard]] bool rules_overlap(const NotificationRule& a, const NotificationRule& b);
// "s3:ObjectCreated:*" covers "s3:ObjectCreated:Put".
[[nodiscard]] bool events_overlap(std::string_view a, std::string_view b);

// The rule that normalised inputs of aws.s3_notification describe. What is unknown stays empty.
[[nodiscard]] NotificationRule rule_of(const Value& inputs, std::string id);

// "`s3:ObjectCreated:*` on keys `raw/…csv`", for messages.
[[nodiscard]] std::string describe(const NotificationRule& rule);

}  // namespace firn::aws
