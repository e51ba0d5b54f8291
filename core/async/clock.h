// Time as the engine sees it. Nothing else in firn reads a clock.
#pragma once

#include <chrono>
#include <string>

namespace firn {

using Duration = std::chrono::nanoseconds;
// Wall-clock time, UTC, since the Unix epoch.
using Instant = std::chrono::time_point<std::chrono::system_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  // Lets time pass until `until` or less (the scheduler asks again). It is called only when nothing
  // is ready and no event source is busy; while one is busy, the source does the waiting. A virtual
  // clock jumps; the real one sleeps, at most 100 ms at a time, so that an interrupt is noticed.
  virtual void advance_to(Instant until) = 0;
  [[nodiscard]] virtual bool is_virtual() const = 0;
};

class RealClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  void advance_to(Instant until) override;
  [[nodiscard]] bool is_virtual() const override { return false; }
};

// Stands still until told: the scheduler moves it to the next timer when nothing else is ready.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Instant start) : now_(start) {}
  [[nodiscard]] Instant now() const override { return now_; }
  void advance_to(Instant until) override {
    if (until > now_) now_ = until;
  }
  [[nodiscard]] bool is_virtual() const override { return true; }

 private:
  Instant now_;
};

// "20260102T030405Z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123Z" (milliseconds).
[[nodiscard]] std::string format_basic(Instant instant);
[[nodiscard]] std::string format_iso(Instant instant);
[[nodiscard]] std::string format_iso_ms(Instant instant);

}  // namespace firn
