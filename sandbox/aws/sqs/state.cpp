#include "sandbox/aws/sqs/state.h"

#include <charconv>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/kms/state.h"
#include "sandbox/aws/policy/principals.h"

namespace firn::sandbox::aws::sqs {

std::optional<QueueId> queue_in_arn(const std::string& text) {
  const auto arn = parse_arn(text);
  if (!arn || arn->service != "sqs" || arn->region.empty() || !is_account(arn->account)) {
    return std::nullopt;
  }
  return QueueId{arn->account, arn->region, arn->resource};
}

const Value* find_queue(const World& world, const QueueId& id) {
  return world.store.get(collection(id.account, id.region, "sqs/queue"), id.name);
}

void keep_queue(World& world, const QueueId& id, Value queue) {
  world.store.put(collection(id.account, id.region, "sqs/queue"), id.name, std::move(queue));
}

bool is_fifo(const Value& queue) {
  return queue.string_or("name", "").ends_with(".fifo");
}

std::int64_t number_attribute(const Value& queue, const std::string& name) {
  const std::string text = queue.at("attributes").string_or(name, "");
  std::int64_t number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

AwsDoor::Verdict service_may_send(const World& world, const Value& queue,
                                  const std::string& service, const Context& context) {
  Principal principal;
  principal.kind = Principal::Kind::service;
  principal.service = service;
  Access access;
  access.action = "sqs:SendMessage";
  access.resource = queue.string_or("arn", "");
  access.context = context;
  const StoredPolicy policy = unpack(queue.at("policy"));
  access.resource_policy = &policy;
  const AwsDoor::Verdict verdict = decide(world, principal, access);
  if (!verdict.allowed) return verdict;
  // Amazon SQS Developer Guide, "Key management": a service that sends to an encrypted queue needs
  // the key.
  const std::string key = queue.at("attributes").string_or("KmsMasterKeyId", "");
  const auto id = queue_in_arn(access.resource);
  if (!id || kms::service_may_encrypt(world, id->account, id->region, key, service, context)) {
    return verdict;
  }
  return {false, fmt::format("the key {} of the queue is not for {}", key, service)};
}

std::string message_place(const QueueId& id) {
  return collection(id.account, id.region, "sqs/message/" + id.name);
}

Sent enqueue(World& world, const QueueId& id, const std::string& body, std::int64_t delay_s,
             const std::string& group, const std::string& deduplication) {
  Sent sent;
  sent.message_id = world.fresh_uuid();
  sent.md5 = hex(md5(body));
  sent.sequence = world.store.next_number();
  const std::int64_t now = world.now_ms();
  world.store.put(message_place(id), fmt::format("{:020}", sent.sequence),
                  Map{{"id", sent.message_id},
                      {"body", body},
                      {"md5", sent.md5},
                      {"group", group},
                      {"deduplication", deduplication},
                      {"sent_at", now},
                      {"visible_at", now + delay_s * 1000},
                      {"received", 0},
                      {"receipt", ""}});
  return sent;
}

}  // namespace firn::sandbox::aws::sqs
