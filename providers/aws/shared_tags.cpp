#include "providers/aws/shared_tags.h"

#include <algorithm>
#include <utility>

#include "providers/aws/resource_tags.h"
#include "providers/aws/tag_search.h"

namespace firn::aws {
namespace {

std::string arn_of(const ResourceRecord& record) {
  return record.outputs.string_or("arn", "");
}

// All that a look would show of these tags is recorded.
bool is_as_recorded(const Placement& placement, const ResourceRecord& record, const Map& tags) {
  Observation seen;
  observe_tags(placement, record, tags, seen);
  if (seen.foreign || seen.owner != record.address) return false;
  const Value* shown = seen.inputs.find("tags");
  return shown == nullptr || shown->as_map() == tags_from_map(record.inputs.at("tags"));
}

Task<int> put_reply(Client& client, Call call, std::optional<Result<Reply>>& place) {
  Result<Reply> reply = co_await client.call(std::move(call));
  place.emplace(std::move(reply));
  co_return 0;
}

Task<int> put_tags(Task<Result<std::optional<Map>>> asking,
                   std::optional<Result<std::optional<Map>>>& place) {
  Result<std::optional<Map>> tags = co_await asking;
  place.emplace(std::move(tags));
  co_return 0;
}

}  // namespace

void SharedTags::expect(const ResourceRecord& record) {
  std::string arn = arn_of(record);
  if (!arn.empty()) arns_.push_back(std::move(arn));
}

Task<int> SharedTags::search() {
  if (arns_.size() > 1) {
    std::vector<std::string> arns = arns_;
    found_ = co_await search_tags(client_, std::move(arns));
  }
  searched_.set();
  co_return 0;
}

Task<std::optional<Map>> SharedTags::confirmed(const ResourceRecord& record) {
  const std::string arn = arn_of(record);
  if (std::ranges::find(arns_, arn) == arns_.end()) co_return std::nullopt;
  co_await searched_;
  const auto found = found_.find(arn);
  if (found == found_.end()) co_return std::nullopt;
  if (!is_as_recorded(client_.placement(), record, found->second)) co_return std::nullopt;
  co_return found->second;
}

Task<Result<std::optional<Map>>> tags_of(Client& client, SharedTags* shared, ResourceRecord record,
                                         TagQuestion question) {
  if (shared != nullptr) {
    std::optional<Map> known = co_await shared->confirmed(record);
    if (known) co_return known;
  }
  const Result<Reply> reply = co_await client.call(std::move(question.call));
  if (!reply) co_return fail(reply.error());
  if (!reply->is_tolerated_error()) {
    std::optional<Map> tags = question.tags_in(*reply);
    co_return tags;
  }
  const bool is_untagged = !question.untagged_code.empty() && reply->code == question.untagged_code;
  std::optional<Map> none;
  if (is_untagged) none.emplace();
  co_return none;
}

Task<TaggedLook> look_with_tags(Client& client, SharedTags* shared, ResourceRecord record,
                                std::vector<Call> calls, TagQuestion question) {
  std::vector<std::optional<Result<Reply>>> replies(calls.size());
  std::optional<Result<std::optional<Map>>> tags;
  std::vector<Task<int>> tasks;
  for (std::size_t i = 0; i < calls.size(); ++i)
    tasks.push_back(put_reply(client, std::move(calls[i]), replies[i]));
  Task<Result<std::optional<Map>>> asking =
      tags_of(client, shared, std::move(record), std::move(question));
  tasks.push_back(put_tags(std::move(asking), tags));
  Task<std::vector<int>> all = when_all(client.scheduler(), std::move(tasks));
  const std::vector<int> done = co_await all;
  static_cast<void>(done);
  TaggedLook look{{}, std::move(*tags)};
  for (std::optional<Result<Reply>>& reply : replies)
    look.replies.push_back(std::move(*reply));
  co_return look;
}

Map tags_from_map(const Value& tags) {
  return tags.is_map() ? tags.as_map() : Map();
}

}  // namespace firn::aws
