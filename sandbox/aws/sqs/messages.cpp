#include <algorithm>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/value/json.h"
#include "sandbox/aws/sqs/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::sqs {
namespace {

constexpr std::int64_t deduplication_ms = 5 * 60'000;

struct Redrive {
  std::optional<QueueId> target;
  std::int64_t most = 0;
};

Redrive redrive_of(const Value& queue) {
  const auto policy = parse_json(queue.at("attributes").string_or("RedrivePolicy", "{}"));
  if (!policy || !policy->is_map()) return {};
  Redrive redrive;
  redrive.target = queue_in_arn(policy->string_or("deadLetterTargetArn", ""));
  const Value& most = policy->at("maxReceiveCount");
  redrive.most =
      most.is_string() ? std::stoll(most.as_string()) : policy->int_or("maxReceiveCount", 0);
  return redrive;
}

// The message that a FIFO queue took less than five minutes ago under the same deduplication id.
std::optional<Value> earlier_message(Call& call, const QueueId& id, const std::string& key) {
  const Value* found =
      call.world.store.get(collection(id.account, id.region, "sqs/deduplication/" + id.name), key);
  if (!found || call.world.now_ms() - found->int_or("at", 0) >= deduplication_ms) {
    return std::nullopt;
  }
  return *found;
}

}  // namespace

Value send_message(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:SendMessage");
  const std::string body = input.string_or("MessageBody", "");
  if (body.empty()) {
    throw refusal("MissingParameter", "The request must contain the parameter MessageBody.");
  }
  if (input.find("MessageAttributes") && !input.at("MessageAttributes").as_map().empty()) {
    throw unknown_member("sqs", "SendMessage", "MessageAttributes");
  }
  if (static_cast<std::int64_t>(body.size()) >
      number_attribute(queue.document, "MaximumMessageSize")) {
    throw refusal("InvalidParameterValue",
                  fmt::format("One or more parameters are invalid. Reason: Message must be shorter "
                              "than {} bytes.",
                              number_attribute(queue.document, "MaximumMessageSize")));
  }
  const std::int64_t delay =
      input.int_or("DelaySeconds", number_attribute(queue.document, "DelaySeconds"));
  if (!is_fifo(queue.document)) {
    const Sent sent = enqueue(call.world, queue.id, body, delay);
    return Map{{"MessageId", sent.message_id}, {"MD5OfMessageBody", sent.md5}};
  }
  const std::string group = input.string_or("MessageGroupId", "");
  if (group.empty()) {
    throw refusal("MissingParameter", "The request must contain the parameter MessageGroupId.");
  }
  std::string key = input.string_or("MessageDeduplicationId", "");
  if (key.empty()) {
    if (queue.document.at("attributes").string_or("ContentBasedDeduplication", "") != "true") {
      throw refusal("InvalidParameterValue",
                    "The queue should either have ContentBasedDeduplication enabled or "
                    "MessageDeduplicationId provided explicitly");
    }
    key = sha256_hex(body);
  }
  if (const auto earlier = earlier_message(call, queue.id, key)) {
    return earlier->at("answer");
  }
  const Sent sent = enqueue(call.world, queue.id, body, delay, group, key);
  const Value answer = Map{{"MessageId", sent.message_id},
                           {"MD5OfMessageBody", sent.md5},
                           {"SequenceNumber", fmt::format("{:020}", sent.sequence)}};
  call.world.store.put(
      collection(queue.id.account, queue.id.region, "sqs/deduplication/" + queue.id.name), key,
      Map{{"at", call.world.now_ms()}, {"answer", answer}});
  return answer;
}

Value receive_message(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:ReceiveMessage");
  const std::int64_t most = input.int_or("MaxNumberOfMessages", 1);
  if (most < 1 || most > 10) {
    throw refusal("InvalidParameterValue",
                  fmt::format("Value {} for parameter MaxNumberOfMessages is invalid. Reason: Must "
                              "be between 1 and 10, if provided.",
                              most));
  }
  const std::int64_t now = call.world.now_ms();
  const std::int64_t timeout =
      input.int_or("VisibilityTimeout", number_attribute(queue.document, "VisibilityTimeout"));
  const std::int64_t retention = number_attribute(queue.document, "MessageRetentionPeriod");
  const Redrive redrive = redrive_of(queue.document);
  const std::string place = message_place(queue.id);
  List messages;
  for (const auto& [key, message] : call.world.store.list(place)) {
    if (now - message.int_or("sent_at", 0) >= retention * 1000) {
      call.world.store.erase(place, key);
      continue;
    }
    if (message.int_or("visible_at", 0) > now) continue;
    if (static_cast<std::int64_t>(messages.size()) == most) break;
    const std::int64_t received = message.int_or("received", 0) + 1;
    if (redrive.target && received > redrive.most) {
      call.world.store.put(message_place(*redrive.target), key, with(message, "received", 0));
      call.world.store.erase(place, key);
      continue;
    }
    const std::string receipt = base64(call.world.derive("receipt " + key + call.request_id));
    Value taken = with(message, "received", received);
    taken = with(taken, "receipt", receipt);
    call.world.store.put(place, key, with(taken, "visible_at", now + timeout * 1000));
    messages.push_back(Map{
        {"MessageId", message.at("id")},
        {"ReceiptHandle", receipt},
        {"MD5OfBody", message.at("md5")},
        {"Body", message.at("body")},
        {"Attributes", Map{{"ApproximateReceiveCount", fmt::format("{}", received)},
                           {"SentTimestamp", fmt::format("{}", message.int_or("sent_at", 0))}}}});
  }
  if (messages.empty()) return Map{};
  return Map{{"Messages", Value(std::move(messages))}};
}

Value delete_message(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:DeleteMessage");
  const std::string receipt = input.string_or("ReceiptHandle", "");
  const std::string place = message_place(queue.id);
  for (const auto& [key, message] : call.world.store.list(place)) {
    if (!receipt.empty() && message.string_or("receipt", "") == receipt) {
      call.world.store.erase(place, key);
      return {};
    }
  }
  if (!decode_base64(receipt)) {
    throw refusal(
        "ReceiptHandleIsInvalid",
        fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", receipt));
  }
  return {};
}

Value purge_queue(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:PurgeQueue");
  const std::string purges = call.place("sqs/purge");
  const Value* last = call.world.store.get(purges, queue.id.name);
  if (last && call.world.now_ms() - last->int_or("at", 0) < 60'000) {
    Refusal refused =
        refusal("PurgeQueueInProgress",
                fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                            queue.id.name),
                "AWS.SimpleQueueService.PurgeQueueInProgress");
    refused.status = 403;
    throw refused;
  }
  for (const auto& [key, message] : call.world.store.list(message_place(queue.id))) {
    call.world.store.erase(message_place(queue.id), key);
  }
  call.world.store.put(purges, queue.id.name, Map{{"at", call.world.now_ms()}});
  return {};
}

}  // namespace firn::sandbox::aws::sqs
