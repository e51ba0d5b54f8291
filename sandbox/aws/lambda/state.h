// Functions.
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"
#include "sandbox/aws/policy/match.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::lambda {

struct FunctionId {
  std::string account;
  std::string region;
  std::string name;
};
// "name", "account:function:name" or an ARN, with the caller's account and region where it names
// none. Nothing when it is none of these; a qualifier is dropped unless it says another version.
[[nodiscard]] std::optional<FunctionId> function_id(const std::string& text,
                                                    const std::string& account,
                                                    const std::string& region);
[[nodiscard]] const Value* find_function(const World& world, const FunctionId& id);
void keep_function(World& world, const FunctionId& id, Value function);
[[nodiscard]] std::string function_arn(const FunctionId& id);

// By the function's own policy. False when there is no such function.
[[nodiscard]] bool service_may_invoke(const World& world, const std::string& arn,
                                      const std::string& service, const Context& context);

}  // namespace firn::sandbox::aws::lambda
