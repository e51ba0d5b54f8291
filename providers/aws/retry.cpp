#include "providers/aws/retry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/async/calendar.h"
#include "core/base/text.h"

namespace firn::aws {

namespace {

Duration seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Duration poll_interval(Random& random, int attempt) {
  const double base = std::clamp(0.5 * std::pow(1.25, attempt - 4), 0.5, 5.0);
  return seconds(base * (0.75 + 0.5 * random.unit()));
}

std::optional<Instant> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  const auto day = number(text.substr(5, 2));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  return instant_of(*year, static_cast<int>(month - months.begin()) + 1, *day, *hour, *minute,
                    *second);
}

}  // namespace firn::aws
