// What a grant is about: its object, its grantee, its membership, and how SHOW GRANTS prints them.
//
// Snowflake documentation: "GRANT <privileges>", "GRANT ROLE", "GRANT DATABASE ROLE", "SHOW
// GRANTS".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

// Kinds of single objects under `on`.
struct GrantableKind {
  std::string_view attribute;  // "file_format"
  Keyword keyword;             // "FILE FORMAT"
  std::string_view shown;      // SHOW GRANTS.granted_on: "FILE_FORMAT"
  std::size_t parts = 1;
  bool in_database = false;  // may be granted to database roles
};
[[nodiscard]] std::span<const GrantableKind> grantable_kinds();

// Kinds of many objects under `on.future` and `on.all`.
struct ObjectKind {
  std::string_view plural;    // "FILE FORMATS"
  Keyword keyword;            // the same
  std::string_view singular;  // SHOW FUTURE GRANTS.grant_on: "FILE_FORMAT"
};
[[nodiscard]] std::span<const ObjectKind> object_kinds();

enum class Reach : std::uint8_t { account, object, future, all };

struct GrantTarget {
  Reach reach = Reach::object;
  const GrantableKind* kind = nullptr;  // of object; of future and all: DATABASE or SCHEMA
  const ObjectKind* objects = nullptr;  // of future and all
  ObjectName name;                      // of the object or container
};
[[nodiscard]] Result<GrantTarget> target_of(const Value& on);
// `ACCOUNT`, `TABLE "A"."B"."C"`, `FUTURE TABLES IN SCHEMA "A"."B"`
void add_target(Statement& statement, const GrantTarget& target);

enum class GranteeKind : std::uint8_t { role, database_role, user };
struct Grantee {
  GranteeKind kind = GranteeKind::role;
  ObjectName name;
};
[[nodiscard]] Result<Grantee> grantee_of(const Value& to);
// `ROLE "R"`, `DATABASE ROLE "D"."R"`, `USER "U"`
void add_grantee(Statement& statement, const Grantee& grantee);

}  // namespace firn::snowflake
