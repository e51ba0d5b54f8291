// Both clouds in one sandbox: a file in the bucket becomes rows in the table, and each missing
// permission on the way stops it where the real clouds stop it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/async/random.h"
#include "core/async/scheduler.h"
#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"
#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

using testing::Reply;

constexpr const char* events_topic = "arn:aws:sns:eu-west-1:123456789012:events";
constexpr const char* role = "arn:aws:iam::123456789012:role/Loader";

class RoadTest : public testing::SandboxTest {
 protected:
  RoadTest() {
    auto key = sandbox->deployer_key("acme-lab", "eu-west-1", "deployer", "DEPLOYER_ROLE");
    EXPECT_TRUE(key.has_value());
    key_ = *key;
  }

  Answer sql(const std::string& text) {
    http::Request request;
    request.method = "POST";
    request.host = "acme-lab.snowflakecomputing.com";
    request.path = "/api/v2/statements";
    request.query = fmt::format("requestId=00000000-0000-0000-0000-{:012}", ++number_);
    request.headers.set("Authorization", "Bearer " + sign_token(key_, {}, sandbox->clock().now()));
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Accept", "application/json");
    request.headers.set("User-Agent", "test/1.0");
    request.body = to_json(Map{{"statement", text}, {"role", "DEPLOYER_ROLE"}});
    SeededRandom random(1);
    Scheduler scheduler(sandbox->clock(), random);
    const auto response = scheduler.run(sandbox->snowflake().send(std::move(request)));
    EXPECT_TRUE(response.has_value());
    Answer answer;
    answer.status = response->status;
    answer.body = parse_json(response->body).value_or(Value());
    answer.code = answer.body.string_or("code", "");
    answer.sql_state = answer.body.string_or("sqlState", "");
    answer.message = answer.body.string_or("message", "");
    return answer;
  }
  Answer must(const std::string& text) {
    auto answer = sql(text);
    EXPECT_EQ(answer.status, 200) << text << "\n" << answer.code << " " << answer.message;
    return answer;
  }
  Reply iam(testing::Form form) { return aws->query("iam", form); }
  Reply sns(testing::Form form) { return aws->query("sns", form); }

  std::string integration(const std::string& property) {
    return must("DESC INTEGRATION LAKE").look_up("property", property, "property_value");
  }
  std::string trust() {
    return fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"{}"}}}}}}]}})",
        integration("STORAGE_AWS_IAM_USER_ARN"), integration("STORAGE_AWS_EXTERNAL_ID"));
  }
  // The topic's policy: S3 may publish when told so, Snowflake subscribe when told so.
  void topic_policy(bool s3, bool snowflake) {
    std::vector<std::string> statements;
    if (s3) {
      statements.push_back(fmt::format(
          R"({{"Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":"sns:Publish","Resource":"{}","Condition":{{"ArnLike":{{"aws:SourceArn":"arn:aws:s3:::lake"}}}}}})",
          events_topic));
    }
    if (snowflake) {
      const auto text =
          must(fmt::format("SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('{}') AS P", events_topic))
              .cell(0, "P");
      const auto policy = parse_json(text);
      ASSERT_TRUE(policy.has_value());
      statements.push_back(to_json(policy->at("Statement").as_list().at(0)));
    }
    EXPECT_OK(sns({{"Action", "SetTopicAttributes"},
                   {"TopicArn", events_topic},
                   {"AttributeName", "Policy"},
                   {"AttributeValue", fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})",
                                                  fmt::join(statements, ","))}}));
  }
  void role_policy(const std::string& name, const std::string& action,
                   const std::string& resource) {
    EXPECT_OK(iam(
        {{"Action", "PutRolePolicy"},
         {"RoleName", "Loader"},
         {"PolicyName", name},
         {"PolicyDocument",
          fmt::format(
              R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{}","Resource":"{}"}}]}})",
              action, resource)}}));
  }
  void settle() { advance(std::chrono::seconds(10)); }  // IAM's changes are seen late

  void make_snowflake() {
    must("CREATE DATABASE D");
    must("CREATE SCHEMA D.S");
    must("CREATE TABLE D.S.T (V VARIANT)");
    must(
        fmt::format("CREATE STORAGE INTEGRATION LAKE TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = S3 "
                    "ENABLED = TRUE STORAGE_AWS_ROLE_ARN = '{}' STORAGE_ALLOWED_LOCATIONS = "
                    "('s3://lake/in/')",
                    role));
    must(
        "CREATE STAGE D.S.ST URL = 's3://lake/in/' STORAGE_INTEGRATION = LAKE FILE_FORMAT = "
        "(TYPE = JSON)");
  }
  void make_aws() {
    EXPECT_OK(create_bucket("lake"));
    EXPECT_OK(sns({{"Action", "CreateTopic"}, {"Name", "events"}}));
    EXPECT_OK(iam(
        {{"Action", "CreateRole"}, {"RoleName", "Loader"}, {"AssumeRolePolicyDocument", trust()}}));
    role_policy("read", "s3:GetObject*", "arn:aws:s3:::lake/in/*");
    role_policy("list", "s3:ListBucket", "arn:aws:s3:::lake");
    settle();
  }
  Answer make_pipe(const std::string& verb = "CREATE PIPE") {
    return sql(
        fmt::format("{} D.S.P AUTO_INGEST = TRUE AWS_SNS_TOPIC = '{}' AS COPY INTO D.S.T "
                    "FROM @D.S.ST",
                    verb, events_topic));
  }
  Reply notify() {
    return aws->s3(
        "PUT", "lake", "/?notification",
        fmt::format("<NotificationConfiguration><TopicConfiguration><Id>in</Id><Topic>{}"
                    "</Topic><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule>"
                    "<Name>prefix</Name><Value>in/</Value></FilterRule></S3Key></Filter>"
                    "</TopicConfiguration></NotificationConfiguration>",
                    events_topic));
  }
  void put(const std::string& key) { EXPECT_OK(aws->s3("PUT", "lake", "/" + key, "{\"a\":1}")); }
  std::string rows() { return must("SELECT COUNT(*) AS N FROM D.S.T").cell(0, "N"); }
  // The whole road.
  void make_road() {
    make_snowflake();
    make_aws();
    topic_policy(true, true);
    EXPECT_EQ(make_pipe().status, 200);
    EXPECT_OK(notify());
  }

  std::string key_;
  int number_ = 0;
};

TEST_F(RoadTest, AFileInTheBucketBecomesRowsInTheTable) {
  make_road();
  put("in/a.json");
  EXPECT_EQ(rows(), "1");
  put("out/b.json");
  EXPECT_EQ(rows(), "1");
  put("in/deep/c%20d.json");
  EXPECT_EQ(rows(), "2");
  const auto listed = sns({{"Action", "ListSubscriptionsByTopic"}, {"TopicArn", events_topic}});
  EXPECT_TRUE(listed.contains("<Endpoint>" +
                              must("SHOW PIPES IN DATABASE D").cell(0, "notification_channel")))
      << listed;
}

TEST_F(RoadTest, WithoutATopicTheBucketTellsTheQueue) {
  make_snowflake();
  make_aws();
  must("CREATE PIPE D.S.P AUTO_INGEST = TRUE AS COPY INTO D.S.T FROM @D.S.ST");
  const auto channel = must("SHOW PIPES IN DATABASE D").cell(0, "notification_channel");
  EXPECT_OK(aws->s3("PUT", "lake", "/?notification",
                    fmt::format("<NotificationConfiguration><QueueConfiguration><Id>in</Id><Queue>"
                                "{}</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>"
                                "</NotificationConfiguration>",
                                channel)));
  put("in/a.json");
  EXPECT_EQ(rows(), "1");
}

TEST_F(RoadTest, TheTrustMustNameARealUserAndItsExternalId) {
  make_snowflake();
  EXPECT_REFUSED(
      iam({{"Action", "CreateRole"},
           {"RoleName", "Loader"},
           {"AssumeRolePolicyDocument",
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:user/placeholder"},"Action":"sts:AssumeRole"}]})"}}),
      400, "MalformedPolicyDocument", "Invalid principal in policy");
  EXPECT_EQ(sql("LIST @D.S.ST").code, "003167") << "the role is not there";
  make_aws();
  EXPECT_EQ(sql("LIST @D.S.ST").status, 200);

  const auto good = trust();
  must("ALTER STORAGE INTEGRATION LAKE UNSET STORAGE_AWS_EXTERNAL_ID");
  must("ALTER STORAGE INTEGRATION LAKE SET STORAGE_AWS_EXTERNAL_ID = 'another'");
  const auto refused = sql("LIST @D.S.ST");
  EXPECT_EQ(refused.code, "003167");
  EXPECT_NE(refused.message.find("is not authorized to perform: sts:AssumeRole"),
            std::string::npos);
  EXPECT_OK(iam(
      {{"Action", "UpdateAssumeRolePolicy"}, {"RoleName", "Loader"}, {"PolicyDocument", trust()}}));
  EXPECT_EQ(sql("LIST @D.S.ST").code, "003167") << "IAM's change is seen late";
  settle();
  EXPECT_EQ(sql("LIST @D.S.ST").status, 200);
}

TEST_F(RoadTest, TheRoleNeedsListAndReadOfThePrefix) {
  make_snowflake();
  make_aws();
  topic_policy(true, true);
  const auto drop = [&](const std::string& name) {
    EXPECT_OK(iam({{"Action", "DeleteRolePolicy"}, {"RoleName", "Loader"}, {"PolicyName", name}}));
    settle();
  };
  drop("list");
  EXPECT_EQ(make_pipe().code, "091003");
  role_policy("list", "s3:ListBucket", "arn:aws:s3:::lake/*");  // objects are not the bucket
  settle();
  EXPECT_EQ(make_pipe().code, "091003");
  role_policy("list", "s3:ListBucket", "arn:aws:s3:::lake");
  drop("read");
  EXPECT_EQ(make_pipe().code, "091003");
  role_policy("read", "s3:GetObject", "arn:aws:s3:::lake/out/*");
  settle();
  EXPECT_EQ(make_pipe().code, "091003");
  role_policy("read", "s3:GetObject", "arn:aws:s3:::lake/in/*");
  settle();
  EXPECT_EQ(make_pipe().status, 200);
}

TEST_F(RoadTest, TheBucketsPolicyMayForbidWhatTheRoleMay) {
  make_snowflake();
  make_aws();
  EXPECT_OK(aws->s3(
      "PUT", "lake", "/?policy",
      fmt::format(
          R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":{{"AWS":"{}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/in/*"}}]}})",
          role)));
  EXPECT_EQ(sql("LIST @D.S.ST").code, "091003");
}

TEST_F(RoadTest, TheTopicMustLetBothIn) {
  make_snowflake();
  make_aws();
  EXPECT_EQ(make_pipe().code, "003137") << "the default policy knows the owner alone";
  topic_policy(true, false);
  const auto refused = make_pipe();
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.code, "003137");
  EXPECT_EQ(refused.sql_state, "42601");
  EXPECT_NE(refused.message.find("Pipe Notifications bind failure"), std::string::npos);
  EXPECT_NE(refused.message.find("sns:Subscribe"), std::string::npos);
  EXPECT_EQ(must("SHOW PIPES IN DATABASE D").rows(), 0u);
  topic_policy(false, true);
  EXPECT_EQ(make_pipe().status, 200);
  EXPECT_REFUSED(notify(), 400, "InvalidArgument",
                 "Unable to validate the following destination configurations");
  topic_policy(true, true);
  EXPECT_OK(notify());
  EXPECT_EQ(sql("CREATE PIPE D.S.X AUTO_INGEST = TRUE AWS_SNS_TOPIC = "
                "'arn:aws:sns:eu-west-1:123456789012:none' AS COPY INTO D.S.T FROM @D.S.ST")
                .code,
            "003137");
}

TEST_F(RoadTest, ATopicMadeAgainIsDeafFor72Hours) {
  make_road();
  put("in/a.json");
  EXPECT_EQ(rows(), "1");
  advance(std::chrono::hours(24 * 30));
  EXPECT_OK(sns({{"Action", "DeleteTopic"}, {"TopicArn", events_topic}}));
  EXPECT_OK(sns({{"Action", "CreateTopic"}, {"Name", "events"}}));
  topic_policy(true, true);
  EXPECT_EQ(make_pipe("CREATE OR REPLACE PIPE").status, 200);
  put("in/b.json");
  EXPECT_EQ(rows(), "1") << "nobody is subscribed";
  EXPECT_FALSE(sns({{"Action", "ListSubscriptionsByTopic"}, {"TopicArn", events_topic}})
                   .contains("<member>"));
  advance(std::chrono::hours(72));
  EXPECT_EQ(make_pipe("CREATE OR REPLACE PIPE").status, 200);
  put("in/c.json");
  EXPECT_EQ(rows(), "2");
}

TEST_F(RoadTest, ASubscriptionTakenAwayIsLostToo) {
  make_road();
  const auto listed = sns({{"Action", "ListSubscriptionsByTopic"}, {"TopicArn", events_topic}});
  const auto arn = listed.xml("SubscriptionArn");
  EXPECT_OK(sns({{"Action", "Unsubscribe"}, {"SubscriptionArn", arn}}));
  EXPECT_EQ(make_pipe("CREATE OR REPLACE PIPE").status, 200);
  put("in/a.json");
  EXPECT_EQ(rows(), "0");
  advance(std::chrono::hours(72));
  EXPECT_EQ(make_pipe("CREATE OR REPLACE PIPE").status, 200);
  put("in/b.json");
  EXPECT_EQ(rows(), "1");
}

TEST_F(RoadTest, ARoleMadeAgainMustBeTrustedAgain) {
  make_road();
  for (const char* name : {"read", "list"}) {
    EXPECT_OK(iam({{"Action", "DeleteRolePolicy"}, {"RoleName", "Loader"}, {"PolicyName", name}}));
  }
  EXPECT_OK(iam({{"Action", "DeleteRole"}, {"RoleName", "Loader"}}));
  settle();
  put("in/a.json");
  EXPECT_EQ(rows(), "0");
  const auto status = parse_json(must("SELECT SYSTEM$PIPE_STATUS('D.S.P') AS R").cell(0, "R"));
  EXPECT_EQ(status.value_or(Value()).string_or("executionState", ""),
            "STALLED_STAGE_PERMISSION_ERROR");
  EXPECT_OK(iam(
      {{"Action", "CreateRole"}, {"RoleName", "Loader"}, {"AssumeRolePolicyDocument", trust()}}));
  role_policy("read", "s3:GetObject*", "arn:aws:s3:::lake/in/*");
  role_policy("list", "s3:ListBucket", "arn:aws:s3:::lake");
  settle();
  must("SELECT SYSTEM$PIPE_STATUS('D.S.P')");
  EXPECT_EQ(rows(), "1") << "the file that waited";
}

TEST_F(RoadTest, OneLogHoldsBothClouds) {
  make_snowflake();
  EXPECT_OK(create_bucket("lake"));
  (void)sql("DROP TABLE D.S.NONE");
  const auto log = sandbox->log();
  std::vector<std::string> lines;
  for (const auto& entry : log) {
    lines.push_back(fmt::format("{} {} {} {} {}", entry.cloud, entry.operation, entry.target,
                                entry.status, entry.error));
  }
  const std::vector<std::string> wanted = {
      "snowflake CREATE DATABASE D 200 ",        "snowflake CREATE SCHEMA D.S 200 ",
      "snowflake CREATE TABLE D.S.T 200 ",       "snowflake CREATE INTEGRATION LAKE 200 ",
      "snowflake CREATE STAGE D.S.ST 200 ",      "aws CreateBucket lake 200 ",
      "snowflake DROP TABLE D.S.NONE 422 002003"};
  EXPECT_EQ(lines, wanted);
}

TEST_F(RoadTest, AKeyOfKmsStopsARoleThatMayNotDecrypt) {
  make_snowflake();
  make_aws();
  topic_policy(true, true);
  const std::string key =
      aws->json("kms", "CreateKey", Map{}).json().at("KeyMetadata").string_or("Arn", "");
  EXPECT_OK(aws->s3(
      "PUT", "lake", "/?encryption",
      fmt::format(
          "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
          "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID>"
          "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
          key)));
  const Answer refused = make_pipe();
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.code, "091003") << refused.message;
  role_policy("decrypt", "kms:Decrypt", key);
  settle();
  EXPECT_EQ(make_pipe().status, 200);
  EXPECT_OK(notify());
  put("in/a.json");
  EXPECT_EQ(rows(), "1");
  // Without the right, files wait; with it, they come in.
  EXPECT_OK(
      iam({{"Action", "DeleteRolePolicy"}, {"RoleName", "Loader"}, {"PolicyName", "decrypt"}}));
  settle();
  put("in/b.json");
  EXPECT_EQ(rows(), "1");
  role_policy("decrypt", "kms:Decrypt", key);
  settle();
  put("in/c.json");
  EXPECT_EQ(rows(), "3");
}

}  // namespace
}  // namespace firn::sandbox
