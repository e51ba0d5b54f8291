#include "providers/snowflake/types.h"

#include <algorithm>
#include <array>

namespace firn::snowflake {

std::span<const ObjectType* const> object_types() {
  static constexpr std::array table = {
      &database_type, &database_role_type, &file_format_type,
      &grant_type,    &pipe_type,          &role_type,
      &schema_type,   &stage_type,         &storage_integration_type,
      &table_type,    &view_type,          &warehouse_type,
  };
  return table;
}

std::span<const ResourceType* const> resource_types() {
  static const auto table = [] {
    std::vector<const ResourceType*> types{&sns_subscriber_type};
    for (const ObjectType* known : object_types())
      types.push_back(known->type);
    std::sort(types.begin(), types.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    return types;
  }();
  return table;
}

const ObjectType* find_object_type(std::string_view name) {
  const auto all = object_types();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const ObjectType* known) { return known->type->name == name; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace firn::snowflake
