// LookUp: a type that is only asked about, by one statement, and never made.
#pragma once

#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/schema/resource_type.h"
#include "providers/snowflake/client.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

struct LookUp {
  const ResourceType* type = nullptr;
  Result<Statement> (*question)(const Value& inputs) = nullptr;
  Result<Map> (*answer)(const Rows& rows, const Value& inputs) = nullptr;
  std::string_view object = {};  // the input that names what is asked about, for messages
};

extern const LookUp account_look_up;
extern const LookUp sns_subscriber_look_up;

// Sorted by name.
[[nodiscard]] std::span<const LookUp* const> look_ups();
[[nodiscard]] const LookUp* find_look_up(std::string_view name);  // nullptr: none

}  // namespace firn::snowflake
