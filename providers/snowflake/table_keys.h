// Primary, unique and foreign keys of tables. Snowflake keeps them for people and tools, and
// enforces none. Source: Snowflake documentation, "Overview of constraints", "CREATE | ALTER TABLE
// … CONSTRAINT", "SHOW PRIMARY KEYS", "SHOW UNIQUE KEYS", "SHOW IMPORTED KEYS".
#pragma once

#include <string>
#include <vector>

#include "core/schema/attribute.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"
#include "providers/snowflake/inventory.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {

namespace table_keys {

inline constexpr Attribute column{.name = "column", .doc = "Name of a column.", .example = "- ID"};

inline constexpr std::array fields = {
    Attribute{.name = "columns",
              .kind = AttributeKind::list,
              .doc = "Columns of this table.",
              .required = true,
              .example = "columns: [CUSTOMER_ID]",
              .element = &column,
              .minimum = 1},
    Attribute{.name = "references",
              .kind = AttributeKind::list,
              .doc = "Columns of the other table, a key of it; left out, its primary key.",
              .example = "references: [ID]",
              .element = &column},
    Attribute{.name = "table",
              .doc = "The table that they lead to.",
              .required = true,
              .on_target_replaced = OnTargetReplaced::update,
              .takes = "fqn",
              .example = "table: ${customers}"},
};
inline constexpr std::array unique_fields = {
    Attribute{.name = "columns",
              .kind = AttributeKind::list,
              .doc = "Columns that together are different in every row.",
              .required = true,
              .example = "columns: [CUSTOMER_ID]",
              .element = &column,
              .minimum = 1},
};
inline constexpr Attribute unique_key{
    .name = "key", .kind = AttributeKind::object, .doc = "One key.", .fields = unique_fields};

inline constexpr Attribute unique_keys_attribute{
    .name = "unique_keys",
    .kind = AttributeKind::list,
    .doc =
        "Keys beside the primary key. Snowflake shows them to people and tools, and does not "
        "enforce them.",
    .unordered = true,
    .example = "unique_keys: [{ columns: [CUSTOMER_ID] }]",
    .element = &unique_key};

inline constexpr Attribute key{
    .name = "key", .kind = AttributeKind::object, .doc = "One foreign key.", .fields = fields};

inline constexpr Attribute foreign_keys_attribute{
    .name = "foreign_keys",
    .kind = AttributeKind::list,
    .doc = "Foreign keys. Snowflake shows them to people and tools, and does not enforce them.",
    .unordered = true,
    .example = "foreign_keys: [{ columns: [CUSTOMER_ID], table: \"${customers}\" }]",
    .element = &key};

}  // namespace table_keys

// As they are stored: a list of column names that somebody wrote.
[[nodiscard]] std::vector<std::string> stored_names(const Value& list);

[[nodiscard]] Listing primary_key_listing(const ObjectName& table);
// As normalised inputs.
[[nodiscard]] Value read_primary_key(const Rows& rows, const ObjectName& table);

[[nodiscard]] Listing unique_key_listing(const ObjectName& table);
// As normalised inputs.
[[nodiscard]] Value read_unique_keys(const Rows& rows, const ObjectName& table);
// UNIQUE (…), behind what the statement says already.
void add_unique_key(Statement& statement, const Value& key);

[[nodiscard]] Listing foreign_key_listing(const ObjectName& table);

// As normalised inputs. A key of `recorded` that leaves its references out is told so again.
[[nodiscard]] Value read_foreign_keys(const Rows& rows, const ObjectName& table,
                                      const Value& recorded);

// FOREIGN KEY (…) REFERENCES …, behind what the statement says already.
[[nodiscard]] Status add_foreign_key(Statement& statement, const Value& key);

// What takes away those that are not wanted any more, and what adds those that are missing.
struct KeySteps {
  std::vector<Statement> drops;
  std::vector<Statement> adds;
};
[[nodiscard]] Result<KeySteps> foreign_key_changes(const ObjectName& table, const Value& before,
                                                   const Value& after);
[[nodiscard]] KeySteps unique_key_changes(const ObjectName& table, const Value& before,
                                          const Value& after);

// `columns`: the stored names of the table's columns; empty when they are not all known.
void validate_unique_keys(const Value& keys, const std::vector<std::string>& columns,
                          std::vector<Problem>& problems);
[[nodiscard]] Value normalized_unique_keys(const Value& keys);
// The same `columns`.
void validate_foreign_keys(const Value& keys, const std::vector<std::string>& columns,
                           std::vector<Problem>& problems);
[[nodiscard]] Value normalized_foreign_keys(const Value& keys);

}  // namespace firn::snowflake
