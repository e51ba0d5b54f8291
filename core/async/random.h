// Chance as the engine sees it: jitter, request ids, temporary names.
#pragma once

#include <cstdint>
#include <string>

namespace firn {

class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;  // 64 uniform bits
  [[nodiscard]] double unit();                     // uniform in [0, 1)
  [[nodiscard]] std::string uuid();                // version 4, lower case
};

// From the operating system; fit for idempotency tokens.
class SystemRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override;
};

// A fixed sequence from a seed (SplitMix64), the same on every machine.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace firn
