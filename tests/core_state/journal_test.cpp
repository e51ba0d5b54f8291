// Group commit: what becomes ready in one turn of the scheduler lands in one transaction.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "core/async/scheduler.h"
#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

struct World {
  VirtualClock clock{at(0)};
  SeededRandom random{1};
  Scheduler scheduler{clock, random};
  TemporaryFolder folder;
  std::unique_ptr<StateStore> store = writer(folder.file("s"));
  Journal journal{scheduler, *store};
};

// Counts commits as SQLite sees them: its data version changes with every commit of another
// connection.
class CommitCounter {
 public:
  explicit CommitCounter(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &connection_), SQLITE_OK);
    last_ = data_version();
  }
  ~CommitCounter() { sqlite3_close(connection_); }
  CommitCounter(const CommitCounter&) = delete;
  CommitCounter& operator=(const CommitCounter&) = delete;
  // Whether anything was committed since the last call.
  bool has_moved() {
    const int now = data_version();
    return std::exchange(last_, now) != now;
  }

 private:
  int data_version() {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection_, "PRAGMA data_version", -1, &statement, nullptr);
    sqlite3_step(statement);
    const int version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
  }
  sqlite3* connection_ = nullptr;
  int last_ = 0;
};

struct Tally {
  int begun = 0;
  int durable = 0;
  int failed = 0;
};

Task<void> create(Journal* journal, Tally* tally, int number) {
  const std::string address = "r" + std::to_string(number);
  Intent begun = intent(address, IntentAction::create);
  const std::int64_t id = journal->store().begin_intent(std::move(begun));
  ++tally->begun;
  const Status before = co_await journal->durable();
  if (!before) {
    ++tally->failed;
    co_return;
  }
  ++tally->durable;
  StoredResource made = resource(address);
  journal->store().finish_create(id, std::move(made));
  const Status after = co_await journal->durable();
  if (!after) ++tally->failed;
}

Task<int> wait_turns(Scheduler* scheduler, int turns) {
  for (int i = 0; i < turns; ++i) {
    auto pause = scheduler->sleep(std::chrono::milliseconds(1));
    co_await pause;
  }
  co_return turns;
}

TEST(Journal, ManyCoroutinesShareOneCommit) {
  World world;
  const std::string path = world.folder.file("s");
  CommitCounter counter(path);
  Tally tally;
  // What each hook sees: registered after the journal's, so it runs after its commit.
  std::vector<int> durable_at_commit;
  world.scheduler.at_end_of_turn([&] {
    if (counter.has_moved()) durable_at_commit.push_back(tally.durable);
  });
  for (int i = 0; i < 200; ++i)
    world.scheduler.spawn(create(&world.journal, &tally, i));
  world.scheduler.run(wait_turns(&world.scheduler, 5));

  EXPECT_EQ(durable_at_commit, (std::vector<int>{0, 200}))
      << "one commit for all intents, one for all outcomes";
  EXPECT_EQ(tally.failed, 0);
  EXPECT_EQ(world.store->state().resources.size(), 200U);
  EXPECT_TRUE(world.store->state().open_intents.empty());
  EXPECT_EQ(print(read(path)), print(world.store->state()));
}

TEST(Journal, IntentIsOnDiskWhenTheCallMayStart) {
  World world;
  const std::string path = world.folder.file("s");
  const auto check = [](Journal* journal, std::string file) -> Task<std::size_t> {
    Intent begun = intent("bucket", IntentAction::create);
    journal->store().begin_intent(std::move(begun));
    const Status durable = co_await journal->durable();
    EXPECT_TRUE(durable);
    co_return read(file).open_intents.size();
  };
  EXPECT_EQ(world.scheduler.run(check(&world.journal, path)), 1U);
}

TEST(Journal, WithNothingStagedWaitingCostsNoCommit) {
  World world;
  CommitCounter counter(world.folder.file("s"));
  const auto wait = [](Journal* journal) -> Task<bool> {
    const Status durable = co_await journal->durable();
    co_return durable.has_value();
  };
  EXPECT_TRUE(world.scheduler.run(wait(&world.journal)));
  EXPECT_FALSE(counter.has_moved());
}

TEST(Journal, WhatNobodyWaitsForIsCommittedToo) {
  World world;
  world.store->raise_serial();
  world.scheduler.run(wait_turns(&world.scheduler, 1));
  EXPECT_FALSE(world.store->has_staged());
  EXPECT_EQ(read(world.folder.file("s")).serial, 1);
}

TEST(Journal, FailureReachesAllThatWaitAndEndsWhenTheDiskWorksAgain) {
  World world;
  const std::string path = world.folder.file("s");
  Tally tally;
  EXPECT_FALSE(world.journal.has_failed());
  // A trigger that refuses every intent: a failure that can be taken away again.
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other,
                         "CREATE TRIGGER full BEFORE INSERT ON intents BEGIN"
                         " SELECT RAISE(ABORT, 'no room'); END",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  for (int i = 0; i < 3; ++i)
    world.scheduler.spawn(create(&world.journal, &tally, i));
  world.scheduler.run(wait_turns(&world.scheduler, 3));
  EXPECT_EQ(tally.failed, 3);
  EXPECT_TRUE(world.journal.has_failed());
  EXPECT_TRUE(world.store->has_staged());
  EXPECT_TRUE(world.store->state().open_intents.empty());

  ASSERT_EQ(sqlite3_exec(other, "DROP TRIGGER full", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  world.scheduler.spawn(create(&world.journal, &tally, 3));
  world.scheduler.run(wait_turns(&world.scheduler, 3));
  EXPECT_FALSE(world.journal.has_failed());
  EXPECT_EQ(world.store->state().open_intents.size(), 3U) << "what was staged landed as well";
  EXPECT_NE(world.store->state().find("r3"), nullptr);
}

}  // namespace
}  // namespace firn::test
