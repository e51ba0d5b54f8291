#include <algorithm>
#include <fmt/core.h>
#include <iterator>

#include "core/expression/evaluator.h"
#include "core/expression/expression.h"
#include "core/expression/lexer.h"
#include "core/expression/parser.h"
#include "core/expression/scan.h"

namespace firn::expression {
namespace {

// Most expressions are a scalar that is exactly `${name.name}`: those are read without a tree.
std::optional<Reference> plain_reference(std::string_view text, const SourceRange& where) {
  constexpr std::string_view words[] = {"true", "false", "null", "and", "or", "not"};
  if (!text.starts_with("${") || !text.ends_with('}')) return std::nullopt;
  const std::string_view path = text.substr(2, text.size() - 3);
  const std::string_view root = path.substr(0, path.find('.'));
  if (std::find(std::begin(words), std::end(words), root) != std::end(words)) return std::nullopt;
  Reference reference;
  reference.path.reserve(static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) + 1);
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (!is_name(name)) return std::nullopt;
    reference.path.emplace_back().name = name;
    begin = end + 1;
  }
  reference.where = place_in(text, where, 2, path.size());
  return reference;
}

// Walks a tree and notes its paths. `scope` may be nullptr.
class Collector {
 public:
  Collector(std::string_view text, const SourceRange& where, const Scope* scope,
            std::vector<Reference>& references)
      : text_(text), where_(where), scope_(scope), references_(references) {}

  void collect(const Expression& expression, bool is_optional) {
    if (expression.kind == ExpressionKind::path) add(expression, is_optional);
    if (expression.kind == ExpressionKind::choice) {
      if (const auto is_first_branch = decided(expression.operands[0])) {
        collect(expression.operands[0], false);
        return collect(expression.operands[*is_first_branch ? 1 : 2], is_optional);
      }
    }
    const bool is_default =
        expression.kind == ExpressionKind::call && expression.function->apply == nullptr;
    bool is_first = true;
    for (const Expression& operand : expression.operands) {
      const bool stays_optional =
          (is_default || (is_optional && expression.kind == ExpressionKind::access)) && is_first;
      collect(operand, stays_optional);
      is_first = false;
    }
  }

 private:
  // What the condition of a choice says where it can be told already: the other branch is not
  // evaluated, so it refers to nothing.
  std::optional<bool> decided(const Expression& condition) const {
    if (scope_ == nullptr) return std::nullopt;
    Diagnostics dropped;  // evaluation reports them
    const auto answer = Evaluator(text_, where_, *scope_, dropped).evaluate(condition);
    if (!answer || has_error_since(dropped, 0) || !answer->is_bool()) return std::nullopt;
    return answer->as_bool();
  }

  void add(const Expression& path, bool is_optional) {
    std::vector<Reference> found;
    if (scope_ != nullptr) {
      Diagnostics dropped;  // evaluation reports them
      std::optional<Value> obstacle;
      auto computed = Evaluator(text_, where_, *scope_, dropped).references(path, obstacle);
      if (computed) found = std::move(computed->references);
      if (computed && found.empty()) return;
    }
    if (found.empty()) {
      Reference& reference = found.emplace_back();
      reference.where = place_in(text_, where_, path.offset, path.length);
      for (const Step& step : path.steps) {
        if (step.index_operand != 0 || step.step.is_every) break;
        reference.path.push_back(step.step);
      }
    }
    for (Reference& reference : found) {
      reference.is_optional = is_optional;
      references_.push_back(std::move(reference));
    }
  }

  std::string_view text_;
  const SourceRange& where_;
  const Scope* scope_;
  std::vector<Reference>& references_;
};

void collect(std::string_view text, const SourceRange& where, const Scope* scope,
             std::vector<Reference>& references, Diagnostics& diagnostics) {
  if (auto reference = plain_reference(text, where)) {
    references.push_back(*std::move(reference));
    return;
  }
  const auto parts = parse_parts(text, where, diagnostics);
  if (!parts) return;
  Collector collector(text, where, scope, references);
  for (const Part& part : *parts) {
    if (part.expression) collector.collect(*part.expression, false);
  }
}

std::optional<Reference> sole(std::string_view text, const SourceRange& where, const Scope* scope) {
  if (!text.starts_with("${") || !text.ends_with('}')) return std::nullopt;
  if (auto reference = plain_reference(text, where)) return reference;
  Diagnostics dropped;  // collect_references() and evaluate() report them
  const auto parts = parse_parts(text, where, dropped);
  if (!parts || parts->size() != 1 || !parts->front().expression) return std::nullopt;
  const Expression& expression = *parts->front().expression;
  if (expression.kind != ExpressionKind::path) return std::nullopt;
  bool is_fixed = true;
  for (const Step& step : expression.steps)
    is_fixed = is_fixed && step.index_operand == 0 && !step.step.is_every;
  if (!is_fixed && scope == nullptr) return std::nullopt;
  if (!is_fixed) {
    std::optional<Value> obstacle;
    auto resolved = Evaluator(text, where, *scope, dropped).references(expression, obstacle);
    if (!resolved || resolved->is_many) return std::nullopt;
    return std::move(resolved->references.front());
  }
  Reference reference;
  reference.where = place_in(text, where, expression.offset, expression.length);
  reference.path.reserve(expression.steps.size());
  for (const Step& step : expression.steps)
    reference.path.push_back(step.step);
  return reference;
}

}  // namespace

std::string Reference::text() const {
  std::string text;
  for (const PathStep& step : path) {
    if (step.is_every) {
      text += "[*]";
    } else if (step.is_index) {
      text += fmt::format("[{}]", step.index);
    } else if (step.is_key) {
      std::string key;
      for (const char c : step.name) {
        if (c == '"' || c == '\\') key += '\\';
        key += c;
      }
      text += fmt::format("[\"{}\"]", key);
    } else {
      if (!text.empty()) text += '.';
      text += step.name;
    }
  }
  return text;
}

void collect_references(std::string_view text, const SourceRange& where,
                        std::vector<Reference>& references, Diagnostics& diagnostics) {
  collect(text, where, nullptr, references, diagnostics);
}

void collect_references(std::string_view text, const SourceRange& where, const Scope& scope,
                        std::vector<Reference>& references, Diagnostics& diagnostics) {
  collect(text, where, &scope, references, diagnostics);
}

std::optional<Reference> sole_reference(std::string_view text, const SourceRange& where) {
  return sole(text, where, nullptr);
}

std::optional<Reference> sole_reference(std::string_view text, const SourceRange& where,
                                        const Scope& scope) {
  return sole(text, where, &scope);
}

Value evaluate(std::string_view text, const SourceRange& where, const Scope& scope,
               Diagnostics& diagnostics) {
  if (const auto reference = plain_reference(text, where)) {
    const std::size_t before = diagnostics.items().size();
    Value value = scope.resolve(*reference, diagnostics);
    return has_error_since(diagnostics, before) ? Value() : value;
  }
  const auto parts = parse_parts(text, where, diagnostics);
  if (!parts) return {};
  auto value = Evaluator(text, where, scope, diagnostics).evaluate(*parts);
  return value ? *std::move(value) : Value();
}

}  // namespace firn::expression
