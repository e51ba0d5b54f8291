// What can be said against triggers before anything is made.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/schema/resource_type.h"

namespace firn::aws {

// ResourceType::validate of aws.lambda_event_source_mapping.
void check_trigger(const Placement& placement, const std::string& name, const Value& inputs,
                   std::vector<Problem>& problems);

// ResourceType::validate_together of aws.lambda_event_source_mapping. Two triggers of the same
// queue and function, and a queue whose visibility timeout is shorter than the function's timeout:
// Lambda refuses both (API Reference, CreateEventSourceMapping), but only in the middle of an
// apply.
void check_triggers(std::span<const Peer> peers, std::vector<PeerProblem>& problems);

}  // namespace firn::aws
