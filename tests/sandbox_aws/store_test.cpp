#include "sandbox/store.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace firn::sandbox {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest()
      : file_(std::filesystem::path(::testing::TempDir()) /
              (std::string("firn_store_") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
               std::to_string(getpid()) + ".sqlite")) {
    clean();
  }
  ~StoreTest() override { clean(); }

  std::unique_ptr<Store> open() {
    auto store = Store::open(file_.string());
    EXPECT_TRUE(store.has_value()) << (store ? "" : render(store.error()));
    return store ? std::move(*store) : nullptr;
  }
  void clean() {
    for (const char* end : {"", "-wal", "-shm"})
      std::filesystem::remove(file_.string() + end);
  }
  std::filesystem::path file_;
};

Value document(int number) {
  return Map{{"number", number}, {"text", "é \"quoted\"\n"}};
}

TEST_F(StoreTest, WhatIsCommittedIsThereAfterReopening) {
  {
    auto store = open();
    store->put("a/b", "x", document(1));
    store->put("a/b", "y", document(2));
    store->put("a/c", "x", document(3));
    (void)store->next_number();
    ASSERT_TRUE(store->commit().has_value());
    store->erase("a/b", "y");
    store->put("a/b", "x", document(4));
    ASSERT_TRUE(store->commit().has_value());
    store->put("a/b", "z", document(5));  // not committed
  }
  auto store = open();
  ASSERT_TRUE(store->get("a/b", "x"));
  EXPECT_EQ(*store->get("a/b", "x"), document(4));
  EXPECT_FALSE(store->get("a/b", "y"));
  EXPECT_FALSE(store->get("a/b", "z"));
  EXPECT_EQ(store->collections("a/"), (std::vector<std::string>{"a/b", "a/c"}));
  EXPECT_EQ(store->next_number(), 2);
}

TEST_F(StoreTest, RollbackLeavesNoTrace) {
  auto store = open();
  store->put("a", "x", document(1));
  store->put("a", "y", document(2));
  ASSERT_TRUE(store->commit().has_value());
  EXPECT_FALSE(store->has_changes());
  store->put("a", "x", document(3));
  store->put("a", "x", document(4));
  store->erase("a", "y");
  store->put("b", "z", document(5));
  EXPECT_TRUE(store->has_changes());
  store->rollback();
  EXPECT_EQ(*store->get("a", "x"), document(1));
  EXPECT_EQ(*store->get("a", "y"), document(2));
  EXPECT_FALSE(store->get("b", "z"));
  EXPECT_FALSE(store->has_changes());
  EXPECT_TRUE(store->collections("b").empty());
}

TEST_F(StoreTest, ClearCountsAtTheCommit) {
  {
    auto store = open();
    store->put("a", "x", document(1));
    ASSERT_TRUE(store->commit().has_value());
    store->clear();
    EXPECT_FALSE(store->get("a", "x"));
    store->rollback();
    ASSERT_TRUE(store->get("a", "x"));
    store->clear();
    store->put("a", "y", document(2));
    ASSERT_TRUE(store->commit().has_value());
  }
  auto store = open();
  EXPECT_FALSE(store->get("a", "x"));
  EXPECT_TRUE(store->get("a", "y"));
}

TEST_F(StoreTest, NumbersNeverRepeat) {
  auto store = open();
  const auto first = store->next_number();
  store->put("a", "x", document(1));
  store->rollback();
  EXPECT_GT(store->next_number(), first);
}

TEST_F(StoreTest, ListsAreSortedByKey) {
  auto store = open();
  for (const char* key : {"b", "a", "c"})
    store->put("k", key, document(1));
  std::vector<std::string> keys;
  for (const auto& [key, value] : store->list("k"))
    keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(StoreTest, AFileInUseIsRefusedWithWhatToDo) {
  auto store = open();
  const auto second = Store::open(file_.string());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().summary.find("is in use"), std::string::npos);
  EXPECT_FALSE(second.error().remedy.empty());
}

TEST_F(StoreTest, AFileThatIsNoDatabaseIsRefused) {
  std::FILE* file = std::fopen(file_.c_str(), "w");
  for (int i = 0; i < 200; ++i)
    std::fputs("this is not a database\n", file);
  std::fclose(file);
  const auto store = Store::open(file_.string());
  ASSERT_FALSE(store.has_value());
  EXPECT_NE(store.error().summary.find("is not a sandbox file"), std::string::npos)
      << store.error().summary;
}

TEST_F(StoreTest, AFolderThatIsNotThereIsTold) {
  const auto store = Store::open("/nowhere/at/all/sandbox.sqlite");
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().kind, ErrorKind::storage);
}

}  // namespace
}  // namespace firn::sandbox
