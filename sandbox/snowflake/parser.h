// From SQL text to a Statement.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/snowflake/ast.h"

namespace firn::sandbox::snowflake {

// Exactly one statement, with or without ';'. Throws SqlError: 001003 at a syntax error or at a
// statement that the sandbox does not know, 000900 when empty, 000008 when there are several.
// With `ignore_case`, quoted identifiers are stored in upper case too
// (QUOTED_IDENTIFIERS_IGNORE_CASE).
[[nodiscard]] Statement parse(std::string_view sql, bool ignore_case = false);

// The COPY INTO of a pipe's definition, which was parsed once already.
[[nodiscard]] CopyInto parse_copy(std::string_view sql);

// "CREATE PIPE", "SHOW TABLES", "SELECT": what a request log calls it. Never fails.
[[nodiscard]] std::string operation_of(std::string_view sql);

}  // namespace firn::sandbox::snowflake
