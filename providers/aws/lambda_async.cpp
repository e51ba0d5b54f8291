#include "providers/aws/lambda_async.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/lambda_calls.h"

namespace firn::aws {
namespace {

std::string async_path(std::string_view function) {
  return fmt::format("/2019-09-25/functions/{}/event-invoke-config", percent_encode(function));
}

void check_destination(const Value& destination, std::string_view name,
                       std::vector<Problem>& problems) {
  if (!destination.is_string()) return;
  const std::string& arn = destination.as_string();
  const std::vector<std::string> parts = split(arn, ':');
  const std::string service = parts.size() >= 6 && parts[0] == "arn" ? parts[2] : std::string();
  const std::string path = fmt::format("async.{}", name);
  const bool is_failure = name == "on_failure";
  const std::array<std::string_view, 4> all{"events", "lambda", "sns", "sqs"};
  const bool is_known =
      std::find(all.begin(), all.end(), service) != all.end() || (is_failure && service == "s3");
  if (!is_known) {
    problems.push_back({path, fmt::format("\"{}\" is no destination for {}", arn, name),
                        fmt::format("Lambda sends to queues, topics, functions{} by their ARNs",
                                    is_failure ? ", event buses and buckets" : " and event buses"),
                        "name one of these"});
  } else if (arn.ends_with(".fifo")) {
    problems.push_back({path, "Lambda sends to standard queues and topics only",
                        fmt::format("{} ends in .fifo", arn), "use a standard one"});
  }
}

}  // namespace

void check_async(const Value& async, std::vector<Problem>& problems) {
  check_destination(async.at("on_failure"), "on_failure", problems);
  check_destination(async.at("on_success"), "on_success", problems);
}

Call async_call(const Operation& operation, const Value& async) {
  const std::string path = async_path(operation.prior.name);
  if (!async.is_map()) {
    Call call = lambda_call(operation, "DeleteFunctionEventInvokeConfig", "DELETE", path);
    call.tolerated = missing_codes();
    return call;
  }
  Map destinations;
  for (const auto& [attribute, member] :
       {std::pair{"on_failure", "OnFailure"}, std::pair{"on_success", "OnSuccess"}}) {
    const std::string arn = clear_text(async.at(attribute));
    if (arn.empty()) continue;
    Map destination;
    destination.set("Destination", arn);
    destinations.set(member, std::move(destination));
  }
  Map input;
  input.set("DestinationConfig", std::move(destinations));
  input.set("MaximumEventAgeInSeconds", async.int_or("maximum_event_age", 21600));
  input.set("MaximumRetryAttempts", async.int_or("retries", 2));
  Call call = lambda_call(operation, "PutFunctionEventInvokeConfig", "PUT", path);
  call.input = Value(std::move(input));
  wait_for_role(call, "the function's role may send to the destination");
  Propagation destination;
  destination.code = "InvalidParameterValueException";
  destination.fragment = "destination ARN";
  destination.what = "Lambda knows the destination of the function's events";
  call.wait_while.push_back(destination);
  return call;
}

Call async_reading(const ResourceRecord& record) {
  return lambda_reading(record, "GetFunctionEventInvokeConfig", async_path(record.name));
}

Value async_from(const Reply& reply) {
  if (reply.is_tolerated_error()) return {};
  Map async;
  async.set("maximum_event_age", reply.value.int_or("MaximumEventAgeInSeconds", 21600));
  async.set("retries", reply.value.int_or("MaximumRetryAttempts", 2));
  for (const auto& [attribute, path] :
       {std::pair{"on_failure", "DestinationConfig.OnFailure.Destination"},
        std::pair{"on_success", "DestinationConfig.OnSuccess.Destination"}}) {
    const std::string arn = reply.text(path);
    if (!arn.empty()) async.set(attribute, arn);
  }
  return Value(std::move(async));
}

}  // namespace firn::aws
