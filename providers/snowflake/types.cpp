#include "providers/snowflake/types.h"

#include <algorithm>
#include <array>

#include "providers/snowflake/look_up.h"

namespace firn::snowflake {

std::span<const ObjectType* const> object_types() {
  static constexpr std::array table = {
      &alert_type,         &database_type,
      &database_role_type, &external_table_type,
      &file_format_type,   &grant_type,
      &grants_type,        &notification_integration_type,
      &pipe_type,          &procedure_type,
      &role_type,          &schema_type,
      &stage_type,         &storage_integration_type,
      &stream_type,        &table_type,
      &task_type,          &task_graph_type,
      &user_type,          &view_type,
      &warehouse_type,
  };
  return table;
}

std::span<const LookUp* const> look_ups() {
  static constexpr std::array table = {&account_look_up, &sns_subscriber_look_up};
  return table;
}

const LookUp* find_look_up(std::string_view name) {
  const auto all = look_ups();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const LookUp* known) { return known->type->name == name; });
  return found == all.end() ? nullptr : *found;
}

std::span<const ResourceType* const> resource_types() {
  static const auto table = [] {
    std::vector<const ResourceType*> types;
    for (const LookUp* known : look_ups())
      types.push_back(known->type);
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
