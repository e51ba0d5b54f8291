// The resource types of this provider. One line here and one file make a type.
#pragma once

#include <span>

#include "core/schema/resource_type.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {

extern const ObjectType alert_type;
extern const ObjectType database_type;
extern const ObjectType database_role_type;
extern const ObjectType external_table_type;
extern const ObjectType file_format_type;
extern const ObjectType grant_type;
extern const ObjectType grants_type;
extern const ObjectType notification_integration_type;
extern const ObjectType pipe_type;
extern const ObjectType procedure_type;
extern const ObjectType role_type;
extern const ObjectType schema_type;
extern const ObjectType stage_type;
extern const ObjectType storage_integration_type;
extern const ObjectType stream_type;
extern const ObjectType table_type;
extern const ObjectType user_type;
extern const ObjectType task_graph_type;
extern const ObjectType task_type;
extern const ObjectType view_type;
extern const ObjectType warehouse_type;

// Both sorted by name.
[[nodiscard]] std::span<const ObjectType* const> object_types();
[[nodiscard]] std::span<const ResourceType* const> resource_types();
[[nodiscard]] const ObjectType* find_object_type(std::string_view name);  // nullptr: none

}  // namespace firn::snowflake
