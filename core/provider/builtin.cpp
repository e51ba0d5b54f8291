#include "core/provider/builtin.h"

#include <array>

namespace firn {
namespace {

constexpr std::array kAttributes{
    Attribute{.name = "input",
              .kind = AttributeKind::any,
              .doc = "Any value; it is shown again as the output `output`.",
              .example = "input: { table: \"${orders.fqn}\" }"},
    Attribute{
        .name = "replace_on",
        .kind = AttributeKind::any,
        .doc = "A value whose change makes the object anew, and with it whatever is tied to it.",
        .on_change = OnChange::replace},
    Attribute{.name = "id",
              .kind = AttributeKind::string,
              .doc = "The address.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "output",
              .kind = AttributeKind::any,
              .doc = "The input, once applied.",
              .computed = true},
};

Map predict(const Placement& placement, const std::string&, const Value&) {
  return Map{{"id", Value(placement.address)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  if (!inputs.at("input").contains_secret()) return;
  problems.push_back({"input", "a value that is kept in the state cannot be a secret",
                      "The state holds no secrets, so nobody could be given this one.",
                      "use the secret where it is needed"});
}

constexpr ResourceType kValue{
    .name = "firn.value",
    .summary = "A value kept in the state; touches no cloud.",
    .doc = "Useful to hold a computed value that other objects or people refer to.",
    .example = "type: firn.value\ninput: [a, b]",
    .attributes = kAttributes,
    .name_rule = {},
    .predict = predict,
    .validate = validate,
};

constexpr std::array<const ResourceType*, 1> kTypes{&kValue};

Map outputs_of(const std::string& address, const Value& inputs) {
  Map outputs{{"id", Value(address)}};
  if (const Value* input = inputs.find("input")) outputs.set("output", *input);
  return outputs;
}

}  // namespace

std::span<const ResourceType* const> BuiltinProvider::types() const {
  return kTypes;
}

Task<Status> BuiltinProvider::connect() {
  co_return Ok{};
}

Task<std::vector<Result<Observation>>> BuiltinProvider::observe(
    std::vector<ResourceRecord> records) {
  // There is nothing to look at: what the state says is so.
  std::vector<Result<Observation>> seen;
  seen.reserve(records.size());
  for (const ResourceRecord& record : records) {
    Observation observation;
    observation.exists = true;
    if (record.inputs.is_map()) observation.inputs = record.inputs.as_map();
    if (record.outputs.is_map()) observation.outputs = record.outputs.as_map();
    seen.emplace_back(std::move(observation));
  }
  co_return seen;
}

Task<Result<Map>> BuiltinProvider::look_up(std::string_view type, Value inputs) {
  static_cast<void>(inputs);
  co_return fail(ErrorKind::bug, "firn has no look-up called " + std::string(type));
}

Task<Result<Applied>> BuiltinProvider::create(Operation& operation) {
  Applied applied;
  applied.outputs = outputs_of(operation.prior.address, operation.desired);
  co_return applied;
}

Task<Result<Applied>> BuiltinProvider::update(Operation& operation) {
  Applied applied;
  applied.outputs = outputs_of(operation.prior.address, operation.desired);
  co_return applied;
}

Task<Result<Removed>> BuiltinProvider::remove(Operation& operation) {
  static_cast<void>(operation);
  co_return Removed{};
}

Task<Result<Observation>> BuiltinProvider::find_existing(Operation& operation) {
  co_return fail(ErrorKind::invalid_input, operation.prior.type + " is in no cloud",
                 "it is kept in the state alone, so there is nothing to import", "apply the stack");
}

Task<Result<Observation>> BuiltinProvider::find_after_crash(Operation& operation) {
  static_cast<void>(operation);
  co_return Observation{};
}

}  // namespace firn
