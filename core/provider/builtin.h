// firn's own types, which touch no cloud: `firn.value` keeps a value in the state.
#pragma once

#include "core/provider/provider.h"

namespace firn {

class BuiltinProvider final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const override { return "firn"; }
  [[nodiscard]] std::span<const ResourceType* const> types() const override;
  [[nodiscard]] Placement placement() const override { return {}; }
  Task<Status> connect() override;
  Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord> records) override;
  Task<Result<Map>> look_up(std::string_view type, Value inputs) override;
  Task<Result<Applied>> create(Operation& operation) override;
  Task<Result<Applied>> update(Operation& operation) override;
  Task<Result<Removed>> remove(Operation& operation) override;
  Task<Result<Observation>> find_after_crash(Operation& operation) override;
  Task<Result<Observation>> find_existing(Operation& operation) override;
};

}  // namespace firn
