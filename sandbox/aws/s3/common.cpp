#include <array>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/s3/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::s3 {
namespace {

// CRC-32 of ISO 3309, as the header x-amz-checksum-crc32 carries it.
std::string crc32(std::string_view data) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) ? 0xEDB88320U : 0U);
  }
  crc = ~crc;
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((crc >> static_cast<unsigned>(shift)) & 0xFFU);
  }
  return bytes;
}

constexpr std::array checksum_headers = {"content-md5",           "x-amz-checksum-crc32",
                                         "x-amz-checksum-crc32c", "x-amz-checksum-sha1",
                                         "x-amz-checksum-sha256", "x-amz-checksum-crc64nvme"};

void authorize_bucket(Call& call, const Value& bucket, const char* action, const Target& target) {
  const std::string name = action;
  const bool about_policy = name == "s3:GetBucketPolicy" || name == "s3:PutBucketPolicy" ||
                            name == "s3:DeleteBucketPolicy";
  const bool own_root =
      call.caller.kind == Principal::Kind::root && call.account == bucket.string_or("account", "");
  // The owner's root can always mend a policy that locks everybody out.
  if (about_policy && own_root) return;
  Access access;
  access.action = name;
  access.resource = bucket_arn(bucket);
  access.owner = bucket.string_or("account", "");
  if (const auto prefix = target.find("prefix")) access.context.set("s3:prefix", *prefix);
  if (const auto delimiter = target.find("delimiter")) {
    access.context.set("s3:delimiter", *delimiter);
  }
  if (const auto most = target.find("max-keys")) access.context.set("s3:max-keys", *most);
  const StoredPolicy policy = policy_of(bucket);
  if (has_policy(bucket)) access.resource_policy = &policy;
  authorize(call, std::move(access));
}

}  // namespace

std::optional<std::string> Target::find(std::string_view name) const {
  for (const auto& [key_name, value] : query) {
    if (key_name == name) return value;
  }
  return std::nullopt;
}

std::string Target::get(std::string_view name) const {
  return find(name).value_or("");
}

Refusal refusal(int status, std::string code, std::string message) {
  return {status, std::move(code), std::move(message)};
}

Refusal malformed_xml() {
  return refusal(400, "MalformedXML",
                 "The XML you provided was not well-formed or did not validate against our "
                 "published schema");
}

Refusal invalid_argument(std::string message, std::string name, std::string value) {
  Refusal refused = refusal(400, "InvalidArgument", std::move(message));
  if (!name.empty()) {
    refused.fields = {{"ArgumentName", std::move(name)}, {"ArgumentValue", std::move(value)}};
  }
  return refused;
}

Value bucket_for(Call& call, const Target& target) {
  const Value* found = find_bucket(call.world, target.bucket);
  if (!found) {
    Refusal refused = refusal(404, "NoSuchBucket", "The specified bucket does not exist");
    refused.fields = {{"BucketName", target.bucket}};
    throw refused;
  }
  const Value bucket = *found;
  const std::string region = bucket.string_or("region", "");
  if (region != call.region) {
    Refusal refused = refusal(
        301, "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.");
    refused.fields = {{"Endpoint", fmt::format("{}.s3.{}.amazonaws.com", target.bucket, region)},
                      {"Bucket", target.bucket}};
    refused.headers = {{"x-amz-bucket-region", region}};
    throw refused;
  }
  const std::string* expected = call.request.headers.find("x-amz-expected-bucket-owner");
  if (expected && *expected != bucket.string_or("account", "")) {
    throw refusal(403, "AccessDenied", "Access Denied");
  }
  return bucket;
}

Value bucket_for(Call& call, const Target& target, const char* action) {
  Value bucket = bucket_for(call, target);
  authorize_bucket(call, bucket, action, target);
  return bucket;
}

void authorize_object(Call& call, const Value& bucket, const std::string& key, const char* action) {
  Access access;
  access.action = action;
  access.resource = object_arn(bucket, key);
  access.owner = bucket.string_or("account", "");
  const StoredPolicy policy = policy_of(bucket);
  if (has_policy(bucket)) access.resource_policy = &policy;
  authorize(call, std::move(access));
}

bool may_list(Call& call, const Value& bucket) {
  try {
    authorize_bucket(call, bucket, "s3:ListBucket", {});
    return true;
  } catch (const Refusal&) {
    return false;
  }
}

void verify_checksums(const Call& call) {
  const std::string& body = call.request.body;
  if (const std::string* given = call.request.headers.find("content-md5")) {
    const auto bytes = decode_base64(*given);
    if (!bytes || bytes->size() != 16) {
      throw refusal(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    }
    if (*bytes != md5(body)) {
      throw refusal(400, "BadDigest",
                    "The Content-MD5 you specified did not match what we received.");
    }
  }
  const auto compare = [&](const char* header, const std::string& name, const std::string& bytes) {
    const std::string* given = call.request.headers.find(header);
    if (given && *given != base64(bytes)) {
      throw refusal(
          400, "BadDigest",
          fmt::format("The {} you specified did not match the calculated checksum.", name));
    }
  };
  compare("x-amz-checksum-sha256", "SHA256", sha256(body));
  compare("x-amz-checksum-crc32", "CRC32", crc32(body));
}

void require_checksum(const Call& call) {
  for (const char* header : checksum_headers) {
    if (call.request.headers.find(header)) {
      verify_checksums(call);
      return;
    }
  }
  throw refusal(400, "InvalidRequest",
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
}

XmlElement body_as(const Call& call, std::string_view root) {
  auto parsed = parse_xml(call.request.body);
  if (!parsed || parsed->name != root) throw malformed_xml();
  return std::move(*parsed);
}

void write_element(Xml& xml, const XmlElement& element) {
  if (element.children.empty()) {
    xml.leaf(element.name, element.text);
    return;
  }
  xml.open(element.name);
  for (const XmlElement& child : element.children)
    write_element(xml, child);
  xml.close();
}

http::Response xml_answer(const Xml& xml) {
  http::Response response;
  response.status = 200;
  response.headers.set("Content-Type", "application/xml");
  response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml.text();
  return response;
}

http::Response empty_answer(int status) {
  http::Response response;
  response.status = status;
  return response;
}

Map tags_in(const XmlElement* tag_set) {
  Map tags;
  if (!tag_set) return tags;
  for (const XmlElement* tag : tag_set->all("Tag")) {
    const std::string key = tag->text_of("Key");
    if (tags.find(key)) {
      throw refusal(400, "InvalidTag", "Cannot provide multiple Tags with the same key");
    }
    tags.set(key, tag->text_of("Value"));
  }
  return checked_tags(std::move(tags));
}

Map checked_tags(Map tags) {
  using What = TagProblem::What;
  const TagProblem problem = check_tags(tags);
  switch (problem.what) {
    case What::none:
      return tags;
    case What::too_many:
      throw refusal(400, "BadRequest", "Bucket tag count cannot be greater than 50");
    case What::reserved:
      throw refusal(400, "InvalidTag", "System tags cannot be added/updated by requester");
    default: {
      Refusal refused =
          refusal(400, "InvalidTag",
                  problem.what == What::value ? "The TagValue you have provided is invalid"
                                              : "The TagKey you have provided is invalid");
      refused.fields = {{"TagKey", problem.key}};
      throw refused;
    }
  }
}

}  // namespace firn::sandbox::aws::s3
