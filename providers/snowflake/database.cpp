// snowflake.database. Snowflake documentation: "CREATE DATABASE", "ALTER DATABASE", "SHOW
// DATABASES".
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array attributes = {
    Attribute{.name = "retention_days",
              .kind = AttributeKind::integer,
              .doc =
                  "Days for which dropped and changed data can be brought back (Time Travel). More "
                  "than 1 needs the Enterprise edition.",
              .default_json = "1",
              .example = "retention_days: 7",
              .minimum = 0,
              .maximum = 90},
    Attribute{.name = "max_data_extension_days",
              .kind = AttributeKind::integer,
              .doc = "Days by which Snowflake may lengthen the retention so that streams do not go "
                     "stale.",
              .default_json = "14",
              .example = "max_data_extension_days: 14",
              .minimum = 0,
              .maximum = 90},
    Attribute{.name = "transient",
              .kind = AttributeKind::boolean,
              .doc = "Whether it does without the fail-safe period. Fixed at creation.",
              .on_change = OnChange::replace_losing_data,
              .loss = "everything in the database",
              .default_json = "false",
              .example = "transient: true"},
    comment_attribute,
    fqn_attribute,
};

Listing extension_listing(const std::string& name) {
  return {{Statement("SHOW PARAMETERS")
               .word("LIKE")
               .literal("MAX_DATA_EXTENSION_TIME_IN_DAYS")
               .word("IN DATABASE")
               .identifier(name)}};
}

std::vector<Listing> listings(const ResourceRecord& record) {
  std::vector<Listing> all{show_in_account("SHOW DATABASES", record.name)};
  if (record.inputs.find("max_data_extension_days") != nullptr) {
    all.push_back(extension_listing(record.name));
  }
  return all;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  auto rows = inventory.rows(show_in_account("SHOW DATABASES", record.name));
  if (!rows) return fail(rows.error());
  const Row* row = *rows == nullptr ? nullptr : find_row(**rows, {{"name", record.name}});
  if (row == nullptr) return seen;
  seen.exists = true;
  if (auto days = row->integer("retention_time")) seen.inputs.set("retention_days", *days);
  seen.inputs.set("transient", row->text("options").find("TRANSIENT") != std::string::npos);
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_account({}, record.name, record.inputs);
  if (record.inputs.find("max_data_extension_days") != nullptr) {
    auto parameters = inventory.rows(extension_listing(record.name));
    if (!parameters) return fail(parameters.error());
    if (*parameters != nullptr) {
      const Row* parameter = find_row(**parameters, {{"key", "MAX_DATA_EXTENSION_TIME_IN_DAYS"}});
      const auto value = parameter != nullptr ? parameter->integer("value") : std::nullopt;
      if (value) seen.inputs.set("max_data_extension_days", *value);
    }
  }
  return seen;
}

Steps create(const Change& change) {
  Statement statement = change.desired.bool_or("transient", false)
                            ? Statement("CREATE TRANSIENT DATABASE")
                            : Statement("CREATE DATABASE");
  statement.identifier(change.name);
  if (change.is_set("retention_days")) {
    statement.set("DATA_RETENTION_TIME_IN_DAYS", change.wanted("retention_days").as_int());
  }
  if (change.is_set("max_data_extension_days")) {
    statement.set("MAX_DATA_EXTENSION_TIME_IN_DAYS",
                  change.wanted("max_data_extension_days").as_int());
  }
  statement.set_text("COMMENT", change.comment());
  return std::vector{Step{statement}};
}

Steps update(const Change& change) {
  std::vector<Step> steps;
  Statement set = Statement("ALTER DATABASE").identifier(change.name).word("SET");
  Statement unset = Statement("ALTER DATABASE").identifier(change.name).word("UNSET");
  const std::string set_nothing = set.text();
  const std::string unset_nothing = unset.text();
  const auto apply = [&](std::string_view attribute, Keyword property) {
    if (!change.has_changed(attribute)) return;
    if (change.is_set(attribute)) {
      set.set(property, change.wanted(attribute).as_int());
    } else {
      if (unset.text() != unset_nothing) unset.comma();
      unset.word(property);
    }
  };
  apply("retention_days", "DATA_RETENTION_TIME_IN_DAYS");
  apply("max_data_extension_days", "MAX_DATA_EXTENSION_TIME_IN_DAYS");
  if (change.has_changed("comment")) set.set_text("COMMENT", change.comment());
  if (set.text() != set_nothing) steps.push_back({set});
  if (unset.text() != unset_nothing) steps.push_back({unset});
  return steps;
}

Steps remove(const ResourceRecord& record) {
  return std::vector{Step{Statement("DROP DATABASE").word("IF EXISTS").identifier(record.name)}};
}

constexpr ResourceType type{
    .name = "snowflake.database",
    .summary = "A database.",
    .doc =
        "Snowflake puts the schemas PUBLIC and INFORMATION_SCHEMA into each new database; firn "
        "leaves them alone unless a snowflake.schema named PUBLIC is declared.",
    .example = "  type: snowflake.database\n  retention_days: 7\n",
    .attributes = attributes,
    .name_rule = account_name_rule,
    .holds_data = true,
    .data_loss = "everything in the database, also what others made there",
    .predict = predict_in_account};

}  // namespace

const ObjectType database_type{.type = &type,
                               .listings = listings,
                               .read = read,
                               .create = create,
                               .update = update,
                               .remove = remove};

}  // namespace firn::snowflake
