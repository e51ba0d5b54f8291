// A world: two sandbox clouds and a folder for states, in which firn's processes live one after the
// other and may die at any moment. Everything in it follows from one seed.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/apply/apply.h"
#include "core/async/random.h"
#include "core/recovery/recovery.h"
#include "sandbox/sandbox.h"
#include "tests/simulation/lifeline.h"
#include "tests/simulation/snapshot.h"
#include "tests/simulation/weather.h"

namespace firn::simulation {

// The files that a process reads: a project as firn's users have one.
struct Project {
  std::string root;  // holds stacks/ and environments/
  std::string stack = "finance";
  std::string environment = "local";
};

[[nodiscard]] bool exists(const Project& project);

enum class Command : std::uint8_t { apply, destroy };

// What somebody does behind firn's back.
enum class Meddling : std::uint8_t { deletes, changes };

struct Process {
  Project project;
  Command command = Command::apply;
  Weather weather;
  std::size_t dies_at = Lifeline::never;  // a moment, counted from 0
  Lifeline::Watcher at_each_moment;
};

// How a process ended.
struct Ending {
  bool died = false;
  std::string last_moment;  // where it died
  std::size_t moments = 0;
  std::size_t requests = 0;
  std::size_t accidents = 0;
  bool complete = false;          // planned, and carried the plan out
  bool had_work = false;          // the plan changed something
  std::vector<std::string> work;  // "update snowpipe_role: its trust policy …"
  std::vector<std::string> problems;
  Recovery recovery;
  bool has_met_bug = false;  // an error of the kind that is our own mistake

  // Whether it ended in a way that no weather explains.
  [[nodiscard]] bool is_bug() const {
    return has_met_bug || (accidents == 0 && !died && !problems.empty());
  }
};

class World {
 public:
  // `sandbox_file`: ":memory:" gives every world the same ids for the same history; a file, others.
  World(std::uint64_t seed, std::string folder, const std::string& sandbox_file = ":memory:");
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Ending run(const Process& process);
  // Somebody deletes or changes an object of the state's in the cloud; answers its address, if one
  // could be.
  std::string meddle(const Process& like, Meddling how);
  // The states as they are on disk at this moment: what a process that dies now leaves behind.
  void copy_states(const std::string& folder) const;
  void continue_in(std::string folder) { folder_ = std::move(folder); }
  void draw_from(std::uint64_t seed);  // chance goes on from there

  // Read when no process lives.
  [[nodiscard]] State state(const Project& project) const;
  [[nodiscard]] Snapshot snapshot() const;
  // Counts of objects: "111122223333 s3 bucket: 1".
  [[nodiscard]] std::vector<std::string> contents() const;
  [[nodiscard]] sandbox::Sandbox& clouds() const { return *sandbox_; }

 private:
  class Life;
  [[nodiscard]] std::string state_file(const Project& project) const;

  SeededRandom random_;
  std::string folder_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
};

}  // namespace firn::simulation
