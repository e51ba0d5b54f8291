// aws.s3_object: one object in a bucket, from a text or a local file.
//
// Source of facts: Amazon S3 API Reference (PutObject, HeadObject, DeleteObject, GetObjectTagging,
// PutObjectTagging) and user guide, "Checking object integrity" and "Categorizing your storage
// using tags".
#include <array>
#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

// S3 takes 5 GiB in one call. firn holds an object in memory, and is made for small ones: code,
// seeds, settings.
constexpr std::uintmax_t object_bytes_max = 100U * 1024 * 1024;
constexpr std::size_t key_bytes_max = 1024;
// An object has at most ten tags; three are firn's.
constexpr std::int64_t tags_max = 7;
// What another value of makes another object.
constexpr std::string_view content_inputs = "content,content_sha256,content_type,kms_key";

constexpr Attribute own_tags() {
  Attribute row = kTagsAttribute;
  row.maximum = tags_max;
  return row;
}

constexpr std::array attributes{
    Attribute{
        .name = "arn", .doc = "The ARN of the object.", .computed = true, .predictable = true},
    Attribute{.name = "bucket",
              .doc = "The bucket, by name.",
              .required = true,
              .identity = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "name",
              .example = "${data}"},
    Attribute{.name = "content",
              .doc = "The object's text. Exactly one of content and file is given.",
              .write_only = true,
              .example = "hello"},
    Attribute{.name = "content_sha256",
              .doc = "The digest of the content as S3 shows it: base64 of its SHA-256.",
              .derived = true},
    Attribute{.name = "content_type",
              .doc = "What readers are told that it is.",
              .default_json = "\"binary/octet-stream\"",
              .example = "application/json",
              .maximum = 255},
    Attribute{.name = "etag",
              .doc = "The entity tag that S3 gave to the content.",
              .computed = true,
              .moves_with = content_inputs},
    Attribute{.name = "file",
              .doc = "The file with the content, relative to the file that declares the object; up "
                     "to 100 MB.",
              .write_only = true,
              .example = "seeds/customers.csv"},
    Attribute{.name = "key",
              .doc = "Where in the bucket.",
              .required = true,
              .identity = true,
              .on_change = OnChange::replace,
              .example = "seeds/customers.csv",
              .minimum = 1,
              .maximum = key_bytes_max},
    Attribute{
        .name = "kms_key",
        .doc = "The KMS key that encrypts the object, by ARN; empty for what the bucket says.",
        .takes = "arn",
        .default_json = "\"\"",
        .example = "${key}"},
    own_tags(),
    Attribute{.name = "uri",
              .doc = "The object as s3://<bucket>/<key>.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "version_id",
              .doc = "The version, in a bucket that keeps versions; empty elsewhere.",
              .computed = true,
              .moves_with = content_inputs},
};

// --- pure

Map predict(const Placement& placement, const std::string&, const Value& inputs) {
  Map outputs;
  for (const char* needed : {"bucket", "key"}) {
    const Value& value = inputs.at(needed);
    if (!value.is_unknown()) continue;
    outputs.set("arn", Value::unknown(value.waits_for()));
    outputs.set("uri", Value::unknown(value.waits_for()));
    return outputs;
  }
  const std::string bucket = clear_text(inputs.at("bucket"));
  const std::string key = clear_text(inputs.at("key"));
  outputs.set("arn", fmt::format("arn:{}:s3:::{}/{}", placement.partition, bucket, key));
  outputs.set("uri", fmt::format("s3://{}/{}", bucket, key));
  return outputs;
}

std::string path_in(const std::string& base_folder, const std::string& file) {
  return (std::filesystem::path(base_folder) / file).lexically_normal().string();
}

Result<std::string> read_file(const std::string& path) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code)) {
    return fail(ErrorKind::invalid_input, fmt::format("there is no file {}", path),
                "the content of an object is a file, named relative to the file that declares it",
                "create the file, or mend the path");
  }
  const std::uintmax_t size = std::filesystem::file_size(path, code);
  if (!code && size > object_bytes_max) {
    return fail(ErrorKind::invalid_input, fmt::format("the file {} is too large", path),
                fmt::format("it has {} bytes; firn carries objects of up to 100 MB", size),
                "send data of that size with a tool for data");
  }
  std::ifstream stream(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream && !stream.eof()) {
    return fail(ErrorKind::storage, fmt::format("cannot read {}", path), "",
                "check that you may read it");
  }
  return bytes;
}

// A secret has no digest in the state: who has the digest could try texts.
Value prepare(const std::string& base_folder, const Value& inputs, std::vector<Problem>& problems) {
  if (!inputs.is_map()) return inputs;
  Map prepared = inputs.as_map();
  const Value& content = inputs.at("content");
  const Value& file = inputs.at("file");
  if (content.is_string()) {
    prepared.set("content_sha256", base64(sha256(content.as_string())));
  } else if (content.is_unknown() || file.is_unknown()) {
    const Value& open = content.is_unknown() ? content : file;
    prepared.set("content_sha256", Value::unknown(open.waits_for()));
  } else if (file.is_string()) {
    const Result<std::string> bytes = read_file(path_in(base_folder, file.as_string()));
    if (bytes) {
      prepared.set("content_sha256", base64(sha256(*bytes)));
    } else {
      const Error& error = bytes.error();
      problems.push_back({"file", error.summary, error.detail, error.remedy});
    }
  }
  return Value(std::move(prepared));
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const bool has_content = !inputs.at("content").is_null();
  const bool has_file = !inputs.at("file").is_null();
  if (has_content == has_file) {
    problems.push_back({has_content ? "file" : "",
                        has_content ? "an object has either content or a file"
                                    : "an object needs content or a file",
                        "", has_content ? "remove one of them" : "add content: or file:"});
  }
  const Value& tags = inputs.at("tags");
  const auto count = tags.is_map() ? static_cast<std::int64_t>(tags.as_map().size()) : 0;
  if (count > tags_max) {
    problems.push_back({"tags", fmt::format("an object cannot carry {} tags", count),
                        "S3 allows ten on an object, and three of them are firn's",
                        "keep seven, those of the environment included"});
  }
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  for (const char* text : {"content", "key"}) {
    const Value* given = normal.find(text);
    if (given == nullptr) continue;
    const bool is_plain = given->is_bool() || given->is_int() || given->is_number();
    if (is_plain) normal.set(text, clear_text(*given));
  }
  return Value(std::move(normal));
}

// --- the wire

struct Place {
  std::string bucket;
  std::string key;
};

// Where an existing object is: as recorded, or as it is to be.
Place place_of(const ResourceRecord& record, const Value& desired) {
  const Value& inputs = record.inputs.at("key").is_null() ? desired : record.inputs;
  return {clear_text(inputs.at("bucket")), clear_text(inputs.at("key"))};
}

Call object_call(const ResourceRecord& record, std::string_view name, std::string_view method,
                 const Place& place) {
  Call call = reading(service::s3, std::string(name), Map(), record);
  call.input = Value();
  call.method = method;
  call.bucket = place.bucket;
  call.path = "/" + percent_encode(place.key, true);
  return call;
}

Call object_change(const Operation& operation, std::string_view name, std::string_view method,
                   const Place& place) {
  Call call = object_call(operation.prior, name, method, place);
  call.changes_something = true;
  call.report = operation.report;
  return call;
}

// HEAD has no body to say it in.
std::vector<std::string_view> gone_codes() {
  return {"404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion"};
}

std::string tags_header(const Map& tags) {
  std::string text;
  for (const auto& [key, value] : tags) {
    if (!text.empty()) text += '&';
    text += percent_encode(key) + "=" + percent_encode(clear_text(value));
  }
  return text;
}

std::string tags_document(const Map& tags) {
  std::string xml = "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>";
  for (const auto& [key, value] : tags) {
    xml += fmt::format("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escape_xml(key),
                       escape_xml(clear_text(value)));
  }
  return xml + "</TagSet></Tagging>";
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

Map outputs_of(const Client& client, const Place& place, const http::Headers& headers) {
  Map inputs;
  inputs.set("bucket", place.bucket);
  inputs.set("key", place.key);
  Map outputs = predict(client.placement(), {}, Value(std::move(inputs)));
  outputs.set("etag", unquoted(headers.get("ETag")));
  const std::string version = headers.get("x-amz-version-id");
  outputs.set("version_id", version == "null" ? std::string() : version);
  return outputs;
}

// The digest of what stands there: as S3 shows it, or, where it shows none, as recorded when the
// entity tag is still the one that S3 gave then.
Value digest_from(const http::Headers& headers, const ResourceRecord& record) {
  const std::string shown = headers.get("x-amz-checksum-sha256");
  if (!shown.empty()) return Value(shown);
  const std::string known = text_at(record.outputs, "etag");
  if (!known.empty() && known == unquoted(headers.get("ETag"))) {
    return record.inputs.at("content_sha256");
  }
  return Value("another content");
}

// S3 shows the key's ARN, also where an alias was given.
Value key_from(const http::Headers& headers, const Value& recorded) {
  const std::string shown = headers.get("x-amz-server-side-encryption-aws-kms-key-id");
  const std::string given = clear_text(recorded);
  if (shown.empty() || given.find(":key/") != std::string::npos) return Value(shown);
  return recorded;
}

struct Seen {
  http::Headers headers;
  Map tags;
};

Task<Result<std::optional<Seen>>> look(Client& client, ResourceRecord record, Place place) {
  std::vector<Call> calls;
  calls.push_back(object_call(record, "HeadObject", "HEAD", place));
  calls[0].headers.set("x-amz-checksum-mode", "ENABLED");
  calls.push_back(object_call(record, "GetObjectTagging", "GET", place));
  calls[1].query.emplace_back("tagging", "");
  for (Call& call : calls)
    call.tolerated = gone_codes();
  const std::vector<Result<Reply>> replies = co_await call_together(client, std::move(calls));
  for (const Result<Reply>& reply : replies) {
    if (!reply) co_return fail(reply.error());
    if (reply->is_tolerated_error()) co_return std::optional<Seen>();
  }
  Seen seen;
  seen.headers = replies[0]->headers;
  seen.tags = tags_from_list(replies[1]->list("TagSet.Tag"));
  co_return std::optional<Seen>(std::move(seen));
}

Task<Result<Observation>> read_at(Client& client, ResourceRecord record, Place place) {
  ResourceRecord copy = record;
  Place there = place;
  const Result<std::optional<Seen>> looked =
      co_await look(client, std::move(copy), std::move(there));
  if (!looked) co_return fail(looked.error());
  if (!*looked) co_return absent();
  const http::Headers& headers = (*looked)->headers;
  Observation observation;
  observation.exists = true;
  observation.outputs = outputs_of(client, place, headers);
  observation.inputs.set("bucket", place.bucket);
  observation.inputs.set("key", place.key);
  const std::string content_type = headers.get("Content-Type");
  if (!content_type.empty()) observation.inputs.set("content_type", content_type);
  const bool knows_record = record.inputs.is_map() && !record.inputs.as_map().empty();
  if (!knows_record || !record.inputs.at("content_sha256").is_null()) {
    observation.inputs.set("content_sha256", digest_from(headers, record));
  }
  const Value& key = record.inputs.at("kms_key");
  if (!knows_record || !clear_text(key).empty()) {
    observation.inputs.set("kms_key", key_from(headers, key));
  }
  observe_tags(client.placement(), record, (*looked)->tags, observation);
  co_return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  Place place = place_of(record, Value());
  Result<Observation> seen = co_await read_at(client, std::move(record), std::move(place));
  co_return seen;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  Place place = place_of(record, operation.desired);
  Result<Observation> seen = co_await read_at(client, std::move(record), std::move(place));
  co_return seen;
}

Result<std::string> content_of(const Operation& operation) {
  const Value& content = operation.desired.at("content");
  if (!content.is_null()) return clear_text(content);
  Result<std::string> bytes =
      read_file(path_in(operation.base_folder, clear_text(operation.desired.at("file"))));
  if (!bytes) return bytes;
  const Value& planned = operation.desired.at("content_sha256");
  if (planned.is_string() && planned.as_string() != base64(sha256(*bytes))) {
    return fail(ErrorKind::invalid_input,
                fmt::format("the file {} has changed since it was planned",
                            clear_text(operation.desired.at("file"))),
                "its digest is not the one in the plan", "plan again, then apply");
  }
  return bytes;
}

Result<Call> put_call(const Operation& operation, const Place& place, const Map& tags) {
  Result<std::string> content = content_of(operation);
  if (!content) return fail(content.error());
  const Value& desired = operation.desired;
  Call call = object_change(operation, "PutObject", "PUT", place);
  call.headers.set("Content-Type", desired.string_or("content_type", "binary/octet-stream"));
  call.headers.set("x-amz-checksum-sha256", base64(sha256(*content)));
  call.headers.set("x-amz-tagging", tags_header(tags));
  const std::string key = clear_text(desired.at("kms_key"));
  if (!key.empty()) {
    call.headers.set("x-amz-server-side-encryption", "aws:kms");
    call.headers.set("x-amz-server-side-encryption-aws-kms-key-id", key);
  }
  call.body = std::move(*content);
  return call;
}

// What others put on the object stays: both ways of writing tags replace all of them.
Map merged_tags(const Operation& operation, const Map& shown) {
  const TagChange change = wanted_tag_change(operation);
  Map tags = shown;
  for (const auto& [key, value] : wanted_tags(operation))
    tags.set(key, value);
  for (const std::string& key : change.removed)
    tags.erase(key);
  return tags;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Place place = place_of(operation.prior, operation.desired);
  ResourceRecord record = operation.prior;
  Place there = place;
  const Result<std::optional<Seen>> looked =
      co_await look(client, std::move(record), std::move(there));
  if (!looked) co_return fail(looked.error());
  const Map tags = merged_tags(operation, *looked ? (*looked)->tags : Map());
  bool is_put = !*looked;
  for (const std::string& input : split(content_inputs, ','))
    is_put = is_put || is_changed(operation, input);
  Applied applied;
  if (*looked) applied.outputs = outputs_of(client, place, (*looked)->headers);
  if (is_put) {
    Result<Call> call = put_call(operation, place, tags);
    if (!call) co_return fail(call.error());
    const Result<Reply> put = co_await client.call(std::move(*call));
    if (!put) co_return fail(put.error());
    applied.outputs = outputs_of(client, place, put->headers);
  } else if (is_changed(operation, "tags")) {
    Call call = object_change(operation, "PutObjectTagging", "PUT", place);
    call.query.emplace_back("tagging", "");
    call.body = tags_document(tags);
    const Result<Reply> put = co_await client.call(std::move(call));
    if (!put) co_return fail(put.error());
  }
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Place place = place_of(operation.prior, operation.desired);
  Result<Call> call = put_call(operation, place, wanted_tags(operation));
  if (!call) co_return fail(call.error());
  // PutObject would write over an object of the same key without a word.
  call->headers.set("If-None-Match", "*");
  call->tolerated.emplace_back("PreconditionFailed");
  const Result<Reply> created = co_await client.call(std::move(*call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    const Result<Observation> found = co_await find_after_crash(client, operation);
    if (!found) co_return fail(found.error());
    Operation named = operation;
    named.prior.name = "s3://" + place.bucket + "/" + place.key;
    const Status ours = claim_existing(*found, named, "S3 object", "s3:PutObject", *created);
    if (!ours) co_return fail(ours.error());
    Operation again = update_of_found(operation, *found);
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  Applied applied;
  applied.outputs = outputs_of(client, place, created->headers);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const Place place = place_of(operation.prior, Value());
  Call call = object_change(operation, "DeleteObject", "DELETE", place);
  call.tolerated = gone_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

constexpr std::array<std::string_view, 2> import_inputs{"bucket", "key"};

const ResourceType type{
    .name = "aws.s3_object",
    .summary = "An object in an S3 bucket, from a text or a file.",
    .doc =
        "For what belongs to a stack: a seed, a script, a setting. firn compares the SHA-256 that "
        "S3 keeps of the content, and sends nothing that is there already; an imported object of "
        "which S3 keeps none is sent anew. Its marks are three of the ten tags that an object can "
        "have.\n\n"
        "In a bucket that keeps versions a destroy leaves the older ones behind a delete marker.",
    .example =
        "  type: aws.s3_object\n"
        "  bucket: ${data}\n"
        "  key: seeds/customers.csv\n"
        "  file: seeds/customers.csv\n"
        "  content_type: text/csv\n",
    .attributes = attributes,
    .taggable = true,
    .import_by = import_inputs,
    .predict = predict,
    .prepare = prepare,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType s3_object{.type = &type,
                        .read = read,
                        .create = create,
                        .update = update,
                        .remove = remove,
                        .find_after_crash = find_after_crash};

}  // namespace firn::aws
