#include "providers/aws/schedule_expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/text.h"

namespace firn::aws {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string rate_problem(const std::string& inside) {
  const std::vector<std::string> words = split(inside, ' ');
  constexpr std::array<std::string_view, 6> units{"minute", "minutes", "hour",
                                                  "hours",  "day",     "days"};
  if (words.size() != 2 || !is_number(words[0]) ||
      words[0].find_first_not_of('0') == std::string::npos ||
      std::find(units.begin(), units.end(), words[1]) == units.end()) {
    return "a rate is a number and a unit: rate(10 minutes), rate(1 hour), rate(7 days)";
  }
  if ((words[0] == "1") == words[1].ends_with('s')) {
    return words[0] == "1" ? "after 1 the unit stands in the singular"
                           : "after a number other than 1 the unit stands in the plural";
  }
  return {};
}

std::string cron_problem(const std::string& inside) {
  std::size_t fields = 0;
  for (const std::string& word : split(inside, ' '))
    fields += word.empty() ? 0U : 1U;
  return fields == 6 ? ""
                     : "cron has six fields: minutes hours day-of-month month day-of-week year";
}

std::string at_problem(const std::string& inside) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
  bool fits = inside.size() == form.size();
  for (std::size_t i = 0; fits && i < form.size(); ++i) {
    const auto c = static_cast<unsigned char>(inside[i]);
    fits = form[i] == 'd' ? std::isdigit(c) != 0 : inside[i] == form[i];
  }
  return fits ? "" : "at takes a time without a zone: at(2026-01-31T08:00:00)";
}

}  // namespace

std::string schedule_problem(const std::string& text, bool takes_at) {
  const auto inside = [&text](std::string_view kind) -> std::optional<std::string> {
    const std::string head = std::string(kind) + "(";
    if (!text.starts_with(head) || !text.ends_with(')')) return std::nullopt;
    return text.substr(head.size(), text.size() - head.size() - 1);
  };
  if (const auto rate = inside("rate")) return rate_problem(*rate);
  if (const auto cron = inside("cron")) return cron_problem(*cron);
  if (const auto at = inside("at"); at && takes_at) return at_problem(*at);
  return takes_at ? "it must begin with rate(, cron( or at( and end with )"
                  : "it must begin with rate( or cron( and end with )";
}

}  // namespace firn::aws
