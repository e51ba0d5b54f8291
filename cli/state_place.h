// Where the state of a stack is, found without expanding the stack or opening a cloud: a state can
// be copied, checked and restored while a stack does not validate, or a sandbox serves another run.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/arguments.h"
#include "cli/console.h"
#include "cli/project.h"
#include "core/stack/environment.h"
#include "core/state/state_store.h"

namespace firn::cli {

[[nodiscard]] StateLocation state_location(const Project& project, const Environment& environment,
                                           const Arguments& arguments);
// Who this run is, for the lease.
[[nodiscard]] LockHolder holder_of(const Arguments& arguments);

// What an environment says under `state:`. Problems are shown and answer nothing.
struct StateSettings {
  std::int64_t backups = 10;  // how many copies of runs are kept
};
[[nodiscard]] std::optional<StateSettings> state_settings(const Environment& environment,
                                                          Console& console);

// The place of the state that the command line names; problems are shown and answer nothing.
[[nodiscard]] std::optional<StateLocation> find_state(const Arguments& arguments, Console& console);

}  // namespace firn::cli
