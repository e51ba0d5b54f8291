// What a task may say, and the canonical form of it.
#pragma once

#include <string>
#include <vector>

#include "core/schema/resource_type.h"

namespace firn::snowflake {

void validate_task(const Placement& placement, const std::string& name, const Value& inputs,
                   std::vector<Problem>& problems);
[[nodiscard]] Value normalize_task(const Value& inputs);
// CONFIG as SHOW TASKS prints it: JSON is taken apart, another text stays.
[[nodiscard]] Value shown_config(const std::string& text);

}  // namespace firn::snowflake
