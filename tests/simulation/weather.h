// The weather of a network: how long requests take, and which of them meet with an accident.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/async/random.h"
#include "core/async/scheduler.h"
#include "core/http/http.h"
#include "tests/simulation/lifeline.h"

namespace firn::simulation {

enum class Accident : std::uint8_t {
  none,
  throttled,
  unavailable,   // an answer of 503 in place of the effect
  failed_after,  // an answer of 500 after it
  cut_before,    // the connection breaks before the request arrives
  cut_after,     // … after its effect, so that the answer is lost
};

// One accident that a certain request meets, counted from 0 over both clouds.
struct Ambush {
  std::size_t at = 0;
  Accident accident = Accident::none;
  std::size_t passed = 0;
  std::string victim;  // the request that met it; empty: none came so far
};

// Chances in thousandths, for each request.
struct Weather {
  Duration latency_min = std::chrono::milliseconds(20);
  Duration latency_max = std::chrono::milliseconds(200);
  std::uint64_t throttled = 0;
  std::uint64_t unavailable = 0;
  std::uint64_t failed_after = 0;
  std::uint64_t cut_before = 0;
  std::uint64_t cut_after = 0;
  // What SHOW lists of Snowflake's is so old: an object made since then is not in it yet.
  Duration show_lag = Duration::zero();
  std::shared_ptr<Ambush> ambush;  // shared by the wires of one process
};

// A network that ends with the process that uses it.
class Network final : public http::Transport {
 public:
  Network(Scheduler& scheduler, http::Transport& cloud, Random& random, Weather weather,
          Lifeline& lifeline)
      : scheduler_(scheduler),
        cloud_(cloud),
        random_(random),
        weather_(std::move(weather)),
        lifeline_(lifeline) {}
  Task<Result<http::Response>> send(http::Request request) override;
  [[nodiscard]] std::size_t requests() const { return requests_; }
  [[nodiscard]] std::size_t accidents() const { return accidents_; }

 private:
  Accident draw(const std::string& what);
  Duration latency();

  Scheduler& scheduler_;
  http::Transport& cloud_;
  Random& random_;
  Weather weather_;
  Lifeline& lifeline_;
  std::size_t requests_ = 0;
  std::size_t accidents_ = 0;
};

}  // namespace firn::simulation
