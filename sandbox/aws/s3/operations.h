// What the files of S3 share.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/http/http.h"
#include "sandbox/aws/call.h"
#include "sandbox/aws/s3/state.h"
#include "sandbox/aws/wire/xml.h"

namespace firn::sandbox::aws::s3 {

constexpr std::string_view xmlns = "http://s3.amazonaws.com/doc/2006-03-01/";

// A request to S3, its address taken apart.
struct Target {
  std::string bucket;  // empty: the service
  std::string key;     // empty: the bucket
  std::vector<std::pair<std::string, std::string>> query;

  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  [[nodiscard]] std::string get(std::string_view name) const;  // "" when absent
};

[[nodiscard]] Refusal refusal(int status, std::string code, std::string message);
[[nodiscard]] Refusal malformed_xml();
[[nodiscard]] Refusal invalid_argument(std::string message, std::string name = {},
                                       std::string value = {});

// The bucket, after the checks that every operation makes: it exists, it is in this region, it
// belongs to the owner that the request expects.
[[nodiscard]] Value bucket_for(Call& call, const Target& target);
// The same, and the caller may do `action` on the bucket.
[[nodiscard]] Value bucket_for(Call& call, const Target& target, const char* action);
void authorize_object(Call& call, const Value& bucket, const std::string& key, const char* action);
[[nodiscard]] bool may_list(Call& call, const Value& bucket);

// The request must carry Content-MD5 or an x-amz-checksum-*, and what it carries must fit the body.
void require_checksum(const Call& call);
void verify_checksums(const Call& call);

// The parsed body; throws MalformedXML unless its root is `root`.
[[nodiscard]] XmlElement body_as(const Call& call, std::string_view root);
void write_element(Xml& xml, const XmlElement& element);
[[nodiscard]] http::Response xml_answer(const Xml& xml);
[[nodiscard]] http::Response empty_answer(int status = 200);
// <Tag><Key/><Value/></Tag>… ; throws InvalidTag.
[[nodiscard]] Map tags_in(const XmlElement* tag_set);
[[nodiscard]] Map checked_tags(Map tags);
// The tags of an object, of which it can have ten: in a request's header, "a=1&b=2".
[[nodiscard]] Map object_tags_in(const std::string& header);

// A JSON map of what the root element holds.
using Operation = http::Response (*)(Call&, const Target&);

http::Response list_buckets(Call&, const Target&);
http::Response create_bucket(Call&, const Target&);
http::Response head_bucket(Call&, const Target&);
http::Response delete_bucket(Call&, const Target&);
http::Response get_location(Call&, const Target&);
http::Response get_acl(Call&, const Target&);
http::Response get_policy_status(Call&, const Target&);

http::Response get_versioning(Call&, const Target&);
http::Response put_versioning(Call&, const Target&);
http::Response get_encryption(Call&, const Target&);
http::Response put_encryption(Call&, const Target&);
http::Response delete_encryption(Call&, const Target&);
http::Response get_public_access_block(Call&, const Target&);
http::Response put_public_access_block(Call&, const Target&);
http::Response delete_public_access_block(Call&, const Target&);
http::Response get_ownership(Call&, const Target&);
http::Response put_ownership(Call&, const Target&);
http::Response delete_ownership(Call&, const Target&);
http::Response get_tagging(Call&, const Target&);
http::Response put_tagging(Call&, const Target&);
http::Response delete_tagging(Call&, const Target&);
http::Response get_logging(Call&, const Target&);
http::Response put_logging(Call&, const Target&);
http::Response get_lifecycle(Call&, const Target&);
http::Response put_lifecycle(Call&, const Target&);
http::Response delete_lifecycle(Call&, const Target&);
http::Response get_policy(Call&, const Target&);
http::Response put_policy(Call&, const Target&);
http::Response delete_policy(Call&, const Target&);
http::Response get_notification(Call&, const Target&);
http::Response put_notification(Call&, const Target&);

http::Response list_objects_v2(Call&, const Target&);
http::Response list_object_versions(Call&, const Target&);
http::Response list_multipart_uploads(Call&, const Target&);
http::Response delete_objects(Call&, const Target&);
http::Response put_object(Call&, const Target&);
http::Response get_object(Call&, const Target&);
http::Response head_object(Call&, const Target&);
http::Response delete_object(Call&, const Target&);
http::Response get_object_tagging(Call&, const Target&);
http::Response put_object_tagging(Call&, const Target&);
http::Response delete_object_tagging(Call&, const Target&);

}  // namespace firn::sandbox::aws::s3
