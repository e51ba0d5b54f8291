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
#include "providers/snowflake/object_type.h"
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
  Keyword show;               // "SHOW FILE FORMATS"
};
[[nodiscard]] std::span<const ObjectKind> object_kinds();

enum class Reach : std::uint8_t { account, object, future, all };

struct GrantTarget {
  Reach reach = Reach::object;
  const GrantableKind* kind = nullptr;  // of object; of future and all: DATABASE or SCHEMA
  const ObjectKind* objects = nullptr;  // of future and all
  ObjectName name;                      // of the object or container
  std::string arguments;                // types of a procedure's arguments: "VARCHAR, NUMBER"
  std::string other_kind;  // of an object whose kind has no row (kind is nullptr): "MASKING POLICY"
};
[[nodiscard]] Result<GrantTarget> target_of(const Value& on);
// `ACCOUNT`, `TABLE "A"."B"."C"`, `FUTURE TABLES IN SCHEMA "A"."B"`
void add_target(Statement& statement, const GrantTarget& target);

// The same for people and for the state, with names in their shortest form; and back.
[[nodiscard]] std::string text_of_target(const GrantTarget& target);
[[nodiscard]] Result<GrantTarget> target_of_text(std::string_view text);

// What a row of SHOW GRANTS TO … or SHOW FUTURE GRANTS … is on.
[[nodiscard]] GrantTarget target_of_row(const Row& row);
[[nodiscard]] Result<GrantTarget> target_of_future_row(const Row& row);

// Whether a privilege on all, or on future, objects of a kind in a place is one on this object.
[[nodiscard]] bool covers(const GrantTarget& many, const GrantTarget& object);

enum class GranteeKind : std::uint8_t { role, database_role, user };
struct Grantee {
  GranteeKind kind = GranteeKind::role;
  ObjectName name;
};
[[nodiscard]] Result<Grantee> grantee_of(const Value& to);
// `ROLE "R"`, `DATABASE ROLE "D"."R"`, `USER "U"`
void add_grantee(Statement& statement, const Grantee& grantee);

// Names in grants are printed with quotes where needed. Of a database role some versions print only
// the last part.
[[nodiscard]] bool is_same_name(std::string_view printed, const ObjectName& name);

// A change of privileges. What is gone, or whose holder is gone, needs no revoking.
enum class GrantOption : std::uint8_t { without, with };
[[nodiscard]] Step grant_step(const std::vector<std::string>& privileges, const GrantTarget& target,
                              const Grantee& grantee, GrantOption option);
[[nodiscard]] Step revoke_step(const std::vector<std::string>& privileges,
                               const GrantTarget& target, const Grantee& grantee);
[[nodiscard]] Step revoke_option_step(const std::vector<std::string>& privileges,
                                      const GrantTarget& target, const Grantee& grantee);
[[nodiscard]] Step membership_step(const Grantee& role, const Grantee& grantee, bool gives);

// Listings of what a role (or user) holds.
[[nodiscard]] Listing grants_to(const Grantee& grantee);
[[nodiscard]] Listing future_grants_to(const Grantee& grantee);

// Problems of the members of `on`, told at `path`; and of a database role as their holder.
void validate_target(const Value& on, const std::string& path, const Value& database_role,
                     std::vector<Problem>& problems);
// Problems of a list of privileges, told at `path`. Spelling: upper case, one blank between words.
void validate_privileges(const Value& privileges, const std::string& path,
                         std::vector<Problem>& problems);
[[nodiscard]] Value normalized_privileges(const Value& privileges);
[[nodiscard]] Value normalized_target(const Value& on);

}  // namespace firn::snowflake
