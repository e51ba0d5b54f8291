#include "providers/aws/endpoint.h"

#include <array>
#include <fmt/format.h>

#include "core/http/http.h"

namespace firn::aws {

namespace {

struct Partition {
  std::string_view region_prefix;
  std::string_view name;
  std::string_view dns_suffix;
  std::string_view iam_host;    // IAM has one endpoint per partition
  std::string_view iam_region;  // and one region that its calls are signed for
};

// Source: AWS General Reference, "Service endpoints and quotas"; IAM's endpoints page.
constexpr std::array<Partition, 8> partitions = {{
    {"cn-", "aws-cn", "amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
    {"us-gov-", "aws-us-gov", "amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
    {"eusc-", "aws-eusc", "amazonaws.eu", "iam.amazonaws.eu", "eusc-de-east-1"},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov", "iam.us-isob-east-1.sc2s.sgov.gov",
     "us-isob-east-1"},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", "iam.us-isof-south-1.csp.hci.ic.gov",
     "us-isof-south-1"},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "iam.eu-isoe-west-1.cloud.adc-e.uk",
     "eu-isoe-west-1"},
    {"us-iso-", "aws-iso", "c2s.ic.gov", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
    {"", "aws", "amazonaws.com", "iam.amazonaws.com", "us-east-1"},
}};

const Partition& of_region(std::string_view region) {
  for (const Partition& partition : partitions) {
    if (region.starts_with(partition.region_prefix)) return partition;
  }
  return partitions.back();
}

}  // namespace

std::string partition_of(std::string_view region) {
  return std::string(of_region(region).name);
}

std::string_view dns_suffix(std::string_view partition) {
  for (const Partition& candidate : partitions) {
    if (candidate.name == partition) return candidate.dns_suffix;
  }
  return partitions.back().dns_suffix;
}

Result<Endpoint> resolve_endpoint(const Service& service, const std::string& region,
                                  const std::map<std::string, std::string>& configured) {
  const Partition& partition = of_region(region);
  Endpoint endpoint;
  endpoint.signing_region = service.is_global ? std::string(partition.iam_region) : region;

  auto found = configured.find(std::string(service.endpoint_name));
  if (found == configured.end()) found = configured.find("");
  if (found != configured.end() && !found->second.empty()) {
    Result<http::Request> url = http::parse_url(found->second);
    if (!url) {
      return fail(
          ErrorKind::invalid_input,
          fmt::format("the endpoint \"{}\" for {} is not a URL", found->second, service.title),
          url.error().summary,
          fmt::format("write it like http://127.0.0.1:5000 (AWS_ENDPOINT_URL_{}, "
                      "AWS_ENDPOINT_URL, or endpoint_url in the profile)",
                      service.endpoint_name));
    }
    endpoint.scheme = url->scheme;
    endpoint.host = url->host;
    endpoint.port = url->port;
    endpoint.base_path = url->path == "/" ? std::string() : url->path;
    while (endpoint.base_path.ends_with('/'))
      endpoint.base_path.pop_back();
    endpoint.is_configured = true;
    return endpoint;
  }
  endpoint.host = service.is_global
                      ? std::string(partition.iam_host)
                      : fmt::format("{}.{}.{}", service.host_prefix, region, partition.dns_suffix);
  return endpoint;
}

}  // namespace firn::aws
