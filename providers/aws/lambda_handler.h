// What can be said about a function's handler and its environment before Lambda is asked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

// Adds a problem when the file that the handler names is not in `folder`. Knows the runtimes whose
// handlers name a file (python…, nodejs…, ruby…) and those that start a file named bootstrap
// (provided…); says nothing about others and about unknowns, nor about a handler in a package that
// one of the function's layers may bring.
void check_handler(const std::string& folder, const Value& inputs, std::vector<Problem>& problems);

// Names that Lambda sets itself and refuses in a function's configuration (AWS Lambda Developer
// Guide, "Defined runtime environment variables").
[[nodiscard]] bool is_reserved_variable(std::string_view name);
// What Lambda takes as a name: [a-zA-Z][a-zA-Z0-9_]+ (API Reference, Environment).
[[nodiscard]] bool is_variable_name(std::string_view name);

}  // namespace firn::aws
