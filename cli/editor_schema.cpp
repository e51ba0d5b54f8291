#include "cli/editor_schema.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "cli/clouds.h"
#include "cli/json_schema.h"
#include "cli/project.h"
#include "core/names/names.h"
#include "core/stack/words.h"

namespace firn::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view identifier = "^[A-Za-z_][A-Za-z0-9_]*$";

Map typed(std::string_view type) {
  return Map{{"type", Value(type)}};
}

Map typed(std::initializer_list<std::string_view> types) {
  return Map{{"type", Value(List(types.begin(), types.end()))}};
}

Map text_like(std::string_view pattern, std::string_view problem) {
  return Map{{"type", Value("string")},
             {"pattern", Value(pattern)},
             {"patternErrorMessage", Value(problem)}};
}

// A map of anything by name; its block may be empty.
Map map_of(Value values) {
  Map schema = typed({"object", "null"});
  schema.set("additionalProperties", std::move(values));
  return schema;
}

Map enumeration_of(std::span<const Word> words) {
  List values;
  List docs;
  for (const Word& word : words) {
    values.emplace_back(word.name);
    docs.emplace_back(word.doc);
  }
  return enumeration(std::move(values), std::move(docs));
}

class EditorSchema {
 public:
  EditorSchema(const std::vector<const ResourceType*>& types, const KnownFiles& known)
      : types_(types), known_(known), definitions_(shared_definitions()) {}

  Value of(std::string_view kind) {
    const bool all = kind.empty();
    Map root;
    if (kind != "environment") add_resources();
    if (kind == "environment") root = environment();
    if (kind == "stack") root = stack();
    if (kind == "component") root = component();
    if (all) {
      Map component_or_stack{
          {"if", named_by("component")}, {"then", Value(component())}, {"else", Value(stack())}};
      root = Map{{"if", named_by("environment")},
                 {"then", Value(environment())},
                 {"else", Value(std::move(component_or_stack))},
                 {"type", Value("object")}};
    }
    root.set("$schema", Value("http://json-schema.org/draft-07/schema#"));
    root.set("title", Value(all ? std::string("firn") : fmt::format("firn {}", kind)));
    root.set("definitions", Value(std::move(definitions_)));
    return Value(std::move(root));
  }

 private:
  static Value named_by(std::string_view key) {
    return Value(Map{{"required", Value(List{Value(key)})}});
  }

  // ------------------------------------------------------------ files

  // The members of `words`, each with the schema that `of` gives it.
  template <class Of>
  static Map members(std::span<const Word> words, Of&& of) {
    Map properties;
    for (const Word& word : words)
      properties.set(word.name, described(word.doc, of(word.name)));
    return properties;
  }

  static Value text() { return Value(typed({"string", "null"})); }

  Map stack() const {
    Map properties = members(stack_words(), [&](std::string_view name) {
      if (name == "stack")
        return Value(text_like("^[A-Za-z_-][A-Za-z0-9_-]*$", "Letters, digits, _ and -."));
      if (name == "naming") return naming();
      if (name == "defaults") return Value(or_nothing(object_schema(sections(), {})));
      return shared_member(name);
    });
    return object_schema(std::move(properties), {Value("stack")});
  }

  Map component() const {
    Map properties = members(component_words(), [&](std::string_view name) {
      return name == "component" ? Value(typed("string")) : shared_member(name);
    });
    return object_schema(std::move(properties), {Value("component")});
  }

  // What stacks and components have in common.
  static Value shared_member(std::string_view name) {
    if (name == "parameters") return Value(map_of(parameter_declaration()));
    if (name == "outputs") return Value(map_of(reference_to("document")));
    if (name != "resources") return text();
    List reserved;
    for (const std::string_view word : reserved_names())
      reserved.emplace_back(word);
    Map resources = map_of(reference_to("resource"));
    resources.set("propertyNames",
                  Value(Map{{"pattern", Value(identifier)},
                            {"not", Value(Map{{"enum", Value(std::move(reserved))}})}}));
    return Value(std::move(resources));
  }

  static Value parameter_declaration() {
    Map properties = members(parameter_words(), [](std::string_view name) {
      if (name == "type") return Value(enumeration_of(parameter_types()));
      if (name == "default") return reference_to("document");
      if (name == "allowed") return Value(typed("array"));
      if (name == "secret") return Value(typed("boolean"));
      return text();
    });
    return Value(object_schema(std::move(properties), {}));
  }

  Map environment() const {
    Map properties = members(environment_words(), [&](std::string_view name) {
      if (name == "environment")
        return Value(text_like("^[a-z0-9-]+$", "Lower-case letters, digits and hyphens."));
      if (name == "stacks") return stacks();
      return overlay_member(name, nullptr);
    });
    for (const auto& [name, section] : sections())
      properties.set(name, section);
    return object_schema(std::move(properties), {Value("environment")});
  }

  Value stacks() const {
    Map properties;
    for (const KnownFile& file : known_.stacks)
      properties.set(file.name, Value(overlay(&file)));
    Map schema = map_of(Value(overlay(nullptr)));
    if (!properties.empty()) schema.set("properties", Value(std::move(properties)));
    return Value(std::move(schema));
  }

  Map overlay(const KnownFile* stack_file) const {
    Map properties = members(
        overlay_words(), [&](std::string_view name) { return overlay_member(name, stack_file); });
    for (const auto& [name, section] : sections())
      properties.set(name, section);
    return or_nothing(object_schema(std::move(properties), {}));
  }

  // `stack_file`: the stack whose parameters these are, if they are those of one stack.
  Value overlay_member(std::string_view name, const KnownFile* stack_file) const {
    if (name == "naming") return naming();
    if (name == "tags") return Value(map_of(Value(typed({"string", "number", "boolean"}))));
    if (name == "state") return state();
    if (name != "parameters") return text();
    return stack_file == nullptr ? Value(map_of(reference_to("document")))
                                 : Value(or_nothing(arguments_of(*stack_file, false)));
  }

  Value naming() const {
    Map properties = members(naming_words(), [&](std::string_view name) {
      if (name != "names") return text();
      Map templates;
      for (const ResourceType* type : types_) {
        if (type->name_rule.form == NameForm::none) continue;
        templates.set(form_name(type->name_rule.form), Value(typed("string")));
        templates.set(type->name, Value(typed("string")));
      }
      return Value(or_nothing(object_schema(std::move(templates), {})));
    });
    return Value(or_nothing(object_schema(std::move(properties), {})));
  }

  static Value state() {
    Map properties = members(state_words(), [](std::string_view name) {
      if (name == "backups") {
        return Value(Map{{"type", Value("integer")}, {"minimum", Value(0)}});
      }
      return name == "backend" ? Value(enumeration_of(state_backends())) : Value(typed("string"));
    });
    return Value(or_nothing(object_schema(std::move(properties), {})));
  }

  static Map or_nothing(Map schema) {
    schema.set("type", Value(List{Value("object"), Value("null")}));
    return schema;
  }

  // One section for each provider.
  static Map sections() {
    Map sections;
    for (const std::string_view section : provider_names()) {
      Map properties = members(setting_words(section), [](std::string_view name) {
        if (name != "target") return Value(typed("string"));
        const Value words{Map{{"enum", Value(List{Value("cloud"), Value("sandbox")})}}};
        const Value url{text_like("^https?://", "Write cloud, sandbox, or a URL.")};
        return Value(Map{{"anyOf", Value(List{words, url})}});
      });
      sections.set(section,
                   described(fmt::format("Settings of {}.", section == "aws" ? "AWS" : "Snowflake"),
                             Value(or_nothing(object_schema(std::move(properties), {})))));
    }
    return sections;
  }

  // ------------------------------------------------------------ resources

  void add_resources() {
    Map words = members(resource_words(), word_schema);
    const Value component_word = *words.find("component");
    words.erase("component");
    words.erase("parameters");
    List values;
    List docs;
    List choices;
    Map names_of_members;
    for (const auto& [name, schema] : words) {
      if (name == "type") continue;
      definitions_.set(name, schema);
      names_of_members.set(name, reference_to(name));
    }
    names_of_members.set("type", Value(Map{}));
    for (const ResourceType* type : types_) {
      values.emplace_back(type->name);
      docs.emplace_back(type->summary);
      definitions_.set(type->name, block_schema(*type, names_of_members));
      choices.emplace_back(choice("type", type->name, reference_to(type->name)));
    }
    Map type = enumeration(std::move(values), std::move(docs));
    type.set("description", *words.find("type")->find("description"));
    names_of_members.set("type", Value(std::move(type)));
    // Where there is one the block is no object; this proposes it while there is neither.
    names_of_members.set("component", component_word);
    definitions_.set("object", Value(Map{{"allOf", Value(std::move(choices))},
                                         {"properties", Value(std::move(names_of_members))},
                                         {"required", Value(List{Value("type")})}}));
    definitions_.set("component_use", Value(component_use()));
    definitions_.set("resource", Value(Map{{"type", Value("object")},
                                           {"if", named_by("component")},
                                           {"then", reference_to("component_use")},
                                           {"else", reference_to("object")}}));
  }

  // if `key` is `word`, then `schema`
  static Value choice(std::string_view key, std::string_view word, Value schema) {
    Map is_it{{"properties", Value(Map{{std::string(key), Value(Map{{"const", Value(word)}})}})},
              {"required", Value(List{Value(key)})}};
    return Value(Map{{"if", Value(std::move(is_it))}, {"then", std::move(schema)}});
  }

  static Value word_schema(std::string_view name) {
    if (name == "when" || name == "protect") return or_expression(typed("boolean"));
    if (name == "for_each") {
      Map schema = typed({"array", "object"});
      schema.set("items", Value(typed({"string", "integer"})));
      schema.set("additionalProperties", reference_to("document"));
      return or_expression(std::move(schema));
    }
    if (name == "depends_on") {
      Map schema = typed({"array", "string", "null"});
      schema.set("items", Value(typed("string")));
      return Value(std::move(schema));
    }
    if (name == "parameters") return Value(map_of(reference_to("document")));
    return text();
  }

  Map component_use() const {
    Map properties = members(component_use_words(), [&](std::string_view name) {
      if (name != "component") return word_schema(name);
      if (known_.components.empty()) return Value(typed("string"));
      List values;
      List docs;
      for (const KnownFile& file : known_.components) {
        values.emplace_back(file.name);
        docs.emplace_back(file.document->root().find("description").text());
      }
      // Others may have come since.
      return Value(Map{{"anyOf", Value(List{Value(enumeration(std::move(values), std::move(docs))),
                                            Value(typed("string"))})}});
    });
    Map schema = object_schema(std::move(properties), {Value("component")});
    schema.erase("type");  // said once, of every resource
    List choices;
    for (const KnownFile& file : known_.components) {
      Map arguments = arguments_of(file, true);
      Map then{{"properties", Value(Map{{"parameters", Value(arguments)}})}};
      if (arguments.find("required") != nullptr)
        then.set("required", Value(List{Value("parameters")}));
      choices.push_back(choice("component", file.name, Value(std::move(then))));
    }
    if (!choices.empty()) schema.set("allOf", Value(std::move(choices)));
    return schema;
  }

  // ------------------------------------------------------------ what a file declares

  // Values for the parameters of a stack or component.
  static Map arguments_of(const KnownFile& file, bool all_needed) {
    Map properties;
    List required;
    const config::Node declared = file.document->root().find("parameters");
    if (declared.is_map()) {
      declared.for_each_entry([&](config::Node name, config::Node spec) {
        properties.set(name.text(), argument(spec));
        if (all_needed && spec.is_map() && !spec.find("default").is_present())
          required.emplace_back(name.text());
      });
    }
    return object_schema(std::move(properties), std::move(required));
  }

  static Value argument(config::Node spec) {
    const config::Node type = spec.is_map() ? spec.find("type") : config::Node{};
    const config::Node doc = spec.is_map() ? spec.find("doc") : config::Node{};
    const config::Node allowed = spec.is_map() ? spec.find("allowed") : config::Node{};
    const std::string_view word = type.is_scalar() ? type.text() : "any";
    Value schema = reference_to("document");
    if ((word == "string" || word == "path") && !allowed.is_list()) {
      schema = text();
    } else if (allowed.is_list() && allowed.size() > 0) {
      schema = or_expression(Map{{"enum", allowed.literal()}});
    } else if (word == "integer" || word == "number" || word == "boolean") {
      schema = or_expression(typed({word, "null"}));
    } else if (word == "list") {
      schema = or_expression(typed({"array", "null"}));
    } else if (word == "map") {
      schema = or_expression(typed({"object", "null"}));
    }
    return doc.is_scalar() ? described(doc.text(), schema) : schema;
  }

  const std::vector<const ResourceType*>& types_;
  const KnownFiles& known_;
  Map definitions_;
};

void read_file(const std::string& name, const fs::path& path, std::vector<KnownFile>& files) {
  Diagnostics problems;
  auto document = config::Document::load(path.string(), {}, problems);
  if (document == nullptr || problems.has_errors() || !document->root().is_map()) return;
  files.push_back({name, std::move(document)});
}

}  // namespace

KnownFiles read_known_files(const std::string& root) {
  KnownFiles known;
  if (root.empty()) return known;
  const fs::path folder = fs::path(root) / "stacks";
  for (const std::string& name : stack_names(root))
    read_file(name, folder / name / "stack.yaml", known.stacks);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "components", error)) {
    if (entry.path().extension() == ".yaml")
      read_file(entry.path().stem().string(), entry.path(), known.components);
  }
  std::ranges::sort(known.components, {}, &KnownFile::name);
  // Environments speak of a stack by the name that it gives itself.
  for (KnownFile& file : known.stacks) {
    const config::Node name = file.document->root().find("stack");
    if (name.is_scalar() && !name.text().empty()) file.name = std::string(name.text());
  }
  return known;
}

Value editor_schema(std::string_view kind, const std::vector<const ResourceType*>& types,
                    const KnownFiles& known) {
  return EditorSchema(types, known).of(kind);
}

}  // namespace firn::cli
