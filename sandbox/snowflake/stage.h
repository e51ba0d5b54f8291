// External stages.
// Source: Snowflake documentation, "CREATE STAGE", "ALTER STAGE", "DESCRIBE STAGE".
#pragma once

#include <string>

#include "sandbox/snowflake/context.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet create_stage(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_stage(Context& context, const Alter& alter);
[[nodiscard]] ResultSet describe_stage(const Context& context, const Describe& describe);
[[nodiscard]] ResultSet list_stage(const Context& context, const ListStage& list);

// The integration by its hidden id. Throws 003139 when it was dropped or replaced; nothing when the
// stage has none.
[[nodiscard]] std::optional<Object> integration_of(const Context& context, const Object& stage);
// Looks at AWS as a COPY from the stage would; an empty code: it works.
[[nodiscard]] SqlError try_stage(const Context& context, const Object& stage,
                                 const std::string& path);

}  // namespace firn::sandbox::snowflake
