#include "sandbox/aws/sns/state.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/event_pattern.h"
#include "sandbox/aws/lambda/state.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/sqs/state.h"

namespace firn::sandbox::aws::sns {
namespace {

// How long a subscription waits for its confirmation: three days.
constexpr std::int64_t confirmation_ms = std::int64_t{3} * 24 * 3'600'000;

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

// Whether the queue took it. As AWS does: one that does not let the topic send gets nothing, and
// nobody is told.
bool deliver_to_queue(World& world, const Value& topic, const std::string& queue_arn,
                      const std::string& message) {
  if (world.snowflake && world.snowflake->queue_exists(queue_arn)) {
    world.snowflake->deliver(queue_arn, message);
    return true;
  }
  const auto id = sqs::queue_in_arn(queue_arn);
  const Value* queue = id ? sqs::find_queue(world, *id) : nullptr;
  if (!queue) return false;
  Context context;
  context.set("aws:SourceArn", topic.string_or("arn", ""));
  context.set("aws:SourceAccount", topic.string_or("account", ""));
  if (!sqs::service_may_send(world, *queue, "sns.amazonaws.com", context).allowed) return false;
  sqs::enqueue(world, *id, message, sqs::number_attribute(*queue, "DelaySeconds"));
  return true;
}

// Functions do not run here; but one that the topic may not call has its message sent elsewhere.
bool deliver_to_function(const World& world, const Value& topic, const std::string& function) {
  Context context;
  context.set("aws:SourceArn", topic.string_or("arn", ""));
  context.set("aws:SourceAccount", topic.string_or("account", ""));
  return lambda::service_may_invoke(world, function, "sns.amazonaws.com", context);
}

// Messages carry no attributes here, so a policy about them lets only what asks for their absence.
bool wants(const Value& subscription, const std::string& message) {
  const Value& attributes = subscription.at("attributes");
  const auto policy = parse_json(attributes.string_or("FilterPolicy", "{}"));
  if (!policy || policy->as_map().empty()) return true;
  if (attributes.string_or("FilterPolicyScope", "") != "MessageBody") {
    return fits_pattern(*policy, Map{});
  }
  const auto body = parse_json(message);
  return body && fits_pattern(*policy, *body);
}

void deliver(World& world, const Value& topic, const Value& subscription, const std::string& text) {
  const std::string protocol = subscription.string_or("protocol", "");
  const std::string endpoint = subscription.string_or("endpoint", "");
  bool arrived = true;
  if (protocol == "sqs") {
    arrived = deliver_to_queue(world, topic, endpoint, text);
  } else if (protocol == "lambda") {
    arrived = deliver_to_function(world, topic, endpoint);
  }
  if (arrived) return;
  const auto redrive = parse_json(subscription.at("attributes").string_or("RedrivePolicy", "{}"));
  const std::string dead_letters = redrive ? redrive->string_or("deadLetterTargetArn", "") : "";
  if (!dead_letters.empty()) deliver_to_queue(world, topic, dead_letters, text);
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
    if (subscription.at("topic_uid") != topic.at("uid")) continue;
    if (!is_forgotten(world, subscription)) found.push_back(std::move(subscription));
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

bool is_forgotten(const World& world, const Value& subscription) {
  return !subscription.bool_or("confirmed", false) &&
         world.now_ms() - subscription.int_or("created_at", 0) >= confirmation_ms;
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
    if (!subscription.bool_or("confirmed", false) || !wants(subscription, message)) continue;
    const bool raw = subscription.at("attributes").string_or("RawMessageDelivery", "") == "true";
    deliver(world, topic, subscription,
            raw ? message : envelope(world, topic, subscription, subject, message, message_id));
  }
  return message_id;
}

}  // namespace firn::sandbox::aws::sns
