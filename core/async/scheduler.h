// Scheduler: the one thread on which an engine's coroutines run.
//
// A turn: resume everything that is ready (at most 10,000 times, so that coroutines which keep each
// other busy cannot shut out timers and event sources); then run the end-of-turn hooks (the journal
// commits what the turn asked to be durable, once); then wait for the event sources or the next
// timer. With a virtual clock and no event source that waits for the outside world, a whole run
// takes no time.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "core/async/clock.h"
#include "core/async/random.h"
#include "core/async/task.h"

namespace firn {

// Something outside that completes work: sockets, child processes.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // True while it has work under way.
  [[nodiscard]] virtual bool is_busy() const = 0;
  // Handles what has completed (posting coroutines); blocks up to `wait` if nothing has.
  virtual void poll(Duration wait) = 0;
};

class Scheduler {
 public:
  // Both are owned by the caller and outlive the scheduler.
  Scheduler(Clock& clock, Random& random) : clock_(clock), random_(random) {}
  ~Scheduler() { abandon(); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] Instant now() const { return clock_.now(); }
  [[nodiscard]] Random& random() { return random_; }

  void add_event_source(EventSource& source) { sources_.push_back(&source); }
  void remove_event_source(EventSource& source);
  // Called at the end of every turn in which something ran, in order of registration.
  void at_end_of_turn(std::function<void()> hook) { hooks_.push_back(std::move(hook)); }

  // Makes a coroutine ready; it is resumed in order of posting.
  void post(std::coroutine_handle<> handle) { ready_.push_back(handle); }

  // co_await scheduler.sleep(duration): resumes when the clock has moved on by `duration`.
  struct Sleep {
    Scheduler& scheduler;
    Instant until;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { scheduler.add_timer(until, handle); }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] Sleep sleep(Duration duration) { return Sleep{*this, now() + duration}; }
  [[nodiscard]] Sleep sleep_until(Instant instant) { return Sleep{*this, instant}; }

  // co_await scheduler.yield(): lets everything else that is ready run first.
  struct Yield {
    Scheduler& scheduler;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { scheduler.post(handle); }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] Yield yield() { return Yield{*this}; }

  // Runs until `task` is done and answers its value. Aborts with a message if the task can never
  // finish (nothing ready, no timer, no busy source): a deadlock is our own mistake.
  template <class T>
  T run(Task<T> task);

  // Starts `task` without waiting; the scheduler owns it and destroys it the moment it is done.
  void spawn(Task<void> task);

  // Drops every spawned task that is not done, every timer and everything that is ready, as if the
  // process had died here. Call it before destroying what those tasks use; the destructor does it
  // last.
  void abandon();

 private:
  struct Timer {
    Instant at;
    std::uint64_t order;  // equal times fire in order of registration
    std::coroutine_handle<> handle;
    bool operator>(const Timer& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Spawned;
  static Spawned drive(Scheduler& scheduler, Task<void> task, std::size_t slot);
  void add_timer(Instant at, std::coroutine_handle<> handle);
  void run_until(const std::function<bool()>& is_done);
  bool resume_ready();
  void fire_timers();
  bool poll_sources();

  Clock& clock_;
  Random& random_;
  std::deque<std::coroutine_handle<>> ready_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::uint64_t timer_order_ = 0;
  std::vector<EventSource*> sources_;
  std::vector<std::function<void()>> hooks_;
  std::vector<std::coroutine_handle<>> spawned_;  // an empty handle is a free slot
  std::vector<std::size_t> free_slots_;
};

template <class T>
T Scheduler::run(Task<T> task) {
  post(task.handle());
  run_until([&task] { return task.is_done(); });
  return task.handle().promise().take();
}

}  // namespace firn
