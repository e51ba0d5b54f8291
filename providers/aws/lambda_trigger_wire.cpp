#include "providers/aws/lambda_trigger_wire.h"

#include <algorithm>
#include <utility>

#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/reply.h"

namespace firn::aws {
namespace {

Map filter_criteria(const Value& desired) {
  List wire;
  for (const Value& pattern : list_of(desired.at("filters"))) {
    Map one;
    one.set("Pattern", to_json(pattern));
    wire.emplace_back(std::move(one));
  }
  Map criteria;
  if (!wire.empty()) criteria.set("Filters", std::move(wire));
  return criteria;
}

Map scaling_config(const Value& desired) {
  Map scaling;
  const Value& most = desired.at("maximum_concurrency");
  if (!most.is_null()) scaling.set("MaximumConcurrency", most);
  return scaling;
}

}  // namespace

Value normal_trigger(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* filters = normal.find("filters"); filters != nullptr) {
    Value sorted = as_set(*filters);
    normal.set("filters", std::move(sorted));
  }
  return Value(std::move(normal));
}

Map trigger_settings(const Value& desired) {
  Map wire;
  wire.set("BatchSize", desired.int_or("batch_size", 10));
  wire.set("MaximumBatchingWindowInSeconds", desired.int_or("batch_window", 0));
  wire.set("Enabled", desired.bool_or("enabled", true));
  wire.set("FilterCriteria", filter_criteria(desired));
  wire.set("FunctionName", desired.at("function"));
  List responses;
  if (desired.bool_or("partial_batch_responses", false)) {
    responses.emplace_back("ReportBatchItemFailures");
  }
  wire.set("FunctionResponseTypes", std::move(responses));
  wire.set("ScalingConfig", scaling_config(desired));
  return wire;
}

Map trigger_inputs(const Value& shown) {
  Map inputs;
  inputs.set("queue", text_at(shown, "EventSourceArn"));
  inputs.set("function", text_at(shown, "FunctionArn"));
  inputs.set("batch_size", shown.int_or("BatchSize", 10));
  inputs.set("batch_window", shown.int_or("MaximumBatchingWindowInSeconds", 0));
  const std::string state = text_at(shown, "State");
  inputs.set("enabled", state != "Disabled" && state != "Disabling");
  const List responses = list_of(shown.at("FunctionResponseTypes"));
  inputs.set("partial_batch_responses",
             std::find(responses.begin(), responses.end(), Value("ReportBatchItemFailures")) !=
                 responses.end());
  inputs.set("maximum_concurrency", shown.at("ScalingConfig").at("MaximumConcurrency"));
  List filters;
  for (const Value& one : list_of(shown.at("FilterCriteria").at("Filters"))) {
    const Result<Value> pattern = parse_json(one.string_or("Pattern", ""));
    filters.push_back(pattern ? *pattern : one.at("Pattern"));
  }
  inputs.set("filters", std::move(filters));
  const Value normal = normal_trigger(Value(std::move(inputs)));
  return normal.as_map();
}

}  // namespace firn::aws
