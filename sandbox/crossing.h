// Where the two sandbox clouds touch: what Snowflake does inside AWS, and what AWS asks of it.
#pragma once

#include <string>
#include <vector>

#include "core/value/value.h"

namespace firn::sandbox {

// What Snowflake may ask of AWS, as an IAM user of its own AWS account.
class AwsDoor {
 public:
  virtual ~AwsDoor() = default;

  struct Verdict {
    bool allowed = false;
    std::string reason;  // AWS's words when not: which policy lacks the action
  };
  // May `principal_arn` with `external_id` assume the role now? (propagation delay included)
  virtual Verdict assume_role(const std::string& role_arn, const std::string& principal_arn,
                              const std::string& external_id) = 0;
  // May the assumed role do `action` on `resource`? `context` holds condition keys ("s3:prefix").
  virtual Verdict role_may(const std::string& role_arn, const std::string& action,
                           const std::string& resource, const Map& context) = 0;
  // Subscribes a queue of Snowflake's to a topic; refused when the topic's policy does not allow it
  // or the topic does not exist. Subscribing again changes nothing.
  virtual Verdict subscribe(const std::string& topic_arn, const std::string& principal_arn,
                            const std::string& queue_arn) = 0;

  struct Object {
    std::string key;
    std::int64_t size = 0;
    std::string etag;
    std::string body;
  };
  virtual bool bucket_exists(const std::string& bucket) = 0;
  virtual std::vector<Object> list_objects(const std::string& bucket,
                                           const std::string& prefix) = 0;
};

// What AWS asks of Snowflake.
class SnowflakeDoor {
 public:
  virtual ~SnowflakeDoor() = default;
  // Is this an IAM user of Snowflake's AWS account? (principals in trust and resource policies are
  // checked for existence)
  virtual bool iam_user_exists(const std::string& arn) = 0;
  // Is this queue one of Snowflake's notification channels, and may this bucket or topic send to
  // it?
  virtual bool queue_exists(const std::string& queue_arn) = 0;
  // A subscription of this queue went, with its topic or alone. Snowflake makes no other one on the
  // topic for 72 hours.
  virtual void subscription_deleted(const std::string& topic_arn, const std::string& queue_arn) = 0;
  // An event message (the S3 record JSON, or the SNS envelope around it) arrives at a queue.
  virtual void deliver(const std::string& queue_arn, const std::string& message) = 0;
};

}  // namespace firn::sandbox
