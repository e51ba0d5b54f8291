// What SHOW prints of each kind of object.
#pragma once

#include <span>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

using Render = Cell (*)(const Context&, const Object&);
struct ShowColumn {
  const char* name;
  Render render;
  const char* type = "text";
};

// In the order of the result.
[[nodiscard]] std::span<const ShowColumn> columns_for(Kind kind);
// Those of external tables, streams, tasks, procedures and alerts.
[[nodiscard]] std::span<const ShowColumn> columns_of_movement(Kind kind);

}  // namespace firn::sandbox::snowflake
