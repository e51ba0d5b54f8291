// Values of files and of SQL literals as cells of a type.
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fmt/core.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/types.h"

namespace firn::sandbox::snowflake {

std::string timestamp_cell(std::int64_t nanoseconds) {
  constexpr std::int64_t billion = 1'000'000'000;
  auto seconds = nanoseconds / billion;
  auto rest = nanoseconds % billion;
  if (rest < 0) {
    rest += billion;
    --seconds;
  }
  return fmt::format("{}.{:09}", seconds, rest);
}

namespace {

using Family = DataType::Family;

Failure wrong(std::string_view kind, std::string_view text) {
  return fail(ErrorKind::invalid_input, fmt::format("{} value '{}' is not recognized", kind, text));
}

std::string plain_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_number()) return fmt::format("{}", value.as_number());
  return to_json(value);
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Adds one to a decimal digit string.
void increment(std::string& digits) {
  for (auto at = digits.rbegin(); at != digits.rend(); ++at) {
    if (*at != '9') {
      ++*at;
      return;
    }
    *at = '0';
  }
  digits.insert(digits.begin(), '1');
}

// Exact decimal arithmetic on text: 38 digits do not fit a machine number.
Result<Cell> number_cell(const DataType& type, const std::string& raw) {
  std::string_view text = trim(raw);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t exponent = 0;
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    auto digits = text.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, exponent);
    if (parsed.ec != std::errc() || parsed.ptr != end || exponent > 80 || exponent < -80) {
      return wrong("Numeric", raw);
    }
    text = text.substr(0, e);
  }
  const auto dot = text.find('.');
  std::string whole(text.substr(0, dot));
  std::string fraction(dot == std::string_view::npos ? "" : text.substr(dot + 1));
  if ((whole.empty() && fraction.empty()) || !all_digits(whole) || !all_digits(fraction)) {
    return wrong("Numeric", raw);
  }
  for (; exponent > 0; --exponent) {
    whole += fraction.empty() ? '0' : fraction.front();
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  for (; exponent < 0; ++exponent) {
    fraction.insert(fraction.begin(), whole.empty() ? '0' : whole.back());
    if (!whole.empty()) whole.pop_back();
  }
  const auto scale = static_cast<std::size_t>(type.scale);
  const bool up = fraction.size() > scale && fraction[scale] >= '5';
  fraction.resize(scale, '0');
  std::string digits = whole + fraction;
  if (up) increment(digits);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > static_cast<std::size_t>(type.precision)) {
    return fail(
        ErrorKind::invalid_input,
        fmt::format("Number out of representable range: type {}, value {}", canonical(type), raw));
  }
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  const bool zero = digits.find_first_not_of('0') == std::string::npos;
  if (scale > 0) digits.insert(digits.size() - scale, ".");
  return Cell((negative && !zero ? "-" : "") + digits);
}

Result<Cell> float_cell(const std::string& raw) {
  const std::string text(trim(raw));
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return wrong("Numeric", raw);
  if (std::isnan(number)) return Cell("NaN");
  return Cell(fmt::format("{}", number));
}

struct Moment {
  std::int64_t days = 0;
  std::int64_t seconds = 0;  // within the day
  std::int64_t nanoseconds = 0;
  std::optional<std::int64_t> offset;  // minutes east of UTC
};

class MomentReader {
 public:
  explicit MomentReader(std::string_view text) : text_(trim(text)) {}

  std::optional<Moment> date_time() {
    Moment moment;
    if (!date(moment)) return std::nullopt;
    if (at_ < text_.size()) {
      if (text_[at_] != 'T' && text_[at_] != ' ') return std::nullopt;
      ++at_;
      if (!time(moment) || !zone(moment)) return std::nullopt;
    }
    return at_ == text_.size() ? std::optional(moment) : std::nullopt;
  }

  std::optional<Moment> only_time() {
    Moment moment;
    return time(moment) && at_ == text_.size() ? std::optional(moment) : std::nullopt;
  }

 private:
  std::optional<int> digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < most && at_ < text_.size() &&
           std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
      value = value * 10 + (text_[at_++] - '0');
      ++count;
    }
    return count >= least ? std::optional(value) : std::nullopt;
  }
  bool accept(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool date(Moment& moment) {
    const auto year = digits(4, 4);
    if (!year || !accept('-')) return false;
    const auto month = digits(1, 2);
    if (!month || !accept('-')) return false;
    const auto day = digits(1, 2);
    if (!day) return false;
    const std::chrono::year_month_day ymd{std::chrono::year{*year},
                                          std::chrono::month{static_cast<unsigned>(*month)},
                                          std::chrono::day{static_cast<unsigned>(*day)}};
    if (!ymd.ok()) return false;
    moment.days = std::chrono::sys_days{ymd}.time_since_epoch().count();
    return true;
  }

  bool time(Moment& moment) {
    const auto hour = digits(1, 2);
    if (!hour || *hour > 23 || !accept(':')) return false;
    const auto minute = digits(2, 2);
    if (!minute || *minute > 59) return false;
    int second = 0;
    if (accept(':')) {
      const auto read = digits(2, 2);
      if (!read || *read > 59) return false;
      second = *read;
      if (accept('.')) {
        std::int64_t unit = 100'000'000;
        std::size_t count = 0;
        while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
          moment.nanoseconds += (text_[at_++] - '0') * unit;
          unit /= 10;
          ++count;
        }
        if (count == 0) return false;
      }
    }
    moment.seconds = *hour * 3600 + *minute * 60 + second;
    return true;
  }

  bool zone(Moment& moment) {
    accept(' ');
    if (at_ == text_.size()) return true;
    if (accept('Z') || accept('z')) {
      moment.offset = 0;
      return true;
    }
    const bool west = text_[at_] == '-';
    if (!accept('+') && !accept('-')) return false;
    const auto hours = digits(2, 2);
    if (!hours || *hours > 14) return false;
    accept(':');
    const auto minutes = at_ < text_.size() ? digits(2, 2) : std::optional(0);
    if (!minutes || *minutes > 59) return false;
    moment.offset = (west ? -1 : 1) * (*hours * 60 + *minutes);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string seconds_text(std::int64_t seconds, std::int64_t nanoseconds, std::int64_t digits) {
  std::int64_t unit = 1;
  for (std::int64_t i = digits; i < 9; ++i)
    unit *= 10;
  return fmt::format("{}.{:09}", seconds, nanoseconds / unit * unit);
}

Result<Cell> timestamp_value(const DataType& type, const std::string& raw) {
  auto moment = MomentReader(raw).date_time();
  if (!moment) {
    // Digits are seconds, milliseconds, microseconds or nanoseconds since the epoch, by size.
    std::int64_t number = 0;
    const auto text = trim(raw);
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
      return wrong("Timestamp", raw);
    }
    std::int64_t per_second = 1;
    while (number / per_second >= 31'536'000'000 && per_second < 1'000'000'000)
      per_second *= 1000;
    moment = Moment{0, number / per_second, number % per_second * (1'000'000'000 / per_second), {}};
  }
  const auto local = moment->days * 86400 + moment->seconds;
  const auto offset = moment->offset.value_or(0);
  if (type.family == Family::timestamp_ntz) {
    return Cell(seconds_text(local, moment->nanoseconds, type.precision));
  }
  const auto utc = seconds_text(local - offset * 60, moment->nanoseconds, type.precision);
  if (type.family == Family::timestamp_ltz) return Cell(utc);
  return Cell(fmt::format("{} {}", utc, offset + 1440));
}

Result<Cell> boolean_cell(const std::string& raw) {
  static constexpr std::array<std::string_view, 6> yes = {"true", "t", "yes", "y", "on", "1"};
  static constexpr std::array<std::string_view, 6> no = {"false", "f", "no", "n", "off", "0"};
  for (std::size_t i = 0; i < yes.size(); ++i) {
    if (equals_ignoring_case(trim(raw), yes[i])) return Cell("true");
    if (equals_ignoring_case(trim(raw), no[i])) return Cell("false");
  }
  return wrong("Boolean", raw);
}

std::int64_t characters(std::string_view text) {
  std::int64_t count = 0;
  for (const char c : text)
    count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

}  // namespace

Result<Cell> to_cell(const DataType& type, const Value& value) {
  if (value.is_null()) return Cell();
  const bool json_type = type.family == Family::variant || type.family == Family::object ||
                         type.family == Family::array || type.family == Family::other;
  if (json_type) {
    if (type.family == Family::object && !value.is_map()) return wrong("Object", plain_text(value));
    if (type.family == Family::array && !value.is_list()) return Cell(to_json(List{value}));
    return Cell(to_json(value));
  }
  const auto text = plain_text(value);
  switch (type.family) {
    case Family::number:
      if (value.is_bool()) return Cell(value.as_bool() ? "1" : "0");
      return number_cell(type, text);
    case Family::floating:
    case Family::decfloat:
      return float_cell(text);
    case Family::boolean:
      return boolean_cell(text);
    case Family::binary: {
      const auto upper = to_upper(text);
      if (upper.size() % 2 != 0 ||
          upper.find_first_not_of("0123456789ABCDEF") != std::string::npos) {
        return wrong("Binary", text);
      }
      return Cell(upper);
    }
    case Family::date: {
      const auto moment = MomentReader(text).date_time();
      if (!moment) return wrong("Date", text);
      return Cell(std::to_string(moment->days));
    }
    case Family::time: {
      const auto moment = MomentReader(text).only_time();
      if (!moment) return wrong("Time", text);
      return Cell(seconds_text(moment->seconds, moment->nanoseconds, type.precision));
    }
    case Family::timestamp_ntz:
    case Family::timestamp_ltz:
    case Family::timestamp_tz:
      return timestamp_value(type, text);
    default:
      if (characters(text) > type.length) {
        return fail(ErrorKind::invalid_input,
                    fmt::format("User character length limit ({}) exceeded by string '{}'",
                                type.length, text.substr(0, 64)));
      }
      return Cell(text);
  }
}

}  // namespace firn::sandbox::snowflake
