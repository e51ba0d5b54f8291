#include "tests/core_state/support.h"

#include <fmt/core.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sqlite3.h>
#include <stdlib.h>  // mkdtemp
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::test {
namespace {

std::string flags(const StoredResource& resource) {
  return fmt::format("{}{}{}", resource.protect ? " protect" : "",
                     resource.incomplete ? " incomplete" : "", resource.deposed ? " deposed" : "");
}

std::int64_t nanoseconds(Instant instant) {
  return instant.time_since_epoch().count();
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "firn-state-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    ADD_FAILURE() << "cannot make a temporary folder";
    std::abort();
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(path_, ignored);
}

Instant at(int seconds) {
  return Instant(std::chrono::seconds(1767323045) + std::chrono::seconds(seconds));
}

LockHolder holder() {
  return {"ana@desk", 4242, "apply shop --env dev", at(0)};
}

StateLocation location(const std::string& path) {
  return {path, "shop", "dev"};
}

Opened open(const std::string& path, StateStore::Mode mode) {
  SeededRandom random(7);
  return StateStore::open(location(path), mode, holder(), random);
}

std::unique_ptr<StateStore> writer(const std::string& path) {
  auto opened = open(path, StateStore::Mode::write);
  if (!opened) {
    ADD_FAILURE() << opened.error().summary << ": " << opened.error().detail;
    std::abort();
  }
  return std::move(*opened);
}

State read(const std::string& path) {
  auto opened = open(path, StateStore::Mode::read);
  if (!opened) {
    ADD_FAILURE() << opened.error().summary << ": " << opened.error().detail;
    return {};
  }
  return (*opened)->state();
}

StoredResource resource(const std::string& address, std::vector<std::string> dependencies) {
  StoredResource resource;
  resource.record.address = address;
  resource.record.type = "test.thing";
  resource.record.name = "shop-dev-" + address;
  resource.record.inputs = Map{{"size", 3}};
  resource.record.outputs = Map{{"id", "id-" + address}};
  resource.base_name = resource.record.name;
  resource.dependencies = std::move(dependencies);
  resource.created_at = at(1);
  resource.updated_at = at(2);
  return resource;
}

Intent intent(const std::string& address, IntentAction action) {
  Intent intent;
  intent.address = address;
  intent.type = "test.thing";
  intent.action = action;
  intent.name = "shop-dev-" + address;
  intent.base_name = intent.name;
  intent.idempotency_token = "0b5c2f2e-7c1d-4c35-9a0e-0d3f6f1b2a11";
  intent.inputs_digest = "hmac-sha256:AAAA";
  intent.inputs = Map{{"size", 3}};
  intent.begun_at = at(3);
  return intent;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

std::int64_t integer_in(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  std::int64_t number = -1;
  if (sqlite3_step(statement) == SQLITE_ROW) number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return number;
}

std::string print(const State& state) {
  std::string text =
      fmt::format("{}/{} lineage {} serial {} key {}\n", state.stack, state.environment,
                  state.lineage, state.serial, hex(state.secret_key));
  for (const auto& [address, resource] : state.resources) {
    text += fmt::format(
        "resource {} = {} {} {} base {} generation {} inputs {} outputs {} needs [{}]{} {} {}\n",
        address, resource.record.address, resource.record.type, resource.record.name,
        resource.base_name, resource.generation, to_state_json(resource.record.inputs),
        to_state_json(resource.record.outputs), join(resource.dependencies, ","), flags(resource),
        nanoseconds(resource.created_at), nanoseconds(resource.updated_at));
  }
  for (const Tombstone& tombstone : state.tombstones) {
    text += fmt::format("tombstone {} {} {} {}\n", tombstone.type, tombstone.name,
                        nanoseconds(tombstone.until), tombstone.reason);
  }
  text += "outputs " + to_state_json(Value(state.outputs)) + "\n";
  for (const Intent& open : state.open_intents) {
    text += fmt::format(
        "intent {} {} {} {} name {} base {} generation {} token {} digest {} inputs {} outputs {} "
        "needs [{}] {}\n",
        open.id, open.address, open.type, static_cast<int>(open.action), open.name, open.base_name,
        open.generation, open.idempotency_token, open.inputs_digest, to_state_json(open.inputs),
        to_state_json(open.outputs), join(open.dependencies, ","), nanoseconds(open.begun_at));
  }
  return text;
}

}  // namespace firn::test
