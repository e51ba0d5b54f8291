// What recovery found, as people read it.
#pragma once

#include <optional>
#include <string>

#include "core/recovery/recovery.h"
#include "core/state/state_store.h"

namespace firn::cli {

// One paragraph and a line for each operation. `run` is the one that did not finish, if it is
// known; `is_written` tells whether the state has it now.
[[nodiscard]] std::string recovery_text(const Recovery& recovery, const std::optional<Run>& run,
                                        bool is_written);

}  // namespace firn::cli
