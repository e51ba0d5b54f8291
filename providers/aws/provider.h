// AwsProvider: AWS as the engine sees it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/provider/provider.h"
#include "providers/aws/client.h"

namespace firn::aws {

class AwsProvider final : public Provider {
 public:
  // Everything by reference is the caller's and outlives the provider. `options.placement` holds
  // account, region and partition of the environment, and stack and environment for the marks by
  // which firn knows its own.
  AwsProvider(Scheduler& scheduler, http::Transport& transport, CredentialsSource& credentials,
              ClientOptions options);

  [[nodiscard]] std::string_view name() const override { return "aws"; }
  [[nodiscard]] std::span<const ResourceType* const> types() const override;
  [[nodiscard]] Placement placement() const override { return client_.placement(); }

  // sts:GetCallerIdentity: the credentials must belong to the configured account. An environment
  // without an account takes any.
  Task<Status> connect() override;

  Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord> records) override;
  Task<Result<Map>> look_up(std::string_view type, Value inputs) override;
  Task<Result<Applied>> create(Operation& operation) override;
  Task<Result<Applied>> update(Operation& operation) override;
  Task<Result<Removed>> remove(Operation& operation) override;
  Task<Result<Observation>> find_after_crash(Operation& operation) override;

  [[nodiscard]] Client& client() { return client_; }

 private:
  Client client_;
};

}  // namespace firn::aws
