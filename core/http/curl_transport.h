// The real transport: libcurl's multi interface on the scheduler's thread.
//
// Keep-alive and connection reuse, HTTP/2 where the server speaks it, TLS verified, no redirects
// followed, no `Expect: 100-continue`, paths sent as they are. HTTPS_PROXY and NO_PROXY are
// honoured by libcurl; AWS_CA_BUNDLE and the like come in through CurlOptions.
#pragma once

#include <memory>
#include <string>

#include "core/async/scheduler.h"
#include "core/http/http.h"

namespace firn::http {

struct CurlOptions {
  std::string user_agent;  // "firn/0.1.0"; also Snowflake requires one
  std::string ca_bundle;   // PEM file; empty: the system's
  Duration connect_timeout = std::chrono::seconds(10);
  // An exchange in which no byte moves for so long is over, however much time it has left. Longer
  // than the 45 seconds for which Snowflake may hold back an answer. Whole seconds.
  Duration idle_timeout = std::chrono::seconds(60);
  long connections_per_host = 64;
};

class CurlTransport final : public Transport {
 public:
  CurlTransport(Scheduler& scheduler, CurlOptions options);
  ~CurlTransport() override;
  Task<Result<Response>> send(Request request) override;

 private:
  class Multi;
  std::unique_ptr<Multi> multi_;
};

}  // namespace firn::http
