// explain: what a type, an attribute or the functions mean, from the schema tables.
#include <algorithm>
#include <fmt/format.h>

#include "cli/all_types.h"
#include "cli/check_page.h"
#include "cli/commands.h"
#include "cli/reference_page.h"
#include "cli/type_facts.h"
#include "core/base/text.h"
#include "core/expression/functions.h"
#include "core/names/names.h"
#include "core/schema/describe.h"
#include "core/value/json.h"
#include "road/checks.h"

namespace firn::cli {
namespace {

std::string attribute_text(const Attribute& row, std::size_t indent) {
  const std::string pad(indent, ' ');
  std::string text = fmt::format("{}{} ({}{}{})\n", pad, row.name, kind_text(row),
                                 row.required ? ", required" : "",
                                 row.computed && row.predictable ? ", known before creation" : "");
  text += fmt::format("{}    {}\n", pad, row.doc);
  const auto facts = facts_of(row);
  if (!facts.empty()) text += fmt::format("{}    {}.\n", pad, fmt::join(facts, "; "));
  if (!row.example.empty()) text += fmt::format("{}    {}\n", pad, example_of(row));
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
  if (const std::string import = import_text(type, ""); !import.empty()) {
    console.line("\nImport:\n  " + import);
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
  if (row.derived) map.set("derived", Value(true));
  if (row.chosen_by_cloud) map.set("chosen_by_cloud", Value(true));
  if (row.secret) map.set("secret", Value(true));
  if (row.write_only) map.set("write_only", Value(true));
  if (row.weak) map.set("weak", Value(true));
  if (!row.takes.empty()) map.set("takes", Value(row.takes));
  if (!row.default_json.empty()) map.set("default", Value(row.default_json));
  map.set("on_change", Value(change_word(row.on_change)));
  if (!row.allowed.empty()) map.set("allowed", Value(List(row.allowed.begin(), row.allowed.end())));
  if (row.minimum != INT64_MIN) map.set("minimum", Value(row.minimum));
  if (row.maximum != INT64_MAX) map.set("maximum", Value(row.maximum));
  if (row.element != nullptr) map.set("of", Value(kind_text(*row.element)));
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

int refuse_subject(const std::vector<const ResourceType*>& types, const std::string& subject,
                   Console& console) {
  std::vector<std::string_view> names{"functions", "checks"};
  for (const ResourceType* type : types)
    names.push_back(type->name);
  for (const Check* check : road::all_checks())
    names.push_back(check->code);
  const auto near = nearest(subject, names);
  Diagnostics diagnostics;
  diagnostics.error({}, fmt::format("there is nothing called \"{}\" to explain", subject), {},
                    near ? fmt::format("did you mean \"{}\"?", *near)
                         : std::string("`firn explain` lists the types"));
  console.show(diagnostics);
  return kExitError;
}

int explain_as_page(const std::vector<const ResourceType*>& types, const std::string& subject,
                    Console& console) {
  if (subject.empty()) {
    console.out(reference_index(types));
    return kExitOk;
  }
  if (subject == "functions") {
    console.out(reference_functions());
    return kExitOk;
  }
  if (subject == "checks") {
    console.out(check_page(road::all_checks()));
    return kExitOk;
  }
  const auto found = std::ranges::find(types, subject, &ResourceType::name);
  if (found == types.end()) return refuse_subject(types, subject, console);
  console.out(reference_page(**found));
  return kExitOk;
}

}  // namespace

int run_explain(const Arguments& arguments, Console& console) {
  const auto types = all_types();
  const std::string& subject = arguments.subject;
  if (arguments.markdown) return explain_as_page(types, subject, console);
  if (subject.empty()) {
    if (arguments.json) {
      List items;
      for (const ResourceType* type : types) {
        items.emplace_back(Map{{"name", Value(type->name)}, {"summary", Value(type->summary)}});
      }
      console.line(to_pretty_json(Value(std::move(items))));
      return kExitOk;
    }
    for (const ResourceType* type : types) {
      console.line(fmt::format("{:<32} {}", type->name, type->summary));
    }
    console.line(
        "\n`firn explain TYPE` explains one, `firn explain functions` the functions, and "
        "`firn explain checks` what plans are checked for.");
    return kExitOk;
  }
  if (subject == "functions") {
    print_functions(console);
    return kExitOk;
  }
  if (subject == "checks") {
    for (const Check* check : road::all_checks())
      console.line(fmt::format("{}  {}", check->code, check->title));
    return kExitOk;
  }
  for (const Check* check : road::all_checks()) {
    if (subject != check->code) continue;
    console.out(check_text(*check));
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
      Map shown{{"name", Value(type->name)},
                {"summary", Value(type->summary)},
                {"attributes", Value(std::move(attributes))}};
      if (type->name_rule.form != NameForm::none)
        shown.set("naming", Value(form_name(type->name_rule.form)));
      if (!type->import_by.empty()) {
        List inputs;
        for (const std::string_view name : type->import_by)
          inputs.emplace_back(name);
        shown.set("import_by", Value(std::move(inputs)));
      }
      if (!type->import_id.empty()) shown.set("import_id", Value(type->import_id));
      if (type->is_lookup) shown.set("is_lookup", Value(true));
      if (type->holds_data) shown.set("loses", Value(type->data_loss));
      console.line(to_pretty_json(Value(std::move(shown))));
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
  return refuse_subject(types, subject, console);
}

}  // namespace firn::cli
