// snowflake.task. Snowflake documentation: "CREATE TASK", "ALTER TASK", "DROP TASK", "SHOW TASKS".
#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/snowflake/schedule.h"
#include "providers/snowflake/task_checks.h"
#include "providers/snowflake/task_rows.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 3> overlaps = {"NO_OVERLAP", "ALLOW_CHILD_OVERLAP",
                                                      "ALLOW_ALL_OVERLAP"};
constexpr std::array<std::string_view, 6> sizes = {"XSMALL", "SMALL",  "MEDIUM",
                                                   "LARGE",  "XLARGE", "XXLARGE"};
constexpr Attribute after_element{.name = "task",
                                  .doc = "A task of the same schema.",
                                  .on_target_replaced = OnTargetReplaced::update,
                                  .takes = "fqn",
                                  .example = "- ${refresh}"};

constexpr std::array attributes = {
    schema_attribute,
    Attribute{.name = "definition",
              .doc =
                  "What the task does: one statement, a CALL, or a block BEGIN … END. Names that "
                  "are not qualified are looked up in the task's schema when it runs.",
              .required = true,
              .example = "definition: CALL LOADING.LOAD_ALL()"},
    Attribute{.name = "warehouse",
              .doc = "Warehouse that it runs on; without one Snowflake finds the machines.",
              .takes = "fqn",
              .example = "warehouse: ${warehouse}"},
    Attribute{.name = "initial_warehouse_size",
              .doc = "Of a task without warehouse: the size of the first runs. Snowflake shows it "
                     "for one task at a time only, so a change made outside is not looked for.",
              .write_only = true,
              .default_json = "\"MEDIUM\"",
              .example = "initial_warehouse_size: XSMALL",
              .allowed = sizes},
    Attribute{.name = "schedule",
              .doc = "When it runs: an interval (10 MINUTE, 1 HOUR) or USING CRON. Not for a task "
                     "that runs after others.",
              .example = "schedule: USING CRON 0 8 * * * UTC"},
    Attribute{.name = "after",
              .kind = AttributeKind::list,
              .doc = "Tasks after which it runs, when all of them have succeeded.",
              .unordered = true,
              .default_json = "[]",
              .example = "after: [\"${refresh}\"]",
              .element = &after_element},
    Attribute{.name = "finalize",
              .doc = "Root task whose graph it finalises: it runs last, whether or not the others "
                     "succeeded.",
              .on_target_replaced = OnTargetReplaced::update,
              .takes = "fqn",
              .example = "finalize: ${refresh}"},
    Attribute{.name = "condition",
              .doc =
                  "A run in which it does not hold is skipped. It may ask SYSTEM$STREAM_HAS_DATA "
                  "and SYSTEM$GET_PREDECESSOR_RETURN_VALUE.",
              .example = "condition: SYSTEM$STREAM_HAS_DATA('${readings.fqn}')"},
    Attribute{.name = "config",
              .kind = AttributeKind::any,
              .doc = "Of a root: settings that the tasks of its graph can ask for.",
              .example = "config: { environment: dev }"},
    Attribute{.name = "overlap_policy",
              .doc = "Of a root: whether runs of its graph may overlap.",
              .default_json = "\"NO_OVERLAP\"",
              .example = "overlap_policy: ALLOW_CHILD_OVERLAP",
              .allowed = overlaps},
    Attribute{.name = "suspend_task_after_num_failures",
              .kind = AttributeKind::integer,
              .doc = "Of a root: failed runs in a row after which it is suspended; 0 is never. "
                     "Snowflake shows it for one task at a time only, so a change made outside is "
                     "not looked for.",
              .write_only = true,
              .default_json = "10",
              .example = "suspend_task_after_num_failures: 3",
              .minimum = 0},
    Attribute{.name = "task_auto_retry_attempts",
              .kind = AttributeKind::integer,
              .doc = "Of a root: how often a failed graph is tried again at once. Snowflake shows "
                     "it for one task at a time only.",
              .write_only = true,
              .default_json = "0",
              .example = "task_auto_retry_attempts: 2",
              .minimum = 0,
              .maximum = 30},
    Attribute{.name = "user_task_timeout_ms",
              .kind = AttributeKind::integer,
              .doc = "Milliseconds after which a run is cancelled. Snowflake shows it for one task "
                     "at a time only.",
              .write_only = true,
              .default_json = "3600000",
              .example = "user_task_timeout_ms: 600000",
              .minimum = 0,
              .maximum = 604'800'000},
    Attribute{.name = "error_integration",
              .doc = "Notification integration that failures are sent to.",
              .on_target_replaced = OnTargetReplaced::update,
              .takes = "fqn",
              .example = "error_integration: ${alerts}"},
    comment_attribute,
    fqn_attribute,
};

Listing task_listing(const ObjectName& name) {
  return show_in_schema("SHOW TASKS", name);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  return {task_listing(*name)};
}

std::vector<Listing> surroundings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  return {tasks_in(name->parent())};
}

// Older accounts show only whether runs may overlap, not how far.
Value shown_overlap(const Row& row, const Value& recorded) {
  const std::string policy = row.text("overlap_policy");
  if (!policy.empty()) return to_upper(policy);
  if (row.text("allow_overlapping_execution").empty()) return {};
  if (!row.flag("allow_overlapping_execution")) return "NO_OVERLAP";
  const bool is_all = recorded.is_string() && recorded.as_string() == "ALLOW_ALL_OVERLAP";
  return is_all ? recorded : Value("ALLOW_CHILD_OVERLAP");
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, task_listing);
  if (!found) return fail(found.error());
  if (found->row == nullptr) return seen;
  const Row& row = *found->row;
  const ListedTask task = read_task(row);
  const auto text_or_null = [&](std::string_view column) {
    const std::string text = row.text(column);
    return text.empty() ? Value() : Value(text);
  };
  seen.exists = true;
  seen.inputs.set("schema", found->name.parent().shortest());
  seen.inputs.set("definition", normalized_sql(row.text("definition")));
  const std::string warehouse = row.text("warehouse");
  seen.inputs.set("warehouse", warehouse.empty() ? Value() : Value(shortest_identifier(warehouse)));
  const std::string schedule = row.text("schedule");
  seen.inputs.set("schedule", schedule.empty() ? Value() : Value(normalized_schedule(schedule)));
  List after;
  for (const ObjectName& name : task.after)
    after.emplace_back(name.shortest());
  seen.inputs.set("after", std::move(after));
  seen.inputs.set("finalize",
                  task.finalizes.parts.empty() ? Value() : Value(task.finalizes.shortest()));
  seen.inputs.set("condition", text_or_null("condition"));
  seen.inputs.set("config", shown_config(row.text("config")));
  if (Value overlap = shown_overlap(row, record.inputs.at("overlap_policy")); !overlap.is_null()) {
    seen.inputs.set("overlap_policy", std::move(overlap));
  }
  const std::string errors = row.text("error_integration");
  seen.inputs.set("error_integration",
                  errors.empty() ? Value() : Value(shortest_identifier(errors)));
  seen.read_comment(row.text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  return seen;
}

std::string config_text(const Value& config) {
  return config.is_string() ? config.as_string() : to_json(config);
}

// One property of CREATE, ALTER … SET and ALTER … UNSET.
struct Property {
  std::string_view attribute;
  Keyword name;
  enum class Form : std::uint8_t { identifier, text, word, number, config } form;
};
constexpr std::array properties = {
    Property{"warehouse", "WAREHOUSE", Property::Form::identifier},
    Property{"initial_warehouse_size", "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE",
             Property::Form::text},
    Property{"schedule", "SCHEDULE", Property::Form::text},
    Property{"config", "CONFIG", Property::Form::config},
    Property{"overlap_policy", "OVERLAP_POLICY", Property::Form::word},
    Property{"user_task_timeout_ms", "USER_TASK_TIMEOUT_MS", Property::Form::number},
    Property{"suspend_task_after_num_failures", "SUSPEND_TASK_AFTER_NUM_FAILURES",
             Property::Form::number},
    Property{"task_auto_retry_attempts", "TASK_AUTO_RETRY_ATTEMPTS", Property::Form::number},
    Property{"error_integration", "ERROR_INTEGRATION", Property::Form::identifier},
};

void set_property(Statement& statement, const Property& property, const Value& value) {
  switch (property.form) {
    case Property::Form::identifier:
      statement.set_identifier(property.name, stored_identifier(value.as_string()));
      break;
    case Property::Form::text:
      statement.set_text(property.name, value.as_string());
      break;
    case Property::Form::word:
      statement.set_word(property.name, value.as_string());
      break;
    case Property::Form::number:
      statement.set(property.name, value.as_int());
      break;
    case Property::Form::config:
      statement.set_text(property.name, config_text(value));
      break;
  }
}

void add_names(Statement& statement, const std::vector<ObjectName>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) statement.comma();
    statement.name(names[i]);
  }
}

// The tasks that a task is tied to by its inputs.
std::vector<ObjectName> ties_of(const Value& inputs) {
  auto names = names_in(inputs.at("after"));
  if (auto root = parse_object_name(inputs.string_or("finalize", ""), 3)) {
    names.push_back(std::move(*root));
  }
  return names;
}

Result<std::vector<ListedTask>> neighbours(const Inventory* around, const ObjectName& task) {
  if (around == nullptr) return std::vector<ListedTask>{};
  const ObjectName schema = task.parent();
  return tasks_from(*around, tasks_in(schema), schema);
}

// A graph takes no change while its root runs. Its task_graph sets it going again.
void suspend_roots(const std::vector<ListedTask>& tasks, const std::vector<ObjectName>& of,
                   std::vector<Step>& steps) {
  for (const ObjectName& root : running_roots(tasks, of))
    steps.push_back(suspend_task(root));
}

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  auto definition = AuthorSql::script(change.desired.string_or("definition", ""));
  if (!definition) return fail(definition.error());
  const auto tasks = neighbours(change.around, *name);
  if (!tasks) return fail(tasks.error());
  std::vector<Step> steps;
  suspend_roots(*tasks, ties_of(change.desired), steps);

  Statement statement("CREATE TASK");
  statement.name(*name);
  for (const Property& property : properties) {
    if (change.is_set(property.attribute)) {
      set_property(statement, property, change.desired.at(property.attribute));
    }
  }
  statement.set_text("COMMENT", change.comment());
  if (const auto root = parse_object_name(change.desired.string_or("finalize", ""), 3)) {
    statement.word("FINALIZE =").name(*root);
  }
  if (const auto after = names_in(change.desired.at("after")); !after.empty()) {
    statement.word("AFTER");
    add_names(statement, after);
  }
  if (change.is_set("condition")) {
    auto condition = AuthorSql::expression(change.desired.string_or("condition", ""));
    if (!condition) return fail(condition.error());
    statement.word("WHEN").sql(*condition);
  }
  steps.push_back({statement.word("AS").sql(*definition)});
  return steps;
}

std::vector<ObjectName> without(const std::vector<ObjectName>& names,
                                const std::vector<ObjectName>& others) {
  std::vector<ObjectName> left;
  std::copy_if(names.begin(), names.end(), std::back_inserter(left), [&](const ObjectName& name) {
    return std::find(others.begin(), others.end(), name) == others.end();
  });
  return left;
}

// What is set, and what is taken away, each in one statement.
void change_properties(const Change& change, const ObjectName& name, std::vector<Step>& steps) {
  Statement unset = alter_task(name).word("UNSET");
  Statement set = alter_task(name).word("SET");
  const std::string unset_nothing = unset.text();
  const std::string set_nothing = set.text();
  for (const Property& property : properties) {
    if (!change.has_changed(property.attribute)) continue;
    if (change.is_set(property.attribute)) {
      set_property(set, property, change.desired.at(property.attribute));
    } else if (property.attribute == "task_auto_retry_attempts") {
      set.set(property.name, 0);  // ALTER TASK … UNSET does not know it
    } else {
      if (unset.text() != unset_nothing) unset.comma();
      unset.word(property.name);
    }
  }
  if (change.has_changed("comment")) set.set_text("COMMENT", change.comment());
  // Away first: a warehouse and the size of a task without one exclude each other.
  if (unset.text() != unset_nothing) steps.push_back({unset});
  if (set.text() != set_nothing) steps.push_back({set});
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  const auto tasks = neighbours(change.around, *name);
  if (!tasks) return fail(tasks.error());
  std::vector<Step> steps;
  std::vector<ObjectName> touched = ties_of(change.desired);
  touched.push_back(*name);
  suspend_roots(*tasks, touched, steps);

  // What ties it to others is compared with what is there: a predecessor that was made anew has
  // lost its successors.
  const ListedTask* now = find_task(*tasks, *name);
  std::vector<ObjectName> tied = names_in(change.prior.at("after"));
  ObjectName finalizes;
  if (auto root = parse_object_name(change.prior.string_or("finalize", ""), 3)) finalizes = *root;
  if (now != nullptr) {
    tied = now->after;
    finalizes = now->finalizes;
  }
  const auto after = names_in(change.desired.at("after"));
  ObjectName finalize;
  if (auto root = parse_object_name(change.desired.string_or("finalize", ""), 3)) finalize = *root;
  const bool finalize_changes = change.has_changed("finalize") && finalizes != finalize;
  const bool after_changes = change.has_changed("after");

  if (finalize_changes && !finalizes.parts.empty()) {
    steps.push_back({alter_task(*name).word("UNSET FINALIZE")});
  }
  if (const auto gone = without(tied, after); after_changes && !gone.empty()) {
    Statement statement = alter_task(*name).word("REMOVE AFTER");
    add_names(statement, gone);
    steps.push_back({statement});
  }
  change_properties(change, *name, steps);
  if (const auto fresh = without(after, tied); after_changes && !fresh.empty()) {
    Statement statement = alter_task(*name).word("ADD AFTER");
    add_names(statement, fresh);
    steps.push_back({statement});
  }
  if (finalize_changes && !finalize.parts.empty()) {
    steps.push_back({alter_task(*name).word("SET").word("FINALIZE =").name(finalize)});
  }
  if (change.has_changed("condition") && change.is_set("condition")) {
    auto condition = AuthorSql::expression(change.desired.string_or("condition", ""));
    if (!condition) return fail(condition.error());
    steps.push_back({alter_task(*name).word("MODIFY WHEN").sql(*condition)});
  } else if (change.has_changed("condition")) {
    steps.push_back({alter_task(*name).word("REMOVE WHEN")});
  }
  if (change.has_changed("definition")) {
    auto definition = AuthorSql::script(change.desired.string_or("definition", ""));
    if (!definition) return fail(definition.error());
    steps.push_back({alter_task(*name).word("MODIFY AS").sql(*definition)});
  }
  return steps;
}

Steps remove_from(const ResourceRecord& record, const Inventory& around) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  const auto tasks = neighbours(&around, *name);
  if (!tasks) return fail(tasks.error());
  std::vector<Step> steps;
  suspend_roots(*tasks, {*name}, steps);
  steps.push_back({Statement("DROP TASK").word("IF EXISTS").name(*name)});
  return steps;
}

constexpr ResourceType type{
    .name = "snowflake.task",
    .summary = "A task: SQL that Snowflake runs on a schedule, or after other tasks.",
    .doc =
        "A task is made suspended and never starts itself: a `snowflake.task_graph` starts a root "
        "and what runs after it. A graph takes no change while its root runs, so making, changing "
        "or removing a task suspends the root first; its task_graph then sets it going again in "
        "the same apply.",
    .example =
        "  type: snowflake.task\n  schema: ${loading}\n  warehouse: ${warehouse}\n"
        "  after: [\"${refresh}\"]\n  definition: |\n    INSERT INTO CURRENT_WEATHER\n"
        "    SELECT PLACE, TEMPERATURE FROM READINGS_STRM\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_schema,
    .validate = validate_task,
    .normalize = normalize_task};

}  // namespace

const ObjectType task_type{.type = &type,
                           .listings = listings,
                           .read = read,
                           .create = create,
                           .update = update,
                           .surroundings = surroundings,
                           .remove_from = remove_from};

}  // namespace firn::snowflake
