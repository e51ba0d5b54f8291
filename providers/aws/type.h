// AwsType: what one kind of AWS object can do, beside its schema table.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "core/provider/provider.h"
#include "core/schema/resource_type.h"
#include "providers/aws/client.h"
#include "providers/aws/shared_tags.h"

namespace firn::aws {

// One way to look at many objects at once. Types that name the same Batch are observed together
// when there are at least `threshold` of them; otherwise one by one with `read`.
struct Batch {
  std::size_t threshold = 2;
  // Answers in the order of `records`. "Gone" is exists = false.
  Task<std::vector<Result<Observation>>> (*observe)(Client& client, SharedTags& tags,
                                                    std::vector<ResourceRecord> records) = nullptr;
};

// The Operation outlives the coroutine. Of a look-up only look_up is set; of every other type all
// functions up to `remove` are.
struct AwsType {
  const ResourceType* type = nullptr;
  // Observation::inputs is already normalised (ResourceType::normalize).
  Task<Result<Observation>> (*read)(Client& client, ResourceRecord record) = nullptr;
  // `read` as part of a look at many objects, whose tags are searched for together. Set for types
  // whose tags take a call of their own, and whose ARN is their output `arn`.
  Task<Result<Observation>> (*read_shared)(Client& client, ResourceRecord record,
                                           SharedTags* tags) = nullptr;
  Task<Result<Applied>> (*create)(Client& client, Operation& operation) = nullptr;
  Task<Result<Applied>> (*update)(Client& client, Operation& operation) = nullptr;
  Task<Result<Removed>> (*remove)(Client& client, Operation& operation) = nullptr;
  // nullptr: `read` of operation.prior finds it, by its name.
  Task<Result<Observation>> (*find_after_crash)(Client& client, Operation& operation) = nullptr;
  const Batch* batch = nullptr;
  Task<Result<Map>> (*look_up)(Client& client, Value inputs) = nullptr;
  // Provider::find_existing. nullptr: as after a crash; set it for an object that neither its name
  // nor its desired inputs find, or that carries its mark elsewhere than in tags.
  Task<Result<Observation>> (*find_existing)(Client& client, Operation& operation) = nullptr;
  // Provider::claim. nullptr: an update of the tags of a taggable type; nothing for any other.
  Task<Result<Applied>> (*claim)(Client& client, Operation& operation) = nullptr;
};

// AwsType::read by way of AwsType::read_shared: a look at this object alone.
template <Task<Result<Observation>> (*read_shared)(Client&, ResourceRecord, SharedTags*)>
Task<Result<Observation>> read_alone(Client& client, ResourceRecord record) {
  return read_shared(client, std::move(record), nullptr);
}

// Every type, sorted by name. One line per type in types.cpp.
[[nodiscard]] std::span<const AwsType* const> all_types();
[[nodiscard]] const AwsType* find_type(std::string_view name);  // nullptr

}  // namespace firn::aws
