// What patterns say of whole sets of texts: does one cover another, do they meet, and into which
// classes do several patterns divide the texts of one?
//
// The answers are exact: they are about all texts, and found by walking the automata of the
// patterns together. Each answer "not" comes with a text that shows it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "providers/aws/iam/pattern.h"

namespace firn::aws::iam {

// Some texts of a pattern, told apart by which of the other patterns match them.
struct TextClass {
  std::string example;        // one of the shortest texts of the class
  std::vector<bool> matched;  // for each of the other patterns, in their order
};

// All classes of the texts of `of`. Nothing when there are too many steps to look at (patterns with
// many `?` behind a `*` can be made so; policies are not): then nothing is claimed.
[[nodiscard]] std::optional<std::vector<TextClass>> classes_of(const Pattern& of,
                                                               std::span<const Pattern> by);

struct Cover {
  bool covered = false;   // every text of the one is matched by one of the others
  std::string uncovered;  // else a text that is not; empty when there were too many steps
  bool too_large = false;
};
[[nodiscard]] Cover cover(const Pattern& of, std::span<const Pattern> by);
[[nodiscard]] bool covers(const Pattern& wide, const Pattern& narrow);

// A text that both match; nothing when there is none.
[[nodiscard]] std::optional<std::string> common_text(const Pattern& a, const Pattern& b);

}  // namespace firn::aws::iam
