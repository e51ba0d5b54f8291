// Container images that functions are made of.
//
// Source: AWS Lambda Developer Guide, "Create a Lambda function using a container image".
#pragma once

#include <string>

#include "sandbox/aws/call.h"
#include "sandbox/aws/lambda/state.h"

namespace firn::sandbox::aws::lambda {

struct FunctionImage {
  std::string uri;       // as it was given
  std::string resolved;  // REPOSITORY@DIGEST
  std::string digest;    // "sha256:…"
};
// The image that the function is to run: it must be in a registry, and Lambda must be let in.
// Throws the refusal of Lambda.
[[nodiscard]] FunctionImage image_for_function(const Call& call, const FunctionId& id,
                                               const std::string& uri);

}  // namespace firn::sandbox::aws::lambda
