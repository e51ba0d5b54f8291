// SNS: topics, their policies, who may subscribe, and what a deleted topic leaves behind.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* topic = "arn:aws:sns:eu-west-1:123456789012:events";
constexpr const char* queue = "arn:aws:sqs:eu-west-1:123456789012:events";

class SnsTest : public FileTest {
 protected:
  Reply ask(const std::string& action, Form form = {}) {
    form.insert(form.begin(), {"Action", action});
    form.emplace_back("Version", "2010-03-31");
    return aws->query("sns", form);
  }
  void create() { EXPECT_OK(ask("CreateTopic", {{"Name", "events"}})); }
  Reply set(const std::string& name, const std::string& value) {
    return ask("SetTopicAttributes",
               {{"TopicArn", topic}, {"AttributeName", name}, {"AttributeValue", value}});
  }
  // The attribute as GetTopicAttributes shows it, "" when it shows none.
  std::string attribute(const std::string& name) {
    const Reply reply = ask("GetTopicAttributes", {{"TopicArn", topic}});
    const std::string key = "<key>" + name + "</key><value>";
    const auto at = reply.body.find(key);
    if (at == std::string::npos) return {};
    const auto begin = at + key.size();
    return reply.body.substr(begin, reply.body.find("</value>", begin) - begin);
  }
};

TEST_F(SnsTest, ATopicIsMadeReadListedAndDeleted) {
  const Reply made = ask("CreateTopic", {{"Name", "events"}});
  EXPECT_EQ(made.xml("TopicArn"), topic);
  EXPECT_TRUE(
      made.contains("<CreateTopicResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/"));
  EXPECT_FALSE(made.xml("RequestId").empty());
  EXPECT_EQ(attribute("TopicArn"), topic);
  EXPECT_EQ(attribute("Owner"), account_a);
  EXPECT_EQ(attribute("SubscriptionsConfirmed"), "0");
  EXPECT_EQ(attribute("DisplayName"), "");
  EXPECT_TRUE(ask("ListTopics").contains(topic));
  EXPECT_OK(ask("DeleteTopic", {{"TopicArn", topic}}));
  expect_refused("a topic that is gone",
                 [&] {
                   return ask("GetTopicAttributes", {{"TopicArn", topic}});
                 },
                 {404, "NotFound", "Topic does not exist", "query"});
  EXPECT_OK(ask("DeleteTopic", {{"TopicArn", topic}}));  // again: no error
}

TEST_F(SnsTest, APolicyIsAlwaysThere) {
  create();
  const std::string text = attribute("Policy");
  EXPECT_NE(text.find("__default_policy_ID"), std::string::npos) << text;
  EXPECT_NE(text.find("AWS:SourceOwner"), std::string::npos);
  expect_refused("an empty one", [&] { return set("Policy", ""); },
                 {400, "InvalidParameter", "Policy Error", "query"});
}

TEST_F(SnsTest, CreatingAgainIsTheSameWhenAllIsTheSame) {
  const Form form = {{"Name", "events"},
                     {"Attributes.entry.1.key", "DisplayName"},
                     {"Attributes.entry.1.value", "Events"},
                     {"Tags.member.1.Key", "team"},
                     {"Tags.member.1.Value", "data"}};
  EXPECT_OK(ask("CreateTopic", form));
  EXPECT_EQ(ask("CreateTopic", form).xml("TopicArn"), topic);
  Form other_name = form;
  other_name[2].second = "Others";
  expect_refused(
      "other attributes", [&] { return ask("CreateTopic", other_name); },
      {400, "InvalidParameter", "Topic already exists with different attributes", "query"});
  Form other_tag = form;
  other_tag[4].second = "ops";
  expect_refused("other tags", [&] { return ask("CreateTopic", other_tag); },
                 {400, "InvalidParameter", "Topic already exists with different tags", "query"});
}

TEST_F(SnsTest, AttributesAreSetOneByOneAndTakenBack) {
  create();
  for (const auto& [name, value] : Form{{"DisplayName", "Events"},
                                        {"KmsMasterKeyId", "alias/aws/sns"},
                                        {"SignatureVersion", "2"},
                                        {"TracingConfig", "Active"}}) {
    EXPECT_OK(set(name, value));
    EXPECT_EQ(attribute(name), value);
  }
  for (const char* name : {"DisplayName", "KmsMasterKeyId"}) {
    EXPECT_OK(set(name, ""));
    EXPECT_EQ(attribute(name), "") << name;
  }
}

struct Bad {
  const char* what;
  const char* action;
  Form form;
  int status;
  const char* code;
  const char* message;
};

TEST_F(SnsTest, BadRequestsAreRefused) {
  create();
  const auto policy = [](const std::string& principal, const std::string& action) {
    return fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{},"Action":"{}","Resource":"{}"}}]}})",
        principal, action, topic);
  };
  const auto setting = [&](const std::string& name, const std::string& value) {
    return Form{{"TopicArn", topic}, {"AttributeName", name}, {"AttributeValue", value}};
  };
  const Bad rows[] = {
      {"a name with a blank",
       "CreateTopic",
       {{"Name", "my topic"}},
       400,
       "InvalidParameter",
       "Topic Name"},
      {"a name of 257",
       "CreateTopic",
       {{"Name", std::string(257, 'a')}},
       400,
       "InvalidParameter",
       "Topic Name"},
      {"an ARN that is none",
       "GetTopicAttributes",
       {{"TopicArn", "events"}},
       400,
       "InvalidParameter",
       "An ARN must have at least 6 elements, not 1"},
      {"another region's topic",
       "GetTopicAttributes",
       {{"TopicArn", "arn:aws:sns:us-east-1:123456789012:events"}},
       404,
       "NotFound",
       "Topic does not exist"},
      {"an unknown attribute", "SetTopicAttributes", setting("Colour", "red"), 400,
       "InvalidParameter", "AttributeName"},
      {"an attribute of FIFO topics", "SetTopicAttributes",
       setting("ContentBasedDeduplication", "true"), 400, "InvalidParameter", "AttributeName"},
      {"a display name of 101", "SetTopicAttributes", setting("DisplayName", std::string(101, 'x')),
       400, "InvalidParameter", "DisplayName"},
      {"a signature version of 3", "SetTopicAttributes", setting("SignatureVersion", "3"), 400,
       "InvalidParameter", "SignatureVersion"},
      {"a policy that is no JSON", "SetTopicAttributes", setting("Policy", "allow all"), 400,
       "InvalidParameter", "Policy Error"},
      {"a policy without statements", "SetTopicAttributes",
       setting("Policy", R"({"Version":"2012-10-17"})"), 400, "InvalidParameter", "Policy Error"},
      {"a policy with all of SNS", "SetTopicAttributes",
       setting("Policy", policy(R"({"AWS":"*"})", "SNS:*")), 400, "InvalidParameter",
       "Policy statement action out of service scope!"},
      {"a policy with another service's action", "SetTopicAttributes",
       setting("Policy", policy(R"({"AWS":"*"})", "sqs:SendMessage")), 400, "InvalidParameter",
       "Policy statement action out of service scope!"},
      {"a policy for a role that is not there", "SetTopicAttributes",
       setting("Policy", policy(R"({"AWS":"arn:aws:iam::123456789012:role/No"})", "sns:Publish")),
       400, "InvalidParameter", "PrincipalNotFound"},
      {"tags of a topic that is not there",
       "ListTagsForResource",
       {{"ResourceArn", "arn:aws:sns:eu-west-1:123456789012:none"}},
       404,
       "ResourceNotFound",
       "Resource does not exist"},
      {"a subscription that is not there",
       "GetSubscriptionAttributes",
       {{"SubscriptionArn", std::string(topic) + ":00000000-0000-4000-8000-000000000000"}},
       404,
       "NotFound",
       "Subscription does not exist"},
      {"an unknown protocol",
       "Subscribe",
       {{"TopicArn", topic}, {"Protocol", "pigeon"}, {"Endpoint", "x"}},
       400,
       "InvalidParameter",
       "does not support this protocol string: pigeon"},
      {"a queue's URL",
       "Subscribe",
       {{"TopicArn", topic},
        {"Protocol", "sqs"},
        {"Endpoint", "https://sqs.eu-west-1.amazonaws.com/123456789012/events"}},
       400,
       "InvalidParameter",
       "SQS endpoint ARN"},
      {"a FIFO queue for a standard topic",
       "Subscribe",
       {{"TopicArn", topic}, {"Protocol", "sqs"}, {"Endpoint", std::string(queue) + ".fifo"}},
       400,
       "InvalidParameter",
       "FIFO SQS Queues"},
      {"http for https",
       "Subscribe",
       {{"TopicArn", topic}, {"Protocol", "https"}, {"Endpoint", "http://example.com"}},
       400,
       "InvalidParameter",
       "Endpoint must match the specified protocol"},
      {"an empty message",
       "Publish",
       {{"TopicArn", topic}},
       400,
       "InvalidParameter",
       "Empty message"},
  };
  for (const Bad& row : rows) {
    expect_refused(row.what, [&] { return ask(row.action, row.form); },
                   {row.status, row.code, row.message, "query"});
  }
}

TEST_F(SnsTest, WithoutLeaveAnotherAccountDoesNotSubscribe) {
  create();
  const Form form = {{"Action", "Subscribe"},
                     {"TopicArn", topic},
                     {"Protocol", "sqs"},
                     {"Endpoint", "arn:aws:sqs:eu-west-1:210987654321:theirs"}};
  expect_refused("the default policy", [&] { return other->query("sns", form); },
                 {403, "AuthorizationError", "sns:Subscribe", "query"});
  EXPECT_OK(set(
      "Policy",
      fmt::format(
          R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"sns:Subscribe","Resource":"{}"}}]}})",
          account_b, topic)));
  EXPECT_NE(attribute("Policy").find("arn:aws:iam::210987654321:root"), std::string::npos);
  EXPECT_TRUE(other->query("sns", form).xml("SubscriptionArn").starts_with(topic));
  EXPECT_EQ(attribute("SubscriptionsConfirmed"), "1");
}

TEST_F(SnsTest, ASubscriptionIsMadeOnceAndUnsubscribed) {
  create();
  const Form form = {{"TopicArn", topic}, {"Protocol", "sqs"}, {"Endpoint", queue}};
  const std::string arn = ask("Subscribe", form).xml("SubscriptionArn");
  EXPECT_TRUE(arn.starts_with(std::string(topic) + ":")) << arn;
  EXPECT_EQ(ask("Subscribe", form).xml("SubscriptionArn"), arn);
  Form raw = form;
  raw.emplace_back("Attributes.entry.1.key", "RawMessageDelivery");
  raw.emplace_back("Attributes.entry.1.value", "true");
  expect_refused(
      "other attributes", [&] { return ask("Subscribe", raw); },
      {400, "InvalidParameter", "Subscription already exists with different attributes", "query"});
  EXPECT_OK(ask("SetSubscriptionAttributes", {{"SubscriptionArn", arn},
                                              {"AttributeName", "RawMessageDelivery"},
                                              {"AttributeValue", "true"}}));
  EXPECT_TRUE(ask("GetSubscriptionAttributes", {{"SubscriptionArn", arn}})
                  .contains("<key>RawMessageDelivery</key><value>true</value>"));
  EXPECT_OK(ask("Unsubscribe", {{"SubscriptionArn", arn}}));
  EXPECT_EQ(attribute("SubscriptionsConfirmed"), "0");
  EXPECT_OK(ask("Unsubscribe", {{"SubscriptionArn", arn}}));  // again: no error
}

TEST_F(SnsTest, APendingSubscriptionCannotBeTakenBackButGoesWithItsTopic) {
  create();
  const Form form = {
      {"TopicArn", topic}, {"Protocol", "email"}, {"Endpoint", "someone@example.com"}};
  EXPECT_EQ(ask("Subscribe", form).xml("SubscriptionArn"), "pending confirmation");
  Form with_arn = form;
  with_arn.emplace_back("ReturnSubscriptionArn", "true");
  const std::string arn = ask("Subscribe", with_arn).xml("SubscriptionArn");
  EXPECT_TRUE(arn.starts_with(topic));
  EXPECT_EQ(attribute("SubscriptionsPending"), "1");
  EXPECT_TRUE(ask("ListSubscriptionsByTopic", {{"TopicArn", topic}})
                  .contains("<SubscriptionArn>PendingConfirmation</SubscriptionArn>"));
  expect_refused("unsubscribe while pending",
                 [&] {
                   return ask("Unsubscribe", {{"SubscriptionArn", arn}});
                 },
                 {400, "InvalidParameter", "pending", "query"});
  EXPECT_OK(ask("DeleteTopic", {{"TopicArn", topic}}));
  create();
  EXPECT_EQ(attribute("SubscriptionsPending"), "0");
}

TEST_F(SnsTest, ATopicMadeAgainHasNoneOfTheOldSubscriptions) {
  create();
  EXPECT_OK(ask("Subscribe", {{"TopicArn", topic}, {"Protocol", "sqs"}, {"Endpoint", queue}}));
  advance(std::chrono::hours(24));
  EXPECT_OK(ask("DeleteTopic", {{"TopicArn", topic}}));
  // They linger in the list of all, and then they are gone.
  EXPECT_TRUE(ask("ListSubscriptions").contains(queue));
  create();  // the name is free at once
  EXPECT_EQ(attribute("SubscriptionsConfirmed"), "0");
  EXPECT_FALSE(ask("ListSubscriptionsByTopic", {{"TopicArn", topic}}).contains(queue));
  advance(std::chrono::hours(1));
  EXPECT_FALSE(ask("ListSubscriptions").contains(queue));
}

TEST_F(SnsTest, WhatADeletedTopicLeftIsNotCounted) {
  create();
  EXPECT_OK(ask("Subscribe", {{"TopicArn", topic}, {"Protocol", "sqs"}, {"Endpoint", queue}}));
  EXPECT_OK(ask("DeleteTopic", {{"TopicArn", topic}}));
  for (const Count& count : sandbox->status())
    EXPECT_EQ(count.count, 0u) << count.kind;
}

TEST_F(SnsTest, TagsAreAddedAndTakenAway) {
  create();
  EXPECT_OK(ask("TagResource", {{"ResourceArn", topic},
                                {"Tags.member.1.Key", "a"},
                                {"Tags.member.1.Value", "1"},
                                {"Tags.member.2.Key", "b"},
                                {"Tags.member.2.Value", "2"}}));
  EXPECT_OK(ask("UntagResource", {{"ResourceArn", topic}, {"TagKeys.member.1", "a"}}));
  const Reply tags = ask("ListTagsForResource", {{"ResourceArn", topic}});
  EXPECT_TRUE(tags.contains("<Tags><member><Key>b</Key><Value>2</Value></member></Tags>")) << tags;
}

TEST_F(SnsTest, TopicsAreListedInPagesOf100) {
  for (int i = 0; i < 101; ++i) {
    EXPECT_OK(ask("CreateTopic", {{"Name", fmt::format("t{:03}", i)}}));
  }
  const Reply first = ask("ListTopics");
  EXPECT_TRUE(first.contains(":t099"));
  EXPECT_FALSE(first.contains(":t100"));
  const Reply second = ask("ListTopics", {{"NextToken", first.xml("NextToken")}});
  EXPECT_TRUE(second.contains(":t100"));
  EXPECT_TRUE(second.xml("NextToken").empty());
}

}  // namespace
}  // namespace firn::sandbox::testing
