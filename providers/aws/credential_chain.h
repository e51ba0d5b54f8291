// CredentialChain: AWS's own order of places to look for credentials, with refresh.
//
//   1 environment          (not when a profile is named by a flag)
//   2 the profile's role   role_arn with source_profile or credential_source
//   3 web identity         from the environment or the profile
//   4 single sign-on       the token that `aws sso login` left
//   5 the profile's keys
//   6 credential_process
//   7 container
//   8 EC2 instance (IMDSv2)
//
// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/async/sync.h"
#include "providers/aws/credential_sources.h"
#include "providers/aws/credentials.h"
#include "providers/aws/profile.h"

namespace firn::aws {

class CredentialChain final : public CredentialsSource {
 public:
  // Scheduler and transport are the caller's and outlive the chain. `region` and `endpoints` are
  // for STS, as ClientOptions has them.
  CredentialChain(Scheduler& scheduler, http::Transport& transport, Machine machine,
                  SharedConfiguration configuration, std::string region,
                  std::map<std::string, std::string> endpoints);

  Task<Result<Credentials>> get() override;
  void forget() override { current_.reset(); }
  // "environment", "profile dev", …: where the last ones came from; "" before the first get().
  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  // How the ones in hand stand: fresh, better renewed, or to be renewed.
  enum class Age : std::uint8_t { fresh, aging, stale };
  [[nodiscard]] Age age() const;
  [[nodiscard]] CredentialContext context() const;
  Task<Result<Credentials>> search();
  Task<Found> from_profile_role(std::string name, std::vector<std::string> visited);
  Task<Found> from_profile_source(std::string name, std::vector<std::string> visited);

  Scheduler& scheduler_;
  http::Transport& transport_;
  Machine machine_;
  SharedConfiguration configuration_;
  std::string region_;
  std::map<std::string, std::string> endpoints_;
  std::optional<Credentials> current_;
  Instant fetched_{};
  std::string origin_;
  std::shared_ptr<Event> fetching_;  // set while a fetch is under way
  std::optional<Error> last_failure_;
};

}  // namespace firn::aws
