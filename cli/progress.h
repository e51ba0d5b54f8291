// What an apply shows while it runs: a live display on a terminal, plain lines elsewhere.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "cli/console.h"
#include "core/apply/apply.h"

namespace firn::cli {

class Progress final : public ApplyObserver {
 public:
  // The times shown are the scheduler's: in a sandbox run the sandbox's. On a terminal, and in real
  // time, the display moves on each second. `plan` says what waits on what; it outlives this.
  Progress(Console& console, Scheduler& scheduler, const Plan& plan);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

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
  static Task<void> tick(Scheduler* scheduler, Progress* progress, std::shared_ptr<bool> is_alive);
  void prepare_farewell() const;
  void clear_live();
  void draw_live();
  void redraw();
  void print(const std::string& text);
  [[nodiscard]] std::vector<std::string> waiting_lines();
  [[nodiscard]] std::string took(Duration elapsed) const;

  Console& console_;
  Scheduler& scheduler_;
  const Plan& plan_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
  std::set<std::string, std::less<>> settled_;  // addresses that nobody waits on any more
  std::size_t first_unsettled_ = 0;             // step of the plan; all before are settled
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
