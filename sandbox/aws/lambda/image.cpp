#include "sandbox/aws/lambda/image.h"

#include <fmt/format.h>

#include "sandbox/aws/ecr/state.h"
#include "sandbox/aws/lambda/operations.h"

namespace firn::sandbox::aws::lambda {

FunctionImage image_for_function(const Call& call, const FunctionId& id, const std::string& uri) {
  const auto named = ecr::parse_image_uri(uri);
  const bool says_which = uri.find_first_of(":@") != std::string::npos;
  if (!named || !says_which || named->repository.region != id.region) {
    throw invalid_value(
        fmt::format("Source image {} is not valid. Provide a valid source image.", uri));
  }
  const Refusal missing = invalid_value(
      fmt::format("Source image {} does not exist. Provide a valid source image.", uri));
  if (!ecr::find_repository(call.world, named->repository)) throw missing;
  if (!ecr::let_lambda_pull(call, named->repository, function_arn(id))) {
    throw Refusal{403, "AccessDeniedException",
                  "Lambda does not have permission to access the ECR image. Check the ECR "
                  "permissions."};
  }
  const auto found = ecr::find_image(call.world, *named);
  if (!found) throw missing;
  FunctionImage image;
  image.uri = uri;
  image.digest = found->digest;
  image.resolved = fmt::format("{}@{}", ecr::repository_uri(named->repository), found->digest);
  return image;
}

}  // namespace firn::sandbox::aws::lambda
