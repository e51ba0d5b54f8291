// Storage integrations.
// Source: Snowflake documentation, "CREATE STORAGE INTEGRATION", "ALTER STORAGE INTEGRATION",
// "DESCRIBE INTEGRATION", "Configuring a Snowflake storage integration to access Amazon S3".
#pragma once

#include <string>

#include "sandbox/snowflake/context.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet create_integration(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_integration(Context& context, const Alter& alter);
[[nodiscard]] ResultSet describe_integration(const Context& context, const Describe& describe);

// Is the location below an allowed one and below no blocked one?
[[nodiscard]] bool location_allowed(const Object& integration, const std::string& url);

// "s3://bucket/some/prefix" taken apart; an empty bucket when it is no such URL.
struct Location {
  std::string bucket;
  std::string prefix;
};
[[nodiscard]] Location parse_location(const std::string& url);

// What Snowflake meets when it uses the integration's role; an empty code: it works.
using AccessProblem = SqlError;
// Assumes the role, lists the location, and reads below it.
[[nodiscard]] AccessProblem try_location(const Context& context, const Object& integration,
                                         const Location& location);
// SYSTEM$VALIDATE_STORAGE_INTEGRATION
[[nodiscard]] std::string validate_integration(const Context& context, const std::string& name,
                                               const std::string& url, const std::string& file,
                                               const std::string& action);

}  // namespace firn::sandbox::snowflake
