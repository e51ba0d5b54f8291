// Identifiers: how they are stored and how they are printed.
// Source: Snowflake documentation, "Identifier requirements".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace firn::sandbox::snowflake {

// One to three stored names: {"DB", "SCHEMA", "TABLE"}.
using NamePath = std::vector<std::string>;

// FOO as it is; anything that would not be stored as typed without quotes in double quotes.
[[nodiscard]] std::string printed(std::string_view stored);
// "DB.SCHEMA.\"my table\""
[[nodiscard]] std::string dotted(std::span<const std::string> path);
// Reads a dotted name in a text ('db.schema."my pipe"'): unquoted parts become upper case. Empty
// when the text is no name.
[[nodiscard]] NamePath parse_path(std::string_view text);

// SHOW … LIKE: '%' and '_' are wildcards, '\' escapes one, case does not count.
[[nodiscard]] bool like(std::string_view text, std::string_view pattern);

// A text as a SQL literal: 'it''s'.
[[nodiscard]] std::string literal(std::string_view text);

}  // namespace firn::sandbox::snowflake
