// Parameters: values that an object takes from what contains it until it sets its own.
// Source: Snowflake documentation, "Parameters", "SHOW PARAMETERS".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

struct ParameterValue {
  std::string value;
  std::string level;  // "ACCOUNT", "DATABASE" …; empty: Snowflake's default
};
// The value that counts for the object, looked up from it to the account.
[[nodiscard]] ParameterValue parameter(const Catalog& catalog, const Object& object,
                                       std::string_view name);
// Of the account itself.
[[nodiscard]] ParameterValue account_parameter(const Catalog& catalog, std::string_view name);

[[nodiscard]] ResultSet show_parameters(const Context& context, const Show& show);
[[nodiscard]] ResultSet alter_account(Context& context, const Alter& alter);

}  // namespace firn::sandbox::snowflake
