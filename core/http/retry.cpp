#include "core/http/retry.h"

#include <algorithm>
#include <cmath>

namespace firn::http {
namespace {

// A share of the rate that was refused, each second: ten seconds from the fall back to it, or some
// forty calls if that takes longer, so that few of them are refused.
constexpr double climb = 0.03;
constexpr double climb_of_calls = 0.0075;
// Beyond it, each second: doubled in seven seconds.
constexpr double growth = 0.1;
constexpr double fall = 0.7;
// While refusals follow each other closely, the limit is still far below.
constexpr double steep_fall = 0.5;
constexpr double close_together = 2.0;  // seconds
constexpr double slowest = 0.5;         // calls a second
// Beyond this, what limits is the number of calls in flight.
constexpr double free_again = 200.0;
constexpr double bin_length = 0.5;  // seconds
constexpr double weight_of_new = 0.8;

double seconds_of(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Duration duration_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

Duration backoff(Random& random, int attempt) {
  const double longest = std::min(20.0, std::pow(2.0, attempt - 1));
  return duration_of(random.unit() * longest);
}

bool RetryBudget::draw(int cost) {
  if (available_ < cost) return false;
  available_ -= cost;
  return true;
}

void RetryBudget::give_back(int amount) {
  available_ = std::min(capacity, available_ + amount);
}

Pace::Pace(double ceiling, Instant now)
    : ceiling_(ceiling), rate_(ceiling), tokens_(ceiling), updated_(now), bin_began_(now) {}

double Pace::rate(Instant now) {
  advance(now);
  return rate_;
}

void Pace::advance(Instant now) {
  const double passed = std::max(0.0, seconds_of(now - updated_));
  updated_ = std::max(updated_, now);
  if (const double in_bin = seconds_of(now - bin_began_); in_bin >= bin_length) {
    measured_ = weight_of_new * (in_bin_ / in_bin) + (1 - weight_of_new) * measured_;
    in_bin_ = 0;
    bin_began_ = now;
  }
  if (rate_ <= 0) return;
  // A second's worth may go at once, and no less than one call.
  tokens_ = std::min(std::max(1.0, rate_), tokens_ + passed * rate_);
  if (refused_ <= 0) return;
  if (rate_ < refused_) {
    const double slope = std::min(climb, climb_of_calls * refused_);
    rate_ = std::min(refused_, rate_ + passed * slope * refused_);
  } else {
    rate_ *= std::exp(growth * passed);
  }
  const double limit = ceiling_ > 0 ? ceiling_ : free_again;
  if (rate_ >= limit) {
    rate_ = ceiling_;
    refused_ = 0;
  }
}

Duration Pace::take_turn(Instant now) {
  advance(now);
  in_bin_ += 1;
  if (rate_ <= 0) return Duration::zero();
  tokens_ -= 1;
  if (tokens_ >= 0) return Duration::zero();
  return duration_of(-tokens_ / rate_);
}

void Pace::slow_down(Instant turn, Instant now) {
  advance(now);
  if (was_lowered_ && turn <= lowered_) return;
  const bool is_close = was_lowered_ && seconds_of(now - lowered_) < close_together;
  // In a bin that has just begun there are too few calls to tell.
  const double in_bin = std::max(bin_length, seconds_of(now - bin_began_));
  const double went = std::max({measured_, in_bin_ / in_bin, slowest});
  const double was = rate_ > 0 ? std::min(rate_, went) : went;
  refused_ = was;
  rate_ = std::max(slowest, was * (is_close ? steep_fall : fall));
  tokens_ = std::min(tokens_, 0.0);
  lowered_ = now;
  was_lowered_ = true;
}

}  // namespace firn::http
