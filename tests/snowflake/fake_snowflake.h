// A Snowflake made of a function, and what it takes to run coroutines in virtual time.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/async/clock.h"
#include "core/async/random.h"
#include "core/async/scheduler.h"
#include "core/http/http.h"
#include "core/value/json.h"
#include "providers/snowflake/connection.h"
#include "tests/snowflake/keys.h"

namespace firn::snowflake::test {

using Exchange = std::function<Result<http::Response>(const http::Request&)>;

class FakeTransport final : public http::Transport {
 public:
  Task<Result<http::Response>> send(http::Request request) override {
    requests.push_back(request);
    co_return answer(request);
  }
  Exchange answer;
  std::vector<http::Request> requests;
};

struct World {
  VirtualClock clock{Instant(std::chrono::seconds(1'767'225'600))};  // 2026-01-01T00:00:00Z
  SeededRandom random{7};
  Scheduler scheduler{clock, random};
  FakeTransport transport;

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(clock.now().time_since_epoch()).count() - 1'767'225'600.0;
  }
};

inline Connection connection() {
  Connection connection;
  connection.account = "myorg-myaccount";
  connection.user = "firn_deploy";
  connection.role = "FIRN_DEPLOYER";
  connection.host = "myorg-myaccount.snowflakecomputing.com";
  connection.private_key_pem = std::string(keys::rfc7515_a2);
  return connection;
}

// ---- answers in Snowflake's shapes ----

using Cells = std::vector<std::string>;

inline Value result_body(const Cells& columns, const std::vector<Cells>& rows,
                         std::size_t partitions = 1) {
  List types;
  for (const auto& column : columns)
    types.emplace_back(Map{{"name", column}, {"type", "text"}});
  List data;
  for (const auto& row : rows) {
    List cells;
    for (const auto& cell : row)
      cells.emplace_back(cell == "NULL" ? Value() : Value(cell));
    data.emplace_back(std::move(cells));
  }
  List parts;
  for (std::size_t i = 0; i < partitions; ++i)
    parts.emplace_back(Map{{"rowCount", 1}});
  Map meta{{"numRows", static_cast<std::int64_t>(rows.size())},
           {"format", "jsonv2"},
           {"rowType", std::move(types)},
           {"partitionInfo", std::move(parts)}};
  return Map{{"resultSetMetaData", std::move(meta)},
             {"data", std::move(data)},
             {"code", "090001"},
             {"sqlState", "00000"},
             {"message", "Statement executed successfully."},
             {"statementHandle", "01b2-handle"}};
}

inline http::Response json_response(int status, const Value& body) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.body = to_json(body);
  return response;
}

inline http::Response rows_response(const Cells& columns, const std::vector<Cells>& rows) {
  return json_response(200, result_body(columns, rows));
}

inline http::Response done_response() {
  return rows_response({"status"}, {{"Statement executed successfully."}});
}

inline http::Response error_response(int status, const std::string& code, const std::string& text,
                                     const std::string& state = "42000") {
  return json_response(status, Map{{"code", code},
                                   {"sqlState", state},
                                   {"message", text},
                                   {"statementHandle", "01b2-handle"}});
}

inline http::Response running_response() {
  return json_response(202, Map{{"code", "333334"},
                                {"message", "Asynchronous execution in progress."},
                                {"statementHandle", "01b2-handle"}});
}

inline std::string statement_of(const http::Request& request) {
  const auto body = parse_json(request.body);
  return body ? body->string_or("statement", "") : std::string();
}

}  // namespace firn::snowflake::test
