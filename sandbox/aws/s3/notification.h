// A bucket's notification document: rules that send events to queues, topics and functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/value/value.h"

namespace firn::sandbox::aws::s3 {

struct NotificationRule {
  enum class Kind { queue, topic, function };
  Kind kind = Kind::queue;
  std::string id;
  std::string arn;
  std::vector<std::string> events;  // "s3:ObjectCreated:*"
  std::string prefix;
  std::string suffix;
  bool has_prefix = false;
  bool has_suffix = false;
};

[[nodiscard]] Value pack(const NotificationRule& rule);
[[nodiscard]] NotificationRule unpack_rule(const Value& packed);
[[nodiscard]] std::vector<NotificationRule> rules_of(const Value& bucket);

// Does the rule want this event ("s3:ObjectCreated:Put") of this key?
[[nodiscard]] bool wants(const NotificationRule& rule, const std::string& event,
                         const std::string& key);
[[nodiscard]] bool is_event(const std::string& name);
// Two rules that could both want one event: an event type shared, prefixes and suffixes
// overlapping.
[[nodiscard]] bool overlap(const NotificationRule& a, const NotificationRule& b);

}  // namespace firn::sandbox::aws::s3
