#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <set>

#include "core/base/text.h"
#include "sandbox/aws/s3/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::size_t most_rules = 1000;
constexpr std::size_t longest_id = 255;
constexpr std::array storage_classes = {"STANDARD_IA", "ONEZONE_IA",   "INTELLIGENT_TIERING",
                                        "GLACIER",     "DEEP_ARCHIVE", "GLACIER_IR"};
constexpr std::string_view default_minimum_size = "all_storage_classes_128K";

std::int64_t days_of(const XmlElement& element, std::string_view name) {
  const std::string text = element.text_of(name);
  std::int64_t days = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (error != std::errc() || end != text.data() + text.size()) throw malformed_xml();
  return days;
}

void check_positive(const XmlElement& element, std::string_view name, std::string_view action) {
  if (element.has(name) && days_of(element, name) <= 0) {
    throw invalid_argument(
        fmt::format("'{}' for {} action must be a positive integer", name, action));
  }
}

void check_date(const XmlElement& element) {
  if (!element.has("Date")) return;
  const std::string date = element.text_of("Date");
  const bool midnight = date.find("T00:00:00") != std::string::npos || date.size() == 10;
  if (!midnight) throw invalid_argument("'Date' must be at midnight GMT");
}

void check_transition(const XmlElement& transition, std::string_view days) {
  const std::string storage_class = transition.text_of("StorageClass");
  if (std::find(storage_classes.begin(), storage_classes.end(), storage_class) ==
      storage_classes.end()) {
    throw malformed_xml();
  }
  check_date(transition);
  if (!transition.has(days)) return;
  const std::int64_t count = days_of(transition, days);
  if (count < 0) {
    throw invalid_argument(fmt::format("'{}' in Transition action must be nonnegative", days));
  }
  const bool infrequent = storage_class == "STANDARD_IA" || storage_class == "ONEZONE_IA";
  if (infrequent && count < 30) {
    throw invalid_argument(
        fmt::format("'{}' in Transition action must be greater than or equal to 30 for "
                    "storageClass '{}'",
                    days, storage_class));
  }
}

void check_filter(const XmlElement& rule) {
  const XmlElement* filter = rule.child("Filter");
  if ((filter != nullptr) == rule.has("Prefix")) throw malformed_xml();
  if (filter && filter->children.size() > 1) throw malformed_xml();
}

// An expiry before, or together with, a transition makes no sense, and S3 says so.
void check_order(const XmlElement& rule) {
  const XmlElement* expiration = rule.child("Expiration");
  if (!expiration || !expiration->has("Days")) return;
  for (const XmlElement* transition : rule.all("Transition")) {
    if (transition->has("Days") && days_of(*expiration, "Days") <= days_of(*transition, "Days")) {
      throw invalid_argument(fmt::format(
          "'Days' in the Expiration action for filter '{}' must be greater than 'Days' in the "
          "Transition action",
          rule.has("Filter") ? rule.child("Filter")->text_of("Prefix") : rule.text_of("Prefix")));
    }
  }
}

void check_rule(const XmlElement& rule) {
  const std::string status = rule.text_of("Status");
  if (status != "Enabled" && status != "Disabled") throw malformed_xml();
  check_filter(rule);
  bool has_action = false;
  for (const XmlElement& child : rule.children) {
    if (child.name == "Expiration") {
      check_positive(child, "Days", "Expiration");
      check_date(child);
      has_action = true;
    } else if (child.name == "NoncurrentVersionExpiration") {
      check_positive(child, "NoncurrentDays", "NoncurrentVersionExpiration");
      has_action = true;
    } else if (child.name == "AbortIncompleteMultipartUpload") {
      check_positive(child, "DaysAfterInitiation", "AbortIncompleteMultipartUpload");
      has_action = true;
    } else if (child.name == "Transition") {
      check_transition(child, "Days");
      has_action = true;
    } else if (child.name == "NoncurrentVersionTransition") {
      check_transition(child, "NoncurrentDays");
      has_action = true;
    } else if (child.name != "ID" && child.name != "Status" && child.name != "Filter" &&
               child.name != "Prefix") {
      throw malformed_xml();
    }
  }
  if (!has_action) {
    throw refusal(400, "InvalidRequest", "At least one action needs to be specified in a rule.");
  }
  check_order(rule);
}

}  // namespace

http::Response get_lifecycle(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetLifecycleConfiguration");
  const Value* lifecycle = bucket.find("lifecycle");
  if (!lifecycle) {
    Refusal refused =
        refusal(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
    refused.fields = {{"BucketName", target.bucket}};
    throw refused;
  }
  Xml xml;
  xml.open("LifecycleConfiguration", xmlns).raw(lifecycle->string_or("rules", "")).close();
  http::Response response = xml_answer(xml);
  response.headers.set("x-amz-transition-default-minimum-object-size",
                       lifecycle->string_or("minimum_size", default_minimum_size));
  return response;
}

http::Response put_lifecycle(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutLifecycleConfiguration");
  require_checksum(call);
  XmlElement body = body_as(call, "LifecycleConfiguration");
  if (body.children.empty() || body.children.size() > most_rules) throw malformed_xml();
  std::set<std::string> ids;
  Xml rules;
  for (XmlElement& rule : body.children) {
    if (rule.name != "Rule") throw malformed_xml();
    check_rule(rule);
    if (!rule.has("ID")) {
      rule.children.insert(rule.children.begin(), XmlElement{"ID", call.world.fresh_uuid(), {}});
    }
    const std::string id = rule.text_of("ID");
    if (id.size() > longest_id) {
      throw invalid_argument("ID length should not exceed allowed limit of 255");
    }
    if (!ids.insert(id).second) {
      throw invalid_argument("Rule ID must be unique. Found same ID for more than one rule");
    }
    write_element(rules, rule);
  }
  std::string minimum_size =
      call.request.headers.get("x-amz-transition-default-minimum-object-size");
  if (minimum_size.empty()) minimum_size = default_minimum_size;
  keep_bucket(
      call.world, target.bucket,
      with(bucket, "lifecycle", Map{{"rules", rules.text()}, {"minimum_size", minimum_size}}));
  http::Response response = empty_answer();
  response.headers.set("x-amz-transition-default-minimum-object-size", minimum_size);
  return response;
}

http::Response delete_lifecycle(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutLifecycleConfiguration");
  keep_bucket(call.world, target.bucket, without(bucket, "lifecycle"));
  return empty_answer(204);
}

}  // namespace firn::sandbox::aws::s3
