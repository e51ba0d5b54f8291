// Unique keys of tables: kept as they are declared, and never enforced.
// Source: Snowflake documentation, "Overview of constraints", "CREATE | ALTER TABLE … CONSTRAINT",
// "SHOW UNIQUE KEYS".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

// Throws when a column is not there or when there is such a key. The table is not stored by this.
void add_unique_key(Object& table, const std::vector<std::string>& columns);
// Throws when there is none on these columns.
void drop_unique_key(Object& table, const std::vector<std::string>& columns);
// Those that a column is part of: they go with it.
void drop_unique_keys_on(Object& table, std::string_view column);
[[nodiscard]] bool has_unique_key(const Object& table, const std::vector<std::string>& columns);
[[nodiscard]] bool is_in_unique_key(const Object& table, std::string_view column);

[[nodiscard]] ResultSet show_unique_keys(const Context& context, const Show& show);

}  // namespace firn::sandbox::snowflake
