// Reads a stack and its components, checks them against the schemas, and expands for_each and when.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/schema/validate.h"
#include "core/stack/stack.h"
#include "core/stack/words.h"

namespace firn {

using config::Node;

namespace {

constexpr std::size_t kNestingMax = 16;

bool is_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool has_expression_inside(Node node) {
  bool found = node.is_scalar() && node.has_expression();
  const auto look = [&](Node inner) { found = found || has_expression_inside(inner); };
  if (node.is_list()) node.for_each_item(look);
  if (node.is_map()) node.for_each_entry([&](Node, Node value) { look(value); });
  return found;
}

}  // namespace

class StackLoader {
 public:
  StackLoader(Stack& stack, Stack::Source source, Diagnostics& diagnostics)
      : stack_(stack), source_(std::move(source)), diagnostics_(diagnostics) {}

  void load(std::shared_ptr<const config::Document> document) {
    const Node root = document->root();
    check_keys(root, stack_words(), "a stack");
    const Node name = root.find("stack");
    if (!name.is_scalar() || !is_identifier(replace_all(std::string(name.text()), "-", "_"))) {
      diagnostics_.error(name.is_present() ? name.where() : root.where(), "the stack has no name",
                         "Its name goes into ownership marks and the state.",
                         "add a line like stack: finance");
      return;
    }
    stack_.name_ = std::string(name.text());
    Module& module = stack_.modules_.emplace_back();
    module.document = std::move(document);
    read_parameters(0);
    bind_environment();
    load_resources(0, 0);
  }

 private:
  void check_keys(Node block, std::span<const Word> allowed, std::string_view what) {
    if (!block.is_map()) return;
    block.for_each_entry([&](Node key, Node) {
      if (contains(allowed, key.text())) return;
      diagnostics_.error(key.where(), fmt::format("unknown key \"{}\" in {}", key.text(), what), {},
                         suggestion(key.text(), names_of(allowed)));
    });
  }

  void read_parameters(std::uint32_t index) {
    const Node block = stack_.modules_[index].document->root().find("parameters");
    if (!block.is_present() || block.is_null()) return;
    if (!block.is_map()) {
      diagnostics_.error(block.where(), "parameters must be a map", {},
                         "write parameters: { schedule: { type: string, default: rate(1 hour) } }");
      return;
    }
    block.for_each_entry([&](Node key, Node spec) {
      if (!spec.is_map()) {
        diagnostics_.error(spec.where(),
                           fmt::format("parameter \"{}\" must be declared by a map", key.text()),
                           {}, fmt::format("write {}: {{ type: string, default: … }}", key.text()));
        return;
      }
      check_keys(spec, parameter_words(), "a parameter");
      Parameter parameter;
      parameter.name = key.text();
      parameter.spec = spec;
      parameter.type = spec.find("type").is_scalar() ? spec.find("type").text() : "any";
      parameter.default_value = spec.find("default");
      parameter.secret = spec.find("secret").is_scalar() && spec.find("secret").text() == "true";
      if (!contains(parameter_types(), parameter.type)) {
        diagnostics_.error(spec.find("type").where(),
                           fmt::format("unknown parameter type \"{}\"", parameter.type), {},
                           suggestion(parameter.type, names_of(parameter_types())));
      }
      stack_.modules_[index].parameters.push_back(parameter);
    });
  }

  std::vector<std::string_view> parameter_names(std::uint32_t index) const {
    std::vector<std::string_view> names;
    for (const auto& parameter : stack_.modules_[index].parameters)
      names.push_back(parameter.name);
    return names;
  }

  void bind(std::uint32_t index, Node key, Node value, Context context, std::string_view what) {
    const auto names = parameter_names(index);
    if (std::ranges::find(names, key.text()) == names.end()) {
      diagnostics_.error(
          key.where(), fmt::format("{} has no parameter \"{}\"", what, key.text()), {},
          names.empty() ? std::string("it declares no parameters") : suggestion(key.text(), names));
      return;
    }
    stack_.modules_[index].arguments[key.text()] = Argument{value, context};
  }

  void require_parameters(std::uint32_t index, const SourceRange& where, std::string_view what) {
    const Module& module = stack_.modules_[index];
    for (const auto& parameter : module.parameters) {
      if (parameter.default_value.is_present() || module.arguments.contains(parameter.name))
        continue;
      diagnostics_.error(
          where, fmt::format("{} needs the parameter \"{}\"", what, parameter.name),
          fmt::format("It is declared without a default in {}.", parameter.spec.where().file.str()),
          fmt::format("add parameters: {{ {}: … }}", parameter.name));
    }
  }

  void bind_environment() {
    const Environment& environment = *stack_.settings_.environment;
    const std::string what = fmt::format("the stack \"{}\"", stack_.name_);
    for (const auto& parameter : environment.parameters) {
      bind(0, parameter.key, parameter.value, Context{0, nullptr}, what);
    }
    SourceRange where = environment.document->root().where();
    require_parameters(0, where, what);
  }

  void load_resources(std::uint32_t index, std::size_t depth) {
    const Node root = stack_.modules_[index].document->root();
    stack_.modules_[index].outputs = root.find("outputs");
    const Node resources = root.find("resources");
    if (!resources.is_present() || resources.is_null()) return;
    if (!resources.is_map()) {
      diagnostics_.error(resources.where(), "resources must be a map of names to blocks", {},
                         "write resources: { data: { type: aws.s3_bucket } }");
      return;
    }
    if (index == 0) {
      stack_.declarations_.reserve(resources.size());
      stack_.instances_.reserve(resources.size());
      stack_.modules_[0].declarations.reserve(resources.size());
    }
    // First all names, so that a reference may point forward; then what they contain.
    const auto first = static_cast<std::uint32_t>(stack_.declarations_.size());
    resources.for_each_entry([&](Node key, Node block) { declare(index, key, block); });
    const auto last = static_cast<std::uint32_t>(stack_.declarations_.size());
    stack_.modules_[index].first_declaration = first;
    stack_.modules_[index].declaration_count = last - first;
    for (std::uint32_t i = first; i < last; ++i)
      expand(i, depth);
  }

  void declare(std::uint32_t index, Node key, Node block) {
    if (!is_identifier(key.text())) {
      diagnostics_.error(key.where(), fmt::format("\"{}\" cannot name a resource", key.text()),
                         "References such as ${name.arn} must be able to spell it.",
                         "use letters, digits and _, and begin with a letter");
      return;
    }
    for (const std::string_view reserved : reserved_names()) {
      if (key.text() != reserved) continue;
      diagnostics_.error(key.where(), fmt::format("\"{}\" cannot name a resource", reserved),
                         "The word has a meaning of its own in expressions.",
                         "choose another name");
      return;
    }
    if (!block.is_map()) {
      diagnostics_.error(block.where(), fmt::format("resource \"{}\" must be a map", key.text()),
                         {}, "begin it with type: aws.s3_bucket (or another type)");
      return;
    }
    Declaration declaration;
    declaration.name = key.text();
    declaration.block = block;
    declaration.module = index;
    const Node type = block.find("type");
    const Node component = block.find("component");
    if (type.is_present() == component.is_present()) {
      diagnostics_.error(
          key.where(),
          fmt::format("resource \"{}\" needs either a type or a component", key.text()), {},
          "add a line like type: aws.s3_bucket");
      return;
    }
    if (type.is_present()) {
      declaration.type = stack_.settings_.providers->type(type.text());
      if (declaration.type == nullptr) {
        const auto names = stack_.settings_.providers->type_names();
        diagnostics_.error(type.where(), fmt::format("unknown resource type \"{}\"", type.text()),
                           {}, suggestion(type.text(), names));
        return;
      }
    }
    declaration.has_keys = block.find("for_each").is_present();
    const auto position = static_cast<std::uint32_t>(stack_.declarations_.size());
    stack_.declarations_.push_back(std::move(declaration));
    stack_.modules_[index].declarations.add(key.text(), position, [&](std::uint32_t number) {
      return stack_.declarations_[number].name;
    });
  }

  // The rounds of for_each, or one round without a key; empty where `when` says no.
  std::vector<std::unique_ptr<const Each>> rounds_of(const Declaration& declaration) {
    std::vector<std::unique_ptr<const Each>> rounds;
    const Node when = declaration.block.find("when");
    const Node for_each = declaration.block.find("for_each");
    const Context context = outer_context(declaration.module);
    const StackScope scope(stack_, context, nullptr);
    if (!for_each.is_present()) {
      if (is_wanted(when, scope)) rounds.push_back(nullptr);
      return rounds;
    }
    const auto keep = [&](Each round) {
      auto each = std::make_unique<const Each>(std::move(round));
      const StackScope inner(stack_, Context{declaration.module, each.get()}, nullptr);
      if (is_wanted(when, inner)) rounds.push_back(std::move(each));
    };
    // Of a map that is written out the keys are known, whatever the values refer to.
    Diagnostics dropped;  // evaluating says the same
    const auto place = stack_.through(for_each, context, {}, dropped);
    if (place.kind == Stack::Destination::Kind::node && place.node.is_map()) {
      place.node.for_each_entry([&](Node key, Node value) {
        Each each{std::string(key.text()), Value()};
        if (has_expression_inside(value)) {
          each.written = value;
          each.context = place.context;
        } else {
          each.value = value.literal();
        }
        keep(std::move(each));
      });
      std::ranges::sort(rounds, {},
                        [](const auto& each) -> const std::string& { return each->key; });
      return rounds;
    }
    const Value keys = evaluate_node(for_each, scope, diagnostics_);
    const auto add = [&](std::string key, Value value) {
      keep(Each{std::move(key), std::move(value)});
    };
    if (keys.is_map()) {
      for (const auto& [key, value] : keys.as_map())
        add(key, value);
    } else if (keys.is_list()) {
      std::vector<std::string> seen;
      for (const Value& item : keys.as_list()) {
        if (!item.is_string() && !item.is_int()) {
          diagnostics_.error(for_each.where(), "for_each takes a list of texts, or a map",
                             fmt::format("One item is {}.", kind_name(item.kind())),
                             "write for_each: [a, b] or for_each: { a: …, b: … }");
          return rounds;
        }
        seen.push_back(item.is_string() ? item.as_string() : std::to_string(item.as_int()));
        add(seen.back(), item);
      }
      std::ranges::sort(seen);
      if (const auto twice = std::ranges::adjacent_find(seen); twice != seen.end()) {
        diagnostics_.error(
            for_each.where(), fmt::format("for_each has the key \"{}\" twice", *twice),
            "Each key makes one object; two would have one address.", "remove one of them");
      }
    } else if (!keys.is_null() || !diagnostics_.has_errors()) {
      diagnostics_.error(for_each.where(), "for_each takes a list of texts, or a map",
                         fmt::format("This is {}.", kind_name(keys.kind())),
                         "write for_each: [a, b] or for_each: { a: …, b: … }");
    }
    return rounds;
  }

  // Inside a component, `each` is that of the component's own use.
  Context outer_context(std::uint32_t module) const { return Context{module, nullptr}; }

  bool is_wanted(Node when, const StackScope& scope) {
    if (!when.is_present()) return true;
    const Value answer = evaluate_node(when, scope, diagnostics_);
    if (answer.is_bool()) return answer.as_bool();
    if (!answer.is_null() || !diagnostics_.has_errors()) {
      diagnostics_.error(when.where(), "when takes true or false",
                         fmt::format("This is {}.", kind_name(answer.kind())),
                         "write when: ${param.wanted} or a comparison");
    }
    return false;
  }

  std::string address_of(const Declaration& declaration, const Each* each) const {
    const std::string& prefix = stack_.modules_[declaration.module].prefix;
    if (each == nullptr) return prefix + std::string(declaration.name);
    return fmt::format("{}{}[\"{}\"]", prefix, declaration.name, each->key);
  }

  void expand(std::uint32_t index, std::size_t depth) {
    if (stack_.declarations_[index].type == nullptr) {
      use_component(index, depth);
      return;
    }
    const Declaration& checked = stack_.declarations_[index];
    const std::string plain = stack_.modules_[checked.module].prefix + std::string(checked.name);
    check_block(*checked.type, checked.block, meta_keys(), plain, diagnostics_);
    const Node component_only = checked.block.find_key("parameters");
    if (component_only.is_present()) {
      diagnostics_.error(component_only.where(), "only a component takes parameters", {},
                         "write the type's attributes directly below the resource");
    }
    auto rounds = rounds_of(checked);
    Declaration& declaration = stack_.declarations_[index];
    declaration.first_instance = static_cast<std::uint32_t>(stack_.instances_.size());
    declaration.instance_count = static_cast<std::uint32_t>(rounds.size());
    for (auto& each : rounds) {
      Instance instance;
      instance.address = address_of(declaration, each.get());
      instance.declaration = index;
      instance.each = std::move(each);
      stack_.instances_.push_back(std::move(instance));
    }
    if (declaration.has_keys) index_keys(declaration);
  }

  void index_keys(Declaration& declaration) {
    const auto key_of = [&](std::uint32_t round) -> std::string_view {
      return stack_.instances_[declaration.first_instance + round].each->key;
    };
    declaration.by_key = std::make_unique<TextIndex>();
    declaration.by_key->reserve(declaration.instance_count);
    for (std::uint32_t round = 0; round < declaration.instance_count; ++round)
      declaration.by_key->add(key_of(round), round, key_of);
  }

  void use_component(std::uint32_t index, std::size_t depth) {
    const Node block = stack_.declarations_[index].block;
    const Node component = block.find("component");
    block.for_each_entry([&](Node key, Node) {
      if (contains(component_use_words(), key.text())) return;
      diagnostics_.error(key.where(),
                         fmt::format("unknown key \"{}\" in the use of a component", key.text()),
                         {}, "its parameters go under parameters:");
    });
    if (depth >= kNestingMax) {
      diagnostics_.error(component.where(), "components are nested too deeply",
                         "A component probably uses itself.", "break the circle");
      return;
    }
    const auto document = component_document(component);
    if (document == nullptr) return;
    auto rounds = rounds_of(stack_.declarations_[index]);
    for (auto& each : rounds) {
      const auto module_index = static_cast<std::uint32_t>(stack_.modules_.size());
      const std::uint32_t outer = stack_.declarations_[index].module;
      Module module;
      module.prefix = address_of(stack_.declarations_[index], each.get()) + ".";
      module.document = document;
      stack_.modules_.push_back(std::move(module));
      check_keys(document->root(), component_words(), "a component");
      read_parameters(module_index);
      const std::string what = fmt::format("the component \"{}\"", component.text());
      const Each* kept = keep(std::move(each));
      const Node arguments = block.find("parameters");
      if (arguments.is_map()) {
        arguments.for_each_entry([&](Node key, Node value) {
          bind(module_index, key, value, Context{outer, kept}, what);
        });
      }
      require_parameters(module_index, component.where(), what);
      stack_.declarations_[index].uses.emplace_back(kept == nullptr ? std::string() : kept->key,
                                                    module_index);
      load_resources(module_index, depth + 1);
    }
  }

  const Each* keep(std::unique_ptr<const Each> each) {
    if (each == nullptr) return nullptr;
    stack_.kept_.push_back(std::move(each));
    return stack_.kept_.back().get();
  }

  std::shared_ptr<const config::Document> component_document(Node component) {
    const std::string text(component.text());
    std::filesystem::path path = text;
    const bool is_path = text.find('/') != std::string::npos || text.ends_with(".yaml");
    if (is_path) {
      path = std::filesystem::path(component.where().file.str()).parent_path() / path;
    } else {
      path = std::filesystem::path(source_.components_folder) / (text + ".yaml");
    }
    const std::string key = path.lexically_normal().string();
    if (const auto known = components_.find(key); known != components_.end()) return known->second;
    if (!is_path && !std::filesystem::exists(path)) {
      std::vector<std::string> names;
      std::error_code error;
      for (const auto& entry :
           std::filesystem::directory_iterator(source_.components_folder, error)) {
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
      }
      std::ranges::sort(names);
      const std::vector<std::string_view> views(names.begin(), names.end());
      diagnostics_.error(component.where(), fmt::format("unknown component \"{}\"", text),
                         fmt::format("There is no {}.", key), suggestion(text, views));
      return components_[key] = nullptr;
    }
    return components_[key] = config::Document::load(key, component.where(), diagnostics_);
  }

  Stack& stack_;
  Stack::Source source_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::shared_ptr<const config::Document>> components_;
};

std::unique_ptr<Stack> Stack::load(std::shared_ptr<const config::Document> document,
                                   const Source& source, Settings settings,
                                   Diagnostics& diagnostics) {
  if (document == nullptr) return nullptr;
  if (!document->root().is_map()) {
    diagnostics.error(document->root().where(), "a stack file must be a map", {},
                      "start it with stack: NAME and resources:");
    return nullptr;
  }
  std::unique_ptr<Stack> stack(new Stack());
  stack->settings_ = std::move(settings);
  StackLoader loader(*stack, source, diagnostics);
  loader.load(std::move(document));
  if (stack->modules_.empty()) return nullptr;
  const auto address_of = [&](std::uint32_t index) -> std::string_view {
    return stack->instances_[index].address;
  };
  stack->addresses_.reserve(stack->instances_.size());
  for (std::uint32_t index = 0; index < stack->instances_.size(); ++index)
    stack->addresses_.add(address_of(index), index, address_of);
  return stack;
}

std::optional<std::uint32_t> Stack::find(std::string_view address) const {
  return addresses_.find(
      address, [&](std::uint32_t index) -> std::string_view { return instances_[index].address; });
}

std::optional<std::uint32_t> Stack::find_declaration(const Module& module,
                                                     std::string_view name) const {
  return module.declarations.find(name,
                                  [&](std::uint32_t index) { return declarations_[index].name; });
}

std::vector<std::string_view> Stack::declaration_names(const Module& module) const {
  std::vector<std::string_view> names;
  names.reserve(module.declaration_count);
  for (std::uint32_t i = 0; i < module.declaration_count; ++i)
    names.push_back(declarations_[module.first_declaration + i].name);
  return names;
}

std::vector<std::string> Stack::digests() const {
  std::vector<std::string> digests;
  for (const auto& module : modules_) {
    const std::string line = module.document->file() + " " + module.document->digest();
    if (std::ranges::find(digests, line) == digests.end()) digests.push_back(line);
  }
  return digests;
}

}  // namespace firn
