#include "sandbox/snowflake/execute.h"

#include "sandbox/snowflake/alert.h"
#include "sandbox/snowflake/containers.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/external_table.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/grants.h"
#include "sandbox/snowflake/integration.h"
#include "sandbox/snowflake/load.h"
#include "sandbox/snowflake/parameters.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/procedure.h"
#include "sandbox/snowflake/select.h"
#include "sandbox/snowflake/show.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/stage.h"
#include "sandbox/snowflake/stream.h"
#include "sandbox/snowflake/table.h"
#include "sandbox/snowflake/task.h"

namespace firn::sandbox::snowflake {
namespace {

ResultSet execute_create(Context& context, const Create& create) {
  switch (create.kind) {
    case Kind::warehouse:
      return create_warehouse(context, create);
    case Kind::database:
      return create_database(context, create);
    case Kind::schema:
      return create_schema(context, create);
    case Kind::table:
      return create_table(context, create);
    case Kind::view:
      return create_view(context, create);
    case Kind::file_format:
      return create_file_format(context, create);
    case Kind::integration:
      return create_integration(context, create);
    case Kind::stage:
      return create_stage(context, create);
    case Kind::pipe:
      return create_pipe(context, create);
    case Kind::role:
    case Kind::database_role:
      return create_role(context, create);
    case Kind::user:
      return create_user(context, create);
    case Kind::external_table:
      return create_external_table(context, create);
    case Kind::stream:
      return create_stream(context, create);
    case Kind::task:
      return create_task(context, create);
    case Kind::procedure:
      return create_procedure(context, create);
    case Kind::alert:
      return create_alert(context, create);
    case Kind::account:
      break;
  }
  refuse_unknown("CREATE " + create.words);
}

ResultSet execute_alter(Context& context, const Alter& alter) {
  switch (alter.kind) {
    case Kind::account:
      return alter_account(context, alter);
    case Kind::warehouse:
      return alter_warehouse(context, alter);
    case Kind::database:
    case Kind::schema:
      return alter_container(context, alter);
    case Kind::table:
      if (const auto external = look_up(context, Kind::external_table, alter.name)) {
        return alter_external_columns(context, alter, *external);
      }
      return alter_table(context, alter);
    case Kind::view:
      return alter_view(context, alter);
    case Kind::file_format:
      return alter_file_format(context, alter);
    case Kind::integration:
      return alter_integration(context, alter);
    case Kind::stage:
      return alter_stage(context, alter);
    case Kind::pipe:
      return alter_pipe(context, alter);
    case Kind::role:
    case Kind::database_role:
      return alter_role(context, alter);
    case Kind::user:
      return alter_user(context, alter);
    case Kind::external_table:
      return alter_external_table(context, alter);
    case Kind::stream:
      return alter_stream(context, alter);
    case Kind::task:
      return alter_task(context, alter);
    case Kind::procedure:
      return alter_procedure(context, alter);
    case Kind::alert:
      return alter_alert(context, alter);
  }
  refuse_unknown("ALTER " + alter.words);
}

ResultSet execute_describe(Context& context, const Describe& describe) {
  switch (describe.kind) {
    case Kind::warehouse:
    case Kind::database:
    case Kind::schema:
      return describe_container(context, describe);
    case Kind::table:
    case Kind::view:
    case Kind::external_table:
      return describe_table(context, describe);
    case Kind::file_format:
      return describe_file_format(context, describe);
    case Kind::integration:
      return describe_integration(context, describe);
    case Kind::stage:
      return describe_stage(context, describe);
    case Kind::pipe:
    case Kind::stream:
    case Kind::task:
    case Kind::alert:
      return show_one(context, need(context, describe.kind, describe.name));
    case Kind::procedure:
      return describe_procedure(context, describe);
    case Kind::user:
      return describe_user(context, describe);
    default:
      refuse_unknown("DESC " + describe.words);
  }
}

// Each request is its own session, so USE only tells whether it could be used.
ResultSet execute_use(const Context& context, const Use& use) {
  const auto check = [&](const std::optional<Object>& object) {
    if (!object) refuse_operation();
  };
  if (use.words == "ROLE") {
    const auto role = context.catalog.find(Kind::role, 0, use.name.back());
    const auto user = context.catalog.find(Kind::user, 0, context.session.user);
    check(role);
    if (role->name != "PUBLIC" && (!user || !inherits(context.catalog, user->id, role->id))) {
      refuse("003013", "42501",
             "Requested role '" + printed(role->name) +
                 "' is not assigned to the executing user. Specify another role to activate.");
    }
  } else if (use.words == "WAREHOUSE") {
    check(look_up(context, Kind::warehouse, use.name));
  } else if (use.words == "DATABASE") {
    check(find_database(context, use.name.back()));
  } else if (use.words == "SCHEMA") {
    check(look_up(context, Kind::schema, use.name));
  }
  return done();
}

struct Executor {
  Context& context;

  ResultSet operator()(const Create& create) const { return execute_create(context, create); }
  ResultSet operator()(const Alter& alter) const { return execute_alter(context, alter); }
  ResultSet operator()(const Drop& dropped) const { return drop(context, dropped); }
  ResultSet operator()(const Show& shown) const { return show(context, shown); }
  ResultSet operator()(const Describe& describe) const {
    return execute_describe(context, describe);
  }
  ResultSet operator()(const Grant& grant) const { return execute_grant(context, grant); }
  ResultSet operator()(const ShowGrants& shown) const { return show_grants(context, shown); }
  ResultSet operator()(const CommentOn& comment) const { return comment_on(context, comment); }
  ResultSet operator()(const Use& use) const { return execute_use(context, use); }
  ResultSet operator()(const ListStage& list) const { return list_stage(context, list); }
  ResultSet operator()(const Select& select) const { return execute_select(context, select); }
  ResultSet operator()(const Insert& insert) const { return execute_insert(context, insert); }
};

struct Target {
  std::string operator()(const Create& create) const { return dotted(create.name); }
  std::string operator()(const Alter& alter) const { return dotted(alter.name); }
  std::string operator()(const Drop& drop) const { return dotted(drop.name); }
  std::string operator()(const Show& show) const { return dotted(show.in.name); }
  std::string operator()(const Describe& describe) const { return dotted(describe.name); }
  std::string operator()(const Grant& grant) const { return dotted(grant.to.name); }
  std::string operator()(const ShowGrants& show) const {
    return dotted(show.on.name.empty() ? show.subject.name : show.on.name);
  }
  std::string operator()(const CommentOn& comment) const { return dotted(comment.name); }
  std::string operator()(const Use& use) const { return dotted(use.name); }
  std::string operator()(const ListStage& list) const { return dotted(list.stage.name); }
  std::string operator()(const Select& select) const {
    if (!select.table.empty() || select.items.empty()) return dotted(select.table);
    return select.items.front().expression.text;
  }
  std::string operator()(const Insert& insert) const { return dotted(insert.table); }
};

}  // namespace

ResultSet execute(Context& context, const Statement& statement) {
  const bool changes = changes_something(statement);
  auto result = std::visit(Executor{context}, statement);
  // What was unpaused or repaired may load what has waited.
  if (changes) load_all_pending(context);
  return result;
}

bool changes_something(const Statement& statement) {
  return std::holds_alternative<Create>(statement) || std::holds_alternative<Alter>(statement) ||
         std::holds_alternative<Drop>(statement) || std::holds_alternative<Grant>(statement) ||
         std::holds_alternative<CommentOn>(statement) || std::holds_alternative<Insert>(statement);
}

std::string target_of(const Statement& statement) {
  return std::visit(Target{}, statement);
}

}  // namespace firn::sandbox::snowflake
