#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/event_pattern.h"
#include "sandbox/aws/sns/operations.h"
#include "sandbox/aws/sqs/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::sns {
namespace {

constexpr std::array protocols = {"http", "https",  "email",       "email-json", "sms",
                                  "sqs",  "lambda", "application", "firehose"};
constexpr std::array attribute_names = {"DeliveryPolicy",    "FilterPolicy",
                                        "FilterPolicyScope", "RawMessageDelivery",
                                        "RedrivePolicy",     "SubscriptionRoleArn"};
// A deleted topic's subscriptions stay in lists for a while.
constexpr std::int64_t linger_ms = 5 * 60'000;

struct Subscription {
  TopicId topic;
  Value document;
};

std::optional<Subscription> find_by_arn(const World& world, const std::string& arn) {
  const auto colon = arn.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto topic = topic_in_arn(arn.substr(0, colon));
  if (!topic) return std::nullopt;
  const Value* found =
      world.store.get(collection(topic->account, topic->region, "sns/subscription"), arn);
  if (!found || is_forgotten(world, *found)) return std::nullopt;
  return Subscription{*topic, *found};
}

void check_filter(const Map& attributes) {
  const Value given(attributes);
  const std::string text = given.string_or("FilterPolicy", "");
  if (text.empty()) return;
  const auto policy = parse_json(text);
  if (!policy) throw invalid_parameter("Invalid parameter: FilterPolicy: failed to parse JSON.");
  const bool is_about_body = given.string_or("FilterPolicyScope", "") == "MessageBody";
  if (const auto problem = pattern_problem(*policy, is_about_body)) {
    throw invalid_parameter("Invalid parameter: FilterPolicy: " + *problem);
  }
  if (policy->as_map().size() > 5) {
    throw invalid_parameter(
        "Invalid parameter: FilterPolicy: Filter policy can not have more than 5 keys");
  }
}

void check_redrive(const std::string& text, const TopicId& topic) {
  const auto redrive = parse_json(text);
  const auto queue =
      redrive ? sqs::queue_in_arn(redrive->string_or("deadLetterTargetArn", "")) : std::nullopt;
  if (!queue) {
    throw invalid_parameter(
        "Invalid parameter: RedrivePolicy: deadLetterTargetArn is an invalid arn");
  }
  if (queue->account != topic.account || queue->region != topic.region) {
    throw invalid_parameter(
        "Invalid parameter: RedrivePolicy: deadLetterTargetArn must be in the account and region "
        "of "
        "the subscription");
  }
}

void check_attribute(const std::string& name, const std::string& value, const std::string& protocol,
                     const TopicId& topic) {
  if (std::find(attribute_names.begin(), attribute_names.end(), name) == attribute_names.end()) {
    throw invalid_parameter("Invalid parameter: AttributeName");
  }
  if (name == "RawMessageDelivery") {
    if (value != "true" && value != "false") {
      throw invalid_parameter(
          "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid "
          "value [" +
          value + "]. Must be true or false.");
    }
    const bool can_be_raw =
        protocol == "sqs" || protocol == "firehose" || protocol.starts_with("http");
    if (value == "true" && !can_be_raw) {
      throw invalid_parameter(fmt::format(
          "Invalid parameter: Delivery protocol [{}] does not support raw message delivery.",
          protocol));
    }
  }
  if (name == "FilterPolicyScope" && value != "MessageAttributes" && value != "MessageBody") {
    throw invalid_parameter(
        fmt::format("Invalid parameter: FilterPolicyScope: Invalid value [{}]. Please use either "
                    "MessageBody or "
                    "MessageAttributes",
                    value));
  }
  if (name == "RedrivePolicy" && !value.empty()) check_redrive(value, topic);
}

void check_endpoint(const std::string& protocol, const std::string& endpoint,
                    const TopicId& topic) {
  if (std::find(protocols.begin(), protocols.end(), protocol) == protocols.end()) {
    throw invalid_parameter(fmt::format(
        "Invalid parameter: Amazon SNS does not support this protocol string: {}", protocol));
  }
  const bool needs_arn = protocol == "sqs" || protocol == "lambda" || protocol == "firehose";
  const auto arn = parse_arn(endpoint);
  if (needs_arn && (!arn || (arn->service != protocol))) {
    throw invalid_parameter(protocol == "sqs"
                                ? "Invalid parameter: SQS endpoint ARN"
                                : fmt::format("Invalid parameter: {} endpoint ARN", protocol));
  }
  if (protocol == "sqs" && endpoint.ends_with(".fifo") && !topic.name.ends_with(".fifo")) {
    throw invalid_parameter(
        "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be "
        "subscribed to standard SNS topics");
  }
  const bool url_fits = protocol == "http"    ? endpoint.starts_with("http://")
                        : protocol == "https" ? endpoint.starts_with("https://")
                                              : true;
  if (!url_fits) {
    throw invalid_parameter("Invalid parameter: Endpoint must match the specified protocol");
  }
  if (protocol.starts_with("email") && endpoint.find('@') == std::string::npos) {
    throw invalid_parameter("Invalid parameter: Email address");
  }
}

void write_member(Xml& xml, const Value& subscription) {
  const bool confirmed = subscription.bool_or("confirmed", false);
  xml.open("member");
  xml.leaf("SubscriptionArn",
           confirmed ? subscription.string_or("arn", "") : "PendingConfirmation");
  xml.leaf("Owner", subscription.string_or("owner", ""));
  xml.leaf("Protocol", subscription.string_or("protocol", ""));
  xml.leaf("Endpoint", subscription.string_or("endpoint", ""));
  xml.leaf("TopicArn", subscription.string_or("topic_arn", "")).close();
}

Map given_attributes(const Form& input, const std::string& protocol, const TopicId& topic) {
  Map attributes;
  for (const auto& [name, value] : input.entries("Attributes")) {
    check_attribute(name, value, protocol, topic);
    if (!value.empty() && value != "{}") attributes.set(name, value);
  }
  check_filter(attributes);
  return attributes;
}

}  // namespace

void subscribe_endpoint(Call& call, const Form& input, Xml& xml) {
  const std::string protocol = input.get("Protocol");
  const std::string endpoint = input.get("Endpoint");
  const Topic topic = topic_for(call, input.get("TopicArn"), "sns:Subscribe");
  check_endpoint(protocol, endpoint, topic.id);
  Map attributes = given_attributes(input, protocol, topic.id);
  const bool wants_arn = input.get("ReturnSubscriptionArn") == "true";
  const auto answer = [&](const std::string& arn, bool confirmed) {
    xml.leaf("SubscriptionArn", confirmed || wants_arn ? arn : "pending confirmation");
  };
  if (const Value* existing =
          find_subscription(call.world, topic.id, topic.document, protocol, endpoint)) {
    if (!attributes.empty() && !(Value(attributes) == existing->at("attributes"))) {
      throw invalid_parameter(
          "Invalid parameter: Attributes Reason: Subscription already exists with different "
          "attributes");
    }
    answer(existing->string_or("arn", ""), existing->bool_or("confirmed", false));
    return;
  }
  // Queues, functions and streams of the caller need no confirmation; the rest waits for a reply.
  const auto arn = parse_arn(endpoint);
  const bool confirmed = arn && arn->account == call.account;
  answer(subscribe(call.world, topic.id, topic.document, protocol, endpoint, call.account,
                   std::move(attributes), confirmed),
         confirmed);
}

void unsubscribe(Call& call, const Form& input, Xml&) {
  const std::string arn = input.get("SubscriptionArn");
  call.target = arn;
  if (!parse_arn(arn)) throw invalid_parameter("Invalid parameter: SubscriptionArn");
  const auto found = find_by_arn(call.world, arn);
  if (!found) return;
  Access access;
  access.action = "sns:Unsubscribe";
  access.resource = found->document.string_or("topic_arn", "");
  authorize(call, std::move(access));
  // Topic's owner and subscription's owner may; nobody else.
  if (call.account != found->topic.account &&
      call.account != found->document.string_or("owner", "")) {
    throw access_denied("sns", "Not authorized to unsubscribe");
  }
  if (!found->document.bool_or("confirmed", false)) {
    throw invalid_parameter(
        "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is "
        "pending "
        "confirmation");
  }
  call.world.store.erase(collection(found->topic.account, found->topic.region, "sns/subscription"),
                         arn);
  if (!found->document.find("deleted_at")) tell_subscriber(call.world, found->document);
}

void get_subscription_attributes(Call& call, const Form& input, Xml& xml) {
  const std::string arn = input.get("SubscriptionArn");
  call.target = arn;
  authorize(call, "sns:GetSubscriptionAttributes", arn);
  const auto found = find_by_arn(call.world, arn);
  if (!found) throw Refusal{404, "NotFound", "Subscription does not exist"};
  const Value& one = found->document;
  Map shown = one.at("attributes").as_map();
  shown.set("SubscriptionArn", arn);
  shown.set("TopicArn", one.at("topic_arn"));
  shown.set("Protocol", one.at("protocol"));
  shown.set("Endpoint", one.at("endpoint"));
  shown.set("Owner", one.at("owner"));
  shown.set("PendingConfirmation", one.bool_or("confirmed", false) ? "false" : "true");
  shown.set("ConfirmationWasAuthenticated", "true");
  shown.set("SubscriptionPrincipal", call.caller.arn);
  if (!shown.find("RawMessageDelivery")) shown.set("RawMessageDelivery", "false");
  if (shown.find("FilterPolicy") && !shown.find("FilterPolicyScope")) {
    shown.set("FilterPolicyScope", "MessageAttributes");
  }
  xml.open("Attributes");
  for (const auto& [name, value] : shown) {
    xml.open("entry").leaf("key", name).leaf("value", value.as_string()).close();
  }
  xml.close();
}

void set_subscription_attributes(Call& call, const Form& input, Xml&) {
  const std::string arn = input.get("SubscriptionArn");
  call.target = arn;
  authorize(call, "sns:SetSubscriptionAttributes", arn);
  const auto found = find_by_arn(call.world, arn);
  if (!found) throw Refusal{404, "NotFound", "Subscription does not exist"};
  const std::string name = input.get("AttributeName");
  const std::string value = input.get("AttributeValue");
  check_attribute(name, value, found->document.string_or("protocol", ""), found->topic);
  Map attributes = found->document.at("attributes").as_map();
  if (value.empty() || value == "{}") {
    attributes.erase(name);
  } else {
    attributes.set(name, value);
  }
  check_filter(attributes);
  call.world.store.put(collection(found->topic.account, found->topic.region, "sns/subscription"),
                       arn, with(found->document, "attributes", Value(std::move(attributes))));
}

void list_subscriptions(Call& call, const Form&, Xml& xml) {
  authorize(call, "sns:ListSubscriptions", call.arn("sns", "*"));
  xml.open("Subscriptions");
  for (const auto& [arn, one] : call.world.store.list(call.place("sns/subscription"))) {
    const Value* deleted = one.find("deleted_at");
    if (deleted && call.world.now_ms() - deleted->as_int() > linger_ms) continue;
    if (is_forgotten(call.world, one)) continue;
    write_member(xml, one);
  }
  xml.close();
}

void list_subscriptions_by_topic(Call& call, const Form& input, Xml& xml) {
  const Topic topic = topic_for(call, input.get("TopicArn"), "sns:ListSubscriptionsByTopic");
  xml.open("Subscriptions");
  for (const Value& one : subscriptions_of(call.world, topic.id, topic.document)) {
    write_member(xml, one);
  }
  xml.close();
}

}  // namespace firn::sandbox::aws::sns
