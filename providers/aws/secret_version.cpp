#include "providers/aws/secret_version.h"

#include <map>
#include <utility>

#include "core/async/sync.h"
#include "providers/aws/ownership.h"

namespace firn::aws {
namespace {

constexpr int kPageItems = 100;

// All secrets that carry this stack's mark. What the listing lacks is asked for by itself: it may
// be some minutes behind, and it does not show what waits for its deletion.
Task<Result<std::vector<Value>>> list_secrets(Client& client) {
  Map filter;
  filter.set("Key", "tag-value");
  filter.set("Values", List{Value(address_mark(client.placement().stack))});
  ResourceRecord nobody;  // the listing is for all
  Map input;
  input.set("MaxResults", kPageItems);
  if (!client.placement().stack.empty()) input.set("Filters", List{Value(std::move(filter))});
  std::vector<Value> secrets;
  while (true) {
    Map page_input = input;
    Call call = reading(service::secretsmanager, "ListSecrets", std::move(page_input), nobody);
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    for (const Value& secret : page->list("SecretList"))
      secrets.push_back(secret);
    const std::string next = page->text("NextToken");
    if (next.empty()) break;
    input.set("NextToken", next);
  }
  co_return secrets;
}

Task<std::vector<Result<Observation>>> observe(Client& client, SharedTags&,
                                               std::vector<ResourceRecord> records) {
  const Result<std::vector<Value>> listed = co_await list_secrets(client);
  std::map<std::string, Value> known;  // by name and by ARN
  if (listed) {
    for (const Value& secret : *listed) {
      known[text_at(secret, "Name")] = secret;
      known[text_at(secret, "ARN")] = secret;
    }
  }
  std::vector<Task<Result<Observation>>> tasks;
  for (const ResourceRecord& record : records) {
    const bool is_key = record.type == "aws.iam_access_key";
    const std::string id = is_key ? text_at(record.inputs, "secret") : record.name;
    ShownSecret shown;
    if (const auto found = known.find(id); found != known.end()) shown.value = found->second;
    tasks.push_back(is_key ? observe_access_key(client, record, std::move(shown))
                           : observe_secret(client, record, std::move(shown)));
  }
  Task<std::vector<Result<Observation>>> all = when_all(client.scheduler(), std::move(tasks));
  std::vector<Result<Observation>> answers = co_await all;
  co_return answers;
}

}  // namespace

// A failed listing is no failure: every secret is then asked for by itself.
const Batch secret_listing_batch{.threshold = 3, .observe = observe};

std::string ShownSecret::current_version() const {
  for (const char* member : {"VersionIdsToStages", "SecretVersionsToStages"}) {
    const Value& versions = value.at(member);
    if (!versions.is_map()) continue;
    for (const auto& [id, stages] : versions.as_map()) {
      for (const Value& stage : list_of(stages)) {
        if (stage == Value("AWSCURRENT")) return id;
      }
    }
  }
  return {};
}

Task<Result<ShownSecret>> describe_secret(Client& client, const ResourceRecord& record,
                                          std::string id) {
  Map input;
  input.set("SecretId", id);
  Call call = reading(service::secretsmanager, "DescribeSecret", std::move(input), record);
  call.tolerated = missing_codes();
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  ShownSecret shown;
  if (!reply->is_tolerated_error()) shown.value = reply->value;
  co_return shown;
}

Call put_secret_value(const Operation& operation, const std::string& id, const std::string& text,
                      const std::string& token) {
  Map input;
  input.set("SecretId", id);
  input.set("SecretString", text);
  input.set("ClientRequestToken", token);
  Call call = changing(service::secretsmanager, "PutSecretValue", std::move(input), operation);
  call.secrets.push_back(text);
  return call;
}

}  // namespace firn::aws
