// Alerts: kept as written, started and suspended, not run.
// Source: Snowflake documentation, "CREATE ALERT", "ALTER ALERT", "SHOW ALERTS".
#pragma once

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet create_alert(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_alert(Context& context, const Alter& alter);

}  // namespace firn::sandbox::snowflake
