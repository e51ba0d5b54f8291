// Values of condition keys that are more than texts: numbers, dates, addresses.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace firn::aws::iam {

[[nodiscard]] std::optional<double> parse_number(std::string_view text);

// Milliseconds since 1970-01-01T00:00Z, of one of the W3C forms of ISO 8601 ("2026",
// "2026-01-02", "2026-01-02T03:04:05.6+01:00") or of seconds since then. Four digits are a year.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);

// A network, or one address when all bits count.
struct Network {
  std::array<std::uint8_t, 16> bytes{};
  unsigned bits = 0;     // how many of them must be equal
  bool is_long = false;  // IPv6: 16 bytes; else 4
};
[[nodiscard]] std::optional<Network> parse_network(std::string_view text);
[[nodiscard]] bool contains(const Network& network, const Network& address);

}  // namespace firn::aws::iam
