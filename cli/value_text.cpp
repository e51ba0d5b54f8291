#include "cli/value_text.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

constexpr std::size_t kLineMax = 100;

std::string quoted(const std::string& text) {
  return to_json(Value(text));
}

}  // namespace

std::string inline_text(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      return "none";
    case Value::Kind::boolean:
      return value.as_bool() ? "true" : "false";
    case Value::Kind::integer:
    case Value::Kind::number:
      return to_json(value);
    case Value::Kind::string:
      return quoted(value.as_string());
    case Value::Kind::unknown:
      return fmt::format("(known after apply: {})", value.waits_for());
    case Value::Kind::secret:
      return "(secret)";
    case Value::Kind::list: {
      std::string text = "[";
      for (const Value& item : value.as_list()) {
        text += (text.size() > 1 ? ", " : "") + inline_text(item);
      }
      return text + "]";
    }
    case Value::Kind::map: {
      std::string text = "{";
      for (const auto& [key, member] : value.as_map()) {
        text += fmt::format("{}{}: {}", text.size() > 1 ? ", " : "", key, inline_text(member));
      }
      return text + "}";
    }
  }
  return {};
}

std::string block_text(std::string_view name, const Value& value, std::size_t indent) {
  const std::string pad(indent, ' ');
  const std::string on_one_line = inline_text(value);
  if (value.is_string() && value.as_string().find('\n') != std::string::npos) {
    std::string text = fmt::format("{}{}:\n", pad, name);
    for (const auto& line : split(trim(value.as_string()), '\n')) {
      text += fmt::format("{}  | {}\n", pad, line);
    }
    return text;
  }
  const bool has_structure =
      (value.is_map() && !value.as_map().empty()) || (value.is_list() && !value.as_list().empty());
  if (!has_structure || indent + name.size() + 2 + on_one_line.size() <= kLineMax) {
    return fmt::format("{}{}: {}\n", pad, name, on_one_line);
  }
  std::string text = fmt::format("{}{}:\n", pad, name);
  if (value.is_map()) {
    for (const auto& [key, member] : value.as_map())
      text += block_text(key, member, indent + 2);
    return text;
  }
  for (const Value& item : value.as_list()) {
    const std::string line = inline_text(item);
    if (indent + 4 + line.size() <= kLineMax || !item.is_map()) {
      text += fmt::format("{}  - {}\n", pad, line);
      continue;
    }
    bool first = true;
    for (const auto& [key, member] : item.as_map()) {
      std::string inner = block_text(key, member, indent + 4);
      if (first) inner.replace(indent + 2, 1, "-");
      first = false;
      text += inner;
    }
  }
  return text;
}

bool is_blank(const Value& value) {
  return value.is_null() || (value.is_string() && value.as_string().empty()) ||
         (value.is_list() && value.as_list().empty()) || (value.is_map() && value.as_map().empty());
}

}  // namespace firn::cli
