// How the sandbox's Snowflake refuses a statement.
//
// A statement is one transaction with one place that ends it (SnowflakeCloud::handle): a refusal is
// thrown from wherever it is found and caught only there, where the store is rolled back and the
// error body is written. It never leaves this folder.
#pragma once

#include <string>
#include <string_view>

namespace firn::sandbox::snowflake {

// Code, SQLSTATE and text as Snowflake prints them.
struct SqlError {
  std::string code;
  std::string state;
  std::string message;
  bool keeps_changes = false;  // a partly executed GRANT: what was done stays done
};

// "SQL compilation error:\n<what>"
[[noreturn]] void refuse(std::string_view code, std::string_view state, std::string_view what);
// "SQL execution error: <what>"
[[noreturn]] void refuse_execution(std::string_view code, std::string_view state,
                                   std::string_view what);
// 003001: "SQL access control error:\nInsufficient privileges to operate on <noun> '<name>'."
[[noreturn]] void refuse_privileges(std::string_view noun, std::string_view name);
// 002003, or 42S02 for tables and views: "<Noun> '<name>' does not exist or not authorized."
[[noreturn]] void refuse_missing(std::string_view noun, std::string_view name);
// 002043: "Object does not exist, or operation cannot be performed."
[[noreturn]] void refuse_operation();
// Something that Snowflake may well know and the sandbox does not: loud, with the words.
[[noreturn]] void refuse_unknown(std::string_view words);

}  // namespace firn::sandbox::snowflake
