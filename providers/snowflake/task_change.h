// What is done to a task: suspending the roots of its graph first, handing it to its owner, tying
// it to other tasks.
#pragma once

#include "providers/snowflake/inventory.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {

// What is around: all tasks of the schema, and the deploying role.
[[nodiscard]] Steps create_task(const Change& change);
[[nodiscard]] Steps update_task(const Change& change);
// A graph that runs goes on: its task_graph may not be in the state yet.
[[nodiscard]] Steps claim_task(const Change& change);
[[nodiscard]] Steps remove_task(const ResourceRecord& record, const Inventory& around);

}  // namespace firn::snowflake
