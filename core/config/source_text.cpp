#include "core/config/source_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/expression/scan.h"

namespace firn::config {
namespace {

// Characters that mean nothing to YAML wherever they stand in a plain scalar but at its beginning.
constexpr auto inert = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789_./-"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_inert(char c) {
  return inert[static_cast<unsigned char>(c)];
}
// A line may begin with `---` or `...`, and an item with `- `.
bool begins_word(char c) {
  return is_inert(c) && c != '-' && c != '.';
}

// yaml-cpp gives an event of its own to these.
bool is_null_word(std::string_view word) {
  return word == "null" || word == "Null" || word == "NULL";
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

class Scanner {
 public:
  Scanner(std::string_view source, Shorten what)
      : source_(source),
        in_quotes_(what == Shorten::words_in_quotes),
        words_too_(in_quotes_ || what == Shorten::words),
        expressions_too_(what != Shorten::nothing) {
    result_.text.reserve(source.size());
  }

  ShortText run() {
    while (at_ < source_.size())
      scan_line();
    result_.text.append(source_.substr(copied_));
    return std::move(result_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\n';
  }
  bool ends_word(char c) const { return is_blank(c) || c == '\n' || c == '\r'; }
  bool at_line_end() const {
    return at_ >= source_.size() || source_[at_] == '\n' ||
           (source_[at_] == '\r' && peek(1) == '\n');
  }
  std::uint32_t column() const { return static_cast<std::uint32_t>(at_ - line_start_ + 1); }

  void next_line() {
    const std::size_t end = source_.find('\n', at_);
    at_ = end == std::string_view::npos ? source_.size() : end + 1;
    ++line_;
    line_start_ = at_;
  }

  void scan_line() {
    unclosed_here_ = 0;
    at_first_on_line_ = true;
    while (is_blank(peek()))
      ++at_;
    const auto indent = static_cast<int>(at_ - line_start_);
    if (at_line_end()) return next_line();
    if (flow_depth_ == 0) {
      if (in_plain_ && indent <= parent_indent_) in_plain_ = false;
      if (indent == 0 && at_document_marker()) {
        in_plain_ = false;
        parent_indent_ = -1;
        at_ += 3;
      } else if (indent == 0 && peek() == '%' && !in_plain_) {
        return next_line();
      }
    }
    while (!at_line_end()) {
      const std::uint32_t line = line_;
      if (in_plain_) {
        scan_plain(-1);
      } else {
        scan_token();
      }
      if (line != line_ && at_ == line_start_) return;  // a block scalar took whole lines
    }
    next_line();
  }

  bool at_document_marker() const {
    const std::string_view three = source_.substr(at_, 3);
    return (three == "---" || three == "...") && ends_word(peek(3));
  }

  void scan_token() {
    const char c = peek();
    const auto indent = static_cast<int>(at_ - line_start_);
    if (!is_blank(c)) follows_property_ = std::exchange(after_property_, false);
    if (!is_blank(c)) is_first_on_line_ = std::exchange(at_first_on_line_, false);
    switch (c) {
      case ' ':
      case '\t':
        ++at_;
        return;
      case '#':
        return scan_comment();
      case '"':
      case '\'':
        return scan_quoted(c);
      case '|':
      case '>':
        if (flow_depth_ == 0) return skip_block_scalar();
        return scan_plain(indent);
      case '[':
      case '{':
        note_alone();
        ++flow_depth_;
        ++at_;
        return;
      case ']':
      case '}':
        if (flow_depth_ > 0) --flow_depth_;
        ++at_;
        return;
      case '&':
      case '*':
      case '!':
        while (
            !at_line_end() && !is_blank(peek()) &&
            (flow_depth_ == 0 || std::string_view(",[]{}").find(peek()) == std::string_view::npos))
          ++at_;
        note_alone();
        after_property_ = true;
        return;
      case ',':
        if (flow_depth_ == 0) return scan_plain(indent);
        ++at_;
        return;
      case '-':
      case '?':
      case ':':
        if (ends_word(peek(1))) {
          if (flow_depth_ == 0 && c != ':') parent_indent_ = indent;
          ++at_;
          return;
        }
        if (flow_depth_ > 0 && c == ':') {
          ++at_;
          return;
        }
        return scan_plain(indent);
      default:
        return scan_plain(indent);
    }
  }

  // `start` is the scalar's own indentation, or -1 when it goes on from an earlier line.
  void scan_plain(int start) {
    in_plain_ = true;
    bool after_blank = true;
    bool is_first = start >= 0 && !follows_property_;
    while (!at_line_end()) {
      const char c = peek();
      if ((words_too_ && begins_word(c)) || (c == '$' && peek(1) == '{')) {
        scan_word(std::exchange(is_first, false));
        after_blank = false;
        continue;
      }
      is_first = false;
      if (c == '#' && after_blank) {
        in_plain_ = false;
        if (start >= 0) note_alone();
        return scan_comment();
      }
      if (c == ':' && (ends_word(peek(1)) || (flow_depth_ > 0 && is_flow_indicator(peek(1))))) {
        if (flow_depth_ == 0 && start >= 0) parent_indent_ = start;
        in_plain_ = false;
        ++at_;
        return;
      }
      if (flow_depth_ > 0 && is_flow_indicator(c)) {
        in_plain_ = false;
        return;
      }
      after_blank = is_blank(c);
      ++at_;
    }
    if (start >= 0) note_alone();
  }

  void note_alone() {
    if (flow_depth_ == 0 && is_first_on_line_) result_.has_lone_scalar = true;
  }

  static bool is_flow_indicator(char c) {
    return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
  }

  // True when a plain scalar seems to end here. It may go on in the next line: then yaml-cpp, which
  // saw it end, cannot make sense of what follows, and the file is read in another way.
  [[nodiscard]] bool ends_scalar() const {
    std::size_t ahead = 0;
    while (is_blank(peek(ahead)))
      ++ahead;
    const char c = peek(ahead);
    if (c == '\n' || c == '\r') return true;
    if (c == ':') {
      const char next = peek(ahead + 1);
      if (flow_depth_ > 0) return ends_word(next) || is_flow_indicator(next);
      return ends_word(next);
    }
    if (c == '#') return ahead > 0;
    return flow_depth_ > 0 && (c == ',' || c == ']' || c == '}');
  }

  // Letters and expressions, up to what YAML must see.
  void scan_word(bool is_first) {
    const std::size_t begin = at_;
    while (at_ < source_.size()) {
      if (words_too_ && is_inert(source_[at_])) {
        ++at_;
      } else if (peek() != '$' || peek(1) != '{' || !skip_expression()) {
        break;
      }
    }
    shorten(begin, at_, in_quotes_ && is_first && ends_scalar());
    const bool is_unclosed = at_ < source_.size() && peek() == '$' && peek(1) == '{';
    if (is_unclosed) at_ += 2;
  }

  bool skip_expression() {
    const std::size_t line_end = std::min(source_.find('\n', at_), source_.size());
    const std::string_view line = source_.substr(0, line_end);
    // A line full of unclosed `${` must not cost the square of its length.
    const std::size_t end = unclosed_here_ < unclosed_per_line_max
                                ? expression::find_expression_end(line, at_)
                                : std::string_view::npos;
    if (end != std::string_view::npos) {
      at_ = end;
      return true;
    }
    ++unclosed_here_;
    const bool escaped = at_ > 0 && source_[at_ - 1] == '$';
    if (!escaped && unclosed_here_ <= unclosed_per_line_max)
      result_.unclosed_expressions.push_back({line_, column()});
    return false;
  }

  void shorten(std::size_t begin, std::size_t end, bool is_whole) {
    const std::string_view word = source_.substr(begin, end - begin);
    if (!expressions_too_ || word.size() < (is_whole ? 1 : 2) || is_null_word(word)) return;
    result_.text.append(source_.substr(copied_, begin - copied_));
    Stretch stretch;
    stretch.at = static_cast<std::uint32_t>(result_.text.size());
    stretch.source_at = static_cast<std::uint32_t>(begin);
    stretch.length = static_cast<std::uint32_t>(word.size()) & 0x7FFFFFFFU;
    stretch.is_whole = is_whole ? 1 : 0;
    result_.stretches.push_back(stretch);
    constexpr std::string_view quoted{"\"\x0E\"", 3};
    result_.text += is_whole ? quoted : quoted.substr(1, 1);
    copied_ = end;
  }

  void scan_comment() {
    const std::size_t end = std::min(source_.find('\n', at_), source_.size());
    std::string_view comment = trim(source_.substr(at_ + 1, end - at_ - 1));
    if (comment.starts_with("firn:"))
      result_.annotations.push_back({line_, std::string(trim(comment.substr(5)))});
    at_ = end;
    if (at_ > line_start_ && source_[at_ - 1] == '\r') --at_;
  }

  void scan_quoted(char quote) {
    const LongQuote opened{{line_, column()}, 0};
    const auto indent = static_cast<int>(at_ - line_start_);
    for (++at_; at_ < source_.size(); ++at_) {
      const char c = source_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c == '\\' && quote == '"') {
        if (peek(1) != '\n') ++at_;
      } else if (c == quote) {
        if (quote == '\'' && peek(1) == '\'') {
          ++at_;
          continue;
        }
        break;
      }
    }
    if (at_ >= source_.size()) {
      result_.long_quotes.push_back(opened);
      return;
    }
    ++at_;
    if (opened.start.line != line_) {
      result_.long_quotes.push_back({opened.start, line_});
      return;
    }
    std::size_t ahead = 0;
    while (is_blank(peek(ahead)))
      ++ahead;
    if (peek(ahead) != ':') return note_alone();
    if (flow_depth_ > 0 || ends_word(peek(ahead + 1))) {
      if (flow_depth_ == 0) parent_indent_ = indent;
      at_ += ahead + 1;
    }
  }

  void skip_block_scalar() {
    const std::size_t comment = source_.substr(0, source_.find('\n', at_)).find(" #", at_);
    if (comment != std::string_view::npos) {
      at_ = comment + 1;
      scan_comment();
    }
    next_line();
    while (at_ < source_.size()) {
      std::size_t first = at_;
      while (first < source_.size() && source_[first] == ' ')
        ++first;
      const bool empty = first >= source_.size() || source_[first] == '\n' ||
                         (source_[first] == '\r' && source_.substr(first + 1, 1) == "\n");
      if (!empty && static_cast<int>(first - at_) <= parent_indent_) return;
      next_line();
    }
  }

  std::string_view source_;
  bool in_quotes_;
  bool words_too_;
  bool expressions_too_;
  std::size_t copied_ = 0;  // so much of the source is in the result
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  static constexpr int unclosed_per_line_max = 16;
  int unclosed_here_ = 0;  // on this line
  int flow_depth_ = 0;
  int parent_indent_ = -1;         // of the collection entry that the next scalar belongs to
  bool at_first_on_line_ = true;   // no token of this line has been seen
  bool is_first_on_line_ = false;  // the token that is being read is the first of its line
  bool after_property_ = false;    // the last token was an anchor or a tag
  bool follows_property_ = false;  // the one before this
  bool in_plain_ = false;          // a plain scalar may go on here
  ShortText result_;
};

}  // namespace

ShortText shorten(std::string_view source, Shorten what) {
  return Scanner(source, what).run();
}

}  // namespace firn::config
