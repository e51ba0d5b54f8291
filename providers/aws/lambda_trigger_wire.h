// Between the inputs of aws.lambda_event_source_mapping and what Lambda says and is told.
#pragma once

#include "core/value/value.h"

namespace firn::aws {

[[nodiscard]] Value normal_trigger(const Value& inputs);

// Everything that can be changed. What is empty clears in an update.
[[nodiscard]] Map trigger_settings(const Value& desired);

// The normalised inputs that an event source mapping shows, without its tags.
[[nodiscard]] Map trigger_inputs(const Value& shown);

}  // namespace firn::aws
