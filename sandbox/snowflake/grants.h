// GRANT, REVOKE and the SHOW forms of grants.
// Source: Snowflake documentation, "GRANT <privileges>", "GRANT OWNERSHIP", "GRANT ROLE",
// "REVOKE <privileges>", "SHOW GRANTS".
#pragma once

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet execute_grant(Context& context, const Grant& grant);
[[nodiscard]] ResultSet show_grants(const Context& context, const ShowGrants& show);

// The object for a role that may see everything (MANAGE GRANTS), else by the usual rules.
[[nodiscard]] Object need_for_grant(const Context& context, Kind kind, const NamePath& name);

}  // namespace firn::sandbox::snowflake
