// SQS: queues, their attributes, the 60 seconds of a name that was given up, and dead letters.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* url = "https://sqs.eu-west-1.amazonaws.com/123456789012/events";
constexpr const char* arn = "arn:aws:sqs:eu-west-1:123456789012:events";

class SqsTest : public FileTest {
 protected:
  Reply ask(const std::string& operation, const Map& input) {
    return aws->json("sqs", operation, Value(input));
  }
  Reply create(const std::string& name, const Map& attributes = {}) {
    return ask("CreateQueue", {{"QueueName", name}, {"Attributes", Value(attributes)}});
  }
  Reply set(const std::string& name, const std::string& value) {
    return ask("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", Map{{name, value}}}});
  }
  std::string attribute(const std::string& name, const std::string& of = url) {
    const List all{Value("All")};
    return ask("GetQueueAttributes", {{"QueueUrl", of}, {"AttributeNames", Value(all)}})
        .json()
        .at("Attributes")
        .string_or(name, "<absent>");
  }
};

// Both names of an error must be there: the JSON one and the historical one.
void expect_both_codes(const Reply& reply, const std::string& json, const std::string& query) {
  EXPECT_EQ(reply.json().string_or("__type", ""), "com.amazonaws.sqs#" + json);
  EXPECT_EQ(reply.headers.get("x-amzn-query-error"), query + ";Sender");
}

TEST_F(SqsTest, AQueueIsMadeReadAndDeleted) {
  const Reply made = create("events");
  EXPECT_EQ(made.json().string_or("QueueUrl", ""), url);
  EXPECT_EQ(made.headers.get("content-type"), "application/x-amz-json-1.0");
  const Form usual = {{"VisibilityTimeout", "30"},
                      {"MessageRetentionPeriod", "345600"},
                      {"MaximumMessageSize", "1048576"},
                      {"DelaySeconds", "0"},
                      {"ReceiveMessageWaitTimeSeconds", "0"},
                      {"SqsManagedSseEnabled", "true"},
                      {"QueueArn", arn},
                      {"ApproximateNumberOfMessages", "0"}};
  for (const auto& [name, value] : usual)
    EXPECT_EQ(attribute(name), value) << name;
  for (const char* name :
       {"Policy", "RedrivePolicy", "KmsMasterKeyId", "FifoQueue", "KmsDataKeyReusePeriodSeconds"}) {
    EXPECT_EQ(attribute(name), "<absent>") << name;
  }
  EXPECT_EQ(ask("GetQueueUrl", {{"QueueName", "events"}}).json().string_or("QueueUrl", ""), url);
  EXPECT_OK(ask("DeleteQueue", {{"QueueUrl", url}}));
  const auto gone = [&] { return ask("GetQueueAttributes", {{"QueueUrl", url}}); };
  expect_refused("a queue that is gone", gone,
                 {400, "QueueDoesNotExist", "The specified queue does not exist.", "json"});
  expect_both_codes(gone(), "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue");
  expect_refused("its URL",
                 [&] {
                   return ask("GetQueueUrl", {{"QueueName", "events"}});
                 },
                 {400, "QueueDoesNotExist", "", "json"});
  expect_refused("deleting again",
                 [&] {
                   return ask("DeleteQueue", {{"QueueUrl", url}});
                 },
                 {400, "QueueDoesNotExist", "", "json"});
}

TEST_F(SqsTest, ADeletedNameRests60Seconds) {
  EXPECT_OK(create("events"));
  EXPECT_OK(ask("DeleteQueue", {{"QueueUrl", url}}));
  const auto again = [&] { return create("events"); };
  expect_refused("at once", again,
                 {400, "QueueDeletedRecently", "You must wait 60 seconds", "json"});
  expect_both_codes(again(), "QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently");
  EXPECT_OK(create("events-g2"));
  advance(std::chrono::seconds(59));
  expect_refused("after 59 seconds", again, {400, "QueueDeletedRecently", "60 seconds", "json"});
  advance(std::chrono::seconds(1));
  EXPECT_OK(again());
}

TEST_F(SqsTest, CreatingAgainIsTheSameWhenWhatIsGivenIsTheSame) {
  EXPECT_OK(create("events", {{"DelaySeconds", "5"}, {"VisibilityTimeout", "60"}}));
  EXPECT_EQ(create("events", {{"DelaySeconds", "5"}}).json().string_or("QueueUrl", ""), url);
  EXPECT_OK(create("events"));
  const auto other_delay = [&] { return create("events", {{"DelaySeconds", "6"}}); };
  expect_refused("another delay", other_delay,
                 {400, "QueueNameExists", "different value for attribute DelaySeconds", "json"});
  expect_both_codes(other_delay(), "QueueNameExists", "QueueAlreadyExists");
}

TEST_F(SqsTest, AttributesAreSetAndCleared) {
  EXPECT_OK(create("events"));
  EXPECT_OK(create("dead"));
  const std::string policy = fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":"sqs:SendMessage","Resource":"{}"}}]}})",
      arn);
  const std::string redrive =
      R"({"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":"3"})";
  for (const auto& [name, value] :
       Form{{"Policy", policy},
            {"RedrivePolicy", redrive},
            {"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"},
            {"KmsMasterKeyId", "alias/aws/sqs"}}) {
    EXPECT_OK(set(name, value));
    EXPECT_EQ(attribute(name), value);
    EXPECT_OK(set(name, ""));
    EXPECT_EQ(attribute(name), "<absent>") << name;
  }
  EXPECT_OK(set("DelaySeconds", "900"));
  EXPECT_EQ(attribute("DelaySeconds"), "900");
  EXPECT_EQ(attribute("VisibilityTimeout"), "30") << "what was not named stays";
}

TEST_F(SqsTest, ThereIsOneKindOfEncryptionAtATime) {
  EXPECT_OK(create("events"));
  EXPECT_OK(set("KmsMasterKeyId", "alias/k"));
  EXPECT_EQ(attribute("SqsManagedSseEnabled"), "false");
  EXPECT_EQ(attribute("KmsDataKeyReusePeriodSeconds"), "300");
  EXPECT_OK(set("SqsManagedSseEnabled", "true"));
  EXPECT_EQ(attribute("KmsMasterKeyId"), "<absent>");
  EXPECT_EQ(attribute("KmsDataKeyReusePeriodSeconds"), "<absent>");
}

TEST_F(SqsTest, OnlyTheNamedAttributesAreShown) {
  EXPECT_OK(create("events"));
  const List two{Value("QueueArn"), Value("DelaySeconds")};
  const Value shown = ask("GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", Value(two)}})
                          .json()
                          .at("Attributes");
  EXPECT_EQ(shown.as_map().size(), 2u);
  EXPECT_EQ(ask("GetQueueAttributes", {{"QueueUrl", url}}).json().find("Attributes"), nullptr);
  const List bad{Value("Colour")};
  expect_refused(
      "an unknown one",
      [&] {
        return ask("GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", Value(bad)}});
      },
      {400, "InvalidAttributeName", "Unknown Attribute Colour.", "json"});
}

struct Bad {
  const char* what;
  const char* name;
  std::string value;
  const char* code;
  const char* message;
};

TEST_F(SqsTest, BadAttributesAreRefused) {
  EXPECT_OK(create("events"));
  EXPECT_OK(create("dead.fifo", {{"FifoQueue", "true"}}));
  const auto redrive = [](const std::string& target, const std::string& count) {
    return fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":{}}})", target, count);
  };
  const std::string here = "arn:aws:sqs:eu-west-1:123456789012:";
  const char* const value = "Invalid value for the parameter ";
  const Bad rows[] = {
      {"unknown", "Colour", "red", "InvalidAttributeName", "Unknown Attribute Colour."},
      {"not a number", "DelaySeconds", "soon", "InvalidAttributeValue", value},
      {"too long a delay", "DelaySeconds", "901", "InvalidAttributeValue", value},
      {"negative", "VisibilityTimeout", "-1", "InvalidAttributeValue", value},
      {"too short a retention", "MessageRetentionPeriod", "59", "InvalidAttributeValue", value},
      {"too big a message", "MaximumMessageSize", "1048577", "InvalidAttributeValue", value},
      {"not a truth", "SqsManagedSseEnabled", "yes", "InvalidAttributeValue", value},
      {"FIFO on a standard queue", "FifoQueue", "true", "InvalidAttributeName",
       "Unknown Attribute FifoQueue."},
      {"an attribute of FIFO queues", "DeduplicationScope", "queue", "InvalidAttributeName",
       "Unknown Attribute DeduplicationScope."},
      {"a policy that is no JSON", "Policy", "allow", "InvalidAttributeValue",
       "Invalid value for the parameter Policy."},
      {"a policy for nobody", "Policy",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/No"},"Action":"sqs:*","Resource":"*"}]})",
       "InvalidAttributeValue", "Invalid value for the parameter Policy."},
      {"a policy longer than 8192", "Policy",
       fmt::format(
           R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"{}"}}]}})",
           std::string(8192, 'x')),
       "InvalidAttributeValue", "Invalid value for the parameter Policy."},
      {"dead letters to nowhere", "RedrivePolicy", redrive(here + "none", "3"),
       "InvalidParameterValue", "Dead letter target does not exist."},
      {"dead letters to another kind", "RedrivePolicy", redrive(here + "dead.fifo", "3"),
       "InvalidParameterValue", "same type of queue"},
      {"dead letters to another account", "RedrivePolicy",
       redrive("arn:aws:sqs:eu-west-1:210987654321:dead", "3"), "InvalidParameterValue",
       "Dead letter target owner should be same as the source."},
      {"no receive at all", "RedrivePolicy", redrive(arn, "0"), "InvalidParameterValue",
       "must be between 1 and 1000"},
      {"no count", "RedrivePolicy", fmt::format(R"({{"deadLetterTargetArn":"{}"}})", arn),
       "InvalidParameterValue", "mandatory attribute"},
      {"dead letters in words", "RedrivePolicy", "three", "InvalidParameterValue",
       "not a valid JSON map"},
      {"an unknown permission", "RedriveAllowPolicy", R"({"redrivePermission":"some"})",
       "InvalidParameterValue", "RedriveAllowPolicy"},
  };
  for (const Bad& row : rows) {
    expect_refused(row.what, [&] { return set(row.name, row.value); },
                   {400, row.code, row.message, "json"});
  }
}

TEST_F(SqsTest, BadQueuesAreNotMade) {
  const struct {
    const char* what;
    std::string name;
    Map attributes;
    const char* code;
  } rows[] = {
      {"a blank", "my queue", {}, "InvalidParameterValue"},
      {"empty", "", {}, "InvalidParameterValue"},
      {"81 characters", std::string(81, 'q'), {}, "InvalidParameterValue"},
      {"FIFO by name alone", "q.fifo", {}, "InvalidParameterValue"},
      {"FIFO by attribute alone", "q", {{"FifoQueue", "true"}}, "InvalidParameterValue"},
      {"a bad attribute", "q", {{"DelaySeconds", "901"}}, "InvalidAttributeValue"},
      {"an unknown one", "q", {{"Colour", "red"}}, "InvalidAttributeName"},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return create(row.name, row.attributes); },
                   {400, row.code, "", "json"});
  }
  EXPECT_OK(create(std::string(80, 'q')));
}

TEST_F(SqsTest, AMessageReceivedTooOftenGoesToTheDeadLetters) {
  EXPECT_OK(create("dead"));
  const std::string dead_url = "https://sqs.eu-west-1.amazonaws.com/123456789012/dead";
  EXPECT_OK(create(
      "events",
      {{"RedrivePolicy",
        R"({"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":2})"},
       {"VisibilityTimeout", "10"}}));
  EXPECT_OK(ask("SendMessage", {{"QueueUrl", url}, {"MessageBody", "poison"}}));
  const auto received = [&] {
    const Value answer = ask("ReceiveMessage", {{"QueueUrl", url}}).json();
    return answer.find("Messages") != nullptr;
  };
  EXPECT_TRUE(received());
  EXPECT_FALSE(received()) << "it is hidden while somebody works on it";
  EXPECT_EQ(attribute("ApproximateNumberOfMessagesNotVisible"), "1");
  advance(std::chrono::seconds(10));
  EXPECT_TRUE(received());
  advance(std::chrono::seconds(10));
  EXPECT_FALSE(received());
  EXPECT_EQ(attribute("ApproximateNumberOfMessages"), "0");
  EXPECT_EQ(attribute("ApproximateNumberOfMessages", dead_url), "1");
  EXPECT_TRUE(ask("ListDeadLetterSourceQueues", {{"QueueUrl", dead_url}}).contains(url));
}

TEST_F(SqsTest, MessagesAreSentReceivedDeletedAndForgotten) {
  EXPECT_OK(create("events", {{"MessageRetentionPeriod", "60"}}));
  const Reply sent = ask("SendMessage", {{"QueueUrl", url}, {"MessageBody", "hello"}});
  EXPECT_EQ(sent.json().string_or("MD5OfMessageBody", ""), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_OK(
      ask("SendMessage", {{"QueueUrl", url}, {"MessageBody", "later"}, {"DelaySeconds", 30}}));
  EXPECT_EQ(attribute("ApproximateNumberOfMessagesDelayed"), "1");
  const Value answer =
      ask("ReceiveMessage", {{"QueueUrl", url}, {"MaxNumberOfMessages", 10}}).json();
  ASSERT_EQ(answer.at("Messages").as_list().size(), 1u);
  const Value& message = answer.at("Messages").as_list()[0];
  EXPECT_EQ(message.string_or("Body", ""), "hello");
  EXPECT_OK(
      ask("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", message.at("ReceiptHandle")}}));
  EXPECT_EQ(attribute("ApproximateNumberOfMessagesNotVisible"), "0");
  advance(std::chrono::seconds(61));
  EXPECT_EQ(ask("ReceiveMessage", {{"QueueUrl", url}}).json().find("Messages"), nullptr);
}

TEST_F(SqsTest, PurgingIsForOnceAMinute) {
  EXPECT_OK(create("events"));
  EXPECT_OK(ask("SendMessage", {{"QueueUrl", url}, {"MessageBody", "x"}}));
  EXPECT_OK(ask("PurgeQueue", {{"QueueUrl", url}}));
  EXPECT_EQ(attribute("ApproximateNumberOfMessages"), "0");
  expect_refused("at once again",
                 [&] {
                   return ask("PurgeQueue", {{"QueueUrl", url}});
                 },
                 {403, "PurgeQueueInProgress", "every 60 seconds", "json"});
  advance(std::chrono::seconds(60));
  EXPECT_OK(ask("PurgeQueue", {{"QueueUrl", url}}));
}

TEST_F(SqsTest, AnotherAccountNeedsThePolicysLeave) {
  EXPECT_OK(create("events"));
  const Value message = Map{{"QueueUrl", url}, {"MessageBody", "x"}};
  expect_refused("without a policy", [&] { return other->json("sqs", "SendMessage", message); },
                 {403, "AccessDenied", "sqs:SendMessage", "json"});
  EXPECT_OK(set(
      "Policy",
      fmt::format(
          R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"sqs:SendMessage","Resource":"{}"}}]}})",
          account_b, arn)));
  EXPECT_OK(other->json("sqs", "SendMessage", message));
}

TEST_F(SqsTest, QueuesAreListedInPagesAndTagged) {
  for (const char* name : {"a-1", "a-2", "b-1"})
    EXPECT_OK(create(name));
  const Value first = ask("ListQueues", {{"MaxResults", 2}}).json();
  EXPECT_EQ(first.at("QueueUrls").as_list().size(), 2u);
  const Value second =
      ask("ListQueues", {{"MaxResults", 2}, {"NextToken", first.at("NextToken")}}).json();
  EXPECT_EQ(second.at("QueueUrls").as_list().size(), 1u);
  EXPECT_EQ(second.find("NextToken"), nullptr);
  EXPECT_EQ(ask("ListQueues", {{"QueueNamePrefix", "b"}}).json().at("QueueUrls").as_list().size(),
            1u);
  EXPECT_EQ(ask("ListQueues", {{"QueueNamePrefix", "c"}}).json().find("QueueUrls"), nullptr);

  EXPECT_OK(ask("CreateQueue", {{"QueueName", "events"}, {"tags", Map{{"a", "1"}, {"b", "2"}}}}));
  const List keys{Value("a")};
  EXPECT_OK(ask("UntagQueue", {{"QueueUrl", url}, {"TagKeys", Value(keys)}}));
  EXPECT_OK(ask("TagQueue", {{"QueueUrl", url}, {"Tags", Map{{"c", "3"}}}}));
  EXPECT_EQ(to_json(ask("ListQueueTags", {{"QueueUrl", url}}).json()),
            R"({"Tags":{"b":"2","c":"3"}})");
}

}  // namespace
}  // namespace firn::sandbox::testing
