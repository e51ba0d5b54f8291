// Budgets and paces: what a service that fails or asks to slow down gets to see of us.
#include "core/http/retry.h"

#include <gtest/gtest.h>

namespace firn::http {
namespace {

constexpr Instant begin = Instant(std::chrono::seconds(1767323045));

Duration seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

// A service that takes `rate` calls a second, and some at once.
struct Bucket {
  double rate;
  double burst;
  double tokens = burst;
  Instant last = begin;
  bool takes(Instant now) {
    tokens = std::min(burst, tokens + rate * std::chrono::duration<double>(now - last).count());
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }
};

TEST(RetryBudget, EndsWhatKeepsFailingAndComesBackWithSuccess) {
  RetryBudget budget;
  int retries = 0;
  while (budget.draw(RetryBudget::retry_cost))
    ++retries;
  EXPECT_EQ(retries, 100);
  EXPECT_FALSE(budget.draw(RetryBudget::retry_cost));
  budget.give_back(RetryBudget::retry_cost);
  EXPECT_TRUE(budget.draw(RetryBudget::retry_cost));
  budget.give_back(100'000);
  EXPECT_EQ(budget.available(), RetryBudget::capacity);
}

TEST(Pace, IsNoLimitUntilItIsAsked) {
  Pace pace(0, begin);
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(pace.take_turn(begin), Duration::zero());
  EXPECT_EQ(pace.rate(begin), 0);
}

TEST(Pace, KeepsToAKnownCeiling) {
  Pace pace(15, begin);
  Duration last{};
  for (int i = 0; i < 45; ++i)
    last = pace.take_turn(begin);
  EXPECT_EQ(last, seconds(2));  // fifteen at once, thirty more at fifteen a second
}

TEST(Pace, FallsOnceForAllThatWereOnTheirWay) {
  Pace pace(0, begin);
  for (int i = 0; i < 20; ++i)
    static_cast<void>(pace.take_turn(begin));
  const Instant now = begin + seconds(0.2);
  for (int i = 0; i < 20; ++i)
    pace.slow_down(begin, now);
  EXPECT_NEAR(pace.rate(now), 40 * 0.7, 0.5);  // twenty in half a second
}

// One caller that calls as soon as it may.
TEST(Pace, SettlesAtWhatTheServiceTakes) {
  for (const double limit : {1.0, 5.0, 40.0}) {
    SCOPED_TRACE(limit);
    Pace pace(0, begin);
    Bucket service{limit, limit};
    Instant now = begin;
    int calls = 0;
    int refused = 0;
    while (now < begin + std::chrono::minutes(5)) {
      now += pace.take_turn(now) + seconds(0.01);
      const bool is_settled = now > begin + std::chrono::minutes(1);
      const bool is_taken = service.takes(now);
      if (!is_taken) pace.slow_down(now - seconds(0.01), now);
      if (!is_settled) continue;
      ++calls;
      if (!is_taken) ++refused;
    }
    EXPECT_LT(refused, calls / 20 + 1) << calls;
    EXPECT_GT(calls, limit * 240 * 0.7);  // of the four minutes that were counted
  }
}

TEST(Pace, ForgetsTheLimitWhenNobodyRefusesAnyMore) {
  Pace pace(0, begin);
  for (int i = 0; i < 10; ++i)
    static_cast<void>(pace.take_turn(begin));
  pace.slow_down(begin, begin + seconds(0.1));
  EXPECT_GT(pace.rate(begin + seconds(1)), 0);
  Instant now = begin;
  for (int second = 0; second < 120; ++second) {
    now += seconds(1);
    static_cast<void>(pace.take_turn(now));
  }
  EXPECT_EQ(pace.rate(now), 0);
}

TEST(Pace, ComesBackToAKnownCeilingAndNotBeyond) {
  Pace pace(3, begin);
  for (int i = 0; i < 3; ++i)
    static_cast<void>(pace.take_turn(begin));
  pace.slow_down(begin, begin + seconds(0.1));
  EXPECT_LT(pace.rate(begin + seconds(0.1)), 3);
  EXPECT_EQ(pace.rate(begin + std::chrono::minutes(2)), 3);
}

}  // namespace
}  // namespace firn::http
