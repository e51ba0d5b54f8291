// snowflake.database_role. Snowflake documentation: "CREATE DATABASE ROLE", "ALTER DATABASE ROLE",
// "SHOW DATABASE ROLES".
#include <array>

#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array attributes = {
    Attribute{.name = "database",
              .doc = "Database that holds the role; the role can be granted privileges only there.",
              .required = true,
              .identity = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "fqn",
              .example = "database: ${lake_db}"},
    comment_attribute,
    fqn_attribute,
};

// SHOW DATABASE ROLES takes its LIKE after the database, and Snowflake documents none; a database
// with ten thousand roles is refused.
Listing listing(const ObjectName& name) {
  return {{Statement("SHOW DATABASE ROLES").word("IN DATABASE").name(name.parent())}};
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_database(record.inputs, record.name);
  if (!name) return {};
  return {listing(*name)};
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto name = name_in_database(record.inputs, record.name);
  if (!name) return fail(name.error());
  auto rows = inventory.rows(listing(*name));
  if (!rows) return fail(rows.error());
  const Row* row = *rows == nullptr ? nullptr : find_row(**rows, {{"name", record.name}});
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("database", name->parent().shortest());
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_database({}, record.name, record.inputs);
  return seen;
}

Steps create(const Change& change) {
  const auto name = name_in_database(change.desired, change.name);
  if (!name) return fail(name.error());
  return std::vector{
      Step{Statement("CREATE DATABASE ROLE").name(*name).set_text("COMMENT", change.comment())}};
}

Steps update(const Change& change) {
  const auto name = name_in_database(change.desired, change.name);
  if (!name) return fail(name.error());
  std::vector<Step> steps;
  if (change.has_changed("comment")) {
    steps.push_back({Statement("ALTER DATABASE ROLE")
                         .name(*name)
                         .word("SET")
                         .set_text("COMMENT", change.comment())});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_database(record.inputs, record.name);
  if (!name) return fail(name.error());
  return std::vector{Step{Statement("DROP DATABASE ROLE").word("IF EXISTS").name(*name)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "database", 1, problems);
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "database");
  return normal;
}

constexpr ResourceType type{
    .name = "snowflake.database_role",
    .summary = "A role that lives in a database.",
    .doc = "Grant it to an account role with snowflake.grant to put it to use.",
    .example = "  type: snowflake.database_role\n  database: ${lake_db}\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_database,
    .validate = validate,
    .normalize = normalize};

}  // namespace

const ObjectType database_role_type{.type = &type,
                                    .listings = listings,
                                    .read = read,
                                    .create = create,
                                    .update = update,
                                    .remove = remove};

}  // namespace firn::snowflake
