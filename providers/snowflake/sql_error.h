// Snowflake's error codes as firn's kinds of failure, with advice.
//
// Snowflake documentation: "Snowflake SQL API reference" (response codes), "Key pair
// authentication: Troubleshooting", and the messages of single commands.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace firn::snowflake {

// What the service answered: the HTTP status and the body's code, sqlState, message and
// statementHandle, each empty when absent.
struct Answer {
  int status = 0;
  std::string code;
  std::string sql_state;
  std::string message;
  std::string handle;
};

// What was asked, for the message.
struct Question {
  std::string operation;  // "CREATE PIPE"
  std::string object;     // `DB.S.P`; may be empty
  std::string role;       // may be empty
  std::string key_fingerprint;
};

// The failure that an answer means.
[[nodiscard]] Error error_of(const Answer& answer, const Question& question);

[[nodiscard]] ErrorKind kind_of(const Answer& answer);
// True for codes that mean "there is no such object (or the role cannot see it)".
[[nodiscard]] bool means_missing(std::string_view code);
// True for codes that mean "another statement holds the lock": this one did nothing, and may be run
// again.
[[nodiscard]] bool means_busy(std::string_view code);

}  // namespace firn::snowflake
