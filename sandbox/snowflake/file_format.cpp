#include "sandbox/snowflake/file_format.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <span>

#include "core/base/text.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

enum class Shape : std::uint8_t { text, boolean, integer, list };

struct Field {
  std::string_view name;
  Shape shape;
  std::string_view fallback;  // of a list: its only item, or empty
};

constexpr std::array<Field, 23> csv = {{
    {"RECORD_DELIMITER", Shape::text, "\n"},
    {"FIELD_DELIMITER", Shape::text, ","},
    {"FILE_EXTENSION", Shape::text, ""},
    {"SKIP_HEADER", Shape::integer, "0"},
    {"PARSE_HEADER", Shape::boolean, "false"},
    {"DATE_FORMAT", Shape::text, "AUTO"},
    {"TIME_FORMAT", Shape::text, "AUTO"},
    {"TIMESTAMP_FORMAT", Shape::text, "AUTO"},
    {"BINARY_FORMAT", Shape::text, "HEX"},
    {"ESCAPE", Shape::text, "NONE"},
    {"ESCAPE_UNENCLOSED_FIELD", Shape::text, "\\"},
    {"TRIM_SPACE", Shape::boolean, "false"},
    {"FIELD_OPTIONALLY_ENCLOSED_BY", Shape::text, "NONE"},
    {"NULL_IF", Shape::list, "\\N"},
    {"COMPRESSION", Shape::text, "AUTO"},
    {"ERROR_ON_COLUMN_COUNT_MISMATCH", Shape::boolean, "true"},
    {"VALIDATE_UTF8", Shape::boolean, "true"},
    {"SKIP_BLANK_LINES", Shape::boolean, "false"},
    {"REPLACE_INVALID_CHARACTERS", Shape::boolean, "false"},
    {"EMPTY_FIELD_AS_NULL", Shape::boolean, "true"},
    {"SKIP_BYTE_ORDER_MARK", Shape::boolean, "true"},
    {"ENCODING", Shape::text, "UTF8"},
    {"MULTI_LINE", Shape::boolean, "true"},
}};
constexpr std::array<Field, 16> json = {{
    {"FILE_EXTENSION", Shape::text, ""},
    {"DATE_FORMAT", Shape::text, "AUTO"},
    {"TIME_FORMAT", Shape::text, "AUTO"},
    {"TIMESTAMP_FORMAT", Shape::text, "AUTO"},
    {"BINARY_FORMAT", Shape::text, "HEX"},
    {"TRIM_SPACE", Shape::boolean, "false"},
    {"MULTI_LINE", Shape::boolean, "true"},
    {"NULL_IF", Shape::list, ""},
    {"COMPRESSION", Shape::text, "AUTO"},
    {"ENABLE_OCTAL", Shape::boolean, "false"},
    {"ALLOW_DUPLICATE", Shape::boolean, "false"},
    {"STRIP_OUTER_ARRAY", Shape::boolean, "false"},
    {"STRIP_NULL_VALUES", Shape::boolean, "false"},
    {"IGNORE_UTF8_ERRORS", Shape::boolean, "false"},
    {"REPLACE_INVALID_CHARACTERS", Shape::boolean, "false"},
    {"SKIP_BYTE_ORDER_MARK", Shape::boolean, "true"},
}};
constexpr std::array<Field, 4> avro = {{
    {"COMPRESSION", Shape::text, "AUTO"},
    {"TRIM_SPACE", Shape::boolean, "false"},
    {"REPLACE_INVALID_CHARACTERS", Shape::boolean, "false"},
    {"NULL_IF", Shape::list, ""},
}};
constexpr std::array<Field, 3> orc = {{
    {"TRIM_SPACE", Shape::boolean, "false"},
    {"REPLACE_INVALID_CHARACTERS", Shape::boolean, "false"},
    {"NULL_IF", Shape::list, ""},
}};
constexpr std::array<Field, 7> parquet = {{
    {"COMPRESSION", Shape::text, "AUTO"},
    {"BINARY_AS_TEXT", Shape::boolean, "true"},
    {"USE_LOGICAL_TYPE", Shape::boolean, "false"},
    {"TRIM_SPACE", Shape::boolean, "false"},
    {"USE_VECTORIZED_SCANNER", Shape::boolean, "false"},
    {"REPLACE_INVALID_CHARACTERS", Shape::boolean, "false"},
    {"NULL_IF", Shape::list, ""},
}};
constexpr std::array<Field, 7> xml = {{
    {"COMPRESSION", Shape::text, "AUTO"},
    {"IGNORE_UTF8_ERRORS", Shape::boolean, "false"},
    {"PRESERVE_SPACE", Shape::boolean, "false"},
    {"STRIP_OUTER_ELEMENT", Shape::boolean, "false"},
    {"DISABLE_AUTO_CONVERT", Shape::boolean, "false"},
    {"REPLACE_INVALID_CHARACTERS", Shape::boolean, "false"},
    {"SKIP_BYTE_ORDER_MARK", Shape::boolean, "true"},
}};

std::span<const Field> fields_of(std::string_view type) {
  if (type == "CSV") return csv;
  if (type == "JSON") return json;
  if (type == "AVRO") return avro;
  if (type == "ORC") return orc;
  if (type == "PARQUET") return parquet;
  if (type == "XML") return xml;
  refuse("001422", "22023", fmt::format("invalid value [{}] for parameter 'TYPE'", type));
}

const Field& field_of(std::string_view type, std::string_view name) {
  for (const auto& field : fields_of(type)) {
    if (field.name == name) return field;
  }
  refuse("001420", "22023",
         fmt::format("invalid property '{}' for 'FILE FORMAT' of type {}", name, type));
}

Value fallback(const Field& field) {
  switch (field.shape) {
    case Shape::boolean:
      return field.fallback == "true";
    case Shape::integer:
      return std::int64_t{0};
    case Shape::list:
      return field.fallback.empty() ? List{} : List{std::string(field.fallback)};
    case Shape::text:
      return std::string(field.fallback);
  }
  return {};
}

bool allowed(std::string_view type, std::string_view name, const std::string& value) {
  static constexpr std::array<std::string_view, 8> compressions = {
      "AUTO", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE"};
  static constexpr std::array<std::string_view, 4> parquet_compressions = {"AUTO", "LZO", "SNAPPY",
                                                                           "NONE"};
  const auto in = [&](std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  if (name == "COMPRESSION") return type == "PARQUET" ? in(parquet_compressions) : in(compressions);
  if (name == "BINARY_FORMAT")
    return value == "HEX" || value == "BASE64" || value == "UTF8" || value == "UTF-8";
  if (name == "FIELD_OPTIONALLY_ENCLOSED_BY") {
    return value == "NONE" || value == "'" || value == "\"";
  }
  return true;
}

Value read_field(std::string_view type, const Field& field, const PropertyValue& value) {
  PropertySpec spec{field.name};
  switch (field.shape) {
    case Shape::boolean:
      spec.type = PropertyType::boolean;
      break;
    case Shape::integer:
      spec.type = PropertyType::integer;
      break;
    case Shape::list:
      spec.type = PropertyType::texts;
      break;
    case Shape::text:
      spec.type = PropertyType::text;
      break;
  }
  const bool keyword_field = field.name == "COMPRESSION" || field.name == "BINARY_FORMAT";
  if (field.shape == Shape::text && (keyword_field || value.kind == PropertyValue::Kind::name)) {
    spec.type = PropertyType::keyword;
  }
  const Value read = read_property(spec, value);
  if (field.shape == Shape::text && !allowed(type, field.name, read.as_string())) {
    refuse("001422", "22023",
           fmt::format("invalid value [{}] for parameter '{}'", value.text, field.name));
  }
  return read;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string shown(const Value& value) {
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_list()) {
    std::vector<std::string> items;
    for (const auto& item : value.as_list())
      items.push_back(escaped(item.as_string()));
    return "[" + join(items, ", ") + "]";
  }
  return value.is_string() ? escaped(value.as_string()) : "";
}

std::string_view shape_name(Shape shape) {
  switch (shape) {
    case Shape::boolean:
      return "Boolean";
    case Shape::integer:
      return "Integer";
    case Shape::list:
      return "List";
    case Shape::text:
      return "String";
  }
  return "String";
}

}  // namespace

std::string format_type(const Map& format) {
  const Value* type = format.find("TYPE");
  return type != nullptr && type->is_string() ? type->as_string() : "CSV";
}

Map read_format(const std::vector<Property>& members, std::string_view type_before) {
  Map format;
  std::string type = type_before.empty() ? "CSV" : std::string(type_before);
  if (const auto* given = find(members, "TYPE")) {
    type = read_property({"TYPE", PropertyType::keyword}, *given).as_string();
  }
  (void)fields_of(type);
  format.set("TYPE", type);
  for (const auto& member : members) {
    if (member.name == "TYPE") continue;
    // Written but never shown.
    if (type == "PARQUET" && member.name == "SNAPPY_COMPRESSION") continue;
    if (format.find(member.name) != nullptr) {
      refuse("001424", "42601", fmt::format("duplicate property '{}'", member.name));
    }
    format.set(member.name, read_field(type, field_of(type, member.name), member.value));
  }
  if (type == "CSV" && format_option(format, "PARSE_HEADER").as_bool() &&
      format_option(format, "SKIP_HEADER").as_int() != 0) {
    refuse("001422", "22023", "PARSE_HEADER and SKIP_HEADER cannot be set together.");
  }
  return format;
}

Value format_option(const Map& format, std::string_view name) {
  if (const Value* given = format.find(name)) return *given;
  return fallback(field_of(format_type(format), name));
}

std::vector<Row> format_rows(const Map& format) {
  const auto type = format_type(format);
  std::vector<Row> rows = {{"TYPE", "String", type, "CSV"}};
  for (const auto& field : fields_of(type)) {
    rows.push_back({std::string(field.name), std::string(shape_name(field.shape)),
                    shown(format_option(format, field.name)), shown(fallback(field))});
  }
  return rows;
}

Value format_json(const Map& format) {
  const auto type = format_type(format);
  Map all{{"TYPE", type}};
  for (const auto& field : fields_of(type)) {
    Value value = format_option(format, field.name);
    const bool empty_extension = field.name == "FILE_EXTENSION" && value.as_string().empty();
    all.set(field.name, empty_extension ? Value() : std::move(value));
  }
  return all;
}

}  // namespace firn::sandbox::snowflake
