// The plain sub-resources of a bucket.
#include <array>
#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/s3/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::s3 {
namespace {

Refusal absent(const Target& target, std::string code, std::string message) {
  Refusal refused = refusal(404, std::move(code), std::move(message));
  refused.fields = {{"BucketName", target.bucket}};
  return refused;
}

void set(Call& call, const Target& target, const Value& bucket, std::string_view name,
         Value value) {
  keep_bucket(call.world, target.bucket, with(bucket, name, std::move(value)));
}

void unset(Call& call, const Target& target, const Value& bucket, std::string_view name) {
  keep_bucket(call.world, target.bucket, without(bucket, name));
}

bool truth(const std::string& text) {
  if (text == "true" || text == "TRUE" || text == "1") return true;
  if (text == "false" || text == "FALSE" || text == "0" || text.empty()) return false;
  throw malformed_xml();
}

constexpr std::array block_members = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                      "RestrictPublicBuckets"};

}  // namespace

// --- versioning

http::Response get_versioning(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketVersioning");
  Xml xml;
  xml.open("VersioningConfiguration", xmlns);
  xml.leaf_if("Status", bucket.string_or("versioning", "")).close();
  return xml_answer(xml);
}

http::Response put_versioning(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketVersioning");
  require_checksum(call);
  const XmlElement body = body_as(call, "VersioningConfiguration");
  if (body.has("MfaDelete")) throw unknown_member("s3", "PutBucketVersioning", "MfaDelete");
  if (!body.has("Status")) {
    throw refusal(400, "IllegalVersioningConfigurationException",
                  "The Versioning element must be specified");
  }
  const std::string status = body.text_of("Status");
  if (status != "Enabled" && status != "Suspended") throw malformed_xml();
  set(call, target, bucket, "versioning", status);
  return empty_answer();
}

// --- encryption

http::Response get_encryption(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetEncryptionConfiguration");
  const Value& encryption = bucket.at("encryption");
  Xml xml;
  xml.open("ServerSideEncryptionConfiguration", xmlns).open("Rule");
  xml.open("ApplyServerSideEncryptionByDefault");
  xml.leaf("SSEAlgorithm", encryption.string_or("algorithm", "AES256"));
  xml.leaf_if("KMSMasterKeyID", encryption.string_or("kms_key", "")).close();
  xml.leaf("BucketKeyEnabled", encryption.bool_or("bucket_key", false) ? "true" : "false");
  xml.close().close();
  return xml_answer(xml);
}

http::Response put_encryption(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutEncryptionConfiguration");
  require_checksum(call);
  const XmlElement body = body_as(call, "ServerSideEncryptionConfiguration");
  const auto rules = body.all("Rule");
  const XmlElement* by_default =
      rules.size() == 1 ? rules.front()->child("ApplyServerSideEncryptionByDefault") : nullptr;
  if (!by_default) throw malformed_xml();
  const std::string algorithm = by_default->text_of("SSEAlgorithm");
  const std::string key = by_default->text_of("KMSMasterKeyID");
  if (algorithm != "AES256" && algorithm != "aws:kms" && algorithm != "aws:kms:dsse") {
    throw malformed_xml();
  }
  if (algorithm == "AES256" && !key.empty()) {
    throw invalid_argument(
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
        "aws:kms:dsse",
        "ApplyServerSideEncryptionByDefault");
  }
  Map encryption{{"algorithm", algorithm},
                 {"bucket_key", truth(rules.front()->text_of("BucketKeyEnabled"))}};
  if (!key.empty()) encryption.set("kms_key", key);
  set(call, target, bucket, "encryption", Value(std::move(encryption)));
  return empty_answer();
}

http::Response delete_encryption(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutEncryptionConfiguration");
  set(call, target, bucket, "encryption", Map{{"algorithm", "AES256"}, {"bucket_key", false}});
  return empty_answer(204);
}

// --- public access block

http::Response get_public_access_block(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketPublicAccessBlock");
  const Value* block = bucket.find("public_access_block");
  if (!block) {
    throw absent(target, "NoSuchPublicAccessBlockConfiguration",
                 "The public access block configuration was not found");
  }
  Xml xml;
  xml.open("PublicAccessBlockConfiguration", xmlns);
  for (const char* member : block_members) {
    xml.leaf(member, block->bool_or(member, false) ? "true" : "false");
  }
  xml.close();
  return xml_answer(xml);
}

http::Response put_public_access_block(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketPublicAccessBlock");
  require_checksum(call);
  const XmlElement body = body_as(call, "PublicAccessBlockConfiguration");
  if (body.children.empty()) {
    throw refusal(400, "InvalidRequest", "Must specify at least one configuration.");
  }
  Map block;
  for (const char* member : block_members)
    block.set(member, truth(body.text_of(member)));
  set(call, target, bucket, "public_access_block", Value(std::move(block)));
  return empty_answer();
}

http::Response delete_public_access_block(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketPublicAccessBlock");
  unset(call, target, bucket, "public_access_block");
  return empty_answer(204);
}

// --- ownership controls

http::Response get_ownership(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketOwnershipControls");
  const std::string ownership = bucket.string_or("ownership", "");
  if (ownership.empty()) {
    throw absent(target, "OwnershipControlsNotFoundError",
                 "The bucket ownership controls were not found");
  }
  Xml xml;
  xml.open("OwnershipControls", xmlns).open("Rule").leaf("ObjectOwnership", ownership);
  xml.close().close();
  return xml_answer(xml);
}

http::Response put_ownership(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketOwnershipControls");
  require_checksum(call);
  const XmlElement body = body_as(call, "OwnershipControls");
  const auto rules = body.all("Rule");
  const std::string ownership =
      rules.size() == 1 ? rules.front()->text_of("ObjectOwnership") : std::string();
  if (ownership != "BucketOwnerEnforced" && ownership != "BucketOwnerPreferred" &&
      ownership != "ObjectWriter") {
    throw malformed_xml();
  }
  set(call, target, bucket, "ownership", ownership);
  return empty_answer();
}

http::Response delete_ownership(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketOwnershipControls");
  unset(call, target, bucket, "ownership");
  return empty_answer(204);
}

// --- tags

http::Response get_tagging(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketTagging");
  const Map tags = tags_of(bucket);
  if (tags.empty()) throw absent(target, "NoSuchTagSet", "The TagSet does not exist");
  Xml xml;
  xml.open("Tagging", xmlns).open("TagSet");
  for (const auto& [key, value] : tags) {
    xml.open("Tag").leaf("Key", key).leaf("Value", value.as_string()).close();
  }
  xml.close().close();
  return xml_answer(xml);
}

http::Response put_tagging(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketTagging");
  require_checksum(call);
  const XmlElement body = body_as(call, "Tagging");
  if (!body.has("TagSet")) throw malformed_xml();
  keep_bucket(call.world, target.bucket, with_tags(bucket, tags_in(body.child("TagSet"))));
  return empty_answer(204);
}

http::Response delete_tagging(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketTagging");
  keep_bucket(call.world, target.bucket, with_tags(bucket, {}));
  return empty_answer(204);
}

// --- access logs

http::Response get_logging(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketLogging");
  Xml xml;
  xml.open("BucketLoggingStatus", xmlns);
  if (const Value* logging = bucket.find("logging")) {
    xml.open("LoggingEnabled").leaf("TargetBucket", logging->string_or("bucket", ""));
    xml.leaf("TargetPrefix", logging->string_or("prefix", "")).close();
  }
  xml.close();
  return xml_answer(xml);
}

http::Response put_logging(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketLogging");
  require_checksum(call);
  const XmlElement body = body_as(call, "BucketLoggingStatus");
  const XmlElement* enabled = body.child("LoggingEnabled");
  if (!enabled) {
    unset(call, target, bucket, "logging");
    return empty_answer();
  }
  for (const char* member : {"TargetGrants", "TargetObjectKeyFormat"}) {
    if (enabled->has(member)) throw unknown_member("s3", "PutBucketLogging", member);
  }
  if (!enabled->has("TargetPrefix")) throw malformed_xml();
  const std::string name = enabled->text_of("TargetBucket");
  const Value* into = find_bucket(call.world, name);
  if (!into) {
    Refusal refused = refusal(400, "InvalidTargetBucketForLogging",
                              "The target bucket for logging does not exist");
    refused.fields = {{"TargetBucket", name}};
    throw refused;
  }
  if (into->string_or("account", "") != bucket.string_or("account", "")) {
    Refusal refused = refusal(400, "InvalidTargetBucketForLogging",
                              "The owner for the bucket to be logged and the target bucket must be "
                              "the same.");
    refused.fields = {{"TargetBucket", name}};
    throw refused;
  }
  if (into->string_or("region", "") != bucket.string_or("region", "")) {
    Refusal refused =
        refusal(403, "CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ");
    refused.fields = {{"TargetBucketLocation", into->string_or("region", "")},
                      {"SourceBucketLocation", bucket.string_or("region", "")}};
    throw refused;
  }
  set(call, target, bucket, "logging",
      Map{{"bucket", name}, {"prefix", enabled->text_of("TargetPrefix")}});
  return empty_answer();
}

}  // namespace firn::sandbox::aws::s3
