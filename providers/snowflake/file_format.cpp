// snowflake.file_format. Snowflake documentation: "CREATE FILE FORMAT", "ALTER FILE FORMAT", "SHOW
// FILE FORMATS".
#include <array>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/snowflake/format_options.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 6> kinds = {"AVRO", "CSV", "JSON", "ORC", "PARQUET", "XML"};
constexpr Attribute option_element{
    .name = "option",
    .kind = AttributeKind::any,
    .doc = "Value of one option: a text, a number, a flag or a list."};

constexpr std::array attributes = {
    schema_attribute,
    Attribute{.name = "format_type",
              .doc = "Format of the files.",
              .required = true,
              .on_change = OnChange::replace,
              .example = "format_type: PARQUET",
              .allowed = kinds},
    Attribute{.name = "options",
              .kind = AttributeKind::map,
              .doc =
                  "Options of the format under Snowflake's names, in lower case. What is left out "
                  "has Snowflake's documented default.",
              .default_json = "{}",
              .example = "options: { compression: SNAPPY }",
              .element = &option_element},
    comment_attribute,
    fqn_attribute,
};

Listing listing(const ObjectName& name) {
  return show_in_schema("SHOW FILE FORMATS", name);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  return {listing(*name)};
}

// The options that the record sets, as the cloud shows them; one that it does not show (Parquet's
// compression is not always) is taken to be as recorded.
Value shown_options(std::string_view format, const std::string& json, const Value& recorded) {
  const auto parsed = parse_json(json.empty() ? "{}" : json);
  Map shown;
  if (!parsed || !recorded.is_map()) return recorded;
  for (const auto& [name, value] : recorded.as_map()) {
    const std::string upper = to_upper(name);
    const Value& there = parsed->at(upper);
    shown.set(name, there.is_null() ? value : there);
  }
  return canonical_options(format, shown);
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, listing);
  if (!found) return fail(found.error());
  const ObjectName& name = found->name;
  const Row* row = found->row;
  if (row == nullptr) return seen;
  seen.exists = true;
  const std::string format = to_upper(row->text("type"));
  seen.inputs.set("schema", name.parent().shortest());
  seen.inputs.set("format_type", format);
  if (record.inputs.find("options") != nullptr) {
    seen.inputs.set(
        "options", shown_options(format, row->text("format_options"), record.inputs.at("options")));
  }
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  return seen;
}

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  const std::string format = change.desired.string_or("format_type", "CSV");
  Statement statement("CREATE FILE FORMAT");
  statement.name(*name).set_word("TYPE", format);
  for (const FormatOption& option : options_of_format(format)) {
    const Value& value = change.desired.at("options").at(to_lower(option.keyword.text()));
    if (!value.is_null()) add_option(statement, option, value);
  }
  statement.set_text("COMMENT", change.comment());
  return std::vector{Step{statement}};
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  Statement set = Statement("ALTER FILE FORMAT").name(*name).word("SET");
  const std::string nothing = set.text();
  if (change.has_changed("options")) {
    // ALTER FILE FORMAT has no UNSET: what the author took away gets its documented default.
    for (const FormatOption& option :
         options_of_format(change.desired.string_or("format_type", ""))) {
      const std::string key = to_lower(option.keyword.text());
      const Value& value = change.desired.at("options").at(key);
      if (!value.is_null()) {
        add_option(set, option, value);
      } else if (!change.prior.at("options").at(key).is_null()) {
        const auto standard = parse_json(option.default_json);
        if (standard) add_option(set, option, *standard);
      }
    }
  }
  if (change.has_changed("comment")) set.set_text("COMMENT", change.comment());
  if (set.text() == nothing) return std::vector<Step>{};
  return std::vector{Step{set}};
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  return std::vector{Step{Statement("DROP FILE FORMAT").word("IF EXISTS").name(*name)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  const std::string format = inputs.string_or("format_type", "");
  if (!options_of_format(format).empty()) validate_options(format, inputs.at("options"), problems);
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "schema");
  if (const Value* options = normal.find("options")) {
    Value canonical = canonical_options(inputs.string_or("format_type", ""), *options);
    normal.set("options", std::move(canonical));
  }
  return normal;
}

constexpr ResourceType type{
    .name = "snowflake.file_format",
    .summary = "A named file format.",
    .doc = "Pipes that name it stop when it is made anew, and are then made anew, too.",
    .example =
        "  type: snowflake.file_format\n  schema: ${loading}\n  format_type: PARQUET\n"
        "  options: { compression: SNAPPY }\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_schema,
    .validate = validate,
    .normalize = normalize};

}  // namespace

const ObjectType file_format_type{.type = &type,
                                  .listings = listings,
                                  .read = read,
                                  .create = create,
                                  .update = update,
                                  .remove = remove};

}  // namespace firn::snowflake
