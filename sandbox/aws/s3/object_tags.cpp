// Tags of objects: of the newest version; at most ten.
//
// Source: Amazon S3 User Guide, "Categorizing your storage using tags".
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/s3/operations.h"
#include "sandbox/aws/wire/form.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::size_t most_tags = 10;

Map checked_object_tags(Map tags) {
  Map checked = checked_tags(std::move(tags));
  if (checked.size() > most_tags) {
    throw refusal(400, "BadRequest", "Object tags cannot be greater than 10");
  }
  return checked;
}

// The object with its newest version, which must be there.
StoredObject tagged_object(Call& call, const Target& target, const Value& bucket) {
  if (target.find("versionId")) throw unknown_member("s3", call.operation, "versionId");
  auto object = find_object(call.world, target.bucket, target.key);
  if (!object || !object->current()) {
    if (!may_list(call, bucket)) throw refusal(403, "AccessDenied", "Access Denied");
    Refusal refused = refusal(404, "NoSuchKey", "The specified key does not exist.");
    refused.fields = {{"Key", target.key}};
    throw refused;
  }
  return std::move(*object);
}

http::Response set_tags(Call& call, const Target& target, const char* action, Map tags,
                        int status) {
  const Value bucket = bucket_for(call, target);
  authorize_object(call, bucket, target.key, action);
  StoredObject object = tagged_object(call, target, bucket);
  object.versions.back().tags = std::move(tags);
  keep_object(call.world, target.bucket, object);
  return empty_answer(status);
}

}  // namespace

Map object_tags_in(const std::string& header) {
  Map tags;
  for (const auto& [key, value] : parse_url_query(header)) {
    if (tags.find(key)) {
      throw refusal(400, "InvalidTag", "Cannot provide multiple Tags with the same key");
    }
    tags.set(key, value);
  }
  return checked_object_tags(std::move(tags));
}

http::Response get_object_tagging(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target);
  authorize_object(call, bucket, target.key, "s3:GetObjectTagging");
  const StoredObject object = tagged_object(call, target, bucket);
  Xml xml;
  xml.open("Tagging", xmlns).open("TagSet");
  for (const auto& [key, value] : object.current()->tags) {
    xml.open("Tag").leaf("Key", key).leaf("Value", value.as_string()).close();
  }
  xml.close().close();
  return xml_answer(xml);
}

http::Response put_object_tagging(Call& call, const Target& target) {
  require_checksum(call);
  const XmlElement body = body_as(call, "Tagging");
  if (!body.has("TagSet")) throw malformed_xml();
  Map tags = checked_object_tags(tags_in(body.child("TagSet")));
  return set_tags(call, target, "s3:PutObjectTagging", std::move(tags), 200);
}

http::Response delete_object_tagging(Call& call, const Target& target) {
  return set_tags(call, target, "s3:DeleteObjectTagging", {}, 204);
}

}  // namespace firn::sandbox::aws::s3
