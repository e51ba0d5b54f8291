#include "core/stack/environment.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/names/names.h"
#include "core/stack/words.h"
#include "core/value/json.h"

namespace firn {
namespace {

using config::Node;

// Members of `over` win; maps merge deeply.
Value merged(const Value& base, const Value& over) {
  if (!base.is_map() || !over.is_map()) return over.is_null() ? base : over;
  Map all = base.as_map();
  for (const auto& [key, value] : over.as_map()) {
    const Value* below = all.find(key);
    all.set(key, below != nullptr ? merged(*below, value) : value);
  }
  return Value(std::move(all));
}

// A settings block: a map of literals.
Value literal_map(Node node, std::string_view what, Diagnostics& diagnostics) {
  if (!node.is_present() || node.is_null()) return Value(Map{});
  if (!node.is_map()) {
    diagnostics.error(node.where(), fmt::format("{} must be a map", what), {},
                      fmt::format("write {}: {{ key: value }}", what));
    return Value(Map{});
  }
  return node.literal();
}

void check_keys(Node block, std::span<const std::string_view> allowed, std::string_view place,
                Diagnostics& diagnostics) {
  if (!block.is_map()) return;
  block.for_each_entry([&](Node key, Node) {
    if (std::ranges::find(allowed, key.text()) != allowed.end()) return;
    diagnostics.error(key.where(), fmt::format("unknown key \"{}\" in {}", key.text(), place), {},
                      suggestion(key.text(), allowed));
  });
}

void check_naming(Node naming, Diagnostics& diagnostics) {
  check_keys(naming, names_of(naming_words()), "naming", diagnostics);
  if (!naming.is_map() || !naming.find("names").is_map()) return;
  naming.find("names").for_each_entry([&](Node, Node text) {
    for (const auto& problem : check_template(text.text())) {
      diagnostics.error(text.where(), "bad name template: " + problem);
    }
  });
}

// Tags are texts; a number or a boolean becomes its text, as in the tags of a resource.
Value tags_of(Node node, Diagnostics& diagnostics) {
  Map tags;
  for (const auto& [key, value] : literal_map(node, "tags", diagnostics).as_map()) {
    const bool has_text = value.is_int() || value.is_number() || value.is_bool();
    if (!value.is_string() && !has_text) {
      const Node there = node.find(key);
      diagnostics.error(there.is_null() ? node.find_key(key).where() : there.where(),
                        fmt::format("the tag \"{}\" must be a text", key),
                        fmt::format("This is {}.", kind_name(value.kind())),
                        fmt::format("write {}: TEXT", key));
      continue;
    }
    tags.set(key, has_text ? Value(to_json(value)) : value);
  }
  return Value(std::move(tags));
}

void collect_parameters(Node block, std::vector<NamedNode>& parameters, Diagnostics& diagnostics) {
  if (!block.is_present() || block.is_null()) return;
  if (!block.is_map()) {
    diagnostics.error(block.where(), "parameters must be a map", {},
                      "write parameters: { name: value }");
    return;
  }
  block.for_each_entry([&](Node key, Node value) {
    parameters.push_back({key.text(), key, value});
  });
}

}  // namespace

std::optional<Environment> load_environment(const std::string& path, std::string_view stack,
                                            Node stack_root,
                                            std::span<const std::string_view> provider_names,
                                            Diagnostics& diagnostics) {
  Environment environment;
  environment.document = config::Document::load(path, SourceRange{}, diagnostics);
  if (environment.document == nullptr) return std::nullopt;
  const Node root = environment.document->root();
  if (!root.is_map()) {
    diagnostics.error(root.where(), "an environment file must be a map", {},
                      "start it with environment: NAME");
    return std::nullopt;
  }

  std::vector<std::string_view> overlay_keys = names_of(overlay_words());
  overlay_keys.insert(overlay_keys.end(), provider_names.begin(), provider_names.end());
  std::vector<std::string_view> root_keys = names_of(environment_words());
  root_keys.insert(root_keys.end(), provider_names.begin(), provider_names.end());
  check_keys(root, root_keys, "an environment file", diagnostics);

  const Node name = root.find("environment");
  if (!name.is_scalar() || name.text().empty()) {
    diagnostics.error(root.where(), "the environment has no name", {},
                      "add a line like environment: dev");
    return std::nullopt;
  }
  environment.name = std::string(name.text());
  if (!std::ranges::all_of(environment.name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      })) {
    diagnostics.error(name.where(),
                      fmt::format("\"{}\" cannot name an environment", environment.name),
                      "The name goes into the names of all objects.",
                      "use lower-case letters, digits and hyphens, such as dev");
  }

  const Node overlay = root.find("stacks").is_map() ? root.find("stacks").find(stack) : Node{};
  check_keys(overlay, overlay_keys, fmt::format("stacks: {}", stack), diagnostics);

  const Node defaults = stack_root.find("defaults");
  check_keys(defaults, provider_names, "defaults", diagnostics);

  check_naming(stack_root.find("naming"), diagnostics);
  environment.naming = literal_map(stack_root.find("naming"), "naming", diagnostics);
  environment.tags = Value(Map{});
  environment.state = Value(Map{});
  for (const auto provider : provider_names) {
    environment.providers[std::string(provider)] =
        defaults.is_map() ? literal_map(defaults.find(provider), provider, diagnostics)
                          : Value(Map{});
  }
  for (const Node layer : {root, overlay}) {
    if (!layer.is_map()) continue;
    check_naming(layer.find("naming"), diagnostics);
    environment.naming =
        merged(environment.naming, literal_map(layer.find("naming"), "naming", diagnostics));
    environment.tags = merged(environment.tags, tags_of(layer.find("tags"), diagnostics));
    check_keys(layer.find("state"), names_of(state_words()), "state", diagnostics);
    environment.state =
        merged(environment.state, literal_map(layer.find("state"), "state", diagnostics));
    for (const auto provider : provider_names) {
      Value& settings = environment.providers[std::string(provider)];
      settings = merged(settings, literal_map(layer.find(provider), provider, diagnostics));
    }
    collect_parameters(layer.find("parameters"), environment.parameters, diagnostics);
  }
  return environment;
}

void check_kinds_of_names(const Environment& environment, std::string_view stack, Node stack_root,
                          std::span<const std::string_view> type_names, Diagnostics& diagnostics) {
  const Node root = environment.document->root();
  const Node overlay = root.find("stacks").is_map() ? root.find("stacks").find(stack) : Node{};
  for (const Node layer : {stack_root, root, overlay}) {
    const Node naming = layer.is_map() ? layer.find("naming") : Node{};
    const Node names = naming.is_map() ? naming.find("names") : Node{};
    if (!names.is_map()) continue;
    names.for_each_entry([&](Node key, Node) {
      if (form_of(key.text()) || std::ranges::find(type_names, key.text()) != type_names.end())
        return;
      std::vector<std::string_view> known = form_names();
      known.insert(known.end(), type_names.begin(), type_names.end());
      const auto near = nearest(key.text(), known);
      diagnostics.error(key.where(), fmt::format("there is no kind of name \"{}\"", key.text()),
                        "Names are built by kind (aws, iam, …) or by resource type.",
                        near ? fmt::format("did you mean \"{}\"?", *near)
                             : fmt::format("kinds: {}", fmt::join(form_names(), ", ")));
    });
  }
}

void set_parameters(Environment& environment, Node stack_root,
                    std::span<const std::string> settings, Diagnostics& diagnostics) {
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      diagnostics.error({}, fmt::format("--set {}: this is not NAME=VALUE", setting), {},
                        "write for example --set schedule='rate(1 hour)'");
      continue;
    }
    const std::string name = setting.substr(0, equals);
    const std::string value = setting.substr(equals + 1);
    const Node parameters = stack_root.find("parameters");
    const Node declared = parameters.is_map() ? parameters.find(name) : Node{};
    const Node secret = declared.is_map() ? declared.find("secret") : Node{};
    if (secret.is_scalar() && secret.text() == "true") {
      diagnostics.error(
          {}, fmt::format("--set {}: this parameter is a secret", name),
          "A command line stands in the shell's history, in the list of processes, and in a saved "
          "plan.",
          fmt::format("write {}: ${{secret(\"env:NAME\")}} below the environment's parameters, and "
                      "set the variable NAME",
                      name));
      continue;
    }
    const Node type = declared.is_map() ? declared.find("type") : Node{};
    const bool is_text = type.is_scalar() && type.text() == "string";
    const std::string yaml =
        fmt::format("{}: {}\n", to_json(Value(name)),
                    is_text ? to_json(Value(replace_all(value, "${", "$${"))) : value);
    auto document = config::Document::parse("--set " + name, yaml, diagnostics);
    if (document == nullptr || !document->root().is_map()) continue;
    collect_parameters(document->root(), environment.parameters, diagnostics);
    environment.settings.push_back(std::move(document));
  }
}

}  // namespace firn
