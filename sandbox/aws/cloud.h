// The sandbox's AWS: accounts, regions and services behind one function from request to response.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/async/clock.h"
#include "core/http/http.h"
#include "sandbox/crossing.h"
#include "sandbox/sandbox.h"
#include "sandbox/store.h"

namespace firn::sandbox {

struct AwsOptions {
  Duration iam_delay = std::chrono::seconds(8);     // as in Options
  Duration lambda_delay = std::chrono::seconds(2);  // as in Options
};

class AwsCloud {
 public:
  virtual ~AwsCloud() = default;

  // One request of the wire protocol, answered at the clock's present time. `log` comes with the
  // time filled in; the cloud adds service, operation, target, status and error. What a refused
  // request (status 400 and above) put into the store is for the caller to roll back.
  virtual http::Response answer(const http::Request& request, LogEntry& log) = 0;

  // The keys of an administrator (the root principal) of that account.
  virtual AwsCredentials administrator_of(const std::string& account) = 0;
  // A bucket that no stack makes.
  virtual void given_bucket(const std::string& account, const std::string& region,
                            const std::string& name) = 0;

  // What the other cloud may do in here. Lives as long as this object.
  virtual AwsDoor& door() = 0;
  // The other cloud; nullptr when there is none: then principals and queues of other accounts do
  // not exist. Not owned.
  virtual void connect(SnowflakeDoor* snowflake) = 0;

  [[nodiscard]] virtual std::vector<Count> status() const = 0;
};

// Store and clock are the caller's and outlive the cloud. The store's document "sandbox"/"seed"
// must hold {"seed": text}: keys and ids are derived from it.
[[nodiscard]] std::unique_ptr<AwsCloud> make_aws(Store& store, VirtualClock& clock,
                                                 AwsOptions options);

}  // namespace firn::sandbox
