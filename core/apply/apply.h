// Apply: carries a plan out, with as much concurrency as its order allows.
//
// Event-driven: an operation starts the moment its last predecessor is done. A failure stops what
// depends on it and nothing else. Before each operation its intent is durable, after it the
// outcome; the run ends with the truth in the state.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/task.h"
#include "core/base/result.h"
#include "core/plan/planner.h"
#include "core/state/state_store.h"

namespace firn {

enum class OperationKind : std::uint8_t { look_up, create, update, adopt, remove };

// What is going on, for whoever shows it. Called on the engine's thread; must not block.
class ApplyObserver {
 public:
  virtual ~ApplyObserver() = default;
  virtual void planned(std::size_t operations) = 0;
  virtual void begun(const Step& step, OperationKind kind) = 0;
  virtual void progress(const Step& step, std::string_view line) = 0;
  virtual void finished(const Step& step, OperationKind kind, Duration elapsed) = 0;
  virtual void failed(const Step& step, OperationKind kind, const Error& error) = 0;
};

struct ApplyFailure {
  std::string address;
  Error error;
};

struct NotStarted {
  std::string address;
  std::string because;  // the address that failed, or "" when the run was interrupted
};

struct ApplyOutcome {
  std::size_t created = 0;
  std::size_t updated = 0;
  std::size_t replaced = 0;
  std::size_t removed = 0;
  std::size_t adopted = 0;
  std::vector<ApplyFailure> failures;
  std::vector<NotStarted> not_started;
  std::vector<Tombstone> tombstones;  // names left behind
  bool interrupted = false;
  Status state_written = Ok{};  // the last landing of the state

  [[nodiscard]] bool is_complete() const {
    return failures.empty() && not_started.empty() && state_written.has_value();
  }
};

struct ApplyOptions {
  ApplyObserver* observer = nullptr;        // may be nullptr
  const std::atomic<bool>* stop = nullptr;  // set by Ctrl-C: nothing new starts
};

// `planned` stays alive until the task is done; `journal` wraps the store whose state was planned
// against.
Task<ApplyOutcome> apply(Desk desk, Planned& planned, Journal& journal, ApplyOptions options);

}  // namespace firn
