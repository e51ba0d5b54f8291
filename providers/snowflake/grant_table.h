// The rows of `on`, which several types have: what privileges are on.
#pragma once

#include <array>
#include <string_view>

#include "core/schema/attribute.h"

namespace firn::snowflake {

inline constexpr std::array<std::string_view, 11> plural_words = {
    "ALERTS", "EXTERNAL TABLES", "FILE FORMATS", "PIPES", "PROCEDURES", "SCHEMAS",
    "STAGES", "STREAMS",         "TABLES",       "TASKS", "VIEWS"};

// `cost` is what a change of the object costs, and `follow` what becomes of privileges on an object
// that is made anew: Snowflake drops them with it.
template <OnChange cost, OnTargetReplaced follow>
struct GrantTable {
  static constexpr Attribute object(std::string_view name, std::string_view doc,
                                    std::string_view example) {
    return Attribute{.name = name,
                     .doc = doc,
                     .on_change = cost,
                     .on_target_replaced = follow,
                     .takes = "fqn",
                     .example = example};
  }

  static constexpr std::array many_fields = {
      Attribute{.name = "objects",
                .doc = "Kind of the objects.",
                .required = true,
                .on_change = cost,
                .example = "objects: VIEWS",
                .allowed = plural_words},
      object("schema", "Schema that they are in.", "schema: ${working}"),
      object("database", "Database that they are in.", "database: ${lake_db}"),
  };

  static constexpr std::array on_fields = {
      Attribute{.name = "account",
                .kind = AttributeKind::boolean,
                .doc = "Privileges on the account as a whole.",
                .on_change = cost,
                .example = "account: true"},
      object("alert", "An alert.", "alert: ${freshness}"),
      object("database", "A database.", "database: ${lake_db}"),
      object("external_table", "An external table.", "external_table: ${events}"),
      object("file_format", "A file format.", "file_format: ${parquet}"),
      object("integration", "An integration.", "integration: ${lake}"),
      object("pipe", "A pipe.", "pipe: ${coins_pipe}"),
      Attribute{.name = "procedure",
                .doc = "A procedure, with the types of its arguments in brackets.",
                .on_change = cost,
                .on_target_replaced = follow,
                .takes = "signature",
                .example = "procedure: ${load}"},
      object("schema", "A schema.", "schema: ${loading}"),
      object("stage", "A stage.", "stage: ${coins_stage}"),
      object("stream", "A stream.", "stream: ${new_coins}"),
      object("table", "A table.", "table: ${coins}"),
      object("task", "A task.", "task: ${merge_coins}"),
      object("view", "A view.", "view: ${latest}"),
      object("warehouse", "A warehouse.", "warehouse: ${compute}"),
      Attribute{.name = "future",
                .kind = AttributeKind::object,
                .doc =
                    "Objects that will be made. A future grant on a schema makes Snowflake ignore "
                    "those on its database for the same kind.",
                .on_change = cost,
                .example = "future: { objects: VIEWS, schema: \"${working}\" }",
                .fields = many_fields},
      Attribute{.name = "all",
                .kind = AttributeKind::object,
                .doc = "Objects that exist when the grant is applied.",
                .on_change = cost,
                .example = "all: { objects: VIEWS, schema: \"${working}\" }",
                .fields = many_fields},
  };
};

}  // namespace firn::snowflake
