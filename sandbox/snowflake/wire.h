// The bodies of the SQL API, version 2.
// Source: Snowflake documentation, "Snowflake SQL API reference", "Handling responses".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/async/clock.h"
#include "core/http/http.h"
#include "core/value/value.h"
#include "sandbox/snowflake/result_set.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

// What a POST carries.
struct StatementRequest {
  std::string sql;
  std::string role;
  std::string database;
  std::string schema;
  std::string warehouse;
  std::string request_id;
  bool asynchronous = false;
  bool retry = false;
  bool nullable = true;
};

// Why an exchange ends before any SQL is read.
struct Rejection {
  int status = 400;
  std::string code;
  std::string message;
};

// "a=b&c=d" into decoded pairs; the first of a name counts.
[[nodiscard]] std::string query_parameter(std::string_view query, std::string_view name);

// Checks the headers that the API asks for; an empty code when they are right.
[[nodiscard]] Rejection check_headers(const http::Request& request);
// An empty code when the body is right.
[[nodiscard]] Rejection read_statement(const http::Request& request, StatementRequest& into);

// A result in parts, each ready to be sent.
struct RenderedResult {
  std::string first;                // the ResultSet with metadata and partition 0
  std::vector<std::string> others;  // {"data": …} of partitions 1…
};
[[nodiscard]] RenderedResult render_result(const ResultSet& result, const std::string& handle,
                                           const std::string& request_id, Instant now,
                                           bool nullable, std::size_t partition_rows);
[[nodiscard]] std::string render_running(const std::string& handle, const std::string& request_id);
[[nodiscard]] std::string render_refusal(const SqlError& error, const std::string& handle,
                                         Instant now);
[[nodiscard]] std::string render_cancelled(const std::string& handle);

[[nodiscard]] http::Response json_response(int status, std::string body);
[[nodiscard]] http::Response rejected(const Rejection& rejection);

}  // namespace firn::sandbox::snowflake
