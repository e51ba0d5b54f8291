// Sends firn's runs through bad weather, and looks whether they arrive.
//
//   firn_bad_weather --after FOLDER [--before FOLDER] [--stack finance] [--env local]
//                    [--run apply|destroy]
//                    [--accident throttled|unavailable|failed_after|cut_before|cut_after]
//                    [--from N] [--to N] [--every N] [--jobs N] [--seed N]
//
// The folders are projects, as for firn_crash_points. With --accident: the run meets one accident,
// once at each of its requests. Without: lives --from to --to, each with chance of its own. A life
// is an apply (of --before, then of --after) and a destroy, in weather that throttles 25 requests
// of a thousand, answers 25 with 503 and cuts 20, half of them after their effect.
//
// Every run must finish at once. Afterwards the clouds hold, object for object and attribute for
// attribute, what they hold in fair weather; the state is sound; and a plan is empty.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/offspring.h"
#include "tests/simulation/run_choice.h"
#include "tests/simulation/verdict.h"

namespace {

using namespace firn;
using namespace firn::simulation;

struct Named {
  std::string_view word;
  Accident accident;
};
constexpr std::array<Named, 5> accidents = {{
    {"throttled", Accident::throttled},
    {"unavailable", Accident::unavailable},
    {"failed_after", Accident::failed_after},
    {"cut_before", Accident::cut_before},
    {"cut_after", Accident::cut_after},
}};
constexpr std::size_t usual_lives = 20;

struct Options {
  RunChoice choice;
  std::string accident;
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    const std::string value = argv[i + 1];
    if (flag == "--accident" && std::ranges::count(accidents, value, &Named::word) == 1) {
      options.accident = value;
    } else if (!options.choice.take(flag, value)) {
      give_up(fmt::format("no such flag or value: {} {}", flag, value));
    }
  }
  if (argc % 2 == 0) give_up(fmt::format("{} needs a value", argv[argc - 1]));
  return options;
}

Weather foul_weather() {
  Weather weather;
  weather.throttled = 25;
  weather.unavailable = 25;
  weather.cut_before = 10;
  weather.cut_after = 10;
  weather.show_lag = std::chrono::seconds(2);
  return weather;
}

class Expedition {
 public:
  explicit Expedition(Options options)
      : options_(std::move(options)),
        choice_(options_.choice),
        offspring_(choice_.jobs),
        world_(choice_.seed, folder_.path()),
        yardsticks_(yardsticks_of(choice_.seed, story())) {}

  int run() {
    const auto begun = std::chrono::steady_clock::now();
    if (options_.accident.empty()) {
      const std::size_t end = choice_.to == Lifeline::never ? usual_lives : choice_.to;
      for (std::size_t life = choice_.from; life < end; ++life)
        set_out(life, fmt::format("life {}", life), [this] { return live(); });
    } else {
      sweep();
    }
    offspring_.wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    const std::size_t tried = offspring_.tally().tried.load();
    const std::size_t failed = offspring_.tally().failed.load();
    fmt::print("{} {}{}: {} tried, {} failed, {:.1f} a second; compared {} documents, {} values\n",
               choice_.stack,
               options_.accident.empty() ? "lives" : choice_.run_name() + ", " + options_.accident,
               choice_.before.empty() ? "" : " of a change", tried, failed,
               static_cast<double>(tried) / took.count(), yardsticks_[0].documents(),
               yardsticks_[0].compared_leaves());
    return failed == 0 ? 0 : 1;
  }

 private:
  Process process_of(Command command, const std::string& root, const Weather& weather) const {
    Process process = choice_.process(root, command);
    process.weather = weather;
    return process;
  }

  // Done to the end in the first run, and nothing is left to do for a second one.
  void arrive(World& world, const Process& process, const std::string& name,
              Problems& problems) const {
    if (!problems.empty()) return;
    const Ending ending = world.run(process);
    add(problems, name, ending.problems);
    if (!problems.empty()) return;
    const Process again = process_of(process.command, process.project.root, {});
    settle(world, again, 0, problems);
    check_state(world, process.project, problems);
  }

  Problems walk(World& world, const Weather& weather, const std::function<void()>& look) const {
    Problems problems;
    if (!choice_.before.empty())
      arrive(world, process_of(Command::apply, choice_.before, weather), "before", problems);
    arrive(world, process_of(Command::apply, choice_.after, weather), "apply", problems);
    look();
    arrive(world, process_of(Command::destroy, choice_.after, weather), "destroy", problems);
    look();
    return problems;
  }

  Story story() const {
    return [this](World& world, const Weather& weather, const std::function<void()>& look,
                  Problems& problems) {
      apply_what_stands(world, choice_.project(choice_.after), problems);
      if (problems.empty()) problems = walk(world, weather, look);
    };
  }

  Problems live() {
    Problems problems;
    apply_what_stands(world_, choice_.project(choice_.after), problems);
    if (problems.empty()) problems = walk(world_, foul_weather(), [] {});
    if (problems.empty()) check_clouds(world_, yardsticks_[1], "destroyed", problems);
    return problems;
  }

  [[nodiscard]] Offspring::Pack pack() const {
    return [this](const std::string& folder) { world_.copy_states(folder); };
  }

  // In a copy of this process.
  void set_out(std::size_t number, const std::string& title,
               const std::function<Problems()>& journey) {
    offspring_.live(title, pack(), [&](const std::string& folder) {
      world_.continue_in(folder);
      world_.draw_from(choice_.seed * 1'000'003 + number);
      const Problems problems = journey();
      return report(number, title, problems);
    });
  }

  void sweep() {
    Problems problems;
    apply_what_stands(world_, choice_.project(choice_.after), problems);
    const bool is_change = choice_.run == Command::apply && !choice_.before.empty();
    if (is_change || choice_.run == Command::destroy) {
      const Process first =
          process_of(Command::apply, is_change ? choice_.before : choice_.after, {});
      add(problems, "first", world_.run(first).problems);
    }
    if (!problems.empty()) give_up(problems.front());
    // How many requests there are is known when it has been done; so a copy asks a copy.
    const std::size_t count = requests();
    for (std::size_t at = choice_.from; at < std::min(choice_.to, count); at += choice_.every) {
      set_out(at, fmt::format("{} at request {}", options_.accident, at),
              [this, at] { return meet(at); });
    }
  }

  // The copy counts in memory that it shares with this process.
  std::size_t requests() {
    offspring_.live("counting", pack(), [this](const std::string& folder) {
      world_.continue_in(folder);
      offspring_.tally().requests = world_.run(process_of(choice_.run, choice_.after, {})).requests;
      return std::string();
    });
    offspring_.wait();
    --offspring_.tally().tried;
    return offspring_.tally().requests.load();
  }

  Problems meet(std::size_t at) {
    Weather weather;
    weather.ambush = std::make_shared<Ambush>();
    weather.ambush->at = at;
    weather.ambush->accident =
        std::ranges::find(accidents, options_.accident, &Named::word)->accident;
    Problems problems;
    const std::string name = choice_.run_name();
    arrive(world_, process_of(choice_.run, choice_.after, weather), name, problems);
    if (problems.empty()) {
      check_clouds(world_, yardsticks_[choice_.run == Command::apply ? 0 : 1], name, problems);
    }
    if (!problems.empty()) problems.insert(problems.begin(), weather.ambush->victim);
    return problems;
  }

  std::string report(std::size_t number, const std::string& title, const Problems& problems) const {
    if (problems.empty()) return {};
    std::string text =
        fmt::format("FAILED {}\n{}  again: firn_bad_weather", title, listed(problems));
    if (!options_.accident.empty()) text += " --accident " + options_.accident;
    return text + choice_.flags_of(number) + "\n";
  }

  Options options_;
  const RunChoice& choice_;
  Offspring offspring_;
  ScratchFolder folder_;
  World world_;
  std::vector<Yardstick> yardsticks_;  // applied, destroyed
};

}  // namespace

int main(int argc, char** argv) {
  Expedition expedition(read_options(argc, argv));
  return expedition.run();
}
