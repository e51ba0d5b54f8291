// The words that stack, component and environment files know, each with its meaning. From these
// tables files are checked, and the JSON Schema for editors is made.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace firn {

struct Word {
  std::string_view name;
  std::string_view doc;  // one sentence or two
};

[[nodiscard]] std::span<const Word> stack_words();
[[nodiscard]] std::span<const Word> component_words();
// Of one parameter's declaration, and the values of its `type`.
[[nodiscard]] std::span<const Word> parameter_words();
[[nodiscard]] std::span<const Word> parameter_types();
// Of a resource, beside its type's attributes (meta_keys() are their names alone); and of the use
// of a component.
[[nodiscard]] std::span<const Word> resource_words();
[[nodiscard]] std::span<const std::string_view> meta_keys();
[[nodiscard]] std::span<const Word> component_use_words();
// Of an environment file, and of what it says for one stack; the providers' sections come on top.
[[nodiscard]] std::span<const Word> environment_words();
[[nodiscard]] std::span<const Word> overlay_words();
[[nodiscard]] std::span<const Word> naming_words();
[[nodiscard]] std::span<const Word> state_words();
[[nodiscard]] std::span<const Word> state_backends();

// The words that have a meaning of their own in expressions and so cannot name a resource.
[[nodiscard]] std::span<const std::string_view> reserved_names();

[[nodiscard]] bool contains(std::span<const Word> words, std::string_view name);
[[nodiscard]] std::vector<std::string_view> names_of(std::span<const Word> words);

}  // namespace firn
