// Which run of a stack's life a program tries, as its command line says.
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/lifeline.h"
#include "tests/simulation/world.h"

namespace firn::simulation {

struct RunChoice {
  std::string before;  // project that was applied before; empty: none, and the run is the first
  std::string after = ".";
  std::string stack = "finance";
  std::string environment = "local";
  Command run = Command::apply;
  std::size_t from = 0;  // moments, requests or lives, as the program counts them
  std::size_t to = Lifeline::never;
  std::size_t every = 1;
  std::size_t jobs = 1;
  std::uint64_t seed = 1;

  // False: no such flag, or a value that it does not take.
  [[nodiscard]] bool take(const std::string& flag, const std::string& value);
  [[nodiscard]] Project project(const std::string& root) const {
    return {root, stack, environment};
  }
  [[nodiscard]] Process process(const std::string& root, Command command) const;
  [[nodiscard]] std::string run_name() const { return run == Command::apply ? "apply" : "destroy"; }
  // The flags that try `number` alone again, with a space before each.
  [[nodiscard]] std::string flags_of(std::size_t number) const;
};

}  // namespace firn::simulation
