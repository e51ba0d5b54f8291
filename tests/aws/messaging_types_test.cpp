// Topics and queues on the wire: their policies, tombstones, names that are still blocked.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "providers/aws/policy_document.h"
#include "providers/aws/resource_policies.h"
#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

TEST_F(ServiceTypes, TopicIsMadeWithPolicyAndTagsInOneCall) {
  script({{"CreateTopic", {query_answer("CreateTopic", "<TopicArn>x</TopicArn>")}}});
  Operation topic = operation("aws.sns_topic", "files", R"({"publishers": ["arn:aws:s3:::b"]})");
  const auto created = create(topic);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(operations(), Names{"CreateTopic"});
  EXPECT_EQ(identified_after_, 1U);
  const http::Request& sent = request("CreateTopic");
  EXPECT_EQ(parameter(sent, "Name"), "files");
  EXPECT_EQ(parameter(sent, "Tags.member.1.Key"), "firn:address");
  EXPECT_EQ(parameter(sent, "Tags.member.1.Value"), "thing");
  EXPECT_EQ(parameter(sent, "Attributes.entry.1.key"), "Policy");
  const Value policy = normalize_policy(Value(parameter(sent, "Attributes.entry.1.value")));
  const Value expected = normalize_policy(json(R"({"Version": "2012-10-17", "Statement": [
    {"Sid": "PublishersS3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
     "Action": "sns:Publish", "Resource": "arn:aws:sns:eu-west-1:123456789012:files",
     "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"},
                   "StringEquals": {"aws:SourceAccount": "123456789012"}}},
    {"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
     "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission",
                "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
                "SNS:ListSubscriptionsByTopic", "SNS:Publish"],
     "Resource": "arn:aws:sns:eu-west-1:123456789012:files",
     "Condition": {"StringEquals": {"AWS:SourceOwner": "123456789012"}}}]})"));
  EXPECT_EQ(to_json(policy), to_json(expected));
}

TEST_F(ServiceTypes, TopicWaitsForANewPrincipal) {
  script(
      {{"CreateTopic",
        {query_error(400, "InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound"),
         query_answer("CreateTopic")}}});
  Operation topic =
      operation("aws.sns_topic", "files", R"({"subscribers": ["arn:aws:iam::1:user/u"]})");
  ASSERT_TRUE(create(topic));
  EXPECT_EQ(operations().size(), 2U);
  EXPECT_EQ(reports_.size(), 1U);
}

std::string subscriptions(const std::string& endpoint, const std::string& next = "") {
  return "<Subscriptions><member><Protocol>sqs</Protocol><Endpoint>" + endpoint +
         "</Endpoint></member></Subscriptions>" +
         (next.empty() ? "" : "<NextToken>" + next + "</NextToken>");
}

TEST_F(ServiceTypes, TopicThatSnowflakeSubscribedToLeavesATombstone) {
  const std::string snowpipe = "arn:aws:sqs:eu-west-1:999999999999:sf-snowpipe-AIDA-x";
  const std::string own = "arn:aws:sqs:eu-west-1:123456789012:orders";
  script({{"ListSubscriptionsByTopic",
           {query_answer("ListSubscriptionsByTopic", subscriptions(own, "more")),
            query_answer("ListSubscriptionsByTopic", subscriptions(snowpipe))}},
          {"DeleteTopic", {query_answer("DeleteTopic")}}});
  Operation topic = operation("aws.sns_topic", "files", "{}");
  const Instant begun = rig_.scheduler.now();
  const auto removed = remove(topic);
  ASSERT_TRUE(removed);
  EXPECT_EQ(operations(),
            (Names{"ListSubscriptionsByTopic", "ListSubscriptionsByTopic", "DeleteTopic"}));
  ASSERT_EQ(removed->tombstones.size(), 1U);
  EXPECT_EQ(removed->tombstones[0].type, "aws.sns_topic");
  EXPECT_EQ(removed->tombstones[0].name, "files");
  EXPECT_EQ(removed->tombstones[0].reason, "Snowflake holds its subscription for 72 hours");
  // From the moment at which it is noted, which is before the call.
  EXPECT_GT(removed->tombstones[0].until, begun + std::chrono::hours(72));
  EXPECT_LT(removed->tombstones[0].until, rig_.scheduler.now() + std::chrono::hours(72));
}

TEST_F(ServiceTypes, TopicWithOwnSubscriptionsLeavesNone) {
  script({{"ListSubscriptionsByTopic",
           {query_answer("ListSubscriptionsByTopic",
                         subscriptions("arn:aws:sqs:eu-west-1:123456789012:orders"))}},
          {"DeleteTopic", {query_answer("DeleteTopic")}}});
  Operation topic = operation("aws.sns_topic", "files", "{}");
  const auto removed = remove(topic);
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->tombstones.empty());
}

TEST_F(ServiceTypes, TopicThatIsGoneNeedsNoDelete) {
  script({{"ListSubscriptionsByTopic", {query_error(404, "NotFound")}}});
  Operation topic = operation("aws.sns_topic", "files", "{}");
  EXPECT_TRUE(remove(topic));
}

TEST_F(ServiceTypes, TopicOfAnotherStackIsRefused) {
  script(
      {{"CreateTopic",
        {query_error(400, "InvalidParameter",
                     "Invalid parameter: Tags Reason: Topic already exists with different tags")}},
       {"GetTopicAttributes", {query_answer("GetTopicAttributes", "<Attributes/>")}},
       {"ListTagsForResource",
        {query_answer("ListTagsForResource",
                      "<Tags><member><Key>firn:stack</Key><Value>shop</Value></member>"
                      "<member><Key>firn:environment</Key><Value>dev</Value></member>"
                      "<member><Key>firn:address</Key><Value>events</Value></member></Tags>")}}});
  Operation topic = operation("aws.sns_topic", "files", "{}");
  const auto created = create(topic);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::conflict);
  EXPECT_EQ(created.error().summary, "the SNS topic files exists already");
  EXPECT_EQ(created.error().detail,
            "its tags say that it belongs to another stack or environment: \"events\" of shop/dev");
  EXPECT_EQ(created.error().operation, "sns:CreateTopic");
  EXPECT_EQ(created.error().request_id, "rid-1");
  EXPECT_EQ(created.error().address, "thing");
}

TEST_F(ServiceTypes, UnmarkedTopicIsOfferedForImport) {
  script(
      {{"CreateTopic",
        {query_error(400, "InvalidParameter", "Topic already exists with different attributes")}},
       {"GetTopicAttributes", {query_answer("GetTopicAttributes", "<Attributes/>")}},
       {"ListTagsForResource", {query_answer("ListTagsForResource", "<Tags/>")}}});
  Operation topic = operation("aws.sns_topic", "files", "{}");
  const auto created = create(topic);
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().remedy.find("firn import "), std::string::npos);
}

TEST(TopicPolicy, ComesBackInTheAuthorsWords) {
  const ResourcePolicyForm form = topic_policy_form(Rig::options().placement, "files");
  const ResourceType& type = *find_type("aws.sns_topic")->type;
  for (
      const char* text :
      {R"({"publishers": ["arn:aws:s3:::b", "arn:aws:s3:::a"]})",
       R"({"subscribers": ["arn:aws:iam::999999999999:user/u"],
            "statements": [{"Effect": "Allow", "Principal": "*", "Action": "SNS:Publish"}]})",
       R"({"statements": []})",
       R"({"publishers": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:x", "arn:aws:s3:::a"]})"}) {
    const Value inputs = type.normalize(json(text));
    const Value document = policy_from(form, inputs);
    EXPECT_EQ(Value(policy_to_inputs(form, Value(to_text(document)), inputs)), inputs) << text;
    // Also when nothing is recorded, as for an import.
    EXPECT_EQ(Value(policy_to_inputs(form, document, Value())), inputs) << text;
    EXPECT_EQ(type.normalize(inputs), inputs) << text;
  }
}

TEST(TopicPolicy, IsAwssDefaultWhenNothingIsSaid) {
  const ResourcePolicyForm form = topic_policy_form(Rig::options().placement, "files");
  EXPECT_EQ(policy_from(form, json("{}")), form.default_policy);
  EXPECT_EQ(form.default_policy.at("Version"), Value("2008-10-17"));
  EXPECT_TRUE(policy_to_inputs(form, form.default_policy, json(R"({"kms_key": ""})")).empty());
}

TEST(TopicPolicy, ShowsWhatOthersAddedAndTook) {
  const ResourcePolicyForm form = topic_policy_form(Rig::options().placement, "files");
  const ResourceType& type = *find_type("aws.sns_topic")->type;
  const Value inputs = type.normalize(json(R"({"publishers": ["arn:aws:s3:::a"]})"));
  Map document = policy_from(form, inputs).as_map();
  List statements = document.find("Statement")->as_list();
  statements.push_back(json(R"({"Effect": "Allow", "Principal": "*", "Action": "sns:Publish",
                               "Resource": "arn:aws:sns:eu-west-1:123456789012:files"})"));
  document.set("Statement", statements);
  const Map added = policy_to_inputs(form, Value(document), inputs);
  EXPECT_EQ(added.find("publishers")->as_list().size(), 1U);
  EXPECT_EQ(to_json(*added.find("statements")),
            R"([{"Action":"sns:Publish","Effect":"Allow","Principal":"*"}])");

  // The owner's statement is taken away: no attribute says that, so all statements are shown.
  document.set("Statement", List{});
  const Map taken = policy_to_inputs(form, Value(document), inputs);
  EXPECT_TRUE(taken.find("publishers")->as_list().empty());
}

constexpr const char* kOwnTags =
    R"({"Tags": {"firn:stack": "finance", "firn:environment": "dev", "firn:address": "thing"}})";

TEST_F(ServiceTypes, QueueWaitsUntilItsNameIsFree) {
  script({{"CreateQueue",
           {json_error(400, "com.amazonaws.sqs#QueueDeletedRecently", "wait 60 seconds"),
            json_error(400, "AWS.SimpleQueueService.QueueDeletedRecently"), respond(200, "{}")}},
          {"GetQueueAttributes",
           {respond(200, R"({"Attributes": {"CreatedTimestamp": "1767323045"}})")}},
          {"ListQueueTags", {respond(200, kOwnTags)}}});
  Operation queue = operation("aws.sqs_queue", "orders", "{}");
  const auto created = create(queue);
  ASSERT_TRUE(created) << render(created.error());
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0],
            "waiting until the name of the deleted queue is free again (60 seconds after the "
            "delete)");
  EXPECT_EQ(*created->outputs.find("url"),
            Value("https://sqs.eu-west-1.amazonaws.com/123456789012/orders"));
}

TEST_F(ServiceTypes, QueueOfSomebodyElseIsNotAdopted) {
  // CreateQueue answers as if it had made it: attributes agree, and tags are not looked at.
  script({{"CreateQueue", {respond(200, R"({"QueueUrl": "u"})")}},
          {"GetQueueAttributes",
           {respond(200, R"({"Attributes": {"CreatedTimestamp": "1700000000"}})")}},
          {"ListQueueTags", {respond(200, "{}")}}});
  Operation queue = operation("aws.sqs_queue", "orders", "{}");
  const auto created = create(queue);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::conflict);
  EXPECT_EQ(identified_after_, 0U);
}

TEST_F(ServiceTypes, NewQueueWhoseTagsAreNotVisibleYetIsOurs) {
  script({{"CreateQueue", {respond(200, R"({"QueueUrl": "u"})")}},
          {"GetQueueAttributes",
           {respond(200, R"({"Attributes": {"CreatedTimestamp": "1767323045"}})")}},
          {"ListQueueTags", {respond(200, "{}")}}});
  Operation queue = operation("aws.sqs_queue", "orders", "{}");
  EXPECT_TRUE(create(queue));
}

TEST_F(ServiceTypes, QueueChangesAllAttributesInOneCall) {
  script({{"SetQueueAttributes", {respond(200, "")}}});
  Operation queue = operation("aws.sqs_queue", "orders", R"({"delay": 5})");
  queue.changed = {"delay", "visibility_timeout", "redrive", "senders"};
  ASSERT_TRUE(update(queue));
  EXPECT_EQ(operations(), Names{"SetQueueAttributes"});
  // What is taken away goes back to the service's default, or is cleared.
  EXPECT_EQ(to_json(json(request("SetQueueAttributes").body).at("Attributes")),
            R"({"DelaySeconds":"5","Policy":"","RedrivePolicy":"","VisibilityTimeout":"30"})");
}

TEST(QueueNormalForm, CountsReceivesAsNumbers) {
  const ResourceType& type = *find_type("aws.sqs_queue")->type;
  const Value text = json(R"({"redrive": {"dead_letter_queue": "a", "max_receive_count": "5"}})");
  const Value number = json(R"({"redrive": {"dead_letter_queue": "a", "max_receive_count": 5}})");
  EXPECT_EQ(type.normalize(text), number);
}

TEST(QueuePolicy, TellsBucketsAndTopicsApart) {
  const ResourcePolicyForm form = queue_policy_form(Rig::options().placement, "q");
  const Value document =
      policy_from(form, json(R"({"senders": ["arn:aws:sns:eu-west-1:1:t", "arn:aws:s3:::b"]})"));
  const std::string text = to_text(document);
  EXPECT_NE(text.find(R"("Principal":{"Service":"sns.amazonaws.com"})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("Principal":{"Service":"s3.amazonaws.com"})"), std::string::npos) << text;
  EXPECT_TRUE(policy_from(form, json("{}")).is_null());
}

}  // namespace
}  // namespace firn::aws
