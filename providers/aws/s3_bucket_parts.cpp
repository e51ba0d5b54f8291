#include "providers/aws/s3_bucket_parts.h"

#include <array>
#include <cstdlib>
#include <fmt/format.h>

#include "providers/aws/calls.h"

namespace firn::aws {

namespace {

constexpr std::string_view s3_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

std::string element(std::string_view name, std::string_view content) {
  return fmt::format("<{0}>{1}</{0}>", name, content);
}

std::string text_element(std::string_view name, std::string_view text) {
  return element(name, escape_xml(text));
}

std::string root(std::string_view name, std::string_view content) {
  return fmt::format("<{0} xmlns=\"{1}\">{2}</{0}>", name, s3_namespace, content);
}

// --- versioning
// -----------------------------------------------------------------------------------

// Versioning cannot be taken back, only suspended.
std::string versioning_xml(const Value& value) {
  const bool enabled = value.is_bool() && value.as_bool();
  return root("VersioningConfiguration", text_element("Status", enabled ? "Enabled" : "Suspended"));
}

Value versioning_from(const Reply& reply) {
  return Value(reply.text("Status") == "Enabled");
}

Value normalize_versioning(const Value& value) {
  return value.is_null() ? Value(false) : value;
}

// --- encryption
// -----------------------------------------------------------------------------------

std::string encryption_xml(const Value& value) {
  if (value.is_null()) return {};
  const bool is_kms = value.string_or("type", "sse_s3") == "sse_kms";
  std::string by_default = text_element("SSEAlgorithm", is_kms ? "aws:kms" : "AES256");
  const std::string key = clear_text(value.at("kms_key"));
  if (is_kms && !key.empty()) by_default += text_element("KMSMasterKeyID", key);
  const std::string rule =
      element("ApplyServerSideEncryptionByDefault", by_default) +
      text_element("BucketKeyEnabled", value.bool_or("bucket_key", false) ? "true" : "false");
  return root("ServerSideEncryptionConfiguration", element("Rule", rule));
}

Value normalize_encryption(const Value& value) {
  Map normal = value.is_map() ? value.as_map() : Map();
  const Value* key = normal.find("kms_key");
  if (key != nullptr && (key->is_null() || (key->is_string() && key->as_string().empty()))) {
    normal.erase("kms_key");
  }
  const bool has_key = normal.find("kms_key") != nullptr;
  if (normal.find("type") == nullptr) normal.set("type", has_key ? "sse_kms" : "sse_s3");
  if (normal.find("bucket_key") == nullptr) normal.set("bucket_key", false);
  return Value(std::move(normal));
}

Value encryption_from(const Reply& reply) {
  const List rules = reply.list("Rule");
  if (rules.empty()) return normalize_encryption({});
  const Value& by_default = rules.front().at("ApplyServerSideEncryptionByDefault");
  const std::string algorithm = text_at(by_default, "SSEAlgorithm");
  Map shown;
  if (algorithm == "AES256") {
    shown.set("type", "sse_s3");
  } else if (algorithm == "aws:kms") {
    shown.set("type", "sse_kms");
  } else {
    shown.set("type", algorithm);  // two-layer encryption: not firn's doing, shown as drift
  }
  const std::string key = text_at(by_default, "KMSMasterKeyID");
  if (!key.empty()) shown.set("kms_key", key);
  shown.set("bucket_key", flag_at(rules.front(), "BucketKeyEnabled"));
  return normalize_encryption(Value(std::move(shown)));
}

// --- public access block
// --------------------------------------------------------------------------

struct Block {
  std::string_view attribute;
  std::string_view element;
};
constexpr std::array<Block, 4> blocks = {{
    {"block_public_acls", "BlockPublicAcls"},
    {"ignore_public_acls", "IgnorePublicAcls"},
    {"block_public_policy", "BlockPublicPolicy"},
    {"restrict_public_buckets", "RestrictPublicBuckets"},
}};

std::string public_access_block_xml(const Value& value) {
  std::string content;
  for (const Block& block : blocks) {
    content += text_element(block.element, value.bool_or(block.attribute, true) ? "true" : "false");
  }
  return root("PublicAccessBlockConfiguration", content);
}

Value normalize_public_access_block(const Value& value) {
  Map normal = value.is_map() ? value.as_map() : Map();
  for (const Block& block : blocks) {
    const Value* given = normal.find(block.attribute);
    if (given == nullptr || given->is_null()) normal.set(block.attribute, true);
  }
  return Value(std::move(normal));
}

// A deleted block means that nothing is blocked, not that the defaults apply.
Value public_access_block_from(const Reply& reply) {
  Map shown;
  for (const Block& block : blocks)
    shown.set(block.attribute, flag_at(reply.value, block.element));
  return Value(std::move(shown));
}

// --- ownership
// ------------------------------------------------------------------------------------

std::string ownership_xml(const Value& value) {
  const std::string ownership = value.is_string() ? value.as_string() : "BucketOwnerEnforced";
  return root("OwnershipControls", element("Rule", text_element("ObjectOwnership", ownership)));
}

// A bucket without ownership controls behaves as all buckets once did.
Value ownership_from(const Reply& reply) {
  const List rules = reply.list("Rule");
  return Value(rules.empty() ? "ObjectWriter" : text_at(rules.front(), "ObjectOwnership"));
}

Value normalize_ownership(const Value& value) {
  return value.is_null() ? Value("BucketOwnerEnforced") : value;
}

// --- lifecycle
// ------------------------------------------------------------------------------------

std::string lifecycle_rule_xml(const Value& rule) {
  std::string content;
  if (!rule.at("expiration_days").is_null()) {
    content += element("Expiration", text_element("Days", text_at(rule, "expiration_days")));
  }
  content += text_element("ID", clear_text(rule.at("id")));
  content += element("Filter", text_element("Prefix", clear_text(rule.at("prefix"))));
  content += text_element("Status", "Enabled");
  for (const Value& transition : list_of(rule.at("transitions"))) {
    content += element("Transition",
                       text_element("Days", text_at(transition, "days")) +
                           text_element("StorageClass", text_at(transition, "storage_class")));
  }
  if (!rule.at("noncurrent_expiration_days").is_null()) {
    content += element("NoncurrentVersionExpiration",
                       text_element("NoncurrentDays", text_at(rule, "noncurrent_expiration_days")));
  }
  if (!rule.at("abort_incomplete_upload_days").is_null()) {
    content +=
        element("AbortIncompleteMultipartUpload",
                text_element("DaysAfterInitiation", text_at(rule, "abort_incomplete_upload_days")));
  }
  return element("Rule", content);
}

std::string lifecycle_xml(const Value& value) {
  std::string rules;
  for (const Value& rule : list_of(value))
    rules += lifecycle_rule_xml(rule);
  return rules.empty() ? std::string() : root("LifecycleConfiguration", rules);
}

// S3 invents an id for a rule that has none, which would be a difference for ever.
Value normalize_lifecycle(const Value& value) {
  if (value.is_unknown()) return value;
  List normal;
  for (const Value& rule : list_of(value)) {
    if (!rule.is_map()) {
      normal.push_back(rule);
      continue;
    }
    std::vector<MapEntry> members;
    for (const auto& [name, member] : rule.as_map()) {
      const bool is_empty_list = member.is_list() && member.as_list().empty();
      if (!member.is_null() && !is_empty_list) members.emplace_back(name, member);
    }
    Map filled(std::move(members));
    if (filled.find("prefix") == nullptr) filled.set("prefix", "");
    if (filled.find("id") == nullptr) filled.set("id", fmt::format("rule-{}", normal.size() + 1));
    normal.emplace_back(std::move(filled));
  }
  return Value(std::move(normal));
}

void set_days(Map& rule, std::string_view attribute, const std::string& days) {
  if (!days.empty()) rule.set(attribute, static_cast<std::int64_t>(std::atoll(days.c_str())));
}

Value lifecycle_from(const Reply& reply) {
  List shown;
  for (const Value& rule : reply.list("Rule")) {
    Map row;
    row.set("id", text_at(rule, "ID"));
    std::string prefix = text_at(rule, "Filter.Prefix");
    if (prefix.empty()) prefix = text_at(rule, "Filter.And.Prefix");
    if (prefix.empty()) prefix = text_at(rule, "Prefix");
    row.set("prefix", prefix);
    set_days(row, "expiration_days", text_at(rule, "Expiration.Days"));
    set_days(row, "noncurrent_expiration_days",
             text_at(rule, "NoncurrentVersionExpiration.NoncurrentDays"));
    set_days(row, "abort_incomplete_upload_days",
             text_at(rule, "AbortIncompleteMultipartUpload.DaysAfterInitiation"));
    List transitions;
    for (const Value& transition : list_at(rule, "Transition")) {
      Map item;
      set_days(item, "days", text_at(transition, "Days"));
      item.set("storage_class", text_at(transition, "StorageClass"));
      transitions.emplace_back(std::move(item));
    }
    if (!transitions.empty()) row.set("transitions", Value(std::move(transitions)));
    // A rule that somebody switched off does nothing: a difference that has to be seen.
    const std::string status = text_at(rule, "Status");
    if (status != "Enabled") row.set("status", status);
    shown.emplace_back(std::move(row));
  }
  return normalize_lifecycle(Value(std::move(shown)));
}

// --- access logs
// ----------------------------------------------------------------------------------

std::string logging_xml(const Value& value) {
  std::string content;
  if (value.is_map()) {
    content =
        element("LoggingEnabled", text_element("TargetBucket", clear_text(value.at("bucket"))) +
                                      text_element("TargetPrefix", clear_text(value.at("prefix"))));
  }
  return root("BucketLoggingStatus", content);
}

Value normalize_logging(const Value& value) {
  if (!value.is_map()) return value;
  Map normal = value.as_map();
  const Value* prefix = normal.find("prefix");
  if (prefix == nullptr || prefix->is_null()) normal.set("prefix", "");
  return Value(std::move(normal));
}

Value logging_from(const Reply& reply) {
  const std::string bucket = reply.text("LoggingEnabled.TargetBucket");
  if (bucket.empty()) return {};
  Map shown;
  shown.set("bucket", bucket);
  shown.set("prefix", reply.text("LoggingEnabled.TargetPrefix"));
  return Value(std::move(shown));
}

constexpr std::array<BucketPart, 6> parts = {{
    {.attribute = "encryption",
     .subresource = "encryption",
     .get_operation = "GetBucketEncryption",
     .put_operation = "PutBucketEncryption",
     .delete_operation = "DeleteBucketEncryption",
     .absent_code = "ServerSideEncryptionConfigurationNotFoundError",
     .to_xml = encryption_xml,
     .from_reply = encryption_from,
     .normalize = normalize_encryption},
    {.attribute = "lifecycle",
     .subresource = "lifecycle",
     .get_operation = "GetBucketLifecycleConfiguration",
     .put_operation = "PutBucketLifecycleConfiguration",
     .delete_operation = "DeleteBucketLifecycle",
     .absent_code = "NoSuchLifecycleConfiguration",
     .to_xml = lifecycle_xml,
     .from_reply = lifecycle_from,
     .normalize = normalize_lifecycle},
    {.attribute = "logging",
     .subresource = "logging",
     .get_operation = "GetBucketLogging",
     .put_operation = "PutBucketLogging",
     .to_xml = logging_xml,
     .from_reply = logging_from,
     .normalize = normalize_logging},
    {.attribute = "ownership",
     .subresource = "ownershipControls",
     .get_operation = "GetBucketOwnershipControls",
     .put_operation = "PutBucketOwnershipControls",
     .absent_code = "OwnershipControlsNotFoundError",
     .to_xml = ownership_xml,
     .from_reply = ownership_from,
     .normalize = normalize_ownership},
    {.attribute = "public_access_block",
     .subresource = "publicAccessBlock",
     .get_operation = "GetPublicAccessBlock",
     .put_operation = "PutPublicAccessBlock",
     .absent_code = "NoSuchPublicAccessBlockConfiguration",
     .to_xml = public_access_block_xml,
     .from_reply = public_access_block_from,
     .normalize = normalize_public_access_block},
    {.attribute = "versioning",
     .subresource = "versioning",
     .get_operation = "GetBucketVersioning",
     .put_operation = "PutBucketVersioning",
     .to_xml = versioning_xml,
     .from_reply = versioning_from,
     .normalize = normalize_versioning},
}};

}  // namespace

std::span<const BucketPart> bucket_parts() {
  return parts;
}

const BucketPart& bucket_part(std::string_view attribute) {
  for (const BucketPart& part : parts) {
    if (part.attribute == attribute) return part;
  }
  return parts.front();  // not reached: callers name rows of the table
}

std::string tag_elements(const Map& tags) {
  std::string content;
  for (const auto& [key, value] : tags) {
    content += element("Tag", text_element("Key", key) + text_element("Value", clear_text(value)));
  }
  return content;
}

}  // namespace firn::aws
