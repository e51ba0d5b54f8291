// From a request to the operation of S3 that it is.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/s3/operations.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/wire/form.h"

namespace firn::sandbox::aws {
namespace {

struct Route {
  std::string_view method;
  std::string_view subresource;  // the query parameter that names it; empty: none
  std::string_view name;
  s3::Operation run;
};

constexpr std::array bucket_routes = {
    Route{"PUT", "", "CreateBucket", s3::create_bucket},
    Route{"HEAD", "", "HeadBucket", s3::head_bucket},
    Route{"DELETE", "", "DeleteBucket", s3::delete_bucket},
    Route{"GET", "list-type", "ListObjectsV2", s3::list_objects_v2},
    Route{"GET", "versions", "ListObjectVersions", s3::list_object_versions},
    Route{"GET", "uploads", "ListMultipartUploads", s3::list_multipart_uploads},
    Route{"POST", "delete", "DeleteObjects", s3::delete_objects},
    Route{"GET", "location", "GetBucketLocation", s3::get_location},
    Route{"GET", "acl", "GetBucketAcl", s3::get_acl},
    Route{"GET", "policyStatus", "GetBucketPolicyStatus", s3::get_policy_status},
    Route{"GET", "versioning", "GetBucketVersioning", s3::get_versioning},
    Route{"PUT", "versioning", "PutBucketVersioning", s3::put_versioning},
    Route{"GET", "encryption", "GetBucketEncryption", s3::get_encryption},
    Route{"PUT", "encryption", "PutBucketEncryption", s3::put_encryption},
    Route{"DELETE", "encryption", "DeleteBucketEncryption", s3::delete_encryption},
    Route{"GET", "publicAccessBlock", "GetPublicAccessBlock", s3::get_public_access_block},
    Route{"PUT", "publicAccessBlock", "PutPublicAccessBlock", s3::put_public_access_block},
    Route{"DELETE", "publicAccessBlock", "DeletePublicAccessBlock", s3::delete_public_access_block},
    Route{"GET", "ownershipControls", "GetBucketOwnershipControls", s3::get_ownership},
    Route{"PUT", "ownershipControls", "PutBucketOwnershipControls", s3::put_ownership},
    Route{"DELETE", "ownershipControls", "DeleteBucketOwnershipControls", s3::delete_ownership},
    Route{"GET", "tagging", "GetBucketTagging", s3::get_tagging},
    Route{"PUT", "tagging", "PutBucketTagging", s3::put_tagging},
    Route{"DELETE", "tagging", "DeleteBucketTagging", s3::delete_tagging},
    Route{"GET", "logging", "GetBucketLogging", s3::get_logging},
    Route{"PUT", "logging", "PutBucketLogging", s3::put_logging},
    Route{"GET", "lifecycle", "GetBucketLifecycleConfiguration", s3::get_lifecycle},
    Route{"PUT", "lifecycle", "PutBucketLifecycleConfiguration", s3::put_lifecycle},
    Route{"DELETE", "lifecycle", "DeleteBucketLifecycle", s3::delete_lifecycle},
    Route{"GET", "policy", "GetBucketPolicy", s3::get_policy},
    Route{"PUT", "policy", "PutBucketPolicy", s3::put_policy},
    Route{"DELETE", "policy", "DeleteBucketPolicy", s3::delete_policy},
    Route{"GET", "notification", "GetBucketNotificationConfiguration", s3::get_notification},
    Route{"PUT", "notification", "PutBucketNotificationConfiguration", s3::put_notification},
};

constexpr std::array object_routes = {
    Route{"PUT", "", "PutObject", s3::put_object},
    Route{"GET", "", "GetObject", s3::get_object},
    Route{"HEAD", "", "HeadObject", s3::head_object},
    Route{"DELETE", "", "DeleteObject", s3::delete_object},
    Route{"GET", "tagging", "GetObjectTagging", s3::get_object_tagging},
    Route{"PUT", "tagging", "PutObjectTagging", s3::put_object_tagging},
    Route{"DELETE", "tagging", "DeleteObjectTagging", s3::delete_object_tagging},
};

// Query parameters that say what is meant, of all of S3: one that has no route is not known here.
constexpr std::array subresources = {"abac",
                                     "accelerate",
                                     "acl",
                                     "analytics",
                                     "attributes",
                                     "cors",
                                     "delete",
                                     "encryption",
                                     "intelligent-tiering",
                                     "inventory",
                                     "legal-hold",
                                     "lifecycle",
                                     "list-type",
                                     "location",
                                     "logging",
                                     "metadataTable",
                                     "metrics",
                                     "notification",
                                     "object-lock",
                                     "ownershipControls",
                                     "partNumber",
                                     "policy",
                                     "policyStatus",
                                     "publicAccessBlock",
                                     "renameObject",
                                     "replication",
                                     "requestPayment",
                                     "restore",
                                     "retention",
                                     "select",
                                     "session",
                                     "tagging",
                                     "torrent",
                                     "uploadId",
                                     "uploads",
                                     "versioning",
                                     "versions",
                                     "website"};

struct Absent {
  std::string_view subresource;
  std::string_view name;
  const char* action;
  std::string_view code;
  std::string_view message;
};
// Configurations that cannot be put here, so they are always absent.
constexpr std::array always_absent = {
    Absent{"cors", "GetBucketCors", "s3:GetBucketCORS", "NoSuchCORSConfiguration",
           "The CORS configuration does not exist"},
    Absent{"website", "GetBucketWebsite", "s3:GetBucketWebsite", "NoSuchWebsiteConfiguration",
           "The specified bucket does not have a website configuration"},
    Absent{"replication", "GetBucketReplication", "s3:GetReplicationConfiguration",
           "ReplicationConfigurationNotFoundError", "The replication configuration was not found"},
    Absent{"object-lock", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration",
           "ObjectLockConfigurationNotFoundError",
           "Object Lock configuration does not exist for this bucket"},
};

// "bucket" of "bucket.s3.eu-west-1.amazonaws.com"; empty when the path names the bucket.
std::string bucket_in_host(const Call& call) {
  const std::string* header = call.request.headers.find("host");
  std::string host = header ? *header : call.request.authority();
  host.resize(std::min(host.size(), host.find(':')));
  for (const std::string& suffix :
       {std::string(".s3.amazonaws.com"), fmt::format(".s3.{}.amazonaws.com", call.region),
        fmt::format(".s3.{}.amazonaws.com.cn", call.region)}) {
    if (host.size() > suffix.size() && host.ends_with(suffix)) {
      return host.substr(0, host.size() - suffix.size());
    }
  }
  // Another region's host: the front door has refused the signature's region already.
  if (const auto s3 = host.find(".s3."); s3 != std::string::npos) return host.substr(0, s3);
  return {};
}

s3::Target read_target(const Call& call) {
  s3::Target target;
  target.query = parse_url_query(call.request.query);
  target.bucket = bucket_in_host(call);
  std::string path = call.request.path;
  if (path.starts_with('/')) path.erase(0, 1);
  if (target.bucket.empty()) {
    const auto slash = path.find('/');
    target.bucket = percent_decode(path.substr(0, slash));
    path = slash == std::string::npos ? std::string() : path.substr(slash + 1);
  }
  target.key = percent_decode(path);
  return target;
}

std::string subresource_of(const s3::Target& target) {
  for (const auto& [name, value] : target.query) {
    const bool known =
        std::find(subresources.begin(), subresources.end(), name) != subresources.end();
    if (known) return name;
  }
  return {};
}

http::Response run(Call& call, const s3::Target& target, std::span<const Route> routes) {
  const std::string subresource = subresource_of(target);
  for (const Route& route : routes) {
    if (route.method != call.request.method || route.subresource != subresource) continue;
    call.operation = std::string(route.name);
    return route.run(call, target);
  }
  for (const Absent& absent : always_absent) {
    if (!target.key.empty() || call.request.method != "GET") break;
    if (absent.subresource != subresource) continue;
    call.operation = std::string(absent.name);
    (void)s3::bucket_for(call, target, absent.action);
    Refusal refused = s3::refusal(404, std::string(absent.code), std::string(absent.message));
    refused.fields = {{"BucketName", target.bucket}};
    throw refused;
  }
  call.operation =
      fmt::format("{} {}{}{}", call.request.method, target.key.empty() ? "bucket" : "object",
                  subresource.empty() ? "" : "?", subresource);
  throw unknown_operation("s3", call.operation);
}

}  // namespace

http::Response answer_s3(Call& call) {
  const s3::Target target = read_target(call);
  call.target = target.key.empty() ? target.bucket : target.bucket + "/" + target.key;
  if (target.bucket.empty()) {
    call.operation = "ListBuckets";
    if (call.request.method != "GET") throw unknown_operation("s3", call.request.method + " /");
    return s3::list_buckets(call, target);
  }
  return target.key.empty() ? run(call, target, bucket_routes) : run(call, target, object_routes);
}

}  // namespace firn::sandbox::aws
