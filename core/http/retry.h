// Retrying without doing harm: how long to wait, how much of it a service may cost, and how fast a
// service is called that asks to slow down.
//
// Sources: AWS SDKs and Tools Reference Guide, "Retry behavior" (standard mode: quota and back-off;
// adaptive mode: a client that slows itself); Jacobson and Karels, "Congestion Avoidance and
// Control" (additive increase, multiplicative decrease).
#pragma once

#include "core/async/clock.h"
#include "core/async/random.h"

namespace firn::http {

// Full jitter: a uniform part of min(2^(attempt-1), 20) seconds; `attempt` counts from 1.
[[nodiscard]] Duration backoff(Random& random, int attempt);

// What retries of one service may cost altogether, so that one that keeps failing is not hammered
// by every call in turn. Being throttled costs nothing: it is no failure, and its wait is enough.
class RetryBudget {
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

// How fast one service is called. Each refusal for haste lowers the rate, once for all calls that
// were on their way; it then climbs slowly to where it was refused and faster beyond, until nothing
// is left of the limit.
class Pace {
 public:
  // `ceiling`: calls a second that the service is known to take; 0: not known, not limited.
  Pace(double ceiling, Instant now);

  // How long to wait before the next call may go; it is then counted.
  [[nodiscard]] Duration take_turn(Instant now);
  // A call whose turn was taken at `turn` was refused for haste.
  void slow_down(Instant turn, Instant now);
  // Calls a second; 0: not limited.
  [[nodiscard]] double rate(Instant now);

 private:
  void advance(Instant now);

  double ceiling_;
  double rate_;         // 0: not limited
  double refused_ = 0;  // the rate at which it was refused last; 0: it never was
  double tokens_;
  Instant updated_;
  Instant lowered_{};
  bool was_lowered_ = false;
  // How many calls went in the half second under way, and a moving average of the rate.
  Instant bin_began_;
  double in_bin_ = 0;
  double measured_ = 0;
};

}  // namespace firn::http
