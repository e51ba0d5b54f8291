// Stored procedures: their bodies are kept as written and not run.
// Source: Snowflake documentation, "CREATE PROCEDURE", "ALTER PROCEDURE", "SHOW PROCEDURES",
// "DESCRIBE PROCEDURE", "Naming and overloading procedures and UDFs".
#pragma once

#include <string>
#include <vector>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

// A type without its size, by which overloads are told apart.
[[nodiscard]] std::string bare_type(const TypeText& type);
// The name under which the catalogue keeps a procedure: P(VARCHAR, NUMBER). Types count without
// their sizes.
[[nodiscard]] std::string procedure_key(const std::string& name,
                                        const std::vector<TypeText>& types);
// A result type as DESC PROCEDURE prints it.
[[nodiscard]] std::string returned_type(const TypeText& type);

[[nodiscard]] ResultSet create_procedure(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_procedure(Context& context, const Alter& alter);
[[nodiscard]] ResultSet describe_procedure(const Context& context, const Describe& describe);

}  // namespace firn::sandbox::snowflake
