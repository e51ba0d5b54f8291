// Between rows of the SQLite file (core/state/schema.sql) and values in memory.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/state/sqlite.h"
#include "core/state/state.h"
#include "core/state/state_changes.h"

namespace firn {

// Reads everything, in one transaction of the caller's. Fails with ErrorKind::storage and a code
// of damage when a row is not what firn writes.
[[nodiscard]] Result<State> load_state(const sqlite::Database& database);

// The latest first.
[[nodiscard]] Result<std::vector<Run>> load_runs(const sqlite::Database& database);

// Writes changes. Keeps its prepared statements, so it must not outlive the database.
class RowWriter {
 public:
  explicit RowWriter(sqlite::Database& database) : database_(database) {}
  // Does not begin or end a transaction.
  [[nodiscard]] Status write(const change::Change& change);

 private:
  struct Visitor;
  // A statement ready to be bound; prepared once for each distinct text.
  [[nodiscard]] Result<sqlite::Statement*> statement(std::string_view sql);
  [[nodiscard]] Status rename_dependency(std::string_view select, std::string_view update,
                                         const change::MoveResource& move);

  sqlite::Database& database_;
  std::unordered_map<std::string_view, sqlite::Statement> statements_;  // keys: literals below
};

}  // namespace firn
