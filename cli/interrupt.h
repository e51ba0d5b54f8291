// What Ctrl-C does, and SIGTERM and a closed terminal (SIGHUP) alike.
//
// While nothing is being changed they end the process at once. While a plan is carried out, the
// first asks the run to stop after the calls in flight, and the second ends the process. A call may
// belong to an operation that then waits for minutes; so some seconds after the first signal the
// process ends as well. The journal survives that, and the next run looks up what became of it.
// Each of these ends with 130.
#pragma once

#include <atomic>
#include <string_view>

namespace firn::cli {

// From now on. A signal that whoever started us wants ignored stays so (nohup, `firn … &`).
void leave_on_signals();

// What is said when a signal ends the process; instead of what was to be said before.
void say_when_leaving(std::string_view words);

// While it lives, a first signal sets the flag. One at a time. From then on a closed output does
// not end the process.
class InterruptGuard {
 public:
  // Waits may take long only in real time.
  explicit InterruptGuard(bool time_is_real);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  [[nodiscard]] const std::atomic<bool>& flag() const;
};

}  // namespace firn::cli
