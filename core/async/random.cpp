#include "core/async/random.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif

#include "core/base/digest.h"

namespace firn {

double Random::unit() {
  constexpr double step = 1.0 / 9007199254740992.0;  // 2^-53: what a double can resolve below 1
  return static_cast<double>(next() >> 11U) * step;
}

std::string Random::uuid() {
  std::array<char, 16> bytes{};
  for (std::size_t half = 0; half < 2; ++half) {
    const std::uint64_t bits = next();
    for (std::size_t i = 0; i < 8; ++i) {
      bytes[half * 8 + i] = static_cast<char>(bits >> (56U - 8U * i) & 0xFFU);
    }
  }
  // RFC 9562, 5.4: version 4 and the variant stand in the high bits of octets 6 and 8.
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string text = hex({bytes.data(), bytes.size()});
  for (const std::size_t place : {20U, 16U, 12U, 8U})
    text.insert(place, 1, '-');
  return text;
}

std::uint64_t SystemRandom::next() {
  std::uint64_t bits = 0;
  if (getentropy(&bits, sizeof bits) != 0) {
    std::fputs("firn: the operating system gives no random numbers\n", stderr);
    std::abort();
  }
  return bits;
}

std::uint64_t SeededRandom::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t bits = state_;
  bits = (bits ^ bits >> 30U) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ bits >> 27U) * 0x94D049BB133111EBU;
  return bits ^ bits >> 31U;
}

}  // namespace firn
