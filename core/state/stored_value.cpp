#include "core/state/stored_value.h"

#include <utility>
#include <vector>

#include "core/value/json.h"

namespace firn {
namespace {

// Enough for the kinds of resources that a large stack repeats; more would cost memory for texts
// that occur once.
constexpr std::size_t shared_values_max = 512;
constexpr std::size_t shared_text_max = 2048;

constexpr int depth_max = 32;
constexpr std::ptrdiff_t digits_max = 18;  // always fits 64 bits

class PlainParser {
 public:
  explicit PlainParser(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  std::optional<Value> whole() {
    auto value = parse(0);
    if (at_ != end_) return std::nullopt;
    return value;
  }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  std::optional<Value> parse(int depth) {
    if (at_ == end_ || depth > depth_max) return std::nullopt;
    switch (*at_) {
      case '{':
        return map(depth);
      case '[':
        return list(depth);
      case '"': {
        const auto text = string();
        if (!text) return std::nullopt;
        return Value(*text);
      }
      case 't':
        return take("true") ? std::optional(Value(true)) : std::nullopt;
      case 'f':
        return take("false") ? std::optional(Value(false)) : std::nullopt;
      case 'n':
        return take("null") ? std::optional(Value()) : std::nullopt;
      default:
        return integer();
    }
  }

  std::optional<std::string_view> string() {
    if (!take('"')) return std::nullopt;
    const char* const begin = at_;
    while (at_ != end_ && *at_ != '"') {
      const bool is_plain = *at_ >= ' ' && *at_ <= '~' && *at_ != '\\';
      if (!is_plain) return std::nullopt;
      ++at_;
    }
    const std::string_view text(begin, static_cast<std::size_t>(at_ - begin));
    return take('"') ? std::optional(text) : std::nullopt;
  }

  std::optional<Value> integer() {
    const bool is_negative = take('-');
    const char* const begin = at_;
    std::int64_t number = 0;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9' && at_ - begin < digits_max) {
      number = number * 10 + (*at_++ - '0');
    }
    const bool has_leading_zero = at_ - begin > 1 && *begin == '0';
    const bool goes_on = at_ != end_ && *at_ != ',' && *at_ != ']' && *at_ != '}';
    const bool is_minus_zero = is_negative && number == 0;
    if (at_ == begin || has_leading_zero || goes_on || is_minus_zero) return std::nullopt;
    return Value(is_negative ? -number : number);
  }

  std::optional<Value> list(int depth) {
    List items;
    ++at_;
    if (take(']')) return Value(std::move(items));
    do {
      auto item = parse(depth + 1);
      if (!item) return std::nullopt;
      items.push_back(std::move(*item));
    } while (take(','));
    if (!take(']')) return std::nullopt;
    items.shrink_to_fit();
    return Value(std::move(items));
  }

  std::optional<Value> map(int depth) {
    std::vector<MapEntry> members;
    ++at_;
    if (take('}')) return Value(Map());
    do {
      const auto key = string();
      if (!key || key->starts_with('$') || !take(':')) return std::nullopt;
      auto member = parse(depth + 1);
      if (!member) return std::nullopt;
      members.emplace_back(*key, std::move(*member));
    } while (take(','));
    if (!take('}')) return std::nullopt;
    members.shrink_to_fit();
    return Value(Map(std::move(members)));
  }

  const char* at_;
  const char* end_;
};

}  // namespace

std::optional<Value> parse_plain(std::string_view text) {
  return PlainParser(text).whole();
}

Result<Value> read_stored_value(std::string_view text) {
  if (text.empty()) return Value();
  if (auto plain = parse_plain(text)) return std::move(*plain);
  return parse_state_json(text);
}

Result<Value> ValueReader::read(std::string_view text) {
  if (const auto seen = seen_.find(text); seen != seen_.end()) return seen->second;
  auto value = read_stored_value(text);
  if (value && text.size() <= shared_text_max && seen_.size() < shared_values_max) {
    seen_.emplace(text, *value);
  }
  return value;
}

}  // namespace firn
