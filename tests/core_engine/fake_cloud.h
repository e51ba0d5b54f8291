// A cloud of a few kinds of objects in memory, for tests of the engine: enough to have containers,
// weak references, an exercising object, data to lose, and names that burn.
//
//   fake.store        named, holds data, `color` in place, `shape` by replacement
//   fake.role         trusts a link; its grants refer to stores weakly
//   fake.grant        opens a store to pipes
//   fake.link         names a role weakly; brings a `user` that only the cloud can know, and a
//                     `revision` that moves when its url or notes change
//   fake.badge        a look-up: what is known of a user
//   fake.pipe         reads through a link (exercises it), writes into a store
//   fake.rule         has no name: what it is on tells it from others
//   fake.topic        burns its name for 72 hours when removed while subscribed
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/apply/apply.h"
#include "core/plan/adoption.h"
#include "core/plan/planner.h"
#include "core/provider/provider.h"
#include "core/stack/stack.h"
#include "core/state/state_store.h"

namespace firn::testing_support {

struct FakeObject {
  std::string type;
  std::string owner;  // address of its maker; empty: made by hand
  Map inputs;
  Map outputs;
  Instant made_at{};
};

class FakeCloud final : public Provider {
 public:
  explicit FakeCloud(Scheduler& scheduler) : scheduler_(scheduler) {}

  std::map<std::string, FakeObject> objects;  // by "type name"
  std::vector<std::string> unfinished;        // names that an update was told to finish
  std::vector<std::string> calls;             // "create fake.role R", in order of completion
  // What to answer in place of doing it; by "create fake.role R". Removed once used.
  std::map<std::string, Error> failures;
  Duration latency = std::chrono::milliseconds(50);
  Duration shown_after{};  // a look at what is younger does not see it
  std::size_t in_flight_max = 0;
  // Where the objects of a type are that did not follow the environment; by type.
  std::map<std::string, Elsewhere, std::less<>> left_behind;
  Whereabouts place{"sky", "north"};

  [[nodiscard]] std::string_view name() const override { return "fake"; }
  [[nodiscard]] std::span<const ResourceType* const> types() const override;
  [[nodiscard]] Placement placement() const override;
  [[nodiscard]] Elsewhere elsewhere(const ResourceRecord& record) const override {
    const auto found = left_behind.find(record.type);
    return found == left_behind.end() ? Elsewhere{} : found->second;
  }
  [[nodiscard]] Whereabouts whereabouts() const override { return place; }
  Task<Status> connect() override;
  Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord> records) override;
  Task<Result<Map>> look_up(std::string_view type, Value inputs) override;
  Task<Result<Applied>> create(Operation& operation) override;
  Task<Result<Applied>> update(Operation& operation) override;
  Task<Result<Removed>> remove(Operation& operation) override;
  Task<Result<Observation>> find_after_crash(Operation& operation) override;
  Task<Result<Applied>> claim(Operation& operation) override;

 private:
  Task<Status> call(std::string what);

  Scheduler& scheduler_;
  std::size_t in_flight_ = 0;
};

// A stack given as text, over a fake cloud, a virtual clock and a state in memory.
class Workbench {
 public:
  Workbench();

  // Plans the YAML under `resources:`; problems are kept in `problems`.
  std::optional<Planned> plan(const std::string& resources, PlanOptions options = {});
  // Plans and applies; the outcome.
  ApplyOutcome apply(const std::string& resources, ApplyOptions options = {});
  ApplyOutcome destroy();
  // The same for an import.
  std::optional<Planned> plan_import(const std::string& resources, AdoptionRequest request);
  ApplyOutcome import(const std::string& resources, AdoptionRequest request);
  // "create a", "update b", … of all steps that do something, in plan order.
  [[nodiscard]] static std::vector<std::string> actions(const Plan& plan);
  [[nodiscard]] const Step& step(const Plan& plan, const std::string& address) const;
  [[nodiscard]] const State& state() const { return store->state(); }
  [[nodiscard]] std::string problems_text() const;

  VirtualClock clock;
  SeededRandom random;
  Scheduler scheduler;
  FakeCloud cloud;
  Providers providers;
  std::unique_ptr<StateStore> store;
  std::unique_ptr<Journal> journal;
  std::string head;                     // lines above `resources:`, for parameters
  std::vector<std::string> parameters;  // NAME=VALUE, as after --set
  Diagnostics problems;
  std::unique_ptr<Stack> stack;

 private:
  bool load(const std::string& resources);
  Desk desk();
  std::optional<Environment> environment_;
};

}  // namespace firn::testing_support
