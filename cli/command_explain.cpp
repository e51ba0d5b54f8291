// explain: what a type, an attribute or the functions mean, from the schema tables.
#include <algorithm>
#include <fmt/format.h>

#include "cli/all_types.h"
#include "cli/commands.h"
#include "core/base/text.h"
#include "core/expression/functions.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

std::string_view kind_word(AttributeKind kind) {
  switch (kind) {
    case AttributeKind::string:
      return "string";
    case AttributeKind::integer:
      return "integer";
    case AttributeKind::number:
      return "number";
    case AttributeKind::boolean:
      return "boolean";
    case AttributeKind::list:
      return "list";
    case AttributeKind::map:
      return "map";
    case AttributeKind::object:
      return "object";
    case AttributeKind::any:
      return "any";
  }
  return "any";
}

std::string kind_text(const Attribute& row) {
  std::string text(kind_word(row.kind));
  if (row.element != nullptr) {
    text += fmt::format(" of {}", kind_text(*row.element));
  }
  return text;
}

std::string_view change_word(OnChange change) {
  switch (change) {
    case OnChange::update:
      return "in place";
    case OnChange::replace:
      return "replaces the object";
    case OnChange::replace_losing_data:
      return "replaces the object and loses data";
  }
  return "in place";
}

std::span<const Attribute> fields_of(const Attribute& row) {
  if (!row.fields.empty()) return row.fields;
  return row.element != nullptr ? fields_of(*row.element) : std::span<const Attribute>{};
}

std::string attribute_text(const Attribute& row, std::size_t indent) {
  const std::string pad(indent, ' ');
  std::string text = fmt::format("{}{} ({}{}{})\n", pad, row.name, kind_text(row),
                                 row.required ? ", required" : "",
                                 row.computed && row.predictable ? ", known before creation" : "");
  text += fmt::format("{}    {}\n", pad, row.doc);
  std::vector<std::string> facts;
  if (!row.computed && row.on_change != OnChange::update) {
    facts.push_back(fmt::format("a change {}", change_word(row.on_change)));
  }
  if (!row.loss.empty()) facts.push_back(fmt::format("lost with it: {}", row.loss));
  if (!row.default_json.empty()) facts.push_back(fmt::format("default {}", row.default_json));
  if (!row.allowed.empty()) facts.push_back(fmt::format("one of {}", fmt::join(row.allowed, ", ")));
  if (row.minimum != INT64_MIN || row.maximum != INT64_MAX) {
    facts.push_back(row.minimum == INT64_MIN   ? fmt::format("at most {}", row.maximum)
                    : row.maximum == INT64_MAX ? fmt::format("at least {}", row.minimum)
                                               : fmt::format("{} to {}", row.minimum, row.maximum));
  }
  if (!row.takes.empty()) {
    facts.push_back(fmt::format("${{object}} stands for its {}",
                                replace_all(std::string(row.takes), ",", " and ")));
  }
  if (row.weak) facts.emplace_back("a reference here does not make the object wait");
  if (row.exercises) facts.emplace_back("creating this object uses what is referred to");
  if (row.secret) facts.emplace_back("secret: never stored or shown");
  if (row.write_only) facts.emplace_back("the cloud does not show it: drift cannot be seen");
  if (!facts.empty()) text += fmt::format("{}    {}.\n", pad, fmt::join(facts, "; "));
  if (!row.example.empty()) text += fmt::format("{}    example: {}\n", pad, row.example);
  return text;
}

void print_fields(std::span<const Attribute> fields, std::size_t indent, Console& console) {
  for (const Attribute& row : fields) {
    console.out(attribute_text(row, indent));
    print_fields(fields_of(row), indent + 4, console);
  }
}

void print_type(const ResourceType& type, Console& console) {
  console.line(console.styled(Style::bold, std::string(type.name)));
  console.line(std::string(type.summary));
  if (!type.doc.empty()) console.line("\n" + std::string(trim(type.doc)));
  if (!type.example.empty()) {
    console.line("\nExample:");
    console.line("  my_object:");
    for (const auto& line : split(trim(type.example), '\n')) {
      console.line("    " + (line.starts_with("  ") && type.example.starts_with("  ")
                                 ? line.substr(2)
                                 : line));
    }
  }
  console.line("\nInputs:");
  for (const Attribute& row : type.attributes) {
    if (row.computed || row.derived) continue;
    console.out(attribute_text(row, 2));
    print_fields(fields_of(row), 6, console);
  }
  console.line("\nOutputs:");
  if (type.name_rule.form != NameForm::none) {
    console.line("  name (string, known before creation)\n    The physical name.");
  }
  for (const Attribute& row : type.attributes) {
    if (row.computed) console.out(attribute_text(row, 2));
  }
  if (type.holds_data) {
    console.line(fmt::format("\nRemoving or replacing it loses {}.", type.data_loss));
  }
}

Value attribute_value(const Attribute& row) {
  Map map{{"name", Value(row.name)}, {"kind", Value(kind_word(row.kind))}, {"doc", Value(row.doc)}};
  if (row.required) map.set("required", Value(true));
  if (row.computed) map.set("computed", Value(true));
  if (row.predictable) map.set("predictable", Value(true));
  if (row.weak) map.set("weak", Value(true));
  if (!row.takes.empty()) map.set("takes", Value(row.takes));
  if (!row.default_json.empty()) map.set("default", Value(row.default_json));
  map.set("on_change", Value(change_word(row.on_change)));
  List fields;
  for (const Attribute& field : fields_of(row))
    fields.push_back(attribute_value(field));
  if (!fields.empty()) map.set("fields", Value(std::move(fields)));
  return Value(std::move(map));
}

void print_functions(Console& console) {
  for (const auto& function : expression::functions()) {
    console.line(fmt::format("{}\n    {}", function.signature, function.doc));
  }
}

}  // namespace

int run_explain(const Arguments& arguments, Console& console) {
  const auto types = all_types();
  const std::string& subject = arguments.subject;
  if (subject.empty()) {
    for (const ResourceType* type : types) {
      console.line(fmt::format("{:<32} {}", type->name, type->summary));
    }
    console.line("\n`firn explain TYPE` explains one, `firn explain functions` the functions.");
    return kExitOk;
  }
  if (subject == "functions") {
    print_functions(console);
    return kExitOk;
  }
  for (const ResourceType* type : types) {
    if (subject == type->name) {
      if (!arguments.json) {
        print_type(*type, console);
        return kExitOk;
      }
      List attributes;
      for (const Attribute& row : type->attributes)
        attributes.push_back(attribute_value(row));
      console.line(to_pretty_json(Value(Map{{"name", Value(type->name)},
                                            {"summary", Value(type->summary)},
                                            {"attributes", Value(std::move(attributes))}})));
      return kExitOk;
    }
    if (subject.starts_with(std::string(type->name) + ".")) {
      const Attribute* row = find_attribute(*type, subject.substr(type->name.size() + 1));
      if (row == nullptr) break;
      console.out(attribute_text(*row, 0));
      print_fields(fields_of(*row), 4, console);
      return kExitOk;
    }
  }
  std::vector<std::string_view> names{"functions"};
  for (const ResourceType* type : types)
    names.push_back(type->name);
  const auto near = nearest(subject, names);
  Diagnostics diagnostics;
  diagnostics.error({}, fmt::format("there is nothing called \"{}\" to explain", subject), {},
                    near ? fmt::format("did you mean \"{}\"?", *near)
                         : std::string("`firn explain` lists the types"));
  console.show(diagnostics);
  return kExitError;
}

}  // namespace firn::cli
