// AwsProvider: AWS as the engine sees it.
#pragma once

#include <functional>
#include <map>
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

  [[nodiscard]] Whereabouts whereabouts() const override {
    return {"aws", client_.placement().region};
  }

  // An object of another region, by the ARNs that it shows. IAM is in all regions.
  [[nodiscard]] Elsewhere elsewhere(const ResourceRecord& record) const override;

  // sts:GetCallerIdentity: the credentials must belong to the configured account. An environment
  // without an account takes any.
  Task<Status> connect() override;

  Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord> records) override;
  Task<Result<Map>> look_up(std::string_view type, Value inputs) override;
  Task<Result<Applied>> create(Operation& operation) override;
  Task<Result<Applied>> update(Operation& operation) override;
  Task<Result<Removed>> remove(Operation& operation) override;
  Task<Result<Observation>> find_after_crash(Operation& operation) override;
  Task<Result<Observation>> find_existing(Operation& operation) override;
  Task<Result<Applied>> claim(Operation& operation) override;

  [[nodiscard]] Client& client() { return client_; }

 private:
  // The client of the region that the object is in.
  Client& client_of(const ResourceRecord& record);

  Client client_;
  std::map<std::string, std::unique_ptr<Client>> elsewhere_;  // by region; made on first use
  std::function<std::unique_ptr<Client>(std::string region)> make_client_;
};

}  // namespace firn::aws
