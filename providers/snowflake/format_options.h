// Options of file formats: which exist for which format, their documented defaults and forms.
//
// Snowflake documentation, "CREATE FILE FORMAT" (format type options).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

enum class OptionKind : std::uint8_t {
  flag,  // TRUE, FALSE
  integer,
  word,   // one of `allowed`, sent bare
  text,   // a literal; NONE and AUTO are sent bare
  texts,  // a list of literals
};

struct FormatOption {
  Keyword keyword;  // "NULL_IF"
  OptionKind kind = OptionKind::flag;
  std::string_view default_json;
  std::span<const std::string_view> allowed = {};
};

// Sorted by keyword; empty for an unknown format.
[[nodiscard]] std::span<const FormatOption> options_of_format(std::string_view format);
[[nodiscard]] std::span<const std::string_view> format_types();

// The value in the form that the listing shows: flags, numbers, upper-case words, texts with \n, \t
// and \r resolved. Unchanged when it cannot be read.
[[nodiscard]] Value canonical_option(const FormatOption& option, const Value& value);
// Names in lower case, values canonical.
[[nodiscard]] Value canonical_options(std::string_view format, const Value& options);

void validate_options(std::string_view format, const Value& options,
                      std::vector<Problem>& problems);

// ` NAME = value`
void add_option(Statement& statement, const FormatOption& option, const Value& value);

}  // namespace firn::snowflake
