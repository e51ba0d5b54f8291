// Credentials: who the calls are signed as, and where that comes from.
#pragma once

#include <optional>
#include <string>

#include "core/async/clock.h"
#include "core/async/task.h"
#include "core/base/result.h"

namespace firn::aws {

// Never printed, never stored.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;       // empty for long-lived keys
  std::optional<Instant> expires;  // absent: they do not
};

class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  // Valid credentials, fetched or refreshed when needed. Concurrent callers share one fetch.
  virtual Task<Result<Credentials>> get() = 0;
  // AWS called the last ones expired or unknown: fetch anew next time.
  virtual void forget() = 0;
};

// Fixed keys: the sandbox's, or a test's.
class StaticCredentials final : public CredentialsSource {
 public:
  explicit StaticCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Task<Result<Credentials>> get() override;
  void forget() override {}

 private:
  Credentials credentials_;
};

}  // namespace firn::aws
