#include "providers/snowflake/object_type.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::snowflake {

void Seen::read_comment(std::string_view stored) {
  MarkedComment comment = read_mark(stored);
  inputs.set("comment", std::move(comment.text));
  mark = std::move(comment.mark);
}

bool Change::has_changed(std::string_view attribute) const {
  return std::find(changed.begin(), changed.end(), attribute) != changed.end();
}

bool Change::has_changed(std::initializer_list<std::string_view> attributes) const {
  return std::any_of(attributes.begin(), attributes.end(),
                     [this](std::string_view attribute) { return has_changed(attribute); });
}

Value Change::wanted(std::string_view attribute) const {
  const Value& said = desired.at(attribute);
  if (!said.is_null() || type == nullptr) return said;
  for (const Attribute& row : type->attributes) {
    if (row.name != attribute || row.default_json.empty()) continue;
    auto value = parse_json(row.default_json);
    if (value) return *value;
  }
  return said;
}

bool Change::is_set(std::string_view attribute) const {
  return !desired.at(attribute).is_null();
}

std::string Change::comment() const {
  return with_mark(desired.string_or("comment", ""), mark);
}

Result<ObjectName> name_in_schema(const Value& inputs, const std::string& name) {
  auto schema = parse_object_name(inputs.string_or("schema", ""), 2);
  if (!schema) return schema;
  return schema->child(name);
}

Result<FoundInSchema> find_in_schema(const Inventory& inventory, const ResourceRecord& record,
                                     Listing (*listing)(const ObjectName& name)) {
  auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  const auto rows = inventory.rows(listing(*name));
  if (!rows) return fail(rows.error());
  FoundInSchema found;
  if (*rows != nullptr) {
    found.row = find_row(**rows, {{"name", name->last()},
                                  {"schema_name", name->parts[1]},
                                  {"database_name", name->parts[0]}});
  }
  found.name = std::move(*name);
  return found;
}

Result<ObjectName> name_in_database(const Value& inputs, const std::string& name) {
  auto database = parse_object_name(inputs.string_or("database", ""), 1);
  if (!database) return database;
  return database->child(name);
}

ObjectName name_in_account(const std::string& name) {
  return ObjectName{{name}};
}

namespace {
Map predict_below(std::string_view container, std::size_t parts, const std::string& name,
                  const Value& inputs) {
  const Value& above = inputs.at(container);
  if (above.is_unknown()) return Map{{"fqn", above}};
  const auto parsed = parse_object_name(above.is_string() ? above.as_string() : "", parts);
  if (!parsed) return {};  // validate() says what is wrong
  return Map{{"fqn", parsed->child(name).shortest()}};
}
}  // namespace

Map predict_in_schema(const Placement&, const std::string& name, const Value& inputs) {
  return predict_below("schema", 2, name, inputs);
}

Map predict_in_database(const Placement&, const std::string& name, const Value& inputs) {
  return predict_below("database", 1, name, inputs);
}

Map predict_in_account(const Placement&, const std::string& name, const Value&) {
  return Map{{"fqn", shortest_identifier(name)}};
}

void check_name(const Value& inputs, std::string_view path, std::size_t parts,
                std::vector<Problem>& problems) {
  const Value& written = inputs.at_path(path);
  if (!written.is_string()) return;
  const auto parsed = parse_object_name(written.as_string(), parts);
  if (!parsed) problems.push_back(problem_of(std::string(path), parsed.error()));
}

Value normalized_name(const Value& written) {
  if (!written.is_string()) return written;
  const auto parsed = parse_object_name(written.as_string());
  return parsed ? Value(parsed->shortest()) : written;
}

void normalize_name_at(Map& inputs, std::string_view attribute) {
  const Value* written = inputs.find(attribute);
  if (written == nullptr) return;
  Value normalized = normalized_name(*written);
  inputs.set(attribute, std::move(normalized));
}

void normalize_upper_at(Map& inputs, std::string_view attribute) {
  const Value* written = inputs.find(attribute);
  if (written == nullptr || !written->is_string()) return;
  std::string upper = to_upper(written->as_string());
  inputs.set(attribute, std::move(upper));
}

bool is_text(const Value& value) {
  return value.is_string() && !value.as_string().empty();
}

std::vector<std::string> texts_of(const Value& list) {
  std::vector<std::string> texts;
  if (!list.is_list()) return texts;
  for (const Value& item : list.as_list()) {
    if (item.is_string()) texts.push_back(item.as_string());
  }
  return texts;
}

Problem problem_of(std::string path, const Error& error) {
  return Problem{std::move(path), error.summary, error.detail, error.remedy};
}

}  // namespace firn::snowflake
