#include "providers/snowflake/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/base/text.h"

namespace firn::snowflake {
namespace {

struct Unit {
  std::string_view name;
  std::string_view letter;
  std::int64_t minimum;
  std::int64_t maximum;
};
// No schedule reaches beyond 8 days.
constexpr std::array units = {Unit{"SECOND", "S", 10, 691'200}, Unit{"MINUTE", "M", 1, 11'520},
                              Unit{"HOUR", "H", 1, 192}};

struct Interval {
  std::int64_t count = 0;
  const Unit* unit = nullptr;
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) word += c;
    if (blank && !word.empty()) words.push_back(std::move(word));
    if (blank) word.clear();
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

bool is_cron(const std::vector<std::string>& words) {
  return words.size() >= 2 && equals_ignoring_case(words[0], "using") &&
         equals_ignoring_case(words[1], "cron");
}

std::optional<Interval> interval_of(const std::vector<std::string>& words) {
  if (words.size() != 2) return std::nullopt;
  Interval interval;
  const char* end = words[0].data() + words[0].size();
  const auto [stop, error] = std::from_chars(words[0].data(), end, interval.count);
  if (error != std::errc() || stop != end) return std::nullopt;
  const std::string word = to_upper(words[1]);
  for (const Unit& unit : units) {
    if (word == unit.name || word == std::string(unit.name) + "S" || word == unit.letter) {
      interval.unit = &unit;
      return interval;
    }
  }
  return std::nullopt;
}

bool is_cron_field(std::string_view field) {
  return std::all_of(field.begin(), field.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '*' ||
           c == '/' || c == ',' || c == '-';
  });
}

// Five fields and a time zone behind USING CRON.
bool is_sound_cron(const std::vector<std::string>& words) {
  return words.size() == 8 && std::all_of(words.begin() + 2, words.begin() + 7, is_cron_field);
}

}  // namespace

std::string normalized_schedule(std::string_view text) {
  auto words = words_of(text);
  if (is_cron(words)) {
    words[0] = "USING";
    words[1] = "CRON";
    return join(words, " ");
  }
  if (const auto interval = interval_of(words)) {
    return std::to_string(interval->count) + " " + std::string(interval->unit->name);
  }
  return std::string(text);
}

void normalize_schedule_at(Map& inputs, std::string_view attribute) {
  const Value* written = inputs.find(attribute);
  if (written == nullptr || !written->is_string()) return;
  std::string normal = normalized_schedule(written->as_string());
  inputs.set(attribute, std::move(normal));
}

void check_schedule(const Value& inputs, std::string_view attribute, Intervals intervals,
                    std::vector<Problem>& problems) {
  const Value& written = inputs.at(attribute);
  if (!written.is_string()) return;
  const std::string& text = written.as_string();
  const auto words = words_of(text);
  const auto problem = [&](std::string detail) {
    problems.push_back({std::string(attribute), "not a schedule: " + text, std::move(detail),
                        intervals == Intervals::minutes
                            ? "write 60 MINUTE, or USING CRON 0 8 * * * UTC"
                            : "write 10 MINUTE, 1 HOUR, or USING CRON 0 8 * * * UTC"});
  };
  if (is_cron(words)) {
    if (!is_sound_cron(words)) {
      problem(
          "behind USING CRON stand minute, hour, day of month, month, day of week and a time "
          "zone");
    }
    return;
  }
  const auto interval = interval_of(words);
  if (!interval) {
    problem("it is neither an interval nor USING CRON");
  } else if (intervals == Intervals::minutes && interval->unit->name != "MINUTE") {
    problem("the interval of an alert is in minutes");
  } else if (interval->count < interval->unit->minimum ||
             interval->count > interval->unit->maximum) {
    problem("the interval is from " + std::to_string(interval->unit->minimum) + " to " +
            std::to_string(interval->unit->maximum) + " " + to_lower(interval->unit->name) + "s");
  }
}

}  // namespace firn::snowflake
