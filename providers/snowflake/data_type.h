// Column types in their canonical form, and what a change of type costs.
//
// Synonyms, defaults and limits: Snowflake documentation, "Numeric data types", "String & binary
// data types", "Date & time data types"; costs: "ALTER TABLE … ALTER COLUMN".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/schema/attribute.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

enum class TypeFamily : std::uint8_t {
  number,
  floating,
  decfloat,
  varchar,
  binary,
  boolean,
  date,
  time,
  timestamp_ntz,
  timestamp_ltz,
  timestamp_tz,
  other,  // VARIANT, OBJECT, ARRAY, GEOGRAPHY, GEOMETRY, MAP, VECTOR, FILE: compared by their text
};

struct DataType {
  TypeFamily family = TypeFamily::other;
  std::int64_t size = 0;   // digits of a number, characters of a varchar, bytes of a binary,
                           // fractional digits of a time; 0 where it has no meaning
  std::int64_t scale = 0;  // of a number
  std::string text;        // as DESC TABLE prints it: "VARCHAR(16777216)"

  bool operator==(const DataType& other) const { return text == other.text; }
};

// Reads any synonym (`string`, `int`, `timestamp with time zone`). Fails on an unknown name,
// numbers out of range, and on bare TIMESTAMP, whose meaning an account can change.
[[nodiscard]] Result<DataType> parse_data_type(std::string_view text);

// The type in the JSON of SHOW COLUMNS.data_type. Empty text when it cannot be read.
[[nodiscard]] DataType data_type_of_listing(std::string_view json);

// What turning a column of type `before` into `after` costs.
struct TypeChange {
  OnChange cost = OnChange::update;
  std::string reason;  // empty when nothing changes
};
[[nodiscard]] TypeChange judge_type_change(const DataType& before, const DataType& after);

}  // namespace firn::snowflake
