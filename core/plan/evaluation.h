// Evaluation: what is known of each instance so far, asked for lazily.
//
// A name is known from the convention; predictable outputs follow from the name and the identity
// inputs; everything else is known once the object exists, from the state or from its step. Plan
// and apply share one Evaluation, so that what was unknown at plan time is filled in as it becomes
// true.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/names/names.h"
#include "core/provider/provider.h"
#include "core/stack/stack.h"
#include "core/state/state.h"

namespace firn {

struct PlannedName {
  std::string name;
  std::string base;
  int generation = 1;
  std::vector<Tombstone> stepped_over;
  std::optional<Tombstone> lifted;
};

class Evaluation final : public ResourceValues {
 public:
  // All are owned by the caller and outlive the evaluation. `now` decides which tombstones hold.
  Evaluation(const Stack& stack, const Providers& providers, const State& state, Instant now);

  [[nodiscard]] const PlannedName& name_of(std::uint32_t instance, Diagnostics& diagnostics);
  // A replacement or a vanished object takes at least this generation. Forgets what was derived
  // from the old name; answers false when the name stays the same.
  bool require_generation(std::uint32_t instance, int generation, Diagnostics& diagnostics);

  // An object that exists is imported under this name; the name of the convention stays its base,
  // so that it keeps this one for as long as it lives.
  void take_name(std::uint32_t instance, std::string name, Diagnostics& diagnostics);

  // Outputs known before creation: "name" and what the type predicts.
  [[nodiscard]] const Map& predicted(std::uint32_t instance, Diagnostics& diagnostics);

  // The full desired inputs: evaluated, with prepared files, tags of the environment, normalised.
  [[nodiscard]] Value desired(std::uint32_t instance, Diagnostics& diagnostics);

  // Real outputs, once the object exists (or a look-up has answered). Absent: the other outputs are
  // unknown.
  void set_outputs(std::uint32_t instance, Map outputs);
  void forget_outputs(std::uint32_t instance);
  [[nodiscard]] const std::optional<Map>& outputs(std::uint32_t instance) const {
    return facts_[instance].outputs;
  }
  [[nodiscard]] Placement placement_of(std::uint32_t instance) const;
  [[nodiscard]] const ResourceType& type_of(std::uint32_t instance) const {
    return *stack_.declaration_of(stack_.instances()[instance]).type;
  }
  [[nodiscard]] std::string base_folder_of(std::uint32_t instance) const;

  Value resource_value(std::uint32_t instance, std::span<const expression::PathStep> rest,
                       const expression::Reference& reference, Diagnostics& diagnostics) override;

 private:
  struct Facts {
    std::shared_ptr<const PlannedName> name;
    std::optional<Map> predicted;
    std::optional<Map> outputs;
    int generation_min = 1;
    bool naming = false;  // being worked out: guards against a circle of names
    bool predicting = false;
    bool reading = false;
  };
  Value attribute_value(std::uint32_t instance, const std::string& name,
                        const expression::Reference& reference, Diagnostics& diagnostics);
  PlannedName work_out_name(std::uint32_t instance, Diagnostics& diagnostics);

  const Stack& stack_;
  const Providers& providers_;
  const State& state_;
  Instant now_;
  Naming naming_;
  std::vector<Tombstone> names_in_the_way_;  // burnt ones, and those of objects still to be removed
  std::vector<Facts> facts_;
};

// What a dotted path below a resource's block points at, or the nearest node above it.
[[nodiscard]] config::Node node_at(config::Node block, std::string_view path);

// Problems that a type found, told where they stand in the resource's block.
void report_problems(const std::vector<Problem>& problems, config::Node block,
                     const std::string& address, Diagnostics& diagnostics);

// The naming settings of an environment (`naming:`), completed with region and account.
[[nodiscard]] Naming naming_of(const Environment& environment, const Stack& stack,
                               const Providers& providers);

}  // namespace firn
