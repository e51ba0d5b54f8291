// Events, and the way from a service of the sandbox to the rules that want to hear of them.
#pragma once

#include <string>
#include <vector>

#include "core/value/value.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::events {

struct Event {
  std::string source;       // "aws.states"
  std::string detail_type;  // "Step Functions Execution Status Change"
  std::vector<std::string> resources;
  Value detail = Map{};
  std::int64_t time_ms = 0;  // 0: now
};

// Puts an event on a bus of the account: every rule that is enabled and whose pattern fits hands it
// to its targets, as their policies allow. Queues and topics get it; functions and state machines
// do not run here. What cannot be delivered goes to the target's dead-letter queue, if it has one.
// Answers the event's id.
std::string emit(World& world, const std::string& account, const std::string& region, Event event,
                 const std::string& bus = "default");

}  // namespace firn::sandbox::aws::events
