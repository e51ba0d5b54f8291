// Arguments and body of a procedure: as authors write them, as SHOW and DESC PROCEDURE tell them.
//
// Snowflake documentation: "SHOW PROCEDURES", "DESCRIBE PROCEDURE", "Naming and overloading
// procedures and UDFs".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::snowflake {

// Types of arguments without their sizes, by which a procedure is known: {"VARCHAR", "NUMBER"}.
[[nodiscard]] std::vector<std::string> bare_types(const Value& arguments);
// Those in `P(DEFAULT VARCHAR, NUMBER) RETURN VARCHAR`, as SHOW PROCEDURES prints them.
[[nodiscard]] std::vector<std::string> listed_types(std::string_view listed);
// Those in `(SINCE DATE, "n" NUMBER)` of DESC PROCEDURE, told as recorded where they are the same.
[[nodiscard]] Value described_arguments(std::string_view signature, const Value& recorded);
// `['a', 'b==1.0']`, as DESC PROCEDURE prints packages.
[[nodiscard]] Value listed_packages(std::string_view text);

// Canonical forms.
[[nodiscard]] std::string normalized_body(std::string_view body);
[[nodiscard]] std::string normalized_returns(std::string_view written);
[[nodiscard]] Value normalized_arguments(const Value& written);

void check_arguments(const Value& arguments, std::vector<Problem>& problems);

}  // namespace firn::snowflake
