#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/sqs/operations.h"

namespace firn::sandbox::aws::sqs {
namespace {

struct NumberRule {
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
  std::string_view usual;  // empty: absent until set
};
// Amazon SQS API Reference, CreateQueue.
constexpr std::array number_rules = {
    NumberRule{"VisibilityTimeout", 0, 43200, "30"},
    NumberRule{"MessageRetentionPeriod", 60, 1209600, "345600"},
    NumberRule{"MaximumMessageSize", 1024, 1048576, "1048576"},
    NumberRule{"DelaySeconds", 0, 900, "0"},
    NumberRule{"ReceiveMessageWaitTimeSeconds", 0, 20, "0"},
    NumberRule{"KmsDataKeyReusePeriodSeconds", 60, 86400, ""},
};
// Those that are no numbers, or cannot be set.
constexpr std::array other_attributes = {"Policy",
                                         "RedrivePolicy",
                                         "RedriveAllowPolicy",
                                         "KmsMasterKeyId",
                                         "SqsManagedSseEnabled",
                                         "FifoQueue",
                                         "ContentBasedDeduplication",
                                         "DeduplicationScope",
                                         "FifoThroughputLimit",
                                         "QueueArn",
                                         "CreatedTimestamp",
                                         "LastModifiedTimestamp",
                                         "ApproximateNumberOfMessages",
                                         "ApproximateNumberOfMessagesNotVisible",
                                         "ApproximateNumberOfMessagesDelayed"};
constexpr std::size_t policy_bytes = 8192;
constexpr std::size_t policy_statements = 20;

Refusal invalid_value(const std::string& name) {
  return refusal("InvalidAttributeValue", fmt::format("Invalid value for the parameter {}.", name));
}

Refusal unknown_attribute(const std::string& name) {
  return refusal("InvalidAttributeName", fmt::format("Unknown Attribute {}.", name));
}

void check_number(const NumberRule& rule, const std::string& value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < rule.least ||
      number > rule.most) {
    throw invalid_value(std::string(rule.name));
  }
}

bool is_truth(const std::string& value) {
  return value == "true" || value == "false";
}

void put_policy(Call& call, Map& queue, const std::string& text) {
  auto parsed = parse_policy(text, PolicyKind::resource);
  const Value* document = std::get_if<Value>(&parsed);
  if (!document || text.size() > policy_bytes ||
      statements_of(*document).size() > policy_statements) {
    throw invalid_value("Policy");
  }
  const PrincipalCheck check = check_principals(call.world, *document, SeenFrom::others);
  if (check.invalid) throw invalid_value("Policy");
  queue.set("policy", pack({check.document, check.ids}));
  queue.set("policy_text", check.changed ? to_json(check.document) : text);
}

std::optional<std::int64_t> count_of(const Value& value) {
  if (value.is_int()) return value.as_int();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.as_string();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void check_redrive(Call& call, const QueueId& id, const std::string& text) {
  const auto invalid = [&](const char* reason) {
    return refusal(
        "InvalidParameterValue",
        fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: {}", text, reason));
  };
  const auto policy = parse_json(text);
  if (!policy || !policy->is_map()) {
    throw invalid("Redrive policy is not a valid JSON map.");
  }
  const auto count = count_of(policy->at("maxReceiveCount"));
  if (!policy->find("deadLetterTargetArn") || !policy->find("maxReceiveCount")) {
    throw invalid(
        "Redrive policy does not contain mandatory attribute: "
        "deadLetterTargetArn or maxReceiveCount.");
  }
  if (!count || *count < 1 || *count > 1000) {
    throw invalid("Invalid value for maxReceiveCount, must be between 1 and 1000.");
  }
  const auto target = queue_in_arn(policy->string_or("deadLetterTargetArn", ""));
  if (!target) throw invalid("Invalid ARN for deadLetterTargetArn.");
  if (target->account != id.account || target->region != id.region) {
    throw invalid("Dead letter target owner should be same as the source.");
  }
  const Value* queue = find_queue(call.world, *target);
  if (!queue) throw invalid("Dead letter target does not exist.");
  if (is_fifo(*queue) != id.name.ends_with(".fifo")) {
    throw invalid("Dead-letter queue must be same type of queue as the source.");
  }
}

void check_redrive_allow(const std::string& text) {
  const auto policy = parse_json(text);
  const std::string permission =
      policy && policy->is_map() ? policy->string_or("redrivePermission", "") : std::string();
  const bool lists = policy && policy->find("sourceQueueArns");
  if ((permission != "allowAll" && permission != "denyAll" && permission != "byQueue") ||
      lists != (permission == "byQueue")) {
    throw refusal(
        "InvalidParameterValue",
        fmt::format("Value {} for parameter RedriveAllowPolicy is invalid. Reason: Amazon "
                    "SQS can't create the redrive allow policy, as it's in an "
                    "unsupported format.",
                    text));
  }
}

void put_fifo_attribute(const QueueId& id, const Map& queue, Map& attributes,
                        const std::string& name, const std::string& value, bool creating) {
  const bool fifo = id.name.ends_with(".fifo");
  if (name == "FifoQueue") {
    if (!is_truth(value)) throw invalid_value(name);
    if (!fifo) throw unknown_attribute(name);
    if (value != "true" || (!creating && !queue.find("name"))) {
      throw refusal("InvalidAttributeValue", "Modifying queue type is not supported.");
    }
  } else if (!fifo) {
    throw unknown_attribute(name);
  } else if (name == "ContentBasedDeduplication") {
    if (!is_truth(value)) throw invalid_value(name);
  } else if (name == "DeduplicationScope") {
    if (value != "queue" && value != "messageGroup") throw invalid_value(name);
  } else if (value != "perQueue" && value != "perMessageGroupId") {
    throw invalid_value(name);
  }
  attributes.set(name, value);
}

}  // namespace

bool is_attribute(const std::string& name) {
  const auto is_it = [&](const NumberRule& rule) { return rule.name == name; };
  return std::any_of(number_rules.begin(), number_rules.end(), is_it) ||
         std::find(other_attributes.begin(), other_attributes.end(), name) !=
             other_attributes.end();
}

void add_defaults(Map& queue, bool fifo) {
  Map attributes;
  for (const NumberRule& rule : number_rules) {
    if (!rule.usual.empty()) attributes.set(rule.name, rule.usual);
  }
  attributes.set("SqsManagedSseEnabled", "true");
  if (fifo) {
    attributes.set("FifoQueue", "true");
    attributes.set("ContentBasedDeduplication", "false");
    attributes.set("DeduplicationScope", "queue");
    attributes.set("FifoThroughputLimit", "perQueue");
  }
  queue.set("attributes", Value(std::move(attributes)));
}

void put_attribute(Call& call, const QueueId& id, Map& queue, const std::string& name,
                   const std::string& value, bool creating) {
  Map attributes = queue.find("attributes")->as_map();
  const auto rule = std::find_if(number_rules.begin(), number_rules.end(),
                                 [&](const NumberRule& one) { return one.name == name; });
  if (rule != number_rules.end()) {
    check_number(*rule, value);
    attributes.set(name, value);
  } else if (name == "Policy") {
    if (value.empty()) {
      queue.erase("policy");
      queue.erase("policy_text");
    } else {
      put_policy(call, queue, value);
    }
    return;
  } else if (name == "RedrivePolicy" || name == "RedriveAllowPolicy") {
    if (value.empty()) {
      attributes.erase(name);
    } else {
      if (name == "RedrivePolicy") {
        check_redrive(call, id, value);
      } else {
        check_redrive_allow(value);
      }
      attributes.set(name, value);
    }
  } else if (name == "KmsMasterKeyId") {
    if (value.empty()) {
      attributes.erase(name);
      attributes.erase("KmsDataKeyReusePeriodSeconds");
    } else {
      attributes.set(name, value);
      attributes.set("SqsManagedSseEnabled", "false");
      if (!attributes.find("KmsDataKeyReusePeriodSeconds")) {
        attributes.set("KmsDataKeyReusePeriodSeconds", "300");
      }
    }
  } else if (name == "SqsManagedSseEnabled") {
    if (!is_truth(value)) throw invalid_value(name);
    attributes.set(name, value);
    if (value == "true") {
      attributes.erase("KmsMasterKeyId");
      attributes.erase("KmsDataKeyReusePeriodSeconds");
    }
  } else if (name == "FifoQueue" || name == "ContentBasedDeduplication" ||
             name == "DeduplicationScope" || name == "FifoThroughputLimit") {
    put_fifo_attribute(id, queue, attributes, name, value, creating);
  } else {
    throw unknown_attribute(name);
  }
  queue.set("attributes", Value(std::move(attributes)));
}

Map shown_attributes(Call& call, const Queue& queue) {
  const Value& document = queue.document;
  Map shown = document.at("attributes").as_map();
  shown.set("QueueArn", document.at("arn"));
  shown.set("CreatedTimestamp", fmt::format("{}", document.int_or("created_at", 0) / 1000));
  shown.set("LastModifiedTimestamp", fmt::format("{}", document.int_or("modified_at", 0) / 1000));
  std::int64_t visible = 0;
  std::int64_t in_flight = 0;
  std::int64_t delayed = 0;
  const std::int64_t now = call.world.now_ms();
  for (const auto& [key, message] : call.world.store.list(message_place(queue.id))) {
    if (message.int_or("visible_at", 0) <= now) {
      ++visible;
    } else if (message.int_or("received", 0) > 0) {
      ++in_flight;
    } else {
      ++delayed;
    }
  }
  shown.set("ApproximateNumberOfMessages", fmt::format("{}", visible));
  shown.set("ApproximateNumberOfMessagesNotVisible", fmt::format("{}", in_flight));
  shown.set("ApproximateNumberOfMessagesDelayed", fmt::format("{}", delayed));
  if (document.find("policy")) {
    const StoredPolicy policy = unpack(document.at("policy"));
    shown.set("Policy", has_stale_principal(call.world, policy)
                            ? to_json(present_policy(call.world, policy))
                            : document.string_or("policy_text", ""));
  }
  return shown;
}

}  // namespace firn::sandbox::aws::sqs
