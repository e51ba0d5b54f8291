// PrivilegeSet: all that one role may do, by what it is on.
//
// Keys are targets in the text of text_of_target(): "ACCOUNT", "TABLE D.S.T", "ALL VIEWS IN SCHEMA
// D.S". Privileges are words as SHOW GRANTS prints them, with one of these endings where it holds:
//   " WITH GRANT OPTION"   the role may pass it on
//   " BY SNOWFLAKE"        nobody granted it, and nobody can revoke it
// A wanted target without privileges is kept out of what future objects get.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "providers/snowflake/privileges.h"

namespace firn::snowflake {

struct PrivilegeSet {
  std::map<std::string, std::set<std::string>> privileges;
  std::set<std::string> roles;           // granted to it
  std::set<std::string> database_roles;  // granted to it

  bool operator==(const PrivilegeSet&) const = default;
};

// From inputs in their normal form, and back: `grants`, `roles`, `database_roles`.
[[nodiscard]] PrivilegeSet privilege_set_of(const Value& inputs);
[[nodiscard]] Value value_of_privileges(const PrivilegeSet& set);

// What must be listed to see what a role holds. `wanted` names the objects that ALL stands for.
[[nodiscard]] std::vector<Listing> listings_of_privileges(const Grantee& grantee,
                                                          const PrivilegeSet& wanted);
struct HeldPrivileges {
  bool role_exists = false;
  PrivilegeSet set;
};
// A privilege on ALL objects of `wanted` is held when it is held on each of them.
[[nodiscard]] Result<HeldPrivileges> held_privileges(const Inventory& inventory,
                                                     const Grantee& grantee,
                                                     const PrivilegeSet& wanted);

// `held` without what a wanted privilege on all, or on future, objects accounts for, and without
// what Snowflake gave and nobody asked for.
[[nodiscard]] PrivilegeSet in_terms_of(const PrivilegeSet& wanted, const PrivilegeSet& held);

// What of `held` is there because of `declared`: named in it, or come by a privilege on all or on
// future objects. What is on all objects stands in it as such.
[[nodiscard]] PrivilegeSet accounted_for(const PrivilegeSet& declared, const PrivilegeSet& held);

// Grants and revocations that turn `held` into `wanted`; revocations first.
[[nodiscard]] Steps steps_between(const PrivilegeSet& held, const PrivilegeSet& wanted,
                                  const Grantee& grantee);
// What of `held` is not wanted, as people say it: "DELETE on TABLE D.S.T".
[[nodiscard]] std::vector<std::string> surplus_of(const PrivilegeSet& held,
                                                  const PrivilegeSet& wanted);

constexpr std::string_view with_grant_option = " WITH GRANT OPTION";

}  // namespace firn::snowflake
