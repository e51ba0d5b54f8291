// SnowflakeProvider: firn::Provider over Snowflake's SQL API.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/provider/provider.h"
#include "providers/snowflake/client.h"
#include "providers/snowflake/connection.h"
#include "providers/snowflake/object_type.h"
#include "providers/snowflake/questions.h"

namespace firn::snowflake {

struct ProviderOptions {
  std::string user_agent = "firn";  // "firn/0.1.0"
  // Whose objects are ours, by the mark in their comments. An object of another stack is foreign.
  std::string stack;
  std::string environment;
  // How long a refusal that comes from AWS's propagation is waited out.
  Duration patience = std::chrono::minutes(2);
};

class SnowflakeProvider final : public Provider {
 public:
  // Scheduler and transport outlive the provider. `sources` gives the key's file on connect().
  SnowflakeProvider(Scheduler& scheduler, http::Transport& transport, Connection connection,
                    ConnectionSources sources, ProviderOptions options);
  ~SnowflakeProvider() override;

  [[nodiscard]] std::string_view name() const override { return "snowflake"; }
  [[nodiscard]] std::span<const ResourceType* const> types() const override;
  // The account as one word in upper case ("MYORG-MYACCOUNT"); no region.
  [[nodiscard]] Placement placement() const override;
  // As CURRENT_REGION() said on connect().
  [[nodiscard]] Whereabouts whereabouts() const override { return whereabouts_; }
  Task<Status> connect() override;
  // One statement per kind of listing and database, all at the same time.
  Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord> records) override;
  Task<Result<Map>> look_up(std::string_view type, Value inputs) override;
  Task<Result<Applied>> create(Operation& operation) override;
  Task<Result<Applied>> update(Operation& operation) override;
  Task<Result<Removed>> remove(Operation& operation) override;
  Task<Result<Observation>> find_after_crash(Operation& operation) override;
  Task<Result<Observation>> find_existing(Operation& operation) override;
  Task<Result<Applied>> claim(Operation& operation) override;

 private:
  Task<Result<Seen>> see(const ObjectType& type, ResourceRecord record);
  // Of an object that is known to exist: asks again until SHOW has it, for half a minute.
  Task<Result<Seen>> see_made(const ObjectType& type, ResourceRecord record);
  // Asks again until it is there, or this moment has come.
  Task<Result<Seen>> see_until(const ObjectType& type, ResourceRecord record, Instant give_up);
  // Empty for a type without surroundings.
  Task<Inventory> look_around(const ObjectType& type, const ResourceRecord& record);
  // Before a creation or an update: asks again, for half a minute, while something is not shown.
  Task<Inventory> look_around_made(const ObjectType& type, const ResourceRecord& record);
  // The same, and what hangs on what changes.
  Task<Inventory> look_around_update(const ObjectType& type, ResourceRecord record,
                                     const Change& change);
  // All statements of an operation on one object.
  Task<Status> carry_out(const ObjectType& type, const ResourceRecord& record,
                         std::vector<Step> steps, Operation& operation);
  Task<Status> run_steps(std::vector<Step> steps, CallContext context, Operation& operation);
  Task<Result<Rows>> run_step(Step step, CallContext context, Operation& operation);
  Task<Result<Applied>> settle(const ObjectType& type, ResourceRecord record, bool read_back);
  Task<Result<Applied>> meet_existing(const ObjectType& type, Operation& operation, Error refusal);
  [[nodiscard]] Observation observation_of(Seen seen) const;
  [[nodiscard]] bool is_ours(const Seen& seen) const;
  [[nodiscard]] Client& client() { return *client_; }

  Scheduler& scheduler_;
  http::Transport& transport_;
  Connection connection_;
  ConnectionSources sources_;
  ProviderOptions options_;
  Whereabouts whereabouts_;         // from connect() on
  QuestionRounds rounds_;           // of look-ups
  std::unique_ptr<Client> client_;  // from connect() on
};

}  // namespace firn::snowflake
