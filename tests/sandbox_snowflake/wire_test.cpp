// The SQL API's wire: headers, tokens, polling, retries, partitions.
#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

TEST(Wire, AnswersAStatementInTheDocumentedShape) {
  Harness h;
  const auto answer = h.sql("SELECT CURRENT_USER() AS \"user\", 42");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.code, "090001");
  EXPECT_EQ(answer.sql_state, "00000");
  EXPECT_EQ(answer.body.at_path("resultSetMetaData.format").as_string(), "jsonv2");
  EXPECT_EQ(answer.body.at_path("resultSetMetaData.numRows").as_int(), 1);
  EXPECT_EQ(answer.column_names(), (std::vector<std::string>{"user", "42"}));
  EXPECT_EQ(to_json(answer.body.at("data")), R"([["DEPLOYER","42"]])");  // numbers are strings too
  EXPECT_FALSE(answer.body.string_or("statementHandle", "").empty());
}

struct HeaderCase {
  const char* what;
  const char* header;
  const char* value;
  int status;
  const char* code;
};

TEST(Wire, ChecksHeaders) {
  const HeaderCase cases[] = {
      {"no user agent", "User-Agent", "", 400, "391900"},
      {"no accept", "Accept", "", 406, "391902"},
      {"accept of text", "Accept", "text/html", 406, "391902"},
      {"body of text", "Content-Type", "text/plain", 415, "391901"},
      {"no authorization", "Authorization", "", 401, "390101"},
      {"not bearer", "Authorization", "Basic abc", 401, "390103"},
      {"oauth", "X-Snowflake-Authorization-Token-Type", "OAUTH", 401, "390303"},
  };
  Harness h;
  for (const auto& c : cases) {
    auto request = h.post("SELECT 1");
    request.headers.set(c.header, c.value);
    const auto answer = h.send(request);
    EXPECT_EQ(answer.status, c.status) << c.what;
    EXPECT_EQ(answer.code, c.code) << c.what;
  }
}

TEST(Wire, RefusesWrongPathsMethodsAndBodies) {
  Harness h;
  auto request = h.post("SELECT 1");
  request.path = "/queries/v1/query-request";
  EXPECT_EQ(h.send(request).status, 404);
  request = h.post("SELECT 1");
  request.method = "PUT";
  EXPECT_EQ(h.send(request).status, 405);
  request = h.post("SELECT 1");
  request.body = "{\"statement\":";
  EXPECT_EQ(h.send(request).code, "390142");
  request = h.post("SELECT 1", {{"parameters", Map{{"MULTI_STATEMENT_COUNT", "2"}}}});
  EXPECT_EQ(h.send(request).status, 422);
}

struct TokenCase {
  const char* what;
  Token token;
  const char* reason;  // what an administrator finds
};

TEST(Wire, RefusesBadTokensWithoutSayingWhy) {
  Harness h;
  Token no_times;
  no_times.without_times = true;
  const TokenCase cases[] = {
      {"unknown user", {.user = "NOBODY"}, "394300"},
      {"no iat or exp", no_times, "394301"},
      {"signed two minutes ago", {.issued_ago = 120, .life = 3600}, "394302"},
      {"expired", {.issued_ago = 50, .life = 20}, "394303"},
      {"key of somebody else", {.fingerprint = "AAAA"}, "394304"},
      {"wrong algorithm", {.algorithm = "HS256"}, "394305"},
      {"other account", {.account = "OTHER-LAB"}, "394307"},
      {"issuer is not the subject", {.issuer_account = "OTHER-LAB"}, "394300"},
  };
  for (const auto& c : cases) {
    auto request = h.post("SELECT 1");
    request.headers.set("Authorization", "Bearer " + sign_token(h.key, c.token, h.clock.now()));
    const auto answer = h.send(request);
    EXPECT_EQ(answer.status, 401) << c.what;
    EXPECT_EQ(answer.code, "390144") << c.what;
    ASSERT_TRUE(answer.message.starts_with("JWT token is invalid. [")) << c.what;
    const auto id = answer.message.substr(23, 36);
    const auto details = h.must("SELECT SYSTEM$GET_LOGIN_FAILURE_DETAILS('" + id + "') AS D");
    EXPECT_NE(details.cell(0, "D").find(c.reason), std::string::npos)
        << c.what << " " << details.cell(0, "D");
  }
}

TEST(Wire, RefusesATokenSignedWithAnotherKey) {
  Harness h;
  auto request = h.post("SELECT 1");
  const auto good = sign_token(h.key, {}, h.clock.now());
  const auto forged = sign_token(new_key(), {}, h.clock.now());
  const auto cut = [](const std::string& jwt) { return jwt.rfind('.'); };
  request.headers.set("Authorization",
                      "Bearer " + good.substr(0, cut(good)) + forged.substr(cut(forged)));
  EXPECT_EQ(h.send(request).code, "390144");
}

TEST(Wire, TakesMillisecondsAndTheSecondKey) {
  Harness h;
  const auto second = new_key();
  h.must("ALTER USER DEPLOYER SET RSA_PUBLIC_KEY_2 = '" + public_key_of(second) + "'");
  auto request = h.post("SELECT 1");
  request.headers.set("Authorization", "Bearer " + sign_token(second, {}, h.clock.now()));
  EXPECT_EQ(h.send(request).status, 200);
  request.headers.erase("X-Snowflake-Authorization-Token-Type");
  EXPECT_EQ(h.send(request).status, 200);  // the server looks at the token itself
}

TEST(Wire, FindsTheAccountByHostOrByIssuer) {
  Harness h;
  auto request = h.post("SELECT CURRENT_ACCOUNT_NAME()");
  request.host = "localhost";
  EXPECT_EQ(h.send(request).status, 200);
  request.host = "nobody-here.snowflakecomputing.com";
  EXPECT_EQ(h.send(request).status, 404);
}

TEST(Wire, KeepsAccountsApart) {
  Harness h;
  const auto other = h.cloud->deployer_key("acme-prod", "us-east-1", "deployer", "DEPLOYER_ROLE");
  ASSERT_TRUE(other.has_value());
  h.must("CREATE DATABASE ONLY_LAB");
  auto request = h.post("SHOW DATABASES", {{"role", "DEPLOYER_ROLE"}});
  request.host = "acme-prod.snowflakecomputing.com";
  Token token;
  token.account = "ACME-PROD";
  request.headers.set("Authorization", "Bearer " + sign_token(*other, token, h.clock.now()));
  const auto answer = h.send(request);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.rows(), 0u);
}

TEST(Wire, GivesTheSameKeyEachTime) {
  Harness h;
  const auto again = h.cloud->deployer_key("ACME_LAB", "eu-west-1", "DEPLOYER", "DEPLOYER_ROLE");
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, h.key);
}

TEST(Wire, WhoWasMadeByStatementsSignsInWithNoMoreRightsThanGranted) {
  Harness h;
  h.must("CREATE ROLE LOOKING");
  h.must("CREATE USER LOOKER TYPE = SERVICE");
  const auto key = h.cloud->deployer_key("acme-lab", "eu-west-1", "looker", "LOOKING");
  ASSERT_TRUE(key.has_value());
  h.must("SHOW ROLES");  // what is refused takes back only what came after the last success
  const auto says = [&](const std::string& statement) {
    auto request = h.post(statement, {{"role", "LOOKING"}});
    Token token;
    token.user = "LOOKER";
    request.headers.set("Authorization", "Bearer " + sign_token(*key, token, h.clock.now()));
    return h.send(request).status;
  };
  EXPECT_NE(says("SHOW DATABASES"), 200) << "nobody granted it the role";
  h.must("GRANT ROLE LOOKING TO USER LOOKER");
  EXPECT_EQ(says("SHOW DATABASES"), 200);
  EXPECT_NE(says("CREATE DATABASE MINE"), 200) << "nobody granted the role that";
  h.must("GRANT CREATE DATABASE ON ACCOUNT TO ROLE LOOKING");
  EXPECT_EQ(says("CREATE DATABASE MINE"), 200);
  EXPECT_EQ(h.cloud->deployer_key("acme-lab", "eu-west-1", "looker", "LOOKING").value_or(""), *key);
}

TEST(Wire, PollsAnAsynchronousStatement) {
  SnowflakeCloud::Options options;
  options.polls_until_ready = 2;
  Harness h(":memory:", options);
  auto request = h.post("CREATE DATABASE D", {{"role", "DEPLOYER_ROLE"}});
  request.query += "&async=true";
  const auto accepted = h.send(request);
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(accepted.code, "333334");
  const auto handle = accepted.body.string_or("statementHandle", "");
  http::Request poll = h.post("");
  poll.method = "GET";
  poll.path += "/" + handle;
  EXPECT_EQ(h.send(poll).status, 202);
  EXPECT_EQ(h.send(poll).status, 202);
  const auto done = h.send(poll);
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.body.string_or("statementHandle", ""), handle);
  EXPECT_EQ(done.cell(0, "status"), "Database D successfully created.");
}

TEST(Wire, TellsTheFailureOfAnAsynchronousStatementWhenPolled) {
  Harness h;
  auto request = h.post("DROP DATABASE NOWHERE", {{"role", "DEPLOYER_ROLE"}});
  request.query += "&async=true";
  const auto handle = h.send(request).body.string_or("statementHandle", "");
  http::Request poll = h.post("");
  poll.method = "GET";
  poll.path += "/" + handle;
  EXPECT_EQ(h.send(poll).status, 202);
  EXPECT_EQ(h.send(poll).code, "002003");
}

TEST(Wire, CancelsWhatStillRunsAndKnowsNoStrangeHandle) {
  Harness h;
  auto request = h.post("SHOW ROLES");
  request.query += "&async=true";
  const auto handle = h.send(request).body.string_or("statementHandle", "");
  http::Request cancel = h.post("");
  cancel.path += "/" + handle + "/cancel";
  EXPECT_EQ(h.send(cancel).code, "000604");
  cancel.path = "/api/v2/statements/strange/cancel";
  const auto unknown = h.send(cancel);
  EXPECT_EQ(unknown.status, 422);
  EXPECT_EQ(unknown.code, "000709");
  http::Request poll = h.post("");
  poll.method = "GET";
  poll.path += "/" + handle;
  EXPECT_EQ(h.send(poll).code, "000604");
}

TEST(Wire, CarriesOutARetriedRequestOnce) {
  Harness h;
  auto request = h.post("CREATE DATABASE D", {{"role", "DEPLOYER_ROLE"}});
  const auto first = h.send(request);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(h.send(request).code, "002002");  // without retry=true there is no such promise
  request.query += "&retry=true";
  const auto retried = h.send(request);
  EXPECT_EQ(retried.status, 200);
  EXPECT_EQ(retried.body.string_or("statementHandle", ""),
            first.body.string_or("statementHandle", "-"));
}

TEST(Wire, SplitsLongResultsIntoPartitions) {
  SnowflakeCloud::Options options;
  options.partition_rows = 2;
  Harness h(":memory:", options);
  const auto answer = h.must("SHOW ROLES");
  const auto total =
      static_cast<std::size_t>(answer.body.at_path("resultSetMetaData.numRows").as_int());
  EXPECT_EQ(total, 6u);  // five built-in ones and the deployer's
  EXPECT_EQ(answer.rows(), 2u);
  EXPECT_EQ(answer.body.at_path("resultSetMetaData.partitionInfo").as_list().size(), 3u);
  http::Request next = h.post("");
  next.method = "GET";
  next.path += "/" + answer.body.string_or("statementHandle", "");
  next.query = "partition=2";
  const auto last = h.send(next);
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.body.at("data").as_list().size(), 2u);
  EXPECT_EQ(last.body.find("resultSetMetaData"), nullptr);
  next.query = "partition=3";
  EXPECT_EQ(h.send(next).status, 400);
}

TEST(Wire, PrintsNullsAsAsked) {
  Harness h;
  auto request = h.post("SELECT NULL AS N");
  EXPECT_EQ(to_json(h.send(request).body.at("data")), "[[null]]");
  request.query += "&nullable=false";
  EXPECT_EQ(to_json(h.send(request).body.at("data")), R"([["null"]])");
}

TEST(Wire, NamesOperationTargetAndErrorForTheLog) {
  Harness h;
  h.must("CREATE DATABASE D");
  EXPECT_EQ(h.cloud->last_handled().operation, "CREATE DATABASE");
  EXPECT_EQ(h.cloud->last_handled().target, "D");
  EXPECT_EQ(h.cloud->last_handled().account, "ACME-LAB");
  EXPECT_TRUE(h.cloud->last_handled().changed_something);
  h.sql("CREATE STORAGE INTEGRATION I ENABLED = TRUE");
  EXPECT_EQ(h.cloud->last_handled().operation, "CREATE INTEGRATION");
  EXPECT_EQ(h.cloud->last_handled().error, "002029");
  h.sql("SHOW FUTURE GRANTS IN DATABASE D");
  EXPECT_EQ(h.cloud->last_handled().operation, "SHOW FUTURE GRANTS");
  EXPECT_FALSE(h.cloud->last_handled().changed_something);
}

}  // namespace
}  // namespace firn::sandbox
