#include "cli/progress.h"

#include <algorithm>
#include <fmt/format.h>

namespace firn::cli {
namespace {

constexpr std::size_t kLiveMax = 12;  // running operations shown at once

std::string_view word_of(OperationKind kind, bool done) {
  switch (kind) {
    case OperationKind::look_up:
      return done ? "read" : "reading";
    case OperationKind::create:
      return done ? "created" : "creating";
    case OperationKind::update:
      return done ? "changed" : "changing";
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

Progress::~Progress() {
  clear_live();
}

void Progress::planned(std::size_t operations) {
  total_ = operations;
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
  text += fmt::format("  {} of {} done, {} running, {} waiting\n", done_, total_, running_.size(),
                      total_ - std::min(total_, done_ + running_.size()));
  console_.err(text);
  live_lines_ = shown + 1;
}

void Progress::print(const std::string& text) {
  clear_live();
  console_.error_line(text);
  draw_live();
}

void Progress::begun(const Step& step, OperationKind kind) {
  running_[step.address] = {kind, scheduler_.now(), {}};
  if (console_.error_is_terminal()) {
    clear_live();
    draw_live();
  }
}

void Progress::progress(const Step& step, std::string_view line) {
  const auto found = running_.find(step.address);
  if (found == running_.end() || found->second.line == line) return;
  found->second.line = std::string(line);
  if (console_.error_is_terminal()) {
    clear_live();
    draw_live();
  } else {
    console_.error_line(fmt::format("  … {}: {}", step.address, line));
  }
}

void Progress::finished(const Step& step, OperationKind kind, Duration elapsed) {
  running_.erase(step.address);
  ++done_;
  const std::string name = step.name.empty() ? std::string() : " " + step.name;
  print(fmt::format("  ✓ {} {}{} ({})", step.address, word_of(kind, true), name,
                    duration_text(elapsed)));
}

void Progress::failed(const Step& step, OperationKind kind, const Error& error) {
  running_.erase(step.address);
  ++done_;
  print(fmt::format("  ✗ {} not {}: {}", step.address, word_of(kind, true), error.summary));
}

std::string outcome_text(const ApplyOutcome& outcome, const Console& console) {
  std::string text;
  const std::string counts =
      fmt::format("{} created, {} changed, {} replaced, {} removed", outcome.created,
                  outcome.updated, outcome.replaced, outcome.removed);
  if (outcome.is_complete()) {
    text += console.styled(Style::green, "Done: " + counts + ".") + "\n";
  } else {
    text += console.styled(Style::red,
                           fmt::format("Not finished: {}, {} failed, {} not started.", counts,
                                       outcome.failures.size(), outcome.not_started.size())) +
            "\n";
    for (const NotStarted& item : outcome.not_started) {
      text += item.because.empty()
                  ? fmt::format("  not started: {}\n", item.address)
                  : fmt::format("  not started: {} (needs {})\n", item.address, item.because);
    }
  }
  for (const Tombstone& tombstone : outcome.tombstones) {
    text += fmt::format("  The name {} stays taken until {}: {}.\n", tombstone.name,
                        format_iso(tombstone.until), tombstone.reason);
  }
  return text;
}

}  // namespace firn::cli
