// snowflake.task. Snowflake documentation: "CREATE TASK", "ALTER TASK", "DROP TASK", "SHOW TASKS".
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/grant_ownership.h"
#include "providers/snowflake/schedule.h"
#include "providers/snowflake/task_change.h"
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
    Attribute{.name = "owner",
              .doc =
                  "Account role that owns the task, in place of the one that makes it; all tasks "
                  "of a graph have the same. Taken out again, the task goes back. The deployer "
                  "must stay above that role, for example by SYSADMIN, so as to change the task.",
              .on_target_replaced = OnTargetReplaced::update,
              .takes = "fqn",
              .example = "owner: ${loader}"},
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
  return {tasks_in(name->parent()), deploying_role_listing()};
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
  seen.inputs.set("owner", shortest_identifier(task.owner));
  seen.read_comment(row.text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  return seen;
}

constexpr ResourceType type{
    .name = "snowflake.task",
    .summary = "A task: SQL that Snowflake runs on a schedule, or after other tasks.",
    .doc =
        "A task is made suspended and never starts itself: a `snowflake.task_graph` starts a root "
        "and what runs after it. A graph takes no change while its root runs, so making, changing "
        "or removing a task suspends the root first; its task_graph then sets it going again in "
        "the same apply. To give tasks to another role, say `owner` here: by a `snowflake.grant` "
        "of OWNERSHIP on it a task leaves its graph.",
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
                           .create = create_task,
                           .update = update_task,
                           .surroundings = surroundings,
                           .remove_from = remove_task,
                           .claim = claim_task};

}  // namespace firn::snowflake
