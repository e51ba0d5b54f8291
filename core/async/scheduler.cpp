#include "core/async/scheduler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace firn {
namespace {

constexpr std::size_t resumptions_per_turn = 10'000;
// The longest that one wait for the outside world lasts, so that an interrupt is noticed.
constexpr Duration wait_max = std::chrono::milliseconds(100);
// With several busy sources only one can be waited for at a time.
constexpr Duration wait_max_of_several = std::chrono::milliseconds(5);

}  // namespace

// A coroutine that owns a spawned task and destroys itself, and so the task, when that is done. A
// task's parameters live as long as its frame: a permit among them must not wait for a clean-up.
struct Scheduler::Spawned {
  struct promise_type {
    Spawned get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
  std::coroutine_handle<> handle;
};

Scheduler::Spawned Scheduler::drive(Scheduler& scheduler, Task<void> task, std::size_t slot) {
  co_await task;
  scheduler.spawned_[slot] = nullptr;
  scheduler.free_slots_.push_back(slot);
}

void Scheduler::spawn(Task<void> task) {
  if (free_slots_.empty()) {
    free_slots_.push_back(spawned_.size());
    spawned_.emplace_back();
  }
  const std::size_t slot = free_slots_.back();
  free_slots_.pop_back();
  spawned_[slot] = drive(*this, std::move(task), slot).handle;
  post(spawned_[slot]);
}

void Scheduler::abandon() {
  ready_.clear();
  timers_ = {};
  // Youngest first: a task may refer to what the one that spawned it holds.
  std::vector<std::coroutine_handle<>> unfinished = std::exchange(spawned_, {});
  free_slots_.clear();
  for (auto handle = unfinished.rbegin(); handle != unfinished.rend(); ++handle) {
    if (*handle) handle->destroy();
  }
  ready_.clear();  // destroyed tasks gave back permits, and so made others ready
}

void Scheduler::remove_event_source(EventSource& source) {
  std::erase(sources_, &source);
}

void Scheduler::add_timer(Instant at, std::coroutine_handle<> handle) {
  timers_.push(Timer{at, timer_order_++, handle});
}

bool Scheduler::resume_ready() {
  std::size_t resumed = 0;
  for (; !ready_.empty() && resumed < resumptions_per_turn; ++resumed) {
    const auto handle = ready_.front();
    ready_.pop_front();
    handle.resume();
  }
  return resumed > 0;
}

void Scheduler::fire_timers() {
  if (timers_.empty()) return;
  for (const Instant now = clock_.now(); !timers_.empty() && timers_.top().at <= now;) {
    post(timers_.top().handle);
    timers_.pop();
  }
}

// Gives the event sources a chance; waits for them if nothing else can be done. False when none is
// busy.
bool Scheduler::poll_sources() {
  const auto is_busy = [](const EventSource* source) { return source->is_busy(); };
  const auto busy = std::count_if(sources_.begin(), sources_.end(), is_busy);
  if (busy == 0) return false;
  // By index, and looked up anew: a source may leave while it or another one is polled.
  for (std::size_t i = 0; busy > 1 && i < sources_.size(); ++i) {
    if (sources_[i]->is_busy()) sources_[i]->poll(Duration::zero());
  }
  Duration wait = busy > 1 ? wait_max_of_several : wait_max;
  // A virtual clock stands still while the outside world works: a timer must not overtake it.
  if (!timers_.empty() && !clock_.is_virtual()) {
    wait = std::clamp(timers_.top().at - clock_.now(), Duration::zero(), wait);
  }
  if (!ready_.empty()) wait = Duration::zero();
  const auto source = std::find_if(sources_.begin(), sources_.end(), is_busy);
  if (source != sources_.end()) (*source)->poll(wait);
  return true;
}

void Scheduler::run_until(const std::function<bool()>& is_done) {
  while (true) {
    fire_timers();
    if (resume_ready()) {
      // By index: a hook may register another one.
      for (std::size_t i = 0; i < hooks_.size(); ++i)
        hooks_[i]();
    }
    if (is_done()) return;
    if (poll_sources() || !ready_.empty()) continue;
    if (timers_.empty()) {
      std::fputs(
          "firn: bug: the run can never finish: nothing is ready, no timer is set and no transfer "
          "is under way; please report this\n",
          stderr);
      std::abort();
    }
    clock_.advance_to(timers_.top().at);
  }
}

}  // namespace firn
