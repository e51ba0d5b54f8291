#include "cli/interrupt.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <unistd.h>

#include "cli/console.h"

namespace firn::cli {
namespace {

// How long calls in flight have to end after the first signal.
constexpr unsigned patience_s = 10;

constexpr std::array stopping_signals{SIGINT, SIGTERM, SIGHUP};

// A signal handler can only reach what is static, and may run in any thread: the words are written
// beside those that it may be reading.
struct Words {
  std::array<char, 1024> text{};
  std::size_t size = 0;
};
std::array<Words, 2> words{};
std::atomic<unsigned> current_words{0};
std::atomic<bool> stop_requested{false};
std::atomic<bool> may_finish{false};
std::atomic<unsigned> patience{0};

static_assert(std::atomic<unsigned>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);

void say(const char* text, std::size_t size) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text, size);
}

[[noreturn]] void leave() {
  const Words& last = words[current_words % 2];
  say("\n", 1);
  say(last.text.data(), last.size);
  _exit(kExitInterrupted);
}

void handle(int signal) {
  if (!may_finish || signal == SIGALRM) leave();
  if (!stop_requested.exchange(true)) {
    constexpr char first[] =
        "\nStopping: calls in flight are finished and recorded. Again to leave at once.\n";
    say(first, sizeof first - 1);
    alarm(patience);
    return;
  }
  // Shells say it again when a terminal closes: that is no second wish.
  if (signal != SIGHUP) leave();
}

}  // namespace

void say_when_leaving(std::string_view said) {
  Words& next = words[(current_words + 1) % 2];
  next.size = std::min(said.size(), next.text.size());
  std::copy_n(said.begin(), next.size, next.text.begin());
  ++current_words;
}

void leave_on_signals() {
  say_when_leaving("Interrupted.\n");
  struct sigaction action {};
  action.sa_handler = handle;
  sigemptyset(&action.sa_mask);
  for (const int signal : stopping_signals) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
  sigaction(SIGALRM, &action, nullptr);
}

InterruptGuard::InterruptGuard(bool time_is_real) {
  // Whoever reads our output may leave (`firn apply … | head`): no reason to drop the work.
  std::signal(SIGPIPE, SIG_IGN);
  stop_requested = false;
  patience = time_is_real ? patience_s : 0;
  may_finish = true;
}

InterruptGuard::~InterruptGuard() {
  alarm(0);
  may_finish = false;
  say_when_leaving("Interrupted.\n");
}

const std::atomic<bool>& InterruptGuard::flag() const {
  return stop_requested;
}

}  // namespace firn::cli
