// Warehouses, databases, schemas, roles, database roles and users.
#pragma once

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet create_warehouse(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_warehouse(Context& context, const Alter& alter);
// "X-Small" for XSMALL.
[[nodiscard]] std::string printed_size(std::string_view size);

[[nodiscard]] ResultSet create_database(Context& context, const Create& create);
[[nodiscard]] ResultSet create_schema(Context& context, const Create& create);
// Databases and schemas.
[[nodiscard]] ResultSet alter_container(Context& context, const Alter& alter);

// Roles and database roles.
[[nodiscard]] ResultSet create_role(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_role(Context& context, const Alter& alter);

[[nodiscard]] ResultSet create_user(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_user(Context& context, const Alter& alter);
[[nodiscard]] ResultSet describe_user(const Context& context, const Describe& describe);

// DESC of a warehouse, database or schema: what it holds (created_on, name, kind).
[[nodiscard]] ResultSet describe_container(const Context& context, const Describe& describe);

}  // namespace firn::sandbox::snowflake
