// Tasks and their graphs: links, states, and what a running root forbids. What tasks do is kept as
// written and not run.
// Source: Snowflake documentation, "CREATE TASK", "ALTER TASK", "DROP TASK", "SHOW TASKS", "Create
// a sequence of tasks with a task graph", "SYSTEM$TASK_DEPENDENTS_ENABLE".
#pragma once

#include <string>
#include <vector>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet create_task(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_task(Context& context, const Alter& alter);
// Throws 091421 when the task's graph runs; else cuts its links. The caller erases it.
void let_go_of_task(Context& context, const Object& task);
// What a transfer of ownership does to a task: it is suspended, and when it changes hands alone, it
// loses its predecessors, its successors, and its part as finaliser. The caller keeps it.
void change_hands(Context& context, Object& task, bool alone);
// SYSTEM$TASK_DEPENDENTS_ENABLE: resumes a task and all that run after it.
[[nodiscard]] std::string enable_dependents(Context& context, const std::string& name);

[[nodiscard]] std::vector<Object> predecessors_of(const Context& context, const Object& task);
// The root that the task finalises.
[[nodiscard]] std::optional<Object> finalized_root(const Context& context, const Object& task);
// The task that finalises this root.
[[nodiscard]] std::optional<Object> finalizer_of(const Context& context, const Object& root);
[[nodiscard]] bool is_root(const Object& task);

}  // namespace firn::sandbox::snowflake
