// Columns of tables: as authors write them, as listings show them, and what lies between the two.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
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

namespace table_columns {

inline constexpr std::array identity_fields = {
    Attribute{.name = "start",
              .kind = AttributeKind::integer,
              .doc = "The number of the first row.",
              .default_json = "1",
              .example = "start: 1000"},
    Attribute{.name = "increment",
              .kind = AttributeKind::integer,
              .doc = "How far the next number is from it; not 0.",
              .default_json = "1",
              .example = "increment: 10"},
};

inline constexpr std::array fields = {
    Attribute{.name = "name",
              .doc = "Name of the column; stored in upper case unless it stands in double quotes.",
              .required = true,
              .example = "name: PRICE_USD"},
    Attribute{.name = "type",
              .doc = "Type of the column, any of Snowflake's spellings except bare TIMESTAMP.",
              .required = true,
              .example = "type: NUMBER(38,0)"},
    Attribute{.name = "nullable",
              .kind = AttributeKind::boolean,
              .doc = "Whether the column may hold NULL.",
              .default_json = "true",
              .example = "nullable: false"},
    Attribute{.name = "default",
              .doc = "SQL expression for rows that do not give a value; can later only be dropped.",
              .example = "default: CURRENT_TIMESTAMP()"},
    Attribute{.name = "identity",
              .kind = AttributeKind::object,
              .doc = "Rows that do not give a number get one from Snowflake, each another, with "
                     "gaps. A column in a table with rows cannot be given it, nor lose it.",
              .example = "identity: { start: 1, increment: 1 }",
              .fields = identity_fields},
    Attribute{
        .name = "comment", .doc = "Comment on the column.", .example = "comment: in US dollars"},
};
inline constexpr Attribute element{
    .name = "column", .kind = AttributeKind::object, .doc = "One column.", .fields = fields};

}  // namespace table_columns

struct Identity {
  std::int64_t start = 1;
  std::int64_t increment = 1;

  bool operator==(const Identity& other) const = default;
};

struct Column {
  std::string name;  // as stored
  DataType type;
  bool nullable = true;
  std::string default_sql;  // empty: none
  std::string comment;
  std::optional<Identity> identity = std::nullopt;
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

// `"C" VARCHAR(10) NOT NULL DEFAULT 'x' COMMENT '…'`, `"K" NUMBER(38,0) IDENTITY (1, 1)`
[[nodiscard]] Status add_definition(Statement& statement, const Column& column);

void validate_columns(const Value& columns, std::vector<Problem>& problems);

}  // namespace firn::snowflake
