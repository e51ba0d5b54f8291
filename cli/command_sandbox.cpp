// sandbox status, log, advance, reset.
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/project.h"
#include "core/value/json.h"
#include "sandbox/sandbox.h"

namespace firn::cli {
namespace {

std::unique_ptr<sandbox::Sandbox> open_sandbox(const Arguments& arguments, Console& console) {
  sandbox::Options options;
  options.file = arguments.sandbox.value_or("");
  if (options.file.empty()) {
    const std::filesystem::path root = find_root();
    options.file = (root / ".firn/sandbox.db").lexically_normal().string();
  }
  if (!std::filesystem::exists(options.file)) {
    Diagnostics diagnostics;
    diagnostics.error({}, fmt::format("there is no sandbox at {}", options.file),
                      "A sandbox comes into being with the first run that uses it.",
                      "run `firn plan STACK --env local`, or name its file with --sandbox FILE");
    console.show(diagnostics);
    return nullptr;
  }
  auto opened = sandbox::Sandbox::open(options);
  if (!opened) {
    console.show(opened.error());
    return nullptr;
  }
  return std::move(*opened);
}

// "73h", "90s", "2d", "15m"; several may follow each other: "1h30m".
std::optional<Duration> parse_duration(std::string_view text) {
  Duration total{0};
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count < 0 || count > 1'000'000'000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with("ms")) return std::nullopt;
    if (text.empty()) return std::nullopt;
    switch (text[0]) {
      case 's':
        total += std::chrono::seconds(count);
        break;
      case 'm':
        total += std::chrono::minutes(count);
        break;
      case 'h':
        total += std::chrono::hours(count);
        break;
      case 'd':
        total += std::chrono::hours(24 * count);
        break;
      default:
        return std::nullopt;
    }
    text.remove_prefix(1);
  }
  return total;
}

}  // namespace

int run_sandbox_status(const Arguments& arguments, Console& console) {
  const auto opened = open_sandbox(arguments, console);
  if (opened == nullptr) return kExitError;
  const auto counts = opened->status();
  if (arguments.json) {
    List items;
    for (const auto& count : counts) {
      items.emplace_back(Map{{"kind", Value(count.kind)},
                             {"account", Value(count.account)},
                             {"count", Value(static_cast<std::int64_t>(count.count))}});
    }
    console.line(to_pretty_json(Value(Map{{"time", Value(format_iso(opened->clock().now()))},
                                          {"objects", Value(std::move(items))}})));
    return kExitOk;
  }
  console.line(fmt::format("The sandbox's time is {}.", format_iso(opened->clock().now())));
  for (const auto& count : counts) {
    console.line(fmt::format("  {:>5}  {}  ({})", count.count, count.kind, count.account));
  }
  if (counts.empty()) console.line("It is empty.");
  return kExitOk;
}

int run_sandbox_log(const Arguments& arguments, Console& console) {
  const auto opened = open_sandbox(arguments, console);
  if (opened == nullptr) return kExitError;
  List items;
  for (const auto& entry : opened->log()) {
    if (arguments.json) {
      items.emplace_back(Map{{"at", Value(format_iso_ms(entry.at))},
                             {"cloud", Value(entry.cloud)},
                             {"service", Value(entry.service)},
                             {"operation", Value(entry.operation)},
                             {"target", Value(entry.target)},
                             {"address", Value(entry.address)},
                             {"status", Value(static_cast<std::int64_t>(entry.status))},
                             {"error", Value(entry.error)}});
      continue;
    }
    std::string line = fmt::format("{}  {:<14} {:<28} {:>3}  {}", format_iso(entry.at),
                                   entry.service, entry.operation, entry.status, entry.target);
    if (!entry.error.empty()) line += "  " + entry.error;
    if (!entry.address.empty()) line += "  (" + entry.address + ")";
    while (line.ends_with(' '))
      line.pop_back();
    console.line(line);
  }
  if (arguments.json) console.line(to_pretty_json(Value(std::move(items))));
  return kExitOk;
}

int run_sandbox_advance(const Arguments& arguments, Console& console) {
  const auto duration = parse_duration(arguments.subject);
  if (!duration) {
    Diagnostics diagnostics;
    diagnostics.error({}, fmt::format("\"{}\" is not a duration", arguments.subject), {},
                      "write it like 30s, 5m, 73h, 2d or 1h30m");
    console.show(diagnostics);
    return kExitError;
  }
  const auto opened = open_sandbox(arguments, console);
  if (opened == nullptr) return kExitError;
  if (const Status moved = opened->advance(*duration); !moved) {
    console.show(moved.error());
    return kExitError;
  }
  console.line(fmt::format("The sandbox's time is now {}.", format_iso(opened->clock().now())));
  return kExitOk;
}

int run_sandbox_reset(const Arguments& arguments, Console& console) {
  const auto opened = open_sandbox(arguments, console);
  if (opened == nullptr) return kExitError;
  if (const Status emptied = opened->reset(); !emptied) {
    console.show(emptied.error());
    return kExitError;
  }
  console.line(
      "The sandbox is empty. States that describe what was in it will plan everything anew.");
  return kExitOk;
}

}  // namespace firn::cli
