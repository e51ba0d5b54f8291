// What a client does to services that fail, throttle and hang, and what that costs the others.
#include <gtest/gtest.h>

#include "core/async/sync.h"
#include "providers/aws/client.h"
#include "providers/aws/service.h"
#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

using test::create_role;
using test::cut;
using test::iam_error;
using test::iam_success;
using test::respond;
using test::Rig;
using test::sequence;

Call get_object() {
  Call call;
  call.service = &service::s3;
  call.operation = "GetObject";
  call.bucket = "data";
  call.path = "/key";
  return call;
}

TEST(ClientFaults, StopsRetryingWhenTheQuotaIsSpent) {
  Rig rig;
  rig.transport.answer = sequence({respond(500, "")});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  // 500 units at 5 each: the first twenty calls get their five retries. Later ones fail as they
  // did, without being sent.
  for (int i = 0; i < 60; ++i) {
    const Result<Reply> reply = rig.scheduler.run(client.call(create_role()));
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().summary, "AWS IAM failed at CreateRole");
    EXPECT_EQ(reply.error().may_have_been_applied, i < 20);
  }
  EXPECT_EQ(rig.transport.requests.size(), 20U * 6);
}

TEST(ClientFaults, LooksNowAndThenWhetherAServiceIsBack) {
  Rig rig;
  bool is_down = true;
  rig.transport.answer = [&](const http::Request&) -> Result<http::Response> {
    return is_down ? respond(500, "") : respond(200, iam_success);
  };
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
  for (int i = 0; i < 21; ++i) {
    EXPECT_FALSE(rig.scheduler.run(client.call(create_role())).has_value());
  }
  const std::size_t sent = rig.transport.requests.size();
  is_down = false;
  EXPECT_FALSE(rig.scheduler.run(client.call(create_role())).has_value());
  EXPECT_EQ(rig.transport.requests.size(), sent);

  rig.clock.advance_to(rig.clock.now() + std::chrono::seconds(5));

  EXPECT_TRUE(rig.scheduler.run(client.call(create_role())).has_value());
  EXPECT_TRUE(rig.scheduler.run(client.call(create_role())).has_value());
}

Call create_queue() {
  Call call;
  call.service = &service::sqs;
  call.operation = "CreateQueue";
  call.input = Value(Map{{"QueueName", "q"}});
  call.changes_something = true;
  return call;
}

std::vector<Task<Result<Reply>>> many(Client& client, int count, Call (*make)()) {
  std::vector<Task<Result<Reply>>> tasks;
  for (int i = 0; i < count; ++i) {
    Call call = make();
    tasks.push_back(client.call(std::move(call)));
  }
  return tasks;
}

std::size_t count_of(const Rig& rig, std::string_view service) {
  std::size_t count = 0;
  for (const http::Request& request : rig.transport.requests)
    count += request.service == service ? 1 : 0;
  return count;
}

TEST(ClientFaults, ADeadServiceCostsLittleTimeAndHarmsNoOther) {
  Rig rig;
  // Each attempt hangs as long as a connection may take.
  rig.transport.latency = std::chrono::seconds(10);
  rig.transport.answer = [](const http::Request& request) -> Result<http::Response> {
    if (request.service == "sqs") return cut(false);
    return respond(200, iam_success);
  };
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
  auto tasks = many(client, 500, create_queue);

  const auto replies = rig.scheduler.run(when_all(rig.scheduler, std::move(tasks)));

  for (const auto& reply : replies)
    ASSERT_FALSE(reply.has_value());
  EXPECT_LE(count_of(rig, "sqs"), 130U);  // fifty retries, and what was on its way
  EXPECT_LT(rig.clock.now() - test::start, std::chrono::minutes(3));
  EXPECT_TRUE(rig.scheduler.run(client.call(create_role())).has_value());
}

// A service that takes so many calls a second, and so many at once.
struct Bucket {
  double rate;
  double tokens = rate;
  Instant last = test::start;
  bool takes(Instant now) {
    tokens = std::min(rate, tokens + rate * std::chrono::duration<double>(now - last).count());
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }
};

Task<void> measure(Client& client, Scheduler& scheduler, Duration* longest) {
  for (int i = 0; i < 100; ++i) {
    const Instant begun = scheduler.now();
    Call call = create_queue();
    const Result<Reply> reply = co_await client.call(std::move(call));
    EXPECT_TRUE(reply.has_value());
    *longest = std::max(*longest, scheduler.now() - begun);
    co_await scheduler.sleep(std::chrono::seconds(1));
  }
}

TEST(ClientFaults, AThrottledServiceSlowsItselfAndNoOther) {
  Rig rig;
  rig.transport.latency = std::chrono::milliseconds(100);
  Bucket iam{5};
  std::size_t settled = 0;
  std::size_t refused = 0;
  rig.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
    if (request.service == "sqs") return respond(200, R"({"QueueUrl":"https://q"})");
    const bool is_settled = rig.clock.now() > test::start + std::chrono::seconds(20);
    if (is_settled) ++settled;
    if (iam.takes(rig.clock.now())) return respond(200, iam_success);
    if (is_settled) ++refused;
    return iam_error(400, "Throttling", "Rate exceeded");
  };
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
  auto tasks = many(client, 600, create_role);
  Duration longest{};
  rig.scheduler.spawn(measure(client, rig.scheduler, &longest));

  const auto replies = rig.scheduler.run(when_all(rig.scheduler, std::move(tasks)));

  for (const auto& reply : replies)
    EXPECT_TRUE(reply.has_value());
  EXPECT_GT(settled, 200U);
  EXPECT_LT(refused, settled / 15) << "of " << settled;
  // At best 120 seconds.
  EXPECT_LT(rig.clock.now() - test::start, std::chrono::seconds(200));
  EXPECT_EQ(longest, rig.transport.latency);
}

TEST(ClientFaults, WaitsLongerForWhatTakesLonger) {
  Rig rig;
  rig.transport.answer = sequence({respond(200, iam_success)});
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());
  const auto time_of = [&](bool changes_something, std::size_t bytes) {
    Call call = get_object();
    call.method = "PUT";
    call.changes_something = changes_something;
    call.body.assign(bytes, 'x');
    static_cast<void>(rig.scheduler.run(client.call(std::move(call))));
    return rig.transport.requests.back().timeout;
  };
  EXPECT_EQ(time_of(false, 0), std::chrono::seconds(30));
  EXPECT_EQ(time_of(true, 0), std::chrono::seconds(60));
  // 50 MiB at 64 KiB a second.
  EXPECT_EQ(time_of(true, std::size_t{50} << 20), std::chrono::seconds(60 + 800));
}

// An answer of "not yet" is no failure, however many failures came between.
TEST(ClientFaults, FailuresBetweenWaitsAreNotAddedUp) {
  Rig rig;
  std::vector<Result<http::Response>> answers;
  for (int i = 0; i < 8; ++i) {
    answers.emplace_back(respond(503, ""));
    answers.emplace_back(iam_error(409, "EntityTemporarilyUnmodifiable", "busy"));
  }
  answers.emplace_back(respond(200, iam_success));
  rig.transport.answer = sequence(std::move(answers));
  Client client(rig.scheduler, rig.transport, rig.credentials, Rig::options());

  EXPECT_TRUE(rig.scheduler.run(client.call(create_role())).has_value());
  EXPECT_EQ(rig.transport.requests.size(), 17U);
}

}  // namespace
}  // namespace firn::aws
