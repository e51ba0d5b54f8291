// Emptying a bucket: every version of every object, and every delete marker.
#pragma once

#include <string>
#include <vector>

#include "core/async/task.h"
#include "core/base/result.h"
#include "core/provider/provider.h"
#include "providers/aws/client.h"

namespace firn::aws {

// Deletes all versions and markers that a listing shows. Writers may refill the bucket meanwhile,
// so the caller tries the bucket itself and comes back. Objects under a lock are an error.
Task<Status> empty_bucket(Client& client, const Operation& operation, std::string bucket);

// Up to `most` keys that are in the bucket, for a message.
Task<Result<std::vector<std::string>>> some_keys(Client& client, const Operation& operation,
                                                 std::string bucket, int most);

}  // namespace firn::aws
