#include "sandbox/snowflake/grants.h"

#include <algorithm>
#include <fmt/core.h>
#include <functional>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/task.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::string_view everything = "ALL PRIVILEGES";

// Roles, database roles and users are found by name whatever privileges one has on them.
Object grantee_of(const Context& context, const Grantee& grantee) {
  std::int64_t parent = 0;
  if (grantee.kind == Kind::database_role) {
    if (grantee.name.size() != 2 && context.session.database.empty()) {
      refuse_missing("Database role", dotted(grantee.name));
    }
    const auto& name = grantee.name.size() == 2 ? grantee.name[0] : context.session.database;
    const auto database = context.catalog.find(Kind::database, 0, name);
    if (!database) refuse_missing("Database", printed(name));
    parent = database->id;
  }
  const auto found = context.catalog.find(grantee.kind, parent, grantee.name.back());
  if (!found) refuse_missing(info(grantee.kind).noun, dotted(grantee.name));
  return *found;
}

Object account_object() {
  Object account;
  account.kind = Kind::account;
  return account;
}

std::int64_t database_of(const Context& context, const Object& object) {
  switch (info(object.kind).level) {
    case Level::account:
      return object.kind == Kind::database ? object.id : 0;
    case Level::database:
      return object.parent;
    case Level::schema: {
      const auto schema = context.catalog.by_id(Kind::schema, object.parent);
      return schema ? schema->parent : 0;
    }
  }
  return 0;
}

void check_privilege(Kind kind, const std::string& privilege) {
  if (privilege == everything || privilege == "OWNERSHIP") {
    if (privilege == "OWNERSHIP" && kind == Kind::account) {
      refuse("003008", "42501", "Invalid privilege 'OWNERSHIP' for object type ACCOUNT.");
    }
    return;
  }
  const auto allowed = info(kind).privileges;
  // Every stage here is external: READ and WRITE are for internal ones.
  const bool internal_only = kind == Kind::stage && privilege != "USAGE";
  if (internal_only || std::find(allowed.begin(), allowed.end(), privilege) == allowed.end()) {
    refuse("003008", "42501",
           fmt::format("Invalid privilege '{}' for object type {}.", privilege,
                       info(kind).granted_on));
  }
}

std::vector<std::string> expanded(Kind kind, const std::vector<std::string>& privileges) {
  std::vector<std::string> list;
  for (const auto& privilege : privileges) {
    check_privilege(kind, privilege);
    if (privilege != everything) {
      list.push_back(privilege);
    } else if (kind == Kind::stage) {
      list.emplace_back("USAGE");
    } else {
      for (const auto word : info(kind).privileges)
        list.emplace_back(word);
    }
  }
  return list;
}

bool may_grant(const Context& context, const Object& object, const std::string& privilege) {
  if (context.access.may_globally("MANAGE GRANTS")) return true;
  if (object.kind == Kind::account) return context.access.may_with_option(object, privilege);
  if (info(object.kind).level == Level::schema) {
    const auto schema = context.catalog.by_id(Kind::schema, object.parent);
    if (schema && schema->flag("managed_access")) return context.access.owns(*schema);
  }
  return context.access.may_with_option(object, privilege);
}

void transfer_ownership(Context& context, const Grant& grant, Object object,
                        const Object& grantee) {
  if (!context.access.owns(object) && !context.access.may_globally("MANAGE GRANTS")) {
    refuse_privileges(to_lower(info(object.kind).words), object.name);
  }
  const auto outbound = context.catalog.grants_on(object.id);
  if (!outbound.empty() && grant.current_grants.empty() && object.owner != grantee.id) {
    refuse("003036", "42501",
           fmt::format("Dependent grant of privilege '{}' on securable '{}' exists. It must be "
                       "revoked first. To revoke all dependent grants while transferring object "
                       "ownership, use GRANT OWNERSHIP … REVOKE CURRENT GRANTS.",
                       outbound.front().privilege, context.catalog.printed_path(object)));
  }
  if (object.kind == Kind::pipe && object.owner != grantee.id) {
    // Source: Snowflake documentation, "GRANT OWNERSHIP" (pipes, tasks, external tables); the code
    // is not documented.
    if (!is_paused(context.catalog, object)) {
      refuse("003035", "42501",
             fmt::format("Pipe '{}' must be paused before its ownership is transferred.",
                         object.name));
    }
    object.properties.set("ownership_changed", true);
  }
  if (object.kind == Kind::task && object.owner != grantee.id) {
    change_hands(context, object, grant.on.kind == GrantTarget::Kind::object);
  }
  if (object.kind == Kind::external_table && object.owner != grantee.id) {
    object.properties.set("auto_refresh", false);
  }
  for (auto row : outbound) {
    if (grant.current_grants.empty()) break;
    context.catalog.erase_grant(row);
    row.by = grantee.id;
    if (grant.current_grants == "COPY") context.catalog.put_grant(row);
  }
  object.owner = grantee.id;
  context.catalog.put(object);
}

// Who is shown to have granted it: the owner, or where that is the system, the role that did.
std::int64_t grantor(const Context& context, std::int64_t owner) {
  return owner != 0 ? owner : context.access.role();
}

// True when every privilege was granted or revoked.
bool apply(Context& context, const Grant& grant, const Object& object, const Object& grantee) {
  if (grantee.kind == Kind::database_role && database_of(context, object) != grantee.parent) {
    refuse("003008", "42501",
           fmt::format("Database role '{}' can only be granted privileges on objects of its own "
                       "database.",
                       context.catalog.printed_path(grantee)));
  }
  bool all = true;
  bool any = false;
  for (const auto& privilege : expanded(object.kind, grant.privileges)) {
    if (privilege == "OWNERSHIP") {
      if (grant.revoke) {
        refuse("003008", "42501", "OWNERSHIP cannot be revoked; grant it to another role.");
      }
      transfer_ownership(context, grant, object, grantee);
      any = true;
      continue;
    }
    if (!may_grant(context, object, privilege)) {
      all = false;
      continue;
    }
    any = true;
    GrantRow row{object.kind,
                 object.id,
                 privilege,
                 grantee.kind,
                 grantee.id,
                 grant.with_grant_option,
                 grantor(context, object.kind == Kind::account ? 0 : object.owner),
                 context.now_ns()};
    if (!grant.revoke) {
      context.catalog.put_grant(row);
    } else if (context.catalog.erase_grant(row) && grant.grant_option_only) {
      context.catalog.put_grant(row);
    }
  }
  if (!any) {
    refuse_privileges(to_lower(info(object.kind).words),
                      object.kind == Kind::account
                          ? context.catalog.about().string_or("account_name", "")
                          : object.name);
  }
  return all;
}

ResultSet grant_membership(Context& context, const Grant& grant) {
  const auto role = grantee_of(context, *grant.membership);
  const auto to = grantee_of(context, grant.to);
  if (role.kind == Kind::database_role && to.kind == Kind::user) {
    refuse("001003", "42000", "A database role cannot be granted to a user.");
  }
  if (role.kind == Kind::role && to.kind == Kind::database_role) {
    refuse("001003", "42000", "An account role cannot be granted to a database role.");
  }
  if (to.kind == Kind::database_role && to.parent != role.parent) {
    refuse("003008", "42501", "A database role can only be granted to one of the same database.");
  }
  if (!context.access.owns(role) && !context.access.may_globally("MANAGE GRANTS")) {
    refuse_privileges("role", role.name);
  }
  if (role.name == "PUBLIC" && role.kind == Kind::role) refuse_privileges("role", role.name);
  const GrantRow row{
      role.kind,       role.id, "USAGE", to.kind, to.id, false, grantor(context, role.owner),
      context.now_ns()};
  if (grant.revoke) {
    context.catalog.erase_grant(row);
  } else {
    if (to.kind != Kind::user && inherits(context.catalog, role.id, to.id)) {
      refuse("003033", "42501",
             fmt::format("Cannot grant role '{}' to role '{}': a cycle of roles would form.",
                         printed(role.name), printed(to.name)));
    }
    context.catalog.put_grant(row);
  }
  context.access.refresh();
  return done();
}

std::vector<Object> in_scope(const Context& context, const GrantTarget& on, const Object& scope) {
  if (scope.kind == Kind::schema || on.object_kind == Kind::schema) {
    return context.catalog.children(on.object_kind, scope.id);
  }
  std::vector<Object> objects;
  for (const auto& schema : context.catalog.children(Kind::schema, scope.id)) {
    const auto inside = context.catalog.children(on.object_kind, schema.id);
    objects.insert(objects.end(), inside.begin(), inside.end());
  }
  return objects;
}

ResultSet grant_future(Context& context, const Grant& grant, const Object& scope,
                       const Object& grantee) {
  const bool managed_owner =
      scope.kind == Kind::schema && scope.flag("managed_access") && context.access.owns(scope);
  if (!context.access.may_globally("MANAGE GRANTS") && !managed_owner) {
    refuse_privileges(to_lower(info(scope.kind).words), scope.name);
  }
  for (const auto& privilege : expanded(grant.on.object_kind, grant.privileges)) {
    FutureGrantRow row{scope.kind,   scope.id,   grant.on.object_kind,    privilege,
                       grantee.kind, grantee.id, grant.with_grant_option, context.now_ns()};
    if (grant.revoke) {
      context.catalog.erase_future_grant(row);
      if (grant.grant_option_only) context.catalog.put_future_grant(row);
      continue;
    }
    if (privilege == "OWNERSHIP") {
      for (const auto& other : context.catalog.future_grants()) {
        if (other.scope == scope.id && other.object_kind == row.object_kind &&
            other.privilege == "OWNERSHIP" && other.grantee != row.grantee) {
          refuse("003037", "42501", "Another future OWNERSHIP grant exists; revoke it first.");
        }
      }
    }
    context.catalog.put_future_grant(row);
  }
  return done();
}

}  // namespace

Object need_for_grant(const Context& context, Kind kind, const NamePath& name) {
  if (!context.access.may_globally("MANAGE GRANTS")) return need(context, kind, name);
  const auto path = parse_path(printed_name(context, kind, name));
  std::int64_t parent = 0;
  if (path.size() > 1) {
    const auto database = context.catalog.find(Kind::database, 0, path[0]);
    if (!database) refuse_missing("Database", printed(path[0]));
    parent = database->id;
  }
  if (path.size() > 2) {
    const auto schema = context.catalog.find(Kind::schema, parent, path[1]);
    if (!schema) refuse_missing("Schema", dotted(NamePath{path[0], path[1]}));
    parent = schema->id;
  }
  const auto object = context.catalog.find(kind, parent, path.back());
  const bool relation = kind == Kind::table || kind == Kind::view;
  if (!object) refuse_missing(relation ? "Object" : info(kind).noun, dotted(path));
  return *object;
}

ResultSet execute_grant(Context& context, const Grant& grant) {
  if (grant.membership) return grant_membership(context, grant);
  if (grant.to.kind == Kind::user) refuse_unknown("GRANT <privilege> … TO USER");
  const auto grantee = grantee_of(context, grant.to);
  bool complete = true;
  switch (grant.on.kind) {
    case GrantTarget::Kind::account:
      complete = apply(context, grant, account_object(), grantee);
      break;
    case GrantTarget::Kind::object:
      complete = apply(context, grant, need_for_grant(context, grant.on.object_kind, grant.on.name),
                       grantee);
      break;
    case GrantTarget::Kind::all: {
      if (grant.on.object_kind == Kind::pipe) {
        refuse("001425", "22000", "Bulk grants on pipes are not allowed; grant per pipe.");
      }
      const auto scope = need_for_grant(context, grant.on.scope_kind, grant.on.scope);
      (void)expanded(grant.on.object_kind, grant.privileges);
      for (const auto& object : in_scope(context, grant.on, scope)) {
        if (object.flag("automatic") && object.owner == 0) continue;
        complete = apply(context, grant, object, grantee) && complete;
      }
      break;
    }
    case GrantTarget::Kind::future:
      return grant_future(context, grant,
                          need_for_grant(context, grant.on.scope_kind, grant.on.scope), grantee);
  }
  context.access.refresh();
  if (!complete) {
    throw SqlError{"003011", "42501",
                   fmt::format("{} partially executed: privileges not held with grant option were "
                               "left out.",
                               grant.revoke ? "Revoke" : "Grant"),
                   true};
  }
  return done();
}

namespace {

ResultColumn created_on() {
  return {"created_on", "timestamp_ltz", true, 0, 9, 0};
}

std::string object_name(const Context& context, Kind kind, std::int64_t id) {
  if (kind == Kind::account) return context.catalog.about().string_or("account_name", "");
  const auto object = context.catalog.by_id(kind, id);
  return object ? context.catalog.printed_path(*object) : "";
}

Row privilege_row(const Context& context, const GrantRow& row) {
  const auto by = context.catalog.role_name(row.by);
  return {timestamp_cell(row.created),
          row.privilege,
          std::string(info(row.object_kind).granted_on),
          object_name(context, row.object_kind, row.object),
          std::string(info(row.grantee_kind).granted_on),
          object_name(context, row.grantee_kind, row.grantee),
          row.grant_option ? "true" : "false",
          by.name,
          by.type};
}

GrantRow ownership_row(const Context& context, const Object& object) {
  const bool database_role = context.catalog.by_id(Kind::database_role, object.owner).has_value();
  return {object.kind,  object.id, "OWNERSHIP",  database_role ? Kind::database_role : Kind::role,
          object.owner, true,      object.owner, object.created};
}

ResultSet privilege_columns(bool with_type) {
  ResultSet result;
  result.columns = {created_on(),   {"privilege"},    {"granted_on"},   {"name"},
                    {"granted_to"}, {"grantee_name"}, {"grant_option"}, {"granted_by"}};
  if (with_type) result.columns.push_back({"granted_by_role_type"});
  return result;
}

ResultSet grants_on_object(const Context& context, const GrantTarget& on) {
  auto result = privilege_columns(true);
  Object object = account_object();
  if (on.kind != GrantTarget::Kind::account) {
    object = need_for_grant(context, on.object_kind, on.name);
    if (object.owner != 0)
      result.rows.push_back(privilege_row(context, ownership_row(context, object)));
  }
  for (const auto& row : context.catalog.grants_on(object.id)) {
    if (row.object_kind == object.kind) result.rows.push_back(privilege_row(context, row));
  }
  return result;
}

ResultSet grants_to_role(const Context& context, const Object& role) {
  auto result = privilege_columns(false);
  const auto add = [&](const GrantRow& row) {
    auto cells = privilege_row(context, row);
    cells.pop_back();
    result.rows.push_back(std::move(cells));
  };
  for (const auto& row : context.catalog.grants()) {
    if (row.grantee == role.id && row.grantee_kind == role.kind) add(row);
  }
  for (const auto& entry : all_kinds()) {
    if (entry.kind == Kind::account) continue;
    for (const auto& object : context.catalog.all(entry.kind)) {
      if (object.owner == role.id) add(ownership_row(context, object));
    }
  }
  return result;
}

ResultSet memberships(const Context& context, const std::function<bool(const GrantRow&)>& wanted) {
  ResultSet result;
  result.columns = {created_on(), {"role"}, {"granted_to"}, {"grantee_name"}, {"granted_by"}};
  for (const auto& row : context.catalog.grants()) {
    const bool role = row.object_kind == Kind::role || row.object_kind == Kind::database_role;
    if (!role || !wanted(row)) continue;
    result.rows.push_back({timestamp_cell(row.created),
                           object_name(context, row.object_kind, row.object),
                           std::string(info(row.grantee_kind).granted_on),
                           object_name(context, row.grantee_kind, row.grantee),
                           context.catalog.role_name(row.by).name});
  }
  return result;
}

ResultSet future_rows(const Context& context,
                      const std::function<bool(const FutureGrantRow&)>& wanted) {
  ResultSet result;
  result.columns = {created_on(), {"privilege"},    {"grant_on"},    {"name"},
                    {"grant_to"}, {"grantee_name"}, {"grant_option"}};
  for (const auto& row : context.catalog.future_grants()) {
    if (!wanted(row)) continue;
    const auto kind = info(row.object_kind).granted_on;
    result.rows.push_back(
        {timestamp_cell(row.created), row.privilege, std::string(kind),
         fmt::format("{}.<{}>", object_name(context, row.scope_kind, row.scope), kind),
         std::string(info(row.grantee_kind).granted_on),
         object_name(context, row.grantee_kind, row.grantee), row.grant_option ? "true" : "false"});
  }
  return result;
}

}  // namespace

ResultSet show_grants(const Context& context, const ShowGrants& show) {
  using Form = ShowGrants::Form;
  ResultSet result;
  switch (show.form) {
    case Form::on:
      result = grants_on_object(context, show.on);
      break;
    case Form::to: {
      const auto subject = grantee_of(context, show.subject);
      result = subject.kind == Kind::user ? memberships(context,
                                                        [&](const GrantRow& row) {
                                                          return row.grantee == subject.id &&
                                                                 row.grantee_kind == Kind::user;
                                                        })
                                          : grants_to_role(context, subject);
      break;
    }
    case Form::of: {
      const auto role = grantee_of(context, show.subject);
      result = memberships(context, [&](const GrantRow& row) { return row.object == role.id; });
      break;
    }
    case Form::future_in: {
      const auto scope = need_for_grant(context, show.on.object_kind, show.on.name);
      result =
          future_rows(context, [&](const FutureGrantRow& row) { return row.scope == scope.id; });
      break;
    }
    case Form::future_to: {
      const auto role = grantee_of(context, show.subject);
      result =
          future_rows(context, [&](const FutureGrantRow& row) { return row.grantee == role.id; });
      break;
    }
    case Form::own: {
      const auto user = context.catalog.find(Kind::user, 0, context.session.user);
      result = memberships(context, [&](const GrantRow& row) {
        return user && row.grantee == user->id && row.grantee_kind == Kind::user;
      });
      break;
    }
  }
  if (show.limit && result.rows.size() > static_cast<std::size_t>(*show.limit)) {
    result.rows.resize(static_cast<std::size_t>(*show.limit));
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
