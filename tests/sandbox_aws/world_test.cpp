// The sandbox as a whole: its file, its log, its clock, its count of things.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

class WorldTest : public FileTest {
 protected:
  // One of everything.
  void fill() {
    EXPECT_OK(create_bucket("lake"));
    EXPECT_OK(aws->s3("PUT", "lake", "/a%20b", std::string("\0\xFF bytes", 8)));
    EXPECT_OK(aws->query("sns", {{"Action", "CreateTopic"}, {"Name", "events"}}));
    EXPECT_OK(aws->json("sqs", "CreateQueue", Map{{"QueueName", "events"}}));
    EXPECT_OK(aws->json("sqs", "SendMessage", Map{{"QueueUrl", queue_url}, {"MessageBody", "m"}}));
    const std::string role = ready_role("Role", "lambda.amazonaws.com");
    EXPECT_OK(aws->rest("lambda", "POST", "/2015-03-31/functions",
                        Map{{"FunctionName", "fetch"},
                            {"Runtime", "python3.12"},
                            {"Handler", "m.h"},
                            {"Role", role},
                            {"Code", Map{{"ZipFile", small_zip()}}}}));
    EXPECT_OK(aws->json("logs", "CreateLogGroup", Map{{"logGroupName", "/load"}}));
    EXPECT_OK(aws->json("states", "CreateStateMachine",
                        Map{{"name", "load"},
                            {"definition", R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})"},
                            {"roleArn", ready_role("Machine", "states.amazonaws.com")}}));
    EXPECT_OK(aws->rest(
        "scheduler", "POST", "/schedules/hourly",
        Map{{"ScheduleExpression", "rate(1 hour)"},
            {"FlexibleTimeWindow", Map{{"Mode", "OFF"}}},
            {"Target", Map{{"Arn", "arn:aws:states:eu-west-1:123456789012:stateMachine:load"},
                           {"RoleArn", ready_role("Clock", "scheduler.amazonaws.com")}}}}));
    EXPECT_OK(aws->query("iam", {{"Action", "CreateUser"}, {"UserName", "Collector"}}));
    EXPECT_OK(aws->query("iam", {{"Action", "CreateAccessKey"}, {"UserName", "Collector"}}));
    EXPECT_OK(aws->query(
        "iam", {{"Action", "CreateOpenIDConnectProvider"}, {"Url", "https://token.example.com"}}));
    const std::string key =
        aws->json("kms", "CreateKey", Map{}).json().at("KeyMetadata").string_or("KeyId", "");
    EXPECT_OK(
        aws->json("kms", "CreateAlias", Map{{"AliasName", "alias/data"}, {"TargetKeyId", key}}));
    EXPECT_OK(aws->json("secretsmanager", "CreateSecret",
                        Map{{"Name", "api"},
                            {"SecretString", "s3cr3t"},
                            {"ClientRequestToken", std::string(36, 't')}}));
  }
  // Every read that there is, as one text; request ids are not part of a world.
  std::string look() {
    const Value queue =
        aws->json("sqs", "GetQueueAttributes",
                  Map{{"QueueUrl", queue_url}, {"AttributeNames", List{Value("All")}}})
            .json();
    const Reply object = aws->s3("GET", "lake", "/a%20b");
    const Reply details = aws->query("iam", {{"Action", "GetAccountAuthorizationDetails"}});
    const Reply topic =
        aws->query("sns", {{"Action", "GetTopicAttributes"},
                           {"TopicArn", "arn:aws:sns:eu-west-1:123456789012:events"}});
    const Value function =
        aws->rest("lambda", "GET", "/2015-03-31/functions/fetch/configuration").json();
    const Value machine =
        aws->json(
               "states", "DescribeStateMachine",
               Map{{"stateMachineArn", "arn:aws:states:eu-west-1:123456789012:stateMachine:load"}})
            .json();
    std::string text = object.headers.get("last-modified") + object.headers.get("etag") +
                       object.body + to_json(queue) + details.xml("RoleDetailList") +
                       topic.xml("Attributes") + to_json(function) + to_json(machine);
    text += aws->rest("scheduler", "GET", "/schedules/hourly").body;
    text += aws->json("logs", "DescribeLogGroups", Map{}).body;
    text += aws->json("kms", "DescribeKey", Map{{"KeyId", "alias/data"}}).body;
    text += aws->json("secretsmanager", "GetSecretValue", Map{{"SecretId", "api"}}).body;
    text += aws->query("iam", {{"Action", "ListAccessKeys"}, {"UserName", "Collector"}})
                .xml("AccessKeyMetadata");
    text += details.xml("UserDetailList");
    text += aws->s3("GET", "", "/").xml("Buckets");
    for (const Count& count : sandbox->status()) {
      text += fmt::format("{} {} {}\n", count.kind, count.account, count.count);
    }
    return text;
  }
  static constexpr const char* queue_url =
      "https://sqs.eu-west-1.amazonaws.com/123456789012/events";
};

TEST_F(WorldTest, ClosedAndOpenedAgainItIsTheSame) {
  fill();
  advance(std::chrono::hours(5));
  const std::string keys = aws->keys().secret_access_key;
  const std::string seen = look();
  const std::string held = contents();
  const Instant now = sandbox->clock().now();
  reopen();
  EXPECT_EQ(sandbox->clock().now(), now);
  EXPECT_EQ(aws->keys().secret_access_key, keys);
  EXPECT_EQ(contents(), held);
  EXPECT_EQ(look(), seen);
}

TEST_F(WorldTest, WindowsRunOnInTheReopenedFile) {
  EXPECT_OK(aws->json("sqs", "CreateQueue", Map{{"QueueName", "events"}}));
  EXPECT_OK(aws->json("sqs", "DeleteQueue", Map{{"QueueUrl", queue_url}}));
  reopen();
  EXPECT_EQ(aws->json("sqs", "CreateQueue", Map{{"QueueName", "events"}}).code,
            "QueueDeletedRecently");
  advance(std::chrono::seconds(60));
  EXPECT_OK(aws->json("sqs", "CreateQueue", Map{{"QueueName", "events"}}));
}

TEST_F(WorldTest, IdsDoNotComeBackAfterReopening) {
  const Form subscribe = {{"Action", "Subscribe"},
                          {"TopicArn", "arn:aws:sns:eu-west-1:123456789012:events"},
                          {"Protocol", "sqs"},
                          {"Endpoint", "arn:aws:sqs:eu-west-1:123456789012:a"}};
  EXPECT_OK(aws->query("sns", {{"Action", "CreateTopic"}, {"Name", "events"}}));
  const std::string first = aws->query("sns", subscribe).xml("SubscriptionArn");
  EXPECT_OK(aws->query("sns", {{"Action", "Unsubscribe"}, {"SubscriptionArn", first}}));
  reopen();
  EXPECT_NE(aws->query("sns", subscribe).xml("SubscriptionArn"), first);
}

TEST_F(WorldTest, TheLogTellsOfEachRequestInOrder) {
  EXPECT_OK(create_bucket("lake"));
  advance(std::chrono::seconds(2));
  EXPECT_EQ(aws->s3("GET", "lake", "/?tagging").status, 404);
  EXPECT_OK(aws->query("iam", {{"Action", "ListRoles"}}));
  (void)aws->query("iam", {{"Action", "GetRole"}, {"RoleName", "None"}});
  http::Request addressed;
  addressed.host = "lake.s3.eu-west-1.amazonaws.com";
  addressed.address = "data";
  EXPECT_EQ(aws->send(addressed, "s3").status, 501);
  const auto line = [](const LogEntry& entry) {
    return fmt::format("{} {}:{} {} {} {} {}", entry.cloud, entry.service, entry.operation,
                       entry.target, entry.status, entry.error, entry.address);
  };
  const auto check = [&] {
    const auto log = sandbox->log();
    ASSERT_EQ(log.size(), 5u);
    EXPECT_EQ(line(log[0]), "aws s3:CreateBucket lake 200  ");
    EXPECT_EQ(line(log[1]), "aws s3:GetBucketTagging lake 404 NoSuchTagSet ");
    EXPECT_EQ(line(log[2]), "aws iam:ListRoles  200  ");
    EXPECT_EQ(line(log[3]), "aws iam:GetRole None 404 NoSuchEntity ");
    EXPECT_EQ(line(log[4]), "aws s3:GET bucket lake 501 NotImplemented data");
    EXPECT_EQ(log[1].at - log[0].at, std::chrono::seconds(2));
  };
  check();
  reopen();
  check();
}

TEST_F(WorldTest, RefusedRequestsAreInTheLogToo) {
  http::Request request;
  request.host = "sqs.eu-west-1.amazonaws.com";
  request.method = "POST";
  request.headers.set("X-Amz-Target", "AmazonSQS.ListQueues");
  EXPECT_EQ(aws->send_unsigned(request).code, "MissingAuthenticationTokenException");
  ASSERT_EQ(sandbox->log().size(), 1u);
  EXPECT_EQ(sandbox->log()[0].error, "MissingAuthenticationTokenException");
  EXPECT_EQ(sandbox->log()[0].status, 400);
}

TEST_F(WorldTest, TimeMovesOnlyForward) {
  const Instant start = sandbox->clock().now();
  EXPECT_TRUE(sandbox->advance(std::chrono::hours(73)).has_value());
  EXPECT_EQ(sandbox->clock().now() - start, std::chrono::hours(73));
  const Status back = sandbox->advance(-std::chrono::seconds(1));
  ASSERT_FALSE(back.has_value());
  EXPECT_EQ(back.error().kind, ErrorKind::invalid_input);
  EXPECT_FALSE(back.error().remedy.empty());
  EXPECT_EQ(sandbox->clock().now() - start, std::chrono::hours(73));
}

TEST_F(WorldTest, StatusCountsByKindAndAccount) {
  fill();
  EXPECT_OK(other->query("sns", {{"Action", "CreateTopic"}, {"Name", "theirs"}}));
  std::map<std::string, std::size_t> counts;
  for (const Count& count : sandbox->status())
    counts[count.account + " " + count.kind] = count.count;
  const std::string own = std::string(account_a) + " ";
  const std::map<std::string, std::size_t> wanted = {{own + "s3 bucket", 1},
                                                     {own + "sns topic", 1},
                                                     {own + "sqs queue", 1},
                                                     {own + "iam role", 3},
                                                     {own + "iam user", 1},
                                                     {own + "iam access key", 1},
                                                     {own + "iam oidc provider", 1},
                                                     {own + "kms key", 1},
                                                     {own + "kms alias", 1},
                                                     {own + "secret", 1},
                                                     {own + "lambda function", 1},
                                                     {own + "log group", 1},
                                                     {own + "state machine", 1},
                                                     {own + "schedule", 1},
                                                     {std::string(account_b) + " sns topic", 1}};
  EXPECT_EQ(counts, wanted);
}

TEST_F(WorldTest, AResetEmptiesEverythingButTheKeysAndTheClock) {
  fill();
  const std::string secret = aws->keys().secret_access_key;
  const Instant now = sandbox->clock().now();
  ASSERT_TRUE(sandbox->reset().has_value());
  EXPECT_TRUE(sandbox->log().empty());
  EXPECT_TRUE(sandbox->status().empty());
  EXPECT_EQ(contents(), "");
  EXPECT_EQ(sandbox->clock().now(), now);
  EXPECT_EQ(sandbox->administrator_of(account_a).secret_access_key, secret);
  reopen();
  EXPECT_EQ(contents(), "");
  EXPECT_OK(create_bucket("lake"));
}

TEST_F(WorldTest, TwoAccountsDoNotMeet) {
  for (Client* client : {aws.get(), other.get()}) {
    EXPECT_OK(client->json("sqs", "CreateQueue", Map{{"QueueName", "events"}}));
    EXPECT_OK(client->query("sns", {{"Action", "CreateTopic"}, {"Name", "events"}}));
    EXPECT_OK(client->query("iam",
                            {{"Action", "CreateRole"},
                             {"RoleName", "Role"},
                             {"AssumeRolePolicyDocument", service_trust("lambda.amazonaws.com")}}));
  }
  EXPECT_OK(aws->json("sqs", "DeleteQueue", Map{{"QueueUrl", queue_url}}));
  EXPECT_OK(aws->query("iam", {{"Action", "DeleteRole"}, {"RoleName", "Role"}}));
  EXPECT_OK(other->json("sqs", "GetQueueUrl", Map{{"QueueName", "events"}}));
  EXPECT_OK(other->query("iam", {{"Action", "GetRole"}, {"RoleName", "Role"}}));
}

TEST_F(WorldTest, TwoFilesHaveTwoSetsOfKeys) {
  auto second = Sandbox::open({});
  ASSERT_TRUE(second.has_value());
  EXPECT_NE((*second)->administrator_of(account_a).secret_access_key,
            aws->keys().secret_access_key);
}

}  // namespace
}  // namespace firn::sandbox::testing
