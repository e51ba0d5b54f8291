// Kills firn at every single moment of a command, and looks whether the next runs put it right.
//
//   firn_crash_points [--root FOLDER] [--stack finance] [--env local] [--command apply|destroy]
//                     [--from N] [--to N] [--every N] [--seed N] [--verbose]
//
// For each moment: a world, in which one process dies at that moment, and others then run until
// nothing is left to do. Afterwards the clouds hold what they hold without a crash, the state is
// sound, a plan is empty, and destroy leaves nothing.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <string>
#include <vector>

#include "core/state/state.h"
#include "tests/simulation/world.h"

namespace {

using namespace firn;
using namespace firn::simulation;
namespace fs = std::filesystem;

constexpr int runs_max = 6;

struct Options {
  std::string root = ".";
  std::string stack = "finance";
  std::string environment = "local";
  std::string command = "apply";
  std::size_t from = 0;
  std::size_t to = SIZE_MAX;
  std::size_t every = 1;
  std::uint64_t seed = 1;
  bool verbose = false;
};

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(2);
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (++i >= argc) give_up(flag + " needs a value");
    const std::string value = argv[i];
    if (flag == "--root") {
      options.root = value;
    } else if (flag == "--stack") {
      options.stack = value;
    } else if (flag == "--env") {
      options.environment = value;
    } else if (flag == "--command") {
      options.command = value;
    } else if (flag == "--from") {
      options.from = std::stoul(value);
    } else if (flag == "--to") {
      options.to = std::stoul(value);
    } else if (flag == "--every") {
      options.every = std::stoul(value);
    } else if (flag == "--seed") {
      options.seed = std::stoul(value);
    } else {
      give_up("unknown flag " + flag);
    }
  }
  return options;
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "firn-simulation-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) give_up("cannot make " + name);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Project project_of(const Options& options) {
  const fs::path root = fs::absolute(options.root);
  Project project;
  project.stack_file = (root / "stacks" / options.stack / "stack.yaml").string();
  project.environment_file = (root / "environments" / (options.environment + ".yaml")).string();
  project.components = (root / "stacks" / "components").string();
  return project;
}

using Problems = std::vector<std::string>;

void add(Problems& problems, const std::string& when, const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    problems.push_back(when + ": " + line);
}

// Runs until nothing is left to do.
void settle(World& world, Command command, Problems& problems) {
  Process process;
  process.command = command;
  for (int run = 0; run < runs_max; ++run) {
    const Ending ending = world.run(process);
    add(problems, fmt::format("run {} after the crash", run + 1), ending.problems);
    if (!problems.empty()) return;
    if (ending.complete && !ending.had_work) return;
  }
  problems.emplace_back("the runs after the crash never end");
}

void check_state(const World& world, Problems& problems) {
  const State state = world.state();
  add(problems, "the state", check_invariants(state));
  if (!state.open_intents.empty()) problems.emplace_back("an intent is still open");
  for (const auto& [address, resource] : state.resources) {
    if (resource.incomplete) problems.push_back(address + " is still incomplete");
  }
}

void check_contents(const World& world, const std::vector<std::string>& expected,
                    const std::string& when, Problems& problems) {
  const std::vector<std::string> held = world.contents();
  for (const std::string& line : held) {
    if (std::find(expected.begin(), expected.end(), line) == expected.end())
      problems.push_back(when + ", the clouds hold " + line);
  }
  for (const std::string& line : expected) {
    if (std::find(held.begin(), held.end(), line) == held.end())
      problems.push_back(when + ", the clouds do not hold " + line);
  }
}

// What it is like without a crash.
struct Reference {
  std::size_t moments = 0;
  std::vector<std::string> applied;
  std::vector<std::string> destroyed;
};

Reference reference_of(const Project& project, const Options& options) {
  const Folder folder;
  World world(project, options.seed, folder.path());
  Reference reference;
  Problems problems;
  const Ending applied = world.run({});
  add(problems, "apply", applied.problems);
  reference.applied = world.contents();
  Process destroy;
  destroy.command = Command::destroy;
  const Ending destroyed = world.run(destroy);
  add(problems, "destroy", destroyed.problems);
  reference.destroyed = world.contents();
  reference.moments = options.command == "apply" ? applied.moments : destroyed.moments;
  if (!problems.empty()) give_up(problems.front());
  return reference;
}

Problems crash_at(const Project& project, const Options& options, const Reference& reference,
                  std::size_t moment, std::string& where) {
  const Folder folder;
  World world(project, options.seed, folder.path());
  Problems problems;
  Process process;
  if (options.command == "destroy") {
    add(problems, "apply", world.run(process).problems);
    process.command = Command::destroy;
  }
  process.dies_at = moment;
  const Ending ending = world.run(process);
  where = ending.last_moment;
  if (!ending.died) problems.emplace_back("the process did not die");
  if (options.verbose) {
    fmt::print("{}: dies {}\n", moment, where);
    for (const Intent& intent : world.state().open_intents)
      fmt::print("  open: {} {}\n", static_cast<int>(intent.action), intent.address);
  }
  if (!problems.empty()) return problems;
  if (options.command == "apply") {
    settle(world, Command::apply, problems);
    check_state(world, problems);
    check_contents(world, reference.applied, "after apply", problems);
    if (!problems.empty()) return problems;
  }
  settle(world, Command::destroy, problems);
  check_state(world, problems);
  check_contents(world, reference.destroyed, "after destroy", problems);
  return problems;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  const Project project = project_of(options);
  const Reference reference = reference_of(project, options);
  const auto begun = std::chrono::steady_clock::now();
  std::size_t tried = 0;
  std::map<std::string, std::size_t> failures;
  for (std::size_t moment = options.from; moment < std::min(options.to, reference.moments);
       moment += options.every) {
    std::string where;
    const Problems problems = crash_at(project, options, reference, moment, where);
    ++tried;
    if (problems.empty()) continue;
    ++failures[where];
    fmt::print("FAILED at moment {}, {}\n", moment, where);
    for (std::size_t i = 0; i < problems.size() && i < 8; ++i)
      fmt::print("  {}\n", problems[i]);
    fmt::print("  again: firn_crash_points --stack {} --env {} --command {} --seed {} --from {} --to {} --verbose\n",
               options.stack, options.environment, options.command, options.seed, moment,
               moment + 1);
    std::fflush(stdout);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::size_t failed = 0;
  for (const auto& [where, count] : failures)
    failed += count;
  fmt::print("{} {} {}: {} of {} moments tried, {} failed, {:.1f} a second\n", options.stack,
             options.environment, options.command, tried, reference.moments, failed,
             static_cast<double>(tried) / took.count());
  return failed == 0 ? 0 : 1;
}
