// Stack: every object on the road, declared; read from stack.yaml and its components, and expanded
// into instances.
//
//   stack: finance
//   parameters:
//     schedule: { type: string, default: rate(10 minutes) }
//   resources:
//     data: { type: aws.s3_bucket, versioning: true }
//     queue: { type: aws.sqs_queue, for_each: [a, b], when: "${param.queues}" }
//     road: { component: s3_to_table, parameters: { bucket: "${data}" } }
//   outputs:
//     bucket: ${data.name}
//
// Terms: a *declaration* is one entry under resources; a *module* is the stack itself or one use of
// a component; an *instance* is one object: a declaration without for_each has at most one (`when`
// may leave it out), one with for_each has one per key.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/text_index.h"
#include "core/config/document.h"
#include "core/expression/expression.h"
#include "core/provider/provider.h"
#include "core/stack/environment.h"
#include "core/value/value.h"

namespace firn {

struct Parameter {
  std::string_view name;
  std::string_view type;  // string, integer, number, boolean, list, map, any, object
  config::Node spec;      // its block
  config::Node default_value;
  bool secret = false;
};

struct Each;

// Where an expression stands: whose resources and parameters it sees.
struct Context {
  std::uint32_t module = 0;
  const Each* each = nullptr;  // nullptr outside for_each
};

// The key and value of one round of for_each.
struct Each {
  std::string key;
  Value value;
  // A value with expressions in it, which may refer to resources: read where it is needed, in
  // `context`. `value` is null then.
  config::Node written = {};
  Context context = {};
};

struct Argument {
  config::Node node;
  Context context;  // where the node is evaluated: the user of the component
};

struct Module {
  std::string prefix;  // "" for the stack, else "road." or "roads[\"eu\"]."
  std::shared_ptr<const config::Document> document;
  std::vector<Parameter> parameters;
  std::unordered_map<std::string_view, Argument> arguments;
  std::uint32_t first_declaration = 0;  // declarations of a module are contiguous
  std::uint32_t declaration_count = 0;
  TextIndex declarations;  // by name; Stack::find_declaration() asks it
  config::Node outputs;
};

struct Declaration {
  std::string_view name;
  config::Node block;
  const ResourceType* type = nullptr;  // nullptr for a component
  std::uint32_t module = 0;
  bool has_keys = false;             // written with for_each
  std::uint32_t first_instance = 0;  // instances are contiguous; components: uses are
  std::uint32_t instance_count = 0;
  std::unique_ptr<TextIndex> by_key;  // with for_each, of a type: places among its instances
  std::vector<std::pair<std::string, std::uint32_t>> uses;  // of a component: key → module
};

struct Instance {
  std::string address;
  std::uint32_t declaration = 0;
  std::unique_ptr<const Each> each;
};

class Stack {
 public:
  struct Source {
    std::string file;               // stack.yaml
    std::string components_folder;  // where `component: name` is looked up; may be empty
  };
  struct Settings {
    const Environment* environment = nullptr;
    const Providers* providers = nullptr;
    Map env;  // what ${env.…} shows
    // secret("…") reads through this; answers null when the secret is not there.
    std::function<std::optional<std::string>(std::string_view source)> secrets;
  };

  // Reads, checks against the schemas and expands. Problems go to `diagnostics`; the answer is null
  // when there is nothing to go on with.
  static std::unique_ptr<Stack> load(std::shared_ptr<const config::Document> document,
                                     const Source& source, Settings settings,
                                     Diagnostics& diagnostics);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<Module>& modules() const { return modules_; }
  [[nodiscard]] const std::vector<Declaration>& declarations() const { return declarations_; }
  [[nodiscard]] const std::vector<Instance>& instances() const { return instances_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Declaration& declaration_of(const Instance& instance) const {
    return declarations_[instance.declaration];
  }
  [[nodiscard]] Context context_of(const Instance& instance) const {
    return {declaration_of(instance).module, instance.each.get()};
  }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view address) const;
  [[nodiscard]] std::optional<std::uint32_t> find_declaration(const Module& module,
                                                              std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> declaration_names(const Module& module) const;
  // Digests of all files read, in order: tells whether the stack moved on since a plan was saved.
  [[nodiscard]] std::vector<std::string> digests() const;

  // Where a reference leads, after following parameters and component outputs.
  struct Destination {
    enum class Kind : std::uint8_t { nothing, value, node, resource };
    Kind kind = Kind::nothing;  // nothing: a diagnostic has been given
    Value value;                // of `value`
    config::Node node;          // of `node`: evaluate it in `context`, then step into `rest`
    Context context;
    std::uint32_t instance = 0;  // of `resource`
    std::vector<expression::PathStep> rest;
    // A path that came through a parameter: the folder that it is relative to.
    std::optional<std::string> folder;
  };
  [[nodiscard]] Destination follow(const Context& context, const expression::Reference& reference,
                                   Diagnostics& diagnostics) const;
  // The keys of what is written with for_each; of other things, nothing.
  [[nodiscard]] std::optional<std::vector<std::string>> keys_of(
      const Context& context, const expression::Reference& reference) const;

 private:
  friend class StackLoader;
  Stack() = default;
  Destination follow_parameter(const Context& context, const expression::Reference& reference,
                               Diagnostics& diagnostics) const;
  Destination follow_resource(const Context& context, const expression::Reference& reference,
                              Diagnostics& diagnostics) const;
  // Goes into `node` as far as `rest` leads through what is written out, and on through it when it
  // is exactly one reference.
  Destination through(config::Node node, const Context& context,
                      std::vector<expression::PathStep> rest, Diagnostics& diagnostics) const;

  std::string name_;
  Settings settings_;
  std::vector<Module> modules_;
  std::vector<Declaration> declarations_;
  std::vector<Instance> instances_;
  TextIndex addresses_;                            // of instances
  std::vector<std::unique_ptr<const Each>> kept_;  // rounds of components, which contexts point to
};

// Steps into a value: `.name`, `["key"]`, `[0]`. Unknown stays unknown. A missing member is a
// diagnostic at the reference, with the nearest name.
[[nodiscard]] Value step_into(const Value& value, std::span<const expression::PathStep> path,
                              const expression::Reference& reference, Diagnostics& diagnostics);

// What expressions see. With no `resources`, only env, param and each (what is known before
// planning).
class ResourceValues {
 public:
  virtual ~ResourceValues() = default;
  virtual Value resource_value(std::uint32_t instance, std::span<const expression::PathStep> rest,
                               const expression::Reference& reference,
                               Diagnostics& diagnostics) = 0;
};

class StackScope final : public expression::Scope {
 public:
  StackScope(const Stack& stack, Context context, ResourceValues* resources)
      : stack_(stack), context_(context), resources_(resources) {}
  Value resolve(const expression::Reference& reference, Diagnostics& diagnostics) const override;
  [[nodiscard]] std::optional<std::vector<std::string>> keys_of(
      const expression::Reference& reference) const override;
  [[nodiscard]] std::string base_folder() const override;
  Value secret(std::string_view source, const SourceRange& where,
               Diagnostics& diagnostics) const override;

 private:
  const Stack& stack_;
  Context context_;
  ResourceValues* resources_;
  // Of a value that came through a parameter, perhaps from an environment's file: the folder of
  // the file that it is written in.
  std::optional<std::string> written_in_;
};

// A whole node, expressions evaluated, without a schema.
[[nodiscard]] Value evaluate_node(config::Node node, const expression::Scope& scope,
                                  Diagnostics& diagnostics);

}  // namespace firn
