#include "sandbox/aws/s3/events.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/events/bus.h"
#include "sandbox/aws/kms/state.h"
#include "sandbox/aws/lambda/state.h"
#include "sandbox/aws/sns/state.h"
#include "sandbox/aws/sqs/state.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::string_view s3_service = "s3.amazonaws.com";

Context source_of(const Value& bucket) {
  Context context;
  context.set("aws:SourceArn", bucket_arn(bucket));
  context.set("aws:SourceAccount", bucket.string_or("account", ""));
  return context;
}

Principal s3_principal() {
  Principal principal;
  principal.kind = Principal::Kind::service;
  principal.service = s3_service;
  return principal;
}

// Keys stand in events as in a form: blanks as "+", slashes as they are.
std::string event_key(const std::string& key) {
  return replace_all(percent_encode(key, true), "%20", "+");
}

std::string record(World& world, const Value& bucket, const NotificationRule& rule,
                   const Event& event) {
  Map object{{"key", event_key(event.key)},
             {"sequencer", fmt::format("{:016X}", world.store.next_number())}};
  if (event.name.starts_with("ObjectCreated")) {
    object.set("size", event.size);
    object.set("eTag", event.etag);
  }
  if (!event.version_id.empty()) object.set("versionId", event.version_id);
  const Value owner = Map{{"principalId", bucket.at("account")}};
  const Value one = Map{{"eventVersion", "2.1"},
                        {"eventSource", "aws:s3"},
                        {"awsRegion", bucket.at("region")},
                        {"eventTime", iso_ms(world.now_ms())},
                        {"eventName", event.name},
                        {"userIdentity", Map{{"principalId", "AWS:" + event.principal_id}}},
                        {"requestParameters", Map{{"sourceIPAddress", "127.0.0.1"}}},
                        {"responseElements", Map{{"x-amz-request-id", event.request_id},
                                                 {"x-amz-id-2", "firn-sandbox"}}},
                        {"s3", Map{{"s3SchemaVersion", "1.0"},
                                   {"configurationId", rule.id},
                                   {"bucket", Map{{"name", bucket.at("name")},
                                                  {"ownerIdentity", owner},
                                                  {"arn", bucket_arn(bucket)}}},
                                   {"object", Value(std::move(object))}}}};
  const List records{one};
  return to_json(Map{{"Records", Value(records)}});
}

bool queue_takes(const World& world, const Value& bucket, const std::string& arn) {
  if (world.snowflake && world.snowflake->queue_exists(arn)) return true;
  const auto id = sqs::queue_in_arn(arn);
  const Value* queue = id ? sqs::find_queue(world, *id) : nullptr;
  return queue &&
         sqs::service_may_send(world, *queue, std::string(s3_service), source_of(bucket)).allowed;
}

bool topic_takes(const World& world, const Value& bucket, const sns::TopicId& id,
                 const Value& topic) {
  const std::string key = topic.at("attributes").string_or("KmsMasterKeyId", "");
  const Context source = source_of(bucket);
  return sns::may(world, topic, s3_principal(), "sns:Publish", source).allowed &&
         kms::service_may_encrypt(world, id.account, id.region, key, std::string(s3_service),
                                  source);
}

void deliver(World& world, const Value& bucket, const NotificationRule& rule,
             const std::string& message) {
  if (rule.kind == NotificationRule::Kind::queue) {
    if (!queue_takes(world, bucket, rule.arn)) return;
    if (world.snowflake && world.snowflake->queue_exists(rule.arn)) {
      world.snowflake->deliver(rule.arn, message);
      return;
    }
    const auto id = sqs::queue_in_arn(rule.arn);
    const std::int64_t delay = sqs::number_attribute(*sqs::find_queue(world, *id), "DelaySeconds");
    sqs::enqueue(world, *id, message, delay);
    return;
  }
  if (rule.kind != NotificationRule::Kind::topic) return;  // functions do not run here
  const auto id = sns::topic_in_arn(rule.arn);
  const Value* found = id ? sns::find_topic(world, *id) : nullptr;
  if (!found) return;
  const Value topic = *found;
  if (!topic_takes(world, bucket, *id, topic)) return;
  sns::publish(world, *id, topic, "Amazon S3 Notification", message);
}

std::optional<std::string> queue_problem(const World& world, const Value& bucket,
                                         const std::string& arn) {
  const bool foreign = world.snowflake && world.snowflake->queue_exists(arn);
  const auto id = sqs::queue_in_arn(arn);
  if (!foreign && (!id || !sqs::find_queue(world, *id))) {
    return "The destination queue does not exist";
  }
  if (queue_takes(world, bucket, arn)) return std::nullopt;
  return "Permissions on the destination queue do not allow S3 to publish notifications from this "
         "bucket";
}

std::optional<std::string> topic_problem(const World& world, const Value& bucket,
                                         const std::string& arn) {
  const auto id = sns::topic_in_arn(arn);
  const Value* topic = id ? sns::find_topic(world, *id) : nullptr;
  if (!topic) return "The destination topic does not exist";
  if (topic_takes(world, bucket, *id, *topic)) return std::nullopt;
  return "Permissions on the destination topic do not allow S3 to publish notifications from this "
         "bucket";
}

// Amazon S3 User Guide, "EventBridge event message structure".
void tell_event_bus(World& world, const Value& bucket, const Event& event) {
  const bool is_created = event.name.starts_with("ObjectCreated");
  Map object{{"key", event.key}, {"sequencer", fmt::format("{:016X}", world.store.next_number())}};
  if (is_created) {
    object.set("size", event.size);
    object.set("etag", event.etag);
  }
  if (!event.version_id.empty()) object.set("version-id", event.version_id);
  Map detail{{"version", "0"},
             {"bucket", Map{{"name", bucket.at("name")}}},
             {"object", Value(std::move(object))},
             {"request-id", event.request_id},
             {"requester", bucket.at("account")},
             {"source-ip-address", "127.0.0.1"},
             {"reason", is_created ? "PutObject" : "DeleteObject"}};
  if (!is_created) {
    const bool leaves_marker = event.name == "ObjectRemoved:DeleteMarkerCreated";
    detail.set("deletion-type", leaves_marker ? "Delete Marker Created" : "Permanently Deleted");
  }
  events::Event told;
  told.source = "aws.s3";
  told.detail_type = is_created ? "Object Created" : "Object Deleted";
  told.resources = {bucket_arn(bucket)};
  told.detail = Value(std::move(detail));
  events::emit(world, bucket.string_or("account", ""), bucket.string_or("region", ""),
               std::move(told));
}

}  // namespace

void emit(World& world, const Value& bucket, const Event& event) {
  if (bucket.at("notification").bool_or("event_bridge", false)) {
    tell_event_bus(world, bucket, event);
  }
  for (const NotificationRule& rule : rules_of(bucket)) {
    if (!wants(rule, "s3:" + event.name, event.key)) continue;
    deliver(world, bucket, rule, record(world, bucket, rule, event));
  }
}

void emit_test(World& world, const Value& bucket, const NotificationRule& rule,
               const std::string& request_id) {
  deliver(world, bucket, rule,
          to_json(Map{{"Service", "Amazon S3"},
                      {"Event", "s3:TestEvent"},
                      {"Time", iso_ms(world.now_ms())},
                      {"Bucket", bucket.at("name")},
                      {"RequestId", request_id},
                      {"HostId", "firn-sandbox"}}));
}

std::optional<std::string> destination_problem(const World& world, const Value& bucket,
                                               const NotificationRule& rule) {
  switch (rule.kind) {
    case NotificationRule::Kind::queue:
      return queue_problem(world, bucket, rule.arn);
    case NotificationRule::Kind::topic:
      return topic_problem(world, bucket, rule.arn);
    case NotificationRule::Kind::function:
      if (lambda::service_may_invoke(world, rule.arn, std::string(s3_service), source_of(bucket))) {
        return std::nullopt;
      }
      return fmt::format("Not authorized to invoke function [{}]", rule.arn);
  }
  return std::nullopt;
}

}  // namespace firn::sandbox::aws::s3
