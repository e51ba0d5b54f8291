// What a task graph and the tasks of a stack say of each other, looked at before any call.
//
// Snowflake documentation: "Create a sequence of tasks with a task graph".
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"

namespace firn::snowflake {

// ResourceType::also_sees and ::validate_together of snowflake.task_graph.
inline constexpr std::array<std::string_view, 1> seen_by_graphs = {"snowflake.task"};
void check_graphs(std::span<const Peer> peers, std::vector<PeerProblem>& problems);

}  // namespace firn::snowflake
