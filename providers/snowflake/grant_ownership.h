// OWNERSHIP in a snowflake.grant: it cannot be revoked, only passed on.
//
// Snowflake documentation: "GRANT OWNERSHIP".
#pragma once

#include <vector>

#include "providers/snowflake/inventory.h"
#include "providers/snowflake/privileges.h"

namespace firn::snowflake {

// Whether a list of privileges holds it; and whether a grant is of nothing else.
[[nodiscard]] bool holds_ownership(const Value& privileges);
[[nodiscard]] bool is_ownership(const Value& inputs);

// What has to be known before it passes: the deploying role, whether a pipe works, its comment.
[[nodiscard]] std::vector<Listing> surroundings_of_ownership(const ResourceRecord& record);
[[nodiscard]] Steps pass_ownership(const GrantTarget& target, const Grantee& to,
                                   const Inventory* around);
// After a run that died before it had passed it: the pipe that it paused for that works again.
[[nodiscard]] Steps finish_interrupted_pass(const ResourceRecord& record, const Inventory& around);
// To the deploying role, which has it otherwise. Of what is still to be made it is revoked.
[[nodiscard]] Steps give_ownership_back(const GrantTarget& target, const Grantee& from,
                                        const Inventory& around);

// The role that firn acts as, which owns what it makes.
[[nodiscard]] Listing deploying_role_listing();
[[nodiscard]] Result<Grantee> deploying_role(const Inventory& around);

void validate_ownership(const Value& inputs, std::vector<Problem>& problems);

}  // namespace firn::snowflake
