#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/sqs/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::sqs {
namespace {

constexpr std::size_t longest_name = 80;
constexpr std::int64_t reuse_window_ms = 60'000;

bool is_queue_name(std::string name) {
  if (name.size() > longest_name) return false;
  if (name.ends_with(".fifo")) name.resize(name.size() - 5);
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::string url_of(const Call& call, const QueueId& id) {
  const std::string* host = call.request.headers.find("host");
  return fmt::format("{}://{}/{}/{}", call.request.scheme, host ? *host : call.request.authority(),
                     id.account, id.name);
}

Map checked_tags(Map tags) {
  if (check_tags(tags).what != TagProblem::What::none) {
    throw refusal("InvalidParameterValue", "The request includes invalid tags.");
  }
  return tags;
}

Map string_map(const Value& value) {
  Map texts;
  if (!value.is_map()) return texts;
  for (const auto& [key, item] : value.as_map()) {
    if (!item.is_string()) {
      throw refusal("InvalidParameterValue", fmt::format("The value of {} is not a string.", key));
    }
    texts.set(key, item);
  }
  return texts;
}

// Policies and redrive policies are the same when they mean the same.
bool same_value(const std::string& name, const std::string& a, const std::string& b) {
  if (a == b) return true;
  if (!name.ends_with("Policy")) return false;
  const auto left = parse_json(a);
  const auto right = parse_json(b);
  return left && right && *left == *right;
}

}  // namespace

Refusal refusal(std::string code, std::string message, std::string query_code) {
  Refusal refused{400, "com.amazonaws.sqs#" + code, std::move(message), {}};
  refused.query_code = query_code.empty() ? std::move(code) : std::move(query_code);
  return refused;
}

Refusal queue_does_not_exist() {
  return refusal("QueueDoesNotExist", "The specified queue does not exist.",
                 "AWS.SimpleQueueService.NonExistentQueue");
}

Queue queue_for(Call& call, const Value& input, const char* action) {
  const std::string url = input.string_or("QueueUrl", "");
  const std::vector<std::string> parts = split(url, '/');
  if (parts.size() < 2 || !is_account(parts[parts.size() - 2])) {
    throw refusal("InvalidAddress",
                  fmt::format("The address {} is not valid for this endpoint.", url),
                  "InvalidAddress");
  }
  Queue queue;
  queue.id = {parts[parts.size() - 2], call.region, parts.back()};
  call.target = queue.id.name;
  const Value* found = find_queue(call.world, queue.id);
  if (!found) throw queue_does_not_exist();
  queue.document = *found;
  Access access;
  access.action = action;
  access.resource = queue.document.string_or("arn", "");
  access.owner = queue.id.account;
  const StoredPolicy policy = unpack(queue.document.at("policy"));
  if (queue.document.find("policy")) access.resource_policy = &policy;
  authorize(call, std::move(access));
  return queue;
}

Value create_queue(Call& call, const Value& input) {
  const QueueId id{call.account, call.region, input.string_or("QueueName", "")};
  call.target = id.name;
  if (!is_queue_name(id.name)) {
    throw refusal("InvalidParameterValue",
                  "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in "
                  "length");
  }
  const std::string arn = call.arn("sqs", id.name);
  authorize(call, "sqs:CreateQueue", arn);
  const Map given = string_map(input.at("Attributes"));
  const bool fifo = id.name.ends_with(".fifo");
  const Value* wants_fifo = given.find("FifoQueue");
  if (fifo && !wants_fifo) {
    throw refusal("InvalidParameterValue",
                  "The queue name can only include alphanumeric characters, hyphens, or "
                  "underscores. 1 to 80 in length");
  }
  if (!fifo && wants_fifo && wants_fifo->as_string() == "true") {
    throw refusal("InvalidParameterValue",
                  "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
                  "underscores, must end with .fifo suffix and be 1 to 80 in length.");
  }
  if (const Value* existing = find_queue(call.world, id)) {
    const Map shown = shown_attributes(call, {id, *existing});
    for (const auto& [name, value] : given) {
      const Value* present = shown.find(name);
      if (present && same_value(name, present->as_string(), value.as_string())) continue;
      throw refusal("QueueNameExists",
                    fmt::format("A queue already exists with the same name and a different value "
                                "for attribute {}",
                                name),
                    "QueueAlreadyExists");
    }
    return Map{{"QueueUrl", url_of(call, id)}};
  }
  const Value* deleted = call.world.store.get(call.place("sqs/deleted"), id.name);
  if (deleted && call.world.now_ms() - deleted->int_or("at", 0) < reuse_window_ms) {
    throw refusal("QueueDeletedRecently",
                  "You must wait 60 seconds after deleting a queue before you can create another "
                  "with the same name.",
                  "AWS.SimpleQueueService.QueueDeletedRecently");
  }
  const std::int64_t now = call.world.now_ms();
  Map queue{{"name", id.name}, {"arn", arn}, {"created_at", now}, {"modified_at", now}};
  add_defaults(queue, fifo);
  for (const auto& [name, value] : given) {
    put_attribute(call, id, queue, name, value.as_string(), true);
  }
  queue.set("tags", Value(checked_tags(string_map(input.at("tags")))));
  keep_queue(call.world, id, Value(std::move(queue)));
  return Map{{"QueueUrl", url_of(call, id)}};
}

Value delete_queue(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:DeleteQueue");
  const std::string place = collection(queue.id.account, queue.id.region, "sqs/queue");
  call.world.store.erase(place, queue.id.name);
  for (const auto& [key, message] : call.world.store.list(message_place(queue.id))) {
    call.world.store.erase(message_place(queue.id), key);
  }
  call.world.store.put(collection(queue.id.account, queue.id.region, "sqs/deleted"), queue.id.name,
                       Map{{"at", call.world.now_ms()}});
  return {};
}

Value get_queue_url(Call& call, const Value& input) {
  const std::string owner = input.string_or("QueueOwnerAWSAccountId", call.account);
  const QueueId id{owner, call.region, input.string_or("QueueName", "")};
  call.target = id.name;
  if (!find_queue(call.world, id)) throw queue_does_not_exist();
  Access access;
  access.action = "sqs:GetQueueUrl";
  access.owner = owner;
  access.resource = find_queue(call.world, id)->string_or("arn", "");
  const StoredPolicy policy = unpack(find_queue(call.world, id)->at("policy"));
  access.resource_policy = &policy;
  authorize(call, std::move(access));
  return Map{{"QueueUrl", url_of(call, id)}};
}

Value list_queues(Call& call, const Value& input) {
  authorize(call, "sqs:ListQueues", call.arn("sqs", "*"));
  const std::string prefix = input.string_or("QueueNamePrefix", "");
  const std::string after = input.string_or("NextToken", "");
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("MaxResults", 1000), 1, 1000));
  List urls;
  std::string last;
  for (const auto& [name, queue] : call.world.store.list(call.place("sqs/queue"))) {
    if (!name.starts_with(prefix) || (!after.empty() && name <= after)) continue;
    if (urls.size() == most) {
      return Map{{"QueueUrls", Value(std::move(urls))}, {"NextToken", last}};
    }
    urls.emplace_back(url_of(call, {call.account, call.region, name}));
    last = name;
  }
  if (urls.empty()) return Map{};
  return Map{{"QueueUrls", Value(std::move(urls))}};
}

Value get_queue_attributes(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:GetQueueAttributes");
  const Value& names = input.at("AttributeNames");
  if (!names.is_list()) return Map{};
  const Map all = shown_attributes(call, queue);
  Map shown;
  for (const Value& name : names.as_list()) {
    const std::string text = name.is_string() ? name.as_string() : std::string();
    if (text != "All" && !is_attribute(text)) {
      throw refusal("InvalidAttributeName", fmt::format("Unknown Attribute {}.", text));
    }
    if (text == "All") {
      shown = all;
    } else if (const Value* value = all.find(text)) {
      shown.set(text, *value);
    }
  }
  return Map{{"Attributes", Value(std::move(shown))}};
}

Value set_queue_attributes(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:SetQueueAttributes");
  Map document = queue.document.as_map();
  for (const auto& [name, value] : string_map(input.at("Attributes"))) {
    if (name == "FifoQueue") {
      if (!is_fifo(queue.document)) {
        throw refusal("InvalidAttributeName", "Unknown Attribute FifoQueue.");
      }
      if (value.as_string() != "true") {
        throw refusal("InvalidAttributeValue", "Modifying queue type is not supported.");
      }
      continue;
    }
    put_attribute(call, queue.id, document, name, value.as_string(), false);
  }
  document.set("modified_at", call.world.now_ms());
  keep_queue(call.world, queue.id, Value(std::move(document)));
  return {};
}

Value tag_queue(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:TagQueue");
  Map tags = tags_of(queue.document);
  for (const auto& [key, value] : string_map(input.at("Tags")))
    tags.set(key, value);
  keep_queue(call.world, queue.id, with_tags(queue.document, checked_tags(std::move(tags))));
  return {};
}

Value untag_queue(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:UntagQueue");
  Map tags = tags_of(queue.document);
  if (input.at("TagKeys").is_list()) {
    for (const Value& key : input.at("TagKeys").as_list()) {
      if (key.is_string()) tags.erase(key.as_string());
    }
  }
  keep_queue(call.world, queue.id, with_tags(queue.document, std::move(tags)));
  return {};
}

Value list_queue_tags(Call& call, const Value& input) {
  const Queue queue = queue_for(call, input, "sqs:ListQueueTags");
  Map tags = tags_of(queue.document);
  if (tags.empty()) return Map{};
  return Map{{"Tags", Value(std::move(tags))}};
}

Value list_dead_letter_source_queues(Call& call, const Value& input) {
  const Queue target = queue_for(call, input, "sqs:ListDeadLetterSourceQueues");
  List urls;
  for (const auto& [name, queue] : call.world.store.list(call.place("sqs/queue"))) {
    const auto policy = parse_json(queue.at("attributes").string_or("RedrivePolicy", "{}"));
    if (policy &&
        policy->string_or("deadLetterTargetArn", "") == target.document.string_or("arn", "")) {
      urls.emplace_back(url_of(call, {call.account, call.region, name}));
    }
  }
  return Map{{"queueUrls", Value(std::move(urls))}};
}

}  // namespace firn::sandbox::aws::sqs
