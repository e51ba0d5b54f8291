// Streams, external tables, procedures, notification integrations.
#include <gtest/gtest.h>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

struct World : Harness {
  World() { make_road(); }
  std::string stream(const std::string& name, const std::string& column) {
    return must("SHOW STREAMS IN DATABASE D").look_up("name", name, column);
  }
  std::vector<std::string> files(const std::string& table = "D.S.E") {
    return must(
               "SELECT FILE_NAME FROM TABLE(INFORMATION_SCHEMA.EXTERNAL_TABLE_FILES(TABLE_NAME => "
               "'" +
               table + "'))")
        .column("FILE_NAME");
  }
  std::string external(const std::string& column) {
    return must("SHOW EXTERNAL TABLES IN DATABASE D").cell(0, column);
  }
};

constexpr const char* external_table =
    "CREATE EXTERNAL TABLE D.S.E (DAY DATE AS (TO_DATE(SPLIT_PART(METADATA$FILENAME, '/', 2))), "
    "EVENT VARCHAR AS (VALUE:event::VARCHAR)) PARTITION BY (DAY) LOCATION = @D.S.ST/daily/ "
    "FILE_FORMAT = (FORMAT_NAME = 'D.S.J') COMMENT = 'c'";

using Names = std::vector<std::string>;

TEST(Streams, TellWhatTheyAreOn) {
  World w;
  w.must("CREATE VIEW D.S.V AS SELECT A FROM D.S.T");
  w.must(
      "CREATE STAGE D.S.DIR URL = 's3://lake/in/' STORAGE_INTEGRATION = I DIRECTORY = (ENABLE = "
      "TRUE)");
  w.must(external_table);
  w.must("CREATE STREAM D.S.ST1 ON TABLE D.S.T APPEND_ONLY = TRUE COMMENT = 'c'");
  w.must("CREATE STREAM D.S.ST2 ON VIEW D.S.V");
  w.must("CREATE STREAM D.S.ST3 ON EXTERNAL TABLE D.S.E INSERT_ONLY = TRUE");
  w.must("CREATE STREAM D.S.ST4 ON STAGE D.S.DIR");
  const auto all = w.must("SHOW STREAMS IN SCHEMA D.S");
  EXPECT_EQ(all.column("table_name"), (Names{"D.S.T", "D.S.V", "D.S.E", "D.S.DIR"}));
  EXPECT_EQ(all.column("source_type"), (Names{"Table", "View", "External Table", "Stage"}));
  EXPECT_EQ(all.column("mode"), (Names{"APPEND_ONLY", "DEFAULT", "INSERT_ONLY", "DEFAULT"}));
  EXPECT_EQ(all.column("stale"), Names(4, "false"));
  EXPECT_EQ(w.must("SHOW TABLES IN SCHEMA D.S").cell(0, "change_tracking"), "ON");
  w.must("ALTER STREAM D.S.ST1 SET COMMENT = 'd'");
  EXPECT_EQ(w.must("DESC STREAM D.S.ST1").cell(0, "comment"), "d");
  w.must("CREATE VIEW D.S.OVER AS SELECT A, METADATA$ACTION FROM D.S.ST1");
  w.must("DROP STREAM D.S.ST1");
}

TEST(Streams, ShowTheColumnsThatTheirTableHasNow) {
  World w;
  w.must("CREATE STREAM D.S.X ON TABLE D.S.T");
  w.must("ALTER TABLE D.S.T ADD COLUMN LATER NUMBER");
  w.must("CREATE VIEW D.S.BEFORE AS SELECT * FROM D.S.X");
  w.must("ALTER TABLE D.S.T DROP COLUMN LATER");
  w.must("CREATE VIEW D.S.AFTER AS SELECT * FROM D.S.X");
  Names columns = w.must("DESC VIEW D.S.BEFORE").column("name");
  EXPECT_EQ(std::erase(columns, "LATER"), 1U);
  EXPECT_EQ(w.must("DESC VIEW D.S.AFTER").column("name"), columns);
}

TEST(Streams, AreStaleWhenTheSourceIsMadeAnewOrTimeHasGone) {
  World w;
  w.must("CREATE STREAM D.S.X ON TABLE D.S.T");
  w.advance(std::chrono::hours(24 * 14));
  EXPECT_EQ(w.stream("X", "stale"), "false");
  w.advance(std::chrono::hours(1));
  EXPECT_EQ(w.stream("X", "stale"), "true");
  EXPECT_EQ(w.stream("X", "table_name"), "D.S.T");
  w.must("CREATE OR REPLACE STREAM D.S.X ON TABLE D.S.T");
  EXPECT_EQ(w.stream("X", "stale"), "false");
  w.must("CREATE OR REPLACE TABLE D.S.T (A VARCHAR)");
  EXPECT_EQ(w.stream("X", "table_name"), "No privilege or table dropped");
  EXPECT_EQ(w.stream("X", "stale"), "true");
}

TEST(Streams, BadOnesAreRefused) {
  World w;
  w.must(external_table);
  w.must("CREATE STREAM D.S.X ON TABLE D.S.T");
  w.expect_refused({
      {"no table", "CREATE STREAM D.S.Y ON TABLE D.S.NONE", "002003", "42S02", "D.S.NONE"},
      {"external, not insert-only", "CREATE STREAM D.S.Y ON EXTERNAL TABLE D.S.E", "001420",
       "22023", "INSERT_ONLY = TRUE"},
      {"insert-only on a table", "CREATE STREAM D.S.Y ON TABLE D.S.T INSERT_ONLY = TRUE", "001420",
       "22023", "INSERT_ONLY"},
      {"no directory", "CREATE STREAM D.S.Y ON STAGE D.S.ST", "001422", "22023",
       "does not have a directory table"},
      {"taken by a table", "CREATE STREAM D.S.T ON TABLE D.S.T", "001998", "42710", "as TABLE"},
      {"taken", "CREATE STREAM D.S.X ON TABLE D.S.T", "002002", "42710", "already exists"},
      {"its mode", "ALTER STREAM D.S.X SET APPEND_ONLY = TRUE", "001420", "22023", "APPEND_ONLY"},
      {"rename", "ALTER STREAM D.S.X RENAME TO D.S.Y", "000002", "0A000", "RENAME STREAM"},
      {"a table of its name", "CREATE TABLE D.S.X (A INT)", "001998", "42710", "as STREAM"},
  });
}

TEST(ExternalTables, RegisterFilesWhenMadeAndAsEventsCome) {
  World w;
  w.aws.files["in/daily/2026-01-01/a.json"] = "{}";
  w.aws.files["in/hourly/b.json"] = "{}";
  w.must(external_table);
  EXPECT_EQ(w.files(), Names{"in/daily/2026-01-01/a.json"});
  EXPECT_EQ(w.external("stage"), "D.S.ST");
  EXPECT_EQ(w.external("location"), "@D.S.ST/daily/");
  EXPECT_EQ(w.external("file_format_name"), "D.S.J");
  EXPECT_EQ(w.external("file_format_type"), "JSON");
  EXPECT_EQ(w.external("invalid"), "false");
  const auto channel = w.external("notification_channel");
  EXPECT_TRUE(w.cloud->queue_exists(channel)) << channel;

  w.aws.files["in/daily/2026-01-02/c.json"] = "{}";
  w.cloud->deliver(channel, Harness::event("in/daily/2026-01-02/c.json"));
  EXPECT_EQ(w.files().size(), 2U);
  auto gone = Harness::event("in/daily/2026-01-01/a.json");
  gone.replace(gone.find("ObjectCreated:Put"), 17, "ObjectRemoved:Delete");
  w.cloud->deliver(channel, gone);
  EXPECT_EQ(w.files(), Names{"in/daily/2026-01-02/c.json"});

  w.must("ALTER EXTERNAL TABLE D.S.E SET AUTO_REFRESH = FALSE");
  EXPECT_EQ(w.external("notification_channel"), "<null>");
  w.aws.files["in/daily/2026-01-03/d.json"] = "{}";
  w.cloud->deliver(channel, Harness::event("in/daily/2026-01-03/d.json"));
  EXPECT_EQ(w.files().size(), 1U);
  w.must("ALTER EXTERNAL TABLE D.S.E REFRESH");
  EXPECT_EQ(w.files().size(), 3U);
}

TEST(ExternalTables, HaveVirtualColumns) {
  World w;
  w.must(external_table);
  const auto columns = w.must("SHOW COLUMNS IN TABLE D.S.E");
  EXPECT_EQ(columns.column("column_name"), (Names{"VALUE", "DAY", "EVENT"}));
  EXPECT_EQ(columns.column("kind"), (Names{"COLUMN", "VIRTUAL_COLUMN", "VIRTUAL_COLUMN"}));
  EXPECT_EQ(columns.cell(2, "expression"), "VALUE:event::VARCHAR");
  w.must("ALTER TABLE D.S.E ADD COLUMN N NUMBER(38,0) AS (VALUE:n::NUMBER)");
  w.must("ALTER TABLE D.S.E DROP COLUMN EVENT");
  EXPECT_EQ(w.must("DESC EXTERNAL TABLE D.S.E").column("name"), (Names{"VALUE", "DAY", "N"}));
  w.must("COMMENT ON TABLE D.S.E IS 'd'");
  EXPECT_EQ(w.external("comment"), "d");
  w.expect_refused({
      {"a partition", "ALTER TABLE D.S.E DROP COLUMN DAY", "001425", "22000", "DAY"},
      {"VALUE", "ALTER TABLE D.S.E DROP COLUMN VALUE", "001425", "22000", "VALUE"},
      {"no expression", "ALTER TABLE D.S.E ADD COLUMN X INT", "001003", "42000",
       "needs an expression"},
  });
}

TEST(ExternalTables, MustBeReadable) {
  World w;
  w.aws.role_is_assumable = false;
  w.expect_refused({{"no trust", external_table, "003167", "42601", "Error assuming AWS_ROLE"}});
  w.aws.role_is_assumable = true;
  w.aws.denied_actions = {"s3:ListBucket"};
  w.expect_refused({{"no list", external_table, "091003", "22000", "Access Denied"}});
  w.aws.denied_actions.clear();
  w.expect_refused({
      {"no stage", "CREATE EXTERNAL TABLE D.S.E LOCATION = @D.S.NONE FILE_FORMAT = (TYPE = JSON)",
       "002003", "02000", "Stage 'D.S.NONE'"},
      {"no location", "CREATE EXTERNAL TABLE D.S.E FILE_FORMAT = (TYPE = JSON)", "002029", "42601",
       "LOCATION"},
      {"a partition that is no column",
       "CREATE EXTERNAL TABLE D.S.E PARTITION BY (DAY) LOCATION = @D.S.ST FILE_FORMAT = (TYPE = "
       "JSON)",
       "000904", "42000", "DAY"},
      {"a partition of the rows",
       "CREATE EXTERNAL TABLE D.S.E (N INT AS (VALUE:n::INT)) PARTITION BY (N) LOCATION = @D.S.ST "
       "FILE_FORMAT = (TYPE = JSON)",
       "001422", "22023", "METADATA$FILENAME"},
      {"a topic without ears",
       std::string("CREATE EXTERNAL TABLE D.S.E LOCATION = @D.S.ST AUTO_REFRESH = FALSE "
                   "FILE_FORMAT = (TYPE = JSON) AWS_SNS_TOPIC = '") +
           topic_arn + "'",
       "003137", "42601", "without auto_refresh"},
  });
  w.must(external_table);
  w.must("DROP STAGE D.S.ST");
  EXPECT_EQ(w.external("invalid"), "true");
  EXPECT_NE(w.external("invalid_reason").find("Missing stage"), std::string::npos);
  w.must("DROP EXTERNAL TABLE D.S.E");
}

TEST(ExternalTables, ListenToATopic) {
  World w;
  w.must(std::string("CREATE EXTERNAL TABLE D.S.E LOCATION = @D.S.ST FILE_FORMAT = (TYPE = JSON) "
                     "AWS_SNS_TOPIC = '") +
         topic_arn + "'");
  const auto channel = w.external("notification_channel");
  EXPECT_EQ(w.aws.subscriptions.size(), 1U);
  w.aws.files["in/a.json"] = "{}";
  w.cloud->deliver(channel, Harness::event("in/a.json"));
  EXPECT_TRUE(w.files().empty()) << "it listens to the topic only";
  w.cloud->deliver(channel, Harness::through_topic(topic_arn, Harness::event("in/a.json")));
  EXPECT_EQ(w.files().size(), 1U);
}

TEST(Procedures, KeepTheirBodies) {
  World w;
  const std::string body = "\n  BEGIN\n    LET x := 'it''s $1';\n    RETURN x;\n  END\n";
  w.must(
      "CREATE PROCEDURE D.S.P (SINCE DATE, \"n\" INT DEFAULT 3) RETURNS STRING NOT NULL LANGUAGE "
      "SQL COMMENT = 'c' EXECUTE AS CALLER AS $$" +
      body + "$$");
  const auto described = w.must("DESC PROCEDURE D.S.P(DATE, NUMBER)");
  EXPECT_EQ(described.look_up("property", "body", "value"), body);
  EXPECT_EQ(described.look_up("property", "signature", "value"), "(SINCE DATE, \"n\" NUMBER)");
  EXPECT_EQ(described.look_up("property", "returns", "value"), "VARCHAR(16777216) NOT NULL");
  EXPECT_EQ(described.look_up("property", "execute as", "value"), "CALLER");
  const auto shown = w.must("SHOW PROCEDURES IN DATABASE D");
  EXPECT_EQ(shown.cell(0, "name"), "P");
  EXPECT_EQ(shown.cell(0, "arguments"), "P(DATE, DEFAULT NUMBER) RETURN VARCHAR");
  EXPECT_EQ(shown.cell(0, "description"), "c");
  EXPECT_EQ(shown.cell(0, "min_num_arguments"), "1");

  w.must(
      "CREATE PROCEDURE D.S.P () RETURNS TABLE (A INT) LANGUAGE JAVASCRIPT AS 'return ''\\\\n'';'");
  EXPECT_EQ(w.must("DESC PROCEDURE D.S.P()").look_up("property", "body", "value"), "return '\\n';");
  w.must(
      "CREATE PROCEDURE D.S.PY () RETURNS INT LANGUAGE PYTHON RUNTIME_VERSION = '3.12' PACKAGES = "
      "('snowflake-snowpark-python') HANDLER = 'run' AS 'def run(s):\n  return 1'");
  EXPECT_EQ(w.must("DESC PROCEDURE D.S.PY()").look_up("property", "packages", "value"),
            "['snowflake-snowpark-python']");
  w.must("CREATE PROCEDURE D.S.OPEN () RETURNS INT LANGUAGE SQL AS BEGIN RETURN 1; END;");
  EXPECT_EQ(w.must("DESC PROCEDURE D.S.OPEN()").look_up("property", "body", "value"),
            "BEGIN RETURN 1; END");
}

TEST(Procedures, AreReplacedAndKeepTheirGrants) {
  World w;
  w.must("CREATE ROLE R");
  w.must("CREATE PROCEDURE D.S.P (N INT) RETURNS INT LANGUAGE SQL AS $$BEGIN RETURN 1; END$$");
  w.must("GRANT USAGE ON PROCEDURE D.S.P(INT) TO ROLE R");
  const auto before = w.must("SHOW PROCEDURES IN SCHEMA D.S").cell(0, "created_on");
  w.must("ALTER PROCEDURE D.S.P(NUMBER) SET COMMENT = 'c'");
  w.must("ALTER PROCEDURE D.S.P(NUMBER) EXECUTE AS CALLER");
  EXPECT_EQ(w.must("SHOW PROCEDURES LIKE 'p' IN SCHEMA D.S").cell(0, "created_on"), before);
  w.must(
      "CREATE OR REPLACE PROCEDURE D.S.P (N INT) COPY GRANTS RETURNS INT LANGUAGE SQL AS "
      "$$BEGIN RETURN 2; END$$");
  EXPECT_NE(w.must("SHOW PROCEDURES IN SCHEMA D.S").cell(0, "created_on"), before);
  EXPECT_EQ(w.must("SHOW GRANTS TO ROLE R").column("granted_on"), Names{"PROCEDURE"});
  w.expect_refused({
      {"taken", "CREATE PROCEDURE D.S.P (X INT) RETURNS INT LANGUAGE SQL AS $$BEGIN END$$",
       "002002", "42710", "already exists"},
      {"no block", "CREATE PROCEDURE D.S.Q () RETURNS INT LANGUAGE SQL AS $$SELECT 1$$", "001003",
       "42000", "unexpected 'SELECT'"},
      {"no handler", "CREATE PROCEDURE D.S.Q () RETURNS INT LANGUAGE PYTHON AS 'x'", "002029",
       "42601", "RUNTIME_VERSION"},
      {"no language", "CREATE PROCEDURE D.S.Q () RETURNS INT AS 'x'", "001003", "42000",
       "LANGUAGE is missing"},
      {"other types", "DROP PROCEDURE D.S.P(DATE)", "002003", "02000", "Procedure"},
  });
  w.must("DROP PROCEDURE IF EXISTS D.S.P(DATE)");
  w.must("DROP PROCEDURE D.S.P(INT)");
}

TEST(Notifications, ShakeHandsByThemselves) {
  World w;
  const std::string sns =
      "TYPE = QUEUE DIRECTION = OUTBOUND NOTIFICATION_PROVIDER = AWS_SNS AWS_SNS_TOPIC_ARN = "
      "'arn:aws:sns:eu-west-1:111122223333:alerts' AWS_SNS_ROLE_ARN = "
      "'arn:aws:iam::111122223333:role/Notify'";
  w.must("CREATE NOTIFICATION INTEGRATION N ENABLED = TRUE " + sns + " COMMENT = 'c'");
  const auto property = [&](const std::string& name) {
    return w.must("DESC NOTIFICATION INTEGRATION N").look_up("property", name, "property_value");
  };
  EXPECT_EQ(property("AWS_SNS_TOPIC_ARN"), "arn:aws:sns:eu-west-1:111122223333:alerts");
  const auto user = property("SF_AWS_IAM_USER_ARN");
  const auto external_id = property("SF_AWS_EXTERNAL_ID");
  EXPECT_TRUE(w.cloud->iam_user_exists(user)) << user;
  EXPECT_NE(user, w.must("DESC INTEGRATION I")
                      .look_up("property", "STORAGE_AWS_IAM_USER_ARN", "property_value"));
  w.must(
      "ALTER NOTIFICATION INTEGRATION N SET AWS_SNS_TOPIC_ARN = "
      "'arn:aws:sns:eu-west-1:111122223333:other' AWS_SNS_ROLE_ARN = "
      "'arn:aws:iam::111122223333:role/Notify'");
  EXPECT_EQ(property("SF_AWS_EXTERNAL_ID"), external_id) << "ALTER keeps it";
  EXPECT_EQ(w.must("SHOW INTEGRATIONS").column("category"), (Names{"STORAGE", "NOTIFICATION"}));
  EXPECT_EQ(w.must("SHOW NOTIFICATION INTEGRATIONS").column("type"), Names{"QUEUE - AWS_SNS"});
  EXPECT_EQ(w.must("SHOW STORAGE INTEGRATIONS").column("name"), Names{"I"});
  w.must(
      "CREATE PIPE D.S.P ERROR_INTEGRATION = N AS COPY INTO D.S.T (V) FROM (SELECT $1 FROM "
      "@D.S.ST)");
  EXPECT_EQ(w.must("SHOW PIPES IN SCHEMA D.S").cell(0, "error_integration"), "N");
  w.must("CREATE TASK D.S.K ERROR_INTEGRATION = N AS SELECT 1");
  w.expect_refused({
      {"unset", "ALTER NOTIFICATION INTEGRATION N UNSET COMMENT", "000002", "0A000", "UNSET"},
      {"half of it", "ALTER NOTIFICATION INTEGRATION N SET AWS_SNS_TOPIC_ARN = 'x'", "002029",
       "42601", "AWS_SNS_ROLE_ARN"},
      {"nothing said", "CREATE NOTIFICATION INTEGRATION M ENABLED = TRUE TYPE = QUEUE", "002029",
       "42601", "AWS_SNS_TOPIC_ARN"},
      {"its type", "ALTER NOTIFICATION INTEGRATION N SET TYPE = EMAIL", "001420", "22023", "TYPE"},
      {"taken", "CREATE NOTIFICATION INTEGRATION I ENABLED = TRUE " + sns, "002002", "42710",
       "already exists"},
      {"as storage", "CREATE STAGE D.S.X URL = 's3://lake/in/' STORAGE_INTEGRATION = N", "001422",
       "22023", "STORAGE_INTEGRATION"},
      {"storage as errors", "ALTER PIPE D.S.P SET ERROR_INTEGRATION = I", "001422", "22023",
       "no outbound notification integration"},
  });
  w.must("CREATE OR REPLACE NOTIFICATION INTEGRATION N ENABLED = TRUE " + sns);
  EXPECT_NE(property("SF_AWS_EXTERNAL_ID"), external_id) << "a new one has another";
}

TEST(Notifications, GoByEmail) {
  World w;
  w.must(
      "CREATE NOTIFICATION INTEGRATION N TYPE = EMAIL ENABLED = TRUE ALLOWED_RECIPIENTS = "
      "('a@example.com', 'b@example.com') DEFAULT_SUBJECT = 's'");
  const auto property = [&](const std::string& name) {
    return w.must("DESC INTEGRATION N").look_up("property", name, "property_value");
  };
  EXPECT_EQ(property("ALLOWED_RECIPIENTS"), "a@example.com,b@example.com");
  w.must("ALTER NOTIFICATION INTEGRATION N UNSET DEFAULT_SUBJECT");
  EXPECT_EQ(property("DEFAULT_SUBJECT"), "");
  EXPECT_EQ(w.must("SHOW NOTIFICATION INTEGRATIONS").column("type"), Names{"EMAIL"});
  w.expect_refused({{"a pipe cannot use it",
                     "CREATE PIPE D.S.P ERROR_INTEGRATION = N AS COPY INTO D.S.T (V) FROM (SELECT "
                     "$1 FROM @D.S.ST)",
                     "001422", "22023", "no outbound notification integration"}});
}

}  // namespace
}  // namespace firn::sandbox
