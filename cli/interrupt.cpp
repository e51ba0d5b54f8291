#include "cli/interrupt.h"

#include <csignal>
#include <unistd.h>

#include "cli/console.h"

namespace firn::cli {
namespace {

// A signal handler can only reach what is static.
std::atomic<bool> stop_requested{false};

void handle(int) {
  constexpr char kFirst[] =
      "\nStopping: calls in flight are finished and recorded. Again to leave at once.\n";
  constexpr char kSecond[] = "\nLeft at once. The journal knows what was begun.\n";
  if (stop_requested.exchange(true)) {
    [[maybe_unused]] const auto second = write(STDERR_FILENO, kSecond, sizeof kSecond - 1);
    _exit(kExitInterrupted);
  }
  [[maybe_unused]] const auto first = write(STDERR_FILENO, kFirst, sizeof kFirst - 1);
}

void install(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  stop_requested = false;
  // Whoever reads our output may leave (`firn apply … | head`): no reason to drop the work.
  std::signal(SIGPIPE, SIG_IGN);
  install(handle);
}

InterruptGuard::~InterruptGuard() {
  install(SIG_DFL);
}

const std::atomic<bool>& InterruptGuard::flag() const {
  return stop_requested;
}

}  // namespace firn::cli
