// aws.iam_access_key: a long-lived key of an IAM user, which goes straight into a secret.
//
// IAM tells the secret part once, in the answer that makes the key. The next call puts it into
// Secrets Manager; it is in no state, plan or log. The version that holds it is named after the
// key's id, so that anybody who may describe the secret sees which key is in it.
//
// Source of facts: AWS IAM API Reference (CreateAccessKey, UpdateAccessKey, DeleteAccessKey,
// ListAccessKeys, GetAccessKeyLastUsed), AWS Secrets Manager API Reference (PutSecretValue).
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/credential_sources.h"
#include "providers/aws/reply.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/secret_version.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 2> kStates{"Active", "Inactive"};

constexpr std::array kAttributes{
    Attribute{.name = "access_key_id",
              .doc = "The public part of the key. The secret part is in the secret only.",
              .computed = true},
    Attribute{.name = "rotation",
              .kind = AttributeKind::integer,
              .doc = "A counter. When it changes, a new key is made and put into the secret, and "
                     "then the old one is deleted.",
              .write_only = true,
              .default_json = "0",
              .example = "1",
              .minimum = 0},
    Attribute{.name = "secret",
              .doc = "The secret that takes the key, by ARN; it has no `value` of its own. It then "
                     "holds the JSON document that AWS's tools take from a credential_process.",
              .required = true,
              .takes = "arn",
              .example = "${collector_key}"},
    Attribute{.name = "status",
              .doc = "Whether AWS takes requests that are signed with the key.",
              .default_json = "\"Active\"",
              .allowed = kStates},
    Attribute{.name = "user",
              .doc = "The IAM user, by name.",
              .required = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "name",
              .example = "${collector}"},
};

constexpr std::size_t kLongestToken = 64;

// --- pure

void validate_together(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const Value& user = peers[i].inputs->at("user");
    if (!user.is_string()) continue;
    for (std::size_t j = 0; j < i; ++j) {
      if (peers[j].inputs->at("user") != user) continue;
      PeerProblem problem;
      problem.peer = i;
      problem.problem = {"user",
                         fmt::format("\"{}\" makes a key for the user {} as well", peers[j].address,
                                     user.as_string()),
                         "a user has two keys at most, and the second place is needed while a key "
                         "is rotated",
                         "give each key a user of its own"};
      problems.push_back(std::move(problem));
      break;
    }
  }
}

// --- what the clouds show

// The id of the version that holds the key: 32 to 64 characters.
std::string version_of(const std::string& key_id, const std::string& token) {
  std::string version = key_id.substr(0, 24) + "-" + token;
  version.resize(std::min(version.size(), kLongestToken));
  return version;
}

bool holds(const ShownSecret& shown, const std::string& key_id) {
  return shown.current_version().starts_with(key_id.substr(0, 24) + "-");
}

Call list_call(const ResourceRecord& record, const std::string& user) {
  Map input;
  input.set("UserName", user);
  Call call = reading(service::iam, "ListAccessKeys", std::move(input), record);
  call.tolerated = missing_codes();
  return call;
}

Task<Result<ShownSecret>> fresh_secret(Client& client, const ResourceRecord& record,
                                       std::string id) {
  ShownSecret none;
  if (id.empty()) co_return none;
  Result<ShownSecret> shown = co_await describe_secret(client, record, std::move(id));
  co_return shown;
}

// The user's key that the secret holds now; empty when that is none of them. With `token`, only one
// that the operation with that token has put there.
Task<Result<std::string>> held_key(Client& client, const Operation& operation, std::string token) {
  const ResourceRecord& record = operation.prior;
  std::string id = clear_text(operation.desired.at("secret"));
  const Result<ShownSecret> shown = co_await fresh_secret(client, record, std::move(id));
  if (!shown) co_return fail(shown.error());
  Call list = list_call(record, clear_text(operation.desired.at("user")));
  const Result<Reply> keys = co_await client.call(std::move(list));
  if (!keys) co_return fail(keys.error());
  for (const Value& key : keys->list("AccessKeyMetadata")) {
    const std::string key_id = text_at(key, "AccessKeyId");
    const bool is_it = token.empty() ? holds(*shown, key_id)
                                     : shown->current_version() == version_of(key_id, token);
    if (is_it) co_return key_id;
  }
  co_return std::string();
}

// --- calls

Call key_call(const Operation& operation, std::string name, const std::string& user,
              const std::string& key_id) {
  Map input;
  input.set("UserName", user);
  if (!key_id.empty()) input.set("AccessKeyId", key_id);
  return changing(service::iam, std::move(name), std::move(input), operation);
}

Call delete_call(const Operation& operation, const std::string& user, const std::string& key_id) {
  Call call = key_call(operation, "DeleteAccessKey", user, key_id);
  call.tolerated = missing_codes();
  return call;
}

Map outputs_of(const std::string& key_id) {
  Map outputs;
  outputs.set("access_key_id", key_id);
  return outputs;
}

// The user's keys that are neither `kept` nor in the secret and that nobody ever used: what an
// interrupted run has left, for nobody can know their secret part. With `since`, only those that
// are not older.
Task<Result<std::vector<std::string>>> remains(Client& client, const Operation& operation,
                                               std::string user, std::string kept,
                                               std::optional<Instant> since = std::nullopt) {
  const ResourceRecord& record = operation.prior;
  Call list = list_call(record, user);
  const Result<Reply> keys = co_await client.call(std::move(list));
  if (!keys) co_return fail(keys.error());
  std::string id = clear_text(operation.desired.at("secret"));
  const Result<ShownSecret> shown = co_await fresh_secret(client, record, std::move(id));
  if (!shown) co_return fail(shown.error());
  std::vector<std::string> left;
  for (const Value& key : keys->list("AccessKeyMetadata")) {
    const std::string key_id = text_at(key, "AccessKeyId");
    if (key_id == kept || holds(*shown, key_id)) continue;
    const std::optional<Instant> made = parse_iso_time(text_at(key, "CreateDate"));
    if (since && (!made || *made < *since)) continue;
    Map input;
    input.set("AccessKeyId", key_id);
    Call ask = reading(service::iam, "GetAccessKeyLastUsed", std::move(input), record);
    const Result<Reply> used = co_await client.call(std::move(ask));
    if (!used) co_return fail(used.error());
    // "N/A" stands for the service of a key that was never used.
    const std::string service = used->text("AccessKeyLastUsed.ServiceName");
    const bool is_used = !used->text("AccessKeyLastUsed.LastUsedDate").empty() ||
                         (!service.empty() && service != "N/A");
    if (!is_used) left.push_back(key_id);
  }
  co_return left;
}

Task<Result<Reply>> create_key(Client& client, const Operation& operation, std::string user,
                               bool tolerates_limit) {
  Call call = key_call(operation, "CreateAccessKey", user, "");
  call.is_repeatable = false;
  Propagation seen;
  seen.code = "NoSuchEntity";
  seen.fragment = "The user with name";
  seen.what = "IAM shows the new user everywhere";
  call.wait_while.push_back(seen);
  if (tolerates_limit) call.tolerated.emplace_back("LimitExceeded");
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

Error both_places_taken(const Operation& operation, const std::string& user) {
  Error error;
  error.kind = ErrorKind::conflict;
  error.summary = fmt::format("the user {} has two access keys already", user);
  error.detail = "IAM allows no third one, and the keys that firn did not make are in use";
  error.remedy = "delete the one that is needed no more, and run the command again";
  error.operation = "iam:CreateAccessKey";
  error.code = "LimitExceeded";
  error.address = operation.prior.address;
  return error;
}

Task<Status> delete_keys(Client& client, const Operation& operation, std::string user,
                         std::vector<std::string> key_ids, std::string_view why) {
  for (const std::string& key_id : key_ids) {
    if (operation.report) operation.report(fmt::format("deleting {}, {}", key_id, why));
    Call call = delete_call(operation, user, key_id);
    const Result<Reply> deleted = co_await client.call(std::move(call));
    if (!deleted) co_return fail(deleted.error());
  }
  co_return Ok{};
}

Task<Result<bool>> find_remains(Client* client, const Operation* operation, std::string user,
                                std::string kept, Instant since, std::vector<std::string>* left) {
  Result<std::vector<std::string>> found =
      co_await remains(*client, *operation, std::move(user), std::move(kept), since);
  if (!found) co_return fail(found.error());
  *left = std::move(*found);
  co_return !left->empty();
}

// A key whose answer was lost is of no use, since nobody will ever know its secret part: it goes,
// and another one is made.
Task<Result<Reply>> create_known_key(Client& client, const Operation& operation, std::string user,
                                     std::string kept, bool tolerates_limit) {
  for (int round = 1;; ++round) {
    // Their clock and ours may differ by as much, or the call would have been refused.
    const Instant since = client.scheduler().now() - std::chrono::minutes(5);
    std::string name = user;
    Result<Reply> made = co_await create_key(client, operation, std::move(name), tolerates_limit);
    if (made || !made.error().may_have_been_applied) co_return made;
    std::vector<std::string> left;
    std::function<Task<Result<bool>>()> look = [&client, &operation, &user, &kept, since, &left] {
      return find_remains(&client, &operation, user, kept, since, &left);
    };
    const Result<bool> there = co_await took_effect(client, std::move(look));
    if (!there) co_return made;
    std::string owner = user;
    const Status cleared = co_await delete_keys(client, operation, std::move(owner),
                                                std::move(left), "whose secret part was lost");
    if (!cleared || round == most_rounds_of_one_call) co_return made;
  }
}

// Makes a key. When both places are taken, what an interrupted run has left makes room.
Task<Result<Reply>> new_key(Client& client, const Operation& operation, std::string user,
                            std::string kept) {
  std::string name = user;
  std::string in_force = kept;
  Result<Reply> made =
      co_await create_known_key(client, operation, std::move(name), std::move(in_force), true);
  if (!made || made->code != "LimitExceeded") co_return made;
  std::string owner = user;
  in_force = kept;
  const Result<std::vector<std::string>> left =
      co_await remains(client, operation, std::move(owner), std::move(in_force));
  if (!left) co_return fail(left.error());
  if (left->empty()) co_return fail(both_places_taken(operation, user));
  owner = user;
  std::vector<std::string> ids = *left;
  const Status cleared = co_await delete_keys(client, operation, std::move(owner), std::move(ids),
                                              "which an interrupted run has left");
  if (!cleared) co_return fail(cleared.error());
  made = co_await create_known_key(client, operation, std::move(user), std::move(kept), false);
  co_return made;
}

// What AWS's tools read from a credential_process.
// Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
std::string credentials_document(const std::string& key_id, const std::string& secret_key) {
  Map document;
  document.set("Version", 1);
  document.set("AccessKeyId", key_id);
  document.set("SecretAccessKey", secret_key);
  return to_json(Value(std::move(document)));
}

// Makes a key and puts it into the secret; answers its id. `kept` is the key that is in force.
Task<Result<std::string>> make_and_store(Client& client, const Operation& operation,
                                         std::string kept) {
  const std::string user = clear_text(operation.desired.at("user"));
  const std::string secret_id = clear_text(operation.desired.at("secret"));
  std::string name = user;
  const Result<Reply> made = co_await new_key(client, operation, std::move(name), std::move(kept));
  if (!made) co_return fail(made.error());
  const std::string key_id = made->text("AccessKey.AccessKeyId");
  const std::string secret_key = made->text("AccessKey.SecretAccessKey");
  const Status recorded = co_await note_identity(operation, outputs_of(key_id));
  if (!recorded) co_return fail(recorded.error());
  Call store = put_secret_value(operation, secret_id, credentials_document(key_id, secret_key),
                                version_of(key_id, operation.idempotency_token));
  store.secrets.push_back(secret_key);
  const Result<Reply> stored = co_await client.call(std::move(store));
  if (!stored) {
    // Nobody will ever know this key. When it cannot be deleted now, the next run sees that the
    // secret does not hold it, and makes another one.
    Call call = delete_call(operation, user, key_id);
    const Result<Reply> deleted = co_await client.call(std::move(call));
    static_cast<void>(deleted);
    co_return fail(stored.error());
  }
  co_return key_id;
}

Call status_call(const Operation& operation, const std::string& key_id) {
  const std::string status = clear_text(operation.desired.at("status"));
  Call call =
      key_call(operation, "UpdateAccessKey", clear_text(operation.desired.at("user")), key_id);
  Map input = call.input.as_map();
  input.set("Status", status.empty() ? "Active" : status);
  call.input = Value(std::move(input));
  return call;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  std::string none;
  const Result<std::string> key_id = co_await make_and_store(client, operation, std::move(none));
  if (!key_id) co_return fail(key_id.error());
  if (operation.desired.string_or("status", "Active") != "Active") {
    Call call = status_call(operation, *key_id);
    const Result<Reply> done = co_await client.call(std::move(call));
    if (!done) co_return fail(done.error());
  }
  Applied applied;
  applied.outputs = outputs_of(*key_id);
  co_return applied;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const std::string user = clear_text(operation.desired.at("user"));
  const std::string old_id = text_at(operation.prior.outputs, "access_key_id");
  std::string key_id = old_id;
  const bool rotates = is_changed(operation, "rotation") || is_changed(operation, "secret");
  if (rotates) {
    // An earlier rotation that did not end may have put its key into the secret already.
    std::string any;
    const Result<std::string> held = co_await held_key(client, operation, std::move(any));
    if (!held) co_return fail(held.error());
    if (!held->empty() && *held != old_id) {
      key_id = *held;
    } else {
      std::string kept = old_id;
      Result<std::string> made = co_await make_and_store(client, operation, std::move(kept));
      if (!made) co_return fail(made.error());
      key_id = *made;
    }
  }
  // A new key is active.
  const bool is_active = operation.desired.string_or("status", "Active") == "Active";
  if (rotates ? !is_active : is_changed(operation, "status")) {
    Call call = status_call(operation, key_id);
    const Result<Reply> done = co_await client.call(std::move(call));
    if (!done) co_return fail(done.error());
  }
  if (rotates && !old_id.empty()) {
    Call call = delete_call(operation, user, old_id);
    const Result<Reply> deleted = co_await client.call(std::move(call));
    if (!deleted) co_return fail(deleted.error());
  }
  Applied applied;
  applied.outputs = outputs_of(key_id);
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const std::string user = text_at(operation.prior.inputs, "user");
  const std::string key_id = text_at(operation.prior.outputs, "access_key_id");
  if (key_id.empty()) co_return Removed{};
  Call call = delete_call(operation, user, key_id);
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

Task<Result<Observation>> observe_key(Client& client, ResourceRecord record, ShownSecret listed) {
  const std::string user = text_at(record.inputs, "user");
  const std::string key_id = text_at(record.outputs, "access_key_id");
  Call list = list_call(record, user);
  const Result<Reply> keys = co_await client.call(std::move(list));
  if (!keys) co_return fail(keys.error());
  Observation observation;
  for (const Value& key : keys->list("AccessKeyMetadata")) {
    if (text_at(key, "AccessKeyId") != key_id) continue;
    observation.exists = true;
    observation.inputs.set("status", text_at(key, "Status"));
    observation.inputs.set("user", user);
    observation.outputs = outputs_of(key_id);
  }
  if (!observation.exists || holds(listed, key_id)) co_return observation;
  // Not in the secret, or the listing is behind: the secret itself tells.
  std::string id = text_at(record.inputs, "secret");
  const Result<ShownSecret> asked = co_await fresh_secret(client, record, std::move(id));
  if (!asked) co_return fail(asked.error());
  if (!holds(*asked, key_id)) {
    observation.inputs.set("secret", "(a secret that does not hold this key)");
  }
  co_return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  ShownSecret unknown;
  Result<Observation> observation =
      co_await observe_key(client, std::move(record), std::move(unknown));
  co_return observation;
}

// The key that the secret holds, when this operation has put it there. Otherwise a key that the
// lost call made is on the user, and nobody knows its secret part: it is answered as one that the
// secret does not hold, and the update that follows puts another one in its place.
Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  std::string token = operation.idempotency_token;
  const Result<std::string> held = co_await held_key(client, operation, std::move(token));
  if (!held) co_return fail(held.error());
  if (!held->empty()) {
    ResourceRecord stored = operation.prior;
    stored.inputs = operation.desired;
    stored.outputs = outputs_of(*held);
    Result<Observation> whole = co_await read(client, std::move(stored));
    co_return whole;
  }
  std::string user = clear_text(operation.desired.at("user"));
  std::string none;
  const Result<std::vector<std::string>> left =
      co_await remains(client, operation, std::move(user), std::move(none));
  if (!left) co_return fail(left.error());
  if (left->empty()) co_return absent();
  ResourceRecord record = operation.prior;
  record.inputs = operation.desired;
  record.outputs = outputs_of(left->back());
  Result<Observation> observation = co_await read(client, std::move(record));
  co_return observation;
}

// The key that was said; or the one that the secret holds; or the only one that the user has.
Task<Result<Observation>> find_existing(Client& client, Operation& operation) {
  if (operation.desired.at("secret").is_unknown() || operation.desired.at("user").is_unknown()) {
    co_return fail(ErrorKind::invalid_input, "its user or its secret is not known yet",
                   "without them nobody can tell which key is in the secret",
                   "import or create those first");
  }
  const std::string user = clear_text(operation.desired.at("user"));
  std::string secret = clear_text(operation.desired.at("secret"));
  Call list = list_call(operation.prior, user);
  const Result<Reply> keys = co_await client.call(std::move(list));
  if (!keys) co_return fail(keys.error());
  const Result<ShownSecret> shown =
      co_await fresh_secret(client, operation.prior, std::move(secret));
  if (!shown) co_return fail(shown.error());
  std::vector<std::string> ids;
  std::string meant = operation.prior.name;
  for (const Value& key : keys->list("AccessKeyMetadata")) {
    ids.push_back(text_at(key, "AccessKeyId"));
    if (meant.empty() && holds(*shown, ids.back())) meant = ids.back();
  }
  if (meant.empty() && ids.size() > 1) {
    co_return fail(
        ErrorKind::invalid_input,
        fmt::format("the user {} has {} keys, and none is in the secret", user, ids.size()),
        fmt::format("their ids are {}", join(ids, ", ")), how_to_say_which(operation));
  }
  if (meant.empty() && ids.empty()) co_return absent();
  ResourceRecord record = operation.prior;
  record.inputs = operation.desired;
  record.outputs = outputs_of(meant.empty() ? ids.front() : meant);
  ShownSecret listed = *shown;
  Result<Observation> observation =
      co_await observe_key(client, std::move(record), std::move(listed));
  if (observation && observation->exists && observation->inputs.find("secret") == nullptr) {
    observation->inputs.set("secret", operation.desired.at("secret"));
  }
  co_return observation;
}

constexpr std::array<std::string_view, 2> import_inputs{"secret", "user"};

const ResourceType kType{
    .name = "aws.iam_access_key",
    .summary = "An access key of an IAM user, written straight into a secret.",
    .doc =
        "The secret part of the key is in no state, plan, log or output: the call that makes the "
        "key is followed by the one that puts it into the secret. Who needs the key reads the "
        "secret, for example as `credential_process`.\n\n"
        "Raise `rotation` to change the key: the new one is in the secret before the old one "
        "goes. Programs read the secret again when their key is refused.\n\n"
        "A user has two keys at most. When both places are taken, a key that is not in the secret "
        "and that was never used is what an interrupted run has left, and makes room.",
    .example =
        "  type: aws.iam_access_key\n"
        "  user: ${collector}\n"
        "  secret: ${collector_key}\n",
    .attributes = kAttributes,
    .import_by = import_inputs,
    .import_id = "the id of the key",
    .validate_together = validate_together,
};

}  // namespace

Task<Result<Observation>> observe_access_key(Client& client, ResourceRecord record,
                                             ShownSecret shown) {
  Result<Observation> observation =
      co_await observe_key(client, std::move(record), std::move(shown));
  co_return observation;
}

const AwsType iam_access_key{.type = &kType,
                             .read = read,
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .find_after_crash = find_after_crash,
                             .batch = &secret_listing_batch,
                             .find_existing = find_existing};

}  // namespace firn::aws
