// Is a text a state machine definition in the Amazon States Language?
//
// Source: the Amazon States Language specification; the messages are those of
// ValidateStateMachineDefinition.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace firn::sandbox::aws::states {

struct DefinitionProblem {
  std::string code;  // "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"
  std::string message;
  std::string location;  // "/States/First"
};

[[nodiscard]] std::vector<DefinitionProblem> check_definition(std::string_view text);

}  // namespace firn::sandbox::aws::states
