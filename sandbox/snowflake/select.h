// SELECT and INSERT: enough to ask system functions and to look into tables.
#pragma once

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet execute_select(Context& context, const Select& select);
[[nodiscard]] ResultSet execute_insert(Context& context, const Insert& insert);

// CURRENT_…() and SYSTEM$…(): one value. Throws for functions that the sandbox does not know.
[[nodiscard]] Cell call_function(Context& context, const Expression& call);

}  // namespace firn::sandbox::snowflake
