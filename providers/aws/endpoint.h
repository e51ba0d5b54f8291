// Endpoints: where a service of a region stands.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "providers/aws/service.h"

namespace firn::aws {

struct Endpoint {
  std::string scheme = "https";
  std::string host;
  int port = 0;           // 0: the scheme's own
  std::string base_path;  // of a configured endpoint: "/aws"; "" at the root
  std::string signing_region;
  bool is_configured = false;  // from AWS_ENDPOINT_URL and the like, not AWS's own
};

// "aws", "aws-cn", "aws-us-gov", … by the region's prefix.
[[nodiscard]] std::string partition_of(std::string_view region);
// "amazonaws.com", "amazonaws.com.cn", …
[[nodiscard]] std::string_view dns_suffix(std::string_view partition);

// `configured` maps Service::endpoint_name, or "" for all services, to a URL.
[[nodiscard]] Result<Endpoint> resolve_endpoint(
    const Service& service, const std::string& region,
    const std::map<std::string, std::string>& configured);

}  // namespace firn::aws
