#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/sns/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::sns {
namespace {

constexpr std::size_t longest_name = 256;
constexpr std::size_t longest_display_name = 100;
constexpr std::size_t topics_per_page = 100;
constexpr std::size_t policy_bytes = 30 * 1024;

// Attributes that can be set; the text is kept as it is.
constexpr std::array plain_attributes = {"DisplayName",         "KmsMasterKeyId",
                                         "DeliveryPolicy",      "SignatureVersion",
                                         "TracingConfig",       "ContentBasedDeduplication",
                                         "FifoThroughputScope", "ArchivePolicy"};
// Amazon SNS Developer Guide: the actions that a topic's policy may name.
constexpr std::array topic_actions = {"gettopicattributes",
                                      "settopicattributes",
                                      "addpermission",
                                      "removepermission",
                                      "deletetopic",
                                      "subscribe",
                                      "publish",
                                      "listsubscriptionsbytopic",
                                      "receive",
                                      "getdataprotectionpolicy",
                                      "putdataprotectionpolicy",
                                      "tagresource",
                                      "untagresource",
                                      "listtagsforresource"};

bool is_topic_name(std::string name) {
  if (name.size() > longest_name) return false;
  if (name.ends_with(".fifo")) name.resize(name.size() - 5);
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

void check_actions(const Value& document) {
  for (const Value& statement : statements_of(document)) {
    for (const char* member : {"Action", "NotAction"}) {
      for (const std::string& action : texts_of(statement.at(member))) {
        const std::string lower = to_lower(action);
        const bool known = lower.starts_with("sns:") &&
                           std::find(topic_actions.begin(), topic_actions.end(), lower.substr(4)) !=
                               topic_actions.end();
        if (!known) {
          throw invalid_parameter(
              "Invalid parameter: Policy statement action out of service scope!");
        }
      }
    }
  }
}

void put_policy(Call& call, Map& topic, const std::string& text) {
  auto parsed = parse_policy(text, PolicyKind::resource);
  const Value* document = std::get_if<Value>(&parsed);
  if (!document || text.size() > policy_bytes) {
    throw invalid_parameter("Invalid parameter: Policy Error: null");
  }
  check_actions(*document);
  const PrincipalCheck check = check_principals(call.world, *document, SeenFrom::others);
  if (check.invalid) throw invalid_parameter("Invalid parameter: Policy Error: PrincipalNotFound");
  topic.set("policy", pack({check.document, check.ids}));
  topic.set("policy_text", check.changed ? to_json(check.document) : text);
}

bool is_feedback_attribute(const std::string& name) {
  constexpr std::array ends = {"SuccessFeedbackRoleArn", "FailureFeedbackRoleArn",
                               "SuccessFeedbackSampleRate"};
  constexpr std::array protocols = {"SQS", "Lambda", "HTTP", "Firehose", "Application"};
  for (const std::string_view protocol : protocols) {
    for (const std::string_view end : ends) {
      if (name == fmt::format("{}{}", protocol, end)) return true;
    }
  }
  return false;
}

void put_attribute(Call& call, Map& topic, const std::string& name, const std::string& value) {
  const bool fifo = topic.find("name")->as_string().ends_with(".fifo");
  const bool fifo_only = name == "ContentBasedDeduplication" || name == "FifoThroughputScope" ||
                         name == "ArchivePolicy";
  const bool plain =
      std::find(plain_attributes.begin(), plain_attributes.end(), name) != plain_attributes.end() ||
      is_feedback_attribute(name);
  if (name == "Policy") {
    if (value.empty()) throw invalid_parameter("Invalid parameter: Policy Error: null");
    put_policy(call, topic, value);
    return;
  }
  if (!plain || (fifo_only && !fifo)) throw invalid_parameter("Invalid parameter: AttributeName");
  if (name == "DisplayName" && value.size() > longest_display_name) {
    throw invalid_parameter("Invalid parameter: DisplayName");
  }
  if (name == "SignatureVersion" && value != "1" && value != "2") {
    throw invalid_parameter("Invalid parameter: SignatureVersion");
  }
  if (name == "TracingConfig" && value != "PassThrough" && value != "Active") {
    throw invalid_parameter("Invalid parameter: TracingConfig");
  }
  Map attributes = topic.find("attributes")->as_map();
  if (value.empty()) {
    attributes.erase(name);
  } else {
    attributes.set(name, value);
  }
  topic.set("attributes", Value(std::move(attributes)));
}

std::string policy_text(const World& world, const Value& topic) {
  if (!topic.find("policy")) {
    return default_policy(topic.string_or("arn", ""), topic.string_or("account", ""));
  }
  const StoredPolicy policy = unpack(topic.at("policy"));
  return has_stale_principal(world, policy) ? to_json(present_policy(world, policy))
                                            : topic.string_or("policy_text", "");
}

bool same_attribute(const World& world, const Value& topic, const std::string& name,
                    const std::string& value) {
  if (name == "Policy") {
    const auto left = parse_json(policy_text(world, topic));
    const auto right = parse_json(value);
    return left && right && *left == *right;
  }
  if (name == "FifoTopic") {
    return (value == "true") == topic.string_or("name", "").ends_with(".fifo");
  }
  return topic.at("attributes").string_or(name, "") == value;
}

Map checked_tags(Map tags) {
  if (check_tags(tags).what != TagProblem::What::none) {
    throw invalid_parameter("Invalid parameter: Tags Reason: the tags are not valid");
  }
  return tags;
}

Topic topic_for_tags(Call& call, const Form& input, const std::string& action) {
  const std::string arn = input.get("ResourceArn");
  const auto id = topic_in_arn(arn);
  if (!id || !find_topic(call.world, *id)) {
    throw Refusal{404, "ResourceNotFound", "Resource does not exist"};
  }
  return topic_for(call, arn, action);
}

}  // namespace

Refusal invalid_parameter(std::string message) {
  return {400, "InvalidParameter", std::move(message)};
}

Topic topic_for(Call& call, const std::string& arn, const std::string& action) {
  const auto id = topic_in_arn(arn);
  if (!id) {
    throw invalid_parameter(
        fmt::format("Invalid parameter: TopicArn Reason: An ARN must have at "
                    "least 6 elements, not {}",
                    split(arn, ':').size()));
  }
  call.target = id->name;
  const Value* topic = id->region == call.region ? find_topic(call.world, *id) : nullptr;
  if (!topic) throw Refusal{404, "NotFound", "Topic does not exist"};
  Topic found{*id, *topic};
  Context context = call.context;
  context.set("aws:SourceOwner", call.account);
  const StoredPolicy policy = policy_of(found.document);
  Access access;
  access.action = action;
  access.resource = arn;
  access.owner = id->account;
  access.resource_policy = &policy;
  access.context = std::move(context);
  authorize(call, std::move(access));
  return found;
}

void create_topic(Call& call, const Form& input, Xml& xml) {
  const std::string name = input.get("Name");
  call.target = name;
  if (!is_topic_name(name)) throw invalid_parameter("Invalid parameter: Topic Name");
  const std::string arn = call.arn("sns", name);
  authorize(call, "sns:CreateTopic", arn);
  const auto attributes = input.entries("Attributes");
  const bool fifo = name.ends_with(".fifo");
  const auto wants_fifo = attributes.find("FifoTopic");
  if ((wants_fifo != attributes.end() && wants_fifo->second == "true") != fifo) {
    throw invalid_parameter(
        fifo
            ? "Invalid parameter: Topic Name"
            : "Invalid parameter: Fifo Topic names must end with .fifo and must be made up of only "
              "uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must "
              "be between 1 and 256 characters long.");
  }
  const Map tags = checked_tags(tags_in(input, "Tags"));
  const TopicId id{call.account, call.region, name};
  if (const Value* existing = find_topic(call.world, id)) {
    for (const auto& [key, value] : attributes) {
      if (same_attribute(call.world, *existing, key, value)) continue;
      throw invalid_parameter(
          "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    }
    if (!tags.empty() && !(tags == tags_of(*existing))) {
      throw invalid_parameter(
          "Invalid parameter: Tags Reason: Topic already exists with different tags");
    }
    xml.leaf("TopicArn", arn);
    return;
  }
  Map topic{{"name", name},
            {"arn", arn},
            {"account", call.account},
            {"uid", call.world.fresh_uuid()},
            {"tags", Value(tags)},
            {"attributes", Map{}},
            {"created_at", call.world.now_ms()}};
  for (const auto& [key, value] : attributes) {
    if (key != "FifoTopic") put_attribute(call, topic, key, value);
  }
  keep_topic(call.world, id, Value(std::move(topic)));
  xml.leaf("TopicArn", arn);
}

void delete_topic(Call& call, const Form& input, Xml&) {
  const std::string arn = input.get("TopicArn");
  const auto id = topic_in_arn(arn);
  if (!id) throw invalid_parameter("Invalid parameter: TopicArn");
  call.target = id->name;
  if (!find_topic(call.world, *id)) return;
  const Topic topic = topic_for(call, arn, "sns:DeleteTopic");
  // Its subscriptions linger; they belong to the topic's unique id, which does not come back.
  const std::string place = collection(id->account, id->region, "sns/subscription");
  for (const Value& one : subscriptions_of(call.world, *id, topic.document)) {
    call.world.store.put(place, one.string_or("arn", ""),
                         with(one, "deleted_at", call.world.now_ms()));
    tell_subscriber(call.world, one);
  }
  call.world.store.erase(collection(id->account, id->region, "sns/topic"), id->name);
}

void get_topic_attributes(Call& call, const Form& input, Xml& xml) {
  const Topic topic = topic_for(call, input.get("TopicArn"), "sns:GetTopicAttributes");
  std::size_t confirmed = 0;
  std::size_t pending = 0;
  for (const Value& one : subscriptions_of(call.world, topic.id, topic.document)) {
    ++(one.bool_or("confirmed", false) ? confirmed : pending);
  }
  Map shown = topic.document.at("attributes").as_map();
  shown.set("TopicArn", topic.document.at("arn"));
  shown.set("Owner", topic.id.account);
  shown.set("Policy", policy_text(call.world, topic.document));
  shown.set("SubscriptionsConfirmed", fmt::format("{}", confirmed));
  shown.set("SubscriptionsPending", fmt::format("{}", pending));
  shown.set("SubscriptionsDeleted", "0");
  shown.set("EffectiveDeliveryPolicy",
            R"({"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,)"
            R"("numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,)"
            R"("numMinDelayRetries":0,"backoffFunction":"linear"},)"
            R"("disableSubscriptionOverrides":false}})");
  if (topic.id.name.ends_with(".fifo")) {
    shown.set("FifoTopic", "true");
    if (!shown.find("ContentBasedDeduplication")) shown.set("ContentBasedDeduplication", "false");
  }
  xml.open("Attributes");
  for (const auto& [name, value] : shown) {
    xml.open("entry").leaf("key", name).leaf("value", value.as_string()).close();
  }
  xml.close();
}

void set_topic_attributes(Call& call, const Form& input, Xml&) {
  const Topic topic = topic_for(call, input.get("TopicArn"), "sns:SetTopicAttributes");
  Map document = topic.document.as_map();
  put_attribute(call, document, input.get("AttributeName"), input.get("AttributeValue"));
  keep_topic(call.world, topic.id, Value(std::move(document)));
}

void list_topics(Call& call, const Form& input, Xml& xml) {
  authorize(call, "sns:ListTopics", call.arn("sns", "*"));
  const auto topics = call.world.store.list(call.place("sns/topic"));
  const std::string after = input.get("NextToken");
  std::string next;
  std::size_t written = 0;
  std::string last;
  xml.open("Topics");
  for (const auto& [name, topic] : topics) {
    if (!after.empty() && name <= after) continue;
    if (written == topics_per_page) {
      next = last;
      break;
    }
    xml.open("member").leaf("TopicArn", topic.string_or("arn", "")).close();
    last = name;
    ++written;
  }
  xml.close().leaf_if("NextToken", next);
}

void tag_resource(Call& call, const Form& input, Xml& xml) {
  const Topic topic = topic_for_tags(call, input, "sns:TagResource");
  Map tags = tags_of(topic.document);
  for (const auto& [key, value] : tags_in(input, "Tags"))
    tags.set(key, value);
  keep_topic(call.world, topic.id, with_tags(topic.document, checked_tags(std::move(tags))));
  xml.raw(" ");
}

void untag_resource(Call& call, const Form& input, Xml& xml) {
  const Topic topic = topic_for_tags(call, input, "sns:UntagResource");
  Map tags = tags_of(topic.document);
  for (const std::string& key : input.list("TagKeys"))
    tags.erase(key);
  keep_topic(call.world, topic.id, with_tags(topic.document, std::move(tags)));
  xml.raw(" ");
}

void list_tags_for_resource(Call& call, const Form& input, Xml& xml) {
  const Topic topic = topic_for_tags(call, input, "sns:ListTagsForResource");
  xml.open("Tags");
  for (const auto& [key, value] : tags_of(topic.document)) {
    xml.open("member").leaf("Key", key).leaf("Value", value.as_string()).close();
  }
  xml.close();
}

void publish_message(Call& call, const Form& input, Xml& xml) {
  for (const auto& [name, value] : input.fields()) {
    if (name.starts_with("MessageAttributes") || name == "MessageStructure") {
      throw unknown_member("sns", "Publish", name.substr(0, name.find('.')));
    }
  }
  const std::string arn = input.has("TopicArn") ? input.get("TopicArn") : input.get("TargetArn");
  const Topic topic = topic_for(call, arn, "sns:Publish");
  const std::string message = input.get("Message");
  if (message.empty()) throw invalid_parameter("Invalid parameter: Empty message");
  xml.leaf("MessageId",
           publish(call.world, topic.id, topic.document, input.get("Subject"), message));
}

}  // namespace firn::sandbox::aws::sns
