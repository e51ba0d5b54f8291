// A crash at any moment leaves exactly what was committed.
#include <csignal>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/state/invariants.h"
#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

// The files as a power cut would leave them at this moment.
void copy_files(const TemporaryFolder& from, const TemporaryFolder& to) {
  for (const auto& entry : std::filesystem::directory_iterator(from.path())) {
    const auto name = entry.path().filename();
    // Shared memory does not survive a power cut, nor does a lock.
    if (name.string().ends_with("-shm") || name.string().ends_with(".lock")) continue;
    std::filesystem::copy_file(entry.path(), to.path() / name);
  }
}

TEST(StateCrash, CopiedFilesHoldExactlyWhatWasCommitted) {
  const TemporaryFolder folder;
  const auto store = writer(folder.file("s"));
  for (int step = 0; step < 40; ++step) {
    const std::string address = "r" + std::to_string(step);
    const auto id = store->begin_intent(intent(address, IntentAction::create));
    ASSERT_TRUE(store->commit());
    store->finish_create(id, resource(address));
    if (step % 2 == 0) {
      ASSERT_TRUE(store->commit());
    }

    const std::string committed = print(store->state());
    const TemporaryFolder after_crash;
    copy_files(folder, after_crash);
    EXPECT_EQ(print(read(after_crash.file("s"))), committed) << "read after step " << step;
    EXPECT_EQ(print(writer(after_crash.file("s"))->state()), committed) << "write";
  }
}

TEST(StateCrash, AHalfWrittenCommitNeverHappened) {
  const TemporaryFolder folder;
  const auto store = writer(folder.file("s"));
  store->put_resource(resource("kept"));
  ASSERT_TRUE(store->commit());
  const std::string committed = print(store->state());
  const std::string journal = folder.file("s-wal");
  const auto size_before = std::filesystem::file_size(journal);
  for (int i = 0; i < 100; ++i)
    store->put_resource(resource("r" + std::to_string(i)));
  ASSERT_TRUE(store->commit());
  const auto size_after = std::filesystem::file_size(journal);
  ASSERT_GT(size_after, size_before + 10'000);

  for (auto size = size_before; size < size_after; size += 1'999) {
    const TemporaryFolder after_crash;
    copy_files(folder, after_crash);
    std::filesystem::resize_file(after_crash.file("s-wal"), size);
    EXPECT_EQ(print(read(after_crash.file("s"))), committed) << "cut at byte " << size;
  }
}

// A child writes numbered batches of two resources and reports each commit; it is killed in the
// middle. All that it reported is there, batches are whole, and writing can go on.
TEST(StateCrash, KilledInTheMiddleOfWriting) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  int reports[2];
  ASSERT_EQ(::pipe(reports), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = open(path, StateStore::Mode::write);
    if (!store) ::_exit(1);
    for (int batch = 0;; ++batch) {
      (*store)->put_resource(resource("a" + std::to_string(batch)));
      (*store)->put_resource(resource("b" + std::to_string(batch)));
      (*store)->raise_serial();
      const char mark = (*store)->commit() ? 'y' : 'n';
      if (::write(reports[1], &mark, 1) != 1) ::_exit(1);
    }
  }
  ::close(reports[1]);
  std::size_t reported = 0;
  char mark = 0;
  while (reported < 100 && ::read(reports[0], &mark, 1) == 1 && mark == 'y')
    ++reported;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::read(reports[0], &mark, 1) == 1)
    ++reported;
  ::close(reports[0]);
  ASSERT_GE(reported, 100U);

  const auto store = writer(path);
  const State& state = store->state();
  const auto batches = static_cast<std::size_t>(state.serial);
  EXPECT_GE(batches, reported);
  EXPECT_LE(batches, reported + 1) << "one commit may have been done and not yet reported";
  EXPECT_EQ(state.resources.size(), 2 * batches);
  EXPECT_EQ(check_invariants(state), std::vector<std::string>{});
  store->put_resource(resource("after"));
  EXPECT_TRUE(store->commit());
}

}  // namespace
}  // namespace firn::test
