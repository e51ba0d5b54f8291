#include "providers/snowflake/format_options.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::snowflake {
namespace {

using Words = std::array<std::string_view, 8>;
constexpr Words compressions = {"AUTO", "GZIP",    "BZ2",         "BROTLI",
                                "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE"};
constexpr std::array<std::string_view, 4> parquet_compressions = {"AUTO", "LZO", "SNAPPY", "NONE"};
constexpr std::array<std::string_view, 3> binary_forms = {"HEX", "BASE64", "UTF8"};

using K = OptionKind;
constexpr FormatOption compression{"COMPRESSION", K::word, "\"AUTO\"", compressions};
constexpr FormatOption replace_invalid{"REPLACE_INVALID_CHARACTERS", K::flag, "false"};
constexpr FormatOption trim_space{"TRIM_SPACE", K::flag, "false"};
constexpr FormatOption null_if_nothing{"NULL_IF", K::texts, "[]"};
constexpr FormatOption skip_mark{"SKIP_BYTE_ORDER_MARK", K::flag, "true"};
constexpr FormatOption multi_line{"MULTI_LINE", K::flag, "true"};
constexpr FormatOption extension{"FILE_EXTENSION", K::text, "\"\""};
constexpr FormatOption date_form{"DATE_FORMAT", K::text, "\"AUTO\""};
constexpr FormatOption time_form{"TIME_FORMAT", K::text, "\"AUTO\""};
constexpr FormatOption timestamp_form{"TIMESTAMP_FORMAT", K::text, "\"AUTO\""};
constexpr FormatOption binary_form{"BINARY_FORMAT", K::word, "\"HEX\"", binary_forms};

constexpr std::array csv = {
    binary_form,
    compression,
    date_form,
    FormatOption{"EMPTY_FIELD_AS_NULL", K::flag, "true"},
    FormatOption{"ENCODING", K::text, "\"UTF8\""},
    FormatOption{"ERROR_ON_COLUMN_COUNT_MISMATCH", K::flag, "true"},
    FormatOption{"ESCAPE", K::text, "\"NONE\""},
    FormatOption{"ESCAPE_UNENCLOSED_FIELD", K::text, R"("\\")"},
    FormatOption{"FIELD_DELIMITER", K::text, "\",\""},
    FormatOption{"FIELD_OPTIONALLY_ENCLOSED_BY", K::text, "\"NONE\""},
    extension,
    multi_line,
    FormatOption{"NULL_IF", K::texts, R"(["\\N"])"},
    FormatOption{"PARSE_HEADER", K::flag, "false"},
    FormatOption{"RECORD_DELIMITER", K::text, R"("\n")"},
    replace_invalid,
    FormatOption{"SKIP_BLANK_LINES", K::flag, "false"},
    skip_mark,
    FormatOption{"SKIP_HEADER", K::integer, "0"},
    timestamp_form,
    time_form,
    trim_space,
};
constexpr std::array json = {
    FormatOption{"ALLOW_DUPLICATE", K::flag, "false"},
    binary_form,
    compression,
    date_form,
    FormatOption{"ENABLE_OCTAL", K::flag, "false"},
    extension,
    FormatOption{"IGNORE_UTF8_ERRORS", K::flag, "false"},
    multi_line,
    null_if_nothing,
    replace_invalid,
    skip_mark,
    FormatOption{"STRIP_NULL_VALUES", K::flag, "false"},
    FormatOption{"STRIP_OUTER_ARRAY", K::flag, "false"},
    timestamp_form,
    time_form,
    trim_space,
};
constexpr std::array avro = {compression, null_if_nothing, replace_invalid, trim_space};
constexpr std::array orc = {null_if_nothing, replace_invalid, trim_space};
constexpr std::array parquet = {
    FormatOption{"BINARY_AS_TEXT", K::flag, "true"},
    FormatOption{"COMPRESSION", K::word, "\"AUTO\"", parquet_compressions},
    null_if_nothing,
    replace_invalid,
    trim_space,
    FormatOption{"USE_LOGICAL_TYPE", K::flag, "false"},
    FormatOption{"USE_VECTORIZED_SCANNER", K::flag, "false"},
};
constexpr std::array xml = {
    compression,
    FormatOption{"DISABLE_AUTO_CONVERT", K::flag, "false"},
    FormatOption{"IGNORE_UTF8_ERRORS", K::flag, "false"},
    FormatOption{"PRESERVE_SPACE", K::flag, "false"},
    replace_invalid,
    skip_mark,
    FormatOption{"STRIP_OUTER_ELEMENT", K::flag, "false"},
};

constexpr std::array<std::string_view, 6> types = {"AVRO", "CSV", "JSON", "ORC", "PARQUET", "XML"};

const FormatOption* find_option(std::string_view format, std::string_view name) {
  const auto options = options_of_format(format);
  const auto found = std::find_if(options.begin(), options.end(), [&](const FormatOption& option) {
    return equals_ignoring_case(option.keyword.text(), name);
  });
  return found == options.end() ? nullptr : &*found;
}

bool is_bare_word(std::string_view text) {
  return text == "NONE" || text == "AUTO";
}

bool fits(const FormatOption& option, const Value& value) {
  switch (option.kind) {
    case OptionKind::flag:
      return value.is_bool();
    case OptionKind::integer:
      return value.is_int() && value.as_int() >= 0;
    case OptionKind::text:
      return value.is_string();
    case OptionKind::word:
      return value.is_string() && std::find(option.allowed.begin(), option.allowed.end(),
                                            value.as_string()) != option.allowed.end();
    case OptionKind::texts:
      return value.is_list() && std::all_of(value.as_list().begin(), value.as_list().end(),
                                            [](const Value& item) { return item.is_string(); });
  }
  return false;
}

std::string expectation(const FormatOption& option) {
  switch (option.kind) {
    case OptionKind::flag:
      return "it is true or false";
    case OptionKind::integer:
      return "it is a whole number of 0 or more";
    case OptionKind::text:
      return "it is a text";
    case OptionKind::texts:
      return "it is a list of texts";
    case OptionKind::word:
      break;
  }
  std::vector<std::string> words(option.allowed.begin(), option.allowed.end());
  return "it is one of " + join(words, ", ");
}

}  // namespace

std::span<const FormatOption> options_of_format(std::string_view format) {
  if (format == "CSV") return csv;
  if (format == "JSON") return json;
  if (format == "AVRO") return avro;
  if (format == "ORC") return orc;
  if (format == "PARQUET") return parquet;
  if (format == "XML") return xml;
  return {};
}

std::span<const std::string_view> format_types() {
  return types;
}

Value canonical_option(const FormatOption& option, const Value& value) {
  if (!value.is_string()) return value;
  const std::string& text = value.as_string();
  const std::string upper = to_upper(text);
  switch (option.kind) {
    case OptionKind::flag:
      if (upper == "TRUE") return true;
      if (upper == "FALSE") return false;
      return value;
    case OptionKind::integer:
      if (!text.empty() && text.size() < 10 &&
          std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        return std::int64_t{std::stoll(text)};
      }
      return value;
    case OptionKind::word:
      return upper;
    case OptionKind::text: {
      if (is_bare_word(upper)) return upper;
      std::string resolved = replace_all(text, "\\n", "\n");
      resolved = replace_all(std::move(resolved), "\\t", "\t");
      return replace_all(std::move(resolved), "\\r", "\r");
    }
    case OptionKind::texts:
      return value;
  }
  return value;
}

Value canonical_options(std::string_view format, const Value& options) {
  if (!options.is_map()) return options;
  std::vector<MapEntry> members;
  for (const auto& [name, value] : options.as_map()) {
    const FormatOption* option = find_option(format, name);
    members.emplace_back(to_lower(name),
                         option == nullptr ? value : canonical_option(*option, value));
  }
  return Map(std::move(members));
}

void validate_options(std::string_view format, const Value& options,
                      std::vector<Problem>& problems) {
  if (!options.is_map()) return;
  std::vector<std::string> names;
  for (const FormatOption& option : options_of_format(format)) {
    names.push_back(to_lower(option.keyword.text()));
  }
  for (const auto& [name, written] : options.as_map()) {
    const std::string path = "options." + name;
    const FormatOption* option = find_option(format, name);
    if (option == nullptr) {
      const std::vector<std::string_view> known(names.begin(), names.end());
      problems.push_back(
          {path,
           "unknown option \"" + name + "\" of a " + std::string(format) + " file format",
           {},
           suggestion(to_lower(name), known)});
      continue;
    }
    if (written.contains_unknown()) continue;
    if (fits(*option, canonical_option(*option, written))) continue;
    problems.push_back({path, "the option " + name + " has an unfit value", expectation(*option),
                        "its default is " + std::string(option->default_json)});
  }
  const bool parses_header = options.bool_or("parse_header", false);
  if (parses_header && options.int_or("skip_header", 0) > 0) {
    problems.push_back({"options.skip_header", "skip_header and parse_header exclude each other",
                        "parse_header reads the column names from the first line",
                        "leave one of them out"});
  }
}

void add_option(Statement& statement, const FormatOption& option, const Value& value) {
  switch (option.kind) {
    case OptionKind::flag:
      statement.set_bool(option.keyword, value.is_bool() && value.as_bool());
      return;
    case OptionKind::integer:
      statement.set(option.keyword, value.is_int() ? value.as_int() : 0);
      return;
    case OptionKind::word:
      statement.set_word(option.keyword, value.is_string() ? value.as_string() : "");
      return;
    case OptionKind::text: {
      const std::string text = value.is_string() ? value.as_string() : "";
      if (is_bare_word(text)) {
        statement.set_word(option.keyword, text);
      } else {
        statement.set_text(option.keyword, text);
      }
      return;
    }
    case OptionKind::texts: {
      std::vector<std::string> texts;
      if (value.is_list()) {
        for (const Value& item : value.as_list()) {
          if (item.is_string()) texts.push_back(item.as_string());
        }
      }
      statement.set_texts(option.keyword, texts);
      return;
    }
  }
}

}  // namespace firn::snowflake
