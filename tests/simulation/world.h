// A world: two sandbox clouds and a state file, in which firn's processes live one after the other
// and may die at any moment. Everything in it follows from one seed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/apply/apply.h"
#include "core/async/random.h"
#include "core/recovery/recovery.h"
#include "sandbox/sandbox.h"
#include "tests/simulation/lifeline.h"
#include "tests/simulation/weather.h"

namespace firn::simulation {

// Where the stack of a world comes from. Texts: a world runs without files of its own.
struct Project {
  std::string stack_file;
  std::string environment_file;
  std::string components;               // folder
  std::vector<std::string> parameters;  // NAME=VALUE
};

enum class Command : std::uint8_t { apply, destroy };

struct Process {
  Command command = Command::apply;
  std::size_t dies_at = Lifeline::never;  // a moment, counted from 0
  Weather weather;
};

// How a process ended.
struct Ending {
  bool died = false;
  std::string last_moment;  // where it died
  std::size_t moments = 0;
  std::size_t requests = 0;
  std::size_t accidents = 0;
  bool complete = false;  // planned, and carried the plan out
  bool had_work = false;  // the plan changed something
  std::vector<std::string> problems;
  Recovery recovery;
};

class World {
 public:
  World(Project project, std::uint64_t seed, std::string folder);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Ending run(const Process& process);

  // Read when no process lives.
  [[nodiscard]] State state() const;
  // Every object that the clouds hold: "s3 bucket: 1".
  [[nodiscard]] std::vector<std::string> contents() const;
  [[nodiscard]] sandbox::Sandbox& clouds() { return *sandbox_; }

 private:
  class Life;
  Project project_;
  SeededRandom random_;
  std::string state_file_;
  std::string stack_name_;
  std::string environment_name_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
};

}  // namespace firn::simulation
