#include "core/plan/expectation.h"

#include <fmt/format.h>
#include <unordered_map>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/plan/attributes.h"

namespace firn {
namespace {

// {region}, {account}, {partition}, {name} and {digest}: twelve hex digits that are the address's
// own.
std::string stand_in(std::string_view form, const Placement& placement, const std::string& name) {
  std::string text(form);
  const auto put = [&text](std::string_view slot, std::string_view value) {
    text = replace_all(std::move(text), slot, value);
  };
  put("{region}", placement.region);
  put("{account}", placement.account);
  put("{partition}", placement.partition);
  put("{name}", name);
  put("{digest}", sha256_hex(placement.address).substr(0, 12));
  return text;
}

class Expecting {
 public:
  Expecting(const Stack& stack, const Plan& plan, const Evaluation& evaluation,
            Diagnostics& diagnostics)
      : stack_(stack), evaluation_(evaluation), diagnostics_(diagnostics) {
    for (const Step& step : plan.steps) {
      if (step.instance != Step::kNoInstance) steps_.emplace(step.instance, &step);
    }
  }

  std::vector<ExpectedObject> all() {
    const auto count = static_cast<std::uint32_t>(stack_.instances().size());
    for (std::uint32_t i = 0; i < count; ++i)
      complete_outputs(i);
    std::vector<ExpectedObject> objects;
    objects.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i)
      objects.push_back(object(i));
    return objects;
  }

 private:
  void complete_outputs(std::uint32_t index) {
    const ResourceType& type = evaluation_.type_of(index);
    const Step* step = step_of(index);
    const std::optional<Map>& known = evaluation_.outputs(index);
    Map outputs = known ? *known : evaluation_.predicted(index, diagnostics_);
    const Placement placement = evaluation_.placement_of(index);
    const std::string& name = evaluation_.name_of(index, diagnostics_).name;
    for (const Attribute& row : type.attributes) {
      // One that moves with an input is there, and not known any more.
      const Value* there = outputs.find(row.name);
      const bool is_known = there != nullptr && !there->is_unknown();
      if (row.stand_in.empty() || is_known) continue;
      // What the author chooses is no output of the cloud's.
      const bool is_given = row.chosen_by_cloud && step != nullptr && step->after.is_map() &&
                            step->after.find(row.name) != nullptr;
      if (!is_given) outputs.set(row.name, Value(stand_in(row.stand_in, placement, name)));
    }
    evaluation_.set_outputs(index, std::move(outputs));
  }

  ExpectedObject object(std::uint32_t index) {
    const Instance& instance = stack_.instances()[index];
    const Step* step = step_of(index);
    ExpectedObject object;
    object.instance = index;
    object.type = &evaluation_.type_of(index);
    object.address = instance.address;
    object.name = evaluation_.name_of(index, diagnostics_).name;
    object.outputs = *evaluation_.outputs(index);
    object.block = stack_.declaration_of(instance).block;
    object.is_new =
        step != nullptr && (step->action == Action::create || step->action == Action::replace);
    const bool is_known = step != nullptr && !step->after.contains_unknown();
    object.inputs = is_known ? step->after : inputs(index, step);
    return object;
  }

  Value inputs(std::uint32_t index, const Step* step) {
    const ResourceType& type = evaluation_.type_of(index);
    Map given = inputs_of(stack_, index, evaluation_, false, diagnostics_);
    for (const Attribute& row : type.attributes) {
      if (!row.derived || step == nullptr || !step->after.is_map()) continue;
      if (const Value* prepared = step->after.find(row.name)) given.set(row.name, *prepared);
    }
    Value value(std::move(given));
    return type.normalize != nullptr ? type.normalize(value) : value;
  }

  [[nodiscard]] const Step* step_of(std::uint32_t index) const {
    const auto found = steps_.find(index);
    return found == steps_.end() ? nullptr : found->second;
  }

  const Stack& stack_;
  Evaluation evaluation_;  // a copy, which learns of the stand-ins
  Diagnostics& diagnostics_;
  std::unordered_map<std::uint32_t, const Step*> steps_;
};

}  // namespace

std::vector<ExpectedObject> expected_objects(const Stack& stack, const Plan& plan,
                                             const Evaluation& evaluation,
                                             Diagnostics& diagnostics) {
  return Expecting(stack, plan, evaluation, diagnostics).all();
}

}  // namespace firn
