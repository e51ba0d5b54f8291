// What happens to events that nobody waits for.
//
// Source: AWS Lambda API Reference, PutFunctionEventInvokeConfig and its kin.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/lambda/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::lambda {
namespace {

struct Destination {
  std::string_view service;
  std::string_view action;  // what the function's role must be allowed to do
  std::string_view verb;    // in refusals
};
constexpr std::array destinations = {
    Destination{"sqs", "sqs:SendMessage", "SendMessage"},
    Destination{"sns", "sns:Publish", "Publish"},
    Destination{"lambda", "lambda:InvokeFunction", "InvokeFunction"},
    Destination{"events", "events:PutEvents", "PutEvents"},
    Destination{"s3", "s3:PutObject", "PutObject"},
};

Refusal no_settings(const Function& function) {
  return {404, "ResourceNotFoundException",
          fmt::format("The function {}:$LATEST doesn't have an EventInvokeConfig",
                      function_arn(function.id))};
}

void check_destination(const World& world, const Function& function, const std::string& text,
                       bool is_failure) {
  const auto arn = parse_arn(text);
  const auto* known = std::find_if(destinations.begin(), destinations.end(), [&](const auto& one) {
    return arn && one.service == arn->service && (is_failure || one.service != "s3");
  });
  if (known == destinations.end() || text.ends_with(".fifo")) {
    throw invalid_value(fmt::format("The destination ARN {} is invalid.", text));
  }
  if (arn->resource == "function:" + function.id.name) {
    throw invalid_value("You can't specify the function as a destination for itself.");
  }
  Access access;
  access.action = std::string(known->action);
  access.resource = known->service == "s3" ? text + "/*" : text;
  access.owner = arn->account;
  if (role_may(world, function.document.string_or("Role", ""), std::move(access)).allowed) return;
  throw invalid_value(
      fmt::format("The function's execution role does not have permissions to call {} on {}",
                  known->verb, text));
}

void put_settings(Call& call, const Function& function, Map& settings, const Value& body) {
  put_number(settings, body, "MaximumEventAgeInSeconds", "maximumEventAgeInSeconds", 60, 21600);
  put_number(settings, body, "MaximumRetryAttempts", "maximumRetryAttempts", 0, 2);
  const Value* given = body.find("DestinationConfig");
  if (!given || given->is_null()) return;
  Map kept;
  for (const char* which : {"OnSuccess", "OnFailure"}) {
    const std::string arn = given->at(which).string_or("Destination", "");
    kept.set(which, Map{});
    if (arn.empty()) continue;
    check_destination(call.world, function, arn, which == std::string_view("OnFailure"));
    kept.set(which, Map{{"Destination", arn}});
  }
  settings.set("DestinationConfig", Value(std::move(kept)));
}

RestOutput keep(Call& call, const Function& function, Map settings) {
  settings.set("modified_at", call.world.now_ms());
  const Value document(std::move(settings));
  keep_function(call.world, function.id, with(function.document, "async", document));
  return {200, shown_settings(function.id, document)};
}

}  // namespace

Value shown_settings(const FunctionId& id, const Value& settings) {
  Map shown = settings.as_map();
  shown.erase("modified_at");
  shown.set("FunctionArn", function_arn(id) + ":$LATEST");
  shown.set("LastModified", epoch_seconds(settings.int_or("modified_at", 0)));
  if (!shown.find("DestinationConfig")) {
    shown.set("DestinationConfig", Map{{"OnSuccess", Map{}}, {"OnFailure", Map{}}});
  }
  return Value(std::move(shown));
}

RestOutput put_invoke_config(Call& call, const RestInput& input) {
  const Function function =
      function_for(call, input.path[0], "lambda:PutFunctionEventInvokeConfig");
  Map settings;
  put_settings(call, function, settings, input.body);
  if (settings.empty()) {
    throw invalid_value("You must specify at least one of the asynchronous invocation settings.");
  }
  return keep(call, function, std::move(settings));
}

RestOutput update_invoke_config(Call& call, const RestInput& input) {
  const Function function =
      function_for(call, input.path[0], "lambda:UpdateFunctionEventInvokeConfig");
  const Value* present = function.document.find("async");
  if (!present) throw no_settings(function);
  Map settings = present->as_map();
  put_settings(call, function, settings, input.body);
  return keep(call, function, std::move(settings));
}

RestOutput get_invoke_config(Call& call, const RestInput& input) {
  const Function function =
      function_for(call, input.path[0], "lambda:GetFunctionEventInvokeConfig");
  const Value* present = function.document.find("async");
  if (!present) throw no_settings(function);
  return {200, shown_settings(function.id, *present)};
}

RestOutput delete_invoke_config(Call& call, const RestInput& input) {
  const Function function =
      function_for(call, input.path[0], "lambda:DeleteFunctionEventInvokeConfig");
  if (!function.document.find("async")) throw no_settings(function);
  keep_function(call.world, function.id, without(function.document, "async"));
  return {204, {}};
}

}  // namespace firn::sandbox::aws::lambda
