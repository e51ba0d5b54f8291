// Pipes: what Snowflake tries when one is made, the topic it subscribes to, and the states it is
// in.
#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

std::string pipe(const std::string& name = "P", const std::string& options = "AUTO_INGEST = TRUE",
                 const std::string& verb = "CREATE PIPE") {
  return verb + " D.S." + name + " " + options +
         " AS COPY INTO D.S.T (V) FROM (SELECT $1 FROM @D.S.ST)";
}

std::string on_topic() {
  return std::string("AUTO_INGEST = TRUE AWS_SNS_TOPIC = '") + topic_arn + "'";
}

Value status(Harness& h, const std::string& name = "D.S.P") {
  const auto answer = h.must("SELECT SYSTEM$PIPE_STATUS('" + name + "') AS R");
  return parse_json(answer.cell(0, "R")).value_or(Value());
}

std::string state(Harness& h) {
  return status(h).string_or("executionState", "");
}

std::string rows(Harness& h) {
  return h.must("SELECT COUNT(*) AS N FROM D.S.T").cell(0, "N");
}

TEST(Pipes, HaveAChannelWhenTheyIngestByThemselves) {
  Harness h;
  h.make_road();
  h.must(pipe());
  h.must(pipe("P2"));
  h.must(pipe("BYHAND", ""));
  const auto shown = h.must("SHOW PIPES IN DATABASE D");
  const auto channel = shown.look_up("name", "P", "notification_channel");
  EXPECT_TRUE(channel.starts_with("arn:aws:sqs:eu-west-1:")) << channel;
  EXPECT_NE(channel.find(":sf-snowpipe-"), std::string::npos);
  EXPECT_EQ(shown.look_up("name", "P2", "notification_channel"), channel);
  EXPECT_EQ(shown.look_up("name", "BYHAND", "notification_channel"), "<null>");
  EXPECT_TRUE(h.cloud->queue_exists(channel));
  EXPECT_FALSE(h.cloud->queue_exists(channel + "x"));
}

TEST(Pipes, AnAutomaticOneTriesTheStageAtOnce) {
  Harness h;
  h.make_road();
  h.aws.role_is_assumable = false;
  h.expect_refused({{"no trust", pipe(), "003167", "42601", "Error assuming AWS_ROLE"}});
  h.must(pipe("BYHAND", ""));
  h.aws.role_is_assumable = true;
  h.aws.denied_actions = {"s3:ListBucket"};
  h.expect_refused({{"no list", pipe(), "091003", "22000", "Access Denied"}});
  h.aws.denied_actions.clear();
  h.must(pipe());
}

TEST(Pipes, TheTopicMustLetSnowflakeSubscribe) {
  Harness h;
  h.make_road();
  h.aws.topic_lets_subscribe = false;
  h.expect_refused({
      {"its policy does not", pipe("P", on_topic()), "003137", "42601",
       "Pipe Notifications bind failure"},
      {"in AWS's words", pipe("P", on_topic()), "003137", "42601",
       "the topic's policy does not allow sns:Subscribe"},
  });
  EXPECT_TRUE(h.aws.subscriptions.empty());
  h.aws.topic_lets_subscribe = true;
  h.must(pipe("P", on_topic()));
  EXPECT_EQ(h.aws.subscriptions.size(), 1u);
  EXPECT_EQ(h.aws.subscriptions.begin()->second, h.channel());
}

TEST(Pipes, SnowflakeSubscribesOncePerTopic) {
  Harness h;
  h.make_road();
  h.must(pipe("P", on_topic()));
  const auto calls = h.aws.subscribe_calls;
  h.must(pipe("P2", on_topic()));
  h.must(pipe("P", on_topic(), "CREATE OR REPLACE PIPE"));
  h.must("DROP PIPE D.S.P");
  h.must("DROP PIPE D.S.P2");
  EXPECT_EQ(h.aws.subscriptions.size(), 1u) << "it stays when the pipes go";
  h.must(pipe("P", on_topic()));
  EXPECT_EQ(h.aws.subscribe_calls, calls);
}

TEST(Pipes, ALostSubscriptionIsMadeAgainAfter72Hours) {
  Harness h;
  h.make_road();
  h.must(pipe("P", on_topic()));
  h.advance(std::chrono::hours(1000));  // how old it is does not matter
  h.aws.subscriptions.clear();
  h.cloud->subscription_deleted(topic_arn, h.channel());
  EXPECT_EQ(state(h), "RUNNING");
  EXPECT_NE(status(h).string_or("channelErrorMessage", "").find("72 hours"), std::string::npos);

  h.advance(std::chrono::hours(71));
  h.must(pipe("P", on_topic(), "CREATE OR REPLACE PIPE"));  // nobody says that it is deaf
  EXPECT_TRUE(h.aws.subscriptions.empty());
  h.advance(std::chrono::hours(1));
  EXPECT_TRUE(h.aws.subscriptions.empty()) << "time alone mends nothing";
  h.must(pipe("P", on_topic(), "CREATE OR REPLACE PIPE"));
  EXPECT_EQ(h.aws.subscriptions.size(), 1u);
  EXPECT_EQ(status(h).find("channelErrorMessage"), nullptr);
}

TEST(Pipes, AnotherTopicIsNotHeldBack) {
  Harness h;
  h.make_road();
  h.must(pipe("P", on_topic()));
  h.cloud->subscription_deleted(topic_arn, h.channel());
  h.must(pipe("P2", std::string("AUTO_INGEST = TRUE AWS_SNS_TOPIC = '") + topic_arn + "-g2'"));
  EXPECT_TRUE(h.aws.subscriptions.contains({std::string(topic_arn) + "-g2", h.channel()}));
}

TEST(Pipes, BadOnesAreRefused) {
  Harness h;
  h.make_road();
  h.must("CREATE FILE FORMAT D.S.C TYPE = CSV");
  const auto copy = [](const std::string& text) {
    return "CREATE PIPE D.S.P AS COPY INTO " + text;
  };
  h.expect_refused({
      {"no table", copy("D.S.NONE FROM @D.S.ST"), "002003", "42S02", "Object 'D.S.NONE'"},
      {"no stage", copy("D.S.T (V) FROM @D.S.NONE"), "002003", "02000", "Stage 'D.S.NONE'"},
      {"no format", copy("D.S.T (V) FROM @D.S.ST FILE_FORMAT = (FORMAT_NAME = 'D.S.NONE')"),
       "002003", "02000", "File format 'D.S.NONE'"},
      {"no column", copy("D.S.T (Z) FROM @D.S.ST"), "000904", "42000", "invalid identifier 'Z'"},
      {"more values than columns", copy("D.S.T (V) FROM (SELECT $1:a, $1:b FROM @D.S.ST)"),
       "002020", "21S01", "expecting 1 but got 2"},
      {"JSON into many columns", copy("D.S.T FROM @D.S.ST"), "001757", "42601",
       "one and only one column of type variant"},
      {"stop at the first error", copy("D.S.T (V) FROM @D.S.ST ON_ERROR = ABORT_STATEMENT"),
       "000002", "0A000", "ON_ERROR = ABORT_STATEMENT"},
      {"an option for hands", copy("D.S.T (V) FROM @D.S.ST FORCE = TRUE"), "000002", "0A000",
       "FORCE"},
      {"a bad pattern", copy("D.S.T (V) FROM @D.S.ST PATTERN = '['"), "100048", "2201B",
       "Invalid regular expression"},
      {"a topic without ears", pipe("P", std::string("AWS_SNS_TOPIC = '") + topic_arn + "'"),
       "003137", "42601", "without auto_ingest"},
      {"a topic that is none", pipe("P", "AUTO_INGEST = TRUE AWS_SNS_TOPIC = 'landing'"), "003137",
       "42601", "Invalid AWS SNS topic"},
      {"not a COPY", "CREATE PIPE D.S.P AS SELECT 1", "001003", "42000", "unexpected 'SELECT'"},
      {"errors to a storage integration", pipe("P", "ERROR_INTEGRATION = I"), "001422", "22023",
       "ERROR_INTEGRATION"},
  });
  h.must(pipe());
  h.expect_refused({
      {"another topic", std::string("ALTER PIPE D.S.P SET AWS_SNS_TOPIC = '") + topic_arn + "'",
       "001420", "22023", "invalid property 'AWS_SNS_TOPIC' for 'PIPE'"},
      {"by hand now", "ALTER PIPE D.S.P SET AUTO_INGEST = FALSE", "001420", "22023",
       "invalid property 'AUTO_INGEST'"},
      {"another name", "ALTER PIPE D.S.P RENAME TO D.S.Q", "000002", "0A000",
       "Unsupported feature"},
      {"status of none", "SELECT SYSTEM$PIPE_STATUS('D.S.NONE')", "002003", "02000",
       "Pipe 'D.S.NONE'"},
  });
}

struct Stop {
  const char* what;
  std::string change;
  const char* state;
  std::string mend;  // empty: the pipe must be made anew
};

TEST(Pipes, StopWhenSomethingTheyNeedGoes) {
  const std::string format = "CREATE FILE FORMAT D.S.J TYPE = JSON STRIP_OUTER_ARRAY = TRUE";
  const std::string table = "CREATE TABLE D.S.T (A VARCHAR, N NUMBER(10,2), V VARIANT)";
  const std::string new_stage =
      "CREATE OR REPLACE STAGE D.S.ST URL = 's3://lake/in/' STORAGE_INTEGRATION = I FILE_FORMAT = "
      "(FORMAT_NAME = 'D.S.J')";
  const Stop rows[] = {
      {"paused", "ALTER PIPE D.S.P SET PIPE_EXECUTION_PAUSED = TRUE", "PAUSED",
       "ALTER PIPE D.S.P SET PIPE_EXECUTION_PAUSED = FALSE"},
      {"its schema paused", "ALTER SCHEMA D.S SET PIPE_EXECUTION_PAUSED = TRUE", "PAUSED",
       "ALTER SCHEMA D.S UNSET PIPE_EXECUTION_PAUSED"},
      {"the table dropped", "DROP TABLE D.S.T", "STOPPED_MISSING_TABLE", table},
      {"the format dropped", "DROP FILE FORMAT D.S.J", "STOPPED_FILE_FORMAT_DROPPED", format},
      {"the stage dropped", "DROP STAGE D.S.ST", "STOPPED_STAGE_DROPPED", ""},
      {"the stage replaced", new_stage, "STOPPED_STAGE_DROPPED", ""},
      {"the stage renamed", "ALTER STAGE D.S.ST RENAME TO D.S.ST2", "STOPPED_STAGE_DROPPED", ""},
      {"the stage moved", "ALTER STAGE D.S.ST SET URL = 's3://lake/in/new/'",
       "STOPPED_STAGE_ALTERED", ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    Harness h;
    h.make_road();
    h.must(pipe());
    EXPECT_EQ(state(h), "RUNNING");
    h.must(row.change);
    EXPECT_EQ(state(h), row.state);
    const auto reason = h.must("SHOW PIPES IN SCHEMA D.S").cell(0, "invalid_reason");
    EXPECT_EQ(reason == "<null>", std::string(row.state) == "PAUSED") << reason;
    if (!row.mend.empty()) {
      h.must(row.mend);
    } else {
      h.must(new_stage);
      EXPECT_EQ(state(h), "STOPPED_STAGE_DROPPED") << "another stage of that name mends nothing";
      h.must(pipe("P", "AUTO_INGEST = TRUE", "CREATE OR REPLACE PIPE"));
    }
    EXPECT_EQ(state(h), "RUNNING");
  }
}

TEST(Pipes, StallWhileTheRoleMayNotReadAndGoOnWhenItMay) {
  Harness h;
  h.make_road();
  h.must(pipe());
  h.aws.denied_actions = {"s3:GetObject"};
  h.arrive("in/a.json", R"([{"a": 1}])");
  EXPECT_EQ(state(h), "STALLED_STAGE_PERMISSION_ERROR");
  EXPECT_EQ(status(h).int_or("pendingFileCount", -1), 1);
  EXPECT_EQ(status(h).string_or("oldestPendingFilePath", ""), "in/a.json");
  EXPECT_EQ(rows(h), "0");
  h.aws.denied_actions.clear();
  EXPECT_EQ(state(h), "RUNNING");
  EXPECT_EQ(status(h).int_or("pendingFileCount", -1), 0);
  EXPECT_EQ(rows(h), "1");
}

TEST(Pipes, APausedOneKeepsWhatIsToldToIt) {
  Harness h;
  h.make_road();
  h.must(pipe());
  h.must("ALTER PIPE D.S.P SET PIPE_EXECUTION_PAUSED = TRUE");
  h.arrive("in/a.json", "{}");
  EXPECT_EQ(rows(h), "0");
  EXPECT_EQ(status(h).int_or("pendingFileCount", -1), 1);
  h.must("ALTER PIPE D.S.P UNSET PIPE_EXECUTION_PAUSED");
  EXPECT_EQ(rows(h), "1");
}

TEST(Pipes, AMissingTableForgetsWhatWasToldMeanwhile) {
  Harness h;
  h.make_road();
  h.must(pipe());
  h.must("DROP TABLE D.S.T");
  h.arrive("in/a.json", "{}");
  h.must("CREATE TABLE D.S.T (V VARIANT)");
  h.arrive("in/b.json", "{}");
  EXPECT_EQ(rows(h), "1");
  EXPECT_EQ(h.must("ALTER PIPE D.S.P REFRESH").rows(), 1u);
  EXPECT_EQ(rows(h), "2");
}

TEST(Pipes, AnswerWithTheirDdl) {
  Harness h;
  h.make_road();
  h.must(pipe("P", on_topic()));
  const auto ddl = h.must("SELECT GET_DDL('PIPE', 'D.S.P') AS R").cell(0, "R");
  EXPECT_NE(ddl.find("create or replace pipe P auto_ingest=true"), std::string::npos) << ddl;
  EXPECT_NE(ddl.find(topic_arn), std::string::npos);
  EXPECT_NE(ddl.find("COPY INTO D.S.T (V) FROM (SELECT $1 FROM @D.S.ST);"), std::string::npos);
}

TEST(Pipes, TheTopicsPolicyComesFromSnowflake) {
  Harness h;
  const auto answer =
      h.must(std::string("SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('") + topic_arn + "')");
  // The column is named by the whole call, so it is read by its place.
  const auto policy =
      parse_json(answer.body.at("data").as_list().at(0).as_list().at(0).as_string());
  ASSERT_TRUE(policy.has_value());
  const Value statement = policy->at("Statement").as_list().at(0);
  EXPECT_EQ(statement.string_or("Sid", ""), "1");
  EXPECT_EQ(to_json(statement.at("Action")), R"(["sns:Subscribe"])");
  EXPECT_EQ(to_json(statement.at("Resource")), std::string("[\"") + topic_arn + "\"]");
  EXPECT_TRUE(h.cloud->iam_user_exists(statement.at_path("Principal.AWS").as_string()));
  h.expect_refused({{"not a topic", "SELECT SYSTEM$GET_AWS_SNS_IAM_POLICY('landing')", "001422",
                     "22023", "Invalid SNS topic ARN"}});
}

}  // namespace
}  // namespace firn::sandbox
