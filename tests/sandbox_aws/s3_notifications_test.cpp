// The one notification document of a bucket, and the events that it sends out.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* topic = "arn:aws:sns:eu-west-1:123456789012:events";
constexpr const char* queue = "arn:aws:sqs:eu-west-1:123456789012:events";
constexpr const char* queue_url = "https://sqs.eu-west-1.amazonaws.com/123456789012/events";

std::string policy(const std::string& action, const std::string& resource,
                   const std::string& bucket = "lake", const std::string& account = account_a) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":"{}","Resource":"{}","Condition":{{"ArnLike":{{"aws:SourceArn":"arn:aws:s3:::{}"}},"StringEquals":{{"aws:SourceAccount":"{}"}}}}}}]}})",
      action, resource, bucket, account);
}

std::string filter(const std::string& prefix, const std::string& suffix = {}) {
  std::string rules;
  if (!prefix.empty()) {
    rules += "<FilterRule><Name>prefix</Name><Value>" + prefix + "</Value></FilterRule>";
  }
  if (!suffix.empty()) {
    rules += "<FilterRule><Name>suffix</Name><Value>" + suffix + "</Value></FilterRule>";
  }
  return rules.empty() ? "" : "<Filter><S3Key>" + rules + "</S3Key></Filter>";
}

std::string to_topic(const std::string& id, const std::string& rest,
                     const std::string& event = "s3:ObjectCreated:*",
                     const std::string& arn = topic) {
  return fmt::format(
      "<TopicConfiguration><Id>{}</Id><Topic>{}</Topic><Event>{}</Event>{}</TopicConfiguration>",
      id, arn, event, rest);
}

std::string to_queue(const std::string& id, const std::string& rest,
                     const std::string& event = "s3:ObjectCreated:*",
                     const std::string& arn = queue) {
  return fmt::format(
      "<QueueConfiguration><Id>{}</Id><Queue>{}</Queue><Event>{}</Event>{}</QueueConfiguration>",
      id, arn, event, rest);
}

class S3NotificationsTest : public FileTest {
 protected:
  S3NotificationsTest() {
    EXPECT_OK(create_bucket("lake"));
    EXPECT_OK(aws->query("sns", {{"Action", "CreateTopic"}, {"Name", "events"}}));
    EXPECT_OK(aws->json("sqs", "CreateQueue", Map{{"QueueName", "events"}}));
  }
  Reply put(const std::string& inside, const Headers& headers = {}) {
    return aws->s3("PUT", "lake", "/?notification",
                   "<NotificationConfiguration>" + inside + "</NotificationConfiguration>",
                   headers);
  }
  Reply get() { return aws->s3("GET", "lake", "/?notification"); }
  void topic_policy(const std::string& text) {
    EXPECT_OK(aws->query("sns", {{"Action", "SetTopicAttributes"},
                                 {"TopicArn", topic},
                                 {"AttributeName", "Policy"},
                                 {"AttributeValue", text}}));
  }
  void queue_policy(const std::string& text) {
    EXPECT_OK(aws->json("sqs", "SetQueueAttributes",
                        Map{{"QueueUrl", queue_url}, {"Attributes", Map{{"Policy", text}}}}));
  }
  void allow_both() {
    topic_policy(policy("sns:Publish", topic));
    queue_policy(policy("sqs:SendMessage", queue));
  }
  // Bodies of all that waits in the queue; it is empty afterwards.
  std::vector<Value> messages() {
    std::vector<Value> bodies;
    for (int i = 0; i < 20; ++i) {
      const Value answer = aws->json("sqs", "ReceiveMessage",
                                     Map{{"QueueUrl", queue_url}, {"MaxNumberOfMessages", 10}})
                               .json();
      if (!answer.at("Messages").is_list()) break;
      for (const Value& message : answer.at("Messages").as_list()) {
        bodies.push_back(parse_json(message.string_or("Body", "")).value_or(Value()));
        EXPECT_OK(aws->json(
            "sqs", "DeleteMessage",
            Map{{"QueueUrl", queue_url}, {"ReceiptHandle", message.at("ReceiptHandle")}}));
      }
    }
    return bodies;
  }
};

TEST_F(S3NotificationsTest, ADocumentIsReadBackWithCapitalisedFilterNames) {
  allow_both();
  EXPECT_OK(put(to_topic("one", filter("a/", ".json")) + to_queue("two", filter("b/"))));
  const Reply shown = get();
  EXPECT_TRUE(
      shown.contains("<Id>one</Id><Topic>arn:aws:sns:eu-west-1:123456789012:events</Topic>"
                     "<Event>s3:ObjectCreated:*</Event>"))
      << shown;
  EXPECT_TRUE(shown.contains("<Name>Prefix</Name><Value>a/</Value>"));
  EXPECT_TRUE(shown.contains("<Name>Suffix</Name><Value>.json</Value>"));
  EXPECT_TRUE(shown.contains("<QueueConfiguration><Id>two</Id>"));
}

TEST_F(S3NotificationsTest, ADocumentReplacesTheWholeOneBefore) {
  allow_both();
  EXPECT_OK(put(to_topic("one", filter("a/")) + to_topic("two", filter("b/"))));
  EXPECT_OK(put(to_topic("three", filter("c/")) + "<EventBridgeConfiguration/>"));
  EXPECT_FALSE(get().contains("<Id>one</Id>"));
  EXPECT_FALSE(get().contains("<Id>two</Id>"));
  EXPECT_TRUE(get().contains("<Id>three</Id>"));
  EXPECT_TRUE(get().contains("<EventBridgeConfiguration/>"));
  EXPECT_OK(put(""));
  EXPECT_FALSE(get().contains("<Id>"));
  EXPECT_FALSE(get().contains("EventBridge"));
}

struct Destination {
  const char* what;
  std::string topic_policy;  // empty: the default one
  std::string queue_policy;  // empty: none
  std::string document;
  std::string argument;
  const char* value;
};

TEST_F(S3NotificationsTest, ADestinationThatS3MayNotUseIsRefused) {
  const char* const no_topic =
      "Permissions on the destination topic do not allow S3 to publish notifications from this "
      "bucket";
  const char* const no_queue =
      "Permissions on the destination queue do not allow S3 to publish notifications from this "
      "bucket";
  const std::string missing = "arn:aws:sns:eu-west-1:123456789012:none";
  const std::string missing_queue = "arn:aws:sqs:eu-west-1:123456789012:none";
  const std::string function = "arn:aws:lambda:eu-west-1:123456789012:function:none";
  const Destination rows[] = {
      {"a topic with its default policy", "", "", to_topic("x", ""), topic, no_topic},
      {"a topic for another bucket", policy("sns:Publish", topic, "pond"), "", to_topic("x", ""),
       topic, no_topic},
      {"a topic for another account's bucket", policy("sns:Publish", topic, "lake", account_b), "",
       to_topic("x", ""), topic, no_topic},
      {"a topic that lets subscribe only", policy("sns:Subscribe", topic), "", to_topic("x", ""),
       topic, no_topic},
      {"a topic that is not there", "", "", to_topic("x", "", "s3:ObjectCreated:*", missing),
       missing, "The destination topic does not exist"},
      {"a queue without a policy", "", "", to_queue("x", ""), queue, no_queue},
      {"a queue for another bucket", "", policy("sqs:SendMessage", queue, "pond"),
       to_queue("x", ""), queue, no_queue},
      {"a queue that is not there", "", "", to_queue("x", "", "s3:ObjectCreated:*", missing_queue),
       missing_queue, "The destination queue does not exist"},
      {"a function that is not there", "", "",
       fmt::format("<CloudFunctionConfiguration><Id>x</Id><CloudFunction>{}</CloudFunction>"
                   "<Event>s3:ObjectCreated:*</Event></CloudFunctionConfiguration>",
                   function),
       function + ", null", "Not authorized to invoke function"},
  };
  for (const Destination& row : rows) {
    if (!row.topic_policy.empty()) topic_policy(row.topic_policy);
    if (!row.queue_policy.empty()) queue_policy(row.queue_policy);
    expect_refused(row.what, [&] { return put(row.document); },
                   {400, "InvalidArgument",
                    "Unable to validate the following destination configurations", "s3"});
    const Reply again = put(row.document);
    EXPECT_EQ(again.xml("ArgumentName1"), row.argument) << row.what;
    EXPECT_TRUE(again.xml("ArgumentValue1").starts_with(row.value)) << again;
    EXPECT_FALSE(get().contains("<Id>")) << row.what;
    // Who asks for no check gets none.
    EXPECT_OK(put(row.document, {{"x-amz-skip-destination-validation", "true"}}));
    EXPECT_TRUE(get().contains("<Id>x</Id>")) << row.what;
    EXPECT_OK(put(""));
  }
}

TEST_F(S3NotificationsTest, OneBadDestinationRefusesTheWholeDocument) {
  topic_policy(policy("sns:Publish", topic));
  EXPECT_OK(put(to_topic("kept", filter("a/"))));
  expect_refused("good and bad",
                 [&] { return put(to_topic("new", filter("a/")) + to_queue("bad", filter("b/"))); },
                 {400, "InvalidArgument", queue, "s3"});
  EXPECT_TRUE(get().contains("<Id>kept</Id>"));
}

struct Pair {
  const char* what;
  std::string first;
  std::string second;
  bool overlap;
};

TEST_F(S3NotificationsTest, RulesMayNotOverlap) {
  allow_both();
  const Pair rows[] = {
      {"both for everything", to_topic("1", ""), to_topic("2", ""), true},
      {"topic and queue", to_topic("1", filter("a/")), to_queue("2", filter("a/")), true},
      {"one prefix within the other", to_topic("1", filter("a/")), to_topic("2", filter("a/b/")),
       true},
      {"a prefix and none", to_topic("1", filter("a/")), to_topic("2", ""), true},
      {"a wildcard and one of its events", to_topic("1", filter("a/")),
       to_topic("2", filter("a/"), "s3:ObjectCreated:Put"), true},
      {"one suffix within the other", to_topic("1", filter("a/", ".json")),
       to_topic("2", filter("a/", "son")), true},
      {"prefix on one side, suffix on the other", to_topic("1", filter("a/")),
       to_topic("2", filter("", ".json")), true},
      {"apart by prefix", to_topic("1", filter("a/")), to_topic("2", filter("b/")), false},
      {"apart by suffix", to_topic("1", filter("a/", ".json")), to_topic("2", filter("a/", ".csv")),
       false},
      {"apart by event", to_topic("1", filter("a/")),
       to_topic("2", filter("a/"), "s3:ObjectRemoved:*"), false},
      {"apart by events of one kind", to_topic("1", filter("a/"), "s3:ObjectCreated:Put"),
       to_topic("2", filter("a/"), "s3:ObjectCreated:Copy"), false},
  };
  for (const Pair& row : rows) {
    EXPECT_OK(put(""));
    if (row.overlap) {
      expect_refused(row.what, [&] { return put(row.first + row.second); },
                     {400, "InvalidArgument",
                      "Configuration is ambiguously defined. Cannot have overlapping suffixes in "
                      "two rules if the prefixes are overlapping for the same event type.",
                      "s3"});
    } else {
      const Reply answer = put(row.first + row.second);
      EXPECT_TRUE(answer.ok()) << row.what << "\n" << answer;
    }
    (void)messages();
  }
}

struct Bad {
  const char* what;
  std::string document;
  const char* code;
  const char* message;
};

TEST_F(S3NotificationsTest, BadDocumentsAreRefused) {
  allow_both();
  std::string many;
  for (int i = 0; i < 101; ++i) {
    many += to_topic(fmt::format("r{}", i), filter(fmt::format("p{:03}/", i)));
  }
  const auto filtered = [](const std::string& rules) {
    return to_topic("x", "<Filter><S3Key>" + rules + "</S3Key></Filter>");
  };
  const Bad rows[] = {
      {"an event that is not known", to_topic("x", "", "s3:ObjectMade:*"), "InvalidArgument",
       "s3:ObjectMade:*"},
      {"no event",
       fmt::format("<TopicConfiguration><Id>x</Id><Topic>{}</Topic></TopicConfiguration>", topic),
       "MalformedXML", ""},
      {"an unknown element", "<PigeonConfiguration/>", "MalformedXML", ""},
      {"not an ARN", to_topic("x", "", "s3:ObjectCreated:*", "events"), "InvalidArgument",
       "The ARN could not be parsed"},
      {"a queue's ARN for a topic", to_topic("x", "", "s3:ObjectCreated:*", queue),
       "InvalidArgument", "The ARN could not be parsed"},
      {"another region",
       to_topic("x", "", "s3:ObjectCreated:*", "arn:aws:sns:us-east-1:123456789012:events"),
       "InvalidArgument", "region is not valid for the bucket location constraint"},
      {"FIFO", to_queue("x", "", "s3:ObjectCreated:*", std::string(queue) + ".fifo"),
       "InvalidArgument", "FIFO"},
      {"the middle of a key",
       filtered("<FilterRule><Name>infix</Name><Value>a</Value></FilterRule>"), "InvalidArgument",
       "filter rule name must be either prefix or suffix"},
      {"two prefixes",
       filtered("<FilterRule><Name>prefix</Name><Value>a</Value></FilterRule>"
                "<FilterRule><Name>Prefix</Name><Value>b</Value></FilterRule>"),
       "InvalidArgument", "Cannot specify more than one prefix rule in a filter."},
      {"an Id twice", to_topic("x", filter("a/")) + to_topic("x", filter("b/")), "InvalidArgument",
       "Same ID used for multiple configurations"},
      {"more than 100 rules", many, "InvalidArgument", "100"},
  };
  for (const Bad& row : rows) {
    expect_refused(row.what, [&] { return put(row.document); }, {400, row.code, row.message, "s3"});
  }
}

TEST_F(S3NotificationsTest, EachPutSendsATestEvent) {
  allow_both();
  EXPECT_OK(put(to_queue("x", filter("a/"))));
  const auto seen = messages();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].string_or("Event", ""), "s3:TestEvent");
  EXPECT_EQ(seen[0].string_or("Service", ""), "Amazon S3");
  EXPECT_EQ(seen[0].string_or("Bucket", ""), "lake");
}

TEST_F(S3NotificationsTest, AnObjectThatFitsTheRuleSendsItsEventToTheQueue) {
  allow_both();
  EXPECT_OK(put(to_queue("landed", filter("in/", ".json"))));
  (void)messages();
  EXPECT_OK(aws->s3("PUT", "lake", "/in/a%20b%2Bc.json", "{}"));
  EXPECT_OK(aws->s3("PUT", "lake", "/in/a.csv", "{}"));
  EXPECT_OK(aws->s3("PUT", "lake", "/out/a.json", "{}"));
  EXPECT_OK(aws->s3("DELETE", "lake", "/in/a%20b%2Bc.json"));
  const auto seen = messages();
  ASSERT_EQ(seen.size(), 1u);
  const Value& record = seen[0].at("Records").as_list().at(0);
  EXPECT_EQ(record.string_or("eventName", ""), "ObjectCreated:Put");
  EXPECT_EQ(record.string_or("eventSource", ""), "aws:s3");
  EXPECT_EQ(record.string_or("awsRegion", ""), "eu-west-1");
  EXPECT_EQ(record.string_or("eventTime", ""), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(record.at_path("s3.configurationId").as_string(), "landed");
  EXPECT_EQ(record.at_path("s3.bucket.name").as_string(), "lake");
  EXPECT_EQ(record.at_path("s3.bucket.arn").as_string(), "arn:aws:s3:::lake");
  EXPECT_EQ(record.at_path("s3.object.key").as_string(), "in/a+b%2Bc.json");
  EXPECT_EQ(record.at_path("s3.object.size").as_int(), 2);
  EXPECT_EQ(record.at_path("s3.object.eTag").as_string(), "99914b932bd37a50b983c5e7c90ae93b");
}

TEST_F(S3NotificationsTest, ARemovalIsAnEventToo) {
  allow_both();
  EXPECT_OK(put(to_queue("gone", "", "s3:ObjectRemoved:*")));
  EXPECT_OK(aws->s3("PUT", "lake", "/a", "1"));
  EXPECT_OK(aws->s3("DELETE", "lake", "/a"));
  EXPECT_OK(aws->s3("DELETE", "lake", "/a"));  // nothing to delete, nothing to tell
  const auto seen = messages();
  ASSERT_EQ(seen.size(), 2u);  // the test event and one removal
  const Value& record = seen[1].at("Records").as_list().at(0);
  EXPECT_EQ(record.string_or("eventName", ""), "ObjectRemoved:Delete");
  EXPECT_EQ(record.at_path("s3.object").find("size"), nullptr);
}

TEST_F(S3NotificationsTest, ThroughATopicTheEventComesInItsEnvelope) {
  allow_both();
  queue_policy(fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"sns.amazonaws.com"}},"Action":"sqs:SendMessage","Resource":"{}","Condition":{{"ArnEquals":{{"aws:SourceArn":"{}"}}}}}}]}})",
      queue, topic));
  EXPECT_OK(aws->query(
      "sns",
      {{"Action", "Subscribe"}, {"TopicArn", topic}, {"Protocol", "sqs"}, {"Endpoint", queue}}));
  EXPECT_OK(put(to_topic("x", "")));
  (void)messages();
  EXPECT_OK(aws->s3("PUT", "lake", "/a", "1"));
  const auto seen = messages();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].string_or("Type", ""), "Notification");
  EXPECT_EQ(seen[0].string_or("TopicArn", ""), topic);
  EXPECT_EQ(seen[0].string_or("Subject", ""), "Amazon S3 Notification");
  const auto event = parse_json(seen[0].string_or("Message", ""));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->at("Records").as_list().at(0).at_path("s3.object.key").as_string(), "a");

  // The topic withdraws its leave: nothing arrives, and nobody is told.
  topic_policy(policy("sns:Publish", topic, "pond"));
  EXPECT_OK(aws->s3("PUT", "lake", "/b", "1"));
  EXPECT_TRUE(messages().empty());
}

}  // namespace
}  // namespace firn::sandbox::testing
