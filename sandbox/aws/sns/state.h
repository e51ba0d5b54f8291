// Topics and subscriptions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/value/value.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/policy/evaluate.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::sns {

struct TopicId {
  std::string account;
  std::string region;
  std::string name;
};
[[nodiscard]] std::optional<TopicId> topic_in_arn(const std::string& arn);
[[nodiscard]] const Value* find_topic(const World& world, const TopicId& id);
void keep_topic(World& world, const TopicId& id, Value topic);

// Never absent: a topic without a policy of its own has the default one.
[[nodiscard]] StoredPolicy policy_of(const Value& topic);
[[nodiscard]] std::string default_policy(const std::string& topic_arn, const std::string& account);

[[nodiscard]] AwsDoor::Verdict may(const World& world, const Value& topic,
                                   const Principal& principal, const std::string& action,
                                   const Context& context);

// Subscriptions of the topic as it is now: those of a deleted topic of the same name do not count.
[[nodiscard]] std::vector<Value> subscriptions_of(const World& world, const TopicId& id,
                                                  const Value& topic);
[[nodiscard]] const Value* find_subscription(const World& world, const TopicId& id,
                                             const Value& topic, const std::string& protocol,
                                             const std::string& endpoint);
// Nobody confirmed it for three days.
[[nodiscard]] bool is_forgotten(const World& world, const Value& subscription);
// Makes one; answers its ARN.
std::string subscribe(World& world, const TopicId& id, const Value& topic,
                      const std::string& protocol, const std::string& endpoint,
                      const std::string& owner, Map attributes, bool confirmed);

// A subscription is gone: Snowflake wants to know when it was its own.
void tell_subscriber(const World& world, const Value& subscription);

// Sends a message to all confirmed subscriptions; answers its id.
std::string publish(World& world, const TopicId& id, const Value& topic, const std::string& subject,
                    const std::string& message);

}  // namespace firn::sandbox::aws::sns
