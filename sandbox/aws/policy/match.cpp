#include "sandbox/aws/policy/match.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace firn::sandbox::aws {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void append_literal(Pattern& pattern, std::string_view text) {
  for (const char c : text)
    pattern.push_back({PatternUnit::Kind::literal, c});
}

// The value of the variable written as `inside` in ${inside}: a key, perhaps with a default
// ("aws:PrincipalTag/team, 'none'"), or an escaped special character.
std::optional<std::string> variable_value(std::string_view inside, const Context& context) {
  if (inside == "*" || inside == "?" || inside == "$") return std::string(inside);
  std::string_view key = inside;
  std::optional<std::string> fallback;
  if (const auto comma = inside.find(','); comma != std::string_view::npos) {
    key = trim(inside.substr(0, comma));
    std::string_view text = trim(inside.substr(comma + 1));
    if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
      fallback = std::string(text.substr(1, text.size() - 2));
    }
  }
  const auto* values = context.find(key);
  if (values && values->size() == 1) return values->front();
  return fallback;
}

bool same(char a, char b, bool ignore_case) {
  return ignore_case ? lower(a) == lower(b) : a == b;
}

}  // namespace

void Context::set(std::string_view key, std::string value) {
  values_[to_lower(key)] = {std::move(value)};
}

void Context::set(std::string_view key, std::vector<std::string> values) {
  values_[to_lower(key)] = std::move(values);
}

void Context::merge(const Context& other) {
  for (const auto& [key, values] : other.values_)
    values_.insert_or_assign(key, values);
}

const std::vector<std::string>* Context::find(std::string_view key) const {
  const auto found = values_.find(to_lower(key));
  return found == values_.end() ? nullptr : &found->second;
}

std::optional<Pattern> compile_pattern(std::string_view text, const Context& context,
                                       bool variables, bool wildcards) {
  Pattern pattern;
  pattern.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (variables && text.substr(i).starts_with("${")) {
      const auto end = text.find('}', i);
      if (end != std::string_view::npos) {
        const auto value = variable_value(text.substr(i + 2, end - i - 2), context);
        if (!value) return std::nullopt;
        append_literal(pattern, *value);
        i = end;
        continue;
      }
    }
    if (wildcards && text[i] == '*') {
      pattern.push_back({PatternUnit::Kind::any_many, '*'});
    } else if (wildcards && text[i] == '?') {
      pattern.push_back({PatternUnit::Kind::any_one, '?'});
    } else {
      pattern.push_back({PatternUnit::Kind::literal, text[i]});
    }
  }
  return pattern;
}

bool matches(const Pattern& pattern, std::string_view text, bool ignore_case) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;  // where to go on after the last *
  std::size_t star_text = 0;        // how much of the text that * has taken
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p].kind == PatternUnit::Kind::any_many) {
      star = ++p;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p].kind == PatternUnit::Kind::any_one ||
                                      same(pattern[p].character, text[t], ignore_case))) {
      ++p;
      ++t;
    } else if (star) {
      p = *star;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return std::all_of(
      pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
      [](const PatternUnit& unit) { return unit.kind == PatternUnit::Kind::any_many; });
}

bool matches_resource(const Pattern& pattern, std::string_view text) {
  constexpr std::size_t last_part = 5;
  const auto is_colon = [&pattern](std::size_t unit) {
    return pattern[unit].kind == PatternUnit::Kind::literal && pattern[unit].character == ':';
  };
  // Up to which places of the text the units so far can reach.
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  std::size_t part = 0;
  for (std::size_t unit = 0; unit < pattern.size(); ++unit) {
    const bool ends_part = unit + 1 == pattern.size() || is_colon(unit + 1);
    std::vector<bool> next(text.size() + 1, false);
    switch (pattern[unit].kind) {
      case PatternUnit::Kind::literal:
        for (std::size_t i = 0; i < text.size(); ++i)
          next[i + 1] = reached[i] && text[i] == pattern[unit].character;
        break;
      case PatternUnit::Kind::any_one:
        for (std::size_t i = 0; i < text.size(); ++i)
          next[i + 1] = reached[i] && (part >= last_part || text[i] != ':');
        break;
      case PatternUnit::Kind::any_many: {
        bool open = false;
        for (std::size_t i = 0; i <= text.size(); ++i) {
          if (i > 0 && part < last_part && !ends_part && text[i - 1] == ':') open = false;
          open = open || reached[i];
          next[i] = open;
        }
        break;
      }
    }
    if (is_colon(unit)) ++part;
    reached = std::move(next);
  }
  return reached[text.size()];
}

bool has_misplaced_variable(std::string_view text) {
  const auto variable = text.find("${");
  if (variable == std::string_view::npos || text.find('}', variable) == std::string_view::npos) {
    return false;
  }
  const std::string_view before = text.substr(0, variable);
  return std::count(before.begin(), before.end(), ':') < 5;
}

bool matches_arn(const Pattern& pattern, std::string_view text) {
  std::size_t from = 0;
  for (int part = 0; part < 5; ++part) {
    std::size_t to = from;
    while (to < pattern.size() &&
           !(pattern[to].kind == PatternUnit::Kind::literal && pattern[to].character == ':')) {
      ++to;
    }
    const auto colon = text.find(':');
    if (to == pattern.size() || colon == std::string_view::npos) return false;
    const Pattern piece(pattern.begin() + static_cast<std::ptrdiff_t>(from),
                        pattern.begin() + static_cast<std::ptrdiff_t>(to));
    if (!matches(piece, text.substr(0, colon))) return false;
    from = to + 1;
    text.remove_prefix(colon + 1);
  }
  const Pattern rest(pattern.begin() + static_cast<std::ptrdiff_t>(from), pattern.end());
  return matches(rest, text);
}

}  // namespace firn::sandbox::aws
