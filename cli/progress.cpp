#include "cli/progress.h"

#include <algorithm>
#include <fmt/format.h>

#include "cli/interrupt.h"
#include "core/base/text.h"

namespace firn::cli {
namespace {

constexpr std::size_t kLiveMax = 12;    // running operations shown at once
constexpr std::size_t kWaitingMax = 3;  // waiting ones
constexpr Duration kTick = std::chrono::seconds(1);

std::string_view word_of(OperationKind kind, bool done) {
  switch (kind) {
    case OperationKind::look_up:
      return done ? "read" : "reading";
    case OperationKind::create:
      return done ? "created" : "creating";
    case OperationKind::update:
      return done ? "changed" : "changing";
    case OperationKind::adopt:
      return done ? "imported" : "importing";
    case OperationKind::remove:
      return done ? "removed" : "removing";
  }
  return "";
}

}  // namespace

std::string duration_text(Duration duration) {
  using namespace std::chrono;
  const auto milliseconds = duration_cast<std::chrono::milliseconds>(duration).count();
  if (milliseconds < 1000) return fmt::format("{} ms", milliseconds);
  if (milliseconds < 60'000) {
    return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000.0);
  }
  return fmt::format("{} min {} s", milliseconds / 60'000, milliseconds / 1000 % 60);
}

Progress::Progress(Console& console, Scheduler& scheduler, const Plan& plan)
    : console_(console), scheduler_(scheduler), plan_(plan) {
  if (!console_.error_is_terminal() || scheduler_.clock().is_virtual()) return;
  Task<void> ticking = tick(&scheduler_, this, is_alive_);
  scheduler_.spawn(std::move(ticking));
}

Progress::~Progress() {
  *is_alive_ = false;
  clear_live();
}

// Outlives the display by at most one tick, which then finds it gone.
Task<void> Progress::tick(Scheduler* scheduler, Progress* progress,
                          std::shared_ptr<bool> is_alive) {
  while (*is_alive) {
    co_await scheduler->sleep(kTick);
    if (*is_alive) progress->redraw();
  }
}

void Progress::planned(std::size_t operations) {
  total_ = operations;
  prepare_farewell();
}

// What a second Ctrl-C says, which leaves no time to find words.
void Progress::prepare_farewell() const {
  std::vector<std::string> under_way;
  for (const auto& [address, running] : running_) {
    if (under_way.size() == kLiveMax) break;
    under_way.push_back(address);
  }
  std::string text = fmt::format("Left with {} of {} operations done", done_, total_);
  if (!under_way.empty()) {
    text += fmt::format(" and {} under way: {}{}", running_.size(), join(under_way, ", "),
                        under_way.size() < running_.size() ? ", …" : "");
  }
  const std::size_t begun = std::min(total_, done_ + running_.size());
  text += fmt::format("; {} not started.\n", total_ - begun);
  if (!under_way.empty()) {
    text += "The journal knows what was under way: the next run looks up what became of it.\n";
  }
  say_when_leaving(text);
}

void Progress::clear_live() {
  if (live_lines_ == 0) return;
  std::string text = "\r";
  for (std::size_t i = 0; i < live_lines_; ++i)
    text += "\x1b[1A\x1b[2K";
  console_.err(text);
  live_lines_ = 0;
}

// The block of running operations below the lines that stay. Redrawn at every event.
void Progress::draw_live() {
  if (!console_.error_is_terminal() || running_.empty()) return;
  const auto width = static_cast<std::size_t>(std::max(console_.width(), 20));
  std::string text;
  std::size_t shown = 0;
  for (const auto& [address, running] : running_) {
    if (shown == kLiveMax) break;
    std::string line = fmt::format("  … {} {} {}", word_of(running.kind, false), address,
                                   duration_text(scheduler_.now() - running.since));
    if (!running.line.empty()) line += ": " + running.line;
    text += line.substr(0, width - 1) + "\n";
    ++shown;
  }
  for (const std::string& line : waiting_lines()) {
    text += line.substr(0, width - 1) + "\n";
    ++shown;
  }
  text += fmt::format("  {} of {} done, {} running, {} waiting\n", done_, total_, running_.size(),
                      total_ - std::min(total_, done_ + running_.size()));
  console_.err(text);
  live_lines_ = shown + 1;
}

void Progress::redraw() {
  if (!console_.error_is_terminal()) return;
  clear_live();
  draw_live();
}

// The next few that have not begun, and what each waits on.
std::vector<std::string> Progress::waiting_lines() {
  std::vector<std::string> lines;
  if (plan_.is_destroy) return lines;  // there the order runs the other way
  const auto is_settled = [&](const Step& step) {
    return step.action == Action::none || settled_.contains(step.address);
  };
  while (first_unsettled_ < plan_.steps.size() && is_settled(plan_.steps[first_unsettled_]))
    ++first_unsettled_;
  for (std::size_t i = first_unsettled_; i < plan_.steps.size(); ++i) {
    if (lines.size() == kWaitingMax) break;
    const Step& step = plan_.steps[i];
    if (is_settled(step) || running_.contains(step.address)) continue;
    std::vector<std::string> needs;
    for (const auto* list : {&step.dependencies, &step.look_ups}) {
      for (const std::string& need : *list) {
        if (running_.contains(need)) needs.push_back(need);
      }
    }
    if (needs.empty()) continue;  // waits on something that waits itself
    lines.push_back(fmt::format("  · {} waits on {}", step.address, join(needs, ", ")));
  }
  return lines;
}

void Progress::print(const std::string& text) {
  clear_live();
  console_.error_line(text);
  draw_live();
}

// " (1.2 s)"; nothing when no time passed, as is usual in the sandbox.
std::string Progress::took(Duration elapsed) const {
  if (elapsed < std::chrono::milliseconds(1)) return {};
  return fmt::format(" ({})", duration_text(elapsed));
}

void Progress::begun(const Step& step, OperationKind kind) {
  running_[step.address] = {kind, scheduler_.now(), {}};
  prepare_farewell();
  redraw();
}

void Progress::progress(const Step& step, std::string_view line) {
  const auto found = running_.find(step.address);
  if (found == running_.end() || found->second.line == line) return;
  found->second.line = std::string(line);
  if (console_.error_is_terminal()) {
    redraw();
  } else {
    console_.error_line(fmt::format("  … {}: {}", step.address, line));
  }
}

void Progress::finished(const Step& step, OperationKind kind, Duration elapsed) {
  running_.erase(step.address);
  settled_.insert(step.address);
  ++done_;
  prepare_farewell();
  const bool is_old = kind == OperationKind::remove && !step.name_before.empty();
  const std::string& shown = is_old ? step.name_before : step.name;
  const std::string name = shown.empty() ? std::string() : " " + shown;
  print(fmt::format("  ✓ {} {}{}{}", step.address, word_of(kind, true), name, took(elapsed)));
}

void Progress::failed(const Step& step, OperationKind kind, const Error& error) {
  running_.erase(step.address);
  settled_.insert(step.address);
  ++done_;
  prepare_farewell();
  print(fmt::format("  ✗ {} not {}: {}", step.address, word_of(kind, true), error.summary));
}

std::string outcome_text(const ApplyOutcome& outcome, const Console& console) {
  std::string text;
  std::string counts =
      fmt::format("{} created, {} changed, {} replaced, {} removed", outcome.created,
                  outcome.updated, outcome.replaced, outcome.removed);
  if (outcome.adopted > 0) counts = fmt::format("{} imported", outcome.adopted);
  if (outcome.is_complete()) {
    text += console.styled(Style::green, "Done: " + counts + ".") + "\n";
  } else {
    text += console.styled(Style::red,
                           fmt::format("Not finished: {}, {} failed, {} not started.", counts,
                                       outcome.failures.size(), outcome.not_started.size())) +
            "\n";
    std::vector<ApplyFailure> failures = outcome.failures;  // in the order of their ends
    std::sort(failures.begin(), failures.end(),
              [](const ApplyFailure& a, const ApplyFailure& b) { return a.address < b.address; });
    for (const ApplyFailure& failure : failures) {
      text += fmt::format("  failed: {}: {}{}\n", failure.address, failure.error.summary,
                          failure.error.may_have_been_applied ? " (it may have been done)" : "");
    }
    for (const NotStarted& item : outcome.not_started) {
      text += item.because.empty()
                  ? fmt::format("  not started: {}\n", item.address)
                  : fmt::format("  not started: {} (needs {})\n", item.address, item.because);
    }
    text += "  What was done is in the state; the same command goes on from there.\n";
  }
  for (const Tombstone& tombstone : outcome.tombstones) {
    text += fmt::format("  The name {} stays taken until {}: {}.\n", tombstone.name,
                        format_iso(tombstone.until), tombstone.reason);
  }
  return text;
}

}  // namespace firn::cli
