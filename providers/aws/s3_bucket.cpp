// aws.s3_bucket: a bucket with its configuration, its policy and its tags.
//
// Source of facts: Amazon S3 API Reference and User Guide ("Bucket naming rules", "Deleting a
// bucket", "Blocking public access").
#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <set>

#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/s3_bucket_parts.h"
#include "providers/aws/s3_bucket_policy.h"
#include "providers/aws/s3_bucket_table.h"
#include "providers/aws/s3_empty.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

// After this many rounds somebody writes into the bucket faster than it can be emptied.
constexpr int most_rounds_of_emptying = 5;

// --- pure functions
// -------------------------------------------------------------------------------

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", bucket_arn(placement, name));
  outputs.set("domain_name",
              fmt::format("{}.s3.{}.{}", name, placement.region, dns_suffix(placement.partition)));
  outputs.set("region", placement.region);
  return outputs;
}

// `tls_only` is firn's own default, not S3's, so it is always written out.
Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  for (const BucketPart& part : bucket_parts()) {
    const Value* given = normal.find(part.attribute);
    if (given == nullptr || given->is_unknown()) continue;
    Value canonical = part.normalize(*given);
    normal.set(part.attribute, std::move(canonical));
  }
  if (const Value* statements = normal.find("statements")) {
    Value canonical = normalize_statements(*statements);
    normal.set("statements", std::move(canonical));
  }
  const Value* tls_only = normal.find("tls_only");
  if (tls_only == nullptr || tls_only->is_null()) normal.set("tls_only", true);
  return Value(std::move(normal));
}

void check_name(const std::string& name, std::vector<Problem>& problems) {
  constexpr std::array<std::string_view, 4> reserved_ends = {"-s3alias", "--ol-s3", "--x-s3",
                                                             "--table-s3"};
  constexpr std::array<std::string_view, 3> reserved_starts = {"xn--", "sthree-", "amzn-s3-demo-"};
  const auto refuse = [&](std::string why) {
    problems.push_back({"name", fmt::format("\"{}\" is not a bucket name", name), std::move(why),
                        "give the bucket another `name`"});
  };
  const auto is_end = [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0 || (c >= 'a' && c <= 'z');
  };
  if (name.empty()) return;
  if (name.size() < 3 || name.size() > 63) {
    refuse(fmt::format("it has {} characters; 3 to 63 are allowed", name.size()));
  } else if (!is_end(name.front()) || !is_end(name.back())) {
    refuse("it must begin and end with a lower-case letter or a digit");
  } else if (name.find("..") != std::string::npos) {
    refuse("two dots may not follow each other");
  }
  const std::vector<std::string> parts = split(name, '.');
  const bool is_address = parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](auto& p) {
                            return !p.empty() && p.size() <= 3 &&
                                   p.find_first_not_of("0123456789") == std::string::npos;
                          });
  if (is_address) refuse("it looks like an IP address");
  for (const std::string_view start : reserved_starts) {
    if (name.starts_with(start))
      refuse(fmt::format("AWS reserves names that begin with {}", start));
  }
  for (const std::string_view end : reserved_ends) {
    if (name.ends_with(end)) refuse(fmt::format("AWS reserves names that end with {}", end));
  }
}

void check_lifecycle(const Value& rules, std::vector<Problem>& problems) {
  std::set<std::string> ids;
  std::size_t index = 0;
  for (const Value& rule : list_of(rules)) {
    const std::string path = fmt::format("lifecycle.{}", index++);
    const std::string id = rule.string_or("id", "");
    if (!id.empty() && !ids.insert(id).second) {
      problems.push_back({path + ".id", fmt::format("two lifecycle rules are called \"{}\"", id),
                          "S3 refuses the whole list", "give one of them another id"});
    }
    const bool does_something = !rule.at("expiration_days").is_null() ||
                                !rule.at("noncurrent_expiration_days").is_null() ||
                                !rule.at("abort_incomplete_upload_days").is_null() ||
                                !list_of(rule.at("transitions")).empty();
    if (rule.is_map() && !does_something) {
      problems.push_back({path, "the lifecycle rule does nothing",
                          "S3 refuses a rule without action",
                          "add expiration_days, transitions or abort_incomplete_upload_days"});
    }
    std::size_t number = 0;
    for (const Value& transition : list_of(rule.at("transitions"))) {
      const std::string storage = transition.string_or("storage_class", "");
      const std::int64_t days = transition.int_or("days", 30);
      if (storage.ends_with("_IA") && days < 30) {
        problems.push_back({fmt::format("{}.transitions.{}.days", path, number),
                            fmt::format("objects cannot move to {} after {} days", storage, days),
                            "S3 wants them to be at least 30 days old", "write 30 or more"});
      }
      ++number;
    }
  }
}

void validate(const Placement& placement, const std::string& name, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(name, problems);
  check_lifecycle(inputs.at("lifecycle"), problems);
  const Value& encryption = inputs.at("encryption");
  if (encryption.string_or("type", "") == "sse_s3" && !encryption.at("kms_key").is_null()) {
    problems.push_back({"encryption.kms_key", "a KMS key is given, but the type is sse_s3",
                        "S3 refuses a key beside its own encryption",
                        "write type: sse_kms, or remove kms_key"});
  }
  if (encryption.string_or("type", "") == "sse_s3" && encryption.bool_or("bucket_key", false)) {
    problems.push_back({"encryption.bucket_key", "bucket_key is on, but the type is sse_s3",
                        "a bucket key only exists with KMS", "write type: sse_kms, or remove it"});
  }
  if (!name.empty() && inputs.at("logging").string_or("bucket", "") == name) {
    problems.push_back({"logging.bucket", "the bucket logs into itself",
                        "each log that is delivered would be logged again", "name another bucket"});
  }
  const Value complete(complete_statements(placement, name, inputs.at("statements")));
  check_statements(complete, PolicyUse::resource, "statements", problems);
}

// --- calls
// ----------------------------------------------------------------------------------------

Call bucket_call(const ResourceRecord& record, std::string_view operation,
                 std::string_view subresource) {
  Call call;
  call.service = &service::s3;
  call.operation = std::string(operation);
  call.bucket = record.name;
  call.address = record.address;
  if (!subresource.empty()) call.query.emplace_back(std::string(subresource), "");
  return call;
}

Call bucket_change(const Operation& operation, std::string_view name, std::string_view method,
                   std::string_view subresource, std::string body) {
  Call call = bucket_call(operation.prior, name, subresource);
  call.method = std::string(method);
  call.body = std::move(body);
  call.changes_something = true;
  call.report = operation.report;
  return call;
}

Call part_call(const Operation& operation, const BucketPart& part, const Value& value) {
  std::string document = part.to_xml(value);
  if (document.empty()) {
    return bucket_change(operation, part.delete_operation, "DELETE", part.subresource, "");
  }
  return bucket_change(operation, part.put_operation, "PUT", part.subresource, std::move(document));
}

Call tagging_call(const Operation& operation, const Map& tags) {
  return bucket_change(operation, "PutBucketTagging", "PUT", "tagging",
                       "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>" +
                           tag_elements(tags) + "</TagSet></Tagging>");
}

Call policy_call(const Operation& operation, const Value& document) {
  if (document.is_null()) {
    return bucket_change(operation, "DeleteBucketPolicy", "DELETE", "policy", "");
  }
  Call call = bucket_change(operation, "PutBucketPolicy", "PUT", "policy", to_text(document));
  call.headers.set("Content-Type", "application/json");
  call.wait_while.push_back({"MalformedPolicy", "Invalid principal in policy",
                             "S3 knows the principals that the bucket policy names"});
  return call;
}

BucketPolicyParts wanted_policy(const Value& desired) {
  BucketPolicyParts parts;
  parts.tls_only = desired.bool_or("tls_only", true);
  parts.log_sources = Value(list_of(desired.at("log_sources")));
  parts.statements = normalize_statements(desired.at("statements"));
  return parts;
}

// --- reading
// --------------------------------------------------------------------------------------

bool is_gone(const Result<Reply>& reply) {
  return reply && reply->code == "NoSuchBucket";
}

void observe_policy(const Client& client, const ResourceRecord& record, const Reply& reply,
                    bool is_import, Observation& observation) {
  const Value document = reply.is_tolerated_error() ? Value() : Value(reply.body);
  BucketPolicyParts parts = read_bucket_policy(client.placement(), record.name, document);
  // A Resource can be written out or left out: while both mean the same, it is shown as recorded.
  const auto meaning = [&](const Value& statements) {
    return normalize_statements(complete_statements(client.placement(), record.name, statements));
  };
  const Value recorded = normalize_statements(record.inputs.at("statements"));
  if (meaning(recorded) == meaning(parts.statements)) parts.statements = recorded;
  observation.inputs.set("tls_only", parts.tls_only);
  const auto show = [&](std::string_view attribute, const Value& value) {
    const bool is_managed = !record.inputs.at(attribute).is_null();
    if (is_managed || (is_import && !value.as_list().empty())) {
      observation.inputs.set(attribute, value);
    }
  };
  show("log_sources", parts.log_sources);
  show("statements", parts.statements);
}

// One GET for tags, one for the policy, one for each part that is managed. Any of them tells when
// the bucket is gone, so its existence costs no call of its own.
Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  const bool is_import = !record.inputs.is_map() || record.inputs.as_map().empty();
  std::vector<const BucketPart*> managed;
  for (const BucketPart& part : bucket_parts()) {
    if (is_import || !record.inputs.at(part.attribute).is_null()) managed.push_back(&part);
  }
  std::vector<Call> calls;
  calls.push_back(bucket_call(record, "GetBucketPolicy", "policy"));
  calls.back().tolerated = {"NoSuchBucket", "NoSuchBucketPolicy"};
  for (const BucketPart* part : managed) {
    calls.push_back(bucket_call(record, part->get_operation, part->subresource));
    calls.back().tolerated = {"NoSuchBucket"};
    if (!part->absent_code.empty()) calls.back().tolerated.push_back(part->absent_code);
  }
  TagQuestion question{
      .call = bucket_call(record, "GetBucketTagging", "tagging"),
      .tags_in = [](const Reply& reply) { return tags_from_list(reply.list("TagSet.Tag")); },
      .untagged_code = "NoSuchTagSet"};
  question.call.tolerated = {"NoSuchBucket", "NoSuchTagSet"};
  const TaggedLook look =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const std::vector<Result<Reply>>& replies = look.replies;
  if (std::any_of(replies.begin(), replies.end(), is_gone)) co_return absent();
  const auto explained = [&client](Error error) {
    if (error.kind == ErrorKind::denied) {
      error.remedy += fmt::format(
          "; if the bucket was deleted outside firn, its name may since belong to another account "
          "than {}",
          client.account());
    }
    return error;
  };
  for (const Result<Reply>& reply : replies) {
    if (!reply) co_return fail(explained(reply.error()));
  }
  if (!look.tags) co_return fail(explained(look.tags.error()));
  if (!*look.tags) co_return absent();

  Observation observation;
  observation.exists = true;
  observation.outputs = predict(client.placement(), record.name, {});
  observe_tags(client.placement(), record, **look.tags, observation);
  observe_policy(client, record, *replies[0], is_import, observation);
  for (std::size_t i = 0; i < managed.size(); ++i) {
    Value shown = managed[i]->from_reply(*replies[i + 1]);
    observation.inputs.set(managed[i]->attribute, std::move(shown));
  }
  co_return observation;
}

// --- changing
// -------------------------------------------------------------------------------------

// A public policy is refused while block_public_policy is on: open before it, close after it.
Task<Status> put_together(Client& client, std::vector<Call> calls, std::optional<Call> block,
                          std::optional<Call> policy, bool opens) {
  std::optional<Call> last;
  if (block && policy) {
    calls.push_back(opens ? std::move(*block) : std::move(*policy));
    last = opens ? std::move(*policy) : std::move(*block);
  } else if (block || policy) {
    calls.push_back(block ? std::move(*block) : std::move(*policy));
  }
  const Status first = co_await call_all(client, std::move(calls));
  if (!first) co_return fail(first.error());
  if (!last) co_return Ok{};
  const Result<Reply> second = co_await client.call(std::move(*last));
  if (!second) co_return fail(second.error());
  co_return Ok{};
}

// Tags that others put on the bucket are kept: PutBucketTagging replaces the whole set.
Task<Result<Map>> merged_tags(Client& client, const Operation& operation) {
  Call call = bucket_call(operation.prior, "GetBucketTagging", "tagging");
  call.tolerated = {"NoSuchTagSet"};
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  Map all = tags_from_list(reply->list("TagSet.Tag"));
  const TagChange change = wanted_tag_change(operation);
  for (const std::string& key : change.removed)
    all.erase(key);
  const Map wanted = wanted_tags(operation);
  for (const auto& [key, value] : wanted)
    all.set(key, value);
  co_return all;
}

// What the author leaves to others in the policy is kept.
Task<Result<BucketPolicyParts>> merged_policy(Client& client, const Operation& operation,
                                              Value desired) {
  BucketPolicyParts wanted = wanted_policy(desired);
  const auto is_managed = [&](std::string_view attribute) {
    return !desired.at(attribute).is_null() || !operation.prior.inputs.at(attribute).is_null();
  };
  if (is_managed("statements") && is_managed("log_sources")) co_return wanted;
  Call call = bucket_call(operation.prior, "GetBucketPolicy", "policy");
  call.tolerated = {"NoSuchBucketPolicy"};
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return wanted;
  const BucketPolicyParts present =
      read_bucket_policy(client.placement(), operation.prior.name, Value(reply->body));
  if (!is_managed("statements")) wanted.statements = present.statements;
  if (!is_managed("log_sources")) wanted.log_sources = present.log_sources;
  co_return wanted;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  std::vector<Call> calls;
  std::optional<Call> block;
  for (const BucketPart& part : bucket_parts()) {
    if (!is_changed(operation, part.attribute)) continue;
    Call call = part_call(operation, part, desired.at(part.attribute));
    if (part.attribute == "public_access_block") {
      block = std::move(call);
    } else {
      calls.push_back(std::move(call));
    }
  }
  if (is_changed(operation, "tags")) {
    const Result<Map> tags = co_await merged_tags(client, operation);
    if (!tags) co_return fail(tags.error());
    calls.push_back(tagging_call(operation, *tags));
  }
  std::optional<Call> policy;
  if (is_changed(operation, "tls_only") || is_changed(operation, "log_sources") ||
      is_changed(operation, "statements")) {
    const Result<BucketPolicyParts> parts = co_await merged_policy(client, operation, desired);
    if (!parts) co_return fail(parts.error());
    const Value document = make_bucket_policy(client.placement(), operation.prior.name, *parts);
    policy = policy_call(operation, document);
  }
  const bool opens = !desired.at("public_access_block").bool_or("block_public_policy", true);
  const Status done =
      co_await put_together(client, std::move(calls), std::move(block), std::move(policy), opens);
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  co_return applied;
}

// A bucket that stands already is brought up to date when it is ours, and left alone otherwise.
Task<Result<Applied>> take_over(Client& client, Operation& operation, Reply refusal) {
  ResourceRecord record = operation.prior;
  record.inputs = operation.desired;
  const Result<Observation> found = co_await read(client, std::move(record));
  if (!found) co_return fail(found.error());
  const Status ours = claim_existing(*found, operation, "bucket", "s3:CreateBucket", refusal);
  if (!ours) co_return fail(ours.error());
  Operation again = update_of_found(operation, *found);
  // What never had versions is not suspended.
  const bool has_versions = Value(found->inputs).bool_or("versioning", false);
  if (!has_versions && !operation.desired.bool_or("versioning", false)) {
    std::erase(again.changed, "versioning");
  }
  again.changed.emplace_back("tags");
  again.changed.emplace_back("tls_only");
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

std::string create_document(const std::string& region, const Map& tags) {
  std::string content;
  // us-east-1 is the one region that must not be named.
  if (region != "us-east-1") {
    content += fmt::format("<LocationConstraint>{}</LocationConstraint>", region);
  }
  content += "<Tags>" + tag_elements(tags) + "</Tags>";
  return "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content +
         "</CreateBucketConfiguration>";
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const Map tags = wanted_tags(operation);
  if (client.region() == "us-east-1") {
    // There, creating a bucket that one owns succeeds and resets its access list: look first.
    Call head = bucket_call(operation.prior, "HeadBucket", "");
    head.method = "HEAD";
    head.tolerated = {"404", "403", "NoSuchBucket"};
    const Result<Reply> found = co_await client.call(std::move(head));
    if (!found) co_return fail(found.error());
    if (!found->is_tolerated_error()) {
      Reply refusal;
      refusal.code = "BucketAlreadyOwnedByYou";
      Result<Applied> taken = co_await take_over(client, operation, std::move(refusal));
      co_return taken;
    }
  }
  // With the tags inside, no moment passes in which the bucket is there and not marked as ours.
  Call call =
      bucket_change(operation, "CreateBucket", "PUT", "", create_document(client.region(), tags));
  call.tolerated = {"BucketAlreadyOwnedByYou"};
  Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    Result<Applied> taken = co_await take_over(client, operation, std::move(*created));
    co_return taken;
  }
  Map outputs = predict(client.placement(), operation.prior.name, desired);
  const Status recorded = co_await note_identity(operation, outputs);
  if (!recorded) co_return fail(recorded.error());

  std::vector<Call> calls;
  // Stores other than Amazon's ignore the tags inside CreateBucket.
  calls.push_back(tagging_call(operation, tags));
  std::optional<Call> block;
  for (const BucketPart& part : bucket_parts()) {
    const Value& value = desired.at(part.attribute);
    if (value.is_null()) continue;
    if (part.attribute == "versioning" && !value.as_bool()) continue;  // never suspend a fresh one
    if (part.attribute == "lifecycle" && list_of(value).empty()) continue;
    Call put = part_call(operation, part, value);
    if (part.attribute == "public_access_block") {
      block = std::move(put);
    } else {
      calls.push_back(std::move(put));
    }
  }
  const BucketPolicyParts parts = wanted_policy(desired);
  const Value document = make_bucket_policy(client.placement(), operation.prior.name, parts);
  std::optional<Call> policy;
  if (!document.is_null()) policy = policy_call(operation, document);
  const bool opens = !desired.at("public_access_block").bool_or("block_public_policy", true);
  if (!opens && block) calls.push_back(std::move(*std::exchange(block, std::nullopt)));
  const Status done =
      co_await put_together(client, std::move(calls), std::move(block), std::move(policy), opens);
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = std::move(outputs);
  co_return applied;
}

// --- removing
// -------------------------------------------------------------------------------------

Task<Error> not_empty_error(Client& client, const Operation& operation, Error refusal) {
  const std::string& name = operation.prior.name;
  Error error = std::move(refusal);
  error.summary = fmt::format("the bucket {} is not empty, so it is kept", name);
  std::string bucket = name;
  const Result<std::vector<std::string>> keys =
      co_await some_keys(client, operation, std::move(bucket), 5);
  if (keys && !keys->empty()) error.detail = "it holds, among others: " + join(*keys, ", ");
  error.remedy =
      "to delete the bucket with all its objects, set `force_destroy: true` on it, apply, and "
      "destroy again; or empty it yourself";
  co_return error;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const bool may_empty = operation.prior.inputs.bool_or("force_destroy", false);
  for (int round = 0;; ++round) {
    Call call = bucket_change(operation, "DeleteBucket", "DELETE", "", "");
    call.tolerated = {"NoSuchBucket"};
    const Result<Reply> deleted = co_await client.call(std::move(call));
    if (deleted) co_return Removed{};
    Error refusal = deleted.error();
    if (refusal.code != "BucketNotEmpty") co_return Failure(std::move(refusal));
    if (!may_empty) {
      Error error = co_await not_empty_error(client, operation, std::move(refusal));
      co_return Failure(std::move(error));
    }
    if (round == most_rounds_of_emptying) {
      refusal.summary =
          fmt::format("the bucket {} fills faster than it can be emptied", operation.prior.name);
      refusal.remedy = "stop whatever writes into it, then run the same command";
      co_return Failure(std::move(refusal));
    }
    std::string bucket = operation.prior.name;
    const Status emptied = co_await empty_bucket(client, operation, std::move(bucket));
    if (!emptied) co_return fail(emptied.error());
  }
}

const ResourceType type{
    .name = "aws.s3_bucket",
    .summary = "An S3 bucket with its configuration, policy and tags.",
    .doc =
        "Every bucket denies requests without TLS unless `tls_only: false` is written. Public "
        "access stays blocked and access lists stay off, as S3 sets up every new bucket.\n\n"
        "A part of the configuration that the resource never mentions is left to others.",
    .example =
        "  type: aws.s3_bucket\n"
        "  versioning: true\n"
        "  encryption: { type: sse_s3 }\n"
        "  lifecycle:\n"
        "    - { prefix: raw/, expiration_days: 7 }\n",
    .attributes = s3_bucket_table::attributes,
    .name_rule = {.form = NameForm::s3_bucket,
                  .length_max = 63,
                  .extra_characters = "-.",
                  .lower_case_only = true},
    .holds_data = true,
    .data_loss = "all objects in the bucket",
    .taggable = true,
    .scope = "s3_bucket",
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType s3_bucket{.type = &type,
                        .read = read_alone<read>,
                        .read_shared = read,
                        .create = create,
                        .update = update,
                        .remove = remove};

}  // namespace firn::aws
