// Adoption: an object that exists in a cloud and is declared in the stack is taken into the state
// (firn import). The plan of it has one step, which shows what the next plan would change; nothing
// of the object changes but its ownership mark.
#pragma once

#include <string>

#include "core/async/task.h"
#include "core/base/diagnostic.h"
#include "core/plan/planner.h"

namespace firn {

struct AdoptionRequest {
  std::string address;
  // The object's physical name, where it is not the one that the stack gives; then the object keeps
  // it for as long as it lives. Of a type without names what ResourceType::import_id says.
  std::string name;
};

// Refusals go to `diagnostics`: not in the stack, in the state already, not there, another stack's.
Task<Planned> plan_adoption(Desk desk, AdoptionRequest request, Diagnostics& diagnostics);

}  // namespace firn
