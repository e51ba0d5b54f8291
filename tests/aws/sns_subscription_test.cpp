// Subscriptions: ARNs that only SNS knows, confirmations, and filters that change without a gap.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* topic = "arn:aws:sns:eu-west-1:123456789012:news";
constexpr const char* arn = "arn:aws:sns:eu-west-1:123456789012:news:1-2-3";
constexpr const char* to_queue =
    R"({"topic": "arn:aws:sns:eu-west-1:123456789012:news", "protocol": "sqs",
        "endpoint": "arn:aws:sqs:eu-west-1:123456789012:inbox"})";
constexpr const char* to_mail =
    R"({"topic": "arn:aws:sns:eu-west-1:123456789012:news", "protocol": "email",
        "endpoint": "team@example.com"})";

http::Response attributes(const std::vector<std::pair<std::string, std::string>>& more = {}) {
  std::string entries;
  const auto add = [&](const std::string& key, const std::string& value) {
    entries += "<entry><key>" + key + "</key><value>" + value + "</value></entry>";
  };
  add("TopicArn", topic);
  add("Protocol", "sqs");
  add("Endpoint", "arn:aws:sqs:eu-west-1:123456789012:inbox");
  for (const auto& [key, value] : more)
    add(key, value);
  return query_answer("GetSubscriptionAttributes", "<Attributes>" + entries + "</Attributes>");
}
http::Response subscribed() {
  return query_answer("Subscribe", "<SubscriptionArn>" + std::string(arn) + "</SubscriptionArn>");
}

TEST_F(ServiceTypes, SubscriptionTellsItsArnBeforeItIsLookedAt) {
  script({{"Subscribe", {subscribed()}},
          {"GetSubscriptionAttributes", {attributes({{"PendingConfirmation", "false"}})}}});
  Operation wanted =
      operation("aws.sns_subscription", "",
                R"({"topic": "arn:aws:sns:eu-west-1:123456789012:news", "protocol": "sqs",
          "endpoint": "arn:aws:sqs:eu-west-1:123456789012:inbox", "raw_delivery": true,
          "filter_policy": {"kind": ["a"]}, "filter_policy_scope": "MessageBody",
          "dead_letter_queue": "arn:aws:sqs:eu-west-1:123456789012:dead"})");
  const auto created = create(wanted);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(identified_after_, 1U);
  EXPECT_EQ(*identity_.find("arn"), Value(arn));
  EXPECT_EQ(*created->outputs.find("confirmed"), Value(true));
  EXPECT_TRUE(reports_.empty());
  const http::Request& sent = request("Subscribe");
  EXPECT_EQ(parameter(sent, "ReturnSubscriptionArn"), "true");
  EXPECT_EQ(parameter(sent, "Attributes.entry.1.key"), "FilterPolicy");
  EXPECT_EQ(parameter(sent, "Attributes.entry.1.value"), R"({"kind":["a"]})");
  EXPECT_NE(sent.body.find("RawMessageDelivery"), std::string::npos);
  EXPECT_NE(sent.body.find("FilterPolicyScope"), std::string::npos);
  EXPECT_NE(percent_decode(sent.body).find(
                R"({"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead"})"),
            std::string::npos);
}

TEST_F(ServiceTypes, SubscriptionOfAMailboxIsMadeAndWaitsForItsOwner) {
  script({{"Subscribe", {subscribed()}},
          {"GetSubscriptionAttributes", {attributes({{"PendingConfirmation", "true"}})}},
          {"Unsubscribe",
           {query_error(400, "InvalidParameter",
                        "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a "
                        "subscription that is pending confirmation")}}});
  Operation wanted = operation("aws.sns_subscription", "", to_mail);
  const auto created = create(wanted);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(*created->outputs.find("confirmed"), Value(false));
  EXPECT_EQ(reports_, Names{"SNS asked the endpoint to confirm; until then it gets nothing"});
  Operation gone = operation("aws.sns_subscription", "", "null");
  gone.prior.inputs = json(to_mail);
  gone.prior.outputs = Value(created->outputs);
  EXPECT_TRUE(remove(gone));
  EXPECT_EQ(reports_.back(), "nobody confirmed it; SNS forgets it within three days");
}

http::Response listed(const std::string& listed_arn) {
  return query_answer("ListSubscriptionsByTopic",
                      "<Subscriptions><member><SubscriptionArn>" + listed_arn +
                          "</SubscriptionArn><Protocol>sqs</Protocol><Endpoint>"
                          "arn:aws:sqs:eu-west-1:123456789012:inbox</Endpoint></member>"
                          "</Subscriptions>");
}

TEST_F(ServiceTypes, SubscriptionWithOtherAttributesIsBroughtUpToDate) {
  const http::Response refusal =
      query_error(400, "InvalidParameter",
                  "Invalid parameter: Attributes Reason: Subscription already exists with "
                  "different attributes");
  script({{"Subscribe", {refusal}},
          {"ListSubscriptionsByTopic", {listed(arn)}},
          {"GetSubscriptionAttributes", {attributes()}},
          {"SetSubscriptionAttributes", {query_answer("SetSubscriptionAttributes")}}});
  Map inputs = json(to_queue).as_map();
  inputs.set("raw_delivery", true);
  Operation wanted = operation("aws.sns_subscription", "", "null");
  wanted.desired = Value(inputs);
  const auto created = create(wanted);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(*created->outputs.find("arn"), Value(arn));
  EXPECT_EQ(*created->outputs.find("confirmed"), Value(true));
  EXPECT_EQ(*identity_.find("arn"), Value(arn));
  EXPECT_EQ(parameter(request("SetSubscriptionAttributes"), "AttributeName"), "RawMessageDelivery");

  script({{"Subscribe", {refusal}}, {"ListSubscriptionsByTopic", {listed("PendingConfirmation")}}});
  const auto refused = create(wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().summary, "the topic has another subscription of this endpoint already");
}

TEST_F(ServiceTypes, SubscriptionOfALostCallIsFoundByItsEndpoint) {
  script({{"ListSubscriptionsByTopic",
           {query_answer("ListSubscriptionsByTopic",
                         "<Subscriptions><member><SubscriptionArn>PendingConfirmation"
                         "</SubscriptionArn><Protocol>email</Protocol><Endpoint>team@example.com"
                         "</Endpoint></member></Subscriptions><NextToken>more</NextToken>"),
            listed(arn)}},
          {"GetSubscriptionAttributes", {attributes()}}});
  Operation lost = operation("aws.sns_subscription", "", to_queue);
  const auto found =
      rig_.scheduler.run(find_type("aws.sns_subscription")->find_after_crash(client_, lost));
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_TRUE(found->exists);
  EXPECT_EQ(*found->outputs.find("arn"), Value(arn));
}

TEST_F(ServiceTypes, SubscriptionIsShownInTheWordsOfAnAuthor) {
  script({{"GetSubscriptionAttributes",
           {attributes(
               {{"FilterPolicy", "{&quot;kind&quot;: [&quot;a&quot;]}"},
                {"FilterPolicyScope", "MessageBody"},
                {"RawMessageDelivery", "true"},
                {"RedrivePolicy", "{&quot;deadLetterTargetArn&quot;: &quot;arn:dead&quot;}"}})}}});
  ResourceRecord record;
  record.address = "thing";
  record.inputs = json(to_queue);
  record.outputs = Value(Map{{"arn", Value(arn)}});
  const auto seen = rig_.scheduler.run(find_type("aws.sns_subscription")->read(client_, record));
  ASSERT_TRUE(seen) << render(seen.error());
  EXPECT_EQ(Value(seen->inputs),
            json(R"({"topic": "arn:aws:sns:eu-west-1:123456789012:news", "protocol": "sqs",
                     "endpoint": "arn:aws:sqs:eu-west-1:123456789012:inbox", "raw_delivery": true,
                     "filter_policy": {"kind": ["a"]}, "filter_policy_scope": "MessageBody",
                     "dead_letter_queue": "arn:dead"})"));
  script({{"GetSubscriptionAttributes", {query_error(404, "NotFound")}}});
  const auto gone = rig_.scheduler.run(find_type("aws.sns_subscription")->read(client_, record));
  ASSERT_TRUE(gone);
  EXPECT_FALSE(gone->exists);
}

TEST_F(ServiceTypes, AUrlThatIsSecretIsNotRepeated) {
  script({{"GetSubscriptionAttributes", {attributes()}}});
  ResourceRecord record;
  Map inputs = json(to_queue).as_map();
  inputs.set("endpoint", Value::sealed_secret("hmac-sha256:abc"));
  record.inputs = Value(inputs);
  record.outputs = Value(Map{{"arn", Value(arn)}});
  const auto seen = rig_.scheduler.run(find_type("aws.sns_subscription")->read(client_, record));
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen->inputs.find("endpoint"), inputs.find("endpoint")[0]);
}

struct Order {
  const char* what;
  const char* desired;  // beside topic, protocol and endpoint
  Names changed;
  Names sent;  // "attribute=value"
};

class SubscriptionOrder : public ServiceTypes, public testing::WithParamInterface<Order> {};

TEST_P(SubscriptionOrder, NeverLeavesThePolicyWithoutItsScope) {
  script({{"SetSubscriptionAttributes", {query_answer("SetSubscriptionAttributes")}}});
  Map inputs = json(to_queue).as_map();
  const Value more = json(GetParam().desired);
  for (const auto& [name, value] : more.as_map())
    inputs.set(name, value);
  Operation wanted = operation("aws.sns_subscription", "", "null");
  wanted.desired = Value(inputs);
  wanted.prior.outputs = Value(Map{{"arn", Value(arn)}, {"confirmed", Value(true)}});
  wanted.changed = GetParam().changed;
  const auto updated = update(wanted);
  ASSERT_TRUE(updated) << render(updated.error());
  EXPECT_EQ(*updated->outputs.find("confirmed"), Value(true));
  Names sent;
  for (const http::Request& request : rig_.transport.requests) {
    sent.push_back(parameter(request, "AttributeName") + "=" +
                   parameter(request, "AttributeValue"));
  }
  EXPECT_EQ(sent, GetParam().sent);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SubscriptionOrder,
    testing::Values(
        Order{"to_the_body",
              R"({"filter_policy": {"k": {"l": [1]}}, "filter_policy_scope": "MessageBody"})",
              {"filter_policy", "filter_policy_scope"},
              {"FilterPolicyScope=MessageBody", R"(FilterPolicy={"k":{"l":[1]}})"}},
        Order{"to_the_attributes",
              R"({"filter_policy": {"k": [1]}})",
              {"filter_policy", "filter_policy_scope"},
              {R"(FilterPolicy={"k":[1]})", "FilterPolicyScope=MessageAttributes"}},
        Order{"cleared",
              "{}",
              {"dead_letter_queue", "filter_policy", "raw_delivery"},
              {"RawMessageDelivery=false", "RedrivePolicy=", "FilterPolicy={}"}}),
    [](const auto& row) { return std::string(row.param.what); });

TEST(SnsSubscription, RefusesWhatSnsWouldRefuse) {
  const struct {
    const char* inputs;
    const char* path;
  } rows[] = {
      {R"({"protocol": "sqs", "endpoint": "https://sqs.eu-west-1.amazonaws.com/1/q"})", "endpoint"},
      {R"({"protocol": "lambda", "endpoint": "arn:aws:sqs:e:1:q"})", "endpoint"},
      {R"({"protocol": "https", "endpoint": "http://example.com"})", "endpoint"},
      {R"({"protocol": "email", "endpoint": "example.com"})", "endpoint"},
      {R"({"protocol": "email", "endpoint": "a@example.com", "raw_delivery": true})",
       "raw_delivery"},
      {R"({"protocol": "sqs", "topic": "arn:aws:sns:e:1:t", "endpoint": "arn:aws:sqs:e:1:q.fifo"})",
       "endpoint"},
      {R"({"protocol": "sms", "endpoint": "+1", "filter_policy": {"k": {"l": ["a"]}}})",
       "filter_policy.k"},
      {R"({"protocol": "sms", "endpoint": "+1", "filter_policy": {"k": "a"}})", "filter_policy.k"},
      {R"({"protocol": "sms", "endpoint": "+1", "filter_policy": ["a"]})", "filter_policy"},
  };
  const ResourceType& type = *find_type("aws.sns_subscription")->type;
  for (const auto& row : rows) {
    std::vector<Problem> problems;
    type.validate(Rig::options().placement, "", json(row.inputs), problems);
    ASSERT_EQ(problems.size(), 1U) << row.inputs;
    EXPECT_EQ(problems[0].path, row.path) << row.inputs;
  }
  const Value same = json(to_queue);
  const std::vector<Peer> peers{{"one", &same}, {"two", &same}};
  std::vector<PeerProblem> problems;
  type.validate_together(peers, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].problem.summary, "\"one\" subscribes this endpoint already");
}

}  // namespace
}  // namespace firn::aws
