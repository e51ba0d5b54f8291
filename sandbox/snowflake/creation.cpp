#include "sandbox/snowflake/creation.h"

#include <algorithm>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/foreign_key.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/table.h"
#include "sandbox/snowflake/task.h"

namespace firn::sandbox::snowflake {
namespace {

void require_create(const Context& context, const Create& create, const Place& place) {
  const std::string privilege = "CREATE " + std::string(info(create.kind).words);
  switch (info(create.kind).level) {
    case Level::account:
      if (create.kind == Kind::integration &&
          context.access.may_globally("CREATE " + create.words)) {
        return;
      }
      require_global(context, privilege);
      return;
    case Level::database: {
      const auto database = context.catalog.by_id(Kind::database, place.parent);
      if (database) require(context, *database, privilege);
      return;
    }
    case Level::schema: {
      const auto schema = context.catalog.by_id(Kind::schema, place.parent);
      if (schema) require(context, *schema, privilege);
    }
  }
}

// Future grants of the schema; only where it has none for the kind, those of the database.
void apply_future_grants(Context& context, Object& object) {
  const auto level = info(object.kind).level;
  if (level == Level::account) return;
  const auto all = context.catalog.future_grants();
  const auto of_scope = [&](std::int64_t scope) {
    std::vector<FutureGrantRow> rows;
    std::copy_if(all.begin(), all.end(), std::back_inserter(rows), [&](const FutureGrantRow& row) {
      return row.scope == scope && row.object_kind == object.kind;
    });
    return rows;
  };
  auto rows = of_scope(object.parent);
  if (rows.empty() && level == Level::schema) {
    if (const auto schema = context.catalog.by_id(Kind::schema, object.parent)) {
      rows = of_scope(schema->parent);
    }
  }
  for (const auto& row : rows) {
    if (row.privilege == "OWNERSHIP") {
      object.owner = row.grantee;
      context.catalog.put(object);
    } else {
      context.catalog.put_grant({object.kind, object.id, row.privilege, row.grantee_kind,
                                 row.grantee, row.grant_option, object.owner, context.now_ns()});
    }
  }
}

std::string created_noun(Kind kind) {
  return kind == Kind::stage ? "Stage area" : std::string(info(kind).noun);
}

}  // namespace

ResultSet done() {
  return status_row("Statement executed successfully.");
}

Creation begin(const Context& context, const Create& create) {
  Creation creation;
  const auto place = place_of(context, create.kind, create.name);
  require_create(context, create, place);
  const bool relation = is_relation(create.kind);
  const auto existing = relation ? context.catalog.find_relation(place.parent, place.name)
                                 : context.catalog.find(create.kind, place.parent, place.name);
  if (existing) {
    if (existing->kind != create.kind) {
      refuse("001998", "42710",
             fmt::format("Object '{}' already exists as {}", printed(place.name),
                         info(existing->kind).words));
    }
    if (!context.access.knows(*existing)) {
      refuse("003041", "42710",
             fmt::format("Object '{}' already exists, but current role has no privileges on it. If "
                         "this is unexpected and you cannot resolve this problem, contact your "
                         "system administrator. ACCOUNTADMIN role may be required to manage the "
                         "privileges on the object.",
                         printed(place.name)));
    }
    if (create.if_not_exists) {
      creation.already_there =
          status_row(fmt::format("{} already exists, statement succeeded.", printed(place.name)));
    } else if (create.or_replace) {
      require_ownership(context, *existing);
      creation.replaced = existing;
    } else {
      refuse("002002", "42710", fmt::format("Object '{}' already exists.", printed(place.name)));
    }
  }
  creation.object.kind = create.kind;
  creation.object.parent = place.parent;
  creation.object.name = place.name;
  creation.object.owner = context.access.role();
  creation.object.created = context.now_ns();
  if (creation.replaced) {  // the sandbox's time stands still between statements
    constexpr std::int64_t millisecond = 1'000'000;
    const std::int64_t later = creation.replaced->created + millisecond;
    creation.object.created = std::max(creation.object.created, later);
  }
  return creation;
}

ResultSet finish(Context& context, const Create& create, Creation& creation) {
  std::vector<GrantRow> kept;
  if (creation.replaced) {
    if (create.copy_grants) kept = context.catalog.grants_on(creation.replaced->id);
    if (create.kind == Kind::table) drop_references_to(context, *creation.replaced);
    context.catalog.erase(*creation.replaced, context.access.role());
  }
  context.catalog.put(creation.object);
  for (auto& grant : kept) {
    grant.object = creation.object.id;
    context.catalog.put_grant(grant);
  }
  if (kept.empty()) apply_future_grants(context, creation.object);
  context.access.refresh();
  return status_row(fmt::format("{} {} successfully created.", created_noun(create.kind),
                                printed(creation.object.name)));
}

std::optional<Object> alter_target(const Context& context, const Alter& alter) {
  if (!alter.if_exists) return need(context, alter.kind, alter.name);
  return look_up(context, alter.kind, alter.name);
}

ResultSet rename(Context& context, const Alter& alter, Object object) {
  require_ownership(context, object);
  const bool fixed = alter.kind == Kind::integration || alter.kind == Kind::pipe ||
                     alter.kind == Kind::stream || alter.kind == Kind::task;
  if (fixed) {
    refuse("000002", "0A000", fmt::format("Unsupported feature 'RENAME {}'.", alter.words));
  }
  if (object.flag("built_in")) refuse_privileges("role", object.name);
  const auto place = place_of(context, alter.kind, alter.new_name);
  const bool relation = is_relation(alter.kind);
  const auto taken = relation ? context.catalog.find_relation(place.parent, place.name)
                              : context.catalog.find(alter.kind, place.parent, place.name);
  if (taken) {
    refuse("002002", "42710", fmt::format("Object '{}' already exists.", printed(place.name)));
  }
  if (object.kind == Kind::stage) stop_pipes_of_stage(context, object, "STOPPED_STAGE_DROPPED");
  context.catalog.rename(object, place.parent, place.name);
  return done();
}

ResultSet drop(Context& context, const Drop& drop) {
  const auto missing = [&] {
    return status_row(fmt::format("Drop statement executed successfully ({} already dropped).",
                                  printed(drop.name.back())));
  };
  // A missing parent is an error even with IF EXISTS, as in Snowflake.
  const auto object = look_up(context, drop.kind, drop.name);
  if (!object) {
    if (drop.if_exists) return missing();
    (void)need(context, drop.kind, drop.name);
  }
  require_ownership(context, *object);
  if (object->flag("built_in")) refuse_privileges("role", object->name);
  if (drop.restrict_ && drop.kind == Kind::database) {
    for (const auto& schema : context.catalog.children(Kind::schema, object->id)) {
      if (schema.name != "PUBLIC" && schema.name != "INFORMATION_SCHEMA") {
        refuse("001098", "42601",
               fmt::format("Cannot drop database '{}': it is not empty.", printed(object->name)));
      }
    }
  }
  if (object->kind == Kind::task) let_go_of_task(context, *object);
  if (object->kind == Kind::table) drop_references_to(context, *object);
  context.catalog.erase(*object, context.access.role());
  context.access.refresh();
  return status_row(fmt::format("{} successfully dropped.", printed(object->name)));
}

ResultSet comment_on(Context& context, const CommentOn& comment) {
  if (comment.column) {
    NamePath table = comment.name;
    const std::string column = table.back();
    table.pop_back();
    if (table.empty()) refuse("000904", "42000", fmt::format("invalid identifier '{}'", column));
    Object object = need_relation(context, table);
    require_ownership(context, object);
    set_column_comment(object, column, comment.text);
    context.catalog.put(object);
    return done();
  }
  auto object = look_up(context, comment.kind, comment.name);
  if (!object && comment.kind == Kind::table) {
    object = look_up(context, Kind::external_table, comment.name);
  }
  if (!object && !comment.if_exists) (void)need(context, comment.kind, comment.name);
  if (!object) return done();
  require_ownership(context, *object);
  object->properties.set("comment", comment.text);
  context.catalog.put(*object);
  return done();
}

}  // namespace firn::sandbox::snowflake
