// StateStore: the state of one stack in one environment on disk, with its write-ahead journal.
//
// One SQLite file (schema: core/state/schema.sql) in WAL mode with full synchronisation. Writes are
// staged in memory and land together at `commit()`: one transaction for all that became ready in a
// turn of the scheduler. Journal (below) does that for coroutines.
//
// While open for writing, the store holds a lease (core/state/lease.h): a second writer is refused
// with who holds it, since when and doing what. The lease is free at once when the holder's process
// ends, however it ends, and runs out when the holder gives no sign of life, because it is stopped
// or cut off. Whoever comes back after another one has taken over can commit nothing any more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/async/scheduler.h"
#include "core/base/result.h"
#include "core/state/lease_clock.h"
#include "core/state/state.h"

namespace firn {

struct LockHolder {
  std::string who;  // user@host
  std::int64_t process = 0;
  std::string command;  // "apply finance --env dev"
  Instant since{};
};

// One command that opened the state for writing.
struct Run {
  std::int64_t id = 0;
  std::string command;
  Instant begun_at{};
  std::optional<Instant> finished_at;  // absent: still running, or killed
  std::string outcome;
};

struct StateLocation {
  std::string path;  // the SQLite file; ":memory:" in tests
  std::string stack;
  std::string environment;
  std::string flags;  // how a command line names this state, for advice: "--env dev"
};

class StateStore {
 public:
  enum class Mode : std::uint8_t {
    read,   // no lock; a missing file reads as an empty state and is not created
    write,  // creates the file if need be; holds the lease until destroyed
  };
  // Refuses: a file that is not firn's, damaged, or of a newer format (with the mend); a state of
  // another stack or environment; a folder or file that cannot be written (mode write); a lease
  // held by somebody else.
  static Result<std::unique_ptr<StateStore>> open(const StateLocation& location, Mode mode,
                                                  const LockHolder& self, Random& random,
                                                  LeaseTerms terms = {});
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  [[nodiscard]] const StateLocation& location() const;
  // The state as committed. Staged writes show only after commit().
  [[nodiscard]] const State& state() const;

  // Staging. Nothing is durable before commit(). A secret that is still in clear is sealed here.
  std::int64_t begin_intent(Intent intent);  // answers the intent's id
  void record_identity(std::int64_t intent, const Value& outputs);
  // The outcome of an intent: closes it and changes the resource in the same transaction.
  void finish_create(std::int64_t intent, StoredResource resource);
  void finish_update(std::int64_t intent, StoredResource resource);
  void finish_remove(std::int64_t intent, const std::string& address,
                     std::vector<Tombstone> tombstones);
  // The operation failed and certainly changed nothing: closes the intent.
  void abandon_intent(std::int64_t intent);
  // Without an intent: what a refresh learnt, adoption, renaming of an address, forgetting.
  void put_resource(StoredResource resource);
  // Also renames it in the dependencies of others and in open intents.
  void move_resource(const std::string& from, const std::string& to);
  // Nobody depends on this address any more: what is removed to be made anew is gone meanwhile.
  void drop_dependencies_on(const std::string& address);
  void forget_resource(const std::string& address);  // also closes its open intents
  void set_outputs(Map outputs);
  void add_tombstone(Tombstone tombstone);
  void drop_tombstones_before(Instant now);
  void raise_serial();
  // Everything becomes what `other` is, but for the runs.
  void replace_by(State other);
  // Notes the run for `firn state list --runs` and for people: command, times, outcome.
  std::int64_t begin_run(const std::string& command, Instant at);
  void finish_run(std::int64_t run, Instant at, const std::string& outcome);
  // The runs committed so far, the latest first. The last hundred are kept.
  [[nodiscard]] Result<std::vector<Run>> runs() const;

  // Writes all that is committed into the file at `path`, an empty one, as a state of its own.
  [[nodiscard]] Status copy_to(const std::string& path) const;
  // Has SQLite look at every page; sentences, empty when the file is sound.
  [[nodiscard]] Result<std::vector<std::string>> check_file() const;

  // Lands everything staged in one transaction. After a failure (disk full, permission lost)
  // nothing of the batch is durable, the staged writes are kept, and every later commit is tried
  // again from them. Fails for good when another run has taken over (ErrorKind::conflict), or when
  // the file was removed or replaced.
  Status commit();
  [[nodiscard]] bool has_staged() const;
  // Asked before each commit; its failure is the commit's.
  void set_guard(std::function<Status()> guard);
  // Shows what is staged in state() without writing it, for a plan that only looks: in mode read,
  // where nothing can be written, and where nothing of it lasts.
  void show_staged();

 private:
  StateStore();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Group commit for coroutines: `co_await journal.durable()` resumes after the commit at the end of
// the current turn. One commit serves all that wait. Whoever gets a failure for its intent does not
// start its call and abandons the intent, which is still staged and lands with a later commit.
class Journal {
 public:
  Journal(Scheduler& scheduler, StateStore& store);
  [[nodiscard]] StateStore& store() { return store_; }

  struct Durable {
    Journal& journal;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { journal.waiters_.push_back(handle); }
    Status await_resume() { return journal.last_; }
  };
  [[nodiscard]] Durable durable() { return Durable{*this}; }
  // True after a commit failed: nothing that changes a cloud may start any more.
  [[nodiscard]] bool has_failed() const { return !last_.has_value(); }

 private:
  void end_of_turn();
  Scheduler& scheduler_;
  StateStore& store_;
  Status last_ = Ok{};
  std::vector<std::coroutine_handle<>> waiters_;
};

}  // namespace firn
