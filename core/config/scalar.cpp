#include "core/config/scalar.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

namespace firn::config {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The number of decimal digits at the start of `text`.
std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count]))
    ++count;
  return count;
}

std::optional<std::int64_t> read_integer(std::string_view digits, int base) {
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?  (YAML 1.2.2, 10.3.2)
bool looks_like_float(std::string_view text) {
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t whole = count_digits(text.substr(at));
  at += whole;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    fraction = count_digits(text.substr(at));
    at += fraction;
  }
  if (whole == 0 && fraction == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = count_digits(text.substr(at));
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

std::optional<Value> read_number(std::string_view text) {
  if (text.starts_with("0x")) {
    const auto value = text[2] == '-' ? std::nullopt : read_integer(text.substr(2), 16);
    return value ? std::optional<Value>(*value) : std::nullopt;
  }
  if (text.starts_with("0o")) {
    const auto value = text[2] == '-' ? std::nullopt : read_integer(text.substr(2), 8);
    return value ? std::optional<Value>(*value) : std::nullopt;
  }
  const bool has_sign = text.front() == '-' || text.front() == '+';
  const std::string_view digits = text.substr(has_sign ? 1 : 0);
  const bool superfluous_zero = digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
  if (superfluous_zero) return std::nullopt;
  if (!digits.empty() && count_digits(digits) == digits.size()) {
    const auto value = read_integer(text.front() == '+' ? digits : text, 10);
    return value ? std::optional<Value>(*value) : std::nullopt;
  }
  if (!looks_like_float(text)) return std::nullopt;
  const std::string_view unsigned_plus = text.front() == '+' ? digits : text;
  double value = 0;
  const auto [end, error] =
      std::from_chars(unsigned_plus.data(), unsigned_plus.data() + unsigned_plus.size(), value);
  if (error != std::errc{} || end != unsigned_plus.data() + unsigned_plus.size())
    return std::nullopt;
  return Value(value);
}

}  // namespace

Value plain_scalar_value(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return Value();
  switch (text.front()) {
    case 't':
    case 'T':
      if (text == "true" || text == "True" || text == "TRUE") return Value(true);
      break;
    case 'f':
    case 'F':
      if (text == "false" || text == "False" || text == "FALSE") return Value(false);
      break;
    case '0':
      if (text.size() == 2 && (text[1] == 'x' || text[1] == 'o')) break;
      [[fallthrough]];
    default:
      if (is_digit(text.front()) || text.front() == '-' || text.front() == '+' ||
          text.front() == '.') {
        if (auto number = read_number(text)) return *std::move(number);
      }
  }
  return Value(text);
}

}  // namespace firn::config
