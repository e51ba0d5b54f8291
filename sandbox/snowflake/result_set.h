// What a statement answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace firn::sandbox::snowflake {

// A cell as it goes over the wire: a text in the encoding of its column's type, or SQL NULL.
using Cell = std::optional<std::string>;
using Row = std::vector<Cell>;

struct ResultColumn {
  std::string name;
  std::string type = "text";  // fixed, real, text, boolean, date, time, timestamp_ltz, variant …
  bool nullable = true;
  std::int64_t precision = 0;  // fixed
  std::int64_t scale = 0;      // fixed, time, timestamps
  std::int64_t length = 0;     // text, binary
};

struct ResultSet {
  std::vector<ResultColumn> columns;
  std::vector<Row> rows;
  std::optional<std::int64_t> rows_inserted;  // of INSERT
};

// One row, one column `status`: what DDL answers.
[[nodiscard]] inline ResultSet status_row(std::string text) {
  return {{ResultColumn{"status"}}, {{std::move(text)}}, std::nullopt};
}

// "1767225600.000000000": seconds since the epoch, for timestamp_ltz cells.
[[nodiscard]] std::string timestamp_cell(std::int64_t nanoseconds);

}  // namespace firn::sandbox::snowflake
