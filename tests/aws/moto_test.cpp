// A bucket and its notifications through their whole life, against moto.
#include "tests/aws/moto.h"

#include <gtest/gtest.h>

#include "core/async/sync.h"
#include "providers/aws/provider.h"
#include "providers/aws/types.h"
#include "tests/aws/operations.h"

namespace firn::aws {
namespace {

using test::json;
using test::Moto;

class MotoTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { moto = Moto::start().release(); }
  static void TearDownTestSuite() { delete std::exchange(moto, nullptr); }
  void SetUp() override {
    if (moto == nullptr) GTEST_SKIP() << Moto::missing;
    provider = std::make_unique<AwsProvider>(moto->scheduler(), moto->transport(),
                                             moto->credentials(), moto->options());
  }
  template <class T>
  T run(Task<T> task) {
    return moto->scheduler().run(std::move(task));
  }
  Observation observe(const Operation& operation, const Value& inputs) {
    ResourceRecord record = operation.prior;
    record.inputs = inputs;
    std::vector<ResourceRecord> records{record};
    auto seen = run(provider->observe(std::move(records)));
    EXPECT_TRUE(seen.front().has_value()) << render(seen.front().error());
    return seen.front() ? *seen.front() : Observation{};
  }
  // Whatever is managed must be seen as it was asked for: an empty second plan.
  void expect_no_difference(const Operation& operation, const Value& inputs) {
    const Observation seen = observe(operation, inputs);
    EXPECT_TRUE(seen.exists);
    for (const auto& [name, value] : seen.inputs) {
      EXPECT_EQ(to_json(value), to_json(inputs.at(name))) << name;
    }
  }
  Result<Reply> call(const Service& service, std::string operation, Map input) {
    Call made;
    made.service = &service;
    made.operation = std::move(operation);
    made.input = Value(std::move(input));
    return run(provider->client().call(std::move(made)));
  }

  static Moto* moto;
  std::unique_ptr<AwsProvider> provider;
};
Moto* MotoTest::moto = nullptr;

TEST_F(MotoTest, KnowsWhoCalls) {
  const Status connected = run(provider->connect());
  EXPECT_TRUE(connected.has_value()) << render(connected.error());

  ClientOptions options = moto->options();
  options.placement.account = "999999999999";
  AwsProvider other(moto->scheduler(), moto->transport(), moto->credentials(), options);
  const Status refused = run(other.connect());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().summary,
            "the AWS credentials belong to account 123456789012, not to 999999999999");
}

TEST_F(MotoTest, LeadsABucketThroughItsLife) {
  const Value first = s3_bucket.type->normalize(json(R"({
    "versioning": true, "force_destroy": true, "ownership": "BucketOwnerEnforced",
    "encryption": {"type": "sse_s3"}, "public_access_block": {},
    "lifecycle": [{"prefix": "coinlore/raw/", "expiration_days": 7},
                  {"prefix": "reddit/raw/", "expiration_days": 7, "abort_incomplete_upload_days": 1,
                   "transitions": [{"days": 30, "storage_class": "STANDARD_IA"}]}],
    "statements": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"},
                    "Action": ["s3:GetObject"]}],
    "tags": {"team": "data & ai"}})"));
  Operation operation = test::operation("aws.s3_bucket", "data[\"x\"]", "firn-life", first);
  EXPECT_FALSE(observe(operation, first).exists);

  const Result<Applied> created = run(provider->create(operation));
  ASSERT_TRUE(created.has_value()) << render(created.error());
  expect_no_difference(operation, first);
  const Observation seen = observe(operation, first);
  EXPECT_EQ(seen.owner, "data[\"x\"]");
  EXPECT_FALSE(seen.foreign);

  // After a crash the object is found by its name, without knowing what it was to be.
  const Result<Observation> found = run(provider->find_after_crash(operation));
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->exists);
  EXPECT_EQ(found->owner, "data[\"x\"]");

  // A second create of our own is an update.
  const Result<Applied> again = run(provider->create(operation));
  EXPECT_TRUE(again.has_value()) << render(again.error());

  const Value second = s3_bucket.type->normalize(json(R"({
    "versioning": false, "force_destroy": true, "ownership": "BucketOwnerPreferred",
    "public_access_block": {"block_public_acls": false}, "lifecycle": [], "tls_only": false,
    "statements": [], "tags": {"owner": "me"}})"));
  Operation edit = test::update(operation, first, second);
  const Result<Applied> updated = run(provider->update(edit));
  ASSERT_TRUE(updated.has_value()) << render(updated.error());
  expect_no_difference(operation, second);

  Call put;
  put.service = &service::s3;
  put.operation = "PutObject";
  put.method = "PUT";
  put.bucket = "firn-life";
  put.path = "/a%20b/c%26d";
  put.body = "x";
  put.changes_something = true;
  for (int versions = 0; versions < 3; ++versions) {
    const Result<Reply> stored = run(provider->client().call(put));
    ASSERT_TRUE(stored.has_value()) << render(stored.error());
  }
  Operation keep = edit;
  keep.prior.inputs = s3_bucket.type->normalize(json("{}"));
  const Result<Removed> kept = run(provider->remove(keep));
  ASSERT_FALSE(kept.has_value());
  EXPECT_NE(kept.error().detail.find("a b/c&d"), std::string::npos) << kept.error().detail;

  edit.prior.inputs = second;
  const Result<Removed> removed = run(provider->remove(edit));
  ASSERT_TRUE(removed.has_value()) << render(removed.error());
  EXPECT_FALSE(observe(operation, second).exists);
  EXPECT_TRUE(run(provider->remove(edit)).has_value());
}

TEST_F(MotoTest, LeavesABucketOfOthersAlone) {
  Call foreign;
  foreign.service = &service::s3;
  foreign.operation = "CreateBucket";
  foreign.method = "PUT";
  foreign.bucket = "firn-foreign";
  foreign.body =
      "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
      "</CreateBucketConfiguration>";
  ASSERT_TRUE(run(provider->client().call(std::move(foreign))).has_value());
  Operation operation = test::operation("aws.s3_bucket", "data", "firn-foreign",
                                        s3_bucket.type->normalize(json("{}")));
  const Result<Applied> created = run(provider->create(operation));
  ASSERT_FALSE(created.has_value());
  EXPECT_EQ(created.error().kind, ErrorKind::conflict);
}

TEST_F(MotoTest, LeadsNotificationsThroughTheirLife) {
  Operation bucket = test::operation("aws.s3_bucket", "data", "firn-notified",
                                     s3_bucket.type->normalize(json(R"({"force_destroy": true})")));
  ASSERT_TRUE(run(provider->create(bucket)).has_value());
  Map queue;
  queue.set("QueueName", "firn-events");
  ASSERT_TRUE(call(service::sqs, "CreateQueue", std::move(queue)).has_value());

  const auto rule = [](const std::string& address, const std::string& prefix) {
    return test::operation(
        "aws.s3_notification", address, "",
        s3_notification.type->normalize(json(
            R"({"bucket": "firn-notified", "queue": "arn:aws:sqs:eu-west-1:123456789012:firn-events",
                "suffix": ".parquet", "prefix": ")" +
            prefix + "\"}")));
  };
  Operation first = rule("first", "a/");
  Operation second = rule("second", "b/");
  std::vector<Task<Result<Applied>>> tasks;
  tasks.push_back(provider->create(first));
  tasks.push_back(provider->create(second));
  for (const auto& created : run(when_all(moto->scheduler(), std::move(tasks)))) {
    ASSERT_TRUE(created.has_value()) << render(created.error());
  }
  expect_no_difference(first, first.desired);
  expect_no_difference(second, second.desired);

  Operation edit = test::update(first, first.desired, rule("first", "c/").desired);
  const Result<Applied> updated = run(provider->update(edit));
  ASSERT_TRUE(updated.has_value()) << render(updated.error());
  expect_no_difference(first, edit.desired);
  expect_no_difference(second, second.desired);

  for (Operation* made : {&first, &second}) {
    made->prior.inputs = made->desired;
    const Result<Removed> removed = run(provider->remove(*made));
    EXPECT_TRUE(removed.has_value()) << render(removed.error());
  }
  EXPECT_FALSE(observe(second, second.desired).exists);
  bucket.prior.inputs = bucket.desired;
  EXPECT_TRUE(run(provider->remove(bucket)).has_value());
}

}  // namespace
}  // namespace firn::aws
