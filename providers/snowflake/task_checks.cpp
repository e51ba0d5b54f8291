#include "providers/snowflake/task_checks.h"

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/snowflake/object_type.h"
#include "providers/snowflake/schedule.h"

namespace firn::snowflake {
namespace {

void check_condition(const Value& inputs, std::vector<Problem>& problems) {
  if (!inputs.at("condition").is_string()) return;
  const std::string& text = inputs.at("condition").as_string();
  const auto condition = AuthorSql::expression(text);
  if (!condition) {
    problems.push_back(problem_of("condition", condition.error()));
    return;
  }
  const std::string upper = to_upper(text);
  const bool asks = upper.find("SYSTEM$STREAM_HAS_DATA") != std::string::npos ||
                    upper.find("SYSTEM$GET_PREDECESSOR_RETURN_VALUE") != std::string::npos;
  if (asks) return;
  problems.push_back({"condition", "a task cannot wait for: " + text,
                      "Snowflake decides without a warehouse, so it asks for nothing but streams "
                      "and what predecessors returned",
                      "write SYSTEM$STREAM_HAS_DATA('${STREAM.fqn}')"});
}

void check_ties(const Value& inputs, const ObjectName& task, std::vector<Problem>& problems) {
  const auto check = [&](const Value& written, const std::string& path) {
    if (!written.is_string()) return;
    const auto name = parse_object_name(written.as_string(), 3);
    if (!name) {
      problems.push_back(problem_of(path, name.error()));
    } else if (*name == task) {
      problems.push_back({path, "a task cannot run after itself", {}, "name another task"});
    } else if (!task.parts.empty() && name->parent() != task.parent()) {
      problems.push_back(
          {path, name->shortest() + " is a task of another schema",
           "all tasks of a graph stand in one schema, here " + task.parent().shortest(),
           "move one of them"});
    }
  };
  const Value& after = inputs.at("after");
  for (std::size_t i = 0; after.is_list() && i < after.as_list().size(); ++i)
    check(after.as_list()[i], "after." + std::to_string(i));
  check(inputs.at("finalize"), "finalize");
}

}  // namespace

Value shown_config(const std::string& text) {
  if (text.empty()) return {};
  auto parsed = parse_json(text);
  return parsed ? *parsed : Value(text);
}

void validate_task(const Placement&, const std::string& name, const Value& inputs,
                   std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  check_name(inputs, "warehouse", 1, problems);
  check_name(inputs, "owner", 1, problems);
  check_name(inputs, "error_integration", 1, problems);
  check_schedule(inputs, "schedule", Intervals::any, problems);
  check_condition(inputs, problems);
  ObjectName task;
  if (auto own = name_in_schema(inputs, name)) task = *own;
  check_ties(inputs, task, problems);
  if (inputs.at("definition").is_string()) {
    const auto definition = AuthorSql::script(inputs.at("definition").as_string());
    if (!definition) problems.push_back(problem_of("definition", definition.error()));
  }
  const auto is_given = [&](std::string_view attribute) {
    const Value& value = inputs.at(attribute);
    return !value.is_null() && !(value.is_list() && value.as_list().empty());
  };
  if (is_given("after") && is_given("finalize")) {
    problems.push_back({"finalize", "a finaliser runs after all others, not after some",
                        "after and finalize exclude each other", "leave one of them out"});
  }
  if (is_given("warehouse") && is_given("initial_warehouse_size")) {
    problems.push_back({"initial_warehouse_size", "the warehouse has its own size",
                        "initial_warehouse_size is for tasks without a warehouse",
                        "leave one of them out"});
  }
  if (!is_given("after") && !is_given("finalize")) return;
  for (const std::string_view of_root :
       {"schedule", "config", "overlap_policy", "task_auto_retry_attempts"}) {
    if (!is_given(of_root)) continue;
    problems.push_back({std::string(of_root), "only a root task has " + std::string(of_root),
                        "this task runs when its graph does", "say it of the root"});
  }
}

Value normalize_task(const Value& inputs) {
  Map normal = inputs.as_map();
  for (const std::string_view name :
       {"schema", "warehouse", "finalize", "error_integration", "owner"})
    normalize_name_at(normal, name);
  for (const std::string_view word : {"overlap_policy", "initial_warehouse_size"})
    normalize_upper_at(normal, word);
  normalize_schedule_at(normal, "schedule");
  if (const Value* after = normal.find("after"); after != nullptr && after->is_list()) {
    List names;
    for (const Value& name : after->as_list())
      names.push_back(normalized_name(name));
    normal.set("after", std::move(names));
  }
  for (const std::string_view sql : {"definition", "condition"}) {
    const Value* written = normal.find(sql);
    if (written == nullptr || !written->is_string()) continue;
    std::string text = normalized_sql(written->as_string());
    normal.set(sql, std::move(text));
  }
  if (const Value* config = normal.find("config"); config != nullptr && config->is_string()) {
    Value shown = shown_config(config->as_string());
    normal.set("config", std::move(shown));
  }
  return normal;
}

}  // namespace firn::snowflake
