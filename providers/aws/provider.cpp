#include "providers/aws/provider.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "core/async/sync.h"
#include "core/base/text.h"
#include "providers/aws/caller_identity.h"
#include "providers/aws/types.h"

namespace firn::aws {

namespace {

Error unknown_type(std::string_view name) {
  Error error;
  error.kind = ErrorKind::bug;
  error.summary = fmt::format("the AWS provider has no type \"{}\"", name);
  error.remedy = "please report this";
  return error;
}

// Some of the records, of one region, with their places in the answer.
struct Group {
  Client* client = nullptr;
  const Batch* batch = nullptr;  // nullptr: one by one
  SharedTags* tags = nullptr;
  std::vector<std::size_t> places;
  std::vector<ResourceRecord> records;
  std::vector<Result<Observation>> observations;
};

Task<int> observe_one(Group& group) {
  const AwsType* type = find_type(group.records.front().type);
  ResourceRecord record = group.records.front();
  Task<Result<Observation>> reading =
      type->read_shared != nullptr ? type->read_shared(*group.client, std::move(record), group.tags)
                                   : type->read(*group.client, std::move(record));
  Result<Observation> observation = co_await reading;
  group.observations.push_back(std::move(observation));
  co_return 0;
}

Task<int> observe_group(Group& group) {
  std::vector<ResourceRecord> records = group.records;
  group.observations =
      co_await group.batch->observe(*group.client, *group.tags, std::move(records));
  co_return 0;
}

// "arn:aws:sqs:eu-west-1:123456789012:orders" → "eu-west-1"; empty for other texts, and for what
// has no region.
std::string region_in(const Value& value) {
  if (!value.is_string() || !value.as_string().starts_with("arn:")) return {};
  const std::vector<std::string> parts = split(value.as_string(), ':');
  return parts.size() > 5 ? parts[3] : std::string();
}

// Empty: nothing tells, or it is in no region.
std::string region_of(const ResourceRecord& record) {
  if (record.type.starts_with("aws.iam_")) return {};
  const Value& outputs = record.outputs;
  if (outputs.at("region").is_string()) return outputs.at("region").as_string();
  std::string region = region_in(outputs.at("arn"));
  if (!region.empty()) return region;
  // 123456789012.dkr.ecr.eu-west-1.amazonaws.com/images@sha256:…
  const std::vector<std::string> host = split(outputs.string_or("uri", ""), '.');
  if (host.size() > 4 && host[1] == "dkr" && host[2] == "ecr") return host[3];
  // What an object without an ARN is between is in its region: the queue that a bucket notifies,
  // the function that a permission opens.
  for (const std::string_view input : {"function", "queue", "topic"}) {
    region = region_in(record.inputs.at(input));
    if (!region.empty()) return region;
  }
  return {};
}

// Fills address and operation where a type left them open.
template <class T>
Result<T> with_address(Result<T> result, const std::string& address) {
  if (result || !result.error().address.empty()) return result;
  Error error = result.error();
  error.address = address;
  return Failure(std::move(error));
}

}  // namespace

AwsProvider::AwsProvider(Scheduler& scheduler, http::Transport& transport,
                         CredentialsSource& credentials, ClientOptions options)
    : client_(scheduler, transport, credentials, std::move(options)),
      make_client_([this, &transport, &credentials](std::string region) {
        ClientOptions there = client_.options();
        there.placement.region = std::move(region);
        return std::make_unique<Client>(client_.scheduler(), transport, credentials,
                                        std::move(there));
      }) {}

Elsewhere AwsProvider::elsewhere(const ResourceRecord& record) const {
  Elsewhere elsewhere;
  const std::string region = region_of(record);
  if (region.empty() || region == client_.region()) return elsewhere;
  elsewhere.place = region;
  elsewhere.here = client_.region();
  // Amazon S3 User Guide, "Bucket naming rules": a name is taken in all regions of a partition.
  elsewhere.name_is_free = record.type != "aws.s3_bucket";
  return elsewhere;
}

Client& AwsProvider::client_of(const ResourceRecord& record) {
  const Elsewhere elsewhere = this->elsewhere(record);
  if (elsewhere.place.empty()) return client_;
  std::unique_ptr<Client>& client = elsewhere_[elsewhere.place];
  if (client == nullptr) client = make_client_(elsewhere.place);
  return *client;
}

std::span<const ResourceType* const> AwsProvider::types() const {
  static const std::vector<const ResourceType*> types = [] {
    std::vector<const ResourceType*> list;
    for (const AwsType* type : all_types())
      list.push_back(type->type);
    return list;
  }();
  return types;
}

Task<Status> AwsProvider::connect() {
  const Result<Reply> reply = co_await caller_identity_of(client_);
  if (!reply) co_return fail(reply.error());
  const std::string actual = reply->text("Account");
  const std::string& configured = client_.account();
  if (configured.empty() || actual == configured) co_return Ok{};
  Error error;
  error.kind = ErrorKind::credentials;
  error.summary =
      fmt::format("the AWS credentials belong to account {}, not to {}", actual, configured);
  error.detail = fmt::format("they are {}; the environment's file says account \"{}\"",
                             reply->text("Arn"), configured);
  error.remedy =
      "choose the other credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID …), or another environment "
      "with "
      "--env";
  error.operation = "sts:GetCallerIdentity";
  error.request_id = reply->request_id;
  co_return Failure(std::move(error));
}

Task<std::vector<Result<Observation>>> AwsProvider::observe(std::vector<ResourceRecord> records) {
  const std::size_t count = records.size();
  using Share = std::pair<const Batch*, Client*>;
  std::map<Share, std::size_t> batch_sizes;
  std::map<Client*, std::unique_ptr<SharedTags>> tags;  // of one region each
  std::vector<SharedTags*> searches;                    // the same, in the order of the records
  for (const ResourceRecord& record : records) {
    const AwsType* type = find_type(record.type);
    if (type == nullptr) continue;
    Client& client = client_of(record);
    if (type->batch != nullptr) ++batch_sizes[{type->batch, &client}];
    std::unique_ptr<SharedTags>& shared = tags[&client];
    if (shared == nullptr) {
      shared = std::make_unique<SharedTags>(client);
      searches.push_back(shared.get());
    }
    if (type->read_shared != nullptr) shared->expect(record);
  }
  std::vector<std::unique_ptr<Group>> groups;
  std::map<Share, Group*> by_batch;
  std::vector<std::optional<Result<Observation>>> answers(count);
  for (std::size_t place = 0; place < count; ++place) {
    const AwsType* type = find_type(records[place].type);
    if (type == nullptr) {
      answers[place] = Result<Observation>(fail(unknown_type(records[place].type)));
      continue;
    }
    const Share share{type->batch, &client_of(records[place])};
    const bool is_batched = type->batch != nullptr && batch_sizes[share] >= type->batch->threshold;
    Group* group = is_batched ? by_batch[share] : nullptr;
    if (group == nullptr) {
      groups.push_back(std::make_unique<Group>());
      group = groups.back().get();
      group->client = share.second;
      group->tags = tags[share.second].get();
      if (is_batched) {
        group->batch = type->batch;
        by_batch[share] = group;
      }
    }
    group->places.push_back(place);
    group->records.push_back(std::move(records[place]));
  }

  std::vector<Task<int>> tasks;
  for (SharedTags* shared : searches)
    tasks.push_back(shared->search());
  for (const auto& group : groups) {
    tasks.push_back(group->batch != nullptr ? observe_group(*group) : observe_one(*group));
  }
  const std::vector<int> done = co_await when_all(client_.scheduler(), std::move(tasks));
  static_cast<void>(done);

  for (const auto& group : groups) {
    for (std::size_t i = 0; i < group->places.size() && i < group->observations.size(); ++i) {
      answers[group->places[i]] =
          with_address(std::move(group->observations[i]), group->records[i].address);
    }
  }
  std::vector<Result<Observation>> observations;
  observations.reserve(count);
  for (std::optional<Result<Observation>>& answer : answers) {
    if (answer) {
      observations.push_back(std::move(*answer));
    } else {
      observations.emplace_back(
          fail(ErrorKind::bug, "an object was not looked at", "", "please report this"));
    }
  }
  co_return observations;
}

Task<Result<Map>> AwsProvider::look_up(std::string_view type, Value inputs) {
  const AwsType* found = find_type(type);
  if (found == nullptr || found->look_up == nullptr) {
    Error error = unknown_type(type);
    error.summary = fmt::format("{} is not a look-up", type);
    co_return Failure(std::move(error));
  }
  Result<Map> outputs = co_await found->look_up(client_, std::move(inputs));
  co_return outputs;
}

Task<Result<Applied>> AwsProvider::create(Operation& operation) {
  const AwsType* type = find_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  Result<Applied> result = co_await type->create(client_, operation);
  co_return with_address(std::move(result), operation.prior.address);
}

Task<Result<Applied>> AwsProvider::update(Operation& operation) {
  const AwsType* type = find_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  Client& client = client_of(operation.prior);
  Result<Applied> result = co_await type->update(client, operation);
  co_return with_address(std::move(result), operation.prior.address);
}

Task<Result<Removed>> AwsProvider::remove(Operation& operation) {
  const AwsType* type = find_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  Client& client = client_of(operation.prior);
  Result<Removed> result = co_await type->remove(client, operation);
  co_return with_address(std::move(result), operation.prior.address);
}

Task<Result<Observation>> AwsProvider::find_after_crash(Operation& operation) {
  const AwsType* type = find_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  if (type->find_after_crash != nullptr) {
    Client& client = client_of(operation.prior);
    Result<Observation> found = co_await type->find_after_crash(client, operation);
    co_return with_address(std::move(found), operation.prior.address);
  }
  ResourceRecord record = operation.prior;
  Client& client = client_of(record);
  Result<Observation> found = co_await type->read(client, std::move(record));
  co_return with_address(std::move(found), operation.prior.address);
}

Task<Result<Observation>> AwsProvider::find_existing(Operation& operation) {
  const AwsType* type = find_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  if (type->find_existing == nullptr) {
    Result<Observation> found = co_await find_after_crash(operation);
    co_return found;
  }
  Result<Observation> found = co_await type->find_existing(client_, operation);
  co_return with_address(std::move(found), operation.prior.address);
}

Task<Result<Applied>> AwsProvider::claim(Operation& operation) {
  const AwsType* type = find_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  if (type->claim != nullptr) {
    Result<Applied> claimed = co_await type->claim(client_, operation);
    co_return with_address(std::move(claimed), operation.prior.address);
  }
  if (!type->type->taggable) co_return Applied{};
  // Its tags stay: none is set, so none is set again or taken away.
  for (Value* inputs : {&operation.desired, &operation.prior.inputs}) {
    if (!inputs->is_map()) continue;
    Map others = inputs->as_map();
    others.erase("tags");
    *inputs = Value(std::move(others));
  }
  operation.changed = {"tags"};
  Result<Applied> tagged = co_await type->update(client_, operation);
  if (!tagged) co_return with_address(std::move(tagged), operation.prior.address);
  co_return Applied{};
}

}  // namespace firn::aws
