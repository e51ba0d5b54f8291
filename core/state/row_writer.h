// From values in memory to the rows of the SQLite file (core/state/schema.sql).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/state/checksum.h"
#include "core/state/sqlite.h"
#include "core/state/state_changes.h"

namespace firn {

// Writes changes, and keeps the sum of the rows' hashes. Keeps its prepared statements, so it must
// not outlive the database.
class RowWriter {
 public:
  // `sum` is that of the rows as they are.
  RowWriter(sqlite::Database& database, std::uint64_t sum) : database_(database), sum_(sum) {}
  // Does not begin or end a transaction.
  [[nodiscard]] Status write(const change::Change& change);
  [[nodiscard]] Status write_meta(std::string_view key, std::string_view value);
  [[nodiscard]] Status write_meta(std::string_view key, std::int64_t value);

  // The sum after what was written; whoever rolls a transaction back sets it back.
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  void set_sum(std::uint64_t sum) { sum_ = sum; }

 private:
  struct Visitor;
  // A statement ready to be bound; prepared once for each distinct text.
  [[nodiscard]] Result<sqlite::Statement*> statement(std::string_view sql);
  // Runs a statement with these parameters to its end.
  template <class... Parameters>
  [[nodiscard]] Status run(std::string_view sql, const Parameters&... parameters);
  // Takes the rows that a condition chooses out of the sum, before a statement that may change or
  // remove them, and puts them in after it.
  template <class... Parameters>
  [[nodiscard]] Status leave(Table table, std::string_view where, const Parameters&... parameters);
  template <class... Parameters>
  [[nodiscard]] Status enter(Table table, std::string_view where, const Parameters&... parameters);
  template <class... Parameters>
  [[nodiscard]] Result<std::uint64_t> sum_of_rows(Table table, std::string_view where,
                                                  const Parameters&... parameters);
  [[nodiscard]] Status rename_dependency(Table table, std::string_view select,
                                         std::string_view update, std::string_view key_is,
                                         const std::string& from, const std::string& to);
  // Everywhere; an empty `to` drops it.
  [[nodiscard]] Status rename_dependencies(const std::string& from, const std::string& to);

  sqlite::Database& database_;
  std::uint64_t sum_;
  std::unordered_map<std::string, sqlite::Statement> statements_;
};

}  // namespace firn
