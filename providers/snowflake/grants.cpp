// snowflake.grants: all that one role may do, as a whole. Snowflake documentation: "GRANT
// <privileges>", "REVOKE <privileges>", "SHOW GRANTS", "Overview of Access Control".
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/base/shell.h"
#include "core/base/text.h"
#include "providers/snowflake/grant_ownership.h"
#include "providers/snowflake/grant_table.h"
#include "providers/snowflake/privilege_set.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

// A privilege goes with its object; on one that is made anew it is granted again.
using Table = GrantTable<OnChange::update, OnTargetReplaced::update>;

constexpr Attribute privilege_element{
    .name = "privilege", .doc = "A privilege, by its name; not ALL.", .example = "- SELECT"};
constexpr std::array entry_fields = {
    Attribute{.name = "privileges",
              .kind = AttributeKind::list,
              .doc = "Privileges on the object. None at all, [], keeps a single object out of what "
                     "a privilege on future objects would give on it.",
              .required = true,
              .unordered = true,
              .example = "privileges: [SELECT, INSERT]",
              .element = &privilege_element},
    Attribute{.name = "on",
              .kind = AttributeKind::object,
              .doc = "Object that they are on; exactly one. `all` is kept up with what is made "
                     "later at each apply, `future` by Snowflake at once.",
              .required = true,
              .example = "on: { table: \"${coins}\" }",
              .fields = Table::on_fields},
    Attribute{.name = "with_grant_option",
              .kind = AttributeKind::boolean,
              .doc = "Whether the role may pass them on.",
              .default_json = "false",
              .example = "with_grant_option: true"},
};
constexpr Attribute entry{.name = "grant",
                          .kind = AttributeKind::object,
                          .doc = "Privileges on one object.",
                          .fields = entry_fields};
constexpr Attribute role_element{.name = "role",
                                 .doc = "An account role.",
                                 .on_target_replaced = OnTargetReplaced::update,
                                 .takes = "fqn",
                                 .example = "- ${reader}"};
constexpr Attribute database_role_element{.name = "role",
                                          .doc = "A database role.",
                                          .on_target_replaced = OnTargetReplaced::update,
                                          .takes = "fqn",
                                          .example = "- ${loader}"};

constexpr std::array attributes = {
    Attribute{.name = "role",
              .doc = "Account role that this is about.",
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "fqn",
              .example = "role: ${dashboard}"},
    Attribute{.name = "database_role",
              .doc = "Database role that this is about, instead.",
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "fqn",
              .example = "database_role: ${loader}"},
    Attribute{.name = "grants",
              .kind = AttributeKind::list,
              .doc = "Everything that it may do; what it may do beside it is revoked.",
              .unordered = true,
              .default_json = "[]",
              .example = "grants: [{ privileges: [USAGE], on: { warehouse: \"${compute}\" } }]",
              .element = &entry},
    Attribute{.name = "roles",
              .kind = AttributeKind::list,
              .doc = "Account roles that are granted to it, and no others.",
              .unordered = true,
              .default_json = "[]",
              .example = "roles: [\"${reader}\"]",
              .element = &role_element},
    Attribute{.name = "database_roles",
              .kind = AttributeKind::list,
              .doc = "Database roles that are granted to it, and no others.",
              .unordered = true,
              .default_json = "[]",
              .example = "database_roles: [\"${loader}\"]",
              .element = &database_role_element},
};

constexpr std::array<std::string_view, 6> system_roles = {"ACCOUNTADMIN",  "ORGADMIN", "PUBLIC",
                                                          "SECURITYADMIN", "SYSADMIN", "USERADMIN"};

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto grantee = grantee_of(record.inputs);
  if (!grantee) return {};
  return listings_of_privileges(*grantee, privilege_set_of(record.inputs));
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  seen.carries_mark = false;
  const auto grantee = grantee_of(record.inputs);
  if (!grantee) return fail(grantee.error());
  const auto held = held_privileges(inventory, *grantee, privilege_set_of(record.inputs));
  if (!held) return fail(held.error());
  if (!held->role_exists) return seen;
  seen.exists = true;
  seen.inputs = value_of_privileges(held->set).as_map();
  for (const std::string_view who : {"role", "database_role"}) {
    if (!record.inputs.at(who).is_null()) seen.inputs.set(who, record.inputs.at(who));
  }
  return seen;
}

struct Situation {
  Grantee grantee;
  PrivilegeSet held;
  PrivilegeSet wanted;
};
Result<Situation> situation_of(const Change& change) {
  auto grantee = grantee_of(change.desired);
  if (!grantee) return fail(grantee.error());
  PrivilegeSet wanted = privilege_set_of(change.desired);
  auto held = held_privileges(*change.around, *grantee, wanted);
  if (!held) return fail(held.error());
  return Situation{std::move(*grantee), in_terms_of(wanted, held->set), std::move(wanted)};
}

// Nothing is revoked that no plan has shown: what stands already beyond the set must be taken in
// first, and the plan after that says what goes.
Steps create(const Change& change) {
  const auto situation = situation_of(change);
  if (!situation) return fail(situation.error());
  const auto surplus = surplus_of(situation->held, situation->wanted);
  if (surplus.empty()) {
    return steps_between(situation->held, situation->wanted, situation->grantee);
  }
  Error error;
  error.kind = ErrorKind::conflict;
  error.summary = situation->grantee.name.shortest() + " may do more than is declared";
  error.detail = "it holds: " + join(surplus, ", ");
  error.remedy =
      "declare it too; or take what it holds in, and the next plan says what is revoked:"
      "\n  " +
      import_command(change.mark.stack, change.mark.environment, change.address);
  return fail(std::move(error));
}

Steps update(const Change& change) {
  const auto situation = situation_of(change);
  if (!situation) return fail(situation.error());
  return steps_between(situation->held, situation->wanted, situation->grantee);
}

// Takes away what the set has given, as far as it is still there.
Steps remove_from(const ResourceRecord& record, const Inventory& around) {
  const auto grantee = grantee_of(record.inputs);
  if (!grantee) return fail(grantee.error());
  const PrivilegeSet declared = privilege_set_of(record.inputs);
  const auto held = held_privileges(around, *grantee, declared);
  if (!held) return fail(held.error());
  if (!held->role_exists) return std::vector<Step>{};
  return steps_between(accounted_for(declared, held->set), {}, *grantee);
}

Steps remove(const ResourceRecord& record) {
  return remove_from(record, {});
}

// ---- what an author wrote ----

bool is_empty(const Value& written) {
  const Value& privileges = written.at("privileges");
  return privileges.is_list() && privileges.as_list().empty();
}

// At each apply ALL would grant again what this object is to be kept out of.
void check_kept_out(const PrivilegeSet& set, std::vector<Problem>& problems) {
  for (const auto& [text, privileges] : set.privileges) {
    const auto target = target_of_text(text);
    if (!privileges.empty() || !target) continue;
    for (const auto& [other, unused] : set.privileges) {
      const auto all = target_of_text(other);
      if (!all || all->reach != Reach::all || !covers(*all, *target)) continue;
      problems.push_back({"grants", text + " cannot be kept out of " + other,
                          "what is granted on all objects is granted on it, too",
                          "name the objects one by one in the place of `all`"});
    }
  }
}

void check_entry(const Value& written, const std::string& path, const Value& database_role,
                 std::vector<Problem>& problems) {
  if (!written.is_map()) return;
  validate_target(written.at("on"), path + ".on", database_role, problems);
  const auto target = target_of(written.at("on"));
  const bool keeps_out = target && target->reach == Reach::object && is_empty(written);
  if (!keeps_out) validate_privileges(written.at("privileges"), path + ".privileges", problems);
  for (const auto& word : texts_of(normalized_privileges(written.at("privileges")))) {
    if (word == "ALL") {
      problems.push_back({path + ".privileges", "the whole of a role's rights names each of them",
                          "what ALL means changes with the object, the grantor and Snowflake's "
                          "versions",
                          "name the privileges"});
    } else if (word == "OWNERSHIP") {
      problems.push_back({path + ".privileges", "OWNERSHIP is not part of what is granted",
                          "it passes from one role to another",
                          "write a snowflake.grant with privileges: [OWNERSHIP]"});
    }
  }
}

// Looked at here, as written: normalize() joins the entries, after which nobody could say where a
// mistake stands.
Value prepare(const std::string&, const Value& inputs, std::vector<Problem>& problems) {
  const Value& entries = inputs.at("grants");
  if (!entries.is_list()) return inputs;
  for (std::size_t i = 0; i < entries.as_list().size(); ++i) {
    check_entry(entries.as_list()[i], "grants." + std::to_string(i), inputs.at("database_role"),
                problems);
  }
  return inputs;
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const bool has_role = !inputs.at("role").is_null();
  if (has_role != inputs.at("database_role").is_null()) {
    problems.push_back({"", "it is about exactly one role", "`role` or `database_role` names it",
                        has_role ? "keep one of them" : "add role: ${ROLE}"});
    return;
  }
  check_name(inputs, "role", 1, problems);
  check_name(inputs, "database_role", 2, problems);
  for (const std::string_view system : system_roles) {
    if (inputs.at("role") == Value(system)) {
      problems.push_back({"role", std::string(system) + " belongs to Snowflake",
                          "what it may do comes with every account",
                          "grant single privileges with snowflake.grant"});
    }
  }
  check_kept_out(privilege_set_of(inputs), problems);
  const Value& roles = inputs.at("roles");
  if (!has_role && roles.is_list() && !roles.as_list().empty()) {
    problems.push_back({"roles", "no account role can be granted to a database role",
                        "it takes database roles of its own database", "remove roles"});
  }
}

Value normalized_names(const Value& written) {
  if (!written.is_list()) return written.is_null() ? Value(List{}) : written;
  if (written.contains_unknown()) return written;
  std::set<std::string> names;
  for (const std::string& name : texts_of(written)) {
    const Value normal = normalized_name(name);
    names.insert(normal.as_string());
  }
  List list;
  for (const std::string& name : names)
    list.emplace_back(name);
  return Value(std::move(list));
}

// By what the privileges are on, so that a plan says what changes by name and not by position.
Value normalized_grants(const Value& written) {
  if (written.is_null()) return Value(Map{});
  if (!written.is_list() || written.contains_unknown()) return written;
  PrivilegeSet set;
  for (const Value& item : written.as_list()) {
    const auto target = target_of(item.at("on"));
    if (!target) return written;  // prepare() has said what is wrong
    auto& privileges = set.privileges[text_of_target(*target)];
    for (std::string word : texts_of(normalized_privileges(item.at("privileges")))) {
      const std::string with_option = word + std::string(with_grant_option);
      if (item.bool_or("with_grant_option", false)) {
        privileges.erase(word);
        privileges.insert(with_option);
      } else if (!privileges.contains(with_option)) {
        privileges.insert(std::move(word));
      }
    }
  }
  return value_of_privileges(set).at("grants");
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "role");
  normalize_name_at(normal, "database_role");
  normal.set("grants", normalized_grants(inputs.at("grants")));
  normal.set("roles", normalized_names(inputs.at("roles")));
  normal.set("database_roles", normalized_names(inputs.at("database_roles")));
  return normal;
}

// ---- what a plan says ----

Value shown_as_wanted(std::string_view attribute, const Value& wanted, const Value& shown) {
  const bool is_set =
      attribute == "grants" || attribute == "roles" || attribute == "database_roles";
  if (!is_set || wanted.contains_unknown()) return shown;
  const std::string name(attribute);
  const PrivilegeSet terms =
      in_terms_of(privilege_set_of(Map{{name, wanted}}), privilege_set_of(Map{{name, shown}}));
  return value_of_privileges(terms).at(attribute);
}

OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  for (const Attribute& row : attributes) {
    if (row.name == attribute && row.on_change != OnChange::update) return row.on_change;
  }
  const std::string name(attribute);
  const auto surplus =
      surplus_of(privilege_set_of(Map{{name, before}}), privilege_set_of(Map{{name, after}}));
  if (!surplus.empty()) reason = "revokes " + join(surplus, ", ");
  return OnChange::update;
}

constexpr std::array<std::string_view, 1> single_grants = {"snowflake.grant"};

// The role whose rights a snowflake.grant changes, unless it passes OWNERSHIP on.
std::string subject_of(const Peer& peer) {
  const bool is_single = peer.type == single_grants.front();
  const Value& subject = is_single ? peer.inputs->at("to") : *peer.inputs;
  if (subject.contains_unknown() || (is_single && is_ownership(*peer.inputs))) return {};
  for (const std::string_view who : {"role", "database_role"}) {
    if (subject.at(who).is_string()) return std::string(who) + ' ' + subject.at(who).as_string();
  }
  return {};
}

// Two that speak of one role would undo each other's work at each apply.
void validate_together(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  std::map<std::string, std::string_view> wholes;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    if (peers[i].type == single_grants.front()) continue;
    const std::string subject = subject_of(peers[i]);
    if (subject.empty()) continue;
    const auto [found, is_new] = wholes.try_emplace(subject, peers[i].address);
    if (is_new) continue;
    problems.push_back(
        {i,
         {"", "\"" + std::string(found->second) + "\" says what this role may do, too",
          "each of the two would revoke what the other one grants", "join them"}});
  }
  for (std::size_t i = 0; i < peers.size(); ++i) {
    if (peers[i].type != single_grants.front()) continue;
    const auto found = wholes.find(subject_of(peers[i]));
    if (found == wholes.end()) continue;
    problems.push_back(
        {i,
         {"to", "\"" + std::string(found->second) + "\" says all that this role may do",
          "it would revoke what this grant gives", "move the privilege there"}});
  }
}

constexpr std::array<std::string_view, 2> import_inputs{"database_role", "role"};

constexpr ResourceType type{
    .name = "snowflake.grants",
    .summary = "All that one role may do, as a whole: what is granted beside it is revoked.",
    .doc =
        "For an account role or a database role: its privileges, those on future objects, and the "
        "roles that are granted to it. What the cloud shows beyond the declared set is revoked, "
        "and the plan names it. Objects that the role owns stay with it, and so does what "
        "Snowflake itself has given, such as USAGE on its database for a database role.\n\n"
        "A privilege on a single object that an entry on `all` or `future` objects accounts for is "
        "not beyond the set, unless the object has an entry with `privileges: []`: then it is "
        "taken away. A role that already holds more when this is first applied is "
        "refused; an import takes its rights in, and the next plan says which are revoked.\n\n"
        "A role has one of these, or any number of snowflake.grant, and not both.",
    .example =
        "  type: snowflake.grants\n  role: ${dashboard}\n  grants:\n"
        "    - { privileges: [USAGE], on: { warehouse: \"${compute}\" } }\n"
        "    - { privileges: [USAGE], on: { schema: \"${working}\" } }\n"
        "    - { privileges: [SELECT], on: { all: { objects: VIEWS, schema: \"${working}\" } } }\n"
        "    - { privileges: [SELECT], on: { future: { objects: VIEWS, schema: \"${working}\" } } }"
        "\n",
    .attributes = attributes,
    .import_by = import_inputs,
    .prepare = prepare,
    .validate = validate,
    .validate_together = validate_together,
    .also_sees = single_grants,
    .normalize = normalize,
    .in_terms_of = shown_as_wanted,
    .judge_change = judge_change};

}  // namespace

const ObjectType grants_type{.type = &type,
                             .listings = listings,
                             .read = read,
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .surroundings = listings,
                             .remove_from = remove_from};

}  // namespace firn::snowflake
