// What the tests of the state share: a folder of their own, sample data, and a readable print.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/state/state_store.h"

namespace firn::test {

// A new folder, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// 2026-01-02T03:04:05Z plus `seconds`.
[[nodiscard]] Instant at(int seconds);
[[nodiscard]] LockHolder holder();
[[nodiscard]] StateLocation location(const std::string& path);

using Opened = Result<std::unique_ptr<StateStore>>;
[[nodiscard]] Opened open(const std::string& path, StateStore::Mode mode);
// Fails the test and aborts it when the store does not open.
[[nodiscard]] std::unique_ptr<StateStore> writer(const std::string& path);
// The state as a new reader sees it.
[[nodiscard]] State read(const std::string& path);

[[nodiscard]] StoredResource resource(const std::string& address,
                                      std::vector<std::string> dependencies = {});
[[nodiscard]] Intent intent(const std::string& address, IntentAction action);

// What another program may see of the file and do to it.
[[nodiscard]] std::string bytes_of(const std::string& path);
void write_bytes(const std::string& path, const std::string& bytes);
void run_sql(const std::string& path, const std::string& sql);
// The first column of the first row.
[[nodiscard]] std::int64_t integer_in(const std::string& path, const std::string& sql);

// Everything in a state, one fact a line: equal states print alike.
[[nodiscard]] std::string print(const State& state);

}  // namespace firn::test
