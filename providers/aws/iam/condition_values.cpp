#include "providers/aws/iam/condition_values.h"

#include <arpa/inet.h>
#include <charconv>
#include <chrono>
#include <string>

namespace firn::aws::iam {
namespace {

constexpr std::int64_t ms_per_second = 1000;
constexpr std::int64_t ms_per_minute = 60 * ms_per_second;
constexpr std::int64_t ms_per_hour = 60 * ms_per_minute;
constexpr std::int64_t ms_per_day = 24 * ms_per_hour;

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

// Reads a date from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly so many digits.
  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }
  // The digits behind a decimal point, in milliseconds.
  std::optional<int> fraction() {
    int milliseconds = 0;
    int weight = 100;
    std::size_t count = 0;
    for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count) {
      milliseconds += (rest_[count] - '0') * weight;
      weight /= 10;
    }
    if (count == 0) return std::nullopt;
    rest_.remove_prefix(count);
    return milliseconds;
  }

 private:
  std::string_view rest_;
};

// Behind the T: hours and minutes, perhaps seconds, and the zone, which must be there.
std::optional<std::int64_t> parse_time(Reader& reader) {
  const auto hour = reader.digits(2);
  if (!hour || !reader.take(':')) return std::nullopt;
  const auto minute = reader.digits(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  std::int64_t time = *hour * ms_per_hour + *minute * ms_per_minute;
  if (reader.take(':')) {
    const auto second = reader.digits(2);
    if (!second || *second > 60) return std::nullopt;
    time += *second * ms_per_second;
    if (reader.take('.')) {
      const auto fraction = reader.fraction();
      if (!fraction) return std::nullopt;
      time += *fraction;
    }
  }
  if (reader.take('Z')) return time;
  const bool is_east = reader.take('+');
  if (!is_east && !reader.take('-')) return std::nullopt;
  const auto zone_hour = reader.digits(2);
  if (!zone_hour || !reader.take(':')) return std::nullopt;
  const auto zone_minute = reader.digits(2);
  if (!zone_minute) return std::nullopt;
  const std::int64_t zone = *zone_hour * ms_per_hour + *zone_minute * ms_per_minute;
  return is_east ? time - zone : time + zone;
}

std::optional<std::int64_t> parse_iso(std::string_view text) {
  Reader reader(text);
  const auto year = reader.digits(4);
  if (!year) return std::nullopt;
  int month = 1;
  int day = 1;
  std::int64_t time = 0;
  if (reader.take('-')) {
    const auto given_month = reader.digits(2);
    if (!given_month) return std::nullopt;
    month = *given_month;
    if (reader.take('-')) {
      const auto given_day = reader.digits(2);
      if (!given_day) return std::nullopt;
      day = *given_day;
      if (reader.take('T')) {
        const auto given_time = parse_time(reader);
        if (!given_time) return std::nullopt;
        time = *given_time;
      }
    }
  }
  const std::chrono::year_month_day date(std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)});
  if (!reader.at_end() || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * ms_per_day + time;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  return whole<double>(text);
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (const auto date = parse_iso(text)) return date;
  const auto seconds = whole<std::int64_t>(text);
  constexpr std::int64_t latest = INT64_MAX / ms_per_second;
  if (!seconds || *seconds > latest || *seconds < -latest) return std::nullopt;
  return *seconds * ms_per_second;
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network network;
  network.is_long = address.find(':') != std::string::npos;
  if (inet_pton(network.is_long ? AF_INET6 : AF_INET, address.c_str(), network.bytes.data()) != 1) {
    return std::nullopt;
  }
  const unsigned all = network.is_long ? 128 : 32;
  network.bits = all;
  if (slash == std::string_view::npos) return network;
  const auto bits = whole<unsigned>(text.substr(slash + 1));
  if (!bits || *bits > all) return std::nullopt;
  network.bits = *bits;
  return network;
}

bool contains(const Network& network, const Network& address) {
  if (network.is_long != address.is_long || address.bits < network.bits) return false;
  for (unsigned bit = 0; bit < network.bits; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((network.bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

}  // namespace firn::aws::iam
