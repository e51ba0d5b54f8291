// The fixed functions of expressions. The table is what `firn explain functions` prints.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/expression/expression.h"
#include "core/value/value.h"

namespace firn::expression {

// One call. Its arguments are neither unknown nor secret: the evaluator sees to both.
struct Call {
  std::vector<Value> arguments;
  std::vector<SourceRange> places;  // of the arguments
  SourceRange where;                // of the whole call
  const Scope& scope;
  Diagnostics& diagnostics;
};

// How far into its arguments a function looks. What it does not look into may stay unknown or
// secret and travels through it.
enum class Depth : std::uint8_t { shallow, deep };

struct Function {
  std::string_view name;
  std::string_view signature;  // "join(list, separator)"
  std::string_view doc;        // one or two sentences
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  Depth depth = Depth::deep;
  // nullopt after a diagnostic. nullptr for default(), whose second argument is evaluated late.
  std::optional<Value> (*apply)(const Call& call) = nullptr;
};

// Sorted by name.
[[nodiscard]] std::span<const Function> functions();
[[nodiscard]] const Function* find_function(std::string_view name);

// The text that a value takes inside a longer text: a string itself, numbers and booleans as JSON
// writes them; nullopt for everything else.
[[nodiscard]] std::optional<std::string> text_of(const Value& value);

}  // namespace firn::expression
