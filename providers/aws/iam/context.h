// The condition keys that a request carries, and the variables of policies, which take their
// values.
//
// Source: IAM User Guide, "IAM policy elements: Variables and tags".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "providers/aws/iam/pattern.h"

namespace firn::aws::iam {

// Names of keys compare ignoring case, the key of a tag in them included
// ("aws:PrincipalTag/Team"). A key without values counts as absent.
class Context {
 public:
  Context() = default;
  Context(std::initializer_list<std::pair<std::string_view, std::vector<std::string>>> keys);

  void set(std::string_view key, std::string value);
  void set(std::string_view key, std::vector<std::string> values);
  void erase(std::string_view key);
  // nullptr when the request does not carry the key.
  [[nodiscard]] const std::vector<std::string>* find(std::string_view key) const;
  // The value of a key that has one; nothing when it has none, or several.
  [[nodiscard]] std::optional<std::string> single(std::string_view key) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;  // by the name in lower case
};

// A text of a document with its variables replaced: ${key}, ${key, 'default'}, and ${*}, ${?}, ${$}
// for the characters themselves. Nothing when a variable has no value: such a text is equal to
// nothing. Without `variables` (documents of version 2008-10-17) the text stays as it is.
[[nodiscard]] std::optional<Symbols> resolve_text(std::string_view text, const Context& context,
                                                  bool variables);

// The same for Resource and NotResource, as a pattern. Variables count only behind the fifth colon
// of the ARN; a text that has one before matches nothing.
[[nodiscard]] std::optional<Pattern> resource_pattern(std::string_view text, const Context& context,
                                                      bool variables);

}  // namespace firn::aws::iam
