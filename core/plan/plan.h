// Plan: what has to happen so that the clouds match the stack, and why. A plain value: it can be
// printed, saved, compared and applied. Same inputs, same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/check/check.h"
#include "core/graph/graph.h"
#include "core/schema/resource_type.h"
#include "core/state/state.h"
#include "core/value/value.h"

namespace firn {

enum class Action : std::uint8_t {
  none,     // as it should be
  look_up,  // a look-up that must wait for apply
  create,
  update,
  replace,
  remove,
  adopt,   // exists and is imported: it is marked as ours, and the state learns of it
  forget,  // gone already: only the state forgets it
};
[[nodiscard]] std::string_view action_name(Action action);

// One changed place inside an object.
struct Change {
  std::string path;  // "lifecycle[0].expiration_days"
  Value before;      // null: was not there
  Value after;       // null: will not be there; may be unknown
  bool secret = false;
  bool drift = false;  // changed in the cloud, behind firn's back
  bool forces_replace = false;
  bool operator==(const Change&) const = default;
};

struct Step {
  static constexpr std::uint32_t kNoInstance = UINT32_MAX;

  std::string address;
  const ResourceType* type = nullptr;
  Action action = Action::none;
  bool create_first = false;  // of a replacement: the new object is made before the old one goes
  std::string name;           // physical name after the step (of a removal: the name removed)
  std::string name_before;    // when it differs
  std::string base_name;
  int generation = 1;
  std::vector<std::string> reasons;  // sentences: why this action
  std::vector<std::string> losses;   // what data, history or name is lost
  std::vector<std::string> notes;    // a burnt name that was stepped over, …
  std::vector<Change> changes;
  std::vector<std::string> changed;  // top-level attributes that differ, sorted
  Value after;                       // desired inputs; may hold unknowns; secrets in clear
  Map outputs;                       // outputs known at plan time, unknown ones included
  bool is_lost = false;              // what the state knows is gone from the cloud
  bool outputs_changed = false;      // the cloud shows other outputs than recorded
  bool is_marked = false;            // of an adoption: it carries this address's mark already
  bool protect = false;
  std::vector<std::string> dependencies;  // addresses that must exist before; kept in the state
  std::vector<std::string> look_ups;      // look-ups that must have answered before
  std::vector<std::string> linked_again;  // of an update: targets made anew that it must refer to
  std::vector<std::string> stopped_by;  // of a replacement: targets whose change breaks the old one
  std::uint32_t instance = kNoInstance;  // index into Stack::instances()
};

struct OutputChange {
  std::string name;
  Value before;
  Value after;
  bool operator==(const OutputChange&) const = default;
};

struct Plan {
  std::string stack;
  std::string environment;
  std::string lineage;
  std::int64_t serial = 0;
  bool is_destroy = false;
  bool is_import = false;   // one step, which adopts; outputs are left to the next apply
  std::vector<Step> steps;  // dependencies first; removals after, dependents first
  std::vector<OutputChange> outputs;
  Map output_values;
  std::vector<Diagnostic> warnings;
  std::vector<CheckFinding>
      waived;              // what checks found and the author takes back, with his reasons
  std::string secret_key;  // of the state; for printing nothing: seals secrets when saved

  [[nodiscard]] bool changes_anything() const;
  [[nodiscard]] std::size_t count(Action action) const;
  // Steps with losses that no consent covers.
  [[nodiscard]] std::vector<const Step*> losing_without_consent(
      const std::vector<std::string>& accepted_addresses) const;
};

// A plan's steps as the operations that apply runs, with their order. A create-first replacement is
// two operations, and so is a delete-first one.
struct PlannedOperation {
  enum class Kind : std::uint8_t { look_up, create, update, adopt, remove, state_only };
  Kind kind = Kind::state_only;
  std::uint32_t step = 0;
  bool of_old_object = false;  // of a replacement: removes what was there before
};
struct Schedule {
  std::vector<PlannedOperation> operations;
  Graph order{0};  // over `operations`: an operation needs those that must be done before
};
// `state` gives the order of removals: what depended on what when it was made.
[[nodiscard]] Schedule schedule(const Plan& plan, const State& state);

}  // namespace firn
