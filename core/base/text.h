// Small functions on text that several parts need.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace firn {

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string to_lower(std::string_view text);  // ASCII
[[nodiscard]] std::string to_upper(std::string_view text);  // ASCII
[[nodiscard]] std::string replace_all(std::string text, std::string_view from, std::string_view to);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// The candidate nearest to `wrong` by edit distance (insert, delete, substitute, swap), when it is
// near enough to be what was meant: at most a third of the longer one, ignoring case. Of several
// equally near ones the first.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view wrong,
                                                      std::span<const std::string_view> candidates);

// `did you mean "x"?`, or a list of what is allowed when nothing is near, or "" when there is
// neither.
[[nodiscard]] std::string suggestion(std::string_view wrong,
                                     std::span<const std::string_view> candidates);

// RFC 3986: everything but A-Z a-z 0-9 - _ . ~ becomes %XX; '/' stays when `keep_slash`.
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slash = false);
[[nodiscard]] std::string percent_decode(std::string_view text);  // leaves malformed escapes alone

}  // namespace firn
