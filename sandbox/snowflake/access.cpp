#include "sandbox/snowflake/access.h"

#include <vector>

namespace firn::sandbox::snowflake {
namespace {

bool is_role(Kind kind) {
  return kind == Kind::role || kind == Kind::database_role;
}

// All roles that `start` brings along.
std::set<std::int64_t> closure(const std::vector<GrantRow>& grants, std::set<std::int64_t> start) {
  std::vector<std::int64_t> open(start.begin(), start.end());
  while (!open.empty()) {
    const auto current = open.back();
    open.pop_back();
    for (const auto& grant : grants) {
      if (is_role(grant.object_kind) && grant.grantee == current && grant.privilege == "USAGE" &&
          start.insert(grant.object).second) {
        open.push_back(grant.object);
      }
    }
  }
  return start;
}

}  // namespace

Access::Access(const Catalog& catalog, std::int64_t role) : catalog_(catalog), role_(role) {
  refresh();
}

void Access::refresh() {
  const auto grants = catalog_.grants();
  std::set<std::int64_t> start;
  if (role_ != 0) start.insert(role_);
  if (const auto everyone = catalog_.find(Kind::role, 0, "PUBLIC")) start.insert(everyone->id);
  roles_ = closure(grants, std::move(start));
  held_.clear();
  for (const auto& grant : grants) {
    if (!roles_.contains(grant.grantee)) continue;
    bool& option = held_[grant.object][grant.privilege];
    option = option || grant.grant_option;
  }
  manage_grants_ = may_globally("MANAGE GRANTS");
}

bool Access::owns(const Object& object) const {
  return object.owner != 0 && roles_.contains(object.owner);
}

bool Access::may(const Object& object, std::string_view privilege) const {
  if (owns(object)) return true;
  const auto found = held_.find(object.id);
  return found != held_.end() && found->second.contains(privilege);
}

bool Access::may_with_option(const Object& object, std::string_view privilege) const {
  if (owns(object) || manage_grants_) return true;
  const auto found = held_.find(object.id);
  if (found == held_.end()) return false;
  const auto held = found->second.find(privilege);
  return held != found->second.end() && held->second;
}

bool Access::may_globally(std::string_view privilege) const {
  const auto found = held_.find(0);
  return found != held_.end() && found->second.contains(privilege);
}

bool Access::knows(const Object& object) const {
  // INFORMATION_SCHEMA is nobody's and everybody's.
  const bool system_schema = object.kind == Kind::schema && object.owner == 0;
  return system_schema || owns(object) || held_.contains(object.id);
}

bool Access::sees(const Object& object) const {
  return manage_grants_ || knows(object);
}

bool inherits(const Catalog& catalog, std::int64_t grantee, std::int64_t role) {
  return closure(catalog.grants(), {grantee}).contains(role);
}

}  // namespace firn::sandbox::snowflake
