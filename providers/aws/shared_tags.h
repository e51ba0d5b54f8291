// Tags of many objects in one look at them, with one search for all of them where each would take a
// call of its own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/sync.h"
#include "core/provider/provider.h"
#include "providers/aws/client.h"

namespace firn::aws {

// The search of one look, in one region.
class SharedTags {
 public:
  explicit SharedTags(Client& client) : client_(client), searched_(client.scheduler()) {}

  // Before the look begins. What is expected after it is not searched for.
  void expect(const ResourceRecord& record);
  // Once, at the same time as the look. A search for a single object would save nothing.
  Task<int> search();

  // The tags of the object, if the search shows exactly what is recorded of them. Otherwise its own
  // service must be asked: what the search knows may be old.
  Task<std::optional<Map>> confirmed(const ResourceRecord& record);

 private:
  Client& client_;
  Event searched_;
  std::vector<std::string> arns_;
  std::map<std::string, Map> found_;  // by ARN
};

// How an object's own service lists its tags.
struct TagQuestion {
  Call call;  // tolerates what says that the object does not exist
  Map (*tags_in)(const Reply& reply) = nullptr;
  std::string_view untagged_code = {};  // of the tolerated ones, that for an object without tags
};

// What a look at one object has brought.
struct TaggedLook {
  std::vector<Result<Reply>> replies;  // in the order of the calls
  Result<std::optional<Map>> tags;     // none: the object is not there
};

// Makes the calls, and finds the tags, at the same time. `shared` may be nullptr: then the object's
// own service is asked.
Task<TaggedLook> look_with_tags(Client& client, SharedTags* shared, ResourceRecord record,
                                std::vector<Call> calls, TagQuestion question);
Task<Result<std::optional<Map>>> tags_of(Client& client, SharedTags* shared, ResourceRecord record,
                                         TagQuestion question);

// {key: value} as some services answer.
[[nodiscard]] Map tags_from_map(const Value& tags);

}  // namespace firn::aws
