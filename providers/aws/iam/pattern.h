// Patterns of IAM policies: texts with `*` (any characters, also none) and `?` (one character).
//
// Sources, in the IAM User Guide: "IAM JSON policy elements: Resource" (wildcards in ARNs), "IAM
// JSON policy elements: Action" (case does not matter), "IAM JSON policy elements: Condition
// operators" (the six parts of an ARN are compared one by one).
//
// A pattern is read as an automaton: its positions are the places between its units, and a text
// moves a set of positions forward. That is exact for every mixture of wildcards, and it is what
// the questions about whole sets of texts (pattern_algebra.h) are answered with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace firn::aws::iam {

// One character of a text of a policy after its variables were replaced. A `*` that a variable
// brought is no wildcard, and a colon that it brought does not end a part of an ARN.
struct Symbol {
  enum class Origin : std::uint8_t { plain, wildcard, variable };
  char32_t character = 0;
  Origin origin = Origin::plain;
};
using Symbols = std::vector<Symbol>;

// `?` stands for one character, not for one byte. Bytes that are no UTF-8 stay distinct and come
// back as they were.
[[nodiscard]] std::u32string decode_text(std::string_view text);
[[nodiscard]] std::string encode_text(std::u32string_view characters);

// A text without variables: every `*` and `?` is a wildcard.
[[nodiscard]] Symbols symbols_of(std::string_view text);

struct PatternUnit {
  enum class Kind : std::uint8_t {
    literal,
    one,           // ?
    one_in_part,   // ? that matches no colon
    many,          // *
    many_in_part,  // * that matches no colon
  };
  Kind kind = Kind::literal;
  char32_t character = 0;
};

class Pattern {
 public:
  enum class Letters : std::uint8_t { exact, ignore_case };  // ASCII

  // No wildcards: the operators that compare for equality.
  [[nodiscard]] static Pattern literal(const Symbols& symbols, Letters letters = Letters::exact);
  // Wildcards match everything: actions, StringLike.
  [[nodiscard]] static Pattern glob(const Symbols& symbols, Letters letters = Letters::exact);
  // Resource and NotResource. Wildcards stay within their part of the ARN, but a `*` that ends its
  // part may go on beyond the colon. The last part may hold colons itself.
  [[nodiscard]] static Pattern resource(const Symbols& symbols);
  // ArnLike and ArnEquals: six parts, compared one by one. Nothing when there are fewer.
  [[nodiscard]] static std::optional<Pattern> arn(const Symbols& symbols);

  [[nodiscard]] bool matches(std::string_view text) const;

  // The automaton. A set of positions is sorted, and leaves out those that add no text.
  using Positions = std::vector<std::uint32_t>;
  [[nodiscard]] Positions start() const;
  [[nodiscard]] Positions step(const Positions& from, char32_t character) const;
  [[nodiscard]] bool accepts(const Positions& positions) const;
  // Nothing that follows can change the answer any more: it is no, or it is yes.
  [[nodiscard]] bool is_settled(const Positions& positions) const;

  [[nodiscard]] const std::vector<PatternUnit>& units() const { return units_; }
  [[nodiscard]] bool ignores_case() const { return letters_ == Letters::ignore_case; }

 private:
  Pattern(std::vector<PatternUnit> units, Letters letters);
  void close(Positions& positions) const;

  std::vector<PatternUnit> units_;
  Letters letters_ = Letters::exact;
};

[[nodiscard]] char32_t lower_ascii(char32_t character);

}  // namespace firn::aws::iam
