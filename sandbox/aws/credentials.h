// Access keys: administrators' (derived from the file's seed), users' (made by CreateAccessKey) and
// sessions' (made by AssumeRole).
#pragma once

#include <optional>
#include <string>

#include "sandbox/aws/policy/principal.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws {

struct KnownKey {
  std::string secret;
  std::string session_token;       // empty: a long-lived key
  std::int64_t expires_at_ms = 0;  // of a session
  Principal principal;
  std::string session_policy;  // document text; empty when none was passed
};

[[nodiscard]] AwsCredentials administrator_key(const World& world, const std::string& account);
// Nothing when no such key exists, or it was made too short a time ago to be known, or is not
// active.
[[nodiscard]] std::optional<KnownKey> find_key(const World& world,
                                               const std::string& access_key_id);

// The secret part of a user's or session's key. It is derived, so that no file holds it.
[[nodiscard]] std::string secret_access_key(const World& world, const std::string& access_key_id);
// Notes when and for what a user's key was used. Other keys are not followed.
void note_use(World& world, const std::string& access_key_id, const std::string& service,
              const std::string& region);

struct SessionKey {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
};
SessionKey make_session_key(World& world, const Principal& principal, std::int64_t expires_at_ms,
                            const std::string& session_policy);

}  // namespace firn::sandbox::aws
