// Store: the sandbox's memory, as documents in collections, mirrored in one SQLite file.
//
// A collection is a path such as "aws/123456789012/eu-west-1/sqs/queue"; a document is a Value map.
// Everything is read at open and kept in memory; a request is one transaction: it calls commit() at
// its end, or rollback() to leave no trace.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/value/value.h"

namespace firn::sandbox {

class Store {
 public:
  // ":memory:" keeps nothing on disk.
  static Result<std::unique_ptr<Store>> open(const std::string& file);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // nullptr when absent. Valid until the next put, erase, rollback or clear.
  [[nodiscard]] const Value* get(std::string_view collection, std::string_view key) const;
  void put(std::string_view collection, std::string_view key, Value document);
  bool erase(std::string_view collection, std::string_view key);
  // Sorted by key.
  [[nodiscard]] std::vector<std::pair<std::string, Value>> list(std::string_view collection) const;
  // Sorted; for example all of "aws/".
  [[nodiscard]] std::vector<std::string> collections(std::string_view prefix) const;
  // A number that rises with each call, kept in the file: for ids that must not repeat.
  std::int64_t next_number();
  void count_from(std::int64_t number);  // if it has not got there yet

  // True when a put, an erase or a clear waits for commit().
  [[nodiscard]] bool has_changes() const;
  Status commit();
  void rollback();
  void clear();  // everything, at the next commit

 private:
  Store();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace firn::sandbox
