// Everything that executing one statement needs, and finding objects by the rules of visibility.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/async/clock.h"
#include "sandbox/crossing.h"
#include "sandbox/snowflake/access.h"
#include "sandbox/snowflake/ast.h"
#include "sandbox/snowflake/catalog.h"
#include "sandbox/snowflake/result_set.h"

namespace firn::sandbox::snowflake {

struct Session {
  std::string user;  // stored name
  std::string role;
  std::string database;
  std::string schema;
  std::string warehouse;
};

struct Context {
  Catalog& catalog;
  Access& access;
  AwsDoor* aws = nullptr;  // nullptr: AWS is elsewhere, take it on trust
  Instant now{};
  Session session;
  std::string sql;

  [[nodiscard]] std::int64_t now_ns() const { return now.time_since_epoch().count(); }
};

// The place where `name` would stand: ids of database and schema resolved, the role having USAGE on
// them. Throws 002003 for a parent that is missing or not visible, 090105/090106 where the name
// leaves out what the session does not say.
struct Place {
  std::int64_t parent = 0;
  std::string name;
};
[[nodiscard]] Place place_of(const Context& context, Kind kind, const NamePath& name);

[[nodiscard]] std::optional<Object> find_database(const Context& context, const std::string& name);
// The current one of the session when `name` is empty.
[[nodiscard]] Object need_database(const Context& context, const NamePath& name);
[[nodiscard]] Object need_schema(const Context& context, const NamePath& name);

// The object if the role has any privilege on it, else nothing.
[[nodiscard]] std::optional<Object> look_up(const Context& context, Kind kind,
                                            const NamePath& name);
// The same; throws 002003 when there is nothing.
[[nodiscard]] Object need(const Context& context, Kind kind, const NamePath& name);
// Table or view.
[[nodiscard]] Object need_relation(const Context& context, const NamePath& name);

// Throws 003001 unless the role has the privilege (or owns it).
void require(const Context& context, const Object& object, std::string_view privilege);
void require_ownership(const Context& context, const Object& object);
void require_global(const Context& context, std::string_view privilege);

// Database and schema parts filled in from the session, for messages.
[[nodiscard]] std::string printed_name(const Context& context, Kind kind, const NamePath& name);

}  // namespace firn::sandbox::snowflake
