// A lifeline: counts the moments of a process at which it may die, and says when it is dead.
//
// A moment is before a request leaves, after its effect and before its answer, before a landing of
// the state and after it: between two moments nothing happens that anybody else could see.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <utility>

namespace firn::simulation {

class Lifeline {
 public:
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  // Called at every moment with its number and what happens there.
  using Watcher = std::function<void(std::size_t moment, const std::string& what)>;

  // `dies_at` counts from 0. `on_death` is called once, at that moment.
  Lifeline(std::size_t dies_at, Watcher watcher, std::function<void()> on_death)
      : dies_at_(dies_at), watcher_(std::move(watcher)), on_death_(std::move(on_death)) {}

  // False: the process is dead, and whatever it does has no effect any more.
  bool pass(const std::string& what) {
    if (is_dead_) return false;
    const std::size_t moment = moments_++;
    if (watcher_) watcher_(moment, what);
    if (moment != dies_at_) return true;
    is_dead_ = true;
    last_ = what;
    on_death_();
    return false;
  }
  [[nodiscard]] bool is_dead() const { return is_dead_; }
  [[nodiscard]] std::size_t moments() const { return moments_; }
  [[nodiscard]] const std::string& last() const { return last_; }  // where it died

 private:
  std::size_t dies_at_;
  Watcher watcher_;
  std::function<void()> on_death_;
  std::size_t moments_ = 0;
  bool is_dead_ = false;
  std::string last_;
};

}  // namespace firn::simulation
