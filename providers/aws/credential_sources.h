// The single places that credentials can come from; the order is credential_chain.h's.
//
// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/async/scheduler.h"
#include "core/base/result.h"
#include "core/http/http.h"
#include "core/value/value.h"
#include "providers/aws/credentials.h"
#include "providers/aws/profile.h"

namespace firn::aws {

// Nothing: this place is not set up here. An error: it is, and does not work.
using Found = Result<std::optional<Credentials>>;

// What the sources need. Refers to its owner's members; copied freely.
struct CredentialContext {
  Scheduler* scheduler = nullptr;
  http::Transport* transport = nullptr;
  const Machine* machine = nullptr;
  const SharedConfiguration* configuration = nullptr;
  std::string region;                            // for STS; "" for us-east-1
  std::map<std::string, std::string> endpoints;  // as ClientOptions::endpoints
};

[[nodiscard]] Found from_environment(const Machine& machine);
[[nodiscard]] Found from_keys(const Section& section, std::string_view profile);
[[nodiscard]] Found from_process(const Machine& machine, const Section& section,
                                 std::string_view profile);
Task<Found> from_sso(CredentialContext context, Section section, std::string profile);
Task<Found> from_web_identity(CredentialContext context, std::string role_arn,
                              std::string token_file, std::string session_name);
Task<Found> from_container(CredentialContext context);
Task<Found> from_instance(CredentialContext context);
// sts:AssumeRole as `section` says, signed with `source`.
Task<Found> assume_role(CredentialContext context, Credentials source, Section section,
                        std::string profile);

// The members AccessKeyId, SecretAccessKey, SessionToken or Token, Expiration; `what` is for
// errors.
[[nodiscard]] Found read_credentials(const Value& value, std::string_view what);
// "2026-01-02T03:04:05Z", with or without a fraction.
[[nodiscard]] std::optional<Instant> parse_iso_time(std::string_view text);
// Words of a command line; single and double quotes group.
[[nodiscard]] std::vector<std::string> split_command(std::string_view line);

}  // namespace firn::aws
