// Two who want to write one state: who may, who is refused, and what becomes of one that was
// stopped and comes back.
#include <condition_variable>
#include <csignal>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/wait.h>
#include <unistd.h>

#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

using namespace std::chrono_literals;

// A clock that goes where a test puts it. A store whose clock nobody moves is a process that is
// stopped: neither its heartbeat nor anything else of it happens.
class HandClock final : public LeaseClock {
 public:
  Instant now() override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  bool wait_until(Instant until, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    ++waits_;
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return now_ >= until; });
    return !stop.stop_requested();
  }
  // Comes back when the heartbeat has done what was due and waits again, or has ended.
  void advance(Duration by, bool ends = false) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waits_ > 0; });
    const int before = waits_;
    now_ += by;
    changed_.notify_all();
    if (!ends) changed_.wait(lock, [&] { return waits_ > before; });
  }
  // For a store without a heartbeat that is due.
  void put_at(Instant now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Instant now_ = at(0);
  int waits_ = 0;
};

LockHolder other() {
  return {"ben@tower", 777, "destroy shop --env dev", at(100)};
}

Opened open_at(const std::string& path, HandClock& clock, const LockHolder& self) {
  SeededRandom random(8);
  LeaseTerms terms;
  terms.clock = &clock;
  return StateStore::open(location(path), StateStore::Mode::write, self, random, terms);
}

std::int64_t token_in(const std::string& path) {
  return integer_in(path, "SELECT token FROM lease");
}

class StateLease : public testing::Test {
 protected:
  // The first one writes, then stands still; the second one's clock goes on.
  std::unique_ptr<StateStore> take(HandClock& clock, const LockHolder& self) {
    auto opened = open_at(path_, clock, self);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    return opened ? std::move(*opened) : nullptr;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("s");
  HandClock stopped_;  // before the stores: their threads look at them
  HandClock going_;
};

TEST_F(StateLease, SecondWriterIsToldWhoHoldsItAndUntilWhen) {
  const auto first = take(stopped_, holder());
  going_.put_at(at(59));
  const auto second = open_at(path_, going_, other());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_EQ(second.error().summary, "somebody else is changing the state of shop/dev");
  EXPECT_EQ(second.error().detail,
            "ana@desk runs \"apply shop --env dev\" since 2026-01-02T03:04:05Z (process 4242); "
            "without a sign of life its lease lasts until 2026-01-02T03:05:05Z");
  EXPECT_EQ(second.error().remedy,
            "wait until it ends, then run the command again; the lock of a killed run is free at "
            "once, that of one that is stopped or cut off when its lease has run out");
}

TEST_F(StateLease, TheHeartbeatKeepsAHolderThatDoesNothing) {
  const auto first = take(going_, holder());
  for (int i = 0; i < 40; ++i)
    going_.advance(15s);
  stopped_.put_at(going_.now());
  const auto second = open_at(path_, stopped_, other());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail.find("until 2026-01-02T03:15:05Z"), std::string::npos)
      << second.error().detail;
  first->raise_serial();
  EXPECT_TRUE(first->commit());
}

TEST_F(StateLease, AHolderThatWasStoppedIsReplacedAndWritesNothingAnyMore) {
  auto first = take(stopped_, holder());
  first->put_resource(resource("before"));
  ASSERT_TRUE(first->commit());
  const std::int64_t token = token_in(path_);

  going_.put_at(at(61));
  auto second = take(going_, other());
  EXPECT_EQ(token_in(path_), token + 1);
  EXPECT_TRUE(second->state().resources.contains("before"));
  second->put_resource(resource("second"));
  ASSERT_TRUE(second->commit());
  const std::string committed = print(second->state());

  // It goes on where it stopped, and does not know yet.
  first->put_resource(resource("late"));
  for (int i = 0; i < 2; ++i) {
    const Status late = first->commit();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::conflict);
    EXPECT_EQ(late.error().summary,
              "another run took over the state of shop/dev while this one was stopped or cut off");
    EXPECT_EQ(late.error().detail,
              "this run gave no sign of life for 60 s, so its lease ran out; since then it has "
              "written nothing and started nothing new\n"
              "ben@tower runs \"destroy shop --env dev\" since 2026-01-02T03:05:45Z (process 777)");
    EXPECT_EQ(late.error().remedy,
              "let the other run end, then run this command again: it looks at what is there and "
              "does what is left");
  }
  EXPECT_EQ(print(read(path_)), committed);

  // The end of the first does not take the second's lock away.
  first.reset();
  going_.put_at(at(62));
  EXPECT_FALSE(open_at(path_, going_, holder())) << "the second one is alive";
  second->raise_serial();
  EXPECT_TRUE(second->commit());
  second.reset();
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1)
      << "the state and nothing else";
}

TEST_F(StateLease, AHeartbeatThatFindsAnotherTokenEndsTheRun) {
  const auto first = take(stopped_, holder());
  going_.put_at(at(61));
  auto second = take(going_, other());
  stopped_.advance(70s, true);
  // The second one is over and the file is free again; the first one stays out all the same.
  second.reset();
  first->raise_serial();
  const Status late = first->commit();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::conflict);
  EXPECT_EQ(read(path_).serial, 0);
}

TEST_F(StateLease, ALeaseThatRanOutAndWasNotTakenIsKept) {
  const auto first = take(going_, holder());
  going_.advance(3h);
  first->raise_serial();
  EXPECT_TRUE(first->commit()) << "a laptop was closed over lunch; nobody else came";
}

TEST_F(StateLease, AThirdOneCannotTakeOverFromTheSecond) {
  const auto first = take(stopped_, holder());
  going_.put_at(at(61));
  const auto second = take(going_, other());
  HandClock third_clock;
  third_clock.put_at(at(100));
  const auto third = open_at(path_, third_clock, holder());
  ASSERT_FALSE(third);
  EXPECT_NE(third.error().detail.find("ben@tower"), std::string::npos) << third.error().detail;
}

TEST_F(StateLease, EachWriterHasAHigherToken) {
  for (std::int64_t token = 1; token <= 3; ++token) {
    const auto store = take(stopped_, holder());
    EXPECT_EQ(token_in(path_), token);
  }
}

// The real thing: a process that is stopped, and one that is killed. No clock is needed for the
// second, and the first one's is moved.
TEST_F(StateLease, OfAProcess) {
  int reports[2];
  int orders[2];
  ASSERT_EQ(::pipe(reports), 0);
  ASSERT_EQ(::pipe(orders), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = open(path_, StateStore::Mode::write);
    char mark = store ? 'y' : 'n';
    if (::write(reports[1], &mark, 1) != 1 || ::read(orders[0], &mark, 1) != 1) ::_exit(1);
    (*store)->put_resource(resource("late"));
    const Status late = (*store)->commit();
    mark = late ? 'w' : late.error().kind == ErrorKind::conflict ? 'c' : '?';
    if (::write(reports[1], &mark, 1) != 1) ::_exit(1);
    ::pause();
  }
  char mark = 0;
  ASSERT_EQ(::read(reports[0], &mark, 1), 1);
  ASSERT_EQ(mark, 'y');
  EXPECT_FALSE(open(path_, StateStore::Mode::write)) << "held by the child";

  ::kill(child, SIGSTOP);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  EXPECT_FALSE(open(path_, StateStore::Mode::write)) << "stopped, but its lease lasts";
  going_.put_at(std::chrono::system_clock::now() + 61s);
  {
    const auto second = take(going_, other());
    second->put_resource(resource("second"));
    ASSERT_TRUE(second->commit());
    ::kill(child, SIGCONT);
    ASSERT_EQ(::write(orders[1], "g", 1), 1);
    ASSERT_EQ(::read(reports[0], &mark, 1), 1);
    EXPECT_EQ(mark, 'c') << "it came back and must not write";
  }
  EXPECT_EQ(read(path_).resources.size(), 1U);

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (const int end : {reports[0], reports[1], orders[0], orders[1]})
    ::close(end);
}

TEST_F(StateLease, OfAKilledProcessIsFreeAtOnce) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto store = open(path_, StateStore::Mode::write);
    const char mark = store ? 'y' : 'n';
    if (::write(ready[1], &mark, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char mark = 0;
  ASSERT_EQ(::read(ready[0], &mark, 1), 1);
  ASSERT_EQ(mark, 'y');
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(path_ + ".lock")) << "a killed process cleans nothing up";
  EXPECT_TRUE(open(path_, StateStore::Mode::write));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(StateLease, IsGivenBackWithTheStore) {
  { const auto first = writer(path_); }
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
  EXPECT_TRUE(open(path_, StateStore::Mode::write));
}

TEST_F(StateLease, ARefusedWriterLeavesItInPlace) {
  const auto first = writer(path_);
  EXPECT_FALSE(open(path_, StateStore::Mode::write));
  EXPECT_FALSE(open(path_, StateStore::Mode::write));
  EXPECT_TRUE(open(path_, StateStore::Mode::read)) << "readers need no lock";
}

// Somebody removes the file of a run, or puts another one in its place.
TEST_F(StateLease, AFileThatWasRemovedOrReplacedIsNotWrittenAnyMore) {
  for (const bool is_replaced : {false, true}) {
    SCOPED_TRACE(is_replaced);
    const TemporaryFolder folder;
    const std::string path = folder.file("s");
    const auto store = writer(path);
    store->put_resource(resource("a"));
    ASSERT_TRUE(store->commit());
    const TemporaryFolder elsewhere;
    std::filesystem::rename(path, elsewhere.file("s"));
    if (is_replaced) std::filesystem::copy_file(elsewhere.file("s"), path);
    store->put_resource(resource("b"));
    const Status late = store->commit();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::storage);
    EXPECT_EQ(late.error().summary, "cannot write the state " + path);
    EXPECT_EQ(late.error().detail, is_replaced
                                       ? "another file was put in its place while this run had it "
                                         "open"
                                       : "the file was removed while this run had it open");
    EXPECT_TRUE(store->has_staged());
  }
}

}  // namespace
}  // namespace firn::test
