#include "sandbox/aws/world.h"

#include <array>
#include <chrono>
#include <fmt/format.h>

#include "core/base/digest.h"

namespace firn::sandbox::aws {

std::int64_t World::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count();
}

std::string World::derive(std::string_view purpose) const {
  const Value* seed = store.get("sandbox", "seed");
  return hmac_sha256(seed ? seed->string_or("seed", "") : "", purpose);
}

std::string World::fresh_hex(std::size_t length) {
  std::string digits;
  while (digits.size() < length) {
    digits += hex(derive(fmt::format("id {}", store.next_number())));
  }
  digits.resize(length);
  return digits;
}

std::string World::fresh_uuid() {
  std::string digits = fresh_hex(32);
  digits[12] = '4';
  digits[16] = "89ab"[digits[16] % 4];
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 4), digits.substr(16, 4), digits.substr(20, 12));
}

std::string World::fresh_id(std::string_view prefix, std::size_t length) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id(prefix);
  const std::string bytes = derive(fmt::format("id {}", store.next_number()));
  for (std::size_t i = 0; id.size() < length; ++i) {
    id += alphabet[static_cast<unsigned char>(bytes[i % bytes.size()]) % alphabet.size()];
  }
  return id;
}

std::string collection(std::string_view account, std::string_view region, std::string_view what) {
  return region.empty() ? fmt::format("aws/{}/{}", account, what)
                        : fmt::format("aws/{}/{}/{}", account, region, what);
}

Instant from_ms(std::int64_t ms) {
  return Instant(std::chrono::milliseconds(ms));
}
std::string iso(std::int64_t ms) {
  return format_iso(from_ms(ms));
}
std::string iso_ms(std::int64_t ms) {
  return format_iso_ms(from_ms(ms));
}

std::string http_date(std::int64_t ms) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Instant instant = from_ms(ms);
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::duration_cast<std::chrono::seconds>(instant - day));
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(day).c_encoding()], unsigned{date.day()},
                     months[unsigned{date.month()} - 1], int{date.year()}, time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

}  // namespace firn::sandbox::aws
