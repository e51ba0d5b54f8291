// Log groups.
#pragma once

#include <string>

#include "core/value/value.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::logs {

// `arn` with or without the ":*" at its end.
[[nodiscard]] bool group_exists(const World& world, const std::string& arn);

}  // namespace firn::sandbox::aws::logs
