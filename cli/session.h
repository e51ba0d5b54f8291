// A session: everything that one command works on, opened in order and closed in reverse.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.h"
#include "cli/clouds.h"
#include "cli/console.h"
#include "cli/project.h"
#include "core/plan/adoption.h"
#include "core/plan/planner.h"
#include "core/stack/environment.h"
#include "core/stack/stack.h"
#include "core/state/state_store.h"

namespace firn::cli {

class Session {
 public:
  // What secret("…") gives: its value, or a stand-in where the value makes no difference.
  enum class Secrets : std::uint8_t { read, stand_in };
  // Reads the project's files and expands the stack. nullptr after problems, which are shown.
  static std::unique_ptr<Session> open(const Arguments& arguments, Console& console,
                                       Secrets secrets = Secrets::read);
  // The same, with the problems handed over.
  static std::unique_ptr<Session> open(const Arguments& arguments, Console& console,
                                       Secrets secrets, Diagnostics& diagnostics);

  [[nodiscard]] const Project& project() const { return project_; }
  [[nodiscard]] const Environment& environment() const { return *environment_; }
  [[nodiscard]] const Stack& stack() const { return *stack_; }
  [[nodiscard]] Clouds& clouds() { return *clouds_; }
  [[nodiscard]] StateStore& store() { return *store_; }
  [[nodiscard]] StateLocation state_location() const;

  // Opens the state; a refusal is shown and answers false.
  bool open_state(StateStore::Mode mode);
  // Keeps a copy of the state before it changes for the first time in this run; a failure is shown
  // and answers false. It also tells a full disk before anything is begun.
  bool keep_backup();
  // Settles what an earlier run left open, and says so; problems are shown and answer false. In a
  // state that is open for reading, only what this session shows is settled.
  bool recover();
  // Connects, recovers, refreshes, plans, and proves the roads; problems are shown and answer
  // nothing. With `only`, what is wrong with objects that are left out is no problem.
  std::optional<Planned> plan(PlanOptions options);
  // The same without the proof.
  std::optional<Planned> plan_unproven(PlanOptions options);
  // Connects and looks for one object that is to be imported; the same.
  std::optional<Planned> plan_import(AdoptionRequest request);
  // Connects for what the plan does; needed where planning did not look at the clouds.
  bool connect(const Plan& plan);
  [[nodiscard]] Desk desk();

 private:
  Session(const Arguments& arguments, Console& console)
      : arguments_(arguments), console_(console) {}
  bool load(Secrets secrets, Diagnostics& diagnostics);

  const Arguments& arguments_;
  Console& console_;
  Project project_;
  std::optional<Environment> environment_;
  std::unique_ptr<Clouds> clouds_;
  std::unique_ptr<Stack> stack_;
  std::unique_ptr<StateStore> store_;
  StateStore::Mode mode_ = StateStore::Mode::read;
  std::int64_t backups_ = 0;
  bool is_backed_up_ = false;
};

}  // namespace firn::cli
