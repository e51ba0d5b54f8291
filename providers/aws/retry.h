// Waits that AWS needs. How calls are retried and paced stands in core/http/retry.h.
#pragma once

#include <optional>
#include <string_view>

#include "core/async/clock.h"
#include "core/async/random.h"

namespace firn::aws {

// For waits on something that is known to come: half a second at first, then a quarter of the time
// that has passed, so that no wait is much longer than it must be; at most five seconds. Jittered
// by a quarter.
[[nodiscard]] Duration poll_interval(Random& random, int attempt);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 IMF-fixdate).
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace firn::aws
