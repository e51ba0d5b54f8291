// Amazon Resource Names: arn:partition:service:region:account:resource.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace firn::sandbox::aws {

struct Arn {
  std::string partition;
  std::string service;
  std::string region;
  std::string account;
  std::string resource;  // everything after the fifth colon

  [[nodiscard]] std::string text() const;
};

// Nothing unless there are six parts, the first is "arn", and partition, service and resource are
// not empty.
[[nodiscard]] std::optional<Arn> parse_arn(std::string_view text);
// "aws", "aws-cn", "aws-us-gov", "aws-eusc".
[[nodiscard]] std::string partition_of(std::string_view region);
// "eu-west-1": letters, digits and dashes in the shape of a region.
[[nodiscard]] bool is_region(std::string_view text);
// Twelve digits.
[[nodiscard]] bool is_account(std::string_view text);

}  // namespace firn::sandbox::aws
