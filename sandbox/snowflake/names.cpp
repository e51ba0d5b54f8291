#include "sandbox/snowflake/names.h"

#include <cctype>

#include "core/base/text.h"

namespace firn::sandbox::snowflake {
namespace {

bool is_upper_start(char c) {
  return (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_upper_part(char c) {
  return is_upper_start(c) || (c >= '0' && c <= '9') || c == '$';
}
char lower(char c) {
  return (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
}

bool like_from(std::string_view text, std::string_view pattern) {
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t mark = 0;
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (!escaped && p < pattern.size() && pattern[p] == '%') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() &&
               (escaped ? lower(pattern[p + 1]) == lower(text[t])
                        : pattern[p] == '_' || lower(pattern[p]) == lower(text[t]))) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%')
    ++p;
  return p == pattern.size();
}

}  // namespace

std::string printed(std::string_view stored) {
  bool plain = !stored.empty() && is_upper_start(stored.front());
  for (const char c : stored)
    plain = plain && is_upper_part(c);
  if (plain) return std::string(stored);
  return '"' + replace_all(std::string(stored), "\"", "\"\"") + '"';
}

std::string dotted(std::span<const std::string> path) {
  std::string text;
  for (const auto& part : path) {
    if (!text.empty()) text += '.';
    text += printed(part);
  }
  return text;
}

NamePath parse_path(std::string_view text) {
  NamePath path;
  std::size_t at = 0;
  while (true) {
    std::string part;
    if (at < text.size() && text[at] == '"') {
      for (++at;; ++at) {
        if (at >= text.size()) return {};
        if (text[at] != '"') {
          part += text[at];
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
          part += '"';
          ++at;
        } else {
          break;
        }
      }
      ++at;
    } else {
      const auto start = at;
      while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 ||
                                  text[at] == '_' || text[at] == '$')) {
        ++at;
      }
      part = to_upper(text.substr(start, at - start));
      if (part.empty() || std::isdigit(static_cast<unsigned char>(part.front())) != 0) return {};
    }
    if (part.empty()) return {};
    path.push_back(std::move(part));
    if (at == text.size()) return path;
    if (text[at] != '.' || path.size() == 3) return {};
    ++at;
  }
}

bool like(std::string_view text, std::string_view pattern) {
  return like_from(text, pattern);
}

std::string literal(std::string_view text) {
  std::string escaped = replace_all(std::string(text), "\\", "\\\\");
  return "'" + replace_all(std::move(escaped), "'", "''") + "'";
}

}  // namespace firn::sandbox::snowflake
