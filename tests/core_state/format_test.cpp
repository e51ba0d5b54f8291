// A state of format 1 is read as it is, and brought up by the first who writes.
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

using Mode = StateStore::Mode;

void make_format_1(const std::string& path) {
  run_sql(path, bytes_of(FORMAT_1_SQL));
  run_sql(path, "PRAGMA journal_mode = WAL");
}

constexpr std::string_view contents =
    R"(shop/dev lineage 6d3e1c52-0c5b-4f0e-9f0a-0d6c3a3f7b11 serial 4 key 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
resource bucket = bucket test.thing shop-dev-bucket base shop-dev-bucket generation 1 inputs {"size":3} outputs {"id":"id-bucket"} needs [] protect 10 20
resource rule = rule test.thing  base  generation 1 inputs {"password":{"$secret":"hmac-sha256:AAAA"}} outputs null needs [bucket] incomplete 11 21
tombstone test.thing shop-dev-gone 900 held for 72 hours
outputs {"url":"https://example.com/"}
intent 2 topic test.thing 0 name shop-dev-topic base shop-dev-topic generation 1 token token-2 digest hmac-sha256:BBBB inputs {"size":3} outputs {"arn":"arn:x"} needs [bucket] 7
)";

TEST(StateFormat, OneIsReadAsItIs) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  make_format_1(path);
  const std::string before = bytes_of(path);
  EXPECT_EQ(print(read(path)), contents);
  EXPECT_EQ(bytes_of(path), before);
}

TEST(StateFormat, OneIsBroughtUpByTheFirstWhoWrites) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  make_format_1(path);
  {
    const auto store = writer(path);
    EXPECT_EQ(print(store->state()), contents);
    const auto runs = store->runs();
    ASSERT_TRUE(runs);
    EXPECT_EQ(runs->size(), 2U);
    store->raise_serial();
    ASSERT_TRUE(store->commit());
  }
  EXPECT_EQ(integer_in(path, "PRAGMA user_version"), 2);
  EXPECT_EQ(read(path).serial, 5);
  EXPECT_EQ(writer(path)->state().resources.size(), 2U);
  // From now on it is checked.
  run_sql(path, "UPDATE resources SET name = 'x' WHERE address = 'bucket'");
  EXPECT_FALSE(open(path, Mode::read));
}

TEST(StateFormat, OneThatIsDamagedIsNotBroughtUp) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  make_format_1(path);
  run_sql(path, "UPDATE resources SET inputs = '{' WHERE address = 'bucket'");
  EXPECT_FALSE(open(path, Mode::write));
  EXPECT_EQ(integer_in(path, "PRAGMA user_version"), 1);
}

// The firn of format 1 has no lease: its lock alone counts, and does not run out.
TEST(StateFormat, OneThatAnOlderFirnHoldsIsLeftToIt) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  make_format_1(path);
  std::ofstream(path + ".lock") << R"({"command":"apply shop","process":42,)"
                                   R"("since":"2026-01-02T03:04:05Z","who":"ana@desk"})";
  const int lock = ::open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  const auto refused = open(path, Mode::write);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().detail,
            "ana@desk runs \"apply shop\" since 2026-01-02T03:04:05Z (process 42) and holds " +
                path + ".lock");
  EXPECT_EQ(integer_in(path, "PRAGMA user_version"), 1);
  ::close(lock);
  EXPECT_TRUE(open(path, Mode::write));
}

}  // namespace
}  // namespace firn::test
