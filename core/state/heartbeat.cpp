#include "core/state/heartbeat.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <utility>

#include "core/state/lease.h"

namespace firn {

Instant RealLeaseClock::now() {
  return std::chrono::system_clock::now();
}

bool RealLeaseClock::wait_until(Instant until, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  // By the steady clock: somebody who sets the wall clock back must not stop the signs of life.
  woken.wait_for(lock, stop, until - now(), [] { return false; });
  return !stop.stop_requested();
}

Heartbeat::Heartbeat(std::string path, FileIdentity file, std::int64_t token, LeaseTerms terms)
    : path_(std::move(path)), file_(file), token_(token), terms_(terms) {
  // A signal (Ctrl-C) is for the engine's thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Heartbeat::~Heartbeat() = default;

void Heartbeat::run(const std::stop_token& stop) {
  std::optional<sqlite::Database> database;
  while (terms_.clock->wait_until(terms_.clock->now() + terms_.beat, stop)) {
    // Opened at the first beat: most runs are over before it.
    if (!database) {
      // Another file in its place is not ours to write to; a commit will say so.
      if (identity_of(path_) != file_) continue;
      auto opened = sqlite::Database::open(path_, sqlite::Database::Access::write);
      if (!opened) continue;  // the next beat tries again; a commit will say what is wrong
      database = std::move(*opened);
    }
    const auto is_ours = extend_lease(*database, token_, terms_.clock->now() + terms_.length);
    if (is_ours && !*is_ours) {
      has_lost_.store(true, std::memory_order_release);
      return;
    }
  }
}

}  // namespace firn
