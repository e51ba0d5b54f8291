// Between the inputs of aws.lambda_function and what Lambda says and is told.
#pragma once

#include <string>
#include <string_view>

#include "core/provider/provider.h"
#include "core/value/value.h"
#include "providers/aws/reply.h"

namespace firn::aws {

// A function is made of an archive of code or of a container image (Lambda: PackageType).
[[nodiscard]] bool is_image_function(const Value& inputs);

// The settings that CreateFunction and UpdateFunctionConfiguration have in common. All of them,
// with the service's defaults for what is not given: an update that leaves one out would keep the
// old.
[[nodiscard]] Map configuration_wire(const Value& desired, bool is_create);
void add_log_group(const Value& desired, const std::string& name, bool is_changed, Map& wire);
[[nodiscard]] List architectures_wire(const Value& desired);

// The inputs that GetFunction shows, but for those that have calls of their own.
[[nodiscard]] Map function_inputs(const Reply& reply, const ResourceRecord& record);

// In normal form: image_config without what is empty, absent when nothing is left.
[[nodiscard]] Value normal_image_config(const Value& config);

}  // namespace firn::aws
