// Refresh: what the clouds show of the objects that the state knows.
#pragma once

#include <string>
#include <unordered_map>

#include "core/async/scheduler.h"
#include "core/async/task.h"
#include "core/base/diagnostic.h"
#include "core/base/result.h"
#include "core/provider/provider.h"
#include "core/state/state.h"

namespace firn {

// By address. Absent: not looked at.
using Sightings = std::unordered_map<std::string, Observation>;

// Looks at everything in `state`, each provider's share at once. What was made a moment ago is
// looked for again before it is taken for gone. What cannot be read, and types
// that no provider knows, are errors.
Task<Sightings> observe_all(Scheduler& scheduler, const Providers& providers, const State& state,
                            Diagnostics& diagnostics);

// What is recorded of a type that no provider knows.
[[nodiscard]] Diagnostic unknown_type(const ResourceRecord& record);

// A failed call, as it is told to the author.
[[nodiscard]] Diagnostic diagnostic_of(const Error& error, const std::string& address);

}  // namespace firn
