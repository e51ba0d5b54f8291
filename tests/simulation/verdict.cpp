#include "tests/simulation/verdict.h"

#include <cstdlib>
#include <fmt/format.h>
#include <utility>

#include "core/state/invariants.h"
#include "tests/simulation/offspring.h"

namespace firn::simulation {
namespace {

// After this nothing is spreading any more. Short enough for names that are burnt to stay so.
constexpr Duration all_has_spread = std::chrono::minutes(10);
constexpr int references = 3;

}  // namespace

void add(Problems& problems, const std::string& when, const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    problems.push_back(when + ": " + line);
}

void apply_what_stands(World& world, const Project& project, Problems& problems) {
  Process process;
  process.project = project;
  process.project.stack = "stands_already";
  if (exists(process.project)) add(problems, "what stands", world.run(process).problems);
}

std::string listed(const Problems& problems) {
  constexpr std::size_t shown_max = 7;
  std::string text;
  for (std::size_t i = 0; i < problems.size() && i < shown_max; ++i)
    text += fmt::format("  {}\n", problems[i]);
  if (problems.size() > shown_max)
    text += fmt::format("  … {} more\n", problems.size() - shown_max);
  return text;
}

void settle(World& world, const Process& first, int runs_max, Problems& problems) {
  Process process = first;
  for (int run = 1;; ++run) {
    const Ending ending = world.run(process);
    add(problems, fmt::format("run {}", run), ending.problems);
    if (!problems.empty()) return;
    if (ending.complete && !ending.had_work) return;
    if (run > runs_max) {
      add(problems, fmt::format("run {} still has work", run), ending.work);
      return;
    }
    process.at_each_moment = {};
  }
}

void check_state(const World& world, const Project& project, Problems& problems) {
  const State state = world.state(project);
  add(problems, "the state", check_invariants(state));
  for (const Intent& intent : state.open_intents)
    problems.push_back("an intent is still open: " + intent.address);
  for (const auto& [address, resource] : state.resources) {
    if (resource.incomplete) problems.push_back(address + " is still incomplete");
    if (resource.deposed) problems.push_back(address + " is still there");
  }
}

void check_clouds(World& world, const Yardstick& expected, const std::string& when,
                  Problems& problems, Yardstick::Fewer fewer, Yardstick::Burnt burnt) {
  if (const Status advanced = world.clouds().advance(all_has_spread); !advanced)
    problems.push_back(advanced.error().summary);
  add(problems, when, expected.differences(world.snapshot(), fewer, burnt));
}

std::vector<Yardstick> yardsticks_of(std::uint64_t seed, const Story& story) {
  std::vector<std::vector<Snapshot>> looks;  // by look, then by world
  for (int i = 0; i < references; ++i) {
    const ScratchFolder folder;
    // Each with ids of its own: the seed says from where they count.
    World world(seed + static_cast<std::uint64_t>(i) * 7919, folder.path(),
                folder.path() + "/sandbox.db");
    Weather weather;
    weather.latency_max *= i + 1;
    Problems problems;
    std::size_t count = 0;
    const auto look = [&] {
      static_cast<void>(world.clouds().advance(all_has_spread * (i + 1)));
      if (looks.size() == count) looks.emplace_back();
      looks[count++].push_back(world.snapshot());
    };
    story(world, weather, look, problems);
    if (!problems.empty()) {
      give_up("without a crash, already: " + problems.front());
    }
  }
  std::vector<Yardstick> yardsticks;
  for (std::vector<Snapshot>& snapshots : looks)
    yardsticks.emplace_back(std::move(snapshots));
  return yardsticks;
}

}  // namespace firn::simulation
