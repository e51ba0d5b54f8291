#include "core/value/json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace firn {
namespace {

constexpr std::size_t depth_max = 256;
constexpr std::string_view unknown_member = "$unknown";
constexpr std::string_view secret_member = "$secret";

enum class Dialect : std::uint8_t { plain, state };

[[noreturn]] void refuse_to_write(const char* what) {
  std::fprintf(stderr, "firn: bug: %s must not be written as JSON here; please report this\n",
               what);
  std::abort();
}

// The length of the well-formed UTF-8 sequence at `i`, or 0 (Unicode, table 3-7).
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t at) -> unsigned {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  const auto is_in = [&](std::size_t at, unsigned low, unsigned high) {
    return byte(at) >= low && byte(at) <= high;
  };
  const unsigned lead = byte(i);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return is_in(i + 1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return is_in(i + 1, low, high) && is_in(i + 2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    const bool is_whole =
        is_in(i + 1, low, high) && is_in(i + 2, 0x80, 0xBF) && is_in(i + 3, 0x80, 0xBF);
    return is_whole ? 4 : 0;
  }
  return 0;
}

class Writer {
 public:
  Writer(Dialect dialect, bool is_pretty) : dialect_(dialect), is_pretty_(is_pretty) {}

  void write(const Value& value) {
    switch (value.kind()) {
      case Value::Kind::null:
        out_ += "null";
        return;
      case Value::Kind::boolean:
        out_ += value.as_bool() ? "true" : "false";
        return;
      case Value::Kind::integer:
        write_chars(value.as_int());
        return;
      case Value::Kind::number:
        write_number(value.as_number());
        return;
      case Value::Kind::string:
        write_string(value.as_string());
        return;
      case Value::Kind::list:
        write_list(value.as_list());
        return;
      case Value::Kind::map:
        write_map(value.as_map());
        return;
      case Value::Kind::unknown:
        if (dialect_ == Dialect::plain) refuse_to_write("a value known only after apply");
        write_marker(unknown_member, value.waits_for());
        return;
      case Value::Kind::secret:
        write_secret(value);
        return;
    }
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  template <class Number>
  void write_chars(Number number) {
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out_.append(digits.data(), end);
  }

  void write_number(double number) {
    if (!std::isfinite(number)) refuse_to_write("a number that is not finite");
    // A whole number is written like the integer that it equals: equal values, equal text.
    constexpr double integer_limit = 9223372036854775808.0;
    if (number >= -integer_limit && number < integer_limit && std::trunc(number) == number) {
      write_chars(static_cast<std::int64_t>(number));
    } else {
      write_chars(number);
    }
  }

  void write_string(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out_ += '"';
    std::size_t start = 0;  // of what is still to be copied as it is
    const auto replace = [&](std::size_t i, std::string_view with) {
      out_.append(text, start, i - start);
      out_ += with;
      start = i + 1;
    };
    for (std::size_t i = 0; i < text.size();) {
      const char c = text[i];
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"') {
        replace(i, "\\\"");
      } else if (c == '\\') {
        replace(i, "\\\\");
      } else if (c == '\n') {
        replace(i, "\\n");
      } else if (c == '\r') {
        replace(i, "\\r");
      } else if (c == '\t') {
        replace(i, "\\t");
      } else if (byte < 0x20 || byte == 0x7F) {
        const std::array<char, 6> escape{
            '\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 15U]};
        replace(i, {escape.data(), escape.size()});
      } else if (byte >= 0x80) {
        const std::size_t length = utf8_length(text, i);
        if (length > 0) {
          i += length;
          continue;
        }
        replace(i, "\xEF\xBF\xBD");  // U+FFFD: JSON text is UTF-8 whatever came in
      }
      ++i;
    }
    out_.append(text, start);
    out_ += '"';
  }

  void write_list(const List& items) {
    out_ += '[';
    ++depth_;
    bool is_first = true;
    for (const Value& item : items) {
      separate(is_first);
      write(item);
    }
    --depth_;
    if (!items.empty()) new_line();
    out_ += ']';
  }

  void write_map(const Map& members) {
    out_ += '{';
    ++depth_;
    bool is_first = true;
    for (const auto& [key, member] : members) {
      separate(is_first);
      if (dialect_ == Dialect::state && key.starts_with('$')) {
        write_string('$' + key);
      } else {
        write_string(key);
      }
      out_ += is_pretty_ ? ": " : ":";
      write(member);
    }
    --depth_;
    if (!members.empty()) new_line();
    out_ += '}';
  }

  void write_secret(const Value& secret) {
    const bool is_sealed = !secret.secret_digest().empty();
    if (dialect_ == Dialect::plain) {
      if (is_sealed) refuse_to_write("a sealed secret");
      write(secret.reveal());
    } else {
      if (!is_sealed) refuse_to_write("a secret in clear");
      write_marker(secret_member, secret.secret_digest());
    }
  }

  void write_marker(std::string_view member, std::string_view content) {
    out_ += '{';
    write_string(member);
    out_ += ':';
    write_string(content);
    out_ += '}';
  }

  void separate(bool& is_first) {
    if (!std::exchange(is_first, false)) out_ += ',';
    new_line();
  }

  void new_line() {
    if (!is_pretty_) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  Dialect dialect_;
  bool is_pretty_;
  std::size_t depth_ = 0;
  std::string out_;
};

// Receives the tokens of nlohmann's parser and builds the value from the inside out. The names of
// its functions are those that the parser calls.
class Builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit Builder(Dialect dialect) : dialect_(dialect) {}

  bool null() { return put(Value()); }
  bool boolean(bool value) { return put(Value(value)); }
  bool number_integer(number_integer_t value) { return put(Value(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      return put(Value(static_cast<double>(value)));
    }
    return put(Value(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) { return put(Value(value)); }
  bool string(string_t& value) { return put(Value(std::move(value))); }
  bool binary(binary_t&) { return false; }  // not of JSON text

  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool key(string_t& name) {
    open_.back().key = std::move(name);
    return true;
  }
  bool end_array() {
    Value list(std::move(open_.back().items));
    open_.pop_back();
    return put(std::move(list));
  }
  bool end_object() {
    std::vector<MapEntry> members = std::move(open_.back().members);
    open_.pop_back();
    if (dialect_ == Dialect::state) return end_state_object(std::move(members));
    return put(Value(Map(std::move(members))));
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) {
    // The parser's own words quote the text, which may be a secret.
    const std::string_view words = error.what();
    position_ = position;
    if (error.id == 406) {
      reason_ = "a number is too large";
    } else if (words.find("UTF-8") != std::string_view::npos) {
      reason_ = "a string is not UTF-8";
    } else if (words.find("unexpected end of input") != std::string_view::npos ||
               words.find("missing closing quote") != std::string_view::npos) {
      reason_ = "the text ends too early";
    } else {
      reason_ = "the text breaks the grammar of JSON";
    }
    return false;
  }

  [[nodiscard]] Value take() { return std::move(root_); }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::optional<std::size_t> position() const { return position_; }

 private:
  struct Frame {
    bool is_map;
    std::string key;
    List items;
    std::vector<MapEntry> members;
  };

  bool open(bool is_map) {
    if (open_.size() == depth_max) {
      reason_ = "it is nested more than 256 deep";
      return false;
    }
    open_.push_back(Frame{is_map, {}, {}, {}});
    return true;
  }

  bool put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = open_.back(); frame.is_map) {
      frame.members.emplace_back(std::move(frame.key), std::move(value));
    } else {
      frame.items.push_back(std::move(value));
    }
    return true;
  }

  bool end_state_object(std::vector<MapEntry> members) {
    if (members.size() == 1 && members[0].second.is_string() &&
        !members[0].second.as_string().empty()) {
      const std::string& content = members[0].second.as_string();
      if (members[0].first == unknown_member) return put(Value::unknown(content));
      if (members[0].first == secret_member) return put(Value::sealed_secret(content));
    }
    for (auto& [key, member] : members) {
      if (!key.starts_with('$')) continue;
      if (!key.starts_with("$$")) {
        reason_ = "a member name starts with a single \"$\" but is no marker of this version";
        return false;
      }
      key.erase(0, 1);
    }
    return put(Value(Map(std::move(members))));
  }

  Dialect dialect_;
  std::vector<Frame> open_;
  Value root_;
  std::string reason_;
  std::optional<std::size_t> position_;
};

Result<Value> parse(std::string_view text, Dialect dialect) {
  Builder builder(dialect);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  std::string summary = "cannot read JSON";
  if (builder.position()) summary += " at byte " + std::to_string(*builder.position());
  return fail(ErrorKind::invalid_input, std::move(summary), builder.reason());
}

std::string write(const Value& value, Dialect dialect, bool is_pretty) {
  Writer writer(dialect, is_pretty);
  writer.write(value);
  return writer.take();
}

}  // namespace

std::string to_json(const Value& value) {
  return write(value, Dialect::plain, false);
}

std::string to_pretty_json(const Value& value) {
  return write(value, Dialect::plain, true);
}

Result<Value> parse_json(std::string_view text) {
  return parse(text, Dialect::plain);
}

std::string to_state_json(const Value& value) {
  return write(value, Dialect::state, false);
}

Result<Value> parse_state_json(std::string_view text) {
  return parse(text, Dialect::state);
}

}  // namespace firn
