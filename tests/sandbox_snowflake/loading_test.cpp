// From an event to rows: which pipes take a file, how it is read, and what is remembered of it.
#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

void pipe(Harness& h, const std::string& copy, const std::string& options = "AUTO_INGEST = TRUE",
          const std::string& name = "P") {
  h.must("CREATE OR REPLACE PIPE D.S." + name + " " + options + " AS COPY INTO " + copy);
}

std::string count(Harness& h, const std::string& table = "D.S.T") {
  return h.must("SELECT COUNT(*) AS N FROM " + table).cell(0, "N");
}

Answer history(Harness& h) {
  return h.must(
      "SELECT * FROM TABLE(D.INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'D.S.T', START_TIME => "
      "'2020-01-01'))");
}

TEST(Loading, ATransformationFillsColumns) {
  Harness h;
  h.make_road();
  pipe(h,
       "D.S.T (A, N, V) FROM (SELECT $1:name::VARCHAR, $1:price.amount::NUMBER(10,2), $1 FROM "
       "@D.S.ST)");
  h.arrive("in/a.json",
           R"([{"name": "one", "price": {"amount": 1.5}}, {"name": null, "price": {}}])");
  const auto rows = h.must("SELECT A, N, V FROM D.S.T ORDER BY N");
  EXPECT_EQ(rows.rows(), 2u);
  EXPECT_EQ(rows.look_up("A", "one", "N"), "1.50");
  EXPECT_EQ(parse_json(rows.look_up("A", "one", "V")).value_or(Value()).at_path("price.amount"),
            Value(1.5));
  EXPECT_EQ(rows.look_up("A", "<null>", "N"), "<null>");
}

TEST(Loading, AHashIsMadeOfAField) {
  Harness h;
  h.make_road();
  pipe(h, "D.S.T (A) FROM (SELECT MD5($1:name) FROM @D.S.ST)");
  h.arrive("in/a.json", R"({"name": "C1"})");
  EXPECT_EQ(h.must("SELECT A FROM D.S.T").cell(0, "A"), "1a2ddc2db4693cfd16d534cde5572cc1");
  h.arrive("in/b.json", R"({"name": null})");
  const auto rows = h.must("SELECT A FROM D.S.T");
  EXPECT_EQ(rows.rows(), 2u);
  EXPECT_EQ(rows.look_up("A", "<null>", "A"), "<null>");
}

TEST(Loading, OnlyFilesBelowTheStageAndOfThePatternAreTaken) {
  Harness h;
  h.make_road();
  pipe(h, "D.S.T (V) FROM (SELECT $1 FROM @D.S.ST/daily/) PATTERN = '.*[.]json'");
  h.arrive("in/daily/a.json", "{}");
  h.arrive("in/hourly/a.json", "{}");
  h.arrive("in/daily/a.csv", "{}");
  EXPECT_EQ(count(h), "1");
  h.cloud->deliver(h.channel(), Harness::event("in/daily/b.json", "pond"));
  EXPECT_EQ(count(h), "1") << "another bucket";
}

TEST(Loading, AKeyIsDecoded) {
  Harness h;
  h.make_road();
  pipe(h, "D.S.T (A) FROM (SELECT METADATA$FILENAME FROM @D.S.ST)");
  h.aws.files["in/a b+c/ü.json"] = "{}";
  h.cloud->deliver(h.channel(), Harness::event("in/a+b%2Bc/%C3%BC.json"));
  EXPECT_EQ(h.must("SELECT A FROM D.S.T").cell(0, "A"), "in/a b+c/ü.json");
}

TEST(Loading, APipeHearsItsTopicAloneAndAnotherTheQueue) {
  Harness h;
  h.make_road();
  h.must("CREATE TABLE D.S.T2 (V VARIANT)");
  pipe(h, "D.S.T (V) FROM (SELECT $1 FROM @D.S.ST)",
       std::string("AUTO_INGEST = TRUE AWS_SNS_TOPIC = '") + topic_arn + "'");
  pipe(h, "D.S.T2 FROM (SELECT $1 FROM @D.S.ST)", "AUTO_INGEST = TRUE", "P2");
  h.arrive("in/direct.json", "{}");
  EXPECT_EQ(count(h), "0");
  EXPECT_EQ(count(h, "D.S.T2"), "1");
  h.arrive("in/by-topic.json", "{}", topic_arn);
  EXPECT_EQ(count(h), "1");
  EXPECT_EQ(count(h, "D.S.T2"), "1");
  h.arrive("in/other.json", "{}", std::string(topic_arn) + "-other");
  EXPECT_EQ(count(h), "1");
}

TEST(Loading, AFileIsLoadedOnceInFourteenDays) {
  Harness h;
  h.make_road();
  pipe(h, "D.S.T (V) FROM (SELECT $1 FROM @D.S.ST)");
  h.arrive("in/a.json", "{}");
  h.arrive("in/a.json", R"({"changed": true})");
  EXPECT_EQ(count(h), "1");
  h.advance(std::chrono::hours(24 * 14));
  h.arrive("in/a.json", "{}");
  EXPECT_EQ(count(h), "2");
  // A pipe that is made anew knows nothing of what the old one loaded.
  pipe(h, "D.S.T (V) FROM (SELECT $1 FROM @D.S.ST)");
  h.arrive("in/a.json", "{}");
  EXPECT_EQ(count(h), "3");
}

TEST(Loading, MessagesThatAreNoFilesAreLetGo) {
  Harness h;
  h.make_road();
  pipe(h, "D.S.T (V) FROM (SELECT $1 FROM @D.S.ST)");
  const auto before = h.contents();
  for (
      const char* message :
      {R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"lake"})", "hello", "[]",
       R"({"Records":[]})",
       R"({"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"lake"},"object":{"key":"in/a.json"}}}]})",
       R"({"Type":"Notification","TopicArn":"x","Message":"no JSON"})"}) {
    h.cloud->deliver(h.channel(), message);
  }
  EXPECT_EQ(h.contents(), before);
}

struct ErrorRow {
  const char* mode;
  const char* rows;
  const char* status;
};

TEST(Loading, OnErrorDecidesAboutTheGoodRows) {
  // Four rows, of which two do not fit.
  const ErrorRow table[] = {{"", "0", "Load failed"},
                            {"ON_ERROR = SKIP_FILE", "0", "Load failed"},
                            {"ON_ERROR = CONTINUE", "2", "Partially loaded"},
                            {"ON_ERROR = SKIP_FILE_2", "0", "Load failed"},
                            {"ON_ERROR = SKIP_FILE_3", "2", "Partially loaded"},
                            {"ON_ERROR = 'SKIP_FILE_50%'", "0", "Load failed"},
                            {"ON_ERROR = 'SKIP_FILE_51%'", "2", "Partially loaded"}};
  for (const auto& row : table) {
    SCOPED_TRACE(row.mode);
    Harness h;
    h.make_road();
    pipe(h, std::string("D.S.T (A, N) FROM (SELECT $1, $2 FROM @D.S.ST) FILE_FORMAT = (TYPE = "
                        "CSV) ") +
                row.mode);
    h.arrive("in/a.csv", "a,1\nb,two\nc,3\nd,four\n");
    EXPECT_EQ(count(h), row.rows);
    const auto seen = history(h);
    ASSERT_EQ(seen.rows(), 1u);
    EXPECT_EQ(seen.cell(0, "STATUS"), row.status);
    EXPECT_EQ(seen.cell(0, "ROW_COUNT"), row.rows);
    EXPECT_EQ(seen.cell(0, "ROW_PARSED"), "4");
    EXPECT_EQ(seen.cell(0, "ERROR_COUNT"), "2");
    EXPECT_EQ(seen.cell(0, "FIRST_ERROR_LINE_NUMBER"), "2");
    EXPECT_NE(seen.cell(0, "FIRST_ERROR_MESSAGE").find("two"), std::string::npos);
  }
}

struct FileRow {
  const char* what;
  const char* format;
  const char* body;
  std::vector<std::string> a;  // column A, in order of the file
};

TEST(Loading, FilesAreReadAsTheirFormatSays) {
  const FileRow table[] = {
      {"plain", "TYPE = CSV", "a,1\nb,2\n", {"a", "b"}},
      {"a header", "TYPE = CSV SKIP_HEADER = 1", "A,N\na,1\n", {"a"}},
      {"another delimiter", "TYPE = CSV FIELD_DELIMITER = '|'", "a|1\nb|2", {"a", "b"}},
      {"quotes",
       "TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"'",
       "\"a,b\",1\n\"c\"\"d\",2\n\"two\nlines\",3\n",
       {"a,b", "c\"d", "two\nlines"}},
      {"blanks", "TYPE = CSV TRIM_SPACE = TRUE", " a , 1 \n", {"a"}},
      {"null",
       "TYPE = CSV NULL_IF = ('-', 'NULL')",
       "-,1\nNULL,2\nx,3\n",
       {"<null>", "<null>", "x"}},
      {"empty is null", "TYPE = CSV", ",1\n", {"<null>"}},
      {"carriage returns", "TYPE = CSV", "a,1\r\nb,2\r\n", {"a", "b"}},
      {"a byte order mark",
       "TYPE = CSV",
       "\xEF\xBB\xBF"
       "a,1\n",
       {"a"}},
      {"empty lines", "TYPE = CSV SKIP_BLANK_LINES = TRUE", "a,1\n\nb,2\n", {"a", "b"}},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.what);
    Harness h;
    h.make_road();
    pipe(h, std::string("D.S.T (A, N) FROM @D.S.ST FILE_FORMAT = (") + row.format + ")");
    h.arrive("in/a.csv", row.body);
    EXPECT_EQ(h.must("SELECT A FROM D.S.T").column("A"), row.a)
        << history(h).cell(0, "FIRST_ERROR_MESSAGE");
  }
}

TEST(Loading, JsonComesAsDocumentsLinesOrOneArray) {
  const struct {
    const char* what;
    const char* format;
    const char* body;
    const char* rows;
  } table[] = {{"one document", "TYPE = JSON", R"({"a":1})", "1"},
               {"lines", "TYPE = JSON", "{\"a\":1}\n{\"a\":2}\n", "2"},
               {"an array is one value", "TYPE = JSON", "[1,2,3]", "1"},
               {"unless stripped", "TYPE = JSON STRIP_OUTER_ARRAY = TRUE", "[1,2,3]", "3"},
               {"broken", "TYPE = JSON", "{\"a\":", "0"}};
  for (const auto& row : table) {
    SCOPED_TRACE(row.what);
    Harness h;
    h.make_road();
    pipe(h, std::string("D.S.T (V) FROM @D.S.ST FILE_FORMAT = (") + row.format + ")");
    h.arrive("in/a.json", row.body);
    EXPECT_EQ(count(h), row.rows);
  }
}

TEST(Loading, ThePipeTellsOfTheLastFileHeardAndTheLastLoaded) {
  Harness h;
  h.make_road();
  pipe(h, "D.S.T (V) FROM (SELECT $1 FROM @D.S.ST)");
  h.arrive("in/good.json", "{}");
  h.arrive("in/bad.json", "{");
  h.arrive("elsewhere.json", "{}");
  const auto text = h.must("SELECT SYSTEM$PIPE_STATUS('D.S.P') AS R").cell(0, "R");
  const auto status = parse_json(text).value_or(Value());
  EXPECT_EQ(status.string_or("lastIngestedFilePath", ""), "in/good.json");
  EXPECT_EQ(status.string_or("lastForwardedFilePath", ""), "lake/in/bad.json");
  EXPECT_FALSE(status.string_or("lastReceivedMessageTimestamp", "").empty());
}

TEST(Loading, AFileThatTheSandboxCannotReadFailsWithThatReason) {
  const struct {
    const char* what;
    const char* format;
    std::string body;
    const char* reason;
  } table[] = {
      {"Parquet", "TYPE = PARQUET", "PAR1", "does not read PARQUET content"},
      {"Avro", "TYPE = AVRO", "Obj", "does not read AVRO content"},
      {"said to be compressed otherwise", "TYPE = JSON COMPRESSION = BZ2", "BZh",
       "compressed content"},
      {"said not to be compressed", "TYPE = JSON COMPRESSION = NONE", "\x1f\x8b\x08",
       "compressed content"},
      {"said to be gzip", "TYPE = JSON COMPRESSION = GZIP", "{}", "no gzip file"},
      {"cut off", "TYPE = JSON", "\x1f\x8b\x08", "only a part of one"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.what);
    Harness h;
    h.make_road();
    pipe(h,
         std::string("D.S.T (V) FROM (SELECT $1 FROM @D.S.ST) FILE_FORMAT = (") + row.format + ")");
    h.arrive("in/a", row.body);
    EXPECT_EQ(count(h), "0");
    const auto seen = history(h);
    EXPECT_EQ(seen.cell(0, "STATUS"), "Load failed");
    EXPECT_NE(seen.cell(0, "FIRST_ERROR_MESSAGE").find(row.reason), std::string::npos)
        << seen.cell(0, "FIRST_ERROR_MESSAGE");
  }
}

TEST(Loading, GzipIsUnpacked) {
  // What `printf '[{"a":1},{"a":2}]' | gzip -n` gives.
  static constexpr char bytes[] =
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x8b\xae\x56\x4a\x54\xb2\x32\xac"
      "\xd5\x01\xd3\x46\xb5\xb1\x00\x63\xad\x77\xc7\x11\x00\x00\x00";
  const std::string packed(bytes, sizeof bytes - 1);
  for (const char* format : {"TYPE = JSON", "TYPE = JSON COMPRESSION = GZIP"}) {
    for (const int members : {1, 2}) {
      Harness h;
      h.make_road();
      pipe(h, std::string("D.S.T (V) FROM (SELECT $1 FROM @D.S.ST) FILE_FORMAT = (") + format +
                  " STRIP_OUTER_ARRAY = TRUE)");
      h.arrive("in/a.json.gz", members == 1 ? packed : packed + packed);
      EXPECT_EQ(count(h), members == 1 ? "2" : "4") << format;
    }
  }
}

TEST(Loading, ColumnsCanBeMatchedByName) {
  Harness h;
  h.make_road();
  pipe(h, "D.S.T FROM @D.S.ST MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE");
  h.arrive("in/a.json", R"([{"a": "x", "n": 2, "unknown": 3}])");
  const auto rows = h.must("SELECT A, N, V FROM D.S.T");
  EXPECT_EQ(rows.cell(0, "A"), "x");
  EXPECT_EQ(rows.cell(0, "N"), "2.00");
  EXPECT_EQ(rows.cell(0, "V"), "<null>");
}

TEST(Loading, WhatDoesNotFitTheColumnIsAnError) {
  Harness h;
  h.must("CREATE DATABASE D");
  h.must("CREATE SCHEMA D.S");
  h.must(
      "CREATE STORAGE INTEGRATION I TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = S3 ENABLED = TRUE "
      "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::111122223333:role/R' STORAGE_ALLOWED_LOCATIONS = "
      "('s3://lake/')");
  h.must("CREATE STAGE D.S.ST URL = 's3://lake/in/' STORAGE_INTEGRATION = I");
  h.must("CREATE TABLE D.S.T (A VARCHAR(3) NOT NULL, N NUMBER(4,2))");
  pipe(h, "D.S.T FROM @D.S.ST");
  const struct {
    const char* body;
    bool fits;
  } files[] = {{"abc,12.34\n", true}, {"abcd,1\n", false}, {",1\n", false},
               {"a,123\n", false},    {"a,1,2\n", false},  {"a\n", false},
               {"a,1.239\n", true},   {"ü€x,0.1\n", true}};
  int number = 0;
  int good = 0;
  for (const auto& file : files) {
    h.arrive("in/" + std::to_string(++number) + ".csv", file.body);
    good += file.fits ? 1 : 0;
    EXPECT_EQ(count(h), std::to_string(good)) << file.body;
  }
}

TEST(Loading, AByHandPipeIsDeafButRefreshes) {
  Harness h;
  h.make_road();
  pipe(h, "D.S.T (V) FROM (SELECT $1 FROM @D.S.ST)");
  const auto channel = h.channel();
  pipe(h, "D.S.T (V) FROM (SELECT $1 FROM @D.S.ST)", "");
  h.aws.files["in/a.json"] = "{}";
  h.cloud->deliver(channel, Harness::event("in/a.json"));
  EXPECT_EQ(count(h), "0");
  const auto sent = h.must("ALTER PIPE D.S.P REFRESH PREFIX = 'a'");
  EXPECT_EQ(sent.cell(0, "File"), "in/a.json");
  EXPECT_EQ(sent.cell(0, "Status"), "SENT");
  EXPECT_EQ(count(h), "1");
  EXPECT_EQ(h.must("ALTER PIPE D.S.P REFRESH").rows(), 0u) << "it is loaded already";
  h.aws.role_is_assumable = false;
  h.expect_refused({{"no trust", "ALTER PIPE D.S.P REFRESH", "003167", "42601", "AWS_ROLE"},
                    {"an unknown option", "ALTER PIPE D.S.P REFRESH COLOUR = 'x'", "001420",
                     "22023", "COLOUR"}});
}

}  // namespace
}  // namespace firn::sandbox
