// Who the credentials belong to, asked once.
#pragma once

#include <optional>

#include "core/async/sync.h"
#include "providers/aws/client.h"

namespace firn::aws {

// sts:GetCallerIdentity; the answer is kept for as long as the client lives.
Task<Result<Reply>> caller_identity_of(Client& client);

}  // namespace firn::aws
