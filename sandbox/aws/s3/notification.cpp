#include "sandbox/aws/s3/notification.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/s3/events.h"
#include "sandbox/aws/s3/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::size_t most_rules = 100;
constexpr std::size_t longest_id = 255;

struct Form {
  NotificationRule::Kind kind;
  std::string_view element;
  std::string_view destination;
  std::string_view service;
};
constexpr std::array forms = {
    Form{NotificationRule::Kind::topic, "TopicConfiguration", "Topic", "sns"},
    Form{NotificationRule::Kind::queue, "QueueConfiguration", "Queue", "sqs"},
    Form{NotificationRule::Kind::function, "CloudFunctionConfiguration", "CloudFunction", "lambda"},
};

void read_filter(const XmlElement& element, NotificationRule& rule) {
  const XmlElement* filter = element.child("Filter");
  if (!filter) return;
  const XmlElement* key = filter->child("S3Key");
  if (!key) throw malformed_xml();
  for (const XmlElement* part : key->all("FilterRule")) {
    const std::string name = to_lower(part->text_of("Name"));
    const std::string value = part->text_of("Value");
    if (name != "prefix" && name != "suffix") {
      throw invalid_argument("filter rule name must be either prefix or suffix", "FilterRule.Name",
                             part->text_of("Name"));
    }
    bool& seen = name == "prefix" ? rule.has_prefix : rule.has_suffix;
    if (seen) {
      throw invalid_argument(
          fmt::format("Cannot specify more than one {} rule in a filter.", name));
    }
    seen = true;
    (name == "prefix" ? rule.prefix : rule.suffix) = value;
  }
}

NotificationRule read_rule(Call& call, const XmlElement& element, const Form& form) {
  NotificationRule rule;
  rule.kind = form.kind;
  rule.id = element.text_of("Id");
  if (rule.id.empty()) rule.id = call.world.fresh_uuid();
  if (rule.id.size() > longest_id) throw invalid_argument("The ID is longer than 255 characters");
  rule.arn = element.text_of(form.destination);
  for (const XmlElement* event : element.all("Event")) {
    if (!is_event(event->text)) {
      throw invalid_argument(
          fmt::format("The event '{}' is not supported for notifications", event->text), "Event",
          event->text);
    }
    rule.events.push_back(event->text);
  }
  if (rule.events.empty()) throw malformed_xml();
  read_filter(element, rule);
  const auto arn = parse_arn(rule.arn);
  if (!arn || arn->service != form.service) {
    throw invalid_argument("The ARN could not be parsed", std::string(form.destination), rule.arn);
  }
  if (arn->region != call.region) {
    throw invalid_argument(
        "The notification destination service region is not valid for the bucket location "
        "constraint",
        std::string(form.destination), rule.arn);
  }
  if (rule.arn.ends_with(".fifo")) {
    throw invalid_argument(form.service == "sqs" ? "FIFO SQS queues are not supported."
                                                 : "FIFO SNS topics are not supported.",
                           std::string(form.destination), rule.arn);
  }
  return rule;
}

void check_together(const std::vector<NotificationRule>& rules) {
  if (rules.size() > most_rules) {
    throw invalid_argument("The maximum number of notification configurations is 100.");
  }
  std::set<std::string> ids;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!ids.insert(rules[i].id).second) {
      throw invalid_argument("Same ID used for multiple configurations. IDs must be unique");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (overlap(rules[i], rules[j])) {
        throw invalid_argument(
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules "
            "if the prefixes are overlapping for the same event type.");
      }
    }
  }
}

void check_destinations(Call& call, const Value& bucket,
                        const std::vector<NotificationRule>& rules) {
  Refusal refused = refusal(400, "InvalidArgument",
                            "Unable to validate the following destination configurations");
  int number = 0;
  for (const NotificationRule& rule : rules) {
    const auto problem = destination_problem(call.world, bucket, rule);
    if (!problem) continue;
    ++number;
    const bool function = rule.kind == NotificationRule::Kind::function;
    refused.fields.emplace_back(fmt::format("ArgumentName{}", number),
                                function ? rule.arn + ", null" : rule.arn);
    refused.fields.emplace_back(fmt::format("ArgumentValue{}", number), *problem);
  }
  if (number > 0) throw refused;
}

void write_filter(Xml& xml, const NotificationRule& rule) {
  if (!rule.has_prefix && !rule.has_suffix) return;
  xml.open("Filter").open("S3Key");
  const auto part = [&](const char* name, const std::string& value) {
    xml.open("FilterRule").leaf("Name", name).leaf("Value", value).close();
  };
  if (rule.has_prefix) part("Prefix", rule.prefix);
  if (rule.has_suffix) part("Suffix", rule.suffix);
  xml.close().close();
}

}  // namespace

http::Response get_notification(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketNotification");
  Xml xml;
  xml.open("NotificationConfiguration", xmlns);
  for (const NotificationRule& rule : rules_of(bucket)) {
    const auto form = std::find_if(forms.begin(), forms.end(),
                                   [&](const Form& one) { return one.kind == rule.kind; });
    xml.open(form->element).leaf("Id", rule.id).leaf(form->destination, rule.arn);
    for (const std::string& event : rule.events)
      xml.leaf("Event", event);
    write_filter(xml, rule);
    xml.close();
  }
  if (bucket.at("notification").bool_or("event_bridge", false)) {
    xml.raw("<EventBridgeConfiguration/>");
  }
  xml.close();
  return xml_answer(xml);
}

http::Response put_notification(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketNotification");
  verify_checksums(call);
  const XmlElement body = body_as(call, "NotificationConfiguration");
  std::vector<NotificationRule> rules;
  bool event_bridge = false;
  for (const XmlElement& element : body.children) {
    const auto form = std::find_if(forms.begin(), forms.end(),
                                   [&](const Form& one) { return one.element == element.name; });
    if (form != forms.end()) {
      rules.push_back(read_rule(call, element, *form));
    } else if (element.name == "EventBridgeConfiguration") {
      event_bridge = true;
    } else {
      throw malformed_xml();
    }
  }
  check_together(rules);
  if (!equals_ignoring_case(call.request.headers.get("x-amz-skip-destination-validation"),
                            "true")) {
    check_destinations(call, bucket, rules);
  }
  List packed;
  for (const NotificationRule& rule : rules)
    packed.push_back(pack(rule));
  keep_bucket(call.world, target.bucket,
              with(bucket, "notification",
                   Map{{"rules", Value(std::move(packed))}, {"event_bridge", event_bridge}}));
  for (const NotificationRule& rule : rules) {
    emit_test(call.world, bucket, rule, call.request_id);
  }
  return empty_answer();
}

}  // namespace firn::sandbox::aws::s3
