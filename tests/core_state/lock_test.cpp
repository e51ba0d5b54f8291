#include <csignal>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

TEST(StateLock, SecondWriterIsToldWhoHoldsIt) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto first = writer(path);
  const auto second = open(path, StateStore::Mode::write);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_EQ(second.error().summary, "somebody else is changing the state of shop/dev");
  EXPECT_EQ(second.error().detail,
            "ana@desk runs \"apply shop --env dev\" since 2026-01-02T03:04:05Z (process 4242) and "
            "holds " +
                path + ".lock");
  EXPECT_EQ(second.error().remedy,
            "wait until it ends, then run the command again; the lock ends with that process");
}

TEST(StateLock, ARefusedWriterLeavesTheLockInPlace) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto first = writer(path);
  EXPECT_FALSE(open(path, StateStore::Mode::write));
  EXPECT_FALSE(open(path, StateStore::Mode::write));
  EXPECT_TRUE(open(path, StateStore::Mode::read)) << "readers need no lock";
}

TEST(StateLock, IsGivenBackWithTheStore) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  { const auto first = writer(path); }
  EXPECT_FALSE(std::filesystem::exists(path + ".lock"));
  EXPECT_TRUE(open(path, StateStore::Mode::write));
}

TEST(StateLock, DiesWithTheProcess) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto store = open(path, StateStore::Mode::write);
    const char mark = store ? 'y' : 'n';
    if (::write(ready[1], &mark, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char mark = 0;
  ASSERT_EQ(::read(ready[0], &mark, 1), 1);
  ASSERT_EQ(mark, 'y');
  EXPECT_FALSE(open(path, StateStore::Mode::write)) << "held by the child";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(path + ".lock")) << "a killed process cleans nothing up";
  EXPECT_TRUE(open(path, StateStore::Mode::write));
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace firn::test
