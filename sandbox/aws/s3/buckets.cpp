#include <algorithm>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/s3/operations.h"
#include "sandbox/aws/s3/public_policy.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::string_view released_names = "aws/s3/released";
// How long another account or region must wait for a name that was given up. AWS: "minutes to an
// hour".
constexpr std::int64_t release_ms = 15 * 60'000;

bool looks_like_ipv4(std::string_view name) {
  const std::vector<std::string> parts = split(name, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return !part.empty() && part.size() <= 3 &&
                  std::all_of(part.begin(), part.end(),
                              [](char c) { return c >= '0' && c <= '9'; });
         });
}

// Amazon S3 User Guide, "Bucket naming rules".
bool is_bucket_name(std::string_view name) {
  const auto is_end = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.size() < 3 || name.size() > 63 || !is_end(name.front()) || !is_end(name.back())) {
    return false;
  }
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [&](char c) { return is_end(c) || c == '-' || c == '.'; });
  if (!plain || name.find("..") != std::string_view::npos || looks_like_ipv4(name)) return false;
  for (const std::string_view prefix : {"xn--", "sthree-", "amzn-s3-demo-"}) {
    if (name.starts_with(prefix)) return false;
  }
  for (const std::string_view suffix : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}) {
    if (name.ends_with(suffix)) return false;
  }
  return true;
}

struct Wanted {
  std::string location;  // LocationConstraint; empty when not given
  Map tags;
};

Wanted read_configuration(const Call& call) {
  if (trim(call.request.body).empty()) return {};
  const XmlElement body = body_as(call, "CreateBucketConfiguration");
  Wanted wanted;
  wanted.location = body.text_of("LocationConstraint");
  wanted.tags = tags_in(body.child("Tags"));
  for (const XmlElement& child : body.children) {
    if (child.name != "LocationConstraint" && child.name != "Tags") {
      throw unknown_member("s3", "CreateBucket", child.name);
    }
  }
  return wanted;
}

void check_location(const Call& call, const std::string& location) {
  if (call.region == "us-east-1") {
    if (location.empty()) return;
    if (location == "us-east-1") {
      throw refusal(400, "InvalidLocationConstraint",
                    "The specified location-constraint is not valid");
    }
  } else if (location == call.region || (location == "EU" && call.region == "eu-west-1")) {
    return;
  }
  throw refusal(400, "IllegalLocationConstraintException",
                fmt::format("The {} location constraint is incompatible for the region specific "
                            "endpoint this request was sent to.",
                            location.empty() ? "unspecified" : location));
}

void check_headers(const Call& call) {
  if (equals_ignoring_case(call.request.headers.get("x-amz-bucket-object-lock-enabled"), "true")) {
    throw unknown_member("s3", "CreateBucket", "x-amz-bucket-object-lock-enabled");
  }
  const std::string acl = call.request.headers.get("x-amz-acl");
  if (!acl.empty() && acl != "private") {
    throw refusal(400, "InvalidBucketAclWithObjectOwnership",
                  "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
  }
}

void check_released(const Call& call, const std::string& name) {
  const Value* released = call.world.store.get(released_names, name);
  if (!released) return;
  const bool same_place = released->string_or("account", "") == call.account &&
                          released->string_or("region", "") == call.region;
  if (same_place || call.world.now_ms() - released->int_or("at", 0) >= release_ms) return;
  throw refusal(409, "OperationAborted",
                "A conflicting conditional operation is currently in progress against this "
                "resource. Please try again.");
}

http::Response created(const std::string& name) {
  http::Response response = empty_answer();
  response.headers.set("Location", "/" + name);
  return response;
}

http::Response answer_for_existing(const Call& call, const Value& bucket, const Wanted& wanted) {
  const bool own = bucket.string_or("account", "") == call.account;
  Refusal refused =
      own ? refusal(409, "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already "
                    "own it.")
          : refusal(409, "BucketAlreadyExists",
                    "The requested bucket name is not available. The bucket namespace is shared by "
                    "all users of the system. Please select a different name and try again.");
  refused.fields = {{"BucketName", bucket.string_or("name", "")}};
  const bool repeats = own && call.region == "us-east-1" &&
                       bucket.string_or("region", "") == "us-east-1" &&
                       (wanted.tags.empty() || wanted.tags == tags_of(bucket));
  if (repeats) return created(bucket.string_or("name", ""));
  throw refused;
}

}  // namespace

http::Response create_bucket(Call& call, const Target& target) {
  if (!is_bucket_name(target.bucket)) {
    Refusal refused = refusal(400, "InvalidBucketName", "The specified bucket is not valid.");
    refused.fields = {{"BucketName", target.bucket}};
    throw refused;
  }
  authorize(call, "s3:CreateBucket", "arn:aws:s3:::" + target.bucket);
  const Wanted wanted = read_configuration(call);
  check_location(call, wanted.location);
  check_headers(call);
  if (const Value* existing = find_bucket(call.world, target.bucket)) {
    return answer_for_existing(call, *existing, wanted);
  }
  check_released(call, target.bucket);
  std::string ownership = call.request.headers.get("x-amz-object-ownership");
  if (ownership.empty()) ownership = "BucketOwnerEnforced";
  if (ownership != "BucketOwnerEnforced" && ownership != "BucketOwnerPreferred" &&
      ownership != "ObjectWriter") {
    throw invalid_argument("Invalid x-amz-object-ownership header: " + ownership,
                           "x-amz-object-ownership", ownership);
  }
  Map bucket = fresh_bucket(call.world, target.bucket, call.account, call.region);
  bucket.set("ownership", ownership);
  bucket.set("tags", Value(wanted.tags));
  keep_bucket(call.world, target.bucket, Value(std::move(bucket)));
  return created(target.bucket);
}

http::Response head_bucket(Call& call, const Target& target) {
  const Value* existing = find_bucket(call.world, target.bucket);
  const std::string region = existing ? existing->string_or("region", "") : std::string();
  try {
    const Value bucket = bucket_for(call, target, "s3:ListBucket");
    http::Response response = empty_answer();
    response.headers.set("x-amz-bucket-region", region);
    response.headers.set("x-amz-access-point-alias", "false");
    response.headers.set("Content-Type", "application/xml");
    return response;
  } catch (Refusal& refused) {
    if (existing) refused.headers = {{"x-amz-bucket-region", region}};
    throw;
  }
}

http::Response delete_bucket(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:DeleteBucket");
  if (!all_objects(call.world, target.bucket).empty()) {
    const bool versioned = !bucket.string_or("versioning", "").empty();
    Refusal refused = refusal(
        409, "BucketNotEmpty",
        versioned ? "The bucket you tried to delete is not empty. You must delete all versions in "
                    "the bucket."
                  : "The bucket you tried to delete is not empty");
    refused.fields = {{"BucketName", target.bucket}};
    throw refused;
  }
  call.world.store.erase("aws/s3/bucket", target.bucket);
  call.world.store.put(released_names, target.bucket,
                       Map{{"account", bucket.at("account")},
                           {"region", bucket.at("region")},
                           {"at", call.world.now_ms()}});
  return empty_answer(204);
}

http::Response list_buckets(Call& call, const Target& target) {
  authorize(call, "s3:ListAllMyBuckets", "*");
  const std::string prefix = target.get("prefix");
  const std::string region = target.get("bucket-region");
  const std::string after = decode_base64(target.get("continuation-token")).value_or("");
  std::size_t most = 10000;
  if (const auto given = target.find("max-buckets")) {
    most = static_cast<std::size_t>(std::max(1, std::atoi(given->c_str())));
  }
  Xml xml;
  xml.open("ListAllMyBucketsResult", xmlns).open("Owner").leaf("ID", call.account).close();
  xml.open("Buckets");
  std::size_t written = 0;
  std::string last;
  bool more = false;
  for (const auto& [name, bucket] : call.world.store.list("aws/s3/bucket")) {
    if (bucket.string_or("account", "") != call.account || !name.starts_with(prefix) ||
        (!after.empty() && name <= after) ||
        (!region.empty() && bucket.string_or("region", "") != region)) {
      continue;
    }
    if (written == most) {
      more = true;
      break;
    }
    xml.open("Bucket").leaf("Name", name);
    xml.leaf("CreationDate", iso_ms(bucket.int_or("created_at", 0)));
    xml.leaf("BucketRegion", bucket.string_or("region", ""));
    xml.leaf("BucketArn", bucket_arn(bucket)).close();
    last = name;
    ++written;
  }
  xml.close();
  if (more) xml.leaf("ContinuationToken", base64(last));
  xml.leaf_if("Prefix", prefix).close();
  return xml_answer(xml);
}

http::Response get_location(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketLocation");
  const std::string region = bucket.string_or("region", "");
  Xml xml;
  xml.raw(fmt::format("<LocationConstraint xmlns=\"{}\">{}</LocationConstraint>", xmlns,
                      region == "us-east-1" ? "" : region));
  return xml_answer(xml);
}

http::Response get_acl(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketAcl");
  const std::string owner = bucket.string_or("account", "");
  Xml xml;
  xml.open("AccessControlPolicy", xmlns).open("Owner").leaf("ID", owner).close();
  xml.open("AccessControlList").open("Grant");
  xml.raw(
      fmt::format("<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                  "xsi:type=\"CanonicalUser\"><ID>{}</ID></Grantee>",
                  owner));
  xml.leaf("Permission", "FULL_CONTROL").close().close().close();
  return xml_answer(xml);
}

http::Response get_policy_status(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketPolicyStatus");
  if (!has_policy(bucket)) {
    Refusal refused = refusal(404, "NoSuchBucketPolicy", "The bucket policy does not exist");
    refused.fields = {{"BucketName", target.bucket}};
    throw refused;
  }
  Xml xml;
  xml.open("PolicyStatus", xmlns);
  xml.leaf("IsPublic", is_public(policy_of(bucket).document) ? "TRUE" : "FALSE").close();
  return xml_answer(xml);
}

}  // namespace firn::sandbox::aws::s3
