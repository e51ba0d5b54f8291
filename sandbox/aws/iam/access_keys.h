// Access keys of users. Their secret parts are derived from the file's seed and kept nowhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/value/value.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws::iam {

// Documents have id, account, user, status, created_at, and once used used_at, used_service,
// used_region.
[[nodiscard]] std::optional<Value> find_access_key(const World& world, const std::string& id);
void keep_access_key(World& world, const std::string& id, Value key);
// Sorted by age.
[[nodiscard]] std::vector<Value> access_keys_of(const World& world, const std::string& account,
                                                const std::string& user);

}  // namespace firn::sandbox::aws::iam
