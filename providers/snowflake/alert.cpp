// snowflake.alert. Snowflake documentation: "CREATE ALERT", "ALTER ALERT", "SHOW ALERTS".
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/schedule.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 2> states = {"started", "suspended"};

constexpr std::array attributes = {
    schema_attribute,
    Attribute{.name = "schedule",
              .doc = "When the condition is looked at: an interval in minutes, or USING CRON. "
                     "Without one, whenever new rows come to what the condition reads.",
              .example = "schedule: 60 MINUTE"},
    Attribute{.name = "warehouse",
              .doc = "Warehouse that it runs on; without one Snowflake finds the machines.",
              .takes = "fqn",
              .example = "warehouse: ${warehouse}"},
    Attribute{.name = "condition",
              .doc = "A SELECT, SHOW or CALL; when it gives a row, the action is taken. Names that "
                     "are not qualified are looked up in the alert's schema when it runs.",
              .required = true,
              .example = "condition: SELECT 1 FROM ${tweets.fqn} HAVING MAX(AT) < SYSDATE()"},
    Attribute{.name = "action",
              .doc = "What is done then: one statement, a CALL, or a block BEGIN … END.",
              .required = true,
              .example = "action: CALL WARN()"},
    Attribute{.name = "state",
              .doc = "Whether it runs. Its owner needs EXECUTE ALERT on the account to start it, "
                     "and EXECUTE MANAGED ALERT when it has no warehouse.",
              .default_json = "\"suspended\"",
              .example = "state: started",
              .allowed = states},
    comment_attribute,
    fqn_attribute,
};

Listing alert_listing(const ObjectName& name) {
  return show_in_schema("SHOW ALERTS", name);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  return {alert_listing(*name)};
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, alert_listing);
  if (!found) return fail(found.error());
  const Row* row = found->row;
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("schema", found->name.parent().shortest());
  const std::string schedule = row->text("schedule");
  seen.inputs.set("schedule", schedule.empty() ? Value() : Value(normalized_schedule(schedule)));
  const std::string warehouse = row->text("warehouse");
  seen.inputs.set("warehouse", warehouse.empty() ? Value() : Value(shortest_identifier(warehouse)));
  seen.inputs.set("condition", normalized_sql(row->text("condition")));
  seen.inputs.set("action", normalized_sql(row->text("action")));
  seen.inputs.set("state", to_lower(row->text("state")));
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  return seen;
}

Statement alter(const ObjectName& name) {
  return Statement("ALTER ALERT").name(name);
}

bool shall_run(const Change& change) {
  return change.wanted("state") == Value("started");
}

Status add_condition(Statement& statement, const Change& change) {
  auto condition = AuthorSql::expressions(change.desired.string_or("condition", ""));
  if (!condition) return fail(condition.error());
  statement.open().sql(*condition).close();
  return Ok{};
}

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  auto action = AuthorSql::script(change.desired.string_or("action", ""));
  if (!action) return fail(action.error());
  Statement statement("CREATE ALERT");
  statement.name(*name);
  if (change.is_set("warehouse")) {
    statement.set_identifier("WAREHOUSE",
                             stored_identifier(change.desired.string_or("warehouse", "")));
  }
  if (change.is_set("schedule")) {
    statement.set_text("SCHEDULE", change.desired.string_or("schedule", ""));
  }
  statement.set_text("COMMENT", change.comment()).word("IF").open().word("EXISTS");
  if (auto status = add_condition(statement, change); !status) return fail(status.error());
  statement.close().word("THEN").sql(*action);
  std::vector<Step> steps{Step{statement}};
  if (shall_run(change)) steps.push_back({alter(*name).word("RESUME")});
  return steps;
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  std::vector<Step> steps;
  if (change.has_changed("state") && !shall_run(change)) {
    steps.push_back({alter(*name).word("SUSPEND")});
  }
  Statement set = alter(*name).word("SET");
  const std::string nothing = set.text();
  if (change.has_changed("warehouse") && change.is_set("warehouse")) {
    set.set_identifier("WAREHOUSE", stored_identifier(change.desired.string_or("warehouse", "")));
  }
  if (change.has_changed("schedule") && change.is_set("schedule")) {
    set.set_text("SCHEDULE", change.desired.string_or("schedule", ""));
  }
  if (change.has_changed("comment")) set.set_text("COMMENT", change.comment());
  if (set.text() != nothing) steps.push_back({set});
  if (change.has_changed("warehouse") && !change.is_set("warehouse")) {
    steps.push_back({alter(*name).word("UNSET").word("WAREHOUSE")});
  }
  if (change.has_changed("condition")) {
    Statement modify = alter(*name).word("MODIFY CONDITION EXISTS");
    if (auto status = add_condition(modify, change); !status) return fail(status.error());
    steps.push_back({modify});
  }
  if (change.has_changed("action")) {
    auto action = AuthorSql::script(change.desired.string_or("action", ""));
    if (!action) return fail(action.error());
    steps.push_back({alter(*name).word("MODIFY ACTION").sql(*action)});
  }
  if (change.has_changed("state") && shall_run(change)) {
    steps.push_back({alter(*name).word("RESUME")});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  return std::vector{Step{Statement("DROP ALERT").word("IF EXISTS").name(*name)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  check_name(inputs, "warehouse", 1, problems);
  check_schedule(inputs, "schedule", Intervals::minutes, problems);
  if (inputs.at("condition").is_string()) {
    const auto condition = AuthorSql::expressions(inputs.at("condition").as_string());
    if (!condition) problems.push_back(problem_of("condition", condition.error()));
  }
  if (inputs.at("action").is_string()) {
    const auto action = AuthorSql::script(inputs.at("action").as_string());
    if (!action) problems.push_back(problem_of("action", action.error()));
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "schema");
  normalize_name_at(normal, "warehouse");
  normalize_schedule_at(normal, "schedule");
  for (const std::string_view sql : {"condition", "action"}) {
    const Value* written = normal.find(sql);
    if (written == nullptr || !written->is_string()) continue;
    std::string text = normalized_sql(written->as_string());
    normal.set(sql, std::move(text));
  }
  return normal;
}

OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  if (attribute == "schedule" && before.is_null() != after.is_null()) {
    reason = "an alert on a schedule and one on new rows cannot be turned into each other";
    return OnChange::replace;
  }
  for (const Attribute& row : attributes) {
    if (row.name == attribute) return row.on_change;
  }
  return OnChange::update;
}

constexpr ResourceType type{
    .name = "snowflake.alert",
    .summary = "An alert: does something when a query gives a row.",
    .doc = "It is made suspended, and started when `state` says so.",
    .example =
        "  type: snowflake.alert\n  schema: ${raw}\n  warehouse: ${warehouse}\n"
        "  schedule: 60 MINUTE\n"
        "  condition: SELECT 1 FROM ${tweets.fqn} HAVING MAX(AT) < DATEADD('hour', -4, SYSDATE())\n"
        "  action: CALL WARN()\n  state: started\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_schema,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType alert_type{.type = &type,
                            .listings = listings,
                            .read = read,
                            .create = create,
                            .update = update,
                            .remove = remove};

}  // namespace firn::snowflake
