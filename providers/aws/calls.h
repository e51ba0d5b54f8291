// Calls as resource types make them: several at once, and what they have in common.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/task.h"
#include "core/base/result.h"
#include "core/provider/provider.h"
#include "core/schema/attribute.h"
#include "providers/aws/client.h"

namespace firn::aws {

// A call that reads, or one that changes something for an operation: then with its address and its
// progress line.
[[nodiscard]] Call reading(const Service& service, std::string operation, Map input,
                           const ResourceRecord& record);
[[nodiscard]] Call changing(const Service& service, std::string name, Map input,
                            const Operation& operation);

// Makes all calls at once and answers in their order.
Task<std::vector<Result<Reply>>> call_together(Client& client, std::vector<Call> calls);
// The same when only success matters: the first failure, in the order of the calls.
Task<Status> call_all(Client& client, std::vector<Call> calls);

// What a call did whose answer was lost and which must not be sent twice: asks `is_there`, a few
// times with pauses, for a new object may be a while in coming. False: it is not there.
Task<Result<bool>> took_effect(Client& client, std::function<Task<Result<bool>>()> is_there);
// How often such a call is begun anew when it turns out to have had no effect.
inline constexpr int most_rounds_of_one_call = 4;

// Tells the engine of the new object. Does nothing when nobody listens.
Task<Status> note_identity(const Operation& operation, Map outputs);
// Tells the engine which names the next call burns.
Task<Status> note_tombstones(const Operation& operation, std::vector<Tombstone> tombstones);

// Whether an update changes the attribute.
[[nodiscard]] bool is_changed(const Operation& operation, std::string_view attribute);

// The codes by which services say that an object does not exist, for Call::tolerated.
[[nodiscard]] std::vector<std::string_view> missing_codes();

// An observation of nothing.
[[nodiscard]] Observation absent();

// `value`, a map, with the defaults of `fields` for what it does not say; recurses into objects.
// Nothing is added for a field without a default. Anything but a map is answered as it is.
[[nodiscard]] Value with_defaults(const Value& value, std::span<const Attribute> fields);

// One item, or a list of items, as a list; null as an empty one.
[[nodiscard]] List list_of(const Value& value);

// The same, sorted and without repetitions: the normal form of a list whose order means nothing.
[[nodiscard]] Value as_set(const Value& value);

// The text of a value from YAML or from a secret; "" when null.
[[nodiscard]] std::string clear_text(const Value& value);

}  // namespace firn::aws
