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
  // A path with its computed keys. `is_many`: a key is a list or [*], so the answer is a list.
  struct Resolved {
    std::vector<Reference> references;
    bool is_many = false;
    bool is_secret = false;
  };
  // `obstacle` is set instead when a key is unknown.
  std::optional<Resolved> references(const Expression& path, Answer& obstacle);

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

  // The key that a step computes, or several. `obstacle` as above.
  std::optional<std::vector<PathStep>> computed_steps(const Expression& key, Answer& obstacle,
                                                      bool& is_secret, bool& is_many);
  std::optional<PathStep> step_of(const Value& key, const Expression& expression);
  std::optional<std::vector<PathStep>> every_step(const Reference& before);
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
// Takes a secret's cover off and remembers it.
[[nodiscard]] Value uncovered(Value value, bool& is_secret);
// A copy without secrets, at any depth.
[[nodiscard]] Value revealed(const Value& value);

}  // namespace firn::expression
