// The time by which leases run out. It is the wall clock also where the engine's own time is a
// sandbox's, because the other process that waits lives by the wall clock, too.
#pragma once

#include <chrono>
#include <stop_token>

#include "core/async/clock.h"

namespace firn {

class LeaseClock {
 public:
  virtual ~LeaseClock() = default;
  [[nodiscard]] virtual Instant now() = 0;
  // Blocks until `until` has come; false: a stop was asked for first. Called on a thread of its
  // own.
  [[nodiscard]] virtual bool wait_until(Instant until, std::stop_token stop) = 0;
};

class RealLeaseClock final : public LeaseClock {
 public:
  [[nodiscard]] Instant now() override;
  [[nodiscard]] bool wait_until(Instant until, std::stop_token stop) override;
};

// How a writer holds the state.
struct LeaseTerms {
  // Without a sign of life for so long, the holder may be replaced.
  Duration length = std::chrono::seconds(60);
  // So often it gives one beside its commits, on a thread of its own; zero: only commits are one.
  Duration beat = std::chrono::seconds(15);
  // Must outlive the store; nullptr: the real one.
  LeaseClock* clock = nullptr;
};

}  // namespace firn
