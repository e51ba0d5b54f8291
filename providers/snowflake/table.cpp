// snowflake.table. Snowflake documentation: "CREATE TABLE", "ALTER TABLE", "ALTER TABLE … ALTER
// COLUMN", "SHOW TABLES", "SHOW COLUMNS".
#include <algorithm>
#include <array>
#include <map>

#include "core/base/text.h"
#include "providers/snowflake/columns.h"
#include "providers/snowflake/table_keys.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr Attribute cluster_element{.name = "expression",
                                    .doc = "Name of a column, or an expression over columns.",
                                    .example = "- TO_DATE(PIPELINE_TIMESTAMP)"};

constexpr std::array attributes = {
    Attribute{.name = "schema",
              .doc = "Schema that holds the table: a reference to a snowflake.schema, or "
                     "DATABASE.SCHEMA.",
              .required = true,
              .identity = true,
              .on_change = OnChange::replace_losing_data,
              .on_target_replaced = OnTargetReplaced::replace,
              .loss = "all rows of the table",
              .takes = "fqn",
              .example = "schema: ${loading}"},
    Attribute{.name = "columns",
              .kind = AttributeKind::list,
              .doc =
                  "Columns. Columns are added, widened, commented and dropped in place; their "
                  "order counts only when the table is made. Other changes of type make the table "
                  "anew.",
              .required = true,
              .example = "columns: [{ name: ID, type: VARCHAR }, { name: PRICE, type: FLOAT }]",
              .element = &table_columns::element},
    Attribute{.name = "primary_key",
              .kind = AttributeKind::list,
              .doc =
                  "Columns of the primary key, in order. Snowflake does not enforce it, but makes "
                  "them NOT NULL.",
              .example = "primary_key: [ID]",
              .element = &table_keys::column},
    table_keys::unique_keys_attribute,
    table_keys::foreign_keys_attribute,
    Attribute{.name = "cluster_by",
              .kind = AttributeKind::list,
              .doc = "Clustering key.",
              .example = "cluster_by: [PIPELINE_TIMESTAMP]",
              .element = &cluster_element},
    Attribute{.name = "transient",
              .kind = AttributeKind::boolean,
              .doc = "Whether the table does without the fail-safe period. Fixed at creation.",
              .on_change = OnChange::replace_losing_data,
              .loss = "all rows of the table",
              .default_json = "false",
              .example = "transient: true"},
    Attribute{.name = "retention_days",
              .kind = AttributeKind::integer,
              .doc =
                  "Days for which dropped and changed data can be brought back; by default those "
                  "of the schema.",
              .example = "retention_days: 7",
              .minimum = 0,
              .maximum = 90},
    Attribute{.name = "change_tracking",
              .kind = AttributeKind::boolean,
              .doc = "Whether changes are recorded for streams.",
              .default_json = "false",
              .example = "change_tracking: true"},
    comment_attribute,
    fqn_attribute,
};

Listing table_listing(const ObjectName& name) {
  return show_in_schema("SHOW TABLES", name);
}
Listing column_listing(const ObjectName& name) {
  return show_parts("SHOW COLUMNS", name);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  std::vector<Listing> all{table_listing(*name), column_listing(*name)};
  if (record.inputs.find("primary_key") != nullptr) all.push_back(primary_key_listing(*name));
  if (record.inputs.find("unique_keys") != nullptr) all.push_back(unique_key_listing(*name));
  if (record.inputs.find("foreign_keys") != nullptr) all.push_back(foreign_key_listing(*name));
  return all;
}

// "LINEAR(ID, NAME)" as a list, in the record's spelling where only the spelling differs.
Value read_cluster_by(const std::string& shown, const Value& recorded) {
  std::string_view inner = trim(shown);
  if (const auto open = inner.find('('); open != std::string_view::npos && inner.back() == ')') {
    const auto kind = inner.substr(0, open);
    if (kind.empty() || equals_ignoring_case(kind, "LINEAR")) {
      inner = inner.substr(open + 1, inner.size() - open - 2);
    }
  }
  List terms;
  for (auto& term : split_at_commas(inner))
    terms.emplace_back(std::move(term));
  const Value read = normalized_terms(terms);
  const auto a = texts_of(read);
  const auto b = texts_of(recorded);
  const bool same = std::equal(a.begin(), a.end(), b.begin(), b.end(), same_expression);
  return same && !b.empty() ? recorded : read;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, table_listing);
  if (!found) return fail(found.error());
  const ObjectName& name = found->name;
  const Row* row = found->row;
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("schema", name.parent().shortest());
  seen.inputs.set("transient", row->text("kind") == "TRANSIENT");
  if (auto days = row->integer("retention_time")) seen.inputs.set("retention_days", *days);
  seen.inputs.set("change_tracking", row->flag("change_tracking"));
  seen.inputs.set("cluster_by",
                  read_cluster_by(row->text("cluster_by"), record.inputs.at("cluster_by")));
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);

  auto columns = inventory.rows(column_listing(name));
  if (!columns) return fail(columns.error());
  auto recorded = columns_of(record.inputs.at("columns"));
  if (*columns != nullptr && recorded) {
    seen.inputs.set("columns", value_of(told_as_recorded(columns_in(**columns, name), *recorded)));
  }
  if (record.inputs.find("primary_key") != nullptr) {
    auto keys = inventory.rows(primary_key_listing(name));
    if (!keys) return fail(keys.error());
    if (*keys != nullptr) seen.inputs.set("primary_key", read_primary_key(**keys, name));
  }
  if (record.inputs.find("unique_keys") != nullptr) {
    auto keys = inventory.rows(unique_key_listing(name));
    if (!keys) return fail(keys.error());
    if (*keys != nullptr) seen.inputs.set("unique_keys", read_unique_keys(**keys, name));
  }
  if (const Value* known = record.inputs.find("foreign_keys")) {
    auto keys = inventory.rows(foreign_key_listing(name));
    if (!keys) return fail(keys.error());
    if (*keys != nullptr) {
      seen.inputs.set("foreign_keys", read_foreign_keys(**keys, name, *known));
    }
  }
  return seen;
}

Status add_cluster_by(Statement& statement, const Value& terms) {
  statement.word("CLUSTER BY").open();
  bool first = true;
  for (const auto& term : texts_of(terms)) {
    if (!first) statement.comma();
    first = false;
    const auto name = parse_object_name(term, 1);
    if (name && name->shortest() == term) {
      statement.identifier(name->last());
      continue;
    }
    auto expression = AuthorSql::expression(term);
    if (!expression) return fail(expression.error());
    statement.sql(*expression);
  }
  statement.close();
  return Ok{};
}

bool has_items(const Value& list) {
  return list.is_list() && !list.as_list().empty();
}

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  const auto columns = columns_of(change.desired.at("columns"));
  if (!columns) return fail(columns.error());
  Statement statement = change.desired.bool_or("transient", false)
                            ? Statement("CREATE TRANSIENT TABLE")
                            : Statement("CREATE TABLE");
  statement.name(*name).open();
  for (std::size_t i = 0; i < columns->size(); ++i) {
    if (i > 0) statement.comma();
    if (auto status = add_definition(statement, (*columns)[i]); !status) {
      return fail(status.error());
    }
  }
  if (has_items(change.desired.at("primary_key"))) {
    statement.comma()
        .word("PRIMARY KEY")
        .identifiers(stored_names(change.desired.at("primary_key")));
  }
  if (const Value& keys = change.desired.at("unique_keys"); has_items(keys)) {
    for (const Value& key : keys.as_list())
      add_unique_key(statement.comma(), key);
  }
  if (const Value& keys = change.desired.at("foreign_keys"); has_items(keys)) {
    for (const Value& key : keys.as_list()) {
      statement.comma();
      if (auto status = add_foreign_key(statement, key); !status) return fail(status.error());
    }
  }
  statement.close();
  if (has_items(change.desired.at("cluster_by"))) {
    if (auto status = add_cluster_by(statement, change.desired.at("cluster_by")); !status) {
      return fail(status.error());
    }
  }
  if (change.is_set("retention_days")) {
    statement.set("DATA_RETENTION_TIME_IN_DAYS", change.wanted("retention_days").as_int());
  }
  if (change.is_set("change_tracking")) {
    statement.set_bool("CHANGE_TRACKING", change.wanted("change_tracking").as_bool());
  }
  statement.set_text("COMMENT", change.comment());
  return std::vector{Step{statement}};
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  std::vector<Step> steps;
  const auto alter = [&] { return Statement("ALTER TABLE").name(*name); };
  const Value now{change.now.inputs};
  const bool had_key = has_items(now.at("primary_key"));
  KeySteps unique;
  if (change.has_changed("unique_keys")) {
    unique = unique_key_changes(*name, now.at("unique_keys"), change.desired.at("unique_keys"));
  }
  KeySteps keys;
  if (change.has_changed("foreign_keys")) {
    auto changes =
        foreign_key_changes(*name, now.at("foreign_keys"), change.desired.at("foreign_keys"));
    if (!changes) return fail(changes.error());
    keys = std::move(*changes);
  }
  for (Statement& drop : keys.drops)
    steps.push_back({std::move(drop)});
  for (Statement& drop : unique.drops)
    steps.push_back({std::move(drop)});
  if (change.has_changed("primary_key") && had_key) {
    steps.push_back({alter().word("DROP PRIMARY KEY")});
  }
  if (change.has_changed("columns")) {
    const auto before = columns_of(now.at("columns"));
    const auto after = columns_of(change.desired.at("columns"));
    if (!before) return fail(before.error());
    if (!after) return fail(after.error());
    auto changes = column_changes(*name, *before, *after);
    if (!changes) return fail(changes.error());
    for (Statement& statement : *changes)
      steps.push_back({std::move(statement)});
  }
  if (change.has_changed("primary_key") && has_items(change.desired.at("primary_key"))) {
    steps.push_back({alter()
                         .word("ADD PRIMARY KEY")
                         .identifiers(stored_names(change.desired.at("primary_key")))});
  }
  for (Statement& add : unique.adds)
    steps.push_back({std::move(add)});
  for (Statement& add : keys.adds)
    steps.push_back({std::move(add)});
  if (change.has_changed("cluster_by")) {
    Statement statement = alter();
    if (has_items(change.desired.at("cluster_by"))) {
      if (auto status = add_cluster_by(statement, change.desired.at("cluster_by")); !status) {
        return fail(status.error());
      }
      steps.push_back({statement});
    } else if (has_items(now.at("cluster_by"))) {
      steps.push_back({statement.word("DROP CLUSTERING KEY")});
    }
  }
  Statement set = alter().word("SET");
  const std::string nothing = set.text();
  if (change.has_changed("retention_days") && change.is_set("retention_days")) {
    set.set("DATA_RETENTION_TIME_IN_DAYS", change.wanted("retention_days").as_int());
  }
  if (change.has_changed("change_tracking")) {
    set.set_bool("CHANGE_TRACKING", change.wanted("change_tracking").as_bool());
  }
  if (change.has_changed("comment")) set.set_text("COMMENT", change.comment());
  if (set.text() != nothing) steps.push_back({set});
  if (change.has_changed("retention_days") && !change.is_set("retention_days")) {
    steps.push_back({alter().word("UNSET").word("DATA_RETENTION_TIME_IN_DAYS")});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  return std::vector{Step{Statement("DROP TABLE").word("IF EXISTS").name(*name)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  validate_columns(inputs.at("columns"), problems);
  std::vector<std::string> names;
  bool all_known = inputs.at("columns").is_list();
  if (all_known) {
    for (const Value& column : inputs.at("columns").as_list()) {
      const Value& written = column.at("name");
      all_known = all_known && written.is_string();
      if (written.is_string()) names.push_back(stored_identifier(written.as_string()));
    }
  }
  for (const auto& column : texts_of(inputs.at("primary_key"))) {
    const auto stored = stored_identifier(column);
    if (!all_known || std::find(names.begin(), names.end(), stored) != names.end()) continue;
    std::vector<std::string_view> known(names.begin(), names.end());
    problems.push_back({"primary_key",
                        "the primary key names a column that is not there: " + column,
                        {},
                        suggestion(stored, known)});
  }
  if (!all_known) names.clear();
  validate_unique_keys(inputs.at("unique_keys"), names, problems);
  validate_foreign_keys(inputs.at("foreign_keys"), names, problems);
  for (const auto& term : texts_of(inputs.at("cluster_by"))) {
    const auto expression = AuthorSql::expression(term);
    if (!expression) problems.push_back(problem_of("cluster_by", expression.error()));
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "schema");
  if (const Value* key = normal.find("primary_key")) {
    Value names = normalized_terms(*key);
    normal.set("primary_key", std::move(names));
  }
  if (const Value* keys = normal.find("unique_keys")) {
    Value normalized = normalized_unique_keys(*keys);
    normal.set("unique_keys", std::move(normalized));
  }
  if (const Value* keys = normal.find("foreign_keys")) {
    Value normalized = normalized_foreign_keys(*keys);
    normal.set("foreign_keys", std::move(normalized));
  }
  if (const Value* terms = normal.find("cluster_by")) {
    Value normalized = normalized_terms(*terms);
    normal.set("cluster_by", std::move(normalized));
  }
  if (const Value* columns = normal.find("columns")) {
    Value normalized = normalized_columns(*columns, stored_names(inputs.at("primary_key")));
    normal.set("columns", std::move(normalized));
  }
  return normal;
}

OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string& loss) {
  if (attribute == "columns") {
    const auto old = columns_of(before);
    const auto now = columns_of(after);
    if (!old || !now) return OnChange::update;
    ColumnJudgement judgement = judge_columns(*old, *now);
    reason = std::move(judgement.reason);
    loss = std::move(judgement.loss);
    return judgement.cost;
  }
  for (const Attribute& row : attributes) {
    if (row.name == attribute) return row.on_change;
  }
  return OnChange::update;
}

constexpr ResourceType type{
    .name = "snowflake.table",
    .summary = "A table.",
    .doc = "Types are compared by meaning: STRING is VARCHAR(16777216), INT is NUMBER(38,0).",
    .example =
        "  type: snowflake.table\n  schema: ${loading}\n  columns:\n"
        "    - { name: ID, type: VARCHAR }\n    - { name: PRICE_USD, type: FLOAT }\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .holds_data = true,
    .data_loss = "all rows of the table",
    .predict = predict_in_schema,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType table_type{.type = &type,
                            .listings = listings,
                            .read = read,
                            .create = create,
                            .update = update,
                            .remove = remove,
                            .update_reads = true};

}  // namespace firn::snowflake
