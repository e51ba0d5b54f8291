// Every resource type of every provider, sorted by name.
#pragma once

#include <vector>

#include "core/schema/resource_type.h"

namespace firn::cli {

[[nodiscard]] std::vector<const ResourceType*> all_types();

}  // namespace firn::cli
