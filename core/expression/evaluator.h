// Evaluates expression trees. evaluate.cpp has the public functions.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/expression/parser.h"

namespace firn::expression {

class Evaluator {
 public:
  // nullopt after a diagnostic.
  using Answer = std::optional<Value>;

  Evaluator(std::string_view text, const SourceRange& where, const Scope& scope,
            Diagnostics& diagnostics)
      : text_(text), where_(where), scope_(scope), diagnostics_(diagnostics) {}

  Answer evaluate(const Expression& expression);
  // All parts as one string; of a single expression, its value.
  Answer evaluate(const std::vector<Part>& parts);
  // The path with its computed keys. `obstacle` is set instead when a key is unknown;
  // `is_secret` when one is secret.
  std::optional<Reference> reference(const Expression& path, Answer& obstacle, bool& is_secret);

 private:
  Answer path(const Expression& expression);
  Answer access(const Expression& expression);
  Answer call(const Expression& expression);
  Answer default_call(const Expression& expression);
  Answer list(const Expression& expression);
  Answer map(const Expression& expression);
  Answer negation(const Expression& expression);
  Answer row(const Expression& expression);
  Answer comparison(const Expression& expression);
  Answer choice(const Expression& expression);

  // The key that a step computes. `obstacle` as above.
  std::optional<PathStep> computed_step(const Expression& key, Answer& obstacle, bool& is_secret);
  Answer step_into(const Value& value, const PathStep& step, const SourceRange& where);
  // A boolean, or an unknown.
  Answer condition(const Expression& expression, std::string_view what, bool& is_secret);
  std::nullopt_t fail(const SourceRange& where, std::string summary, std::string detail = {},
                      std::string remedy = {});
  [[nodiscard]] SourceRange place(const Expression& expression) const;

  std::string_view text_;
  const SourceRange& where_;
  const Scope& scope_;
  Diagnostics& diagnostics_;
};

// Among the diagnostics from `start` on.
[[nodiscard]] bool has_error_since(const Diagnostics& diagnostics, std::size_t start);
// What `value`, which contains an unknown, waits for.
[[nodiscard]] Value first_unknown(const Value& value);
// A copy without secrets, at any depth.
[[nodiscard]] Value revealed(const Value& value);

}  // namespace firn::expression
