#include <algorithm>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/s3/encryption.h"
#include "sandbox/aws/s3/events.h"
#include "sandbox/aws/s3/operations.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::size_t longest_key = 1024;
constexpr std::size_t most_deletes = 1000;

enum class Versioning { never, enabled, suspended };

Versioning versioning_of(const Value& bucket) {
  const std::string status = bucket.string_or("versioning", "");
  if (status == "Enabled") return Versioning::enabled;
  return status == "Suspended" ? Versioning::suspended : Versioning::never;
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

Refusal precondition_failed(const char* condition) {
  Refusal refused = refusal(412, "PreconditionFailed",
                            "At least one of the pre-conditions you specified did not hold");
  refused.fields = {{"Condition", condition}};
  return refused;
}

Refusal no_such_key(const std::string& key) {
  Refusal refused = refusal(404, "NoSuchKey", "The specified key does not exist.");
  refused.fields = {{"Key", key}};
  return refused;
}

// A missing key is only told to those who may list; others learn nothing.
Refusal missing(Call& call, const Value& bucket, const std::string& key) {
  if (may_list(call, bucket)) return no_such_key(key);
  return refusal(403, "AccessDenied", "Access Denied");
}

// Conditional writes: Amazon S3 User Guide, "How to prevent object overwrites with conditional
// writes".
void check_write_conditions(const Call& call, const std::optional<StoredObject>& object,
                            const std::string& key) {
  const Version* current = object ? object->current() : nullptr;
  const std::string* none_match = call.request.headers.find("if-none-match");
  const std::string* match = call.request.headers.find("if-match");
  const auto not_implemented = [](const char* header) {
    Refusal refused =
        refusal(501, "NotImplemented",
                "A header you provided implies functionality that is not implemented");
    refused.fields = {{"Header", header}};
    return refused;
  };
  if (none_match && *none_match != "*") throw not_implemented("If-None-Match");
  if (match && *match == "*") throw not_implemented("If-Match");
  if (none_match && current) throw precondition_failed("If-None-Match");
  if (!match) return;
  if (!current) throw no_such_key(key);
  if (unquoted(*match) != current->etag) throw precondition_failed("If-Match");
}

Map metadata_in(const Call& call) {
  constexpr std::string_view prefix = "x-amz-meta-";
  Map metadata;
  for (const auto& [name, value] : call.request.headers) {
    const std::string lower = to_lower(name);
    if (lower.starts_with(prefix)) metadata.set(lower.substr(prefix.size()), value);
  }
  return metadata;
}

void refuse_unknown_headers(const Call& call) {
  for (const char* header : {"x-amz-copy-source", "x-amz-object-lock-mode",
                             "x-amz-server-side-encryption-customer-algorithm",
                             "x-amz-website-redirect-location", "x-amz-write-offset-bytes"}) {
    if (call.request.headers.find(header)) throw unknown_member("s3", "PutObject", header);
  }
  const std::string storage_class = call.request.headers.get("x-amz-storage-class");
  if (!storage_class.empty() && storage_class != "STANDARD") {
    throw unknown_member("s3", "PutObject", "x-amz-storage-class");
  }
  const std::string acl = call.request.headers.get("x-amz-acl");
  if (!acl.empty() && acl != "private" && acl != "bucket-owner-full-control") {
    throw refusal(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
  }
}

Version new_version(Call& call, const Value& bucket) {
  Version version;
  version.id = versioning_of(bucket) == Versioning::enabled ? call.world.fresh_id("", 32) : "null";
  version.modified_ms = call.world.now_ms();
  return version;
}

// The new version goes on top; without versioning, and when it is suspended, it takes the place of
// the version "null".
void push(StoredObject& object, Version version) {
  if (version.id == "null") {
    std::erase_if(object.versions, [](const Version& old) { return old.id == "null"; });
  }
  object.versions.push_back(std::move(version));
}

void version_header(http::Response& response, const Value& bucket, const std::string& id) {
  if (versioning_of(bucket) != Versioning::never) response.headers.set("x-amz-version-id", id);
}

Event event_of(const Call& call, const Value& bucket, std::string name, const std::string& key,
               const Version& version) {
  Event event;
  event.name = std::move(name);
  event.key = key;
  event.size = static_cast<std::int64_t>(version.body.size());
  event.etag = version.etag;
  if (versioning_of(bucket) != Versioning::never) event.version_id = version.id;
  event.principal_id = call.caller.unique_id;
  event.request_id = call.request_id;
  return event;
}

const Version& wanted_version(Call& call, const Target& target, const Value& bucket,
                              const std::optional<StoredObject>& object) {
  const auto id = target.find("versionId");
  if (!id) {
    const Version* current = object ? object->current() : nullptr;
    if (!current) {
      Refusal refused = missing(call, bucket, target.key);
      if (object) refused.headers = {{"x-amz-delete-marker", "true"}};
      throw refused;
    }
    return *current;
  }
  const Version* version = object ? object->find(*id) : nullptr;
  if (!version) {
    Refusal refused = refusal(404, "NoSuchVersion", "The specified version does not exist.");
    refused.fields = {{"Key", target.key}, {"VersionId", *id}};
    throw refused;
  }
  if (version->is_marker) {
    throw refusal(405, "MethodNotAllowed",
                  "The specified method is not allowed against this resource.");
  }
  return *version;
}

http::Response read_object(Call& call, const Target& target, bool with_body) {
  const Value bucket = bucket_for(call, target);
  authorize_object(call, bucket, target.key,
                   target.find("versionId") ? "s3:GetObjectVersion" : "s3:GetObject");
  if (call.request.headers.find("range")) throw unknown_member("s3", call.operation, "Range");
  const auto object = find_object(call.world, target.bucket, target.key);
  const Version& version = wanted_version(call, target, bucket, object);
  if (with_body) check_decryption(call, bucket, version);  // HEAD shows nothing that is encrypted
  const std::string* match = call.request.headers.find("if-match");
  if (match && *match != "*" && unquoted(*match) != version.etag) {
    throw precondition_failed("If-Match");
  }
  const std::string* none_match = call.request.headers.find("if-none-match");
  if (none_match && unquoted(*none_match) == version.etag) return empty_answer(304);
  http::Response response = empty_answer();
  response.headers.set("ETag", fmt::format("\"{}\"", version.etag));
  response.headers.set("Last-Modified", http_date(version.modified_ms));
  response.headers.set("Content-Type", version.content_type);
  response.headers.set("Accept-Ranges", "bytes");
  response.headers.set("x-amz-server-side-encryption", version.encryption);
  if (!version.kms_key.empty()) {
    response.headers.set("x-amz-server-side-encryption-aws-kms-key-id", version.kms_key);
  }
  if (equals_ignoring_case(call.request.headers.get("x-amz-checksum-mode"), "enabled")) {
    response.headers.set("x-amz-checksum-sha256", version.sha256);
    response.headers.set("x-amz-checksum-type", "FULL_OBJECT");
  }
  for (const auto& [name, value] : version.metadata) {
    response.headers.set("x-amz-meta-" + name, value.as_string());
  }
  if (!version.tags.empty()) {
    response.headers.set("x-amz-tagging-count", fmt::format("{}", version.tags.size()));
  }
  version_header(response, bucket, version.id);
  response.headers.set("Content-Length", fmt::format("{}", version.body.size()));
  if (with_body) response.body = version.body;
  return response;
}

struct Deleted {
  std::string version_id;  // of what was removed, or of the marker that was put
  bool marker = false;
};

Deleted remove_one(Call& call, const Value& bucket, const std::string& key,
                   const std::optional<std::string>& version_id) {
  const std::string name = bucket.string_or("name", "");
  authorize_object(call, bucket, key, version_id ? "s3:DeleteObjectVersion" : "s3:DeleteObject");
  StoredObject object = find_object(call.world, name, key).value_or(StoredObject{key, {}});
  Deleted deleted;
  if (version_id) {
    const Version* version = object.find(*version_id);
    deleted.version_id = *version_id;
    if (!version) return deleted;
    deleted.marker = version->is_marker;
    const Event event = event_of(call, bucket, "ObjectRemoved:Delete", key, *version);
    std::erase_if(object.versions, [&](const Version& one) { return one.id == *version_id; });
    keep_object(call.world, name, object);
    emit(call.world, bucket, event);
    return deleted;
  }
  if (versioning_of(bucket) == Versioning::never) {
    if (object.versions.empty()) return deleted;
    const Event event = event_of(call, bucket, "ObjectRemoved:Delete", key, object.versions.back());
    object.versions.clear();
    keep_object(call.world, name, object);
    emit(call.world, bucket, event);
    return deleted;
  }
  Version marker = new_version(call, bucket);
  marker.is_marker = true;
  deleted = {marker.id, true};
  const Event event = event_of(call, bucket, "ObjectRemoved:DeleteMarkerCreated", key, marker);
  push(object, std::move(marker));
  keep_object(call.world, name, object);
  emit(call.world, bucket, event);
  return deleted;
}

}  // namespace

http::Response put_object(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target);
  authorize_object(call, bucket, target.key, "s3:PutObject");
  if (target.key.size() > longest_key) {
    throw refusal(400, "KeyTooLongError", "Your key is too long");
  }
  refuse_unknown_headers(call);
  verify_checksums(call);
  auto object = find_object(call.world, target.bucket, target.key);
  check_write_conditions(call, object, target.key);

  Version version = new_version(call, bucket);
  version.body = call.request.body;
  version.sha256 = base64(sha256(version.body));
  version.metadata = metadata_in(call);
  if (const std::string* tags = call.request.headers.find("x-amz-tagging")) {
    authorize_object(call, bucket, target.key, "s3:PutObjectTagging");
    version.tags = object_tags_in(*tags);
  }
  version.content_type = call.request.headers.get("content-type");
  if (version.content_type.empty()) version.content_type = "binary/octet-stream";
  set_encryption(call, bucket, version);
  // Under KMS the ETag is no MD5.
  version.etag = version.encryption == "AES256" ? hex(md5(version.body)) : call.world.fresh_hex(32);
  http::Response response = empty_answer();
  response.headers.set("ETag", fmt::format("\"{}\"", version.etag));
  response.headers.set("x-amz-server-side-encryption", version.encryption);
  version_header(response, bucket, version.id);
  const Event event = event_of(call, bucket, "ObjectCreated:Put", target.key, version);
  if (!object) object = StoredObject{target.key, {}};
  push(*object, std::move(version));
  keep_object(call.world, target.bucket, *object);
  emit(call.world, bucket, event);
  return response;
}

http::Response get_object(Call& call, const Target& target) {
  return read_object(call, target, true);
}

http::Response head_object(Call& call, const Target& target) {
  return read_object(call, target, false);
}

http::Response delete_object(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target);
  if (const std::string* match = call.request.headers.find("if-match")) {
    const auto object = find_object(call.world, target.bucket, target.key);
    const Version* current = object ? object->current() : nullptr;
    if (!current) throw no_such_key(target.key);
    if (*match != "*" && unquoted(*match) != current->etag) throw precondition_failed("If-Match");
  }
  const Deleted deleted = remove_one(call, bucket, target.key, target.find("versionId"));
  http::Response response = empty_answer(204);
  if (!deleted.version_id.empty()) response.headers.set("x-amz-version-id", deleted.version_id);
  if (deleted.marker) response.headers.set("x-amz-delete-marker", "true");
  return response;
}

http::Response delete_objects(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target);
  require_checksum(call);
  const XmlElement body = body_as(call, "Delete");
  const auto objects = body.all("Object");
  if (objects.empty() || objects.size() > most_deletes) throw malformed_xml();
  const bool quiet = body.text_of("Quiet") == "true";
  Xml xml;
  xml.open("DeleteResult", xmlns);
  for (const XmlElement* object : objects) {
    const std::string key = object->text_of("Key");
    std::optional<std::string> version_id;
    if (object->has("VersionId")) version_id = object->text_of("VersionId");
    try {
      const Deleted deleted = remove_one(call, bucket, key, version_id);
      if (quiet) continue;
      xml.open("Deleted").leaf("Key", key);
      if (version_id) xml.leaf("VersionId", *version_id);
      if (deleted.marker) {
        xml.leaf("DeleteMarker", "true").leaf("DeleteMarkerVersionId", deleted.version_id);
      }
      xml.close();
    } catch (const Refusal& refused) {
      // One key that may not be deleted does not stop the others.
      xml.open("Error").leaf("Key", key);
      if (version_id) xml.leaf("VersionId", *version_id);
      xml.leaf("Code", refused.code).leaf("Message", refused.message).close();
    }
  }
  xml.close();
  return xml_answer(xml);
}

}  // namespace firn::sandbox::aws::s3
