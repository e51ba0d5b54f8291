// Columns of tables: as authors write them, as listings show them, and what lies between the two.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/schema/attribute.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"
#include "providers/snowflake/client.h"
#include "providers/snowflake/data_type.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

struct Column {
  std::string name;  // as stored
  DataType type;
  bool nullable = true;
  std::string default_sql;  // empty: none
  std::string comment;
};

// From normalised inputs. Fails on a type that cannot be read.
[[nodiscard]] Result<std::vector<Column>> columns_of(const Value& columns);
// As normalised inputs: members at their defaults are left out, names in their shortest form.
[[nodiscard]] Value value_of(const std::vector<Column>& columns);
// Of one table or view, from SHOW COLUMNS, in the order of the table.
[[nodiscard]] std::vector<Column> columns_in(const Rows& rows, const ObjectName& table);

// normalize() for a list of columns. Columns of a primary key are never nullable.
[[nodiscard]] Value normalized_columns(const Value& columns,
                                       const std::vector<std::string>& primary_key);
// normalize() for a list of column names or expressions: names in their shortest form.
[[nodiscard]] Value normalized_terms(const Value& terms);

// What the cloud shows, told the way the record tells it: recorded columns first and in their
// order (a table's own order cannot be changed), a default that only looks different as recorded.
[[nodiscard]] std::vector<Column> told_as_recorded(std::vector<Column> shown,
                                                   const std::vector<Column>& recorded);

// Equal up to case outside quotes, white space and casts: how Snowflake reprints expressions.
[[nodiscard]] bool same_expression(std::string_view a, std::string_view b);

struct ColumnJudgement {
  OnChange cost = OnChange::update;
  std::string reason;
  std::string loss;
};
// What it costs to turn one list of columns into the other.
[[nodiscard]] ColumnJudgement judge_columns(const std::vector<Column>& before,
                                            const std::vector<Column>& after);

// The statements for it; `before` is what is there. Columns are added before any is dropped.
[[nodiscard]] Result<std::vector<Statement>> column_changes(const ObjectName& table,
                                                            const std::vector<Column>& before,
                                                            const std::vector<Column>& after);

// `"C" VARCHAR(10) NOT NULL DEFAULT 'x' COMMENT '…'`
[[nodiscard]] Status add_definition(Statement& statement, const Column& column);

void validate_columns(const Value& columns, std::vector<Problem>& problems);

}  // namespace firn::snowflake
