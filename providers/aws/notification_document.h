// The one notification document of a bucket: read, changed, written back.
//
// Source: Amazon S3 API Reference, PutBucketNotificationConfiguration.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value/value.h"
#include "providers/aws/notification_rules.h"
#include "providers/aws/reply.h"

namespace firn::aws {

class NotificationDocument {
 public:
  NotificationDocument() = default;
  [[nodiscard]] static NotificationDocument from_reply(const Reply& reply);

  [[nodiscard]] std::optional<NotificationRule> find(std::string_view id) const;
  [[nodiscard]] std::vector<NotificationRule> rules() const;
  // Adds the rule, or puts it in the place of the one with its id.
  void put(const NotificationRule& rule);
  void remove(std::string_view id);
  // What was not changed is written as it was read, known to firn or not (EventBridge, members that
  // S3 may add one day).
  [[nodiscard]] std::string to_xml() const;

 private:
  struct Entry {
    NotificationRule rule;
    Value raw;  // as read; null for our own
  };
  std::vector<Entry> entries_;
  Map others_;  // members of the document that are no rules
};

}  // namespace firn::aws
