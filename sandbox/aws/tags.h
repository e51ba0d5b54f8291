// Tags: at most 50, keys of 1 to 128 characters, values up to 256, none of AWS's own.
#pragma once

#include <string>

#include "core/value/value.h"
#include "sandbox/aws/wire/form.h"

namespace firn::sandbox::aws {

// What is wrong with a set of tags.
struct TagProblem {
  enum class What { none, key, value, reserved, characters, too_many };
  What what = What::none;
  std::string key;
};
[[nodiscard]] TagProblem check_tags(const Map& tags);

// Form members Key and Value → a map. Later ones of the same key win.
[[nodiscard]] Map tags_in(const Form& form, const std::string& prefix);
// [{Key, Value}] or [{key, value}] of a JSON body.
[[nodiscard]] Map tags_in(const Value& list, const char* key_name, const char* value_name);
[[nodiscard]] Value tag_list(const Value& tags, const char* key_name, const char* value_name);
// The map `tags` of a document, or an empty one.
[[nodiscard]] Map tags_of(const Value& document);
// A copy of `document` with these tags.
[[nodiscard]] Value with_tags(const Value& document, Map tags);
// A copy of `document` with one member set.
[[nodiscard]] Value with(const Value& document, std::string_view name, Value value);
[[nodiscard]] Value without(const Value& document, std::string_view name);

}  // namespace firn::sandbox::aws
