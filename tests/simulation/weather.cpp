#include "tests/simulation/weather.h"

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstdlib>
#include <string>
#include <utility>

#include "core/value/json.h"

namespace firn::simulation {
namespace {

// As the services word it. AWS, "Error retries and backoff": S3 says SlowDown, the query protocol
// Throttling, the JSON protocols ThrottlingException; Snowflake's SQL API answers 429.
http::Response throttling(const std::string& service) {
  http::Response response;
  response.status = 400;
  if (service == "s3") {
    response.status = 503;
    response.body =
        "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your request "
        "rate.</Message></Error>";
  } else if (service == "iam" || service == "sns" || service == "sts") {
    response.body =
        "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded"
        "</Message></Error></ErrorResponse>";
  } else if (service == "snowflake") {
    response.status = 429;
  } else {
    response.headers.set("x-amzn-ErrorType", "ThrottlingException");
    response.body = R"({"__type":"ThrottlingException","message":"Rate exceeded"})";
  }
  return response;
}

Failure cut(const http::Request& request, bool may_have_been_applied) {
  Error error;
  error.kind = ErrorKind::unavailable;
  error.summary = "the connection to " + request.authority() + " was cut";
  error.operation = request.service + ":" + request.operation;
  error.address = request.address;
  error.may_have_been_applied = may_have_been_applied;
  return fail(std::move(error));
}

// Snowflake SQL API: rows are lists of texts; a timestamp is seconds with a fraction.
bool is_since(const Value& row, std::size_t column, Instant instant) {
  if (!row.is_list() || row.as_list().size() <= column) return false;
  const Value& made = row.as_list()[column];
  if (!made.is_string()) return false;
  const double seconds = std::strtod(made.as_string().c_str(), nullptr);
  return seconds > std::chrono::duration<double>(instant.time_since_epoch()).count();
}

// Takes what was made since `instant` out of an answer to SHOW.
void hide_since(http::Response& response, Instant instant) {
  const Result<Value> body = parse_json(response.body);
  if (!body || !body->at("data").is_list()) return;
  const Value& columns = body->at_path("resultSetMetaData.rowType");
  if (!columns.is_list()) return;
  const auto made = std::ranges::find_if(columns.as_list(), [](const Value& column) {
    return column.string_or("name", "") == "created_on";
  });
  if (made == columns.as_list().end()) return;
  const auto column = static_cast<std::size_t>(made - columns.as_list().begin());
  List rows = body->at("data").as_list();
  const auto hidden =
      std::erase_if(rows, [&](const Value& row) { return is_since(row, column, instant); });
  if (hidden == 0) return;
  Map shown = body->as_map();
  shown.set("data", Value(std::move(rows)));
  response.body = to_json(Value(std::move(shown)));
}

}  // namespace

Accident Network::draw(const std::string& what) {
  if (weather_.ambush != nullptr && weather_.ambush->passed++ == weather_.ambush->at) {
    weather_.ambush->victim = what;
    return weather_.ambush->accident;
  }
  std::uint64_t chance = random_.next() % 1000;
  const auto falls_in = [&](std::uint64_t share) {
    if (chance < share) return true;
    chance -= share;
    return false;
  };
  if (falls_in(weather_.throttled)) return Accident::throttled;
  if (falls_in(weather_.unavailable)) return Accident::unavailable;
  if (falls_in(weather_.failed_after)) return Accident::failed_after;
  if (falls_in(weather_.cut_before)) return Accident::cut_before;
  if (falls_in(weather_.cut_after)) return Accident::cut_after;
  return Accident::none;
}

Duration Network::latency() {
  const auto span = (weather_.latency_max - weather_.latency_min).count();
  if (span <= 0) return weather_.latency_min;
  const auto part = random_.next() % static_cast<std::uint64_t>(span);
  return weather_.latency_min + Duration(static_cast<std::int64_t>(part));
}

Task<Result<http::Response>> Network::send(http::Request request) {
  const std::string what = request.service + " " + request.operation +
                           (request.address.empty() ? "" : " of " + request.address);
  ++requests_;
  const Accident accident = draw(what);
  if (accident != Accident::none) ++accidents_;
  co_await scheduler_.sleep(latency());
  if (!lifeline_.pass("before " + what)) co_await std::suspend_always{};
  if (accident == Accident::throttled) co_return throttling(request.service);
  if (accident == Accident::unavailable) {
    http::Response response;
    response.status = 503;
    co_return response;
  }
  if (accident == Accident::cut_before) co_return cut(request, true);
  http::Request sent = request;
  Task<Result<http::Response>> exchange = cloud_.send(std::move(sent));
  Result<http::Response> answer = co_await exchange;
  if (!lifeline_.pass("after " + what)) co_await std::suspend_always{};
  co_await scheduler_.sleep(latency());
  if (lifeline_.is_dead()) co_await std::suspend_always{};
  if (answer && weather_.show_lag > Duration::zero() && request.operation.starts_with("SHOW"))
    hide_since(*answer, scheduler_.now() - weather_.show_lag);
  if (accident == Accident::cut_after) co_return cut(request, true);
  if (accident == Accident::failed_after) {
    http::Response response;
    response.status = 500;
    co_return response;
  }
  co_return answer;
}

}  // namespace firn::simulation
