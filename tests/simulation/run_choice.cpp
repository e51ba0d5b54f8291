#include "tests/simulation/run_choice.h"

#include <fmt/format.h>

namespace firn::simulation {

bool RunChoice::take(const std::string& flag, const std::string& value) {
  if (flag == "--before") {
    before = value;
  } else if (flag == "--after") {
    after = value;
  } else if (flag == "--stack") {
    stack = value;
  } else if (flag == "--env") {
    environment = value;
  } else if (flag == "--run" && (value == "apply" || value == "destroy")) {
    run = value == "apply" ? Command::apply : Command::destroy;
  } else if (flag == "--from") {
    from = std::stoul(value);
  } else if (flag == "--to") {
    to = std::stoul(value);
  } else if (flag == "--every") {
    every = std::stoul(value);
  } else if (flag == "--jobs") {
    jobs = std::stoul(value);
  } else if (flag == "--seed") {
    seed = std::stoul(value);
  } else {
    return false;
  }
  return true;
}

Process RunChoice::process(const std::string& root, Command command) const {
  Process process;
  process.project = project(root);
  process.command = command;
  return process;
}

std::string RunChoice::flags_of(std::size_t number) const {
  const std::string change = before.empty() ? "" : " --before " + before;
  return fmt::format("{} --after {} --stack {} --env {} --run {} --seed {} --from {} --to {}",
                     change, after, stack, environment, run_name(), seed, number, number + 1);
}

}  // namespace firn::simulation
