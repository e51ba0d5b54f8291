// Foreign keys of tables: kept as they are declared, and never enforced.
// Source: Snowflake documentation, "Overview of constraints", "CREATE | ALTER TABLE … CONSTRAINT",
// "SHOW IMPORTED KEYS".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/snowflake/context.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {

// Throws when the other table is not there or not to be referred to, or when the columns are no key
// of it. The table is not stored by this.
void add_foreign_key(const Context& context, Object& table, const ForeignKeyText& key);
// Throws when there is none on these columns.
void drop_foreign_key(Object& table, const std::vector<std::string>& columns);
// Those of other tables that lead to a key of this one: they go with it.
void drop_references_to(const Context& context, const Object& table,
                        const std::vector<std::string>& columns);
// The same of the whole table. Snowflake documentation, "DROP TABLE": a table that foreign keys
// refer to is dropped nevertheless.
void drop_references_to(const Context& context, const Object& table);
// In the order of the key; empty when the table has none.
[[nodiscard]] std::vector<std::string> primary_key_of(const Object& table);
// Whether a column is part of a foreign key, on either side.
[[nodiscard]] bool is_in_foreign_key(const Context& context, const Object& table,
                                     std::string_view column);

[[nodiscard]] ResultSet show_imported_keys(const Context& context, const Show& show);

}  // namespace firn::sandbox::snowflake
