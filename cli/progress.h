// What an apply shows while it runs: a live display on a terminal, plain lines elsewhere.
#pragma once

#include <map>
#include <string>

#include "cli/console.h"
#include "core/apply/apply.h"

namespace firn::cli {

class Progress final : public ApplyObserver {
 public:
  // `clock` is the engine's: in a sandbox run the times shown are the sandbox's.
  Progress(Console& console, const Scheduler& scheduler)
      : console_(console), scheduler_(scheduler) {}
  ~Progress() override;

  void planned(std::size_t operations) override;
  void begun(const Step& step, OperationKind kind) override;
  void progress(const Step& step, std::string_view line) override;
  void finished(const Step& step, OperationKind kind, Duration elapsed) override;
  void failed(const Step& step, OperationKind kind, const Error& error) override;

 private:
  struct Running {
    OperationKind kind = OperationKind::create;
    Instant since{};
    std::string line;
  };
  void clear_live();
  void draw_live();
  void print(const std::string& text);

  Console& console_;
  const Scheduler& scheduler_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  std::size_t live_lines_ = 0;
  std::map<std::string, Running> running_;  // by address
};

// "1.2 s", "350 ms", "2 min 5 s".
[[nodiscard]] std::string duration_text(Duration duration);

// The last words of an apply: done, failed and why, not started.
[[nodiscard]] std::string outcome_text(const ApplyOutcome& outcome, const Console& console);

}  // namespace firn::cli
