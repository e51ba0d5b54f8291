// What tests of the AWS provider stand on: virtual time, a scripted cloud, fixed keys.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/async/clock.h"
#include "core/async/random.h"
#include "core/async/scheduler.h"
#include "core/http/http.h"
#include "core/value/json.h"
#include "providers/aws/client.h"
#include "providers/aws/provider.h"

namespace firn::aws::test {

// Answers every request by a function, after a fixed time on the scheduler's clock, and keeps what
// was asked.
class ScriptedTransport final : public http::Transport {
 public:
  using Answer = std::function<Result<http::Response>(const http::Request&)>;
  explicit ScriptedTransport(Scheduler& scheduler) : scheduler_(scheduler) {}
  Task<Result<http::Response>> send(http::Request request) override {
    requests.push_back(request);
    ++in_flight;
    most_in_flight = std::max(most_in_flight, in_flight);
    co_await scheduler_.sleep(latency);
    --in_flight;
    Result<http::Response> response = answer(request);
    co_return response;
  }

  Answer answer;
  Duration latency = std::chrono::milliseconds(1);
  std::vector<http::Request> requests;
  std::size_t in_flight = 0;
  std::size_t most_in_flight = 0;

 private:
  Scheduler& scheduler_;
};

[[nodiscard]] inline http::Response respond(int status, std::string body,
                                            http::Headers headers = {}) {
  http::Response response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

[[nodiscard]] inline http::Response s3_error(int status, std::string_view code,
                                             std::string_view message = "") {
  return respond(status, "<Error><Code>" + std::string(code) + "</Code><Message>" +
                             std::string(message) + "</Message></Error>");
}

// Answers one response after the other; the last one again and again.
[[nodiscard]] inline ScriptedTransport::Answer sequence(
    std::vector<Result<http::Response>> responses) {
  auto next = std::make_shared<std::size_t>(0);
  return [responses = std::move(responses), next](const http::Request&) {
    const std::size_t index = std::min(*next, responses.size() - 1);
    ++*next;
    return responses[index];
  };
}

[[nodiscard]] inline Failure cut(bool may_have_been_applied) {
  Error error;
  error.kind = ErrorKind::unavailable;
  error.summary = "connection reset";
  error.may_have_been_applied = may_have_been_applied;
  return Failure(std::move(error));
}

// 2026-01-02T03:04:05Z
inline constexpr Instant start = Instant(std::chrono::seconds(1767323045));

[[nodiscard]] inline Call create_role() {
  Call call;
  call.service = &service::iam;
  call.operation = "CreateRole";
  call.changes_something = true;
  call.address = "loader";
  return call;
}

[[nodiscard]] inline http::Response iam_error(int status, const std::string& code,
                                              const std::string& message) {
  return respond(status, "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message +
                             "</Message></Error><RequestId>r-1</RequestId></ErrorResponse>");
}

inline const char* const iam_success =
    "<CreateRoleResponse><CreateRoleResult><Role><Arn>arn:x</Arn></Role></CreateRoleResult>"
    "</CreateRoleResponse>";

struct Rig {
  VirtualClock clock{start};
  SeededRandom random{7};
  Scheduler scheduler{clock, random};
  ScriptedTransport transport{scheduler};
  StaticCredentials credentials{
      Credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", std::nullopt}};

  [[nodiscard]] static ClientOptions options(std::string region = "eu-west-1") {
    ClientOptions options;
    options.placement.account = "123456789012";
    options.placement.region = std::move(region);
    options.placement.stack = "finance";
    options.placement.environment = "dev";
    return options;
  }
};

// A map from a JSON text, for attributes.
[[nodiscard]] inline Value json(std::string_view text) {
  const Result<Value> value = parse_json(text);
  return value ? *value : Value("not JSON: " + std::string(text));
}

}  // namespace firn::aws::test
