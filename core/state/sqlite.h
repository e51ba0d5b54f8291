// A thin, typed hold on SQLite: connections and statements that close themselves, failures as
// Result. SQLite's own header stays out of this one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace firn::sqlite {

class Database;

// A prepared statement.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Parameters count from 1. The text must stay until the next reset().
  void bind(int parameter, std::string_view text);
  void bind(int parameter, std::int64_t number);
  void bind_null(int parameter);

  // True: a row is there; false: done.
  [[nodiscard]] Result<bool> step();
  // Runs to the end and resets.
  [[nodiscard]] Status run();
  void reset();

  // Columns count from 0. Valid until the next step() or reset().
  [[nodiscard]] int columns() const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool is_integer(int column) const;
  // Appends all columns, with their types and lengths: different rows give different bytes.
  void append_row(std::string& out) const;

 private:
  friend class Database;
  sqlite3_stmt* handle_ = nullptr;
};

class Database {
 public:
  enum class Access : std::uint8_t {
    read,       // no write, though SQLite may tidy up after a crashed writer
    immutable,  // nothing is written beside the file either: for read-only media
    write,      // the file must exist; ":memory:" always does
  };
  [[nodiscard]] static Result<Database> open(const std::string& path, Access access);
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // One or more statements without parameters.
  [[nodiscard]] Status execute(const std::string& sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;
  // The first column of the first row; 0 when there is none.
  [[nodiscard]] Result<std::int64_t> integer_of(std::string_view sql) const;
  [[nodiscard]] bool in_transaction() const;
  // By the statement that ran last.
  [[nodiscard]] std::int64_t changed_rows() const;
  // Copies the whole database, as its last commit left it, into a new file at `path` that stands by
  // itself. Others may write to this one meanwhile.
  [[nodiscard]] Status copy_to(const std::string& path) const;

  // What went wrong last on this connection, as people read it.
  [[nodiscard]] Error last_error() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Database() = default;
  sqlite3* handle_ = nullptr;
  std::string path_;
};

// The code of an Error that came from here, for those who must tell damage from a full disk.
[[nodiscard]] bool is_damage(const Error& error);
[[nodiscard]] bool is_not_a_database(const Error& error);
[[nodiscard]] bool is_cannot_open(const Error& error);
[[nodiscard]] bool is_busy(const Error& error);
[[nodiscard]] bool is_full(const Error& error);
// A statement that does not fit the tables: of firn's own statements only a damaged schema does
// that.
[[nodiscard]] bool is_no_such_thing(const Error& error);
[[nodiscard]] std::string_view damage_code();

}  // namespace firn::sqlite
