// Who may do what: roles, their hierarchy, and the privileges that they carry.
// Source: Snowflake documentation, "Overview of access control", "Access control privileges".
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "sandbox/snowflake/catalog.h"

namespace firn::sandbox::snowflake {

class Access {
 public:
  // Of one active role (0: none but PUBLIC). Reads the grants once; call refresh() after changing
  // them within the same statement.
  Access(const Catalog& catalog, std::int64_t role);
  void refresh();

  [[nodiscard]] std::int64_t role() const { return role_; }
  // Itself, PUBLIC, and all roles granted to them, directly or not.
  [[nodiscard]] bool has_role(std::int64_t role) const { return roles_.contains(role); }
  [[nodiscard]] bool owns(const Object& object) const;
  // The privilege or ownership.
  [[nodiscard]] bool may(const Object& object, std::string_view privilege) const;
  [[nodiscard]] bool may_with_option(const Object& object, std::string_view privilege) const;
  // A privilege on the account.
  [[nodiscard]] bool may_globally(std::string_view privilege) const;
  // Any privilege at all: the object is listed, and errors speak of rights and not of absence.
  [[nodiscard]] bool knows(const Object& object) const;
  // As knows(), or MANAGE GRANTS, which sees everything in SHOW.
  [[nodiscard]] bool sees(const Object& object) const;

 private:
  const Catalog& catalog_;
  std::int64_t role_;
  std::set<std::int64_t> roles_;
  std::map<std::int64_t, std::map<std::string, bool, std::less<>>>
      held_;  // object → privilege → option
  bool manage_grants_ = false;
};

// Is `role` granted to `grantee`, directly or not (or are they the same)?
[[nodiscard]] bool inherits(const Catalog& catalog, std::int64_t grantee, std::int64_t role);

}  // namespace firn::sandbox::snowflake
