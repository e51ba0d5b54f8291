#include "core/state/sqlite.h"

#include <cerrno>
#include <cstring>
#include <fmt/core.h>
#include <sqlite3.h>
#include <utility>

namespace firn::sqlite {
namespace {

// How long to wait for another process that is in the middle of recovering or copying the file.
constexpr int busy_timeout_ms = 5000;

constexpr std::string_view code_damage = "SQLITE_CORRUPT";
constexpr std::string_view code_not_a_database = "SQLITE_NOTADB";
constexpr std::string_view code_cannot_open = "SQLITE_CANTOPEN";
constexpr std::string_view code_busy = "SQLITE_BUSY";
constexpr std::string_view code_full = "SQLITE_FULL";
constexpr std::string_view code_other = "SQLITE_ERROR";

struct Explanation {
  std::string_view code;
  std::string_view why;
  std::string_view remedy;
};

Explanation explain(int primary_code) {
  switch (primary_code) {
    case SQLITE_FULL:
      return {code_full, "the disk is full",
              "free some space on that disk, then run the command again"};
    case SQLITE_READONLY:
      return {"SQLITE_READONLY", "the file or its folder cannot be written",
              "give yourself write permission on the file and on the folder it stands in"};
    case SQLITE_PERM:
      return {"SQLITE_PERM", "the file may not be opened",
              "give yourself permission on the file and on the folder it stands in"};
    case SQLITE_CANTOPEN:
      return {code_cannot_open, "the file, or the files beside it, cannot be opened",
              "check that the folder exists and that you may read and write it"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {code_busy, "another program holds the file locked",
              "close what has the file open (a database browser, a backup), then try again"};
    case SQLITE_CORRUPT:
      return {code_damage, "the file is damaged", "put a good copy of the file back"};
    case SQLITE_NOTADB:
      return {code_not_a_database, "the file is not an SQLite database", ""};
    case SQLITE_IOERR:
      return {"SQLITE_IOERR", "the disk refused to read or write",
              "check the disk and its limits, then run the command again"};
    case SQLITE_NOMEM:
      return {"SQLITE_NOMEM", "there is not enough memory", ""};
    default:
      return {code_other, "", ""};
  }
}

// What went wrong last on a connection.
Error describe(sqlite3* connection, const std::string& path) {
  Error error;
  error.kind = ErrorKind::storage;
  if (connection == nullptr) {
    error.summary = "cannot open " + path;
    error.detail = "there is not enough memory";
    return error;
  }
  const int extended = sqlite3_extended_errcode(connection);
  const int system_error = sqlite3_system_errno(connection);
  // Where SQLite makes its shared memory, a full disk is an I/O error to it.
  const bool is_full =
      (extended & 0xff) == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT);
  const Explanation explanation = explain(is_full ? SQLITE_FULL : extended & 0xff);
  error.summary = "cannot use " + (path.empty() ? "the state in memory" : path);
  error.detail = explanation.why.empty()
                     ? std::string(sqlite3_errmsg(connection))
                     : fmt::format("{} ({})", explanation.why, sqlite3_errmsg(connection));
  if ((extended & 0xff) == SQLITE_IOERR && system_error != 0) {
    error.detail += fmt::format(": {}", std::strerror(system_error));
  }
  error.remedy = explanation.remedy;
  error.code = explanation.code;
  return error;
}

}  // namespace

Statement::Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL, and an empty text is not NULL.
  sqlite3_bind_text64(handle_, parameter, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int parameter, std::int64_t number) {
  sqlite3_bind_int64(handle_, parameter, number);
}

void Statement::bind_null(int parameter) {
  sqlite3_bind_null(handle_, parameter);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* connection = sqlite3_db_handle(handle_);
  const char* path = sqlite3_db_filename(connection, "main");
  return fail(describe(connection, path == nullptr ? "" : path));
}

Status Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) {
      reset();
      return fail(row.error());
    }
    if (!*row) break;
  }
  reset();
  return Ok{};
}

void Statement::reset() {
  sqlite3_reset(handle_);
}

int Statement::columns() const {
  return sqlite3_column_count(handle_);
}

std::string_view Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

bool Statement::is_integer(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_INTEGER;
}

void Statement::append_row(std::string& out) const {
  const auto append_number = [&out](std::int64_t number) {
    char bytes[sizeof number];
    // Byte by byte, so that a state means the same on every machine.
    for (std::size_t i = 0; i < sizeof number; ++i)
      bytes[i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
    out.append(bytes, sizeof bytes);
  };
  const int columns = sqlite3_data_count(handle_);
  for (int column = 0; column < columns; ++column) {
    const int type = sqlite3_column_type(handle_, column);
    out += static_cast<char>(type);
    if (type == SQLITE_NULL) continue;
    if (type == SQLITE_INTEGER) {
      append_number(sqlite3_column_int64(handle_, column));
      continue;
    }
    const std::string_view bytes = text(column);
    append_number(static_cast<std::int64_t>(bytes.size()));
    out += bytes;
  }
}

Result<Database> Database::open(const std::string& path, Access access) {
  Database database;
  database.path_ = path;
  std::string name = path;
  // A single thread uses a connection, so SQLite need not lock around each call.
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (access == Access::immutable) {
    std::string escaped;
    for (const char c : path) {
      if (c == '%' || c == '?' || c == '#') {
        escaped += fmt::format("%{:02x}", static_cast<unsigned char>(c));
      } else {
        escaped += c;
      }
    }
    name = "file:" + escaped + "?immutable=1";
    flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
  }
  if (sqlite3_open_v2(name.c_str(), &database.handle_, flags, nullptr) != SQLITE_OK) {
    return fail(database.last_error());
  }
  sqlite3_extended_result_codes(database.handle_, 1);
  sqlite3_busy_timeout(database.handle_, busy_timeout_ms);
  if (access == Access::read) {
    if (auto done = database.execute("PRAGMA query_only = ON"); !done) return fail(done.error());
  }
  return database;
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(path_, other.path_);
  return *this;
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail(last_error());
  }
  return Ok{};
}

Result<Statement> Database::prepare(std::string_view sql) const {
  Statement statement;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement.handle_,
                         nullptr) != SQLITE_OK) {
    return fail(last_error());
  }
  return statement;
}

Result<std::int64_t> Database::integer_of(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return fail(statement.error());
  const auto row = statement->step();
  if (!row) return fail(row.error());
  return *row ? statement->integer(0) : 0;
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

std::int64_t Database::changed_rows() const {
  return sqlite3_changes64(handle_);
}

Status Database::copy_to(const std::string& path) const {
  Database copy;
  copy.path_ = path;
  if (sqlite3_open_v2(path.c_str(), &copy.handle_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK) {
    return fail(copy.last_error());
  }
  sqlite3_extended_result_codes(copy.handle_, 1);
  sqlite3_busy_timeout(copy.handle_, busy_timeout_ms);
  sqlite3_backup* backup = sqlite3_backup_init(copy.handle_, "main", handle_, "main");
  if (backup == nullptr) return fail(copy.last_error());
  // In one step, so that a writer in between does not make it start over.
  int code = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE) code = finished;
  if (code != SQLITE_OK) {
    // The failure may be the source's.
    if (sqlite3_errcode(copy.handle_) == SQLITE_OK) return fail(last_error());
    return fail(copy.last_error());
  }
  // The copy needs no file beside it, so that it can be carried about.
  return copy.execute("PRAGMA journal_mode = DELETE");
}

Error Database::last_error() const {
  return describe(handle_, path_);
}

bool is_damage(const Error& error) {
  return error.code == code_damage;
}
bool is_not_a_database(const Error& error) {
  return error.code == code_not_a_database;
}
bool is_cannot_open(const Error& error) {
  return error.code == code_cannot_open;
}
bool is_busy(const Error& error) {
  return error.code == code_busy;
}
bool is_full(const Error& error) {
  return error.code == code_full;
}
bool is_no_such_thing(const Error& error) {
  return error.code == code_other;
}
std::string_view damage_code() {
  return code_damage;
}

}  // namespace firn::sqlite
