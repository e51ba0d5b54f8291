// Kills firn at every single moment of a run, and looks whether the next runs put it right.
//
//   firn_crash_points --after FOLDER [--before FOLDER] [--stack finance] [--env local]
//                     [--run apply|destroy] [--from N] [--to N] [--every N]
//                     [--again N] [--third N] [--jobs N] [--seed N] [--list] [--log]
//
// The folders are projects: stacks/ and environments/. The run that is killed applies the stack of
// --after, onto what applying that of --before made, or destroys it. At each moment a copy of the
// process dies there, and others then run until nothing is left to do:
//   - the same command again, and, after an apply, also a destroy at once;
//   - with --again, the run that recovers is killed too, at every N-th of its moments, and with
//     --third the one after that.
// Afterwards the clouds hold, object for object and attribute for attribute, what they hold without
// a crash; the state is sound; a plan is empty; and destroy leaves nothing.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulation/offspring.h"
#include "tests/simulation/run_choice.h"
#include "tests/simulation/verdict.h"

namespace {

using namespace firn;
using namespace firn::simulation;

struct Options {
  RunChoice choice;
  std::size_t again = 0;  // 0: the recovery is not killed
  std::size_t third = 0;
  bool list = false;
  bool log = false;
};

Options read_options(int argc, char** argv) {
  Options options;
  options.choice.jobs = std::max(1U, std::thread::hardware_concurrency());
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--list" || flag == "--log") {
      (flag == "--list" ? options.list : options.log) = true;
      continue;
    }
    if (++i >= argc) give_up(flag + " needs a value");
    const std::string value = argv[i];
    if (flag == "--again") {
      options.again = std::stoul(value);
    } else if (flag == "--third") {
      options.third = std::stoul(value);
    } else if (!options.choice.take(flag, value)) {
      give_up(fmt::format("no such flag or value: {} {}", flag, value));
    }
  }
  return options;
}

// Where a copy died: "moment 17, after iam CreateRole of snowpipe_role".
struct Death {
  std::vector<std::size_t> moments;  // of the first run, of the one that recovers, of the next
  std::string text;
};

class Sweep {
 public:
  explicit Sweep(Options options)
      : options_(std::move(options)),
        choice_(options_.choice),
        offspring_(choice_.jobs),
        yardsticks_(yardsticks_of(choice_.seed, story())) {}

  int run() {
    const ScratchFolder folder;
    World world(choice_.seed, folder.path());
    Problems problems;
    prepare(world, problems);
    if (!problems.empty()) give_up(problems.front());
    const auto begun = std::chrono::steady_clock::now();
    Process process = of(choice_.run);
    std::size_t moments = 0;
    process.at_each_moment = [&](std::size_t moment, const std::string& what) {
      ++moments;
      if (options_.list) fmt::print("{} {}\n", moment, what);
      const bool is_chosen = moment >= choice_.from && moment < choice_.to &&
                             (moment - choice_.from) % choice_.every == 0;
      if (!is_chosen || options_.list) return;
      die(world, {{moment}, fmt::format("moment {}, {}", moment, what)}, choice_.run);
      if (choice_.run == Command::apply)
        die(world, {{moment}, fmt::format("moment {}, {}, then destroy", moment, what)},
            Command::destroy);
    };
    const Ending ending = world.run(process);
    add(problems, "the run itself", ending.problems);
    offspring_.wait();
    for (const std::string& problem : problems)
      fmt::print("FAILED without a crash: {}\n", problem);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    const Tally& tally = offspring_.tally();
    const std::size_t tried = tally.tried.load();
    const std::size_t failed = tally.failed.load() + problems.size();
    fmt::print(
        "{} {}{}: {} moments, {} deaths lived through, {} failed, {:.1f} a second; compared {} "
        "documents, {} values\n",
        choice_.stack, choice_.run_name(), choice_.before.empty() ? "" : " of a change", moments,
        tried, failed, static_cast<double>(tried) / took.count(), yardsticks_[0].documents(),
        yardsticks_[0].compared_leaves());
    return failed == 0 ? 0 : 1;
  }

 private:
  Process of(Command command) const { return choice_.process(choice_.after, command); }

  // What stands before the run that is killed.
  void prepare(World& world, Problems& problems) const {
    apply_what_stands(world, choice_.project(choice_.after), problems);
    const bool is_change = !choice_.before.empty();
    if (!is_change && choice_.run == Command::apply) return;
    Process process;
    process.project = choice_.project(is_change ? choice_.before : choice_.after);
    add(problems, "before", world.run(process).problems);
  }

  Story story() const {
    return [this](World& world, const Weather& weather, const std::function<void()>& look,
                  Problems& problems) {
      apply_what_stands(world, choice_.project(choice_.after), problems);
      Process process;
      process.weather = weather;
      if (!choice_.before.empty()) {
        process.project = choice_.project(choice_.before);
        add(problems, "before", world.run(process).problems);
      }
      process.project = choice_.project(choice_.after);
      add(problems, "apply", world.run(process).problems);
      look();
      process.command = Command::destroy;
      add(problems, "destroy", world.run(process).problems);
      look();
    };
  }

  // A copy dies here; what comes then is lived in it.
  void die(World& world, const Death& death, Command then) {
    const auto pack = [&world](const std::string& folder) { world.copy_states(folder); };
    offspring_.live(death.text, pack, [this, &world, &death, then](const std::string& folder) {
      world.continue_in(folder);
      std::uint64_t seed = choice_.seed;
      for (const std::size_t moment : death.moments)
        seed = seed * 1'000'003 + moment;
      world.draw_from(seed);
      const Problems problems = aftermath(world, death, then);
      if (options_.log && !problems.empty()) print_log(world);
      return report(death, problems);
    });
  }

  Problems aftermath(World& world, const Death& death, Command then) {
    Problems problems;
    Process process = of(then);
    const std::size_t every = death.moments.size() == 1   ? options_.again
                              : death.moments.size() == 2 ? options_.third
                                                          : 0;
    if (every > 0) {
      process.at_each_moment = [&](std::size_t moment, const std::string& what) {
        // Another one of them in each of these worlds.
        if ((moment + death.moments.back()) % every != 0) return;
        Death next = death;
        next.moments.push_back(moment);
        next.text += fmt::format("; again at moment {}, {}", moment, what);
        die(world, next, then);
      };
    }
    settle(world, process, 1, problems);
    offspring_.wait();
    check_state(world, process.project, problems);
    if (then == Command::apply) {
      if (problems.empty()) check_clouds(world, yardsticks_[0], "applied", problems);
      settle(world, of(Command::destroy), 1, problems);
      check_state(world, process.project, problems);
    }
    const auto fewer = then == choice_.run ? Yardstick::Fewer::refused : Yardstick::Fewer::allowed;
    if (problems.empty()) check_clouds(world, yardsticks_[1], "destroyed", problems, fewer);
    return problems;
  }

  static void print_log(const World& world) {
    for (const sandbox::LogEntry& entry : world.clouds().log()) {
      fmt::print("{} {} {} {} {} {} {}\n", format_iso(entry.at), entry.service, entry.operation,
                 entry.target, entry.address, entry.status, entry.error);
    }
    std::fflush(stdout);
  }

  std::string report(const Death& death, const Problems& problems) const {
    if (problems.empty()) return {};
    std::string text = fmt::format("FAILED {}\n{}  again: firn_crash_points{}", death.text,
                                   listed(problems), choice_.flags_of(death.moments.front()));
    if (death.moments.size() > 1) text += fmt::format(" --again {}", options_.again);
    if (death.moments.size() > 2) text += fmt::format(" --third {}", options_.third);
    return text + "\n";
  }

  Options options_;
  const RunChoice& choice_;
  Offspring offspring_;
  std::vector<Yardstick> yardsticks_;  // applied, destroyed
};

}  // namespace

int main(int argc, char** argv) {
  Sweep sweep(read_options(argc, argv));
  return sweep.run();
}
