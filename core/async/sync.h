// Waiting for each other: events, semaphores, and many tasks at once.
#pragma once

#include <coroutine>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "core/async/scheduler.h"
#include "core/async/task.h"

namespace firn {

// A gate that opens once and stays open.
class Event {
 public:
  explicit Event(Scheduler& scheduler) : scheduler_(scheduler) {}
  [[nodiscard]] bool is_set() const { return set_; }
  void set() {
    set_ = true;
    for (auto waiter : std::exchange(waiters_, {}))
      scheduler_.post(waiter);
  }
  bool await_ready() const noexcept { return set_; }
  void await_suspend(std::coroutine_handle<> handle) { waiters_.push_back(handle); }
  void await_resume() const noexcept {}

 private:
  Scheduler& scheduler_;
  bool set_ = false;
  std::vector<std::coroutine_handle<>> waiters_;
};

// A counted budget, first come first served. `Permit permit = co_await semaphore;`
class Semaphore {
 public:
  Semaphore(Scheduler& scheduler, std::size_t permits)
      : scheduler_(scheduler), available_(permits) {}

  class [[nodiscard]] Permit {
   public:
    Permit() = default;
    explicit Permit(Semaphore* owner) : owner_(owner) {}
    Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      if (this != &other) {
        release();
        owner_ = std::exchange(other.owner_, nullptr);
      }
      return *this;
    }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() { release(); }
    void release() {
      if (auto* owner = std::exchange(owner_, nullptr)) owner->give_back();
    }

   private:
    Semaphore* owner_ = nullptr;
  };

  bool await_ready() noexcept {
    if (available_ == 0) return false;
    --available_;
    return true;
  }
  void await_suspend(std::coroutine_handle<> handle) { waiters_.push_back(handle); }
  Permit await_resume() noexcept { return Permit(this); }

 private:
  void give_back() {
    if (waiters_.empty()) {
      ++available_;
      return;
    }
    scheduler_.post(waiters_.front());  // the permit passes on without being counted back
    waiters_.pop_front();
  }

  Scheduler& scheduler_;
  std::size_t available_;
  std::deque<std::coroutine_handle<>> waiters_;
};

// Runs all tasks concurrently and answers their values in order.
template <class T>
Task<std::vector<T>> when_all(Scheduler& scheduler, std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> values(tasks.size());
  std::size_t left = tasks.size();
  Event done(scheduler);
  if (left == 0) done.set();
  struct Runner {
    static Task<void> one(Task<T>& task, std::optional<T>& slot, std::size_t& left, Event& done) {
      slot.emplace(co_await task);
      if (--left == 0) done.set();
    }
  };
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    Task<void> runner = Runner::one(tasks[i], values[i], left, done);
    scheduler.spawn(std::move(runner));
  }
  co_await done;
  std::vector<T> answers;
  answers.reserve(values.size());
  for (auto& value : values)
    answers.push_back(std::move(*value));
  co_return answers;
}

}  // namespace firn
