// Queues and their messages.
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::sqs {

struct QueueId {
  std::string account;
  std::string region;
  std::string name;
};
[[nodiscard]] std::optional<QueueId> queue_in_arn(const std::string& arn);

[[nodiscard]] const Value* find_queue(const World& world, const QueueId& id);
void keep_queue(World& world, const QueueId& id, Value queue);
[[nodiscard]] bool is_fifo(const Value& queue);
[[nodiscard]] std::int64_t number_attribute(const Value& queue, const std::string& name);

// May this service send to the queue? `context` holds aws:SourceArn and aws:SourceAccount.
[[nodiscard]] AwsDoor::Verdict service_may_send(const World& world, const Value& queue,
                                                const std::string& service, const Context& context);

struct Sent {
  std::string message_id;
  std::string md5;
  std::int64_t sequence = 0;
};
Sent enqueue(World& world, const QueueId& id, const std::string& body, std::int64_t delay_s,
             const std::string& group = {}, const std::string& deduplication = {});

[[nodiscard]] std::string message_place(const QueueId& id);

}  // namespace firn::sandbox::aws::sqs
