// Instants from the dates that others write.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/async/clock.h"

namespace firn {

// UTC. Nothing for what is no date or no time of day. An Instant reaches from 1677 to 2262, and a
// difference of two must fit, too: what lies before 1970 is told as of 1970, what lies beyond 2199
// as of 2199.
[[nodiscard]] inline std::optional<Instant> instant_of(int year, int month, int day, int hour,
                                                       int minute, int second) {
  using namespace std::chrono;
  const auto date = [&](int of_year) {
    return year_month_day{std::chrono::year(of_year),
                          std::chrono::month(static_cast<unsigned>(month)),
                          std::chrono::day(static_cast<unsigned>(day))};
  };
  const auto is_in = [](int number, int last) { return number >= 0 && number <= last; };
  const bool is_time = is_in(hour, 23) && is_in(minute, 59) && is_in(second, 60);  // a leap second
  if (!is_in(month, 12) || !is_in(day, 31) || !date(year).ok() || !is_time) return std::nullopt;
  return Instant(sys_days(date(std::clamp(year, 1970, 2199)))) + hours(hour) + minutes(minute) +
         seconds(second);
}

}  // namespace firn
