// Values out of the rows of a state file, many and fast.
//
// A state of 100,000 resources is read before every plan. Most of its values are plain maps of
// short strings and integers, which are read here; everything else goes to parse_state_json, which
// is the judge of what is well-formed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/value/value.h"

namespace firn {

// Of all lists and maps that are being read; those of the innermost are last.
struct PendingValues {
  List items;
  std::vector<MapEntry> members;
};

class ValueReader {
 public:
  // The same as parse_state_json, and null for an empty text.
  [[nodiscard]] Result<Value> read(std::string_view text);
  // Many resources have the very same inputs: equal texts give one shared value.
  [[nodiscard]] Result<Value> read_shared(std::string_view text);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, Value, Hash, std::equal_to<>> seen_;
  PendingValues pending_;  // kept for its memory
};

// Reads what needs no judgement: printable ASCII, no escapes, no members that begin with "$",
// integers of at most 18 digits, at most 32 levels. Nothing otherwise.
[[nodiscard]] std::optional<Value> parse_plain(std::string_view text);
// The same for a list of nothing but texts.
[[nodiscard]] std::optional<std::vector<std::string>> parse_plain_texts(std::string_view text);

}  // namespace firn
