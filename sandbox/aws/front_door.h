// Where every request of the sandbox's AWS comes in: which service, is the signature good, and how
// a refusal is written.
#pragma once

#include "core/http/http.h"
#include "sandbox/aws/world.h"
#include "sandbox/sandbox.h"

namespace firn::sandbox::aws {

[[nodiscard]] http::Response answer(World& world, const http::Request& request, LogEntry& log);

}  // namespace firn::sandbox::aws
