// When to try again, and how long to wait before.
//
// Source: AWS SDKs and Tools Reference Guide, "Retry behavior", standard mode.
#pragma once

#include <optional>
#include <string_view>

#include "core/async/clock.h"
#include "core/async/random.h"

namespace firn::aws {

// Retries draw from one bucket per client, so that a service that keeps failing is not hammered by
// every call in turn. Being throttled draws nothing: it is no failure, and its wait is enough.
class RetryQuota {
 public:
  static constexpr int capacity = 500;
  static constexpr int retry_cost = 5;
  static constexpr int timeout_retry_cost = 10;

  // False: too little is left.
  [[nodiscard]] bool draw(int cost);
  void give_back(int amount);
  [[nodiscard]] int available() const { return available_; }

 private:
  int available_ = capacity;
};

// Full jitter: a uniform part of min(2^(attempt-1), 20) seconds; `attempt` counts from 1.
[[nodiscard]] Duration backoff(Random& random, int attempt);

// For waits on something that is known to come: half a second at first, then a quarter of the time
// that has passed, so that no wait is much longer than it must be; at most five seconds. Jittered
// by a quarter.
[[nodiscard]] Duration poll_interval(Random& random, int attempt);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 IMF-fixdate).
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace firn::aws
