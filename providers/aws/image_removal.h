// Removing the images of an aws.container_image: all that carry its mark.
#pragma once

#include <string>

#include "core/provider/provider.h"
#include "providers/aws/client.h"

namespace firn::aws {

// A repository that is gone has none. The Operation outlives the coroutine.
[[nodiscard]] Task<Status> remove_images(Client& client, const Operation& operation,
                                         std::string repository, std::string mark);

}  // namespace firn::aws
