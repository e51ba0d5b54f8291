// Patterns of policy documents: wildcards and policy variables.
//
// Source: IAM User Guide, "IAM policy elements: Variables and tags", "Resource", "Condition
// operators".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace firn::sandbox::aws {

// The condition keys that a request carries. Key names are compared ignoring case.
class Context {
 public:
  void set(std::string_view key, std::string value);
  void set(std::string_view key, std::vector<std::string> values);
  void merge(const Context& other);  // the other's values win
  [[nodiscard]] const std::vector<std::string>* find(std::string_view key) const;  // nullptr

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

// One character of a pattern; a wildcard only when it stands in the document itself, not when a
// variable brought it.
struct PatternUnit {
  enum class Kind { literal, any_one, any_many };
  Kind kind = Kind::literal;
  char character = 0;
};
using Pattern = std::vector<PatternUnit>;

// Nothing when a variable has no value in the context (then the statement does not match). Without
// `variables` (documents of version 2008-10-17) "${…}" is plain text; without `wildcards` so are *
// and ?.
[[nodiscard]] std::optional<Pattern> compile_pattern(std::string_view text, const Context& context,
                                                     bool variables, bool wildcards);
[[nodiscard]] bool matches(const Pattern& pattern, std::string_view text, bool ignore_case = false);
// Resource and NotResource. A wildcard stays within its part of the ARN, but a * that ends its part
// may go on beyond the colon; in the last part colons are characters like others.
[[nodiscard]] bool matches_resource(const Pattern& pattern, std::string_view text);
// In Resource and NotResource, variables may only stand behind the fifth colon.
[[nodiscard]] bool has_misplaced_variable(std::string_view text);
// The six parts between colons are compared one by one, so a * in one does not reach the next.
[[nodiscard]] bool matches_arn(const Pattern& pattern, std::string_view text);

}  // namespace firn::sandbox::aws
