// The COPY statement of a pipe, made from its parts.
//
// Snowflake documentation: "COPY INTO <table>", "CREATE PIPE".
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

// From the normalised attribute `copy` of a pipe. Its text is what SHOW PIPES gives back.
[[nodiscard]] Result<Statement> copy_statement(const Value& copy);

[[nodiscard]] Value normalized_copy(const Value& copy);
void validate_copy(const Value& copy, std::vector<Problem>& problems);

}  // namespace firn::snowflake
