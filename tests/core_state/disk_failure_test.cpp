// A disk that is full or broken: the batch is kept, the failure is explained, and it lands once the
// disk works again.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "core/base/result.h"
#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

// Between SQLite and its own disk access: while `failure` is set, every write to a journal fails
// with that code. Plain functions, as SQLite is C; the one place where a test needs state that they
// can all reach.
struct Disk {
  int failure = SQLITE_OK;
  int after_writes = 0;
  sqlite3_vfs* real = nullptr;
  const sqlite3_io_methods* real_methods = nullptr;
  sqlite3_io_methods methods{};
};
Disk disk;

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  if (disk.failure != SQLITE_OK && disk.after_writes-- <= 0) return disk.failure;
  return disk.real_methods->xWrite(file, bytes, count, offset);
}

int open_file(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = disk.real->xOpen(disk.real, name, file, flags, out_flags);
  if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
    disk.real_methods = file->pMethods;
    disk.methods = *file->pMethods;
    disk.methods.xWrite = write;
    file->pMethods = &disk.methods;
  }
  return code;
}

class DiskFailure : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    disk = Disk{};
    disk.real = sqlite3_vfs_find(nullptr);
    vfs_ = *disk.real;
    vfs_.zName = "failing";
    vfs_.xOpen = open_file;
    sqlite3_vfs_register(&vfs_, 1);
  }
  void TearDown() override {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(disk.real, 1);
  }

  sqlite3_vfs vfs_{};
};

// The parameter: how many writes of the commit succeed before the disk is full.
TEST_P(DiskFailure, FullDiskKeepsTheBatchForTheNextTry) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  store->put_resource(resource("before"));
  ASSERT_TRUE(store->commit());
  const std::string committed = print(store->state());

  const auto id = store->begin_intent(intent("bucket", IntentAction::create));
  for (int i = 0; i < 50; ++i)
    store->put_resource(resource("r" + std::to_string(i)));
  disk.failure = SQLITE_FULL;
  disk.after_writes = GetParam();
  const Status failed = store->commit();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::storage);
  EXPECT_EQ(failed.error().summary, "cannot write the state " + path);
  EXPECT_EQ(failed.error().detail, "the disk is full (database or disk is full)");
  EXPECT_EQ(failed.error().remedy, "free some space on that disk, then run the command again");
  EXPECT_TRUE(store->has_staged());
  EXPECT_EQ(print(store->state()), committed);
  EXPECT_EQ(print(read(path)), committed);

  disk.after_writes = GetParam();
  EXPECT_FALSE(store->commit()) << "still full";
  store->finish_create(id, resource("bucket"));

  disk.failure = SQLITE_OK;
  const Status landed = store->commit();
  ASSERT_TRUE(landed) << landed.error().detail;
  EXPECT_FALSE(store->has_staged());
  EXPECT_EQ(store->state().resources.size(), 52U);
  EXPECT_TRUE(store->state().open_intents.empty());
  EXPECT_EQ(print(read(path)), print(store->state()));
}

INSTANTIATE_TEST_SUITE_P(StateStore, DiskFailure, testing::Values(0, 1, 5));

TEST_F(DiskFailure, BrokenDiskIsExplained) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  store->put_resource(resource("a"));
  disk.failure = SQLITE_IOERR_WRITE;
  const Status failed = store->commit();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::storage);
  EXPECT_EQ(failed.error().detail.substr(0, 50),
            "the disk refused to read or write (disk I/O error)");
  EXPECT_TRUE(store->has_staged());
  disk.failure = SQLITE_OK;
  EXPECT_TRUE(store->commit());
}

}  // namespace
}  // namespace firn::test
