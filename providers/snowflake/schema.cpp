// snowflake.schema. Snowflake documentation: "CREATE SCHEMA", "ALTER SCHEMA", "SHOW SCHEMAS".
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

// Comes with every database, so it is adopted and never dropped by itself.
constexpr std::string_view public_schema = "PUBLIC";

constexpr std::array attributes = {
    Attribute{.name = "database",
              .doc = "Database that holds the schema.",
              .required = true,
              .identity = true,
              .on_change = OnChange::replace_losing_data,
              .on_target_replaced = OnTargetReplaced::replace,
              .loss = "everything in the schema",
              .takes = "fqn",
              .example = "database: ${warehouse_db}"},
    Attribute{.name = "retention_days",
              .kind = AttributeKind::integer,
              .doc =
                  "Days for which dropped and changed data can be brought back; by default those "
                  "of the database.",
              .example = "retention_days: 7",
              .minimum = 0,
              .maximum = 90},
    Attribute{.name = "transient",
              .kind = AttributeKind::boolean,
              .doc = "Whether it does without the fail-safe period. Fixed at creation.",
              .on_change = OnChange::replace_losing_data,
              .loss = "everything in the schema",
              .default_json = "false",
              .example = "transient: true"},
    Attribute{.name = "managed_access",
              .kind = AttributeKind::boolean,
              .doc = "Whether only the schema's owner may grant privileges on what it holds.",
              .default_json = "false",
              .example = "managed_access: true"},
    comment_attribute,
    fqn_attribute,
};

Listing listing(const ObjectName& name) {
  return show_in_database("SHOW SCHEMAS", name.parent(), name.last());
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
  if (auto days = row->integer("retention_time")) seen.inputs.set("retention_days", *days);
  const std::string options = row->text("options");
  seen.inputs.set("transient", options.find("TRANSIENT") != std::string::npos);
  seen.inputs.set("managed_access", options.find("MANAGED ACCESS") != std::string::npos);
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_database({}, record.name, record.inputs);
  return seen;
}

std::vector<Step> alterations(const Change& change, const ObjectName& name, bool everything) {
  std::vector<Step> steps;
  const auto applies = [&](std::string_view attribute) {
    return everything ? change.is_set(attribute) : change.has_changed(attribute);
  };
  if (applies("managed_access")) {
    const bool managed = change.wanted("managed_access").as_bool();
    steps.push_back({Statement("ALTER SCHEMA")
                         .name(name)
                         .word(managed ? Keyword("ENABLE MANAGED ACCESS")
                                       : Keyword("DISABLE MANAGED ACCESS"))});
  }
  Statement set = Statement("ALTER SCHEMA").name(name).word("SET");
  const std::string nothing = set.text();
  if (applies("retention_days") && change.is_set("retention_days")) {
    set.set("DATA_RETENTION_TIME_IN_DAYS", change.wanted("retention_days").as_int());
  }
  if (everything || applies("comment")) set.set_text("COMMENT", change.comment());
  if (set.text() != nothing) steps.push_back({set});
  if (change.has_changed("retention_days") && !change.is_set("retention_days")) {
    steps.push_back(
        {Statement("ALTER SCHEMA").name(name).word("UNSET").word("DATA_RETENTION_TIME_IN_DAYS")});
  }
  return steps;
}

Steps create(const Change& change) {
  const auto name = name_in_database(change.desired, change.name);
  if (!name) return fail(name.error());
  if (change.name == public_schema) return alterations(change, *name, true);
  Statement statement = change.desired.bool_or("transient", false)
                            ? Statement("CREATE TRANSIENT SCHEMA")
                            : Statement("CREATE SCHEMA");
  statement.name(*name);
  if (change.desired.bool_or("managed_access", false)) statement.word("WITH MANAGED ACCESS");
  if (change.is_set("retention_days")) {
    statement.set("DATA_RETENTION_TIME_IN_DAYS", change.wanted("retention_days").as_int());
  }
  statement.set_text("COMMENT", change.comment());
  return std::vector{Step{statement}};
}

Steps update(const Change& change) {
  const auto name = name_in_database(change.desired, change.name);
  if (!name) return fail(name.error());
  return alterations(change, *name, false);
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_database(record.inputs, record.name);
  if (!name) return fail(name.error());
  if (record.name == public_schema) {
    return std::vector{
        Step{Statement("ALTER SCHEMA").name(*name).word("SET").set_text("COMMENT", ""),
             {"002003", "002043"}}};
  }
  return std::vector{Step{Statement("DROP SCHEMA").word("IF EXISTS").name(*name)}};
}

void validate(const Placement&, const std::string& name, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "database", 1, problems);
  if (name == "INFORMATION_SCHEMA") {
    problems.push_back({"name", "INFORMATION_SCHEMA belongs to Snowflake",
                        "every database has it, and nobody can change it",
                        "give the schema another name"});
  }
  if (name == public_schema && inputs.bool_or("transient", false)) {
    problems.push_back({"transient", "PUBLIC cannot be made transient",
                        "it comes with its database and is adopted as it is",
                        "make the database transient, or use another schema"});
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "database");
  return normal;
}

constexpr ResourceType type{
    .name = "snowflake.schema",
    .summary = "A schema of a database.",
    .doc =
        "A schema named PUBLIC is adopted, since it comes with the database; removing it from the "
        "stack gives it back instead of dropping it.",
    .example = "  type: snowflake.schema\n  database: ${warehouse_db}\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .holds_data = true,
    .data_loss = "everything in the schema, also what others made there",
    .predict = predict_in_database,
    .validate = validate,
    .normalize = normalize};

}  // namespace

const ObjectType schema_type{.type = &type,
                             .listings = listings,
                             .read = read,
                             .create = create,
                             .update = update,
                             .remove = remove};

}  // namespace firn::snowflake
