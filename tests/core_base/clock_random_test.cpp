#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "core/async/clock.h"
#include "core/async/random.h"

namespace firn {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Clock, FormatsUtc) {
  struct Case {
    std::int64_t ms;
    std::string basic, iso, iso_ms;
  };
  const std::vector<Case> cases{
      {0, "19700101T000000Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
      {1767323045123, "20260102T030405Z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123Z"},
      {951782400000, "20000229T000000Z", "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
      {-1, "19691231T235959Z", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z"},
  };
  for (const Case& c : cases) {
    const Instant instant{milliseconds(c.ms)};
    EXPECT_EQ(format_basic(instant), c.basic);
    EXPECT_EQ(format_iso(instant), c.iso);
    EXPECT_EQ(format_iso_ms(instant), c.iso_ms);
  }
}

TEST(Clock, AVirtualClockNeverGoesBack) {
  VirtualClock clock(Instant{seconds(10)});
  clock.advance_to(Instant{seconds(5)});
  EXPECT_EQ(clock.now(), Instant{seconds(10)});
  clock.advance_to(Instant{seconds(15)});
  EXPECT_EQ(clock.now(), Instant{seconds(15)});
}

// The reference implementation of SplitMix64 (Vigna, splitmix64.c) gives these from the seed
// 1234567.
TEST(Random, ASeedGivesTheSameSequenceEverywhere) {
  SeededRandom random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
        16408922859458223821U}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(Random, UnitIsUniformBelowOne) {
  SeededRandom random(3);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double unit = random.unit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    sum += unit;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);

  class Highest final : public Random {
   public:
    std::uint64_t next() override { return ~std::uint64_t{0}; }
  } highest;
  EXPECT_LT(highest.unit(), 1.0);
}

// RFC 9562: x is any lower-case hexadecimal digit, N is one of 8, 9, a, b.
bool has_form_of_version_4(const std::string& uuid) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-4xxx-Nxxx-xxxxxxxxxxxx";
  return std::equal(uuid.begin(), uuid.end(), form.begin(), form.end(), [](char c, char wanted) {
    if (wanted == 'x') return std::string_view("0123456789abcdef").find(c) != std::string::npos;
    if (wanted == 'N') return std::string_view("89ab").find(c) != std::string::npos;
    return c == wanted;
  });
}

TEST(Random, UuidsAreOfVersion4AndDiffer) {
  SystemRandom system;
  SeededRandom seeded(1);
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    for (Random* random : {static_cast<Random*>(&system), static_cast<Random*>(&seeded)}) {
      const std::string uuid = random->uuid();
      EXPECT_TRUE(has_form_of_version_4(uuid)) << uuid;
      EXPECT_TRUE(seen.insert(uuid).second);
    }
  }
}

}  // namespace
}  // namespace firn
