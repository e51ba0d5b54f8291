// One statement against one account.
#pragma once

#include <string>

#include "sandbox/snowflake/ast.h"
#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

// Throws SqlError. The caller commits or rolls back.
[[nodiscard]] ResultSet execute(Context& context, const Statement& statement);

// Does it change anything?
[[nodiscard]] bool changes_something(const Statement& statement);
// The object it is about, as it is stored; may be empty. For logs.
[[nodiscard]] std::string target_of(const Statement& statement);

}  // namespace firn::sandbox::snowflake
