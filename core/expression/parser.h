// Expressions as trees. Lives as long as one evaluation; nothing is cached.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/expression/expression.h"
#include "core/expression/functions.h"
#include "core/value/value.h"

namespace firn::expression {

enum class ExpressionKind : std::uint8_t {
  literal,
  path,         // steps; steps[0] is the root
  access,       // operands[0] followed by steps: split(a, ",")[0]
  call,         // function of operands
  list,         // of operands
  map,          // of names and operands
  negation,     // !operands[0]
  conjunction,  // operands[0] && operands[1] && …
  disjunction,  // operands[0] || operands[1] || …
  comparison,   // operands[0] comparison operands[1]
  choice,       // operands[0] ? operands[1] : operands[2]
};

enum class Comparison : std::uint8_t {
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal
};

// `index_operand` is the operand that computes the key, as in data[each.key]; 0: the step is fixed
// (operand 0 is never a key).
struct Step {
  PathStep step;
  std::uint32_t index_operand = 0;
  std::size_t offset = 0;
  std::size_t length = 0;
};

struct Expression {
  ExpressionKind kind = ExpressionKind::literal;
  Comparison comparison = Comparison::equal;
  const Function* function = nullptr;
  std::size_t offset = 0;  // in the scalar's text
  std::size_t length = 0;
  Value literal;
  std::vector<Step> steps;
  std::vector<std::string> names;
  std::vector<Expression> operands;  // of a path: operands[0] is unused
};

// A scalar is a row of parts: texts (after `$${` became `${`) and expressions.
struct Part {
  std::string text;
  std::optional<Expression> expression;
};

// nullopt after a diagnostic.
[[nodiscard]] std::optional<std::vector<Part>> parse_parts(std::string_view text,
                                                           const SourceRange& where,
                                                           Diagnostics& diagnostics);

}  // namespace firn::expression
