// What SHOW TASKS tells of the tasks of a schema: who runs after whom, and what is started.
//
// Snowflake documentation: "SHOW TASKS", "Create a sequence of tasks with a task graph".
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "providers/snowflake/inventory.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {

struct ListedTask {
  ObjectName name;
  std::vector<ObjectName> after;  // predecessors
  ObjectName finalizes;           // the root whose finaliser it is; no parts: none
  bool is_started = false;
  std::string owner;  // the role, as it is stored
};

// All tasks of the schema; all tasks of a graph stand in one.
[[nodiscard]] Listing tasks_in(const ObjectName& schema);
[[nodiscard]] ListedTask read_task(const Row& row);
// Those of a listing in one schema. Empty when the schema is gone.
[[nodiscard]] Result<std::vector<ListedTask>> tasks_from(const Inventory& inventory,
                                                         const Listing& listing,
                                                         const ObjectName& schema);

[[nodiscard]] const ListedTask* find_task(const std::vector<ListedTask>& tasks,
                                          const ObjectName& name);  // nullptr: none

// The roots of the graphs that these tasks are in, as far as they run. A graph cannot be changed
// before its root is suspended.
[[nodiscard]] std::vector<ObjectName> running_roots(const std::vector<ListedTask>& tasks,
                                                    const std::vector<ObjectName>& of);
// All that runs after the root, near and far, and its finaliser; without the root.
[[nodiscard]] std::vector<const ListedTask*> members_of(const std::vector<ListedTask>& tasks,
                                                        const ObjectName& root);

// ALTER TASK <name>
[[nodiscard]] Statement alter_task(const ObjectName& name);
[[nodiscard]] Step suspend_task(const ObjectName& name);
[[nodiscard]] Step resume_task(const ObjectName& name);

// Names in a list of an input.
[[nodiscard]] std::vector<ObjectName> names_in(const Value& list);

}  // namespace firn::snowflake
