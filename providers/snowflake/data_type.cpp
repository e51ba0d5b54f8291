#include "providers/snowflake/data_type.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/base/text.h"
#include "core/value/json.h"
#include "core/value/value.h"

namespace firn::snowflake {
namespace {

constexpr std::int64_t number_digits_max = 38;
constexpr std::int64_t varchar_length_default = 16'777'216;
constexpr std::int64_t varchar_length_max = 134'217'728;
constexpr std::int64_t binary_length_default = 8'388'608;
constexpr std::int64_t binary_length_max = 67'108'864;
constexpr std::int64_t time_digits_max = 9;

struct Synonym {
  std::string_view name;
  TypeFamily family;
  std::int64_t default_size;
};

constexpr std::array synonyms = {
    Synonym{"NUMBER", TypeFamily::number, 38},
    Synonym{"DECIMAL", TypeFamily::number, 38},
    Synonym{"DEC", TypeFamily::number, 38},
    Synonym{"NUMERIC", TypeFamily::number, 38},
    Synonym{"INT", TypeFamily::number, 0},
    Synonym{"INTEGER", TypeFamily::number, 0},
    Synonym{"BIGINT", TypeFamily::number, 0},
    Synonym{"SMALLINT", TypeFamily::number, 0},
    Synonym{"TINYINT", TypeFamily::number, 0},
    Synonym{"BYTEINT", TypeFamily::number, 0},
    Synonym{"FLOAT", TypeFamily::floating, 0},
    Synonym{"FLOAT4", TypeFamily::floating, 0},
    Synonym{"FLOAT8", TypeFamily::floating, 0},
    Synonym{"DOUBLE", TypeFamily::floating, 0},
    Synonym{"DOUBLE PRECISION", TypeFamily::floating, 0},
    Synonym{"REAL", TypeFamily::floating, 0},
    Synonym{"DECFLOAT", TypeFamily::decfloat, 38},
    Synonym{"VARCHAR", TypeFamily::varchar, varchar_length_default},
    Synonym{"STRING", TypeFamily::varchar, varchar_length_default},
    Synonym{"TEXT", TypeFamily::varchar, varchar_length_default},
    Synonym{"NVARCHAR", TypeFamily::varchar, varchar_length_default},
    Synonym{"NVARCHAR2", TypeFamily::varchar, varchar_length_default},
    Synonym{"CHAR VARYING", TypeFamily::varchar, varchar_length_default},
    Synonym{"NCHAR VARYING", TypeFamily::varchar, varchar_length_default},
    Synonym{"CHAR", TypeFamily::varchar, 1},
    Synonym{"CHARACTER", TypeFamily::varchar, 1},
    Synonym{"NCHAR", TypeFamily::varchar, 1},
    Synonym{"BINARY", TypeFamily::binary, binary_length_default},
    Synonym{"VARBINARY", TypeFamily::binary, binary_length_default},
    Synonym{"BOOLEAN", TypeFamily::boolean, 0},
    Synonym{"DATE", TypeFamily::date, 0},
    Synonym{"TIME", TypeFamily::time, 9},
    Synonym{"DATETIME", TypeFamily::timestamp_ntz, 9},
    Synonym{"TIMESTAMP_NTZ", TypeFamily::timestamp_ntz, 9},
    Synonym{"TIMESTAMPNTZ", TypeFamily::timestamp_ntz, 9},
    Synonym{"TIMESTAMP WITHOUT TIME ZONE", TypeFamily::timestamp_ntz, 9},
    Synonym{"TIMESTAMP_LTZ", TypeFamily::timestamp_ltz, 9},
    Synonym{"TIMESTAMPLTZ", TypeFamily::timestamp_ltz, 9},
    Synonym{"TIMESTAMP WITH LOCAL TIME ZONE", TypeFamily::timestamp_ltz, 9},
    Synonym{"TIMESTAMP_TZ", TypeFamily::timestamp_tz, 9},
    Synonym{"TIMESTAMPTZ", TypeFamily::timestamp_tz, 9},
    Synonym{"TIMESTAMP WITH TIME ZONE", TypeFamily::timestamp_tz, 9},
};

constexpr std::array whole_names = {"VARIANT",  "OBJECT", "ARRAY",  "GEOGRAPHY",
                                    "GEOMETRY", "MAP",    "VECTOR", "FILE"};

// The last line of a message that lists no more than what people mistype.
constexpr std::array<std::string_view, 21> suggested_names = {
    "NUMBER",        "INTEGER",  "FLOAT",   "DOUBLE", "VARCHAR", "STRING",        "TEXT",
    "CHAR",          "BINARY",   "BOOLEAN", "DATE",   "TIME",    "TIMESTAMP_NTZ", "TIMESTAMP_TZ",
    "TIMESTAMP_LTZ", "DATETIME", "VARIANT", "OBJECT", "ARRAY",   "GEOGRAPHY",     "VECTOR"};

std::string_view printed_name(TypeFamily family) {
  switch (family) {
    case TypeFamily::number:
      return "NUMBER";
    case TypeFamily::floating:
      return "FLOAT";
    case TypeFamily::decfloat:
      return "DECFLOAT";
    case TypeFamily::varchar:
      return "VARCHAR";
    case TypeFamily::binary:
      return "BINARY";
    case TypeFamily::boolean:
      return "BOOLEAN";
    case TypeFamily::date:
      return "DATE";
    case TypeFamily::time:
      return "TIME";
    case TypeFamily::timestamp_ntz:
      return "TIMESTAMP_NTZ";
    case TypeFamily::timestamp_ltz:
      return "TIMESTAMP_LTZ";
    case TypeFamily::timestamp_tz:
      return "TIMESTAMP_TZ";
    case TypeFamily::other:
      break;
  }
  return "";
}

DataType made(TypeFamily family, std::int64_t size, std::int64_t scale) {
  DataType type;
  type.family = family;
  type.size = size;
  type.scale = scale;
  type.text = printed_name(family);
  if (family == TypeFamily::number) {
    type.text += '(' + std::to_string(size) + ',' + std::to_string(scale) + ')';
  } else if (size > 0 || family == TypeFamily::time || family == TypeFamily::timestamp_ntz ||
             family == TypeFamily::timestamp_ltz || family == TypeFamily::timestamp_tz) {
    type.text += '(' + std::to_string(size) + ')';
  }
  return type;
}

// Upper case, single spaces, none around brackets and commas.
std::string tidy(std::string_view text) {
  std::string out;
  for (const char c : to_upper(trim(text))) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    const bool tight = c == '(' || c == ')' || c == ',';
    if (space && (out.empty() || out.back() == ' ' || out.back() == '(' || out.back() == ','))
      continue;
    if (tight && !out.empty() && out.back() == ' ') out.pop_back();
    out += space ? ' ' : c;
  }
  return out;
}

Failure bad_type(std::string_view text, std::string why, std::string remedy = {}) {
  return fail(ErrorKind::invalid_input, "not a column type: " + std::string(text), std::move(why),
              std::move(remedy));
}

std::optional<std::vector<std::int64_t>> numbers_in(std::string_view arguments) {
  std::vector<std::int64_t> numbers;
  for (const auto& part : split(arguments, ',')) {
    if (part.empty() || part.size() > 9 ||
        !std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return std::nullopt;
    }
    numbers.push_back(std::stoll(part));
  }
  return numbers;
}

bool is_whole_type(std::string_view tidied) {
  const auto name = tidied.substr(0, tidied.find('('));
  if (std::find(whole_names.begin(), whole_names.end(), name) == whole_names.end()) return false;
  int depth = 0;
  for (const char c : tidied) {
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) return false;
    const bool allowed = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ' ' ||
                         c == ',' || c == '(' || c == ')';
    if (!allowed) return false;
  }
  return depth == 0;
}

}  // namespace

Result<DataType> parse_data_type(std::string_view text) {
  const std::string tidied = tidy(text);
  if (is_whole_type(tidied)) {
    DataType type;
    type.text = tidied;
    return type;
  }
  std::string name = tidied;
  std::optional<std::string> arguments;
  if (const auto open = tidied.find('('); open != std::string::npos) {
    const auto close = tidied.find(')', open);
    if (close == std::string::npos) return bad_type(text, "a bracket is not closed");
    arguments = tidied.substr(open + 1, close - open - 1);
    // TIMESTAMP(9) WITH TIME ZONE has its digits in the middle.
    name = std::string(trim(tidied.substr(0, open)));
    const auto rest = trim(std::string_view(tidied).substr(close + 1));
    if (!rest.empty()) name += ' ' + std::string(rest);
  }
  if (name == "TIMESTAMP") {
    return bad_type(text, "what bare TIMESTAMP means is a setting of the account",
                    "write TIMESTAMP_NTZ, TIMESTAMP_LTZ or TIMESTAMP_TZ");
  }
  const auto* found = std::find_if(synonyms.begin(), synonyms.end(),
                                   [&](const Synonym& synonym) { return synonym.name == name; });
  if (found == synonyms.end()) {
    return bad_type(text, "Snowflake has no type of that name",
                    suggestion(to_upper(name), suggested_names));
  }
  std::vector<std::int64_t> numbers;
  if (arguments) {
    const auto read = numbers_in(*arguments);
    if (!read) return bad_type(text, "the brackets may hold whole numbers only");
    numbers = *read;
  }
  const std::size_t numbers_max = found->family == TypeFamily::number ? 2 : 1;
  const bool takes_none = found->default_size == 0;
  if (!numbers.empty() && (takes_none || numbers.size() > numbers_max)) {
    return bad_type(text, takes_none ? "this type takes no length"
                                     : "there are too many numbers in the brackets");
  }
  const auto in_range = [&](std::int64_t value, std::int64_t low, std::int64_t high) {
    return value >= low && value <= high;
  };
  std::int64_t size = numbers.empty() ? found->default_size : numbers[0];
  std::int64_t scale = 0;
  switch (found->family) {
    case TypeFamily::number:
      if (size == 0 && numbers.empty()) size = number_digits_max;
      if (!in_range(size, 1, number_digits_max)) {
        return bad_type(text, "a number has 1 to 38 digits");
      }
      if (numbers.size() == 2) scale = numbers[1];
      if (!in_range(scale, 0, size == 38 ? 37 : size)) {
        return bad_type(text, "the digits after the point must fit into all digits");
      }
      break;
    case TypeFamily::varchar:
      if (!in_range(size, 1, varchar_length_max)) {
        return bad_type(text, "a text has a length of 1 to 134217728");
      }
      break;
    case TypeFamily::binary:
      if (!in_range(size, 1, binary_length_max)) {
        return bad_type(text, "a binary has a length of 1 to 67108864");
      }
      break;
    case TypeFamily::decfloat:
      if (size != 38) return bad_type(text, "DECFLOAT has 38 digits");
      break;
    case TypeFamily::time:
    case TypeFamily::timestamp_ntz:
    case TypeFamily::timestamp_ltz:
    case TypeFamily::timestamp_tz:
      if (!in_range(size, 0, time_digits_max)) {
        return bad_type(text, "fractions of a second have 0 to 9 digits");
      }
      break;
    case TypeFamily::floating:
    case TypeFamily::boolean:
    case TypeFamily::date:
    case TypeFamily::other:
      break;
  }
  return made(found->family, size, scale);
}

DataType data_type_of_listing(std::string_view json) {
  const auto read = parse_json(json);
  if (!read || !read->is_map()) return {};
  const std::string name = to_upper(read->string_or("type", ""));
  const auto scale = read->int_or("scale", 9);
  if (name == "FIXED") {
    return made(TypeFamily::number, read->int_or("precision", 38), read->int_or("scale", 0));
  }
  if (name == "REAL") return made(TypeFamily::floating, 0, 0);
  if (name == "TEXT") {
    return made(TypeFamily::varchar, read->int_or("length", varchar_length_default), 0);
  }
  if (name == "BINARY") {
    return made(TypeFamily::binary, read->int_or("length", binary_length_default), 0);
  }
  if (name == "TIME") return made(TypeFamily::time, scale, 0);
  if (name == "TIMESTAMP_NTZ") return made(TypeFamily::timestamp_ntz, scale, 0);
  if (name == "TIMESTAMP_LTZ") return made(TypeFamily::timestamp_ltz, scale, 0);
  if (name == "TIMESTAMP_TZ") return made(TypeFamily::timestamp_tz, scale, 0);
  if (auto type = parse_data_type(name)) return *type;
  return {};
}

TypeChange judge_type_change(const DataType& before, const DataType& after) {
  if (before == after) return {};
  const std::string both = before.text + " to " + after.text;
  const auto no = [&](std::string why) {
    return TypeChange{OnChange::replace_losing_data, both + ": " + std::move(why)};
  };
  if (before.family != after.family) {
    return no("Snowflake cannot turn one kind of type into another in place");
  }
  switch (before.family) {
    case TypeFamily::varchar:
      if (after.size > before.size) return {OnChange::update, both + ": widened in place"};
      return no("a text column can only become longer");
    case TypeFamily::number:
      if (after.scale != before.scale) return no("the digits after the point cannot change");
      if (after.size > before.size) return {OnChange::update, both + ": widened in place"};
      return no("fewer digits may not hold the numbers that are there");
    case TypeFamily::binary:
      return no("the length of a binary column cannot change");
    case TypeFamily::time:
    case TypeFamily::timestamp_ntz:
    case TypeFamily::timestamp_ltz:
    case TypeFamily::timestamp_tz:
      return no("the precision of a time cannot change");
    case TypeFamily::floating:
    case TypeFamily::decfloat:
    case TypeFamily::boolean:
    case TypeFamily::date:
    case TypeFamily::other:
      break;
  }
  return no("Snowflake cannot change this type in place");
}

}  // namespace firn::snowflake
