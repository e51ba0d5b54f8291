// snowflake.grant: privileges on an object, or membership in a role. Snowflake documentation:
// "GRANT <privileges>", "REVOKE <privileges>", "GRANT ROLE", "GRANT DATABASE ROLE", "SHOW GRANTS".
#include <algorithm>
#include <array>
#include <set>

#include "core/base/text.h"
#include "providers/snowflake/grant_ownership.h"
#include "providers/snowflake/grant_table.h"
#include "providers/snowflake/privileges.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

using Table = GrantTable<OnChange::replace, OnTargetReplaced::replace>;

constexpr Attribute on_object(std::string_view name, std::string_view doc,
                              std::string_view example) {
  return Table::object(name, doc, example);
}

constexpr std::array to_fields = {
    on_object("role", "An account role.", "role: ${dashboard}"),
    on_object("database_role", "A database role.", "database_role: ${loader}"),
    on_object("user", "A user; only a role can be granted to it.", "user: ${tableau}"),
};

constexpr Attribute privilege_element{
    .name = "privilege", .doc = "A privilege, or ALL.", .example = "- SELECT"};

constexpr std::array attributes = {
    Attribute{.name = "privileges",
              .kind = AttributeKind::list,
              .doc = "Privileges on the object. A change grants and revokes the difference only. "
                     "OWNERSHIP stands alone: it passes from role to role.",
              .unordered = true,
              .example = "privileges: [SELECT, INSERT]",
              .element = &privilege_element},
    Attribute{.name = "on",
              .kind = AttributeKind::object,
              .doc = "Object that the privileges are on; exactly one.",
              .on_change = OnChange::replace,
              .example = "on: { table: \"${coins}\" }",
              .fields = Table::on_fields},
    on_object("role", "Account role that is granted, instead of privileges.", "role: ${dashboard}"),
    on_object("database_role", "Database role that is granted, instead of privileges.",
              "database_role: ${loader}"),
    Attribute{.name = "to",
              .kind = AttributeKind::object,
              .doc = "Who receives it; exactly one.",
              .required = true,
              .on_change = OnChange::replace,
              .example = "to: { role: \"${dashboard}\" }",
              .fields = to_fields},
    Attribute{.name = "with_grant_option",
              .kind = AttributeKind::boolean,
              .doc = "Whether the receiver may pass the privileges on.",
              .default_json = "false",
              .example = "with_grant_option: true"},
};

bool is_membership(const Value& inputs) {
  return !inputs.at("role").is_null() || !inputs.at("database_role").is_null();
}

// The granted role of a membership has the shape of a grantee.
Result<Grantee> granted_role(const Value& inputs) {
  return grantee_of(
      Map{{"role", inputs.at("role")}, {"database_role", inputs.at("database_role")}});
}

Listing future_grants_in(const GrantTarget& target) {
  return {
      {Statement("SHOW FUTURE GRANTS").word("IN").word(target.kind->keyword).name(target.name)}};
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto grantee = grantee_of(record.inputs.at("to"));
  if (!grantee) return {};
  if (is_membership(record.inputs)) return {grants_to(*grantee)};
  const auto target = target_of(record.inputs.at("on"));
  if (!target) return {};
  if (target->reach == Reach::future) return {future_grants_in(*target)};
  return {grants_to(*grantee)};
}

Result<Seen> read_membership(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  seen.carries_mark = false;
  const auto grantee = grantee_of(record.inputs.at("to"));
  if (!grantee) return fail(grantee.error());
  const auto role = granted_role(record.inputs);
  if (!role) return fail(role.error());
  auto rows = inventory.rows(grants_to(*grantee));
  if (!rows) return fail(rows.error());
  if (*rows == nullptr) return seen;
  const std::string_view kind = role->kind == GranteeKind::database_role ? "DATABASE_ROLE" : "ROLE";
  for (const Row& row : (*rows)->rows) {
    // A user's grants name the role in a column of its own.
    const std::string of_user = row.text("role");
    const bool matches = !of_user.empty() && grantee->kind == GranteeKind::user
                             ? of_user == role->name.last()
                             : row.text("privilege") == "USAGE" && row.text("granted_on") == kind &&
                                   (row.text("name") == role->name.last() ||
                                    is_same_name(row.text("name"), role->name));
    if (!matches) continue;
    seen.exists = true;
    for (const std::string_view input : {"role", "database_role", "to"}) {
      if (!record.inputs.at(input).is_null()) seen.inputs.set(input, record.inputs.at(input));
    }
  }
  return seen;
}

bool is_same_target(const GrantTarget& shown, const GrantTarget& target) {
  return text_of_target(shown) == text_of_target(target);
}

struct Held {
  std::set<std::string> privileges;
  bool all_grantable = true;
};

void hold(Held& held, const Row& row) {
  held.privileges.insert(row.text("privilege"));
  held.all_grantable = held.all_grantable && row.flag("grant_option");
}

Held held_now(const Rows& rows, const GrantTarget& target) {
  Held held;
  for (const Row& row : rows.rows) {
    if (is_same_target(target_of_row(row), target)) hold(held, row);
  }
  return held;
}

Held held_in_future(const Rows& rows, const GrantTarget& target, const Grantee& grantee) {
  Held held;
  const std::string_view kind = grantee.kind == GranteeKind::role ? "ROLE" : "DATABASE_ROLE";
  for (const Row& row : rows.rows) {
    const std::string objects = replace_all(row.text("grant_on"), " ", "_");
    const std::string to = replace_all(row.text("grant_to"), " ", "_");
    if (objects == target.objects->singular && to == kind &&
        (row.text("grantee_name") == grantee.name.last() ||
         is_same_name(row.text("grantee_name"), grantee.name))) {
      hold(held, row);
    }
  }
  return held;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  if (is_membership(record.inputs)) return read_membership(inventory, record);
  Seen seen;
  seen.carries_mark = false;
  const auto grantee = grantee_of(record.inputs.at("to"));
  if (!grantee) return fail(grantee.error());
  const auto target = target_of(record.inputs.at("on"));
  if (!target) return fail(target.error());
  auto rows = inventory.rows(target->reach == Reach::future ? future_grants_in(*target)
                                                            : grants_to(*grantee));
  if (!rows) return fail(rows.error());
  if (*rows == nullptr) return seen;
  if (target->reach == Reach::all) {
    // Which objects existed when it was applied is not known any more: taken as recorded.
    seen.exists = true;
    seen.inputs = record.inputs.as_map();
    return seen;
  }
  const Held held = target->reach == Reach::future ? held_in_future(**rows, *target, *grantee)
                                                   : held_now(**rows, *target);
  // What other grants give the same grantee on the same object is not this one's.
  List privileges;
  for (const auto& privilege : texts_of(record.inputs.at("privileges"))) {
    // The owner may do everything, but was granted only what is shown beside OWNERSHIP.
    const bool holds_any = held.privileges.size() > held.privileges.count("OWNERSHIP");
    const bool held_here = privilege == "ALL" ? holds_any : held.privileges.count(privilege) > 0;
    if (held_here) privileges.emplace_back(privilege);
  }
  if (privileges.empty()) return seen;
  seen.exists = true;
  seen.inputs.set("privileges", std::move(privileges));
  seen.inputs.set("on", record.inputs.at("on"));
  seen.inputs.set("to", record.inputs.at("to"));
  // An owner may pass on what it owns; that is no grant option.
  if (!is_ownership(record.inputs)) seen.inputs.set("with_grant_option", held.all_grantable);
  return seen;
}

struct Parties {
  GrantTarget target;
  Grantee grantee;
};
Result<Parties> parties_of(const Value& inputs) {
  auto target = target_of(inputs.at("on"));
  if (!target) return fail(target.error());
  auto grantee = grantee_of(inputs.at("to"));
  if (!grantee) return fail(grantee.error());
  return Parties{std::move(*target), std::move(*grantee)};
}

Result<Step> membership_of(const Value& inputs, bool gives) {
  const auto role = granted_role(inputs);
  if (!role) return fail(role.error());
  const auto grantee = grantee_of(inputs.at("to"));
  if (!grantee) return fail(grantee.error());
  return membership_step(*role, *grantee, gives);
}

GrantOption option_of(const Value& inputs) {
  return inputs.bool_or("with_grant_option", false) ? GrantOption::with : GrantOption::without;
}

Steps create(const Change& change) {
  if (is_membership(change.desired)) {
    auto step = membership_of(change.desired, true);
    if (!step) return fail(step.error());
    return std::vector{std::move(*step)};
  }
  auto parties = parties_of(change.desired);
  if (!parties) return fail(parties.error());
  if (is_ownership(change.desired)) {
    return pass_ownership(parties->target, parties->grantee, change.around);
  }
  return std::vector{grant_step(texts_of(change.desired.at("privileges")), parties->target,
                                parties->grantee, option_of(change.desired))};
}

std::vector<std::string> without(const std::vector<std::string>& all,
                                 const std::vector<std::string>& taken) {
  std::vector<std::string> left;
  for (const auto& item : all) {
    if (std::find(taken.begin(), taken.end(), item) == taken.end()) left.push_back(item);
  }
  return left;
}

Steps update(const Change& change) {
  if (is_membership(change.desired) || is_ownership(change.desired)) return create(change);
  auto parties = parties_of(change.desired);
  if (!parties) return fail(parties.error());
  const auto wanted = texts_of(change.desired.at("privileges"));
  const auto held = texts_of(Value(change.now.inputs).at("privileges"));
  const auto recorded = texts_of(change.prior.at("privileges"));
  const GrantOption option = option_of(change.desired);
  const auto& [target, grantee] = *parties;
  const bool option_changes = change.has_changed("with_grant_option");
  std::vector<Step> steps;
  auto missing = without(wanted, held);
  if (option_changes && option == GrantOption::with) missing = wanted;
  if (!missing.empty()) steps.push_back(grant_step(missing, target, grantee, option));
  // ALL cannot be told from its parts afterwards: revoke it, then grant what stays.
  const auto surplus = without(recorded, wanted);
  if (!surplus.empty()) {
    steps.push_back(revoke_step(surplus, target, grantee));
    if (std::find(surplus.begin(), surplus.end(), "ALL") != surplus.end()) {
      steps.push_back(grant_step(wanted, target, grantee, option));
    }
  }
  if (option_changes && option == GrantOption::without) {
    steps.push_back(revoke_option_step(wanted, target, grantee));
  }
  return steps;
}

Steps remove_from(const ResourceRecord& record, const Inventory& around) {
  if (is_membership(record.inputs)) {
    auto step = membership_of(record.inputs, false);
    if (!step) return fail(step.error());
    return std::vector{std::move(*step)};
  }
  auto parties = parties_of(record.inputs);
  if (!parties) return fail(parties.error());
  if (is_ownership(record.inputs))
    return give_ownership_back(parties->target, parties->grantee, around);
  return std::vector{
      revoke_step(texts_of(record.inputs.at("privileges")), parties->target, parties->grantee)};
}

Steps remove(const ResourceRecord& record) {
  return remove_from(record, {});
}

// Ownership passes whole, and other privileges do not become it.
OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  for (const Attribute& row : attributes) {
    if (row.name == attribute && row.on_change != OnChange::update) return row.on_change;
  }
  if (attribute != "privileges" || holds_ownership(before) == holds_ownership(after)) {
    return OnChange::update;
  }
  reason = "OWNERSHIP passes from role to role, and is no privilege beside others";
  return OnChange::replace;
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const std::size_t forms = (inputs.at("privileges").is_null() ? 0U : 1U) +
                            (inputs.at("role").is_null() ? 0U : 1U) +
                            (inputs.at("database_role").is_null() ? 0U : 1U);
  if (forms != 1) {
    problems.push_back({"", "a grant gives exactly one thing",
                        "privileges with on, or role, or database_role",
                        "keep one of the three; write further grants for the rest"});
    return;
  }
  const bool membership = is_membership(inputs);
  if (membership != inputs.at("on").is_null()) {
    problems.push_back({"on",
                        membership ? "membership in a role is not on an object"
                                   : "it is not said what the privileges are on",
                        {},
                        membership ? "leave out `on`" : "add on: { table: ${TABLE} }"});
  }
  check_name(inputs, "role", 1, problems);
  check_name(inputs, "database_role", 2, problems);
  validate_privileges(inputs.at("privileges"), "privileges", problems);
  validate_ownership(inputs, problems);
  const Value& to = inputs.at("to");
  if (to.is_map() && !to.contains_unknown()) {
    const auto receivers = std::count_if(to.as_map().begin(), to.as_map().end(),
                                         [](const auto& row) { return !row.second.is_null(); });
    if (receivers != 1) {
      problems.push_back({"to", "a grant has exactly one receiver", "`to` has several, or none",
                          "write one grant for each receiver"});
    } else if (const auto grantee = grantee_of(to); !grantee) {
      problems.push_back(problem_of("to", grantee.error()));
    } else if (grantee->kind == GranteeKind::user && inputs.at("role").is_null()) {
      problems.push_back({"to.user", "only an account role can be granted to a user",
                          "privileges and database roles go to roles",
                          "grant it to a role, and the role to the user"});
    }
  }
  if (!membership) {
    validate_target(inputs.at("on"), "on", inputs.at("to").at("database_role"), problems);
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "role");
  normalize_name_at(normal, "database_role");
  if (inputs.at("to").is_map()) {
    Map to = inputs.at("to").as_map();
    for (const Attribute& field : to_fields)
      normalize_name_at(to, field.name);
    normal.set("to", std::move(to));
  }
  if (inputs.at("on").is_map()) normal.set("on", normalized_target(inputs.at("on")));
  if (inputs.at("privileges").is_list()) {
    normal.set("privileges", normalized_privileges(inputs.at("privileges")));
  }
  return normal;
}

constexpr std::array<std::string_view, 5> import_inputs{"database_role", "on", "privileges", "role",
                                                        "to"};

constexpr ResourceType type{
    .name = "snowflake.grant",
    .summary = "Privileges on an object for a role, or membership in a role.",
    .doc =
        "Either `privileges` with `on`, or `role`, or `database_role`; and always `to`. What "
        "others granted is left alone; snowflake.grants says all that a role may do.\n\n"
        "OWNERSHIP passes to the role with what was granted on the object, and back to the "
        "deploying role when the grant goes. To work on the object afterwards, the deploying role "
        "must have the new owner among its roles: grant that one to SYSADMIN first. A pipe is "
        "paused while it changes hands; tasks must be suspended, so a task graph waits for the "
        "grant with `depends_on`.",
    .example =
        "  type: snowflake.grant\n  privileges: [SELECT, INSERT]\n"
        "  on: { table: \"${coins}\" }\n  to: { database_role: \"${loader}\" }\n",
    .attributes = attributes,
    .import_by = import_inputs,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType grant_type{.type = &type,
                            .listings = listings,
                            .read = read,
                            .create = create,
                            .update = update,
                            .remove = remove,
                            .surroundings = surroundings_of_ownership,
                            .remove_from = remove_from,
                            .after_lost_creation = finish_interrupted_pass,
                            .update_reads = true};

}  // namespace firn::snowflake
