#include "core/async/calendar.h"

#include <array>
#include <gtest/gtest.h>
#include <string>

namespace firn {
namespace {

std::string told(int year, int month, int day, int hour, int minute, int second) {
  const auto instant = instant_of(year, month, day, hour, minute, second);
  return instant ? format_iso(*instant) : "none";
}

TEST(Calendar, TellsDatesAsInstants) {
  EXPECT_EQ(told(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z");
  EXPECT_EQ(told(2024, 2, 29, 23, 59, 60), "2024-03-01T00:00:00Z");  // a leap second
}

TEST(Calendar, KnowsNoOtherDates) {
  for (const auto& [year, month, day, hour] :
       {std::array{2026, 0, 1, 0}, std::array{2026, 13, 1, 0}, std::array{2026, 2, 29, 0},
        std::array{2026, 1, 1, 24}, std::array{2026, 1, -1, 0}, std::array{2026, 1, 1, -1}})
    EXPECT_EQ(told(year, month, day, hour, 0, 0), "none") << year << month << day << hour;
}

TEST(Calendar, BringsFarDatesWithinReach) {
  EXPECT_EQ(told(9999, 12, 31, 23, 59, 59), "2199-12-31T23:59:59Z");
  EXPECT_EQ(told(1, 1, 1, 0, 0, 0), "1970-01-01T00:00:00Z");
}

}  // namespace
}  // namespace firn
