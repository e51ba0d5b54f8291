#include "providers/snowflake/privileges.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace firn::snowflake {
namespace {

constexpr std::array kinds = {
    GrantableKind{"database", "DATABASE", "DATABASE", 1, true},
    GrantableKind{"file_format", "FILE FORMAT", "FILE_FORMAT", 3, true},
    GrantableKind{"integration", "INTEGRATION", "INTEGRATION", 1, false},
    GrantableKind{"pipe", "PIPE", "PIPE", 3, true},
    GrantableKind{"schema", "SCHEMA", "SCHEMA", 2, true},
    GrantableKind{"stage", "STAGE", "STAGE", 3, true},
    GrantableKind{"table", "TABLE", "TABLE", 3, true},
    GrantableKind{"view", "VIEW", "VIEW", 3, true},
    GrantableKind{"warehouse", "WAREHOUSE", "WAREHOUSE", 1, false},
};

constexpr std::array plurals = {
    ObjectKind{"FILE FORMATS", "FILE FORMATS", "FILE_FORMAT"},
    ObjectKind{"PIPES", "PIPES", "PIPE"},
    ObjectKind{"SCHEMAS", "SCHEMAS", "SCHEMA"},
    ObjectKind{"STAGES", "STAGES", "STAGE"},
    ObjectKind{"TABLES", "TABLES", "TABLE"},
    ObjectKind{"VIEWS", "VIEWS", "VIEW"},
};

const GrantableKind* find_kind(std::string_view attribute) {
  const auto* found = std::find_if(kinds.begin(), kinds.end(), [&](const GrantableKind& kind) {
    return kind.attribute == attribute;
  });
  return found == kinds.end() ? nullptr : found;
}

Failure bad(std::string summary, std::string remedy) {
  return fail(ErrorKind::invalid_input, std::move(summary), {}, std::move(remedy));
}

Result<GrantTarget> many_of(const Value& many, Reach reach) {
  GrantTarget target;
  target.reach = reach;
  const std::string plural = to_upper(many.string_or("objects", ""));
  const auto* found = std::find_if(plurals.begin(), plurals.end(),
                                   [&](const ObjectKind& kind) { return kind.plural == plural; });
  if (found == plurals.end()) {
    std::vector<std::string_view> known;
    for (const ObjectKind& kind : plurals)
      known.push_back(kind.plural);
    return bad("no kind of objects: " + many.string_or("objects", ""), suggestion(plural, known));
  }
  target.objects = found;
  for (const std::string_view container : {"schema", "database"}) {
    const Value& name = many.at(container);
    if (!name.is_string()) continue;
    target.kind = find_kind(container);
    auto parsed = parse_object_name(name.as_string(), target.kind->parts);
    if (!parsed) return fail(parsed.error());
    target.name = std::move(*parsed);
    return target;
  }
  return bad("it is not said where these objects are", "add schema: or database:");
}

}  // namespace

std::span<const GrantableKind> grantable_kinds() {
  return kinds;
}
std::span<const ObjectKind> object_kinds() {
  return plurals;
}

Result<GrantTarget> target_of(const Value& on) {
  if (on.bool_or("account", false)) return GrantTarget{Reach::account, nullptr, nullptr, {}};
  if (on.at("future").is_map()) return many_of(on.at("future"), Reach::future);
  if (on.at("all").is_map()) return many_of(on.at("all"), Reach::all);
  for (const GrantableKind& kind : kinds) {
    const Value& name = on.at(kind.attribute);
    if (!name.is_string()) continue;
    auto parsed = parse_object_name(name.as_string(), kind.parts);
    if (!parsed) return fail(parsed.error());
    return GrantTarget{Reach::object, &kind, nullptr, std::move(*parsed)};
  }
  return bad("the grant names no object", "write on: { table: ${TABLE} }, or another object");
}

void add_target(Statement& statement, const GrantTarget& target) {
  switch (target.reach) {
    case Reach::account:
      statement.word("ACCOUNT");
      return;
    case Reach::object:
      break;
    case Reach::future:
      statement.word("FUTURE").word(target.objects->keyword).word("IN");
      break;
    case Reach::all:
      statement.word("ALL").word(target.objects->keyword).word("IN");
      break;
  }
  statement.word(target.kind->keyword).name(target.name);
}

Result<Grantee> grantee_of(const Value& to) {
  struct Kind {
    std::string_view attribute;
    GranteeKind kind;
    std::size_t parts;
  };
  for (const Kind& row :
       {Kind{"role", GranteeKind::role, 1}, Kind{"database_role", GranteeKind::database_role, 2},
        Kind{"user", GranteeKind::user, 1}}) {
    const Value& name = to.at(row.attribute);
    if (!name.is_string()) continue;
    auto parsed = parse_object_name(name.as_string(), row.parts);
    if (!parsed) return fail(parsed.error());
    return Grantee{row.kind, std::move(*parsed)};
  }
  return bad("the grant names nobody to grant to", "write to: { role: ${ROLE} }");
}

void add_grantee(Statement& statement, const Grantee& grantee) {
  switch (grantee.kind) {
    case GranteeKind::role:
      statement.word("ROLE");
      break;
    case GranteeKind::database_role:
      statement.word("DATABASE ROLE");
      break;
    case GranteeKind::user:
      statement.word("USER");
      break;
  }
  statement.name(grantee.name);
}

}  // namespace firn::snowflake
