#include "sandbox/aws/sns/state.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/sqs/state.h"

namespace firn::sandbox::aws::sns {
namespace {

std::string subscription_place(const TopicId& id) {
  return collection(id.account, id.region, "sns/subscription");
}

std::string envelope(World& world, const Value& topic, const Value& subscription,
                     const std::string& subject, const std::string& message,
                     const std::string& message_id) {
  const std::string region = subscription.string_or("region", "");
  Map members{
      {"Type", "Notification"},
      {"MessageId", message_id},
      {"TopicArn", topic.at("arn")},
      {"Message", message},
      {"Timestamp", iso_ms(world.now_ms())},
      {"SignatureVersion", "1"},
      {"Signature", base64(world.derive("signature of " + message_id))},
      {"SigningCertURL",
       fmt::format("https://sns.{}.amazonaws.com/SimpleNotificationService-sandbox.pem", region)},
      {"UnsubscribeURL",
       fmt::format("https://sns.{}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={}", region,
                   subscription.string_or("arn", ""))}};
  if (!subject.empty()) members.set("Subject", subject);
  return to_json(Value(std::move(members)));
}

void deliver_to_queue(World& world, const Value& topic, const std::string& queue_arn,
                      const std::string& message) {
  if (world.snowflake && world.snowflake->queue_exists(queue_arn)) {
    world.snowflake->deliver(queue_arn, message);
    return;
  }
  const auto id = sqs::queue_in_arn(queue_arn);
  const Value* queue = id ? sqs::find_queue(world, *id) : nullptr;
  if (!queue) return;
  Context context;
  context.set("aws:SourceArn", topic.string_or("arn", ""));
  context.set("aws:SourceAccount", topic.string_or("account", ""));
  // As AWS does: a queue that does not let the topic send gets nothing, and nobody is told.
  if (!sqs::service_may_send(world, *queue, "sns.amazonaws.com", context).allowed) return;
  sqs::enqueue(world, *id, message, sqs::number_attribute(*queue, "DelaySeconds"));
}

}  // namespace

std::optional<TopicId> topic_in_arn(const std::string& text) {
  const auto arn = parse_arn(text);
  if (!arn || arn->service != "sns" || arn->region.empty() || !is_account(arn->account) ||
      arn->resource.find(':') != std::string::npos) {
    return std::nullopt;
  }
  return TopicId{arn->account, arn->region, arn->resource};
}

const Value* find_topic(const World& world, const TopicId& id) {
  return world.store.get(collection(id.account, id.region, "sns/topic"), id.name);
}

void keep_topic(World& world, const TopicId& id, Value topic) {
  world.store.put(collection(id.account, id.region, "sns/topic"), id.name, std::move(topic));
}

std::string default_policy(const std::string& topic_arn, const std::string& account) {
  // Amazon SNS Developer Guide, "Identity and access management in Amazon SNS".
  return fmt::format(
      R"({{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"{}","Condition":{{"StringEquals":{{"AWS:SourceOwner":"{}"}}}}}}]}})",
      topic_arn, account);
}

StoredPolicy policy_of(const Value& topic) {
  if (topic.find("policy")) return unpack(topic.at("policy"));
  StoredPolicy policy;
  if (auto document =
          parse_json(default_policy(topic.string_or("arn", ""), topic.string_or("account", "")))) {
    policy.document = std::move(*document);
  }
  return policy;
}

AwsDoor::Verdict may(const World& world, const Value& topic, const Principal& principal,
                     const std::string& action, const Context& context) {
  Access access;
  access.action = action;
  access.resource = topic.string_or("arn", "");
  access.owner = topic.string_or("account", "");
  access.context = context;
  // The key AWS:SourceOwner holds the account of whoever asks.
  if (!principal.account.empty()) access.context.set("aws:SourceOwner", principal.account);
  const StoredPolicy policy = policy_of(topic);
  access.resource_policy = &policy;
  return decide(world, principal, access);
}

std::vector<Value> subscriptions_of(const World& world, const TopicId& id, const Value& topic) {
  std::vector<Value> found;
  for (auto& [arn, subscription] : world.store.list(subscription_place(id))) {
    if (subscription.at("topic_uid") == topic.at("uid")) found.push_back(std::move(subscription));
  }
  return found;
}

const Value* find_subscription(const World& world, const TopicId& id, const Value& topic,
                               const std::string& protocol, const std::string& endpoint) {
  for (const Value& subscription : subscriptions_of(world, id, topic)) {
    if (subscription.string_or("protocol", "") == protocol &&
        subscription.string_or("endpoint", "") == endpoint) {
      return world.store.get(subscription_place(id), subscription.string_or("arn", ""));
    }
  }
  return nullptr;
}

std::string subscribe(World& world, const TopicId& id, const Value& topic,
                      const std::string& protocol, const std::string& endpoint,
                      const std::string& owner, Map attributes, bool confirmed) {
  const std::string arn = fmt::format("{}:{}", topic.string_or("arn", ""), world.fresh_uuid());
  world.store.put(subscription_place(id), arn,
                  Map{{"arn", arn},
                      {"topic_arn", topic.at("arn")},
                      {"topic_uid", topic.at("uid")},
                      {"region", id.region},
                      {"protocol", protocol},
                      {"endpoint", endpoint},
                      {"owner", owner},
                      {"attributes", Value(std::move(attributes))},
                      {"confirmed", confirmed},
                      {"created_at", world.now_ms()}});
  return arn;
}

void tell_subscriber(const World& world, const Value& subscription) {
  if (!world.snowflake) return;
  world.snowflake->subscription_deleted(subscription.string_or("topic_arn", ""),
                                        subscription.string_or("endpoint", ""));
}

std::string publish(World& world, const TopicId& id, const Value& topic, const std::string& subject,
                    const std::string& message) {
  const std::string message_id = world.fresh_uuid();
  for (const Value& subscription : subscriptions_of(world, id, topic)) {
    const bool is_queue = subscription.string_or("protocol", "") == "sqs";
    if (!is_queue || !subscription.bool_or("confirmed", false)) continue;
    const bool raw = subscription.at("attributes").string_or("RawMessageDelivery", "") == "true";
    deliver_to_queue(
        world, topic, subscription.string_or("endpoint", ""),
        raw ? message : envelope(world, topic, subscription, subject, message, message_id));
  }
  return message_id;
}

}  // namespace firn::sandbox::aws::sns
