#include "sandbox/snowflake/types.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/core.h>

#include "core/base/text.h"
#include "sandbox/snowflake/parser_impl.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

using Family = DataType::Family;

constexpr std::int64_t default_text = 16777216;
constexpr std::int64_t longest_text = 134217728;
constexpr std::int64_t default_binary = 8388608;
constexpr std::int64_t longest_binary = 67108864;

struct Spelling {
  std::string_view name;
  Family family;
};
constexpr std::array<Spelling, 53> spellings = {{
    {"NUMBER", Family::number},
    {"DECIMAL", Family::number},
    {"DEC", Family::number},
    {"NUMERIC", Family::number},
    {"FIXED", Family::number},
    {"FLOAT", Family::floating},
    {"FLOAT4", Family::floating},
    {"FLOAT8", Family::floating},
    {"DOUBLE", Family::floating},
    {"DOUBLE PRECISION", Family::floating},
    {"REAL", Family::floating},
    {"DECFLOAT", Family::decfloat},
    {"VARCHAR", Family::text},
    {"STRING", Family::text},
    {"TEXT", Family::text},
    {"NVARCHAR", Family::text},
    {"NVARCHAR2", Family::text},
    {"CHAR VARYING", Family::text},
    {"CHARACTER VARYING", Family::text},
    {"NCHAR VARYING", Family::text},
    {"CHAR", Family::text},
    {"CHARACTER", Family::text},
    {"NCHAR", Family::text},
    {"BINARY", Family::binary},
    {"VARBINARY", Family::binary},
    {"BINARY VARYING", Family::binary},
    {"BOOLEAN", Family::boolean},
    {"DATE", Family::date},
    {"TIME", Family::time},
    {"DATETIME", Family::timestamp_ntz},
    {"TIMESTAMP", Family::timestamp_ntz},
    {"TIMESTAMP_NTZ", Family::timestamp_ntz},
    {"TIMESTAMPNTZ", Family::timestamp_ntz},
    {"TIMESTAMP WITHOUT TIME ZONE", Family::timestamp_ntz},
    {"TIMESTAMP_LTZ", Family::timestamp_ltz},
    {"TIMESTAMPLTZ", Family::timestamp_ltz},
    {"TIMESTAMP WITH LOCAL TIME ZONE", Family::timestamp_ltz},
    {"TIMESTAMP_TZ", Family::timestamp_tz},
    {"TIMESTAMPTZ", Family::timestamp_tz},
    {"TIMESTAMP WITH TIME ZONE", Family::timestamp_tz},
    {"VARIANT", Family::variant},
    {"OBJECT", Family::object},
    {"ARRAY", Family::array},
    {"MAP", Family::other},
    {"GEOGRAPHY", Family::other},
    {"GEOMETRY", Family::other},
    {"VECTOR", Family::other},
    {"INT", Family::number},
    {"INTEGER", Family::number},
    {"BIGINT", Family::number},
    {"SMALLINT", Family::number},
    {"TINYINT", Family::number},
    {"BYTEINT", Family::number},
}};

bool is_integer_spelling(std::string_view name) {
  return name == "INT" || name == "INTEGER" || name == "BIGINT" || name == "SMALLINT" ||
         name == "TINYINT" || name == "BYTEINT";
}

[[noreturn]] void refuse_type(std::string_view name) {
  refuse("002040", "42601", fmt::format("Unsupported data type '{}'.", name));
}

std::int64_t argument(const TypeText& text, std::size_t index, std::int64_t fallback,
                      std::int64_t low, std::int64_t high) {
  if (text.arguments.size() <= index) return fallback;
  const auto word = trim(text.arguments[index]);
  std::int64_t value = 0;
  const auto* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < low || value > high) {
    refuse("001008", "22023",
           fmt::format("invalid value [{}] for parameter '{}' of type {}: {} to {} is allowed",
                       word, index == 0 ? "length or precision" : "scale", text.name, low, high));
  }
  return value;
}

}  // namespace

DataType data_type(const TypeText& text) {
  const auto* found = std::find_if(spellings.begin(), spellings.end(),
                                   [&](const Spelling& s) { return s.name == text.name; });
  if (found == spellings.end()) refuse_type(text.name);
  DataType type;
  type.family = found->family;
  std::size_t most_arguments = 1;
  switch (type.family) {
    case Family::number:
      most_arguments = is_integer_spelling(text.name) ? 0 : 2;
      type.precision = argument(text, 0, 38, 1, 38);
      type.scale = argument(text, 1, 0, 0, std::min<std::int64_t>(37, type.precision));
      break;
    case Family::text: {
      const bool one = text.name == "CHAR" || text.name == "CHARACTER" || text.name == "NCHAR";
      type.length = argument(text, 0, one ? 1 : default_text, 1, longest_text);
      break;
    }
    case Family::binary:
      type.length = argument(text, 0, default_binary, 1, longest_binary);
      break;
    case Family::time:
    case Family::timestamp_ntz:
    case Family::timestamp_ltz:
    case Family::timestamp_tz:
      type.precision = argument(text, 0, 9, 0, 9);
      break;
    case Family::decfloat:
      type.precision = argument(text, 0, 38, 38, 38);
      break;
    case Family::object:
    case Family::array:
    case Family::other:
      most_arguments = 1000;
      if (!text.arguments.empty() || type.family == Family::other) {
        type.written = text.name;
        if (!text.arguments.empty()) {
          std::vector<std::string> arguments;
          for (const auto& one : text.arguments)
            arguments.emplace_back(trim(one));
          type.written += "(" + join(arguments, ", ") + ")";
          type.family = Family::other;
        } else if (text.name == "VECTOR" || text.name == "MAP") {
          refuse_type(text.name);
        }
      }
      break;
    default:
      most_arguments = 0;
  }
  if (text.arguments.size() > most_arguments) refuse_type(text.name);
  return type;
}

DataType parse_data_type(std::string_view text) {
  TypeText parts;
  const auto open = text.find('(');
  parts.name = to_upper(trim(text.substr(0, open)));
  if (open != std::string_view::npos) {
    const auto close = text.rfind(')');
    parts.arguments = split(text.substr(open + 1, close - open - 1), ',');
  }
  return data_type(parts);
}

std::string canonical(const DataType& type) {
  switch (type.family) {
    case Family::number:
      return fmt::format("NUMBER({},{})", type.precision, type.scale);
    case Family::floating:
      return "FLOAT";
    case Family::decfloat:
      return "DECFLOAT(38)";
    case Family::text:
      return fmt::format("VARCHAR({})", type.length);
    case Family::binary:
      return fmt::format("BINARY({})", type.length);
    case Family::boolean:
      return "BOOLEAN";
    case Family::date:
      return "DATE";
    case Family::time:
      return fmt::format("TIME({})", type.precision);
    case Family::timestamp_ntz:
      return fmt::format("TIMESTAMP_NTZ({})", type.precision);
    case Family::timestamp_ltz:
      return fmt::format("TIMESTAMP_LTZ({})", type.precision);
    case Family::timestamp_tz:
      return fmt::format("TIMESTAMP_TZ({})", type.precision);
    case Family::variant:
      return "VARIANT";
    case Family::object:
      return "OBJECT";
    case Family::array:
      return "ARRAY";
    case Family::other:
      return type.written;
  }
  return type.written;
}

Value as_json(const DataType& type) {
  Map map;
  const auto timed = [&](const char* name) {
    map.set("type", name);
    map.set("precision", 0);
    map.set("scale", type.precision);
  };
  switch (type.family) {
    case Family::number:
      map = Map{{"type", "FIXED"}, {"precision", type.precision}, {"scale", type.scale}};
      break;
    case Family::floating:
      map.set("type", "REAL");
      break;
    case Family::decfloat:
      map = Map{{"type", "DECFLOAT"}, {"precision", type.precision}};
      break;
    case Family::text:
      map = Map{{"type", "TEXT"},
                {"length", type.length},
                {"byteLength", std::min(type.length * 4, longest_text)},
                {"fixed", false}};
      break;
    case Family::binary:
      map = Map{{"type", "BINARY"},
                {"length", type.length},
                {"byteLength", type.length},
                {"fixed", true}};
      break;
    case Family::boolean:
      map.set("type", "BOOLEAN");
      break;
    case Family::date:
      map.set("type", "DATE");
      break;
    case Family::time:
      timed("TIME");
      break;
    case Family::timestamp_ntz:
      timed("TIMESTAMP_NTZ");
      break;
    case Family::timestamp_ltz:
      timed("TIMESTAMP_LTZ");
      break;
    case Family::timestamp_tz:
      timed("TIMESTAMP_TZ");
      break;
    case Family::variant:
      map.set("type", "VARIANT");
      break;
    case Family::object:
      map.set("type", "OBJECT");
      break;
    case Family::array:
      map.set("type", "ARRAY");
      break;
    case Family::other:
      map.set("type", type.written.substr(0, type.written.find('(')));
      break;
  }
  return map;
}

ResultColumn result_column(std::string name, const DataType& type) {
  ResultColumn column;
  column.name = std::move(name);
  column.type = to_lower(as_json(type).string_or("type", "text"));
  column.precision = type.family == Family::number ? type.precision : 0;
  column.scale = type.family == Family::number ? type.scale : type.precision;
  column.length = type.length;
  return column;
}

std::string refusal_of_change(const DataType& from, const DataType& to, std::int64_t widest) {
  const auto reason = [&](std::string_view why) {
    return fmt::format("cannot change column from type {} to {}{}", canonical(from), canonical(to),
                       why);
  };
  if (from.family != to.family) {
    return reason(" because they have incompatible types.");
  }
  switch (from.family) {
    case Family::text:
      if (to.length < from.length) return reason(" because reducing the length is not supported.");
      return {};
    case Family::binary:
      if (to.length != from.length) return reason(" because changing the length is not supported.");
      return {};
    case Family::number:
      if (to.scale != from.scale) return reason(" because changing the scale is not supported.");
      if (to.precision < from.precision && widest > to.precision) {
        return reason(" because the existing values do not fit the reduced precision.");
      }
      return {};
    case Family::time:
    case Family::timestamp_ntz:
    case Family::timestamp_ltz:
    case Family::timestamp_tz:
      if (to.precision != from.precision) {
        return reason(" because changing the precision is not supported.");
      }
      return {};
    case Family::other:
      if (to.written != from.written) return reason(" because they have incompatible types.");
      return {};
    default:
      return {};
  }
}

}  // namespace firn::sandbox::snowflake
