#include "sandbox/aws/scheduler/expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/text.h"

namespace firn::sandbox::aws::scheduler {
namespace {

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_rate(std::string_view inside) {
  const std::vector<std::string> words = split(inside, ' ');
  if (words.size() != 2) return false;
  const auto count = number_in(words[0]);
  if (!count || *count < 1) return false;
  // One minute, two minutes: the unit must agree with the number.
  const std::string ending = *count == 1 ? "" : "s";
  return words[1] == "minute" + ending || words[1] == "hour" + ending || words[1] == "day" + ending;
}

// EventBridge Scheduler User Guide, "Cron-based schedules": what each of the six fields may hold.
struct CronField {
  int least;
  int most;
  std::string_view names;  // of least, least + 1, …; three letters each
  std::string_view marks;  // besides , - * /
};
constexpr std::array cron_fields = {
    CronField{0, 59, "", ""},
    CronField{0, 23, "", ""},
    CronField{1, 31, "", "?LW"},
    CronField{1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", ""},
    CronField{1, 7, "SUNMONTUEWEDTHUFRISAT", "?L#"},
    CronField{1970, 2199, "", ""},
};

bool is_cron_value(std::string_view text, const CronField& field) {
  if (const auto number = number_in(text)) return *number >= field.least && *number <= field.most;
  const auto at = field.names.find(text);
  return text.size() == 3 && at != std::string_view::npos && at % 3 == 0;
}

// One of the parts between commas: "*", "5", "MON-FRI", "0/15", "L", "15W", "2#1".
bool is_cron_part(std::string_view part, const CronField& field) {
  if (const auto slash = part.find('/'); slash != std::string_view::npos) {
    const auto step = number_in(part.substr(slash + 1));
    const std::string_view from = part.substr(0, slash);
    return step && *step > 0 && from.find('/') == std::string_view::npos &&
           (from == "*" || is_cron_part(from, field));
  }
  if (part == "*") return true;
  if (const auto dash = part.find('-'); dash != std::string_view::npos) {
    return is_cron_value(part.substr(0, dash), field) &&
           is_cron_value(part.substr(dash + 1), field);
  }
  const auto allows = [&](char mark) { return field.marks.find(mark) != std::string_view::npos; };
  if (part == "L" || part == "?") return allows(part.front());
  if (part == "LW") return allows('W');
  if (part.size() > 1 && (part.back() == 'L' || part.back() == 'W')) {
    const std::string_view day = part.substr(0, part.size() - 1);
    return allows(part.back()) && is_cron_value(day, field);
  }
  if (const auto hash = part.find('#'); hash != std::string_view::npos) {
    const auto week = number_in(part.substr(hash + 1));
    return allows('#') && is_cron_value(part.substr(0, hash), field) && week && *week >= 1 &&
           *week <= 5;
  }
  return is_cron_value(part, field);
}

bool is_cron(std::string_view inside) {
  const std::vector<std::string> fields = split(inside, ' ');
  if (fields.size() != cron_fields.size()) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const std::string& part : split(fields[i], ',')) {
      if (!is_cron_part(part, cron_fields[i])) return false;
    }
  }
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
  const auto number = [&](std::size_t from, std::size_t size) {
    return static_cast<unsigned>(number_in(inside.substr(from, size)).value_or(0));
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(5, 2)),
                                         std::chrono::day(number(8, 2))};
  return date.ok() && number(11, 2) < 24 && number(14, 2) < 60 && number(17, 2) < 60;
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

bool is_time_zone(const std::string& text) {
  // The areas of the IANA time zone database, and its zones without an area that people use.
  constexpr std::array areas = {"Africa",    "America", "Antarctica", "Arctic", "Asia", "Atlantic",
                                "Australia", "Brazil",  "Canada",     "Chile",  "Etc",  "Europe",
                                "Indian",    "Mexico",  "Pacific",    "US"};
  constexpr std::array zones = {
      "UTC",     "GMT",      "UCT", "Zulu",    "Universal", "Greenwich", "CET",
      "CST6CDT", "Cuba",     "EET", "EST",     "EST5EDT",   "Egypt",     "Eire",
      "GB",      "Hongkong", "HST", "Iceland", "Iran",      "Israel",    "Jamaica",
      "Japan",   "MET",      "MST", "MST7MDT", "NZ",        "PRC",       "PST8PDT",
      "Poland",  "Portugal", "ROC", "ROK",     "Singapore", "Turkey",    "WET"};
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::find(zones.begin(), zones.end(), text) != zones.end();
  return slash + 1 < text.size() &&
         std::find(areas.begin(), areas.end(), text.substr(0, slash)) != areas.end();
}

}  // namespace firn::sandbox::aws::scheduler
