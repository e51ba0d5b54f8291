#include "providers/snowflake/privilege_set.h"

#include <algorithm>

#include "core/base/text.h"

namespace firn::snowflake {
namespace {

constexpr std::string_view by_snowflake = " BY SNOWFLAKE";

// Without its ending.
std::string bare(std::string_view privilege) {
  for (const std::string_view ending : {with_grant_option, by_snowflake}) {
    if (privilege.ends_with(ending)) privilege.remove_suffix(ending.size());
  }
  return std::string(privilege);
}

bool has_bare(const std::set<std::string>& privileges, const std::string& wanted) {
  return std::any_of(privileges.begin(), privileges.end(),
                     [&](const std::string& privilege) { return bare(privilege) == wanted; });
}

std::set<std::string> set_of(const Value& list) {
  const auto texts = texts_of(list);
  return {texts.begin(), texts.end()};
}

Value list_of(const std::set<std::string>& texts) {
  List list;
  for (const std::string& text : texts)
    list.emplace_back(text);
  return Value(std::move(list));
}

bool is_all(std::string_view target) {
  return target.starts_with("ALL ");
}

// The objects of a kind in a database or schema; narrower forms serve a look at one place.
Listing objects_of(const GrantTarget& all) {
  Listing listing;
  const ObjectName database{{all.name.parts.front()}};
  listing.forms.push_back(Statement(all.objects->show).word("IN DATABASE").name(database));
  if (all.name.parts.size() > 1) {
    listing.forms.push_back(Statement(all.objects->show).word("IN SCHEMA").name(all.name));
  }
  return listing;
}

// Other kinds of table and view are listed with them, and are no TABLE or VIEW to GRANT; and the
// INFORMATION_SCHEMA takes no grants.
bool takes_grants(const Row& row) {
  for (const std::string_view other :
       {"is_external", "is_dynamic", "is_iceberg", "is_event", "is_materialized", "is_builtin"}) {
    if (row.flag(other)) return false;
  }
  return row.text("schema_name") != "INFORMATION_SCHEMA" &&
         row.text("name") != "INFORMATION_SCHEMA";
}

GrantTarget object_of(const Row& row, const GrantTarget& all) {
  GrantTarget target;
  const auto kinds = grantable_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const GrantableKind& known) {
    return known.shown == all.objects->singular;
  });
  if (kind != kinds.end()) target.kind = &*kind;
  target.name.parts = {row.has("database_name") ? row.text("database_name")
                                                : row.text("catalog_name")};
  if (row.has("schema_name")) target.name.parts.push_back(row.text("schema_name"));
  target.name.parts.push_back(row.text("name"));
  if (target.kind == nullptr || target.kind->attribute != "procedure") return target;
  // `P(VARCHAR) RETURN VARCHAR`
  const std::string arguments = row.text("arguments");
  const std::size_t open = arguments.find('(');
  const std::string printed =
      target.name.quoted() + (open == std::string::npos ? "()" : arguments.substr(open));
  const auto procedure = target_of(Map{{"procedure", printed}});
  return procedure ? *procedure : target;
}

// Which of the privileges are held on every object that there is.
std::set<std::string> held_on_all(const Rows& objects, const GrantTarget& all,
                                  const std::set<std::string>& wanted, const PrivilegeSet& held) {
  std::set<std::string> everywhere = wanted;
  for (const Row& row : objects.rows) {
    const GrantTarget object = object_of(row, all);
    if (!takes_grants(row) || !covers(all, object)) continue;
    const auto found = held.privileges.find(text_of_target(object));
    std::erase_if(everywhere, [&](const std::string& privilege) {
      return found == held.privileges.end() ||
             !(found->second.contains(privilege) || has_bare(found->second, privilege));
    });
  }
  return everywhere;
}

void read_row(const Row& row, const Grantee& grantee, PrivilegeSet& set) {
  const std::string privilege = row.text("privilege");
  // What a role owns is not granted to it; and what it inherits is another role's.
  if (privilege == "OWNERSHIP" || row.flag("is_inherited")) return;
  const std::string kind = replace_all(row.text("granted_on"), " ", "_");
  // Snowflake documentation, "SHOW GRANTS": what nobody granted was granted by the system, and
  // cannot be revoked.
  const bool is_systems = row.has("granted_by") && row.text("granted_by").empty();
  if (privilege == "USAGE" && (kind == "ROLE" || kind == "DATABASE_ROLE")) {
    const auto name = parse_object_name(row.text("name"));
    std::string text = name ? name->shortest() : row.text("name");
    if (is_systems) text += by_snowflake;
    (kind == "ROLE" ? set.roles : set.database_roles).insert(std::move(text));
    return;
  }
  const GrantTarget target = target_of_row(row);
  // "CREATE DATABASE ROLE": USAGE on its database comes with a database role.
  const bool comes_with_it = grantee.kind == GranteeKind::database_role && privilege == "USAGE" &&
                             kind == "DATABASE" && target.name == grantee.name.parent();
  std::string text = privilege;
  if (is_systems || comes_with_it) {
    text += by_snowflake;
  } else if (row.flag("grant_option")) {
    text += with_grant_option;
  }
  set.privileges[text_of_target(target)].insert(std::move(text));
}

// Names that are wanted, held or not; of a database role some versions print only the last part.
std::set<std::string> names_in_terms_of(const std::set<std::string>& wanted,
                                        const std::set<std::string>& held) {
  std::set<std::string> names;
  for (const std::string& name : held) {
    const std::string plain = bare(name);
    const auto meant = std::find_if(wanted.begin(), wanted.end(), [&](const std::string& want) {
      const auto parsed = parse_object_name(want);
      return parsed && is_same_name(plain, *parsed);
    });
    if (meant != wanted.end()) {
      names.insert(*meant);
    } else if (plain == name) {
      names.insert(name);
    }
  }
  return names;
}

Status add_membership_steps(const std::set<std::string>& names, GranteeKind kind,
                            const Grantee& grantee, bool gives, std::vector<Step>& steps) {
  for (const std::string& text : names) {
    auto name = parse_object_name(text);
    if (!name) return fail(name.error());
    steps.push_back(membership_step(Grantee{kind, std::move(*name)}, grantee, gives));
  }
  return Ok{};
}

std::set<std::string> without(const std::set<std::string>& names,
                              const std::set<std::string>& others) {
  std::set<std::string> rest;
  std::set_difference(names.begin(), names.end(), others.begin(), others.end(),
                      std::inserter(rest, rest.end()));
  return rest;
}

// How privileges on one target change.
struct Difference {
  std::vector<std::string> revoked;
  std::vector<std::string> option_revoked;
  std::vector<std::string> granted;
  std::vector<std::string> granted_with_option;
};

Difference difference_of(const std::set<std::string>& held, const std::set<std::string>& wanted) {
  Difference difference;
  for (const std::string& privilege : held) {
    const std::string name = bare(privilege);
    if (!has_bare(wanted, name)) {
      difference.revoked.push_back(name);
    } else if (privilege.ends_with(with_grant_option) && wanted.contains(name)) {
      difference.option_revoked.push_back(name);
    }
  }
  for (const std::string& privilege : wanted) {
    const std::string name = bare(privilege);
    if (privilege != name) {
      if (!held.contains(privilege)) difference.granted_with_option.push_back(name);
    } else if (!has_bare(held, name)) {
      difference.granted.push_back(name);
    }
  }
  return difference;
}

}  // namespace

PrivilegeSet privilege_set_of(const Value& inputs) {
  PrivilegeSet set;
  if (inputs.at("grants").is_map()) {
    for (const auto& [target, privileges] : inputs.at("grants").as_map()) {
      set.privileges[target] = set_of(privileges);
    }
  }
  set.roles = set_of(inputs.at("roles"));
  set.database_roles = set_of(inputs.at("database_roles"));
  return set;
}

Value value_of_privileges(const PrivilegeSet& set) {
  Map grants;
  for (const auto& [target, privileges] : set.privileges) {
    grants.set(target, list_of(privileges));
  }
  return Map{{"grants", std::move(grants)},
             {"roles", list_of(set.roles)},
             {"database_roles", list_of(set.database_roles)}};
}

std::vector<Listing> listings_of_privileges(const Grantee& grantee, const PrivilegeSet& wanted) {
  std::vector<Listing> listings{grants_to(grantee), future_grants_to(grantee)};
  for (const auto& [text, privileges] : wanted.privileges) {
    if (!is_all(text)) continue;
    const auto target = target_of_text(text);
    if (target) listings.push_back(objects_of(*target));
  }
  return listings;
}

Result<HeldPrivileges> held_privileges(const Inventory& inventory, const Grantee& grantee,
                                       const PrivilegeSet& wanted) {
  HeldPrivileges held;
  const auto now = inventory.rows(grants_to(grantee));
  if (!now) return fail(now.error());
  if (*now == nullptr) return held;
  const auto future = inventory.rows(future_grants_to(grantee));
  if (!future) return fail(future.error());
  held.role_exists = true;
  for (const Row& row : (*now)->rows)
    read_row(row, grantee, held.set);
  if (*future != nullptr) {
    for (const Row& row : (*future)->rows) {
      const auto target = target_of_future_row(row);
      if (!target) return fail(target.error());
      std::string privilege = row.text("privilege");
      if (privilege == "OWNERSHIP") continue;
      if (row.flag("grant_option")) privilege += with_grant_option;
      held.set.privileges[text_of_target(*target)].insert(std::move(privilege));
    }
  }
  for (const auto& [text, privileges] : wanted.privileges) {
    if (!is_all(text)) continue;
    const auto target = target_of_text(text);
    if (!target) return fail(target.error());
    const auto objects = inventory.rows(objects_of(*target));
    if (!objects) return fail(objects.error());
    // Where there is no such place there is nothing to be granted.
    held.set.privileges[text] =
        *objects == nullptr ? privileges : held_on_all(**objects, *target, privileges, held.set);
  }
  return held;
}

PrivilegeSet in_terms_of(const PrivilegeSet& wanted, const PrivilegeSet& held) {
  std::vector<std::pair<GrantTarget, const std::set<std::string>*>> many;
  for (const auto& [text, privileges] : wanted.privileges) {
    const auto target = target_of_text(text);
    if (target && (target->reach == Reach::all || target->reach == Reach::future)) {
      many.emplace_back(*target, &privileges);
    }
  }
  PrivilegeSet shown;
  shown.roles = names_in_terms_of(wanted.roles, held.roles);
  shown.database_roles = names_in_terms_of(wanted.database_roles, held.database_roles);
  for (const auto& [text, privileges] : held.privileges) {
    const auto own = wanted.privileges.find(text);
    // ALL is a way to grant, and nothing that a role holds.
    if (is_all(text) && own == wanted.privileges.end()) continue;
    const bool is_kept_out = own != wanted.privileges.end() && own->second.empty();
    const auto target = target_of_text(text);
    for (const std::string& privilege : privileges) {
      const std::string name = bare(privilege);
      const bool is_systems = privilege.ends_with(by_snowflake);
      if (own != wanted.privileges.end() && has_bare(own->second, name)) {
        shown.privileges[text].insert(is_systems ? name : privilege);
        continue;
      }
      const bool is_covered =
          is_systems ||
          (!is_kept_out && std::any_of(many.begin(), many.end(), [&](const auto& row) {
            const bool is_wanted = row.second->contains(privilege) ||
                                   row.second->contains(name + std::string(with_grant_option));
            return is_wanted && target && covers(row.first, *target);
          }));
      if (!is_covered) shown.privileges[text].insert(privilege);
    }
  }
  // Nothing is held where nothing is to be held.
  for (const auto& [text, privileges] : wanted.privileges)
    if (privileges.empty()) shown.privileges.try_emplace(text);
  return shown;
}

namespace {

// What is made while the role gets privileges on future objects may have come too late for a
// listing that was read before, and too early for the grant.
bool may_have_missed_some(const GrantTarget& target, const PrivilegeSet& held,
                          const PrivilegeSet& wanted) {
  if (target.reach != Reach::all) return false;
  GrantTarget future = target;
  future.reach = Reach::future;
  const std::string text = text_of_target(future);
  return wanted.privileges.contains(text) && !held.privileges.contains(text);
}

}  // namespace

Steps steps_between(const PrivilegeSet& held, const PrivilegeSet& wanted, const Grantee& grantee) {
  static const std::set<std::string> none;
  std::vector<Step> revocations;
  // Before the others: what is made between a grant on all and one on future objects would else
  // fall between the two.
  std::vector<Step> future_grants;
  std::vector<Step> grants;
  std::set<std::string> targets;
  for (const auto* set : {&held, &wanted}) {
    for (const auto& [text, privileges] : set->privileges)
      targets.insert(text);
  }
  for (const std::string& text : targets) {
    const auto now = held.privileges.find(text);
    const auto then = wanted.privileges.find(text);
    const auto target = target_of_text(text);
    if (!target) return fail(target.error());
    const std::set<std::string>& given = then == wanted.privileges.end() ? none : then->second;
    Difference difference = difference_of(now == held.privileges.end() ? none : now->second, given);
    if (may_have_missed_some(*target, held, wanted)) {
      Difference whole = difference_of(none, given);
      difference.granted = std::move(whole.granted);
      difference.granted_with_option = std::move(whole.granted_with_option);
    }
    if (!difference.revoked.empty()) {
      revocations.push_back(revoke_step(difference.revoked, *target, grantee));
    }
    if (!difference.option_revoked.empty()) {
      revocations.push_back(revoke_option_step(difference.option_revoked, *target, grantee));
    }
    std::vector<Step>& added = target->reach == Reach::future ? future_grants : grants;
    if (!difference.granted.empty()) {
      added.push_back(grant_step(difference.granted, *target, grantee, GrantOption::without));
    }
    if (!difference.granted_with_option.empty()) {
      added.push_back(
          grant_step(difference.granted_with_option, *target, grantee, GrantOption::with));
    }
  }
  struct Membership {
    GranteeKind kind;
    const std::set<std::string>& held;
    const std::set<std::string>& wanted;
  };
  for (const Membership& row :
       {Membership{GranteeKind::role, held.roles, wanted.roles},
        Membership{GranteeKind::database_role, held.database_roles, wanted.database_roles}}) {
    const auto taken = without(row.held, row.wanted);
    const auto given = without(row.wanted, row.held);
    Status added = add_membership_steps(taken, row.kind, grantee, false, revocations);
    if (added) added = add_membership_steps(given, row.kind, grantee, true, grants);
    if (!added) return fail(added.error());
  }
  std::vector<Step> steps = std::move(revocations);
  for (std::vector<Step>* part : {&future_grants, &grants})
    std::ranges::move(*part, std::back_inserter(steps));
  return steps;
}

PrivilegeSet accounted_for(const PrivilegeSet& declared, const PrivilegeSet& held) {
  const PrivilegeSet terms = in_terms_of(declared, held);
  std::vector<GrantTarget> at_once;
  PrivilegeSet ours;
  for (const auto& [text, privileges] : declared.privileges) {
    const auto target = target_of_text(text);
    if (!is_all(text) || !target) continue;
    at_once.push_back(*target);
    ours.privileges[text] = privileges;
  }
  for (const auto& [text, privileges] : held.privileges) {
    const auto target = target_of_text(text);
    const bool goes_at_once =
        is_all(text) || std::any_of(at_once.begin(), at_once.end(), [&](const GrantTarget& all) {
          return target && covers(all, *target);
        });
    const auto wanted = declared.privileges.find(text);
    const auto shown = terms.privileges.find(text);
    for (const std::string& privilege : privileges) {
      if (privilege.ends_with(by_snowflake)) continue;
      const bool is_wanted =
          wanted != declared.privileges.end() && has_bare(wanted->second, bare(privilege));
      const bool is_surplus =
          !is_wanted && shown != terms.privileges.end() && shown->second.contains(privilege);
      if (!is_surplus && !(goes_at_once && !is_wanted)) ours.privileges[text].insert(privilege);
    }
  }
  for (const std::string& role : terms.roles)
    if (declared.roles.contains(role)) ours.roles.insert(role);
  for (const std::string& role : terms.database_roles)
    if (declared.database_roles.contains(role)) ours.database_roles.insert(role);
  return ours;
}

std::vector<std::string> surplus_of(const PrivilegeSet& held, const PrivilegeSet& wanted) {
  static const std::set<std::string> none;
  std::vector<std::string> sentences;
  for (const auto& [text, privileges] : held.privileges) {
    const auto then = wanted.privileges.find(text);
    const Difference difference =
        difference_of(privileges, then == wanted.privileges.end() ? none : then->second);
    for (const std::string& privilege : difference.revoked)
      sentences.push_back(privilege + " on " + text);
    for (const std::string& privilege : difference.option_revoked)
      sentences.push_back("the grant option of " + privilege + " on " + text);
  }
  for (const std::string& role : without(held.roles, wanted.roles))
    sentences.push_back("role " + role);
  for (const std::string& role : without(held.database_roles, wanted.database_roles))
    sentences.push_back("database role " + role);
  return sentences;
}

}  // namespace firn::snowflake
