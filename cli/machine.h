// The machine that firn runs on, as the providers want to see it: variables, files, child
// processes.
#pragma once

#include "providers/aws/profile.h"

namespace firn::cli {

[[nodiscard]] aws::Machine this_machine();

}  // namespace firn::cli
