#include "core/state/stored_value.h"

#include <iterator>
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
  // What is pending is left empty.
  PlainParser(std::string_view text, PendingValues& pending)
      : at_(text.data()),
        end_(text.data() + text.size()),
        items_(pending.items),
        members_(pending.members) {}

  std::optional<std::vector<std::string>> texts() {
    std::vector<std::string> all;
    if (!take('[')) return std::nullopt;
    if (!take(']')) {
      do {
        const auto text = string();
        if (!text) return std::nullopt;
        all.emplace_back(*text);
      } while (take(','));
      if (!take(']')) return std::nullopt;
    }
    if (at_ != end_) return std::nullopt;
    return all;
  }

  std::optional<Value> whole() {
    auto value = parse(0);
    items_.clear();
    members_.clear();
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
    ++at_;
    if (take(']')) return Value(List());
    const std::size_t first = items_.size();
    do {
      auto item = parse(depth + 1);
      if (!item) return std::nullopt;
      items_.push_back(std::move(*item));
    } while (take(','));
    if (!take(']')) return std::nullopt;
    const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(first);
    List items(std::make_move_iterator(begin), std::make_move_iterator(items_.end()));
    items_.erase(begin, items_.end());
    return Value(std::move(items));
  }

  std::optional<Value> map(int depth) {
    ++at_;
    if (take('}')) return Value(Map());
    const std::size_t first = members_.size();
    do {
      const auto key = string();
      if (!key || key->starts_with('$') || !take(':')) return std::nullopt;
      auto member = parse(depth + 1);
      if (!member) return std::nullopt;
      members_.emplace_back(*key, std::move(*member));
    } while (take(','));
    if (!take('}')) return std::nullopt;
    Map map = Map::of(members_.data() + first, members_.size() - first);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(first), members_.end());
    return Value(std::move(map));
  }

  const char* at_;
  const char* end_;
  List& items_;
  std::vector<MapEntry>& members_;
};

}  // namespace

std::optional<Value> parse_plain(std::string_view text) {
  PendingValues pending;
  return PlainParser(text, pending).whole();
}

std::optional<std::vector<std::string>> parse_plain_texts(std::string_view text) {
  PendingValues pending;
  return PlainParser(text, pending).texts();
}

Result<Value> ValueReader::read(std::string_view text) {
  if (text.empty()) return Value();
  if (auto plain = PlainParser(text, pending_).whole()) return std::move(*plain);
  return parse_state_json(text);
}

Result<Value> ValueReader::read_shared(std::string_view text) {
  if (const auto seen = seen_.find(text); seen != seen_.end()) return seen->second;
  auto value = read(text);
  if (value && text.size() <= shared_text_max && seen_.size() < shared_values_max) {
    seen_.emplace(text, *value);
  }
  return value;
}

}  // namespace firn
