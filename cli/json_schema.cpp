#include "cli/json_schema.h"

#include <fmt/format.h>

#include "cli/type_facts.h"
#include "core/schema/describe.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

// `$${` is a literal `${`.
constexpr std::string_view has_expression = R"((^|[^$])\$\{)";
constexpr std::string_view is_one_expression = R"(^\$\{[\s\S]*\}$)";

constexpr std::string_view expression = "expression";
constexpr std::string_view text_with_expression = "text_with_expression";
constexpr std::string_view nothing = "nothing";
constexpr std::string_view key = "key";
constexpr std::string_view document = "document";

std::string description_of(const Attribute& row) {
  std::string text(row.doc);
  if (auto facts = facts_of(row); !facts.empty()) {
    std::string line = fmt::format("{}", fmt::join(facts, "; "));
    if (line.front() >= 'a' && line.front() <= 'z')
      line.front() = static_cast<char>(line.front() - 'a' + 'A');
    text += fmt::format("\n\n{}.", line);
  }
  if (!row.example.empty()) {
    const std::string example = example_of(row);
    text += fmt::format("\n\nFor example:\n\n    {}", example.substr(example.find(": ") + 2));
  }
  return text;
}

bool may_be_set(const Attribute& row) {
  return !row.computed && !row.derived;
}

bool has_bounds(const Attribute& row) {
  return row.minimum > 0 || row.maximum != INT64_MAX;
}

void set_bounds(Map& schema, const Attribute& row, const char* least, const char* most) {
  if (row.minimum != INT64_MIN) schema.set(least, Value(row.minimum));
  if (row.maximum != INT64_MAX) schema.set(most, Value(row.maximum));
}

// Of lengths, which are never negative.
void set_length_bounds(Map& schema, const Attribute& row, const char* least, const char* most) {
  if (row.minimum > 0) schema.set(least, Value(row.minimum));
  if (row.maximum != INT64_MAX && row.maximum >= 0) schema.set(most, Value(row.maximum));
}

Map any_of(std::initializer_list<Value> choices) {
  return Map{{"anyOf", Value(List(choices))}};
}

Map typed(std::string_view type) {
  return Map{{"type", Value(type)}};
}

class Writer {
 public:
  // The schema of a value; without a value where the table does not ask for one.
  static Map of(const Attribute& row, bool may_be_nothing) {
    switch (row.kind) {
      case AttributeKind::string:
        return text(row, may_be_nothing);
      case AttributeKind::integer:
      case AttributeKind::number: {
        Map schema = typed(row.kind == AttributeKind::integer ? "integer" : "number");
        set_bounds(schema, row, "minimum", "maximum");
        return scalar(std::move(schema), expression, may_be_nothing);
      }
      case AttributeKind::boolean:
        return scalar(typed("boolean"), expression, may_be_nothing);
      case AttributeKind::list:
        return list(row, may_be_nothing);
      case AttributeKind::map:
        return map(row, may_be_nothing);
      case AttributeKind::object:
        return object(row, may_be_nothing);
      case AttributeKind::any:
        return Map{{"allOf", Value(List{reference_to(document)})}};
    }
    return {};
  }

 private:
  static Map scalar(Map schema, std::string_view instead, bool may_be_nothing) {
    if (!may_be_nothing) return any_of({Value(std::move(schema)), reference_to(instead)});
    return any_of({Value(std::move(schema)), reference_to(instead), reference_to(nothing)});
  }

  static Map text(const Attribute& row, bool may_be_nothing) {
    if (!row.allowed.empty()) {
      List allowed(row.allowed.begin(), row.allowed.end());
      return scalar(Map{{"enum", Value(std::move(allowed))}}, text_with_expression, may_be_nothing);
    }
    if (has_bounds(row)) {
      Map schema = typed("string");
      set_length_bounds(schema, row, "minLength", "maxLength");
      return scalar(std::move(schema), text_with_expression, may_be_nothing);
    }
    if (!may_be_nothing) return typed("string");
    return any_of({Value(typed("string")), reference_to(nothing)});
  }

  // A list or map, or one expression in its place, or nothing.
  static Map container(std::string_view kind, List others, bool may_be_nothing) {
    List types{Value(kind)};
    for (Value& other : others)
      types.push_back(std::move(other));
    types.emplace_back("string");
    if (may_be_nothing) types.emplace_back("null");
    return Map{{"type", Value(std::move(types))}};
  }

  static Map list(const Attribute& row, bool may_be_nothing) {
    const Attribute* element = row.element;
    Map items;
    set_length_bounds(items, row, "minItems", "maxItems");
    items.set("items", element == nullptr ? reference_to(document) : attribute_schema(*element));
    if (element == nullptr || !(is_scalar(*element) || element->kind == AttributeKind::any)) {
      Map schema = container("array", {}, may_be_nothing);
      for (const auto& [name, value] : items)
        schema.set(name, value);
      schema.set("pattern", Value(is_one_expression));
      return schema;
    }
    // A single scalar stands for a list of one.
    Map schema = container("array", {Value("number"), Value("boolean")}, may_be_nothing);
    schema.set("if", Value(typed("array")));
    schema.set("then", Value(std::move(items)));
    schema.set("else", Value(of(*element, true)));
    return schema;
  }

  static Map map(const Attribute& row, bool may_be_nothing) {
    Map schema = container("object", {}, may_be_nothing);
    schema.set("pattern", Value(is_one_expression));
    schema.set("propertyNames", reference_to(key));
    set_length_bounds(schema, row, "minProperties", "maxProperties");
    schema.set("additionalProperties",
               row.element == nullptr ? reference_to(document) : Value(entry(*row.element)));
    return schema;
  }

  // Of an entry of a map. In a map of texts, numbers and booleans become their texts.
  static Map entry(const Attribute& row) {
    if (row.kind != AttributeKind::string || !row.allowed.empty()) return of(row, true);
    Map schema{{"type", Value(List{Value("string"), Value("number"), Value("boolean")})}};
    set_length_bounds(schema, row, "minLength", "maxLength");
    return scalar(std::move(schema), text_with_expression, true);
  }

  static Map object(const Attribute& row, bool may_be_nothing) {
    Map schema = container("object", {}, may_be_nothing);
    Map properties;
    List required;
    for (const Attribute& field : row.fields) {
      if (!may_be_set(field)) continue;
      properties.set(field.name, attribute_schema(field));
      if (field.required) required.emplace_back(field.name);
    }
    for (const auto& [name, value] : object_schema(std::move(properties), std::move(required))) {
      if (name != "type") schema.set(name, value);
    }
    schema.set("pattern", Value(is_one_expression));
    return schema;
  }
};

}  // namespace

Map shared_definitions() {
  const auto text = [](std::string_view pattern, std::string_view problem) {
    return Value(Map{{"type", Value("string")},
                     {"pattern", Value(pattern)},
                     {"patternErrorMessage", Value(problem)}});
  };
  const Value has_one{Map{{"pattern", Value(has_expression)}}};
  return Map{
      {std::string(expression), text(is_one_expression, "Write the value, or ${…} alone.")},
      {std::string(text_with_expression),
       text(has_expression, "Write a value that is allowed, or ${…}.")},
      // Not `type: null`, so that editors do not propose to write null.
      {std::string(nothing),
       Value(Map{
           {"not", Value(Map{{"type", Value(List{Value("array"), Value("boolean"), Value("number"),
                                                 Value("object"), Value("string")})}})}})},
      {std::string(key),
       Value(Map{{"not", has_one}, {"description", Value("Keys are never evaluated.")}})},
      {std::string(document), Value(Map{{"propertyNames", reference_to(key)},
                                        {"additionalProperties", reference_to(document)},
                                        {"items", reference_to(document)}})},
  };
}

Value reference_to(std::string_view definition) {
  return Value(Map{{"$ref", Value(fmt::format("#/definitions/{}", definition))}});
}

Value described(std::string_view doc, const Value& schema) {
  if (schema.find("$ref") != nullptr)
    return Value(Map{{"allOf", Value(List{schema})}, {"description", Value(doc)}});
  Map copy = schema.as_map();
  copy.set("description", Value(doc));
  return Value(std::move(copy));
}

Value or_expression(Map schema) {
  return Value(any_of({Value(std::move(schema)), reference_to(expression)}));
}

Map object_schema(Map properties, List required) {
  Map schema = typed("object");
  schema.set("additionalProperties", Value(false));
  schema.set("properties", Value(std::move(properties)));
  if (!required.empty()) schema.set("required", Value(std::move(required)));
  return schema;
}

Map enumeration(List values, List docs) {
  return Map{{"enum", Value(std::move(values))},
             {"markdownEnumDescriptions", Value(std::move(docs))}};
}

Value attribute_schema(const Attribute& attribute) {
  Map schema = Writer::of(attribute, !attribute.required);
  schema.set("description", Value(description_of(attribute)));
  if (is_scalar(attribute) && !attribute.default_json.empty()) {
    const auto value = parse_json(attribute.default_json);
    if (value && !value->is_null()) schema.set("default", *value);
  }
  return Value(std::move(schema));
}

Value block_schema(const ResourceType& type, Map words) {
  Map properties = std::move(words);
  List required{Value("type")};
  if (type.name_rule.form == NameForm::none) {
    properties.erase("name");
    properties.erase("called");
  }
  for (const Attribute& row : type.attributes) {
    if (!may_be_set(row)) continue;
    properties.set(row.name, attribute_schema(row));
    if (row.required) required.emplace_back(row.name);
  }
  Map schema = object_schema(std::move(properties), std::move(required));
  schema.erase("type");  // said once, of every resource
  schema.set("description", Value(type.summary));
  return Value(std::move(schema));
}

}  // namespace firn::cli
