// snowflake.role. Snowflake documentation: "CREATE ROLE", "ALTER ROLE", "SHOW ROLES".
#include <array>

#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array attributes = {comment_attribute, fqn_attribute};

std::vector<Listing> listings(const ResourceRecord& record) {
  return {show_in_account("SHOW ROLES", record.name)};
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  auto rows = inventory.rows(show_in_account("SHOW ROLES", record.name));
  if (!rows) return fail(rows.error());
  const Row* row = *rows == nullptr ? nullptr : find_row(**rows, {{"name", record.name}});
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_account({}, record.name, record.inputs);
  return seen;
}

Steps create(const Change& change) {
  return std::vector{
      Step{Statement("CREATE ROLE").identifier(change.name).set_text("COMMENT", change.comment())}};
}

Steps update(const Change& change) {
  std::vector<Step> steps;
  if (change.has_changed("comment")) {
    steps.push_back({Statement("ALTER ROLE")
                         .identifier(change.name)
                         .word("SET")
                         .set_text("COMMENT", change.comment())});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  return std::vector{Step{Statement("DROP ROLE").word("IF EXISTS").identifier(record.name)}};
}

void validate(const Placement&, const std::string& name, const Value&,
              std::vector<Problem>& problems) {
  for (const std::string_view system :
       {"ACCOUNTADMIN", "ORGADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN", "PUBLIC"}) {
    if (name != system) continue;
    problems.push_back({"name", name + " belongs to Snowflake",
                        "system roles exist in every account and cannot be made or dropped",
                        "give the role another name"});
  }
}

constexpr ResourceType type{
    .name = "snowflake.role",
    .summary = "An account role.",
    .doc =
        "Snowflake does not place a new role below SYSADMIN by itself; a snowflake.grant does. "
        "What the role owns passes to the deploying role when it is dropped.",
    .example = "  type: snowflake.role\n  comment: Reads the dashboards' views\n",
    .attributes = attributes,
    .name_rule = account_name_rule,
    .predict = predict_in_account,
    .validate = validate};

}  // namespace

const ObjectType role_type{.type = &type,
                           .listings = listings,
                           .read = read,
                           .create = create,
                           .update = update,
                           .remove = remove};

}  // namespace firn::snowflake
