// The columns of SHOW for what moves data: external tables, streams, tasks, procedures, alerts.
#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/external_table.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/show_cells.h"
#include "sandbox/snowflake/stream.h"
#include "sandbox/snowflake/task.h"

namespace firn::sandbox::snowflake {
namespace {

Cell text_or_null(const Object& object, std::string_view key) {
  return object.has(key) ? Cell(object.text(key)) : std::nullopt;
}
Cell stamp_or_null(const Object& object, std::string_view key) {
  return object.has(key) ? Cell(timestamp_cell(object.number(key))) : std::nullopt;
}
Cell state(const Context&, const Object& o) {
  return o.text("state");
}
Cell warehouse(const Context&, const Object& o) {
  return text_or_null(o, "warehouse");
}
Cell schedule(const Context&, const Object& o) {
  return text_or_null(o, "schedule");
}
Cell region(const Context& c, const Object&) {
  return c.catalog.about().string_or("region", "");
}

constexpr ShowColumn external_table_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"invalid",
     [](const Context& c, const Object& o) { return true_false(!invalid_reason(c, o).empty()); }},
    {"invalid_reason",
     [](const Context& c, const Object& o) -> Cell {
       const auto reason = invalid_reason(c, o);
       return reason.empty() ? std::nullopt : Cell(reason);
     }},
    {"owner", owner},
    {"comment", comment},
    {"stage", [](const Context&, const Object& o) -> Cell { return o.text("stage_name"); }},
    {"location",
     [](const Context&, const Object& o) -> Cell {
       return "@" + o.text("stage_name") + "/" + o.text("path");
     }},
    {"file_format_name",
     [](const Context&, const Object& o) -> Cell {
       const Value& format = o.at("format").at("FORMAT_NAME");
       return format.is_string() ? format.as_string() : "";
     }},
    {"file_format_type",
     [](const Context& c, const Object& o) -> Cell {
       const auto format = resolve_format(c, o.at("format").as_map());
       return format ? format_type(*format) : "";
     }},
    {"cloud", [](const Context&, const Object&) -> Cell { return "AWS"; }},
    {"region", region},
    {"notification_channel",
     [](const Context& c, const Object& o) -> Cell {
       const auto channel = channel_of(c.catalog, o);
       return channel.empty() ? std::nullopt : Cell(channel);
     }},
    {"last_refreshed_on",
     [](const Context&, const Object& o) { return stamp_or_null(o, "last_refreshed_on"); }, stamp},
    {"table_format", [](const Context&, const Object&) -> Cell { return "UNSPECIFIED"; }},
    {"last_refresh_details", null},
    {"owner_role_type", owner_type},
};

constexpr ShowColumn stream_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"owner", owner},
    {"comment", comment},
    {"table_name",
     [](const Context& c, const Object& o) -> Cell {
       const auto source = source_of_stream(c, o);
       return source ? c.catalog.printed_path(*source) : "No privilege or table dropped";
     }},
    {"source_type",
     [](const Context&, const Object& o) -> Cell {
       const auto kind = o.text("source_kind");
       if (kind == "EXTERNAL_TABLE") return "External Table";
       return kind.substr(0, 1) + to_lower(kind.substr(1));
     }},
    {"base_tables",
     [](const Context& c, const Object& o) -> Cell {
       const auto source = source_of_stream(c, o);
       return source ? c.catalog.printed_path(*source) : "No privilege or table dropped";
     }},
    {"type", [](const Context&, const Object&) -> Cell { return "DELTA"; }},
    {"stale", [](const Context& c, const Object& o) { return true_false(is_stale(c, o)); }},
    {"mode",
     [](const Context&, const Object& o) -> Cell {
       if (o.flag("append_only")) return "APPEND_ONLY";
       return o.flag("insert_only") ? "INSERT_ONLY" : "DEFAULT";
     }},
    {"stale_after",
     [](const Context& c, const Object& o) -> Cell { return timestamp_cell(stale_after(c, o)); },
     stamp},
    {"invalid_reason", [](const Context&, const Object&) -> Cell { return "N/A"; }},
    {"owner_role_type", owner_type},
};

Cell predecessors(const Context& c, const Object& o) {
  List names;
  for (const auto& task : predecessors_of(c, o))
    names.emplace_back(c.catalog.printed_path(task));
  return to_json(names);
}

Cell relations(const Context& c, const Object& o) {
  List names;
  for (const auto& task : predecessors_of(c, o))
    names.emplace_back(c.catalog.printed_path(task));
  Map all{{"Predecessors", std::move(names)}};
  if (const auto finalizer = finalizer_of(c, o)) {
    all.set("FinalizerTask", c.catalog.printed_path(*finalizer));
  }
  if (const auto root = finalized_root(c, o)) {
    all.set("FinalizedRootTask", c.catalog.printed_path(*root));
  }
  return to_json(all);
}

constexpr ShowColumn task_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"id", [](const Context&, const Object& o) -> Cell { return std::to_string(o.id); }},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"owner", owner},
    {"comment", comment},
    {"warehouse", warehouse},
    {"schedule", schedule},
    {"predecessors", predecessors},
    {"state", state},
    {"definition", [](const Context&, const Object& o) -> Cell { return o.text("definition"); }},
    {"condition", [](const Context&, const Object& o) { return text_or_null(o, "condition"); }},
    {"allow_overlapping_execution",
     [](const Context&, const Object& o) -> Cell {
       if (!is_root(o)) return "null";
       return o.text("overlap_policy", "NO_OVERLAP") == "NO_OVERLAP" ? "false" : "true";
     }},
    {"error_integration",
     [](const Context&, const Object& o) -> Cell { return o.text("error_integration", "null"); }},
    {"last_committed_on",
     [](const Context&, const Object& o) { return stamp_or_null(o, "last_committed_on"); }, stamp},
    {"last_suspended_on",
     [](const Context&, const Object& o) { return stamp_or_null(o, "last_suspended_on"); }, stamp},
    {"owner_role_type", owner_type},
    {"config", [](const Context&, const Object& o) { return text_or_null(o, "config"); }},
    {"budget", null},
    {"task_relations", relations},
    {"last_suspended_reason",
     [](const Context&, const Object& o) { return text_or_null(o, "last_suspended_reason"); }},
    {"success_integration",
     [](const Context&, const Object& o) -> Cell { return o.text("success_integration", "null"); }},
    {"scheduling_mode", null},
    {"target_completion_interval",
     [](const Context&, const Object& o) { return text_or_null(o, "target_completion_interval"); }},
    {"execute_as_user", null},
};

constexpr ShowColumn procedure_columns[] = {
    {"created_on", created, stamp},
    {"name", [](const Context&, const Object& o) -> Cell { return o.text("plain_name"); }},
    {"schema_name", schema_name},
    {"is_builtin", no},
    {"is_aggregate", no},
    {"is_ansi", no},
    {"min_num_arguments",
     [](const Context&, const Object& o) -> Cell {
       return std::to_string(o.number("argument_count") - o.number("optional_count"));
     },
     fixed},
    {"max_num_arguments",
     [](const Context&, const Object& o) -> Cell {
       return std::to_string(o.number("argument_count"));
     },
     fixed},
    {"arguments", [](const Context&, const Object& o) -> Cell { return o.text("arguments"); }},
    {"description",
     [](const Context&, const Object& o) -> Cell {
       return o.text("comment", "user-defined procedure");
     }},
    {"catalog_name", database_name},
    {"is_table_function",
     [](const Context&, const Object& o) {
       return yes_no(o.text("returns").starts_with("TABLE"));
     }},
    {"valid_for_clustering", no},
    {"is_secure", no},
};

constexpr ShowColumn alert_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"owner", owner},
    {"comment", comment},
    {"warehouse", warehouse},
    {"schedule", schedule},
    {"state", state},
    {"condition", [](const Context&, const Object& o) -> Cell { return o.text("condition"); }},
    {"action", [](const Context&, const Object& o) -> Cell { return o.text("action"); }},
    {"owner_role_type", owner_type},
    {"runbook", [](const Context&, const Object& o) { return text_or_null(o, "runbook"); }},
    {"config", [](const Context&, const Object& o) { return text_or_null(o, "config"); }},
};

}  // namespace

std::span<const ShowColumn> columns_of_movement(Kind kind) {
  switch (kind) {
    case Kind::external_table:
      return external_table_columns;
    case Kind::stream:
      return stream_columns;
    case Kind::task:
      return task_columns;
    case Kind::procedure:
      return procedure_columns;
    case Kind::alert:
      return alert_columns;
    default:
      return {};
  }
}

}  // namespace firn::sandbox::snowflake
