#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/aws/s3/operations.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::size_t page = 1000;

std::size_t page_size(const Target& target) {
  const auto given = target.find("max-keys");
  if (!given) return page;
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), size);
  if (error != std::errc() || end != given->data() + given->size()) {
    throw invalid_argument("Provided max-keys not an integer or within integer range", "max-keys",
                           *given);
  }
  return std::min(size, page);
}

// Keys can hold what XML cannot; then the caller asks for them percent-encoded.
struct Encoding {
  bool url = false;
  [[nodiscard]] std::string operator()(const std::string& text) const {
    return url ? percent_encode(text, true) : text;
  }
};

Encoding encoding_of(const Target& target) {
  const std::string given = target.get("encoding-type");
  if (!given.empty() && given != "url") {
    throw invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", given);
  }
  return {given == "url"};
}

// The part of `key` up to the delimiter after the prefix; empty when there is none.
std::string common_prefix(const std::string& key, const std::string& prefix,
                          const std::string& delimiter) {
  if (delimiter.empty()) return {};
  const auto at = key.find(delimiter, prefix.size());
  return at == std::string::npos ? std::string() : key.substr(0, at + delimiter.size());
}

void write_version(Xml& xml, const Encoding& encoded, const std::string& key,
                   const Version& version, bool latest, const std::string& owner) {
  xml.open(version.is_marker ? "DeleteMarker" : "Version");
  xml.leaf("Key", encoded(key)).leaf("VersionId", version.id);
  xml.leaf("IsLatest", latest ? "true" : "false");
  xml.leaf("LastModified", iso_ms(version.modified_ms));
  if (!version.is_marker) {
    xml.leaf("ETag", fmt::format("\"{}\"", version.etag));
    xml.leaf("Size", fmt::format("{}", version.body.size())).leaf("StorageClass", "STANDARD");
  }
  xml.open("Owner").leaf("ID", owner).close().close();
}

}  // namespace

http::Response list_objects_v2(Call& call, const Target& target) {
  if (target.get("list-type") != "2") throw unknown_operation("s3", "ListObjects");
  const Value bucket = bucket_for(call, target, "s3:ListBucket");
  const std::string prefix = target.get("prefix");
  const std::string delimiter = target.get("delimiter");
  const Encoding encoded = encoding_of(target);
  const std::size_t size = page_size(target);
  std::string after = target.get("start-after");
  if (const auto token = target.find("continuation-token")) {
    const auto decoded = decode_base64(*token);
    if (!decoded || token->empty()) {
      throw invalid_argument("The continuation token provided is incorrect", "continuation-token");
    }
    after = *decoded;
  }
  Xml contents;
  Xml prefixes;
  std::size_t count = 0;
  std::string last;
  std::string last_prefix;
  bool more = false;
  for (const StoredObject& object : all_objects(call.world, target.bucket)) {
    const Version* current = object.current();
    if (!current || !object.key.starts_with(prefix) || object.key <= after) continue;
    const std::string common = common_prefix(object.key, prefix, delimiter);
    if (!common.empty() && (common == last_prefix || after.starts_with(common))) continue;
    if (count == size) {
      more = true;
      break;
    }
    if (common.empty()) {
      contents.open("Contents").leaf("Key", encoded(object.key));
      contents.leaf("LastModified", iso_ms(current->modified_ms));
      contents.leaf("ETag", fmt::format("\"{}\"", current->etag));
      contents.leaf("Size", fmt::format("{}", current->body.size()));
      contents.leaf("StorageClass", "STANDARD").close();
      last = object.key;
    } else {
      prefixes.open("CommonPrefixes").leaf("Prefix", encoded(common)).close();
      last = last_prefix = common;
    }
    ++count;
  }
  Xml xml;
  xml.open("ListBucketResult", xmlns).leaf("Name", target.bucket).leaf("Prefix", encoded(prefix));
  xml.leaf_if("Delimiter", encoded(delimiter));
  xml.leaf("MaxKeys", fmt::format("{}", size)).leaf("KeyCount", fmt::format("{}", count));
  if (encoded.url) xml.leaf("EncodingType", "url");
  xml.leaf_if("ContinuationToken", target.get("continuation-token"));
  xml.leaf_if("StartAfter", encoded(target.get("start-after")));
  xml.leaf("IsTruncated", more ? "true" : "false");
  if (more) xml.leaf("NextContinuationToken", base64(last));
  xml.raw(contents.text()).raw(prefixes.text()).close();
  http::Response response = xml_answer(xml);
  response.headers.set("x-amz-bucket-region", bucket.string_or("region", ""));
  return response;
}

http::Response list_object_versions(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:ListBucketVersions");
  if (target.find("delimiter") && !target.get("delimiter").empty()) {
    throw unknown_member("s3", "ListObjectVersions", "delimiter");
  }
  const std::string prefix = target.get("prefix");
  const std::string key_marker = target.get("key-marker");
  const std::string version_marker = target.get("version-id-marker");
  const Encoding encoded = encoding_of(target);
  const std::size_t size = page_size(target);
  const std::string owner = bucket.string_or("account", "");
  Xml entries;
  std::size_t count = 0;
  std::string next_key;
  std::string next_version;
  bool more = false;
  for (const StoredObject& object : all_objects(call.world, target.bucket)) {
    if (!object.key.starts_with(prefix) || object.key < key_marker) continue;
    const bool marked = object.key == key_marker;
    if (marked && version_marker.empty() && !key_marker.empty()) continue;
    bool reached = !marked;  // after the marked version of the marked key
    for (auto version = object.versions.rbegin(); version != object.versions.rend(); ++version) {
      if (!reached) {
        reached = version->id == version_marker;
        continue;
      }
      if (count == size) {
        more = true;
        break;
      }
      write_version(entries, encoded, object.key, *version, version == object.versions.rbegin(),
                    owner);
      next_key = object.key;
      next_version = version->id;
      ++count;
    }
    if (more) break;
  }
  Xml xml;
  xml.open("ListVersionsResult", xmlns).leaf("Name", target.bucket).leaf("Prefix", encoded(prefix));
  xml.leaf("KeyMarker", encoded(key_marker)).leaf("VersionIdMarker", version_marker);
  xml.leaf("MaxKeys", fmt::format("{}", size));
  if (encoded.url) xml.leaf("EncodingType", "url");
  xml.leaf("IsTruncated", more ? "true" : "false");
  if (more) {
    xml.leaf("NextKeyMarker", encoded(next_key)).leaf("NextVersionIdMarker", next_version);
  }
  xml.raw(entries.text()).close();
  return xml_answer(xml);
}

// Uploads in parts are not known here, so none is ever under way.
http::Response list_multipart_uploads(Call& call, const Target& target) {
  (void)bucket_for(call, target, "s3:ListBucketMultipartUploads");
  Xml xml;
  xml.open("ListMultipartUploadsResult", xmlns).leaf("Bucket", target.bucket);
  xml.leaf("KeyMarker", "").leaf("UploadIdMarker", "").leaf("MaxUploads", "1000");
  xml.leaf("IsTruncated", "false").close();
  return xml_answer(xml);
}

}  // namespace firn::sandbox::aws::s3
