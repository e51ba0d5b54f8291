#include "sandbox/snowflake/show.h"

#include <algorithm>
#include <fmt/core.h>

#include "sandbox/snowflake/foreign_key.h"
#include "sandbox/snowflake/notification.h"
#include "sandbox/snowflake/parameters.h"
#include "sandbox/snowflake/show_kinds.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/unique_key.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::size_t most_rows = 10000;

ResultSet listed(const Context& context, Kind kind, const std::vector<Object>& objects) {
  ResultSet result;
  for (const auto& column : columns_for(kind)) {
    ResultColumn header{column.name, column.type};
    if (header.type == "timestamp_ltz") header.scale = 9;
    if (header.type == "fixed") header.precision = 38;
    result.columns.push_back(std::move(header));
  }
  for (const auto& object : objects) {
    Row row;
    // Everybody may list the users' names; the rest is for their owner, and for MANAGE GRANTS.
    const bool name_only = kind == Kind::user && !context.access.owns(object) &&
                           !context.access.may_globally("MANAGE GRANTS");
    for (const auto& column : columns_for(kind)) {
      const bool is_shown = !name_only || std::string_view(column.name) == "name";
      row.push_back(is_shown ? column.render(context, object) : std::nullopt);
    }
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace

ResultSet show_one(const Context& context, const Object& object) {
  return listed(context, object.kind, {object});
}

ResultSet show(const Context& context, const Show& show) {
  if (show.what == "COLUMNS") return show_columns(context, show);
  if (show.what == "PRIMARY KEYS") return show_primary_keys(context, show);
  if (show.what == "UNIQUE KEYS") return show_unique_keys(context, show);
  if (show.what == "IMPORTED KEYS") return show_imported_keys(context, show);
  if (show.what == "PARAMETERS") return show_parameters(context, show);
  const auto kind = kind_of_plural(show.what);
  if (!kind) refuse_unknown("SHOW " + show.what);
  auto objects = objects_in(context, *kind, show.in);
  if (*kind == Kind::integration && show.what != "INTEGRATIONS") {
    const bool notifications = show.what == "NOTIFICATION INTEGRATIONS";
    std::erase_if(objects, [&](const Object& integration) {
      return is_notification(integration) != notifications;
    });
  }
  const auto starts = show.starts_with.value_or("");
  std::erase_if(objects, [&](const Object& object) {
    // The catalogue keeps a procedure under a name with types.
    const std::string shown = object.text("plain_name", object.name);
    return (show.like && !like(shown, *show.like)) || !shown.starts_with(starts) ||
           (show.from && shown <= *show.from);
  });
  const auto limit = std::min<std::size_t>(
      most_rows, show.limit ? static_cast<std::size_t>(*show.limit) : most_rows);
  if (objects.size() > limit) objects.resize(limit);
  return listed(context, *kind, objects);
}

}  // namespace firn::sandbox::snowflake
