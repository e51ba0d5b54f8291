#include "core/async/clock.h"

#include <algorithm>
#include <fmt/core.h>
#include <thread>

namespace firn {
namespace {

struct Civil {
  int year;
  unsigned month, day;
  int hour, minute, second, millisecond;
};

Civil to_civil(Instant instant) {
  using std::chrono::days;
  using std::chrono::floor;
  const auto day = floor<days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(floor<std::chrono::milliseconds>(instant - day));
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<int>(time.subseconds().count())};
}

}  // namespace

Instant RealClock::now() const {
  return std::chrono::system_clock::now();
}

void RealClock::advance_to(Instant until) {
  const Instant soon = now() + std::chrono::milliseconds(100);
  std::this_thread::sleep_until(std::min(until, soon));
}

std::string format_basic(Instant instant) {
  const Civil t = to_civil(instant);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", t.year, t.month, t.day, t.hour, t.minute,
                     t.second);
}

std::string format_iso(Instant instant) {
  const Civil t = to_civil(instant);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t.year, t.month, t.day, t.hour,
                     t.minute, t.second);
}

std::string format_iso_ms(Instant instant) {
  const Civil t = to_civil(instant);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.year, t.month, t.day, t.hour,
                     t.minute, t.second, t.millisecond);
}

}  // namespace firn
