// aws.s3_notification: one document per bucket, shared with others.
#include <gtest/gtest.h>

#include "core/async/sync.h"
#include "providers/aws/notification_document.h"
#include "providers/aws/notification_rules.h"
#include "providers/aws/types.h"
#include "tests/aws/operations.h"

namespace firn::aws {
namespace {

using test::json;
using test::operations_of;
using test::respond;
using test::Rig;
using test::s3_error;

Value normalized(std::string_view text) {
  return s3_notification.type->normalize(json(text));
}

// A bucket that keeps what is put.
struct Bucket : Rig {
  std::string document = "<NotificationConfiguration/>";
  AwsProvider provider{scheduler, transport, credentials, options()};
  Bucket() {
    transport.answer = [this](const http::Request& request) { return answer(request); };
  }
  Result<http::Response> answer(const http::Request& request) {
    if (request.method == "PUT") {
      document = request.body;
      return respond(200, "");
    }
    // S3 answers these names with a capital.
    std::string shown = document;
    for (const auto& [from, to] :
         {std::pair{"<Name>prefix", "<Name>Prefix"}, {"<Name>suffix", "<Name>Suffix"}}) {
      for (auto at = shown.find(from); at != std::string::npos; at = shown.find(from)) {
        shown.replace(at, std::string_view(from).size(), to);
      }
    }
    return respond(200, shown);
  }
  static Operation rule(const std::string& address, const std::string& inputs) {
    return test::operation("aws.s3_notification", address, "", normalized(inputs));
  }
};

const char* const coinlore =
    R"({"bucket": "b", "topic": "arn:aws:sns:eu-west-1:123456789012:c", "prefix": "coinlore/"})";
const char* const reddit =
    R"({"bucket": "b", "topic": "arn:aws:sns:eu-west-1:123456789012:r", "prefix": "reddit/",
        "suffix": ".parquet"})";

TEST(S3Notification, RulesThatBecomeReadyTogetherAreOneCall) {
  Bucket bucket;
  Operation first = Bucket::rule("coinlore_events", coinlore);
  Operation second = Bucket::rule("reddit_events", reddit);
  std::vector<Task<Result<Applied>>> tasks;
  tasks.push_back(bucket.provider.create(first));
  tasks.push_back(bucket.provider.create(second));

  const auto applied = bucket.scheduler.run(when_all(bucket.scheduler, std::move(tasks)));

  for (const auto& result : applied)
    ASSERT_TRUE(result.has_value()) << result.error().summary;
  EXPECT_EQ(text_at(Value(applied[0]->outputs), "rule_id"), "firn:finance/dev/coinlore_events");
  EXPECT_EQ(operations_of(bucket.transport.requests),
            (std::vector<std::string>{"GetBucketNotificationConfiguration",
                                      "PutBucketNotificationConfiguration",
                                      "GetBucketNotificationConfiguration"}));
  EXPECT_EQ(
      bucket.document,
      "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<TopicConfiguration><Id>firn:finance/dev/coinlore_events</Id>"
      "<Topic>arn:aws:sns:eu-west-1:123456789012:c</Topic><Event>s3:ObjectCreated:*</Event>"
      "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>coinlore/</Value></FilterRule></S3Key>"
      "</Filter></TopicConfiguration>"
      "<TopicConfiguration><Id>firn:finance/dev/reddit_events</Id>"
      "<Topic>arn:aws:sns:eu-west-1:123456789012:r</Topic><Event>s3:ObjectCreated:*</Event>"
      "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>reddit/</Value></FilterRule>"
      "<FilterRule><Name>suffix</Name><Value>.parquet</Value></FilterRule></S3Key></Filter>"
      "</TopicConfiguration></NotificationConfiguration>");
}

TEST(S3Notification, KeepsWhatOthersWrote) {
  Bucket bucket;
  bucket.document =
      "<NotificationConfiguration><EventBridgeConfiguration/><QueueConfiguration><Id>theirs</Id>"
      "<Queue>arn:q</Queue><Event>s3:ObjectRemoved:*</Event><Novelty>x</Novelty>"
      "</QueueConfiguration></NotificationConfiguration>";
  Operation rule = Bucket::rule("events", coinlore);
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(rule)).has_value());
  for (const char* part : {"<EventBridgeConfiguration>", "<Id>theirs</Id>", "<Novelty>x</Novelty>",
                           "<Id>firn:finance/dev/events</Id>"}) {
    EXPECT_NE(bucket.document.find(part), std::string::npos) << part << "\n" << bucket.document;
  }

  rule.prior.inputs = rule.desired;
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.remove(rule)).has_value());
  EXPECT_EQ(bucket.document.find("firn:"), std::string::npos);
  EXPECT_NE(bucket.document.find("<Id>theirs</Id>"), std::string::npos);
}

TEST(S3Notification, IsReadFromOneDocumentPerBucket) {
  Bucket bucket;
  Operation first = Bucket::rule("coinlore_events", coinlore);
  Operation second = Bucket::rule("reddit_events", reddit);
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(first)).has_value());
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(second)).has_value());
  bucket.transport.requests.clear();
  std::vector<ResourceRecord> records;
  for (const Operation* made : {&first, &second}) {
    ResourceRecord record = made->prior;
    record.inputs = made->desired;
    records.push_back(std::move(record));
  }
  ResourceRecord missing = records.front();
  missing.address = "never_made";
  records.push_back(missing);

  const auto seen = bucket.scheduler.run(bucket.provider.observe(records));

  EXPECT_EQ(bucket.transport.requests.size(), 1U);
  ASSERT_TRUE(seen[0].has_value() && seen[1].has_value() && seen[2].has_value());
  EXPECT_TRUE(seen[0]->exists);
  EXPECT_EQ(seen[0]->owner, "coinlore_events");
  EXPECT_EQ(seen[1]->inputs.find("suffix")->as_string(), ".parquet");
  for (const char* attribute : {"bucket", "events", "prefix", "suffix", "topic"}) {
    EXPECT_EQ(*seen[1]->inputs.find(attribute), second.desired.at(attribute)) << attribute;
  }
  EXPECT_FALSE(seen[2]->exists);
}

TEST(S3Notification, WritesNothingWhenItStandsAlready) {
  Bucket bucket;
  Operation rule = Bucket::rule("events", coinlore);
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(rule)).has_value());
  bucket.transport.requests.clear();
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(rule)).has_value());
  EXPECT_EQ(operations_of(bucket.transport.requests),
            std::vector<std::string>{"GetBucketNotificationConfiguration"});
}

TEST(S3Notification, WritesAgainWhenAnotherWriterWonTheRace) {
  Bucket bucket;
  int puts = 0;
  bucket.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
    Result<http::Response> response = bucket.answer(request);
    if (request.method == "PUT" && ++puts == 1) {
      bucket.document =
          "<NotificationConfiguration><QueueConfiguration><Id>theirs</Id><Queue>arn:q</Queue>"
          "<Event>s3:ObjectRemoved:*</Event></QueueConfiguration></NotificationConfiguration>";
    }
    return response;
  };
  Operation rule = Bucket::rule("events", coinlore);
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(rule)).has_value());
  EXPECT_EQ(puts, 2);
  EXPECT_NE(bucket.document.find("theirs"), std::string::npos);
  EXPECT_NE(bucket.document.find("firn:finance/dev/events"), std::string::npos);
}

TEST(S3Notification, WaitsUntilS3MaySend) {
  Bucket bucket;
  int refusals = 3;
  bucket.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
    if (request.method == "PUT" && refusals-- > 0) {
      return s3_error(400, "InvalidArgument",
                      "Unable to validate the following destination configurations");
    }
    return bucket.answer(request);
  };
  Operation rule = Bucket::rule("events", coinlore);
  std::vector<std::string> lines;
  rule.report = [&lines](std::string_view line) { lines.emplace_back(line); };
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(rule)).has_value());
  EXPECT_EQ(lines.size(), 1U);
}

TEST(S3Notification, OnlyTheFaultyRuleOfACallFails) {
  Bucket bucket;
  bucket.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
    if (request.method == "PUT" && request.body.find("123456789012:r<") != std::string::npos) {
      return s3_error(400, "InvalidArgument",
                      "Unable to validate the following destination configurations");
    }
    return bucket.answer(request);
  };
  Operation good = Bucket::rule("coinlore_events", coinlore);
  Operation bad = Bucket::rule("reddit_events", reddit);
  std::vector<Task<Result<Applied>>> tasks;
  tasks.push_back(bucket.provider.create(good));
  tasks.push_back(bucket.provider.create(bad));
  const auto applied = bucket.scheduler.run(when_all(bucket.scheduler, std::move(tasks)));
  EXPECT_TRUE(applied[0].has_value());
  ASSERT_FALSE(applied[1].has_value());
  EXPECT_EQ(applied[1].error().address, "reddit_events");
  EXPECT_NE(applied[1].error().remedy.find("publishers"), std::string::npos);
}

TEST(S3Notification, NamesTheForeignRuleThatIsInTheWay) {
  Bucket bucket;
  bucket.document =
      "<NotificationConfiguration><QueueConfiguration><Id>theirs</Id><Queue>arn:q</Queue>"
      "<Event>s3:ObjectCreated:Put</Event></QueueConfiguration></NotificationConfiguration>";
  Operation rule = Bucket::rule("events", coinlore);
  const Result<Applied> applied = bucket.scheduler.run(bucket.provider.create(rule));
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().kind, ErrorKind::conflict);
  EXPECT_NE(applied.error().detail.find("\"theirs\""), std::string::npos);
  EXPECT_EQ(operations_of(bucket.transport.requests),
            std::vector<std::string>{"GetBucketNotificationConfiguration"});
}

// Another rule may name a topic that somebody deleted.
TEST(S3Notification, AsksOnlyForANewRuleWhetherDestinationsAreThere) {
  Bucket bucket;
  std::vector<bool> skips;
  bucket.transport.answer = [&](const http::Request& request) {
    if (request.method == "PUT") {
      skips.push_back(!request.headers.get("x-amz-skip-destination-validation").empty());
    }
    return bucket.answer(request);
  };
  Operation rule = Bucket::rule("events", coinlore);
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.create(rule)).has_value());
  rule.prior.inputs = rule.desired;
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.remove(rule)).has_value());
  EXPECT_EQ(skips, (std::vector<bool>{false, true}));
}

TEST(S3Notification, IsRemovedWithItsBucket) {
  Bucket bucket;
  bucket.transport.answer = [](const http::Request&) -> Result<http::Response> {
    return s3_error(404, "NoSuchBucket");
  };
  Operation rule = Bucket::rule("events", coinlore);
  rule.prior.inputs = rule.desired;
  EXPECT_TRUE(bucket.scheduler.run(bucket.provider.remove(rule)).has_value());
  EXPECT_FALSE(bucket.scheduler.run(bucket.provider.create(rule)).has_value());
}

struct Overlap {
  const char* name;
  const char* a;
  const char* b;
  bool overlap;
};

class Overlaps : public testing::TestWithParam<Overlap> {};

TEST_P(Overlaps, AreSeenAsS3SeesThem) {
  const NotificationRule a = rule_of(normalized(GetParam().a), "a");
  const NotificationRule b = rule_of(normalized(GetParam().b), "b");
  EXPECT_EQ(rules_overlap(a, b), GetParam().overlap);
  EXPECT_EQ(rules_overlap(b, a), GetParam().overlap);
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, Overlaps,
    testing::Values(
        Overlap{"same", "{}", "{}", true},
        Overlap{"other_prefix", R"({"prefix": "a/"})", R"({"prefix": "b/"})", false},
        Overlap{"nested_prefix", R"({"prefix": "a/"})", R"({"prefix": "a/b/"})", true},
        Overlap{"other_suffix", R"({"suffix": ".csv"})", R"({"suffix": ".json"})", false},
        Overlap{"nested_suffix", R"({"suffix": ".csv"})", R"({"suffix": "x.csv"})", true},
        Overlap{"prefix_saves", R"({"prefix": "a", "suffix": ".csv"})",
                R"({"prefix": "b", "suffix": ".csv"})", false},
        Overlap{"one_without_filter", R"({"prefix": "a", "suffix": ".csv"})", "{}", true},
        Overlap{"wildcard", R"({"events": ["s3:ObjectCreated:*"]})",
                R"({"events": ["s3:ObjectCreated:Put"]})", true},
        Overlap{"other_events", R"({"events": ["s3:ObjectCreated:Copy"]})",
                R"({"events": ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"]})", false},
        Overlap{"one_shared_event",
                R"({"events": ["s3:ObjectCreated:Copy", "s3:ObjectRemoved:*"]})",
                R"({"events": ["s3:ObjectRemoved:Delete"]})", true}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(S3Notification, RefusesOverlappingRulesOfOneBucketAtPlanTime) {
  const Value csv = normalized(R"({"bucket": "lake", "prefix": "in/", "suffix": ".csv"})");
  const Value all = normalized(R"({"bucket": "lake", "prefix": "in/"})");
  const Value elsewhere = normalized(R"({"bucket": "other", "prefix": "in/"})");
  Map later = all.as_map();
  later.set("prefix", Value::unknown("something.prefix"));
  const Value unknown{std::move(later)};
  const std::vector<Peer> peers{
      {"csv_files", &csv}, {"elsewhere", &elsewhere}, {"later", &unknown}, {"all_files", &all}};
  std::vector<PeerProblem> problems;
  s3_notification.type->validate_together(peers, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].peer, 3U);
  EXPECT_EQ(problems[0].problem.path, "prefix");
  EXPECT_EQ(problems[0].problem.summary, "its rule overlaps with that of \"csv_files\"");
}

TEST(S3Notification, HasExactlyOneDestination) {
  for (const auto& [inputs, summary] :
       {std::pair{R"({"bucket": "b"})", "the notification leads nowhere"},
        {R"({"bucket": "b", "queue": "arn:q", "topic": "arn:t"})",
         "the notification has 2 destinations: queue, topic"},
        {R"({"bucket": "b", "queue": "arn:q.fifo"})", "S3 cannot send to a FIFO queue"}}) {
    std::vector<Problem> problems;
    s3_notification.type->validate(Rig::options().placement, "", normalized(inputs), problems);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems.front().summary, summary);
  }
}

// ---- import ----

std::string queue_rule(const std::string& id, const std::string& prefix,
                       const std::string& event = "s3:ObjectCreated:*") {
  return "<QueueConfiguration><Id>" + id + "</Id><Queue>arn:aws:sqs:eu-west-1:1:q</Queue><Event>" +
         event + "</Event><Filter><S3Key><FilterRule><Name>prefix</Name><Value>" + prefix +
         "</Value></FilterRule></S3Key></Filter></QueueConfiguration>";
}

Operation wanted_rule(const std::string& id = "") {
  Operation operation = Bucket::rule(
      "events", R"({"bucket": "b", "queue": "arn:aws:sqs:eu-west-1:1:q", "prefix": "in/"})");
  operation.prior.inputs = operation.desired;
  operation.prior.name = id;
  return operation;
}

TEST(S3Notification, ARuleIsFoundByWhatItIsForOrByItsId) {
  struct Row {
    const char* what;
    std::string rules;
    const char* id;
    const char* found;  // empty: none
    bool foreign;
    const char* owner;  // stack and address; empty: no mark
  };
  const std::string other = queue_rule("other", "out/");
  for (const Row& row : {
           Row{"made by hand", other + queue_rule("console", "in/"), "", "console", true, ""},
           Row{"ours", queue_rule("firn:finance/dev/events", "in/"), "", "firn:finance/dev/events",
               false, "events"},
           Row{"of this stack, at another address", queue_rule("firn:finance/dev/old", "in/"), "",
               "firn:finance/dev/old", false, "old"},
           Row{"another stack's", queue_rule("firn:lake/prod/a/b", "in/"), "", "firn:lake/prod/a/b",
               true, "lake/prod a/b"},
           Row{"by its id, whatever it is for", other, "other", "other", true, ""},
           Row{"for other keys", other, "", "", false, ""},
           Row{"for other events", queue_rule("console", "in/", "s3:ObjectRemoved:*"), "", "",
               false, ""},
           Row{"no such id", queue_rule("console", "in/"), "consul", "", false, ""},
       }) {
    Bucket bucket;
    bucket.document = "<NotificationConfiguration>" + row.rules + "</NotificationConfiguration>";
    Operation operation = wanted_rule(row.id);
    const auto found = bucket.scheduler.run(bucket.provider.find_existing(operation));
    ASSERT_TRUE(found) << row.what << found.error().summary;
    EXPECT_EQ(found->exists, row.found[0] != 0) << row.what;
    if (!found->exists) continue;
    EXPECT_EQ(text_at(Value(found->outputs), "rule_id"), row.found) << row.what;
    EXPECT_EQ(found->foreign, row.foreign) << row.what;
    const std::string owner =
        (found->owner_stack.empty() || !found->foreign ? "" : found->owner_stack + " ") +
        found->owner.value_or("");
    EXPECT_EQ(owner, row.owner) << row.what;
  }
  Bucket bucket;
  bucket.document =
      "<NotificationConfiguration>" + queue_rule("put", "in/", "s3:ObjectCreated:Put") +
      queue_rule("copy", "in/", "s3:ObjectCreated:Copy") + "</NotificationConfiguration>";
  Operation operation = wanted_rule();
  const auto several = bucket.scheduler.run(bucket.provider.find_existing(operation));
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().detail, "their ids are put, copy");
  EXPECT_EQ(several.error().remedy, "say which: firn import finance events ID --env dev");
}

TEST(S3Notification, TakingARuleOverGivesItOurIdInOneCall) {
  Bucket bucket;
  bucket.document = "<NotificationConfiguration>" + queue_rule("other", "out/") +
                    queue_rule("console", "in/") + "</NotificationConfiguration>";
  Operation operation = wanted_rule();
  operation.prior.outputs = Map{{"rule_id", "console"}};
  const auto claimed = bucket.scheduler.run(bucket.provider.claim(operation));
  ASSERT_TRUE(claimed) << claimed.error().summary;
  EXPECT_EQ(claimed->outputs, (Map{{"rule_id", "firn:finance/dev/events"}}));
  EXPECT_EQ(bucket.document.find("console"), std::string::npos);
  EXPECT_NE(bucket.document.find("<Id>firn:finance/dev/events</Id>"), std::string::npos);
  EXPECT_NE(bucket.document.find("<Id>other</Id>"), std::string::npos);
  const auto calls = operations_of(bucket.transport.requests);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "PutBucketNotificationConfiguration"), 1);
  // Once more: it is ours already.
  operation.prior.outputs = Map{{"rule_id", "firn:finance/dev/events"}};
  bucket.transport.requests.clear();
  ASSERT_TRUE(bucket.scheduler.run(bucket.provider.claim(operation)));
  EXPECT_TRUE(bucket.transport.requests.empty());
}

}  // namespace
}  // namespace firn::aws
