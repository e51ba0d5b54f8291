// Where paths lead: their computed keys, and those that stand for several.
#include <fmt/core.h>
#include <utility>

#include "core/expression/evaluator.h"
#include "core/expression/lexer.h"

namespace firn::expression {

std::optional<PathStep> Evaluator::step_of(const Value& key, const Expression& expression) {
  PathStep step;
  if (key.is_string()) {
    step.name = key.as_string();
    step.is_key = true;
    return step;
  }
  if (key.is_int()) {
    step.index = key.as_int();
    step.is_index = true;
    return step;
  }
  return fail(place(expression), "a key is a text or an integer",
              fmt::format("This is {}.", kind_name(key.kind())));
}

std::optional<std::vector<PathStep>> Evaluator::computed_steps(const Expression& key,
                                                               Answer& obstacle, bool& is_secret,
                                                               bool& is_many) {
  Answer answer = evaluate(key);
  if (!answer) return std::nullopt;
  const Value value = uncovered(*std::move(answer), is_secret);
  if (value.contains_unknown()) {
    obstacle = first_unknown(value);
    return std::nullopt;
  }
  std::vector<PathStep> steps;
  if (!value.is_list()) {
    auto step = step_of(value, key);
    if (!step) return std::nullopt;
    steps.push_back(*std::move(step));
    return steps;
  }
  is_many = true;
  for (const Value& item : value.as_list()) {
    auto step = step_of(uncovered(item, is_secret), key);
    if (!step) return std::nullopt;
    steps.push_back(*std::move(step));
  }
  return steps;
}

std::optional<std::vector<PathStep>> Evaluator::every_step(const Reference& before) {
  const auto keys = scope_.keys_of(before);
  if (!keys)
    return fail(before.where, fmt::format("\"{}\" is not written with for_each", before.text()),
                "[*] stands for all objects that a for_each makes.",
                "leave [*] out, or name the items");
  std::vector<PathStep> steps;
  for (const std::string& key : *keys) {
    PathStep& step = steps.emplace_back();
    step.name = key;
    step.is_key = true;
  }
  return steps;
}

std::optional<Evaluator::Resolved> Evaluator::references(const Expression& expression,
                                                         Answer& obstacle) {
  Resolved resolved;
  resolved.references.emplace_back().where = place(expression);
  for (const Step& step : expression.steps) {
    std::optional<std::vector<PathStep>> keys;
    bool is_many = false;
    if (step.step.is_every) {
      is_many = true;
      // Behind a list there is nothing to tell keys by; two of them are refused below.
      keys = resolved.is_many ? std::vector<PathStep>{} : every_step(resolved.references.front());
    } else if (step.index_operand != 0) {
      keys = computed_steps(expression.operands[step.index_operand], obstacle, resolved.is_secret,
                            is_many);
    } else {
      keys = std::vector<PathStep>{step.step};
    }
    if (!keys) return std::nullopt;
    if (is_many && resolved.is_many)
      return fail(place_in(text_, where_, step.offset, step.length),
                  "a path can stand for several in one place only", {},
                  "choose one item in the other place");
    if (is_many) {
      const Reference before = resolved.references.front();
      resolved.references.assign(keys->size(), before);
      for (std::size_t i = 0; i < keys->size(); ++i)
        resolved.references[i].path.push_back((*keys)[i]);
      resolved.is_many = true;
    } else {
      for (Reference& reference : resolved.references)
        reference.path.push_back(keys->front());
    }
  }
  return resolved;
}

}  // namespace firn::expression
