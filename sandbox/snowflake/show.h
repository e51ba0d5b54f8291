// SHOW: which objects a role sees, filtered, and the columns of each kind.
// Source: Snowflake documentation, reference pages of the SHOW commands.
#pragma once

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet show(const Context& context, const Show& show);

// One object as SHOW prints it, for DESC PIPE.
[[nodiscard]] ResultSet show_one(const Context& context, const Object& object);

// SHOW COLUMNS and SHOW PRIMARY KEYS
[[nodiscard]] ResultSet show_columns(const Context& context, const Show& show);
[[nodiscard]] ResultSet show_primary_keys(const Context& context, const Show& show);
// The relations that a scope holds and the role sees, by database, schema and name.
[[nodiscard]] std::vector<Object> relations_in(const Context& context, const Scope& scope,
                                               bool all_kinds);
// The objects of a kind in the scope that the role sees, sorted by their path. Throws 002043 for a
// scope that is missing or not visible.
[[nodiscard]] std::vector<Object> objects_in(const Context& context, Kind kind, const Scope& scope);

}  // namespace firn::sandbox::snowflake
