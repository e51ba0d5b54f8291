#include "cli/reference_page.h"

#include <fmt/format.h>

#include "cli/type_facts.h"
#include "core/base/text.h"
#include "core/expression/functions.h"
#include "core/names/names.h"
#include "core/schema/describe.h"

namespace firn::cli {
namespace {

constexpr std::string_view kOrigin =
    "<!-- Written by scripts/reference.sh from the schema tables. Change the table, not this page. "
    "-->\n\n";

// A text inside a table's cell: no bars, no line ends, and outside of code no tags.
std::string cell(std::string_view text) {
  std::string safe;
  bool is_code = false;
  for (const char c : text) {
    if (c == '`') is_code = !is_code;
    if (c == '|' || (c == '<' && !is_code)) safe += '\\';
    safe += c == '\n' ? ' ' : c;
  }
  return safe;
}

// " Default `30`; 0 to 900."
std::string facts_text(const Attribute& row) {
  auto facts = facts_of(row);
  if (facts.empty()) return {};
  for (std::string& fact : facts) {
    constexpr std::string_view kDefault = "default ";
    constexpr std::string_view kObject = "${object}";
    if (fact.starts_with(kDefault))
      fact = fmt::format("default `{}`", fact.substr(kDefault.size()));
    if (fact.starts_with(kObject))
      fact = fmt::format("`{}`{}", kObject, fact.substr(kObject.size()));
  }
  char& first = facts[0][0];
  if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 'a' + 'A');
  return fmt::format(" {}.", cell(fmt::format("{}", fmt::join(facts, "; "))));
}

std::string example_text(const Attribute& row) {
  if (row.example.empty()) return {};
  const std::string key = fmt::format("{}: ", row.name);
  const std::string_view example = row.example;
  return cell(fmt::format(" Example: `{}`",
                          example.starts_with(key) ? example.substr(key.size()) : example));
}

// What stands between the name of a list or map and that of a field of its items.
std::string inner_path(const Attribute& row) {
  if (!row.fields.empty() || row.element == nullptr) return ".";
  return (row.kind == AttributeKind::list ? "[]" : ".*") + inner_path(*row.element);
}

void add_rows(std::span<const Attribute> rows, const std::string& path, std::string& page) {
  for (const Attribute& row : rows) {
    if (row.computed || row.derived) continue;
    page += fmt::format("| `{}{}` | {}{} | {}{}{} |\n", path, row.name, kind_text(row),
                        row.required ? ", **required**" : "", cell(row.doc), facts_text(row),
                        example_text(row));
    add_rows(fields_of(row), fmt::format("{}{}{}", path, row.name, inner_path(row)), page);
  }
}

std::string example_block(const ResourceType& type) {
  std::string text = "```yaml\nresources:\n  my_object:\n";
  for (const std::string& line : split(trim(type.example), '\n')) {
    const bool is_indented = type.example.starts_with("  ") && line.starts_with("  ");
    text += "    " + (is_indented ? line.substr(2) : line) + "\n";
  }
  return text + "```\n\n";
}

std::string outputs_table(const ResourceType& type) {
  std::string rows;
  if (type.name_rule.form != NameForm::none) {
    rows += "| `name` | string | before it is made | The physical name. |\n";
  }
  for (const Attribute& row : type.attributes) {
    if (!row.computed && !row.chosen_by_cloud) continue;
    const std::string_view known = row.predictable  ? "before it is made"
                                   : type.is_lookup ? "once it has answered"
                                                    : "once it is made";
    rows +=
        fmt::format("| `{}` | {} | {} | {} |\n", row.name, kind_text(row), known, cell(row.doc));
  }
  if (rows.empty()) return {};
  return "## Outputs\n\n| output | kind | known | what it is |\n| --- | --- | --- | --- |\n" +
         rows + "\n";
}

std::string name_text(const ResourceType& type) {
  const NameRule& rule = type.name_rule;
  if (rule.form == NameForm::none) return {};
  std::string text = fmt::format(
      "## Name\n\nBuilt as `{}` unless `name:` or the `naming:` of stack or environment says "
      "otherwise. At most {} characters: {}, digits",
      template_for(Naming{}, type), rule.length_max,
      rule.lower_case_only ? "lower-case letters" : "letters");
  if (!rule.extra_characters.empty()) text += fmt::format(" and `{}`", rule.extra_characters);
  text += ".";
  if (rule.case_insensitive) text += " Two names that differ only by case are the same.";
  if (type.replace_takes_new_name) {
    text +=
        " A replacement takes the next generation of the name (`-g2`) and is made before the old "
        "one goes.";
  }
  return text + "\n\n";
}

}  // namespace

std::string reference_page(const ResourceType& type) {
  std::string page = fmt::format("# {}\n\n{}{}\n\n", type.name, kOrigin, std::string(type.summary));
  if (!type.doc.empty()) page += std::string(trim(type.doc)) + "\n\n";
  if (type.is_lookup) {
    page += "A look-up: firn reads it, and never makes, changes or removes anything for it.\n\n";
  }
  if (!type.example.empty()) page += example_block(type);
  std::string inputs;
  add_rows(type.attributes, "", inputs);
  if (!inputs.empty()) {
    page += "## Inputs\n\n| input | kind | what it is |\n| --- | --- | --- |\n" + inputs + "\n";
  }
  page += outputs_table(type);
  page += name_text(type);
  const std::string import = import_text(type, "`");
  if (!import.empty()) page += fmt::format("## Import\n\n{}\n\n", import);
  if (type.holds_data) {
    page += fmt::format("## Data\n\nRemoving or replacing it loses {}.\n\n", type.data_loss);
  }
  page.pop_back();
  return page;
}

std::string reference_index(std::span<const ResourceType* const> types) {
  std::string page =
      fmt::format("# Reference\n\n{}The same as `firn explain`, as pages.\n\n", kOrigin);
  page += "| type | what it is |\n| --- | --- |\n";
  for (const ResourceType* type : types) {
    page += fmt::format("| [{0}]({0}.md) | {1} |\n", type->name, cell(type->summary));
  }
  return page + "\n[The functions](functions.md) that expressions may call.\n";
}

std::string reference_functions() {
  std::string page = fmt::format(
      "# Functions\n\n{}What `${{…}}` may call, as `firn explain functions` shows it.\n\n"
      "| function | what it answers |\n| --- | --- |\n",
      kOrigin);
  for (const auto& function : expression::functions()) {
    page += fmt::format("| `{}` | {} |\n", replace_all(cell(function.signature), " or ", "` or `"),
                        cell(function.doc));
  }
  return page;
}

}  // namespace firn::cli
