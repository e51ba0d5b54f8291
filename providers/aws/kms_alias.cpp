// aws.kms_alias: a name for a key of KMS.
//
// Aliases carry no tags, so nothing tells whose an alias is but the key that it names.
//
// Source of facts: AWS KMS API Reference (CreateAlias, UpdateAlias, DeleteAlias, ListAliases,
// DescribeKey) and developer guide, "Using aliases".
#include <array>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "core/async/sync.h"
#include "providers/aws/calls.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array kAttributes{
    Attribute{.name = "alias",
              .doc = "The name as KMS has it, with alias/ before it.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "arn", .doc = "The ARN of the alias.", .computed = true, .predictable = true},
    Attribute{.name = "key",
              .doc = "The key that the alias stands for, by ARN or id.",
              .required = true,
              .takes = "arn",
              .example = "${data_key}"},
};

constexpr int kPageItems = 100;

std::string alias_of(const std::string& name) {
  return "alias/" + name;
}

// --- pure

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("alias", alias_of(name));
  outputs.set("arn", fmt::format("arn:{}:kms:{}:{}:{}", placement.partition, placement.region,
                                 placement.account, alias_of(name)));
  return outputs;
}

void validate(const Placement&, const std::string& name, const Value&,
              std::vector<Problem>& problems) {
  if (name.starts_with("aws/")) {
    problems.push_back({"name", fmt::format("\"{}\" is not a name for an alias", name),
                        "names that begin with aws/ are AWS's own",
                        "choose another name with `name:`"});
  } else if (name.starts_with("alias/")) {
    problems.push_back({"name", fmt::format("\"{}\" begins with alias/", name),
                        "firn puts that before the name itself",
                        fmt::format("write `name: {}`", name.substr(6))});
  }
}

// --- what the cloud shows

// As an author wrote it: an id, or an ARN.
Value key_as_recorded(const Client& client, const ResourceRecord& record,
                      const std::string& key_id) {
  const std::string recorded = text_at(record.inputs, "key");
  if (recorded == key_id) return Value(key_id);
  const Placement& placement = client.placement();
  return Value(fmt::format("arn:{}:kms:{}:{}:key/{}", placement.partition, placement.region,
                           placement.account, key_id));
}

Observation observation_of(const Client& client, const ResourceRecord& record,
                           const std::string& key_id) {
  Observation observation;
  observation.exists = true;
  observation.inputs.set("key", key_as_recorded(client, record, key_id));
  observation.outputs = predict(client.placement(), record.name, Value());
  return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  Map input;
  input.set("KeyId", alias_of(record.name));
  Call call = reading(service::kms, "DescribeKey", std::move(input), record);
  call.tolerated = missing_codes();
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  co_return observation_of(client, record, reply->text("KeyMetadata.KeyId"));
}

Task<std::vector<Result<Observation>>> observe(Client& client, SharedTags&,
                                               std::vector<ResourceRecord> records) {
  std::vector<Result<Observation>> answers;
  std::map<std::string, std::string> targets;
  Map input;
  input.set("Limit", kPageItems);
  ResourceRecord nobody;  // the listing is for all
  while (true) {
    Map page_input = input;
    Call call = reading(service::kms, "ListAliases", std::move(page_input), nobody);
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) {
      for (std::size_t i = 0; i < records.size(); ++i)
        answers.emplace_back(fail(page.error()));
      co_return answers;
    }
    for (const Value& alias : page->list("Aliases")) {
      targets[text_at(alias, "AliasName")] = text_at(alias, "TargetKeyId");
    }
    const std::string next = page->text("NextMarker");
    if (!flag_at(page->value, "Truncated") || next.empty()) break;
    input.set("Marker", next);
  }
  for (const ResourceRecord& record : records) {
    const auto found = targets.find(alias_of(record.name));
    answers.emplace_back(found == targets.end() || found->second.empty()
                             ? absent()
                             : observation_of(client, record, found->second));
  }
  co_return answers;
}

const Batch kBatch{.threshold = 2, .observe = observe};

// --- calls

Call alias_call(const Operation& operation, std::string name) {
  Map input;
  input.set("AliasName", alias_of(operation.prior.name));
  if (name != "DeleteAlias") input.set("TargetKeyId", clear_text(operation.desired.at("key")));
  return changing(service::kms, std::move(name), std::move(input), operation);
}

Applied applied_of(const Client& client, const Operation& operation) {
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, Value());
  return applied;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  if (is_changed(operation, "key")) {
    Call call = alias_call(operation, "UpdateAlias");
    const Result<Reply> done = co_await client.call(std::move(call));
    if (!done) co_return fail(done.error());
  }
  co_return applied_of(client, operation);
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  Call call = alias_call(operation, "CreateAlias");
  call.tolerated.emplace_back("AlreadyExistsException");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    ResourceRecord record = operation.prior;
    record.inputs = operation.desired;
    const Result<Observation> found = co_await read(client, std::move(record));
    if (!found) co_return fail(found.error());
    // It names the very key: an earlier create of ours was lost.
    const bool is_ours =
        found->exists && Value(found->inputs).at("key") == operation.desired.at("key");
    if (!is_ours) {
      Error error;
      error.kind = ErrorKind::conflict;
      error.summary = fmt::format("the KMS alias {} exists already", operation.prior.name);
      error.detail =
          fmt::format("it stands for {}", found->exists ? clear_text(Value(found->inputs).at("key"))
                                                        : std::string("a key that is gone"));
      error.remedy = "give the resource another name with `name:`, or remove the other alias";
      error.operation = "kms:CreateAlias";
      error.code = created->code;
      error.request_id = created->request_id;
      error.address = operation.prior.address;
      co_return fail(std::move(error));
    }
  }
  Applied applied = applied_of(client, operation);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Call call = alias_call(operation, "DeleteAlias");
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.kms_alias",
    .summary = "A name for a key of KMS.",
    .doc =
        "Lets people find the key, and other stacks name it as `alias/…` where a service takes "
        "that. Policies do not: they need the key itself.\n\n"
        "An alias carries no tags. One that exists already is taken to be this resource's only "
        "when it stands for the same key.",
    .example =
        "  type: aws.kms_alias\n"
        "  key: ${data_key}\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::aws, .length_max = 250, .extra_characters = "/_-"},
    .predict = predict,
    .validate = validate,
};

}  // namespace

const AwsType kms_alias{.type = &kType,
                        .read = read,
                        .create = create,
                        .update = update,
                        .remove = remove,
                        .batch = &kBatch};

}  // namespace firn::aws
