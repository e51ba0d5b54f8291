// The statements that give and take privileges, and what can be said against what an author wrote
// of them.
#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "providers/snowflake/grant_table.h"
#include "providers/snowflake/privileges.h"

namespace firn::snowflake {
namespace {

using Table = GrantTable<OnChange::replace, OnTargetReplaced::replace>;

void add_privileges(Statement& statement, const std::vector<std::string>& privileges) {
  for (std::size_t i = 0; i < privileges.size(); ++i) {
    if (i > 0) statement.comma();
    statement.value_word(privileges[i]);
  }
}

Step revoking(bool only_option, const std::vector<std::string>& privileges,
              const GrantTarget& target, const Grantee& grantee) {
  Statement statement("REVOKE");
  if (only_option) statement.word("GRANT OPTION FOR");
  add_privileges(statement, privileges);
  statement.word("ON");
  add_target(statement, target);
  statement.word("FROM");
  add_grantee(statement, grantee);
  return Step{statement, {"002003", "002043"}};
}

std::size_t given(const Value& map, std::span<const Attribute> fields) {
  std::size_t count = 0;
  for (const Attribute& field : fields) {
    if (!map.at(field.name).is_null()) ++count;
  }
  return count;
}

void normalize_names(Map& members, std::span<const Attribute> fields) {
  for (const Attribute& field : fields) {
    const bool is_name = field.kind == AttributeKind::string && field.name != "objects";
    if (is_name && field.name != "procedure") normalize_name_at(members, field.name);
  }
}

}  // namespace

Step grant_step(const std::vector<std::string>& privileges, const GrantTarget& target,
                const Grantee& grantee, GrantOption option) {
  Statement statement("GRANT");
  add_privileges(statement, privileges);
  statement.word("ON");
  add_target(statement, target);
  statement.word("TO");
  add_grantee(statement, grantee);
  if (option == GrantOption::with) statement.word("WITH GRANT OPTION");
  return Step{statement};
}

Step revoke_step(const std::vector<std::string>& privileges, const GrantTarget& target,
                 const Grantee& grantee) {
  return revoking(false, privileges, target, grantee);
}

Step revoke_option_step(const std::vector<std::string>& privileges, const GrantTarget& target,
                        const Grantee& grantee) {
  return revoking(true, privileges, target, grantee);
}

Step membership_step(const Grantee& role, const Grantee& grantee, bool gives) {
  Statement statement = gives ? Statement("GRANT") : Statement("REVOKE");
  add_grantee(statement, role);
  statement.word(gives ? Keyword("TO") : Keyword("FROM"));
  add_grantee(statement, grantee);
  Step step{statement};
  if (!gives) step.tolerates = {"002003", "002043"};
  return step;
}

Listing grants_to(const Grantee& grantee) {
  Statement statement("SHOW GRANTS");
  statement.word("TO");
  add_grantee(statement, grantee);
  return {{statement}};
}

Listing future_grants_to(const Grantee& grantee) {
  Statement statement("SHOW FUTURE GRANTS");
  statement.word("TO");
  add_grantee(statement, grantee);
  return {{statement}};
}

void validate_target(const Value& on, const std::string& path, const Value& database_role,
                     std::vector<Problem>& problems) {
  if (!on.is_map() || on.contains_unknown()) return;
  if (given(on, Table::on_fields) != 1) {
    problems.push_back({path, "a grant is on exactly one object",
                        "`" + path + "` has several, or none", "write one grant for each object"});
    return;
  }
  const auto target = target_of(on);
  if (!target) {
    problems.push_back(problem_of(path, target.error()));
    return;
  }
  if (target->reach == Reach::all && target->objects->plural == "PIPES") {
    problems.push_back({path + ".all.objects", "Snowflake takes no grant on all pipes at once",
                        "it offers single pipes and future ones",
                        "write a grant for each pipe, or on: { future: … }"});
  }
  if (!database_role.is_string()) return;
  const auto name = parse_object_name(database_role.as_string(), 2);
  if (!name) return;
  const bool elsewhere = target->reach == Reach::account || !target->kind->in_database ||
                         target->name.parts.front() != name->parts.front();
  if (elsewhere) {
    problems.push_back({path == "on" ? "to.database_role" : path,
                        "a database role can hold privileges in its own database only",
                        database_role.as_string() + " is in " + name->parent().shortest(),
                        "grant it to an account role instead"});
  }
}

void validate_privileges(const Value& privileges, const std::string& path,
                         std::vector<Problem>& problems) {
  if (privileges.is_list() && privileges.as_list().empty()) {
    problems.push_back({path, "the grant gives no privilege", "the list is empty",
                        "name a privilege, or remove the grant"});
  }
  for (const auto& privilege : texts_of(privileges)) {
    const bool plain =
        !privilege.empty() &&
        privilege.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_ ") ==
            std::string::npos;
    if (!plain) {
      problems.push_back({path,
                          "not a privilege: " + privilege,
                          "privileges are words such as SELECT or CREATE TABLE",
                          {}});
    }
  }
}

Value normalized_privileges(const Value& privileges) {
  if (!privileges.is_list()) return privileges;
  List normal;
  for (const Value& written : privileges.as_list()) {
    if (!written.is_string()) {
      normal.push_back(written);
      continue;
    }
    std::string words;
    for (const auto& word : split(to_upper(written.as_string()), ' ')) {
      if (!word.empty()) words += (words.empty() ? "" : " ") + word;
    }
    normal.emplace_back(words == "ALL PRIVILEGES" ? "ALL" : words);
  }
  return Value(std::move(normal));
}

Value normalized_target(const Value& on) {
  if (!on.is_map()) return on;
  Map normal = on.as_map();
  normalize_names(normal, Table::on_fields);
  const Value& procedure = on.at("procedure");
  if (procedure.is_string()) {
    if (const auto target = target_of(Map{{"procedure", procedure}})) {
      normal.set("procedure",
                 text_of_target(*target).substr(std::string_view("PROCEDURE ").size()));
    }
  }
  for (const std::string_view many : {"future", "all"}) {
    if (!on.at(many).is_map()) continue;
    Map members = on.at(many).as_map();
    normalize_names(members, Table::many_fields);
    normalize_upper_at(members, "objects");
    normal.set(many, std::move(members));
  }
  return Value(std::move(normal));
}

}  // namespace firn::snowflake
