// Ctrl-C: the first asks the run to stop after the calls in flight, the second ends the process.
#pragma once

#include <atomic>

namespace firn::cli {

// While it lives, SIGINT and SIGTERM set the flag; a second one exits with 130 at once, which the
// journal survives. One at a time. From then on a closed output does not end the process.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  [[nodiscard]] const std::atomic<bool>& flag() const;
};

}  // namespace firn::cli
