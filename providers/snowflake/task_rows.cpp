#include "providers/snowflake/task_rows.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::snowflake {
namespace {

bool holds(const std::vector<ObjectName>& names, const ObjectName& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Listing tasks_in(const ObjectName& schema) {
  return {{Statement("SHOW TASKS").word("IN SCHEMA").name(schema)}};
}

ListedTask read_task(const Row& row) {
  ListedTask task;
  task.name.parts = {row.text("database_name"), row.text("schema_name"), row.text("name")};
  task.is_started = equals_ignoring_case(row.text("state"), "started");
  task.owner = row.text("owner");
  if (const auto listed = parse_json(row.text("predecessors"))) task.after = names_in(*listed);
  if (const auto relations = parse_json(row.text("task_relations"))) {
    const auto root = parse_object_name(relations->string_or("FinalizedRootTask", ""), 3);
    if (root) task.finalizes = *root;
  }
  return task;
}

Result<std::vector<ListedTask>> tasks_from(const Inventory& inventory, const Listing& listing,
                                           const ObjectName& schema) {
  const auto rows = inventory.rows(listing);
  if (!rows) return fail(rows.error());
  std::vector<ListedTask> tasks;
  if (*rows == nullptr) return tasks;
  for (const Row& row : (*rows)->rows) {
    ListedTask task = read_task(row);
    if (task.name.parent() == schema) tasks.push_back(std::move(task));
  }
  return tasks;
}

const ListedTask* find_task(const std::vector<ListedTask>& tasks, const ObjectName& name) {
  const auto found = std::find_if(tasks.begin(), tasks.end(),
                                  [&](const ListedTask& task) { return task.name == name; });
  return found == tasks.end() ? nullptr : &*found;
}

std::vector<ObjectName> running_roots(const std::vector<ListedTask>& tasks,
                                      const std::vector<ObjectName>& of) {
  std::vector<ObjectName> roots;
  std::vector<ObjectName> seen;
  std::vector<ObjectName> ahead = of;
  while (!ahead.empty()) {
    const ObjectName name = ahead.back();
    ahead.pop_back();
    const ListedTask* task = find_task(tasks, name);
    if (task == nullptr || holds(seen, name)) continue;
    seen.push_back(name);
    if (!task->finalizes.parts.empty()) {
      ahead.push_back(task->finalizes);
    } else if (!task->after.empty()) {
      ahead.insert(ahead.end(), task->after.begin(), task->after.end());
    } else if (task->is_started) {
      roots.push_back(name);
    }
  }
  return roots;
}

std::vector<const ListedTask*> members_of(const std::vector<ListedTask>& tasks,
                                          const ObjectName& root) {
  std::vector<const ListedTask*> members;
  std::vector<ObjectName> inside{root};
  for (std::size_t i = 0; i < inside.size(); ++i) {
    for (const ListedTask& task : tasks) {
      const bool follows = holds(task.after, inside[i]) || task.finalizes == inside[i];
      if (!follows || holds(inside, task.name)) continue;
      inside.push_back(task.name);
      members.push_back(&task);
    }
  }
  return members;
}

Statement alter_task(const ObjectName& name) {
  return Statement("ALTER TASK").name(name);
}
Step suspend_task(const ObjectName& name) {
  return {alter_task(name).word("SUSPEND")};
}
Step resume_task(const ObjectName& name) {
  return {alter_task(name).word("RESUME")};
}

std::vector<ObjectName> names_in(const Value& list) {
  std::vector<ObjectName> names;
  for (const auto& text : texts_of(list)) {
    if (auto name = parse_object_name(text, 3)) names.push_back(std::move(*name));
  }
  return names;
}

}  // namespace firn::snowflake
