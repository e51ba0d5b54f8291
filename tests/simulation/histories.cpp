// Random histories of one stack: processes that meet with bad weather, die and are started again,
// stacks that are edited in between, objects that somebody deletes; and whether it all ends well.
//
//   firn_histories --projects FOLDER[,FOLDER …] [--stack finance] [--env local]
//                  [--from SEED] [--count N] [--jobs N] [--tell]
//
// The projects are versions of one stack. Everything in a history follows from its seed: which
// version is applied or destroyed, in which weather, at which moment the process dies, what is
// deleted in the cloud. After each process the state is sound. In the end one version is applied in
// good weather: the clouds then hold what they hold in a world in which nothing else has happened
// (but for names that were burnt), a plan is empty, and destroy leaves nothing.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <thread>
#include <vector>

#include "core/base/text.h"
#include "core/state/invariants.h"
#include "core/state/state.h"
#include "tests/simulation/offspring.h"
#include "tests/simulation/verdict.h"

namespace {

using namespace firn;
using namespace firn::simulation;

struct Options {
  std::vector<std::string> projects;
  std::string stack = "finance";
  std::string environment = "local";
  std::uint64_t from = 1;
  std::uint64_t count = 100;
  std::size_t jobs = std::max(1U, std::thread::hardware_concurrency());
  bool tell = false;
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--tell") {
      options.tell = true;
      continue;
    }
    if (++i >= argc) give_up(flag + " needs a value");
    const std::string value = argv[i];
    if (flag == "--projects") {
      options.projects = split(value, ',');
    } else if (flag == "--stack") {
      options.stack = value;
    } else if (flag == "--env") {
      options.environment = value;
    } else if (flag == "--from") {
      options.from = std::stoull(value);
    } else if (flag == "--count") {
      options.count = std::stoull(value);
    } else if (flag == "--jobs") {
      options.jobs = std::stoul(value);
    } else {
      give_up("no such flag: " + flag);
    }
  }
  if (options.projects.empty()) give_up("--projects names at least one folder");
  return options;
}

// A history's own chance, so that what a process draws does not change what comes after it.
class Fate {
 public:
  explicit Fate(std::uint64_t seed) : random_(seed * 2'654'435'761 + 1) {}
  bool happens(std::uint64_t percent) { return random_.next() % 100 < percent; }
  std::uint64_t below(std::uint64_t end) { return random_.next() % end; }

 private:
  SeededRandom random_;
};

Weather draw_weather(Fate& fate) {
  Weather weather;
  weather.latency_max = std::chrono::milliseconds(50 + fate.below(2000));
  if (fate.happens(40)) return weather;
  weather.throttled = fate.below(80);
  weather.unavailable = fate.below(50);
  weather.cut_before = fate.below(20);
  weather.cut_after = fate.below(20);
  return weather;
}

Duration draw_lag(Fate& fate) {
  if (fate.happens(50)) return Duration::zero();
  return std::chrono::milliseconds(fate.below(5000));
}

std::string text_of(const Weather& weather) {
  return fmt::format(
      "SHOW {} ms behind, throttled {}, unavailable {}, cut before {}, cut after {} of 1000",
      std::chrono::floor<std::chrono::milliseconds>(weather.show_lag).count(), weather.throttled,
      weather.unavailable, weather.cut_before, weather.cut_after);
}

class Histories {
 public:
  explicit Histories(Options options) : options_(std::move(options)), offspring_(options_.jobs) {
    for (const std::string& project : options_.projects)
      yardsticks_.push_back(yardsticks_of(1, story(project)));
  }

  int run() {
    const auto begun = std::chrono::steady_clock::now();
    for (std::uint64_t seed = options_.from; seed < options_.from + options_.count; ++seed) {
      const auto pack = [](const std::string&) {};
      offspring_.live(fmt::format("seed {}", seed), pack,
                      [&](const std::string& folder) { return history(seed, folder); });
    }
    offspring_.wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    const Tally& tally = offspring_.tally();
    fmt::print(
        "{}: {} histories from seed {}, {} processes, {} requests, {} accidents, {} deaths, "
        "{} failed, {:.1f} a second\n",
        options_.stack, tally.tried.load(), options_.from, tally.processes.load(),
        tally.requests.load(), tally.accidents.load(), tally.deaths.load(), tally.failed.load(),
        static_cast<double>(tally.tried.load()) / took.count());
    return tally.failed.load() == 0 ? 0 : 1;
  }

 private:
  Process of(const std::string& project, Command command) const {
    Process process;
    process.project = {project, options_.stack, options_.environment};
    process.command = command;
    return process;
  }

  Story story(const std::string& project) const {
    return [this, project](World& world, const Weather& weather, const std::function<void()>& look,
                           Problems& problems) {
      apply_what_stands(world, of(project, Command::apply).project, problems);
      Process process = of(project, Command::apply);
      process.weather = weather;
      add(problems, "apply", world.run(process).problems);
      look();
      process.command = Command::destroy;
      add(problems, "destroy", world.run(process).problems);
      look();
    };
  }

  void tell(const std::string& line) const {
    if (!options_.tell) return;
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }

  // One process, which may end in any way that leaves the truth in the state.
  void live_through(World& world, const Process& process, const std::string& title,
                    Problems& problems) {
    const Ending ending = world.run(process);
    Tally& tally = offspring_.tally();
    ++tally.processes;
    tally.requests += ending.requests;
    tally.accidents += ending.accidents;
    if (ending.died) ++tally.deaths;
    tell(fmt::format("{}: {}, {} moments, {} accidents", title,
                     ending.died       ? "died " + ending.last_moment
                     : ending.complete ? "done"
                                       : "failed",
                     ending.moments, ending.accidents));
    for (const Settled& one : ending.recovery.settled)
      tell(fmt::format("    found {}: {}", one.address, static_cast<int>(one.finding)));
    for (const std::string& line : ending.work)
      tell("    " + line);
    for (const std::string& line : ending.problems)
      tell("    " + line);
    if (ending.is_bug()) add(problems, title, ending.problems);
    add(problems, title + ": the state", check_invariants(world.state(process.project)));
  }

  std::string history(std::uint64_t seed, const std::string& folder) {
    Fate fate(seed);
    Fate lags(~seed);  // of its own: a seed's story stays what it was before there were lags
    World world(seed, folder);
    Problems problems;
    apply_what_stands(world, of(options_.projects.front(), Command::apply).project, problems);
    const std::uint64_t processes = 1 + fate.below(5);
    for (std::uint64_t i = 0; i < processes && problems.empty(); ++i) {
      const std::string& project = options_.projects[fate.below(options_.projects.size())];
      if (i > 0 && fate.happens(25)) {
        const bool deletes = fate.happens(60);
        const std::string met = world.meddle(of(project, Command::apply),
                                             deletes ? Meddling::deletes : Meddling::changes);
        if (!met.empty()) tell((deletes ? "somebody deletes " : "somebody changes ") + met);
      }
      Process process = of(project, fate.happens(80) ? Command::apply : Command::destroy);
      process.weather = draw_weather(fate);
      process.weather.show_lag = draw_lag(lags);
      // Early moments are as likely as late ones: what matters happens at both ends.
      if (fate.happens(70)) process.dies_at = fate.below(std::uint64_t{1} << fate.below(11));
      live_through(world, process,
                   fmt::format("process {}, {} {}, {}", i + 1,
                               process.command == Command::apply ? "apply" : "destroy", project,
                               text_of(process.weather)),
                   problems);
    }
    if (problems.empty()) end_well(world, fate.below(options_.projects.size()), problems);
    return report(seed, problems);
  }

  void end_well(World& world, std::size_t last, Problems& problems) {
    const std::string& project = options_.projects[last];
    tell("in the end " + project);
    settle(world, of(project, Command::apply), 1, problems);
    check_state(world, of(project, Command::apply).project, problems);
    if (!problems.empty()) return;
    check_clouds(world, yardsticks_[last][0], "applied", problems, Yardstick::Fewer::refused,
                 Yardstick::Burnt::forgiven);
    settle(world, of(project, Command::destroy), 1, problems);
    check_state(world, of(project, Command::destroy).project, problems);
    if (!problems.empty()) return;
    check_clouds(world, yardsticks_[last][1], "destroyed", problems, Yardstick::Fewer::allowed,
                 Yardstick::Burnt::forgiven);
  }

  std::string report(std::uint64_t seed, const Problems& problems) const {
    if (problems.empty()) return {};
    return fmt::format(
        "FAILED seed {}\n{}  again: firn_histories --projects {} --stack {} --env {} --from {} "
        "--count 1 --tell\n",
        seed, listed(problems), join(options_.projects, ","), options_.stack, options_.environment,
        seed);
  }

  Options options_;
  Offspring offspring_;
  std::vector<std::vector<Yardstick>> yardsticks_;  // by project: applied, destroyed
};

}  // namespace

int main(int argc, char** argv) {
  Histories histories(read_options(argc, argv));
  return histories.run();
}
