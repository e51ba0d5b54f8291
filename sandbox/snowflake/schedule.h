// What tasks and alerts have in common: when they run, and the SQL that they hold.
// Source: Snowflake documentation, "CREATE TASK", "CREATE ALERT".
#pragma once

#include <string>

namespace firn::sandbox::snowflake {

// Throws 001422 when the text is no schedule. `minutes_only`: that of an alert.
void check_schedule(const std::string& text, bool minutes_only);
// Throws 001003 when the text begins as no statement does. It is not looked into any further.
void check_definition(const std::string& sql);

}  // namespace firn::sandbox::snowflake
