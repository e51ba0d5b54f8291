#include <algorithm>
#include <array>

#include "sandbox/aws/s3/notification.h"

namespace firn::sandbox::aws::s3 {
namespace {

// Amazon S3 User Guide, "Supported event types for SQS, SNS, and Lambda".
constexpr std::array event_names = {"s3:ObjectCreated:*",
                                    "s3:ObjectCreated:Put",
                                    "s3:ObjectCreated:Post",
                                    "s3:ObjectCreated:Copy",
                                    "s3:ObjectCreated:CompleteMultipartUpload",
                                    "s3:ObjectRemoved:*",
                                    "s3:ObjectRemoved:Delete",
                                    "s3:ObjectRemoved:DeleteMarkerCreated",
                                    "s3:ObjectRestore:*",
                                    "s3:ObjectRestore:Post",
                                    "s3:ObjectRestore:Completed",
                                    "s3:ObjectRestore:Delete",
                                    "s3:ReducedRedundancyLostObject",
                                    "s3:Replication:*",
                                    "s3:Replication:OperationFailedReplication",
                                    "s3:Replication:OperationMissedThreshold",
                                    "s3:Replication:OperationReplicatedAfterThreshold",
                                    "s3:Replication:OperationNotTracked",
                                    "s3:LifecycleExpiration:*",
                                    "s3:LifecycleExpiration:Delete",
                                    "s3:LifecycleExpiration:DeleteMarkerCreated",
                                    "s3:LifecycleTransition",
                                    "s3:IntelligentTiering",
                                    "s3:ObjectTagging:*",
                                    "s3:ObjectTagging:Put",
                                    "s3:ObjectTagging:Delete",
                                    "s3:ObjectAcl:Put"};

bool covers(const std::string& pattern, const std::string& event) {
  if (pattern == event) return true;
  return pattern.ends_with(":*") &&
         event.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
}

}  // namespace

bool is_event(const std::string& name) {
  return std::find(event_names.begin(), event_names.end(), name) != event_names.end();
}

Value pack(const NotificationRule& rule) {
  List events;
  for (const std::string& event : rule.events)
    events.emplace_back(event);
  Map packed{{"kind", static_cast<int>(rule.kind)},
             {"id", rule.id},
             {"arn", rule.arn},
             {"events", Value(std::move(events))}};
  if (rule.has_prefix) packed.set("prefix", rule.prefix);
  if (rule.has_suffix) packed.set("suffix", rule.suffix);
  return Value(std::move(packed));
}

NotificationRule unpack_rule(const Value& packed) {
  NotificationRule rule;
  rule.kind = static_cast<NotificationRule::Kind>(packed.int_or("kind", 0));
  rule.id = packed.string_or("id", "");
  rule.arn = packed.string_or("arn", "");
  for (const Value& event : packed.at("events").as_list())
    rule.events.push_back(event.as_string());
  rule.has_prefix = packed.find("prefix") != nullptr;
  rule.has_suffix = packed.find("suffix") != nullptr;
  rule.prefix = packed.string_or("prefix", "");
  rule.suffix = packed.string_or("suffix", "");
  return rule;
}

std::vector<NotificationRule> rules_of(const Value& bucket) {
  std::vector<NotificationRule> rules;
  const Value& packed = bucket.at_path("notification.rules");
  if (!packed.is_list()) return rules;
  for (const Value& rule : packed.as_list())
    rules.push_back(unpack_rule(rule));
  return rules;
}

bool wants(const NotificationRule& rule, const std::string& event, const std::string& key) {
  return key.starts_with(rule.prefix) && key.ends_with(rule.suffix) &&
         std::any_of(rule.events.begin(), rule.events.end(),
                     [&](const std::string& pattern) { return covers(pattern, event); });
}

bool overlap(const NotificationRule& a, const NotificationRule& b) {
  const bool prefixes = a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix);
  const bool suffixes = a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix);
  if (!prefixes || !suffixes) return false;
  for (const std::string& one : a.events) {
    for (const std::string& other : b.events) {
      if (covers(one, other) || covers(other, one)) return true;
    }
  }
  return false;
}

}  // namespace firn::sandbox::aws::s3
