// Secrets and the versions of their values.
//
// Source: AWS Secrets Manager API Reference and user guide, "What's in a Secrets Manager secret?",
// "Delete an AWS Secrets Manager secret".
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::secretsmanager {

// By name, ARN, or ARN without the six characters at its end. One whose recovery window is over is
// gone.
[[nodiscard]] std::optional<Value> find_secret(const World& world, const std::string& account,
                                               const std::string& region, const std::string& text);
// It waits for its deletion.
[[nodiscard]] bool is_deleted(const Value& secret);
// The version with this stage; nullptr: none.
[[nodiscard]] const Value* version_at(const Value& secret, const std::string& stage);

}  // namespace firn::sandbox::aws::secretsmanager
