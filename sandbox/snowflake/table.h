// Tables and views: their columns, rows, and what ALTER TABLE may do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/snowflake/context.h"
#include "sandbox/snowflake/types.h"

namespace firn::sandbox::snowflake {

struct Column {
  std::string name;
  DataType type;
  bool nullable = true;
  std::optional<std::string> default_sql;
  std::optional<std::string> comment;
  std::int64_t key_position = 0;          // in the primary key, from 1; 0: not part of it
  bool added_with_default = false;        // by ALTER TABLE … ADD COLUMN … DEFAULT
  std::optional<std::string> expression;  // virtual columns of external tables
};

[[nodiscard]] std::vector<Column> columns_of(const Object& relation);
void set_columns(Object& relation, const std::vector<Column>& columns);
// Throws 000904 when the relation has no such column.
void set_column_comment(Object& relation, const std::string& column, const std::string& comment);

[[nodiscard]] ResultSet create_table(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_table(Context& context, const Alter& alter);
[[nodiscard]] ResultSet describe_table(const Context& context, const Describe& describe);

[[nodiscard]] ResultSet create_view(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_view(Context& context, const Alter& alter);

// Rows in the order they came; cells in the order of the columns.
[[nodiscard]] std::vector<Row> rows_of(const Context& context, const Object& table);
[[nodiscard]] std::size_t row_count(const Context& context, const Object& table);
void append_rows(const Context& context, const Object& table, const std::vector<Row>& rows);
void replace_rows(const Context& context, const Object& table, const std::vector<Row>& rows);

}  // namespace firn::sandbox::snowflake
