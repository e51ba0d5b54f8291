#include "sandbox/store.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <sqlite3.h>

#include "core/value/json.h"

namespace firn::sandbox {
namespace {

using Collection = std::map<std::string, Value, std::less<>>;
using Collections = std::map<std::string, Collection, std::less<>>;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

Failure storage_failure(sqlite3* database, const std::string& file, std::string_view doing) {
  const int code = sqlite3_errcode(database);
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    return fail(ErrorKind::conflict, fmt::format("the sandbox file {} is in use", file),
                "another process has it open; one sandbox file serves one process at a time",
                "wait until that run has ended, or name another file with --sandbox FILE");
  }
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
    return fail(ErrorKind::storage, fmt::format("{} is not a sandbox file", file),
                sqlite3_errmsg(database),
                "name another file with --sandbox FILE, or remove this one");
  }
  return fail(ErrorKind::storage, fmt::format("cannot {} the sandbox file {}", doing, file),
              sqlite3_errmsg(database), "check that the folder exists and can be written");
}

bool run(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Statement prepare(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  return Statement(statement);
}

void bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
  sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

std::string column(sqlite3_stmt* statement, int index) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
  return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, index)))
              : std::string();
}

bool step_once(sqlite3_stmt* statement) {
  const bool done = statement && sqlite3_step(statement) == SQLITE_DONE;
  sqlite3_reset(statement);
  return done;
}

constexpr const char* schema_sql =
    "CREATE TABLE IF NOT EXISTS document(collection TEXT NOT NULL, key TEXT NOT NULL,"
    " body TEXT NOT NULL, PRIMARY KEY(collection, key)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL)";

}  // namespace

struct Store::Impl {
  struct Undo {
    std::string collection;
    std::string key;
    std::optional<Value> before;
  };

  std::string file;
  Database database;  // none for ":memory:"
  Collections collections;
  std::int64_t number = 0;
  std::int64_t saved_number = 0;
  std::vector<Undo> undo;
  std::set<std::pair<std::string, std::string>> changed;
  std::optional<Collections> before_clear;

  void change(std::string_view collection, std::string_view key, std::optional<Value> after) {
    Collection& documents = collections[std::string(collection)];
    const auto found = documents.find(key);
    Undo step{std::string(collection), std::string(key), std::nullopt};
    if (found != documents.end()) step.before = found->second;
    if (!before_clear) undo.push_back(step);
    changed.emplace(step.collection, step.key);
    if (after) {
      documents.insert_or_assign(step.key, std::move(*after));
    } else if (found != documents.end()) {
      documents.erase(found);
    }
  }

  void forget_changes() {
    undo.clear();
    changed.clear();
    before_clear.reset();
  }

  bool write() {
    sqlite3* const db = database.get();
    if (!run(db, "BEGIN")) return false;
    if (before_clear && !run(db, "DELETE FROM document")) return false;
    const Statement put = prepare(db, "INSERT OR REPLACE INTO document VALUES(?1, ?2, ?3)");
    const Statement drop = prepare(db, "DELETE FROM document WHERE collection=?1 AND key=?2");
    for (const auto& [collection, key] : changed) {
      const auto documents = collections.find(collection);
      const Value* body = nullptr;
      if (documents != collections.end()) {
        const auto found = documents->second.find(key);
        if (found != documents->second.end()) body = &found->second;
      }
      sqlite3_stmt* const statement = body ? put.get() : drop.get();
      bind_text(statement, 1, collection);
      bind_text(statement, 2, key);
      if (body) bind_text(statement, 3, to_json(*body));
      if (!step_once(statement)) return false;
    }
    const Statement count = prepare(db, "INSERT OR REPLACE INTO counter VALUES('number', ?1)");
    sqlite3_bind_int64(count.get(), 1, number);
    return step_once(count.get()) && run(db, "COMMIT");
  }

  Status read() {
    sqlite3* const db = database.get();
    const Statement all = prepare(db, "SELECT collection, key, body FROM document");
    if (!all) return storage_failure(db, file, "read");
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(all.get())) == SQLITE_ROW) {
      auto body = parse_json(column(all.get(), 2));
      if (!body) {
        return fail(ErrorKind::storage, fmt::format("{} is damaged", file), body.error().summary,
                    "remove the file, or restore it from a copy");
      }
      collections[column(all.get(), 0)].insert_or_assign(column(all.get(), 1), std::move(*body));
    }
    if (code != SQLITE_DONE) return storage_failure(db, file, "read");
    const Statement count = prepare(db, "SELECT value FROM counter WHERE name='number'");
    if (count && sqlite3_step(count.get()) == SQLITE_ROW) {
      number = saved_number = sqlite3_column_int64(count.get(), 0);
    }
    return Ok{};
  }
};

Store::Store() : impl_(std::make_unique<Impl>()) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& file) {
  std::unique_ptr<Store> store(new Store());
  store->impl_->file = file;
  if (file == ":memory:") return store;

  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  store->impl_->database.reset(raw);
  if (code != SQLITE_OK) return storage_failure(raw, file, "open");
  sqlite3_busy_timeout(raw, 0);
  // The lock is held for as long as the store lives: what is in memory is then the truth. A kill
  // loses nothing that was committed; only a power cut could, and this is no real cloud.
  if (!run(raw, "PRAGMA locking_mode=EXCLUSIVE") || !run(raw, "PRAGMA journal_mode=WAL") ||
      !run(raw, "PRAGMA synchronous=OFF") || !run(raw, "BEGIN EXCLUSIVE") ||
      !run(raw, schema_sql) || !run(raw, "COMMIT")) {
    return storage_failure(raw, file, "open");
  }
  if (Status read = store->impl_->read(); !read) return Failure(read.error());
  return store;
}

const Value* Store::get(std::string_view collection, std::string_view key) const {
  const auto documents = impl_->collections.find(collection);
  if (documents == impl_->collections.end()) return nullptr;
  const auto found = documents->second.find(key);
  return found == documents->second.end() ? nullptr : &found->second;
}

void Store::put(std::string_view collection, std::string_view key, Value document) {
  impl_->change(collection, key, std::move(document));
}

bool Store::erase(std::string_view collection, std::string_view key) {
  if (!get(collection, key)) return false;
  impl_->change(collection, key, std::nullopt);
  return true;
}

std::vector<std::pair<std::string, Value>> Store::list(std::string_view collection) const {
  const auto documents = impl_->collections.find(collection);
  if (documents == impl_->collections.end()) return {};
  return {documents->second.begin(), documents->second.end()};
}

std::vector<std::string> Store::collections(std::string_view prefix) const {
  std::vector<std::string> names;
  for (auto it = impl_->collections.lower_bound(prefix);
       it != impl_->collections.end() && it->first.starts_with(prefix); ++it) {
    if (!it->second.empty()) names.push_back(it->first);
  }
  return names;
}

std::int64_t Store::next_number() {
  return ++impl_->number;
}

void Store::count_from(std::int64_t number) {
  impl_->number = std::max(impl_->number, number);
}

bool Store::has_changes() const {
  return !impl_->changed.empty() || impl_->before_clear;
}

Status Store::commit() {
  if (!has_changes() && impl_->number == impl_->saved_number) return Ok{};
  if (impl_->database && !impl_->write()) {
    Failure failure = storage_failure(impl_->database.get(), impl_->file, "write");
    run(impl_->database.get(), "ROLLBACK");
    return failure;
  }
  impl_->saved_number = impl_->number;
  impl_->forget_changes();
  return Ok{};
}

void Store::rollback() {
  // Numbers already drawn stay drawn: an answer that went out may carry them.
  if (impl_->before_clear) {
    impl_->collections = std::move(*impl_->before_clear);
  } else {
    for (auto step = impl_->undo.rbegin(); step != impl_->undo.rend(); ++step) {
      Collection& documents = impl_->collections[step->collection];
      if (step->before) {
        documents.insert_or_assign(step->key, std::move(*step->before));
      } else {
        documents.erase(step->key);
      }
    }
  }
  impl_->forget_changes();
}

void Store::clear() {
  if (!impl_->before_clear) {
    rollback();
    impl_->before_clear = std::exchange(impl_->collections, {});
  } else {
    impl_->collections.clear();
  }
  impl_->changed.clear();
}

}  // namespace firn::sandbox
