// The stack as it will be when its plan is done, without a gap: what only a cloud will say is stood
// in for by a text of the right form (Attribute::stand_in), the same one wherever it is used. So
// questions about several objects together ("may this role read there?") can be answered before any
// of them exists.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan/evaluation.h"
#include "core/plan/plan.h"

namespace firn {

struct ExpectedObject {
  std::uint32_t instance = 0;  // index into Stack::instances()
  const ResourceType* type = nullptr;
  std::string address;
  std::string name;     // physical
  Value inputs;         // desired, in normal form
  Map outputs;          // known, predicted or stood in for
  config::Node block;   // where it is written
  bool is_new = false;  // it is made by this plan
};

// Every object that the stack declares, look-ups included, in the stack's order. Local files are
// not read again. Values that could not be stood in for stay unknown inside.
[[nodiscard]] std::vector<ExpectedObject> expected_objects(const Stack& stack, const Plan& plan,
                                                           const Evaluation& evaluation,
                                                           Diagnostics& diagnostics);

}  // namespace firn
