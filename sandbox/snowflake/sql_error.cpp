#include "sandbox/snowflake/sql_error.h"

#include <fmt/core.h>

namespace firn::sandbox::snowflake {

void refuse(std::string_view code, std::string_view state, std::string_view what) {
  throw SqlError{std::string(code), std::string(state),
                 fmt::format("SQL compilation error:\n{}", what), false};
}

void refuse_execution(std::string_view code, std::string_view state, std::string_view what) {
  throw SqlError{std::string(code), std::string(state),
                 fmt::format("SQL execution error: {}", what), false};
}

void refuse_privileges(std::string_view noun, std::string_view name) {
  throw SqlError{"003001", "42501",
                 fmt::format("SQL access control error:\nInsufficient privileges to operate on {} "
                             "'{}'.",
                             noun, name),
                 false};
}

void refuse_missing(std::string_view noun, std::string_view name) {
  refuse("002003", noun == "Object" || noun == "Table" || noun == "View" ? "42S02" : "02000",
         fmt::format("{} '{}' does not exist or not authorized.", noun, name));
}

void refuse_operation() {
  refuse("002043", "02000", "Object does not exist, or operation cannot be performed.");
}

void refuse_unknown(std::string_view words) {
  refuse("001003", "42000", fmt::format("firn sandbox does not know: {}", words));
}

}  // namespace firn::sandbox::snowflake
