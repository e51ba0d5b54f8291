#include "core/async/scheduler.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "core/async/sync.h"

namespace firn {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SchedulerTest : public testing::Test {
 protected:
  const Instant start_{hours(1000)};
  VirtualClock clock_{start_};
  SeededRandom random_{7};
  Scheduler scheduler_{clock_, random_};
};

Task<void> log_after(Scheduler& scheduler, Duration delay, std::string word, std::string& log) {
  co_await scheduler.sleep(delay);
  log += word;
}

Task<int> number_after(Scheduler& scheduler, Duration delay, int number) {
  co_await scheduler.sleep(delay);
  co_return number;
}

Task<int> ready_number(int number) {
  co_return number;
}

Task<long> sum_of_ready(int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i) {
    const int number = co_await ready_number(i);
    sum += number;
  }
  co_return sum;
}

TEST_F(SchedulerTest, TimersFireInOrderOfTimeThenOfRegistration) {
  std::string log;
  scheduler_.spawn(log_after(scheduler_, seconds(3), "c", log));
  scheduler_.spawn(log_after(scheduler_, seconds(1), "a", log));
  scheduler_.spawn(log_after(scheduler_, seconds(3), "d", log));
  scheduler_.spawn(log_after(scheduler_, seconds(2), "b", log));
  scheduler_.run(log_after(scheduler_, seconds(4), "e", log));
  EXPECT_EQ(log, "abcde");
}

TEST_F(SchedulerTest, VirtualTimeIsExactAndCostsNothing) {
  EXPECT_EQ(scheduler_.run(number_after(scheduler_, hours(72), 5)), 5);
  EXPECT_EQ(scheduler_.now() - start_, hours(72));
}

TEST_F(SchedulerTest, APastMomentIsNow) {
  scheduler_.run([](Scheduler& scheduler, Instant past) -> Task<void> {
    co_await scheduler.sleep_until(past);
  }(scheduler_, start_ - hours(1)));
  EXPECT_EQ(scheduler_.now(), start_);
}

TEST_F(SchedulerTest, AMillionFinishedTasksNeedNoStack) {
  EXPECT_EQ(scheduler_.run(sum_of_ready(1'000'000)), 499999500000L);
}

Task<int> level(Scheduler& scheduler, int depth) {
  if (depth == 0) {
    co_await scheduler.sleep(seconds(1));
    co_return 0;
  }
  const int below = co_await level(scheduler, depth - 1);
  co_return below + 1;
}

TEST_F(SchedulerTest, ValuesTravelUpThroughManyAwaits) {
  EXPECT_EQ(scheduler_.run(level(scheduler_, 500)), 500);
}

Task<void> yield_and_log(Scheduler& scheduler, std::string word, std::string& log) {
  log += word;
  co_await scheduler.yield();
  log += word;
}

TEST_F(SchedulerTest, YieldLetsTheOthersRunFirst) {
  std::string log;
  scheduler_.spawn(yield_and_log(scheduler_, "a", log));
  scheduler_.spawn(yield_and_log(scheduler_, "b", log));
  scheduler_.run(yield_and_log(scheduler_, "c", log));
  EXPECT_EQ(log, "abcabc");
}

TEST_F(SchedulerTest, HooksRunOncePerTurnAndNotWhileNothingRuns) {
  std::string log;
  scheduler_.at_end_of_turn([&log] { log += "|"; });
  scheduler_.at_end_of_turn([&log] { log += "."; });
  scheduler_.spawn(log_after(scheduler_, seconds(1), "a", log));
  scheduler_.spawn(log_after(scheduler_, seconds(1), "b", log));
  scheduler_.run(log_after(scheduler_, seconds(2), "c", log));
  EXPECT_EQ(log, "|.ab|.c|.");  // a turn that starts them all, one that ends two, one that ends one
}

Task<void> wait_for(Event& event) {
  co_await event;
}

TEST_F(SchedulerTest, AHookMayMakeCoroutinesReady) {
  Event durable(scheduler_);
  scheduler_.at_end_of_turn([&durable] {
    if (!durable.is_set()) durable.set();
  });
  scheduler_.run(wait_for(durable));
  EXPECT_TRUE(durable.is_set());
}

Task<void> spin(Scheduler& scheduler, const bool& stop) {
  while (!stop)
    co_await scheduler.yield();
}

Task<void> set_after(Scheduler& scheduler, Duration delay, bool& flag) {
  co_await scheduler.sleep(delay);
  flag = true;
}

TEST_F(SchedulerTest, BusyCoroutinesCannotShutOutTimers) {
  bool stop = false;
  scheduler_.at_end_of_turn([this] { clock_.advance_to(clock_.now() + milliseconds(1)); });
  scheduler_.spawn(set_after(scheduler_, milliseconds(3), stop));
  scheduler_.run(spin(scheduler_, stop));
  EXPECT_TRUE(stop);
}

TEST_F(SchedulerTest, WhenAllAnswersInOrderAndWaitsForTheSlowest) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 5; ++i)
    tasks.push_back(number_after(scheduler_, seconds(5 - i), i));
  const std::vector<int> numbers = scheduler_.run(when_all(scheduler_, std::move(tasks)));
  EXPECT_EQ(numbers, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(scheduler_.now() - start_, seconds(5));
  EXPECT_TRUE(scheduler_.run(when_all(scheduler_, std::vector<Task<int>>())).empty());
}

TEST_F(SchedulerTest, AHundredThousandTasksAtOnce) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 100'000; ++i) {
    tasks.push_back(number_after(scheduler_, seconds(i % 100), i));
  }
  const std::vector<int> numbers = scheduler_.run(when_all(scheduler_, std::move(tasks)));
  EXPECT_EQ(numbers.size(), 100'000U);
  EXPECT_EQ(numbers.back(), 99'999);
}

Task<void> hold(Scheduler& scheduler, std::shared_ptr<int>) {
  co_await scheduler.yield();
}

TEST_F(SchedulerTest, ASpawnedTaskDiesTheMomentItIsDoneWithItsParameters) {
  const auto held = std::make_shared<int>(1);
  scheduler_.spawn(hold(scheduler_, held));
  EXPECT_EQ(held.use_count(), 2);
  std::string log;
  scheduler_.run(log_after(scheduler_, seconds(1), "", log));
  EXPECT_EQ(held.use_count(), 1);
}

Task<void> work(Scheduler& scheduler, Semaphore& semaphore, int id, int& at_work, int& most,
                std::vector<int>& order) {
  Semaphore::Permit permit = co_await semaphore;
  order.push_back(id);
  most = std::max(most, ++at_work);
  co_await scheduler.sleep(seconds(1));
  --at_work;
}

TEST_F(SchedulerTest, ASemaphoreServesFirstComeFirstServedWithinItsBudget) {
  Semaphore semaphore(scheduler_, 3);
  int at_work = 0;
  int most = 0;
  std::vector<int> order;
  std::vector<int> expected;
  for (int i = 0; i < 10; ++i) {
    scheduler_.spawn(work(scheduler_, semaphore, i, at_work, most, order));
    expected.push_back(i);
  }
  std::string log;
  scheduler_.run(log_after(scheduler_, seconds(100), "", log));
  EXPECT_EQ(most, 3);
  EXPECT_EQ(at_work, 0);
  EXPECT_EQ(order, expected);
}

TEST_F(SchedulerTest, AbandonedTasksGiveBackWhatTheyHold) {
  const auto held = std::make_shared<int>(1);
  Event never(scheduler_);
  Semaphore semaphore(scheduler_, 1);
  int at_work = 0;
  int most = 0;
  std::vector<int> order;
  scheduler_.spawn(
      [](Event& event, std::shared_ptr<int>) -> Task<void> { co_await event; }(never, held));
  scheduler_.spawn(work(scheduler_, semaphore, 1, at_work, most, order));
  scheduler_.spawn(work(scheduler_, semaphore, 2, at_work, most, order));
  std::string log;
  scheduler_.run(log_after(scheduler_, milliseconds(1), "", log));
  EXPECT_EQ(held.use_count(), 2);
  scheduler_.abandon();
  EXPECT_EQ(held.use_count(), 1);
  scheduler_.run(log_after(scheduler_, seconds(5), "still works", log));
  EXPECT_EQ(log, "still works");
  EXPECT_EQ(order, std::vector<int>{1});
}

TEST_F(SchedulerTest, ARunThatCanNeverFinishIsOurMistake) {
  Event never(scheduler_);
  EXPECT_DEATH(scheduler_.run(wait_for(never)), "firn: bug: the run can never finish");
}

// Something outside that takes `polls` polls to finish.
class SlowSource final : public EventSource {
 public:
  SlowSource(int polls, Event& event) : polls_(polls), event_(event) {}
  [[nodiscard]] bool is_busy() const override { return polls_ > 0; }
  void poll(Duration wait) override {
    waits.push_back(wait);
    if (--polls_ == 0) event_.set();
  }
  std::vector<Duration> waits;

 private:
  int polls_;
  Event& event_;
};

TEST_F(SchedulerTest, VirtualTimeStandsStillWhileTheOutsideWorldWorks) {
  Event done(scheduler_);
  SlowSource source(3, done);
  scheduler_.add_event_source(source);
  std::string log;
  scheduler_.spawn(log_after(scheduler_, seconds(1), "timer", log));
  scheduler_.run(wait_for(done));
  EXPECT_EQ(log, "");
  EXPECT_EQ(scheduler_.now(), start_);
  ASSERT_EQ(source.waits.size(), 3U);
  // The first poll follows a turn in which something ran, but nothing is ready any more.
  for (const Duration wait : source.waits)
    EXPECT_GT(wait, Duration::zero());
  scheduler_.remove_event_source(source);
}

TEST_F(SchedulerTest, WhileSomethingIsReadyASourceMayNotBlock) {
  Event done(scheduler_);
  SlowSource source(2, done);
  scheduler_.add_event_source(source);
  bool stop = false;
  scheduler_.at_end_of_turn([&] { stop = done.is_set(); });
  scheduler_.run(spin(scheduler_, stop));
  EXPECT_EQ(source.waits, (std::vector<Duration>{Duration::zero(), Duration::zero()}));
  scheduler_.remove_event_source(source);
}

TEST_F(SchedulerTest, SeveralBusySourcesAreAllServed) {
  Event first(scheduler_);
  Event second(scheduler_);
  SlowSource one(5, first);
  SlowSource two(2, second);
  scheduler_.add_event_source(one);
  scheduler_.add_event_source(two);
  scheduler_.run(wait_for(second));
  scheduler_.run(wait_for(first));
  scheduler_.remove_event_source(one);
  scheduler_.remove_event_source(two);
}

TEST(RealScheduler, WaitsForATimerWithoutAnySource) {
  RealClock clock;
  SystemRandom random;
  Scheduler scheduler(clock, random);
  const Instant start = clock.now();
  EXPECT_EQ(scheduler.run(number_after(scheduler, milliseconds(2), 3)), 3);
  EXPECT_GE(clock.now() - start, milliseconds(2));
}

}  // namespace
}  // namespace firn
