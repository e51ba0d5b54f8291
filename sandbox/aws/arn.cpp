#include "sandbox/aws/arn.h"

#include <algorithm>
#include <fmt/format.h>

namespace firn::sandbox::aws {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

std::string Arn::text() const {
  return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource);
}

std::optional<Arn> parse_arn(std::string_view text) {
  std::string_view parts[6];
  for (int i = 0; i < 5; ++i) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parts[i] = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  parts[5] = text;
  if (parts[0] != "arn" || parts[1].empty() || parts[2].empty() || parts[5].empty()) {
    return std::nullopt;
  }
  return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]),
             std::string(parts[4]), std::string(parts[5])};
}

std::string partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  if (region.starts_with("eusc-")) return "aws-eusc";
  return "aws";
}

bool is_region(std::string_view text) {
  const auto last = text.rfind('-');
  if (last == std::string_view::npos || last == 0 || last + 1 == text.size()) return false;
  const std::string_view letters = text.substr(0, last);
  const std::string_view number = text.substr(last + 1);
  return letters.find('-') != std::string_view::npos &&
         std::all_of(letters.begin(), letters.end(),
                     [](char c) { return is_lower(c) || c == '-'; }) &&
         std::all_of(number.begin(), number.end(), is_digit);
}

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace firn::sandbox::aws
