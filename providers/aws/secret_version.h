// What Secrets Manager shows of a secret without showing its value: which version is the current
// one. Whoever writes a value chooses the version's id, so firn knows its own again.
//
// Source of facts: AWS Secrets Manager API Reference (PutSecretValue: ClientRequestToken becomes
// the VersionId; DescribeSecret, ListSecrets).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "providers/aws/calls.h"
#include "providers/aws/type.h"

namespace firn::aws {

// Observes secrets and access keys, of which each has a secret that holds it, with one listing.
extern const Batch secret_listing_batch;

// A secret as DescribeSecret or an item of ListSecrets shows it; a null when it does not exist. One
// that waits for its deletion has DeletedDate.
struct ShownSecret {
  Value value;
  [[nodiscard]] bool exists() const { return value.is_map(); }
  [[nodiscard]] bool is_deleted() const { return !value.at("DeletedDate").is_null(); }
  // "" when it has no value.
  [[nodiscard]] std::string current_version() const;
};

// `id` is a name or an ARN.
Task<Result<ShownSecret>> describe_secret(Client& client, const ResourceRecord& record,
                                          std::string id);

// Puts a value. `token` becomes the version's id.
[[nodiscard]] Call put_secret_value(const Operation& operation, const std::string& id,
                                    const std::string& text, const std::string& token);

// What the batch calls with the listing at hand.
Task<Result<Observation>> observe_secret(Client& client, ResourceRecord record, ShownSecret shown);
Task<Result<Observation>> observe_access_key(Client& client, ResourceRecord record,
                                             ShownSecret shown);

}  // namespace firn::aws
