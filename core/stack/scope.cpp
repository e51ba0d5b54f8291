// Following references through parameters and components, and what expressions see.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>

#include "core/base/text.h"
#include "core/stack/stack.h"

namespace firn {

using config::Node;
using expression::PathStep;
using expression::Reference;
using Destination = Stack::Destination;

namespace {

Destination value_at(Value value, std::vector<PathStep> rest) {
  Destination destination;
  destination.kind = Destination::Kind::value;
  destination.value = std::move(value);
  destination.rest = std::move(rest);
  return destination;
}

std::vector<PathStep> tail(const std::vector<PathStep>& path, std::size_t from) {
  return {path.begin() + static_cast<std::ptrdiff_t>(std::min(from, path.size())), path.end()};
}

std::string folder_of(std::string_view file) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

// A path that is relative to one folder, as it is written from the other.
Value carried_over(const Value& written, const std::string& from, const std::string& to) {
  namespace fs = std::filesystem;
  if (!written.is_string() || written.as_string().empty() || from == to) return written;
  const fs::path path(written.as_string());
  std::error_code failed;
  const fs::path whole = fs::absolute(fs::path(from) / path, failed).lexically_normal();
  const fs::path base = fs::absolute(to, failed).lexically_normal();
  if (failed || path.is_absolute()) return written;
  return whole.lexically_relative(base).string();
}

// The clear value a parameter's declared type allows, else a diagnostic.
void check_parameter(const Parameter& parameter, const Value& value, const SourceRange& where,
                     Diagnostics& diagnostics) {
  const Value& clear = value.is_secret() ? value.reveal() : value;
  if (clear.is_unknown() || clear.is_null()) return;
  const std::string_view type = parameter.type;
  const bool fits = type == "any" || type == "object" ||
                    ((type == "string" || type == "path") && clear.is_string()) ||
                    (type == "integer" && clear.is_int()) ||
                    (type == "number" && (clear.is_number() || clear.is_int())) ||
                    (type == "boolean" && clear.is_bool()) || (type == "list" && clear.is_list()) ||
                    (type == "map" && clear.is_map());
  if (!fits) {
    diagnostics.error(where,
                      fmt::format("parameter \"{}\" takes {} {}", parameter.name,
                                  type == "integer" ? "an" : "a", type),
                      fmt::format("This is {}.", kind_name(clear.kind())),
                      type == "string" || type == "path" ? "put it in quotes" : "");
    return;
  }
  const Node allowed = parameter.spec.find("allowed");
  if (!allowed.is_list()) return;
  bool found = false;
  std::vector<std::string_view> texts;
  allowed.for_each_item([&](Node item) {
    texts.push_back(item.text());
    found = found || item.literal() == clear;
  });
  if (!found) {
    diagnostics.error(where,
                      fmt::format("parameter \"{}\" cannot be {}", parameter.name,
                                  clear.is_string() ? "\"" + clear.as_string() + "\""
                                                    : std::string(kind_name(clear.kind()))),
                      fmt::format("Allowed: {}.", fmt::join(texts, ", ")),
                      clear.is_string() ? suggestion(clear.as_string(), texts) : std::string());
  }
}

}  // namespace

Destination Stack::through(Node node, const Context& context, std::vector<PathStep> rest,
                           Diagnostics& diagnostics) const {
  std::size_t used = 0;
  for (; used < rest.size() && node.is_map() && !rest[used].is_index; ++used) {
    const Node member = node.find(rest[used].name);
    if (!member.is_present()) break;
    node = member;
  }
  rest = tail(rest, used);
  if (node.is_scalar() && node.has_expression()) {
    const StackScope keys(*this, context, nullptr);
    if (auto sole = expression::sole_reference(node.text(), node.where(), keys)) {
      sole->path.insert(sole->path.end(), rest.begin(), rest.end());
      return follow(context, *sole, diagnostics);
    }
  }
  Destination destination;
  destination.kind = Destination::Kind::node;
  destination.node = node;
  destination.context = context;
  destination.rest = std::move(rest);
  return destination;
}

Destination Stack::follow_parameter(const Context& context, const Reference& reference,
                                    Diagnostics& diagnostics) const {
  const Module& module = modules_[context.module];
  if (reference.path.size() < 2 || reference.path[1].is_index) {
    diagnostics.error(reference.where, "a parameter needs its name", {}, "write ${param.NAME}");
    return {};
  }
  const std::string& name = reference.path[1].name;
  const auto parameter = std::ranges::find(module.parameters, name, &Parameter::name);
  if (parameter == module.parameters.end()) {
    std::vector<std::string_view> names;
    for (const auto& known : module.parameters)
      names.push_back(known.name);
    diagnostics.error(
        reference.where, fmt::format("unknown parameter \"{}\"", name),
        names.empty() ? "This file declares no parameters." : std::string(),
        names.empty() ? fmt::format("declare it: parameters: {{ {}: {{ type: string }} }}", name)
                      : suggestion(name, names));
    return {};
  }
  std::vector<PathStep> rest = tail(reference.path, 2);
  // A path is relative to the file that it is written in, and not to the one that takes it.
  const auto placed = [&](Destination found, Node written) {
    if (parameter->type == "path" && !found.folder)
      found.folder = folder_of(written.where().file.str());
    return found;
  };
  const auto argument = module.arguments.find(name);
  if (argument == module.arguments.end()) {
    if (parameter->default_value.is_present()) {
      return placed(through(parameter->default_value, context, std::move(rest), diagnostics),
                    parameter->default_value);
    }
    return value_at(Value(), {});  // missing: reported when the parameters were bound
  }
  if (parameter->type == "object") {
    return through(argument->second.node, argument->second.context, std::move(rest), diagnostics);
  }
  Destination destination =
      through(argument->second.node, argument->second.context, std::move(rest), diagnostics);
  const bool is_whole = destination.rest.size() + 2 == reference.path.size();
  if (is_whole && destination.kind == Destination::Kind::node &&
      !destination.node.has_expression()) {
    Value value = destination.node.literal();
    const bool has_inner_expression = (destination.node.is_map() || destination.node.is_list());
    if (!has_inner_expression) {
      check_parameter(*parameter, value, destination.node.where(), diagnostics);
      if (parameter->secret) value = Value::secret(value);
      return placed(value_at(std::move(value), std::move(destination.rest)), argument->second.node);
    }
  }
  return placed(std::move(destination), argument->second.node);
}

Destination Stack::follow_resource(const Context& context, const Reference& reference,
                                   Diagnostics& diagnostics) const {
  const Module& module = modules_[context.module];
  const std::string& root = reference.path[0].name;
  const auto found = find_declaration(module, root);
  if (!found) {
    std::vector<std::string_view> names = declaration_names(module);
    names.insert(names.end(), {"env", "param", "each"});
    std::ranges::sort(names);
    std::string remedy;
    if (const auto near = nearest(root, names)) remedy = fmt::format("did you mean \"{}\"?", *near);
    diagnostics.error(reference.where, fmt::format("unknown reference \"{}\"", root),
                      "There is no resource of that name in this file.", remedy);
    return {};
  }
  const Declaration& declaration = declarations_[*found];
  std::size_t used = 1;
  std::string key;
  if (declaration.has_keys) {
    if (reference.path.size() < 2 || !(reference.path[1].is_key || reference.path[1].is_index)) {
      diagnostics.error(reference.where,
                        fmt::format("\"{}\" is written with for_each: say which one", root), {},
                        fmt::format("write ${{{}[\"KEY\"]…}} or ${{{}[each.key]…}}", root, root));
      return {};
    }
    key = reference.path[1].is_index ? std::to_string(reference.path[1].index)
                                     : reference.path[1].name;
    used = 2;
  }
  if (declaration.type == nullptr) {  // a component: one of its outputs
    for (const auto& [use_key, module_index] : declaration.uses) {
      if (use_key != key) continue;
      const Node outputs = modules_[module_index].outputs;
      if (reference.path.size() <= used) {
        diagnostics.error(reference.where,
                          fmt::format("\"{}\" is a component: say which output", root), {},
                          fmt::format("write ${{{}.OUTPUT}}", root));
        return {};
      }
      const std::string& output = reference.path[used].name;
      const Node node = outputs.is_map() ? outputs.find(output) : Node{};
      if (!node.is_present()) {
        std::vector<std::string_view> names;
        if (outputs.is_map())
          outputs.for_each_entry([&](Node k, Node) { names.push_back(k.text()); });
        diagnostics.error(reference.where,
                          fmt::format("component \"{}\" has no output \"{}\"", root, output), {},
                          suggestion(output, names));
        return {};
      }
      return through(node, Context{module_index, nullptr}, tail(reference.path, used + 1),
                     diagnostics);
    }
  } else {
    std::optional<std::uint32_t> round;
    if (declaration.has_keys && declaration.by_key != nullptr) {
      round = declaration.by_key->find(key, [&](std::uint32_t number) -> std::string_view {
        return instances_[declaration.first_instance + number].each->key;
      });
    } else if (!declaration.has_keys && declaration.instance_count > 0) {
      round = 0;
    }
    if (round) {
      Destination destination;
      destination.kind = Destination::Kind::resource;
      destination.instance = declaration.first_instance + *round;
      destination.rest = tail(reference.path, used);
      return destination;
    }
  }
  diagnostics.error(
      reference.where,
      declaration.has_keys ? fmt::format("\"{}\" has no key \"{}\"", root, key)
                           : fmt::format("\"{}\" is left out here by its when:", root),
      declaration.has_keys ? "Its for_each does not make that one." : std::string(),
      declaration.has_keys ? "add the key, or refer to another"
                           : "give the referring resource the same when:, or use default(…)");
  return {};
}

Destination Stack::follow(const Context& context, const Reference& reference,
                          Diagnostics& diagnostics) const {
  const std::string& root = reference.path[0].name;
  if (root == "env") return value_at(Value(settings_.env), tail(reference.path, 1));
  if (root == "param") return follow_parameter(context, reference, diagnostics);
  if (root == "each") {
    if (context.each == nullptr) {
      diagnostics.error(reference.where, "each exists only where for_each is written", {},
                        "add for_each: to this resource");
      return {};
    }
    // Asked for often, so without making the map of both.
    const std::string_view member =
        reference.path.size() > 1 ? std::string_view(reference.path[1].name) : std::string_view();
    if (member == "key") return value_at(Value(context.each->key), tail(reference.path, 2));
    if (member == "value" && context.each->written.is_present()) {
      return through(context.each->written, context.each->context, tail(reference.path, 2),
                     diagnostics);
    }
    if (member == "value") return value_at(context.each->value, tail(reference.path, 2));
    Map each{{"key", Value(context.each->key)}, {"value", context.each->value}};
    return value_at(Value(std::move(each)), tail(reference.path, 1));
  }
  return follow_resource(context, reference, diagnostics);
}

std::optional<std::vector<std::string>> Stack::keys_of(const Context& context,
                                                       const Reference& reference) const {
  if (reference.path.size() != 1) return std::nullopt;
  const auto found = find_declaration(modules_[context.module], reference.path[0].name);
  if (!found || !declarations_[*found].has_keys) return std::nullopt;
  const Declaration& declaration = declarations_[*found];
  std::vector<std::string> keys;
  for (const auto& [key, module] : declaration.uses)
    keys.push_back(key);
  for (std::uint32_t i = 0; i < declaration.instance_count; ++i)
    keys.push_back(instances_[declaration.first_instance + i].each->key);
  return keys;
}

Value step_into(const Value& start, std::span<const PathStep> path, const Reference& reference,
                Diagnostics& diagnostics) {
  const Value* value = &start;
  bool secret = false;
  for (const PathStep& step : path) {
    if (value->is_secret()) {
      secret = true;
      value = &value->reveal();
    }
    if (value->is_unknown()) return *value;
    if (step.is_index) {
      if (!value->is_list()) {
        diagnostics.error(reference.where, fmt::format("[{}] needs a list, and this is {}",
                                                       step.index, kind_name(value->kind())));
        return {};
      }
      const auto& items = value->as_list();
      if (step.index < 0 || static_cast<std::size_t>(step.index) >= items.size()) {
        diagnostics.error(reference.where, fmt::format("the list has {} items, there is no [{}]",
                                                       items.size(), step.index));
        return {};
      }
      value = &items[static_cast<std::size_t>(step.index)];
      continue;
    }
    if (!value->is_map()) {
      diagnostics.error(reference.where, fmt::format("\"{}\" needs a map, and this is {}",
                                                     step.name, kind_name(value->kind())));
      return {};
    }
    const Value* member = value->find(step.name);
    if (member == nullptr) {
      std::vector<std::string_view> names;
      for (const auto& [name, unused] : value->as_map())
        names.push_back(name);
      diagnostics.error(reference.where,
                        fmt::format("${{{}}}: there is no \"{}\"", reference.text(), step.name), {},
                        suggestion(step.name, names));
      return {};
    }
    value = member;
  }
  return secret ? Value::secret(*value) : *value;
}

Value StackScope::resolve(const Reference& reference, Diagnostics& diagnostics) const {
  const Destination destination = stack_.follow(context_, reference, diagnostics);
  const auto as_written_here = [&](Value value) {
    return destination.folder ? carried_over(value, *destination.folder, base_folder()) : value;
  };
  switch (destination.kind) {
    case Destination::Kind::nothing:
      return {};
    case Destination::Kind::value:
      return as_written_here(
          step_into(destination.value, destination.rest, reference, diagnostics));
    case Destination::Kind::node: {
      if (destination.node.is_map() && !destination.rest.empty()) {
        // The path leads to no member of what is written: the others need not be read to say so.
        Map names;
        destination.node.for_each_entry(
            [&](Node key, Node) { names.set(std::string(key.text()), Value()); });
        return step_into(Value(std::move(names)), destination.rest, reference, diagnostics);
      }
      StackScope inner(stack_, destination.context, resources_);
      inner.written_in_ = folder_of(destination.node.where().file.str());
      const Value value = evaluate_node(destination.node, inner, diagnostics);
      return as_written_here(step_into(value, destination.rest, reference, diagnostics));
    }
    case Destination::Kind::resource:
      break;
  }
  if (resources_ == nullptr) {
    diagnostics.error(reference.where,
                      fmt::format("\"{}\" is not known here", reference.path[0].name),
                      "for_each and when are decided before any resource is looked at.",
                      "use env, param and each here");
    return {};
  }
  return resources_->resource_value(destination.instance, destination.rest, reference, diagnostics);
}

std::optional<std::vector<std::string>> StackScope::keys_of(const Reference& reference) const {
  return stack_.keys_of(context_, reference);
}

std::string StackScope::base_folder() const {
  if (written_in_) return *written_in_;
  return folder_of(stack_.modules()[context_.module].document->file());
}

Value StackScope::secret(std::string_view source, const SourceRange& where,
                         Diagnostics& diagnostics) const {
  std::optional<std::string> clear;
  // Like all files that a stack names, one is looked for beside the YAML.
  std::string from(source);
  if (constexpr std::string_view file = "file:"; source.starts_with(file)) {
    const std::filesystem::path path(source.substr(file.size()));
    from = std::string(file) + (std::filesystem::path(base_folder()) / path).string();
  }
  if (stack_.settings().secrets) clear = stack_.settings().secrets(from);
  if (!clear) {
    diagnostics.error(where, fmt::format("the secret \"{}\" is not there", source),
                      "secret(\"env:NAME\") reads an environment variable, secret(\"file:path\") a "
                      "file.",
                      source.starts_with("env:")
                          ? fmt::format("set the variable {}", source.substr(4))
                          : std::string("create the file, readable for you alone"));
    return {};
  }
  return Value::secret(Value(*clear));
}

Value evaluate_node(Node node, const expression::Scope& scope, Diagnostics& diagnostics) {
  switch (node.kind()) {
    case config::NodeKind::null:
      return {};
    case config::NodeKind::scalar:
      if (!node.has_expression()) return node.literal();
      return expression::evaluate(node.text(), node.where(), scope, diagnostics);
    case config::NodeKind::list: {
      List items;
      items.reserve(node.size());
      node.for_each_item(
          [&](Node item) { items.push_back(evaluate_node(item, scope, diagnostics)); });
      return Value(std::move(items));
    }
    case config::NodeKind::map: {
      std::vector<MapEntry> members;
      members.reserve(node.size());
      node.for_each_entry([&](Node key, Node value) {
        members.emplace_back(std::string(key.text()), evaluate_node(value, scope, diagnostics));
      });
      return Value(Map(std::move(members)));
    }
  }
  return {};
}

}  // namespace firn
