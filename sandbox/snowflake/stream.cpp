#include "sandbox/snowflake/stream.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/parameters.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::int64_t day = 86'400'000'000'000;

constexpr std::array<PropertySpec, 4> specs = {{
    {"APPEND_ONLY", PropertyType::boolean, 0, 0, {}, false},
    {"INSERT_ONLY", PropertyType::boolean, 0, 0, {}, false},
    {"SHOW_INITIAL_ROWS", PropertyType::boolean, 0, 0, {}, false},
    {"COMMENT", PropertyType::text},
}};

void check_modes(const Object& stream, Kind source) {
  const bool external = source == Kind::external_table;
  if (external && !stream.flag("insert_only")) {
    refuse("001420", "22023",
           "Insert-only must be enabled for streams on external tables (INSERT_ONLY = TRUE).");
  }
  const bool rows = source == Kind::table || source == Kind::view;
  if (!external && stream.has("insert_only") && stream.flag("insert_only")) {
    refuse("001420", "22023",
           "invalid property 'INSERT_ONLY' for 'STREAM': it is for external tables.");
  }
  for (const auto* option : {"append_only", "show_initial_rows"}) {
    if (rows || !stream.has(option)) continue;
    refuse("001420", "22023", fmt::format("invalid property '{}' for 'STREAM'", to_upper(option)));
  }
}

// The first stream switches change tracking on, for which one has to own the source.
void track_changes(Context& context, Object& source) {
  if (source.kind != Kind::table && source.kind != Kind::view) return;
  if (source.flag("change_tracking")) return;
  if (!context.access.owns(source)) {
    refuse("003001", "42501",
           fmt::format("Insufficient privileges to enable change tracking on '{}': its owner must "
                       "create the first stream.",
                       printed(source.name)));
  }
  source.properties.set("change_tracking", true);
  context.catalog.put(source);
}

std::vector<Column> columns_of_stream(const Object& source) {
  auto columns = columns_of(source);
  for (const auto* name : {"METADATA$ACTION", "METADATA$ISUPDATE", "METADATA$ROW_ID"}) {
    Column column;
    column.name = name;
    column.type = parse_data_type(column.name == "METADATA$ISUPDATE" ? "BOOLEAN" : "VARCHAR");
    columns.push_back(std::move(column));
  }
  for (auto& column : columns) {
    column.key_position = 0;
    column.expression.reset();
    column.default_sql.reset();
  }
  return columns;
}

}  // namespace

ResultSet create_stream(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& stream = creation.object;
  auto source = need(context, create.on_kind, create.on);
  require(context, source, create.on_kind == Kind::stage ? "USAGE" : "SELECT");
  if (source.kind != Kind::stage && !is_relation(source.kind)) {
    refuse_unknown(fmt::format("CREATE STREAM … ON {}", info(source.kind).words));
  }
  if (source.kind == Kind::stream) refuse_unknown("CREATE STREAM … ON STREAM");
  if (source.kind == Kind::stage && !source.flag("directory")) {
    refuse("001422", "22023",
           fmt::format("Stage '{}' does not have a directory table enabled.",
                       context.catalog.printed_path(source)));
  }
  assign(stream.properties, specs, create.properties, "STREAM");
  check_modes(stream, source.kind);
  track_changes(context, source);
  stream.properties.set("source", source.id);
  stream.properties.set("source_kind", std::string(info(source.kind).granted_on));
  stream.properties.set("offset_at", context.now_ns());
  set_columns(stream, columns_of_stream(source));
  return finish(context, create, creation);
}

ResultSet alter_stream(Context& context, const Alter& alter) {
  auto target = alter_target(context, alter);
  if (!target) return done();
  require_ownership(context, *target);
  switch (alter.action) {
    case Alter::Action::set:
      for (const auto& property : alter.properties) {
        if (property.name != "COMMENT") {
          refuse("001420", "22023",
                 fmt::format("invalid property '{}' for 'STREAM'", property.name));
        }
      }
      assign(target->properties, specs, alter.properties, "STREAM");
      break;
    case Alter::Action::unset:
      unset(target->properties, specs, alter.names, "STREAM");
      break;
    case Alter::Action::rename:
      return rename(context, alter, std::move(*target));
    default:
      refuse_unknown("ALTER STREAM with this action");
  }
  context.catalog.put(*target);
  return done();
}

void follow_source(Context& context, const Object& source) {
  for (auto& stream : context.catalog.all(Kind::stream)) {
    if (stream.number("source") != source.id) continue;
    if (stream.text("source_kind") != info(source.kind).granted_on) continue;
    set_columns(stream, columns_of_stream(source));
    context.catalog.put(stream);
  }
}

std::optional<Object> source_of_stream(const Context& context, const Object& stream) {
  const auto kind = stream.text("source_kind");
  for (const auto candidate : {Kind::table, Kind::view, Kind::external_table, Kind::stage}) {
    if (info(candidate).granted_on == kind) {
      return context.catalog.by_id(candidate, stream.number("source"));
    }
  }
  return std::nullopt;
}

std::int64_t stale_after(const Context& context, const Object& stream) {
  const auto source = source_of_stream(context, stream);
  if (!source) return stream.number("offset_at");
  const auto days = [&](std::string_view name) {
    return std::stoll(parameter(context.catalog, *source, name).value);
  };
  const auto kept =
      std::max(days("DATA_RETENTION_TIME_IN_DAYS"), days("MAX_DATA_EXTENSION_TIME_IN_DAYS"));
  return stream.number("offset_at") + kept * day;
}

bool is_stale(const Context& context, const Object& stream) {
  return !source_of_stream(context, stream) || context.now_ns() > stale_after(context, stream);
}

}  // namespace firn::sandbox::snowflake
