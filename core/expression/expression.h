// `${…}`: the only language inside firn's YAML.
//
//   path        ${landing.arn}  ${env.region}  ${param.size}  ${each.key}  ${list[0]}  ${m["k"]}
//               ${data[each.key].arn}: a key may itself be an expression; a list of keys, or [*]
//               for all that for_each makes, gives a list: ${task[*].fqn} ${task[[a, b]].fqn}
//   literal     ${"text"}  ${'text'}  ${5}  ${true}  ${null}  ${[a, b]}  ${{x: a, "y z": b}}
//   call        ${upper(param.name)}   one of the fixed functions in functions.h
//   comparison  == != < <= > >=   and: && ||  not: !
//   choice      ${env.name == "prod" ? 90 : 14}
//
// A scalar that is exactly one `${…}` keeps the type of its value; with text around it the result
// is a string. `$${` is a literal `${`. Unknown in, unknown out; secret in, secret out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/value/value.h"

namespace firn::expression {

// `data["eu"].arn` is {"data", "eu"(index), "arn"}.
struct PathStep {
  std::string name;        // member name or map key
  std::int64_t index = 0;  // when is_index
  bool is_index = false;   // [0]
  bool is_key = false;     // ["k"], as against .k
  bool is_every = false;   // [*]; replaced by keys before anything is resolved
  bool operator==(const PathStep&) const = default;
};

struct Reference {
  std::vector<PathStep>
      path;  // never empty; path[0].name is the root: a resource, env, param, each
  SourceRange where;
  // The first argument of default(): what it leads to may be missing.
  bool is_optional = false;
  [[nodiscard]] std::string text() const;  // as an author would write it: data["eu"].arn
};

// What an expression may see. One per place of evaluation; owned by the caller.
class Scope {
 public:
  virtual ~Scope() = default;
  // The value at a path, or a diagnostic and null. An output that is not known yet is an unknown.
  virtual Value resolve(const Reference& reference, Diagnostics& diagnostics) const = 0;
  // What [*] stands for behind this path: the keys of what is written with for_each; of other
  // things, nothing.
  [[nodiscard]] virtual std::optional<std::vector<std::string>> keys_of(
      const Reference& /*reference*/) const {
    return std::nullopt;
  }
  // Folder that file() and template() read from: where the YAML file stands.
  [[nodiscard]] virtual std::string base_folder() const = 0;
  // The clear text of secret("source"): "env:NAME" or "file:path". Injected, so that tests and
  // `validate` need no secrets.
  virtual Value secret(std::string_view source, const SourceRange& where,
                       Diagnostics& diagnostics) const = 0;
};

// All references in a scalar, in order; syntax errors go to `diagnostics`. Cheap: nothing is kept.
// A path ends before the first key that is itself an expression: data for data[each.key].arn.
void collect_references(std::string_view text, const SourceRange& where,
                        std::vector<Reference>& references, Diagnostics& diagnostics);
// The same, with such keys computed in `scope` where they can be, and of a choice that is decided
// there only the branch that it takes.
void collect_references(std::string_view text, const SourceRange& where, const Scope& scope,
                        std::vector<Reference>& references, Diagnostics& diagnostics);

// The single reference of a scalar that is exactly `${path}`, with nothing around it and no call.
// Nothing for a path with computed keys, unless a `scope` to compute them in is given; nor for one
// that stands for several.
[[nodiscard]] std::optional<Reference> sole_reference(std::string_view text,
                                                      const SourceRange& where);
[[nodiscard]] std::optional<Reference> sole_reference(std::string_view text,
                                                      const SourceRange& where, const Scope& scope);

// Evaluates a scalar's text. Problems go to `diagnostics`, with the column inside the scalar; the
// value is null then.
[[nodiscard]] Value evaluate(std::string_view text, const SourceRange& where, const Scope& scope,
                             Diagnostics& diagnostics);

}  // namespace firn::expression
