// Columns of external tables: expressions over the rows and names of files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/schema/resource_type.h"
#include "providers/snowflake/client.h"
#include "providers/snowflake/data_type.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

struct VirtualColumn {
  std::string name;  // as stored
  DataType type;
  std::string expression;
  bool partition = false;

  bool operator==(const VirtualColumn& other) const = default;
};

// From normalised inputs. Fails on a type that cannot be read.
[[nodiscard]] Result<std::vector<VirtualColumn>> virtual_columns(const Value& written);
// nullptr: none has this name.
[[nodiscard]] const VirtualColumn* find_column(const std::vector<VirtualColumn>& columns,
                                               std::string_view name);
// Those by which files are sorted into partitions, by name.
[[nodiscard]] std::vector<VirtualColumn> partitions_of(const Value& columns);

// What SHOW COLUMNS tells of a table; expressions and partitions, which it tells otherwise or not
// at all, as recorded.
[[nodiscard]] Result<Value> shown_columns(const Rows& rows, const ObjectName& table,
                                          const Value& recorded);
[[nodiscard]] Value normalized_virtual_columns(const Value& written);
void check_virtual_columns(const Value& columns, std::vector<Problem>& problems);

// `"C" VARCHAR(16777216) AS (VALUE:c::VARCHAR)`
[[nodiscard]] Status add_definition(Statement& statement, const VirtualColumn& column);

}  // namespace firn::snowflake
