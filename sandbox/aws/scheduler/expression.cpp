#include "sandbox/aws/scheduler/expression.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "core/base/text.h"

namespace firn::sandbox::aws::scheduler {
namespace {

bool is_rate(std::string_view inside) {
  const std::vector<std::string> words = split(inside, ' ');
  if (words.size() != 2) return false;
  int count = 0;
  const std::string& number = words[0];
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
  if (error != std::errc() || end != number.data() + number.size() || count < 1) return false;
  // One minute, two minutes: the unit must agree with the number.
  const std::string ending = count == 1 ? "" : "s";
  return words[1] == "minute" + ending || words[1] == "hour" + ending || words[1] == "day" + ending;
}

bool is_cron_field(std::string_view field) {
  constexpr std::string_view marks = "*?,-/LW#";
  return !field.empty() && std::all_of(field.begin(), field.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool is_cron(std::string_view inside) {
  const std::vector<std::string> fields = split(inside, ' ');
  if (fields.size() != 6) return false;
  if (!std::all_of(fields.begin(), fields.end(), is_cron_field)) return false;
  // Of the day of the month and the day of the week, one must be "?".
  return (fields[2] == "?") != (fields[4] == "?");
}

bool is_at(std::string_view inside) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (inside.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = inside[i] >= '0' && inside[i] <= '9';
    if (shape[i] == 'd' ? !digit : inside[i] != shape[i]) return false;
  }
  return true;
}

}  // namespace

bool is_schedule_expression(const std::string& text) {
  const auto inside = [&](std::string_view word) {
    const std::string_view whole = text;
    return whole.substr(word.size(), whole.size() - word.size() - 1);
  };
  if (!text.ends_with(')')) return false;
  if (text.starts_with("rate(")) return is_rate(inside("rate("));
  if (text.starts_with("cron(")) return is_cron(inside("cron("));
  if (text.starts_with("at(")) return is_at(inside("at("));
  return false;
}

}  // namespace firn::sandbox::aws::scheduler
