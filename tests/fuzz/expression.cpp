// Expressions: ${…} with values, unknowns and a secret in sight.
#include "core/expression/expression.h"

#include "core/value/json.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

constexpr std::string_view clear = "kv81-clear";

class Scope final : public expression::Scope {
 public:
  Value resolve(const expression::Reference& reference, Diagnostics& diagnostics) const override {
    Value value(known());
    for (const expression::PathStep& step : reference.path) {
      if (value.is_unknown() || value.is_secret()) return value;
      const Value* inside = value.find(step.name);
      if (step.is_index && value.is_list() && step.index >= 0 &&
          static_cast<std::size_t>(step.index) < value.as_list().size()) {
        inside = &value.as_list()[static_cast<std::size_t>(step.index)];
      }
      if (inside == nullptr) {
        diagnostics.error(reference.where, "there is no " + reference.text());
        return {};
      }
      const Value next = *inside;
      value = next;
    }
    return value;
  }
  std::optional<std::vector<std::string>> keys_of(
      const expression::Reference& reference) const override {
    if (reference.path[0].name != "map") return std::nullopt;
    return std::vector<std::string>{"k", "list"};
  }
  std::string base_folder() const override { return scratch_folder(); }
  Value secret(std::string_view source, const SourceRange& where,
               Diagnostics& diagnostics) const override {
    if (source == "env:KEY") return Value::secret(Value(clear));
    diagnostics.error(where, "this secret is not there");
    return {};
  }

 private:
  static const Map& known() {
    static const Map values{
        {"t", Value("text")},
        {"n", Value(5)},
        {"f", Value(2.5)},
        {"yes", Value(true)},
        {"nothing", Value()},
        {"list", Value(List{Value("a"), Value("b")})},
        {"map", Value(Map{{"k", Value("v")}, {"list", Value(List{Value("x")})}})},
        {"u", Value::unknown("lake.external_id")},
        {"s", Value::secret(Value(clear))},
        {"mixed", Value(Map{{"k", Value("v")},
                            {"s", Value::secret(Value(clear))},
                            {"u", Value::unknown("lake.arn")}})},
        {"env", Value(Map{{"name", Value("dev")}, {"account", Value("123456789012")}})}};
    return values;
  }
};

}  // namespace

void try_input(std::string_view input) {
  if (input.find("kv81") != std::string_view::npos) return;  // the author's own words are no leak
  const Scope scope;
  const SourceRange where{"stack.yaml", 1, 1, static_cast<std::uint32_t>(input.size())};

  std::vector<expression::Reference> references;
  Diagnostics collecting;
  expression::collect_references(input, where, references, collecting);
  require_places(collecting, input);
  for (const auto& reference : references)
    require_place(reference.where, input);
  Diagnostics scoped;
  references.clear();
  expression::collect_references(input, where, scope, references, scoped);
  require_places(scoped, input);
  if (const auto sole = expression::sole_reference(input, where); sole) {
    require_place(sole->where, input);
    // As an author would write it, it is the same reference.
    const std::string written = "${" + sole->text() + "}";
    const auto again = expression::sole_reference(written, where);
    require(again.has_value() && again->path == sole->path, "a reference reads as it is written",
            written);
  }

  Diagnostics problems;
  const Value value = expression::evaluate(input, where, scope, problems);
  require_places(problems, input);
  require_told(problems, clear);
  require_kept_secret(value, clear);
  require(!collecting.has_errors() || problems.has_errors(), "one grammar for all readers");
  if (problems.has_errors()) return;
  require(!redacted(value).contains_secret(), "a redacted value has no secret");
  if (!value.contains_unknown() && !value.contains_secret()) require_stable_json(value);
}

}  // namespace firn::fuzz
