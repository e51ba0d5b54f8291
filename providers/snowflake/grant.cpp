// snowflake.grant: privileges on an object, or membership in a role. Snowflake documentation:
// "GRANT <privileges>", "REVOKE <privileges>", "GRANT ROLE", "GRANT DATABASE ROLE", "SHOW GRANTS".
#include <algorithm>
#include <array>
#include <set>

#include "core/base/text.h"
#include "providers/snowflake/privileges.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr Attribute on_object(std::string_view name, std::string_view doc,
                              std::string_view example) {
  return Attribute{.name = name,
                   .doc = doc,
                   .on_change = OnChange::replace,
                   .on_target_replaced = OnTargetReplaced::replace,
                   .takes = "fqn",
                   .example = example};
}

constexpr std::array<std::string_view, 6> plurals = {"FILE FORMATS", "PIPES",  "SCHEMAS",
                                                     "STAGES",       "TABLES", "VIEWS"};
constexpr std::array many_fields = {
    Attribute{.name = "objects",
              .doc = "Kind of the objects.",
              .required = true,
              .on_change = OnChange::replace,
              .example = "objects: VIEWS",
              .allowed = plurals},
    on_object("schema", "Schema that they are in.", "schema: ${working}"),
    on_object("database", "Database that they are in.", "database: ${lake_db}"),
};

constexpr std::array on_fields = {
    Attribute{.name = "account",
              .kind = AttributeKind::boolean,
              .doc = "Privileges on the account as a whole.",
              .on_change = OnChange::replace,
              .example = "account: true"},
    on_object("warehouse", "A warehouse.", "warehouse: ${compute}"),
    on_object("database", "A database.", "database: ${lake_db}"),
    on_object("schema", "A schema.", "schema: ${loading}"),
    on_object("table", "A table.", "table: ${coins}"),
    on_object("view", "A view.", "view: ${latest}"),
    on_object("stage", "A stage.", "stage: ${coins_stage}"),
    on_object("file_format", "A file format.", "file_format: ${parquet}"),
    on_object("pipe", "A pipe.", "pipe: ${coins_pipe}"),
    on_object("integration", "An integration.", "integration: ${lake}"),
    Attribute{.name = "future",
              .kind = AttributeKind::object,
              .doc = "Objects that will be made. A future grant on a schema makes Snowflake ignore "
                     "those on its database for the same kind.",
              .on_change = OnChange::replace,
              .example = "future: { objects: VIEWS, schema: \"${working}\" }",
              .fields = many_fields},
    Attribute{.name = "all",
              .kind = AttributeKind::object,
              .doc = "Objects that exist when the grant is applied.",
              .on_change = OnChange::replace,
              .example = "all: { objects: VIEWS, schema: \"${working}\" }",
              .fields = many_fields},
};

constexpr std::array to_fields = {
    on_object("role", "An account role.", "role: ${dashboard}"),
    on_object("database_role", "A database role.", "database_role: ${loader}"),
    Attribute{.name = "user",
              .doc = "A user; only a role can be granted to it.",
              .on_change = OnChange::replace,
              .example = "user: TABLEAU"},
};

constexpr Attribute privilege_element{
    .name = "privilege", .doc = "A privilege, or ALL.", .example = "- SELECT"};

constexpr std::array attributes = {
    Attribute{.name = "privileges",
              .kind = AttributeKind::list,
              .doc = "Privileges on the object. A change grants and revokes the difference only.",
              .unordered = true,
              .example = "privileges: [SELECT, INSERT]",
              .element = &privilege_element},
    Attribute{.name = "on",
              .kind = AttributeKind::object,
              .doc = "Object that the privileges are on; exactly one.",
              .on_change = OnChange::replace,
              .example = "on: { table: \"${coins}\" }",
              .fields = on_fields},
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

Listing grants_to(const Grantee& grantee) {
  Statement statement("SHOW GRANTS");
  statement.word("TO");
  add_grantee(statement, grantee);
  return {{statement}};
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

// Names in grants are printed with quotes where needed. Of a database role some versions print only
// the last part.
bool is_same_name(std::string_view printed, const ObjectName& name) {
  const auto parsed = parse_object_name(printed);
  if (!parsed) return false;
  return *parsed == name ||
         (parsed->parts.size() == 1 && name.parts.size() == 2 && parsed->last() == name.last());
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

struct Held {
  std::set<std::string> privileges;
  bool all_grantable = true;
};

void hold(Held& held, const Row& row) {
  if (row.text("privilege") == "OWNERSHIP") return;
  held.privileges.insert(row.text("privilege"));
  held.all_grantable = held.all_grantable && row.flag("grant_option");
}

Held held_now(const Rows& rows, const GrantTarget& target) {
  Held held;
  for (const Row& row : rows.rows) {
    const bool matches = target.reach == Reach::account
                             ? row.text("granted_on") == "ACCOUNT"
                             : row.text("granted_on") == target.kind->shown &&
                                   is_same_name(row.text("name"), target.name);
    if (matches) hold(held, row);
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
    const bool held_here =
        privilege == "ALL" ? !held.privileges.empty() : held.privileges.count(privilege) > 0;
    if (held_here) privileges.emplace_back(privilege);
  }
  if (privileges.empty()) return seen;
  seen.exists = true;
  seen.inputs.set("privileges", std::move(privileges));
  seen.inputs.set("on", record.inputs.at("on"));
  seen.inputs.set("to", record.inputs.at("to"));
  seen.inputs.set("with_grant_option", held.all_grantable);
  return seen;
}

void add_privileges(Statement& statement, const std::vector<std::string>& privileges) {
  for (std::size_t i = 0; i < privileges.size(); ++i) {
    if (i > 0) statement.comma();
    statement.value_word(privileges[i]);
  }
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

Step grant_step(const std::vector<std::string>& privileges, const Parties& parties, bool pass_on) {
  Statement statement("GRANT");
  add_privileges(statement, privileges);
  statement.word("ON");
  add_target(statement, parties.target);
  statement.word("TO");
  add_grantee(statement, parties.grantee);
  if (pass_on) statement.word("WITH GRANT OPTION");
  return Step{statement};
}

// What is gone, or whose holder is gone, needs no revoking.
Step revoke_step(const std::vector<std::string>& privileges, const Parties& parties,
                 bool only_option) {
  Statement statement("REVOKE");
  if (only_option) statement.word("GRANT OPTION FOR");
  add_privileges(statement, privileges);
  statement.word("ON");
  add_target(statement, parties.target);
  statement.word("FROM");
  add_grantee(statement, parties.grantee);
  return Step{statement, {"002003", "002043"}};
}

Result<Step> membership_step(const Value& inputs, bool gives) {
  const auto role = granted_role(inputs);
  if (!role) return fail(role.error());
  const auto grantee = grantee_of(inputs.at("to"));
  if (!grantee) return fail(grantee.error());
  Statement statement = gives ? Statement("GRANT") : Statement("REVOKE");
  add_grantee(statement, *role);
  statement.word(gives ? Keyword("TO") : Keyword("FROM"));
  add_grantee(statement, *grantee);
  Step step{statement};
  if (!gives) step.tolerates = {"002003", "002043"};
  return step;
}

Steps create(const Change& change) {
  if (is_membership(change.desired)) {
    auto step = membership_step(change.desired, true);
    if (!step) return fail(step.error());
    return std::vector{std::move(*step)};
  }
  auto parties = parties_of(change.desired);
  if (!parties) return fail(parties.error());
  return std::vector{grant_step(texts_of(change.desired.at("privileges")), *parties,
                                change.desired.bool_or("with_grant_option", false))};
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
  if (is_membership(change.desired)) return create(change);
  auto parties = parties_of(change.desired);
  if (!parties) return fail(parties.error());
  const auto wanted = texts_of(change.desired.at("privileges"));
  const auto held = texts_of(Value(change.now.inputs).at("privileges"));
  const auto recorded = texts_of(change.prior.at("privileges"));
  const bool pass_on = change.desired.bool_or("with_grant_option", false);
  std::vector<Step> steps;
  auto missing = without(wanted, held);
  if (change.has_changed("with_grant_option") && pass_on) missing = wanted;
  if (!missing.empty()) steps.push_back(grant_step(missing, *parties, pass_on));
  // ALL cannot be told from its parts afterwards: revoke it, then grant what stays.
  const auto surplus = without(recorded, wanted);
  if (!surplus.empty()) {
    steps.push_back(revoke_step(surplus, *parties, false));
    if (std::find(surplus.begin(), surplus.end(), "ALL") != surplus.end()) {
      steps.push_back(grant_step(wanted, *parties, pass_on));
    }
  }
  if (change.has_changed("with_grant_option") && !pass_on) {
    steps.push_back(revoke_step(wanted, *parties, true));
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  if (is_membership(record.inputs)) {
    auto step = membership_step(record.inputs, false);
    if (!step) return fail(step.error());
    return std::vector{std::move(*step)};
  }
  auto parties = parties_of(record.inputs);
  if (!parties) return fail(parties.error());
  return std::vector{revoke_step(texts_of(record.inputs.at("privileges")), *parties, false)};
}

std::size_t given(const Value& map, std::span<const Attribute> fields) {
  std::size_t count = 0;
  for (const Attribute& field : fields) {
    if (!map.at(field.name).is_null()) ++count;
  }
  return count;
}

void validate_target(const Value& inputs, std::vector<Problem>& problems) {
  const Value& on = inputs.at("on");
  if (!on.is_map() || on.contains_unknown()) return;
  if (given(on, on_fields) != 1) {
    problems.push_back({"on", "a grant is on exactly one object", "`on` has several, or none",
                        "write one grant for each object"});
    return;
  }
  const auto target = target_of(on);
  if (!target) {
    problems.push_back(problem_of("on", target.error()));
    return;
  }
  if (target->reach == Reach::all && target->objects->plural == "PIPES") {
    problems.push_back({"on.all.objects", "Snowflake takes no grant on all pipes at once",
                        "it offers single pipes and future ones",
                        "write a grant for each pipe, or on: { future: … }"});
  }
  const Value& role = inputs.at("to").at("database_role");
  if (!role.is_string()) return;
  const auto name = parse_object_name(role.as_string(), 2);
  if (!name) return;
  const bool elsewhere = target->reach == Reach::account || !target->kind->in_database ||
                         target->name.parts.front() != name->parts.front();
  if (elsewhere) {
    problems.push_back({"to.database_role",
                        "a database role can hold privileges in its own database only",
                        role.as_string() + " is in " + name->parent().shortest(),
                        "grant it to an account role instead"});
  }
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
  const Value& privileges = inputs.at("privileges");
  if (privileges.is_list() && privileges.as_list().empty()) {
    problems.push_back({"privileges", "the grant gives no privilege", "the list is empty",
                        "name a privilege, or remove the grant"});
  }
  for (const auto& privilege : texts_of(privileges)) {
    const bool plain =
        !privilege.empty() &&
        privilege.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_ ") ==
            std::string::npos;
    if (!plain) {
      problems.push_back({"privileges",
                          "not a privilege: " + privilege,
                          "privileges are words such as SELECT or CREATE TABLE",
                          {}});
    } else if (equals_ignoring_case(privilege, "OWNERSHIP")) {
      problems.push_back({"privileges", "OWNERSHIP is not granted this way",
                          "it passes to another role and takes firn's rights with it",
                          "deploy with the role that is to own the objects"});
    }
  }
  const Value& to = inputs.at("to");
  if (to.is_map() && !to.contains_unknown()) {
    if (given(to, to_fields) != 1) {
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
  if (!membership) validate_target(inputs, problems);
}

void normalize_names(Map& members, std::span<const Attribute> fields) {
  for (const Attribute& field : fields) {
    if (field.kind == AttributeKind::string && field.name != "objects") {
      normalize_name_at(members, field.name);
    }
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "role");
  normalize_name_at(normal, "database_role");
  if (inputs.at("to").is_map()) {
    Map to = inputs.at("to").as_map();
    normalize_names(to, to_fields);
    normal.set("to", std::move(to));
  }
  if (inputs.at("on").is_map()) {
    Map on = inputs.at("on").as_map();
    normalize_names(on, on_fields);
    for (const std::string_view many : {"future", "all"}) {
      if (!inputs.at("on").at(many).is_map()) continue;
      Map members = inputs.at("on").at(many).as_map();
      normalize_names(members, many_fields);
      normalize_upper_at(members, "objects");
      on.set(many, std::move(members));
    }
    normal.set("on", std::move(on));
  }
  if (inputs.at("privileges").is_list()) {
    List privileges;
    for (const Value& written : inputs.at("privileges").as_list()) {
      if (!written.is_string()) {
        privileges.push_back(written);
        continue;
      }
      std::string words;
      for (const auto& word : split(to_upper(written.as_string()), ' ')) {
        if (!word.empty()) words += (words.empty() ? "" : " ") + word;
      }
      privileges.emplace_back(words == "ALL PRIVILEGES" ? "ALL" : words);
    }
    normal.set("privileges", std::move(privileges));
  }
  return normal;
}

constexpr ResourceType type{
    .name = "snowflake.grant",
    .summary = "Privileges on an object for a role, or membership in a role.",
    .doc =
        "Either `privileges` with `on`, or `role`, or `database_role`; and always `to`. What "
        "others "
        "granted is left alone.",
    .example =
        "  type: snowflake.grant\n  privileges: [SELECT, INSERT]\n"
        "  on: { table: \"${coins}\" }\n  to: { database_role: \"${loader}\" }\n",
    .attributes = attributes,
    .validate = validate,
    .normalize = normalize};

}  // namespace

const ObjectType grant_type{.type = &type,
                            .listings = listings,
                            .read = read,
                            .create = create,
                            .update = update,
                            .remove = remove,
                            .update_reads = true};

}  // namespace firn::snowflake
