// All checks, in the order of their codes: for waivers and for docs/checks.md.
#pragma once

#include <span>

#include "core/check/check.h"

namespace firn::road {

[[nodiscard]] std::span<const Check* const> all_checks();

}  // namespace firn::road
