// Column types: canonical forms, what ALTER may change, and values as cells.
// Source: Snowflake documentation, "Summary of data types", "ALTER TABLE … ALTER COLUMN",
// "Snowflake SQL API reference" (encoding of results).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/value/value.h"
#include "sandbox/snowflake/ast.h"
#include "sandbox/snowflake/result_set.h"

namespace firn::sandbox::snowflake {

struct DataType {
  enum class Family : std::uint8_t {
    number,
    floating,
    decfloat,
    text,
    binary,
    boolean,
    date,
    time,
    timestamp_ntz,
    timestamp_ltz,
    timestamp_tz,
    variant,
    object,
    array,
    other  // GEOGRAPHY, GEOMETRY, VECTOR, structured types: kept as written
  };
  Family family = Family::text;
  std::int64_t precision = 0;  // number; seconds' digits of time and timestamps
  std::int64_t scale = 0;
  std::int64_t length = 0;  // text (characters), binary (bytes)
  std::string written;      // Family::other: canonical text
};

// Throws 002004-like errors as Snowflake does: unknown types, lengths out of bounds.
[[nodiscard]] DataType data_type(const TypeText& text);
[[nodiscard]] DataType parse_data_type(std::string_view text);
// As DESC TABLE prints it: "NUMBER(38,0)", "VARCHAR(16777216)", "TIMESTAMP_NTZ(9)".
[[nodiscard]] std::string canonical(const DataType& type);
// As SHOW COLUMNS prints it, without the nullability: {"type":"FIXED","precision":38,"scale":0}.
[[nodiscard]] Value as_json(const DataType& type);
// As rowType of the SQL API.
[[nodiscard]] ResultColumn result_column(std::string name, const DataType& type);

// Empty when ALTER COLUMN … SET DATA TYPE may do it; else why not, in Snowflake's words.
// `widest` is the largest number of digits among the column's values (for a lower precision).
[[nodiscard]] std::string refusal_of_change(const DataType& from, const DataType& to,
                                            std::int64_t widest);

// A value of a file or of SQL as a cell of the type; the error says why it does not fit.
[[nodiscard]] Result<Cell> to_cell(const DataType& type, const Value& value);

}  // namespace firn::sandbox::snowflake
