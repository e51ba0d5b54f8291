// The columns of SHOW, kind by kind, as tables.
#include "sandbox/snowflake/show_kinds.h"

#include "core/value/json.h"
#include "sandbox/snowflake/containers.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/keys.h"
#include "sandbox/snowflake/notification.h"
#include "sandbox/snowflake/parameters.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/show_cells.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

Cell retention(const Context& c, const Object& o) {
  return parameter(c.catalog, o, "DATA_RETENTION_TIME_IN_DAYS").value;
}
Cell is_current_database(const Context& c, const Object& o) {
  return yes_no(c.session.database == o.name);
}

constexpr ShowColumn warehouse_columns[] = {
    {"name", name},
    {"state", [](const Context&, const Object& o) -> Cell { return o.text("state"); }},
    {"type",
     [](const Context&, const Object& o) -> Cell { return o.text("warehouse_type", "STANDARD"); }},
    {"size",
     [](const Context&, const Object& o) -> Cell {
       return printed_size(o.text("warehouse_size", "XSMALL"));
     }},
    {"min_cluster_count",
     [](const Context&, const Object& o) -> Cell {
       return std::to_string(o.number("min_cluster_count", 1));
     },
     fixed},
    {"max_cluster_count",
     [](const Context&, const Object& o) -> Cell {
       return std::to_string(o.number("max_cluster_count", 1));
     },
     fixed},
    {"started_clusters",
     [](const Context&, const Object& o) -> Cell {
       return o.text("state") == "STARTED" ? "1" : "0";
     },
     fixed},
    {"running", zero, fixed},
    {"queued", zero, fixed},
    {"is_default", no},
    {"is_current",
     [](const Context& c, const Object& o) { return yes_no(c.session.warehouse == o.name); }},
    {"auto_suspend",
     [](const Context&, const Object& o) -> Cell {
       return std::to_string(o.number("auto_suspend", 600));
     },
     fixed},
    {"auto_resume",
     [](const Context&, const Object& o) { return true_false(o.flag("auto_resume", true)); }},
    {"available", empty},
    {"provisioning", empty},
    {"quiescing", empty},
    {"other", empty},
    {"created_on", created, stamp},
    {"resumed_on",
     [](const Context&, const Object& o) -> Cell {
       const auto at = o.number("resumed_on");
       return at == 0 ? std::nullopt : Cell(timestamp_cell(at));
     },
     stamp},
    {"updated_on",
     [](const Context&, const Object& o) -> Cell { return timestamp_cell(o.number("updated_on")); },
     stamp},
    {"owner", owner},
    {"comment", comment},
    {"enable_query_acceleration",
     [](const Context&, const Object& o) {
       return true_false(o.flag("enable_query_acceleration"));
     }},
    {"query_acceleration_max_scale_factor",
     [](const Context&, const Object& o) -> Cell {
       return std::to_string(o.number("query_acceleration_max_scale_factor", 8));
     },
     fixed},
    {"resource_monitor", null_text},
    {"actives", zero, fixed},
    {"pendings", zero, fixed},
    {"failed", zero, fixed},
    {"suspended", zero, fixed},
    {"uuid", [](const Context&, const Object& o) -> Cell { return std::to_string(o.id); }},
    {"scaling_policy",
     [](const Context&, const Object& o) -> Cell { return o.text("scaling_policy", "STANDARD"); }},
    {"budget", null},
    {"owner_role_type", owner_type},
    {"resource_constraint", null},
};

constexpr ShowColumn database_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"is_default", no},
    {"is_current", is_current_database},
    {"origin", empty},
    {"owner", owner},
    {"comment", comment},
    {"options",
     [](const Context&, const Object& o) -> Cell {
       return o.flag("transient") ? "TRANSIENT" : "";
     }},
    {"retention_time", retention},
    {"kind", [](const Context&, const Object&) -> Cell { return "STANDARD"; }},
    {"budget", null},
    {"owner_role_type", owner_type},
};

constexpr ShowColumn schema_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"is_default", no},
    {"is_current",
     [](const Context& c, const Object& o) {
       const auto path = c.catalog.path(o);
       return yes_no(path.front() == c.session.database && o.name == c.session.schema);
     }},
    {"database_name", database_name},
    {"owner", owner},
    {"comment", comment},
    {"options",
     [](const Context&, const Object& o) -> Cell {
       const bool managed = o.flag("managed_access");
       if (o.flag("transient")) return managed ? "TRANSIENT, MANAGED ACCESS" : "TRANSIENT";
       return managed ? "MANAGED ACCESS" : "";
     }},
    {"retention_time", retention},
    {"owner_role_type", owner_type},
    {"budget", null},
};

constexpr ShowColumn table_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"kind",
     [](const Context& c, const Object& o) -> Cell {
       const auto schema = c.catalog.by_id(Kind::schema, o.parent);
       const bool transient = o.flag("transient") || (schema && schema->flag("transient"));
       return transient ? "TRANSIENT" : "TABLE";
     }},
    {"comment", comment},
    {"cluster_by", [](const Context&, const Object& o) -> Cell { return o.text("cluster_by"); }},
    {"rows",
     [](const Context& c, const Object& o) -> Cell { return std::to_string(row_count(c, o)); },
     fixed},
    {"bytes",
     [](const Context& c, const Object& o) -> Cell {
       return std::to_string(row_count(c, o) * 1024);
     },
     fixed},
    {"owner", owner},
    {"retention_time", retention},
    {"automatic_clustering",
     [](const Context&, const Object& o) { return on_off(o.has("cluster_by")); }},
    {"change_tracking",
     [](const Context&, const Object& o) { return on_off(o.flag("change_tracking")); }},
    {"search_optimization", [](const Context&, const Object&) -> Cell { return "OFF"; }},
    {"search_optimization_progress", null},
    {"search_optimization_bytes", null},
    {"is_external", no},
    {"enable_schema_evolution",
     [](const Context&, const Object& o) { return yes_no(o.flag("enable_schema_evolution")); }},
    {"owner_role_type", owner_type},
    {"is_event", no},
    {"budget", null},
    {"is_hybrid", no},
    {"is_iceberg", no},
    {"is_dynamic", no},
    {"is_immutable", no},
};

constexpr ShowColumn view_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"reserved", empty},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"owner", owner},
    {"comment", comment},
    {"text", [](const Context&, const Object& o) -> Cell { return o.text("text"); }},
    {"is_secure", [](const Context&, const Object& o) { return true_false(o.flag("secure")); }},
    {"is_materialized", [](const Context&, const Object&) -> Cell { return "false"; }},
    {"owner_role_type", owner_type},
    {"change_tracking",
     [](const Context&, const Object& o) { return on_off(o.flag("change_tracking")); }},
};

constexpr ShowColumn file_format_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"type",
     [](const Context&, const Object& o) -> Cell { return format_type(o.at("format").as_map()); }},
    {"owner", owner},
    {"comment", comment},
    {"format_options",
     [](const Context&, const Object& o) -> Cell {
       return to_json(format_json(o.at("format").as_map()));
     }},
    {"owner_role_type", owner_type},
};

constexpr ShowColumn integration_columns[] = {
    {"name", name},
    {"type",
     [](const Context&, const Object& o) -> Cell {
       return is_notification(o) ? notification_type(o) : o.text("type");
     }},
    {"category",
     [](const Context&, const Object& o) -> Cell {
       return is_notification(o) ? "NOTIFICATION" : "STORAGE";
     }},
    {"enabled",
     [](const Context&, const Object& o) { return true_false(o.flag("enabled", true)); }},
    {"comment", comment},
    {"created_on", created, stamp},
};

constexpr ShowColumn stage_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"url", [](const Context&, const Object& o) -> Cell { return o.text("url"); }},
    {"has_credentials", no},
    {"has_encryption_key", no},
    {"owner", owner},
    {"comment", comment},
    {"region",
     [](const Context& c, const Object&) -> Cell {
       return c.catalog.about().string_or("region", "");
     }},
    {"type", [](const Context&, const Object&) -> Cell { return "EXTERNAL"; }},
    {"cloud", [](const Context&, const Object&) -> Cell { return "AWS"; }},
    {"notification_channel", null},
    {"storage_integration",
     [](const Context&, const Object& o) -> Cell {
       return o.number("integration") == 0 ? std::nullopt : Cell(o.text("integration_name"));
     }},
    {"endpoint", null},
    {"owner_role_type", owner_type},
    {"directory_enabled",
     [](const Context&, const Object& o) { return yes_no(o.flag("directory")); }},
};

constexpr ShowColumn pipe_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"database_name", database_name},
    {"schema_name", schema_name},
    {"definition", [](const Context&, const Object& o) -> Cell { return o.text("definition"); }},
    {"owner", owner},
    {"notification_channel",
     [](const Context& c, const Object& o) -> Cell {
       const auto channel = channel_of(c.catalog, o);
       return channel.empty() ? std::nullopt : Cell(channel);
     }},
    {"comment", comment},
    {"integration", null},
    {"pattern",
     [](const Context&, const Object& o) -> Cell {
       return o.has("pattern") ? Cell(o.text("pattern")) : std::nullopt;
     }},
    {"error_integration",
     [](const Context&, const Object& o) -> Cell {
       return o.has("error_integration") ? Cell(o.text("error_integration")) : std::nullopt;
     }},
    {"owner_role_type", owner_type},
    {"invalid_reason",
     [](const Context& c, const Object& o) -> Cell {
       const auto state = execution_state(c, o);
       return state.starts_with("STOPPED") ? Cell(state) : std::nullopt;
     }},
    {"kind", [](const Context&, const Object&) -> Cell { return "STAGE"; }},
};

Cell count_grants(const Context& c, const Object& role, bool to_this, Kind kind) {
  std::int64_t count = 0;
  for (const auto& grant : c.catalog.grants()) {
    const bool membership =
        grant.object_kind == Kind::role || grant.object_kind == Kind::database_role;
    if (!membership) continue;
    if (to_this ? grant.grantee == role.id && grant.object_kind == kind
                : grant.object == role.id && grant.grantee_kind == kind) {
      ++count;
    }
  }
  return std::to_string(count);
}

constexpr ShowColumn role_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"is_default", no},
    {"is_current",
     [](const Context& c, const Object& o) { return yes_no(c.session.role == o.name); }},
    {"is_inherited",
     [](const Context& c, const Object& o) { return yes_no(c.access.has_role(o.id)); }},
    {"assigned_to_users",
     [](const Context& c, const Object& o) { return count_grants(c, o, false, Kind::user); },
     fixed},
    {"granted_to_roles",
     [](const Context& c, const Object& o) { return count_grants(c, o, false, Kind::role); },
     fixed},
    {"granted_roles",
     [](const Context& c, const Object& o) { return count_grants(c, o, true, Kind::role); }, fixed},
    {"owner", owner},
    {"comment", comment},
};

constexpr ShowColumn database_role_columns[] = {
    {"created_on", created, stamp},
    {"name", name},
    {"is_default", no},
    {"is_current", no},
    {"is_inherited",
     [](const Context& c, const Object& o) { return yes_no(c.access.has_role(o.id)); }},
    {"granted_to_roles",
     [](const Context& c, const Object& o) { return count_grants(c, o, false, Kind::role); },
     fixed},
    {"granted_to_database_roles",
     [](const Context& c, const Object& o) {
       return count_grants(c, o, false, Kind::database_role);
     },
     fixed},
    {"granted_database_roles",
     [](const Context& c, const Object& o) {
       return count_grants(c, o, true, Kind::database_role);
     },
     fixed},
    {"owner", owner},
    {"comment", comment},
    {"owner_role_type", owner_type},
};

constexpr ShowColumn user_columns[] = {
    {"name", name},
    {"created_on", created, stamp},
    {"login_name", [](const Context&, const Object& o) -> Cell { return login_name(o); }},
    {"display_name",
     [](const Context&, const Object& o) -> Cell { return o.text("display_name", o.name); }},
    {"first_name",
     [](const Context&, const Object& o) -> Cell {
       return shows_people(o) ? o.text("first_name") : "";
     }},
    {"last_name",
     [](const Context&, const Object& o) -> Cell {
       return shows_people(o) ? o.text("last_name") : "";
     }},
    {"email", [](const Context&, const Object& o) -> Cell { return o.text("email"); }},
    {"mins_to_unlock", empty},
    {"days_to_expiry", empty},
    {"comment", comment},
    {"disabled", [](const Context&, const Object& o) { return true_false(o.flag("disabled")); }},
    {"must_change_password",
     [](const Context&, const Object& o) {
       return true_false(shows_people(o) && o.flag("must_change_password"));
     }},
    {"snowflake_lock", [](const Context&, const Object&) -> Cell { return "false"; }},
    {"default_warehouse",
     [](const Context&, const Object& o) -> Cell { return o.text("default_warehouse"); }},
    {"default_namespace",
     [](const Context&, const Object& o) -> Cell {
       return bare_name(o.text("default_namespace"));
     }},
    {"default_role",
     [](const Context&, const Object& o) -> Cell { return o.text("default_role"); }},
    {"default_secondary_roles",
     [](const Context&, const Object& o) -> Cell {
       const Value& roles = o.at("default_secondary_roles");
       return roles.is_list() ? to_json(roles) : R"(["ALL"])";
     }},
    {"ext_authn_duo", [](const Context&, const Object&) -> Cell { return "false"; }},
    {"ext_authn_uid", empty},
    {"mins_to_bypass_mfa", empty},
    {"owner", owner},
    {"last_success_login", null, stamp},
    {"expires_at_time", null, stamp},
    {"locked_until_time", null, stamp},
    {"has_password",
     [](const Context&, const Object& o) {
       return true_false(shows_people(o) && o.flag("has_password"));
     }},
    {"has_rsa_public_key",
     [](const Context&, const Object& o) { return true_false(o.has("rsa_public_key")); }},
    {"type", [](const Context&, const Object& o) -> Cell { return o.text("type"); }},
    {"has_mfa", [](const Context&, const Object&) -> Cell { return "false"; }},
    {"has_workload_identity", [](const Context&, const Object&) -> Cell { return "false"; }},
};

}  // namespace

std::span<const ShowColumn> columns_for(Kind kind) {
  switch (kind) {
    case Kind::warehouse:
      return warehouse_columns;
    case Kind::database:
      return database_columns;
    case Kind::schema:
      return schema_columns;
    case Kind::table:
      return table_columns;
    case Kind::view:
      return view_columns;
    case Kind::file_format:
      return file_format_columns;
    case Kind::integration:
      return integration_columns;
    case Kind::stage:
      return stage_columns;
    case Kind::pipe:
      return pipe_columns;
    case Kind::role:
      return role_columns;
    case Kind::database_role:
      return database_role_columns;
    case Kind::user:
      return user_columns;
    case Kind::external_table:
    case Kind::stream:
    case Kind::task:
    case Kind::procedure:
    case Kind::alert:
      return columns_of_movement(kind);
    case Kind::account:
      break;
  }
  return {};
}

}  // namespace firn::sandbox::snowflake
