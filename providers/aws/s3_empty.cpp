#include "providers/aws/s3_empty.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "providers/aws/calls.h"

namespace firn::aws {

namespace {

struct Version {
  std::string key;
  std::string version_id;
};

struct Page {
  std::vector<Version> versions;
  std::string next_key;  // both empty: the last page
  std::string next_version;
};

// Keys come URL-encoded (encoding-type=url), with '+' for a space, where the answer says so: not
// every store knows the encoding.
std::string decode_key(const Reply& reply, const std::string& key) {
  if (reply.text("EncodingType") != "url") return key;
  return percent_decode(replace_all(key, "+", "%20"));
}

Call s3_call(const Operation& operation, std::string_view name, std::string bucket) {
  Call call;
  call.service = &service::s3;
  call.operation = std::string(name);
  call.bucket = std::move(bucket);
  call.address = operation.prior.address;
  call.report = operation.report;
  return call;
}

Page page_of(const Reply& reply) {
  Page page;
  for (const std::string_view element : {"Version", "DeleteMarker"}) {
    for (const Value& item : reply.list(element)) {
      std::string version_id = text_at(item, "VersionId");
      page.versions.push_back(
          {decode_key(reply, text_at(item, "Key")), version_id.empty() ? "null" : version_id});
    }
  }
  if (flag_at(reply.value, "IsTruncated")) {
    page.next_key = decode_key(reply, reply.text("NextKeyMarker"));
    page.next_version = reply.text("NextVersionIdMarker");
  }
  return page;
}

Task<Result<Page>> list_page(Client& client, const Operation& operation, std::string bucket,
                             std::string key_marker, std::string version_marker, int most) {
  Call call = s3_call(operation, "ListObjectVersions", std::move(bucket));
  call.query.emplace_back("versions", "");
  call.query.emplace_back("encoding-type", "url");
  call.query.emplace_back("max-keys", fmt::format("{}", most));
  if (!key_marker.empty()) call.query.emplace_back("key-marker", key_marker);
  if (!version_marker.empty()) call.query.emplace_back("version-id-marker", version_marker);
  call.tolerated.emplace_back("NoSuchBucket");
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  Page page = page_of(*reply);
  co_return page;
}

// XML 1.0 has no way to write most control characters.
bool fits_xml(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r';
  });
}

Error locked_error(const Operation& operation, const std::string& bucket, const std::string& key,
                   const std::string& code, const std::string& message) {
  Error error;
  error.kind = ErrorKind::denied;
  error.summary = fmt::format("cannot empty the bucket {}: \"{}\" cannot be deleted", bucket, key);
  error.detail = fmt::format("{}: {}", code, message);
  error.remedy =
      "an object lock, a bucket policy or missing s3:DeleteObjectVersion keeps it; remove that, "
      "then "
      "run the same command";
  error.operation = "s3:DeleteObjects";
  error.code = code;
  error.address = operation.prior.address;
  return error;
}

Task<Status> delete_batch(Client& client, const Operation& operation, std::string bucket,
                          std::vector<Version> versions) {
  std::string body = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const Version& version : versions) {
    body += fmt::format("<Object><Key>{}</Key><VersionId>{}</VersionId></Object>",
                        escape_xml(version.key), escape_xml(version.version_id));
  }
  body += "<Quiet>true</Quiet></Delete>";
  Call call = s3_call(operation, "DeleteObjects", bucket);
  call.method = "POST";
  call.query.emplace_back("delete", "");
  call.body = std::move(body);
  call.changes_something = true;
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  for (const Value& failed : reply->list("Error")) {
    const std::string code = text_at(failed, "Code");
    if (code == "NoSuchKey" || code == "NoSuchVersion" || code == "InternalError" ||
        code == "SlowDown") {
      continue;  // gone already, or to be met again in the next listing
    }
    Error error =
        locked_error(operation, bucket, text_at(failed, "Key"), code, text_at(failed, "Message"));
    co_return Failure(std::move(error));
  }
  co_return Ok{};
}

Task<Status> delete_one(Client& client, const Operation& operation, std::string bucket,
                        Version version) {
  Call call = s3_call(operation, "DeleteObject", std::move(bucket));
  call.method = "DELETE";
  call.path = "/" + percent_encode(version.key, true);
  call.query.emplace_back("versionId", version.version_id);
  call.changes_something = true;
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  co_return Ok{};
}

}  // namespace

Task<Status> empty_bucket(Client& client, const Operation& operation, std::string bucket) {
  std::string key_marker;
  std::string version_marker;
  std::size_t deleted = 0;
  do {
    Result<Page> page =
        co_await list_page(client, operation, bucket, key_marker, version_marker, 1000);
    if (!page) co_return fail(page.error());
    std::vector<Version> batch;
    for (const Version& version : page->versions) {
      if (fits_xml(version.key)) {
        batch.push_back(version);
        continue;
      }
      const Status done = co_await delete_one(client, operation, bucket, version);
      if (!done) co_return fail(done.error());
    }
    if (!batch.empty()) {
      const Status done = co_await delete_batch(client, operation, bucket, std::move(batch));
      if (!done) co_return fail(done.error());
    }
    deleted += page->versions.size();
    if (deleted > 0 && operation.report) {
      operation.report(fmt::format("emptying the bucket: {} object versions deleted", deleted));
    }
    key_marker = page->next_key;
    version_marker = page->next_version;
  } while (!key_marker.empty());
  co_return Ok{};
}

Task<Result<std::vector<std::string>>> some_keys(Client& client, const Operation& operation,
                                                 std::string bucket, int most) {
  std::string none;
  std::string no_version;
  Result<Page> page = co_await list_page(client, operation, std::move(bucket), std::move(none),
                                         std::move(no_version), most);
  if (!page) co_return fail(page.error());
  std::vector<std::string> keys;
  for (Version& version : page->versions) {
    if (std::find(keys.begin(), keys.end(), version.key) == keys.end()) {
      keys.push_back(std::move(version.key));
    }
  }
  co_return keys;
}

}  // namespace firn::aws
