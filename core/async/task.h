// Task<T>: a lazy coroutine. It starts when awaited and resumes its awaiter when done.
//
// One thread runs all tasks of an engine (core/async/scheduler.h); nothing here is thread-safe, and
// nothing needs to be.
//
// GCC 12 mishandles temporaries in `co_await` arguments and initializer lists inside coroutines:
// name the temporary first.
//
//   Request request = make_request();           // good
//   auto response = co_await send(std::move(request));
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace firn {

template <class T>
class Task;

namespace detail {

struct TaskPromiseBase {
  std::coroutine_handle<> awaiter;
  bool awaiter_is_suspended = false;  // it waits for us to resume it

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
      const TaskPromiseBase& promise = self.promise();
      return promise.awaiter_is_suspended ? promise.awaiter : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
  // Failures travel as Result<T>. An exception that gets here is our own mistake.
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Awaiting starts the task. The Task must outlive the wait (it does in `co_await f()`). A task
  // that finishes without waiting for anything lets its awaiter go on in place, so a loop over a
  // million such tasks needs no stack (without optimisation GCC makes no tail calls).
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter) {
    auto& promise = handle_.promise();
    promise.awaiter = awaiter;
    handle_.resume();
    if (handle_.done()) return false;
    promise.awaiter_is_suspended = true;
    return true;
  }
  T await_resume() { return handle_.promise().take(); }

  [[nodiscard]] bool is_done() const { return handle_ && handle_.done(); }
  [[nodiscard]] Handle handle() const { return handle_; }

 private:
  Handle handle_;
};

namespace detail {
template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
}  // namespace detail

}  // namespace firn
